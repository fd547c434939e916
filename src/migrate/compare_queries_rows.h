/*
 * src/migrate/compare_queries_rows.h
 *		The rows of one query on both sides, reduced to sums that can be
 *		compared.
 */
#ifndef MM_MIGRATE_COMPARE_QUERIES_ROWS_H
#define MM_MIGRATE_COMPARE_QUERIES_ROWS_H

#include "access/tupdesc.h"
#include "types/type_map.h"
#include "wire/result.h"

/* What the rows of a result add up to, whatever their number. */
typedef struct RowSums
{
	uint64 rows;
	uint64 sum1; /* of the rows' hashes: the same for the same multiset */
	uint64 sum2;
	uint64 chain;	 /* of the hashes, one after the other: the order too */
	uint64 *columns; /* sums of each column */
} RowSums;

typedef struct QueryColumns QueryColumns;

/*
 * How the columns of a local and a remote result are made comparable.  The
 * local types decide.  Raises when their numbers differ.  Lives in the current
 * memory context.
 */
extern QueryColumns *mm_query_columns_create(TupleDesc local, int nfields,
											 const WireField *fields,
											 const ValuePolicies *policies);

extern void mm_query_sums_init(RowSums *sums, int ncolumns);
extern void mm_query_add_local(QueryColumns *columns, RowSums *sums,
							   const Datum *values, const bool *isnull);
extern void mm_query_add_remote(QueryColumns *columns, RowSums *sums,
								const WireRow *row);

/*
 * NULL: the same rows (in the same order, if that is wanted); else what
 * differs, in words.
 */
extern char *mm_query_difference(const QueryColumns *columns,
								 const RowSums *local, const RowSums *remote,
								 bool is_ordered);

#endif /* MM_MIGRATE_COMPARE_QUERIES_ROWS_H */
