/*
 * src/base/local_sql.c
 *		SQL on the local database, in the open transaction, as the current user.
 */
#include "postgres.h"

#include "base/local_sql.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

void
mm_local_enter(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
mm_local_leave(void)
{
	PopActiveSnapshot();
	SPI_finish();
}

List *
mm_local_rows(const char *sql, int nargs, Oid *types, Datum *values)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	List *rows = NIL;
	int code;

	mm_local_enter();
	code = SPI_execute_with_args(sql, nargs, types, values, NULL, true, 0);
	if (code != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(code));
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		TupleDesc desc = SPI_tuptable->tupdesc;
		char **row = palloc(Max(desc->natts, 1) * sizeof(char *));

		for (int c = 0; c < desc->natts; c++)
			row[c] = SPI_getvalue(SPI_tuptable->vals[i], desc, c + 1);
		rows = lappend(rows, row);
	}
	MemoryContextSwitchTo(old);
	mm_local_leave();
	return rows;
}

List *
mm_local_column(const char *sql, int nargs, Oid *types, Datum *values)
{
	List *rows = mm_local_rows(sql, nargs, types, values);
	ListCell *cell;

	foreach(cell, rows)
		lfirst(cell) = ((char **) lfirst(cell))[0];
	return rows;
}
