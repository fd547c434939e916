/*
 * src/types/by_value.c
 *		Values that are compared as what they are here.
 */
#include "postgres.h"

#include "base/compat.h"
#include "fmgr.h"
#include "types/by_value.h"
#include "types/decode.h"
#include "types/row_decoder.h"
#include "utils/lsyscache.h"

struct ByValue
{
	ValueDecoder *decoder;
	FmgrInfo output;
};

ByValue *
mm_by_value_create(const ColumnType *type, const ValuePolicies *policies,
				   Oid local_type, int32 local_typmod, MemoryContext context)
{
	ByValue *column = MemoryContextAllocZero(context, sizeof(ByValue));
	Oid function;
	bool is_varlena;

	column->decoder = mm_value_decoder_create(type, policies, local_type,
											  local_typmod, context);
	getTypeOutputInfo(local_type, &function, &is_varlena);
	fmgr_info_cxt(function, &column->output, context);
	return column;
}

char *
mm_by_value_local(ByValue *column, Datum value)
{
	return OutputFunctionCall(&column->output, value);
}

char *
mm_by_value_remote(ByValue *column, const WireField *field,
				   const WireValue *value)
{
	DecodeError error;
	Datum datum;
	bool isnull;

	if (value->is_null)
		return NULL;
	/* The mark in front keeps it apart from a value that looks the same. */
	if (!mm_value_decode(column->decoder, field, value, &datum, &isnull,
						 &error))
		return psprintf("not here: %s", mm_wire_text(field, value));
	return isnull ? NULL : mm_by_value_local(column, datum);
}
