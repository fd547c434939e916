/*
 * src/load/chunk_key.c
 *		The keys that a table can be walked by, and their values as literals.
 *
 * A bound is the list of its key values as MySQL literals, separated by line
 * feeds (no literal holds one: text and bytes are hexadecimal).  Literals have
 * a lower coercibility than columns, so that a comparison follows the column's
 * own collation (manual: "Collation Coercibility in Expressions"); ORDER BY
 * does too, and so the ranges fit together whatever the collation is.
 */
#include "postgres.h"

#include "base/ident.h"
#include "load/chunk_internal.h"
#include "mb/pg_wchar.h"

#define BOUND_SEPARATOR '\n'

/*
 * An index on labels serves equality only: a range of them is the list of its
 * numbers.  Beyond so many they are compared as numbers, which no index helps.
 */
#define MAX_LABEL_LIST 1024

/* ---------------------------------------------------------------- middles */

/* Halves first: the sum of two numbers may be out of range. */
static char *
middle_of_integers(const RemoteColumn *column, const char *low,
				   const char *high)
{
	return psprintf("FLOOR(%s / 2 + %s / 2)", low, high);
}

static char *
middle_of_numbers(const RemoteColumn *column, const char *low,
				  const char *high)
{
	return psprintf("(%s / 2 + %s / 2)", low, high);
}

static char *
middle_of_dates(const RemoteColumn *column, const char *low, const char *high)
{
	return psprintf("DATE_ADD(%s, INTERVAL DATEDIFF(%s, %s) DIV 2 DAY)", low,
					high, low);
}

static char *
middle_of_moments(const RemoteColumn *column, const char *low,
				  const char *high)
{
	return psprintf("DATE_ADD(%s, INTERVAL TIMESTAMPDIFF(MICROSECOND, %s, %s) DIV 2 MICROSECOND)",
					low, low, high);
}

static char *
middle_of_times(const RemoteColumn *column, const char *low, const char *high)
{
	return psprintf("SEC_TO_TIME(TIME_TO_SEC(%s) / 2 + TIME_TO_SEC(%s) / 2)",
					low, high);
}

/*
 * MariaDB sorts most of them by the last group of digits first.  Ones that it
 * sorts otherwise are divided less evenly.
 */
static char *
middle_of_uuids(const RemoteColumn *column, const char *low, const char *high)
{
	unsigned long long from;
	unsigned long long to;

	if (sscanf(low, "'%*8s-%*4s-%*4s-%*4s-%12llx'", &from) != 1 ||
		sscanf(high, "'%*8s-%*4s-%*4s-%*4s-%12llx'", &to) != 1 || to <= from)
		return NULL;
	return psprintf("'00000000-0000-0000-0000-%012llx'",
					from + (to - from) / 2);
}

/* ---------------------------------------------------------------- kinds of keys */

/* An enum is sorted by the number of its label, and so is a set. */
#define NUMBER_OF_LABEL "CAST(%s AS UNSIGNED)"

static const KeyKind key_kinds[] = {
	{"tinyint", NULL, LITERAL_NUMBER, middle_of_integers},
	{"smallint", NULL, LITERAL_NUMBER, middle_of_integers},
	{"mediumint", NULL, LITERAL_NUMBER, middle_of_integers},
	{"int", NULL, LITERAL_NUMBER, middle_of_integers},
	{"bigint", NULL, LITERAL_NUMBER, middle_of_integers},
	{"year", NULL, LITERAL_NUMBER, middle_of_integers},
	{"bit", NULL, LITERAL_NUMBER, middle_of_integers},
	{"enum", NUMBER_OF_LABEL, LITERAL_NUMBER, middle_of_integers},
	{"set", NUMBER_OF_LABEL, LITERAL_NUMBER, middle_of_integers},
	{"decimal", NULL, LITERAL_NUMBER, middle_of_numbers},
	{"double", NULL, LITERAL_NUMBER, middle_of_numbers},
	/* Compared with a literal, a FLOAT is widened: so is the literal. */
	{"float", "%s + 0e0", LITERAL_NUMBER, middle_of_numbers},
	{"date", NULL, LITERAL_STRING, middle_of_dates},
	{"datetime", NULL, LITERAL_STRING, middle_of_moments},
	{"timestamp", NULL, LITERAL_STRING, middle_of_moments},
	{"time", NULL, LITERAL_STRING, middle_of_times},
	{"char", NULL, LITERAL_TEXT, mm_chunk_middle_of_text},
	{"varchar", NULL, LITERAL_TEXT, mm_chunk_middle_of_text},
	{"binary", NULL, LITERAL_BYTES, mm_chunk_middle_of_bytes},
	{"varbinary", NULL, LITERAL_BYTES, mm_chunk_middle_of_bytes},
	{"uuid", NULL, LITERAL_STRING, middle_of_uuids},
	{"inet4", NULL, LITERAL_STRING, NULL},
	{"inet6", NULL, LITERAL_STRING, NULL},
};

const KeyKind *
mm_chunk_kind(const RemoteColumn *column)
{
	for (int i = 0; i < lengthof(key_kinds); i++)
	{
		if (strcmp(key_kinds[i].data_type, column->type.data_type) == 0)
			return &key_kinds[i];
	}
	return NULL;
}

/* ---------------------------------------------------------------- the key of a table */

static bool
is_usable_part(const RemoteIndexColumn *part)
{
	return part->column != NULL && part->prefix_length == 0 &&
		   (part->column->generated == NULL || part->column->is_stored) &&
		   mm_chunk_kind(part->column) != NULL;
}

/* The numbers that an enum's or a set's values have end here; 0: no labels. */
static uint64
highest_label(const RemoteColumn *column)
{
	int nlabels = list_length(column->type.labels);

	if (strcmp(column->type.data_type, "set") == 0)
		return PG_UINT64_MAX >> (64 - Max(nlabels, 1));
	return strcmp(column->type.data_type, "enum") == 0 ? nlabels : 0;
}

/*
 * MariaDB keeps a CHAR in the index with the blanks that it was padded with,
 * and compares it without them: under a collation without padding ("nopad"),
 * "a" and a tab comes before "a" there, and behind it in a condition.
 */
static bool
is_padded_in_index(const RemoteColumn *column)
{
	return strcmp(column->type.data_type, "char") == 0 &&
		   column->type.collation != NULL &&
		   strstr(column->type.collation, "nopad") != NULL;
}

bool
mm_chunk_can_walk(const ChunkKey *key)
{
	for (int i = 0; i < key->ncolumns; i++)
	{
		if (is_padded_in_index(key->columns[i]))
			return false;
	}
	return highest_label(key->columns[0]) <= MAX_LABEL_LIST;
}

/* Columns of one direction are walked upwards, whichever it is. */
static void
note_directions(ChunkKey *key, const RemoteIndex *index)
{
	RemoteIndexColumn *first = linitial(index->columns);
	ListCell *cell;
	int i = 0;

	key->descending = palloc0(key->ncolumns * sizeof(bool));
	foreach(cell, index->columns)
	{
		RemoteIndexColumn *part = lfirst(cell);

		key->descending[i++] = part->is_descending != first->is_descending;
	}
}

/*
 * NULL when the index cannot serve; a nullable one only with one column: a row
 * with a NULL among others would be in no range.
 */
static ChunkKey *
key_of_index(const RemoteIndex *index)
{
	ChunkKey *key;
	ListCell *cell;

	if (!index->is_unique || index->is_invisible || index->columns == NIL ||
		(index->kind != REMOTE_INDEX_BTREE && index->kind != REMOTE_INDEX_HASH))
		return NULL;
	key = palloc0(sizeof(ChunkKey));
	key->index_name = index->name;
	key->columns = palloc(list_length(index->columns) * sizeof(RemoteColumn *));
	foreach(cell, index->columns)
	{
		RemoteIndexColumn *part = lfirst(cell);

		if (!is_usable_part(part))
			return NULL;
		key->columns[key->ncolumns++] = part->column;
		if (!part->column->not_null)
			key->nullable = true;
	}
	if (key->nullable && key->ncolumns > 1)
		return NULL;
	note_directions(key, index);
	return key;
}

static ChunkKey *
best_key(const RemoteTable *table, bool is_walked)
{
	ChunkKey *nullable = NULL;
	ChunkKey *unique = NULL;
	ListCell *cell;

	/* No index serves a query. */
	if (table->query != NULL)
		return NULL;
	foreach(cell, table->indexes)
	{
		RemoteIndex *index = lfirst(cell);
		ChunkKey *key = key_of_index(index);

		if (key == NULL || (is_walked && !mm_chunk_can_walk(key)))
			continue;
		if (index->is_primary)
			return key;
		if (key->nullable)
			nullable = nullable ? nullable : key;
		else
			unique = unique ? unique : key;
	}
	return unique ? unique : nullable;
}

ChunkKey *
mm_chunk_key(const RemoteTable *table)
{
	return best_key(table, false);
}

ChunkKey *
mm_chunk_walk_key(const RemoteTable *table)
{
	return best_key(table, true);
}

/* ---------------------------------------------------------------- bounds */

/* Character sets whose text comes over the wire as the bytes it is. */
static bool
is_utf8(const RemoteColumn *column)
{
	const char *charset = column->type.charset;

	return charset == NULL || strcmp(charset, "utf8mb4") == 0 ||
		   strcmp(charset, "utf8mb3") == 0 || strcmp(charset, "utf8") == 0 ||
		   strcmp(charset, "ascii") == 0;
}

/*
 * mm_chunk_key_expression
 *		Text that is not UTF-8 is taken as its bytes, since the way to UTF-8
 *		and back may end at another character (cp932 has some twice).
 */
char *
mm_chunk_key_expression(const RemoteColumn *column)
{
	const KeyKind *kind = mm_chunk_kind(column);
	char *name = mm_quote_remote_ident(column->name);

	if (kind->form == LITERAL_TEXT && !is_utf8(column))
		return psprintf("HEX(%s)", name);
	return kind->expression == NULL ? name :
									  mm_type_expand(kind->expression, name);
}

/* Is the column, selected as it is, what a bound is made of? */
bool
mm_chunk_key_is_plain(const RemoteColumn *column)
{
	const KeyKind *kind = mm_chunk_kind(column);

	return kind->expression == NULL &&
		   !(kind->form == LITERAL_TEXT && !is_utf8(column));
}

static void
append_hex(StringInfo out, const WireValue *value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (Size i = 0; i < value->len; i++)
	{
		unsigned char byte = value->bytes[i];

		appendStringInfoChar(out, digits[byte >> 4]);
		appendStringInfoChar(out, digits[byte & 0xf]);
	}
}

static void
append_literal(StringInfo out, const RemoteColumn *column,
			   const WireResult *result, const WireRow *row, int field)
{
	switch (mm_chunk_kind(column)->form)
	{
		case LITERAL_NUMBER:
			appendStringInfoString(out, mm_result_text(result, row, field));
			break;
		case LITERAL_STRING:
			appendStringInfo(out, "'%s'", mm_result_text(result, row, field));
			break;
		case LITERAL_BYTES:
			appendStringInfoString(out, "X'");
			append_hex(out, &row->values[field]);
			appendStringInfoChar(out, '\'');
			break;
		case LITERAL_TEXT:
			appendStringInfo(out, "_%s X'",
							 is_utf8(column) ? "utf8mb4" :
											   column->type.charset);
			if (is_utf8(column))
				append_hex(out, &row->values[field]);
			else
				appendStringInfoString(out, mm_result_text(result, row, field));
			appendStringInfoChar(out, '\'');
			break;
	}
}

char *
mm_chunk_bound(const ChunkKey *key, const WireResult *result,
			   const WireRow *row, const int *fields)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < key->ncolumns; i++)
	{
		if (row->values[fields[i]].is_null)
			elog(ERROR, "key column \"%s\" is null", key->columns[i]->name);
		if (i > 0)
			appendStringInfoChar(&out, BOUND_SEPARATOR);
		append_literal(&out, key->columns[i], result, row, fields[i]);
	}
	return out.data;
}

char **
mm_chunk_literals(const ChunkKey *key, const char *bound)
{
	char **literals = palloc(key->ncolumns * sizeof(char *));
	const char *from = bound;

	for (int i = 0; i < key->ncolumns; i++)
	{
		const char *end = strchr(from, BOUND_SEPARATOR);

		if ((end == NULL) != (i == key->ncolumns - 1))
			elog(ERROR, "malformed chunk bound \"%s\"", bound);
		literals[i] = end ? pnstrdup(from, end - from) : pstrdup(from);
		from = end ? end + 1 : from;
	}
	return literals;
}

/* A literal without what makes it one; bytes stay hexadecimal. */
static void
append_plain(StringInfo out, const char *literal)
{
	const char *quote = strchr(literal, '\'');
	bool is_text = strncmp(literal, "_utf8mb4 ", 9) == 0;

	if (quote == NULL)
	{
		appendStringInfoString(out, literal);
		return;
	}
	for (const char *p = quote + 1; *p != '\0' && *p != '\'';)
	{
		unsigned int byte;

		if (is_text && sscanf(p, "%2x", &byte) == 1)
		{
			appendStringInfoChar(out, byte < ' ' ? '?' : (char) byte);
			p += 2;
		}
		else
			appendStringInfoChar(out, *p++);
	}
}

char *
mm_chunk_bound_text(const ChunkKey *key, const char *bound, int length)
{
	char **literals = mm_chunk_literals(key, bound);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < key->ncolumns; i++)
	{
		if (i > 0)
			appendStringInfoString(&out, ", ");
		append_plain(&out, literals[i]);
	}
	if (out.len > length)
	{
		out.len = pg_mbcliplen(out.data, out.len, length);
		out.data[out.len] = '\0';
	}
	return out.data;
}

/* ---------------------------------------------------------------- comparisons */

static const char *const operators[] = {
	[COMPARE_BELOW] = "<",
	[COMPARE_UP_TO] = "<=",
	[COMPARE_EQUAL] = "=",
	[COMPARE_FROM] = ">=",
	[COMPARE_ABOVE] = ">",
};

Comparison
mm_chunk_along(const ChunkKey *key, int column, Comparison comparison)
{
	static const Comparison mirrored[] = {
		[COMPARE_BELOW] = COMPARE_ABOVE,
		[COMPARE_UP_TO] = COMPARE_FROM,
		[COMPARE_EQUAL] = COMPARE_EQUAL,
		[COMPARE_FROM] = COMPARE_UP_TO,
		[COMPARE_ABOVE] = COMPARE_BELOW,
	};

	return key->descending[column] ? mirrored[comparison] : comparison;
}

/*
 * Number 0 is the empty set, and the empty text of a value that was not valid.
 */
static void
append_label_list(StringInfo out, const char *name, int highest,
				  Comparison comparison, int number)
{
	int first = 0;
	int last = highest;

	if (comparison == COMPARE_BELOW || comparison == COMPARE_UP_TO)
		last = comparison == COMPARE_BELOW ? number - 1 : number;
	else
		first = comparison == COMPARE_ABOVE ? number + 1 : number;
	if (first > last)
	{
		appendStringInfoString(out, "1 = 0");
		return;
	}
	appendStringInfo(out, "%s IN (", name);
	for (int i = first; i <= last; i++)
		appendStringInfo(out, "%s%d", i > first ? "," : "", i);
	appendStringInfoChar(out, ')');
}

void
mm_chunk_append_comparison(StringInfo out, const RemoteColumn *column,
						   Comparison comparison, const char *literal)
{
	char *name = mm_quote_remote_ident(column->name);
	uint64 highest = highest_label(column);
	bool is_label = highest > 0;

	/* The number may be an expression: the middle of two of them. */
	if (is_label && highest <= MAX_LABEL_LIST && comparison != COMPARE_EQUAL &&
		strspn(literal, "0123456789") == strlen(literal))
		append_label_list(out, name, (int) highest, comparison, atoi(literal));
	else
		appendStringInfo(out, "%s%s %s %s", name,
						 is_label && comparison != COMPARE_EQUAL ? " + 0" : "",
						 operators[comparison], literal);
}
