/*
 * src/job/leader_internal.h
 *		What the files about the leader share and nobody else sees.
 */
#ifndef MM_JOB_LEADER_INTERNAL_H
#define MM_JOB_LEADER_INTERNAL_H

#include "job/leader.h"
#include "job/task_queue.h"
#include "postmaster/bgworker.h"

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
	WorkerSlot own_slot;
} Leader;

static inline Leader *
leader_of(JobProcess *process)
{
	Assert(process->slot_number < 0);
	return (Leader *) process;
}

/* ---------------------------------------------------------------- leader_messages.c */

extern void mm_leader_send(Leader *leader, const JobMessage *message);
extern void mm_leader_send_error(Leader *leader, const ErrorData *error);

/* ---------------------------------------------------------------- leader_workers.c */

extern bool mm_leader_handle_is_gone(BackgroundWorkerHandle *handle);
extern void mm_leader_wake_slot(WorkerSlot *slot);
extern int mm_leader_count_busy(Leader *leader);

/* How many live, and how many of those can read the source. */
extern int mm_leader_count_workers(Leader *leader, int *in_snapshot);
extern bool mm_leader_has_idle_worker(Leader *leader);
extern void mm_leader_replace_worker(Leader *leader, int number);
extern void mm_leader_enforce_limit(Leader *leader);

/* before_shmem_exit: nobody is left behind. */
extern void mm_leader_exit(int code, Datum arg);

/* The end of the workers; it takes a while, which _await waits for. */
extern void mm_leader_dismiss_workers(Leader *leader, bool terminate);
extern void mm_leader_await_workers(Leader *leader);

/* ---------------------------------------------------------------- leader_tasks.c */

/* A task that was tried is done, goes back, or has failed for good. */
extern void mm_leader_settle_task(Leader *leader, int task_id,
								  TaskOutcome outcome, const SlotError *error);
extern void mm_leader_put_back(Leader *leader, QueuedTask *task);
extern void mm_leader_give_up(Leader *leader, QueuedTask *queued);
extern void mm_leader_bury_worker(Leader *leader, int number);
extern void mm_leader_skip_doomed(Leader *leader);

#endif /* MM_JOB_LEADER_INTERNAL_H */
