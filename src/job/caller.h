/*
 * src/job/caller.h
 *		The backend that starts a job and waits for it.
 */
#ifndef MM_JOB_CALLER_H
#define MM_JOB_CALLER_H

#include "job/job_shared.h"
#include "job/message.h"

/* A result row arrived: values are text, valid during the call. */
typedef void (*ReceiveRow)(void *arg, int nvalues, const char **values);

/*
 * Start a job as the current user, with room for `workers` workers, and wait
 * for its end (or, without `wait`, for its number).  Returns the number.
 * NOTICEs are passed on; the job's final error is raised.
 *
 * Ctrl-C cancels the job.  statement_timeout, a lost client and termination
 * only detach: the job goes on.
 */
extern int64 mm_caller_run(const char *payload, int workers, bool wait,
						   ReceiveRow receive, void *arg);

/* Ask a running job to stop; false when it has no live leader. */
extern bool mm_caller_cancel(dsm_handle handle, int64 job_id);

#endif /* MM_JOB_CALLER_H */
