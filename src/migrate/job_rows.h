/*
 * src/migrate/job_rows.h
 *		The rows of a job as the result of the SQL function that runs it.
 */
#ifndef MM_MIGRATE_JOB_ROWS_H
#define MM_MIGRATE_JOB_ROWS_H

#include "fmgr.h"
#include "job/caller.h"

/*
 * Run a job: what it sends goes to `receive`, which hands on rows in the shape
 * of the function's result with mm_job_rows_put and the `arg` that it got.
 * Without `wait`, the result is one row that names the job.
 */
extern void mm_job_rows_run(FunctionCallInfo fcinfo, const char *payload,
							int workers, bool wait, ReceiveRow receive);
extern void mm_job_rows_put(void *arg, int nvalues, const char **values);

#endif /* MM_MIGRATE_JOB_ROWS_H */
