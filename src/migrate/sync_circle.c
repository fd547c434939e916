/*
 * src/migrate/sync_circle.c
 *		Rows that refer to each other in a circle.
 *
 * Of those none can be written first, nor deleted first.  One is inserted
 * without what it refers to, where its columns may be NULL, and completed once
 * the others are here; if that does not come about, it goes again.  One that
 * is to be deleted lets go of the others first.  Only tables whose foreign
 * keys lead back to themselves are treated so: anywhere else a row waits until
 * what it refers to has come.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "migrate/sync_internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Columns of a foreign key that may be NULL; NIL: none. */
static List *
nullable_columns(const Applier *applier, HeapTuple constraint)
{
	TupleDesc desc = RelationGetDescr(applier->relation);
	List *columns = NIL;
	bool isnull;
	Datum keys = SysCacheGetAttr(CONSTROID, constraint,
								 Anum_pg_constraint_conkey, &isnull);
	ArrayType *array;
	int16 *attnums;

	if (isnull)
		return NIL;
	array = DatumGetArrayTypeP(keys);
	attnums = (int16 *) ARR_DATA_PTR(array);
	for (int i = 0; i < ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, attnums[i] - 1);

		if (!attribute->attnotnull && attribute->attgenerated == '\0')
			columns = lappend_int(columns, attnums[i]);
	}
	return columns;
}

/* The table's own foreign key that an error names, or all of them. */
static List *
columns_to_give_up(const Applier *applier, const char *constraint_name)
{
	List *columns = NIL;
	List *keys = NIL;
	ListCell *cell;

	/* The cache's own list may go while a constraint is looked up. */
	foreach(cell, RelationGetFKeyList(applier->relation))
		keys = lappend_oid(keys, ((ForeignKeyCacheInfo *) lfirst(cell))->conoid);
	foreach(cell, keys)
	{
		HeapTuple tuple = SearchSysCache1(CONSTROID,
										  ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_constraint constraint;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for constraint %u",
				 lfirst_oid(cell));
		constraint = (Form_pg_constraint) GETSTRUCT(tuple);
		if (constraint_name == NULL ||
			strcmp(NameStr(constraint->conname), constraint_name) == 0)
			columns = list_concat_unique_int(columns,
											 nullable_columns(applier, tuple));
		ReleaseSysCache(tuple);
	}
	return columns;
}

static void
insert_row(Applier *applier, const RowPair *pair, void *arg)
{
	mm_applier_insert(applier, pair);
}

static bool
is_in_circle(const Task *task)
{
	return task->listing != NULL && strcmp(task->listing, IN_CIRCLE) == 0;
}

/*
 * mm_circle_insert
 *		Insert a row that could not be because of `error`, without what it
 *		refers to; false: that does not help.
 */
bool
mm_circle_insert(Applier *applier, RowPair *pair, const ErrorData *error)
{
	ErrorData *next = (ErrorData *) error;

	if (!is_in_circle(applier->task) || pair->state != DIFFERENCE_MISSING)
		return false;
	/* One foreign key after the other. */
	while (next->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION &&
		   next->constraint_name != NULL)
	{
		bool any = false;
		ListCell *cell;

		foreach(cell, columns_to_give_up(applier, next->constraint_name))
		{
			bool *isnull = &pair->isnull[lfirst_int(cell) - 1];

			any = any || !*isnull;
			*isnull = true;
		}
		if (!any)
			return false;
		next = mm_applier_try(applier, insert_row, pair, NULL);
		if (next == NULL)
		{
			mm_sync_put_off(applier, PUT_OFF_COMPLETE, pair, error->message);
			return true;
		}
		mm_row_builder_recover(applier->builder);
	}
	return false;
}

static void
complete_row(Applier *applier, const RowPair *unused, void *arg)
{
	const PutOffRow *row = arg;
	RowPair *pair = mm_compare_read(applier->comparison, row->key,
									row->length);
	uint64 updated = applier->counts.updated;

	if (pair->state == DIFFERENCE_CHANGED && pair->error == NULL)
		mm_applier_update(applier, pair);
	applier->counts.updated = updated; /* it has been inserted */
}

/* What was not completed is not left half done. */
static void
remove_row(Applier *applier, const RowPair *unused, void *arg)
{
	const PutOffRow *row = arg;
	RowPair *pair = mm_compare_read(applier->comparison, row->key,
									row->length);
	uint64 deleted = applier->counts.deleted;

	if (pair->state != DIFFERENCE_CHANGED)
		return;
	mm_applier_delete(applier, pair);
	applier->counts.deleted = deleted;
	applier->counts.inserted--;
}

static void
put_off_again(Applier *applier, const PutOffRow *row, const char *action,
			  const ErrorData *error)
{
	RowPair pair;

	memset(&pair, 0, sizeof(pair));
	pair.key = row->key;
	pair.key_length = row->length;
	mm_row_builder_recover(applier->builder);
	mm_sync_put_off(applier, action, &pair, error->message);
}

/* One row, in a transaction of its own. */
static void
complete(Applier *applier, PutOffRow *row, bool is_last)
{
	ErrorData *error;

	mm_applier_begin(applier);
	error = mm_applier_try(applier, complete_row, NULL, row);
	mm_sync_forget_put_off(row);
	if (error != NULL)
	{
		ErrorData *second = NULL;

		if (!mm_reject_is_row_error(error))
			ReThrowError(error);
		put_off_again(applier, row, is_last ? PUT_OFF_MEND : PUT_OFF_COMPLETE,
					  error);
		if (is_last)
			second = mm_applier_try(applier, remove_row, NULL, row);
		if (second != NULL && !mm_reject_is_row_error(second))
			ReThrowError(second);
	}
	mm_applier_commit(applier);
}

void
mm_circle_complete(Applier *applier, bool is_last)
{
	int64 last = mm_sync_last_put_off(applier, PUT_OFF_COMPLETE);
	List *rows;

	while ((rows = mm_sync_get_put_off(applier, PUT_OFF_COMPLETE, last, 1)) != NIL)
		complete(applier, linitial(rows), is_last);
}

/*
 * mm_circle_let_go
 *		A row that is to be deleted, and that others refer to, refers to none
 *		itself any more.
 */
void
mm_circle_let_go(Applier *applier, const RowPair *pair)
{
	List *columns;
	StringInfoData sql;
	ListCell *cell;

	if (!is_in_circle(applier->task))
		return;
	columns = columns_to_give_up(applier, NULL);
	initStringInfo(&sql);
	foreach(cell, columns)
		appendStringInfo(&sql, "%s%s = NULL", sql.len > 0 ? ", " : "",
						 mm_quote_local_name(NULL, get_attname(RelationGetRelid(applier->relation), lfirst_int(cell), false)));
	if (columns == NIL)
		return;
	mm_applier_execute(applier,
					   psprintf("UPDATE %s SET %s WHERE ctid = '(%u,%u)' AND tableoid = %u",
								mm_quote_local_name(get_namespace_name(RelationGetNamespace(applier->relation)),
													RelationGetRelationName(applier->relation)),
								sql.data,
								ItemPointerGetBlockNumber(&pair->tid),
								ItemPointerGetOffsetNumber(&pair->tid),
								pair->tableoid));
}
