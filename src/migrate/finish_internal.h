/*
 * src/migrate/finish_internal.h
 *		What the files of the end of a job share.
 *
 *	finish.c	the order of it all; notes, and every table's status and row
 *	publish.c	tables get their names
 *	make_late.c	what is made after that: triggers, views
 */
#ifndef MM_MIGRATE_FINISH_INTERNAL_H
#define MM_MIGRATE_FINISH_INTERNAL_H

#include "migrate/migration.h"

/*
 * A task failed over something that has nothing to do with the data or the
 * statement: a full disk, a lock, a lost connection.  Trying it again makes
 * sense, so the table waits for migration_resume under its job name.
 */
#define MAY_BE_RESUMED                                                  \
	"t.state = 'failed' AND t.kind <> 'late'"                           \
	" AND (left(t.error_sqlstate, 2) IN ('08', '40', '53', '57', '58')" \
	"      OR t.error_sqlstate = '55P03')"

/* publish.c: tables whose rows are all in; the others stay as they are. */
extern void mm_publish_tables(JobProcess *process);
extern bool mm_publish_is_loaded(JobProcess *process, const TableState *state);

/*
 * Notes speak of tables and indexes by the names that they have now, so that
 * the statements in them can be run.
 */
extern void mm_publish_rename_in_notes(JobProcess *process);

/* make_late.c */
extern void mm_make_late_objects(JobProcess *process);

#endif /* MM_MIGRATE_FINISH_INTERNAL_H */
