/*
 * src/types/decode_number.c
 *		Integers, decimals, floating point and bits into Datums.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "types/decode.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/varbit.h"

/* DECIMAL(65,30) has at most 67 characters. */
#define MAX_DECIMAL_TEXT 127
/*
 * Of numeric's binary format: number of groups, weight of the first, sign,
 * digits behind the point, groups.
 */
#define NUMERIC_HEADER	   4
#define NUMERIC_GROUP	   4
#define NUMERIC_SIGN_MINUS 0x4000

/*
 * mm_decode_clip
 *		Text into a field of DecodeError, cut at the border of a character: it
 *		is going to be stored.
 */
void
mm_decode_clip(char *field, Size size, const char *text)
{
	int length = strlen(text);

	if (length >= size)
		length = pg_mbcliplen(text, length, size - 1);
	memcpy(field, text, length);
	field[length] = '\0';
}

bool
mm_decode_fail(DecodeContext *context, int sqlerrcode, const char *hint,
			   const char *shown, const char *message, ...)
{
	DecodeError *error = context->error;
	va_list args;
	int length;

	error->sqlerrcode = sqlerrcode;
	va_start(args, message);
	vsnprintf(error->message, sizeof(error->message), message, args);
	va_end(args);
	/* A type's name may have been cut in a character. */
	length = strlen(error->message);
	error->message[pg_mbcliplen(error->message, length, length)] = '\0';
	mm_decode_clip(error->detail, sizeof(error->detail),
				   shown == NULL ? "" :
								   psprintf("The MySQL value is \"%s\".",
											mm_error_clip(shown, strlen(shown))));
	mm_decode_clip(error->hint, sizeof(error->hint), hint ? hint : "");
	return false;
}

/* ---------------------------------------------------------------- integers */

static int64
signed_bytes(const WireValue *value)
{
	const char *bytes = value->bytes;
	int16 number;

	switch (value->len)
	{
		case 1:
			return (int8) bytes[0];
		case 2:
			memcpy(&number, bytes, sizeof(number));
			return (int16) mm_le16(number);
		case 4:
			return (int32) mm_wire_uint32(bytes);
		case 8:
			return (int64) mm_wire_uint64(bytes);
	}
	elog(ERROR, "an integer of %zu bytes came from MySQL", value->len);
}

static uint64
unsigned_bytes(const WireValue *value)
{
	uint64 bits = (uint64) signed_bytes(value);

	return value->len == 8 ? bits : bits & ((UINT64CONST(1) << (8 * value->len)) - 1);
}

uint64
mm_wire_integer(const WireField *field, const WireValue *value,
				bool *is_negative)
{
	if (field->is_unsigned || field->type == WIRE_YEAR)
	{
		*is_negative = false;
		return unsigned_bytes(value);
	}
	else
	{
		int64 number = signed_bytes(value);

		*is_negative = number < 0;
		return (uint64) number;
	}
}

static bool
integer_out_of_range(DecodeContext *context, const WireValue *value)
{
	return mm_decode_fail(context, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
						  context->local_type == BOOLOID ?
							  "Earlier data made the column a boolean: see mysql_migrate.decision." :
							  "Choose a wider type for the column.",
						  mm_wire_text(context->field, value),
						  "value does not fit type %s",
						  format_type_be(context->local_type));
}

bool
mm_decode_integer(DecodeContext *context, const WireValue *value,
				  Datum *datum, bool *isnull)
{
	bool negative;
	uint64 bits = mm_wire_integer(context->field, value, &negative);
	int64 number = (int64) bits;

	/* Above the largest int64 only numeric can help. */
	if (!negative && bits > (uint64) PG_INT64_MAX &&
		context->local_type != NUMERICOID)
		return integer_out_of_range(context, value);
	switch (context->local_type)
	{
		case INT2OID:
			if (number < PG_INT16_MIN || number > PG_INT16_MAX)
				return integer_out_of_range(context, value);
			*datum = Int16GetDatum((int16) number);
			return true;
		case INT4OID:
			if (number < PG_INT32_MIN || number > PG_INT32_MAX)
				return integer_out_of_range(context, value);
			*datum = Int32GetDatum((int32) number);
			return true;
		case INT8OID:
			*datum = Int64GetDatum(number);
			return true;
		case BOOLOID:
			if (number != 0 && number != 1)
				return integer_out_of_range(context, value);
			*datum = BoolGetDatum(number == 1);
			return true;
		case NUMERICOID:
			if (!negative && bits > (uint64) PG_INT64_MAX)
				*datum = DirectFunctionCall3(numeric_in,
											 CStringGetDatum(psprintf(UINT64_FORMAT, bits)),
											 ObjectIdGetDatum(InvalidOid),
											 Int32GetDatum(-1));
			else
				*datum = DirectFunctionCall1(int8_numeric, Int64GetDatum(number));
			return true;
	}
	elog(ERROR, "unexpected local type %u of an integer", context->local_type);
}

/* ---------------------------------------------------------------- decimals */

/* Does numeric(p,s) hold every value of the column? */
static bool
numeric_holds(const ColumnType *type, int32 typmod)
{
	int precision;
	int scale;

	if (typmod < (int32) VARHDRSZ)
		return true;
	precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	/* 11 bits with a sign. */
	scale = (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	return scale >= type->scale &&
		   precision - scale >= type->precision - type->scale;
}

static Datum
plain_numeric(char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/*
 * Digits into groups of four, in network order.  `left` is how many digits
 * there are up to the next border of a group, which may lie behind the last
 * one: then zeros follow.  NULL: there was something else than digits.
 */
static uint16 *
put_groups(uint16 *out, const char *digits, int ndigits, int left)
{
	unsigned int group = 0;

	for (int i = 0; i < ndigits; i++)
	{
		unsigned int digit = (unsigned char) digits[i] - '0';

		if (digit > 9)
			return NULL;
		group = group * 10 + digit;
		if (--left > 0)
			continue;
		*out++ = pg_hton16((uint16) group);
		group = 0;
		left = NUMERIC_GROUP;
	}
	if (left == NUMERIC_GROUP)
		return out;
	for (; left > 0; left--)
		group *= 10;
	*out++ = pg_hton16((uint16) group);
	return out;
}

/*
 * numeric_of_decimal
 *		The text of a DECIMAL by way of numeric's binary format: half the work
 *		of numeric_in, which looks for exponents and "Infinity" as well.
 *		False: it is not the plain text that a server sends.
 */
static bool
numeric_of_decimal(const char *text, int length, Datum *numeric)
{
	uint16 fields[NUMERIC_HEADER + MAX_DECIMAL_TEXT];
	uint16 *groups = fields + NUMERIC_HEADER;
	StringInfoData message = {.data = (char *) fields, .maxlen = sizeof(fields)};
	bool is_negative = length > 0 && *text == '-';
	const char *digits = text + is_negative;
	const char *point = memchr(digits, '.', text + length - digits);
	int whole = (point ? point : text + length) - digits;
	int fraction = point ? text + length - point - 1 : 0;
	uint16 *end;

	if (whole == 0)
		return false;
	end = put_groups(groups, digits, whole, (whole - 1) % NUMERIC_GROUP + 1);
	if (end != NULL && fraction > 0)
		end = put_groups(end, point + 1, fraction, NUMERIC_GROUP);
	if (end == NULL)
		return false;
	fields[0] = pg_hton16((uint16) (end - groups));
	fields[1] = pg_hton16((uint16) ((whole - 1) / NUMERIC_GROUP));
	fields[2] = pg_hton16(is_negative ? NUMERIC_SIGN_MINUS : 0);
	fields[3] = pg_hton16((uint16) fraction);
	message.len = (char *) end - message.data;
	*numeric = DirectFunctionCall3(numeric_recv, PointerGetDatum(&message),
								   ObjectIdGetDatum(InvalidOid),
								   Int32GetDatum(-1));
	return true;
}

bool
mm_decode_decimal(DecodeContext *context, const WireValue *value,
				  Datum *datum, bool *isnull)
{
	char text[MAX_DECIMAL_TEXT + 1];
	bool holds = numeric_holds(context->type, context->local_typmod);

	if (value->len > MAX_DECIMAL_TEXT)
		elog(ERROR, "a decimal of %zu characters came from MySQL", value->len);
	if (holds && numeric_of_decimal(value->bytes, (int) value->len, datum))
		return true;
	memcpy(text, value->bytes, value->len);
	text[value->len] = '\0';
	if (holds)
	{
		*datum = plain_numeric(text);
		return true;
	}
	if (!mm_input_softly(context, text, datum))
		return false;
	/* The input function rounds in silence. */
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, *datum,
										 plain_numeric(text))))
		return true;
	return mm_decode_fail(context, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
						  "Give the column a type with more digits.", text,
						  "value does not fit type %s",
						  format_type_with_typemod(NUMERICOID,
												   context->local_typmod));
}

/* ---------------------------------------------------------------- floating point */

bool
mm_decode_float(DecodeContext *context, const WireValue *value,
				Datum *datum, bool *isnull)
{
	double number = value->len == sizeof(float) ?
						mm_wire_float(value->bytes) :
						mm_wire_double(value->bytes);

	if (context->local_type == FLOAT8OID)
		*datum = Float8GetDatum(number);
	else if ((double) (float) number == number || isnan(number))
		*datum = Float4GetDatum((float) number);
	else
		return mm_decode_fail(context, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
							  "Use type double precision.",
							  mm_wire_text(context->field, value),
							  "value does not fit type real");
	return true;
}

/* ---------------------------------------------------------------- bits */

/* BIT(n) comes as (n + 7) / 8 bytes, most significant first. */
static uint64
wire_bits(const WireValue *value)
{
	uint64 bits = 0;

	for (Size i = 0; i < value->len; i++)
		bits = bits << 8 | (unsigned char) value->bytes[i];
	return bits;
}

static Datum
varbit_datum(uint64 bits, int nbits)
{
	int size = VARBITTOTALLEN(nbits);
	VarBit *result = palloc0(size);
	bits8 *to = VARBITS(result);

	SET_VARSIZE(result, size);
	VARBITLEN(result) = nbits;
	/* PostgreSQL aligns to the left. */
	bits <<= 64 - nbits;
	for (int i = 0; i < (nbits + 7) / 8; i++)
		to[i] = (bits8) (bits >> (56 - 8 * i));
	return VarBitPGetDatum(result);
}

bool
mm_decode_bit(DecodeContext *context, const WireValue *value,
			  Datum *datum, bool *isnull)
{
	uint64 bits = wire_bits(value);
	int width = context->type->display_width;

	switch (context->local_type)
	{
		case BOOLOID:
			if (bits > 1)
				return integer_out_of_range(context, value);
			*datum = BoolGetDatum(bits == 1);
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			if (bits > (context->local_type == INT2OID ? (uint64) PG_INT16_MAX :
						context->local_type == INT4OID ? (uint64) PG_INT32_MAX :
														 (uint64) PG_INT64_MAX))
				return integer_out_of_range(context, value);
			*datum = context->local_type == INT2OID ? Int16GetDatum((int16) bits) :
					 context->local_type == INT4OID ? Int32GetDatum((int32) bits) :
													  Int64GetDatum((int64) bits);
			return true;
		case BITOID:
		case VARBITOID:
			if (width < 1 || width > 64)
				width = Max(8 * (int) value->len, 1);
			if (context->local_typmod > 0 && context->local_typmod < 64 &&
				bits >> context->local_typmod != 0)
				return integer_out_of_range(context, value);
			if (context->local_typmod > 0 &&
				(context->local_type == BITOID || width > context->local_typmod))
				width = context->local_typmod;
			if (width > 64)
				return mm_decode_fail(context, ERRCODE_FEATURE_NOT_SUPPORTED,
									  "Use type bit varying, or bit(64) at most.",
									  mm_wire_text(context->field, value),
									  "value does not fit type %s",
									  format_type_with_typemod(BITOID, width));
			*datum = varbit_datum(bits, width);
			return true;
	}
	elog(ERROR, "unexpected local type %u of a bit column", context->local_type);
}
