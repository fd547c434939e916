/*
 * src/migrate/table_json.h
 *		A RemoteTable as JSON, in table_map.description.
 *
 * Workers, a resume, validate and migrate_missing work from this description,
 * with the decisions that the job took, not from a second look at the catalog.
 */
#ifndef MM_MIGRATE_TABLE_JSON_H
#define MM_MIGRATE_TABLE_JSON_H

#include "source/remote_catalog.h"

extern char *mm_table_to_json(const RemoteTable *table);

/* Into the current memory context. */
extern RemoteTable *mm_table_from_json(const char *json);

#endif /* MM_MIGRATE_TABLE_JSON_H */
