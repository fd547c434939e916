/*
 * src/migrate/cut.c
 *		Tables into tasks: ranges of a key, partitions, or whole.
 *
 * A table is cut once, when the workers are about to run out of tasks, into a
 * few ranges of about the same size.  What is not even is evened out while it
 * is loaded (load_task.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/migration.h"
#include "utils/memutils.h"

/* Tables cut in one go, so that the leader stays responsive. */
#define TABLES_PER_STEP 8
/* A range of less is not worth a task of its own. */
#define RANGE_BYTES UINT64CONST(16777216)
/* Ranges that a table begins with, per worker. */
#define RANGES_PER_WORKER 2

/* The key that a table is walked by while it is loaded, or NULL. */
const ChunkKey *
mm_plan_key(const RemoteTable *table)
{
	/* One transaction, at whose end deferred keys are looked at. */
	return table->is_circular ? NULL : mm_chunk_walk_key(table);
}

/* Within the open transaction. */
static void
add_chunk_task(JobProcess *process, TableState *state, const Chunk *chunk)
{
	Task task;

	memset(&task, 0, sizeof(task));
	task.kind = LOAD_TASK;
	task.subject = state->map_id;
	task.object = state->table->local_name;
	task.lower = chunk->lower;
	task.upper = chunk->upper;
	task.is_null_chunk = chunk->is_null_chunk;
	task.partition = chunk->partition;
	task.stage = state->load_stage;
	task.needs = state->load_needs;
	task.needs_snapshot = true;
	task.weight = state->table->data_bytes;
	mm_leader_add_task(process, &task);
}

/* ---------------------------------------------------------------- ranges */

static int
ranges_wanted(const Migration *migration, const TableState *state)
{
	uint64 ranges = state->table->data_bytes / RANGE_BYTES;

	return (int) Min(ranges, RANGES_PER_WORKER * migration->nworkers);
}

/*
 * Bounds of the first ranges.  When they cannot be had, the table is one range:
 * the worker that reads it meets the same error, and says so.
 */
static List *
seed_bounds(JobProcess *process, TableState *state, const ChunkKey *key)
{
	Migration *migration = process->state;
	int wanted = ranges_wanted(migration, state);
	List *volatile bounds = NIL;
	MemoryContext context;

	if (key == NULL || wanted < 2)
		return NIL;
	context = AllocSetContextCreate(process->context, "bounds of ranges",
									ALLOCSET_SMALL_SIZES);
	PG_TRY();
	{
		if (!mm_conn_is_usable(migration->conn))
			mm_migration_connect(process);
		mm_moment_hold(migration);
		MemoryContextSwitchTo(context);
		bounds = mm_chunk_seeds(migration->conn, state->table, key, wanted);
		mm_moment_let_go(migration);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		EmitErrorReport();
		FlushErrorState();
		/* A result that is still open is in it. */
		MemoryContextReset(context);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	return bounds;
}

static void
add_ranges(JobProcess *process, TableState *state, const ChunkKey *key,
		   List *bounds)
{
	Chunk null_chunk = {NULL, NULL, true, NULL};
	Chunk chunk = {NULL, NULL, false, NULL};
	ListCell *cell;

	if (key != NULL && key->nullable)
		add_chunk_task(process, state, &null_chunk);
	foreach(cell, bounds)
	{
		chunk.upper = lfirst(cell);
		add_chunk_task(process, state, &chunk);
		chunk.lower = chunk.upper;
	}
	chunk.upper = NULL;
	add_chunk_task(process, state, &chunk);
}

/*
 * Without a key: one stream per partition.  A table that was here before is
 * one stream, since what was loaded of it could not be taken back.
 */
static bool
has_streams(const TableState *state)
{
	const RemoteTable *table = state->table;

	return state->created && !table->is_circular && table->query == NULL &&
		   list_length(table->partitions) > 1;
}

static void
add_partitions(JobProcess *process, TableState *state)
{
	ListCell *cell;

	foreach(cell, state->table->partitions)
	{
		RemotePartition *partition = lfirst(cell);
		Chunk chunk = {NULL, NULL, false, NULL};

		chunk.partition = partition->subname ? partition->subname :
											   partition->name;
		add_chunk_task(process, state, &chunk);
	}
}

/* All tasks of a table in one transaction: a resume finds all or none. */
static void
cut_table(JobProcess *process, TableState *state)
{
	const ChunkKey *key = mm_plan_key(state->table);
	List *bounds = seed_bounds(process, state, key);

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	if (key == NULL && has_streams(state))
		add_partitions(process, state);
	else
		add_ranges(process, state, key, bounds);
	mm_store_commit_lazily();
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	state->is_cut = true;
	mm_leader_release_stage(process, state->load_stage);
}

/*
 * mm_plan_more
 *		Cut further tables when the workers are about to run out of tasks.
 */
bool
mm_plan_more(JobProcess *process)
{
	Migration *migration = process->state;
	int wanted = 2 * (migration->nworkers + 1);
	bool any = false;

	for (int i = 0; i < TABLES_PER_STEP; i++)
	{
		TableState *state;

		if (migration->next_to_cut >= list_length(migration->tables) ||
			mm_leader_ready_tasks(process) >= wanted)
			break;
		state = list_nth(migration->tables, migration->next_to_cut);
		if (!state->is_cut)
		{
			cut_table(process, state);
			any = true;
		}
		migration->next_to_cut++;
	}
	return any;
}

/*
 * mm_plan_cuts_to_come
 *		Are there tables whose tasks are not made yet?
 */
bool
mm_plan_cuts_to_come(JobProcess *process)
{
	Migration *migration = process->state;

	return migration->next_to_cut < list_length(migration->tables);
}
