/*
 * src/load/heap_writer.c
 *		Rows into a plain table by table_multi_insert: ordinary MVCC, ordinary
 *		WAL, always right.
 *
 * Rows are gathered in slots until there are 1,000 of them or the batch holds
 * BATCH_BYTES; then generated columns and constraints have been taken care of
 * row by row, and the batch is written, indexed and forgotten.  A large value
 * is moved out of line at once, one after the other, so that a row of many
 * megabytes is not copied into a tuple as well.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/tableam.h"
#include "access/toast_internals.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/pg_am.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "load/writer_internal.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define BATCH_ROWS	1000
#define BATCH_BYTES ((Size) 256 * 1024)
/* Values from this size on are moved out of line before the row is formed. */
#define LARGE_VALUE ((Size) 1024 * 1024)

typedef struct HeapWriter
{
	Writer base;
	EState *estate;
	ResultRelInfo *target;
	BulkInsertState bulk;
	int options;
	CommandId command;
	TupleTableSlot *slots[BATCH_ROWS];
	int nslots;
	bool has_checks;
	bool has_generated;
	bool can_toast;
	int ndefaults; /* attributes that are not loaded */
	AttrNumber *default_attnums;
	ExprState **defaults;
} HeapWriter;

static HeapWriter *
heap_writer(Writer *writer)
{
	return (HeapWriter *) writer;
}

/* ---------------------------------------------------------------- defaults */

static bool
is_loaded(AttrNumber attnum, int nattnums, const AttrNumber *attnums)
{
	for (int i = 0; i < nattnums; i++)
	{
		if (attnums[i] == attnum)
			return true;
	}
	return false;
}

static void
prepare_defaults(HeapWriter *writer, int nattnums, const AttrNumber *attnums)
{
	Relation relation = writer->base.relation;
	TupleDesc desc = RelationGetDescr(relation);

	writer->default_attnums = palloc(desc->natts * sizeof(AttrNumber));
	writer->defaults = palloc0(desc->natts * sizeof(ExprState *));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Expr *expression;

		if (attribute->attisdropped || attribute->attgenerated != '\0' ||
			is_loaded(attribute->attnum, nattnums, attnums))
			continue;
		expression = (Expr *) build_column_default(relation, attribute->attnum);
		if (expression == NULL)
			continue; /* NULL, which the slot is filled with */
		writer->default_attnums[writer->ndefaults] = attribute->attnum;
		writer->defaults[writer->ndefaults++] =
			ExecPrepareExpr(expression_planner(expression), writer->estate);
	}
}

static void
fill_defaults(HeapWriter *writer, TupleTableSlot *slot)
{
	ExprContext *context = GetPerTupleExprContext(writer->estate);

	for (int i = 0; i < writer->ndefaults; i++)
	{
		int n = writer->default_attnums[i] - 1;

		slot->tts_values[n] = ExecEvalExpr(writer->defaults[i], context,
										   &slot->tts_isnull[n]);
	}
}

/* ---------------------------------------------------------------- large values */

/*
 * What heap_toast_insert_or_update would do with this value anyway, but
 * before the row is formed, so that it is in memory once less.  The value
 * itself stays until the batch is written: it may be part of something else (a
 * materialized slot, an array) or another column's value as well.
 */
static void
move_out_of_line(HeapWriter *writer, TupleTableSlot *slot)
{
	TupleDesc desc = slot->tts_tupleDescriptor;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Datum value = slot->tts_values[i];
		Datum compressed = (Datum) 0;

		if (slot->tts_isnull[i] || attribute->attlen != -1 ||
			(attribute->attstorage != TYPSTORAGE_EXTENDED &&
			 attribute->attstorage != TYPSTORAGE_EXTERNAL) ||
			VARATT_IS_EXTERNAL(DatumGetPointer(value)) ||
			VARSIZE_ANY(DatumGetPointer(value)) < LARGE_VALUE)
			continue;
		if (attribute->attstorage == TYPSTORAGE_EXTENDED &&
			!VARATT_IS_COMPRESSED(DatumGetPointer(value)))
			compressed = mm_toast_compress(value, attribute);
		slot->tts_values[i] = toast_save_datum(writer->base.relation,
											   compressed ? compressed : value,
											   NULL, writer->options);
		if (compressed)
			pfree(DatumGetPointer(compressed));
	}
}

/* ---------------------------------------------------------------- writing */

static void
index_batch(HeapWriter *writer)
{
	if (writer->target->ri_NumIndices == 0)
		return;
	for (int i = 0; i < writer->nslots; i++)
	{
		List *rechecks = mm_insert_index_tuples(writer->target,
												writer->slots[i],
												writer->estate);

		list_free(rechecks);
		ResetPerTupleExprContext(writer->estate);
	}
}

/* A row that was stored has a place: the slot was cleared before it. */
static uint64
count_stored(const HeapWriter *writer)
{
	uint64 stored = 0;

	for (int i = 0; i < writer->nslots; i++)
		stored += ItemPointerIsValid(&writer->slots[i]->tts_tid);
	return stored;
}

static void
flush_batch(HeapWriter *writer)
{
	MemoryContext old;

	if (writer->nslots == 0)
		return;
	old = MemoryContextSwitchTo(writer->base.row_context);
	table_multi_insert(writer->base.relation, writer->slots, writer->nslots,
					   writer->command, writer->options, writer->bulk);
	index_batch(writer);
	writer->base.rows += count_stored(writer);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < writer->nslots; i++)
		ExecClearTuple(writer->slots[i]);
	writer->nslots = 0;
	MemoryContextReset(writer->base.row_context);
	CHECK_FOR_INTERRUPTS();
}

static void
heap_next_row(Writer *base, Datum **values, bool **isnull)
{
	HeapWriter *writer = heap_writer(base);
	TupleTableSlot *slot = writer->slots[writer->nslots];

	if (slot == NULL)
		slot = writer->slots[writer->nslots] =
			MakeSingleTupleTableSlot(RelationGetDescr(base->relation),
									 &TTSOpsVirtual);
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true,
		   slot->tts_tupleDescriptor->natts * sizeof(bool));
	*values = slot->tts_values;
	*isnull = slot->tts_isnull;
}

static void
heap_put(Writer *base)
{
	HeapWriter *writer = heap_writer(base);
	TupleTableSlot *slot = writer->slots[writer->nslots];
	MemoryContext old = MemoryContextSwitchTo(base->row_context);

	if (writer->ndefaults > 0)
		fill_defaults(writer, slot);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(base->relation);
	if (writer->has_generated)
		mm_compute_stored_generated(writer->target, writer->estate, slot);
	if (writer->has_checks)
		ExecConstraints(writer->target, slot, writer->estate);
	if (writer->can_toast &&
		MemoryContextMemAllocated(base->row_context, false) >= LARGE_VALUE)
		move_out_of_line(writer, slot);
	MemoryContextSwitchTo(old);
	ResetPerTupleExprContext(writer->estate);
	writer->nslots++;
	if (writer->nslots == BATCH_ROWS ||
		MemoryContextMemAllocated(base->row_context, false) > BATCH_BYTES)
		flush_batch(writer);
}

static uint64
heap_finish(Writer *base)
{
	HeapWriter *writer = heap_writer(base);

	flush_batch(writer);
	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(base->relation, writer->options);
	for (int i = 0; i < BATCH_ROWS && writer->slots[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(writer->slots[i]);
	ExecCloseIndices(writer->target);
	FreeExecutorState(writer->estate);
	PopActiveSnapshot();
	MemoryContextDelete(base->row_context);
	return base->rows;
}

static const WriterOps heap_writer_ops = {
	.name = "heap",
	.next_row = heap_next_row,
	.put = heap_put,
	.finish = heap_finish,
};

/* ---------------------------------------------------------------- opening */

/* The range table that error messages of constraints look into. */
static void
init_range_table(EState *estate, Relation relation)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
#if PG_VERSION_NUM >= 160000
	List *permissions = NIL;
#endif

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 180000
	addRTEPermissionInfo(&permissions, entry);
	ExecInitRangeTable(estate, list_make1(entry), permissions,
					   bms_make_singleton(1));
#elif PG_VERSION_NUM >= 160000
	addRTEPermissionInfo(&permissions, entry);
	ExecInitRangeTable(estate, list_make1(entry), permissions);
#else
	ExecInitRangeTable(estate, list_make1(entry));
#endif
}

/* An executor state with the one table in it, as COPY has. */
static void
open_target(HeapWriter *writer)
{
	Relation relation = writer->base.relation;

	writer->estate = CreateExecutorState();
	init_range_table(writer->estate, relation);
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, relation, 1, NULL, 0);
	mm_set_result_relation(writer->estate, writer->target);
	ExecOpenIndices(writer->target, false);
}

Writer *
mm_heap_writer_open(Relation relation, int nattnums, const AttrNumber *attnums,
					bool shared)
{
	HeapWriter *writer = palloc0(sizeof(HeapWriter));
	TupleConstr *constraints = RelationGetDescr(relation)->constr;

	writer->base.ops = &heap_writer_ops;
	writer->base.relation = relation;
	/* The first block stays after a reset: most batches live in it. */
	writer->base.row_context = AllocSetContextCreate(CurrentMemoryContext,
													 "rows to write",
													 BATCH_BYTES / 2,
													 BATCH_BYTES / 2,
													 ALLOCSET_DEFAULT_MAXSIZE);
	PushActiveSnapshot(GetTransactionSnapshot());
	open_target(writer);
	writer->bulk = GetBulkInsertState();
	writer->options = MM_BULK_INSERT_OPTIONS(shared);
	writer->command = GetCurrentCommandId(true);
	writer->has_generated = constraints != NULL &&
							constraints->has_generated_stored;
	writer->has_checks = constraints != NULL;
	writer->can_toast = relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
						OidIsValid(relation->rd_rel->reltoastrelid);
	prepare_defaults(writer, nattnums, attnums);
	return &writer->base;
}
