/*
 * src/ddl/expr_number.c
 *		The numbers that MySQL sees in values of other types.
 *
 * Text is the number at its beginning, or 0; an enum is the place of its label;
 * a date is 20241231.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

#define FLOAT_PATTERN \
	"'^[[:space:]]*([-+]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?)'"
#define INTEGER_PATTERN "'^[[:space:]]*([-+]?[0-9]+)'"

/* 2^63 */
#define HALF_BITS "9223372036854775808"

/* NULL for NULL, where the expression would give something else. */
static char *
unless_null(ExprValue value, char *sql)
{
	if (!value.is_nullable)
		return sql;
	return psprintf("CASE WHEN %s IS NOT NULL THEN %s END",
					mm_value_operand(value), sql);
}

/* The part of a text that looks like a number, as text; '0' if there is none. */
static char *
number_prefix(ExprValue value, const char *pattern)
{
	return psprintf("coalesce(substring(%s from %s), '0')", value.sql, pattern);
}

static ExprValue
text_number(ExprValue value)
{
	ExprValue number = mm_value(VALUE_FLOAT, NULL);

	value = mm_print_searchable(value);
	number.width = 8;
	number.is_nullable = value.is_nullable;
	number.sql = unless_null(value, psprintf("%s::double precision",
											 number_prefix(value,
														   FLOAT_PATTERN)));
	return number;
}

/* The place of an enum's label; the empty one of a wrong value has none. */
static ExprValue
enum_number(ExprValue value)
{
	ExprValue number = mm_value_integer(NULL, 4);
	StringInfoData labels;
	ListCell *lc;

	initStringInfo(&labels);
	foreach(lc, value.labels)
		appendStringInfo(&labels, "%s%s", labels.len == 0 ? "" : ", ",
						 mm_quote_local_literal(lfirst(lc)));
	number.sql = unless_null(value,
							 psprintf("coalesce(array_position(ARRAY[%s], %s::text), 0)",
									  labels.data, mm_value_operand(value)));
	number.minimum = 0;
	number.is_nullable = value.is_nullable;
	return number;
}

/* One bit for each member of a set. */
static ExprValue
set_number(ExprValue value)
{
	ExprValue number = mm_value_integer(NULL, 8);
	StringInfoData sum;
	int64 bit = 1;
	ListCell *lc;

	initStringInfo(&sum);
	foreach(lc, value.labels)
	{
		appendStringInfo(&sum, "%sCASE WHEN %s = ANY (%s) THEN " INT64_FORMAT " ELSE 0 END",
						 sum.len == 0 ? "" : " + ",
						 mm_quote_local_literal(lfirst(lc)), value.sql, bit);
		bit <<= 1;
	}
	number.sql = unless_null(value, psprintf("(%s)::bigint", sum.data));
	number.minimum = 0;
	number.is_nullable = value.is_nullable;
	return number;
}

/* 20241231, 20241231235959 */
static ExprValue
moment_number(ExprPrinter *printer, ExprValue value)
{
	ExprValue number = mm_value_integer(NULL, 8);

	printer->is_immutable = false;
	number.sql = psprintf("to_char(%s, '%s')::bigint", value.sql,
						  value.type == VALUE_DATE ? "YYYYMMDD" :
													 "YYYYMMDDHH24MISS");
	number.minimum = 0;
	number.is_nullable = value.is_nullable;
	return number;
}

/* A document: its number, the number in its text, or whether it is true. */
static ExprValue
json_number(ExprValue value)
{
	ExprValue number = mm_value(VALUE_FLOAT, NULL);
	ExprValue text = mm_value(VALUE_TEXT, psprintf("(%s #>> '{}')",
												   mm_value_operand(value)));

	number.width = 8;
	number.sql = psprintf("CASE jsonb_typeof(%s) WHEN 'boolean' THEN (%s)::boolean::int::double precision "
						  "WHEN 'number' THEN (%s)::double precision "
						  "WHEN 'string' THEN %s::double precision "
						  "WHEN 'null' THEN 0 WHEN 'object' THEN 0 WHEN 'array' THEN 0 END",
						  value.sql, value.sql, value.sql,
						  number_prefix(text, FLOAT_PATTERN));
	return number;
}

bool
mm_print_odd_number(ExprPrinter *printer, ExprValue value, ExprValue *number)
{
	switch (value.type)
	{
		case VALUE_TEXT:
			*number = text_number(value);
			return true;
		case VALUE_ENUM:
			*number = enum_number(value);
			return true;
		case VALUE_SET:
			/* the last of 64 members has the sign */
			if (list_length(value.labels) > 62)
				return false;
			*number = set_number(value);
			return true;
		case VALUE_DATE:
		case VALUE_DATETIME:
			if (value.fraction > 0)
				return false;
			*number = moment_number(printer, value);
			return true;
		case VALUE_JSON:
			*number = json_number(value);
			return true;
		case VALUE_BITS:
			if (value.column == NULL || value.column->type.display_width > 63)
				return false;
			*number = mm_value_integer(psprintf("%s::bigint",
												mm_value_operand(value)),
									   8);
			number->minimum = 0;
			number->is_nullable = value.is_nullable;
			return true;
		default:
			return false;
	}
}

/*
 * CAST(text AS SIGNED): whole digits alone, within 64 bits, of which the
 * highest is the sign.
 */
ExprValue
mm_print_text_integer(ExprValue value)
{
	ExprValue number = mm_value_integer(NULL, 8);

	value = mm_print_searchable(value);
	number.is_nullable = value.is_nullable;
	number.sql = unless_null(value,
							 psprintf("(mod(least(greatest(%s::numeric, -" HALF_BITS "), " MM_ALL_BITS " - 1) + " HALF_BITS ", " MM_ALL_BITS ") - " HALF_BITS ")::bigint",
									  number_prefix(value, INTEGER_PATTERN)));
	return number;
}

/* CAST(text AS DECIMAL) */
ExprValue
mm_print_text_decimal(ExprValue value)
{
	ExprValue number = mm_value(VALUE_DECIMAL, NULL);

	value = mm_print_searchable(value);
	number.is_nullable = value.is_nullable;
	number.scale = -1;
	number.sql = unless_null(value, psprintf("%s::numeric",
											 number_prefix(value,
														   FLOAT_PATTERN)));
	return number;
}
