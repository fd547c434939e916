/*
 * src/types/canonical.c
 *		The checksum text of a row, put together from its columns'.
 */
#include "postgres.h"

#include <zlib.h>

#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "types/canonical.h"
#include "utils/builtins.h"

uint32
mm_canonical_crc(const char *bytes, Size length)
{
	uLong crc = crc32(0L, Z_NULL, 0);

	/* zlib takes an int's worth at a time. */
	while (length > 0)
	{
		uInt part = (uInt) Min(length, (Size) 1 << 30);

		crc = crc32(crc, (const Bytef *) bytes, part);
		bytes += part;
		length -= part;
	}
	return (uint32) crc;
}

/*
 * mm_canonical_is_compared
 *		Does a column enter the checksum with its value?  jsonb enters only
 *		with "is NULL".
 */
bool
mm_canonical_is_compared(const CanonicalColumn *column, Oid local_type)
{
	return local_type != JSONBOID;
}

/* ---------------------------------------------------------------- remote */

/* The column as the policies left it: NULL where a zero date became NULL. */
static char *
remote_value(const CanonicalColumn *column, const ValuePolicies *policies)
{
	char *name = mm_quote_remote_ident(column->remote_name);
	const char *question = mm_type_zero_date_question(column->type);
	bool partial;

	policies = mm_type_policies(column->type, policies);
	partial = policies->partial_date == PARTIAL_DATE_NULL;
	if (question == NULL || policies->zero_date != ZERO_DATE_NULL)
		return name;
	/* Without the policy for them, partial dates are not here at all. */
	return psprintf("IF(%s, NULL, %s)",
					mm_type_expand(partial ? question : "%s = 0", name), name);
}

static bool
is_text_column(const ColumnType *type)
{
	return type->charset != NULL && strcmp(type->charset, "binary") != 0;
}

static char *
remote_text(const CanonicalColumn *column, const ValuePolicies *policies,
			const char *value)
{
	const TypeRule *rule = mm_type_rule(column->type);
	const char *format = rule ? rule->remote_canonical : "CAST(%s AS CHAR)";
	char *text;

	policies = mm_type_policies(column->type, policies);
	if (is_text_column(column->type) && policies->nul == BAD_TEXT_STRIP)
		value = psprintf("REPLACE(%s, CHAR(0), '')", value);
	else if (is_text_column(column->type) && policies->nul == BAD_TEXT_REPLACE)
		value = psprintf("REPLACE(%s, CHAR(0), _utf8mb4 X'EFBFBD')", value);
	text = mm_type_expand(format, value);
	if (mm_type_zero_date_question(column->type) != NULL &&
		policies->zero_date == ZERO_DATE_INFINITY)
		text = psprintf("IF(%s = 0, '-infinity', %s)", value, text);
	return text;
}

char *
mm_canonical_remote_column(const CanonicalColumn *column,
						   const ValuePolicies *policies)
{
	return remote_text(column, policies, remote_value(column, policies));
}

char *
mm_canonical_remote_text(int ncolumns, const CanonicalColumn *columns,
						 const ValuePolicies *policies)
{
	StringInfoData sql;
	StringInfoData nulls;

	initStringInfo(&sql);
	initStringInfo(&nulls);
	appendStringInfoString(&sql, "CONCAT_WS('#'");
	for (int i = 0; i < ncolumns; i++)
	{
		char *value = remote_value(&columns[i], policies);

		/* jsonb here: only whether it is NULL can be compared. */
		if (columns[i].is_null_only)
			appendStringInfoString(&sql, ", ''");
		else
			appendStringInfo(&sql, ", IFNULL(%s, '')",
							 remote_text(&columns[i], policies, value));
		appendStringInfo(&nulls, "%sISNULL(%s)", i > 0 ? ", " : "", value);
	}
	appendStringInfo(&sql, ", CONCAT(%s))", ncolumns > 0 ? nulls.data : "''");
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

void
mm_canonical_local_text(StringInfo out, TupleDesc desc, const Datum *values,
						const bool *isnull, int ncolumns,
						const CanonicalColumn *columns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		int n = columns[i].attnum - 1;
		const TypeRule *rule = mm_type_rule(columns[i].type);

		if (!isnull[n] && !columns[i].is_null_only && rule != NULL)
			rule->canonical(out, values[n], TupleDescAttr(desc, n)->atttypid,
							columns[i].type);
		appendStringInfoChar(out, '#');
	}
	for (int i = 0; i < ncolumns; i++)
		appendStringInfoChar(out, isnull[columns[i].attnum - 1] ? '1' : '0');
}
