/*
 * src/migrate/load_task.c
 *		The task that loads a range of a table, piece by piece.
 *
 * A piece is what is read and written in about half a second, whatever the rows
 * are like; it is committed with the key that it ends at, so that a worker that
 * takes over goes on behind it, and nothing is lost or read twice.  Between two
 * pieces a worker gives away the upper half of its range when others have
 * nothing to do.  Without a key the range is one piece.
 */
#include "postgres.h"

#include "base/guc.h"
#include "base/json_object.h"
#include "job/range.h"
#include "load/loader.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#define PIECE_SECONDS	  0.5
#define PIECE_SECONDS_MAX 1.0
#define FIRST_BYTES		  UINT64CONST(4194304)
#define FIRST_ROWS_MAX	  UINT64CONST(50000)
#define PIECE_GROWTH_MAX  4.0
/* Of a key, for people. */
#define POSITION_LENGTH 40
/* What is left has to be worth the trouble, in parts of a piece. */
#define DIVIDE_PARTS 2

typedef struct RangeLoad
{
	JobProcess *process;
	Migration *migration;
	Task task; /* its position and upper bound move */
	RemoteTable *table;
	const ChunkKey *key; /* NULL: one piece */
	uint64 *converted;	 /* per column, of all pieces */
	MemoryContext piece_context;
} RangeLoad;

/* ---------------------------------------------------------------- rejects */

static bool
store_reject(void *arg, const RejectedRow *row)
{
	RangeLoad *load = arg;
	const Task *task = &load->task;

	if (mm_book_count_rejects(task->job_id, task->subject) >=
		load->migration->spec->max_rejects)
		return false;
	mm_book_add_reject(task->job_id, GetUserId(), task->subject, task->id,
					   load->table->name, row);
	return true;
}

/* ---------------------------------------------------------------- converted values */

/* Values that a policy changed, as JSON: {"column": count}; NULL for none. */
static char *
converted_remark(const RangeLoad *load)
{
	StringInfoData remark;
	ListCell *cell;
	int i = 0;

	initStringInfo(&remark);
	foreach(cell, load->table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (load->converted[i] > 0)
			mm_json_add_raw(&remark, column->local_name,
							psprintf(UINT64_FORMAT, load->converted[i]));
		i++;
	}
	if (remark.len == 0)
		return NULL;
	mm_json_end(&remark);
	return remark.data;
}

/* What an earlier attempt counted in the pieces that it finished. */
static void
recall_converted(RangeLoad *load)
{
	Jsonb *remark;
	ListCell *cell;
	int i = 0;

	load->converted = palloc0(Max(list_length(load->table->columns), 1) *
							  sizeof(uint64));
	if (load->task.remark == NULL)
		return;
	remark = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
												CStringGetDatum(load->task.remark)));
	foreach(cell, load->table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		JsonbValue value;

		if (getKeyJsonValueFromContainer(&remark->root, column->local_name,
										 strlen(column->local_name),
										 &value) != NULL)
			load->converted[i] =
				DatumGetInt64(DirectFunctionCall1(numeric_int8,
												  NumericGetDatum(value.val.numeric)));
		i++;
	}
}

/* ---------------------------------------------------------------- pieces */

static Chunk
chunk_left(const RangeLoad *load)
{
	Chunk chunk;

	chunk.lower = load->task.position ? load->task.position :
										load->task.lower;
	chunk.upper = load->task.upper;
	chunk.is_null_chunk = load->task.is_null_chunk;
	chunk.partition = load->task.partition;
	return chunk;
}

static uint64
first_piece_rows(const RemoteTable *table)
{
	uint64 row_bytes = Max(table->average_row_bytes, 1);

	return Min(Max(FIRST_BYTES / row_bytes, 1),
			   Min(FIRST_ROWS_MAX, mm_guc_max_piece_rows));
}

/* Rows of another range may be of another size: its first piece is smaller. */
static void
begin_pieces(Migration *migration, const RemoteTable *table)
{
	if (migration->piece_rows == 0)
		migration->piece_rows = first_piece_rows(table);
	else
		migration->piece_rows =
			Max(migration->piece_rows / (uint64) PIECE_GROWTH_MAX, 1);
}

/* So many rows that they take PIECE_SECONDS, approached in steps. */
static void
adapt_piece(Migration *migration, uint64 rows, double seconds)
{
	double factor = PIECE_SECONDS / Max(seconds, 0.001);

	factor = Max(Min(factor, PIECE_GROWTH_MAX), 1 / PIECE_GROWTH_MAX);
	migration->piece_rows = Min(Max((uint64) (rows * factor), 1),
								mm_guc_max_piece_rows);
}

/* MySQL's estimate of what the whole task will have read. */
static void
publish_expected(RangeLoad *load)
{
	LiveCounters *counters = &load->process->slot->counters;
	uint64 rows = pg_atomic_read_u64(&counters->rows);
	Chunk left = chunk_left(load);

	if (left.lower == NULL && left.upper == NULL)
		rows += load->table->estimated_rows;
	else
		rows += mm_chunk_estimate(load->migration->conn, load->table,
								  load->key, &left);
	mm_moment_let_go(load->migration);
	mm_range_expect(load->process, rows);
}

/* Others have nothing to do until this piece is over. */
static bool
others_wait(void *arg)
{
	return mm_range_is_asked(arg);
}

static void
load_piece(RangeLoad *load, LoadResult *result)
{
	Migration *migration = load->migration;
	Chunk chunk = chunk_left(load);
	LoadRequest request;
	instr_time began;
	instr_time took;

	memset(&request, 0, sizeof(request));
	request.conn = migration->conn;
	request.table = load->table;
	request.key = migration->cached_key;
	request.chunk = &chunk;
	request.limit = load->key ? migration->piece_rows : 0;
	request.max_seconds = PIECE_SECONDS_MAX;
	request.is_awaited = others_wait;
	request.await_arg = load->process;
	request.where = migration->cached_filter;
	request.relation = migration->cached_relation;
	request.shared = true;
	request.policies = &migration->spec->policies;
	request.counters = &load->process->slot->counters;
	request.throttle = &load->process->shared->throttle;
	if (migration->spec->on_error == ON_ERROR_REJECT)
	{
		request.reject = store_reject;
		request.reject_arg = load;
	}
	INSTR_TIME_SET_CURRENT(began);
	mm_moment_hold(migration);
	mm_load_chunk(&request, result);
	mm_moment_let_go(migration);
	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, began);
	if (result->last_key != NULL)
		adapt_piece(migration, result->rows_read,
					INSTR_TIME_GET_DOUBLE(took));
	for (int i = 0; i < result->ncolumns; i++)
		load->converted[i] += result->converted[i];
}

static void
count_piece(TaskCounts *counts, const LoadResult *result)
{
	counts->rows_read = result->rows_read;
	counts->rows_loaded = result->rows_loaded;
	counts->rows_rejected = result->rows_rejected;
	counts->bytes_read = result->bytes_read;
}

/*
 * Others have nothing to do: the border above which they get the range.  The
 * piece that was just read ends at last_key.
 */
static char *
border_for_others(RangeLoad *load, const char *last_key)
{
	Migration *migration = load->migration;
	Chunk left = {last_key, load->task.upper, false, NULL};
	char *border = NULL;

	if (mm_chunk_estimate(migration->conn, load->table, load->key, &left) >=
		migration->piece_rows / DIVIDE_PARTS)
		border = mm_chunk_divide(migration->conn, load->table, load->key,
								 &left, migration->piece_rows);
	mm_moment_let_go(migration);
	if (border == NULL)
		mm_range_refuse(load->process);
	return border;
}

/* "to id 4711": of several columns, the first. */
static void
show_position(RangeLoad *load, const char *last_key)
{
	char *text = mm_chunk_bound_text(load->key, last_key, POSITION_LENGTH);

	text[strcspn(text, ",")] = '\0';

	mm_slot_set_activity(load->process->slot,
						 psprintf("to %s %s", load->key->columns[0]->name,
								  text));
}

/* The piece is committed; the range may have lost its upper half with it. */
static void
commit_piece(RangeLoad *load, const LoadResult *result)
{
	const char *border = NULL;
	TaskCounts counts;

	if (mm_range_is_asked(load->process))
		border = border_for_others(load, result->last_key);
	count_piece(&counts, result);
	mm_range_advance(load->process, &load->task, result->last_key, &counts,
					 converted_remark(load), border);
	show_position(load, result->last_key);
	MemoryContextReset(load->piece_context);
	MemoryContextSwitchTo(load->piece_context);
	if (border != NULL ||
		pg_atomic_read_u64(&load->process->slot->counters.expected) == 0)
		publish_expected(load);
}

/* mm_range_advance forgets the bounds that it replaces. */
static char *
copy_of(const char *bound)
{
	return bound == NULL ? NULL : pstrdup(bound);
}

/*
 * mm_load_task_run
 *		Load a range; the last piece is committed by the engine.
 */
void
mm_load_task_run(JobProcess *process, const Task *task, TaskCounts *counts,
				 const char **remark)
{
	RangeLoad load;
	LoadResult result;

	memset(&load, 0, sizeof(load));
	load.process = process;
	load.migration = process->state;
	load.task = *task;
	load.task.position = copy_of(task->position);
	load.task.upper = copy_of(task->upper);
	load.table = mm_tasks_table(load.migration, task->subject);
	if (!task->is_null_chunk && task->partition == NULL)
		load.key = load.migration->cached_key;
	recall_converted(&load);
	load.piece_context = AllocSetContextCreate(process->task_context,
											   "piece",
											   ALLOCSET_DEFAULT_SIZES);
	begin_pieces(load.migration, load.table);
	pg_atomic_write_u64(&process->slot->counters.rows, task->rows_read);
	pg_atomic_write_u64(&process->slot->counters.bytes, task->bytes_read);
	mm_slot_set_activity(process->slot, "reads MySQL");
	for (;;)
	{
		MemoryContextSwitchTo(load.piece_context);
		mm_tasks_check_relation(load.migration);
		load_piece(&load, &result);
		if (result.last_key == NULL)
			break;
		commit_piece(&load, &result);
	}
	count_piece(counts, &result);
	MemoryContextSwitchTo(process->task_context);
	*remark = converted_remark(&load);
}
