/*
 * src/job/job_store.h
 *		The rows of mysql_migrate.job, and the states that they go through.
 *
 * For users and transactions, see job/store.h.
 */
#ifndef MM_JOB_JOB_STORE_H
#define MM_JOB_JOB_STORE_H

#include "storage/dsm.h"

/* A row of mysql_migrate.job, as far as the engine needs it. */
typedef struct JobRow
{
	int64 id;
	const char *kind;
	const char *state;
	Oid owner;
	const char *server;
	const char *payload; /* arguments, as they were given */
	dsm_handle handle;	 /* of a running job */
	const char *tables;	 /* local ones that it claims (text[]), or NULL */
} JobRow;

/* The moment that the processes of a job read. */
typedef struct JobMoment
{
	const char *method;
	const char *position; /* NULL: not known */
	const char *gtid;
	double lock_ms; /* writers may have stood so long; negative: no lock */
	bool is_consistent;
} JobMoment;

extern int64 mm_job_insert(const char *kind, const char *server,
						   const char *remote_schema, const char *local_schema,
						   const char *payload, Oid owner, int workers,
						   dsm_handle handle);
extern void mm_job_set_running(int64 job_id, dsm_handle handle);
extern void mm_job_set_snapshot(int64 job_id, const JobMoment *moment);
extern void mm_job_finish(int64 job_id, const char *state,
						  const ErrorData *error);

/* Members of a JSON object over those of the arguments, and of the options. */
extern void mm_job_change(int64 job_id, const char *arguments,
						  const char *options);

/* NULL when there is none; in the current memory context. */
extern JobRow *mm_job_get(int64 job_id);

/* Raises unless the current user may steer the job. */
extern JobRow *mm_job_get_owned(int64 job_id);

#endif /* MM_JOB_JOB_STORE_H */
