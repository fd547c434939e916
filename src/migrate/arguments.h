/*
 * src/migrate/arguments.h
 *		Arguments of the SQL functions into the payload of a job.
 */
#ifndef MM_MIGRATE_ARGUMENTS_H
#define MM_MIGRATE_ARGUMENTS_H

#include "fmgr.h"
#include "lib/stringinfo.h"

/* NULL for SQL NULL; the required one raises 22004. */
extern char *mm_arguments_text(FunctionCallInfo fcinfo, int n);

/* jsonb as text; NULL for SQL NULL. */
extern char *mm_arguments_json(FunctionCallInfo fcinfo, int n);

/*
 * The payload of a job, whose first argument is the server: it begins with
 * kind and server, which is returned, and ends with the options (argument
 * number `options`) and the caller's rules.
 */
extern char *mm_arguments_begin(FunctionCallInfo fcinfo, const char *kind,
								StringInfo payload);
extern void mm_arguments_end(FunctionCallInfo fcinfo, int options,
							 const char *server, StringInfo payload);

/* Argument n as a member `key`, unless it is NULL. */
extern void mm_arguments_add_text(FunctionCallInfo fcinfo, int n,
								  const char *key, StringInfo payload);

/*
 * Of functions for whole schemas: remote_schema and local_schema, which follow
 * the server, and behind them include and exclude.
 */
extern void mm_arguments_add_schemas(FunctionCallInfo fcinfo,
									 StringInfo payload);
extern void mm_arguments_add_lists(FunctionCallInfo fcinfo,
								   StringInfo payload);

/* Raises in a transaction that is to write nothing. */
extern void mm_arguments_refuse_read_only(const char *function);

/*
 * The argument "force" of a function that writes: after migrate_switch it
 * refuses without.  Goes into the payload for the job, which asks again.
 */
extern void mm_arguments_guard(FunctionCallInfo fcinfo, int n,
							   const char *server, StringInfo payload);

/* Workers of a job when the caller does not say: least(cores, 8). */
extern int mm_arguments_default_workers(void);
extern void mm_arguments_check_workers(int workers);

/* The first column of a local query with one row, as the caller; NULL is 0. */
extern int64 mm_arguments_query_bigint(const char *sql);

/* current_schema(), or an error. */
extern char *mm_arguments_schema(void);

/*
 * The payload of a function that only looks: after the schemas come include
 * and exclude if `options` is greater than 4.
 */
extern StringInfo mm_arguments_preview(FunctionCallInfo fcinfo,
									   const char *kind, int options);

#endif /* MM_MIGRATE_ARGUMENTS_H */
