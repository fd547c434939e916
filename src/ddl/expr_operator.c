/*
 * src/ddl/expr_operator.c
 *		Operators: comparison, logic, arithmetic, LIKE, IN, BETWEEN.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

/* Digits after the point that a quotient has more than its dividend. */
#define DIV_PRECISION_INCREMENT 4

/* MySQL's decimals are made of words of nine digits. */
#define DECIMAL_WORDS(digits) (((digits) + 8) / 9)

/* Since this MySQL a quotient has the digits it shows, and no others. */
#define QUOTIENTS_ARE_ROUNDED 90000

/* ---- comparison ---- */

/* boolean = 1 is the boolean itself.  False: it is another comparison. */
static bool
compare_boolean(const char *op, ExprValue a, ExprValue b, ExprValue *result)
{
	int64 number;
	bool is_equal = strcmp(op, "=") == 0;

	if (a.type != VALUE_BOOLEAN || !mm_value_int_literal(b, &number) ||
		number < 0 || number > 1 || (!is_equal && strcmp(op, "<>") != 0))
		return false;
	if ((number == 1) == is_equal)
		*result = a;
	else
		*result = mm_value_compound(VALUE_BOOLEAN,
									psprintf("NOT %s", mm_value_operand(a)));
	result->is_column = false;
	result->is_nullable = a.is_nullable;
	return true;
}

ExprValue
mm_print_compare(ExprPrinter *printer, const char *op, ExprValue a,
				 ExprValue b)
{
	ExprValue result;

	if (compare_boolean(op, a, b, &result) ||
		compare_boolean(op, b, a, &result) ||
		mm_print_compare_zero_date(printer, op, a, b, &result))
		return result;
	/* labels are compared as text, not in the order of the type */
	if (strpbrk(op, "<>") != NULL && strcmp(op, "<>") != 0 &&
		strcmp(op, "<=>") != 0 &&
		(a.type == VALUE_ENUM || b.type == VALUE_ENUM) &&
		!mm_value_is_number(a) && !mm_value_is_number(b))
	{
		a = a.type == VALUE_ENUM ? mm_print_to_text(printer, a) : a;
		b = b.type == VALUE_ENUM ? mm_print_to_text(printer, b) : b;
	}
	mm_print_align(printer, &a, &b);
	mm_print_fold_case(printer, &a, &b);
	if (strcmp(op, "<=>") == 0)
	{
		result = mm_value_compound(VALUE_BOOLEAN,
								   psprintf("%s IS NOT DISTINCT FROM %s",
											mm_value_operand(a),
											mm_value_operand(b)));
		result.is_nullable = false;
		return result;
	}
	result = mm_value_compound(VALUE_BOOLEAN,
							   mm_print_with_zero_date(op, a, b,
													   psprintf("%s %s %s",
																mm_value_operand(a),
																op,
																mm_value_operand(b))));
	result.is_nullable = a.is_nullable || b.is_nullable;
	return result;
}

/* a = ANY (SELECT ..) */
static ExprValue
compare_quantified(ExprPrinter *printer, const char *op, ExprValue a,
				   const ExprNode *node)
{
	List *columns = NIL;
	char *query = mm_print_query(printer, node->query, NIL, &columns);
	ExprValue b;
	ExprValue before = a;

	if (list_length(columns) != 1)
		return mm_print_refuse(printer, "a subquery of several columns");
	b = ((ExprViewColumn *) linitial(columns))->value;
	b.sql = pstrdup("x");
	mm_print_align(printer, &a, &b);
	mm_print_note_text(printer, a, b);
	if (strcmp(b.sql, "x") != 0 || strcmp(a.sql, before.sql) != 0)
		return mm_print_refuse(printer,
							   "a subquery is compared with another type");
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s %s %s (%s)", mm_value_operand(a), op,
									  strcmp(node->text, "all") == 0 ?
										  "ALL" :
										  "ANY",
									  query));
}

/* Each pair of two rows equal, up to `count` pairs. */
static char *
equal_pairs(ExprPrinter *printer, const char *op, const ExprNode *left,
			const ExprNode *right, int count)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < count; i++)
	{
		ExprValue equal = mm_print_compare(printer, op,
										   mm_print_node(printer, list_nth(left->args, i)),
										   mm_print_node(printer, list_nth(right->args, i)));

		appendStringInfo(&sql, "%s%s", i == 0 ? "" : " AND ",
						 mm_value_operand(equal));
	}
	return sql.data;
}

/*
 * (a, b) = (c, d), and < as a ladder: a < c, or a = c and b < d.  The last step
 * of <= and >= is that, the others are strict.
 */
static ExprValue
compare_rows(ExprPrinter *printer, const char *op, const ExprNode *left,
			 const ExprNode *right)
{
	int count = list_length(left->args);
	char strict[2] = {op[0], '\0'};
	StringInfoData sql;

	if (left->kind != EXPR_ROW || right->kind != EXPR_ROW ||
		count != list_length(right->args))
		return mm_print_refuse(printer, "comparison of rows");
	if (strcmp(op, "=") == 0 || strcmp(op, "<=>") == 0)
		return mm_value_compound(VALUE_BOOLEAN,
								 equal_pairs(printer, op, left, right, count));
	if (strcmp(op, "<>") == 0)
		return mm_value_compound(VALUE_BOOLEAN,
								 psprintf("NOT (%s)",
										  equal_pairs(printer, "=", left,
													  right, count)));
	initStringInfo(&sql);
	for (int i = 0; i < count; i++)
	{
		ExprValue step = mm_print_compare(printer, i == count - 1 ? op : strict,
										  mm_print_node(printer, list_nth(left->args, i)),
										  mm_print_node(printer, list_nth(right->args, i)));

		appendStringInfo(&sql, "%s(%s%s%s)", i == 0 ? "" : " OR ",
						 equal_pairs(printer, "=", left, right, i),
						 i == 0 ? "" : " AND ", mm_value_operand(step));
	}
	return mm_value_compound(VALUE_BOOLEAN, sql.data);
}

/* ---- arithmetic ---- */

/* The divisor, NULL where it is zero: MySQL gives NULL for x / 0. */
static char *
divisor(ExprValue value)
{
	int64 number;

	if (mm_value_int_literal(value, &number) && number != 0)
		return mm_value_operand(value);
	return psprintf("nullif(%s, 0)", value.sql);
}

static ExprValue
divide_decimals(ExprPrinter *printer, ExprValue a, ExprValue b)
{
	ExprValue result;
	int spare;
	int digits;

	if (a.is_unrounded || b.is_unrounded || a.scale < 0 || b.scale < 0)
		return mm_print_refuse(printer,
							   "The number of digits of a quotient is not "
							   "known.");
	result = mm_value_compound(VALUE_DECIMAL,
							   psprintf("%s::numeric / %s",
										mm_value_operand(a), divisor(b)));
	result.scale = Min(a.scale + DIV_PRECISION_INCREMENT, 30);
	result.is_unrounded = true;

	/*
	 * Inside of a longer calculation MySQL goes on with the digits that fill
	 * its words, cut and not rounded.
	 */
	spare = DIV_PRECISION_INCREMENT -
			(DECIMAL_WORDS(a.scale) * 9 - a.scale) -
			(DECIMAL_WORDS(b.scale) * 9 - b.scale);
	digits = (DECIMAL_WORDS(a.scale) + DECIMAL_WORDS(b.scale)) * 9 +
			 Max(spare, 0);
	digits = DECIMAL_WORDS(digits) * 9;
	result.quotient = psprintf("div(%s::numeric * 1e%d, %s) * 1e-%d",
							   mm_value_operand(a), digits, divisor(b), digits);
	if (digits <= result.scale)
	{
		/* it shows all digits it has, so the last one is cut as well */
		result.sql = pstrdup(result.quotient);
		result.quotient = NULL;
		result.is_unrounded = false;
		result.scale = digits;
	}
	else if (printer->schema->server.flavour != FLAVOUR_MARIADB &&
			 printer->schema->server.version >= QUOTIENTS_ARE_ROUNDED)
	{
		result.sql = psprintf("round(%s, %d)", result.sql, result.scale);
		result.quotient = NULL;
		result.is_unrounded = false;
		result.is_compound = false;
	}
	return result;
}

/* Integers are bigint in MySQL's arithmetic, floats double precision. */
static char *
widened(ExprValue value)
{
	if (value.type == VALUE_INTEGER && value.width < 8)
		return psprintf("%s::bigint", mm_value_operand(value));
	if (value.type == VALUE_FLOAT && value.width < 8)
		return psprintf("%s::double precision", mm_value_operand(value));
	if (value.quotient != NULL)
		return psprintf("(%s)", value.quotient);
	return mm_value_operand(value);
}

static ExprValue
arithmetic_result(const char *op, ExprValue a, ExprValue b)
{
	ExprValue result = mm_value(VALUE_INTEGER, NULL);
	bool is_product = strcmp(op, "*") == 0;

	result.is_compound = true;
	result.width = 8;
	result.is_nullable = a.is_nullable || b.is_nullable;
	if (a.type == VALUE_FLOAT || b.type == VALUE_FLOAT)
		result.type = VALUE_FLOAT;
	else if (a.type == VALUE_DECIMAL || b.type == VALUE_DECIMAL)
	{
		result.type = VALUE_DECIMAL;
		result.scale = a.scale < 0 || b.scale < 0 ? -1 :
					   is_product				  ? Min(a.scale + b.scale, 30) :
													Max(a.scale, b.scale);
		result.is_unrounded = (a.is_unrounded || b.is_unrounded) &&
							  result.scale >= 0;
	}
	else if (a.minimum >= 0 && b.minimum >= 0 && strcmp(op, "-") != 0)
		result.minimum = is_product ? 0 :
									  Min(a.minimum, 1000000) + Min(b.minimum, 1000000);
	else if (strcmp(op, "+") == 0 && a.minimum > -1000000 &&
			 b.minimum > -1000000)
		result.minimum = Min(a.minimum, 1000000) + Min(b.minimum, 1000000);
	return result;
}

ExprValue
mm_print_arithmetic(ExprPrinter *printer, const char *op, ExprValue a,
					ExprValue b)
{
	ExprValue result;
	bool is_float;

	a = mm_print_to_number(printer, a);
	b = mm_print_to_number(printer, b);
	is_float = a.type == VALUE_FLOAT || b.type == VALUE_FLOAT;
	printer->cuts_digits |= a.was_unrounded || b.was_unrounded;
	if (strcmp(op, "/") == 0)
	{
		if (!is_float)
			return divide_decimals(printer, a, b);
		return mm_value_compound(VALUE_FLOAT,
								 psprintf("%s / %s", widened(a), divisor(b)));
	}
	result = arithmetic_result(op, a, b);
	if (strcmp(op, "%") == 0)
	{
		if (is_float || a.is_unrounded || b.is_unrounded)
			return mm_print_refuse(printer, "remainder of inexact numbers");
		result.sql = psprintf("%s %% %s", mm_value_operand(a), divisor(b));
		result.minimum = a.minimum >= 0 ? 0 : PG_INT64_MIN;
		return result;
	}
	if (strcmp(op, "div") == 0)
	{
		if (is_float || a.is_unrounded || b.is_unrounded)
			return mm_print_refuse(printer, "DIV of inexact numbers");
		if (result.type == VALUE_INTEGER)
			result.sql = psprintf("%s / %s", mm_value_operand(a), divisor(b));
		else
			result.sql = psprintf("div(%s, %s)::bigint", a.sql, divisor(b));
		result.type = VALUE_INTEGER;
		result.scale = 0;
		return result;
	}
	/* one widened operand widens the other */
	if (b.type == VALUE_INTEGER && a.type == VALUE_INTEGER)
		result.sql = psprintf("%s %s %s",
							  b.width == 8 ? mm_value_operand(a) : widened(a),
							  op, mm_value_operand(b));
	else if (is_float)
		result.sql = psprintf("%s %s %s", widened(a), op, widened(b));
	else
		result.sql = psprintf("%s %s %s",
							  a.quotient != NULL ? widened(a) :
												   mm_value_operand(a),
							  op,
							  b.quotient != NULL ? widened(b) :
												   mm_value_operand(b));
	return result;
}

/* ---- the binary operators ---- */

static ExprValue
print_logic(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = mm_print_to_condition(printer,
										mm_print_node(printer,
													  linitial(node->args)));
	ExprValue b = mm_print_to_condition(printer,
										mm_print_node(printer,
													  lsecond(node->args)));
	const char *op = strcmp(node->text, "and") == 0 ? "AND" :
					 strcmp(node->text, "or") == 0	? "OR" :
													  "<>";
	ExprValue result;

	result = mm_value_compound(VALUE_BOOLEAN,
							   psprintf("%s %s %s", mm_value_operand(a), op,
										mm_value_operand(b)));
	result.is_nullable = a.is_nullable || b.is_nullable;
	return result;
}

/* x + INTERVAL n unit, INTERVAL n unit + x */
static bool
print_interval_sum(ExprPrinter *printer, const ExprNode *node,
				   ExprValue *result)
{
	ExprNode *a = linitial(node->args);
	ExprNode *b = lsecond(node->args);
	bool is_minus = strcmp(node->text, "-") == 0;

	if (!is_minus && strcmp(node->text, "+") != 0)
		return false;
	if (b->kind == EXPR_INTERVAL)
		*result = mm_print_add_interval(printer, mm_print_node(printer, a), b,
										is_minus);
	else if (a->kind == EXPR_INTERVAL && !is_minus)
		*result = mm_print_add_interval(printer, mm_print_node(printer, b), a,
										false);
	else
		return false;
	return true;
}

ExprValue
mm_print_binary(ExprPrinter *printer, const ExprNode *node)
{
	const char *op = node->text;
	ExprNode *left = linitial(node->args);
	ExprNode *right = lsecond(node->args);
	ExprValue a;
	ExprValue b;
	ExprValue result;

	if (strcmp(op, "and") == 0 || strcmp(op, "or") == 0 ||
		strcmp(op, "xor") == 0)
		return print_logic(printer, node);
	if (strcmp(op, "regexp") == 0)
		return mm_print_regexp(printer, node);
	if (print_interval_sum(printer, node, &result))
		return result;
	if (left->kind == EXPR_ROW || right->kind == EXPR_ROW)
		return compare_rows(printer, op, left, right);

	a = mm_print_node(printer, left);
	if (right->kind == EXPR_QUANTIFIED)
		return compare_quantified(printer, op, a, right);
	b = mm_print_node(printer, right);
	if (strcmp(op, "<=>") == 0 || strcmp(op, "=") == 0 ||
		strcmp(op, "<>") == 0 || strcmp(op, "<") == 0 ||
		strcmp(op, ">") == 0 || strcmp(op, "<=") == 0 ||
		strcmp(op, ">=") == 0)
		return mm_print_compare(printer, op, a, b);
	if (strcmp(op, "&") == 0 || strcmp(op, "|") == 0 ||
		strcmp(op, "^") == 0 || strcmp(op, "<<") == 0 ||
		strcmp(op, ">>") == 0)
		return mm_print_bits(printer, op, a, b);
	return mm_print_arithmetic(printer, op, a, b);
}

ExprValue
mm_print_unary(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	ExprValue result;

	if (strcmp(node->text, "not") == 0)
	{
		value = mm_print_to_condition(printer, value);
		result = mm_value_compound(VALUE_BOOLEAN,
								   psprintf("NOT %s",
											mm_value_operand(value)));
		result.is_nullable = value.is_nullable;
		return result;
	}
	if (strcmp(node->text, "-") == 0)
	{
		value = mm_print_to_number(printer, value);
		result = value;
		result.is_compound = true;
		result.is_column = false;
		result.sql = psprintf("-%s", value.literal != NULL && *value.sql != '-' ?
										 value.sql :
										 psprintf("(%s)", value.sql));
		if (value.quotient != NULL)
			result.quotient = psprintf("-(%s)", value.quotient);
		result.minimum = PG_INT64_MIN;
		result.bits = NULL;
		if (value.literal != NULL)
			result.literal = psprintf("-%s", value.literal);
		return result;
	}
	if (strcmp(node->text, "binary") == 0)
	{
		value = mm_print_binary_text(mm_print_to_text(printer, value));
		return value;
	}
	return mm_print_complement(printer, value);
}

/* ---- LIKE, IN, BETWEEN ---- */

static bool
has_letter(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (isalpha((unsigned char) *text) || IS_HIGHBIT_SET(*text))
			return true;
	}
	return false;
}

/* A backslash at the end escapes nothing: an error here, itself there. */
static bool
ends_in_escape(const char *pattern)
{
	int backslashes = 0;

	for (Size i = strlen(pattern); i > 0 && pattern[i - 1] == '\\'; i--)
		backslashes++;
	return backslashes % 2 == 1;
}

ExprValue
mm_print_like(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_searchable(mm_print_to_text(printer,
														   mm_print_node(printer,
																		 linitial(node->args))));
	ExprValue pattern = mm_print_to_text(printer,
										 mm_print_node(printer,
													   lsecond(node->args)));
	ExprNode *escape = lthird(node->args);
	const char *op = "LIKE";
	ExprValue result;

	if (value.is_case_insensitive &&
		(pattern.literal == NULL || has_letter(pattern.literal)))
		op = "ILIKE";
	if (escape == NULL && pattern.literal != NULL &&
		ends_in_escape(pattern.literal))
		return mm_print_refuse(printer, "LIKE pattern that ends in its "
										"escape character");
	if (escape != NULL && (escape->kind != EXPR_STRING ||
						   strlen(escape->text) > 1))
		return mm_print_refuse(printer, "LIKE with a variable escape");
	result = mm_value_compound(VALUE_BOOLEAN,
							   psprintf("%s %s%s %s%s",
										mm_value_operand(value),
										node->is_negated ? "NOT " : "", op,
										mm_value_operand(pattern),
										escape == NULL ? "" :
														 psprintf(" ESCAPE %s",
																  mm_quote_local_literal(escape->text))));
	result.is_nullable = value.is_nullable || pattern.is_nullable;
	return result;
}

/* A value beside a column of a subquery, which stays as it is. */
static char *
align_with_column(ExprPrinter *printer, ExprValue value,
				  const ExprViewColumn *column)
{
	ExprValue before = value;
	ExprValue other = column->value;

	other.sql = pstrdup("x");
	mm_print_align(printer, &value, &other);
	mm_print_note_text(printer, value, other);
	if (strcmp(other.sql, "x") != 0 || strcmp(value.sql, before.sql) != 0)
		mm_print_refuse(printer, "IN compares values of different types");
	return mm_value_operand(value);
}

static ExprValue
print_in_query(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *left = linitial(node->args);
	List *values = left->kind == EXPR_ROW ? left->args : list_make1(left);
	List *columns = NIL;
	char *query = mm_print_query(printer, node->query, NIL, &columns);
	StringInfoData list;
	ListCell *lv;
	ListCell *lc;

	if (list_length(columns) != list_length(values))
		return mm_print_refuse(printer, "IN over a row");
	initStringInfo(&list);
	forboth(lv, values, lc, columns)
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ",
						 align_with_column(printer,
										   mm_print_node(printer, lfirst(lv)),
										   lfirst(lc)));
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf(left->kind == EXPR_ROW ?
										  "(%s) %sIN (%s)" :
										  "%s %sIN (%s)",
									  list.data,
									  node->is_negated ? "NOT " : "", query));
}

/* (a, b) IN ((c, d), (e, f)) */
static ExprValue
print_in_rows(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *left = linitial(node->args);
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	for_each_from(lc, node->args, 1)
	{
		ExprValue equal = compare_rows(printer, "=", left, lfirst(lc));

		appendStringInfo(&sql, "%s(%s)", sql.len == 0 ? "" : " OR ", equal.sql);
	}
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf(node->is_negated ? "NOT (%s)" : "%s",
									  sql.data));
}

ExprValue
mm_print_in(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value;
	ExprValue left;
	StringInfoData list;
	ListCell *lc;

	if (node->query != NULL)
		return print_in_query(printer, node);
	if (((ExprNode *) linitial(node->args))->kind == EXPR_ROW)
		return print_in_rows(printer, node);
	value = mm_print_node(printer, linitial(node->args));
	/* IN (x) is = x there, which rounds; several constants are looked up */
	if (list_length(node->args) > 2)
		value = mm_print_exact(value);
	left = value;
	initStringInfo(&list);
	for_each_from(lc, node->args, 1)
	{
		ExprValue member = mm_print_node(printer, lfirst(lc));
		ExprValue aligned = value;

		mm_print_align(printer, &aligned, &member);
		mm_print_fold_case(printer, &aligned, &member);
		/* an enum that meets a text without a label is text for all */
		if (strcmp(aligned.sql, value.sql) != 0)
			left = aligned;
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", member.sql);
	}
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s %sIN (%s)", mm_value_operand(left),
									  node->is_negated ? "NOT " : "",
									  list.data));
}

ExprValue
mm_print_between(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_exact(mm_print_node(printer,
												   linitial(node->args)));
	ExprValue low = mm_print_compare(printer, ">=", value,
									 mm_print_node(printer,
												   lsecond(node->args)));
	ExprValue high = mm_print_compare(printer, "<=", value,
									  mm_print_node(printer,
													lthird(node->args)));

	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf(node->is_negated ?
										  "NOT (%s AND %s)" :
										  "%s AND %s",
									  low.sql, high.sql));
}
