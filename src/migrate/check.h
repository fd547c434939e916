/*
 * src/migrate/check.h
 *		What the files of migration_check share.
 */
#ifndef MM_MIGRATE_CHECK_H
#define MM_MIGRATE_CHECK_H

#include "base/note.h"
#include "migrate/preview.h"

/* A row of the screen. */
typedef enum FindingSeverity
{
	FINDING_BLOCKER,
	FINDING_WARNING,
	FINDING_NOTE,
	FINDING_OK
} FindingSeverity;

typedef struct Check
{
	Migration *migration;
	List *findings; /* of Finding *, see check.c */
	uint64 data_bytes;
	uint64 rows;
} Check;

/* The strings live as long as the call; detail may be NULL. */
extern void mm_check_add(Check *check, FindingSeverity severity,
						 const char *object, const char *finding,
						 const char *what_to_do, const char *detail);

/* MySQL's side: privileges, encryption, engines, time zone (check_source.c). */
extern void mm_check_source(Check *check);

/* Our side: rights, encoding, room, workers (check_target.c). */
extern void mm_check_target(Check *check);

/* What only the rows can tell (check_data.c). */
extern void mm_check_data(Check *check);

#endif /* MM_MIGRATE_CHECK_H */
