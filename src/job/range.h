/*
 * src/job/range.h
 *		A task that is a range: done piece by piece, divided while it runs.
 *
 * The process that works on a range commits each piece together with the
 * position that it reaches; whoever takes the task over goes on behind it.
 * When workers have nothing to do, the leader asks the one with the most left
 * to give away the upper half, and only that worker, who alone knows how far it
 * has read, says where the border is.
 */
#ifndef MM_JOB_RANGE_H
#define MM_JOB_RANGE_H

#include "job/handler.h"

/*
 * Inside the open transaction, which is committed and followed by a new one:
 * the task is done up to `position`, and what lies above `border` (NULL: none)
 * goes to the worker that asks for it.  Updates the task.  Between the two
 * transactions it waits while the job is held back, and raises, with
 * process->gives_back, when the range is to go back into the queue.
 */
extern void mm_range_advance(JobProcess *process, Task *task,
							 const char *position, const TaskCounts *counts,
							 const char *remark, const char *border);

/* Rows that the task will have done, about; from now on it can be divided. */
extern void mm_range_expect(JobProcess *process, uint64 rows);

/* Has the leader asked for a part of the running task? */
extern bool mm_range_is_asked(const JobProcess *process);

/* No: too little is left, or the range has no middle. */
extern void mm_range_refuse(JobProcess *process);

/*
 * The leader's side.  mm_range_choose gives the slot whose task has the most
 * left, or -1; mm_range_offer asks it for a part, under that number;
 * mm_range_collect gives that number once the part is there, else 0.
 */
extern int mm_range_choose(JobShared *shared);
extern void mm_range_offer(WorkerSlot *slot, int new_id);
extern int mm_range_collect(WorkerSlot *slot);

/* Offers that still wait for an answer. */
extern int mm_range_count_offers(JobShared *shared);

/*
 * The slot's task is over, or its worker is gone: takes the offer back.  Gives
 * the number of a part that was made all the same, else 0.  Needs a
 * transaction when the worker is gone.
 */
extern int mm_range_withdraw(WorkerSlot *slot, int64 job_id, bool is_gone);

#endif /* MM_JOB_RANGE_H */
