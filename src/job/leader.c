/*
 * src/job/leader.c
 *		The leader of a job.
 *
 * It plans (through the handler), starts workers, hands out tasks, looks after
 * workers that died, and ends the job.  It is a worker of last resort too: when
 * no worker could be started, or none is in the snapshot any more, it runs
 * tasks itself.
 *
 * leader_workers.c has its workers, leader_tasks.c its tasks, leader_messages.c
 * its words to the caller; here they come together.
 *
 * Ctrl-C at the caller and migration_cancel() reach it as SIGINT.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/job_store.h"
#include "job/launch.h"
#include "job/leader_internal.h"
#include "job/range.h"
#include "job/worker.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#define LOOP_WAIT_MS 200

/* A part that a worker gave away is queued like the range it was cut from. */
static void
queue_part(Leader *leader, int number, int part)
{
	QueuedTask *whole;

	if (part == 0)
		return;
	whole = mm_queue_find(leader->queue,
						  leader->process.shared->slots[number].task_id);
	(void) mm_queue_add(leader->queue, part, whole->lane, whole->stage, NIL,
						whole->weight);
}

static int
withdraw_offer(Leader *leader, int number, bool is_gone)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	int part;

	if (!is_gone)
		return mm_range_withdraw(slot, leader->process.job_id, false);
	mm_transaction_start();
	part = mm_range_withdraw(slot, leader->process.job_id, true);
	CommitTransactionCommand();
	MemoryContextSwitchTo(leader->process.context);
	return part;
}

/*
 * Workers without work: those that have most of it left are asked for a part.
 */
static void
ask_for_parts(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int wanted = -mm_range_count_offers(shared);

	for (int i = 0; i < shared->nslots; i++)
	{
		if (mm_slot_state(&shared->slots[i]) == SLOT_IDLE &&
			shared->slots[i].in_snapshot)
			wanted++;
	}
	wanted = Min(wanted, (int) pg_atomic_read_u32(&shared->worker_limit) -
							 mm_leader_count_busy(leader));
	while (wanted-- > 0)
	{
		int number = mm_range_choose(shared);

		if (number < 0)
			break;
		mm_range_offer(&shared->slots[number], leader->next_task_id++);
	}
}

static void
reap_slot(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	SlotState state = mm_slot_state(slot);

	if (state == SLOT_FINISHED)
	{
		int task_id = slot->task_id;
		TaskOutcome outcome = slot->outcome;
		SlotError error = slot->error;

		queue_part(leader, number, withdraw_offer(leader, number, false));
		slot->task_id = 0;
		mm_slot_set_state(slot, SLOT_IDLE);
		mm_leader_settle_task(leader, task_id, outcome, &error);
	}
	else if ((state == SLOT_ASSIGNED || state == SLOT_BUSY) &&
			 mm_leader_handle_is_gone(leader->handles[number]))
	{
		/* It may have reported in its last moment. */
		if (mm_slot_state(slot) == SLOT_FINISHED)
			return;
		queue_part(leader, number, withdraw_offer(leader, number, true));
		mm_leader_bury_worker(leader, number);
		slot->task_id = 0;
		mm_slot_set_state(slot, SLOT_EXITED);
	}
	else if ((state == SLOT_IDLE || state == SLOT_STARTING) &&
			 mm_leader_handle_is_gone(leader->handles[number]))
		mm_slot_set_state(slot, SLOT_EXITED);
	else if (state == SLOT_BUSY)
		queue_part(leader, number, mm_range_collect(slot));
}

static bool
assign(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	QueuedTask *task = NULL;
	int limit = pg_atomic_read_u32(&leader->process.shared->worker_limit);

	if (mm_leader_is_held(&leader->process) || mm_leader_count_busy(leader) >= limit)
		return false;
	/* Other work first: indexes free the disk cache and end tables early. */
	task = mm_queue_take(leader->queue, LANE_ANY);
	if (task == NULL && slot->in_snapshot && leader->is_member[number])
		task = mm_queue_take(leader->queue, LANE_SNAPSHOT);
	if (task == NULL)
		return false;
	slot->task_id = task->id;
	slot->outcome = OUTCOME_NONE;
	mm_slot_set_state(slot, SLOT_ASSIGNED);
	mm_leader_wake_slot(slot);
	return true;
}

static void
run_here(Leader *leader, QueuedTask *task)
{
	SlotError error;
	TaskOutcome outcome;

	memset(&error, 0, sizeof(error));
	outcome = mm_worker_run_task(&leader->process, task->id, &error);
	mm_leader_settle_task(leader, task->id, outcome, &error);
}

/*
 * Workers died over this task, and the leader is not going to be the next: a
 * worker that was started since has to do it, with a new moment if need be.
 */
static void
leave_to_workers(Leader *leader, QueuedTask *task)
{
	JobProcess *process = &leader->process;
	int in_snapshot;

	if (mm_leader_count_workers(leader, &in_snapshot) == 0)
	{
		mm_leader_give_up(leader, task);
		return;
	}
	if (task->lane == LANE_SNAPSHOT && in_snapshot == 0 && mm_leader_has_idle_worker(leader))
		process->handler->renew(process);
	mm_leader_put_back(leader, task);
}

/* Tasks that no worker can do are the leader's own; true if one was run. */
static bool
work_here(Leader *leader)
{
	JobProcess *process = &leader->process;
	int in_snapshot;
	int alive = mm_leader_count_workers(leader, &in_snapshot);
	QueuedTask *task = mm_queue_take(leader->queue, LANE_LEADER);

	if (task == NULL && mm_leader_is_held(process))
		return false;
	if (task == NULL && alive == 0)
		task = mm_queue_take(leader->queue, LANE_ANY);
	if (task == NULL && in_snapshot == 0 &&
		mm_queue_ready(leader->queue, LANE_SNAPSHOT) > 0)
	{
		if (!process->handler->in_snapshot(process))
			process->handler->renew(process);
		mm_leader_count_workers(leader, &in_snapshot);
		if (in_snapshot == 0)
			task = mm_queue_take(leader->queue, LANE_SNAPSHOT);
	}
	if (task == NULL)
		return false;
	if (task->deaths > 0)
		leave_to_workers(leader, task);
	else
		run_here(leader, task);
	return true;
}

/* The source is let go as soon as nobody needs it, not at the job's end. */
static void
release_source(Leader *leader)
{
	JobProcess *process = &leader->process;
	JobShared *shared = process->shared;

	if (pg_atomic_read_u32(&shared->reads_over) != 0 ||
		!mm_queue_lane_is_empty(leader->queue, LANE_SNAPSHOT) ||
		process->handler->reads_to_come(process))
		return;
	pg_atomic_write_u32(&shared->reads_over, 1);
	for (int i = 0; i < shared->nslots; i++)
		mm_leader_wake_slot(&shared->slots[i]);
	process->handler->release(process);
}

static void
run_tasks(Leader *leader)
{
	JobProcess *process = &leader->process;
	JobShared *shared = process->shared;

	for (;;)
	{
		bool progress = false;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < shared->nslots; i++)
		{
			reap_slot(leader, i);
			mm_leader_replace_worker(leader, i);
		}
		mm_leader_skip_doomed(leader);
		process->handler->tick(process);
		mm_leader_enforce_limit(leader);
		if (process->handler->more(process))
			progress = true;
		release_source(leader);
		for (int i = 0; i < shared->nslots; i++)
		{
			if (mm_slot_state(&shared->slots[i]) == SLOT_IDLE &&
				assign(leader, i))
				progress = true;
		}
		if (work_here(leader))
			progress = true;
		if (!progress)
			ask_for_parts(leader);
		if (mm_queue_is_empty(leader->queue))
			break;
		if (!progress)
			mm_leader_wait(LOOP_WAIT_MS);
	}
}

/* ---------------------------------------------------------------- the end */

static void
finish_job(Leader *leader, const char *state, const ErrorData *error)
{
	if (leader->process.job_id == 0)
		return; /* it failed before there was a job */
	mm_transaction_start();
	mm_job_finish(leader->process.job_id, state, error);
	leader->process.handler->tell(&leader->process, state);
	CommitTransactionCommand();
}

/* Every complaint of a job says how to go on. */
static void
add_resume_hint(const Leader *leader, ErrorData *error)
{
	char *hint;

	if (leader->process.job_id == 0)
	{
		if (error->hint == NULL)
			error->hint = pstrdup("The job had not begun, and nothing was made: mend the cause and call the function again.");
		return;
	}
	if (error->hint != NULL && strstr(error->hint, "migration_resume") != NULL)
		return;
	hint = psprintf("SELECT * FROM migration_resume(" INT64_FORMAT ") goes on where job " INT64_FORMAT " stopped.",
					leader->process.job_id, leader->process.job_id);
	error->hint = error->hint ? psprintf("%s %s", error->hint, hint) : hint;
}

/* Plan, tasks, end; the error that ends the job, if one does. */
static void
run_job(Leader *leader, const char **state, ErrorData **error)
{
	JobProcess *process = &leader->process;

	process->handler->plan(process);
	run_tasks(leader);
	mm_leader_dismiss_workers(leader, false);
	*state = process->handler->finish(process, error);
}

static void
lead(Leader *leader)
{
	JobProcess *process = &leader->process;
	const char *volatile state = NULL;
	ErrorData *volatile error = NULL;
	volatile bool broken = false;

	PG_TRY();
	{
		const char *end_state = NULL;
		ErrorData *end_error = NULL;

		run_job(leader, &end_state, &end_error);
		state = end_state;
		error = end_error;
	}
	PG_CATCH();
	{
		/* From here on a second Ctrl-C changes nothing. */
		QueryCancelPending = false;
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		broken = true;
		state = error->sqlerrcode == ERRCODE_QUERY_CANCELED ? "cancelled" :
															  "failed";
	}
	PG_END_TRY();
	HOLD_CANCEL_INTERRUPTS();
	pg_atomic_write_u32(&process->shared->leader_exited, 1);
	if (broken)
	{
		mm_leader_dismiss_workers(leader, true);
		mm_leader_await_workers(leader);
		add_resume_hint(leader, error);
		process->handler->abandon(process);
	}
	finish_job(leader, state, error);
	/* Who hears that it is over may begin anew: what it held is free by then. */
	LockReleaseSession(USER_LOCKMETHOD);
	if (error != NULL)
		mm_leader_send_error(leader, error);
	else
	{
		JobMessage m;

		memset(&m, 0, sizeof(m));
		m.kind = MESSAGE_DONE;
		mm_leader_send(leader, &m);
	}
	RESUME_CANCEL_INTERRUPTS();
	mm_leader_await_workers(leader);
}

static Leader *
create_leader(dsm_handle handle, const TaskHandler *handler)
{
	Leader *leader = MemoryContextAllocZero(TopMemoryContext,
											sizeof(Leader));
	JobProcess *process = &leader->process;

	process->handler = handler;
	process->slot_number = -1;
	process->context = TopMemoryContext;
	process->segment = mm_shared_attach(handle, &process->shared);
	if (process->segment == NULL)
		return NULL;
	process->slot = &leader->own_slot;
	mm_slot_init(process->slot);
	leader->handles = MemoryContextAllocZero(TopMemoryContext,
											 process->shared->nslots *
												 sizeof(BackgroundWorkerHandle *));
	leader->is_member = MemoryContextAllocZero(TopMemoryContext,
											   process->shared->nslots *
												   sizeof(bool));
	leader->queue_context = AllocSetContextCreate(TopMemoryContext,
												  "leader queue",
												  ALLOCSET_DEFAULT_SIZES);
	leader->queue = mm_queue_create(leader->queue_context);
	leader->scratch = AllocSetContextCreate(TopMemoryContext, "leader scratch",
											ALLOCSET_DEFAULT_SIZES);
	leader->next_task_id = 1;
	return leader;
}

void
mm_leader_main(dsm_handle handle, const TaskHandler *handler)
{
	Leader *leader;
	JobProcess *process;
	shm_mq *queue;

	CurrentResourceOwner = ResourceOwnerCreate(NULL, "mysql_migrate leader");
	leader = create_leader(handle, handler);
	if (leader == NULL)
		return; /* the caller was gone before we came up */
	process = &leader->process;
	process->shared->leader_pid = MyProcPid;
	process->shared->leader_proc = MyProc;
	queue = mm_shared_queue(process->shared);
	shm_mq_set_sender(queue, MyProc);
	leader->messages = shm_mq_attach(queue, process->segment, NULL);
	before_shmem_exit(mm_leader_exit, PointerGetDatum(leader));
	dsm_pin_mapping(process->segment);

	mm_shared_arguments(process->shared, &process->arguments);
	mm_launch_become_caller(&process->arguments);
	pgstat_report_appname("mysql_migrate leader");
	lead(leader);
}
