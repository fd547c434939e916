/*
 * src/ddl/expr_math.c
 *		Mathematical functions that need more than a pattern: rounding, and what
 *		is NULL there and an error here outside of the function's domain.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

/* A float is rounded in its own arithmetic, ties to even. */
static ExprValue
round_float(ExprValue value, const char *name, int64 digits)
{
	ExprValue result = mm_value(VALUE_FLOAT, NULL);
	char *operand = psprintf("%s::double precision", mm_value_operand(value));

	digits = Max(Min(digits, 30), -30);
	result.width = 8;
	result.is_nullable = value.is_nullable;
	if (digits == 0)
		result.sql = psprintf("%s(%s)", name, operand);
	else
		result.sql = psprintf("(%s(%s %c '1e%d'::double precision) %c '1e%d'::double precision)",
							  name, operand, digits > 0 ? '*' : '/',
							  abs((int) digits), digits > 0 ? '/' : '*',
							  abs((int) digits));
	return result;
}

/* ROUND(x [, d]) and TRUNCATE(x, d) */
static ExprValue
print_round(ExprPrinter *printer, const ExprNode *node, const char *name)
{
	ExprValue value = mm_print_to_number(printer, mm_print_argument(printer, node, 0));
	int64 digits = 0;
	ExprValue result;

	if (list_length(node->args) == 2 &&
		!mm_value_int_literal(mm_print_argument(printer, node, 1), &digits))
		return mm_print_refuse(printer, "rounding to a variable number of "
										"digits");
	if (value.type == VALUE_FLOAT)
		return round_float(value, name, digits);
	if (value.type == VALUE_INTEGER && digits >= 0)
		return value;
	/* a quotient is rounded once, from the digits that MySQL has */
	result = mm_value(VALUE_DECIMAL,
					  psprintf("%s(%s, " INT64_FORMAT ")", name,
							   value.quotient != NULL ? value.quotient :
							   value.type == VALUE_INTEGER ?
														psprintf("%s::numeric",
																 mm_value_operand(value)) :
														value.sql,
							   digits));
	result.scale = Max(digits, 0);
	result.is_nullable = value.is_nullable;
	return result;
}

static ExprValue
print_floor(ExprPrinter *printer, const ExprNode *node, const char *name)
{
	ExprValue value = mm_print_to_number(printer, mm_print_argument(printer, node, 0));

	if (value.type == VALUE_INTEGER)
		return value;
	value = mm_value_made(value,
						  psprintf("%s(%s)", name, mm_print_exact(value).sql));
	value.scale = 0;
	return value;
}

static ExprValue
print_abs(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer,
										 mm_print_argument(printer, node, 0));
	ExprValue result = mm_value_made(value, psprintf("abs(%s)", value.sql));

	result.minimum = 0;
	result.is_unrounded = value.is_unrounded;
	if (value.quotient != NULL)
		result.quotient = psprintf("abs(%s)", value.quotient);
	return result;
}

static ExprValue
print_sign(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_exact(mm_print_to_number(printer,
														mm_print_argument(printer,
																		  node, 0)));

	return mm_value_integer(psprintf("sign(%s)::int", value.sql), 4);
}

/* NULL instead of an error outside of the function's domain. */
static ExprValue
print_root_or_log(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *operand = mm_print_to_double(printer, value);
	bool is_root = strcmp(node->text, "sqrt") == 0;
	const char *name = is_root ? "sqrt" : strcmp(node->text, "log10") == 0 ? "log" :
																			 "ln";
	ExprValue result;

	result = mm_value(VALUE_FLOAT,
					  psprintf("CASE WHEN %s %s 0 THEN %s(%s) END",
							   operand, is_root ? ">=" : ">", name, operand));
	result.width = 8;
	return result;
}

/* LOG(b, x), LOG2(x): a quotient of natural logarithms, as there */
static ExprValue
print_log(ExprPrinter *printer, const ExprNode *node)
{
	bool has_base = list_length(node->args) == 2;
	char *base = has_base ? mm_print_to_double(printer, mm_print_argument(printer, node, 0)) :
							pstrdup("2::double precision");
	char *x = mm_print_to_double(printer, mm_print_argument(printer, node,
															has_base ? 1 : 0));
	ExprValue result = mm_value(VALUE_FLOAT,
								psprintf("CASE WHEN %s > 0 AND %s > 0 AND %s <> 1 THEN ln(%s) / ln(%s) END",
										 x, base, base, x, base));

	result.width = 8;
	return result;
}

static ExprValue
print_arc(ExprPrinter *printer, const ExprNode *node)
{
	char *x = mm_print_to_double(printer, mm_print_argument(printer, node, 0));
	ExprValue result = mm_value(VALUE_FLOAT,
								psprintf("CASE WHEN %s BETWEEN -1 AND 1 THEN %s(%s) END",
										 x, node->text, x));

	result.width = 8;
	return result;
}

/* ATAN(x), ATAN(y, x) */
static ExprValue
print_atan(ExprPrinter *printer, const ExprNode *node)
{
	char *y = mm_print_to_double(printer, mm_print_argument(printer, node, 0));
	ExprValue result = mm_value(VALUE_FLOAT, NULL);

	if (list_length(node->args) == 1)
		result.sql = psprintf("atan(%s)", y);
	else
		result.sql = psprintf("atan2(%s, %s)", y,
							  mm_print_to_double(printer,
												 mm_print_argument(printer, node, 1)));

	result.width = 8;
	return result;
}

/* BIT_COUNT of an integer */
static ExprValue
print_bit_count(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer, mm_print_argument(printer, node, 0));

	if (value.type != VALUE_INTEGER && value.bits == NULL)
		return mm_print_refuse(printer, "bits of a value that is no integer");
	return mm_value_count(psprintf("length(replace((%s)::bigint::bit(64)::text, '0', ''))",
								   value.bits != NULL ? value.bits : value.sql),
						  value.is_nullable);
}

static ExprValue
print_round_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_round(printer, node, "round");
}

static ExprValue
print_truncate(ExprPrinter *printer, const ExprNode *node)
{
	return print_round(printer, node, "trunc");
}

static ExprValue
print_floor_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_floor(printer, node, "floor");
}

static ExprValue
print_ceiling(ExprPrinter *printer, const ExprNode *node)
{
	return print_floor(printer, node, "ceil");
}

static ExprValue
print_mod(ExprPrinter *printer, const ExprNode *node)
{
	return mm_print_arithmetic(printer, "%", mm_print_argument(printer, node, 0),
							   mm_print_argument(printer, node, 1));
}

static const SpecialFunction math_functions[] = {
	{"bit_count", 1, 1, print_bit_count},
	{"log", 1, 1, print_root_or_log},
	{"log", 2, 2, print_log},
	{"log2", 1, 1, print_log},
	{"asin", 1, 1, print_arc},
	{"atan", 1, 2, print_atan},
	{"acos", 1, 1, print_arc},
	{"round", 1, 2, print_round_function},
	{"truncate", 2, 2, print_truncate},
	{"floor", 1, 1, print_floor_function},
	{"ceil", 1, 1, print_ceiling},
	{"ceiling", 1, 1, print_ceiling},
	{"mod", 2, 2, print_mod},
	{"abs", 1, 1, print_abs},
	{"sign", 1, 1, print_sign},
	{"sqrt", 1, 1, print_root_or_log},
	{"ln", 1, 1, print_root_or_log},
	{"log10", 1, 1, print_root_or_log},
	{NULL},
};

bool
mm_print_math_function(ExprPrinter *printer, const ExprNode *node,
					   ExprValue *result)
{
	return mm_print_special(printer, math_functions, node, result);
}
