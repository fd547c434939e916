/*
 * src/migrate/compare.h
 *		Are the rows of a range the same on both sides?
 */
#ifndef MM_MIGRATE_COMPARE_H
#define MM_MIGRATE_COMPARE_H

#include "load/chunk.h"
#include "source/remote_catalog.h"
#include "types/canonical.h"
#include "wire/connection.h"

typedef enum DifferenceState
{
	DIFFERENCE_MISSING, /* not here */
	DIFFERENCE_CHANGED,
	DIFFERENCE_EXTRA /* not in MySQL */
} DifferenceState;

/* One row that differs; the strings are valid during the call only. */
typedef struct RowDifference
{
	DifferenceState state;
	const char *key; /* jsonb text, NULL: the table has no key */
	int ncolumns;	 /* that differ, of a changed row */
	const char **columns;
	const char **local; /* their canonical texts, NULL: SQL NULL */
	const char **remote;
} RowDifference;

typedef void (*ReportDifference)(void *arg, const RowDifference *difference);

typedef struct CompareRequest
{
	WireConn *conn;
	const RemoteTable *table;
	Oid relation;
	const ChunkKey *key; /* of the range; NULL: the whole table */
	const Chunk *chunk;
	const char *where; /* the table's filter, or NULL */
	const ValuePolicies *policies;
	bool count_only;
	ReportDifference report;
	void *report_arg;
} CompareRequest;

typedef struct CompareResult
{
	uint64 remote_rows;
	uint64 local_rows;
	uint64 missing;
	uint64 changed;
	uint64 extra;
	int uncompared; /* columns that could not be compared */
} CompareResult;

/*
 * Within the open transaction, as the current user (who needs SELECT on the
 * table).  Counts and checksums of buckets first; only buckets that differ are
 * looked at row by row, twice, so that a row that changes between the two
 * readings is no false alarm.  Memory does not grow with the table.
 */
extern void mm_compare_range(const CompareRequest *request,
							 CompareResult *result);

/* May the table be compared by ranges of this key (same order here)? */
extern bool mm_compare_by_ranges(const RemoteTable *table, Oid relation);

#endif /* MM_MIGRATE_COMPARE_H */
