/*
 * src/migrate/patience.c
 *		What is done again when MySQL was away for a while.
 *
 * MySQL may be restarting, or the network be down: it is given a minute, asked
 * less and less often.  What no waiting mends (a wrong password) is an error at
 * once, and so is a server that a new job has never reached.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "job/leader.h"
#include "migrate/migration.h"
#include "migrate/patience.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define PATIENCE_MS	   60000
#define FIRST_DELAY_MS 100
#define MAX_DELAY_MS   5000

typedef struct Patience
{
	TimestampTz give_up;
	long delay;
	bool was_told;
} Patience;

/* Would the same perhaps succeed a little later? */
static bool
may_pass(const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION)
		return mm_conn_refusal_may_pass();
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
		   ERRCODE_TO_CATEGORY(ERRCODE_CONNECTION_EXCEPTION);
}

static bool
has_met_mysql(const JobProcess *process)
{
	const Migration *migration = process->state;

	return process->job_id != 0 || migration->has_connected;
}

static void
tell(JobProcess *process, Patience *patience, const ErrorData *error)
{
	if (patience->was_told)
		return;
	patience->was_told = true;
	mm_leader_notice(process, NOTICE,
					 process->job_id == 0 ?
						 pstrdup("the job waits for MySQL") :
						 psprintf("job " INT64_FORMAT " waits for MySQL",
								  process->job_id),
					 error->detail ? error->detail : error->message,
					 "It is tried again for a minute.");
}

static bool
try_once(JobProcess *process, PatientPart part, void *arg, Patience *patience)
{
	volatile bool done = false;

	PG_TRY();
	{
		part(process, arg);
		done = true;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		mm_leader_arm(process, false);
		if (!may_pass(error) || !has_met_mysql(process) ||
			GetCurrentTimestamp() > patience->give_up)
			PG_RE_THROW();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		tell(process, patience, error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	return done;
}

void
mm_patience_run(JobProcess *process, PatientPart part, void *arg)
{
	Patience patience;

	patience.give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												   PATIENCE_MS);
	patience.delay = FIRST_DELAY_MS;
	patience.was_told = false;
	while (!try_once(process, part, arg, &patience))
	{
		mm_slot_set_activity(process->slot, "waits for MySQL to come back");
		mm_leader_wait(patience.delay);
		patience.delay = Min(patience.delay * 2, MAX_DELAY_MS);
	}
	mm_slot_set_activity(process->slot, "");
}
