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
#include "miscadmin.h"
#include "source/snapshot.h"
#include "utils/memutils.h"
#include "wire/refusal.h"
#include "wire/result.h"

/* Writers stand meanwhile. */
#define LOCK_PATIENCE_MS 100
#define LOCK_LIFETIME_S	 "10"
#define KILL_TIMEOUT_MS	 1000
#define MAX_DEADLOCKS	 50

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

/* ---------------------------------------------------------------- locks */

void
mm_snapshot_prepare_lock(WireConn *conn)
{
	mm_conn_execute(conn, "SET SESSION wait_timeout = " LOCK_LIFETIME_S);
}

/*
 * receive_answer
 *		False when the server answered with an error; *reason is its message.
 */
static bool
receive_answer(WireConn *conn, const char **reason, int *sqlerrcode)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool ok = true;

	PG_TRY();
	{
		mm_conn_receive(conn);
	}
	PG_CATCH();
	{
		*reason = mm_refusal_take(conn, context, sqlerrcode);
		ok = false;
	}
	PG_END_TRY();
	return ok;
}

/*
 * lock_once
 *		0 once the lock is held, else the error; ours when it took too long.
 */
static int
lock_once(WireConn *conn, WireConn *killer, const char *sql,
		  const char **reason)
{
	int sqlerrcode = 0;
	bool in_time;

	mm_conn_send(conn, sql);
	in_time = killer == NULL || mm_conn_answers(conn, LOCK_PATIENCE_MS);
	if (!in_time)
		(void) mm_conn_try_execute(killer,
								   psprintf("KILL QUERY %lu",
											mm_conn_server(conn)->thread_id),
								   KILL_TIMEOUT_MS);
	if (receive_answer(conn, reason, &sqlerrcode) && in_time)
		return 0;

	/*
	 * A FLUSH that was interrupted in the middle may have left half of the
	 * lock behind.  The first statement takes a kill that came too late.
	 */
	(void) mm_conn_try_execute(conn, "DO 0", KILL_TIMEOUT_MS);
	(void) mm_conn_try_execute(conn, "UNLOCK TABLES", KILL_TIMEOUT_MS);
	return in_time ? sqlerrcode : ERRCODE_LOCK_NOT_AVAILABLE;
}

/*
 * try_lock
 *		In 5.6 LOCK TABLES waits for each table's transactions in turn, while
 *		they wait for us: a deadlock, which we lose at once, having changed
 *		nothing.  It is tried again until the moment is right.
 */
static LockOutcome
try_lock(WireConn *conn, WireConn *killer, const char *sql,
		 const char **reason)
{
	int sqlerrcode = ERRCODE_T_R_DEADLOCK_DETECTED;

	/* In case that the killer does not get through. */
	mm_conn_execute(conn, "SET SESSION lock_wait_timeout = 1,"
						  " SESSION innodb_lock_wait_timeout = 1");
	for (int i = 0; i < MAX_DEADLOCKS; i++)
	{
		sqlerrcode = lock_once(conn, killer, sql, reason);
		if (sqlerrcode == 0)
			return LOCK_TAKEN;
		if (sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
			break;
		CHECK_FOR_INTERRUPTS();
	}
	if (sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
		sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
		return LOCK_REFUSED;
	*reason = "A statement that runs at the source stands in the way of a lock, and the lock would hold up all writers meanwhile.";
	return LOCK_BUSY;
}

LockOutcome
mm_snapshot_lock_all(WireConn *conn, WireConn *killer, const char **reason)
{
	return try_lock(conn, killer, "FLUSH TABLES WITH READ LOCK", reason);
}

/*
 * MySQL 5.6 does not wait for running commits under autocommit (measured: 376
 * of 1,398 moments were not one), and does with autocommit = 0.
 */
LockOutcome
mm_snapshot_lock_tables(WireConn *conn, WireConn *killer, const char *tables,
						const char **reason)
{
	mm_conn_execute(conn, "SET SESSION autocommit = 0");
	return try_lock(conn, killer, psprintf("LOCK TABLES %s", tables), reason);
}

void
mm_snapshot_unlock(WireConn *conn)
{
	mm_conn_execute(conn, "UNLOCK TABLES");
}

void
mm_snapshot_mark(WireConn *conn)
{
	mm_conn_execute(conn, "SAVEPOINT mysql_migrate");
}

void
mm_snapshot_release(WireConn *conn)
{
	mm_conn_execute(conn, "ROLLBACK TO SAVEPOINT mysql_migrate");
}

/* ---------------------------------------------------------------- position */

static bool
is_mysql_84(const RemoteServerInfo *server)
{
	return server->flavour == FLAVOUR_MYSQL && server->version >= 80400;
}

/* What the server says of its binary log; NULL: nothing, or not to us. */
typedef struct LogStatus
{
	char *file;
	char *position;
	char *do_db;
	char *ignore_db;
	char *gtid; /* MySQL only */
} LogStatus;

/* SHOW MASTER STATUS needs a privilege that a read-only account may lack. */
static bool
ask_log_status(WireConn *conn, LogStatus *status)
{
	MemoryContext caller = CurrentMemoryContext;
	const char *show = is_mysql_84(mm_conn_server(conn)) ?
						   "SHOW BINARY LOG STATUS" :
						   "SHOW MASTER STATUS";
	volatile bool known = false;

	PG_TRY();
	{
		WireResult *result = mm_result_open(conn, show, caller);
		const WireRow *row = mm_result_next(result);

		if (row != NULL && row->nvalues >= 4)
		{
			status->file = mm_result_text(result, row, 0);
			status->position = mm_result_text(result, row, 1);
			status->do_db = mm_result_text(result, row, 2);
			status->ignore_db = mm_result_text(result, row, 3);
			if (row->nvalues >= 5)
				status->gtid = mm_result_text(result, row, 4);
			known = status->file != NULL && status->position != NULL;
		}
		mm_result_close(result);
	}
	PG_CATCH();
	{
		const char *reason = mm_refusal_take(conn, caller, NULL);

		ereport(LOG,
				(errmsg("the source does not tell its binary log position"),
				 errdetail_internal("%s", reason)));
	}
	PG_END_TRY();
	return known;
}

void
mm_snapshot_position(WireConn *conn, char **position, char **gtid)
{
	const RemoteServerInfo *server = mm_conn_server(conn);
	LogStatus status = {NULL};

	*position = NULL;
	if (ask_log_status(conn, &status))
		*position = psprintf("%s:%s", status.file, status.position);
	*gtid = status.gtid;
	if (*gtid != NULL)
		;
	else if (server->flavour == FLAVOUR_MARIADB)
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

/* ---------------------------------------------------------------- trust */

/* One global variable, or "" when the server does not know it. */
static char *
global_variable(WireConn *conn, const char *name)
{
	char *value = mm_conn_query_value(conn,
									  psprintf("SELECT variable_value FROM information_schema.global_variables"
											   " WHERE variable_name = %s",
											   mm_quote_remote_literal(name)));

	return value != NULL ? value : pstrdup("");
}

static bool
is_off(const char *value)
{
	return value[0] == '\0' || strcmp(value, "0") == 0 ||
		   pg_strcasecmp(value, "OFF") == 0;
}

/* Is a database in a list "a,b"? */
static bool
is_listed(const char *list, const char *schema)
{
	Size length = strlen(schema);

	while (list != NULL && *list != '\0')
	{
		Size width = strcspn(list, ",");

		if (width == length && pg_strncasecmp(list, schema, length) == 0)
			return true;
		list += width;
		if (*list == ',')
			list++;
	}
	return false;
}

/* MariaDB only. */
bool
mm_snapshot_token_counts(WireConn *conn, const char *schema,
						 const char **reason)
{
	LogStatus status;

	if (is_off(global_variable(conn, "log_slave_updates")))
	{
		if (global_variable(conn, "gtid_slave_pos")[0] != '\0')
		{
			*reason = "The server is a replica and does not log what it replicates (log_slave_updates).";
			return false;
		}
		if (!is_off(global_variable(conn, "wsrep_on")))
		{
			*reason = "The server is a node of a cluster and does not log what other nodes write (log_slave_updates).";
			return false;
		}
	}
	if (ask_log_status(conn, &status) &&
		((status.do_db != NULL && status.do_db[0] != '\0' &&
		  !is_listed(status.do_db, schema)) ||
		 is_listed(status.ignore_db, schema)))
	{
		*reason = "The server does not log changes of this database (binlog_do_db, binlog_ignore_db).";
		return false;
	}
	return true;
}
