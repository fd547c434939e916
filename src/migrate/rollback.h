/*
 * src/migrate/rollback.h
 *		Dropping what a job made.
 */
#ifndef MM_MIGRATE_ROLLBACK_H
#define MM_MIGRATE_ROLLBACK_H

#include "job/handler.h"

/*
 * Drop everything in mysql_migrate.made of process->job_id, and the job's
 * tasks, notes and table_map rows; gives the number of objects.  Commits in
 * between, so that the lock table is never too small; can be called again.
 */
extern int64 mm_rollback_made(JobProcess *process);

#endif /* MM_MIGRATE_ROLLBACK_H */
