/*
 * src/ddl/expr_zero_date.c
 *		Comparisons with the zero date, and of columns in which it became NULL.
 *
 * A column that is NOT NULL in MySQL and not here has a NULL where there was a
 * zero date, which is below all other dates.  Under the other policies the zero
 * date is -infinity, or there is none.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

/* '0000-00-00', '0000-00-00 00:00:00', 0 */
static bool
is_zero_constant(ExprValue value)
{
	int64 number;

	if (value.literal == NULL)
		return false;
	if (value.type == VALUE_TEXT)
		return mm_ddl_is_zero_date(value.literal);
	return mm_value_int_literal(value, &number) && number == 0;
}

static const char *
mirrored(const char *op)
{
	return strcmp(op, "<") == 0	 ? ">" :
		   strcmp(op, "<=") == 0 ? ">=" :
		   strcmp(op, ">") == 0	 ? "<" :
		   strcmp(op, ">=") == 0 ? "<=" :
								   op;
}

/* A column and the zero date, which is NULL in it. */
static ExprValue
compare_null(const char *op, ExprValue value)
{
	char *operand = mm_value_operand(value);
	ExprValue result = mm_value(VALUE_BOOLEAN, NULL);

	result.is_nullable = false;
	result.is_compound = true;
	if (strcmp(op, "<") == 0)
		result.sql = pstrdup("false");
	else if (strcmp(op, ">=") == 0)
		result.sql = pstrdup("true");
	else if (strcmp(op, ">") == 0 || strcmp(op, "<>") == 0)
		result.sql = psprintf("%s IS NOT NULL", operand);
	else
		result.sql = psprintf("%s IS NULL", operand);
	return result;
}

static bool
compare_zero(ExprPrinter *printer, const char *op, ExprValue value,
			 ExprValue *result)
{
	ExprValue zero = mm_value(value.type, NULL);
	ZeroDatePolicy policy;

	if (value.has_zero_null)
	{
		*result = compare_null(op, value);
		return true;
	}
	if (!value.is_column || value.column == NULL)
		return false;
	policy = mm_type_policies(&value.column->type,
							  &printer->options->policies)
				 ->zero_date;
	/* a NULL may have been either */
	if (policy == ZERO_DATE_NULL && !value.column->not_null)
		return false;
	zero.sql = pstrdup("'-infinity'");
	zero.is_nullable = false;
	*result = mm_print_compare(printer, op, value, zero);
	return true;
}

bool
mm_print_compare_zero_date(ExprPrinter *printer, const char *op, ExprValue a,
						   ExprValue b, ExprValue *result)
{
	if (mm_value_is_temporal(a) && is_zero_constant(b))
		return compare_zero(printer, op, a, result);
	if (mm_value_is_temporal(b) && is_zero_constant(a))
		return compare_zero(printer, mirrored(op), b, result);
	return false;
}

/*
 * The condition `sql`, of a column with zero dates and something else: what is
 * less than the other is a zero date as well.
 */
char *
mm_print_with_zero_date(const char *op, ExprValue a, ExprValue b, char *sql)
{
	ExprValue zero = a;

	if (b.has_zero_null)
	{
		zero = b;
		b = a;
		op = mirrored(op);
	}
	if (!zero.has_zero_null || b.is_nullable ||
		(strcmp(op, "<") != 0 && strcmp(op, "<=") != 0 &&
		 strcmp(op, "<>") != 0))
		return sql;
	return psprintf("%s OR %s IS NULL", sql, mm_value_operand(zero));
}

bool
mm_value_is_zero_date(ExprValue value)
{
	return value.literal != NULL && value.type == VALUE_TEXT &&
		   mm_ddl_is_zero_date(value.literal);
}
