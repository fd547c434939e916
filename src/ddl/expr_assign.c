/*
 * src/ddl/expr_assign.c
 *		Expressions over one table: CHECK conditions, generated columns,
 *		defaults, index expressions.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

static char *
refuse_assignment(ExprPrinter *printer, ExprValue value,
				  const char *target)
{
	mm_print_refuse(printer, psprintf("MySQL stores %s in a column of type "
									  "%s in its own way.",
									  mm_value_type_name(value.type), target));
	return value.sql;
}

static char *
assign_temporal(ExprPrinter *printer, ExprValue value, LocalKind kind)
{
	value = mm_print_to_temporal(printer, value);
	if ((value.type == VALUE_INSTANT) != (kind == KIND_TIMESTAMPTZ))
		printer->is_immutable = false;
	if (kind != KIND_DATE && value.type == VALUE_DATE &&
		kind == KIND_TIMESTAMPTZ)
		printer->is_immutable = false;
	return value.sql;
}

static char *
assign_text(ExprPrinter *printer, ExprValue value, const RemoteColumn *column)
{
	const char *type = column->type.data_type;

	value = mm_print_to_text(printer, value);
	/* blanks at the end of a CHAR are not kept */
	if (type != NULL && strcmp(type, "char") == 0 && value.literal == NULL)
		return psprintf("rtrim(%s)", value.sql);
	return value.sql;
}

char *
mm_print_assign(ExprPrinter *printer, ExprValue value,
				const RemoteTable *table, const RemoteColumn *column)
{
	LocalKind kind = mm_ddl_kind(column);
	char *type = mm_ddl_column_type(table, column);
	const char *why = NULL;

	if (value.type == VALUE_NULL)
		return value.sql;
	switch (kind)
	{
		case KIND_BOOLEAN:
			return mm_print_to_condition(printer, value).sql;
		case KIND_SMALLINT:
		case KIND_INTEGER:
		case KIND_BIGINT:
		case KIND_NUMERIC:
		case KIND_REAL:
		case KIND_DOUBLE:
			return mm_print_to_number(printer, value).sql;
		case KIND_TEXT:
			return assign_text(printer, value, column);
		case KIND_DATE:
		case KIND_TIMESTAMP:
		case KIND_TIMESTAMPTZ:
			return assign_temporal(printer, value, kind);
		case KIND_JSON:
		case KIND_JSONB:
			if (value.type == VALUE_JSON)
				return value.sql;
			break;
		case KIND_TIME:
			if (value.type == VALUE_TIME)
				return value.sql;
			break;
		case KIND_UUID:
			if (value.type == VALUE_UUID)
				return value.sql;
			break;
		case KIND_BYTEA:
			if (value.type == VALUE_BYTES)
				return value.sql;
			break;
		default:
			break;
	}
	if (value.literal != NULL && value.type == VALUE_TEXT)
	{
		char *constant = mm_ddl_constant(column, value.literal, NULL,
										 printer->options, &why);

		if (constant != NULL)
			return constant;
	}
	if (value.type == VALUE_ENUM && kind == KIND_ENUM)
		return psprintf("%s::text::%s", mm_value_operand(value), type);
	return refuse_assignment(printer, value, type);
}

/* Parse, and open a scope with the columns of one table. */
static ExprNode *
start_table(ExprPrinter *printer, ExprScope *scope,
			const RemoteSchema *schema, const DdlOptions *options,
			const RemoteTable *table, const char *text)
{
	const char *error;
	ExprNode *node = mm_expr_parse(text, &error);

	mm_print_start(printer, schema, options);
	memset(scope, 0, sizeof(ExprScope));
	scope->relations = list_make1(mm_print_table_relation(table, table->name,
														  NULL));
	printer->scope = scope;
	if (node == NULL)
		mm_print_refuse(printer, psprintf("It could not be read: %s.", error));
	return node;
}

ExprResult *
mm_expr_condition(const RemoteSchema *schema, const DdlOptions *options,
				  const RemoteTable *table, const char *text)
{
	ExprPrinter printer;
	ExprScope scope;
	ExprNode *node = start_table(&printer, &scope, schema, options, table,
								 text);
	char *sql = NULL;

	if (node != NULL)
		sql = mm_print_condition(&printer, node);
	return mm_print_result(&printer, sql);
}

ExprResult *
mm_expr_value(const RemoteSchema *schema, const DdlOptions *options,
			  const RemoteTable *table, const RemoteColumn *column,
			  const char *text)
{
	ExprPrinter printer;
	ExprScope scope;
	ExprNode *node = start_table(&printer, &scope, schema, options, table,
								 text);
	char *sql = NULL;

	if (column != NULL && column->generated != NULL)
	{
		printer.table = table;
		printer.generated = column;
	}
	if (node != NULL)
	{
		ExprValue value = mm_print_node(&printer, node);

		sql = column == NULL ? mm_print_rounded(value).sql :
							   mm_print_assign(&printer, value, table, column);
	}
	return mm_print_result(&printer, sql);
}
