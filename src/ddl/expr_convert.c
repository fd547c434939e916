/*
 * src/ddl/expr_convert.c
 *		Values as MySQL converts them: to conditions, text, numbers, dates.
 *
 * Only conversions that give the same result on both servers are here.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

ExprValue
mm_print_to_condition(ExprPrinter *printer, ExprValue value)
{
	int64 number;
	ExprValue condition;

	if (value.type == VALUE_BOOLEAN)
		return value;
	if (value.type == VALUE_NULL)
		return mm_value(VALUE_BOOLEAN, pstrdup("NULL::boolean"));
	if (mm_value_int_literal(value, &number))
		return mm_value(VALUE_BOOLEAN, pstrdup(number != 0 ? "true" : "false"));
	if (!mm_value_is_number(value))
		value = mm_print_to_number(printer, value);
	if (!mm_value_is_number(value))
		return mm_print_refuse_conversion(printer, value, "a condition");
	condition = mm_value_compound(VALUE_BOOLEAN,
								  psprintf("%s <> 0",
										   mm_value_operand(value)));
	condition.is_nullable = value.is_nullable;
	return condition;
}

/* A format for to_char() of a moment, or NULL. */
static const char *
moment_format(ExprValue value)
{
	if (value.type == VALUE_DATE)
		return "YYYY-MM-DD";
	switch (value.fraction)
	{
		case 0:
			return "YYYY-MM-DD HH24:MI:SS";
		case 3:
			return "YYYY-MM-DD HH24:MI:SS.MS";
		case 6:
			return "YYYY-MM-DD HH24:MI:SS.US";
		default:
			return NULL;
	}
}

/* to_char() is not immutable, and so is nothing for a generated column. */
static char *
immutable_moment_text(ExprValue value)
{
	static const char *const fields[] = {"year", "month", "day", "hour",
										 "minute", "second"};
	static const char *const separators[] = {"", "-", "-", " ", ":", ":"};
	int count = value.type == VALUE_DATE ? 3 : 6;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoChar(&sql, '(');
	for (int i = 0; i < count; i++)
		appendStringInfo(&sql, "%s%slpad(floor(extract(%s from %s))::int::text, %d, '0')",
						 i == 0 ? "" : " || ",
						 i == 0 ? "" : psprintf("'%s' || ", separators[i]),
						 fields[i], value.sql, i == 0 ? 4 : 2);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

ExprValue
mm_print_to_text(ExprPrinter *printer, ExprValue value)
{
	ExprValue text = mm_value(VALUE_TEXT, NULL);
	const char *format;

	text.is_nullable = value.is_nullable;
	switch (value.type)
	{
		case VALUE_TEXT:
			return value;
		case VALUE_NULL:
			text.sql = pstrdup("NULL::text");
			return text;
		case VALUE_INTEGER:
		case VALUE_DECIMAL:
			if (value.literal != NULL)
			{
				text.sql = mm_quote_local_literal(value.literal);
				text.literal = value.literal;
				return text;
			}
			if (value.type == VALUE_DECIMAL && value.scale < 0)
				return mm_print_refuse_conversion(printer, value, "text");
			text.sql = psprintf("%s::text",
								mm_value_operand(mm_print_rounded(value)));
			return text;
		case VALUE_BOOLEAN:
			text.sql = psprintf("%s::int::text", mm_value_operand(value));
			return text;
		case VALUE_DATE:
		case VALUE_DATETIME:
		case VALUE_INSTANT:
			format = moment_format(value);
			if (format == NULL)
				return mm_print_refuse_conversion(printer, value, "text");
			if (printer->generated != NULL && value.type != VALUE_INSTANT &&
				value.fraction == 0)
			{
				text.sql = immutable_moment_text(value);
				return text;
			}
			printer->is_immutable = false;
			text.sql = psprintf("to_char(%s, '%s')", value.sql, format);
			return text;
		case VALUE_TIME:
			if (value.fraction != 0)
				return mm_print_refuse_conversion(printer, value, "text");
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_ENUM:
			printer->is_immutable = false;
			text.is_case_insensitive = value.is_case_insensitive;
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_UUID:
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_SET:
			printer->is_immutable = false;
			text.is_case_insensitive = value.is_case_insensitive;
			text.sql = psprintf("array_to_string(%s, ',')", value.sql);
			return text;
		default:
			return mm_print_refuse_conversion(printer, value, "text");
	}
}

/* Is the whole text a number as MySQL reads one? */
static bool
is_number_text(const char *text)
{
	const char *at = text;
	bool digits = false;

	if (*at == '-')
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		digits = true;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			digits = true;
	return digits && *at == '\0';
}

ExprValue
mm_print_to_number(ExprPrinter *printer, ExprValue value)
{
	ExprValue number;

	if (mm_value_is_number(value) || value.type == VALUE_NULL)
		return value;
	if (value.type == VALUE_BOOLEAN)
	{
		number = mm_value_integer(psprintf("%s::int", mm_value_operand(value)),
								  4);
		number.minimum = 0;
		number.is_nullable = value.is_nullable;
		return number;
	}
	if (value.type == VALUE_TEXT && value.literal != NULL &&
		is_number_text(value.literal))
	{
		const char *point = strchr(value.literal, '.');

		number = mm_value(point == NULL ? VALUE_INTEGER : VALUE_DECIMAL,
						  pstrdup(value.literal));
		number.scale = point == NULL ? 0 : strlen(point + 1);
		number.width = strlen(value.literal) > 9 ? 8 : 4;
		number.literal = value.literal;
		number.is_nullable = false;
		return number;
	}
	if (mm_print_odd_number(printer, value, &number))
		return number;
	return mm_print_refuse_conversion(printer, value, "a number");
}

char *
mm_print_to_int4(ExprPrinter *printer, ExprValue value)
{
	value = mm_print_to_number(printer, value);
	if (value.type != VALUE_INTEGER && value.type != VALUE_NULL)
	{
		mm_print_refuse(printer, "MySQL rounds a number to an integer here.");
		return value.sql;
	}
	if (value.width <= 4)
		return value.sql;
	return psprintf("%s::int", mm_value_operand(value));
}

char *
mm_print_to_double(ExprPrinter *printer, ExprValue value)
{
	value = mm_print_exact(mm_print_to_number(printer, value));
	if (value.type == VALUE_FLOAT && value.width == 8)
		return value.sql;
	return psprintf("%s::double precision", mm_value_operand(value));
}

/* 'YYYY-MM-DD', with a time of day when `has_time` is set on return. */
static bool
is_date_text(const char *text, bool *has_time)
{
	Size len = strlen(text);

	*has_time = len > 10;
	if (len < 10 || len > 26 ||
		text[strspn(text, "0123456789-: .T")] != '\0' ||
		text[4] != '-' || text[7] != '-' ||
		strncmp(text, "0000", 4) == 0 || strncmp(text + 5, "00", 2) == 0 ||
		strncmp(text + 8, "00", 2) == 0)
		return false;
	return len == 10 || len >= 16;
}

ExprValue
mm_print_to_temporal(ExprPrinter *printer, ExprValue value)
{
	bool has_time;
	ExprValue moment;

	if (mm_value_is_temporal(value) || value.type == VALUE_NULL)
		return value;
	if (value.type != VALUE_TEXT || value.literal == NULL ||
		!is_date_text(value.literal, &has_time))
		return mm_print_refuse_conversion(printer, value, "a date");
	moment = mm_value(has_time ? VALUE_DATETIME : VALUE_DATE,
					  psprintf("%s %s", has_time ? "timestamp" : "date",
							   mm_quote_local_literal(value.literal)));
	moment.fraction = strchr(value.literal, '.') != NULL ? 6 : 0;
	moment.literal = value.literal;
	moment.is_nullable = false;
	return moment;
}
