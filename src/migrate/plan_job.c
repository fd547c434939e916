/*
 * src/migrate/plan_job.c
 *		A remote schema into local objects and tasks.
 *
 * The leader reads the remote catalog, checks what can be checked, takes the
 * one moment, asks the data, makes the tables and adds the tasks.  Until the
 * job's row is written an error leaves nothing behind.
 *
 * In a schema that exists, tables are loaded under a job name and get their
 * own at the end (publish.c); in one that the job makes they have it at once.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "job/claim.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "migrate/migration.h"
#include "migrate/replace.h"
#include "migrate/watch.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- making tables */

static void
set_load_names(JobProcess *process)
{
	Migration *migration = process->state;
	ListCell *cell;

	if (migration->created_schema)
		return;
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (table->exists_here)
			continue;
		table->load_name = mm_ident_clip(psprintf("%s__job_" INT64_FORMAT,
												  table->local_name,
												  process->job_id));
		mm_replace_load_names(table, process->job_id);
	}
}

static void
truncate_existing(Migration *migration)
{
	StringInfoData sql;
	ListCell *cell;

	initStringInfo(&sql);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (table->exists_here)
			appendStringInfo(&sql, "%s %s", sql.len > 0 ? "," : "TRUNCATE",
							 mm_quote_local_name(table->local_schema,
												 table->local_name));
	}
	if (sql.len > 0)
		mm_migration_execute(sql.data);
}

/* ---------------------------------------------------------------- the plan */

/* The tables that this job writes to: "schema.table". */
static List *
local_names(const Migration *migration)
{
	List *names = NIL;
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		names = lappend(names, psprintf("%s.%s", table->local_schema,
										table->local_name));
	}
	return names;
}

static void
insert_job(JobProcess *process)
{
	Migration *migration = process->state;
	JobSpec *spec = migration->spec;
	int64 job_id;

	job_id = spec->resumed_job;
	if (job_id == 0)
		job_id = mm_job_insert(spec->kind, spec->server, spec->remote_schema,
							   spec->local_schema, process->arguments.payload,
							   GetUserId(), spec->workers,
							   dsm_segment_handle(process->segment));
	mm_claim_tables(job_id, local_names(migration));
	mm_leader_set_job(process, job_id);
	mm_watch_tell(process, "running");
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static uint64
total_bytes(const Migration *migration)
{
	uint64 bytes = 0;
	ListCell *cell;

	foreach(cell, migration->tables)
		bytes += ((TableState *) lfirst(cell))->table->data_bytes;
	return bytes;
}

/*
 * mm_plan_announce
 *		The first NOTICE: job, tables, moment, and what Ctrl-C does.
 */
void
mm_plan_announce(JobProcess *process)
{
	Migration *migration = process->state;
	char *size = text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty,
																	Int64GetDatum(total_bytes(migration)))));
	char *text;

	text = psprintf("job " INT64_FORMAT ": %s.%s to schema \"%s\", %s, %s%s%s, %s",
					process->job_id, migration->spec->server,
					migration->spec->remote_schema,
					migration->spec->local_schema,
					psprintf(mm_plural(list_length(migration->tables), "%d table", "%d tables"),
							 list_length(migration->tables)),
					size,
					migration->position == NULL		  ? "" :
					migration->spec->resumed_job != 0 ? ", the rest as of " :
														", all as of ",
					migration->position ? migration->position : "",
					psprintf(mm_plural(migration->nworkers, "%d worker", "%d workers"),
							 migration->nworkers));
	mm_leader_notice(process, NOTICE, text, NULL,
					 psprintf("Ctrl-C stops job " INT64_FORMAT ", SELECT * FROM migration_resume(" INT64_FORMAT ") goes on where it stopped. Watch it: mysql_migrate.progress",
							  process->job_id, process->job_id));
}

/*
 * Readers that the source allows: the leader has a session too, and where a
 * lock makes the one moment there is one for that.
 */
static int
wanted_workers(const Migration *migration)
{
	const JobSpec *spec = migration->spec;
	int others = 1;

	if (spec->max_source_connections == 0)
		return spec->workers;
	if (mm_moment_needs_lock(migration))
		others++;
	return Max(Min(spec->workers, spec->max_source_connections - others), 0);
}

void
mm_plan_start_workers(JobProcess *process)
{
	Migration *migration = process->state;
	const char *problem;
	int wanted = wanted_workers(migration);

	migration->nworkers = mm_leader_start_workers(process, wanted, &problem);
	MemoryContextSwitchTo(process->context);
	if (problem != NULL)
		mm_leader_notice(process, WARNING,
						 psprintf("job " INT64_FORMAT " runs with %d of %d workers",
								  process->job_id, migration->nworkers, wanted),
						 problem,
						 "It takes longer. Raise max_worker_processes, or the connections that the MySQL account may have.");
}

static void
make_schema(JobProcess *process)
{
	Migration *migration = process->state;
	JobSpec *spec = migration->spec;
	List *statements;

	set_load_names(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	statements = mm_plan_statements(migration);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_plan_refuse_blockers(migration);
	if (spec->before_sql != NULL)
	{
		mm_transaction_start();
		mm_migration_execute(spec->before_sql);
		CommitTransactionCommand();
	}
	mm_make_objects(process, statements);

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	if (spec->on_existing == EXISTING_TRUNCATE)
		truncate_existing(migration);
	mm_decide_remember(migration);
	mm_replace_prepare(process);
	mm_book_add_notes(process->job_id, GetUserId(), migration->notes);
	mm_plan_tasks(process, statements);
	/* For the job, and for the tables that it has in the book by now. */
	mm_identity_record(process->job_id,
					   mm_identity_read(migration->conn));
	mm_book_set_planned(process->job_id, migration->created_schema);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* Without the phase "data" no table has anything to load. */
static void
skip_data(JobProcess *process)
{
	Migration *migration = process->state;
	ListCell *cell;

	foreach(cell, migration->tables)
		mm_leader_release_stage(process,
								((TableState *) lfirst(cell))->load_stage);
	migration->next_to_cut = list_length(migration->tables);
}

void
mm_plan_refuse_switched(JobProcess *process)
{
	Migration *migration = process->state;

	mm_transaction_start();
	mm_identity_refuse_switched(migration->spec->server,
								migration->spec->force);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/*
 * mm_plan_job
 *		Everything before the first task.
 */
void
mm_plan_job(JobProcess *process)
{
	Migration *migration = process->state;

	mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	mm_plan_read(migration);
	mm_plan_refuse_blockers(migration);
	insert_job(process);
	mm_plan_refuse_switched(process);

	mm_plan_start_workers(process);
	mm_moment_take(process);
	mm_decide_schema(process);
	make_schema(process);
	mm_plan_announce(process);
	if ((migration->spec->phases & PHASE_DATA) == 0)
		skip_data(process);
}
