/*
 * src/ddl/expr_number.c
 *		The numbers that MySQL sees in values of other types, and their bits.
 *
 * Text is the number at its beginning, or 0; an enum is the place of its label;
 * a date is 20241231.  Bits are those of an unsigned 64-bit integer: they are
 * computed in a bigint here, and one that came out negative is shown as the
 * number that it is there.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

#define FLOAT_PATTERN \
	"'^[[:space:]]*([-+]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?)'"
#define INTEGER_PATTERN "'^[[:space:]]*([-+]?[0-9]+)'"

/* 2^64, 2^63 */
#define ALL_BITS  "18446744073709551616"
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
							 psprintf("(mod(least(greatest(%s::numeric, -" HALF_BITS "), " ALL_BITS " - 1) + " HALF_BITS ", " ALL_BITS ") - " HALF_BITS ")::bigint",
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

/* ---- bits ---- */

/* 64 bits, held by a bigint, as the unsigned number that MySQL has. */
ExprValue
mm_print_unsigned(char *bits, bool is_natural, bool is_nullable)
{
	ExprValue value;

	if (is_natural)
	{
		value = mm_value_integer(bits, 8);
		value.minimum = 0;
	}
	else
	{
		value = mm_value(VALUE_DECIMAL,
						 psprintf("CASE WHEN %s < 0 THEN %s + " ALL_BITS " ELSE %s END",
								  bits, bits, bits));
		value.scale = 0;
	}
	value.bits = bits;
	value.is_nullable = is_nullable;
	return value;
}

/* The bits of a value as a bigint; NULL: refused. */
static char *
bits_of(ExprPrinter *printer, ExprValue value)
{
	value = mm_print_to_number(printer, value);
	if (value.bits != NULL)
		return psprintf("(%s)", value.bits);
	if (value.type == VALUE_INTEGER)
		return value.width == 8 ? mm_value_operand(value) :
								  psprintf("%s::bigint",
										   mm_value_operand(value));
	mm_print_refuse(printer, "bits of a value that is no integer");
	return value.sql;
}

static bool
is_natural(ExprValue value)
{
	return value.type == VALUE_INTEGER && value.minimum >= 0;
}

static ExprValue
print_shift(ExprPrinter *printer, const char *op, ExprValue a, ExprValue b)
{
	char *bits = bits_of(printer, a);
	int64 count;
	bool is_left = strcmp(op, "<<") == 0;

	b = mm_print_to_number(printer, b);
	if (!mm_value_int_literal(b, &count) || count < 0)
		return mm_print_refuse(printer, "shift by a variable count");
	if (count > 63)
		return mm_print_unsigned(psprintf("(%s & 0)", bits), true,
								 a.is_nullable);
	if (is_left)
		return mm_print_unsigned(psprintf("(%s << %d)", bits, (int) count),
								 is_natural(a) && a.width <= 4 && count <= 31,
								 a.is_nullable);
	if (count == 0)
		return mm_print_unsigned(bits, is_natural(a), a.is_nullable);
	/* the sign comes in from the left, and is taken out again */
	if (!is_natural(a))
		bits = psprintf("((%s >> %d) & " INT64_FORMAT ")", bits, (int) count,
						(int64) (PG_UINT64_MAX >> count));
	else
		bits = psprintf("(%s >> %d)", bits, (int) count);
	return mm_print_unsigned(bits, true, a.is_nullable);
}

ExprValue
mm_print_bits(ExprPrinter *printer, const char *op, ExprValue a, ExprValue b)
{
	bool natural;

	a = mm_print_to_number(printer, a);
	if (strcmp(op, "<<") == 0 || strcmp(op, ">>") == 0)
		return print_shift(printer, op, a, b);
	b = mm_print_to_number(printer, b);
	natural = strcmp(op, "&") == 0 ? is_natural(a) || is_natural(b) :
									 is_natural(a) && is_natural(b);
	return mm_print_unsigned(psprintf("(%s %s %s)", bits_of(printer, a),
									  strcmp(op, "^") == 0 ? "#" : op,
									  bits_of(printer, b)),
							 natural, a.is_nullable || b.is_nullable);
}

ExprValue
mm_print_complement(ExprPrinter *printer, ExprValue value)
{
	return mm_print_unsigned(psprintf("(~%s)", bits_of(printer, value)), false,
							 value.is_nullable);
}
