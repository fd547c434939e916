/*
 * src/migrate/compare_multiset.c
 *		Step 3 for rows without a key: how often is each row there?
 *
 * There is nothing to look a row up by, so each batch of suspects costs two
 * readings of both sides (of their buckets, from MySQL): the first counts, the
 * second gives the rows that are too few or too many.
 */
#include "postgres.h"

#include "base/compat.h"
#include "common/hashfn.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* An entry takes about 100 bytes. */
#define ROWS_PER_BATCH 100000

/* SHA-256 as hexadecimal text with its length, and the sum of JSON values. */
#define KEY_LENGTH (sizeof(uint32) + 32 + sizeof(uint64))

typedef struct RowCount
{
	char key[KEY_LENGTH]; /* hash key */
	uint32 remote_rows;
	uint32 local_rows;
	uint32 handled;
} RowCount;

typedef struct Multiset Multiset;

struct Multiset
{
	Comparison *comparison;
	HTAB *rows;
	Size key_length;
	bool counts; /* the first reading */
	HandleRow handle;
	void *arg;
};

static RowCount *
find_row(Multiset *set, const StringInfo key)
{
	char padded[KEY_LENGTH] = {0};

	Assert(key->len <= KEY_LENGTH);
	memcpy(padded, key->data, key->len);
	return hash_search(set->rows, padded, HASH_FIND, NULL);
}

static void
handle_row(Multiset *set, RowCount *count, RowPair *pair)
{
	pair->key = count->key;
	pair->key_length = set->key_length;
	pair->remote_rows = count->remote_rows;
	pair->local_rows = count->local_rows;
	count->handled++;
	set->handle(set->arg, pair);
}

static void
take_local_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	Multiset *set = arg;
	StringInfoData key;
	RowCount *count;
	RowPair pair;
	uint64 sum;

	initStringInfo(&key);
	mm_compare_local_key(comparison, slot, &key, &sum);
	count = find_row(set, &key);
	if (count == NULL)
		return;
	if (set->counts)
	{
		count->local_rows++;
		return;
	}
	if (count->local_rows <= count->remote_rows ||
		count->handled >= count->local_rows - count->remote_rows)
		return;
	memset(&pair, 0, sizeof(pair));
	pair.state = DIFFERENCE_EXTRA;
	pair.tableoid = DatumGetObjectId(slot->tts_values[comparison->ncolumns]);
	pair.tid = *(ItemPointer) DatumGetPointer(slot->tts_values[comparison->ncolumns + 1]);
	handle_row(set, count, &pair);
}

static void
take_remote_row(Multiset *set, const WireResult *result, RowReader *reader,
				const WireRow *row)
{
	StringInfoData key;
	RowCount *count;
	RowPair pair;
	uint64 sum;

	initStringInfo(&key);
	mm_compare_remote_key(set->comparison, result, row, 0, &key, &sum);
	count = find_row(set, &key);
	if (count == NULL)
		return;
	if (set->counts)
	{
		count->remote_rows++;
		return;
	}
	if (count->remote_rows <= count->local_rows ||
		count->handled >= count->remote_rows - count->local_rows)
		return;
	memset(&pair, 0, sizeof(pair));
	pair.state = DIFFERENCE_MISSING;
	mm_compare_read_row(reader, row, &pair);
	handle_row(set, count, &pair);
}

/* Only the buckets that have differed. */
static char *
bucket_condition(const Comparison *comparison)
{
	StringInfoData condition;
	int count = 0;

	if (comparison->nbuckets == 0)
		return NULL; /* the suspects come from elsewhere */
	initStringInfo(&condition);
	appendStringInfo(&condition, "%s IN (", mm_compare_remote_hash(comparison));
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		if (comparison->buckets[i].differs)
			appendStringInfo(&condition, "%s%d", count++ > 0 ? ", " : "", i);
	}
	appendStringInfoChar(&condition, ')');
	return count == comparison->nbuckets ? NULL : condition.data;
}

static void
read_remote(Multiset *set)
{
	Comparison *comparison = set->comparison;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "remote rows",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext row_context = AllocSetContextCreate(context, "remote row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RowReader *reader = NULL;
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;
	uint64 rows = 0;
	int from;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	from = mm_compare_key_list(&sql, comparison);
	if (!set->counts)
		mm_compare_row_list(&sql, comparison);
	mm_compare_append_from(&sql, comparison, &comparison->request.scope,
						   bucket_condition(comparison));
	result = mm_result_open(comparison->request.conn, sql.data, context);
	if (!set->counts)
		reader = mm_compare_reader(comparison, result, from);
	for (; (row = mm_result_next(result)) != NULL; rows++)
	{
		MemoryContextSwitchTo(row_context);
		take_remote_row(set, result, reader, row);
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(context);
	mm_compare_pace(comparison, rows, mm_result_bytes(result));
	mm_result_close(result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
read_local(Multiset *set)
{
	Comparison *comparison = set->comparison;

	mm_compare_scan(comparison,
					mm_compare_local_rows(comparison, &comparison->request.scope),
					take_local_row, set);
}

/* What is left to read, now that all is counted? */
static void
settle(Multiset *set, bool *any_missing, bool *any_extra)
{
	HASH_SEQ_STATUS status;
	RowCount *count;

	*any_missing = *any_extra = false;
	hash_seq_init(&status, set->rows);
	while ((count = hash_seq_search(&status)) != NULL)
	{
		*any_missing |= count->remote_rows > count->local_rows;
		*any_extra |= count->local_rows > count->remote_rows;
	}
}

bool
mm_compare_multiset_next(Comparison *comparison)
{
	Multiset *set = palloc0(sizeof(Multiset));
	const char *key;
	Size length;
	DifferenceState state;
	HASHCTL control;

	set->comparison = comparison;
	comparison->multiset = set;
	memset(&control, 0, sizeof(control));
	control.keysize = KEY_LENGTH;
	control.entrysize = sizeof(RowCount);
	control.hcxt = CurrentMemoryContext;
	set->rows = hash_create("rows without a key", 1024, &control,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while (hash_get_num_entries(set->rows) < ROWS_PER_BATCH &&
		   mm_compare_next_suspect(set->comparison, &key, &length, &state))
	{
		char padded[KEY_LENGTH] = {0};
		RowCount *count;

		memcpy(padded, key, Min(length, KEY_LENGTH));
		count = hash_search(set->rows, padded, HASH_ENTER, NULL);
		memset(count->key + KEY_LENGTH, 0, sizeof(*count) - KEY_LENGTH);
		set->key_length = length;
	}
	return hash_get_num_entries(set->rows) > 0;
}

static void
forget_counts(Multiset *set)
{
	HASH_SEQ_STATUS status;
	RowCount *count;

	hash_seq_init(&status, set->rows);
	while ((count = hash_seq_search(&status)) != NULL)
		count->remote_rows = count->local_rows = count->handled = 0;
}

void
mm_compare_multiset_handle(Comparison *comparison, HandleRow handle,
						   void *arg)
{
	Multiset *set = comparison->multiset;
	bool any_missing;
	bool any_extra;

	set->handle = handle;
	set->arg = arg;
	forget_counts(set);
	set->counts = true;
	read_local(set);
	read_remote(set);
	settle(set, &any_missing, &any_extra);
	set->counts = false;
	if (any_extra)
		read_local(set);
	if (any_missing)
		read_remote(set);
}
