/*
 * src/source/session.c
 *		Cached connections for foreign tables and mysql_query.
 *
 * A session is an entry of a hash table in this backend, one per user mapping
 * and mode, and is never removed from it, so that pointers to it stay valid;
 * only its connection comes and goes.
 *
 * The reading session follows the local transaction: the first use opens a
 * remote one (REPEATABLE READ, READ ONLY, its snapshot taken at once), the end
 * of the local one ends it.  All foreign tables of a server that one local
 * transaction reads are therefore read as of one moment.  Nothing is written
 * through it, so subtransactions need no savepoints: all that can be left
 * behind by an aborted one is a stream, which is closed.
 *
 * A lost connection ends the remote transaction and its snapshot.  Within the
 * same local transaction the session then refuses to work; opening a new one
 * behind the user's back would mix two moments.
 *
 * The states of `conn`:  NULL (closed) -> idle -> in a transaction, with or
 * without a stream -> idle; closed when the server or the mapping was altered,
 * when it is unusable, or where keep_connections is off.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/session.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* Isolation is said by itself: START TRANSACTION has no place for it. */
static const char *const isolation_sql =
	"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
static const char *const begin_sql =
	"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

/* How long the end of a transaction may take, which cannot be cancelled. */
#define END_TIMEOUT_MS 2000

/* Hashed as bytes: no padding. */
typedef struct SessionKey
{
	Oid mapping_id;
	Oid user_id; /* a PUBLIC mapping serves many */
	uint32 is_autocommit;
} SessionKey;

struct RemoteSession
{
	SessionKey key;
	Oid server_id;
	uint32 server_hash; /* of the syscache entries it was made from */
	uint32 mapping_hash;
	WireConn *conn;		   /* NULL: closed */
	MemoryContext context; /* of conn, and of its stream */
	bool is_invalid;	   /* options changed since it was opened */
	bool keeps_open;	   /* option keep_connections */
	bool in_transaction;
	void *reader; /* whose stream is open; NULL: nobody's */
	SessionDrain drain;
	SubTransactionId reader_subxact;
	MemoryContext stream_context;
};

static HTAB *sessions = NULL;

/* ---- closing ---- */

/*
 * drop_stream
 *		Close the open stream, if any; its reader is not asked.
 */
static void
drop_stream(RemoteSession *session)
{
	MemoryContext context = session->stream_context;

	session->reader = NULL;
	session->drain = NULL;
	session->stream_context = NULL;
	if (context != NULL)
		MemoryContextDelete(context);
}

static void
close_session(RemoteSession *session)
{
	MemoryContext context = session->context;

	drop_stream(session);
	session->conn = NULL;
	session->context = NULL;
	session->in_transaction = false;
	session->is_invalid = false;
	if (context != NULL)
		MemoryContextDelete(context); /* closes the connection */
}

/*
 * close_if_useless
 *		After a transaction: keep the connection only if it can serve again.
 */
static void
close_if_useless(RemoteSession *session)
{
	if (session->conn == NULL || session->in_transaction)
		return;
	if (session->is_invalid || !session->keeps_open ||
		!mm_conn_is_usable(session->conn))
		close_session(session);
}

/* ---- the local transaction ends ---- */

/*
 * commit_remote
 *		Nothing was written, so a COMMIT that fails loses nothing.
 */
static void
commit_remote(RemoteSession *session)
{
	drop_stream(session);
	if (session->in_transaction && mm_conn_is_usable(session->conn) &&
		!mm_conn_try_execute(session->conn, "COMMIT", END_TIMEOUT_MS))
		close_session(session);
	session->in_transaction = false;
}

/*
 * rollback_remote
 *		Must neither raise nor wait for long; a connection that cannot roll
 *		back is closed, which does the same.
 */
static void
rollback_remote(RemoteSession *session)
{
	drop_stream(session);
	if (session->in_transaction && mm_conn_is_usable(session->conn) &&
		!mm_conn_try_execute(session->conn, "ROLLBACK", END_TIMEOUT_MS))
		close_session(session);
	session->in_transaction = false;
}

static void
refuse_prepare(RemoteSession *session)
{
	if (session->in_transaction)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that has read from MySQL"),
				 errhint("COMMIT it, or read the foreign tables in another transaction.")));
}

static void
at_transaction_event(XactEvent event, void *arg)
{
	HASH_SEQ_STATUS scan;
	RemoteSession *session;

	hash_seq_init(&scan, sessions);
	while ((session = hash_seq_search(&scan)) != NULL)
	{
		if (session->conn == NULL)
			continue;
		switch (event)
		{
			case XACT_EVENT_PRE_COMMIT:
			case XACT_EVENT_PARALLEL_PRE_COMMIT:
				commit_remote(session);
				break;
			case XACT_EVENT_PRE_PREPARE:
				refuse_prepare(session);
				break;
			case XACT_EVENT_ABORT:
			case XACT_EVENT_PARALLEL_ABORT:
				rollback_remote(session);
				close_if_useless(session);
				break;
			case XACT_EVENT_COMMIT:
			case XACT_EVENT_PARALLEL_COMMIT:
			case XACT_EVENT_PREPARE:
				close_if_useless(session);
				break;
		}
	}
}

static void
at_subtransaction_event(SubXactEvent event, SubTransactionId mine,
						SubTransactionId parent, void *arg)
{
	HASH_SEQ_STATUS scan;
	RemoteSession *session;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	hash_seq_init(&scan, sessions);
	while ((session = hash_seq_search(&scan)) != NULL)
	{
		if (session->reader == NULL || session->reader_subxact != mine)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			drop_stream(session);
		else
			session->reader_subxact = parent;
	}
}

/*
 * at_invalidation
 *		A server or a user mapping changed; `hash` 0: any of them.
 *
 * Only marks: this may run in the middle of anything, also of opening the
 * very connection.
 */
static void
at_invalidation(Datum arg, int cache_id, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	RemoteSession *session;

	hash_seq_init(&scan, sessions);
	while ((session = hash_seq_search(&scan)) != NULL)
	{
		uint32 own = cache_id == FOREIGNSERVEROID ?
						 session->server_hash :
						 session->mapping_hash;

		if (hash == 0 || hash == own)
			session->is_invalid = true;
	}
}

/* ---- opening ---- */

static void
create_sessions(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(SessionKey);
	control.entrysize = sizeof(RemoteSession);
	control.hcxt = CacheMemoryContext;
	sessions = hash_create("mysql_migrate sessions", 8, &control,
						   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	RegisterXactCallback(at_transaction_event, NULL);
	RegisterSubXactCallback(at_subtransaction_event, NULL);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, at_invalidation, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, at_invalidation, (Datum) 0);
}

static void
open_session(RemoteSession *session, ForeignServer *server, Oid user_id)
{
	ConnInfo *info = mm_options_conn_info(server, user_id);
	MemoryContext context;

	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("server \"%s\" can only be used in a database with encoding UTF8",
						server->servername),
				 errdetail("The encoding of this database is %s.",
						   GetDatabaseEncodingName()),
				 errhint("CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0;")));

	session->server_id = server->serverid;
	session->server_hash =
		GetSysCacheHashValue1(FOREIGNSERVEROID,
							  ObjectIdGetDatum(server->serverid));
	session->mapping_hash =
		GetSysCacheHashValue1(USERMAPPINGOID,
							  ObjectIdGetDatum(session->key.mapping_id));
	session->keeps_open = mm_option_bool(server->options, "keep_connections",
										 true);
	session->is_invalid = false;

	/* Not the caches' own until it is known to work. */
	context = AllocSetContextCreate(CurrentMemoryContext,
									"mysql_migrate session",
									ALLOCSET_SMALL_SIZES);
	session->conn = mm_conn_open(info, context);
	MemoryContextSetParent(context, CacheMemoryContext);
	session->context = context;
}

/*
 * find_session
 *		The session with an open connection; *is_fresh: opened just now.
 */
static RemoteSession *
find_session(ForeignServer *server, Oid user_id, bool is_autocommit,
			 bool *is_fresh)
{
	SessionKey key = {0};
	RemoteSession *session;
	bool found;

	if (sessions == NULL)
		create_sessions();

	/* Raises with a hint when there is no mapping. */
	mm_options_conn_info(server, user_id);
	key.mapping_id = GetUserMapping(user_id, server->serverid)->umid;
	key.user_id = user_id;
	key.is_autocommit = is_autocommit;
	session = hash_search(sessions, &key, HASH_ENTER, &found);
	if (!found)
		memset((char *) session + sizeof(SessionKey), 0,
			   sizeof(RemoteSession) - sizeof(SessionKey));

	*is_fresh = false;
	if (session->in_transaction)
	{
		if (!mm_conn_is_usable(session->conn))
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("the connection to server \"%s\" was lost in this transaction",
							server->servername),
					 errdetail("A new one would see the remote data as of another moment."),
					 errhint("ROLLBACK and run the transaction again.")));
		return session;
	}
	if (session->conn != NULL &&
		(session->is_invalid || !mm_conn_is_usable(session->conn)))
		close_session(session);
	*is_fresh = session->conn == NULL;
	if (*is_fresh)
		open_session(session, server, user_id);
	return session;
}

/*
 * refresh
 *		Replace a cached connection that the server has closed meanwhile
 *		(wait_timeout, a restart, KILL): nothing hangs on it yet.
 */
static void
refresh(RemoteSession *session, ForeignServer *server, Oid user_id)
{
	if (mm_conn_try_execute(session->conn, "DO 0", END_TIMEOUT_MS))
		return;
	close_session(session);
	open_session(session, server, user_id);
}

RemoteSession *
mm_session_get(ForeignServer *server, Oid user_id)
{
	bool is_fresh;
	RemoteSession *session = find_session(server, user_id, false, &is_fresh);

	if (session->in_transaction)
		return session;
	if (!is_fresh)
		refresh(session, server, user_id);
	mm_conn_execute(session->conn, isolation_sql);
	mm_conn_execute(session->conn, begin_sql);
	session->in_transaction = true;
	return session;
}

RemoteSession *
mm_session_get_autocommit(ForeignServer *server, Oid user_id)
{
	bool is_fresh;
	RemoteSession *session = find_session(server, user_id, true, &is_fresh);

	if (!is_fresh)
		refresh(session, server, user_id);
	return session;
}

WireConn *
mm_session_conn(RemoteSession *session)
{
	return session->conn;
}

/* ---- one stream at a time ---- */

void
mm_session_take(RemoteSession *session, SessionDrain drain, void *reader)
{
	if (session->reader != NULL && session->reader != reader)
	{
		session->drain(session->reader);
		Assert(session->reader == NULL);
	}
	session->reader = reader;
	session->drain = drain;
	session->reader_subxact = GetCurrentSubTransactionId();
}

WireResult *
mm_session_open_stream(RemoteSession *session, const char *sql,
					   SessionDrain drain, void *reader)
{
	MemoryContext context;

	mm_session_close_stream(session, reader);
	mm_session_take(session, drain, reader);
	if (session->conn == NULL || !mm_conn_is_usable(session->conn))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("the connection to the MySQL server was lost in this transaction"),
				 errdetail("A new one would see the remote data as of another moment."),
				 errhint("ROLLBACK and run the transaction again.")));

	context = AllocSetContextCreate(session->context, "mysql_migrate stream",
									ALLOCSET_DEFAULT_SIZES);
	session->stream_context = context;
	return mm_result_open(session->conn, sql, context);
}

void
mm_session_close_stream(RemoteSession *session, void *reader)
{
	if (session->reader == reader && reader != NULL)
		drop_stream(session);
}

bool
mm_session_is_reader(const RemoteSession *session, const void *reader)
{
	return session->reader == reader;
}

/* ---- for people ---- */

static const char *
state_name(const RemoteSession *session)
{
	if (!mm_conn_is_usable(session->conn))
		return "lost";
	if (session->is_invalid)
		return "invalid";
	if (session->reader != NULL)
		return "reading";
	return session->key.is_autocommit ? "autocommit" : "idle";
}

List *
mm_session_list(void)
{
	HASH_SEQ_STATUS scan;
	RemoteSession *session;
	List *list = NIL;

	if (sessions == NULL)
		return NIL;
	hash_seq_init(&scan, sessions);
	while ((session = hash_seq_search(&scan)) != NULL)
	{
		SessionState *state;

		if (session->conn == NULL)
			continue;
		state = palloc0(sizeof(SessionState));
		state->server_id = session->server_id;
		state->user_id = session->key.user_id;
		state->state = state_name(session);
		state->in_transaction = session->in_transaction;
		state->thread_id = mm_conn_server(session->conn)->thread_id;
		list = lappend(list, state);
	}
	return list;
}

bool
mm_session_disconnect(ForeignServer *server)
{
	HASH_SEQ_STATUS scan;
	RemoteSession *session;
	bool closed = false;

	if (sessions == NULL)
		return false;
	hash_seq_init(&scan, sessions);
	while ((session = hash_seq_search(&scan)) != NULL)
	{
		if (session->conn == NULL || session->server_id != server->serverid)
			continue;
		if (session->in_transaction)
		{
			ereport(WARNING,
					(errmsg("a connection to server \"%s\" is still in use",
							server->servername),
					 errhint("It can be closed after the end of this transaction.")));
			continue;
		}
		close_session(session);
		closed = true;
	}
	return closed;
}
