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
extern char *mm_arguments_required(FunctionCallInfo fcinfo, int n,
								   const char *name);

/* text[] as a JSON array, jsonb as text; NULL for SQL NULL. */
extern char *mm_arguments_array(FunctionCallInfo fcinfo, int n,
								const char *name);
extern char *mm_arguments_json(FunctionCallInfo fcinfo, int n);

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

/* The first column of a local query with one row, as the caller; NULL is 0. */
extern int64 mm_arguments_query_bigint(const char *sql);

/* current_schema(), or an error. */
extern char *mm_arguments_schema(void);

/*
 * The payload of a function that only looks: server, remote_schema and
 * local_schema are its first three arguments; include and exclude follow if
 * `options` (the number of the options argument) is greater than 4.
 */
extern StringInfo mm_arguments_preview(FunctionCallInfo fcinfo,
									   const char *kind, int options);

#endif /* MM_MIGRATE_ARGUMENTS_H */
