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


void
mm_throttle_init(Throttle *throttle, uint64 rate)
{
	SpinLockInit(&throttle->mutex);
	throttle->rate = rate;
	throttle->free_at = 0;
}

static TimestampTz
book(Throttle *throttle, uint64 amount)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz free_at;

	SpinLockAcquire(&throttle->mutex);
	free_at = Max(throttle->free_at, now - BURST_US);
	free_at += (TimestampTz) ((double) amount * USECS_PER_SEC / throttle->rate);
	throttle->free_at = free_at;
	SpinLockRelease(&throttle->mutex);
	return free_at;
}

void
mm_throttle_take(Throttle *throttle, uint64 amount)
{
	TimestampTz free_at;

	if (throttle->rate == 0 || amount == 0)
		return;
	free_at = book(throttle, amount);
	for (;;)
	{
		int64 left_ms = (free_at - GetCurrentTimestamp()) / 1000;

		CHECK_FOR_INTERRUPTS();
		if (left_ms <= 0)
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left_ms,
						 mm_wait_event(WAIT_FOR_RATE_LIMIT));
		ResetLatch(MyLatch);
	}
}
