/*
 * src/job/task_queue.c
 *		Stages and ready tasks, in the leader's memory.
 *
 * A stage counts its open tasks (and holds); when the count falls to zero, the
 * tasks that wait for it come one step nearer.  A task with nothing left to
 * wait for is ready, in the heap of its lane, or doomed if one of the stages
 * it needs is broken.  A task that is tried again after a pause sits in the
 * list of delayed ones until its time has come.
 */
#include "postgres.h"

#include "job/task_queue.h"
#include "lib/pairingheap.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

typedef struct Entry
{
	QueuedTask task; /* first: its id is the hash key */
	List *needs;
	TimestampTz not_before;
	pairingheap_node node;
} Entry;

typedef struct Stage
{
	int open;
	bool broken;
	bool finished;
	List *waiters; /* of Entry * */
} Stage;

struct TaskQueue
{
	MemoryContext context;
	HTAB *tasks; /* id -> Entry */
	int nstages;
	int max_stages;
	Stage *stages;
	pairingheap *ready[LANE_COUNT];
	int nready[LANE_COUNT];
	List *delayed; /* of Entry * */
	List *doomed;  /* of Entry * */
	int open_tasks;
	int open_in_lane[LANE_COUNT];
	int holds;
};

/* Heavier first, then in the order in which they were added. */
static int
compare_entries(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	const Entry *ea = pairingheap_const_container(Entry, node, a);
	const Entry *eb = pairingheap_const_container(Entry, node, b);

	if (ea->task.weight != eb->task.weight)
		return ea->task.weight > eb->task.weight ? 1 : -1;
	return ea->task.id < eb->task.id ? 1 : -1;
}

TaskQueue *
mm_queue_create(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	TaskQueue *queue = palloc0(sizeof(TaskQueue));
	HASHCTL control;

	queue->context = context;
	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(int);
	control.entrysize = sizeof(Entry);
	control.hcxt = context;
	queue->tasks = hash_create("job tasks", 256, &control,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	queue->max_stages = 64;
	queue->stages = palloc0(queue->max_stages * sizeof(Stage));
	for (int lane = 0; lane < LANE_COUNT; lane++)
		queue->ready[lane] = pairingheap_allocate(compare_entries, NULL);
	MemoryContextSwitchTo(old);
	return queue;
}

int
mm_queue_add_stage(TaskQueue *queue)
{
	if (queue->nstages == queue->max_stages)
	{
		queue->max_stages *= 2;
		queue->stages = repalloc(queue->stages,
								 queue->max_stages * sizeof(Stage));
	}
	memset(&queue->stages[queue->nstages], 0, sizeof(Stage));
	return queue->nstages++;
}

static Stage *
stage_at(TaskQueue *queue, int stage)
{
	if (stage < 0 || stage >= queue->nstages)
		elog(ERROR, "stage %d does not exist", stage);
	return &queue->stages[stage];
}

static bool
needs_broken_stage(TaskQueue *queue, const Entry *entry)
{
	ListCell *cell;

	foreach(cell, entry->needs)
	{
		if (stage_at(queue, lfirst_int(cell))->broken)
			return true;
	}
	return false;
}

static void
make_ready(TaskQueue *queue, Entry *entry)
{
	pairingheap_add(queue->ready[entry->task.lane], &entry->node);
	queue->nready[entry->task.lane]++;
}

/* Nothing is left to wait for: ready, or doomed. */
static void
settle(TaskQueue *queue, Entry *entry)
{
	MemoryContext old = MemoryContextSwitchTo(queue->context);

	if (needs_broken_stage(queue, entry))
		queue->doomed = lappend(queue->doomed, entry);
	else
		make_ready(queue, entry);
	MemoryContextSwitchTo(old);
}

static void
close_if_finished(TaskQueue *queue, Stage *stage)
{
	List *waiters = stage->waiters;
	ListCell *cell;

	if (stage->open > 0 || stage->finished)
		return;
	stage->finished = true;
	stage->waiters = NIL;
	foreach(cell, waiters)
	{
		Entry *entry = lfirst(cell);

		if (--entry->task.unmet == 0)
			settle(queue, entry);
	}
	list_free(waiters);
}

void
mm_queue_hold(TaskQueue *queue, int stage)
{
	stage_at(queue, stage)->open++;
	queue->holds++;
}

void
mm_queue_release(TaskQueue *queue, int stage)
{
	stage_at(queue, stage)->open--;
	queue->holds--;
	close_if_finished(queue, stage_at(queue, stage));
}

bool
mm_queue_stage_broken(TaskQueue *queue, int stage)
{
	return stage_at(queue, stage)->broken;
}

bool
mm_queue_stage_finished(TaskQueue *queue, int stage)
{
	return stage_at(queue, stage)->open == 0;
}

void
mm_queue_break_stage(TaskQueue *queue, int stage)
{
	stage_at(queue, stage)->broken = true;
}

void
mm_queue_announce(TaskQueue *queue, int stage)
{
	stage_at(queue, stage)->open++;
}

QueuedTask *
mm_queue_add(TaskQueue *queue, int id, TaskLane lane, int stage, List *needs,
			 uint64 weight)
{
	mm_queue_announce(queue, stage);
	return mm_queue_add_announced(queue, id, lane, stage, needs, weight);
}

QueuedTask *
mm_queue_add_announced(TaskQueue *queue, int id, TaskLane lane, int stage,
					   List *needs, uint64 weight)
{
	MemoryContext old = MemoryContextSwitchTo(queue->context);
	bool found;
	Entry *entry = hash_search(queue->tasks, &id, HASH_ENTER, &found);
	ListCell *cell;

	if (found)
		elog(ERROR, "task %d is queued twice", id);
	memset((char *) entry + sizeof(int), 0, sizeof(Entry) - sizeof(int));
	entry->task.lane = lane;
	entry->task.stage = stage;
	entry->task.weight = weight;
	entry->needs = list_copy(needs);
	queue->open_tasks++;
	queue->open_in_lane[lane]++;
	foreach(cell, needs)
	{
		Stage *needed = stage_at(queue, lfirst_int(cell));

		/* A stage that nothing was ever added to is finished. */
		if (needed->open == 0)
			continue;
		needed->waiters = lappend(needed->waiters, entry);
		entry->task.unmet++;
	}
	if (entry->task.unmet == 0)
		settle(queue, entry);
	MemoryContextSwitchTo(old);
	return &entry->task;
}

QueuedTask *
mm_queue_find(TaskQueue *queue, int id)
{
	Entry *entry = hash_search(queue->tasks, &id, HASH_FIND, NULL);

	if (entry == NULL)
		elog(ERROR, "task %d is not queued", id);
	return &entry->task;
}

/* Delayed tasks whose time has come become ready. */
static void
wake_delayed(TaskQueue *queue)
{
	TimestampTz now;
	ListCell *cell;

	if (queue->delayed == NIL)
		return;
	now = GetCurrentTimestamp();
	foreach(cell, queue->delayed)
	{
		Entry *entry = lfirst(cell);

		if (entry->not_before > now)
			continue;
		queue->delayed = foreach_delete_current(queue->delayed, cell);
		make_ready(queue, entry);
	}
}

QueuedTask *
mm_queue_take(TaskQueue *queue, TaskLane lane)
{
	Entry *entry;

	wake_delayed(queue);
	if (pairingheap_is_empty(queue->ready[lane]))
		return NULL;
	entry = pairingheap_container(Entry, node,
								  pairingheap_remove_first(queue->ready[lane]));
	queue->nready[lane]--;
	return &entry->task;
}

int
mm_queue_ready(const TaskQueue *queue, TaskLane lane)
{
	return queue->nready[lane];
}

void
mm_queue_put_back(TaskQueue *queue, QueuedTask *task, TimestampTz not_before)
{
	MemoryContext old = MemoryContextSwitchTo(queue->context);
	Entry *entry = (Entry *) task;

	entry->not_before = not_before;
	queue->delayed = lappend(queue->delayed, entry);
	MemoryContextSwitchTo(old);
}

void
mm_queue_finish(TaskQueue *queue, QueuedTask *task, bool ok)
{
	Stage *stage = stage_at(queue, task->stage);

	Assert(!task->over);
	task->over = true;
	queue->open_tasks--;
	queue->open_in_lane[task->lane]--;
	if (!ok)
		stage->broken = true;
	stage->open--;
	close_if_finished(queue, stage);
}

QueuedTask *
mm_queue_take_doomed(TaskQueue *queue)
{
	Entry *entry;

	if (queue->doomed == NIL)
		return NULL;
	entry = linitial(queue->doomed);
	queue->doomed = list_delete_first(queue->doomed);
	return &entry->task;
}

bool
mm_queue_lane_is_empty(const TaskQueue *queue, TaskLane lane)
{
	return queue->open_in_lane[lane] == 0;
}

bool
mm_queue_is_empty(const TaskQueue *queue)
{
	return queue->open_tasks == 0 && queue->holds == 0;
}
