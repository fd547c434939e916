/*
 * src/migrate/switch_proof.c
 *		Does anybody still write to the source?
 *
 * The proof is something that every write moves and that stands still: the
 * position of the binary log.  Where the log is off or may not be asked, and
 * on a replica, whose applier need not log what it writes, InnoDB's counters
 * of changed rows and the tables' UPDATE_TIME stand in; they move for writes
 * to other schemas too, so they err on the safe side.
 *
 * A session with sql_log_bin off leaves no trace in the log; what it wrote is
 * seen by UPDATE_TIME, which grows.  (It is forgotten when MySQL closes a
 * table: that it shrinks means nothing.)
 *
 * A replica that is behind stands still as well, while it waits for its source
 * or for its MASTER_DELAY: what its source has and it has not is asked for.
 *
 * A change that is not committed moves nothing yet.  It would be committed
 * after the last look, so open transactions are looked for as well.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "lib/stringinfo.h"
#include "migrate/switch_proof.h"
#include "source/snapshot.h"
#include "wire/refusal.h"
#include "wire/result.h"

static const char settings_query[] =
	"SHOW GLOBAL VARIABLES WHERE variable_name IN"
	" ('read_only', 'super_read_only')";

static const char counters_query[] =
	"SHOW GLOBAL STATUS WHERE variable_name IN"
	" ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted',"
	"  'Slaves_running', 'Slave_running')";

static const char update_time_query[] =
	"SELECT CONCAT(COALESCE(MAX(update_time), 'never'), '/',"
	"              COALESCE(SUM(auto_increment), 0), '/', COUNT(*))"
	"  FROM information_schema.tables WHERE table_schema = %s";

static const char written_query[] =
	"SELECT CAST(MAX(update_time) AS CHAR) FROM information_schema.tables"
	" WHERE table_schema = %s";

static const char open_changes_query[] =
	"SELECT trx_mysql_thread_id AS thread, trx_rows_modified AS changed"
	"  FROM information_schema.innodb_trx"
	" WHERE trx_rows_modified > 0 ORDER BY trx_started";

/* ---------------------------------------------------------------- questions */

static bool
is_on(const char *value)
{
	return pg_strcasecmp(value, "OFF") != 0 && strcmp(value, "0") != 0;
}

static bool
ask_read_only(WireConn *conn)
{
	WireResult *result = mm_result_open(conn, settings_query,
										CurrentMemoryContext);
	const WireRow *row;
	bool on = false;

	while ((row = mm_result_next(result)) != NULL)
		on |= is_on(mm_result_text(result, row, 1));
	mm_result_close(result);
	return on;
}

static void
ask_counters(WireConn *conn, List *schemas, SourceMark *mark)
{
	WireResult *result = mm_result_open(conn, counters_query,
										CurrentMemoryContext);
	const WireRow *row;
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	while ((row = mm_result_next(result)) != NULL)
	{
		char *name = mm_result_text(result, row, 0);
		char *value = mm_result_text(result, row, 1);

		if (pg_strncasecmp(name, "Slave", 5) == 0)
			mark->is_replica |= is_on(value);
		else
			appendStringInfo(&text, "%s%s %s", text.len > 0 ? ", " : "", name,
							 value);
	}
	mm_result_close(result);
	foreach(cell, schemas)
		appendStringInfo(&text, "%sUPDATE_TIME of %s %s",
						 text.len > 0 ? ", " : "", (char *) lfirst(cell),
						 mm_conn_query_value(conn,
											 psprintf(update_time_query,
													  mm_quote_remote_literal(lfirst(cell)))));
	mark->counters = text.data;
}

static void
ask_written(WireConn *conn, List *schemas, SourceMark *mark)
{
	ListCell *cell;

	foreach(cell, schemas)
	{
		char *at = mm_conn_query_value(conn,
									   psprintf(written_query,
												mm_quote_remote_literal(lfirst(cell))));

		if (at != NULL &&
			(mark->written == NULL || strcmp(at, mark->written) > 0))
			mark->written = at;
	}
}

/*
 * A statement that the account may not be allowed; NULL when it was refused.
 * A lost connection and a cancel are raised.
 */
static WireResult *
try_open(WireConn *conn, const char *sql)
{
	MemoryContext context = CurrentMemoryContext;
	WireResult *volatile result = NULL;

	PG_TRY();
	{
		result = mm_result_open(conn, sql, context);
	}
	PG_CATCH();
	{
		const char *reason = mm_refusal_take(conn, context, NULL);

		ereport(LOG,
				(errmsg("the source does not answer \"%s\"", sql),
				 errdetail_internal("%s", reason)));
	}
	PG_END_TRY();
	return result;
}

/* The manual names this table only from MySQL 5.7 on; MariaDB has none. */
static bool
ask_applier(WireConn *conn)
{
	const RemoteServerInfo *server = mm_conn_server(conn);
	WireResult *result;
	const WireRow *row;
	bool runs = false;

	if (server->flavour != FLAVOUR_MYSQL || server->version < 50700)
		return false;
	result = try_open(conn,
					  "SELECT service_state FROM performance_schema.replication_applier_status");
	if (result == NULL)
		return false;
	while ((row = mm_result_next(result)) != NULL)
		runs |= is_on(mm_result_text(result, row, 0));
	mm_result_close(result);
	return runs;
}

SourceMark
mm_proof_mark(WireConn *conn, List *schemas)
{
	SourceMark mark;
	char *position;
	char *gtid;

	memset(&mark, 0, sizeof(mark));
	mm_snapshot_position(conn, &position, &gtid);
	mark.position = position;
	mark.gtid = mm_conn_server(conn)->flavour == FLAVOUR_MARIADB ? gtid : NULL;
	mark.is_read_only = ask_read_only(conn);
	ask_counters(conn, schemas, &mark);
	ask_written(conn, schemas, &mark);
	mark.is_replica |= ask_applier(conn);
	return mark;
}

/* ---------------------------------------------------------------- answers */

static bool
needs_counters(const SourceMark *mark)
{
	return mark->position == NULL || mark->is_replica;
}

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool
was_written(const SourceMark *earlier, const SourceMark *later)
{
	return later->written != NULL &&
		   (earlier->written == NULL ||
			strcmp(later->written, earlier->written) > 0);
}

/*
 * MariaDB's GTID position stands still where a rotation moves the file;
 * MySQL's does so too when GTIDs are off, and is no proof.
 */
bool
mm_proof_stands_still(const SourceMark *earlier, const SourceMark *later)
{
	if ((needs_counters(earlier) || needs_counters(later)) &&
		!same_text(earlier->counters, later->counters))
		return false;
	if (was_written(earlier, later))
		return false;
	if (earlier->position == NULL && later->position == NULL)
		return true;
	return same_text(earlier->position, later->position) ||
		   same_text(earlier->gtid, later->gtid);
}

char *
mm_proof_describe(const SourceMark *mark)
{
	const char *where = mark->position != NULL ? mark->position :
												 "no binary log to be seen, InnoDB's row counters and UPDATE_TIME";

	return psprintf("read_only = %s%s, %s", mark->is_read_only ? "ON" : "OFF",
					mark->is_replica ? ", a replica" : "", where);
}

char *
mm_proof_movement(const SourceMark *earlier, const SourceMark *later)
{
	if (earlier->position != NULL && later->position != NULL &&
		!same_text(earlier->position, later->position))
		return psprintf("The binary log went from %s to %s.",
						earlier->position, later->position);
	if (same_text(earlier->position, later->position) &&
		was_written(earlier, later))
		return psprintf("A table was written to at %s (UTC), past the binary log.",
						later->written);
	return psprintf("It was \"%s\" and is \"%s\".", earlier->counters,
					later->counters);
}

char *
mm_proof_open_changes(WireConn *conn, bool *is_seen)
{
	WireResult *result = try_open(conn, open_changes_query);
	const WireRow *row;
	StringInfoData text;

	*is_seen = result != NULL;
	if (result == NULL)
		return NULL;
	initStringInfo(&text);
	while ((row = mm_result_next(result)) != NULL)
		appendStringInfo(&text, mm_plural(mm_result_int64(result, row, 1), "%sthread %s changed %s row", "%sthread %s changed %s rows"),
						 text.len > 0 ? ", " : "", mm_result_text(result, row, 0),
						 mm_result_text(result, row, 1));
	mm_result_close(result);
	return text.len > 0 ? text.data : NULL;
}

/* ---------------------------------------------------------------- a replica */

typedef enum ReplicaColumn
{
	IO_RUNS,
	APPLIER_RUNS,
	FILE_READ,
	POSITION_READ,
	FILE_APPLIED,
	POSITION_APPLIED,
	REPLICA_COLUMNS
} ReplicaColumn;

/* As MariaDB and old MySQL name them, and as MySQL does from 8.0.22 on. */
static const char *const replica_columns[REPLICA_COLUMNS][2] = {
	[IO_RUNS] = {"Slave_IO_Running", "Replica_IO_Running"},
	[APPLIER_RUNS] = {"Slave_SQL_Running", "Replica_SQL_Running"},
	[FILE_READ] = {"Master_Log_File", "Source_Log_File"},
	[POSITION_READ] = {"Read_Master_Log_Pos", "Read_Source_Log_Pos"},
	[FILE_APPLIED] = {"Relay_Master_Log_File", "Relay_Source_Log_File"},
	[POSITION_APPLIED] = {"Exec_Master_Log_Pos", "Exec_Source_Log_Pos"},
};

static const char *
replica_query(WireConn *conn)
{
	const RemoteServerInfo *server = mm_conn_server(conn);

	if (server->flavour == FLAVOUR_MARIADB)
		return "SHOW ALL SLAVES STATUS";
	return server->version < 80022 ? "SHOW SLAVE STATUS" :
									 "SHOW REPLICA STATUS";
}

static const char *
replica_value(const WireResult *result, const WireRow *row,
			  ReplicaColumn column)
{
	const WireField *fields = mm_result_fields(result);

	for (int i = 0; i < mm_result_nfields(result); i++)
	{
		if (pg_strcasecmp(fields[i].name, replica_columns[column][0]) == 0 ||
			pg_strcasecmp(fields[i].name, replica_columns[column][1]) == 0)
		{
			const char *value = mm_result_text(result, row, i);

			return value != NULL ? value : "";
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
			 errmsg("MySQL's state of replication has no column \"%s\"",
					replica_columns[column][0])));
}

char *
mm_proof_lag(WireConn *conn, bool *is_seen)
{
	WireResult *result = try_open(conn, replica_query(conn));
	const WireRow *row;
	StringInfoData text;

	*is_seen = result != NULL;
	if (result == NULL)
		return NULL;
	initStringInfo(&text);
	while ((row = mm_result_next(result)) != NULL)
	{
		const char *value[REPLICA_COLUMNS];

		for (int c = 0; c < REPLICA_COLUMNS; c++)
			value[c] = replica_value(result, row, c);
		if (pg_strcasecmp(value[IO_RUNS], "Yes") != 0 ||
			pg_strcasecmp(value[APPLIER_RUNS], "Yes") != 0)
			appendStringInfo(&text, "%sreplication does not run (reading: %s, applying: %s)",
							 text.len > 0 ? ", " : "", value[IO_RUNS],
							 value[APPLIER_RUNS]);
		else if (strcmp(value[FILE_READ], value[FILE_APPLIED]) != 0 ||
				 strcmp(value[POSITION_READ], value[POSITION_APPLIED]) != 0)
			appendStringInfo(&text, "%sread up to %s:%s, applied up to %s:%s",
							 text.len > 0 ? ", " : "", value[FILE_READ],
							 value[POSITION_READ], value[FILE_APPLIED],
							 value[POSITION_APPLIED]);
	}
	mm_result_close(result);
	return text.len > 0 ? text.data : NULL;
}
