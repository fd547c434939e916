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
 * Another cached session of (server, user), outside every transaction: each
 * statement is committed by itself, whatever becomes of the local transaction.
 */
extern RemoteSession *mm_session_get_autocommit(ForeignServer *server,
												Oid user_id);

/*
 * Make the connection free for another statement: whoever reads a stream from
 * it is asked, through its own callback, to drain the rest.
 */
typedef void (*SessionDrain)(void *reader);
extern void mm_session_take(RemoteSession *session, SessionDrain drain,
							void *reader);

/*
 * The usual way to read: take the connection for `reader`, run `sql`, and read
 * from the result until mm_session_close_stream.  The stream belongs to the
 * session, which closes it when the (sub)transaction that opened it aborts;
 * closing one that is gone does nothing.  The drain callback must end with
 * mm_session_close_stream.
 */
extern WireResult *mm_session_open_stream(RemoteSession *session,
										  const char *sql, SessionDrain drain,
										  void *reader);
extern void mm_session_close_stream(RemoteSession *session, void *reader);

/* Is the open stream, if any, this reader's? */
extern bool mm_session_is_reader(const RemoteSession *session,
								 const void *reader);

/* What mysql_connections() shows; a List of these. */
typedef struct SessionState
{
	Oid server_id;
	Oid user_id;
	const char *state; /* "idle", "reading", "invalid", ... */
	bool in_transaction;
	unsigned long thread_id;
} SessionState;

extern List *mm_session_list(void);

/*
 * Close the idle sessions of a server.  Returns whether one was closed; warns
 * about those that the current transaction uses.
 */
extern bool mm_session_disconnect(ForeignServer *server);

#endif /* MM_SOURCE_SESSION_H */
