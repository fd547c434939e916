/*
 * src/migrate/validate.h
 *		The job "validate": are the migrated tables equal on both sides?
 */
#ifndef MM_MIGRATE_VALIDATE_H
#define MM_MIGRATE_VALIDATE_H

#include "job/handler.h"

#define COMPARE_TASK "compare"

extern void mm_validate_plan(JobProcess *process);
extern bool mm_validate_more(JobProcess *process);
extern const char *mm_validate_finish(JobProcess *process, ErrorData **error);
extern void mm_validate_run(JobProcess *process, const Task *task,
							TaskCounts *counts, const char **remark);

#endif /* MM_MIGRATE_VALIDATE_H */
