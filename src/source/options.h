/*
 * src/source/options.h
 *		The options of server, user mapping, foreign table and column.
 */
#ifndef MM_SOURCE_OPTIONS_H
#define MM_SOURCE_OPTIONS_H

#include "foreign/foreign.h"
#include "types/type_map.h"
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

/* The same as a boolean or a number; `fallback` where it is not set. */
extern bool mm_option_bool(List *options, const char *name, bool fallback);
extern double mm_option_number(List *options, const char *name,
							   double fallback);

/* The server's dbname option, or NULL. */
extern const char *mm_options_dbname(ForeignServer *server);

/* Value policies in a list of options, over what *policies holds. */
extern void mm_options_policies(List *options, ValuePolicies *policies);

/* ---- shared by options.c and options_server.c ---- */

/* Puts every connection option of a list into *info. */
extern void mm_options_fill_conn_info(List *options, ConnInfo *info);

/*
 * Hint for a misspelt option: the nearest of these names where one is near,
 * then the whole list.
 */
extern char *mm_options_name_hint(const char *name, int nnames,
								  const char *const *names);

#endif /* MM_SOURCE_OPTIONS_H */
