/*
 * src/base/counters.h
 *		Live counters of what a process is doing, mostly in shared memory.
 */
#ifndef MM_BASE_COUNTERS_H
#define MM_BASE_COUNTERS_H

#include "port/atomics.h"

typedef struct LiveCounters
{
	pg_atomic_uint64 rows;	   /* rows done by the running task */
	pg_atomic_uint64 bytes;	   /* bytes that came from the source for it */
	pg_atomic_uint64 expected; /* rows it will have done; 0: it is no chunk
								* that could be divided */
} LiveCounters;

#endif /* MM_BASE_COUNTERS_H */
