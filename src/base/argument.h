/*
 * src/base/argument.h
 *		Arguments of SQL functions that must not be NULL.
 */
#ifndef MM_BASE_ARGUMENT_H
#define MM_BASE_ARGUMENT_H

#include "fmgr.h"

/* Raises 22004 for NULL; a STRICT function would do nothing in silence. */
extern void mm_argument_need(FunctionCallInfo fcinfo, int n, const char *name);

/* The same, and the value. */
extern char *mm_argument_text(FunctionCallInfo fcinfo, int n, const char *name);
extern int64 mm_argument_bigint(FunctionCallInfo fcinfo, int n,
								const char *name);

#endif /* MM_BASE_ARGUMENT_H */
