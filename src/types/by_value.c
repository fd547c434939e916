/*
 * src/types/by_value.c
 *		Values that are compared as what they are here.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "fmgr.h"
#include "types/by_value.h"
#include "types/decode.h"
#include "types/row_decoder.h"
#include "utils/lsyscache.h"

struct ByValue
{
	ValueDecoder *decoder; /* NULL: computed, by the next four */
	const char *select;
	int nfields;
	ComputedText text;
	void *state;
	FmgrInfo output;
};

static ByValue *
create(Oid local_type, MemoryContext context)
{
	ByValue *column = MemoryContextAllocZero(context, sizeof(ByValue));
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(local_type, &function, &is_varlena);
	fmgr_info_cxt(function, &column->output, context);
	column->nfields = 1;
	return column;
}

ByValue *
mm_by_value_create(const ColumnType *type, const ValuePolicies *policies,
				   Oid local_type, int32 local_typmod, MemoryContext context)
{
	ByValue *column = create(local_type, context);

	column->decoder = mm_value_decoder_create(type, policies, local_type,
											  local_typmod, context);
	return column;
}

ByValue *
mm_by_value_computed(Oid local_type, const char *select, int nfields,
					 ComputedText text, void *state, MemoryContext context)
{
	ByValue *column = create(local_type, context);

	column->select = select;
	column->nfields = nfields;
	column->text = text;
	column->state = state;
	return column;
}

const char *
mm_by_value_select(const ByValue *column, const ColumnType *type,
				   const char *remote_name)
{
	return column->select != NULL ?
			   column->select :
			   mm_type_select(type, mm_quote_remote_ident(remote_name));
}

int
mm_by_value_nfields(const ByValue *column)
{
	return column->nfields;
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

	if (column->text != NULL)
		return column->text(column->state, field, value);
	if (value->is_null)
		return NULL;
	/* The mark in front keeps it apart from a value that looks the same. */
	if (!mm_value_decode(column->decoder, field, value, &datum, &isnull,
						 &error))
		return psprintf("not here: %s", mm_wire_text(field, value));
	return isnull ? NULL : mm_by_value_local(column, datum);
}
