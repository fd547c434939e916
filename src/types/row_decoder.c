/*
 * src/types/row_decoder.c
 *		A WireRow into Datums: one decoder per column, chosen once.
 *
 * The local type decides.  Where the rule's own decoder can fill it, that one
 * runs; everything else goes through MySQL's text and the local type's input
 * function, which checks what has to be checked.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "types/decode.h"
#include "types/field_type.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

struct ValueDecoder
{
	DecodeContext context;
	DecodeWire decode;
	int attribute;	  /* index into values[] of a row */
	bool is_not_null; /* the local column */
};

struct RowDecoder
{
	int ncolumns;
	ValueDecoder *columns;
};

/* ---------------------------------------------------------------- choice */

static bool
is_text_type(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

static bool
is_integer_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* Can the rule's decoder fill a local column of this type? */
static bool
fits(DecodeWire decode, Oid local, int32 typmod)
{
	if (decode == mm_decode_integer)
		return is_integer_type(local) || local == BOOLOID ||
			   (local == NUMERICOID && typmod < 0) ||
			   (local == NUMERICOID &&
				((typmod - VARHDRSZ) & 0x7ff) == 0 &&
				(((typmod - VARHDRSZ) >> 16) & 0xffff) >= 20);
	if (decode == mm_decode_decimal)
		return local == NUMERICOID;
	if (decode == mm_decode_float)
		return local == FLOAT4OID || local == FLOAT8OID;
	if (decode == mm_decode_bit)
		return local == BOOLOID || is_integer_type(local) ||
			   local == BITOID || local == VARBITOID;
	/* These take any type. */
	if (decode == mm_decode_temporal || decode == mm_decode_geometry ||
		decode == mm_decode_vector)
		return true;
	if (decode == mm_decode_time)
		return local == TIMEOID || local == INTERVALOID;
	if (decode == mm_decode_text)
		return is_text_type(local);
	if (decode == mm_decode_bytes)
		return local == BYTEAOID || local == UUIDOID;
	if (decode == mm_decode_enum)
		return is_text_type(local) || type_is_enum(local);
	if (decode == mm_decode_set)
		return is_text_type(local) || type_is_array_domain(local);
	if (decode == mm_decode_json)
		return is_text_type(local) || local == JSONBOID || local == JSONOID;
	return false;
}

/*
 * What a value must be for this local column to hold it, where that is not
 * what its type says: JSON in a text column, or what the protocol shows as
 * strings and bytes.  Returns false where there is nothing to guess.
 */
static bool
guess_from_local(ColumnType *type, DecodeWire decode, Oid local)
{
	if (decode == mm_decode_text && (local == JSONBOID || local == JSONOID))
	{
		type->data_type = "json";
		type->is_json = true;
	}
	else if (decode == mm_decode_text && type_is_enum(local))
		type->data_type = "enum";
	else if (decode == mm_decode_bytes && local == FLOAT4ARRAYOID)
		type->data_type = "vector";
	else
		return false;
	return true;
}

/* ---------------------------------------------------------------- the decoder */

/*
 * The rule's own decoder where it can fill the local column, else that of the
 * type the local column suggests, else the local type's input function, which
 * also knows the checks of a domain.
 */
static void
choose_decoder(ValueDecoder *decoder)
{
	const ColumnType *type = decoder->context.type;
	Oid local = decoder->context.local_type;
	const TypeRule *rule = mm_type_rule(type);
	ColumnType *guess;

	decoder->decode = mm_decode_input;
	if (rule == NULL)
		return;
	if (fits(rule->decode_wire, local, decoder->context.local_typmod))
	{
		decoder->decode = rule->decode_wire;
		return;
	}
	guess = palloc(sizeof(ColumnType));
	*guess = *type;
	if (guess_from_local(guess, rule->decode_wire, local))
	{
		decoder->context.type = guess;
		decoder->decode = mm_type_rule(guess)->decode_wire;
	}
}

/* In the current memory context, which is also that of its state. */
static void
init_decoder(ValueDecoder *decoder, const ColumnType *type,
			 const ValuePolicies *policies, Oid local_type,
			 int32 local_typmod)
{
	decoder->context.type = type;
	decoder->context.policies = mm_type_policies(type, policies);
	decoder->context.local_type = local_type;
	decoder->context.local_typmod = local_typmod;
	decoder->context.state_context = CurrentMemoryContext;
	choose_decoder(decoder);
}

ValueDecoder *
mm_value_decoder_create(const ColumnType *type, const ValuePolicies *policies,
						Oid local_type, int32 local_typmod,
						MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	ValueDecoder *decoder = palloc0(sizeof(ValueDecoder));

	init_decoder(decoder, type, policies, local_type, local_typmod);
	MemoryContextSwitchTo(old);
	return decoder;
}

bool
mm_value_decode(ValueDecoder *decoder, const WireField *field,
				const WireValue *value, Datum *datum, bool *isnull,
				DecodeError *error)
{
	decoder->context.field = field;
	decoder->context.error = error;
	*isnull = false;
	return decoder->decode(&decoder->context, value, datum, isnull);
}

static void
init_column(ValueDecoder *column, TupleDesc desc, const DecodeTarget *target,
			const WireField *field, const ValuePolicies *policies)
{
	Form_pg_attribute attribute = TupleDescAttr(desc, target->attnum - 1);

	init_decoder(column, target->type ? target->type : mm_type_of_field(field),
				 target->policies ? target->policies : policies, attribute->atttypid, attribute->atttypmod);
	column->attribute = target->attnum - 1;
	column->is_not_null = attribute->attnotnull;
	column->context.field = field;
}

RowDecoder *
mm_row_decoder_create(TupleDesc desc, int ntargets,
					  const DecodeTarget *targets, const WireField *fields,
					  const ValuePolicies *policies, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RowDecoder *decoder = palloc0(sizeof(RowDecoder));

	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the database's encoding is %s, only UTF8 is supported",
						GetDatabaseEncodingName()),
				 errhint("Create a database with ENCODING 'UTF8'.")));
	decoder->ncolumns = ntargets;
	decoder->columns = palloc0(Max(ntargets, 1) * sizeof(ValueDecoder));
	for (int i = 0; i < ntargets; i++)
		init_column(&decoder->columns[i], desc, &targets[i], &fields[i],
					policies);
	MemoryContextSwitchTo(old);
	return decoder;
}

void
mm_row_decoder_will_raise(RowDecoder *decoder)
{
	for (int i = 0; i < decoder->ncolumns; i++)
		decoder->columns[i].context.raises = true;
}

/*
 * A policy made NULL of a value whose column cannot hold NULL, a zero date in
 * a key above all.  Refused here, where column and value are known.
 */
static bool
refuse_null(ValueDecoder *column, const WireValue *value)
{
	column->context.converted--;
	mm_decode_fail(&column->context, ERRCODE_NOT_NULL_VIOLATION,
				   "Choose another policy for this column, for example zero_date=-infinity, or drop NOT NULL.",
				   mm_wire_text(column->context.field, value),
				   "the value would become NULL, and the column is NOT NULL");
	return true;
}

bool
mm_row_decode(RowDecoder *decoder, const WireRow *row, Datum *values,
			  bool *isnull, DecodeError *error, int *column)
{
	for (int i = 0; i < decoder->ncolumns; i++)
	{
		ValueDecoder *target = &decoder->columns[i];
		const WireValue *value = &row->values[i];
		int n = target->attribute;

		isnull[n] = value->is_null;
		if (value->is_null)
			continue;
		target->context.error = error;
		if (!target->decode(&target->context, value, &values[n], &isnull[n]) ||
			(isnull[n] && target->is_not_null && refuse_null(target, value)))
		{
			*column = i;
			return false;
		}
	}
	return true;
}

uint64
mm_row_decoder_converted(const RowDecoder *decoder, int target)
{
	return decoder->columns[target].context.converted;
}

void
mm_decode_error_raise(const DecodeError *error, const char *table,
					  const char *column)
{
	ereport(ERROR,
			(errcode(error->sqlerrcode),
			 errmsg("column \"%s\" of MySQL table \"%s\": %s", column, table,
					error->message),
			 error->detail[0] ? errdetail("%s", error->detail) : 0,
			 error->hint[0] ? errhint("%s", error->hint) : 0));
}
