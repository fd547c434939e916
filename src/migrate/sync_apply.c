/*
 * src/migrate/sync_apply.c
 *		One row of MySQL, written into the local table.
 *
 * By ordinary statements of the job's user, so that privileges, row security,
 * triggers, generated columns and partitions are what they are for anybody.
 * An UPDATE names every column: triggers that stand for ON UPDATE
 * CURRENT_TIMESTAMP leave a column alone that was named.  Rows are found by
 * where they were a moment ago; one that has moved since is not touched, and
 * counts as unequal.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "base/search_path.h"
#include "base/transaction.h"
#include "catalog/pg_type.h"
#include "migrate/sync_internal.h"
#include "migrate/table_json.h"
#include "miscadmin.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* ---------------------------------------------------------------- statements */

static void
set_path(const Applier *applier, GucAction action)
{
	const Migration *migration = applier->process->state;

	if (migration->spec->search_path != NULL)
		(void) set_config_option("search_path", migration->spec->search_path,
								 PGC_USERSET, PGC_S_SESSION, action, true, 0,
								 false);
}

/*
 * Triggers of the table may rely on the caller's search path, as they do in
 * any session; no statement of ours is analyzed with it but what names all by
 * their schemas.
 */
static int
enter_path(const Applier *applier)
{
	int level = NewGUCNestLevel();

	set_path(applier, GUC_ACTION_SAVE);
	return level;
}

void
mm_applier_execute(const Applier *applier, const char *sql)
{
	int level = enter_path(applier);

	mm_migration_execute(sql);
	mm_search_path_unpin(level);
}

static char *
relation_name(const Applier *applier)
{
	return mm_quote_local_name(get_namespace_name(RelationGetNamespace(applier->relation)),
							   RelationGetRelationName(applier->relation));
}

static char *
column_name(const Applier *applier, AttrNumber attnum)
{
	return mm_quote_local_name(NULL, NameStr(TupleDescAttr(RelationGetDescr(applier->relation), attnum - 1)->attname));
}

static char *
insert_statement(const Applier *applier)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s", relation_name(applier));
	if (applier->nattnums == 0)
	{
		appendStringInfoString(&sql, " DEFAULT VALUES");
		return sql.data;
	}
	for (int i = 0; i < applier->nattnums; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? " (" : ", ",
						 column_name(applier, applier->attnums[i]));
	appendStringInfoString(&sql, ") OVERRIDING SYSTEM VALUE VALUES (");
	for (int i = 0; i < applier->nattnums; i++)
		appendStringInfo(&sql, "%s$%d", i == 0 ? "" : ", ", i + 1);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static char *
update_statement(const Applier *applier)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s SET ", relation_name(applier));
	for (int i = 0; i < applier->nset; i++)
		appendStringInfo(&sql, "%s%s = $%d", i == 0 ? "" : ", ",
						 column_name(applier, applier->set[i]), i + 1);
	appendStringInfo(&sql, " WHERE ctid = $%d AND tableoid = $%d",
					 applier->nset + 1, applier->nset + 2);
	return sql.data;
}

static char *
delete_statement(const Applier *applier)
{
	return psprintf("DELETE FROM %s WHERE ctid = $1 AND tableoid = $2",
					relation_name(applier));
}

static SPIPlanPtr
prepare(const char *sql, int nargs, Oid *types)
{
	SPIPlanPtr plan;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare(sql, nargs, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep \"%s\"", sql);
	SPI_finish();
	return plan;
}

static Oid
type_of(const Applier *applier, AttrNumber attnum)
{
	return TupleDescAttr(RelationGetDescr(applier->relation), attnum - 1)->atttypid;
}

/* The row's values, then where it is; gives the number of rows written. */
static uint64
execute(Applier *applier, SPIPlanPtr *plan, char *(*statement)(const Applier *),
		int ncolumns, const AttrNumber *columns, bool by_place,
		const RowPair *pair)
{
	int nargs = ncolumns + (by_place ? 2 : 0);
	Oid *types = palloc(Max(nargs, 1) * sizeof(Oid));
	Datum *values = palloc(Max(nargs, 1) * sizeof(Datum));
	char *nulls = palloc(nargs + 1);
	int level = enter_path(applier);
	int code;
	uint64 rows;

	for (int i = 0; i < ncolumns; i++)
	{
		types[i] = type_of(applier, columns[i]);
		values[i] = pair->values[columns[i] - 1];
		nulls[i] = pair->isnull[columns[i] - 1] ? 'n' : ' ';
	}
	if (by_place)
	{
		types[ncolumns] = TIDOID;
		values[ncolumns] = PointerGetDatum(&pair->tid);
		types[ncolumns + 1] = OIDOID;
		values[ncolumns + 1] = ObjectIdGetDatum(pair->tableoid);
		nulls[ncolumns] = nulls[ncolumns + 1] = ' ';
	}
	nulls[nargs] = '\0';
	if (*plan == NULL)
		*plan = prepare(statement(applier), nargs, types);
	mm_local_enter();
	code = SPI_execute_plan(*plan, values, nulls, false, 0);
	if (code < 0)
		elog(ERROR, "could not write a row: %s", SPI_result_code_string(code));
	rows = SPI_processed;
	mm_local_leave();
	mm_search_path_unpin(level);
	return rows;
}

/* ---------------------------------------------------------------- one row */

static void
compute_values(Applier *applier, const RowPair *pair)
{
	mm_row_builder_transform(applier->builder, &pair->inputs, pair->values,
							 pair->isnull);
}

/*
 * A trigger may leave out what was to be done.  Rows with a key are looked at
 * again (mm_compare_verify), those without cannot be.
 */
static void
count_unwritten(Applier *applier, uint64 rows)
{
	if (rows == 0 && mm_compare_nkeys(applier->comparison) == 0)
		applier->counts.unequal++;
}

void
mm_applier_insert(Applier *applier, const RowPair *pair)
{
	uint64 rows;

	compute_values(applier, pair);
	rows = execute(applier, &applier->insert_plan, insert_statement,
				   applier->nattnums, applier->attnums, false, pair);
	applier->counts.inserted += rows;
	count_unwritten(applier, rows);
}

void
mm_applier_update(Applier *applier, const RowPair *pair)
{
	compute_values(applier, pair);
	if (applier->nset > 0)
		applier->counts.updated += execute(applier, &applier->update_plan,
										   update_statement, applier->nset,
										   applier->set, true, pair);
}

void
mm_applier_delete(Applier *applier, const RowPair *pair)
{
	uint64 rows = execute(applier, &applier->delete_plan, delete_statement, 0,
						  NULL, true, pair);

	applier->counts.deleted += rows;
	count_unwritten(applier, rows);
}

/* ---------------------------------------------------------------- errors */

bool
mm_applier_is_conflict(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION ||
		   error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION ||
		   error->sqlerrcode == ERRCODE_EXCLUSION_VIOLATION;
}

static void
store_reject(Applier *applier, const RejectedRow *row)
{
	const Migration *migration = applier->process->state;

	if (mm_book_count_rejects(applier->task->job_id, applier->map->id) >=
		migration->spec->max_rejects)
		mm_reject_too_many(row);
	mm_book_add_reject(applier->task->job_id, GetUserId(), applier->map->id,
					   applier->task->id, applier->table->name, row);
	applier->counts.rejected++;
}

static bool
rejects(const Applier *applier)
{
	const Migration *migration = applier->process->state;

	return migration->spec->on_error == ON_ERROR_REJECT;
}

void
mm_applier_reject(Applier *applier, const RowPair *pair,
				  const ErrorData *error)
{
	const RemoteColumn *column = mm_row_builder_current(applier->builder);
	RejectedRow row;

	if (!rejects(applier))
		ReThrowError((ErrorData *) error);
	memset(&row, 0, sizeof(row));
	row.key = mm_compare_key_json(applier->comparison, pair);
	row.column = column ? column->name : NULL;
	row.sqlerrcode = error->sqlerrcode;
	row.reason = mm_error_text(error->message, error->detail);
	mm_row_builder_recover(applier->builder);
	store_reject(applier, &row);
}

/* A value that PostgreSQL cannot hold. */
static void
reject_value(Applier *applier, const RowPair *pair)
{
	const DecodeError *error = pair->error;
	RejectedRow row;

	if (!rejects(applier))
		mm_decode_error_raise(error, applier->table->name,
							  pair->error_column->name);
	memset(&row, 0, sizeof(row));
	row.key = mm_compare_key_json(applier->comparison, pair);
	row.column = pair->error_column->name;
	if (!pair->error_value.is_null)
	{
		row.bytes = pair->error_value.bytes;
		row.len = pair->error_value.len;
	}
	row.sqlerrcode = error->sqlerrcode;
	row.reason = mm_error_text(error->message, error->detail);
	store_reject(applier, &row);
}

void
mm_applier_write(Applier *applier, const RowPair *pair)
{
	bool updates = applier->mode == SYNC_CHANGED ||
				   applier->mode == SYNC_MIRROR ||
				   applier->mode == SYNC_WATERMARK;

	if (pair->error != NULL)
		reject_value(applier, pair);
	else if (pair->state == DIFFERENCE_MISSING)
		mm_applier_insert(applier, pair);
	else if (pair->state == DIFFERENCE_CHANGED && updates)
		mm_applier_update(applier, pair);
	else if (pair->state == DIFFERENCE_CHANGED)
		applier->counts.changed++;
	else if (applier->mode == SYNC_MIRROR &&
			 mm_compare_nkeys(applier->comparison) == 0)
		mm_applier_delete(applier, pair);
	else if (applier->mode == SYNC_MIRROR)
	{
		mm_sync_put_off(applier, PUT_OFF_DELETE, pair, NULL);
		applier->counts.doomed++;
	}
	else if (applier->mode != SYNC_NEW && applier->mode != SYNC_WATERMARK)
		applier->counts.extra++;
}

typedef struct SyncAttempt
{
	Applier *applier;
	TryRow try;
	const RowPair *pair;
	void *arg;
} SyncAttempt;

static void
run_attempt(void *arg)
{
	SyncAttempt *attempt = arg;

	attempt->try(attempt->applier, attempt->pair, attempt->arg);
}

ErrorData *
mm_applier_try(Applier *applier, TryRow try, const RowPair *pair, void *arg)
{
	SyncAttempt attempt = {applier, try, pair, arg};
	SyncCounts before = applier->counts;
	int put_off = list_length(applier->put_off);
	ErrorData *error = mm_transaction_try(run_attempt, &attempt);

	if (error != NULL)
	{
		applier->counts = before;
		applier->put_off = list_truncate(applier->put_off, put_off);
	}
	return error;
}

/* ---------------------------------------------------------------- batches */

static bool
is_always_identity(const Applier *applier, AttrNumber attnum)
{
	return TupleDescAttr(RelationGetDescr(applier->relation), attnum - 1)->attidentity == ATTRIBUTE_IDENTITY_ALWAYS;
}

static void
choose_set(Applier *applier)
{
	applier->nset = 0;
	applier->set = palloc(Max(applier->nattnums, 1) * sizeof(AttrNumber));
	for (int i = 0; i < applier->nattnums; i++)
	{
		if (!is_always_identity(applier, applier->attnums[i]))
			applier->set[applier->nset++] = applier->attnums[i];
	}
}

/*
 * mm_applier_begin
 *		A transaction is open: the table, and what belongs to the batch.
 */
void
mm_applier_begin(Applier *applier)
{
	const Migration *migration = applier->process->state;
	MemoryContext old = MemoryContextSwitchTo(applier->batch_context);

	MemoryContextReset(applier->batch_context);
	applier->put_off = NIL;
	applier->relation = table_open(applier->map->relation, RowExclusiveLock);
	applier->builder = mm_row_builder_create(applier->table,
											 applier->relation);
	applier->nattnums = mm_row_builder_attnums(applier->builder,
											   &applier->attnums);
	choose_set(applier);
	mm_compare_want_values(applier->comparison, applier->builder,
						   RelationGetDescr(applier->relation)->natts);
	if (!migration->spec->triggers)
		mm_migration_execute("SET LOCAL session_replication_role = replica");
	MemoryContextSwitchTo(old);
}

/* The next transaction is open when it returns. */
void
mm_applier_commit(Applier *applier)
{
	mm_row_builder_close(applier->builder);
	mm_sync_store_put_off(applier);
	mm_sync_save_counts(applier->task, &applier->counts);
	table_close(applier->relation, NoLock);
	applier->relation = NULL;
	/* Deferred triggers run now. */
	set_path(applier, GUC_ACTION_LOCAL);
	CommitTransactionCommand();
	mm_transaction_start();
	MemoryContextSwitchTo(applier->context);
}

Applier *
mm_applier_create(JobProcess *process, const Task *task, SyncMode mode)
{
	Migration *migration = process->state;
	Applier *applier = palloc0(sizeof(Applier));

	if (!mm_conn_is_usable(migration->conn))
		mm_migration_connect(process);
	applier->process = process;
	applier->task = task;
	applier->mode = mode;
	applier->context = CurrentMemoryContext;
	applier->map = mm_book_get_table(task->subject);
	mm_walk_check_table(applier->map);
	applier->table = mm_table_from_json(applier->map->description);
	applier->batch_context = AllocSetContextCreate(CurrentMemoryContext,
												   "rows to write",
												   ALLOCSET_DEFAULT_SIZES);
	mm_sync_load_counts(task, &applier->counts);
	return applier;
}

void
mm_applier_end(Applier *applier)
{
	if (applier->insert_plan != NULL)
		SPI_freeplan(applier->insert_plan);
	if (applier->update_plan != NULL)
		SPI_freeplan(applier->update_plan);
	if (applier->delete_plan != NULL)
		SPI_freeplan(applier->delete_plan);
}
