/*
 * src/migrate/migration.c
 *		The state of a migration's process, and its connection.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/local_sql.h"
#include "base/transaction.h"
#include "executor/spi.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/snapshot.h"
#include "utils/memutils.h"

/*
 * mm_migration_init
 *		The state of this process, with the job's specification and the data
 *		to connect with; all of it lives in process->context.
 */
Migration *
mm_migration_init(JobProcess *process)
{
	MemoryContext old = MemoryContextSwitchTo(process->context);
	Migration *migration = palloc0(sizeof(Migration));

	process->state = migration;
	migration->spec = mm_spec_parse(process->arguments.payload);
	if (migration->spec->server != NULL)
	{
		ForeignServer *server = mm_options_server(migration->spec->server,
												  false);

		migration->info = mm_options_conn_info(server, GetUserId());
		if (migration->spec->remote_schema == NULL)
			migration->spec->remote_schema = migration->info->dbname;
	}
	migration->started = GetCurrentTimestamp();
	MemoryContextSwitchTo(old);
	return migration;
}

Migration *
mm_migration_create(JobProcess *process)
{
	Migration *migration;

	mm_transaction_start();
	migration = mm_migration_init(process);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	return migration;
}

/* The leader may want to end it; a plan alone has no slot. */
static void
publish_session(JobProcess *process, const char *session)
{
	WorkerSlot *slot = process->slot;

	if (slot == NULL)
		return;
	SpinLockAcquire(&slot->mutex);
	strlcpy(slot->session, session, sizeof(slot->session));
	SpinLockRelease(&slot->mutex);
}

Migration *
mm_migration_repeat(JobProcess *process)
{
	Migration *old = process->state;
	Migration *migration;

	mm_migration_disconnect(process);
	migration = mm_migration_create(process);
	migration->has_connected = old->has_connected;
	migration->was_interrupted = old->was_interrupted;
	migration->is_claimed = process->job_id != 0;
	if (migration->is_claimed)
		migration->spec->resumed_job = process->job_id;
	return migration;
}

/*
 * mm_migration_connect
 *		A (new) connection; what the old one had is gone.
 */
void
mm_migration_connect(JobProcess *process)
{
	Migration *migration = process->state;
	char session[JOB_TOKEN_SIZE];

	mm_migration_disconnect(process);
	migration->conn_context = AllocSetContextCreate(process->context,
													"migration connection",
													ALLOCSET_DEFAULT_SIZES);
	migration->conn = mm_conn_open(migration->info, migration->conn_context);
	mm_snapshot_prepare(migration->conn);
	mm_conn_name(migration->conn, session, sizeof(session));
	publish_session(process, session);
	migration->has_connected = true;
}

/*
 * mm_migration_disconnect
 *		Ends the session, and with it its transaction.
 */
void
mm_migration_disconnect(JobProcess *process)
{
	Migration *migration = process->state;

	if (migration->conn_context != NULL)
		MemoryContextDelete(migration->conn_context);
	migration->conn_context = NULL;
	migration->conn = NULL;
	migration->in_snapshot = false;
	publish_session(process, "");
}

void
mm_migration_execute(const char *sql)
{
	int code;

	mm_local_enter();
	code = SPI_execute(sql, false, 0);
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(code));
	mm_local_leave();
	CommandCounterIncrement();
}

TableState *
mm_migration_find_table(const Migration *migration, int64 map_id)
{
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (state->map_id == map_id)
			return state;
	}
	return NULL;
}

static void
execute(void *arg)
{
	mm_migration_execute(arg);
}

ErrorData *
mm_migration_try(const char *sql)
{
	return mm_transaction_try(execute, (char *) sql);
}

ErrorData *
mm_migration_attempt(JobProcess *process, Attempt attempt, void *arg,
					 bool logs)
{
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		mm_transaction_start();
		attempt(process, arg);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		if (logs)
			EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	return error;
}
