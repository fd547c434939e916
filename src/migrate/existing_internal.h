/*
 * src/migrate/existing_internal.h
 *		What existing.c and existing_columns.c share.
 */
#ifndef MM_MIGRATE_EXISTING_INTERNAL_H
#define MM_MIGRATE_EXISTING_INTERNAL_H

#include "migrate/existing.h"

/* What stands against loading, one line each. */
typedef struct Problems
{
	StringInfoData lines;
	int count;
	const char *hint; /* of the first */
	int sqlerrcode;
} Problems;

extern void mm_existing_add_problem(Problems *problems, int sqlerrcode,
									char *line, char *hint);

/* Into the local table relid: matches columns, says what stands against it. */
extern void mm_existing_check_table(Migration *migration, RemoteTable *table,
									Oid relid, Problems *problems);

#endif /* MM_MIGRATE_EXISTING_INTERNAL_H */
