/*
 * src/ddl/expr_print.c
 *		The tree of a MySQL expression into PostgreSQL's text.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

#define MAX_DEPTH 400
/* Where a value is named twice the text doubles with each level. */
#define MAX_LENGTH (1024 * 1024)

void
mm_print_start(ExprPrinter *printer, const RemoteSchema *schema,
			   const DdlOptions *options)
{
	memset(printer, 0, sizeof(ExprPrinter));
	printer->schema = schema;
	printer->options = options;
	printer->is_immutable = true;
}

/* What was printed, with what must be said about it. */
ExprResult *
mm_print_result(ExprPrinter *printer, char *sql)
{
	ExprResult *result = palloc0(sizeof(ExprResult));

	if (printer->compares_text)
		printer->remarks = lappend(printer->remarks,
								   "Text is compared with regard to case here, "
								   "without it in MySQL.");
	if (printer->folds_text)
		printer->remarks = lappend(printer->remarks,
								   "Text is compared in lower case; accents "
								   "and blanks at its end, which MySQL's "
								   "collation may ignore, count here.");
	if (printer->orders_text)
		printer->remarks = lappend(printer->remarks,
								   "Text is sorted by the collation of this "
								   "database, not by MySQL's.");
	if (printer->reads_zero_dates)
		printer->remarks = lappend(printer->remarks,
								   "Zero dates are NULL here, which functions, "
								   "MIN and NOT take for no date at all.");
	if (printer->picks_any)
		printer->remarks = lappend(printer->remarks,
								   "A column is neither grouped nor determined "
								   "by the group: which row it comes from is "
								   "left to chance on both servers.");
	if (printer->cuts_digits)
		printer->remarks = lappend(printer->remarks,
								   "A quotient has the digits that it shows "
								   "here where it is grouped or comes from an "
								   "inner query; MySQL may calculate with more "
								   "of them, by its plan.");
	result->reason = printer->reason;
	result->sql = printer->reason == NULL ? sql : NULL;
	result->is_immutable = printer->is_immutable;
	result->uses_columns = printer->uses_columns;
	result->remarks = printer->remarks;
	return result;
}

/* ---- constants ---- */

static ExprValue
print_number(const ExprNode *node)
{
	const char *point = strchr(node->text, '.');
	ExprValue value;

	if (strpbrk(node->text, "eE") != NULL)
	{
		value = mm_value(VALUE_FLOAT, psprintf("'%s'::double precision",
											   node->text));
		value.width = 8;
		value.is_nullable = false;
		return value;
	}
	value = mm_value(point != NULL || strlen(node->text) > 18 ?
						 VALUE_DECIMAL :
						 VALUE_INTEGER,
					 pstrdup(node->text));
	value.scale = point != NULL ? strlen(point + 1) : 0;
	value.width = strlen(node->text) > 9 ? 8 : 4;
	value.literal = node->text;
	value.is_nullable = false;
	if (value.type == VALUE_INTEGER)
		value.minimum = strtoll(node->text, NULL, 10);
	return value;
}

static ExprValue
print_string(const ExprNode *node)
{
	ExprValue value;

	if (node->hex != NULL)
		return mm_value(VALUE_BYTES, psprintf("'\\x%s'::bytea", node->hex));
	value = mm_value(VALUE_TEXT, mm_quote_local_literal(node->text));
	if (node->detail != NULL && strcmp(node->detail, "binary") == 0)
		value.is_case_insensitive = false;
	/* E'..' after a keyword or operator needs no blank of its own */
	while (*value.sql == ' ')
		value.sql++;
	value.literal = node->text;
	value.is_nullable = false;
	return value;
}

static ExprValue
print_bit_literal(ExprPrinter *printer, const ExprNode *node)
{
	int64 number = 0;
	ExprValue value;

	if (strlen(node->text) > 62)
		return mm_print_refuse(printer, "a bit constant of 63 bits or more");
	for (const char *c = node->text; *c != '\0'; c++)
		number = number * 2 + (*c - '0');
	value = mm_value_integer(psprintf(INT64_FORMAT, number),
							 number > PG_INT32_MAX ? 8 : 4);
	value.literal = value.sql;
	value.minimum = number;
	value.is_nullable = false;
	return value;
}

static ExprValue
print_temporal(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_value(VALUE_TEXT, NULL);

	value.literal = node->text;
	if (strcmp(node->detail, "time") == 0)
	{
		if (strspn(node->text, "0123456789:.") != strlen(node->text))
			return mm_print_refuse(printer, "a time of more than a day");
		value = mm_value(VALUE_TIME,
						 psprintf("time %s",
								  mm_quote_local_literal(node->text)));
		value.fraction = strchr(node->text, '.') != NULL ? 6 : 0;
	}
	else
		value = mm_print_to_temporal(printer, value);
	value.is_nullable = false;
	return value;
}

/* ---- the rest of the tree ---- */

/* The texts of CASE that are no values. */
typedef struct CaseBranches
{
	char **conditions;
	int count;
	bool has_else;
} CaseBranches;

static char *
choose_branch(const ExprValue *values, int count, const void *arg)
{
	const CaseBranches *branches = arg;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "CASE");
	for (int i = 0; i < branches->count; i++)
		appendStringInfo(&sql, " WHEN %s THEN %s", branches->conditions[i],
						 values[i].sql);
	if (branches->has_else)
		appendStringInfo(&sql, " ELSE %s", values[branches->count].sql);
	appendStringInfoString(&sql, " END");
	return sql.data;
}

static ExprValue
print_case(ExprPrinter *printer, const ExprNode *node)
{
	int count = list_length(node->args);
	ExprNode *operand_node = linitial(node->args);
	ExprNode *otherwise = llast(node->args);
	ExprValue operand = mm_value(VALUE_NULL, NULL);
	CaseBranches branches = {.count = (count - 2) / 2,
							 .has_else = otherwise != NULL};
	ExprValue *values = palloc0((branches.count + 1) * sizeof(ExprValue));

	branches.conditions = palloc0(branches.count * sizeof(char *));
	if (operand_node != NULL)
		operand = mm_print_exact(mm_print_node(printer, operand_node));
	for (int i = 0; i < branches.count; i++)
	{
		ExprNode *when = list_nth(node->args, 1 + 2 * i);

		if (operand_node != NULL)
			branches.conditions[i] = mm_print_compare(printer, "=", operand,
													  mm_print_node(printer, when))
										 .sql;
		else
			branches.conditions[i] = mm_print_condition(printer, when);
		values[i] = mm_print_node(printer, list_nth(node->args, 2 + 2 * i));
	}
	values[branches.count] = otherwise != NULL ?
								 mm_print_node(printer, otherwise) :
								 mm_value(VALUE_NULL, pstrdup("NULL"));
	return mm_print_choice(printer, values, branches.count + 1, choose_branch,
						   &branches);
}

static ExprValue
print_is(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	bool is_null = pg_strcasecmp(node->text, "null") == 0;
	const char *test = is_null								   ? "NULL" :
					   pg_strcasecmp(node->text, "true") == 0  ? "TRUE" :
					   pg_strcasecmp(node->text, "false") == 0 ? "FALSE" :
																 "UNKNOWN";
	ExprValue result;

	if (!is_null)
		value = mm_print_to_condition(printer, value);
	result = mm_value_compound(VALUE_BOOLEAN,
							   psprintf("%s IS %s%s", mm_value_operand(value),
										node->is_negated ? "NOT " : "", test));
	result.is_nullable = false;
	return result;
}

static ExprValue
print_collate(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_text(printer,
									   mm_print_node(printer,
													 linitial(node->args)));
	Size len = strlen(node->text);

	value.is_column = false;
	if (len >= 4 && strcmp(node->text + len - 4, "_bin") == 0)
	{
		value.sql = psprintf("%s COLLATE \"C\"", mm_value_operand(value));
		value.is_compound = true;
		value.is_case_insensitive = false;
		value.has_case_collation = false;
	}
	else
		value.is_case_insensitive = strstr(node->text, "_ci") != NULL;
	return value;
}

static ExprValue
print_convert(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode cast = *node;

	/* CONVERT(x USING cs) is CAST(x AS CHAR CHARACTER SET cs) */
	cast.kind = EXPR_CAST;
	cast.text = "char";
	return mm_print_cast(printer, &cast);
}

static ExprValue
print_exists(ExprPrinter *printer, const ExprNode *node)
{
	List *columns = NIL;
	ExprValue result;

	result = mm_value(VALUE_BOOLEAN,
					  psprintf("EXISTS (%s)",
							   mm_print_query(printer, node->query, NIL,
											  &columns)));
	result.is_nullable = false;
	return result;
}

static ExprValue
print_by_kind(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value;

	switch (node->kind)
	{
		case EXPR_NULL:
			return mm_value(VALUE_NULL, pstrdup("NULL"));
		case EXPR_BOOLEAN:
			value = mm_value(VALUE_BOOLEAN, pstrdup(node->text));
			value.is_nullable = false;
			return value;
		case EXPR_NUMBER:
			return print_number(node);
		case EXPR_STRING:
			return print_string(node);
		case EXPR_HEX:
			return mm_value(VALUE_BYTES,
							psprintf("'\\x%s'::bytea", node->text));
		case EXPR_BITS:
			return print_bit_literal(printer, node);
		case EXPR_TEMPORAL:
			return print_temporal(printer, node);
		case EXPR_COLUMN:
			return mm_print_column(printer, node);
		case EXPR_UNARY:
			return mm_print_unary(printer, node);
		case EXPR_BINARY:
			return mm_print_binary(printer, node);
		case EXPR_FUNCTION:
			return mm_print_function(printer, node);
		case EXPR_CASE:
			return print_case(printer, node);
		case EXPR_BETWEEN:
			return mm_print_between(printer, node);
		case EXPR_IN:
			return mm_print_in(printer, node);
		case EXPR_LIKE:
			return mm_print_like(printer, node);
		case EXPR_IS:
			return print_is(printer, node);
		case EXPR_CAST:
			return mm_print_cast(printer, node);
		case EXPR_CONVERT:
			return print_convert(printer, node);
		case EXPR_COLLATE:
			return print_collate(printer, node);
		case EXPR_SUBQUERY:
			return mm_print_subquery(printer, node->query);
		case EXPR_EXISTS:
			return print_exists(printer, node);
		case EXPR_STAR:
			return mm_print_refuse(printer, "all columns (*)");
		case EXPR_ROW:
			return mm_print_refuse(printer, "a row of values");
		case EXPR_INTERVAL:
			return mm_print_refuse(printer, "an interval by itself");
		case EXPR_QUANTIFIED:
			return mm_print_refuse(printer, "ANY or ALL by itself");
	}
	return mm_print_refuse(printer, "an expression of another kind");
}

/*
 * In a grouped query: is the whole expression what is grouped by?  Printed
 * without looking at single columns, it is then the same text.
 */
static bool
is_grouped_expression(ExprPrinter *printer, const ExprNode *node,
					  ExprValue *value)
{
	ExprScope *scope = printer->scope;
	ExprPrinter trial = *printer;

	if (scope == NULL || !scope->is_grouped || scope->aggregate_depth > 0 ||
		scope->group_sql == NIL || node->kind == EXPR_COLUMN ||
		node->args == NIL)
		return false;
	scope->aggregate_depth++;
	*value = print_by_kind(&trial, node);
	scope->aggregate_depth--;
	return trial.reason == NULL && mm_expr_is_listed(scope->group_sql, value->sql);
}

ExprValue
mm_print_node(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value;

	if (printer->reason != NULL)
		return mm_value(VALUE_NULL, pstrdup("NULL"));
	if (++printer->depth > MAX_DEPTH)
		return mm_print_refuse(printer, "expression nested too deeply");
	if (is_grouped_expression(printer, node, &value))
	{
		printer->uses_columns = true;
		value.is_nullable |= printer->scope->is_rollup;
	}
	else
		value = print_by_kind(printer, node);
	printer->depth--;
	if (value.sql != NULL && strlen(value.sql) > MAX_LENGTH)
		return mm_print_refuse(printer, "the expression gets too long here");
	return value;
}

char *
mm_print_condition(ExprPrinter *printer, const ExprNode *node)
{
	return mm_print_to_condition(printer, mm_print_node(printer, node)).sql;
}

/* MySQL sorts NULL below everything, PostgreSQL above. */
char *
mm_print_order(ExprPrinter *printer, List *order_by)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, order_by)
	{
		ExprOrder *order = lfirst(lc);
		ExprValue value = mm_print_rounded(mm_print_node(printer,
														 order->node));

		if (value.is_case_insensitive && value.type == VALUE_TEXT)
			printer->orders_text = true;
		appendStringInfo(&sql, "%s%s%s", sql.len == 0 ? "" : ", ",
						 value.sql, order->is_descending ? " DESC" : "");
		if (value.is_nullable)
			appendStringInfoString(&sql, order->is_descending ?
											 " NULLS LAST" :
											 " NULLS FIRST");
	}
	return sql.data;
}
