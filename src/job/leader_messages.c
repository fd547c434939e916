/*
 * src/job/leader_messages.c
 *		What the leader tells the caller, as long as he listens.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/leader_internal.h"
#include "pgstat.h"

/*
 * A message that a cancel interrupts half-way is in the queue for ever: what
 * followed it would be read as its end, so nothing does.
 */
void
mm_leader_send(Leader *leader, const JobMessage *message)
{
	shm_mq_handle *queue = leader->messages;

	if (queue == NULL)
		return;
	leader->messages = NULL;
	if (mm_message_send(queue, message))
		leader->messages = queue;
	/* else the caller left; the job goes on */
}

void
mm_leader_notice(JobProcess *process, int elevel, const char *message,
				 const char *detail, const char *hint)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_NOTICE;
	m.elevel = elevel;
	m.sqlerrcode = elevel >= WARNING ? ERRCODE_WARNING :
									   ERRCODE_SUCCESSFUL_COMPLETION;
	m.message = message;
	m.detail = detail;
	m.hint = hint;
	mm_leader_send(leader_of(process), &m);
}

void
mm_leader_row(JobProcess *process, int nvalues, const char **values)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_ROW;
	m.nvalues = nvalues;
	m.values = values;
	mm_leader_send(leader_of(process), &m);
}

void
mm_leader_send_error(Leader *leader, const ErrorData *error)
{
	JobMessage m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_ERROR;
	m.sqlerrcode = error->sqlerrcode;
	m.message = error->message;
	m.detail = error->detail;
	m.hint = error->hint;
	m.context = error->context;
	mm_leader_send(leader, &m);
}

bool
mm_leader_has_caller(JobProcess *process)
{
	return leader_of(process)->messages != NULL;
}

void
mm_leader_set_job(JobProcess *process, int64 job_id)
{
	JobMessage m;

	process->job_id = job_id;
	pg_atomic_write_u64(&process->shared->job_id, job_id);
	pgstat_report_appname(psprintf("mysql_migrate job " INT64_FORMAT " leader",
								   job_id));
	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_JOB;
	m.job_id = job_id;
	mm_leader_send(leader_of(process), &m);
}
