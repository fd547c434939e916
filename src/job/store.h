/*
 * src/job/store.h
 *		SQL on the bookkeeping tables.
 *
 * Every function runs in the caller's transaction (one must be open) and does
 * its work as the owner of the bookkeeping tables, after which the current
 * user is what it was.
 */
#ifndef MM_JOB_STORE_H
#define MM_JOB_STORE_H

#include "executor/spi.h"

/*
 * SPI as the owner of the bookkeeping tables, with a pinned search_path.
 * Between the two calls only the engine's own constant SQL may run.
 */
typedef struct StoreScope
{
	Oid saved_user;
	int saved_context;
	int guc_level;
} StoreScope;

extern void mm_store_enter(StoreScope *scope);
extern void mm_store_leave(StoreScope *scope);

/* A trigger function that only the table's own trigger may call. */
extern void mm_store_check_trigger(FunctionCallInfo fcinfo, const char *table);

/*
 * The commit of the open transaction need not wait for the disk: in a crash it
 * vanishes with all that it did.  The job's last commit waits, for all.
 */
extern void mm_store_commit_lazily(void);

/*
 * A constant statement with text parameters (NULL: SQL NULL); gives the rows
 * processed, raises if it fails.
 */
extern uint64 mm_store_execute(const char *sql, int nargs, const char **args);

/*
 * A value of its result, rows from 0, columns from 1; NULL: SQL NULL.  In the
 * current memory context.
 */
extern char *mm_store_value(uint64 row, int column);

/* One statement in a scope of its own. */
extern uint64 mm_store_execute_alone(const char *sql, int nargs,
									 const char **args);

/*
 * What such a statement gives, in the current memory context: the first value
 * of the first row, NULL when there is none; all rows (List of char **); the
 * first value of each (List of char *).
 */
extern char *mm_store_get_value(const char *sql, int nargs, const char **args);
extern List *mm_store_get_rows(const char *sql, int nargs, const char **args);
extern List *mm_store_get_column(const char *sql, int nargs,
								 const char **args);

/* Parameters of these types. */
extern const char *mm_store_number(int64 value);
extern const char *mm_store_boolean(bool value);

#endif /* MM_JOB_STORE_H */
