/*
 * src/migrate/sync_task.c
 *		A part of a table: compare it, and write what differs.
 *
 * Comparing takes no lock but the one of any SELECT.  Writing goes in batches
 * with a transaction each, so that no row stays locked for longer than its
 * batch takes; what a batch has committed, a repetition finds equal.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/store.h"
#include "migrate/identity.h"
#include "migrate/sync_internal.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Rows put off that are deleted in one go. */
#define DELETES_PER_BATCH 200

SyncMode
mm_sync_mode_of(const Task *task)
{
	for (int mode = SYNC_MISSING; mode <= SYNC_WATERMARK; mode++)
	{
		if (strcmp(mm_sync_mode_name(mode), task->statement) == 0)
			return mode;
	}
	elog(ERROR, "unknown mode \"%s\"", task->statement);
}

/* ---------------------------------------------------------------- rows */

static void
write_row(Applier *applier, const RowPair *pair, void *arg)
{
	mm_applier_write(applier, pair);
}

/* In a subtransaction: a row that breaks costs no other. */
static void
write_alone(Applier *applier, const RowPair *pair)
{
	ErrorData *error = mm_applier_try(applier, write_row, pair, NULL);

	if (error == NULL)
		return;
	if (mm_applier_is_conflict(error) &&
		mm_compare_nkeys(applier->comparison) > 0)
	{
		mm_row_builder_recover(applier->builder);
		mm_sync_put_off(applier, PUT_OFF_MEND, pair, error->message);
	}
	else if (mm_reject_is_row_error(error))
		mm_applier_reject(applier, pair, error);
	else
		ReThrowError(error);
}

static void
handle_row(void *arg, const RowPair *pair)
{
	Applier *applier = arg;

	if (applier->one_by_one)
		write_alone(applier, pair);
	else
		mm_applier_write(applier, pair);
}

static void
handle_batch(Applier *applier, const RowPair *pair, void *arg)
{
	mm_compare_handle(applier->comparison, handle_row, applier);
}

static uint64
left_alone(const SyncCounts *counts)
{
	return counts->changed + counts->extra + counts->rejected;
}

/* What was written, and is not what MySQL has: a trigger's work, perhaps. */
static void
verify_batch(Applier *applier, const SyncCounts *before)
{
	uint64 known = left_alone(&applier->counts) - left_alone(before) +
				   list_length(applier->put_off);
	uint64 unequal;

	/* These look at some rows only, and leave others alone. */
	if (applier->mode == SYNC_NEW || applier->mode == SYNC_WATERMARK)
		return;
	CommandCounterIncrement();
	unequal = mm_compare_verify(applier->comparison);
	if (unequal > known)
		applier->counts.unequal += unequal - known;
}

/*
 * All rows of the batch in one subtransaction; if that breaks, once more, each
 * in its own.
 */
static void
write_batch(Applier *applier)
{
	SyncCounts before = applier->counts;
	ErrorData *error;

	mm_applier_begin(applier);
	applier->one_by_one = false;
	error = mm_applier_try(applier, handle_batch, NULL, NULL);
	if (error != NULL)
	{
		if (!mm_reject_is_row_error(error))
			ReThrowError(error);
		mm_compare_recover(applier->comparison);
		mm_row_builder_recover(applier->builder);
		applier->one_by_one = true;
		mm_compare_handle(applier->comparison, handle_row, applier);
	}
	verify_batch(applier, &before);
	mm_applier_commit(applier);
}

/* ---------------------------------------------------------------- tasks */

static void
fill_request(const Applier *applier, CompareRequest *request)
{
	const Migration *migration = applier->process->state;

	memset(request, 0, sizeof(*request));
	request->conn = migration->conn;
	request->table = applier->table;
	request->relation = applier->map->relation;
	request->where = applier->map->filter;
	request->policies = mm_walk_policies(applier->map, migration->spec);
	request->depth = migration->spec->compares_full ? COMPARE_FULL :
													  COMPARE_CHECKSUM;
	request->counters = &applier->process->slot->counters;
	request->throttle = &applier->process->shared->throttle;
}

/*
 * Rows without a key are deleted as they are found: what takes their place may
 * have a value that must be unique.
 */
static void
guard_deletes(Applier *applier, uint64 doomed)
{
	const Migration *migration = applier->process->state;
	CompareRequest request;
	CompareResult whole;

	fill_request(applier, &request);
	request.depth = COMPARE_COUNT;
	mm_compare_find(mm_compare_open(&request), &whole);
	mm_identity_refuse_deletes(applier->map->local_table, whole.local_rows,
							   whole.remote_rows, doomed,
							   migration->spec->max_delete,
							   migration->spec->force);
}

/*
 * Rows here that the table's filter is not about look as if MySQL had deleted
 * them, unless the filter is known here as well.
 */
static void
refuse_unknown_rows(const Applier *applier, const CompareResult *result)
{
	const Migration *migration = applier->process->state;

	if (applier->mode != SYNC_MIRROR || result->extra == 0 ||
		applier->map->filter == NULL ||
		applier->table->local_filter != NULL || migration->spec->force)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg_plural("table \"%s\" has " UINT64_FORMAT " row that may not come from MySQL",
						   "table \"%s\" has " UINT64_FORMAT " rows that may not come from MySQL",
						   result->extra, applier->map->local_table, result->extra),
			 errdetail("It was loaded with the condition \"%s\", of which nothing certain can be said here.",
					   applier->map->filter),
			 errhint("If no other rows are in it, repeat with force => true.")));
}

/* The watermark's condition joins the table's own. */
static const char *
watermark_filter(const Applier *applier)
{
	const Task *task = applier->task;
	const char *filter = applier->map->filter;

	if (task->listing == NULL)
		return filter;
	return filter ? psprintf("(%s) AND (%s)", filter, task->listing) :
					task->listing;
}

/* May a row that is written change others of the table? */
static bool
may_change_others(const Applier *applier)
{
	Relation relation = table_open(applier->map->relation, AccessShareLock);
	const TriggerDesc *triggers = relation->trigdesc;
	bool may = relation->rd_rules != NULL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		may |= !triggers->triggers[i].tgisinternal;
	table_close(relation, AccessShareLock);
	return may;
}

void
mm_sync_run(JobProcess *process, const Task *task, TaskCounts *counts,
			const char **remark)
{
	Applier *applier = mm_applier_create(process, task, mm_sync_mode_of(task));
	CompareRequest request;
	CompareResult result;

	fill_request(applier, &request);
	memset(&result, 0, sizeof(result));
	mm_slot_set_activity(process->slot, "compares");
	if (applier->mode == SYNC_WATERMARK)
	{
		request.where = watermark_filter(applier);
		/* Those where it is NULL are a task of their own. */
		request.scope.column = mm_compare_null_column(applier->table,
													  applier->map->relation);
		applier->comparison = mm_compare_open(&request);
		result.remote_rows = mm_compare_suspect_all(applier->comparison);
	}
	else
	{
		mm_walk_scope(task, applier->table, applier->map->relation,
					  request.policies, &request.scope);
		if (!may_change_others(applier))
			request.sums = mm_walk_sums(process, task);
		applier->comparison = mm_compare_open(&request);
		mm_compare_find(applier->comparison, &result);
	}
	if (applier->mode == SYNC_MIRROR &&
		mm_compare_nkeys(applier->comparison) == 0 && result.extra > 0)
		guard_deletes(applier, result.extra);
	refuse_unknown_rows(applier, &result);
	mm_slot_set_activity(process->slot, "writes");
	/* The snapshot of the comparison is not needed any more. */
	CommitTransactionCommand();
	mm_transaction_start();
	MemoryContextSwitchTo(applier->context);
	while (mm_compare_next(applier->comparison))
		write_batch(applier);
	counts->rows_read = result.remote_rows;
	counts->rows_loaded = result.local_rows;
	counts->rows_rejected = applier->counts.rejected;
	*remark = mm_sync_counts_json(&applier->counts, result.uncompared);
	mm_applier_end(applier);
}

/* ---------------------------------------------------------------- deleting */

static void
delete_row(Applier *applier, const RowPair *pair, void *arg)
{
	if (pair->state == DIFFERENCE_EXTRA)
		mm_applier_delete(applier, pair);
}

static void
let_go(Applier *applier, const RowPair *pair, void *arg)
{
	mm_circle_let_go(applier, pair);
}

static void
delete_alone(void *arg, const RowPair *pair)
{
	Applier *applier = arg;
	ErrorData *error;

	if (!applier->one_by_one)
	{
		delete_row(applier, pair, NULL);
		return;
	}
	error = mm_applier_try(applier, delete_row, pair, NULL);
	if (error == NULL)
		return;
	if (!mm_reject_is_row_error(error))
		ReThrowError(error);
	if (error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION)
	{
		ErrorData *second = mm_applier_try(applier, let_go, pair, NULL);

		if (second != NULL && !mm_reject_is_row_error(second))
			ReThrowError(second);
	}
	mm_sync_put_off(applier, PUT_OFF_DELETE, pair, error->message);
}

static void
delete_together(Applier *applier, const RowPair *pair, void *arg)
{
	mm_compare_handle(applier->comparison, delete_alone, applier);
}

/*
 * One batch of rows put off.  A row that another one still refers to (of the
 * same table, say) is put off again, behind all others.
 */
static void
delete_batch(Applier *applier, List *rows)
{
	ErrorData *error;
	ListCell *cell;

	mm_applier_begin(applier);
	foreach(cell, rows)
	{
		PutOffRow *row = lfirst(cell);

		mm_compare_suspect(applier->comparison, row->key, row->length,
						   DIFFERENCE_EXTRA);
		mm_sync_forget_put_off(row);
	}
	if (!mm_compare_next(applier->comparison))
		elog(ERROR, "suspects are gone");
	mm_cascade_begin(applier);
	applier->one_by_one = false;
	error = mm_applier_try(applier, delete_together, NULL, NULL);
	if (error != NULL)
	{
		if (!mm_reject_is_row_error(error))
			ReThrowError(error);
		mm_compare_recover(applier->comparison);
		applier->one_by_one = true;
		mm_compare_handle(applier->comparison, delete_alone, applier);
	}
	mm_cascade_end(applier);
	mm_applier_commit(applier);
}

typedef struct TableTotals
{
	uint64 local_rows;
	uint64 remote_rows;
	uint64 doomed;
} TableTotals;

static void
read_totals(const Applier *applier, TableTotals *totals)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, applier->task->job_id),
						  psprintf(INT64_FORMAT, applier->map->id)};
	uint64 *values[] = {&totals->local_rows, &totals->remote_rows,
						&totals->doomed};

	mm_store_enter(&scope);
	(void) mm_store_execute("SELECT coalesce(sum(rows_loaded), 0),"
							"       coalesce(sum(rows_read), 0),"
							"       (SELECT count(*) FROM mysql_migrate.put_off AS p"
							"         WHERE p.job = $1::bigint"
							"           AND p.table_map = $2::bigint"
							"           AND p.action = 'delete')"
							"  FROM mysql_migrate.task"
							" WHERE job = $1::bigint AND subject = $2::bigint"
							"   AND kind = 'sync' AND state = 'done'",
							lengthof(args), args);
	for (int i = 0; i < lengthof(values); i++)
		*values[i] = strtoull(mm_store_value(0, i + 1), NULL, 10);
	mm_store_leave(&scope);
}

/*
 * mm_sync_delete
 *		Rows that MySQL does not have any more, in rounds: each takes away what
 *		nothing refers to any more, until a round finds nothing to delete.
 */
void
mm_sync_delete(JobProcess *process, const Task *task, TaskCounts *counts,
			   const char **remark)
{
	const Migration *migration = process->state;
	Applier *applier = mm_applier_create(process, task, SYNC_MIRROR);
	CompareRequest request;
	TableTotals totals;
	uint64 before;

	read_totals(applier, &totals);
	mm_identity_refuse_deletes(applier->map->local_table, totals.local_rows,
							   totals.remote_rows, totals.doomed,
							   migration->spec->max_delete,
							   migration->spec->force);
	fill_request(applier, &request);
	applier->comparison = mm_compare_open(&request);
	mm_slot_set_activity(process->slot, "deletes");
	do
	{
		int64 last = mm_sync_last_put_off(applier, PUT_OFF_DELETE);
		List *rows;

		before = applier->counts.deleted;
		while ((rows = mm_sync_get_put_off(applier, PUT_OFF_DELETE, last,
										   DELETES_PER_BATCH)) != NIL)
			delete_batch(applier, rows);
	} while (applier->counts.deleted > before);
	*remark = mm_sync_counts_json(&applier->counts, NULL);
	mm_applier_end(applier);
}
