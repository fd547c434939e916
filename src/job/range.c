/*
 * src/job/range.c
 *		Pieces of a range, and parts of it for others.
 *
 * An offer is a number that the leader puts into a worker's slot.  The worker
 * makes the task of that number in the transaction that commits its own next
 * piece, and says so in the slot afterwards.  If it dies between the two, the
 * leader looks into the table.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/transaction.h"
#include "job/range.h"
#include "job/store.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A worker that had too little left is not asked again at once. */
#define ASK_AGAIN_MS 500
#define PAUSE_MS	 200

/* ---------------------------------------------------------------- the worker */

bool
mm_range_is_asked(const JobProcess *process)
{
	WorkerSlot *slot = process->slot;
	bool asked;

	SpinLockAcquire(&slot->mutex);
	asked = slot->offered_id != 0 && !slot->offer_taken && !slot->offer_refused;
	SpinLockRelease(&slot->mutex);
	return asked;
}

void
mm_range_expect(JobProcess *process, uint64 rows)
{
	bool is_first;

	is_first = pg_atomic_read_u64(&process->slot->counters.expected) == 0;
	pg_atomic_write_u64(&process->slot->counters.expected, Max(rows, 1));
	/* Somebody may have waited for a range to divide. */
	if (is_first)
		mm_shared_wake_leader(process->shared);
}

static void
answer(JobProcess *process, bool taken)
{
	WorkerSlot *slot = process->slot;

	SpinLockAcquire(&slot->mutex);
	slot->offer_taken = taken;
	slot->offer_refused = !taken;
	SpinLockRelease(&slot->mutex);
	mm_shared_wake_leader(process->shared);
}

void
mm_range_refuse(JobProcess *process)
{
	answer(process, false);
}

/* A bound that lives as long as the task; the one before it is forgotten. */
static void
move(JobProcess *process, const char **bound, const char *to)
{
	char *copy = MemoryContextStrdup(process->task_context, to);

	if (*bound != NULL)
		pfree((char *) *bound);
	*bound = copy;
}

/* While the job is held back.  Raises when the range is to be given back. */
static void
wait_while_held(JobProcess *process)
{
	bool is_leader = process->slot_number < 0;

	do
	{
		if (is_leader)
			process->handler->tick(process);
		if (pg_atomic_read_u32(&process->slot->give_back) != 0)
		{
			process->gives_back = true;
			ereport(ERROR,
					(errcode(ERRCODE_QUERY_CANCELED),
					 errmsg("the range goes back into the queue")));
		}
		if (pg_atomic_read_u32(&process->shared->held) == 0)
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 PAUSE_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	} while (true);
}

void
mm_range_advance(JobProcess *process, Task *task, const char *position,
				 const TaskCounts *counts, const char *remark,
				 const char *border)
{
	mm_task_advance(task, position, counts, remark);
	if (border != NULL)
		mm_task_divide(task, process->slot->offered_id, border);
	mm_store_commit_lazily();
	CommitTransactionCommand();
	if (border != NULL)
		answer(process, true);
	move(process, &task->position, position);
	if (border != NULL)
		move(process, &task->upper, border);
	CHECK_FOR_INTERRUPTS();
	wait_while_held(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->task_context);
}

/* ---------------------------------------------------------------- the leader */

static bool
may_be_asked(WorkerSlot *slot, TimestampTz now)
{
	bool may;

	SpinLockAcquire(&slot->mutex);
	may = slot->state == SLOT_BUSY && slot->offered_id == 0 &&
		  slot->asked <= TimestampTzPlusMilliseconds(now, -ASK_AGAIN_MS);
	SpinLockRelease(&slot->mutex);
	return may;
}

int
mm_range_choose(JobShared *shared)
{
	TimestampTz now = GetCurrentTimestamp();
	uint64 most = 0;
	int chosen = -1;

	for (int i = 0; i < shared->nslots; i++)
	{
		LiveCounters *counters = &shared->slots[i].counters;
		uint64 expected = pg_atomic_read_u64(&counters->expected);
		uint64 rows = pg_atomic_read_u64(&counters->rows);
		/* The estimate may have been too low. */
		uint64 left = expected > rows ? expected - rows : 1;

		if (expected == 0 || left <= most ||
			!may_be_asked(&shared->slots[i], now))
			continue;
		most = left;
		chosen = i;
	}
	return chosen;
}

void
mm_range_offer(WorkerSlot *slot, int new_id)
{
	TimestampTz now = GetCurrentTimestamp();

	SpinLockAcquire(&slot->mutex);
	slot->offered_id = new_id;
	slot->offer_taken = false;
	slot->offer_refused = false;
	slot->asked = now;
	SpinLockRelease(&slot->mutex);
}

int
mm_range_collect(WorkerSlot *slot)
{
	int made = 0;

	SpinLockAcquire(&slot->mutex);
	if (slot->offer_taken)
	{
		made = slot->offered_id;
		slot->asked = 0;
	}
	if (slot->offer_taken || slot->offer_refused)
	{
		slot->offered_id = 0;
		slot->offer_taken = slot->offer_refused = false;
	}
	SpinLockRelease(&slot->mutex);
	return made;
}

int
mm_range_count_offers(JobShared *shared)
{
	int offers = 0;

	for (int i = 0; i < shared->nslots; i++)
	{
		SpinLockAcquire(&shared->slots[i].mutex);
		offers += shared->slots[i].offered_id != 0;
		SpinLockRelease(&shared->slots[i].mutex);
	}
	return offers;
}

int
mm_range_withdraw(WorkerSlot *slot, int64 job_id, bool is_gone)
{
	int made = mm_range_collect(slot);
	int offered;

	SpinLockAcquire(&slot->mutex);
	offered = slot->offered_id;
	slot->offered_id = 0;
	slot->asked = 0;
	SpinLockRelease(&slot->mutex);
	if (made == 0 && offered != 0 && is_gone && mm_task_exists(job_id, offered))
		made = offered;
	return made;
}
