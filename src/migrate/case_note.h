/*
 * src/migrate/case_note.h
 *		Values of unique text keys that MySQL finds in any case.
 */
#ifndef MM_MIGRATE_CASE_NOTE_H
#define MM_MIGRATE_CASE_NOTE_H

#include "migrate/migration.h"

/*
 * Counts, in a table that is loaded, what is not in lower case in its unique
 * keys, and notes it: the application may rely on finding it in any case.  In
 * a transaction.
 */
extern void mm_case_note(const JobProcess *process, const RemoteTable *table,
						 Oid relation);

#endif /* MM_MIGRATE_CASE_NOTE_H */
