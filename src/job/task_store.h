/*
 * src/job/task_store.h
 *		The rows of mysql_migrate.task, and the states that they go through.
 *
 * For users and transactions, see job/store.h.
 */
#ifndef MM_JOB_TASK_STORE_H
#define MM_JOB_TASK_STORE_H

#include "nodes/pg_list.h"
#include "utils/elog.h"

/* A row of mysql_migrate.task. */
typedef struct Task
{
	int64 job_id;
	int id;
	const char *kind; /* of the task handler's table */
	const char *state;
	int attempts;
	int64 subject;		   /* what it is about: table_map.id, or 0 */
	const char *object;	   /* for people: "orders", "orders_pkey" */
	const char *statement; /* SQL, or NULL */
	const char *listing;   /* query that shows what broke it, or NULL */
	const char *lower;	   /* chunk bounds, or NULL */
	const char *upper;
	const char *position; /* the chunk is done up to here, or NULL */
	const char *partition;
	bool is_null_chunk;
	int stage;	 /* finishing it counts for this stage */
	List *needs; /* of int: stages that must be finished first */
	bool may_fail;
	bool needs_snapshot; /* reads the source */
	bool leader_only;
	uint64 weight;	  /* bytes; heavier tasks go first */
	uint64 rows_read; /* by what is done of it */
	uint64 bytes_read;
	const char *remark; /* about what is done of it, or NULL */
	const char *claim;	/* see mm_task_claim; NULL: nobody's */
} Task;

typedef struct TaskCounts
{
	uint64 rows_read;
	uint64 rows_loaded;
	uint64 rows_rejected;
	uint64 bytes_read;
} TaskCounts;

extern void mm_task_insert(const Task *task);
extern Task *mm_task_get(int64 job_id, int task_id);

/*
 * Takes a task before work on it starts: state "running", attempts + 1, own
 * committed transaction.  Returns it in the current memory context.
 */
extern Task *mm_task_claim(int64 job_id, int task_id);

/*
 * In the transaction that did a piece of the work: the task is done up to
 * `position`.  Counts add up; the remark is about all pieces.
 */
extern void mm_task_advance(const Task *task, const char *position,
							const TaskCounts *counts, const char *remark);

/* The part of a chunk above `border` becomes a task of its own. */
extern void mm_task_divide(const Task *task, int new_id, const char *border);
extern bool mm_task_exists(int64 job_id, int task_id);

/*
 * In the transaction that did the work (or the last piece of it): both stand
 * or fall together.  Counts add to those of earlier pieces.
 */
extern void mm_task_done(const Task *task, const TaskCounts *counts,
						 const char *remark);

/* In a transaction of its own, after the work was rolled back. */
extern void mm_task_failed(const Task *task, const ErrorData *error);

/* Back into the queue: its worker died, or another try may succeed. */
extern void mm_task_put_back(int64 job_id, int task_id);

/* Never to be run: what it needs has failed. */
extern void mm_task_skip(int64 job_id, int task_id, const char *reason);

/* A task that its process did not survive so many times is not tried again. */
#define TASK_MAX_DEATHS 3

/*
 * For a resume: all tasks that are not done wait again, as if never tried.  If
 * the last leader died, what was running then is under suspicion: it keeps its
 * attempts, and fails when there were too many.
 */
extern void mm_task_reopen_all(int64 job_id, bool was_interrupted);

/* Tasks of one kind about one subject: what they did is to be done again. */
extern void mm_task_repeat(int64 job_id, const char *kind, int64 subject);

/* Its statement and listing are other ones now. */
extern void mm_task_set_statement(const Task *task);

/* All tasks of a job (List of Task *), in the order of their numbers. */
extern List *mm_task_list(int64 job_id);

#endif /* MM_JOB_TASK_STORE_H */
