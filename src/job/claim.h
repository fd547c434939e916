/*
 * src/job/claim.h
 *		Who works on a job, and on which local tables: never two at once.
 */
#ifndef MM_JOB_CLAIM_H
#define MM_JOB_CLAIM_H

#include "job/job_store.h"
#include "nodes/pg_list.h"

/* Has the job a live leader?  Its row alone cannot tell after a crash. */
extern bool mm_claim_is_running(const JobRow *job);

/*
 * In the transaction that wrote the job's row: the job alone writes to these
 * local tables (List of char *, "schema.table") while it runs.  Raises 55006
 * when another running job has one of them.
 */
extern void mm_claim_tables(int64 job_id, List *tables);

/*
 * Before anything is made: raises 55006 when a running job has one of these
 * local tables.
 */
extern void mm_claim_refuse(List *tables);

/*
 * This leader goes on with an earlier job; to be committed at once.  Raises
 * 55006 when that job is running already, or another one has its tables.
 * Returns whether its last leader died, instead of ending it.
 */
extern bool mm_claim_job(int64 job_id, dsm_handle handle);

#endif /* MM_JOB_CLAIM_H */
