/*
 * src/job/job_store.c
 *		The table mysql_migrate.job.
 *
 * A job's life: running --> ok | warning | incomplete | failed | cancelled.
 * A running job without a live leader was interrupted and can be resumed.
 */
#include "postgres.h"

#include "job/job_store.h"
#include "job/store.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

int64
mm_job_insert(const char *kind, const char *server, const char *remote_schema,
			  const char *local_schema, const char *payload, Oid owner,
			  int workers, dsm_handle handle)
{
	const char *args[] = {kind, server, remote_schema, local_schema, payload,
						  mm_store_number(owner), mm_store_number(workers),
						  mm_store_number(handle), mm_store_number(MyProcPid)};
	char *id = mm_store_get_value("INSERT INTO mysql_migrate.job"
								  " (kind, state, server, remote_schema, local_schema,"
								  "  arguments, owner, workers, handle, leader_pid)"
								  " VALUES ($1, 'running', $2, $3, $4, $5::jsonb, $6::oid,"
								  "  $7::int, $8::bigint, $9::int) RETURNING id",
								  lengthof(args), args);

	return strtoll(id, NULL, 10);
}

void
mm_job_set_running(int64 job_id, dsm_handle handle)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(handle),
						  mm_store_number(MyProcPid)};

	mm_store_execute_alone("UPDATE mysql_migrate.job"
						   " SET state = 'running', handle = $2::bigint,"
						   "     leader_pid = $3::int, finished = NULL,"
						   "     error_sqlstate = NULL, error_message = NULL,"
						   "     error_detail = NULL, error_hint = NULL"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

/*
 * mm_job_set_snapshot
 *		The moment that the processes of the job read now.
 *
 * If something of an earlier moment is loaded already, this is a further one;
 * else it is the one.
 */
void
mm_job_set_snapshot(int64 job_id, const JobMoment *moment)
{
	const char *args[] = {mm_store_number(job_id), moment->method,
						  moment->position, moment->gtid,
						  mm_store_boolean(moment->is_consistent),
						  moment->lock_ms < 0 ? NULL : psprintf("%.3f", moment->lock_ms)};

	mm_store_execute_alone("UPDATE mysql_migrate.job AS j"
						   " SET snapshot_method = CASE WHEN later THEN snapshot_method ELSE $2 END,"
						   "     position = CASE WHEN later THEN position ELSE $3 END,"
						   "     gtid = CASE WHEN later THEN gtid ELSE $4 END,"
						   "     snapshot_at = CASE WHEN later THEN snapshot_at"
						   "                        ELSE clock_timestamp() END,"
						   "     lock_ms = greatest(lock_ms, $6::real),"
						   "     later_position = CASE WHEN later THEN $3 END,"
						   "     consistent = $5::boolean AND NOT later"
						   "  FROM (SELECT snapshot_at IS NOT NULL AND EXISTS ("
						   "               SELECT 1 FROM mysql_migrate.task"
						   "                WHERE job = $1::bigint AND needs_snapshot"
						   "                  AND (state = 'done' OR position IS NOT NULL))"
						   "          FROM mysql_migrate.job WHERE id = $1::bigint) AS s (later)"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

void
mm_job_finish(int64 job_id, const char *state, const ErrorData *error)
{
	const char *args[] = {mm_store_number(job_id), state,
						  error == NULL ? NULL : unpack_sql_state(error->sqlerrcode),
						  error == NULL ? NULL : error->message,
						  error == NULL ? NULL : error->detail,
						  error == NULL ? NULL : error->hint};

	mm_store_execute_alone("UPDATE mysql_migrate.job"
						   " SET state = $2, finished = clock_timestamp(),"
						   "     handle = NULL, leader_pid = NULL,"
						   "     error_sqlstate = $3, error_message = $4,"
						   "     error_detail = $5, error_hint = $6"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

void
mm_job_change(int64 job_id, const char *arguments, const char *options)
{
	const char *args[] = {mm_store_number(job_id), arguments, options};

	mm_store_execute_alone("UPDATE mysql_migrate.job"
						   "   SET arguments = jsonb_set(arguments || $2::jsonb, '{options}',"
						   "           CASE WHEN jsonb_typeof(arguments->'options') = 'object'"
						   "                THEN arguments->'options' ELSE '{}' END || $3::jsonb),"
						   "       workers = coalesce(($2::jsonb->>'workers')::integer, workers)"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

JobRow *
mm_job_get(int64 job_id)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	JobRow *job = NULL;
	const char *args[] = {mm_store_number(job_id)};

	mm_store_enter(&scope);
	if (mm_store_execute("SELECT kind, state, owner::oid::text, server,"
						 "       arguments::text, coalesce(handle, 0)::text, tables::text"
						 "  FROM mysql_migrate.job WHERE id = $1::bigint",
						 lengthof(args), args) == 1)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		job = palloc0(sizeof(JobRow));
		job->id = job_id;
		job->kind = mm_store_value(0, 1);
		job->state = mm_store_value(0, 2);
		job->owner = atooid(mm_store_value(0, 3));
		job->server = mm_store_value(0, 4);
		job->payload = mm_store_value(0, 5);
		job->handle = strtoul(mm_store_value(0, 6), NULL, 10);
		job->tables = mm_store_value(0, 7);
		MemoryContextSwitchTo(old);
	}
	mm_store_leave(&scope);
	return job;
}

JobRow *
mm_job_get_owned(int64 job_id)
{
	JobRow *job = mm_job_get(job_id);

	/* Whether a job of somebody else exists is nobody's business either. */
	if (job == NULL || !has_privs_of_role(GetUserId(), job->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job " INT64_FORMAT " does not exist", job_id),
				 errdetail("There is no such job, or it belongs to another role."),
				 errhint("SELECT id, kind, state FROM mysql_migrate.jobs;")));
	return job;
}
