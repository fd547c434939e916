/*
 * src/migrate/rejected.h
 *		The option "rejected": load again the rows that were rejected, and no
 *		others.
 */
#ifndef MM_MIGRATE_REJECTED_H
#define MM_MIGRATE_REJECTED_H

#include "migrate/migration.h"

/* Raises when the option does not go with the arguments. */
extern void mm_rejected_check(const Migration *migration);

/* The rejected rows of an existing table join its filter. */
extern void mm_rejected_select(Migration *migration, RemoteTable *table,
							   Oid relation);

/*
 * The job has ended: rows that were loaded are no rejects any more, and the
 * table is still what the job before made of it.
 */
extern void mm_rejected_settle(JobProcess *process);

#endif /* MM_MIGRATE_REJECTED_H */
