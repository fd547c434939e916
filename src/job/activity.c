/*
 * src/job/activity.c
 *		SQL functions behind the views of jobs: which ones run, and what their
 *		processes do right now.
 */
#include "postgres.h"

#include "base/materialize.h"
#include "fmgr.h"
#include "funcapi.h"
#include "job/claim.h"
#include "job/job_shared.h"
#include "job/job_store.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(mysql_migrate_job_is_running);

/*
 * mysql_migrate.job_is_running(job)
 *		Has the job a live leader?
 */
Datum
mysql_migrate_job_is_running(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(mm_claim_is_running(mm_job_get_owned(PG_GETARG_INT64(0))));
}

static void
put_slot(ReturnSetInfo *rsinfo, const JobShared *shared, int number, pid_t pid,
		 WorkerSlot *slot)
{
	bool is_busy = slot != NULL && mm_slot_state(slot) == SLOT_BUSY;
	Datum values[7];
	bool nulls[7] = {false};
	char activity[sizeof(slot->activity)] = "";

	if (slot != NULL)
		mm_slot_get_activity(slot, activity);
	values[0] = Int32GetDatum(number);
	values[1] = Int32GetDatum(pid);
	values[2] = Int32GetDatum(is_busy ? slot->task_id : 0);
	values[3] = Int64GetDatum(is_busy ? pg_atomic_read_u64(&slot->counters.rows) :
										0);
	values[4] = Int64GetDatum(is_busy ? pg_atomic_read_u64(&slot->counters.bytes) :
										0);
	values[5] = CStringGetTextDatum(activity);
	values[6] = TimestampTzGetDatum(shared->began);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(mysql_migrate_job_slots);

/*
 * mysql_migrate.job_slots()
 *		What the processes of a running job do right now, from shared memory;
 *		slot 0 is the leader.
 */
Datum
mysql_migrate_job_slots(PG_FUNCTION_ARGS)
{
	int64 job_id = PG_GETARG_INT64(0);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	JobRow *job = mm_job_get_owned(job_id);
	JobShared *shared;
	SharedVisit visit;

	mm_init_materialized(fcinfo);
	shared = mm_shared_visit(job->handle, job_id, &visit);
	if (shared == NULL)
		PG_RETURN_NULL();
	put_slot(rsinfo, shared, 0, shared->leader_pid, NULL);
	for (int i = 0; i < shared->nslots; i++)
	{
		WorkerSlot *slot = &shared->slots[i];
		SlotState state = mm_slot_state(slot);

		if (state != SLOT_FREE && state != SLOT_EXITED)
			put_slot(rsinfo, shared, i + 1, slot->pid, slot);
	}
	mm_shared_leave(&visit);
	PG_RETURN_NULL();
}
