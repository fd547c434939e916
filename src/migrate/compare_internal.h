/*
 * src/migrate/compare_internal.h
 *		What the files of a comparison share.
 *
 *	compare.c			the order of the steps
 *	compare_columns.c	which columns are compared; keys, literals, conditions
 *	compare_scan.c		rows of this side
 *	compare_sums.c		step 1, counts and checksums of buckets
 *	compare_blocks.c	the local half of it, by all workers together
 *	compare_keys.c		step 2, the rows of buckets that differ, sorted, merged
 *	compare_rows.c		step 3, suspects read again
 *	compare_multiset.c	the same for rows without a key
 */
#ifndef MM_MIGRATE_COMPARE_INTERNAL_H
#define MM_MIGRATE_COMPARE_INTERNAL_H

#include "access/tupdesc.h"
#include "migrate/compare.h"
#include "types/row_sum.h"
#include "utils/tuplestore.h"
#include "wire/result.h"

/*
 * A share of the scope's rows: a range of the scope's column, or, where the
 * order of keys is not the same on both sides, the rows with the same
 * remainder of their key's CRC-32.
 */
typedef struct Bucket
{
	const char *lower; /* of a range */
	const char *upper;
	uint64 remote_rows;
	uint64 remote_sum;
	uint64 local_rows;
	uint64 local_sum;
	bool differs;
} Bucket;

typedef struct KeyColumn
{
	const RemoteColumn *column;
	CanonicalColumn canonical;
	const char *local_name;
	Oid local_type;
	int32 local_typmod;
} KeyColumn;

struct Comparison
{
	CompareRequest request;
	MemoryContext context;
	MemoryContext row_context; /* of a key of MySQL's, reset per row */
	const char *relation_name; /* quoted, schema and all */
	int ncolumns;
	CanonicalColumn *columns;
	RowSum *row_sum;
	const char **local_names;
	int nkeys; /* 0: rows are their own keys */
	KeyColumn *keys;
	bool is_deep; /* there are columns to be compared by value */
	bool by_ranges;
	bool by_slices;	 /* each range is a slice of request.sums, */
	int first_slice; /* from this one on */
	const char *uncompared;
	int nbuckets;
	Bucket *buckets;
	Tuplestorestate *suspects;
	TupleTableSlot *suspect_slot;
	bool is_rewound;
	bool is_at_end; /* of the suspects */

	bool wants_texts;

	/* The batch in hand: of rows with a key, or without. */
	MemoryContext batch_context;
	struct Batch *batch;
	struct Multiset *multiset;
	MemoryContext handle_context; /* while it is handled */

	RowBuilder *builder; /* rows that are handled are decoded, too */
	int natts;
};

/* compare.c */
extern void mm_compare_tell(const Comparison *comparison, uint64 rows,
							uint64 bytes);

/*
 * After a statement for which MySQL read so many rows, and sent so many bytes:
 * wait, where there is a rate to keep.  A statement that goes over many rows is
 * divided if mm_compare_is_paced.
 */
extern void mm_compare_pace(const Comparison *comparison, uint64 rows,
							uint64 bytes);
extern bool mm_compare_is_paced(const Comparison *comparison);

/* Key of a row: each part with its length in front; order is that of bytes. */
extern char **mm_compare_unpack(const char *key, Size length, int nparts);

/* compare_columns.c */
extern void mm_compare_match_columns(Comparison *comparison);
extern char *mm_compare_local_literal(const ColumnType *column,
									  const char *text, Oid type,
									  int32 typmod);
extern bool mm_compare_key_is_number(const KeyColumn *key);
extern int64 mm_compare_key_number(const KeyColumn *key, Datum value);
extern char *mm_compare_key_text(const KeyColumn *key, Datum value);
extern char *mm_compare_remote_key_text(const Comparison *comparison,
										const KeyColumn *key);
extern char *mm_compare_remote_crc(const Comparison *comparison);
extern char *mm_compare_remote_row_text(const Comparison *comparison);
extern char *mm_compare_local_rows(const Comparison *comparison,
								   const CompareScope *scope);
extern void mm_compare_append_from(StringInfo sql,
								   const Comparison *comparison,
								   const CompareScope *scope,
								   const char *condition);

/* compare_scan.c */

/* As mm_compare_scan, for many rows: SELECT <the compared columns>, no more. */
extern void mm_compare_scan_all(Comparison *comparison, const char *condition,
								LocalRow take, void *arg);
extern uint64 mm_compare_count_local(Comparison *comparison,
									 const char *condition);
extern void mm_compare_local_row_text(const Comparison *comparison,
									  TupleTableSlot *slot, StringInfo out);

/* compare_sums.c */
extern void mm_compare_sum_buckets(Comparison *comparison);
extern int mm_compare_hash_bucket(const Comparison *comparison,
								  TupleTableSlot *slot);
extern char *mm_compare_remote_hash(const Comparison *comparison);

/* compare_blocks.c */
extern bool mm_compare_sum_blocks(Comparison *comparison);

/* compare_keys.c */
extern void mm_compare_merge(Comparison *comparison, CompareResult *result);

/*
 * Expressions that mm_compare_remote_key needs in a SELECT list, and key and
 * sum of a remote row made of them (`from`: number of the first).
 */
extern int mm_compare_key_list(StringInfo sql, const Comparison *comparison);
extern void mm_compare_remote_key(const Comparison *comparison,
								  const WireResult *result,
								  const WireRow *row, int from,
								  StringInfo key, uint64 *sum);


/* compare_rows.c */

/* What follows the key in a SELECT list: texts and columns to decode. */
extern void mm_compare_row_list(StringInfo sql, const Comparison *comparison);

/* A remote row into the pair, from expression number `from` on. */
typedef struct RowReader RowReader;
extern RowReader *mm_compare_reader(const Comparison *comparison,
									const WireResult *result, int from);
extern void mm_compare_read_row(RowReader *reader, const WireRow *row,
								RowPair *pair);

/* The next suspect, false at the end. */
extern bool mm_compare_next_suspect(Comparison *comparison, const char **key,
									Size *length, DifferenceState *state);

/* compare_multiset.c */
extern bool mm_compare_multiset_next(Comparison *comparison);
extern void mm_compare_multiset_handle(Comparison *comparison,
									   HandleRow handle, void *arg);

#endif /* MM_MIGRATE_COMPARE_INTERNAL_H */
