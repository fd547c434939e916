/*
 * src/fdw/result_set.c
 *		What the SQL functions of this room have in common.
 */
#include "postgres.h"

#include "fdw/result_set.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

void
mm_result_set_refuse_restricted(const char *function)
{
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot call %s within a security-restricted operation",
						function),
				 errhint("Materialized views and indexes cannot use it; read a foreign table instead.")));
}

void
mm_result_set_begin(ResultSet *set, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller;
	TupleDesc desc = NULL;

	if (info == NULL || !IsA(info, ReturnSetInfo) ||
		(info->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set"),
				 errhint("Call it in the FROM clause.")));

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the columns of the result are not known"),
				 errhint("Name them with their types: SELECT * FROM mysql_query('...', '...') AS t(id bigint, name text)")));

	caller = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
	set->desc = CreateTupleDescCopy(desc);
	set->store = tuplestore_begin_heap((info->allowedModes &
										SFRM_Materialize_Random) != 0,
									   false, work_mem);
	MemoryContextSwitchTo(caller);
	info->returnMode = SFRM_Materialize;
	info->setResult = set->store;
	info->setDesc = set->desc;
}

void
mm_result_set_put(ResultSet *set, Datum *values, bool *isnull)
{
	tuplestore_putvalues(set->store, set->desc, values, isnull);
}
