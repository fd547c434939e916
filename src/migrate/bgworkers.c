/*
 * src/migrate/bgworkers.c
 *		The entry points of leader and worker processes: they hand the meaning
 *		of tasks down to the engine, which knows nothing of it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/launch.h"
#include "job/leader.h"
#include "job/worker.h"
#include "migrate/bgworkers.h"
#include "migrate/migration.h"
#include "migrate/patience.h"
#include "migrate/sync.h"
#include "migrate/validate.h"
#include "migrate/watch.h"
#include "postmaster/bgworker.h"

static void
begin_worker(JobProcess *process)
{
	(void) mm_migration_create(process);
	mm_migration_connect(process);
}

/* A worker whose connection was lost can come back with the next moment. */
static bool
take_part(JobProcess *process, int command, char *token)
{
	Migration *migration = process->state;

	if (!mm_conn_is_usable(migration->conn))
		mm_migration_connect(process);
	return mm_moment_round(process, command, token);
}

static bool
is_in_snapshot(JobProcess *process)
{
	Migration *migration = process->state;

	return migration->in_snapshot && mm_conn_is_usable(migration->conn);
}

/* A connection, and all who answer are in one snapshot. */
static void
take_new_moment(JobProcess *process, void *arg)
{
	mm_migration_connect(process);
	mm_moment_take(process);
}

static void
renew_snapshot(JobProcess *process)
{
	mm_patience_run(process, take_new_moment, NULL);
}

/* The leader ends those of workers too that build an index just now. */
static void
release_source(JobProcess *process)
{
	Migration *migration = process->state;

	if (process->slot_number < 0 && mm_conn_is_usable(migration->conn))
	{
		for (int i = 0; i < process->shared->nslots; i++)
		{
			WorkerSlot *slot = &process->shared->slots[i];
			SlotState state = mm_slot_state(slot);
			char session[JOB_TOKEN_SIZE];

			if (state != SLOT_ASSIGNED && state != SLOT_BUSY)
				continue;
			SpinLockAcquire(&slot->mutex);
			memcpy(session, slot->session, sizeof(session));
			SpinLockRelease(&slot->mutex);
			if (session[0] != '\0')
				mm_conn_end_other(migration->conn, session);
		}
	}
	mm_migration_disconnect(process);
}

/* What differs between the kinds of jobs. */
typedef struct JobKind
{
	const char *kind; /* JobSpec.kind */
	void (*plan)(JobProcess *process);
	bool (*more)(JobProcess *process);
	const char *(*finish)(JobProcess *process, ErrorData **error);
	void (*resume)(JobProcess *process);
	bool (*reads_to_come)(JobProcess *process); /* NULL: until the end */
	bool may_be_undone;
} JobKind;

static const JobKind job_kinds[] = {
	{"migrate_schema", mm_plan_job, mm_plan_more, mm_finish_job, mm_resume_job, mm_plan_cuts_to_come, true},
	{"migrate_table", mm_plan_job, mm_plan_more, mm_finish_job, mm_resume_job, mm_plan_cuts_to_come, true},
	{"validate", mm_validate_plan, mm_validate_more, mm_validate_finish, mm_validate_plan},
	{"migrate_missing", mm_sync_plan, mm_sync_more, mm_sync_finish, mm_sync_plan},
	{"migration_rollback", mm_rollback_job, mm_rollback_more, mm_rollback_finish, mm_rollback_job},
};

static const JobKind *
kind_of(JobProcess *process)
{
	Migration *migration = process->state;

	for (int i = 0; i < lengthof(job_kinds); i++)
	{
		if (strcmp(job_kinds[i].kind, migration->spec->kind) == 0)
			return &job_kinds[i];
	}
	elog(ERROR, "unknown kind of job \"%s\"", migration->spec->kind);
}

/*
 * The plan from its beginning.  What an attempt that lost its connection has
 * left of itself goes first: it was for one moment, which is over.
 */
static void
try_to_plan(JobProcess *process, void *arg)
{
	Migration *migration = process->state;

	if (migration->is_tried)
	{
		mm_leader_forget_tasks(process);
		migration = mm_migration_repeat(process);
	}
	migration->is_tried = true;
	if (migration->spec->resumed_job != 0)
		kind_of(process)->resume(process);
	else
		kind_of(process)->plan(process);
}

static void
plan_job(JobProcess *process)
{
	Migration *migration = mm_migration_create(process);

	mm_throttle_set(&process->shared->throttle, migration->spec->rate_limit);
	process->shared->may_be_undone = kind_of(process)->may_be_undone;
	mm_patience_run(process, try_to_plan, NULL);
}

static bool
make_more(JobProcess *process)
{
	return kind_of(process)->more(process);
}

static bool
has_reads_to_come(JobProcess *process)
{
	const JobKind *kind = kind_of(process);

	return kind->reads_to_come == NULL || kind->reads_to_come(process);
}

static const char *
finish_job(JobProcess *process, ErrorData **error)
{
	return kind_of(process)->finish(process, error);
}

static const TaskHandler migration_handler = {
	.begin = begin_worker,
	.round = take_part,
	.run = mm_tasks_run,
	.tolerate = mm_tasks_tolerate,
	.in_snapshot = is_in_snapshot,
	.plan = plan_job,
	.more = make_more,
	.tick = mm_watch_tick,
	.tell = mm_watch_tell,
	.reads_to_come = has_reads_to_come,
	.release = release_source,
	.renew = renew_snapshot,
	.finish = finish_job,
	.abandon = mm_finish_abandon,
};

void
mysql_migrate_leader_main(Datum arg)
{
	mm_launch_set_signals();
	mm_leader_main(DatumGetUInt32(arg), &migration_handler);
}

void
mysql_migrate_worker_main(Datum arg)
{
	int slot;

	memcpy(&slot, MyBgworkerEntry->bgw_extra, sizeof(slot));
	mm_launch_set_signals();
	mm_worker_main(DatumGetUInt32(arg), slot, &migration_handler);
}
