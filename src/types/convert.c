/*
 * src/types/convert.c
 *		Values for local types that are not the natural ones: MySQL's text
 *		through the local type's input function.
 *
 * Input functions are kind: they round to the digits that a type has, drop a
 * time of day, cut a name, and read a bare number as so many seconds.  What
 * comes out is looked at again here, so that a value arrives whole or not at
 * all.  Where the two types do not say what would be meant, nothing is tried;
 * a rule "using" can say it.
 */
#include "postgres.h"

#include "access/transam.h"
#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "types/decode.h"
#include "utils/builtins.h"
#include "utils/cash.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

typedef enum ValueKind
{
	KIND_NUMBER,
	KIND_MOMENT, /* a date, with or without a time */
	KIND_TIME,
	KIND_OTHER
} ValueKind;

/* What is looked up once for a column. */
typedef struct Conversion
{
	ValueKind kind;
	Oid base; /* the local type, without domains */
	int32 typmod;
	FmgrInfo input; /* of base */
	FmgrInfo output;
	Oid parameter;
	TypeCacheEntry *cache; /* with base's equality; NULL: nothing to compare */
} Conversion;

static ValueKind
kind_of(const ColumnType *type)
{
	const TypeRule *rule = mm_type_rule(type);
	DecodeWire decode = rule != NULL ? rule->decode_wire : NULL;

	if (decode == mm_decode_integer || decode == mm_decode_decimal ||
		decode == mm_decode_float || decode == mm_decode_bit)
		return KIND_NUMBER;
	if (decode == mm_decode_temporal)
		return KIND_MOMENT;
	return decode == mm_decode_time ? KIND_TIME : KIND_OTHER;
}

static bool
is_about_time(Oid base)
{
	return base == DATEOID || base == TIMEOID || base == TIMETZOID ||
		   base == TIMESTAMPOID || base == TIMESTAMPTZOID ||
		   base == INTERVALOID;
}

static const char *
refusal(ValueKind kind, Oid base)
{
	if (kind == KIND_NUMBER && base == INTERVALOID)
		return "A rule \"using\" says what the number counts, for example: value * interval '1 microsecond'.";
	if (kind == KIND_NUMBER && is_about_time(base))
		return "A rule \"using\" says what the number counts, for example: to_timestamp(value).";
	if (kind == KIND_MOMENT && (base == TIMEOID || base == TIMETZOID))
		return "The date would be lost; a rule \"using\" can say that it is not wanted: value::time.";
	if (kind == KIND_TIME && base == TIMETZOID)
		return "A rule \"using\" says in which zone it is, for example: (value::text || '+00')::timetz.";
	return NULL;
}

const char *
mm_type_refusal(const ColumnType *type, Oid local_type)
{
	return refusal(kind_of(type), getBaseType(local_type));
}

/* ---------------------------------------------------------------- looking again */

static Conversion *
look_up(DecodeContext *context)
{
	Conversion *conversion = MemoryContextAllocZero(context->state_context,
													sizeof(Conversion));
	Oid function;
	bool is_varlena;

	conversion->kind = kind_of(context->type);
	conversion->typmod = context->local_typmod;
	conversion->base = getBaseTypeAndTypmod(context->local_type,
											&conversion->typmod);
	getTypeInputInfo(conversion->base, &function, &conversion->parameter);
	fmgr_info_cxt(function, &conversion->input, context->state_context);
	getTypeOutputInfo(conversion->base, &function, &is_varlena);
	fmgr_info_cxt(function, &conversion->output, context->state_context);
	if (conversion->typmod >= 0 && conversion->base < FirstNormalObjectId)
	{
		conversion->cache = lookup_type_cache(conversion->base,
											  TYPECACHE_EQ_OPR_FINFO);
		if (!OidIsValid(conversion->cache->eq_opr_finfo.fn_oid))
			conversion->cache = NULL;
	}
	return conversion;
}

static Conversion *
conversion_of(DecodeContext *context)
{
	if (context->state == NULL)
		context->state = look_up(context);
	return context->state;
}

static Datum
numeric_datum(const char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/*
 * number_text
 *		The number that a local value stands for, or NULL: it is none.
 *
 * 0.1 is a real where it was a decimal, and none where it was a double.
 */
static const char *
number_text(const Conversion *conversion, bool was_double, Datum value)
{
	char *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	switch (conversion->base)
	{
		case FLOAT4OID:
			if (was_double)
				double_to_shortest_decimal_buf(DatumGetFloat4(value), text);
			else
				float_to_shortest_decimal_buf(DatumGetFloat4(value), text);
			return text;
		case FLOAT8OID:
			double_to_shortest_decimal_buf(DatumGetFloat8(value), text);
			return text;
		case CASHOID:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   DirectFunctionCall1(cash_numeric,
																		   value)));
		case OIDOID:
			return psprintf("%u", DatumGetObjectId(value));
		default:
			return NULL;
	}
}

/* Does the type take more text than it keeps? */
static bool
cuts_text(Oid base)
{
	return base == NAMEOID || base == CHAROID;
}

/* '2020-02-29 10:00' is a date for date_in(). */
static bool
is_midnight(const char *text, Datum date)
{
	Datum moment;

	if (strpbrk(text, ":Tt") == NULL)
		return true;
	moment = DirectFunctionCall3(timestamp_in, CStringGetDatum(text),
								 ObjectIdGetDatum(InvalidOid),
								 Int32GetDatum(-1));
	return DatumGetBool(DirectFunctionCall2(timestamp_eq, moment,
											DirectFunctionCall1(date_timestamp,
																date)));
}

/*
 * is_whole
 *		Is the value still what the text says?
 *
 * Digits that a type modifier cuts off show when the text is read without it.
 */
static bool
is_whole(const DecodeContext *context, Conversion *conversion, char *text,
		 Datum value)
{
	const char *number = NULL;
	Datum free;

	if (conversion->kind == KIND_NUMBER)
		number = number_text(conversion, context->field->type == WIRE_DOUBLE,
							 value);

	if (number != NULL)
		return DatumGetBool(DirectFunctionCall2(numeric_eq,
												numeric_datum(number),
												numeric_datum(text)));
	if (cuts_text(conversion->base))
		return strcmp(OutputFunctionCall(&conversion->output, value),
					  text) == 0;
	if (conversion->base == DATEOID)
		return is_midnight(text, value);
	/* Trailing blanks of a char are no part of it. */
	if (conversion->base == BPCHAROID)
		return text[0] == '\0' || text[strlen(text) - 1] != ' ';
	if (conversion->cache == NULL)
		return true;
	free = InputFunctionCall(&conversion->input, text, conversion->parameter,
							 -1);
	return DatumGetBool(FunctionCall2Coll(&conversion->cache->eq_opr_finfo,
										  DEFAULT_COLLATION_OID, value, free));
}

static bool
not_whole(DecodeContext *context, const Conversion *conversion,
		  const char *text)
{
	int state = ERRCODE_STRING_DATA_RIGHT_TRUNCATION;

	if (is_about_time(conversion->base))
		state = ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
	else if (conversion->kind == KIND_NUMBER ||
			 conversion->base == NUMERICOID)
		state = ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	return mm_decode_fail(context, state,
						  "Give the column a type that holds it whole, or say with a rule \"using\" how it is to be cut.",
						  mm_error_clip(text, strlen(text)),
						  "value does not fit type %s",
						  format_type_with_typemod(context->local_type,
												   context->local_typmod));
}

bool
mm_input_whole(DecodeContext *context, char *text, Datum *datum)
{
	Conversion *conversion = conversion_of(context);
	const char *hint = refusal(conversion->kind, conversion->base);

	if (hint != NULL)
		return mm_decode_fail(context, ERRCODE_INVALID_DATETIME_FORMAT, hint,
							  text, "value has no meaning as type %s",
							  format_type_be(context->local_type));
	if (!mm_input_softly(context, text, datum))
		return false;
	return is_whole(context, conversion, text, *datum) ||
		   not_whole(context, conversion, text);
}

/* ---------------------------------------------------------------- the text */

/* '\x..' is what bytea's input wants; text goes through its own policies. */
static char *
input_text(DecodeContext *context, const WireValue *value)
{
	WireValue clean = *value;

	if (context->field->charset == WIRE_CHARSET_BINARY &&
		context->local_type == BYTEAOID)
	{
		char *text = palloc(value->len * 2 + 3);

		strcpy(text, "\\x");
		text[2 + hex_encode(value->bytes, value->len, text + 2)] = '\0';
		return text;
	}
	if (!mm_text_clean(context, &clean.bytes, &clean.len))
		return NULL;
	return mm_wire_text(context->field, &clean);
}

/* 5.00 is an integer; 1 and 0 are bits, and 10 is not two of them. */
static char *
fit_number(DecodeContext *context, const Conversion *conversion, char *text)
{
	Oid base = conversion->base;
	char *point = strchr(text, '.');

	if ((base == INT2OID || base == INT4OID || base == INT8OID) &&
		point != NULL && strspn(point + 1, "0") == strlen(point + 1))
		*point = '\0';
	if ((base == BITOID || base == VARBITOID) && strcmp(text, "0") != 0 &&
		strcmp(text, "1") != 0)
	{
		not_whole(context, conversion, text);
		return NULL;
	}
	return text;
}

bool
mm_decode_input(DecodeContext *context, const WireValue *value,
				Datum *datum, bool *isnull)
{
	Conversion *conversion = conversion_of(context);
	char *text;

	if (context->field->type == WIRE_BIT && context->local_type == BYTEAOID)
		return mm_decode_bytes(context, value, datum, isnull);
	if (conversion->kind == KIND_OTHER && context->local_type == BYTEAOID &&
		context->field->charset != WIRE_CHARSET_BINARY)
		return mm_decode_text_bytes(context, value, datum);
	if (conversion->kind == KIND_OTHER)
		text = input_text(context, value);
	else
		text = mm_wire_text(context->field, value);
	if (text != NULL && conversion->kind == KIND_NUMBER)
		text = fit_number(context, conversion, text);
	return text != NULL && mm_input_whole(context, text, datum);
}

bool
mm_type_takes(Oid type, int32 typmod, const char *text)
{
	DecodeError error;
	DecodeContext context = {0};
	Datum value;

	context.local_type = type;
	context.local_typmod = typmod;
	context.error = &error;
	context.state_context = CurrentMemoryContext;
	return mm_input_softly(&context, pstrdup(text), &value);
}
