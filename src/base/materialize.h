/*
 * src/base/materialize.h
 *		Set-returning functions that fill a tuplestore, on every version.
 */
#ifndef MM_BASE_MATERIALIZE_H
#define MM_BASE_MATERIALIZE_H

#include "fmgr.h"

/*
 * Prepares fcinfo's ReturnSetInfo: setDesc from the call, an empty setResult
 * that lives as long as the query.  Raises 0A000 where the caller cannot take
 * a set.  (InitMaterializedSRF exists from PostgreSQL 15.1 on only.)
 */
extern void mm_init_materialized(FunctionCallInfo fcinfo);

#endif /* MM_BASE_MATERIALIZE_H */
