/*
 * src/migrate/case_note.c
 *		Values of unique text keys that MySQL finds in any case, and PostgreSQL
 *		does not.
 */
#include "postgres.h"

#include "base/human.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "migrate/book.h"
#include "migrate/case_note.h"
#include "miscadmin.h"

static char *
counting_query(const List *columns, Oid relation)
{
	StringInfoData sql;
	ListCell *cell;

	initStringInfo(&sql);
	foreach(cell, columns)
	{
		char *name = mm_quote_local_name(NULL,
										 ((RemoteColumn *) lfirst(cell))->local_name);

		appendStringInfo(&sql,
						 "%s pg_catalog.count(*) FILTER (WHERE %s OPERATOR(pg_catalog.<>) pg_catalog.lower(%s))",
						 cell == list_head(columns) ? "SELECT" : ",", name,
						 name);
	}
	appendStringInfo(&sql, " FROM %s",
					 mm_quote_local_relation(relation));
	return sql.data;
}

static void
add_note(NoteList *notes, const RemoteTable *table, const RemoteColumn *column,
		 int64 values)
{
	Note *note = mm_note_add(notes, NOTE_NOTE, table->local_name,
							 psprintf("%s.%s", table->local_name,
									  column->local_name),
							 psprintf("unique in any case; %s values hold capitals",
									  mm_human_number(values)));
	char *name = mm_quote_local_name(NULL, column->local_name);

	mm_note_explain(notes, note,
					"MySQL finds them in any case, PostgreSQL as they are written.",
					psprintf("Search with lower(%s) = lower(...), which has an index; or migrate again with options => '{\"case_insensitive\": \"collation\"}'.",
							 name),
					NULL);
}

void
mm_case_note(const JobProcess *process, const RemoteTable *table, Oid relation)
{
	List *columns = mm_ddl_case_columns(table);
	NoteList *notes = mm_note_list_create();
	char **counts;
	int n = 0;
	ListCell *cell;

	if (columns == NIL)
		return;
	counts = linitial(mm_local_rows(counting_query(columns, relation), 0,
									NULL, NULL));
	foreach(cell, columns)
	{
		int64 count = strtoll(counts[n++], NULL, 10);

		if (count > 0)
			add_note(notes, table, lfirst(cell), count);
	}
	mm_book_add_notes(process->job_id, GetUserId(), notes);
}
