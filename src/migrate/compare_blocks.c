/*
 * src/migrate/compare_blocks.c
 *		Step 1, this side of a large table: block by block, by all workers
 *		together (see shared_sums.h).
 *
 * Past the executor, so that plain tables only are read here.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "base/compat.h"
#include "base/integer.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct BlockReader
{
	Comparison *comparison;
	TableScanDesc scan;
	TupleTableSlot *slot;
	MemoryContext row_context;
	int *attributes; /* of the compared columns, in their order, from 0 */
	Datum *values;
	bool *isnull;
	int key; /* among the compared columns */
	int nslices;
	int64 *ends;
	int slice; /* of the last row */
	SliceSum *found;
	uint64 blocks;
} BlockReader;

/* ---------------------------------------------------------------- may it be? */

#if PG_VERSION_NUM >= 180000
static bool
is_stored(Form_pg_attribute attribute)
{
	return attribute->attgenerated != ATTRIBUTE_GENERATED_VIRTUAL;
}
#else
static bool
is_stored(Form_pg_attribute attribute)
{
	return true;
}
#endif

static bool
are_stored(const Comparison *comparison, Relation relation)
{
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		AttrNumber attnum = get_attnum(comparison->request.relation,
									   comparison->local_names[i]);

		if (attnum <= 0 ||
			!is_stored(TupleDescAttr(RelationGetDescr(relation), attnum - 1)))
			return false;
	}
	return true;
}

/* Only what the executor would read in the same way. */
static bool
is_plain(const Comparison *comparison, Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION &&
		   relation->rd_tableam == GetHeapamTableAmRoutine() &&
		   !relation->rd_rel->relhassubclass &&
		   mm_compare_key_is_number(&comparison->keys[0]) &&
		   (comparison->request.where == NULL ||
			comparison->request.table->local_filter == NULL) &&
		   pg_class_aclcheck(RelationGetRelid(relation), GetUserId(),
							 ACL_SELECT) == ACLCHECK_OK &&
		   are_stored(comparison, relation);
}

/* ---------------------------------------------------------------- reading */

static BlockReader *
create_reader(Comparison *comparison, Relation relation, Snapshot snapshot)
{
	BlockReader *reader = palloc0(sizeof(BlockReader));
	const SharedSums *sums = comparison->request.sums;
	int ncolumns = comparison->ncolumns;

	reader->comparison = comparison;
	reader->scan = table_beginscan_strat(relation, snapshot, 0, NULL, true,
										 false);
	reader->slot = table_slot_create(relation, NULL);
	reader->row_context = AllocSetContextCreate(CurrentMemoryContext,
												"row of a block",
												ALLOCSET_DEFAULT_SIZES);
	reader->attributes = palloc(ncolumns * sizeof(int));
	reader->values = palloc(ncolumns * sizeof(Datum));
	reader->isnull = palloc(ncolumns * sizeof(bool));
	for (int i = 0; i < ncolumns; i++)
		reader->attributes[i] = get_attnum(comparison->request.relation,
										   comparison->local_names[i]) -
								1;
	reader->key = comparison->keys[0].canonical.attnum - 1;
	reader->nslices = mm_shared_sums_slices(sums);
	reader->ends = palloc(reader->nslices * sizeof(int64));
	for (int i = 0; i < reader->nslices - 1; i++)
		reader->ends[i] = mm_shared_sums_end(sums, i);
	reader->ends[reader->nslices - 1] = PG_INT64_MAX;
	reader->found = palloc0(reader->nslices * sizeof(SliceSum));
	return reader;
}

static void
add_row(BlockReader *reader)
{
	const Comparison *comparison = reader->comparison;
	const TupleTableSlot *slot = reader->slot;
	SliceSum *found;
	Datum key;

	for (int i = 0; i < comparison->ncolumns; i++)
	{
		reader->values[i] = slot->tts_values[reader->attributes[i]];
		reader->isnull[i] = slot->tts_isnull[reader->attributes[i]];
	}
	/* Rows without a key are a task of their own. */
	if (reader->isnull[reader->key])
		return;
	key = reader->values[reader->key];
	reader->slice = mm_integer_range(reader->ends, reader->nslices,
									 mm_compare_key_number(&comparison->keys[0],
														   key),
									 reader->slice);
	found = &reader->found[reader->slice];
	found->rows++;
	mm_row_sum_add(comparison->row_sum, &found->sum, reader->values,
				   reader->isnull);
}

static void
read_blocks(BlockReader *reader, BlockNumber first, BlockNumber number)
{
	MemoryContext old;

	table_rescan(reader->scan, NULL);
	heap_setscanlimits(reader->scan, first, number);
	old = MemoryContextSwitchTo(reader->row_context);
	while (table_scan_getnextslot(reader->scan, ForwardScanDirection,
								  reader->slot))
	{
		slot_getallattrs(reader->slot);
		add_row(reader);
		MemoryContextReset(reader->row_context);
	}
	MemoryContextSwitchTo(old);
	reader->blocks += number;
}

static void
help(Comparison *comparison, Relation relation)
{
	SharedSums *sums = comparison->request.sums;
	Snapshot snapshot = mm_shared_sums_join(sums, relation);
	BlockReader *reader;
	BlockNumber first;
	BlockNumber number;

	if (snapshot == NULL)
		return;
	reader = create_reader(comparison, relation, snapshot);
	while (mm_shared_sums_claim(sums, &first, &number))
		read_blocks(reader, first, number);
	ExecDropSingleTupleTableSlot(reader->slot);
	table_endscan(reader->scan);
	mm_shared_sums_leave(sums, reader->found, reader->blocks);
}

/* Also when the process ends: nobody waits for it in vain. */
static void
fail(int code, Datum arg)
{
	mm_shared_sums_fail((SharedSums *) DatumGetPointer(arg));
}

static void
help_surely(Comparison *comparison, Relation relation)
{
	SharedSums *sums = comparison->request.sums;

	PG_ENSURE_ERROR_CLEANUP(fail, PointerGetDatum(sums));
	{
		help(comparison, relation);
	}
	PG_END_ENSURE_ERROR_CLEANUP(fail, PointerGetDatum(sums));
}

/*
 * mm_compare_sum_blocks
 *		The local half of the buckets, which are slices of the shared sums; false:
 *		it has to be read in another way.
 */
bool
mm_compare_sum_blocks(Comparison *comparison)
{
	SharedSums *sums = comparison->request.sums;
	Relation relation = table_open(comparison->request.relation,
								   AccessShareLock);

	if (is_plain(comparison, relation))
		help_surely(comparison, relation);
	else
		mm_shared_sums_break(sums);
	table_close(relation, AccessShareLock);
	if (!mm_shared_sums_wait(sums))
		return false;
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		SliceSum sum = mm_shared_sums_get(sums, comparison->first_slice + i);

		comparison->buckets[i].local_rows = sum.rows;
		comparison->buckets[i].local_sum = sum.sum;
	}
	return true;
}
