/*
 * src/migrate/existing.h
 *		Local tables that are there already, made by somebody else: does the
 *		remote table fit into them?
 */
#ifndef MM_MIGRATE_EXISTING_H
#define MM_MIGRATE_EXISTING_H

#include "migrate/migration.h"

/*
 * Which of the tables are there, and what on_existing says to that.  Matches
 * columns by name; raises, before anything is loaded, for what cannot work,
 * with all problems in one message.
 */
extern void mm_existing_check(Migration *migration, Oid schema);

/*
 * For migration_check, as its last step: what stands against one way of
 * dealing with the tables that are there, a line each; NULL: nothing.
 */
extern char *mm_existing_problems(Migration *migration,
								  OnExisting on_existing);

/* A list of Oids as an oid[]. */
extern Datum mm_existing_array(const List *oids);

/* After mm_ddl_prepare: the local columns say what is generated here. */
extern void mm_existing_settle(Migration *migration);

/*
 * Columns of another kind of time than MySQL's: a datetime in a column with
 * time zone, a timestamp in one without.  `type`: of the local column.
 */
extern void mm_existing_settle_zone(Migration *migration,
									const RemoteTable *table,
									RemoteColumn *column, Oid type);

/*
 * Tables that foreign keys point to are loaded before those that have the
 * keys: fills in load_needs.
 */
extern void mm_existing_order(Migration *migration);

#endif /* MM_MIGRATE_EXISTING_H */
