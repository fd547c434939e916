/*
 * src/job/task_queue.h
 *		The leader's picture of what is left to do: stages and ready tasks.
 *
 * Plain data structures without any SQL; the rows in mysql_migrate.task are
 * the truth, and a resume builds this picture again from them.
 */
#ifndef MM_JOB_TASK_QUEUE_H
#define MM_JOB_TASK_QUEUE_H

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef struct TaskQueue TaskQueue;

/* Who may run it. */
typedef enum TaskLane
{
	LANE_SNAPSHOT, /* a process in the snapshot */
	LANE_ANY,
	LANE_LEADER,
	LANE_COUNT
} TaskLane;

typedef struct QueuedTask
{
	int id;
	TaskLane lane;
	int stage;
	int attempts;
	int deaths;		 /* workers that died over it */
	int losses;		 /* moments in which it lost its connection */
	int lost_moment; /* the last of them */
	int unmet;		 /* stages it still waits for */
	bool over;		 /* done, failed for good or skipped */
	uint64 weight;
} QueuedTask;

extern TaskQueue *mm_queue_create(MemoryContext context);

extern int mm_queue_add_stage(TaskQueue *queue);
extern void mm_queue_hold(TaskQueue *queue, int stage);
extern void mm_queue_release(TaskQueue *queue, int stage);
extern bool mm_queue_stage_broken(TaskQueue *queue, int stage);
extern bool mm_queue_stage_finished(TaskQueue *queue, int stage);
extern void mm_queue_break_stage(TaskQueue *queue, int stage);

extern QueuedTask *mm_queue_add(TaskQueue *queue, int id, TaskLane lane,
								int stage, List *needs, uint64 weight);
/*
 * Tasks in any order: first announce the stage of each, then add each.  (With
 * mm_queue_add alone, a stage whose tasks come later would look finished.)
 */
extern void mm_queue_announce(TaskQueue *queue, int stage);
extern QueuedTask *mm_queue_add_announced(TaskQueue *queue, int id,
										  TaskLane lane, int stage,
										  List *needs, uint64 weight);
extern QueuedTask *mm_queue_find(TaskQueue *queue, int id);

/* The heaviest task that may run now in that lane, taken out; or NULL. */
extern QueuedTask *mm_queue_take(TaskQueue *queue, TaskLane lane);
extern int mm_queue_ready(const TaskQueue *queue, TaskLane lane);

/* Back into its lane, not before the given time. */
extern void mm_queue_put_back(TaskQueue *queue, QueuedTask *task,
							  TimestampTz not_before);

/* It is over; ok = false breaks its stage. */
extern void mm_queue_finish(TaskQueue *queue, QueuedTask *task, bool ok);

/*
 * A task whose needed stages are finished but broken: to be skipped by the
 * caller (who then calls mm_queue_finish(.., false)); or NULL.
 */
extern QueuedTask *mm_queue_take_doomed(TaskQueue *queue);

/* No task of this lane is open, be it waiting or running. */
extern bool mm_queue_lane_is_empty(const TaskQueue *queue, TaskLane lane);

/* Neither a task nor a held stage is open any more. */
extern bool mm_queue_is_empty(const TaskQueue *queue);

#endif /* MM_JOB_TASK_QUEUE_H */
