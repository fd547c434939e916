/*
 * src/migrate/replace_internal.h
 *		What replace.c and replace_swap.c share.
 */
#ifndef MM_MIGRATE_REPLACE_INTERNAL_H
#define MM_MIGRATE_REPLACE_INTERNAL_H

#include "migrate/replace.h"

/* Oids as text, an argument of a query. */
extern char *mm_replace_oid_list(const List *oids);

/*
 * The rows of a query on the system catalogs, as the current user: List of
 * char **, one string per column.
 */
extern List *mm_replace_catalog_rows(const char *sql, int nargs, const char **args);

/* Run the statements that a query has put together, in its first column. */
extern void mm_replace_execute_rows(List *rows);

/* What hangs on a table and does not belong to the job, as rows. */
extern List *mm_replace_blockers(const Migration *migration, Oid relation);

/* The statements that a query makes of what a job has kept. */
extern List *mm_replace_kept_statements(int64 job_id, const char *sql);

/* "__old_7", and the name that makes room for another. */
extern char *mm_replace_old_suffix(int64 job_id);
extern char *mm_replace_old_name(const char *name, int64 job_id);

#endif /* MM_MIGRATE_REPLACE_INTERNAL_H */
