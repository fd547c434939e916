/*
 * src/job/caller.c
 *		The backend that starts a job and waits for it.
 *
 * It sleeps on its latch, reads messages, and once a second looks whether it
 * blocks its own job: a latch wait is not in the deadlock detector, so
 * "BEGIN; LOCK TABLE t; SELECT migrate_table(...)" would hang for ever.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "base/compat.h"
#include "job/caller.h"
#include "job/launch.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timeout.h"

#define LOOK_AROUND_MS 1000
#define CANCEL_WAIT_MS 30000

typedef struct Caller
{
	dsm_segment *segment;
	JobShared *shared;
	shm_mq_handle *messages;
	BackgroundWorkerHandle *leader;
	ReceiveRow receive;
	void *arg;
	int64 job_id;
	bool over;
	JobMessage *final_error;
	MemoryContext message_context; /* reset after each message */
} Caller;

/* 0: the leader has not said it yet. */
static int64
job_number(const Caller *caller)
{
	return pg_atomic_read_u64(&caller->shared->job_id);
}

static void
signal_cancel(JobShared *shared)
{
	pg_atomic_write_u32(&shared->cancel_requested, 1);
	if (shared->leader_pid != 0 &&
		pg_atomic_read_u32(&shared->leader_exited) == 0)
		(void) kill(shared->leader_pid, SIGINT);
}

/* ---------------------------------------------------------------- messages */

/*
 * ereport looks for a cancel after every message.  That would end the call and
 * not the job: handle_interrupts does both.
 */
static void
raise_notice(const JobMessage *message)
{
	HOLD_CANCEL_INTERRUPTS();
	ereport(message->elevel,
			(errcode(message->sqlerrcode),
			 errmsg_internal("%s", message->message),
			 message->detail ? errdetail_internal("%s", message->detail) : 0,
			 message->hint ? errhint("%s", message->hint) : 0));
	RESUME_CANCEL_INTERRUPTS();
}

static void
handle_message(Caller *caller, const char *data, Size length)
{
	MemoryContext old = MemoryContextSwitchTo(caller->message_context);
	JobMessage message;

	mm_message_read(data, length, &message);
	switch (message.kind)
	{
		case MESSAGE_JOB:
			caller->job_id = message.job_id;
			break;
		case MESSAGE_NOTICE:
			raise_notice(&message);
			break;
		case MESSAGE_ROW:
			caller->receive(caller->arg, message.nvalues, message.values);
			break;
		case MESSAGE_ERROR:
			MemoryContextSwitchTo(old);
			caller->final_error = palloc(sizeof(JobMessage));
			mm_message_read(data, length, caller->final_error);
			caller->over = true;
			break;
		case MESSAGE_DONE:
			caller->over = true;
			break;
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(caller->message_context);
}

static void
raise_cancelled(const Caller *caller)
{
	int64 job_id = job_number(caller);

	ereport(ERROR,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("job " INT64_FORMAT " was cancelled", job_id),
			 caller->shared->may_be_undone ?
				 errhint("SELECT * FROM migration_resume(" INT64_FORMAT ") goes on where it stopped, SELECT migration_rollback(" INT64_FORMAT ") undoes it.",
						 job_id, job_id) :
				 errhint("SELECT * FROM migration_resume(" INT64_FORMAT ") goes on where it stopped.",
						 job_id)));
}

/*
 * The queue is detached without a last message: the leader was killed, or
 * cancelled in the middle of a message.
 */
static void
leader_is_gone(Caller *caller)
{
	int64 job_id = job_number(caller);

	if (job_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CRASH_SHUTDOWN),
				 errmsg("the job's leader process ended before the job began"),
				 errhint("See the server log for the reason.")));
	if (pg_atomic_read_u32(&caller->shared->cancel_requested) != 0)
		raise_cancelled(caller);
	ereport(ERROR,
			(errcode(ERRCODE_CRASH_SHUTDOWN),
			 errmsg("the leader process of job " INT64_FORMAT " was terminated",
					job_id),
			 errdetail("What was loaded stays, and the job can go on from there."),
			 errhint("SELECT * FROM migration_resume(" INT64_FORMAT ");",
					 job_id)));
}

/* Returns whether anything was read. */
static bool
read_messages(Caller *caller)
{
	bool any = false;

	while (!caller->over)
	{
		Size length;
		void *data;
		shm_mq_result result = shm_mq_receive(caller->messages, &length, &data,
											  true);

		if (result == SHM_MQ_WOULD_BLOCK)
			break;
		if (result == SHM_MQ_DETACHED)
			leader_is_gone(caller);
		handle_message(caller, data, length);
		any = true;
	}
	return any;
}

/* ---------------------------------------------------------------- interrupts */

/* Wait, without honouring further cancels, until the leader has cleaned up. */
static void
wait_for_cancelled_leader(Caller *caller)
{
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  CANCEL_WAIT_MS);
	pid_t pid;

	while (GetBackgroundWorkerPid(caller->leader, &pid) != BGWH_STOPPED &&
		   GetCurrentTimestamp() < give_up && !ProcDiePending)
	{
		/* Keep the queue empty, so that the leader never waits for us. */
		Size length;
		void *data;

		if (shm_mq_receive(caller->messages, &length, &data, true) ==
			SHM_MQ_SUCCESS)
			continue;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 100, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static void
cancel_job(Caller *caller)
{
	int64 job_id;

	/* A leader that has not come up yet cannot take a signal. */
	if (caller->shared->leader_pid == 0)
		TerminateBackgroundWorker(caller->leader);
	signal_cancel(caller->shared);
	QueryCancelPending = false;
	wait_for_cancelled_leader(caller);
	/* The postmaster sends a cancel twice: to the process and to its group. */
	QueryCancelPending = false;
	CHECK_FOR_INTERRUPTS();
	job_id = job_number(caller);
	if (job_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to user request"),
				 errdetail("The job had not begun.")));
	raise_cancelled(caller);
}

/* statement_timeout and termination: the job goes on without us. */
static void
detach(Caller *caller)
{
	int64 job_id = job_number(caller);

	if (job_id == 0 && !ProcDiePending)
		ereport(WARNING,
				(errmsg("the job goes on in the background"),
				 errhint("SELECT * FROM mysql_migrate.jobs; shows its number.")));
	else if (!ProcDiePending)
		ereport(WARNING,
				(errmsg("job " INT64_FORMAT " goes on in the background",
						job_id),
				 errhint("Follow it in mysql_migrate.progress, stop it with SELECT migration_cancel(" INT64_FORMAT ").",
						 job_id)));
	CHECK_FOR_INTERRUPTS();
}

static void
handle_interrupts(Caller *caller)
{
	if (!INTERRUPTS_PENDING_CONDITION())
		return;
	if (ProcDiePending ||
		(QueryCancelPending && get_timeout_indicator(STATEMENT_TIMEOUT, false)))
		detach(caller);
	else if (QueryCancelPending)
		cancel_job(caller);
	else
		CHECK_FOR_INTERRUPTS();
}

/* ---------------------------------------------------------------- blocking */

static bool
is_blocked_by_us(pid_t pid)
{
	ArrayType *blockers;
	int32 *pids;
	int count;

	if (pid == 0)
		return false;
	blockers = DatumGetArrayTypeP(DirectFunctionCall1(pg_blocking_pids,
													  Int32GetDatum(pid)));
	pids = (int32 *) ARR_DATA_PTR(blockers);
	count = ArrayGetNItems(ARR_NDIM(blockers), ARR_DIMS(blockers));
	for (int i = 0; i < count; i++)
	{
		if (pids[i] == MyProcPid)
			return true;
	}
	return false;
}

static void
refuse_to_hang(Caller *caller)
{
	MemoryContext old = MemoryContextSwitchTo(caller->message_context);
	bool blocked = is_blocked_by_us(caller->shared->leader_pid);

	for (int i = 0; i < caller->shared->nslots && !blocked; i++)
	{
		SlotState state = mm_slot_state(&caller->shared->slots[i]);

		if (state == SLOT_BUSY)
			blocked = is_blocked_by_us(caller->shared->slots[i].pid);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(caller->message_context);
	if (!blocked)
		return;
	signal_cancel(caller->shared);
	wait_for_cancelled_leader(caller);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the job waits for a lock that this transaction holds"),
			 errdetail("The job runs in other processes, which cannot pass the locks of the transaction that calls it; it was cancelled."),
			 errhint("COMMIT or ROLLBACK first, and call the function in a transaction of its own.")));
}

/* ---------------------------------------------------------------- calling */

static void
raise_final_error(const JobMessage *error)
{
	ereport(ERROR,
			(errcode(error->sqlerrcode),
			 errmsg_internal("%s", error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0,
			 error->context ? errcontext("%s", error->context) : 0));
}

static void
refuse_bad_contexts(void)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("a job cannot be started during recovery"),
				 errdetail("This server is a standby: nothing can be written here, not even that there is a job."),
				 errhint("Call the function on the primary server.")));
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a job cannot be started within a security-restricted operation")));
	if (IsInParallelMode())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("a job cannot be started in a parallel operation")));
}

static void
start(Caller *caller, const char *payload, int workers)
{
	JobArguments arguments;
	shm_mq *queue;

	arguments.database_id = MyDatabaseId;
	arguments.authenticated_user = GetAuthenticatedUserId();
	arguments.current_user = GetUserId();
	arguments.settings = mm_launch_settings();
	arguments.payload = payload;
	caller->segment = mm_shared_create(workers, &arguments, &caller->shared);
	queue = mm_shared_queue(caller->shared);
	shm_mq_set_receiver(queue, MyProc);
	caller->leader = mm_launch_leader(caller->segment);
	caller->messages = shm_mq_attach(queue, caller->segment, caller->leader);
}

int64
mm_caller_run(const char *payload, int workers, bool wait, ReceiveRow receive,
			  void *arg)
{
	Caller caller;
	TimestampTz next_look;

	refuse_bad_contexts();
	memset(&caller, 0, sizeof(caller));
	caller.receive = receive;
	caller.arg = arg;
	caller.message_context = AllocSetContextCreate(CurrentMemoryContext,
												   "job messages",
												   ALLOCSET_DEFAULT_SIZES);
	start(&caller, payload, workers);
	next_look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											LOOK_AROUND_MS);
	while (!caller.over && (wait || caller.job_id == 0))
	{
		handle_interrupts(&caller);
		if (read_messages(&caller))
			continue;
		if (GetCurrentTimestamp() >= next_look)
		{
			refuse_to_hang(&caller);
			next_look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													LOOK_AROUND_MS);
		}
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 LOOK_AROUND_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
	/* The leader has written the job's row before it told. */
	if (caller.final_error != NULL)
		raise_final_error(caller.final_error);
	dsm_detach(caller.segment);
	return caller.job_id;
}

bool
mm_caller_cancel(dsm_handle handle, int64 job_id)
{
	SharedVisit visit;
	JobShared *shared = mm_shared_visit(handle, job_id, &visit);
	bool is_alive;

	if (shared == NULL)
		return false;
	is_alive = pg_atomic_read_u32(&shared->leader_exited) == 0;
	if (is_alive)
		signal_cancel(shared);
	mm_shared_leave(&visit);
	return is_alive;
}
