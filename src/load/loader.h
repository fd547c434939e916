/*
 * src/load/loader.h
 *		One chunk, one transaction: remote rows into a local table.
 */
#ifndef MM_LOAD_LOADER_H
#define MM_LOAD_LOADER_H

#include "base/counters.h"
#include "base/throttle.h"
#include "load/chunk.h"
#include "load/reject.h"
#include "types/type_map.h"

/* Live counters, somewhere in shared memory or on the stack. */
typedef LiveCounters LoadCounters;

/* Returns false when max_rejects is reached. */
typedef bool (*RejectRow)(void *arg, const RejectedRow *row);

typedef struct LoadRequest
{
	WireConn *conn;			  /* in the snapshot */
	const RemoteTable *table; /* columns with is_skipped are left out, so are
								 * generated ones that are generated here */
	const ChunkKey *key;	  /* the chunk is a range of it; NULL: of none */
	const Chunk *chunk;
	uint64 limit;				   /* so many rows in key order at most; 0: all */
	double max_seconds;			   /* with a limit: ends sooner; 0: does not */
	bool (*is_awaited)(void *arg); /* then a quarter of that is enough */
	void *await_arg;
	const char *where; /* the user's filter, or NULL */
	Oid relation;	   /* local table */
	bool shared;	   /* other workers write to it at the same time */
	const ValuePolicies *policies;
	LoadCounters *counters; /* added to; may be NULL */
	Throttle *throttle;		/* what is read per second; may be NULL */
	RejectRow reject;		/* NULL: a bad row stops the chunk */
	void *reject_arg;
} LoadRequest;

typedef struct LoadResult
{
	char *last_key; /* bound where the limit ended it; NULL: the chunk's end */
	uint64 rows_read;
	uint64 rows_loaded;
	uint64 rows_rejected;
	uint64 bytes_read;
	int ncolumns;	   /* of the table's remote columns */
	uint64 *converted; /* per remote column: values a policy changed */
} LoadResult;

/*
 * Runs inside the caller's transaction and does not commit: the caller marks
 * its task done in the same transaction.  Raises with an error context that
 * names table, chunk, row and column; then nothing of the chunk was written.
 * rows_read = rows_loaded + rows_rejected, checked here.
 */
extern void mm_load_chunk(const LoadRequest *request, LoadResult *result);

#endif /* MM_LOAD_LOADER_H */
