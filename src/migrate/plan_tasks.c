/*
 * src/migrate/plan_tasks.c
 *		The tables of a job into the book, its statements into tasks.
 *
 * What has to wait for what is said by stages: a table's indexes for its rows,
 * its keys for its indexes, foreign keys for both tables.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/existing.h"
#include "migrate/migration.h"
#include "migrate/replace.h"
#include "migrate/rule.h"
#include "migrate/table_json.h"
#include "migrate/validate.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- tables */

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

/* ---------------------------------------------------------------- tasks of a table */

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

static bool
is_late(DdlPhase phase)
{
	return phase == DDL_TRIGGER || phase == DDL_VIEW;
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

/* ---------------------------------------------------------------- all of them */

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

void
mm_plan_tasks(JobProcess *process, List *statements)
{
	HTAB *states = make_table_states(process);

	add_tasks(process, states, statements);
	add_late_tasks(process, states, statements);
}
