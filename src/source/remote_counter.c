/*
 * src/source/remote_counter.c
 *		What MySQL counts itself, asked once per schema.
 */
#include "postgres.h"

#include "base/ident.h"
#include "source/remote_counter.h"
#include "wire/result.h"

static const char counters_query[] =
	"SELECT t.table_name AS name, t.table_type = 'SEQUENCE' AS is_sequence,"
	"       CAST(t.auto_increment AS CHAR) AS next_value"
	"  FROM information_schema.tables AS t"
	" WHERE t.table_schema = %s"
	"   AND (t.auto_increment IS NOT NULL OR t.table_type = 'SEQUENCE')";

List *
mm_remote_counters(WireConn *conn, const char *schema)
{
	WireResult *result = mm_result_open(conn,
										psprintf(counters_query,
												 mm_quote_remote_literal(schema)),
										CurrentMemoryContext);
	const WireRow *row;
	List *counters = NIL;
	ListCell *cell;

	while ((row = mm_result_next(result)) != NULL)
	{
		RemoteCounter *counter = palloc(sizeof(RemoteCounter));

		counter->schema = schema;
		counter->name = mm_result_text(result, row, 0);
		counter->is_sequence = mm_result_int64(result, row, 1) != 0;
		counter->text = mm_result_text(result, row, 2);
		counters = lappend(counters, counter);
	}
	mm_result_close(result);
	foreach(cell, counters)
	{
		RemoteCounter *counter = lfirst(cell);

		if (counter->is_sequence)
			counter->text = mm_conn_query_value(conn,
												psprintf("SELECT CAST(next_not_cached_value AS CHAR) FROM %s.%s",
														 mm_quote_remote_ident(schema),
														 mm_quote_remote_ident(counter->name)));
	}
	return counters;
}

const RemoteCounter *
mm_remote_counter_of(List *counters, const char *schema, const char *table)
{
	ListCell *cell;

	foreach(cell, counters)
	{
		RemoteCounter *counter = lfirst(cell);

		if (!counter->is_sequence && strcmp(counter->schema, schema) == 0 &&
			strcmp(counter->name, table) == 0)
			return counter;
	}
	return NULL;
}
