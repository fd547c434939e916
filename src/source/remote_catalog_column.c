/*
 * src/source/remote_catalog_column.c
 *		information_schema.columns: types, defaults, generated columns.
 *
 * The two families tell a default differently.  MariaDB shows an SQL
 * expression ('abc' in quotes, NULL for "defaults to NULL"); MySQL shows the
 * bare value, and an expression only where EXTRA says DEFAULT_GENERATED.  Here
 * both become the same: the bare value wherever it is a constant.
 */
#include "postgres.h"

#include "base/ident.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "source/remote_catalog_internal.h"

/* The first %s: generation_expression, or '' before MySQL 5.7. */
static const char *const columns_query =
	"SELECT table_name AS relation, column_name AS name,"
	"       ordinal_position AS position,"
	"       REPLACE(column_default, CHAR(0 USING utf8mb4),"
	"               _utf8mb4 X'EFBFBD') AS default_text,"
	"       is_nullable AS nullable, LOWER(data_type) AS data_type,"
	"       column_type AS column_type,"
	"       character_maximum_length AS char_length,"
	"       numeric_precision AS num_precision, numeric_scale AS num_scale,"
	"       datetime_precision AS fraction, character_set_name AS charset,"
	"       collation_name AS collation, extra AS extra,"
	"       column_comment AS remark, %s AS generation"
	"  FROM information_schema.columns"
	" WHERE %s"
	" ORDER BY table_name, ordinal_position";

/* U+FFFD: what the query above shows for a byte 00, which ends a C string. */
#define NUL_SHOWN "\xef\xbf\xbd"

/*
 * The default of a binary column, or of one with characters of four bytes:
 * information_schema shows "?" for every byte that is no text, and for every
 * such character.  The join has one row, and no row of the table
 * is read.
 */
static const char *const binary_default_query =
	"SELECT %d AS n, HEX(%s(DEFAULT(t.%s)%s)) AS bytes"
	"  FROM (SELECT 1 AS one) AS d LEFT JOIN %s.%s AS t ON FALSE";

/* Such columns read by one statement. */
#define DEFAULTS_PER_QUERY 50

/*
 * unescaped_char
 *		What a backslash and this character stand for in a MySQL string.
 */
static char
unescaped_char(char c)
{
	switch (c)
	{
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'b':
			return '\b';
		case 'Z':
			return 0x1a;
		default:
			return c;
	}
}

/*
 * take_string
 *		The value of the quoted string that begins at *text; *text is moved
 *		behind it.  NULL when it does not end, or holds a byte 00.
 */
static char *
take_string(const char **text, bool backslashes)
{
	StringInfoData out;
	const char *p = *text + 1;

	initStringInfo(&out);
	for (; *p != '\0'; p++)
	{
		if (*p == '\'')
		{
			if (p[1] != '\'')
			{
				*text = p + 1;
				return out.data;
			}
			p++;
		}
		else if (*p == '\\' && backslashes && p[1] != '\0')
		{
			p++;
			if (*p == '0')
				return NULL;
			appendStringInfoChar(&out, unescaped_char(*p));
			continue;
		}
		appendStringInfoChar(&out, *p);
	}
	return NULL;
}

/*
 * decoded_once
 *		MySQL 8 takes the bytes of a constant in an expression for latin1 and
 *		encodes them once more.  That is undone where it gives UTF-8; names, which
 *		are shown as they are, hardly ever do.
 */
static char *
decoded_once(const char *text)
{
	StringInfoData out;
	StringInfoData run;

	initStringInfo(&out);
	initStringInfo(&run);
	while (*text != '\0')
	{
		const char *start = text;

		if (!IS_HIGHBIT_SET(*text))
		{
			appendStringInfoChar(&out, *text++);
			continue;
		}
		resetStringInfo(&run);
		/* U+0080 .. U+00FF, each a byte before */
		while ((unsigned char) text[0] == 0xc2 ||
			   (unsigned char) text[0] == 0xc3)
		{
			appendStringInfoChar(&run, (text[0] & 0x03) << 6 |
										   (text[1] & 0x3f));
			text += 2;
		}
		while (IS_HIGHBIT_SET(*text))
		{
			resetStringInfo(&run);
			text++;
		}
		if (run.len > 0 && pg_verify_mbstr(PG_UTF8, run.data, run.len, true))
			appendStringInfoString(&out, run.data);
		else
			appendBinaryStringInfo(&out, start, text - start);
	}
	return out.data;
}

/*
 * mm_catalog_unescape
 *		Text of an expression as MySQL 8 shows it: \' for ', \\ for \.
 */
char *
mm_catalog_unescape(const CatalogReader *reader, char *text)
{
	StringInfoData out;

	if (text == NULL || !reader->escapes_text)
		return text;
	text = decoded_once(text);
	if (strchr(text, '\\') == NULL)
		return text;

	initStringInfo(&out);
	for (const char *p = text; *p != '\0'; p++)
	{
		if (*p == '\\' && p[1] != '\0')
			appendStringInfoChar(&out, unescaped_char(*++p));
		else
			appendStringInfoChar(&out, *p);
	}
	return out.data;
}

/*
 * parse_labels
 *		The labels in "enum('a','it''s')"; a List of char *.
 */
static List *
parse_labels(const CatalogReader *reader, const char *relation,
			 const char *name, const char *column_type)
{
	const char *p = strchr(column_type, '(');
	List *labels = NIL;

	while (p != NULL && (*p == '(' || *p == ','))
	{
		char *label = NULL;

		p++;
		if (*p == '\'')
			label = take_string(&p, !reader->no_backslash);
		if (label == NULL)
			break;
		labels = lappend(labels, label);
	}
	if (p == NULL || *p != ')')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("could not read the labels of remote column \"%s.%s\"",
						relation, name),
				 errdetail("The server describes its type as \"%s\".",
						   column_type)));
	return labels;
}

/*
 * is_number
 *		A plain decimal or floating-point constant?
 */
static bool
is_number(const char *text)
{
	const char *p = text;
	const char *digits;

	if (*p == '+' || *p == '-')
		p++;
	digits = p;
	p += strspn(p, "0123456789");
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (p == digits || (p == digits + 1 && *digits == '.'))
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (strspn(p, "0123456789") == 0)
			return false;
		p += strspn(p, "0123456789");
	}
	return *p == '\0';
}

static bool
starts_with(const char *text, const char *prefix)
{
	return pg_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * mariadb_default
 *		COLUMN_DEFAULT is an expression; constants are taken out of it.
 */
static void
mariadb_default(const CatalogReader *reader, RemoteColumn *column, char *text)
{
	if (pg_strcasecmp(text, "NULL") == 0)
		return;

	column->default_text = text;
	column->default_is_expression = true;
	if (text[0] == '\'')
	{
		const char *end = text;
		char *value = take_string(&end, !reader->no_backslash);

		/* Else an expression that begins with a string. */
		if (value != NULL && *end == '\0')
		{
			column->default_text = value;
			column->default_is_expression = false;
		}
	}
	else if (is_number(text))
		column->default_is_expression = false;
}

/*
 * mysql_default
 *		COLUMN_DEFAULT is the bare value, unless EXTRA or the type says else.
 */
static void
mysql_default(const CatalogReader *reader, RemoteColumn *column, char *text,
			  const char *extra)
{
	const char *type = column->type.data_type;
	bool is_temporal = strcmp(type, "datetime") == 0 ||
					   strcmp(type, "timestamp") == 0;

	column->default_text = text;
	if (strstr(extra, "default_generated") != NULL)
	{
		column->default_is_expression = true;
		column->default_text = mm_catalog_unescape(reader, text);
	}
	else if (is_temporal && starts_with(text, "CURRENT_TIMESTAMP"))
		column->default_is_expression = true;
	else if (strcmp(type, "bit") == 0 && starts_with(text, "b'"))
		column->default_is_expression = true;
	else if (reader->escapes_text && starts_with(text, "0x") &&
			 (strcmp(type, "binary") == 0 || strcmp(type, "varbinary") == 0))
		column->default_is_expression = true; /* since 8.0: hex digits */
}

/*
 * parse_extra
 *		EXTRA, in lower case: a list of words without a grammar.
 */
static void
parse_extra(RemoteColumn *column, const char *extra)
{
	column->is_auto_increment = strstr(extra, "auto_increment") != NULL;
	column->is_invisible = strstr(extra, "invisible") != NULL;
	column->is_stored = strstr(extra, "stored generated") != NULL ||
						strstr(extra, "persistent") != NULL;

	/* MySQL 5.6 leaves the precision out; it is always the column's own. */
	if (strstr(extra, "on update current_timestamp") != NULL)
	{
		column->on_update_now = true;
		column->on_update_fraction = column->type.fraction;
	}
}

/*
 * parse_type
 *		What COLUMN_TYPE knows and the other columns do not.
 */
static void
parse_type(const CatalogReader *reader, const char *relation,
		   const char *name, ColumnType *type)
{
	const char *paren = strchr(type->column_type, '(');

	type->display_width = -1;
	if (strcmp(type->data_type, "enum") == 0 ||
		strcmp(type->data_type, "set") == 0)
	{
		type->labels = parse_labels(reader, relation, name, type->column_type);
		return;
	}
	type->is_unsigned = strstr(type->column_type, " unsigned") != NULL;
	type->is_zerofill = strstr(type->column_type, " zerofill") != NULL;
	if (paren != NULL && (strstr(type->data_type, "int") != NULL ||
						  strcmp(type->data_type, "bit") == 0 ||
						  strcmp(type->data_type, "year") == 0))
		type->display_width = atoi(paren + 1);
}

static void
build_type(const CatalogReader *reader, const WireResult *result,
		   const WireRow *row, const char *relation, RemoteColumn *column)
{
	ColumnType *type = &column->type;

	type->data_type = mm_result_text(result, row, 5);
	type->column_type = mm_result_text(result, row, 6);
	type->char_length = row->values[7].is_null ? -1 :
												 mm_result_int64(result, row, 7);
	type->precision = mm_result_int64(result, row, 8);
	type->scale = mm_result_int64(result, row, 9);
	type->fraction = mm_result_int64(result, row, 10);
	type->charset = mm_catalog_text(result, row, 11);
	type->collation = mm_catalog_text(result, row, 12);
	type->is_json = strcmp(type->data_type, "json") == 0;
	type->decision = DECISION_NARROW;
	parse_type(reader, relation, column->name, type);
}

/* A column whose default must be asked for by itself. */
typedef struct BinaryDefault
{
	RemoteTable *table;
	RemoteColumn *column;
} BinaryDefault;

static bool
is_binary(const RemoteColumn *column)
{
	const char *type = column->type.data_type;

	return strcmp(type, "binary") == 0 || strcmp(type, "varbinary") == 0 ||
		   strstr(type, "blob") != NULL;
}

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* What HEX() shows, as text; NULL: a byte 00 is in it. */
static char *
text_of_hex(const char *hex)
{
	Size length = strlen(hex) / 2;
	char *text = palloc(length + 1);

	for (Size i = 0; i < length; i++)
	{
		text[i] = hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]);
		if (text[i] == '\0')
			return NULL;
	}
	text[length] = '\0';
	return text;
}

static void
take_binary_default(CatalogReader *reader, const WireResult *result,
					const WireRow *row)
{
	BinaryDefault *item = list_nth(reader->binary_defaults,
								   mm_result_int64(result, row, 0));
	char *hex = mm_result_text(result, row, 1);

	if (hex == NULL)
		return;
	item->column->default_text = is_binary(item->column) ? NULL :
														   text_of_hex(hex);
	item->column->default_is_expression = item->column->default_text == NULL;
	if (item->column->default_is_expression)
		item->column->default_text = psprintf("X'%s'", hex);
}

static void
read_binary_defaults(CatalogReader *reader)
{
	int count = list_length(reader->binary_defaults);

	for (int first = 0; first < count; first += DEFAULTS_PER_QUERY)
	{
		StringInfoData sql;

		initStringInfo(&sql);
		for (int i = first; i < Min(first + DEFAULTS_PER_QUERY, count); i++)
		{
			BinaryDefault *item = list_nth(reader->binary_defaults, i);

			if (i > first)
				appendStringInfoString(&sql, " UNION ALL ");
			appendStringInfo(&sql, binary_default_query, i,
							 is_binary(item->column) ? "" : "CONVERT",
							 mm_quote_remote_ident(item->column->name),
							 is_binary(item->column) ? "" : " USING utf8mb4",
							 mm_quote_remote_ident(item->table->schema),
							 mm_quote_remote_ident(item->table->name));
		}
		mm_catalog_each_row(reader, sql.data, take_binary_default);
	}
}

static void
take_column(CatalogReader *reader, const WireResult *result,
			const WireRow *row)
{
	char *relation_name = mm_result_text(result, row, 0);
	CatalogRelation *relation = mm_catalog_relation(reader, relation_name);
	RemoteColumn *column;
	char *default_text;
	char *extra;

	if (relation == NULL ||
		(relation->table == NULL && relation->view == NULL))
		return;

	column = palloc0(sizeof(RemoteColumn));
	column->name = mm_result_text(result, row, 1);
	column->position = mm_result_int64(result, row, 2);
	column->not_null = pg_strcasecmp(mm_result_text(result, row, 4), "NO") == 0;
	column->comment = mm_catalog_comment(result, row, 14);
	build_type(reader, result, row, relation_name, column);

	extra = mm_result_text(result, row, 13);
	if (extra == NULL)
		extra = pstrdup("");
	for (char *p = extra; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	parse_extra(column, extra);

	/*
	 * The period columns of a system-versioned table call themselves
	 * generated, but their values are data.
	 */
	column->generated = mm_catalog_unescape(reader,
											mm_catalog_text(result, row, 15));
	if (column->generated != NULL &&
		(pg_strcasecmp(column->generated, "ROW START") == 0 ||
		 pg_strcasecmp(column->generated, "ROW END") == 0))
	{
		column->generated = NULL;
		column->is_stored = false;
	}

	default_text = mm_result_text(result, row, 3);
	if (default_text != NULL && column->generated == NULL)
	{
		if (reader->is_mariadb)
			mariadb_default(reader, column, default_text);
		else
			mysql_default(reader, column, default_text, extra);
	}

	if (relation->table != NULL && column->default_text != NULL &&
		!column->default_is_expression &&
		(is_binary(column) || strstr(column->default_text, NUL_SHOWN) ||
		 strchr(column->default_text, '?') != NULL))
	{
		BinaryDefault *item = palloc(sizeof(BinaryDefault));

		item->table = relation->table;
		item->column = column;
		reader->binary_defaults = lappend(reader->binary_defaults, item);
	}
	if (relation->table != NULL)
		relation->table->columns = lappend(relation->table->columns, column);
	else
		relation->view->columns = lappend(relation->view->columns, column);
}

void
mm_catalog_read_columns(CatalogReader *reader)
{
	const char *generated = reader->features.generation_expression ?
								"generation_expression" :
								"''";

	mm_catalog_each_row(reader,
						psprintf(columns_query, generated,
								 mm_catalog_condition(reader, "table_schema",
													  "table_name")),
						take_column);
	read_binary_defaults(reader);
}
