/*
 * src/migrate/sequence_target.h
 *		The tables whose next values are to be set.
 */
#ifndef MM_MIGRATE_SEQUENCE_TARGET_H
#define MM_MIGRATE_SEQUENCE_TARGET_H

#include "migrate/book.h"

typedef struct SequenceTarget
{
	Oid relation;
	const TableMap *map; /* NULL: not migrated by us */
} SequenceTarget;

/*
 * List of SequenceTarget *: the migrated tables of a server, or those that
 * `table` names, migrated or not: by the caller's search path.  Raises when
 * there is none of that name.
 */
extern List *mm_sequence_targets(const char *server, const char *table);

#endif /* MM_MIGRATE_SEQUENCE_TARGET_H */
