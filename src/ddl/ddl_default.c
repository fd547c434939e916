/*
 * src/ddl/ddl_default.c
 *		Defaults of columns.
 *
 * The remote catalog gives a bare value (MySQL) or an expression (MariaDB, and
 * MySQL 8 for what is no constant).
 */
#include "postgres.h"

#include "ddl/ddl_internal.h"

/* current_timestamp, current_timestamp(), CURRENT_TIMESTAMP(6), now() */
static bool
is_now(const char *text, int *fraction)
{
	static const char *const names[] = {
		"current_timestamp",
		"now",
		"localtimestamp",
		"localtime",
		NULL,
	};

	*fraction = 0;
	for (int i = 0; names[i] != NULL; i++)
	{
		Size len = strlen(names[i]);
		const char *rest = text + len;

		if (pg_strncasecmp(text, names[i], len) != 0)
			continue;
		if (*rest == '\0')
			return strcmp(names[i], "now") != 0;
		if (strcmp(rest, "()") == 0)
			return true;
		if (rest[0] == '(' && rest[1] >= '0' && rest[1] <= '6' &&
			strcmp(rest + 2, ")") == 0)
		{
			*fraction = rest[1] - '0';
			return true;
		}
	}
	return false;
}

static bool
is_temporal_with_date(LocalKind kind)
{
	return kind == KIND_TIMESTAMP || kind == KIND_TIMESTAMPTZ ||
		   kind == KIND_DATE;
}

const char *
mm_ddl_literal(const ExprNode *node, const char **hex)
{
	bool is_minus = false;
	uint64 value;

	*hex = NULL;
	if (node != NULL && node->kind == EXPR_UNARY &&
		strcmp(node->text, "-") == 0)
	{
		is_minus = true;
		node = linitial(node->args);
	}
	if (node == NULL)
		return NULL;
	switch (node->kind)
	{
		case EXPR_NUMBER:
			return is_minus ? psprintf("-%s", node->text) : node->text;
		case EXPR_STRING:
		case EXPR_TEMPORAL:
			*hex = node->hex;
			return is_minus ? NULL : node->text;
		case EXPR_BOOLEAN:
			return is_minus ? NULL : node->text[0] == 't' ? "1" :
															"0";
		case EXPR_HEX:
			*hex = node->text;
			return is_minus ? NULL : "";
		case EXPR_BITS:
			if (is_minus || !mm_ddl_bits_value(node->text, 2, &value))
				return NULL;
			return psprintf(UINT64_FORMAT, value);
		default:
			return NULL;
	}
}

/* The same of a default's text. */
static const char *
literal_text(const char *expression, const char **hex)
{
	const char *error;

	return mm_ddl_literal(mm_expr_parse(expression, &error), hex);
}

static bool
is_null_text(const char *text)
{
	return pg_strcasecmp(text, "NULL") == 0;
}

/* A default MySQL 8 shows bare: b'0' of a bit column, 0x.. of a binary one. */
static const char *
bare_text(const RemoteColumn *column, const char **hex)
{
	const char *text = column->default_text;

	*hex = NULL;
	if (strcmp(column->type.data_type, "bit") == 0 &&
		(text[0] == 'b' || text[0] == 'B') && text[1] == '\'')
		return literal_text(text, hex);
	if (strncmp(text, "0x", 2) == 0 &&
		(strstr(column->type.data_type, "binary") != NULL ||
		 strcmp(column->type.data_type, "bit") == 0))
	{
		const char *literal = literal_text(text, hex);

		return literal != NULL ? literal : text;
	}
	return text;
}

bool
mm_ddl_default_is_zero_date(const RemoteColumn *column)
{
	const char *hex;
	const char *text;

	if (column->default_text == NULL ||
		!is_temporal_with_date(mm_ddl_kind(column)))
		return false;
	text = column->default_is_expression ?
			   literal_text(column->default_text, &hex) :
			   column->default_text;
	return text != NULL && (mm_ddl_is_zero_date(text) || strcmp(text, "0") == 0);
}

static void
note_default(const RemoteTable *table, const RemoteColumn *column,
			 const char *why, NoteList *notes)
{
	mm_ddl_note(notes, NOTE_NOTE, table, column->name, "default not made", why,
				psprintf("Set another default with ALTER TABLE %s ALTER COLUMN "
						 "%s SET DEFAULT ..., or let the application give the "
						 "value.",
						 mm_ddl_final_name(table),
						 mm_quote_local_name(NULL, column->local_name)),
				column->default_text);
}

/* An expression: translated, for constants and functions alone. */
static char *
expression_default(const RemoteSchema *schema, const DdlOptions *options,
				   const RemoteTable *table, const RemoteColumn *column,
				   NoteList *notes)
{
	ExprResult *result = mm_expr_value(schema, options, table, column,
									   column->default_text);

	if (result->sql == NULL)
		note_default(table, column, result->reason, notes);
	else if (result->uses_columns)
		note_default(table, column,
					 "A default cannot name other columns in PostgreSQL.",
					 notes);
	else
		return result->sql;
	return NULL;
}

char *
mm_ddl_default(const RemoteSchema *schema, const DdlOptions *options,
			   const RemoteTable *table, const RemoteColumn *column,
			   NoteList *notes)
{
	const char *text = column->default_text;
	const char *hex = NULL;
	const char *why = NULL;
	LocalKind kind = mm_ddl_kind(column);
	char *sql;
	int fraction;

	if (text == NULL || column->is_auto_increment)
		return NULL;
	if (column->default_is_expression && is_null_text(text))
		return NULL;
	if (column->transform != NULL)
	{
		note_default(table, column,
					 "A rule computes the column's values from MySQL's.",
					 notes);
		return NULL;
	}
	if (is_now(text, &fraction) && is_temporal_with_date(kind))
	{
		if (kind == KIND_DATE)
			return pstrdup("CURRENT_DATE");
		return fraction > 0 ? psprintf("CURRENT_TIMESTAMP(%d)", fraction) :
							  pstrdup("CURRENT_TIMESTAMP");
	}
	if (column->default_is_expression)
	{
		text = literal_text(column->default_text, &hex);
		if (text == NULL)
			return expression_default(schema, options, table, column, notes);
	}
	else
		text = bare_text(column, &hex);

	if (strcmp(text, "0") == 0 && is_temporal_with_date(kind))
		text = "0000-00-00";
	sql = text == NULL ? NULL :
						 mm_ddl_constant(column, text, hex, options, &why);
	if (sql == NULL)
		note_default(table, column, why, notes);
	return sql;
}
