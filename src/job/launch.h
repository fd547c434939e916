/*
 * src/job/launch.h
 *		Registering leader and workers, and becoming the caller in them.
 */
#ifndef MM_JOB_LAUNCH_H
#define MM_JOB_LAUNCH_H

#include "job/job_shared.h"
#include "postmaster/bgworker.h"

/* The SQL-level entry points, exported by migrate/bgworkers.c. */
#define LEADER_ENTRY "mysql_migrate_leader_main"
#define WORKER_ENTRY "mysql_migrate_worker_main"

/*
 * The caller's settings that a job follows, as text for JobArguments: those
 * in launch.c's list that concern resources, not meaning.
 */
extern char *mm_launch_settings(void);

/* Raises 53400 with a hint when there is no free worker slot. */
extern BackgroundWorkerHandle *mm_launch_leader(dsm_segment *segment);

/* False when there is no free worker slot. */
extern bool mm_launch_worker(dsm_segment *segment, int slot,
							 BackgroundWorkerHandle **handle);

/*
 * No slot was free, but the workers of a job that has just ended hold theirs
 * for some milliseconds: true when it is worth another try.  *waited begins
 * with 0.
 */
extern bool mm_launch_wait(int *waited);

/*
 * Signals of a background worker: terminated at the next safe point, not in
 * the handler, which is what background workers do if nothing else is said.
 */
extern void mm_launch_set_signals(void);

/*
 * In a background worker: database connection as the session's user,
 * the caller's current user, the caller's settings, our pinned ones.
 */
extern void mm_launch_become_caller(const JobArguments *arguments);

#endif /* MM_JOB_LAUNCH_H */
