/*
 * src/load/chunk.c
 *		A table into key ranges.
 *
 * A bound is the list of its key values as MySQL literals, separated by line
 * feeds (no literal holds one: text and bytes are hexadecimal).  Literals have
 * a lower coercibility than columns, so that a comparison follows the column's
 * own collation (manual: "Collation Coercibility in Expressions"); ORDER BY
 * does too, and so the ranges fit together whatever the collation is.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "load/chunk.h"
#include "utils/memutils.h"
#include "wire/result.h"

#define BOUND_SEPARATOR '\n'
#define CHUNK_BYTES		UINT64CONST(33554432)
#define CHUNK_MIN_ROWS	UINT64CONST(1000)
#define CHUNK_MAX_ROWS	UINT64CONST(500000)

/* ---------------------------------------------------------------- kinds of keys */

/* How a key value becomes a literal, and how the column is compared with it. */
typedef struct KeyKind
{
	const char *data_type;
	const char *fetch;	 /* expression over the column; gives text */
	const char *compare; /* what is compared, NULL: the column */
	const char *prefix;	 /* around the fetched text */
	const char *suffix;
} KeyKind;

#define PLAIN	 "CAST(%s AS CHAR)"
#define HEX		 "HEX(%s)"
#define TEXT_HEX "HEX(CONVERT(%s USING utf8mb4))"

static const KeyKind key_kinds[] = {
	{"tinyint", PLAIN, NULL, "", ""},
	{"smallint", PLAIN, NULL, "", ""},
	{"mediumint", PLAIN, NULL, "", ""},
	{"int", PLAIN, NULL, "", ""},
	{"bigint", PLAIN, NULL, "", ""},
	{"year", PLAIN, NULL, "", ""},
	{"decimal", PLAIN, NULL, "", ""},
	{"date", PLAIN, NULL, "'", "'"},
	{"datetime", PLAIN, NULL, "'", "'"},
	{"timestamp", PLAIN, NULL, "'", "'"},
	{"time", PLAIN, NULL, "'", "'"},
	{"char", TEXT_HEX, NULL, "_utf8mb4 X'", "'"},
	{"varchar", TEXT_HEX, NULL, "_utf8mb4 X'", "'"},
	{"binary", HEX, NULL, "X'", "'"},
	{"varbinary", HEX, NULL, "X'", "'"},
	{"uuid", PLAIN, NULL, "'", "'"},
	{"inet4", PLAIN, NULL, "'", "'"},
	{"inet6", PLAIN, NULL, "'", "'"},
	/* ORDER BY sorts an enum by its index, = and > compare its label. */
	{"enum", "CAST(%s + 0 AS CHAR)", "%s + 0", "", ""},
	{"bit", "CAST(%s + 0 AS CHAR)", "%s + 0", "", ""},
};

static const KeyKind *
key_kind(const RemoteColumn *column)
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
		   key_kind(part->column) != NULL;
}

/* NULL when the index cannot serve; a nullable one only with one column. */
static ChunkKey *
key_of_index(const RemoteIndex *index)
{
	ChunkKey *key;
	ListCell *cell;

	if (!index->is_unique || index->columns == NIL ||
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
	return key->nullable && key->ncolumns > 1 ? NULL : key;
}

ChunkKey *
mm_chunk_key(const RemoteTable *table)
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

		if (key == NULL)
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

uint64
mm_chunk_rows(const RemoteTable *table)
{
	uint64 row_bytes = Max(table->average_row_bytes, 1);
	uint64 rows = CHUNK_BYTES / row_bytes;

	/* Rows of megabytes: a chunk is a few of them. */
	if (row_bytes * CHUNK_MIN_ROWS > 16 * CHUNK_BYTES)
		return Max(rows, 1);
	return Min(Max(rows, CHUNK_MIN_ROWS), CHUNK_MAX_ROWS);
}

/* ---------------------------------------------------------------- conditions */

static const char *
compared(const RemoteColumn *column)
{
	const KeyKind *kind = key_kind(column);
	char *name = mm_quote_remote_ident(column->name);

	return kind->compare == NULL ? name : psprintf(kind->compare, name);
}

static char **
split_bound(const ChunkKey *key, const char *bound)
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

/*
 * "key > bound" or "key <= bound" of all columns, as a ladder of ORs: MySQL
 * does not use an index for the comparison of rows.  The first column's own
 * range is said once more, for the optimizer.
 */
static void
append_comparison(StringInfo out, const ChunkKey *key, const char *bound,
				  bool above)
{
	char **literals = split_bound(key, bound);
	int last = key->ncolumns - 1;

	if (last > 0)
		appendStringInfo(out, "%s %s %s AND ", compared(key->columns[0]),
						 above ? ">=" : "<=", literals[0]);
	appendStringInfoChar(out, '(');
	for (int i = 0; i <= last; i++)
	{
		if (i > 0)
			appendStringInfoString(out, " OR (");
		for (int j = 0; j < i; j++)
			appendStringInfo(out, "%s = %s AND ", compared(key->columns[j]),
							 literals[j]);
		appendStringInfo(out, "%s %s %s", compared(key->columns[i]),
						 above ? ">" : i == last ? "<=" :
												   "<",
						 literals[i]);
		if (i > 0)
			appendStringInfoChar(out, ')');
	}
	appendStringInfoChar(out, ')');
}

char *
mm_chunk_condition(const ChunkKey *key, const Chunk *chunk, const char *where)
{
	StringInfoData out;

	initStringInfo(&out);
	if (chunk->is_null_chunk)
		appendStringInfo(&out, "%s IS NULL",
						 mm_quote_remote_ident(key->columns[0]->name));
	else if (key != NULL)
	{
		/* The open first chunk must not take the NULLs as well. */
		if (key->nullable)
			appendStringInfo(&out, "%s IS NOT NULL",
							 mm_quote_remote_ident(key->columns[0]->name));
		if (chunk->lower != NULL)
		{
			if (out.len > 0)
				appendStringInfoString(&out, " AND ");
			append_comparison(&out, key, chunk->lower, true);
		}
		if (chunk->upper != NULL)
		{
			if (out.len > 0)
				appendStringInfoString(&out, " AND ");
			append_comparison(&out, key, chunk->upper, false);
		}
	}
	if (where != NULL)
		appendStringInfo(&out, "%s(%s)", out.len > 0 ? " AND " : "", where);
	return out.len > 0 ? out.data : NULL;
}

/* ---------------------------------------------------------------- bounds */

static char *
bound_query(const RemoteTable *table, const ChunkKey *key, const char *lower,
			uint64 rows, const char *where)
{
	Chunk rest = {lower, NULL, false};
	char *condition = mm_chunk_condition(key, &rest, where);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < key->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "",
						 mm_type_expand(key_kind(key->columns[i])->fetch,
										mm_quote_remote_ident(key->columns[i]->name)));
	appendStringInfo(&sql, " FROM %s.%s FORCE INDEX (%s)%s%s ORDER BY ",
					 mm_quote_remote_ident(table->schema),
					 mm_quote_remote_ident(table->name),
					 mm_quote_remote_ident(key->index_name),
					 condition ? " WHERE " : "", condition ? condition : "");
	for (int i = 0; i < key->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "",
						 mm_quote_remote_ident(key->columns[i]->name));
	appendStringInfo(&sql, " LIMIT 1 OFFSET " UINT64_FORMAT, rows - 1);
	return sql.data;
}

char *
mm_chunk_next_bound(WireConn *conn, const RemoteTable *table,
					const ChunkKey *key, const char *lower, uint64 rows,
					const char *where)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "chunk bound",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	WireResult *result = mm_result_open(conn,
										bound_query(table, key, lower, rows,
													where),
										context);
	const WireRow *row = mm_result_next(result);
	char *bound = NULL;

	if (row != NULL)
	{
		StringInfoData out;

		initStringInfo(&out);
		for (int i = 0; i < key->ncolumns; i++)
		{
			const KeyKind *kind = key_kind(key->columns[i]);

			if (i > 0)
				appendStringInfoChar(&out, BOUND_SEPARATOR);
			appendStringInfo(&out, "%s%s%s", kind->prefix,
							 mm_result_text(result, row, i), kind->suffix);
		}
		bound = MemoryContextStrdup(caller, out.data);
	}
	mm_result_close(result);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	/* A bound that does not move on would give chunks without end. */
	if (bound != NULL && lower != NULL && strcmp(bound, lower) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the key of MySQL table \"%s.%s\" does not increase",
						table->schema, table->name),
				 errdetail("The key %s follows upon itself.", bound)));
	return bound;
}
