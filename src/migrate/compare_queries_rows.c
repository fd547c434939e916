/*
 * src/migrate/compare_queries_rows.c
 *		The rows of one query on both sides, reduced to sums that can be
 *		compared.
 *
 * Neither result is kept: each row becomes a text, each text two hashes, and
 * only their sums stay.  Equal multisets have equal sums; unequal ones have
 * them once in 2^128.
 *
 * The two servers give different types to the same expression: SUM of integers
 * is a DECIMAL there and a bigint here, AVG has four digits more than its
 * argument there and sixteen here.  So a column's text is made from a common
 * type: numbers as numeric, to the digits that MySQL shows; once a side is
 * floating point, twelve significant digits, since sums of such numbers depend
 * on the order of the rows.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "base/human.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "migrate/compare_queries_rows.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#define SEED_1 UINT64CONST(0x6d6967726174652d)
#define SEED_2 UINT64CONST(0x636f6d706172652d)

typedef enum CommonKind
{
	COMMON_NUMERIC,
	COMMON_FLOAT,
	COMMON_PADDED, /* bpchar: its padding has no meaning */
	COMMON_JSON,
	COMMON_OTHER /* by the output function */
} CommonKind;

typedef struct CommonColumn
{
	const char *name;
	CommonKind kind;
	Oid local_type; /* base type of the local result */
	Oid remote_as;	/* what the remote values are decoded into */
	int digits;		/* numeric: digits behind the point; -1: all */
	FmgrInfo local_output;
	FmgrInfo remote_output;
} CommonColumn;

struct QueryColumns
{
	int ncolumns;
	CommonColumn *columns;
	RowDecoder *decoder;
	Datum *values;
	bool *isnull;
	MemoryContext row_context;
	StringInfoData text;
};

/* ---------------------------------------------------------------- common types */

static bool
is_exact_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		   type == NUMERICOID || type == OIDOID;
}

static bool
is_float(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID;
}

static bool
is_remote_float(const WireField *field)
{
	return field->type == WIRE_FLOAT || field->type == WIRE_DOUBLE;
}

static bool
is_remote_decimal(const WireField *field)
{
	return field->type == WIRE_DECIMAL || field->type == WIRE_NEWDECIMAL;
}

static void
set_output(FmgrInfo *output, Oid type)
{
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(type, &function, &is_varlena);
	fmgr_info(function, output);
}

static void
choose_common(CommonColumn *column, Oid local, const WireField *field)
{
	column->name = pstrdup(field->name);
	column->local_type = column->remote_as = getBaseType(local);
	column->digits = -1;
	column->kind = COMMON_OTHER;
	if (is_float(column->local_type) ||
		(is_exact_number(column->local_type) && is_remote_float(field)))
	{
		column->kind = COMMON_FLOAT;
		column->remote_as = FLOAT8OID;
	}
	else if (is_exact_number(column->local_type))
	{
		column->kind = COMMON_NUMERIC;
		column->remote_as = NUMERICOID;
		if (is_remote_decimal(field))
			column->digits = (int) field->decimals;
	}
	else if (column->local_type == BPCHAROID)
	{
		column->kind = COMMON_PADDED;
		column->remote_as = TEXTOID;
	}
	else if (column->local_type == JSONOID || column->local_type == JSONBOID)
	{
		column->kind = COMMON_JSON;
		column->remote_as = JSONBOID;
	}
	/* Names, literals of unknown type: texts of another make. */
	else if (column->local_type == NAMEOID || column->local_type == UNKNOWNOID ||
			 column->local_type == CHAROID)
		column->remote_as = TEXTOID;
	set_output(&column->local_output, column->local_type);
	set_output(&column->remote_output, column->remote_as);
}

QueryColumns *
mm_query_columns_create(TupleDesc local, int nfields, const WireField *fields,
						const ValuePolicies *policies)
{
	QueryColumns *result = palloc0(sizeof(QueryColumns));
	DecodeTarget *targets = palloc0(sizeof(DecodeTarget) * nfields);
	TupleDesc common;

	if (local->natts != nfields)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the query has %d columns here and %d in MySQL",
						local->natts, nfields),
				 errhint("Name the columns instead of selecting *.")));
	result->ncolumns = nfields;
	result->columns = palloc0(sizeof(CommonColumn) * nfields);
	common = CreateTemplateTupleDesc(nfields);
	for (int i = 0; i < nfields; i++)
	{
		CommonColumn *column = &result->columns[i];

		choose_common(column, TupleDescAttr(local, i)->atttypid, &fields[i]);
		TupleDescInitEntry(common, i + 1, column->name, column->remote_as, -1,
						   0);
		targets[i].attnum = i + 1;
		targets[i].name = column->name;
	}
	result->decoder = mm_row_decoder_create(common, nfields, targets, fields,
											policies, CurrentMemoryContext);
	result->values = palloc(sizeof(Datum) * nfields);
	result->isnull = palloc(sizeof(bool) * nfields);
	result->row_context = AllocSetContextCreate(CurrentMemoryContext,
												"compared row",
												ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&result->text);
	return result;
}

/* ---------------------------------------------------------------- texts */

static Datum
as_numeric(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DirectFunctionCall1(int2_numeric, value);
		case INT4OID:
			return DirectFunctionCall1(int4_numeric, value);
		case INT8OID:
			return DirectFunctionCall1(int8_numeric, value);
		case OIDOID:
			return DirectFunctionCall1(int8_numeric,
									   Int64GetDatum((int64) DatumGetObjectId(value)));
		default:
			return value;
	}
}

static void
append_numeric(StringInfo out, const CommonColumn *column, Datum value,
			   Oid type)
{
	Datum number = as_numeric(value, type);

	if (column->digits >= 0)
		number = DirectFunctionCall2(numeric_round, number,
									 Int32GetDatum(column->digits));
	appendStringInfoString(out, numeric_normalize(DatumGetNumeric(number)));
}

static double
as_double(Datum value, Oid type)
{
	if (type == FLOAT4OID)
		return (double) DatumGetFloat4(value);
	if (type == FLOAT8OID)
		return DatumGetFloat8(value);
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  as_numeric(value, type)));
}

/* Float4 has seven digits, whichever side it comes from. */
static void
append_float(StringInfo out, const CommonColumn *column, Datum value, Oid type)
{
	double number = as_double(value, type);

	if (number == 0)
		number = 0; /* no sign */
	appendStringInfo(out, "%.*g", column->local_type == FLOAT4OID ? 6 : 12,
					 number);
}

static void
append_json(StringInfo out, Datum value, Oid type)
{
	Datum json = value;

	if (type == JSONOID)
		json = DirectFunctionCall1(jsonb_in,
								   CStringGetDatum(TextDatumGetCString(value)));
	appendStringInfoString(out, DatumGetCString(DirectFunctionCall1(jsonb_out,
																	json)));
}

static void
append_value(StringInfo out, CommonColumn *column, Datum value, bool is_local)
{
	Oid type = is_local ? column->local_type : column->remote_as;
	FmgrInfo *output = is_local ? &column->local_output :
								  &column->remote_output;
	char *text;

	switch (column->kind)
	{
		case COMMON_NUMERIC:
			append_numeric(out, column, value, type);
			return;
		case COMMON_FLOAT:
			append_float(out, column, value, type);
			return;
		case COMMON_JSON:
			append_json(out, value, type);
			return;
		case COMMON_PADDED:
		case COMMON_OTHER:
			break;
	}
	text = OutputFunctionCall(output, value);
	if (column->kind == COMMON_PADDED)
	{
		int length = strlen(text);

		while (length > 0 && text[length - 1] == ' ')
			text[--length] = '\0';
	}
	appendStringInfoString(out, text);
}

/* ---------------------------------------------------------------- sums */

void
mm_query_sums_init(RowSums *sums, int ncolumns)
{
	memset(sums, 0, sizeof(*sums));
	sums->columns = palloc0(sizeof(uint64) * ncolumns);
}

static uint64
hash_text(const char *text, int length, uint64 seed)
{
	return DatumGetUInt64(hash_any_extended((const unsigned char *) text,
											length, seed));
}

/* A row's text: each value behind its length, NULL apart from every text. */
static void
add_row(QueryColumns *columns, RowSums *sums, const Datum *values,
		const bool *isnull, bool is_local)
{
	MemoryContext caller = MemoryContextSwitchTo(columns->row_context);
	StringInfo row = &columns->text;
	uint64 hash;

	resetStringInfo(row);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		int start = row->len;

		if (isnull[i])
			appendStringInfoString(row, "N");
		else
		{
			appendStringInfoChar(row, 'V');
			append_value(row, &columns->columns[i], values[i], is_local);
		}
		sums->columns[i] += hash_text(row->data + start, row->len - start,
									  SEED_1);
		appendStringInfo(row, "#%d;", row->len - start);
	}
	hash = hash_text(row->data, row->len, SEED_1);
	sums->rows++;
	sums->sum1 += hash;
	sums->sum2 += hash_text(row->data, row->len, SEED_2);
	sums->chain = hash_combine64(sums->chain, hash);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(columns->row_context);
}

void
mm_query_add_local(QueryColumns *columns, RowSums *sums, const Datum *values,
				   const bool *isnull)
{
	add_row(columns, sums, values, isnull, true);
}

void
mm_query_add_remote(QueryColumns *columns, RowSums *sums, const WireRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(columns->row_context);
	DecodeError error;
	int column;

	if (!mm_row_decode(columns->decoder, row, columns->values,
					   columns->isnull, &error, &column))
		mm_decode_error_raise(&error, "the result of the query",
							  columns->columns[column].name);
	MemoryContextSwitchTo(caller);
	add_row(columns, sums, columns->values, columns->isnull, false);
}

char *
mm_query_difference(const QueryColumns *columns, const RowSums *local,
					const RowSums *remote, bool is_ordered)
{
	StringInfoData names;

	if (local->rows != remote->rows)
		return psprintf(mm_plural(local->rows, UINT64_FORMAT " row here, " UINT64_FORMAT " in MySQL",
								  UINT64_FORMAT " rows here, " UINT64_FORMAT " in MySQL"),
						local->rows, remote->rows);
	if (local->sum1 == remote->sum1 && local->sum2 == remote->sum2)
	{
		if (!is_ordered || local->chain == remote->chain)
			return NULL;
		return pstrdup("the same rows in another order: ties in ORDER BY, NULLs, or the collation");
	}
	initStringInfo(&names);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		if (local->columns[i] != remote->columns[i])
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
							 columns->columns[i].name);
	}
	if (names.len == 0)
		return pstrdup("the same values in every column, combined to other rows");
	return psprintf("other values in %s", names.data);
}
