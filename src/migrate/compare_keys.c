/*
 * src/migrate/compare_keys.c
 *		Step 2: the rows of buckets that differ.
 *
 * Key and checksum of each row go into a sort on each side, which orders the
 * bytes of the keys, whatever either server thinks of their order; merging the
 * two gives the rows that are on one side only, or different.
 *
 * A row without a key is its own key, as the SHA-256 of its text, and what counts
 * is how often it occurs.
 *
 * Some values have no text that MySQL knows (types/by_value.h): such columns
 * stay out of the checksums, and are read here.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/digest.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/* Each of the two sorts; the rest of it is on disk. */
#define SORT_KB Min(work_mem, 12 * 1024)

/* After so many: how far it is, and is it too fast? */
#define ROWS_PER_PACE 256

#define KEY_ATTRIBUTE 1
#define SUM_ATTRIBUTE 2

/* ---------------------------------------------------------------- keys */

static void
pack(StringInfo key, const char *text)
{
	uint32 length = text ? strlen(text) : 0;

	appendBinaryStringInfo(key, (const char *) &length, sizeof(length));
	appendBinaryStringInfo(key, text ? text : "", length);
}

char **
mm_compare_unpack(const char *key, Size length, int nparts)
{
	char **parts = palloc(Max(nparts, 1) * sizeof(char *));
	const char *end = key + length;

	for (int i = 0; i < nparts; i++)
	{
		uint32 size;

		if (end - key < sizeof(size))
			elog(ERROR, "malformed key of a row");
		memcpy(&size, key, sizeof(size));
		key += sizeof(size);
		if (end - key < size)
			elog(ERROR, "malformed key of a row");
		parts[i] = pnstrdup(key, size);
		key += size;
	}
	return parts;
}

/* ---------------------------------------------------------------- by value */

/* Of its text: 2.50 is 2.5 for an operator, but not for who reads it. */
static uint64
hash_text(const char *text)
{
	if (text == NULL)
		return 1;
	return hash_bytes_extended((const unsigned char *) text, strlen(text), 0);
}

static uint64
add_value(uint64 sum, uint64 hash)
{
	return sum * UINT64CONST(1000003) + hash;
}

/* ---------------------------------------------------------------- one row */

int
mm_compare_key_list(StringInfo sql, const Comparison *comparison)
{
	const char *text = mm_compare_remote_row_text(comparison);
	int number = 1;

	for (int i = 0; i < comparison->nkeys; i++, number++)
		appendStringInfo(sql, "%s, ",
						 mm_compare_remote_key_text(comparison,
													&comparison->keys[i]));
	if (comparison->nkeys == 0 || comparison->request.depth == COMPARE_FULL)
		appendStringInfo(sql, MM_DIGEST_REMOTE, text);
	else
		appendStringInfo(sql, "CAST(CRC32(%s) AS CHAR)", text);
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		if (comparison->columns[i].by_value == NULL)
			continue;
		appendStringInfo(sql, ", %s",
						 mm_by_value_select(comparison->columns[i].by_value,
											comparison->columns[i].type,
											comparison->columns[i].remote_name));
		number += mm_by_value_nfields(comparison->columns[i].by_value);
	}
	return number;
}

/* Checksum or SHA-256 of the row's text, and the values apart from it, into key and sum. */
static void
finish_key(const Comparison *comparison, const char *hash, uint64 others,
		   StringInfo key, uint64 *sum)
{
	if (comparison->nkeys == 0)
	{
		pack(key, hash);
		if (comparison->is_deep)
			appendBinaryStringInfo(key, (const char *) &others, sizeof(others));
		*sum = 0;
		return;
	}
	if (comparison->request.depth == COMPARE_FULL)
		*sum = strtoull(pnstrdup(hash, 16), NULL, 16);
	else
		*sum = strtoull(hash, NULL, 10);
	if (comparison->is_deep)
		*sum = *sum * UINT64CONST(1000003) + others;
}

void
mm_compare_remote_key(const Comparison *comparison, const WireResult *result,
					  const WireRow *row, int from, StringInfo key,
					  uint64 *sum)
{
	uint64 others = 0;
	char *hash;

	for (int i = 0; i < comparison->nkeys; i++)
		pack(key, mm_result_shown(result, row, from++));
	hash = mm_result_text(result, row, from++);
	if (hash == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("MySQL could not compute the checksum of a row of table \"%s\"",
						comparison->request.table->name),
				 errdetail("CONCAT gives NULL when its result is longer than max_allowed_packet."),
				 errhint("Raise max_allowed_packet of the MySQL server.")));
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];
		char *value;

		if (column->by_value == NULL)
			continue;
		value = mm_by_value_remote(column->by_value,
								   &mm_result_fields(result)[from],
								   &row->values[from]);
		others = add_value(others, hash_text(value));
		from += mm_by_value_nfields(column->by_value);
	}
	finish_key(comparison, hash, others, key, sum);
}

void
mm_compare_local_key(const Comparison *comparison, TupleTableSlot *slot,
					 StringInfo key, uint64 *sum)
{
	StringInfoData text;
	char hash[MM_DIGEST_SIZE];
	uint64 others = 0;

	for (int i = 0; i < comparison->nkeys; i++)
	{
		const KeyColumn *column = &comparison->keys[i];
		int n = column->canonical.attnum - 1;

		pack(key, slot->tts_isnull[n] ? NULL : mm_compare_key_text(column, slot->tts_values[n]));
	}
	initStringInfo(&text);
	mm_compare_local_row_text(comparison, slot, &text);
	if (comparison->nkeys == 0 || comparison->request.depth == COMPARE_FULL)
		mm_digest(text.data, text.len, hash);
	else
		snprintf(hash, sizeof(hash), "%u",
				 mm_canonical_crc(text.data, text.len));
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];
		int n = column->attnum - 1;

		if (column->by_value != NULL)
			others = add_value(others,
							   slot->tts_isnull[n] ? 1 :
													 hash_text(mm_by_value_local(column->by_value,
																				 slot->tts_values[n])));
	}
	finish_key(comparison, hash, others, key, sum);
}

/* ---------------------------------------------------------------- sorting */

typedef struct Side
{
	Tuplesortstate *sort;
	TupleTableSlot *put; /* for rows that go in */
	TupleTableSlot *slot;
	bool at_end;
	/* The rows with the key that is in turn. */
	bytea *key;
	uint32 rows;
	uint64 sum;
} Side;

typedef struct Merge
{
	Comparison *comparison;
	CompareResult *result;
	Side remote;
	Side local;
} Merge;

static TupleDesc
sorted_desc(void)
{
	TupleDesc desc = CreateTemplateTupleDesc(2);

	TupleDescInitEntry(desc, KEY_ATTRIBUTE, "key", BYTEAOID, -1, 0);
	TupleDescInitEntry(desc, SUM_ATTRIBUTE, "sum", INT8OID, -1, 0);
	return desc;
}

static void
begin_side(Side *side)
{
	TupleDesc desc = sorted_desc();
	TypeCacheEntry *type = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR);
	AttrNumber attribute = KEY_ATTRIBUTE;
	Oid collation = InvalidOid;
	bool nulls_first = false;

	memset(side, 0, sizeof(*side));
	side->sort = tuplesort_begin_heap(desc, 1, &attribute, &type->lt_opr,
									  &collation, &nulls_first, SORT_KB, NULL,
									  false);
	side->put = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	side->slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
}

static bytea *
bytes_of(const StringInfo text)
{
	bytea *bytes = palloc(VARHDRSZ + text->len);

	SET_VARSIZE(bytes, VARHDRSZ + text->len);
	memcpy(VARDATA(bytes), text->data, text->len);
	return bytes;
}

static void
put_row(Side *side, const StringInfo key, uint64 sum)
{
	TupleTableSlot *slot = side->put;

	ExecClearTuple(slot);
	slot->tts_values[KEY_ATTRIBUTE - 1] = PointerGetDatum(bytes_of(key));
	slot->tts_values[SUM_ATTRIBUTE - 1] = Int64GetDatum((int64) sum);
	slot->tts_isnull[KEY_ATTRIBUTE - 1] = false;
	slot->tts_isnull[SUM_ATTRIBUTE - 1] = false;
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(side->sort, slot);
	ExecClearTuple(slot);
}

static void
put_local_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	StringInfoData key;
	uint64 sum;

	if (!comparison->by_ranges &&
		!comparison->buckets[mm_compare_hash_bucket(comparison, slot)].differs)
		return;
	initStringInfo(&key);
	mm_compare_local_key(comparison, slot, &key, &sum);
	put_row(arg, &key, sum);
}

/* Called with key and sum of a remote row, in the row context. */
typedef void (*TakeKey)(void *arg, const StringInfo key, uint64 sum);

static uint64
read_remote_keys(Comparison *comparison, const CompareScope *scope,
				 const char *condition, TakeKey take, void *arg)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "remote keys",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;
	uint64 count = 0;
	uint64 bytes = 0;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	(void) mm_compare_key_list(&sql, comparison);
	mm_compare_append_from(&sql, comparison, scope, condition);
	result = mm_result_open(comparison->request.conn, sql.data, context);
	while ((row = mm_result_next(result)) != NULL)
	{
		StringInfoData key;
		uint64 sum;

		MemoryContextSwitchTo(comparison->row_context);
		initStringInfo(&key);
		mm_compare_remote_key(comparison, result, row, 0, &key, &sum);
		take(arg, &key, sum);
		MemoryContextReset(comparison->row_context);
		if (++count % ROWS_PER_PACE == 0)
		{
			mm_compare_tell(comparison, count, mm_result_bytes(result));
			mm_compare_pace(comparison, ROWS_PER_PACE,
							mm_result_bytes(result) - bytes);
			bytes = mm_result_bytes(result);
		}
	}
	mm_compare_pace(comparison, count % ROWS_PER_PACE,
					mm_result_bytes(result) - bytes);
	MemoryContextSwitchTo(context);
	mm_result_close(result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return count;
}

static void
put_remote_row(void *arg, const StringInfo key, uint64 sum)
{
	put_row(arg, key, sum);
}

static void
put_remote_rows(Merge *merge, const CompareScope *scope, const char *condition)
{
	(void) read_remote_keys(merge->comparison, scope, condition,
							put_remote_row, &merge->remote);
}

/* Neighbouring ranges that differ are read in one go. */
static void
put_ranges(Merge *merge)
{
	Comparison *comparison = merge->comparison;
	int next = 0;

	while (next < comparison->nbuckets)
	{
		CompareScope scope = comparison->request.scope;
		int first = next;

		while (next < comparison->nbuckets && comparison->buckets[next].differs)
			next++;
		if (next == first)
		{
			next++;
			continue;
		}
		scope.lower = comparison->buckets[first].lower;
		scope.upper = comparison->buckets[next - 1].upper;
		put_remote_rows(merge, &scope, NULL);
		mm_compare_scan(comparison,
						mm_compare_local_rows(comparison, &scope),
						put_local_row, &merge->local);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
put_hashed(Merge *merge)
{
	Comparison *comparison = merge->comparison;
	const CompareScope *scope = &comparison->request.scope;
	StringInfoData condition;
	int count = 0;

	initStringInfo(&condition);
	appendStringInfo(&condition, "%s IN (", mm_compare_remote_hash(comparison));
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		if (comparison->buckets[i].differs)
			appendStringInfo(&condition, "%s%d", count++ > 0 ? ", " : "", i);
	}
	appendStringInfoChar(&condition, ')');
	put_remote_rows(merge, scope,
					count == comparison->nbuckets ? NULL : condition.data);
	mm_compare_scan(comparison,
					mm_compare_local_rows(comparison, scope),
					put_local_row, &merge->local);
}

/* ---------------------------------------------------------------- merging */

static void
read_next(Side *side)
{
	if (!tuplesort_gettupleslot(side->sort, true, false, side->slot, NULL))
		side->at_end = true;
	else
		slot_getallattrs(side->slot);
}

static bytea *
current_key(const Side *side)
{
	return (bytea *) DatumGetPointer(side->slot->tts_values[KEY_ATTRIBUTE - 1]);
}

/* tuplesort keeps short headers where it likes. */
static int
compare_keys(const bytea *a, const bytea *b)
{
	Size length = Min(VARSIZE_ANY_EXHDR(a), VARSIZE_ANY_EXHDR(b));
	int order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), length);

	if (order != 0)
		return order;
	return VARSIZE_ANY_EXHDR(a) < VARSIZE_ANY_EXHDR(b) ? -1 :
		   VARSIZE_ANY_EXHDR(a) > VARSIZE_ANY_EXHDR(b) ? 1 :
														 0;
}

/* All rows with the key `key` (which is current), counted. */
static void
take_group(Side *side, const bytea *key)
{
	side->rows = 0;
	side->sum = 0;
	while (!side->at_end && compare_keys(current_key(side), key) == 0)
	{
		side->rows++;
		side->sum += (uint64) DatumGetInt64(side->slot->tts_values[SUM_ATTRIBUTE - 1]);
		read_next(side);
	}
}

static void
suspect(Merge *merge, const bytea *key)
{
	const Side *remote = &merge->remote;
	const Side *local = &merge->local;
	DifferenceState state;
	uint64 copies = 1;

	if (remote->rows == local->rows && remote->sum == local->sum)
		return;
	if (merge->comparison->nkeys == 0)
	{
		state = remote->rows > local->rows ? DIFFERENCE_MISSING :
											 DIFFERENCE_EXTRA;
		copies = remote->rows > local->rows ? remote->rows - local->rows :
											  local->rows - remote->rows;
	}
	else if (local->rows == 0)
		state = DIFFERENCE_MISSING;
	else if (remote->rows == 0)
		state = DIFFERENCE_EXTRA;
	else
		state = DIFFERENCE_CHANGED;
	if (state == DIFFERENCE_MISSING)
		merge->result->missing += copies;
	else if (state == DIFFERENCE_EXTRA)
		merge->result->extra += copies;
	else
		merge->result->changed++;
	mm_compare_suspect(merge->comparison, VARDATA_ANY(key),
					   VARSIZE_ANY_EXHDR(key), state);
}

static void
merge_sides(Merge *merge)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "key in turn",
												  ALLOCSET_DEFAULT_SIZES);

	tuplesort_performsort(merge->remote.sort);
	tuplesort_performsort(merge->local.sort);
	read_next(&merge->remote);
	read_next(&merge->local);
	while (!merge->remote.at_end || !merge->local.at_end)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		const bytea *least;
		bytea *key;

		if (merge->remote.at_end)
			least = current_key(&merge->local);
		else if (merge->local.at_end)
			least = current_key(&merge->remote);
		else
			least = compare_keys(current_key(&merge->remote),
								 current_key(&merge->local)) <= 0 ?
						current_key(&merge->remote) :
						current_key(&merge->local);
		key = palloc(VARSIZE_ANY(least));
		memcpy(key, least, VARSIZE_ANY(least));
		take_group(&merge->remote, key);
		take_group(&merge->local, key);
		suspect(merge, key);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextDelete(context);
}

static void
end_side(Side *side)
{
	ExecDropSingleTupleTableSlot(side->put);
	ExecDropSingleTupleTableSlot(side->slot);
	tuplesort_end(side->sort);
}

void
mm_compare_merge(Comparison *comparison, CompareResult *result)
{
	bool any = false;
	Merge merge;

	for (int i = 0; i < comparison->nbuckets; i++)
		any = any || comparison->buckets[i].differs;
	if (!any)
		return;
	merge.comparison = comparison;
	merge.result = result;
	begin_side(&merge.remote);
	begin_side(&merge.local);
	if (comparison->by_ranges)
		put_ranges(&merge);
	else
		put_hashed(&merge);
	merge_sides(&merge);
	end_side(&merge.remote);
	end_side(&merge.local);
}

/* ---------------------------------------------------------------- all rows */

static void
suspect_row(void *arg, const StringInfo key, uint64 sum)
{
	mm_compare_suspect(arg, key->data, key->len, DIFFERENCE_CHANGED);
}

uint64
mm_compare_suspect_all(Comparison *comparison)
{
	return read_remote_keys(comparison, &comparison->request.scope, NULL,
							suspect_row, comparison);
}
