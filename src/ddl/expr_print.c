/*
 * src/ddl/expr_print.c
 *		The tree of a MySQL expression into PostgreSQL's text.
 */
#include "postgres.h"

#include "ddl/expr.h"

static ExprResult *
refuse(void)
{
	ExprResult *result = palloc0(sizeof(ExprResult));

	result->reason = "Expressions are not translated.";
	return result;
}

ExprResult *
mm_expr_condition(const RemoteSchema *schema, const DdlOptions *options,
				  const RemoteTable *table, const char *text)
{
	return refuse();
}

ExprResult *
mm_expr_value(const RemoteSchema *schema, const DdlOptions *options,
			  const RemoteTable *table, const RemoteColumn *column,
			  const char *text)
{
	return refuse();
}

ExprResult *
mm_expr_view(const RemoteSchema *schema, const DdlOptions *options,
			 List *views, const RemoteProgram *program, ExprView **view)
{
	return refuse();
}

ExprResult *
mm_expr_trigger_body(const RemoteSchema *schema, const DdlOptions *options,
					 const RemoteTable *table, const RemoteProgram *program)
{
	return refuse();
}
