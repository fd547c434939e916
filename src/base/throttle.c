/*
 * src/base/throttle.c
 *		A rate that several processes keep together.
 *
 * What is used moves a common time forward, by as long as it should have
 * taken; whoever used it waits for that time.  So the sum of all keeps the
 * rate, whoever uses how much, and nobody is passed over.  After idle time the
 * common time catches up with the clock, but for a short burst.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/throttle.h"
#include "base/wait_event.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#define BURST_US (100 * 1000)
#define LOOK_MS	 500 /* is the rate still the same? */

void
mm_throttle_init(Throttle *throttle)
{
	memset(throttle, 0, sizeof(*throttle));
	SpinLockInit(&throttle->mutex);
}

void
mm_throttle_set(Throttle *throttle, ThrottleRate rate)
{
	SpinLockAcquire(&throttle->mutex);
	if (rate.bytes != throttle->rate.bytes || rate.rows != throttle->rate.rows)
	{
		throttle->rate = rate;
		throttle->free_at = 0;
		throttle->changes++;
	}
	SpinLockRelease(&throttle->mutex);
}

bool
mm_throttle_is_set(Throttle *throttle)
{
	bool is_set;

	SpinLockAcquire(&throttle->mutex);
	is_set = throttle->rate.bytes > 0 || throttle->rate.rows > 0;
	SpinLockRelease(&throttle->mutex);
	return is_set;
}

/* How long it should have taken, in microseconds. */
static TimestampTz
time_for(ThrottleRate rate, uint64 bytes, uint64 rows)
{
	double seconds = 0;

	if (rate.bytes > 0)
		seconds = (double) bytes / rate.bytes;
	if (rate.rows > 0)
		seconds = Max(seconds, (double) rows / rate.rows);
	return (TimestampTz) (seconds * USECS_PER_SEC);
}

/* Until when to wait; 0 without a limit. */
static TimestampTz
book(Throttle *throttle, uint64 bytes, uint64 rows, uint32 *changes)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz free_at = 0;

	SpinLockAcquire(&throttle->mutex);
	*changes = throttle->changes;
	if (throttle->rate.bytes > 0 || throttle->rate.rows > 0)
	{
		free_at = Max(throttle->free_at, now - BURST_US);
		free_at += time_for(throttle->rate, bytes, rows);
		throttle->free_at = free_at;
	}
	SpinLockRelease(&throttle->mutex);
	return free_at;
}

static bool
has_changed(Throttle *throttle, uint32 changes)
{
	bool changed;

	SpinLockAcquire(&throttle->mutex);
	changed = throttle->changes != changes;
	SpinLockRelease(&throttle->mutex);
	return changed;
}

void
mm_throttle_take(Throttle *throttle, uint64 bytes, uint64 rows)
{
	uint32 changes;
	TimestampTz free_at = book(throttle, bytes, rows, &changes);

	for (;;)
	{
		int64 left_ms = (free_at - GetCurrentTimestamp()) / 1000;

		CHECK_FOR_INTERRUPTS();
		if (left_ms <= 0 || has_changed(throttle, changes))
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(left_ms, LOOK_MS),
						 mm_wait_event(WAIT_FOR_RATE_LIMIT));
		ResetLatch(MyLatch);
	}
}
