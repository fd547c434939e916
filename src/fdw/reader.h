/*
 * src/fdw/reader.h
 *		One remote SELECT as a stream of decoded rows, in constant memory.
 */
#ifndef MM_FDW_READER_H
#define MM_FDW_READER_H

#include "access/tupdesc.h"
#include "foreign/foreign.h"
#include "nodes/pg_list.h"
#include "types/type_map.h"

typedef struct RemoteReader RemoteReader;

/* What to read; everything must outlive the reader. */
typedef struct ReaderRequest
{
	ForeignServer *server;
	Oid user_id;
	const char *sql;
	const char *table;	/* name in messages about a value */
	const char *title;	/* "foreign table \"x\"", for messages */
	TupleDesc desc;		/* of the rows that come out */
	List *attnums;		/* of int: result column -> attribute */
	const char **names; /* remote column names; NULL: the result's */
	bool is_exact;		/* the result must have no other columns */
	ValuePolicies policies;

	/* Those of single result columns, NULL where a column has none. */
	const ValuePolicies **column_policies; /* NULL: none has */
} ReaderRequest;

/* Nothing is sent before the first row is asked for. */
extern RemoteReader *mm_reader_create(const ReaderRequest *request);

/*
 * The next row into values[]/isnull[], of desc->natts members: attributes that
 * are not read become NULL.  By-reference values live until the next call.
 * False at the end.
 */
extern bool mm_reader_next(RemoteReader *reader, Datum *values, bool *isnull);

/* From the first row on, by running the statement once more. */
extern void mm_reader_restart(RemoteReader *reader);
extern void mm_reader_close(RemoteReader *reader);

#endif /* MM_FDW_READER_H */
