/*
 * src/migrate/rollback.c
 *		Undoing a job: what it made, and only that.
 *
 * mysql_migrate.made lists the objects by their oids, so that nothing that
 * merely has the same name is ever touched; without CASCADE, an object that
 * somebody else hangs on stops the rollback with PostgreSQL's own message.
 * It runs as a leader without workers, in transactions of a few objects each,
 * since the locks of a large schema do not fit into one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/claim.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "migrate/migration.h"
#include "migrate/replace.h"
#include "migrate/rollback.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define DROPS_PER_TRANSACTION 50

/* Foreign keys among the job's own tables, cycles included, go first. */
static const char foreign_keys_query[] =
	"SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)"
	"  FROM pg_constraint AS k"
	" WHERE k.contype = 'f' AND k.conparentid = 0"
	"   AND k.conrelid IN (SELECT object FROM mysql_migrate.made"
	"                       WHERE job = $1::bigint AND class = 'pg_class'::regclass)"
	"   AND k.confrelid IN (SELECT object FROM mysql_migrate.made"
	"                        WHERE job = $1::bigint AND class = 'pg_class'::regclass)";

/* Latest first: views before tables, tables before their types and schema. */
static const char objects_query[] =
	"SELECT format('DROP %s %s', upper(o.type), o.identity)"
	"  FROM mysql_migrate.made AS m,"
	"       LATERAL pg_identify_object(m.class, m.object, 0) AS o"
	" WHERE m.job = $1::bigint AND m.class = $2::regclass"
	"   AND (m.class <> 'pg_class'::regclass"
	"        OR EXISTS (SELECT 1 FROM pg_class AS c WHERE c.oid = m.object"
	"                      AND CASE WHEN c.relkind = 'v' THEN 'view'"
	"                               WHEN c.relkind = 'S' THEN 'sequence'"
	"                               ELSE 'table' END = $3))"
	"   AND o.identity IS NOT NULL"
	/* A schema stays if somebody has put something of his own into it. */
	"   AND NOT (m.class = 'pg_namespace'::regclass"
	"            AND EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = m.object"
	"                         UNION ALL SELECT 1 FROM pg_type WHERE typnamespace = m.object"
	"                         UNION ALL SELECT 1 FROM pg_proc WHERE pronamespace = m.object))"
	" ORDER BY m.id DESC";

/* What a rollback cannot take out again: which rows they were, nobody knows. */
static const char kept_rows_query[] =
	"SELECT format('%s (%s)', m.relation::regclass, sum(t.rows_loaded))"
	"  FROM mysql_migrate.table_map AS m"
	"  JOIN mysql_migrate.task AS t ON t.job = m.job AND t.subject = m.id"
	" WHERE m.job = $1::bigint AND NOT m.created AND t.kind = 'load'"
	"   AND m.relation IN (SELECT oid FROM pg_class)"
	" GROUP BY m.relation HAVING sum(t.rows_loaded) > 0"
	" ORDER BY m.relation";

/* The statements that a bookkeeping query gives, in the process's context. */
static List *
statements_of(JobProcess *process, const char *query, int nargs,
			  const char **args)
{
	List *statements;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	statements = mm_store_get_column(query, nargs, args);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	return statements;
}

static int64
run_in_batches(JobProcess *process, List *statements)
{
	ListCell *cell;
	int64 count = 0;

	mm_transaction_start();
	foreach(cell, statements)
	{
		CHECK_FOR_INTERRUPTS();
		mm_migration_execute(lfirst(cell));
		if (++count % DROPS_PER_TRANSACTION == 0)
		{
			CommitTransactionCommand();
			mm_transaction_start();
		}
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	return count;
}

static void
forget(JobProcess *process)
{
	static const char *const queries[] = {
		"DELETE FROM mysql_migrate.made WHERE job = $1::bigint",
		"DELETE FROM mysql_migrate.task WHERE job = $1::bigint",
		"DELETE FROM mysql_migrate.note WHERE job = $1::bigint",
		"DELETE FROM mysql_migrate.reject WHERE job = $1::bigint",
		"DELETE FROM mysql_migrate.table_map WHERE job = $1::bigint",
	};
	const char *args[] = {mm_store_number(process->job_id)};

	mm_transaction_start();
	mm_replace_forget(process->job_id);
	for (int i = 0; i < lengthof(queries); i++)
		mm_store_execute_alone(queries[i], lengthof(args), args);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* The job's own tables are gone: the old ones get their names back. */
static void
restore_replaced(JobProcess *process)
{
	List *statements;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	statements = mm_replace_restore_statements(process->job_id);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	(void) run_in_batches(process, statements);
}

int64
mm_rollback_made(JobProcess *process)
{
	static const char *const steps[][2] = {
		{"pg_class", "view"},
		{"pg_class", "table"},
		{"pg_proc", ""},
		{"pg_class", "sequence"},
		{"pg_type", ""},
		{"pg_collation", ""},
		{"pg_namespace", ""},
	};
	const char *job = psprintf(INT64_FORMAT, process->job_id);
	int64 count = 0;

	(void) run_in_batches(process, statements_of(process, foreign_keys_query,
												 1, &job));
	for (int i = 0; i < lengthof(steps); i++)
	{
		const char *args[] = {job, steps[i][0], steps[i][1]};

		count += run_in_batches(process, statements_of(process, objects_query,
													   lengthof(args), args));
	}
	restore_replaced(process);
	forget(process);
	return count;
}

static void
tell_kept_rows(JobProcess *process, List *tables)
{
	StringInfoData names;
	ListCell *cell;

	if (tables == NIL)
		return;
	initStringInfo(&names);
	foreach(cell, tables)
		appendStringInfo(&names, "%s%s", names.len ? ", " : "",
						 (char *) lfirst(cell));
	mm_leader_notice(process, NOTICE,
					 psprintf("the rows that job " INT64_FORMAT " loaded into tables of others stay there",
							  process->job_id),
					 psprintf("Tables and numbers of rows: %s.", names.data),
					 "Before they are loaded again, delete them, or use on_existing => 'truncate'.");
}

/*
 * mm_rollback_job
 *		All the work of a rollback; it has no tasks.
 *
 * The job's own row stays, as the record that there was one.
 */
void
mm_rollback_job(JobProcess *process)
{
	Migration *migration = process->state;
	List *kept_rows;
	const char *job;

	mm_transaction_start();
	(void) mm_claim_job(migration->spec->rolled_back_job,
						dsm_segment_handle(process->segment));
	/* A switch that ended meanwhile has seen the claim, or is seen here. */
	mm_identity_refuse_rollback(mm_job_get(migration->spec->rolled_back_job)->server);
	/* A rollback that breaks off leaves nothing that a resume could use. */
	mm_book_set_unplanned(migration->spec->rolled_back_job);
	mm_leader_set_job(process, migration->spec->rolled_back_job);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	job = psprintf(INT64_FORMAT, process->job_id);
	kept_rows = statements_of(process, kept_rows_query, 1, &job);
	migration->dropped = mm_rollback_made(process);
	tell_kept_rows(process, kept_rows);
}

bool
mm_rollback_more(JobProcess *process)
{
	return false;
}

const char *
mm_rollback_finish(JobProcess *process, ErrorData **error)
{
	Migration *migration = process->state;
	const char *values[1];

	values[0] = psprintf(INT64_FORMAT, migration->dropped);
	mm_leader_row(process, 1, values);
	return "cancelled";
}
