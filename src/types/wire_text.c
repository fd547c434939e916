/*
 * src/types/wire_text.c
 *		A wire value as MySQL prints it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "types/decode.h"

static void
append_fraction(StringInfo out, uint32 micros, unsigned int decimals)
{
	char digits[8];

	if (decimals == 0 || decimals > 6)
		return;
	snprintf(digits, sizeof(digits), "%06u", micros % 1000000);
	digits[decimals] = '\0';
	appendStringInfo(out, ".%s", digits);
}

static char *
moment_text(const WireField *field, const WireValue *value)
{
	const unsigned char *bytes = (const unsigned char *) value->bytes;
	StringInfoData out;
	bool has_date = value->len >= 4;
	bool has_time = value->len >= 7;

	initStringInfo(&out);
	appendStringInfo(&out, "%04d-%02d-%02d",
					 has_date ? bytes[0] | bytes[1] << 8 : 0,
					 has_date ? bytes[2] : 0, has_date ? bytes[3] : 0);
	if (field->type == WIRE_DATE)
		return out.data;
	appendStringInfo(&out, " %02d:%02d:%02d", has_time ? bytes[4] : 0,
					 has_time ? bytes[5] : 0, has_time ? bytes[6] : 0);
	append_fraction(&out, value->len >= 11 ? mm_wire_uint32(value->bytes + 7) : 0,
					field->decimals);
	return out.data;
}

static char *
time_text(const WireField *field, const WireValue *value)
{
	const unsigned char *bytes = (const unsigned char *) value->bytes;
	bool has_time = value->len >= 8;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s%02u:%02d:%02d",
					 has_time && bytes[0] ? "-" : "",
					 has_time ? mm_wire_uint32(value->bytes + 1) * 24 + bytes[5] : 0,
					 has_time ? bytes[6] : 0, has_time ? bytes[7] : 0);
	append_fraction(&out, value->len >= 12 ? mm_wire_uint32(value->bytes + 8) : 0,
					field->decimals);
	return out.data;
}

static char *
number_text(const WireField *field, const WireValue *value)
{
	bool negative;
	uint64 bits = mm_wire_integer(field, value, &negative);

	return negative ? psprintf(INT64_FORMAT, (int64) bits) :
					  psprintf(UINT64_FORMAT, bits);
}

/* The fewest digits that give the same number back. */
static char *
float_text(const WireField *field, const WireValue *value)
{
	char *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	if (field->type == WIRE_FLOAT)
		float_to_shortest_decimal_buf(mm_wire_float(value->bytes), text);
	else
		double_to_shortest_decimal_buf(mm_wire_double(value->bytes), text);
	return text;
}

static char *
bit_text(const WireValue *value)
{
	uint64 bits = 0;

	for (Size i = 0; i < value->len; i++)
		bits = bits << 8 | (unsigned char) value->bytes[i];
	return psprintf(UINT64_FORMAT, bits);
}

char *
mm_wire_text(const WireField *field, const WireValue *value)
{
	switch (field->type)
	{
		case WIRE_TINY:
		case WIRE_SHORT:
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_LONGLONG:
		case WIRE_YEAR:
			return number_text(field, value);
		case WIRE_FLOAT:
		case WIRE_DOUBLE:
			return float_text(field, value);
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
			return moment_text(field, value);
		case WIRE_TIME:
			return time_text(field, value);
		case WIRE_BIT:
			return bit_text(value);
		default:
			return pnstrdup(value->bytes, value->len);
	}
}
