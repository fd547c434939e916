/*
 * src/ddl/expr_bits.c
 *		Bits of numbers, and the operators on them.
 *
 * They are those of an unsigned 64-bit integer, computed in a bigint here; one
 * that came out negative is shown as the number that it is there.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

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
						 psprintf("CASE WHEN %s < 0 THEN %s + " MM_ALL_BITS " ELSE %s END",
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
