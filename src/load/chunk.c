/*
 * src/load/chunk.c
 *		A chunk of a table as SQL: its condition, its order, the keys in it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "load/chunk_internal.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- conditions */

/*
 * "key > bound" or "key <= bound" of all columns, as a ladder of ORs: MySQL
 * does not use an index for the comparison of rows.  The first column's own
 * range is said once more, for the optimizer.
 */
static void
append_bound(StringInfo out, const ChunkKey *key, const char *bound, bool above)
{
	char **literals = mm_chunk_literals(key, bound);
	int last = key->ncolumns - 1;

	if (last > 0)
	{
		mm_chunk_append_comparison(out, key->columns[0],
								   above ? COMPARE_FROM : COMPARE_UP_TO,
								   literals[0]);
		appendStringInfoString(out, " AND ");
	}
	appendStringInfoChar(out, '(');
	for (int i = 0; i <= last; i++)
	{
		Comparison end = i == last ? COMPARE_UP_TO : COMPARE_BELOW;

		if (i > 0)
			appendStringInfoString(out, " OR (");
		for (int j = 0; j < i; j++)
		{
			mm_chunk_append_comparison(out, key->columns[j], COMPARE_EQUAL,
									   literals[j]);
			appendStringInfoString(out, " AND ");
		}
		mm_chunk_append_comparison(out, key->columns[i],
								   mm_chunk_along(key, i,
												  above ? COMPARE_ABOVE : end),
								   literals[i]);
		if (i > 0)
			appendStringInfoChar(out, ')');
	}
	appendStringInfoChar(out, ')');
}

static void
append_and(StringInfo out)
{
	if (out->len > 0)
		appendStringInfoString(out, " AND ");
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
			append_and(&out);
			append_bound(&out, key, chunk->lower, true);
		}
		if (chunk->upper != NULL)
		{
			append_and(&out);
			append_bound(&out, key, chunk->upper, false);
		}
	}
	if (where != NULL)
	{
		append_and(&out);
		appendStringInfo(&out, "(%s)", where);
	}
	return out.len > 0 ? out.data : NULL;
}

char *
mm_chunk_from(const RemoteTable *table, const ChunkKey *key,
			  const char *partition)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, mm_catalog_from(table));
	if (partition != NULL)
		appendStringInfo(&out, " PARTITION (%s)",
						 mm_quote_remote_ident(partition));
	if (key != NULL)
		appendStringInfo(&out, " FORCE INDEX (%s)",
						 mm_quote_remote_ident(key->index_name));
	return out.data;
}

char *
mm_chunk_order(const ChunkKey *key, bool descending)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < key->ncolumns; i++)
		appendStringInfo(&out, "%s%s%s", i > 0 ? ", " : "",
						 mm_quote_remote_ident(key->columns[i]->name),
						 descending != key->descending[i] ? " DESC" : "");
	return out.data;
}

/* ---------------------------------------------------------------- keys */

/*
 * mm_chunk_key_at
 *		The key of the row at `offset` of those that meet a condition, from the
 *		one end or from the other; NULL when there are not so many.
 */
char *
mm_chunk_key_at(WireConn *conn, const RemoteTable *table, const ChunkKey *key,
				const char *condition, bool descending, uint64 offset)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "chunk bound",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int *fields = palloc(key->ncolumns * sizeof(int));
	char *bound = NULL;
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;

	initStringInfo(&sql);
	for (int i = 0; i < key->ncolumns; i++)
	{
		fields[i] = i;
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "SELECT ",
						 mm_chunk_key_expression(key->columns[i]));
	}
	appendStringInfo(&sql, " FROM %s%s%s ORDER BY %s LIMIT 1 OFFSET " UINT64_FORMAT,
					 mm_chunk_from(table, key, NULL),
					 condition ? " WHERE " : "", condition ? condition : "",
					 mm_chunk_order(key, descending), offset);
	result = mm_result_open(conn, sql.data, context);
	row = mm_result_next(result);
	if (row != NULL)
		bound = MemoryContextStrdup(caller,
									mm_chunk_bound(key, result, row, fields));
	mm_result_close(result);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return bound;
}
