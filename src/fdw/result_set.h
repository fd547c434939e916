/*
 * src/fdw/result_set.h
 *		What the SQL functions of this room have in common: a materialized
 *		result, and where they may not run.
 */
#ifndef MM_FDW_RESULT_SET_H
#define MM_FDW_RESULT_SET_H

#include "fmgr.h"
#include "funcapi.h"

typedef struct ResultSet
{
	TupleDesc desc;
	Tuplestorestate *store;
} ResultSet;

/*
 * Makes the function's result a tuplestore (work_mem, then disk).  Raises
 * where no set can be returned or its columns are not known.
 */
extern void mm_result_set_begin(ResultSet *set, FunctionCallInfo fcinfo);
extern void mm_result_set_put(ResultSet *set, Datum *values, bool *isnull);

/*
 * Raise in a security-restricted operation: an index expression or a
 * materialized view must not make its maintainer talk to another server.
 */
extern void mm_result_set_refuse_restricted(const char *function);

#endif /* MM_FDW_RESULT_SET_H */
