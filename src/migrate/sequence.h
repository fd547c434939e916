/*
 * src/migrate/sequence.h
 *		Next values of identity columns, serials and sequences.
 */
#ifndef MM_MIGRATE_SEQUENCE_H
#define MM_MIGRATE_SEQUENCE_H

#include "source/remote_catalog.h"

/*
 * After a load: the next value of each sequence that feeds a column of the
 * relation is greater than the column's maximum and not less than MySQL's
 * AUTO_INCREMENT counter.  Never backwards.
 */
extern void mm_sequence_set_after_load(Oid relation, const RemoteTable *table);

#endif /* MM_MIGRATE_SEQUENCE_H */
