/*
 * src/types/row_sum.c
 *		Checksums over many rows: MySQL's half and the local one.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "types/canonical_text.h"
#include "types/crc32.h"
#include "types/row_sum.h"

/* 2^32 divided by the golden ratio; the product fits into 64 bits. */
#define FACTOR UINT64CONST(2654435761)

typedef struct SummedColumn
{
	const CanonicalColumn *canonical;
	CanonicalText append; /* the local half of its text */
	int n;				  /* in the arrays of values */
	bool is_plain;		  /* MySQL makes the text by itself, at less cost */
	bool never_null;	  /* as MySQL's value, the policies applied */
	bool null_is_zero;	  /* a local NULL is MySQL's zero date */
	bool is_open;		  /* its text may be anything */
	bool is_date;		  /* or a moment, and never NULL: its text has one form */
	bool has_border;	  /* a '#' in front */
	bool has_length;	  /* of all that are open, but for the last */
	int length;			  /* in the local row in hand */
} SummedColumn;

struct RowSum
{
	const ValuePolicies *policies;
	bool are_distinct;
	int ncolumns; /* those that are compared by their text */
	SummedColumn *columns;
	bool has_open;		 /* one of them */
	StringInfoData text; /* of the row in hand */
};

/* Only the zero date, and nothing else, becomes NULL; no date changes. */
static bool
has_plain_zero(const ValuePolicies *policies)
{
	return policies->zero_date == ZERO_DATE_NULL &&
		   policies->partial_date == PARTIAL_DATE_ERROR;
}

static bool
is_plain_number(const ColumnType *type)
{
	if (type->is_zerofill || strcmp(type->data_type, "year") == 0)
		return false; /* zeros in front */
	return mm_type_is_integer(type) || strcmp(type->data_type, "decimal") == 0;
}

/* Numbers and times need no CAST. */
static bool
is_plain(const CanonicalColumn *column, const ValuePolicies *policies)
{
	CanonicalText canonical = column->rule->canonical;

	return is_plain_number(column->type) || canonical == mm_canonical_time ||
		   (canonical == mm_canonical_temporal &&
			policies->partial_date != PARTIAL_DATE_FIRST &&
			policies->zero_date != ZERO_DATE_INFINITY);
}

/*
 * Ten characters, or nineteen, of digits and marks.  Nor may a text of this
 * side be another date with something behind it: a time, or a fraction.
 */
static bool
is_date(const SummedColumn *column)
{
	const CanonicalColumn *canonical = column->canonical;
	bool has_time = strcmp(canonical->type->data_type, "date") != 0;

	return canonical->rule->canonical == mm_canonical_temporal &&
		   column->is_plain && column->never_null &&
		   canonical->type->fraction <= 0 &&
		   has_time == (canonical->local_type != DATEOID);
}

static void
take_column(RowSum *rows, const CanonicalColumn *canonical)
{
	SummedColumn *column = &rows->columns[rows->ncolumns++];
	const ValuePolicies *policies = mm_type_policies(canonical->type,
													 rows->policies);

	column->canonical = canonical;
	column->append = mm_canonical_local(canonical);
	column->n = canonical->attnum - 1;
	column->null_is_zero =
		canonical->not_null &&
		canonical->rule->canonical == mm_canonical_temporal &&
		has_plain_zero(policies);
	column->never_null =
		canonical->not_null &&
		(column->null_is_zero ||
		 mm_type_null_date_question(canonical->type, policies) == NULL);
	column->is_open = mm_canonical_is_open(canonical);
	column->is_plain = is_plain(canonical, policies);
	column->is_date = is_date(column);
}

static bool
needs_border(const SummedColumn *before, const SummedColumn *column)
{
	if (before->is_open || column->is_open)
		return true;
	return !before->is_date && !column->is_date;
}

/*
 * Dates between the others, so that there are few borders: two less in a row of
 * four columns save MySQL a twentieth of the time (measured).
 */
static void
arrange(RowSum *rows)
{
	SummedColumn *columns = palloc(Max(rows->ncolumns, 1) *
								   sizeof(SummedColumn));
	int next[2] = {0, 0}; /* of the others, of the dates */
	int n = 0;

	while (n < rows->ncolumns)
	{
		for (int kind = 0; kind < 2; kind++)
		{
			while (next[kind] < rows->ncolumns &&
				   rows->columns[next[kind]].is_date != (kind == 1))
				next[kind]++;
			if (next[kind] < rows->ncolumns)
				columns[n++] = rows->columns[next[kind]++];
		}
	}
	for (int i = 1; i < n; i++)
		columns[i].has_border = needs_border(&columns[i - 1], &columns[i]);
	pfree(rows->columns);
	rows->columns = columns;
}

RowSum *
mm_row_sum_create(int ncolumns, const CanonicalColumn *columns,
				  const ValuePolicies *policies, bool are_distinct)
{
	RowSum *rows = palloc0(sizeof(RowSum));
	SummedColumn *last = NULL;

	rows->policies = policies;
	rows->are_distinct = are_distinct;
	rows->columns = palloc0(Max(ncolumns, 1) * sizeof(SummedColumn));
	initStringInfo(&rows->text);
	for (int i = 0; i < ncolumns; i++)
	{
		if (columns[i].by_value == NULL)
			take_column(rows, &columns[i]);
	}
	arrange(rows);
	for (int i = 0; i < rows->ncolumns; i++)
	{
		rows->columns[i].has_length = rows->columns[i].is_open;
		if (rows->columns[i].is_open)
			last = &rows->columns[i];
	}
	/* What the other lengths leave over is its own. */
	rows->has_open = last != NULL;
	if (last != NULL)
		last->has_length = false;
	return rows;
}

/* ---------------------------------------------------------------- remote */

static char *
text_of(const RowSum *rows, const SummedColumn *column, const char *value)
{
	if (column->is_plain)
		return pstrdup(value);
	return mm_canonical_remote_value_text(column->canonical, rows->policies,
										  value);
}

static void
append_column(const RowSum *rows, const SummedColumn *column, StringInfo texts,
			  StringInfo lengths)
{
	char *value = column->never_null ?
					  mm_quote_remote_ident(column->canonical->remote_name) :
					  mm_canonical_remote_value(column->canonical,
												rows->policies);
	char *text = text_of(rows, column, value);

	if (texts->len > 0)
		appendStringInfoString(texts, column->has_border ? ", '#', " : ", ");
	appendStringInfo(texts, column->never_null ? "%s" : "IFNULL(%s, '%s')",
					 text, column->is_open ? "" : "N");
	if (column->has_length)
		appendStringInfo(lengths,
						 column->never_null ? ", '#', LENGTH(%s)" :
											  ", '#', IFNULL(LENGTH(%s), 'N')",
						 text);
	else if (column->is_open && !column->never_null)
		appendStringInfo(lengths, ", '#', IF(%s IS NULL, 'N', '')", value);
}

static char *
remote_text(const RowSum *rows)
{
	StringInfoData texts;
	StringInfoData lengths;

	initStringInfo(&texts);
	initStringInfo(&lengths);
	for (int i = 0; i < rows->ncolumns; i++)
		append_column(rows, &rows->columns[i], &texts, &lengths);
	if (rows->ncolumns == 0)
		appendStringInfoString(&texts, "''");
	return psprintf("CONCAT(%s%s)", texts.data, lengths.data);
}

char *
mm_row_sum_remote(const RowSum *rows)
{
	char *text = remote_text(rows);

	if (rows->are_distinct)
		return psprintf("CAST(BIT_XOR(CRC32(%s) * " UINT64_FORMAT ") AS CHAR)",
						text, FACTOR);
	return psprintf("CAST(SUM(CRC32(HEX(CRC32(%s)))) AS CHAR)", text);
}

/* ---------------------------------------------------------------- local */

bool
mm_row_sum_is_xor(const RowSum *rows)
{
	return rows->are_distinct;
}

/* MySQL's text of the zero date. */
static void
append_zero_date(StringInfo out, const ColumnType *type)
{
	appendStringInfoString(out, "0000-00-00");
	if (strcmp(type->data_type, "date") == 0)
		return;
	appendStringInfoString(out, " 00:00:00");
	if (type->fraction > 0)
		appendStringInfo(out, ".%.*s", type->fraction, "000000");
}

/*
 * NULL where MySQL has none must not look like any value; 0xFF is no byte of
 * UTF-8, so of no text of MySQL's.
 */
static void
append_null(StringInfo out, const SummedColumn *column)
{
	if (column->null_is_zero)
		append_zero_date(out, column->canonical->type);
	else if (!column->is_open)
		appendStringInfoChar(out, 'N');
	else if (column->never_null)
		appendStringInfoChar(out, '\xFF');
}

static void
append_row(RowSum *rows, const Datum *values, const bool *isnull)
{
	StringInfo out = &rows->text;

	resetStringInfo(out);
	for (int i = 0; i < rows->ncolumns; i++)
	{
		SummedColumn *column = &rows->columns[i];
		const CanonicalColumn *canonical = column->canonical;
		int begin;

		if (column->has_border)
			appendStringInfoCharMacro(out, '#');
		begin = out->len;
		if (isnull[column->n])
			append_null(out, column);
		else
			column->append(out, values[column->n], canonical->local_type,
						   canonical->type);
		column->length = out->len - begin;
	}
}

/* What follows the texts: of columns that are open. */
static void
append_lengths(RowSum *rows, const bool *isnull)
{
	StringInfo out = &rows->text;

	for (int i = 0; i < rows->ncolumns; i++)
	{
		const SummedColumn *column = &rows->columns[i];

		if (!column->is_open || (column->never_null && !column->has_length))
			continue;
		appendStringInfoCharMacro(out, '#');
		if (isnull[column->n] && !column->never_null)
			appendStringInfoCharMacro(out, 'N');
		else if (column->has_length)
			appendStringInfo(out, "%d", column->length);
	}
}

/* CRC32(HEX(crc)) */
static uint32
crc_of_hex(uint32 crc)
{
	static const char digits[] = "0123456789ABCDEF";
	char hex[8];
	int begin = sizeof(hex);

	do
	{
		hex[--begin] = digits[crc & 15];
		crc >>= 4;
	} while (crc != 0);
	return mm_crc32(hex + begin, sizeof(hex) - begin);
}

void
mm_row_sum_add(RowSum *rows, uint64 *sum, const Datum *values,
			   const bool *isnull)
{
	uint32 crc;

	append_row(rows, values, isnull);
	if (rows->has_open)
		append_lengths(rows, isnull);
	crc = mm_crc32(rows->text.data, rows->text.len);
	if (rows->are_distinct)
		*sum ^= crc * FACTOR;
	else
		*sum += crc_of_hex(crc);
}
