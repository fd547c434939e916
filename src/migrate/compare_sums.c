/*
 * src/migrate/compare_sums.c
 *		Step 1: counts and checksums of buckets, on both sides.
 *
 * Where the order of keys is the same on both sides, buckets are ranges: one
 * SELECT each, all in one UNION, so that MySQL needs no temporary table (with
 * GROUP BY it takes twice as long (measured)), and a bucket that differs can
 * be read through the index.  Elsewhere MySQL groups by the CRC-32 of the key.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/integer.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define ROWS_PER_BUCKET 1000
#define MAX_BUCKETS		65536
#define RANGES			64

/* A range that differs, and has more rows, is cut once more. */
#define NARROW_ROWS	 500
#define NARROW_PARTS 16

/* ---------------------------------------------------------------- ranges */

static const char *
one_value(const Comparison *comparison, const char *function)
{
	const CompareScope *scope = &comparison->request.scope;
	StringInfoData sql;

	/* Without the user's filter: the ends of the index are enough. */
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT CAST(%s(%s) AS CHAR) FROM %s", function,
					 mm_quote_remote_ident(scope->column->name),
					 mm_catalog_from(comparison->request.table));
	if (scope->lower != NULL || scope->upper != NULL)
		appendStringInfo(&sql, " WHERE %s",
						 mm_compare_remote_scope(scope, NULL));
	return mm_conn_query_value(comparison->request.conn, sql.data);
}

/* Ranges of the same width, whose first and last bounds are set already. */
static void
cut_between(Bucket *buckets, int number, const char *low, const char *high)
{
	int128 first = mm_integer_of(low);
	int128 width = mm_integer_of(high) - first;

	for (int i = 1; i < number; i++)
	{
		buckets[i - 1].upper = mm_integer_text(first + width * i / number);
		buckets[i].lower = buckets[i - 1].upper;
	}
}

static void
cut_integers(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;
	const char *low = scope->lower ? scope->lower :
									 one_value(comparison, "MIN");
	const char *high = scope->upper ? scope->upper :
									  one_value(comparison, "MAX");
	int128 width;

	if (low == NULL || high == NULL)
		return; /* MySQL has no row here */
	width = mm_integer_of(high) - mm_integer_of(low);
	comparison->nbuckets = (int) Max(Min(width / ROWS_PER_BUCKET, RANGES), 1);
	cut_between(comparison->buckets, comparison->nbuckets, low, high);
}

/*
 * Into the slices that the local sums are taken of, for all tasks at once;
 * false: there are none.
 */
static bool
cut_slices(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;
	SharedSums *sums = comparison->request.sums;
	int first;
	int end;

	if (sums == NULL || mm_shared_sums_slices(sums) == 0 ||
		comparison->request.depth != COMPARE_CHECKSUM ||
		comparison->is_deep || !mm_row_sum_is_xor(comparison->row_sum))
		return false;
	first = scope->lower ? mm_shared_sums_behind(sums, scope->lower) : 0;
	end = scope->upper ? mm_shared_sums_behind(sums, scope->upper) :
						 mm_shared_sums_slices(sums);
	if (first < 0 || end <= first)
		return false;
	comparison->nbuckets = end - first;
	comparison->buckets = palloc0(comparison->nbuckets * sizeof(Bucket));
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		comparison->buckets[i].lower =
			i == 0 ? scope->lower : comparison->buckets[i - 1].upper;
		comparison->buckets[i].upper =
			i == comparison->nbuckets - 1 ?
				scope->upper :
				mm_integer_text(mm_shared_sums_end(sums, first + i));
	}
	comparison->first_slice = first;
	return true;
}

static void
cut_ranges(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;

	comparison->by_slices = cut_slices(comparison);
	if (comparison->by_slices)
		return;
	comparison->buckets = palloc0(RANGES * sizeof(Bucket));
	comparison->nbuckets = 1;
	comparison->buckets[0].lower = scope->lower;
	if (mm_type_is_integer(&scope->column->type))
		cut_integers(comparison);
	comparison->buckets[comparison->nbuckets - 1].upper = scope->upper;
}

static CompareScope
scope_of(const Comparison *comparison, const Bucket *bucket)
{
	CompareScope scope = comparison->request.scope;

	scope.lower = bucket->lower;
	scope.upper = bucket->upper;
	return scope;
}

static void
append_sums(StringInfo sql, const Comparison *comparison)
{
	appendStringInfo(sql, "COUNT(*), %s",
					 mm_row_sum_remote(comparison->row_sum));
}

static char *
range_query(const Comparison *comparison, int first, int end)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = first; i < end; i++)
	{
		CompareScope scope = scope_of(comparison, &comparison->buckets[i]);

		appendStringInfo(&sql, "%sSELECT %d, ",
						 i > first ? " UNION ALL " : "", i);
		append_sums(&sql, comparison);
		mm_compare_append_from(&sql, comparison, &scope, NULL);
	}
	return sql.data;
}

static void
sum_local_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	Bucket *bucket = arg;

	bucket->local_rows++;
	mm_row_sum_add(comparison->row_sum, &bucket->local_sum, slot->tts_values,
				   slot->tts_isnull);
}

typedef struct NumberedRows
{
	int64 *ends; /* of the ranges */
	int range;	 /* of the last row */
} NumberedRows;

static void
sum_numbered_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	NumberedRows *rows = arg;
	const KeyColumn *key = &comparison->keys[0];
	Datum value = slot->tts_values[key->canonical.attnum - 1];

	rows->range = mm_integer_range(rows->ends, comparison->nbuckets,
								   mm_compare_key_number(key, value),
								   rows->range);
	sum_local_row(comparison, slot, &comparison->buckets[rows->range]);
}

/*
 * All ranges in one scan, which does not care for the order of the rows: where
 * the key's value itself tells the range.
 */
static bool
sum_local_numbers(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;
	NumberedRows rows = {NULL, 0};

	if (!mm_compare_key_is_number(&comparison->keys[0]))
		return false;
	rows.ends = palloc(comparison->nbuckets * sizeof(int64));
	for (int i = 0; i < comparison->nbuckets - 1; i++)
		/* MySQL's may be beyond what is here. */
		rows.ends[i] = (int64) Min(mm_integer_of(comparison->buckets[i].upper),
								   PG_INT64_MAX);
	rows.ends[comparison->nbuckets - 1] = PG_INT64_MAX;
	mm_compare_scan_all(comparison, mm_compare_local_rows(comparison, scope),
						sum_numbered_row, &rows);
	return true;
}

static void
sum_local_ranges(Comparison *comparison)
{
	if (sum_local_numbers(comparison))
		return;
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		Bucket *bucket = &comparison->buckets[i];
		CompareScope scope = scope_of(comparison, bucket);

		mm_compare_scan_all(comparison,
							mm_compare_local_rows(comparison, &scope),
							sum_local_row, bucket);
	}
}

/* ---------------------------------------------------------------- hashes */

/* "CRC32(key) % 100" in MySQL. */
char *
mm_compare_remote_hash(const Comparison *comparison)
{
	StringInfoData sql;

	if (comparison->nkeys == 0)
		return psprintf("%s %% %d", mm_compare_remote_crc(comparison),
						comparison->nbuckets);
	initStringInfo(&sql);
	appendStringInfoString(&sql, "CRC32(CONCAT_WS('#'");
	for (int i = 0; i < comparison->nkeys; i++)
		appendStringInfo(&sql, ", %s",
						 mm_compare_remote_key_text(comparison,
													&comparison->keys[i]));
	appendStringInfo(&sql, ")) %% %d", comparison->nbuckets);
	return sql.data;
}

int
mm_compare_hash_bucket(const Comparison *comparison, TupleTableSlot *slot)
{
	StringInfoData text;

	initStringInfo(&text);
	if (comparison->nkeys == 0)
		mm_compare_local_row_text(comparison, slot, &text);
	for (int i = 0; i < comparison->nkeys; i++)
	{
		const KeyColumn *key = &comparison->keys[i];
		int n = key->canonical.attnum - 1;

		if (i > 0)
			appendStringInfoChar(&text, '#');
		if (!slot->tts_isnull[n])
			appendStringInfoString(&text,
								   mm_compare_key_text(key,
													   slot->tts_values[n]));
	}
	return mm_canonical_crc(text.data, text.len) % comparison->nbuckets;
}

/* By MySQL's estimate of today. */
static int
hash_buckets(const Comparison *comparison)
{
	const RemoteTable *table = comparison->request.table;
	char *rows = mm_conn_query_value(comparison->request.conn,
									 psprintf("SELECT CAST(table_rows AS CHAR)"
											  "  FROM information_schema.tables"
											  " WHERE table_schema = %s"
											  "   AND table_name = %s",
											  mm_quote_remote_literal(table->schema),
											  mm_quote_remote_literal(table->name)));
	uint64 estimate = rows ? strtoull(rows, NULL, 10) : 0;

	return (int) Min(Max(estimate / ROWS_PER_BUCKET, 1), MAX_BUCKETS);
}

static char *
hash_query(const Comparison *comparison)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT CAST(%s AS SIGNED) AS mm_bucket, ",
					 mm_compare_remote_hash(comparison));
	append_sums(&sql, comparison);
	mm_compare_append_from(&sql, comparison, &comparison->request.scope, NULL);
	appendStringInfoString(&sql, " GROUP BY mm_bucket");
	return sql.data;
}

static void
sum_hashed_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	int number = mm_compare_hash_bucket(comparison, slot);

	sum_local_row(comparison, slot, &comparison->buckets[number]);
}

/* ---------------------------------------------------------------- both sides */

static void
refuse_null_sum(const Comparison *comparison)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("MySQL could not compute the checksums of table \"%s\"",
					comparison->request.table->name),
			 errdetail("CONCAT gives NULL when its result is longer than max_allowed_packet."),
			 errhint("Raise max_allowed_packet of the MySQL server.")));
}

static void
read_remote_sums(Comparison *comparison, WireResult *result)
{
	const WireRow *row;
	uint64 rows = 0;

	mm_result_receive(result);
	while ((row = mm_result_next(result)) != NULL)
	{
		int64 number = mm_result_int64(result, row, 0);
		char *sum = mm_result_text(result, row, 2);
		Bucket *bucket;

		if (number < 0 || number >= comparison->nbuckets)
			refuse_null_sum(comparison);
		bucket = &comparison->buckets[number];
		bucket->remote_rows = mm_result_int64(result, row, 1);
		bucket->remote_sum = sum ? strtoull(sum, NULL, 10) : 0;
		rows += bucket->remote_rows;
	}
	mm_compare_pace(comparison, rows, mm_result_bytes(result));
	mm_result_close(result);
}

static void
sum_local(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;

	if (comparison->by_slices && mm_compare_sum_blocks(comparison))
		return;
	if (comparison->by_ranges)
		sum_local_ranges(comparison);
	else
		mm_compare_scan_all(comparison,
							mm_compare_local_rows(comparison, scope),
							sum_hashed_row, NULL);
}

/*
 * This side sums up its rows while MySQL does: all in one statement, or range
 * by range where there is a rate to keep.
 */
static void
sum_both_sides(Comparison *comparison)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "sums",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int number = comparison->by_ranges && mm_compare_is_paced(comparison) ?
					 1 :
					 comparison->nbuckets;

	for (int i = 0; i < comparison->nbuckets; i += number)
	{
		char *sql = comparison->by_ranges ?
						range_query(comparison, i,
									Min(i + number, comparison->nbuckets)) :
						hash_query(comparison);
		WireResult *result = mm_result_send(comparison->request.conn, sql,
											context);

		if (i == 0)
			sum_local(comparison);
		read_remote_sums(comparison, result);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static bool
sums_differ(const Comparison *comparison, const Bucket *bucket)
{
	return bucket->local_rows != bucket->remote_rows ||
		   bucket->local_sum != bucket->remote_sum ||
		   ((comparison->is_deep ||
			 comparison->request.depth == COMPARE_FULL) &&
			bucket->local_rows > 0);
}

static void
find_differing(Comparison *comparison)
{
	for (int i = 0; i < comparison->nbuckets; i++)
		comparison->buckets[i].differs = sums_differ(comparison,
													 &comparison->buckets[i]);
}

/* ---------------------------------------------------------------- narrowing */

static bool
can_be_narrowed(const Bucket *bucket)
{
	return bucket->differs && bucket->lower != NULL && bucket->upper != NULL &&
		   Max(bucket->local_rows, bucket->remote_rows) > NARROW_ROWS;
}

/* The parts of a range, summed up once more. */
static void
narrow(const Comparison *comparison, const Bucket *bucket, Bucket *parts)
{
	Comparison range = *comparison;

	range.request.scope = scope_of(comparison, bucket);
	range.by_slices = false;
	range.buckets = parts;
	range.nbuckets = NARROW_PARTS;
	parts[0].lower = bucket->lower;
	parts[NARROW_PARTS - 1].upper = bucket->upper;
	cut_between(parts, NARROW_PARTS, bucket->lower, bucket->upper);
	sum_both_sides(&range);
	find_differing(&range);
}

/*
 * Where few ranges differ, mostly a few rows in each do: in their place come
 * parts of them.  The rows of a part are read, which takes six times as long as
 * to sum them up (measured).
 */
static void
narrow_ranges(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;
	Bucket *buckets = comparison->buckets;
	int nbuckets = comparison->nbuckets;
	int number = 0;

	for (int i = 0; i < nbuckets; i++)
		number += can_be_narrowed(&buckets[i]);
	if (number == 0 || number > nbuckets / 2 || comparison->is_deep ||
		comparison->request.depth != COMPARE_CHECKSUM ||
		!mm_type_is_integer(&scope->column->type))
		return;
	comparison->buckets = palloc0((nbuckets + number * (NARROW_PARTS - 1)) *
								  sizeof(Bucket));
	comparison->nbuckets = 0;
	for (int i = 0; i < nbuckets; i++)
	{
		Bucket *next = &comparison->buckets[comparison->nbuckets];

		if (can_be_narrowed(&buckets[i]))
		{
			narrow(comparison, &buckets[i], next);
			comparison->nbuckets += NARROW_PARTS;
		}
		else
		{
			*next = buckets[i];
			comparison->nbuckets++;
		}
	}
	pfree(buckets);
}

/* ---------------------------------------------------------------- step 1 */

/*
 * mm_compare_sum_buckets
 *		Cut the scope into buckets, and find those that differ.
 */
void
mm_compare_sum_buckets(Comparison *comparison)
{
	const CompareScope *scope = &comparison->request.scope;

	comparison->by_ranges = scope->column != NULL && !scope->is_null &&
							mm_compare_range_column(comparison->request.table,
													comparison->request.relation,
													comparison->request.policies) ==
								scope->column;
	if (comparison->by_ranges)
		cut_ranges(comparison);
	else
	{
		comparison->nbuckets = hash_buckets(comparison);
		comparison->buckets = palloc0(comparison->nbuckets * sizeof(Bucket));
	}
	sum_both_sides(comparison);
	find_differing(comparison);
	if (comparison->by_ranges)
		narrow_ranges(comparison);
}
