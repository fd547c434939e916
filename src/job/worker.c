/*
 * src/job/worker.c
 *		A worker of a job.
 *
 * It waits in its slot: for a task (claim, run, mark, report), for a round (all
 * workers act at the same moment), or for the end: until the leader dismisses
 * it.  A worker that is terminated just dies; see task_store.c.
 */
#include "postgres.h"

#include <sched.h>

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/launch.h"
#include "job/store.h"
#include "job/worker.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procarray.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#define IDLE_WAIT_MS 1000
#define CACHE_BYTES	 ((Size) 8 * 1024 * 1024)

static void
clip_into(char *to, Size size, const char *text)
{
	int length;

	if (text == NULL)
		text = "";
	length = pg_mbcliplen(text, strlen(text), size - 1);
	memcpy(to, text, length);
	to[length] = '\0';
}

static void
short_error(SlotError *to, const ErrorData *from)
{
	to->sqlerrcode = from->sqlerrcode;
	clip_into(to->message, sizeof(to->message), from->message);
	clip_into(to->detail, sizeof(to->detail), from->detail);
	clip_into(to->hint, sizeof(to->hint), from->hint);
}

/* What pg_stat_activity says: job, worker and task (NULL: none). */
static void
show_task(const JobProcess *process, const Task *task)
{
	char name[NAMEDATALEN];
	char who[32] = "leader";
	char what[NAMEDATALEN] = "";

	if (process->slot_number >= 0)
		snprintf(who, sizeof(who), "worker %d", process->slot_number + 1);
	if (task != NULL)
		snprintf(what, sizeof(what), ": %s %s", task->kind,
				 task->object ? task->object : "");
	snprintf(name, sizeof(name), "mysql_migrate job " INT64_FORMAT " %s%s",
			 process->job_id, who, what);
	name[pg_mbcliplen(name, strlen(name), sizeof(name) - 1)] = '\0';
	pgstat_report_appname(name);
	pgstat_report_activity(task == NULL ? STATE_IDLE : STATE_RUNNING,
						   task == NULL ? NULL : what + 2);
}

/*
 * PostgreSQL keeps the description of every table that was ever opened; a
 * worker opens thousands and comes back to none.
 */
void
mm_worker_bound_caches(void)
{
	if (CacheMemoryContext != NULL &&
		MemoryContextMemAllocated(CacheMemoryContext, true) > CACHE_BYTES)
		InvalidateSystemCaches();
}

/* Claim and run, in two transactions.  *task is set once it is claimed. */
static void
run_claimed(JobProcess *process, Task *volatile *task, int task_id)
{
	TaskCounts counts;
	const char *remark = NULL;

	memset(&counts, 0, sizeof(counts));
	mm_transaction_start();
	mm_worker_bound_caches();
	MemoryContextSwitchTo(process->task_context);
	/* Durable at once: a task that crashes the server has to be known. */
	*task = mm_task_claim(process->job_id, task_id);
	CommitTransactionCommand();

	MemoryContextSwitchTo(process->task_context);
	show_task(process, *task);
	mm_transaction_start();
	MemoryContextSwitchTo(process->task_context);
	process->handler->run(process, *task, &counts, &remark);
	mm_task_done(*task, &counts, remark);
	mm_store_commit_lazily();
	CommitTransactionCommand();
}

/* After a failure: a note instead, or the error into the task's row. */
static TaskOutcome
record_failure(JobProcess *process, const Task *task, int task_id,
			   const ErrorData *error)
{
	const char *remark = NULL;
	Task unclaimed = {.job_id = process->job_id, .id = task_id};
	bool tolerated = false;

	if (process->gives_back)
		return OUTCOME_GIVEN_BACK;
	mm_transaction_start();
	MemoryContextSwitchTo(process->task_context);
	if (task != NULL && task->may_fail)
		tolerated = process->handler->tolerate(process, task, error, &remark);
	if (tolerated)
	{
		TaskCounts counts;

		memset(&counts, 0, sizeof(counts));
		mm_task_done(task, &counts, remark);
	}
	else
		mm_task_failed(task ? task : &unclaimed, error);
	CommitTransactionCommand();
	return tolerated ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* A cancel that is meant for the whole job must not end as a task's failure. */
static bool
cancels_job(JobProcess *process, const ErrorData *error)
{
	return process->slot_number < 0 &&
		   error->sqlerrcode == ERRCODE_QUERY_CANCELED;
}

static void
forget_counters(WorkerSlot *slot)
{
	pg_atomic_write_u64(&slot->counters.rows, 0);
	pg_atomic_write_u64(&slot->counters.bytes, 0);
	pg_atomic_write_u64(&slot->counters.expected, 0);
}

TaskOutcome
mm_worker_run_task(JobProcess *process, int task_id, SlotError *error)
{
	MemoryContext old = CurrentMemoryContext;
	Task *volatile task = NULL;
	volatile TaskOutcome outcome = OUTCOME_FAILED;
	ErrorData *volatile failure = NULL;

	process->task_context = AllocSetContextCreate(process->context, "task",
												  ALLOCSET_DEFAULT_SIZES);
	forget_counters(process->slot);
	process->gives_back = false;
	pg_atomic_write_u32(&process->slot->give_back, 0);
	PG_TRY();
	{
		run_claimed(process, &task, task_id);
		outcome = OUTCOME_DONE;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(process->task_context);
		failure = CopyErrorData();
		if (!process->gives_back)
			EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	if (failure != NULL)
	{
		short_error(error, failure);
		if (cancels_job(process, failure))
			ReThrowError(failure);
		outcome = record_failure(process, task, task_id, failure);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(process->task_context);
	process->task_context = NULL;
	show_task(process, NULL);
	return outcome;
}

/* ---------------------------------------------------------------- the loop */

static void
answer_round(JobProcess *process, uint32 round)
{
	WorkerSlot *slot = process->slot;
	bool in_snapshot;

	slot->token[0] = '\0';
	in_snapshot = process->handler->round(process,
										  process->shared->round_command,
										  slot->token);
	SpinLockAcquire(&slot->mutex);
	slot->in_snapshot = in_snapshot;
	SpinLockRelease(&slot->mutex);
	pg_write_barrier();
	pg_atomic_write_u32(&slot->answered, round);
	mm_shared_wake_leader(process->shared);
}

/*
 * While the leader has armed the rounds, wait for the next one without
 * sleeping: a wake-up by latch costs more than the time between two commits
 * of a busy source, and then no two sessions would ever see the same moment.
 */
static void
spin_for_round(JobProcess *process, uint32 seen)
{
	JobShared *shared = process->shared;

	while (pg_atomic_read_u32(&shared->round_armed) != 0 &&
		   pg_atomic_read_u32(&shared->round) == seen)
	{
		CHECK_FOR_INTERRUPTS();
		if (pg_atomic_read_u32(&shared->dismissed) != 0)
			return;
		sched_yield();
	}
}

static void
run_assigned(JobProcess *process)
{
	WorkerSlot *slot = process->slot;
	SlotError error;
	TaskOutcome outcome;
	bool in_snapshot;

	/* Whoever sees that it is busy must not see the last task's counters. */
	forget_counters(slot);
	mm_slot_set_state(slot, SLOT_BUSY);
	memset(&error, 0, sizeof(error));
	outcome = mm_worker_run_task(process, slot->task_id, &error);
	in_snapshot = process->handler->in_snapshot(process);
	mm_slot_set_activity(slot, "");
	SpinLockAcquire(&slot->mutex);
	slot->outcome = outcome;
	slot->error = error;
	slot->in_snapshot = in_snapshot;
	slot->state = SLOT_FINISHED;
	SpinLockRelease(&slot->mutex);
	mm_shared_wake_leader(process->shared);
}

static void
serve(JobProcess *process)
{
	JobShared *shared = process->shared;
	uint32 seen = pg_atomic_read_u32(&shared->round);
	bool is_released = false;

	mm_slot_set_state(process->slot, SLOT_IDLE);
	mm_shared_wake_leader(shared);
	while (pg_atomic_read_u32(&shared->dismissed) == 0)
	{
		SlotState state;
		uint32 round;

		/* There is nothing to cancel between two tasks. */
		QueryCancelPending = false;
		CHECK_FOR_INTERRUPTS();
		spin_for_round(process, seen);
		round = pg_atomic_read_u32(&shared->round);
		if (round != seen)
		{
			pg_read_barrier();
			answer_round(process, round);
			seen = round;
			continue;
		}
		/* In this order: what was assigned after the end of all reads knows. */
		state = mm_slot_state(process->slot);
		if (!is_released && pg_atomic_read_u32(&shared->reads_over) != 0)
		{
			process->handler->release(process);
			is_released = true;
		}
		if (state == SLOT_ASSIGNED)
		{
			run_assigned(process);
			continue;
		}
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 IDLE_WAIT_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/* The slot must not look alive when the process is gone. */
static void
leave_slot(int code, Datum arg)
{
	JobProcess *process = (JobProcess *) DatumGetPointer(arg);

	SpinLockAcquire(&process->slot->mutex);
	process->slot->proc = NULL;
	process->slot->in_snapshot = false;
	if (process->slot->state == SLOT_STARTING ||
		process->slot->state == SLOT_IDLE)
		process->slot->state = SLOT_EXITED;
	SpinLockRelease(&process->slot->mutex);
	mm_shared_wake_leader(process->shared);
}

/* An error outside of tasks: the slot says why, and the process ends. */
static void
report_and_leave(JobProcess *process)
{
	ErrorData *error;
	SlotError short_form;

	MemoryContextSwitchTo(process->context);
	error = CopyErrorData();
	EmitErrorReport();
	FlushErrorState();
	AbortCurrentTransaction();
	short_error(&short_form, error);
	SpinLockAcquire(&process->slot->mutex);
	process->slot->outcome = OUTCOME_FAILED;
	process->slot->error = short_form;
	/* A task that was just put in is found by the leader, as after a kill. */
	if (process->slot->state != SLOT_ASSIGNED &&
		process->slot->state != SLOT_BUSY)
		process->slot->state = SLOT_EXITED;
	SpinLockRelease(&process->slot->mutex);
}

/*
 * mm_worker_main
 *		The whole life of a worker process.
 */
void
mm_worker_main(dsm_handle handle, int slot, const TaskHandler *handler)
{
	JobProcess *process = MemoryContextAllocZero(TopMemoryContext,
												 sizeof(JobProcess));

	CurrentResourceOwner = ResourceOwnerCreate(NULL, "mysql_migrate worker");
	process->handler = handler;
	process->slot_number = slot;
	process->context = TopMemoryContext;
	process->segment = mm_shared_attach(handle, &process->shared);
	if (process->segment == NULL)
		return; /* the job is over already */
	dsm_pin_mapping(process->segment);
	process->slot = &process->shared->slots[slot];
	process->job_id = pg_atomic_read_u64(&process->shared->job_id);
	SpinLockAcquire(&process->slot->mutex);
	process->slot->pid = MyProcPid;
	process->slot->proc = MyProc;
	SpinLockRelease(&process->slot->mutex);
	before_shmem_exit(leave_slot, PointerGetDatum(process));

	PG_TRY();
	{
		mm_shared_arguments(process->shared, &process->arguments);
		mm_launch_become_caller(&process->arguments);
		show_task(process, NULL);
		handler->begin(process);
		serve(process);
	}
	PG_CATCH();
	{
		report_and_leave(process);
	}
	PG_END_TRY();
}
