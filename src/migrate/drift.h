/*
 * src/migrate/drift.h
 *		Tables and columns that are on one side only, or of another type now.
 *
 * Rows are compared by what was known of a table when it was loaded.  What was
 * added, dropped or changed since, on either side, is in no row's text: it is
 * looked for in the catalogs.  A rule "skip" says that it is meant to be so.
 */
#ifndef MM_MIGRATE_DRIFT_H
#define MM_MIGRATE_DRIFT_H

#include "migrate/walk.h"

/* Sets WalkTable.drift.  In a transaction; the migration is connected. */
extern void mm_drift_find(JobProcess *process, Walk *walk);

/* A table of MySQL that should be here, and is not. */
typedef struct AbsentTable
{
	const char *name;	   /* local, if it was here, else MySQL's */
	const char *reason;	   /* a sentence, without full stop */
	const char *next_step; /* a statement */
} AbsentTable;

/*
 * List of AbsentTable *: of the MySQL schemas that were migrated whole, and
 * tables that were here.  Empty when the job is about one table.
 */
extern List *mm_drift_absent(JobProcess *process);

#endif /* MM_MIGRATE_DRIFT_H */
