/*
 * src/migrate/sync.h
 *		The job "migrate_missing": what was written to MySQL since, brought
 *		over into tables that are here.
 *
 * Its payload: kind "migrate_missing", server, remote_table (none: all),
 * mode, watermark, force, options, workers.
 */
#ifndef MM_MIGRATE_SYNC_H
#define MM_MIGRATE_SYNC_H

#include "job/handler.h"

#define SYNC_TASK	"sync"
#define MEND_TASK	"mend"
#define DELETE_TASK "delete"

extern void mm_sync_plan(JobProcess *process);
extern bool mm_sync_more(JobProcess *process);
extern const char *mm_sync_finish(JobProcess *process, ErrorData **error);

/* The tasks. */
extern void mm_sync_run(JobProcess *process, const Task *task,
						TaskCounts *counts, const char **remark);
extern void mm_sync_mend(JobProcess *process, const Task *task,
						 TaskCounts *counts, const char **remark);
extern void mm_sync_delete(JobProcess *process, const Task *task,
						   TaskCounts *counts, const char **remark);

#endif /* MM_MIGRATE_SYNC_H */
