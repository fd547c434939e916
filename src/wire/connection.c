/*
 * src/wire/connection.c
 *		Connections: open, statements without a result, state, close.
 *
 * A connection lives in its own memory context, a child of the caller's.  A
 * reset callback closes it however that context ends, so no error path leaks
 * a socket.  All open connections are in a list, which is walked when the
 * process exits: a statement that still runs at the server is killed there.
 *
 * States: usable -> (a call fails in the middle) -> discarded.  A connection
 * whose protocol state is not known is never used again: its statement is
 * killed, its socket closed, is_usable false.  Everything else leaves it
 * between two statements, or with one open stream (`active`).
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

#define CLOSE_TIMEOUT_MS 200
#define END_TIMEOUT_MS	 1000

static dlist_head open_connections = DLIST_STATIC_INIT(open_connections);
static bool exit_is_watched = false;

/*
 * close_socket
 *		Close without waiting for anybody; the server may be gone.
 */
static void
close_socket(WireConn *conn)
{
	if (conn->mysql == NULL)
		return;

	/*
	 * A process that exits from inside the library must not enter it again;
	 * the kernel closes the socket.
	 */
	if (!conn->is_in_call)
	{
		mm_wait_begin(CLOSE_TIMEOUT_MS, 0, true);
		mysql_close(conn->mysql);
	}
	conn->mysql = NULL;
	conn->is_usable = false;
	ReleaseExternalFD();
}

/*
 * mm_conn_discard
 *		End a connection that cannot be used any more.  Never raises.
 */
void
mm_conn_discard(WireConn *conn)
{
	if (conn->mysql != NULL && conn->is_busy)
		(void) mm_kill_remote(conn, true);
	conn->is_busy = false;
	close_socket(conn);
}

/*
 * discard_on_reset
 *		The context goes away: so does the connection.
 */
static void
discard_on_reset(void *arg)
{
	WireConn *conn = arg;

	if (conn->active != NULL)
		mm_result_detach(conn->active);
	mm_conn_discard(conn);
	dlist_delete(&conn->link);
}

/*
 * discard_at_exit
 *		The process ends, perhaps in the middle of a read.
 */
static void
discard_at_exit(int code, Datum arg)
{
	dlist_iter iter;

	dlist_foreach(iter, &open_connections)
		mm_conn_discard(dlist_container(WireConn, link, iter.cur));
}

static const char *
copy_string(const char *text)
{
	return text != NULL ? pstrdup(text) : NULL;
}

/*
 * copy_info
 *		The connection may have to connect once more, for a KILL.
 */
static void
copy_info(ConnInfo *to, const ConnInfo *from)
{
	*to = *from;
	to->host = copy_string(from->host);
	to->socket = copy_string(from->socket);
	to->user = copy_string(from->user);
	to->password = copy_string(from->password);
	to->dbname = copy_string(from->dbname);
	to->default_file = copy_string(from->default_file);
	to->init_command = copy_string(from->init_command);
	to->sql_mode = copy_string(from->sql_mode);
	to->character_set = copy_string(from->character_set);
	to->ssl_key = copy_string(from->ssl_key);
	to->ssl_cert = copy_string(from->ssl_cert);
	to->ssl_ca = copy_string(from->ssl_ca);
	to->ssl_capath = copy_string(from->ssl_capath);
	to->ssl_cipher = copy_string(from->ssl_cipher);
}

/*
 * mm_conn_open
 *		Connect and set the session up.  Raises on failure.
 */
WireConn *
mm_conn_open(const ConnInfo *info, MemoryContext context)
{
	MemoryContext own;
	MemoryContext caller;
	WireConn *conn;

	if (!exit_is_watched)
	{
		before_shmem_exit(discard_at_exit, (Datum) 0);
		exit_is_watched = true;
	}

	own = AllocSetContextCreate(context, "MySQL connection",
								ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(own);
	conn = palloc0(sizeof(WireConn));
	conn->context = own;
	copy_info(&conn->info, info);
	dlist_push_tail(&open_connections, &conn->link);
	conn->on_reset.func = discard_on_reset;
	conn->on_reset.arg = conn;
	MemoryContextRegisterResetCallback(own, &conn->on_reset);

	PG_TRY();
	{
		mm_handshake_connect(conn);
		conn->is_usable = true;
		mm_setup_session(conn);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(own);
		PG_RE_THROW();
	}
	PG_END_TRY();

	MemoryContextSwitchTo(caller);
	return conn;
}

/*
 * mm_conn_close
 *		Close and free.
 */
void
mm_conn_close(WireConn *conn)
{
	if (conn != NULL)
		MemoryContextDelete(conn->context);
}

/*
 * mm_conn_server
 *		Flavour, version, thread id and cipher.
 */
const RemoteServerInfo *
mm_conn_server(const WireConn *conn)
{
	return &conn->server;
}

/*
 * mm_conn_is_usable
 *		False once the connection was lost or left in an unknown state, or
 *		when there is none (NULL).
 */
bool
mm_conn_is_usable(const WireConn *conn)
{
	return conn != NULL && conn->is_usable;
}

/*
 * mm_conn_check
 *		Raise unless a statement can be sent.
 */
void
mm_conn_check(WireConn *conn)
{
	if (!conn->is_usable)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("the connection to the MySQL server is closed"),
				 errdetail("An earlier error or cancel ended it.")));
	if (conn->sent_sql != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the connection to the MySQL server still waits for the answer to a statement")));
}

/*
 * mm_conn_encode
 *		A statement in UTF-8; the same pointer where nothing is to be done.
 */
char *
mm_conn_encode(const char *sql)
{
	return pg_server_to_any(sql, strlen(sql), PG_UTF8);
}

/*
 * mm_conn_begin
 *		Enter the library.
 */
void
mm_conn_begin(WireConn *conn)
{
	mm_wait_begin(0, conn->info.read_timeout * 1000, false);
	conn->is_in_call = true;
	conn->is_busy = true;
}

/*
 * read_error
 *		The library's error, from the statement or the connection.
 */
static void
read_error(WireConn *conn, MYSQL_STMT *stmt, RemoteError *error)
{
	bool of_stmt = stmt != NULL && mysql_stmt_errno(stmt) != 0;

	error->number = of_stmt ? mysql_stmt_errno(stmt) : mysql_errno(conn->mysql);
	strlcpy(error->sqlstate,
			of_stmt ? mysql_stmt_sqlstate(stmt) : mysql_sqlstate(conn->mysql),
			sizeof(error->sqlstate));
	strlcpy(error->message,
			of_stmt ? mysql_stmt_error(stmt) : mysql_error(conn->mysql),
			sizeof(error->message));
	if (error->number == 0)
	{
		error->number = CR_UNKNOWN_ERROR;
		strlcpy(error->message, "the client library failed without a reason",
				sizeof(error->message));
	}
}

/*
 * is_client_error
 *		Made up by the client library, not sent by the server?
 */
static bool
is_client_error(unsigned int number)
{
	return (number >= 2000 && number < 3000) ||
		   (number >= 5000 && number < 6000); /* Connector/C's own */
}

/*
 * mm_conn_end
 *		Leave the library; raise if the call failed.
 *
 * An error packet of the server leaves the connection between two statements.
 * Any other failure leaves it somewhere in the middle: it is discarded.
 */
void
mm_conn_end(WireConn *conn, bool failed, MYSQL_STMT *stmt, const char *sql)
{
	WaitOutcome outcome = *mm_wait_end();
	RemoteError error;

	conn->is_in_call = false;
	if (!failed)
		return;

	read_error(conn, stmt, &error);
	if (outcome.timed_out)
	{
		error.number = CR_SERVER_LOST;
		snprintf(error.message, sizeof(error.message),
				 "no byte from the server within read_timeout (%d s)",
				 conn->info.read_timeout);
	}
	if (outcome.timed_out || outcome.was_interrupted ||
		outcome.error != NULL || outcome.postmaster_died ||
		is_client_error(error.number) || mm_error_is_connection_loss(&error))
		mm_conn_discard(conn);
	conn->is_busy = false;

	if (outcome.postmaster_died)
		proc_exit(1);
	if (outcome.error != NULL)
		ReThrowError(outcome.error);
	CHECK_FOR_INTERRUPTS();
	mm_error_raise(ERROR, &error, sql);
}

/*
 * skip_results
 *		Throw away what a statement returns, all of it; false on an error.
 *		Inside a library call.
 */
static bool
skip_results(MYSQL *mysql)
{
	int rc;

	do
	{
		MYSQL_RES *result = mysql_use_result(mysql);

		if (result == NULL && mysql_errno(mysql) != 0)
			return false;
		if (result != NULL)
		{
			while (mysql_fetch_row(result) != NULL)
				;
			mysql_free_result(result);
			if (mysql_errno(mysql) != 0)
				return false;
		}
		rc = mysql_next_result(mysql);
	} while (rc == 0);
	return rc < 0;
}

/*
 * run_statement
 *		Send, and throw away what comes back.  False when the server refused
 *		with the tolerated error number; any other failure raises.
 */
static bool
run_statement(WireConn *conn, const char *sql, unsigned int tolerated,
			  uint64 *affected)
{
	char *utf8;
	bool failed;

	if (conn->active != NULL)
		mm_result_abandon(conn->active);
	mm_conn_check(conn);
	utf8 = mm_conn_encode(sql);

	mm_conn_begin(conn);
	failed = mysql_real_query(conn->mysql, utf8, strlen(utf8)) != 0;
	if (!failed)
	{
		*affected = mysql_affected_rows(conn->mysql);
		failed = !skip_results(conn->mysql);
	}
	if (failed && tolerated != 0 && mysql_errno(conn->mysql) == tolerated)
	{
		conn->is_in_call = false;
		conn->is_busy = false;
		return false;
	}
	mm_conn_end(conn, failed, NULL, sql);
	conn->is_busy = false;
	if (utf8 != sql)
		pfree(utf8);
	return true;
}

/*
 * mm_conn_execute
 *		Run a statement without a result set; returns the affected rows.
 *
 * An open stream is ended first: whoever still wants its rows gets an error
 * from mm_result_next.
 */
uint64
mm_conn_execute(WireConn *conn, const char *sql)
{
	uint64 affected = 0;

	(void) run_statement(conn, sql, 0, &affected);
	/* What the library says after a result set. */
	return affected == (uint64) -1 ? 0 : affected;
}

/*
 * mm_conn_attempt
 *		Run a statement; false when the server refused with this error number.
 */
bool
mm_conn_attempt(WireConn *conn, const char *sql, unsigned int tolerated)
{
	uint64 affected;

	return run_statement(conn, sql, tolerated, &affected);
}

/*
 * mm_conn_quiet
 *		Run a statement within a time; 0 or the error number.  Never raises
 *		and does not look at interrupts; a lost connection is discarded.
 */
unsigned int
mm_conn_quiet(WireConn *conn, const char *sql, int timeout_ms)
{
	unsigned int number = 0;

	if (conn->active != NULL)
		mm_result_abandon(conn->active);
	if (!conn->is_usable)
		return CR_SERVER_LOST;

	mm_wait_begin(timeout_ms, 0, true);
	conn->is_in_call = true;
	conn->is_busy = true;
	if (conn->sent_sql != NULL)
	{
		/* Nobody will ask for this answer any more. */
		conn->sent_sql = NULL;
		if (mysql_read_query_result(conn->mysql) == 0)
			(void) skip_results(conn->mysql);
	}
	if (mysql_real_query(conn->mysql, sql, strlen(sql)) != 0 ||
		!skip_results(conn->mysql))
	{
		number = mysql_errno(conn->mysql);
		if (number == 0)
			number = CR_UNKNOWN_ERROR;
	}
	conn->is_in_call = false;
	if (is_client_error(number) || mm_wait_end()->timed_out)
		mm_conn_discard(conn);
	conn->is_busy = false;
	return number;
}

/*
 * mm_conn_try_execute
 *		See connection.h.
 */
bool
mm_conn_try_execute(WireConn *conn, const char *sql, int timeout_ms)
{
	return mm_conn_quiet(conn, sql, timeout_ms) == 0;
}

/*
 * mm_conn_send
 *		Send a statement and do not wait for the answer.
 */
void
mm_conn_send(WireConn *conn, const char *sql)
{
	char *utf8;
	bool failed;

	if (conn->active != NULL)
		mm_result_abandon(conn->active);
	mm_conn_check(conn);
	utf8 = mm_conn_encode(sql);
	conn->sent_sql = MemoryContextStrdup(conn->context, sql);

	mm_conn_begin(conn);
	failed = mysql_send_query(conn->mysql, utf8, strlen(utf8)) != 0;
	if (failed)
		conn->sent_sql = NULL;
	mm_conn_end(conn, failed, NULL, sql);
}

/*
 * mm_conn_receive
 *		Wait for the answer to mm_conn_send.  Raises.
 */
void
mm_conn_receive(WireConn *conn)
{
	char *sql = conn->sent_sql;
	bool failed;

	if (sql == NULL)
		elog(ERROR, "no statement was sent");
	conn->sent_sql = NULL;
	mm_conn_check(conn);

	mm_conn_begin(conn);
	failed = mysql_read_query_result(conn->mysql) != 0 ||
			 !skip_results(conn->mysql);
	mm_conn_end(conn, failed, NULL, sql);
	conn->is_busy = false;
	pfree(sql);
}

/*
 * mm_conn_answers
 *		Wait for the first byte of the answer to mm_conn_send, for a while.
 */
bool
mm_conn_answers(WireConn *conn, int timeout_ms)
{
	WaitOutcome outcome;
	bool there;

	mm_wait_begin(timeout_ms, 0, false);
	there = mm_wait_has_bytes(conn->mysql, 0) ||
			mm_wait_callback(mysql_get_socket(conn->mysql), true, 0) > 0;
	outcome = *mm_wait_end();
	if (outcome.postmaster_died)
		proc_exit(1);
	if (outcome.error != NULL)
		ReThrowError(outcome.error);
	CHECK_FOR_INTERRUPTS();
	return there;
}

/*
 * mm_conn_query_value
 *		The first column of the first row as text, or NULL.  Raises.
 */
char *
mm_conn_query_value(WireConn *conn, const char *sql)
{
	WireResult *result = mm_result_open(conn, sql, CurrentMemoryContext);
	const WireRow *row = mm_result_next(result);
	char *value = NULL;

	if (row != NULL && row->nvalues > 0)
		value = mm_result_text(result, row, 0);
	mm_result_close(result);
	return value;
}

/*
 * mm_conn_name
 *		Which server, and which session there.
 */
void
mm_conn_name(const WireConn *conn, char *name, Size size)
{
	snprintf(name, size, "%lu@%s", conn->server.thread_id, conn->identity);
}

/*
 * mm_conn_end_other
 *		End another session of the same server, by its name.
 *
 * Behind a load balancer two connections may lead to two servers, where the
 * same number is somebody else's session.
 */
void
mm_conn_end_other(WireConn *conn, const char *name)
{
	char sql[64];
	char *at;
	unsigned long thread_id = strtoul(name, &at, 10);

	if (*at != '@' || conn->identity[0] == '\0' ||
		strcmp(at + 1, conn->identity) != 0)
		return;
	snprintf(sql, sizeof(sql), "KILL CONNECTION %lu", thread_id);
	/* A session that has ended by itself is an error, and all right. */
	(void) mm_conn_quiet(conn, sql, END_TIMEOUT_MS);
}

#endif /* MARIADB_BASE_VERSION */
