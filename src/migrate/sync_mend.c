/*
 * src/migrate/sync_mend.c
 *		Rows that other rows stand in the way of.
 *
 * When two rows have swapped a value that must be unique, neither can be
 * written first; nor can one whose value belongs to a row that is to go, or
 * that refers to a row which is not here yet.  Such rows are put off until all
 * others were seen.  Then each is tried again, in rounds, as long as that
 * helps; and a row that stands in the way makes room: one that has changed in
 * MySQL gives up its value until its own turn, which comes at once, and one
 * that MySQL does not have any more is written over.  All of that happens in
 * one subtransaction: nobody ever sees a row without its value.
 */
#include "postgres.h"

#include "access/genam.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "migrate/sync_internal.h"
#include "nodes/bitmapset.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Rows that are moved for one; a longer chain is left for the next round. */
#define MAX_MOVES 100

/* A local row, by its key. */
typedef struct Blocker
{
	char *key;
	Size length;
} Blocker;

typedef struct BlockerList
{
	MemoryContext context;
	List *blockers;
} BlockerList;

/* ---------------------------------------------------------------- who it is */

static Oid
index_of(const ErrorData *error)
{
	Oid schema;

	if (error->schema_name == NULL || error->constraint_name == NULL)
		return InvalidOid;
	schema = get_namespace_oid(error->schema_name, true);
	return OidIsValid(schema) ?
			   get_relname_relid(error->constraint_name, schema) :
			   InvalidOid;
}

/* "SELECT 5::integer AS id, ...": the row that could not be written. */
static char *
row_select(const Applier *applier, const RowPair *pair)
{
	TupleDesc desc = RelationGetDescr(applier->relation);
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		char *type;
		Oid output;
		bool is_varlena;

		if (attribute->attisdropped)
			continue;
		type = format_type_extended(attribute->atttypid, -1,
									FORMAT_TYPE_FORCE_QUALIFY);
		getTypeOutputInfo(attribute->atttypid, &output, &is_varlena);
		appendStringInfo(&sql, "%s%s::%s AS %s", sql.len > 0 ? ", " : "SELECT ",
						 pair->isnull[i] ? "NULL" : mm_quote_local_literal(OidOutputFunctionCall(output, pair->values[i])),
						 type,
						 mm_quote_local_name(NULL, NameStr(attribute->attname)));
	}
	return sql.data;
}

/* What the columns and expressions of the index would be for that row. */
static char *
blocking_condition(const Applier *applier, const RowPair *pair, Oid index)
{
	Relation relation = index_open(index, AccessShareLock);
	int nkeys = IndexRelationGetNumberOfKeyAttributes(relation);
	char *row = row_select(applier, pair);
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 1; i <= nkeys; i++)
	{
		char *expression = TextDatumGetCString(DirectFunctionCall3(pg_get_indexdef_ext,
																   ObjectIdGetDatum(index),
																   Int32GetDatum(i),
																   BoolGetDatum(false)));

		appendStringInfo(&sql, "%s(%s) = (SELECT %s FROM (%s) AS mm_row)",
						 i > 1 ? " AND " : "", expression, expression, row);
	}
	index_close(relation, AccessShareLock);
	return sql.data;
}

static void
take_blocker(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	BlockerList *list = arg;
	Blocker *blocker;
	StringInfoData key;
	uint64 sum;

	MemoryContextSwitchTo(list->context);
	initStringInfo(&key);
	mm_compare_local_key(comparison, slot, &key, &sum);
	blocker = palloc(sizeof(Blocker));
	blocker->key = key.data;
	blocker->length = key.len;
	list->blockers = lappend(list->blockers, blocker);
}

static List *
find_blockers(Applier *applier, const RowPair *pair, Oid index)
{
	BlockerList list = {CurrentMemoryContext, NIL};

	mm_compare_scan(applier->comparison,
					blocking_condition(applier, pair, index), take_blocker,
					&list);
	return list.blockers;
}

/* ---------------------------------------------------------------- making room */

/* A value that no row has, as SQL; NULL: there is none of this type. */
static const char *
parking_value(Form_pg_attribute attribute)
{
	static const char hash[] = "pg_catalog.md5(pg_catalog.random()::text || pg_catalog.clock_timestamp()::text)";
	int limit = attribute->atttypmod >= VARHDRSZ ?
					attribute->atttypmod - VARHDRSZ :
					32;

	if (!attribute->attnotnull)
		return "NULL";
	switch (attribute->atttypid)
	{
		case INT2OID:
			return "(-1 - pg_catalog.floor(pg_catalog.random() * 32000))::int2";
		case INT4OID:
			return "(-1 - pg_catalog.floor(pg_catalog.random() * 2000000000))::int4";
		case INT8OID:
			return "(-1 - pg_catalog.floor(pg_catalog.random() * 9e15))::int8";
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return psprintf("pg_catalog.substr(%s, 1, %d)", hash, limit);
		case BYTEAOID:
			return psprintf("pg_catalog.decode(%s, 'hex')", hash);
		case UUIDOID:
			return psprintf("%s::uuid", hash);
		case DATEOID:
			return "date '7000-01-01' + pg_catalog.floor(pg_catalog.random() * 1000000)::int4";
		case TIMESTAMPOID:
			return "timestamp '7000-01-01' + pg_catalog.random() * interval '1000 years'";
		case TIMESTAMPTZOID:
			return "timestamptz '7000-01-01' + pg_catalog.random() * interval '1000 years'";
		default:
			return NULL;
	}
}

static Bitmapset *
columns_of_index(Oid index)
{
	Relation relation = index_open(index, AccessShareLock);
	Bitmapset *columns = NULL;

	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(relation); i++)
	{
		if (relation->rd_index->indkey.values[i] != 0)
			columns = bms_add_member(columns,
									 relation->rd_index->indkey.values[i] -
										 FirstLowInvalidHeapAttributeNumber);
	}
	pull_varattnos((Node *) RelationGetIndexExpressions(relation), 1, &columns);
	index_close(relation, AccessShareLock);
	return columns;
}

static bool
is_key_attribute(const Applier *applier, const char *name)
{
	for (int i = 0; i < mm_compare_nkeys(applier->comparison); i++)
	{
		if (strcmp(mm_compare_key_column(applier->comparison, i)->local_name,
				   name) == 0)
			return true;
	}
	return false;
}

/* The index may be one of a partition, whose columns are numbered apart. */
static const char *
parking_assignment(const Applier *applier, Oid index)
{
	Oid table = IndexGetRelation(index, false);
	Bitmapset *columns = columns_of_index(index);
	TupleDesc desc = RelationGetDescr(applier->relation);
	const char *best = NULL;
	int n = -1;

	while ((n = bms_next_member(columns, n)) >= 0)
	{
		char *name = get_attname(table, n + FirstLowInvalidHeapAttributeNumber,
								 false);
		AttrNumber attnum = get_attnum(RelationGetRelid(applier->relation),
									   name);
		const char *value;

		if (attnum <= 0 || is_key_attribute(applier, name))
			continue;
		value = parking_value(TupleDescAttr(desc, attnum - 1));
		if (value == NULL)
			continue;
		if (best == NULL || strcmp(value, "NULL") == 0)
			best = psprintf("%s = %s", mm_quote_local_name(NULL, name), value);
	}
	return best;
}

/* Gives up its value for now; false: there is no way to. */
static bool
park(const Applier *applier, const RowPair *blocker, Oid index)
{
	const char *assignment = parking_assignment(applier, index);

	if (assignment == NULL)
		return false;
	mm_applier_execute(applier,
					   psprintf("UPDATE %s SET %s WHERE ctid = '(%u,%u)' AND tableoid = %u",
								mm_quote_local_name(get_namespace_name(RelationGetNamespace(applier->relation)),
													RelationGetRelationName(applier->relation)),
								assignment,
								ItemPointerGetBlockNumber(&blocker->tid),
								ItemPointerGetOffsetNumber(&blocker->tid),
								blocker->tableoid));
	return true;
}

typedef struct Mending
{
	List *moved; /* of Blocker *, whose turn is still to come */
	int moves;
	bool is_written; /* the row itself, over another one */
} Mending;

/* Room for one row; false: the row in the way stays. */
static bool
move_away(Applier *applier, RowPair *pair, const Blocker *blocker, Oid index,
		  Mending *mending)
{
	RowPair *other = mm_compare_read(applier->comparison, blocker->key,
									 blocker->length);

	if (other->state == DIFFERENCE_CHANGED && applier->mode != SYNC_MISSING &&
		applier->mode != SYNC_NEW && park(applier, other, index))
	{
		mending->moved = lappend(mending->moved, (void *) blocker);
		return true;
	}
	if (other->state != DIFFERENCE_EXTRA || applier->mode != SYNC_MIRROR)
		return false;
	if (pair->state == DIFFERENCE_MISSING && !mending->is_written)
	{
		pair->tid = other->tid;
		pair->tableoid = other->tableoid;
		mm_applier_update(applier, pair);
		mending->is_written = true;
	}
	else
		mm_applier_delete(applier, other);
	return true;
}

static bool
make_room(Applier *applier, RowPair *pair, const ErrorData *error,
		  Mending *mending)
{
	Oid index = index_of(error);
	ListCell *cell;
	bool any = false;

	if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION || !OidIsValid(index) ||
		++mending->moves > MAX_MOVES)
		return false;
	foreach(cell, find_blockers(applier, pair, index))
	{
		const Blocker *blocker = lfirst(cell);

		if (blocker->length == pair->key_length &&
			memcmp(blocker->key, pair->key, pair->key_length) == 0)
			continue;
		if (!move_away(applier, pair, blocker, index, mending))
			return false;
		any = true;
	}
	return any;
}

static void
write_row(Applier *applier, const RowPair *pair, void *arg)
{
	mm_applier_write(applier, pair);
}

/* Write one row, moving others as often as that helps. */
static void
write_with_room(Applier *applier, const char *key, Size length,
				Mending *mending)
{
	RowPair *pair = mm_compare_read(applier->comparison, key, length);
	ErrorData *error;

	if (pair->state == DIFFERENCE_NONE)
		return;
	mending->is_written = false;
	while (!mending->is_written)
	{
		error = mm_applier_try(applier, write_row, pair, NULL);
		if (error == NULL)
			return;
		mm_row_builder_recover(applier->builder);
		if (mm_circle_insert(applier, pair, error))
			return;
		if (!make_room(applier, pair, error, mending))
			ReThrowError(error);
	}
}

/* A row put off, and all that had to move for it. */
static void
mend_row(Applier *applier, const RowPair *unused, void *arg)
{
	const PutOffRow *row = arg;
	Mending mending;

	memset(&mending, 0, sizeof(mending));
	write_with_room(applier, row->key, row->length, &mending);
	while (mending.moved != NIL)
	{
		const Blocker *next = linitial(mending.moved);

		mending.moved = list_delete_first(mending.moved);
		write_with_room(applier, next->key, next->length, &mending);
	}
}

/* ---------------------------------------------------------------- the task */

/* True when the row needs no further attempt. */
static bool
mend(Applier *applier, PutOffRow *row)
{
	ErrorData *error;

	mm_applier_begin(applier);
	error = mm_applier_try(applier, mend_row, NULL, row);
	mm_sync_forget_put_off(row);
	if (error != NULL)
	{
		RowPair pair;

		if (!mm_reject_is_row_error(error))
			ReThrowError(error);
		memset(&pair, 0, sizeof(pair));
		pair.key = row->key;
		pair.key_length = row->length;
		mm_row_builder_recover(applier->builder);
		mm_sync_put_off(applier, PUT_OFF_MEND, &pair,
						mm_error_text(error->message, error->detail));
	}
	mm_applier_commit(applier);
	return error == NULL;
}

/* In the last round: what could not be written is rejected. */
static void
reject_row(Applier *applier, PutOffRow *row)
{
	RowPair *pair;
	ErrorData *error;

	mm_applier_begin(applier);
	mm_sync_forget_put_off(row);
	pair = mm_compare_read(applier->comparison, row->key, row->length);
	if (pair->state != DIFFERENCE_NONE)
	{
		error = mm_applier_try(applier, write_row, pair, NULL);
		if (error != NULL && !mm_reject_is_row_error(error))
			ReThrowError(error);
		if (error != NULL)
			mm_applier_reject(applier, pair, error);
	}
	mm_applier_commit(applier);
}

static void
reject_the_rest(Applier *applier)
{
	int64 last = mm_sync_last_put_off(applier, PUT_OFF_MEND);
	List *rows;

	while ((rows = mm_sync_get_put_off(applier, PUT_OFF_MEND, last, 1)) != NIL)
		reject_row(applier, linitial(rows));
}

void
mm_sync_mend(JobProcess *process, const Task *task, TaskCounts *counts,
			 const char **remark)
{
	const Migration *migration = process->state;
	Applier *applier = mm_applier_create(process, task, mm_sync_mode_of(task));
	CompareRequest request;
	bool progress;

	memset(&request, 0, sizeof(request));
	request.conn = migration->conn;
	request.table = applier->table;
	request.relation = applier->map->relation;
	request.where = applier->map->filter;
	request.policies = mm_walk_policies(applier->map, migration->spec);
	request.depth = migration->spec->compares_full ? COMPARE_FULL :
													 COMPARE_CHECKSUM;
	request.throttle = &process->shared->throttle;
	applier->comparison = mm_compare_open(&request);
	mm_slot_set_activity(process->slot, "makes room");
	do
	{
		int64 last = mm_sync_last_put_off(applier, PUT_OFF_MEND);
		List *rows;

		progress = false;
		while ((rows = mm_sync_get_put_off(applier, PUT_OFF_MEND, last, 1)) != NIL)
			progress |= mend(applier, linitial(rows));
	} while (progress);
	mm_circle_complete(applier, task->is_null_chunk);
	if (task->is_null_chunk && migration->spec->on_error == ON_ERROR_REJECT)
		reject_the_rest(applier);
	*remark = mm_sync_counts_json(&applier->counts, NULL);
	mm_applier_end(applier);
}
