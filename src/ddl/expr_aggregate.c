/*
 * src/ddl/expr_aggregate.c
 *		Aggregate functions.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

static const char *const aggregates[] = {
	"count",
	"sum",
	"avg",
	"min",
	"max",
	"group_concat",
	"std",
	"stddev",
	"stddev_pop",
	"stddev_samp",
	"variance",
	"var_pop",
	"var_samp",
	"any_value",
	"json_arrayagg",
	"json_objectagg",
	"bit_and",
	"bit_or",
	"bit_xor",
	NULL,
};

bool
mm_expr_is_aggregate(const ExprNode *node)
{
	if (node->kind != EXPR_FUNCTION || node->is_quoted || node->over != NULL)
		return false;
	for (int i = 0; aggregates[i] != NULL; i++)
	{
		if (strcmp(node->text, aggregates[i]) == 0)
			return true;
	}
	return false;
}

/* COUNT(*), COUNT(x), COUNT(DISTINCT a, b) */
static ExprValue
print_count(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *first = linitial(node->args);
	StringInfoData list;
	StringInfoData filter;
	ExprValue result;
	ListCell *lc;

	result = mm_value_integer(pstrdup("count(*)"), 8);
	result.minimum = 0;
	result.is_nullable = false;
	if (first->kind == EXPR_STAR)
		return result;
	/* the server shows COUNT(*) as count(0) */
	if (first->kind == EXPR_NUMBER && !node->is_distinct)
		return result;

	initStringInfo(&list);
	initStringInfo(&filter);
	foreach(lc, node->args)
	{
		ExprValue value = mm_print_rounded(mm_print_node(printer,
														 lfirst(lc)));

		if (node->is_distinct && value.type == VALUE_TEXT)
			value = mm_print_folded(printer, value);
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", value.sql);
		appendStringInfo(&filter, "%s%s IS NOT NULL",
						 filter.len == 0 ? "" : " AND ",
						 mm_value_operand(value));
	}
	if (list_length(node->args) == 1)
		result.sql = psprintf("count(%s%s)",
							  node->is_distinct ? "DISTINCT " : "", list.data);
	else
		result.sql = psprintf("count(DISTINCT (%s)) FILTER (WHERE %s)",
							  list.data, filter.data);
	return result;
}

/*
 * The argument.  A window sees what a table in between has rounded; so do most
 * groups, but not those that MySQL reads in the order of an index.
 */
static ExprValue
aggregated(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	bool is_grouped = printer->scope != NULL &&
					  printer->scope->query != NULL &&
					  printer->scope->query->group_by != NIL;

	if (node->over == NULL && !is_grouped)
		return value;
	printer->cuts_digits |= node->over == NULL && value.is_unrounded;
	return mm_print_rounded(value);
}

static ExprValue
print_sum(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer, aggregated(printer, node));
	bool is_average = strcmp(node->text, "avg") == 0;
	ExprValue result;
	const char *call;

	if (value.is_unrounded && value.quotient != NULL)
		call = value.quotient;
	else if (value.type == VALUE_FLOAT && value.width < 8)
		call = psprintf("%s::double precision", mm_value_operand(value));
	else
		call = value.sql;
	call = psprintf("%s(%s%s)", node->text, node->is_distinct ? "DISTINCT " : "", call);
	if (value.type == VALUE_FLOAT)
	{
		result = mm_value(VALUE_FLOAT, pstrdup(call));
		result.width = 8;
		return result;
	}
	result = mm_value(VALUE_DECIMAL, pstrdup(call));
	result.scale = value.scale;
	if (is_average)
	{
		if (value.scale < 0)
			return mm_print_refuse(printer, "The number of digits of an "
											"average is not known.");
		result.scale = Min(value.scale + 4, 30);
		result.is_unrounded = true;
	}
	else if (value.is_unrounded)
		result.is_unrounded = true;
	else if (value.type == VALUE_INTEGER)
	{
		/* bigint or numeric without digits: text and order are the same */
		result.type = VALUE_INTEGER;
		result.width = 8;
		if (value.minimum >= 0)
			result.minimum = 0;
		/* sum(bigint) is numeric; it must stay exact in a calculation */
		if (value.width == 8)
		{
			result.type = VALUE_DECIMAL;
			result.scale = 0;
		}
	}
	return result;
}

static ExprValue
print_extreme(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = aggregated(printer, node);
	ExprValue result;

	if (value.type == VALUE_BOOLEAN)
		value = mm_print_to_number(printer, value);
	else if (value.type == VALUE_ENUM || value.type == VALUE_SET ||
			 value.type == VALUE_UUID)
		value = mm_print_to_text(printer, value);
	else if (value.type == VALUE_BYTES || value.type == VALUE_JSON ||
			 value.type == VALUE_OTHER || value.type == VALUE_BITS)
		return mm_print_refuse(printer, psprintf("%s of %s", node->text,
												 mm_value_type_name(value.type)));
	if (value.type == VALUE_TEXT && value.is_case_insensitive)
		printer->orders_text = true;
	result = mm_value_made(value, psprintf("%s(%s)", node->text,
										   mm_print_exact(value).sql));
	result.is_nullable = true;
	result.is_unrounded = value.is_unrounded;
	return result;
}

static ExprValue
print_deviation(ExprPrinter *printer, const ExprNode *node)
{
	const char *name = node->text;
	ExprValue value = mm_print_rounded(mm_print_to_number(printer,
														  mm_print_node(printer,
																		linitial(node->args))));
	ExprValue result;

	if (strcmp(name, "std") == 0 || strcmp(name, "stddev") == 0)
		name = "stddev_pop";
	else if (strcmp(name, "variance") == 0)
		name = "var_pop";
	result = mm_value(VALUE_FLOAT,
					  psprintf("%s(%s::double precision)", name,
							   mm_value_operand(value)));
	result.width = 8;
	return result;
}

/*
 * GROUP_CONCAT(DISTINCT x ORDER BY y): string_agg asks for x = y, so the
 * values are made distinct in a query over two arrays.
 */
static char *
distinct_by_key(ExprPrinter *printer, const char *text,
				const char *separator, List *order_by)
{
	ExprOrder *order = linitial(order_by);
	ExprValue key = mm_print_rounded(mm_print_node(printer, order->node));

	if (list_length(order_by) > 1)
	{
		mm_print_refuse(printer, "GROUP_CONCAT(DISTINCT) ordered by several "
								 "others");
		return pstrdup("NULL");
	}
	if (key.type == VALUE_BOOLEAN)
		key = mm_print_to_number(printer, key);
	return psprintf("(SELECT string_agg(u.v, %s ORDER BY u.k%s) FROM "
					"(SELECT t.v, min(t.k) AS k FROM unnest(array_agg(%s), "
					"array_agg(%s)) AS t(v, k) GROUP BY t.v) AS u)",
					separator, order->is_descending ? " DESC NULLS LAST" : " NULLS FIRST", text, key.sql);
}

static ExprValue
print_group_concat(ExprPrinter *printer, const ExprNode *node)
{
	char *separator = mm_quote_local_literal(node->separator != NULL ?
												 node->separator :
												 ",");
	ExprNode concat = {.kind = EXPR_FUNCTION, .text = "concat", .args = node->args};
	ExprValue text = mm_print_node(printer, &concat);
	ExprValue result;
	char *order = NULL;

	while (*separator == ' ')
		separator++;
	if (text.literal != NULL)
		text.sql = psprintf("%s::text", text.sql);
	if (node->order_by != NIL)
		order = mm_print_order(printer, node->order_by);
	if (node->is_distinct)
		mm_print_note_text(printer, text, text);

	result = mm_value(VALUE_TEXT, NULL);
	result.is_case_insensitive = text.is_case_insensitive;
	if (!node->is_distinct)
		result.sql = psprintf("string_agg(%s, %s%s%s)", text.sql, separator,
							  order != NULL ? " ORDER BY " : "",
							  order != NULL ? order : "");
	else if (order == NULL)
		result.sql = psprintf("string_agg(DISTINCT %s, %s)", text.sql,
							  separator);
	else if (strcmp(order, text.sql) == 0 ||
			 strcmp(order, psprintf("%s NULLS FIRST", text.sql)) == 0)
		result.sql = psprintf("string_agg(DISTINCT %s, %s ORDER BY %s)",
							  text.sql, separator, text.sql);
	else
		result.sql = distinct_by_key(printer, text.sql, separator,
									 node->order_by);
	return result;
}

static ExprValue
print_any_value(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_rounded(mm_print_node(printer,
													 linitial(node->args)));

	if (value.literal != NULL)
		return value;
	if (value.type == VALUE_SET)
		return mm_print_refuse(printer, "ANY_VALUE of a set");
	return mm_value_made(value, psprintf("(array_agg(%s))[1]", value.sql));
}

static ExprValue
print_json_aggregate(ExprPrinter *printer, const ExprNode *node)
{
	bool is_array = strcmp(node->text, "json_arrayagg") == 0;
	StringInfoData list;
	ListCell *lc;

	if (list_length(node->args) != (is_array ? 1 : 2))
		return mm_print_refuse(printer, psprintf("%s() with these arguments",
												 node->text));
	initStringInfo(&list);
	foreach(lc, node->args)
	{
		ExprValue value = mm_print_rounded(mm_print_node(printer,
														 lfirst(lc)));

		if (value.type == VALUE_BOOLEAN)
			value = mm_print_to_number(printer, value);
		else if (value.type != VALUE_INTEGER && value.type != VALUE_DECIMAL &&
				 value.type != VALUE_JSON)
			value = mm_print_to_text(printer, value);
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", value.sql);
	}
	return mm_value(VALUE_JSON,
					psprintf("%s(%s)", is_array ? "jsonb_agg" : "jsonb_object_agg", list.data));
}

/* BIT_AND, BIT_OR, BIT_XOR: of no rows all bits, or none. */
static ExprValue
print_bit_aggregate(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer,
										 mm_print_node(printer,
													   linitial(node->args)));
	bool is_natural = value.minimum >= 0 && strcmp(node->text, "bit_and") != 0;

	if (value.type != VALUE_INTEGER)
		return mm_print_refuse(printer, "bits of a value that is no integer");
#if PG_VERSION_NUM < 140000
	if (strcmp(node->text, "bit_xor") == 0)
		return mm_print_refuse(printer, "BIT_XOR before PostgreSQL 14");
#endif
	return mm_print_unsigned(psprintf("coalesce(%s(%s::bigint), %d)",
									  node->text, mm_value_operand(value),
									  strcmp(node->text, "bit_and") == 0 ? -1 : 0),
							 is_natural, false);
}

static ExprValue
print_by_name(ExprPrinter *printer, const ExprNode *node)
{
	const char *name = node->text;

	if (strcmp(name, "count") == 0)
		return print_count(printer, node);
	if (strcmp(name, "group_concat") == 0)
		return print_group_concat(printer, node);
	if (strcmp(name, "json_arrayagg") == 0 ||
		strcmp(name, "json_objectagg") == 0)
		return print_json_aggregate(printer, node);
	if (list_length(node->args) != 1)
		return mm_print_refuse(printer, psprintf("%s() with these arguments",
												 name));
	if (strcmp(name, "sum") == 0 || strcmp(name, "avg") == 0)
		return print_sum(printer, node);
	if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0)
		return print_extreme(printer, node);
	if (strcmp(name, "any_value") == 0)
		return print_any_value(printer, node);
	if (strncmp(name, "bit_", 4) == 0)
		return print_bit_aggregate(printer, node);
	return print_deviation(printer, node);
}

bool
mm_print_aggregate(ExprPrinter *printer, const ExprNode *node,
				   ExprValue *result)
{
	bool is_known = false;
	ExprScope *scope = printer->scope;

	for (int i = 0; aggregates[i] != NULL; i++)
		is_known |= strcmp(node->text, aggregates[i]) == 0;
	if (!is_known)
		return false;
	if (scope == NULL || node->args == NIL)
	{
		*result = mm_print_refuse(printer, psprintf("aggregate %s()",
													node->text));
		return true;
	}
	/* over a window the rows are those of the grouped query */
	if (node->over == NULL)
		scope->aggregate_depth++;
	*result = print_by_name(printer, node);
	if (node->over == NULL)
		scope->aggregate_depth--;
	return true;
}
