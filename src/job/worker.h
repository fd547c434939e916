/*
 * src/job/worker.h
 *		A worker of a job: runs the tasks that the leader puts into its slot.
 */
#ifndef MM_JOB_WORKER_H
#define MM_JOB_WORKER_H

#include "job/handler.h"

/* The whole life of a worker process. */
extern void mm_worker_main(dsm_handle handle, int slot,
						   const TaskHandler *handler);

/*
 * One task from claim to "done" or "failed", in this process.  Returns whether
 * it is done; otherwise *error holds the short form.  Raises only for
 * cancellation and for errors of the bookkeeping itself.
 */
extern TaskOutcome mm_worker_run_task(JobProcess *process, int task_id,
									  SlotError *error);

/*
 * Forgets the descriptions of tables that this process opened, when they have
 * become many.  Between transactions, or where none is in use.
 */
extern void mm_worker_bound_caches(void);

#endif /* MM_JOB_WORKER_H */
