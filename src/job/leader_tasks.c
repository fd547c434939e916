/*
 * src/job/leader_tasks.c
 *		The leader's tasks: into the queue, and what becomes of each after it
 *		was tried.
 *
 * A failure that may pass puts the task back, later and later; so does the death
 * of its worker, with a limit, since a task may be what kills them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/leader_internal.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_ATTEMPTS   TASK_MAX_DEATHS
#define MAX_RECONNECTS 10
#define MAX_DELAY_MS   10000

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

/* ---------------------------------------------------------------- what becomes of a task */

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

void
mm_leader_put_back(Leader *leader, QueuedTask *task)
{
	mm_transaction_start();
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
void
mm_leader_settle_task(Leader *leader, int task_id, TaskOutcome outcome,
					  const SlotError *error)
{
	QueuedTask *task = mm_queue_find(leader->queue, task_id);

	task->attempts++;
	if (outcome == OUTCOME_DONE)
		mm_queue_finish(leader->queue, task, true);
	else if (outcome == OUTCOME_GIVEN_BACK)
	{
		task->attempts = 0;
		mm_leader_put_back(leader, task);
	}
	else if (may_be_tried_again(leader, task, error->sqlerrcode))
		mm_leader_put_back(leader, task);
	else
		mm_queue_finish(leader->queue, task, false);
}

/* Its process died so often over this task that nobody else has to. */
void
mm_leader_give_up(Leader *leader, QueuedTask *queued)
{
	Task task = {.job_id = leader->process.job_id, .id = queued->id};
	ErrorData error;

	memset(&error, 0, sizeof(error));
	error.sqlerrcode = ERRCODE_CRASH_SHUTDOWN;
	error.message = psprintf("the worker died %d times over this task",
							 queued->attempts);
	error.hint = "See the server log for the reason.";
	mm_transaction_start();
	mm_task_put_back(task.job_id, task.id);
	mm_task_failed(&task, &error);
	CommitTransactionCommand();
	mm_queue_finish(leader->queue, queued, false);
}

/*
 * A worker is gone before it could report.  It may have died right after the
 * commit of its work, so the task's row is asked first.
 */
void
mm_leader_bury_worker(Leader *leader, int number)
{
	WorkerSlot *slot = &leader->process.shared->slots[number];
	QueuedTask *task = mm_queue_find(leader->queue, slot->task_id);
	bool is_done;

	mm_transaction_start();
	is_done = strcmp(mm_task_get(leader->process.job_id, task->id)->state,
					 "done") == 0;
	CommitTransactionCommand();
	task->attempts++;
	task->deaths++;
	if (is_done)
		mm_queue_finish(leader->queue, task, true);
	else if (task->attempts < MAX_ATTEMPTS)
		mm_leader_put_back(leader, task);
	else
		mm_leader_give_up(leader, task);
}

void
mm_leader_skip_doomed(Leader *leader)
{
	QueuedTask *task;

	while ((task = mm_queue_take_doomed(leader->queue)) != NULL)
	{
		mm_transaction_start();
		mm_task_skip(leader->process.job_id, task->id,
					 "something it needs has failed");
		CommitTransactionCommand();
		mm_queue_finish(leader->queue, task, false);
	}
}
