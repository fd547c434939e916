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
#include "base/transaction.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "job/claim.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/existing.h"
#include "migrate/identity.h"
#include "migrate/migration.h"
#include "migrate/replace.h"
#include "migrate/rule.h"
#include "migrate/table_json.h"
#include "migrate/validate.h"
#include "migrate/watch.h"
#include "miscadmin.h"
#include "source/snapshot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"


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

static bool
is_late(DdlPhase phase)
{
	return phase == DDL_TRIGGER || phase == DDL_VIEW;
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

/* ---------------------------------------------------------------- tasks */

static int
compare_size(const ListCell *a, const ListCell *b)
{
	const TableState *ta = lfirst(a);
	const TableState *tb = lfirst(b);

	if (ta->table->data_bytes != tb->table->data_bytes)
		return ta->table->data_bytes > tb->table->data_bytes ? -1 : 1;
	return strcmp(ta->table->name, tb->table->name);
}

/* The description is long, and not needed once it is in the book. */
static int64
book_table(JobProcess *process, const TableState *state)
{
	Migration *migration = process->state;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "table to book",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int64 id = mm_book_add_table(process->job_id, GetUserId(),
								 migration->spec->server, state->table,
								 state->relation, state->created,
								 state->table->filter,
								 mm_table_to_json(state->table));

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return id;
}

static TableState *
add_table_state(JobProcess *process, RemoteTable *table, Oid schema)
{
	TableState *state = palloc0(sizeof(TableState));

	state->table = table;
	state->filter = table->filter;
	state->created = !table->exists_here;
	state->relation = get_relname_relid(state->created ? table->load_name :
														 table->local_name,
										schema);
	if (!OidIsValid(state->relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s.%s\" does not exist",
						table->local_schema, table->local_name),
				 errhint("Add \"schema\" to the option \"phases\", or create it first.")));
	mm_rules_translate_filter(process->state, table, state->relation);
	state->map_id = book_table(process, state);
	state->load_stage = mm_leader_add_stage(process);
	state->index_stage = mm_leader_add_stage(process);
	state->key_stage = mm_leader_add_stage(process);
	state->check_stage = mm_leader_add_stage(process);
	state->finish_stage = mm_leader_add_stage(process);
	return state;
}

typedef struct StateEntry
{
	RemoteTable *table; /* hash key */
	TableState *state;
} StateEntry;

static HTAB *
make_table_states(JobProcess *process)
{
	Migration *migration = process->state;
	Oid schema = get_namespace_oid(migration->spec->local_schema, false);
	HASHCTL control;
	HTAB *states;
	ListCell *cell;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(RemoteTable *);
	control.entrysize = sizeof(StateEntry);
	control.hcxt = process->context;
	states = hash_create("table states", 256, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		StateEntry *entry = hash_search(states, &table, HASH_ENTER, NULL);

		entry->state = add_table_state(process, table, schema);
		migration->tables = lappend(migration->tables, entry->state);
	}
	list_sort(migration->tables, compare_size);
	mm_existing_order(migration);
	return states;
}

/* What a statement is called in the task table, and whose stage it counts for. */
static void
add_statement_task(JobProcess *process, TableState *state,
				   const DdlStatement *statement)
{
	Task task;

	memset(&task, 0, sizeof(task));
	task.subject = state->map_id;
	task.object = statement->object;
	task.statement = statement->sql;
	task.listing = statement->listing;
	task.may_fail = statement->may_fail;
	task.weight = state->table->data_bytes;
	switch (statement->phase)
	{
		case DDL_INDEX:
			task.kind = "index";
			task.stage = state->index_stage;
			task.needs = list_make1_int(state->load_stage);
			break;
		case DDL_KEY:
			task.kind = "key";
			task.stage = state->key_stage;
			task.needs = list_make2_int(state->load_stage, state->index_stage);
			break;
		case DDL_CHECK:
			task.kind = "check";
			task.stage = state->key_stage;
			task.needs = list_make1_int(state->load_stage);
			break;
		case DDL_VALIDATE_CHECK:
			task.kind = "validate";
			task.stage = state->check_stage;
			task.needs = list_make1_int(state->key_stage);
			break;
		default:
			elog(ERROR, "unexpected phase %d", statement->phase);
	}
	mm_leader_add_task(process, &task);
}

/* The table's last task: identity, comments, statistics, in one go. */
static void
add_finish_task(JobProcess *process, TableState *state)
{
	StringInfoData sql;
	Task task;
	ListCell *cell;

	initStringInfo(&sql);
	foreach(cell, state->finish_statements)
	{
		DdlStatement *statement = lfirst(cell);

		appendStringInfo(&sql, "%s%s", sql.len > 0 ? ";\n" : "",
						 statement->sql);
	}
	memset(&task, 0, sizeof(task));
	task.kind = "finish";
	task.subject = state->map_id;
	task.object = state->table->local_name;
	task.statement = sql.data;
	task.stage = state->finish_stage;
	task.needs = list_make4_int(state->load_stage, state->index_stage,
								state->key_stage, state->check_stage);
	task.weight = state->table->data_bytes;
	mm_leader_add_task(process, &task);
	pfree(sql.data);
}

/* The option "validate": the table, once it is whole, within the snapshot. */
static void
add_compare_task(JobProcess *process, TableState *state)
{
	Migration *migration = process->state;
	Task task;

	if (migration->spec->validate == VALIDATE_NONE ||
		(migration->spec->phases & PHASE_DATA) == 0)
		return;
	memset(&task, 0, sizeof(task));
	task.kind = COMPARE_TASK;
	task.subject = state->map_id;
	task.object = state->table->local_name;
	task.stage = mm_leader_add_stage(process);
	task.needs = list_make1_int(state->finish_stage);
	task.needs_snapshot = true;
	task.weight = state->table->data_bytes;
	mm_leader_add_task(process, &task);
}

static TableState *
referenced_state(Migration *migration, const TableState *state,
				 const char *constraint)
{
	ListCell *cell;

	foreach(cell, state->table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(cell);
		ListCell *table_cell;

		if (strcmp(key->local_name, constraint) != 0)
			continue;
		foreach(table_cell, migration->tables)
		{
			TableState *other = lfirst(table_cell);

			if (strcmp(other->table->name, key->referenced_table) == 0)
				return other;
		}
	}
	elog(ERROR, "foreign key \"%s\" has no referenced table", constraint);
}

/*
 * Foreign keys are added by the leader, one after the other: they lock two
 * tables each, and two workers could wait for one another.  Validation locks
 * little and runs in the workers.
 */
static void
add_foreign_key_task(JobProcess *process, TableState *state,
					 const DdlStatement *statement)
{
	Migration *migration = process->state;
	TableState *other = referenced_state(migration, state, statement->object);
	bool adds = statement->phase == DDL_FOREIGN_KEY;
	Task task;

	memset(&task, 0, sizeof(task));
	task.kind = adds ? "foreign key" : "validate";
	task.subject = state->map_id;
	task.object = statement->object;
	task.statement = statement->sql;
	task.listing = statement->listing;
	task.may_fail = true;
	task.leader_only = adds;
	task.weight = state->table->data_bytes;
	task.stage = adds ? migration->fk_stage : mm_leader_add_stage(process);
	task.needs = list_make2_int(state->finish_stage, other->finish_stage);
	if (!adds)
		task.needs = lappend_int(task.needs, migration->fk_stage);
	mm_leader_add_task(process, &task);
}

/* The tasks of one table's statements, but for foreign keys. */
static void
add_table_tasks(JobProcess *process, HTAB *states, List *statements)
{
	ListCell *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		StateEntry *entry;

		if (statement->phase < DDL_INDEX || statement->table == NULL ||
			statement->sql == NULL ||
			is_late(statement->phase) ||
			statement->phase == DDL_FOREIGN_KEY ||
			statement->phase == DDL_VALIDATE_FOREIGN_KEY)
			continue;
		entry = hash_search(states, &statement->table, HASH_FIND, NULL);
		if (entry == NULL)
			elog(ERROR, "statement for an unknown table: %s", statement->sql);
		if (statement->phase == DDL_IDENTITY || statement->phase == DDL_COMMENT)
			entry->state->finish_statements =
				lappend(entry->state->finish_statements, statement);
		else
			add_statement_task(process, entry->state, statement);
	}
}

static void
add_foreign_key_tasks(JobProcess *process, HTAB *states, List *statements,
					  DdlPhase phase)
{
	ListCell *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		StateEntry *entry;

		if (statement->phase != phase)
			continue;
		entry = hash_search(states, &statement->table, HASH_FIND, NULL);
		add_foreign_key_task(process, entry->state, statement);
	}
}

/*
 * Stages are added before whatever waits for them: a stage without tasks
 * counts as finished.
 */
static void
add_tasks(JobProcess *process, HTAB *states, List *statements)
{
	Migration *migration = process->state;
	ListCell *cell;

	migration->fk_stage = mm_leader_add_stage(process);
	foreach(cell, migration->tables)
		mm_leader_hold_stage(process, ((TableState *) lfirst(cell))->load_stage);
	add_table_tasks(process, states, statements);
	foreach(cell, migration->tables)
	{
		add_finish_task(process, lfirst(cell));
		add_compare_task(process, lfirst(cell));
	}
	add_foreign_key_tasks(process, states, statements, DDL_FOREIGN_KEY);
	add_foreign_key_tasks(process, states, statements,
						  DDL_VALIDATE_FOREIGN_KEY);
}

/* A view that is there already gives way to the job's own. */
static void
add_view_task(JobProcess *process, const char *view)
{
	Migration *migration = process->state;
	Task task;

	if (migration->spec->on_existing != EXISTING_REPLACE)
		return;
	memset(&task, 0, sizeof(task));
	task.kind = LATE_TASK;
	task.object = view;
	task.statement = mm_replace_view(process, view);
	task.leader_only = true;
	if (task.statement != NULL)
		mm_leader_add_later_task(process, &task);
}

/* Triggers and views are made at the end, in the order of the statements. */
static void
add_late_tasks(JobProcess *process, HTAB *states, List *statements)
{
	ListCell *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		Task task;

		if (!is_late(statement->phase) &&
			(statement->table != NULL || statement->phase <= DDL_TABLE))
			continue;
		if (statement->phase == DDL_VIEW)
			add_view_task(process, statement->object);
		memset(&task, 0, sizeof(task));
		task.kind = LATE_TASK;
		task.object = statement->object;
		task.statement = statement->sql;
		task.listing = statement->original;
		task.leader_only = true;
		if (statement->table != NULL)
		{
			StateEntry *entry = hash_search(states, &statement->table,
											HASH_FIND, NULL);

			task.subject = entry->state->map_id;
		}
		mm_leader_add_later_task(process, &task);
	}
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

	text = psprintf("job " INT64_FORMAT ": %s.%s to schema \"%s\", %d tables, %s%s%s, %d workers",
					process->job_id, migration->spec->server,
					migration->spec->remote_schema,
					migration->spec->local_schema,
					list_length(migration->tables), size,
					migration->position == NULL		  ? "" :
					migration->spec->resumed_job != 0 ? ", the rest as of " :
														", all as of ",
					migration->position ? migration->position : "",
					migration->nworkers);
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
	HTAB *states;

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
	states = make_table_states(process);
	mm_identity_record(process->job_id,
					   mm_identity_read(migration->conn,
										migration->schema->name));
	add_tasks(process, states, statements);
	add_late_tasks(process, states, statements);
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
