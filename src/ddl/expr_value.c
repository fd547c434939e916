/*
 * src/ddl/expr_value.c
 *		Values: a printed part of an expression, with what is known of it.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

ExprValue
mm_print_refuse(ExprPrinter *printer, const char *why)
{
	if (printer->reason == NULL)
		printer->reason = pstrdup(why);
	return mm_value(VALUE_NULL, pstrdup("NULL"));
}

ExprValue
mm_value(ValueType type, char *sql)
{
	ExprValue value;

	memset(&value, 0, sizeof(value));
	value.type = type;
	value.sql = sql;
	value.width = 4;
	value.scale = type == VALUE_DECIMAL ? -1 : 0;
	value.minimum = PG_INT64_MIN;
	value.is_nullable = true;
	return value;
}

ExprValue
mm_value_integer(char *sql, int width)
{
	ExprValue value = mm_value(VALUE_INTEGER, sql);

	value.width = width;
	return value;
}

ExprValue
mm_value_compound(ValueType type, char *sql)
{
	ExprValue value = mm_value(type, sql);

	value.is_compound = true;
	return value;
}

/* Text that is compared like another text. */
ExprValue
mm_value_text(char *sql, ExprValue like)
{
	ExprValue value = mm_value(VALUE_TEXT, sql);

	value.is_case_insensitive = like.is_case_insensitive;
	value.has_case_collation = like.has_case_collation;
	value.charset = like.charset;
	value.is_nullable = like.is_nullable;
	return value;
}

/* An integer that is not negative. */
ExprValue
mm_value_count(char *sql, bool is_nullable)
{
	ExprValue value = mm_value_integer(sql, 4);

	value.minimum = 0;
	value.is_nullable = is_nullable;
	return value;
}

ExprValue
mm_value_made(ExprValue value, char *sql)
{
	value.sql = sql;
	value.is_compound = false;
	value.is_column = false;
	value.has_zero_null = false;
	value.is_unrounded = false;
	value.was_unrounded = false;
	value.literal = NULL;
	value.quotient = NULL;
	value.column = NULL;
	value.bits = NULL;
	return value;
}

const char *
mm_value_type_name(ValueType type)
{
	switch (type)
	{
		case VALUE_NULL:
			return "NULL";
		case VALUE_BOOLEAN:
			return "boolean";
		case VALUE_INTEGER:
			return "integer";
		case VALUE_DECIMAL:
			return "decimal";
		case VALUE_FLOAT:
			return "float";
		case VALUE_TEXT:
			return "text";
		case VALUE_BYTES:
			return "binary string";
		case VALUE_DATE:
			return "date";
		case VALUE_DATETIME:
			return "datetime";
		case VALUE_INSTANT:
			return "timestamp";
		case VALUE_TIME:
		case VALUE_INTERVAL:
			return "time";
		case VALUE_JSON:
			return "json";
		case VALUE_BITS:
			return "bit";
		case VALUE_ENUM:
			return "enum";
		case VALUE_SET:
			return "set";
		case VALUE_UUID:
			return "uuid";
		default:
			return "another type";
	}
}

bool
mm_value_is_number(ExprValue value)
{
	return value.type == VALUE_INTEGER || value.type == VALUE_DECIMAL ||
		   value.type == VALUE_FLOAT;
}

bool
mm_value_is_temporal(ExprValue value)
{
	return value.type == VALUE_DATE || value.type == VALUE_DATETIME ||
		   value.type == VALUE_INSTANT;
}

bool
mm_value_int_literal(ExprValue value, int64 *number)
{
	char *end;

	if (value.literal == NULL || value.type != VALUE_INTEGER)
		return false;
	errno = 0;
	*number = strtoll(value.literal, &end, 10);
	return errno == 0 && *end == '\0';
}

char *
mm_value_operand(ExprValue value)
{
	return value.is_compound ? psprintf("(%s)", value.sql) : value.sql;
}

ExprValue
mm_print_rounded(ExprValue value)
{
	if (!value.is_unrounded)
		return value;
	value.sql = psprintf("round(%s, %d)", value.sql, value.scale);
	value.is_unrounded = false;
	value.is_compound = false;
	value.quotient = NULL;
	return value;
}

ExprValue
mm_print_exact(ExprValue value)
{
	if (value.quotient != NULL)
	{
		value.sql = pstrdup(value.quotient);
		value.is_compound = true;
	}
	value.is_unrounded = false;
	value.quotient = NULL;
	return value;
}

ExprValue
mm_print_refuse_conversion(ExprPrinter *printer, ExprValue value, const char *target)
{
	return mm_print_refuse(printer,
						   psprintf("MySQL converts %s to %s in its own way.",
									mm_value_type_name(value.type), target));
}

/*
 * LIKE, regular expressions and all that looks for a part of a text refuse
 * collations that are not deterministic.
 */
ExprValue
mm_print_searchable(ExprValue value)
{
	if (!value.has_case_collation)
		return value;
	value.sql = psprintf("%s COLLATE \"default\"", mm_value_operand(value));
	value.is_compound = true;
	value.is_column = false;
	value.has_case_collation = false;
	return value;
}

ExprValue
mm_print_binary_text(ExprValue value)
{
	value.is_case_insensitive = false;
	if (!value.has_case_collation)
		return value;
	value.sql = psprintf("%s COLLATE \"C\"", mm_value_operand(value));
	value.is_compound = true;
	value.is_column = false;
	value.has_case_collation = false;
	return value;
}
