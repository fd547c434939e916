/*
 * src/job/leader.h
 *		The leader of a job: keeps its workers busy until all tasks are over.
 *
 * The handler's plan() starts workers, holds rounds and adds stages and tasks
 * with the calls below; the engine does the rest.
 */
#ifndef MM_JOB_LEADER_H
#define MM_JOB_LEADER_H

#include "job/handler.h"

/* The whole life of a leader process. */
extern void mm_leader_main(dsm_handle handle, const TaskHandler *handler);

/* The job row is there and committed: tell the caller its number. */
extern void mm_leader_set_job(JobProcess *process, int64 job_id);

/*
 * Start up to `wanted` workers and wait until each is ready or has failed.
 * Returns how many are ready; zero is no error, the leader can work alone.
 * *problem: why there are fewer, or NULL.  Called again, it counts those that
 * are there.
 */
extern int mm_leader_start_workers(JobProcess *process, int wanted,
								   const char **problem);

/*
 * All ready workers execute handler->round(command) as nearly at the same
 * moment as can be, and so does the leader, through `own`.  Returns the number
 * of workers that answered, -1 if one of them did not in time (0: a long one);
 * their tokens stand in their slots.  mm_leader_arm(true) before the first
 * round makes the workers wait without sleeping; mm_leader_arm(false)
 * afterwards.
 */
typedef void (*OwnPart)(JobProcess *process, void *arg);
extern void mm_leader_arm(JobProcess *process, bool armed);
extern int mm_leader_round(JobProcess *process, int command, int timeout_ms,
						   OwnPart own, void *arg);
extern bool mm_leader_slot_answered(JobProcess *process, int slot);

/*
 * Stages: a task counts for one and may need others to be finished first.
 * hold/release: more tasks will be added to a stage later.
 */
extern int mm_leader_add_stage(JobProcess *process);
extern void mm_leader_hold_stage(JobProcess *process, int stage);
extern void mm_leader_release_stage(JobProcess *process, int stage);
extern bool mm_leader_stage_broken(JobProcess *process, int stage);
extern bool mm_leader_stage_finished(JobProcess *process, int stage);
extern void mm_leader_break_stage(JobProcess *process, int stage);

/*
 * Insert the task's row (a transaction must be open) and queue it.  task->id
 * is filled in.  The strings are copied only into the row.
 */
extern void mm_leader_add_task(JobProcess *process, Task *task);

/* Before a plan is made once more: no stages, no tasks. */
extern void mm_leader_forget_tasks(JobProcess *process);

/* As before, but not queued: the handler runs it itself at the end. */
extern void mm_leader_add_later_task(JobProcess *process, Task *task);

/*
 * Resume: the stages and open tasks of an earlier run; done ones count for
 * nothing any more.  Tasks of the given kind are left to the handler.
 * `held`: stages (int) that are held, as by mm_leader_hold_stage.
 */
extern void mm_leader_restore_tasks(JobProcess *process, List *tasks,
									const char *later_kind, List *held);

/* Sleep at most so long; honours interrupts. */
extern void mm_leader_wait(long milliseconds);

/* Tasks that could run now on a worker. */
extern int mm_leader_ready_tasks(JobProcess *process);

/* Workers pause between two pieces, and get no further tasks. */
extern void mm_leader_hold(JobProcess *process, bool hold);
extern bool mm_leader_is_held(const JobProcess *process);

extern bool mm_leader_has_caller(JobProcess *process);

/* To the caller, if there still is one. */
extern void mm_leader_notice(JobProcess *process, int elevel,
							 const char *message, const char *detail,
							 const char *hint);
extern void mm_leader_row(JobProcess *process, int nvalues,
						  const char **values);

#endif /* MM_JOB_LEADER_H */
