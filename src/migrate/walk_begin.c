/*
 * src/migrate/walk_begin.c
 *		The beginning of a job that walks tables: which ones, and its row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "migrate/walk.h"
#include "miscadmin.h"

List *
mm_walk_find_tables(const JobSpec *spec)
{
	return mm_book_need_tables(spec->server, GetUserId(), spec->remote_table);
}

void
mm_walk_insert_job(JobProcess *process)
{
	const JobSpec *spec = ((Migration *) process->state)->spec;
	int64 job_id = spec->resumed_job;

	if (job_id == 0)
		job_id = mm_job_insert(spec->kind, spec->server, spec->remote_schema,
							   NULL, process->arguments.payload, GetUserId(),
							   spec->workers,
							   dsm_segment_handle(process->segment));
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_leader_set_job(process, job_id);
}
