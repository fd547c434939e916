/*
 * src/job/leader.c
 *		The leader of a job.
 *
 * It plans (through the handler), starts workers, hands out tasks, looks after
 * workers that died, and ends the job.  It is a worker of last resort too: when
 * no worker could be started, or none is in the snapshot any more, it runs
 * tasks itself.
 *
 * Ctrl-C at the caller and migration_cancel() reach it as SIGINT.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "job/launch.h"
#include "job/leader.h"
#include "job/range.h"
#include "job/task_queue.h"
#include "job/worker.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#define MAX_ATTEMPTS	 TASK_MAX_DEATHS
#define MAX_RECONNECTS	 10
#define MAX_DELAY_MS	 10000
#define MAX_RESTARTS	 5
#define ROUND_TIMEOUT_MS 10000
#define START_TIMEOUT_MS 60000
#define LOOP_WAIT_MS	 200

/* The leader's own state; the handler's is in process->state. */
typedef struct Leader
{
	JobProcess process; /* first */
	TaskQueue *queue;
	MemoryContext queue_context;
	int next_task_id;
	MemoryContext scratch;
	shm_mq_handle *messages;		  /* NULL once the caller has left */
	BackgroundWorkerHandle **handles; /* per slot, NULL: never started */
	bool *is_member;				  /* per slot: opened its snapshot in the last round */
	int moment;						  /* number of the last round */
	int restarts;
	bool cannot_start; /* no background worker slot was free */
	WorkerSlot own_slot;
} Leader;

static Leader *
leader_of(JobProcess *process)
{
	Assert(process->slot_number < 0);
	return (Leader *) process;
}

/* ---------------------------------------------------------------- messages */

/*
 * A message that a cancel interrupts half-way is in the queue for ever: what
 * followed it would be read as its end, so nothing does.
 */
static void
send_message(Leader *leader, const JobMessage *message)
{
	shm_mq_handle *queue = leader->messages;

	if (queue == NULL)
		return;
	leader->messages = NULL;
	if (mm_message_send(queue, message))
		leader->messages = queue;
	/* else the caller left; the job goes on */
}

void
mm_leader_notice(JobProcess *process, int elevel, const char *message,
				 const char *detail, const char *hint)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_NOTICE;
	m.elevel = elevel;
	m.sqlerrcode = elevel >= WARNING ? ERRCODE_WARNING :
									   ERRCODE_SUCCESSFUL_COMPLETION;
	m.message = message;
	m.detail = detail;
	m.hint = hint;
	send_message(leader_of(process), &m);
}

void
mm_leader_row(JobProcess *process, int nvalues, const char **values)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_ROW;
	m.nvalues = nvalues;
	m.values = values;
	send_message(leader_of(process), &m);
}

static void
send_error(Leader *leader, const ErrorData *error)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_ERROR;
	m.sqlerrcode = error->sqlerrcode;
	m.message = error->message;
	m.detail = error->detail;
	m.hint = error->hint;
	m.context = error->context;
	send_message(leader, &m);
}

bool
mm_leader_has_caller(JobProcess *process)
{
	return leader_of(process)->messages != NULL;
}

void
mm_leader_set_job(JobProcess *process, int64 job_id)
{
	JobMessage m;

	process->job_id = job_id;
	pg_atomic_write_u64(&process->shared->job_id, job_id);
	pgstat_report_appname(psprintf("mysql_migrate job " INT64_FORMAT " leader",
								   job_id));
	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_JOB;
	m.job_id = job_id;
	send_message(leader_of(process), &m);
}

/* ---------------------------------------------------------------- workers */

static bool
handle_is_gone(BackgroundWorkerHandle *handle)
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
	if (!handle_is_gone(leader->handles[number]))
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
		   !handle_is_gone(leader->handles[number]);
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

	*problem = NULL;
	while (started < wanted && (slot_is_alive(leader, started) ||
								start_slot(leader, started)))
		started++;
	if (started < wanted)
	{
		leader->cannot_start = true;
		*problem = psprintf("only %d of %d background workers could be started; max_worker_processes is %d",
							started, wanted, max_worker_processes);
	}
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

void
mm_leader_dismiss(JobProcess *process, int slot)
{
	Leader *leader = leader_of(process);

	if (leader->handles[slot] != NULL)
		TerminateBackgroundWorker(leader->handles[slot]);
	mm_slot_set_state(&process->shared->slots[slot], SLOT_EXITED);
}

/* ---------------------------------------------------------------- rounds */

static void
wake_slot(WorkerSlot *slot)
{
	PGPROC *proc;

	SpinLockAcquire(&slot->mutex);
	proc = slot->proc;
	SpinLockRelease(&slot->mutex);
	if (proc != NULL)
		SetLatch(&proc->procLatch);
}

void
mm_leader_arm(JobProcess *process, bool armed)
{
	pg_atomic_write_u32(&process->shared->round_armed, armed ? 1 : 0);
	if (!armed)
		return;
	for (int i = 0; i < process->shared->nslots; i++)
		wake_slot(&process->shared->slots[i]);
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
			wake_slot(&shared->slots[i]);
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
			if (handle_is_gone(leader->handles[i]))
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

/* ---------------------------------------------------------------- tasks */

int
mm_leader_add_stage(JobProcess *process)
{
	return mm_queue_add_stage(leader_of(process)->queue);
}

void
mm_leader_hold_stage(JobProcess *process, int stage)
{
	mm_queue_hold(leader_of(process)->queue, stage);
}

void
mm_leader_release_stage(JobProcess *process, int stage)
{
	mm_queue_release(leader_of(process)->queue, stage);
}

bool
mm_leader_stage_broken(JobProcess *process, int stage)
{
	return mm_queue_stage_broken(leader_of(process)->queue, stage);
}

bool
mm_leader_stage_finished(JobProcess *process, int stage)
{
	return mm_queue_stage_finished(leader_of(process)->queue, stage);
}

void
mm_leader_break_stage(JobProcess *process, int stage)
{
	mm_queue_break_stage(leader_of(process)->queue, stage);
}

/* A plan is begun again: nothing of it has been handed out. */
void
mm_leader_forget_tasks(JobProcess *process)
{
	Leader *leader = leader_of(process);

	MemoryContextReset(leader->queue_context);
	leader->queue = mm_queue_create(leader->queue_context);
	leader->next_task_id = 1;
}

static TaskLane
lane_of(const Task *task)
{
	if (task->leader_only)
		return LANE_LEADER;
	return task->needs_snapshot ? LANE_SNAPSHOT : LANE_ANY;
}

/* What the insertion needs on the way is forgotten: tasks may be many. */
static void
insert_task(Leader *leader, Task *task)
{
	MemoryContext old = MemoryContextSwitchTo(leader->scratch);

	task->job_id = leader->process.job_id;
	task->id = leader->next_task_id++;
	mm_task_insert(task);
	MemoryContextSwitchTo(old);
	MemoryContextReset(leader->scratch);
}

void
mm_leader_add_task(JobProcess *process, Task *task)
{
	Leader *leader = leader_of(process);

	insert_task(leader, task);
	(void) mm_queue_add(leader->queue, task->id, lane_of(task), task->stage,
						task->needs, task->weight);
}

void
mm_leader_add_later_task(JobProcess *process, Task *task)
{
	insert_task(leader_of(process), task);
}

static int
last_stage(const Task *task)
{
	int last = task->stage;
	ListCell *cell;

	foreach(cell, task->needs)
		last = Max(last, lfirst_int(cell));
	return last;
}

static bool
is_open(const Task *task, const char *later_kind)
{
	return strcmp(task->state, "waiting") == 0 &&
		   strcmp(task->kind, later_kind) != 0;
}

void
mm_leader_restore_tasks(JobProcess *process, List *tasks,
						const char *later_kind, List *held)
{
	Leader *leader = leader_of(process);
	int last = -1;
	ListCell *cell;

	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);

		last = Max(last, last_stage(task));
		leader->next_task_id = Max(leader->next_task_id, task->id + 1);
	}
	for (int i = 0; i <= last; i++)
		(void) mm_queue_add_stage(leader->queue);
	foreach(cell, held)
		mm_queue_hold(leader->queue, lfirst_int(cell));
	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);

		if (is_open(task, later_kind))
			mm_queue_announce(leader->queue, task->stage);
		else if (strcmp(task->state, "failed") == 0)
			mm_queue_break_stage(leader->queue, task->stage);
	}
	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);
		QueuedTask *queued;

		if (!is_open(task, later_kind))
			continue;
		queued = mm_queue_add_announced(leader->queue, task->id, lane_of(task),
										task->stage, task->needs,
										task->weight);
		queued->attempts = task->attempts;
	}
}

int
mm_leader_ready_tasks(JobProcess *process)
{
	TaskQueue *queue = leader_of(process)->queue;

	return mm_queue_ready(queue, LANE_SNAPSHOT) + mm_queue_ready(queue, LANE_ANY);
}

/* Would the same statement perhaps succeed a little later? */
static bool
is_worth_another_try(int sqlerrcode)
{
	return ERRCODE_TO_CATEGORY(sqlerrcode) ==
			   ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) ||
		   sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		   sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE ||
		   sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		   sqlerrcode == ERRCODE_TOO_MANY_CONNECTIONS ||
		   sqlerrcode == ERRCODE_INSUFFICIENT_RESOURCES;
}

/* 0, 0.25, 1, 2.25 ... seconds */
static int
retry_delay(int attempts)
{
	return Min(250 * attempts * attempts, MAX_DELAY_MS);
}

static void
put_back(Leader *leader, QueuedTask *task)
{
	StartTransactionCommand();
	mm_task_put_back(leader->process.job_id, task->id);
	CommitTransactionCommand();
	mm_queue_put_back(leader->queue, task,
					  TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												  retry_delay(task->attempts)));
}

/*
 * A lost connection says little about the task that noticed it: when MySQL is
 * restarted, one after the other of the waiting sessions turns out to be dead.
 * So all losses of one moment count once.
 */
static bool
may_lose_again(Leader *leader, QueuedTask *task)
{
	if (task->lane != LANE_SNAPSHOT)
		return task->attempts < MAX_RECONNECTS;
	task->attempts--;
	if (task->losses == 0 || task->lost_moment != leader->moment)
		task->losses++;
	task->lost_moment = leader->moment;
	return task->losses < MAX_ATTEMPTS;
}

static bool
may_be_tried_again(Leader *leader, QueuedTask *task, int sqlerrcode)
{
	if (ERRCODE_TO_CATEGORY(sqlerrcode) ==
		ERRCODE_TO_CATEGORY(ERRCODE_CONNECTION_EXCEPTION))
		return may_lose_again(leader, task);
	return task->attempts < MAX_ATTEMPTS && is_worth_another_try(sqlerrcode);
}

/* A task that was tried is done, goes back, or has failed for good. */
static void
settle_task(Leader *leader, int task_id, TaskOutcome outcome,
			const SlotError *error)
{
	QueuedTask *task = mm_queue_find(leader->queue, task_id);

	task->attempts++;
	if (outcome == OUTCOME_DONE)
		mm_queue_finish(leader->queue, task, true);
	else if (outcome == OUTCOME_GIVEN_BACK)
	{
		task->attempts = 0;
		put_back(leader, task);
	}
	else if (may_be_tried_again(leader, task, error->sqlerrcode))
		put_back(leader, task);
	else
		mm_queue_finish(leader->queue, task, false);
}

/* Its process died so often over this task that nobody else has to. */
static void
give_up(Leader *leader, QueuedTask *queued)
{
	Task task = {.job_id = leader->process.job_id, .id = queued->id};
	ErrorData error;

	memset(&error, 0, sizeof(error));
	error.sqlerrcode = ERRCODE_CRASH_SHUTDOWN;
	error.message = psprintf("the worker died %d times over this task",
							 queued->attempts);
	error.hint = "See the server log for the reason.";
	StartTransactionCommand();
	mm_task_put_back(task.job_id, task.id);
	mm_task_failed(&task, &error);
	CommitTransactionCommand();
	mm_queue_finish(leader->queue, queued, false);
}

/*
 * A worker is gone before it could report.  It may have died right after the
 * commit of its work, so the task's row is asked first.
 */
static void
bury_worker(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	QueuedTask *task = mm_queue_find(leader->queue, slot->task_id);
	bool is_done;

	StartTransactionCommand();
	is_done = strcmp(mm_task_get(leader->process.job_id, task->id)->state,
					 "done") == 0;
	CommitTransactionCommand();
	task->attempts++;
	task->deaths++;
	if (is_done)
		mm_queue_finish(leader->queue, task, true);
	else if (task->attempts < MAX_ATTEMPTS)
		put_back(leader, task);
	else
		give_up(leader, task);
}

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
	StartTransactionCommand();
	part = mm_range_withdraw(slot, leader->process.job_id, true);
	CommitTransactionCommand();
	MemoryContextSwitchTo(leader->process.context);
	return part;
}

static bool
is_busy(WorkerSlot *slot)
{
	SlotState state = mm_slot_state(slot);

	return state == SLOT_ASSIGNED || state == SLOT_BUSY;
}

static int
count_busy(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int busy = 0;

	for (int i = 0; i < shared->nslots; i++)
		busy += is_busy(&shared->slots[i]);
	return busy;
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
							 count_busy(leader));
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
		settle_task(leader, task_id, outcome, &error);
	}
	else if ((state == SLOT_ASSIGNED || state == SLOT_BUSY) &&
			 handle_is_gone(leader->handles[number]))
	{
		/* It may have reported in its last moment. */
		if (mm_slot_state(slot) == SLOT_FINISHED)
			return;
		queue_part(leader, number, withdraw_offer(leader, number, true));
		bury_worker(leader, number);
		slot->task_id = 0;
		mm_slot_set_state(slot, SLOT_EXITED);
	}
	else if ((state == SLOT_IDLE || state == SLOT_STARTING) &&
			 handle_is_gone(leader->handles[number]))
		mm_slot_set_state(slot, SLOT_EXITED);
	else if (state == SLOT_BUSY)
		queue_part(leader, number, mm_range_collect(slot));
}

/* A worker that died is replaced, within reason. */
static void
replace_worker(Leader *leader, int number)
{
	JobShared *shared = leader->process.shared;

	if (mm_slot_state(&shared->slots[number]) != SLOT_EXITED ||
		leader->restarts >= MAX_RESTARTS ||
		!handle_is_gone(leader->handles[number]))
		return;
	leader->restarts++;
	if (!start_slot(leader, number))
		leader->cannot_start = true;
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
static void
enforce_limit(Leader *leader)
{
	JobShared *shared = leader->process.shared;
	int too_many = count_busy(leader) -
				   (int) pg_atomic_read_u32(&shared->worker_limit);

	for (int i = shared->nslots - 1; i >= 0 && too_many > 0; i--)
	{
		if (!is_busy(&shared->slots[i]))
			continue;
		pg_atomic_write_u32(&shared->slots[i].give_back, 1);
		too_many--;
	}
}

static bool
assign(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	QueuedTask *task = NULL;
	int limit = pg_atomic_read_u32(&leader->process.shared->worker_limit);

	if (mm_leader_is_held(&leader->process) || count_busy(leader) >= limit)
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
	wake_slot(slot);
	return true;
}

static void
run_here(Leader *leader, QueuedTask *task)
{
	SlotError error;
	TaskOutcome outcome;

	memset(&error, 0, sizeof(error));
	outcome = mm_worker_run_task(&leader->process, task->id, &error);
	settle_task(leader, task->id, outcome, &error);
}

static void
skip_doomed(Leader *leader)
{
	QueuedTask *task;

	while ((task = mm_queue_take_doomed(leader->queue)) != NULL)
	{
		StartTransactionCommand();
		mm_task_skip(leader->process.job_id, task->id,
					 "something it needs has failed");
		CommitTransactionCommand();
		mm_queue_finish(leader->queue, task, false);
	}
}

/*
 * Who can still work?  *in_snapshot: live workers that can read the source.
 */
static int
count_workers(Leader *leader, int *in_snapshot)
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

static bool
is_one_idle(Leader *leader)
{
	JobShared *shared = leader->process.shared;

	for (int i = 0; i < shared->nslots; i++)
	{
		if (mm_slot_state(&shared->slots[i]) == SLOT_IDLE)
			return true;
	}
	return false;
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

	if (count_workers(leader, &in_snapshot) == 0)
	{
		give_up(leader, task);
		return;
	}
	if (task->lane == LANE_SNAPSHOT && in_snapshot == 0 && is_one_idle(leader))
		process->handler->renew(process);
	put_back(leader, task);
}

/* Tasks that no worker can do are the leader's own; true if one was run. */
static bool
work_here(Leader *leader)
{
	JobProcess *process = &leader->process;
	int in_snapshot;
	int alive = count_workers(leader, &in_snapshot);
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
		count_workers(leader, &in_snapshot);
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
		wake_slot(&shared->slots[i]);
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
			replace_worker(leader, i);
		}
		skip_doomed(leader);
		process->handler->tick(process);
		enforce_limit(leader);
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

/* Runs in the dying leader too: nobody is left behind. */
static void
leader_exit(int code, Datum arg)
{
	Leader *leader = (Leader *) DatumGetPointer(arg);
	JobShared *shared = leader->process.shared;

	pg_atomic_write_u32(&shared->leader_exited, 1);
	for (int i = 0; i < shared->nslots; i++)
	{
		if (leader->handles[i] != NULL)
			TerminateBackgroundWorker(leader->handles[i]);
		wake_slot(&shared->slots[i]);
	}
}

/* Workers end: at once when `terminate`, else when they are idle (they are). */
static void
stop_workers(Leader *leader, bool terminate)
{
	JobShared *shared = leader->process.shared;

	pg_atomic_write_u32(&shared->round_armed, 0);
	pg_atomic_write_u32(&shared->leader_exited, 1);
	for (int i = 0; i < shared->nslots; i++)
	{
		if (leader->handles[i] == NULL)
			continue;
		if (terminate)
			TerminateBackgroundWorker(leader->handles[i]);
		wake_slot(&shared->slots[i]);
	}
	HOLD_INTERRUPTS();
	for (int i = 0; i < shared->nslots; i++)
	{
		if (leader->handles[i] != NULL)
			(void) WaitForBackgroundWorkerShutdown(leader->handles[i]);
	}
	RESUME_INTERRUPTS();
}

static void
finish_job(Leader *leader, const char *state, const ErrorData *error)
{
	if (leader->process.job_id == 0)
		return; /* it failed before there was a job */
	StartTransactionCommand();
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
	stop_workers(leader, broken);
	HOLD_CANCEL_INTERRUPTS();
	if (broken)
		add_resume_hint(leader, error);
	if (broken)
		process->handler->abandon(process);
	finish_job(leader, state, error);
	if (error != NULL)
		send_error(leader, error);
	else
	{
		JobMessage m;

		memset(&m, 0, sizeof(m));
		m.kind = MESSAGE_DONE;
		send_message(leader, &m);
	}
	RESUME_CANCEL_INTERRUPTS();
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
	SpinLockInit(&leader->own_slot.mutex);
	pg_atomic_init_u32(&leader->own_slot.give_back, 0);
	pg_atomic_init_u64(&leader->own_slot.counters.rows, 0);
	pg_atomic_init_u64(&leader->own_slot.counters.bytes, 0);
	pg_atomic_init_u64(&leader->own_slot.counters.expected, 0);
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
	before_shmem_exit(leader_exit, PointerGetDatum(leader));
	dsm_pin_mapping(process->segment);

	mm_shared_arguments(process->shared, &process->arguments);
	mm_launch_become_caller(&process->arguments);
	pgstat_report_appname("mysql_migrate leader");
	lead(leader);
}
