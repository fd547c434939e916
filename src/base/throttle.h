/*
 * src/base/throttle.h
 *		A rate that several processes keep together.
 */
#ifndef MM_BASE_THROTTLE_H
#define MM_BASE_THROTTLE_H

#include "datatype/timestamp.h"
#include "storage/spin.h"

/* Per second; 0: no limit. */
typedef struct ThrottleRate
{
	int64 bytes;
	int64 rows;
} ThrottleRate;

/* In shared memory; see throttle.c. */
typedef struct Throttle
{
	slock_t mutex;
	ThrottleRate rate;
	TimestampTz free_at;
	uint32 changes; /* of the rate */
} Throttle;

extern void mm_throttle_init(Throttle *throttle);

/* From now on; whoever waits for an older rate does not wait on. */
extern bool mm_throttle_is_set(Throttle *throttle);
extern void mm_throttle_set(Throttle *throttle, ThrottleRate rate);

/*
 * So much was used: wait until it was allowed.  Returns at once without a
 * limit; interruptible, so it may raise.
 */
extern void mm_throttle_take(Throttle *throttle, uint64 bytes, uint64 rows);

#endif /* MM_BASE_THROTTLE_H */
