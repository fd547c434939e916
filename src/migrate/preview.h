/*
 * src/migrate/preview.h
 *		A look at a migration without doing it.
 */
#ifndef MM_MIGRATE_PREVIEW_H
#define MM_MIGRATE_PREVIEW_H

#include "migrate/migration.h"

/* A process that is no job: the calling backend looks for itself. */
typedef struct Preview
{
	JobProcess process;
	Migration *migration;
	int search_path; /* pinned until it is closed, as in a job */
} Preview;

/* Connected, with the remote schema and the local names. */
extern Preview *mm_preview_open(const char *payload, OnExisting on_existing);
extern void mm_preview_close(Preview *preview);

#endif /* MM_MIGRATE_PREVIEW_H */
