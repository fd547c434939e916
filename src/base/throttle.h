/*
 * src/base/throttle.h
 *		A rate that several processes keep together.
 */
#ifndef MM_BASE_THROTTLE_H
#define MM_BASE_THROTTLE_H

#include "datatype/timestamp.h"
#include "storage/spin.h"

/* In shared memory; see throttle.c. */
typedef struct Throttle
{
	slock_t mutex;
	uint64 rate; /* per second; 0: no limit */
	TimestampTz free_at;
} Throttle;

extern void mm_throttle_init(Throttle *throttle, uint64 rate);

/*
 * So much was used: wait until it was allowed.  Returns at once without a
 * limit; interruptible, so it may raise.
 */
extern void mm_throttle_take(Throttle *throttle, uint64 amount);

#endif /* MM_BASE_THROTTLE_H */
