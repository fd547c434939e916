/*
 * src/wire/result_value.c
 *		Values of a row as text or as an integer, whatever their type: for
 *		catalog queries and for showing a value to the user.
 */
#include "postgres.h"

#include <math.h>

#include "base/error.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "wire/result.h"

static uint64
get_le(const char *bytes, int len)
{
	uint64 value = 0;

	for (int i = len - 1; i >= 0; i--)
		value = (value << 8) | (unsigned char) bytes[i];
	return value;
}

/*
 * get_signed
 *		A little endian integer of 1, 2, 4 or 8 bytes.
 */
static int64
get_signed(const char *bytes, int len)
{
	uint64 value = get_le(bytes, len);
	int unused = 64 - 8 * len;

	return (int64) (value << unused) >> unused;
}

static double
get_float(const WireField *field, const WireValue *value)
{
	union
	{
		uint64 bits;
		double as_double;
	} wide;
	union
	{
		uint32 bits;
		float as_float;
	} narrow;

	if (field->type == WIRE_FLOAT)
	{
		narrow.bits = (uint32) get_le(value->bytes, 4);
		return narrow.as_float;
	}
	wide.bits = get_le(value->bytes, 8);
	return wide.as_double;
}

static void
put_fraction(StringInfo out, const WireField *field, uint32 micros)
{
	int digits = field->decimals <= 6 ? field->decimals : 0;
	char text[8];

	if (digits == 0 && micros != 0)
		digits = 6;
	if (digits == 0)
		return;
	snprintf(text, sizeof(text), "%06u", micros);
	appendStringInfo(out, ".%.*s", digits, text);
}

static void
put_datetime(StringInfo out, const WireField *field, const WireValue *value)
{
	char full[11] = {0};

	memcpy(full, value->bytes, Min(value->len, sizeof(full)));
	appendStringInfo(out, "%04u-%02u-%02u", (unsigned) get_le(full, 2),
					 (unsigned char) full[2], (unsigned char) full[3]);
	if (field->type == WIRE_DATE)
		return;
	appendStringInfo(out, " %02u:%02u:%02u", (unsigned char) full[4],
					 (unsigned char) full[5], (unsigned char) full[6]);
	put_fraction(out, field, (uint32) get_le(full + 7, 4));
}

static void
put_time(StringInfo out, const WireField *field, const WireValue *value)
{
	char full[12] = {0};

	memcpy(full, value->bytes, Min(value->len, sizeof(full)));
	appendStringInfo(out, "%s%02u:%02u:%02u", full[0] != 0 ? "-" : "",
					 (unsigned) get_le(full + 1, 4) * 24 +
						 (unsigned char) full[5],
					 (unsigned char) full[6], (unsigned char) full[7]);
	put_fraction(out, field, (uint32) get_le(full + 8, 4));
}

static void
put_integer(StringInfo out, const WireField *field, const WireValue *value)
{
	if (field->is_zerofill && field->length <= 20)
		appendStringInfo(out, "%0*llu", (int) field->length,
						 (unsigned long long) get_le(value->bytes, value->len));
	else if (field->is_unsigned)
		appendStringInfo(out, UINT64_FORMAT, get_le(value->bytes, value->len));
	else
		appendStringInfo(out, INT64_FORMAT,
						 get_signed(value->bytes, value->len));
}

/*
 * bit_number
 *		BIT(n) comes as up to eight bytes, most significant first.
 */
static uint64
bit_number(const WireValue *value)
{
	uint64 number = 0;

	for (Size i = 0; i < value->len; i++)
		number = (number << 8) | (unsigned char) value->bytes[i];
	return number;
}

/*
 * value_text
 *		A value as palloc'ed text in the database encoding, NULL for SQL NULL.
 */
static char *
value_text(const WireField *field, const WireValue *value)
{
	StringInfoData out;
	char number[DOUBLE_SHORTEST_DECIMAL_LEN];
	char *text;
	char *converted;

	if (value->is_null)
		return NULL;
	switch (field->type)
	{
		case WIRE_TINY:
		case WIRE_SHORT:
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_LONGLONG:
			initStringInfo(&out);
			put_integer(&out, field, value);
			return out.data;
		case WIRE_YEAR:
			return psprintf("%04u", (unsigned) get_le(value->bytes, 2));
		case WIRE_FLOAT:
			float_to_shortest_decimal_buf((float) get_float(field, value),
										  number);
			return pstrdup(number);
		case WIRE_DOUBLE:
			double_to_shortest_decimal_buf(get_float(field, value), number);
			return pstrdup(number);
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
			initStringInfo(&out);
			put_datetime(&out, field, value);
			return out.data;
		case WIRE_TIME:
			initStringInfo(&out);
			put_time(&out, field, value);
			return out.data;
		case WIRE_BIT:
			return psprintf(UINT64_FORMAT, bit_number(value));
		default:
			break;
	}

	text = pnstrdup(value->bytes, value->len);
	if (field->charset == WIRE_CHARSET_BINARY)
		return text;
	converted = pg_any_to_server(text, value->len, PG_UTF8);
	if (converted != text)
		pfree(text);
	return converted;
}

char *
mm_result_text(const WireResult *result, const WireRow *row, int i)
{
	return value_text(&mm_result_fields(result)[i], &row->values[i]);
}

static bool
is_string(WireType type)
{
	return type == WIRE_STRING || type == WIRE_VAR_STRING ||
		   type == WIRE_VARCHAR ||
		   (type >= WIRE_TINY_BLOB && type <= WIRE_BLOB);
}

char *
mm_result_shown(const WireResult *result, const WireRow *row, int i)
{
	const WireField *field = &mm_result_fields(result)[i];
	WireValue value = row->values[i];
	StringInfoData out;

	if (value.is_null || !is_string(field->type) ||
		memchr(value.bytes, '\0', value.len) == NULL)
		return value_text(field, &value);
	initStringInfo(&out);
	for (Size n = 0; n < value.len; n++)
	{
		if (value.bytes[n] == '\0')
			appendStringInfoString(&out, MM_NUL_SHOWN);
		else
			appendStringInfoChar(&out, value.bytes[n]);
	}
	value.bytes = out.data;
	value.len = out.len;
	return value_text(field, &value);
}

static int64
out_of_range(const WireResult *result, const WireRow *row, int i)
{
	char *text = mm_result_text(result, row, i);

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("value of remote column \"%s\" is not a bigint",
					mm_result_fields(result)[i].name),
			 errdetail("The MySQL value is \"%s\".",
					   mm_error_clip(text, strlen(text)))));
	return 0; /* keep the compiler quiet */
}

/*
 * text_number
 *		DECIMAL and text: digits, of which a fraction is dropped.
 */
static bool
text_number(const char *text, int64 *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (errno != 0 || end == text)
		return false;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	return *end == '\0';
}

/*
 * mm_result_int64
 *		Value i of a row as an integer, 0 for SQL NULL.
 */
int64
mm_result_int64(const WireResult *result, const WireRow *row, int i)
{
	const WireField *field = &mm_result_fields(result)[i];
	const WireValue *value = &row->values[i];
	uint64 bits;
	int64 number;
	double wide;

	if (value->is_null)
		return 0;
	switch (field->type)
	{
		case WIRE_TINY:
		case WIRE_SHORT:
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_LONGLONG:
		case WIRE_YEAR:
			if (!field->is_unsigned)
				return get_signed(value->bytes, value->len);
			bits = get_le(value->bytes, value->len);
			break;
		case WIRE_BIT:
			bits = bit_number(value);
			break;
		case WIRE_FLOAT:
		case WIRE_DOUBLE:
			wide = rint(get_float(field, value));
			if (!(wide >= (double) PG_INT64_MIN && wide < -(double) PG_INT64_MIN))
				return out_of_range(result, row, i);
			return (int64) wide;
		default:
			if (!text_number(mm_result_text(result, row, i), &number))
				return out_of_range(result, row, i);
			return number;
	}
	if (bits > PG_INT64_MAX)
		return out_of_range(result, row, i);
	return (int64) bits;
}
