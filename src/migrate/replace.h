/*
 * src/migrate/replace.h
 *		on_existing => 'replace': a table takes the place of the one that was
 *		there, which stays beside it until migration_finish.
 */
#ifndef MM_MIGRATE_REPLACE_H
#define MM_MIGRATE_REPLACE_H

#include "migrate/migration.h"

/*
 * The tables whose place the job's tables will take: fills in
 * RemoteTable.replaced and Migration.replaced.  Before names are assigned.
 */
extern void mm_replace_find(Migration *migration, Oid schema);

/*
 * What stands against replacing a table: calls `report` with a line and a
 * hint for each.
 */
typedef void (*ReportBlocker)(void *arg, char *line, char *hint);
extern void mm_replace_check(const Migration *migration,
							 const RemoteTable *table, ReportBlocker report,
							 void *arg);

/* Names for the time of the load, of everything that goes by schema. */
extern void mm_replace_load_names(RemoteTable *table, int64 job_id);

/* The new tables are made: remember what they replace, copy its storage. */
extern void mm_replace_prepare(JobProcess *process);

/* Resume: the tables are there again. */
extern void mm_replace_resume(JobProcess *process);

/* A view that is there gives way; remembered as the tables are. */
extern char *mm_replace_view(JobProcess *process, const char *view);

/* Swap: within the open transaction, which holds nothing but this. */
extern void mm_replace_publish(JobProcess *process, TableState *state);

/* Notes what the old tables have and the new ones do not. */
extern void mm_replace_report(JobProcess *process);

/* What the job replaced gets its name back (migration_rollback). */
extern List *mm_replace_restore_statements(int64 job_id);
extern void mm_replace_forget(int64 job_id);

/* Drop it (migration_finish), as the current user; the number of objects. */
extern int64 mm_replace_finish(int64 job_id);

#endif /* MM_MIGRATE_REPLACE_H */
