/*
 * src/base/argument.c
 *		Arguments of SQL functions that must not be NULL.
 */
#include "postgres.h"

#include "base/argument.h"
#include "base/compat.h"
#include "utils/builtins.h"

void
mm_argument_need(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("\"%s\" must not be null", name),
				 errhint("Give a value; a subquery that finds no row gives NULL.")));
}

char *
mm_argument_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	mm_argument_need(fcinfo, n, name);
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

int64
mm_argument_bigint(FunctionCallInfo fcinfo, int n, const char *name)
{
	mm_argument_need(fcinfo, n, name);
	return PG_GETARG_INT64(n);
}
