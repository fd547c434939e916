/*
 * src/wire/text_value.c
 *		Values of the text protocol into the form of the binary one.
 *
 * A few statements cannot be prepared; their rows come as text.  The rest of
 * the extension knows one form of a value only (WireValue in result.h).
 */
#include "postgres.h"

#include "wire/mysql_client.h"

/* Longest text of a number or a date that is looked at. */
#define MAX_TEXT 64

static void
put_le(char *out, uint64 value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (char) (value >> (8 * i));
}

static int
integer_width(WireType type)
{
	switch (type)
	{
		case WIRE_TINY:
			return 1;
		case WIRE_SHORT:
		case WIRE_YEAR:
			return 2;
		case WIRE_LONG:
		case WIRE_INT24:
			return 4;
		case WIRE_LONGLONG:
			return 8;
		default:
			return 0;
	}
}

static bool
read_integer(const WireField *field, const char *text, char *out,
			 WireValue *value)
{
	int width = integer_width(field->type);
	bool is_negative = text[0] == '-';
	uint64 bits;
	char *end;

	errno = 0;
	bits = is_negative ? (uint64) strtoll(text, &end, 10) :
						 (uint64) strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return false;
	put_le(out, bits, width);
	value->len = width;
	return true;
}

static bool
read_float(const WireField *field, const char *text, char *out,
		   WireValue *value)
{
	char *end;
	union
	{
		double as_double;
		uint64 bits;
	} wide;
	union
	{
		float as_float;
		uint32 bits;
	} narrow;

	if (field->type == WIRE_FLOAT)
	{
		narrow.as_float = strtof(text, &end);
		put_le(out, narrow.bits, 4);
		value->len = 4;
	}
	else
	{
		wide.as_double = strtod(text, &end);
		put_le(out, wide.bits, 8);
		value->len = 8;
	}
	return end != text && *end == '\0';
}

/*
 * read_micros
 *		The digits after the decimal point, as microseconds.
 */
static bool
read_micros(const char *digits, uint32 *micros)
{
	uint32 value = 0;
	int n = 0;

	for (; digits[n] >= '0' && digits[n] <= '9' && n < 6; n++)
		value = value * 10 + (digits[n] - '0');
	if (n == 0 || digits[n] != '\0')
		return false;
	for (; n < 6; n++)
		value *= 10;
	*micros = value;
	return true;
}

static bool
read_datetime(const char *text, char *out, WireValue *value)
{
	unsigned int part[6] = {0};
	uint32 micros = 0;
	int used = 0;

	if (sscanf(text, "%4u-%2u-%2u%n", &part[0], &part[1], &part[2], &used) != 3)
		return false;
	if (text[used] != '\0')
	{
		const char *clock = text + used;

		used = 0;
		if (sscanf(clock, " %2u:%2u:%2u%n", &part[3], &part[4], &part[5],
				   &used) != 3)
			return false;
		if (clock[used] == '.')
		{
			if (!read_micros(clock + used + 1, &micros))
				return false;
		}
		else if (clock[used] != '\0')
			return false;
	}

	put_le(out, part[0], 2);
	for (int i = 1; i < 6; i++)
		out[i + 1] = (char) part[i];
	put_le(out + 7, micros, 4);
	if (micros != 0)
		value->len = 11;
	else if (part[3] != 0 || part[4] != 0 || part[5] != 0)
		value->len = 7;
	else if (part[0] != 0 || part[1] != 0 || part[2] != 0)
		value->len = 4;
	else
		value->len = 0;
	return true;
}

static bool
read_time(const char *text, char *out, WireValue *value)
{
	bool is_negative = text[0] == '-';
	unsigned int hours;
	unsigned int minutes;
	unsigned int seconds;
	uint32 micros = 0;
	int used = 0;

	if (is_negative)
		text++;
	if (sscanf(text, "%u:%2u:%2u%n", &hours, &minutes, &seconds, &used) != 3)
		return false;
	if (text[used] == '.')
	{
		if (!read_micros(text + used + 1, &micros))
			return false;
	}
	else if (text[used] != '\0')
		return false;

	out[0] = is_negative;
	put_le(out + 1, hours / 24, 4);
	out[5] = (char) (hours % 24);
	out[6] = (char) minutes;
	out[7] = (char) seconds;
	put_le(out + 8, micros, 4);
	if (micros != 0)
		value->len = 12;
	else
		value->len = (hours | minutes | seconds) != 0 ? 8 : 0;
	return true;
}

/*
 * mm_text_value_read
 *		Text of the text protocol into the form WireValue promises.
 */
bool
mm_text_value_read(const WireField *field, const char *text, Size len,
				   char *out, WireValue *value)
{
	char copy[MAX_TEXT];

	value->is_null = false;
	switch (field->type)
	{
		case WIRE_TINY:
		case WIRE_SHORT:
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_LONGLONG:
		case WIRE_YEAR:
		case WIRE_FLOAT:
		case WIRE_DOUBLE:
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
		case WIRE_TIME:
			break;
		default:
			value->bytes = text;
			value->len = len;
			return true;
	}

	/* A double with many decimals may be long: %.30f of 1e300. */
	if (len >= sizeof(copy))
	{
		char *whole = pnstrdup(text, len);
		bool done = field->type == WIRE_DOUBLE &&
					read_float(field, whole, out, value);

		pfree(whole);
		value->bytes = out;
		return done;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	value->bytes = out;

	switch (field->type)
	{
		case WIRE_FLOAT:
		case WIRE_DOUBLE:
			return read_float(field, copy, out, value);
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
			return read_datetime(copy, out, value);
		case WIRE_TIME:
			return read_time(copy, out, value);
		default:
			return read_integer(field, copy, out, value);
	}
}
