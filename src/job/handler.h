/*
 * src/job/handler.h
 *		What a job is made of: the engine calls these, migrate/ fills them in.
 *
 * The engine knows tasks, stages, workers and rounds; what a task means, and
 * that there is a MySQL server at all, only the handler knows.
 */
#ifndef MM_JOB_HANDLER_H
#define MM_JOB_HANDLER_H

#include "job/job_shared.h"
#include "job/message.h"
#include "job/task_store.h"

typedef struct TaskHandler TaskHandler;

/* One process of a job: a worker, or the leader. */
typedef struct JobProcess
{
	const TaskHandler *handler;
	dsm_segment *segment;
	JobShared *shared;
	int64 job_id;
	int slot_number;  /* -1: the leader */
	WorkerSlot *slot; /* the leader has a private one */
	JobArguments arguments;
	MemoryContext context;		/* lives as long as the process */
	MemoryContext task_context; /* lives as long as the running task */
	bool gives_back;			/* the running task, which did not fail */
	void *state;				/* the handler's own */
} JobProcess;

struct TaskHandler
{
	/*
	 * Worker: get ready (connect).  Outside a transaction; may raise, then the
	 * worker reports the error and leaves.
	 */
	void (*begin)(JobProcess *process);

	/*
	 * Worker: take part in a round.  Whatever is written to token (at most
	 * JOB_TOKEN_SIZE bytes with its end) the leader gets to compare.  The
	 * return value says whether the process is in the job's snapshot now.
	 */
	bool (*round)(JobProcess *process, int command, char *token);

	/*
	 * Worker or leader: do a task, inside a transaction that the engine
	 * commits together with the task's "done".  *remark: for the task's row.
	 * A chunk may be done piece by piece, each committed with the position
	 * that it reaches: see job/range.h.
	 */
	void (*run)(JobProcess *process, const Task *task,
				TaskCounts *counts, const char **remark);

	/*
	 * The task's transaction was rolled back.  In a new transaction: may turn
	 * a failure of a may_fail task into a note and return true ("done" with
	 * *remark), else return false.
	 */
	bool (*tolerate)(JobProcess *process, const Task *task,
					 const ErrorData *error, const char **remark);

	/* Can this process still read the snapshot?  Asked after an error. */
	bool (*in_snapshot)(JobProcess *process);

	/* Leader: everything before the first task; see job/leader.h. */
	void (*plan)(JobProcess *process);

	/* Leader: more tasks when few are left; false when there are no more. */
	bool (*more)(JobProcess *process);

	/* Leader: called often while tasks run, outside a transaction. */
	void (*tick)(JobProcess *process);

	/* Leader: in the transaction that writes the job's state. */
	void (*tell)(JobProcess *process, const char *state);

	/*
	 * Leader: may tasks that read the source still be added?  When there are
	 * none left and none to come, every process is told to release its remote
	 * session; a worker that is busy only after its task, so the leader sees
	 * to those (WorkerSlot.session).
	 */
	bool (*reads_to_come)(JobProcess *process);
	void (*release)(JobProcess *process);

	/* Leader: no process is in the snapshot any more; take a new one. */
	void (*renew)(JobProcess *process);

	/* Leader: all tasks are over; send the rows and return the job's state. */
	const char *(*finish)(JobProcess *process, ErrorData **error);

	/* Leader: the job was cancelled or failed half-way. */
	void (*abandon)(JobProcess *process);
};

#endif /* MM_JOB_HANDLER_H */
