/*
 * src/job/leader_workers.c
 *		The leader's workers: starting, watching, counting and ending them, and
 *		the rounds in which all of them act at the same moment.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/launch.h"
#include "job/leader_internal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_RESTARTS	 5
#define ROUND_TIMEOUT_MS 10000
#define START_TIMEOUT_MS 60000

bool
mm_leader_handle_is_gone(BackgroundWorkerHandle *handle)
{
	pid_t pid;

	return handle == NULL ||
		   GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED;
}

static bool
start_slot(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	MemoryContext old = MemoryContextSwitchTo(leader->process.context);
	bool started;

	slot->outcome = OUTCOME_NONE;
	slot->task_id = 0;
	slot->in_snapshot = false;
	pg_atomic_write_u32(&slot->answered, 0);
	leader->is_member[number] = false;
	mm_slot_set_state(slot, SLOT_STARTING);
	started = mm_launch_worker(leader->process.segment, number,
							   &leader->handles[number]);
	if (!started)
	{
		leader->handles[number] = NULL;
		mm_slot_set_state(slot, SLOT_FREE);
	}
	MemoryContextSwitchTo(old);
	return started;
}

/* STARTING and gone: it never came up (or was terminated at once). */
static bool
slot_is_settled(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];

	if (mm_slot_state(slot) != SLOT_STARTING)
		return true;
	if (!mm_leader_handle_is_gone(leader->handles[number]))
		return false;
	if (mm_slot_state(slot) == SLOT_STARTING)
		mm_slot_set_state(slot, SLOT_EXITED);
	return true;
}

/* Of an earlier attempt to plan. */
static bool
slot_is_alive(Leader *leader, int number)
{
	return mm_slot_state(&leader->process.shared->slots[number]) == SLOT_IDLE &&
		   !mm_leader_handle_is_gone(leader->handles[number]);
}

/* Sleep until something happens, at most so long; honours interrupts. */
void
mm_leader_wait(long milliseconds)
{
	(void) WaitLatch(MyLatch,
					 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 milliseconds, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

int
mm_leader_start_workers(JobProcess *process, int wanted, const char **problem)
{
	Leader *leader = leader_of(process);
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  START_TIMEOUT_MS);
	int started = 0;
	int ready = 0;
	int waited = 0;

	*problem = NULL;
	while (started < wanted)
	{
		if (slot_is_alive(leader, started) || start_slot(leader, started))
			started++;
		else if (!mm_launch_wait(&waited))
			break;
	}
	if (started < wanted)
		*problem = psprintf("only %d of %d background workers could be started; max_worker_processes is %d",
							started, wanted, max_worker_processes);
	for (int i = 0; i < started; i++)
	{
		while (!slot_is_settled(leader, i) && GetCurrentTimestamp() < give_up)
			mm_leader_wait(20);
		if (mm_slot_state(&process->shared->slots[i]) == SLOT_IDLE)
			ready++;
		else if (process->shared->slots[i].error.message[0] != '\0')
			*problem = psprintf("a worker could not start: %s (%s)",
								process->shared->slots[i].error.message,
								process->shared->slots[i].error.detail);
	}
	return ready;
}

/* A worker that died is replaced, within reason. */
void
mm_leader_replace_worker(Leader *leader, int number)
{
	JobShared *shared = leader->process.shared;

	if (mm_slot_state(&shared->slots[number]) != SLOT_EXITED ||
		leader->restarts >= MAX_RESTARTS ||
		!mm_leader_handle_is_gone(leader->handles[number]))
		return;
	leader->restarts++;
	(void) start_slot(leader, number);
}

/* ---------------------------------------------------------------- slots */

void
mm_leader_wake_slot(WorkerSlot *slot)
{
	PGPROC *proc;

	SpinLockAcquire(&slot->mutex);
	proc = slot->proc;
	SpinLockRelease(&slot->mutex);
	if (proc != NULL)
		SetLatch(&proc->procLatch);
}

static bool
is_busy(WorkerSlot *slot)
{
	SlotState state = mm_slot_state(slot);

	return state == SLOT_ASSIGNED || state == SLOT_BUSY;
}

int
mm_leader_count_busy(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int busy = 0;

	for (int i = 0; i < shared->nslots; i++)
		busy += is_busy(&shared->slots[i]);
	return busy;
}

/*
 * Who can still work?  *in_snapshot: live workers that can read the source.
 */
int
mm_leader_count_workers(Leader *leader, int *in_snapshot)
{
	JobShared *shared = leader->process.shared;
	int alive = 0;

	*in_snapshot = 0;
	for (int i = 0; i < shared->nslots; i++)
	{
		SlotState state = mm_slot_state(&shared->slots[i]);

		if (state == SLOT_FREE || state == SLOT_EXITED)
			continue;
		alive++;
		if (state == SLOT_STARTING)
			continue;
		if (shared->slots[i].in_snapshot && leader->is_member[i])
			(*in_snapshot)++;
	}
	return alive;
}

bool
mm_leader_has_idle_worker(Leader *leader)
{
	JobShared *shared = leader->process.shared;

	for (int i = 0; i < shared->nslots; i++)
	{
		if (mm_slot_state(&shared->slots[i]) == SLOT_IDLE)
			return true;
	}
	return false;
}

void
mm_leader_hold(JobProcess *process, bool hold)
{
	pg_atomic_write_u32(&process->shared->held, hold ? 1 : 0);
}

bool
mm_leader_is_held(const JobProcess *process)
{
	return pg_atomic_read_u32(&process->shared->held) != 0;
}

/* The limit was lowered: some give back what they work on, piece by piece. */
void
mm_leader_enforce_limit(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int too_many = mm_leader_count_busy(leader) -
				   (int) pg_atomic_read_u32(&shared->worker_limit);

	for (int i = shared->nslots - 1; i >= 0 && too_many > 0; i--)
	{
		if (!is_busy(&shared->slots[i]))
			continue;
		pg_atomic_write_u32(&shared->slots[i].give_back, 1);
		too_many--;
	}
}

/* ---------------------------------------------------------------- rounds */

void
mm_leader_arm(JobProcess *process, bool armed)
{
	pg_atomic_write_u32(&process->shared->round_armed, armed ? 1 : 0);
	if (!armed)
		return;
	for (int i = 0; i < process->shared->nslots; i++)
		mm_leader_wake_slot(&process->shared->slots[i]);
	pg_usleep(2000L); /* let them get into their loops */
}

bool
mm_leader_slot_answered(JobProcess *process, int slot)
{
	JobShared *shared = process->shared;

	return mm_slot_state(&shared->slots[slot]) == SLOT_IDLE &&
		   pg_atomic_read_u32(&shared->slots[slot].answered) ==
			   pg_atomic_read_u32(&shared->round);
}

/*
 * Those who answered in time are in the job's snapshot, as far as it is one.
 * Who was busy answers later, with a snapshot of a moment of its own: he is no
 * member.
 */
static int
count_members(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int answers = 0;

	for (int i = 0; i < shared->nslots; i++)
	{
		bool answered = mm_leader_slot_answered(&leader->process, i);

		leader->is_member[i] = answered && shared->slots[i].in_snapshot;
		if (answered)
			answers++;
	}
	return answers;
}

int
mm_leader_round(JobProcess *process, int command, int timeout_ms, OwnPart own,
				void *arg)
{
	JobShared *shared = process->shared;
	Leader *leader = leader_of(process);
	TimestampTz give_up;

	leader->moment++;
	memset(leader->is_member, 0, shared->nslots * sizeof(bool));
	shared->round_command = command;
	pg_write_barrier();
	pg_atomic_fetch_add_u32(&shared->round, 1);
	if (pg_atomic_read_u32(&shared->round_armed) == 0)
	{
		for (int i = 0; i < shared->nslots; i++)
			mm_leader_wake_slot(&shared->slots[i]);
	}
	if (own != NULL)
		own(process, arg);
	give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										  timeout_ms > 0 ? timeout_ms :
														   ROUND_TIMEOUT_MS);
	for (int i = 0; i < shared->nslots; i++)
	{
		while (mm_slot_state(&shared->slots[i]) == SLOT_IDLE &&
			   !mm_leader_slot_answered(process, i))
		{
			if (mm_leader_handle_is_gone(leader->handles[i]))
			{
				mm_slot_set_state(&shared->slots[i], SLOT_EXITED);
				break;
			}
			if (GetCurrentTimestamp() > give_up)
				return -1;
			mm_leader_wait(1);
		}
	}
	return count_members(leader);
}

/* ---------------------------------------------------------------- the end */

/*
 * Workers begin to end: at once when `terminate`, else when they are idle (they
 * are).  One that comes up just now, and perhaps waits for MySQL, ends at once.
 */
void
mm_leader_dismiss_workers(Leader *leader, bool terminate)
{
	JobShared *shared = leader->process.shared;

	pg_atomic_write_u32(&shared->round_armed, 0);
	pg_atomic_write_u32(&shared->dismissed, 1);
	for (int i = 0; i < shared->nslots; i++)
	{
		if (leader->handles[i] == NULL)
			continue;
		if (terminate || mm_slot_state(&shared->slots[i]) == SLOT_STARTING)
			TerminateBackgroundWorker(leader->handles[i]);
		mm_leader_wake_slot(&shared->slots[i]);
	}
}

void
mm_leader_await_workers(Leader *leader)
{
	HOLD_INTERRUPTS();
	for (int i = 0; i < leader->process.shared->nslots; i++)
	{
		if (leader->handles[i] != NULL)
			(void) WaitForBackgroundWorkerShutdown(leader->handles[i]);
	}
	RESUME_INTERRUPTS();
}

/* Runs in the dying leader too: nobody is left behind. */
void
mm_leader_exit(int code, Datum arg)
{
	Leader *leader = (Leader *) DatumGetPointer(arg);
	JobShared *shared = leader->process.shared;

	pg_atomic_write_u32(&shared->leader_exited, 1);
	mm_leader_dismiss_workers(leader, true);
}
