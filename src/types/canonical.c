/*
 * src/types/canonical.c
 *		The checksum text of a row, put together from its columns'.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/digest.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "types/canonical.h"
#include "types/canonical_text.h"
#include "types/crc32.h"
#include "types/decode.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

uint32
mm_canonical_crc(const char *bytes, Size length)
{
	return mm_crc32(bytes, length);
}

static bool
is_string(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING && get_typtype(type) != TYPTYPE_DOMAIN;
}

/*
 * What each local half knows; InvalidOid ends the list.  Strings are known to
 * those whose text MySQL's own text is.
 */
static const struct
{
	CanonicalText canonical;
	bool strings;
	Oid types[8];
} known_types[] = {
	{mm_canonical_integer, true, {BOOLOID, INT2OID, INT4OID, INT8OID, NUMERICOID}},
	{mm_canonical_decimal, false, {NUMERICOID}},
	{mm_canonical_float, false, {FLOAT4OID, FLOAT8OID}},
	{mm_canonical_bit, true, {BOOLOID, INT2OID, INT4OID, INT8OID, BITOID, VARBITOID}},
	{mm_canonical_temporal, false, {DATEOID, TIMESTAMPOID, TIMESTAMPTZOID}},
	{mm_canonical_time, false, {TIMEOID, INTERVALOID}},
	{mm_canonical_text, true},
	{mm_canonical_sum, true, {BYTEAOID, UUIDOID}},
	{mm_canonical_set, true, {TEXTARRAYOID}},
	{mm_canonical_json, true, {JSONOID}},
	{mm_canonical_geometry, false, {BYTEAOID, POINTOID}},
	{mm_canonical_vector, false, {FLOAT4ARRAYOID}},
	{mm_canonical_inet, false, {INETOID, CIDROID}},
	{mm_canonical_uuid, false, {UUIDOID}},
	{mm_canonical_value, true},
};

bool
mm_canonical_is_known(const ColumnType *type, Oid local_type)
{
	const TypeRule *rule = mm_type_rule(type);

	/* Blanks at the end of a char(n) are not what MySQL has in a varchar. */
	if (local_type == BPCHAROID)
		return strcmp(type->data_type, "char") == 0;
	/* An enum knows its labels, and no other type has a text like it. */
	if (rule->decode_wire == mm_decode_enum && type_is_enum(local_type))
		return true;
	for (int i = 0; i < lengthof(known_types); i++)
	{
		if (known_types[i].canonical != rule->canonical)
			continue;
		for (const Oid *known = known_types[i].types; OidIsValid(*known); known++)
		{
			if (*known == local_type)
				return true;
		}
		return known_types[i].strings && is_string(local_type);
	}
	return false;
}

/* ---------------------------------------------------------------- borders */

/* What no value of these types ever holds is a '#'. */
static bool
is_closed_type(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case BITOID:
		case VARBITOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case UUIDOID:
		case INETOID:
		case CIDROID:
		case POINTOID:
		case FLOAT4ARRAYOID:
			return true;
		default:
			return false;
	}
}

/* Sums of large values are digits, whatever the values are. */
static bool
is_sum(const CanonicalColumn *column)
{
	return mm_canonical_by_digest(column->rule->canonical) !=
		   column->rule->canonical;
}

bool
mm_canonical_is_open(const CanonicalColumn *column)
{
	return column->by_value == NULL && !is_sum(column) &&
		   !is_closed_type(column->local_type);
}

/*
 * From the end of a row's text the lengths can be read, from its begin the
 * columns up to the last open one, and that one is what is left.
 */
void
mm_canonical_prepare(int ncolumns, CanonicalColumn *columns)
{
	int last = -1;

	for (int i = 0; i < ncolumns; i++)
	{
		columns[i].has_length = mm_canonical_is_open(&columns[i]);
		if (columns[i].has_length)
			last = i;
	}
	if (last >= 0)
		columns[last].has_length = false;
}

/* ---------------------------------------------------------------- remote */

/*
 * remote_format
 *		The type table writes CRC32(...); rows that are known by their SHA-256
 *		want that.
 */
static const char *
remote_format(const CanonicalColumn *column)
{
	static const char crc[] = "CRC32(";
	const char *format = mm_type_rule(column->type)->remote_canonical;
	const char *digest = strstr(format, crc);
	const char *argument;
	const char *end;
	int depth = 1;
	char *value;

	if (!column->by_digest || digest == NULL)
		return format;
	argument = digest + strlen(crc);
	for (end = argument; depth > 0; end++)
	{
		if (*end == '(')
			depth++;
		else if (*end == ')')
			depth--;
	}
	value = pnstrdup(argument, end - 1 - argument);
	return psprintf("%.*s" MM_DIGEST_REMOTE "%s", (int) (digest - format),
					format, value, end);
}

/* The column as the policies left it: NULL where a date became NULL. */
char *
mm_canonical_remote_value(const CanonicalColumn *column, const ValuePolicies *policies)
{
	char *name = mm_quote_remote_ident(column->remote_name);
	char *question;

	policies = mm_type_policies(column->type, policies);
	question = mm_type_null_date_question(column->type, policies);
	if (question == NULL)
		return name;
	return psprintf("IF(%s, NULL, %s)", mm_type_expand(question, name), name);
}

/* 2020-00-00 as 2020-01-01, the rest of the text as it is. */
#define FIRST_DATE                                             \
	"CONCAT(LEFT(%s, 5), GREATEST(SUBSTRING(%s, 6, 2), '01')," \
	" '-', GREATEST(SUBSTRING(%s, 9, 2), '01'), SUBSTRING(%s, 11))"

static char *
remote_moment(const ColumnType *type, const ValuePolicies *policies,
			  const char *value, char *text)
{
	if (policies->partial_date == PARTIAL_DATE_FIRST)
		text = mm_type_expand(FIRST_DATE, text);
	if (policies->zero_date == ZERO_DATE_INFINITY)
		text = psprintf("IF(%s, '-infinity', %s)",
						mm_type_expand(mm_type_is_zero_date(type), value),
						text);
	return text;
}

/*
 * UTF-8 that was stored as latin1 and encoded once more: taken back where both
 * steps lose nothing (see decode_twice in decode_text.c).
 */
#define LATIN1		 "CONVERT(%s USING latin1)"
#define LATIN1_BYTES "CAST(" LATIN1 " AS BINARY)"
#define DECODED		 "CONVERT(" LATIN1_BYTES " USING utf8mb4)"
#define DECODED_TWICE                                                   \
	"IF(CAST(CONVERT(" LATIN1 " USING utf8mb4) AS BINARY)"              \
	" = CAST(CONVERT(%s USING utf8mb4) AS BINARY)"                      \
	" AND CAST(" DECODED " AS BINARY) = " LATIN1_BYTES ", " DECODED "," \
	" CONVERT(%s USING utf8mb4))"

static char *
remote_characters(const ValuePolicies *policies, const char *value)
{
	char *text = psprintf("CONVERT(%s USING utf8mb4)", value);

	if (policies->encoding == BAD_TEXT_LATIN1)
		text = mm_type_expand(DECODED_TWICE, value);
	if (policies->nul == BAD_TEXT_STRIP)
		text = psprintf("REPLACE(%s COLLATE utf8mb4_bin, CHAR(0 USING utf8mb4), '')",
						text);
	else if (policies->nul == BAD_TEXT_REPLACE)
		text = psprintf("REPLACE(%s COLLATE utf8mb4_bin, CHAR(0 USING utf8mb4), _utf8mb4 X'EFBFBD')",
						text);
	return text;
}

/* Do the policies for text apply?  Labels of an enum are what they are. */
static bool
is_text_column(const ColumnType *type)
{
	return type->charset != NULL && strcmp(type->charset, "binary") != 0 &&
		   (strcmp(type->data_type, "enum") != 0 ||
			type->enum_mode != ENUM_AS_TYPE);
}

char *
mm_canonical_remote_value_text(const CanonicalColumn *column,
							   const ValuePolicies *policies,
							   const char *value)
{
	const ColumnType *type = column->type;
	const char *format = remote_format(column);

	policies = mm_type_policies(type, policies);
	if (is_text_column(type) && (policies->nul == BAD_TEXT_STRIP ||
								 policies->nul == BAD_TEXT_REPLACE ||
								 policies->encoding == BAD_TEXT_LATIN1))
		return mm_type_expand(format, remote_characters(policies, value));
	if (mm_type_zero_date_question(type) != NULL)
		return remote_moment(type, policies, value,
							 mm_type_expand(format, value));
	return mm_type_expand(format, value);
}

char *
mm_canonical_remote_column(const CanonicalColumn *column,
						   const ValuePolicies *policies)
{
	return mm_canonical_remote_value_text(column, policies,
										  mm_canonical_remote_value(column, policies));
}

char *
mm_canonical_remote_text(int ncolumns, const CanonicalColumn *columns,
						 const ValuePolicies *policies)
{
	StringInfoData sql;
	StringInfoData lengths;
	StringInfoData nulls;

	initStringInfo(&sql);
	initStringInfo(&lengths);
	initStringInfo(&nulls);
	appendStringInfoString(&sql, "CONCAT_WS('#'");
	for (int i = 0; i < ncolumns; i++)
	{
		char *value = mm_canonical_remote_value(&columns[i], policies);
		char *text;

		/* Not even whether it is NULL: that may be for a policy. */
		if (columns[i].by_value != NULL)
		{
			appendStringInfoString(&sql, ", ''");
			appendStringInfo(&nulls, "%s'-'", i > 0 ? ", " : "");
			continue;
		}
		text = mm_canonical_remote_value_text(&columns[i], policies, value);
		appendStringInfo(&sql, ", IFNULL(%s, '')", text);
		if (columns[i].has_length)
			appendStringInfo(&lengths, ", IFNULL(LENGTH(%s), 0)", text);
		appendStringInfo(&nulls, "%sISNULL(%s)", i > 0 ? ", " : "", value);
	}
	appendStringInfo(&sql, "%s, CONCAT(%s))", lengths.data,
					 ncolumns > 0 ? nulls.data : "''");
	return sql.data;
}

char *
mm_canonical_remote_crc(int ncolumns, const CanonicalColumn *columns,
						const ValuePolicies *policies)
{
	return psprintf("CRC32(%s)",
					mm_canonical_remote_text(ncolumns, columns, policies));
}

/* ---------------------------------------------------------------- local */

CanonicalText
mm_canonical_local(const CanonicalColumn *column)
{
	CanonicalText canonical = column->rule->canonical;

	if (column->by_digest)
		canonical = mm_canonical_by_digest(canonical);
	return mm_canonical_of_type(canonical, column->local_type);
}

static void
append_local(StringInfo out, Datum value, const CanonicalColumn *column)
{
	mm_canonical_local(column)(out, value, column->local_type, column->type);
}

/* ---------------------------------------------------------------- excerpts */

bool
mm_canonical_is_bytes(const ColumnType *type)
{
	return !type->is_json &&
		   (type->charset == NULL || strcmp(type->charset, "binary") == 0);
}

/* As mm_canonical_excerpt makes it. */
char *
mm_canonical_remote_shown(const CanonicalColumn *column,
						  const ValuePolicies *policies)
{
	char *value = mm_quote_remote_ident(column->remote_name);

	if (column->rule->canonical != mm_canonical_sum &&
		column->rule->canonical != mm_canonical_json)
		return mm_canonical_remote_column(column, policies);
	if (mm_canonical_is_bytes(column->type))
		return psprintf("IF(LENGTH(%s) <= %d, HEX(%s), CONCAT(HEX(LEFT(%s, %d)),"
						" '... (', LENGTH(%s), ' bytes, SHA-256 ', " MM_DIGEST_REMOTE ", ')'))",
						value, CANONICAL_SHOWN_BYTES, value, value,
						CANONICAL_EXCERPT, value, value);
	value = remote_characters(mm_type_policies(column->type, policies), value);
	return psprintf("IF(LENGTH(%s) <= %d, %s, CONCAT(LEFT(%s, %d),"
					" '... (', LENGTH(%s), ' bytes, SHA-256 ', " MM_DIGEST_REMOTE ", ')'))",
					value, CANONICAL_SHOWN_TEXT, value, value,
					CANONICAL_EXCERPT, value, value);
}

char *
mm_canonical_local_shown(Datum value, const CanonicalColumn *column)
{
	StringInfoData text;

	initStringInfo(&text);
	if (column->rule->canonical == mm_canonical_sum ||
		column->rule->canonical == mm_canonical_json)
		mm_canonical_excerpt(&text, value, column->local_type, column->type);
	else
		append_local(&text, value, column);
	return mm_canonical_shown(column->type, text.data);
}

/* ---------------------------------------------------------------- local rows */

static char
null_flag(const CanonicalColumn *column, bool isnull)
{
	if (column->by_value != NULL)
		return '-';
	return isnull ? '1' : '0';
}

void
mm_canonical_local_text(StringInfo out, const Datum *values,
						const bool *isnull, int ncolumns,
						const CanonicalColumn *columns)
{
	StringInfoData lengths;

	lengths.data = NULL;
	for (int i = 0; i < ncolumns; i++)
	{
		int n = columns[i].attnum - 1;
		int begin = out->len;

		if (columns[i].by_value == NULL && !isnull[n])
			append_local(out, values[n], &columns[i]);
		if (columns[i].has_length)
		{
			if (lengths.data == NULL)
				initStringInfo(&lengths);
			appendStringInfo(&lengths, "%d#", out->len - begin);
		}
		appendStringInfoCharMacro(out, '#');
	}
	if (lengths.data != NULL)
		appendBinaryStringInfo(out, lengths.data, lengths.len);
	for (int i = 0; i < ncolumns; i++)
	{
		char flag = null_flag(&columns[i], isnull[columns[i].attnum - 1]);

		appendStringInfoCharMacro(out, flag);
	}
}
