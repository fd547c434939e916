/*
 * src/job/job_shared.h
 *		What the processes of a job share: one DSM segment per job.
 *
 * Nothing in it has to survive: the truth is in the tables "job" and "task".
 * The segment holds who works on what, live counters, the cancel flag, the
 * rounds in which all workers act at the same moment, the arguments, and the
 * message queue from the leader to the caller.
 */
#ifndef MM_JOB_JOB_SHARED_H
#define MM_JOB_JOB_SHARED_H

#include "base/counters.h"
#include "base/throttle.h"
#include "port/atomics.h"
#include "storage/dsm.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "datatype/timestamp.h"
#include "storage/spin.h"

#define JOB_MAX_WORKERS 64
#define JOB_TOKEN_SIZE	256

typedef enum SlotState
{
	SLOT_FREE,	   /* no process */
	SLOT_STARTING, /* registered, not ready yet */
	SLOT_IDLE,	   /* waits for a task */
	SLOT_ASSIGNED, /* the leader has put a task in */
	SLOT_BUSY,	   /* the worker has taken it */
	SLOT_FINISHED, /* outcome is set, the leader has to look */
	SLOT_EXITED	   /* the process left by itself */
} SlotState;

typedef enum TaskOutcome
{
	OUTCOME_NONE,
	OUTCOME_DONE,
	OUTCOME_GIVEN_BACK, /* no failure: somebody else is to do it */
	OUTCOME_FAILED
} TaskOutcome;

/* The short form of an error; the long one stands in the task's row. */
typedef struct SlotError
{
	int sqlerrcode;
	char message[256];
	char detail[512];
	char hint[256];
} SlotError;

typedef struct WorkerSlot
{
	/* Owned by whoever the state says; changed under "mutex". */
	slock_t mutex;
	SlotState state;
	pid_t pid;
	PGPROC *proc; /* for its latch */
	int task_id;
	TaskOutcome outcome;
	bool in_snapshot; /* its remote session is in the job's snapshot */
	SlotError error;
	char activity[128];			  /* what it does now, for people */
	char session[JOB_TOKEN_SIZE]; /* its remote session, for the handler */

	/* Live counters of the running task. */
	LiveCounters counters;

	/*
	 * Dividing (job/range.h): the leader offers a number for the task that the
	 * upper part will be; the worker takes it, or refuses.
	 */
	int offered_id;	  /* 0: nothing was asked */
	bool offer_taken; /* committed: the task is there */
	bool offer_refused;
	TimestampTz asked; /* when that was */

	/* Fewer are to work: the range goes back into the queue after its piece. */
	pg_atomic_uint32 give_back;

	/* Rounds: the worker answers round n by setting answered to n. */
	pg_atomic_uint32 answered;
	char token[JOB_TOKEN_SIZE];
} WorkerSlot;

typedef struct JobShared
{
	uint32 magic;
	Oid database_id;
	pg_atomic_uint64 job_id; /* 0 until the leader knows it */
	TimestampTz began;		 /* this run of the job */
	pid_t leader_pid;
	PGPROC *leader_proc;
	pg_atomic_uint32 leader_exited;
	pg_atomic_uint32 dismissed; /* workers end as soon as they are idle */
	pg_atomic_uint32 cancel_requested;
	pg_atomic_uint32 worker_limit; /* may be changed while the job runs */
	pg_atomic_uint32 held;		   /* ranges pause between two pieces */
	pg_atomic_uint32 round;		   /* number of the round that is on */
	int round_command;
	pg_atomic_uint32 round_armed; /* workers spin for the next round */
	pg_atomic_uint32 reads_over;  /* nobody will read the source any more */
	Throttle throttle;			  /* for the handler: what all may use */
	bool may_be_undone;			  /* by migration_rollback; set by the handler */
	dsm_handle handler_segment;	  /* its own, or DSM_HANDLE_INVALID */
	int nslots;
	Size arguments_offset;
	Size queue_offset;
	WorkerSlot slots[FLEXIBLE_ARRAY_MEMBER];
} JobShared;

/* What every process of a job starts from; serialized into the segment. */
typedef struct JobArguments
{
	Oid database_id;
	Oid authenticated_user;
	Oid current_user;
	const char *settings; /* name=value lines, see job/launch.c */
	const char *payload;  /* text that only the task handler understands */
} JobArguments;

extern dsm_segment *mm_shared_create(int nslots, const JobArguments *arguments,
									 JobShared **shared);

/* NULL when the job is over or the handle means something else by now. */
extern dsm_segment *mm_shared_attach(dsm_handle handle, JobShared **shared);

/*
 * A look at a job from outside; NULL when the handle is not, or no longer, of
 * that job.  mm_shared_leave ends it; what this process had mapped before
 * stays mapped.
 */
typedef struct SharedVisit
{
	dsm_segment *segment;
	bool was_mapped;
} SharedVisit;

extern JobShared *mm_shared_visit(dsm_handle handle, int64 job_id,
								  SharedVisit *visit);
extern void mm_shared_leave(const SharedVisit *visit);

/* Is there a live leader of this job behind the handle? */
extern bool mm_shared_is_alive(dsm_handle handle, int64 job_id);
extern void mm_shared_arguments(JobShared *shared, JobArguments *arguments);
extern shm_mq *mm_shared_queue(JobShared *shared);

/* There is something for the leader to look at. */
extern void mm_shared_wake_leader(JobShared *shared);

/* A slot in which nobody is. */
extern void mm_slot_init(WorkerSlot *slot);

/* These go by the slot's mutex. */
extern SlotState mm_slot_state(WorkerSlot *slot);
extern void mm_slot_set_state(WorkerSlot *slot, SlotState state);
extern void mm_slot_set_activity(WorkerSlot *slot, const char *text);

/* Into a buffer of the size of slot->activity. */
extern void mm_slot_get_activity(WorkerSlot *slot, char *text);

#endif /* MM_JOB_JOB_SHARED_H */
