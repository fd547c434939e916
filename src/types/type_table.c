/*
 * src/types/type_table.c
 *		The type table as rows of an SQL function.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/materialize.h"
#include "funcapi.h"
#include "types/type_map.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(mysql_migrate_type_table);

#define TABLE_COLUMNS 6

static void
set_text(Datum *values, bool *isnull, int n, const char *text)
{
	isnull[n] = text == NULL;
	values[n] = text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}

/* A predicate or an expression over the column, here called "v". */
static const char *
shown(const char *format)
{
	return format != NULL ? mm_type_expand(format, "v") : NULL;
}

/*
 * mysql_migrate.type_table
 *		One row per rule, in the order in which they are tried.
 */
Datum
mysql_migrate_type_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const TypeRule *rule;

	mm_init_materialized(fcinfo);
	for (int i = 0; (rule = mm_type_rule_number(i)) != NULL; i++)
	{
		Datum values[TABLE_COLUMNS];
		bool isnull[TABLE_COLUMNS];

		values[0] = Int32GetDatum(i + 1);
		isnull[0] = false;
		set_text(values, isnull, 1, rule->mysql_name);
		set_text(values, isnull, 2, rule->condition);
		set_text(values, isnull, 3, rule->local_type);
		set_text(values, isnull, 4, shown(rule->question));
		set_text(values, isnull, 5, shown(rule->remote_canonical));
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 isnull);
	}
	return (Datum) 0;
}
