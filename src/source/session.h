/*
 * src/source/session.h
 *		One cached connection per server and local user, for foreign tables
 *		and mysql_query; transaction callbacks and invalidation.
 */
#ifndef MM_SOURCE_SESSION_H
#define MM_SOURCE_SESSION_H

#include "foreign/foreign.h"
#include "wire/connection.h"
#include "wire/result.h"

typedef struct RemoteSession RemoteSession;

/*
 * The cached session of (server, user), opened if need be, inside a remote
 * transaction (REPEATABLE READ, READ ONLY) that follows the local one.
 */
extern RemoteSession *mm_session_get(ForeignServer *server, Oid user_id);
extern WireConn *mm_session_conn(RemoteSession *session);

/*
 * Make the connection free for another statement: whoever reads a stream from
 * it is asked, through its own callback, to drain the rest.
 */
typedef void (*SessionDrain) (void *reader);
extern void mm_session_take(RemoteSession *session, SessionDrain drain,
							void *reader);
extern void mm_session_release(RemoteSession *session, void *reader);

#endif							/* MM_SOURCE_SESSION_H */
