/*
 * src/load/writer.h
 *		The small interface of the writers; they know nothing of MySQL.
 *
 * A writer lives inside one transaction.  Rows become durable and visible with
 * its commit and not before; an abort leaves nothing.
 */
#ifndef MM_LOAD_WRITER_H
#define MM_LOAD_WRITER_H

#include "access/attnum.h"
#include "utils/relcache.h"

typedef struct Writer Writer;

typedef struct WriterOps
{
	const char *name; /* "heap", "executor" */

	/*
	 * Where the next row goes: virtual-tuple arrays of the relation's natts.
	 * Attributes not in the list of loaded ones get their default.
	 */
	void (*next_row)(Writer *writer, Datum **values, bool **isnull);

	/* Takes the row; by-reference Datums must live in writer->row_context. */
	void (*put)(Writer *writer);
	/* Flush, close; the number of rows that were really stored. */
	uint64 (*finish)(Writer *writer);
} WriterOps;

struct Writer
{
	const WriterOps *ops;
	Relation relation;
	MemoryContext row_context; /* reset by the writer when rows are flushed */
	uint64 rows;			   /* stored so far, not merely put */
};

/*
 * Open a writer on a relation that the caller has opened (RowExclusiveLock).
 * `attnums`: the attributes that put() will fill, nattnums of them.  Chooses
 * heap_writer for a plain heap table without triggers, rules or row security,
 * else executor_writer.  Checks INSERT privilege of the current user.
 */
extern Writer *mm_writer_open(Relation relation, int nattnums,
							  const AttrNumber *attnums, bool shared);

#endif /* MM_LOAD_WRITER_H */
