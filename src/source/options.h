/*
 * src/source/options.h
 *		The options of server, user mapping, foreign table and column.
 */
#ifndef MM_SOURCE_OPTIONS_H
#define MM_SOURCE_OPTIONS_H

#include "foreign/foreign.h"
#include "wire/connection.h"

/*
 * ConnInfo of a server for a local user, palloc'ed in the current context.
 * Raises: no user mapping, missing password of a non-superuser, ...
 */
extern ConnInfo *mm_options_conn_info(ForeignServer *server, Oid user_id);

/*
 * The server by name for a caller who must have USAGE on it.  Raises 42704,
 * 42501, or 55000 when server or mapping were created or altered in the
 * current transaction and `must_be_committed` (background workers could not
 * see them), or when the server belongs to another FDW.
 */
extern ForeignServer *mm_options_server(const char *name,
										bool must_be_committed);

/* The value of an option in a DefElem list, or NULL. */
extern const char *mm_option_get(List *options, const char *name);

/* The server's dbname option, or NULL. */
extern const char *mm_options_dbname(ForeignServer *server);

#endif							/* MM_SOURCE_OPTIONS_H */
