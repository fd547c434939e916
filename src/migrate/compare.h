/*
 * src/migrate/compare.h
 *		Which rows of a table differ from MySQL's?
 *
 * A comparison looks at one scope: a whole table, or a range of its key.
 * mm_compare_find goes over all rows of the scope and gathers suspects, by
 * key; mm_compare_next reads those once more from both sides, some at a time,
 * so that a row that changed between two looks is no false alarm.  Memory does
 * not grow with the table: what may be large is spooled to disk.
 *
 * The suspects outlive the transaction that found them.
 */
#ifndef MM_MIGRATE_COMPARE_H
#define MM_MIGRATE_COMPARE_H

#include "base/counters.h"
#include "base/throttle.h"
#include "executor/tuptable.h"
#include "load/chunk.h"
#include "load/row_builder.h"
#include "migrate/shared_sums.h"
#include "source/remote_catalog.h"
#include "storage/itemptr.h"
#include "types/canonical.h"
#include "wire/result.h"

typedef enum CompareDepth
{
	COMPARE_COUNT,
	COMPARE_CHECKSUM,
	COMPARE_FULL /* every row by its SHA-256 */
} CompareDepth;

typedef enum DifferenceState
{
	DIFFERENCE_NONE,	/* it has become equal in the meantime */
	DIFFERENCE_MISSING, /* not here */
	DIFFERENCE_CHANGED,
	DIFFERENCE_EXTRA /* not in MySQL */
} DifferenceState;

/*
 * Rows of a table.  Bounds are values of `column` as canonical text; NULL:
 * open.  lower is exclusive, upper inclusive.
 */
typedef struct CompareScope
{
	const RemoteColumn *column; /* NULL: the whole table */
	const char *lower;
	const char *upper;
	bool is_null; /* the rows where the column is NULL */
} CompareScope;

typedef struct CompareRequest
{
	WireConn *conn;
	const RemoteTable *table;
	Oid relation;
	CompareScope scope;
	const char *where; /* the table's filter, or NULL */
	const ValuePolicies *policies;
	CompareDepth depth;
	LiveCounters *counters;
	Throttle *throttle; /* what MySQL reads per second; may be NULL */
	SharedSums *sums;	/* local sums that others take, too; may be NULL */
} CompareRequest;

typedef struct CompareResult
{
	uint64 remote_rows;
	uint64 local_rows;
	uint64 missing; /* suspects of each kind */
	uint64 changed;
	uint64 extra;
	const char *uncompared; /* names of columns that are not compared */
} CompareResult;

/* A row as both sides have it now. */
typedef struct RowPair
{
	DifferenceState state;
	const char *key;
	Size key_length;
	char **key_texts; /* per key column */
	uint32 remote_rows;
	uint32 local_rows;
	uint64 remote_sum;
	uint64 local_sum;

	/* Canonical texts of the compared columns, if the comparison has them. */
	char **remote_texts;

	/* MySQL's row in local values, if the comparison has a builder. */
	Datum *values;
	bool *isnull;
	RowInputs inputs;	/* of transforms, which are still to be done */
	DecodeError *error; /* NULL: it could be decoded */
	const RemoteColumn *error_column;
	WireValue error_value;

	/* The (last) local row, if there is one. */
	ItemPointerData tid;
	Oid tableoid;
} RowPair;

typedef struct Comparison Comparison;

/* The pair, and what it points to, is valid during the call only. */
typedef void (*HandleRow)(void *arg, const RowPair *pair);

/*
 * Lives in the current memory context.  As the current user, who needs SELECT
 * on the table and must not be restricted by row security.
 */
extern Comparison *mm_compare_open(const CompareRequest *request);

/* Go over the scope, in one transaction; result is filled in. */
extern void mm_compare_find(Comparison *comparison, CompareResult *result);

/* A suspect from elsewhere; the key is one of an earlier RowPair. */
extern void mm_compare_suspect(Comparison *comparison, const char *key,
							   Size length, DifferenceState state);

/* Rows that are handled have remote_texts. */
extern void mm_compare_want_texts(Comparison *comparison);

/* Rows that are handled are decoded for a relation of that many attributes. */
extern void mm_compare_want_values(Comparison *comparison, RowBuilder *builder,
								   int natts);

/* Every remote row of the scope is a suspect; gives their number. */
extern uint64 mm_compare_suspect_all(Comparison *comparison);

/* Take the next batch of suspects; false when there are none left. */
extern bool mm_compare_next(Comparison *comparison);

/*
 * Read the suspects of the batch once more and handle those that still differ.
 * May be repeated, and each time may have a transaction of its own.  The
 * connection is in use while rows are handled.
 */
extern void mm_compare_handle(Comparison *comparison, HandleRow handle,
							  void *arg);

/* After an error in it. */
extern void mm_compare_recover(Comparison *comparison);

/*
 * Read this side of the batch again: the number of rows that were handled and
 * are not equal now.  (Of rows without a key none is looked at.)
 */
extern uint64 mm_compare_verify(Comparison *comparison);

/* One row, by its key; the connection is free again. */
extern RowPair *mm_compare_read(Comparison *comparison, const char *key,
								Size length);

/* Texts of the pair's local row, NULL: SQL NULL; NULL when it is gone. */
extern char **mm_compare_local_texts(Comparison *comparison,
									 const RowPair *pair);

/*
 * `take` is called, in the row context, for every local row under a condition
 * (NULL: for all), as SELECT <the compared columns, in their order>, tableoid,
 * ctid gives it.
 */
typedef void (*LocalRow)(Comparison *comparison, TupleTableSlot *slot,
						 void *arg);
extern void mm_compare_scan(Comparison *comparison, const char *condition,
							LocalRow take, void *arg);

/* Key and sum of such a row, as they are compared. */
extern void mm_compare_local_key(const Comparison *comparison,
								 TupleTableSlot *slot, StringInfo key,
								 uint64 *sum);

/* {"id": 5}; NULL without a key. */
extern char *mm_compare_key_json(const Comparison *comparison,
								 const RowPair *pair);

extern int mm_compare_ncolumns(const Comparison *comparison);
extern const char *mm_compare_column_name(const Comparison *comparison, int n);
extern int mm_compare_nkeys(const Comparison *comparison);
extern const RemoteColumn *mm_compare_key_column(const Comparison *comparison,
												 int n);

/*
 * The column whose ranges hold the same rows on both sides, or NULL; the
 * column that has to be asked for NULL apart (of a nullable unique key).
 */
extern const RemoteColumn *mm_compare_range_column(const RemoteTable *table,
												   Oid relation,
												   const ValuePolicies *policies);
extern const RemoteColumn *mm_compare_null_column(const RemoteTable *table,
												  Oid relation);

/* Value of a column as canonical text, in MySQL: an expression. */
extern char *mm_compare_remote_text(const RemoteColumn *column,
									const ValuePolicies *policies);
extern char *mm_compare_remote_literal(const ColumnType *type,
									   const char *text);

/* Is there a local value that is the text, to compare a column with? */
extern bool mm_compare_may_be_local(const ColumnType *column,
									const char *text, Oid type, int32 typmod);

/* Is there a key that both sides know rows by? */
extern bool mm_compare_has_key(const RemoteTable *table, Oid relation);

/* Canonical text of a value of this side, as bounds have it. */
extern char *mm_compare_value_text(const RemoteColumn *column, Datum value,
								   Oid type);

/* WHERE conditions of a scope, NULL for all rows. */
extern char *mm_compare_remote_scope(const CompareScope *scope,
									 const char *where);

#endif /* MM_MIGRATE_COMPARE_H */
