/*
 * src/ddl/ddl_build.c
 *		What all makers of statements share: the list they add to, names as SQL
 *		text, and notes on what is not carried over.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

DdlStatement *
mm_ddl_emit(DdlBuild *build, DdlPhase phase, RemoteTable *table,
			const char *object, char *sql)
{
	DdlStatement *statement = palloc0(sizeof(DdlStatement));

	statement->phase = phase;
	statement->table = table;
	statement->object = object;
	statement->sql = sql;
	build->statements = lappend(build->statements, statement);
	return statement;
}

bool
mm_ddl_is_type_made(const DdlBuild *build, const char *name)
{
	ListCell *lc;

	foreach(lc, build->statements)
	{
		DdlStatement *statement = lfirst(lc);

		if (statement->phase == DDL_TYPE &&
			strcmp(statement->object, name) == 0)
			return true;
	}
	return false;
}

/* Does a statement of triggers make this already?  table NULL: any. */
static bool
is_made(const DdlBuild *build, const RemoteTable *table, const char *verb,
		const char *name)
{
	ListCell *lc;

	foreach(lc, build->statements)
	{
		DdlStatement *statement = lfirst(lc);

		if (statement->phase == DDL_TRIGGER &&
			(table == NULL || statement->table == table) &&
			strcmp(statement->object, name) == 0 &&
			strncmp(statement->sql, verb, strlen(verb)) == 0)
			return true;
	}
	return false;
}

/* The name, with a number behind it where another one has it. */
static char *
free_name(const DdlBuild *build, const RemoteTable *table, const char *verb,
		  const char *name)
{
	char *free = mm_ident_clip(name);

	for (int i = 2; is_made(build, table, verb, free); i++)
		free = mm_ident_clip(psprintf("%s_%d", name, i));
	return free;
}

char *
mm_ddl_function_name(const DdlBuild *build, const RemoteTable *table,
					 const char *part)
{
	return free_name(build, NULL, "CREATE FUNCTION",
					 psprintf("%s_%s", table->local_name, part));
}

char *
mm_ddl_trigger_name(const DdlBuild *build, const RemoteTable *table,
					const char *name)
{
	return free_name(build, table, "CREATE TRIGGER", name);
}

char *
mm_ddl_load_name(const RemoteTable *table)
{
	return mm_quote_local_name(table->local_schema, table->load_name);
}

char *
mm_ddl_final_name(const RemoteTable *table)
{
	return mm_quote_local_name(table->local_schema, table->local_name);
}

char *
mm_ddl_column_list(List *columns)
{
	StringInfoData list;
	ListCell *lc;

	initStringInfo(&list);
	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);

		appendStringInfo(&list, "%s%s", lc == list_head(columns) ? "" : ", ",
						 mm_quote_local_name(NULL, column->local_name));
	}
	return list.data;
}

char *
mm_ddl_dollar_quote(const char *body)
{
	char *quote = pstrdup("$mm$");

	for (int i = 1; strstr(body, quote) != NULL; i++)
		quote = psprintf("$mm%d$", i);
	return psprintf("%s%s%s", quote, body, quote);
}

void
mm_ddl_note(NoteList *notes, NoteSeverity severity, const RemoteTable *table,
			const char *part, const char *what, const char *why,
			const char *next_step, const char *original)
{
	Note *note;

	/* the table itself is its own object */
	note = mm_note_add(notes, severity, table->local_name,
					   part == table->name ? part :
											 psprintf("%s.%s", table->name, part),
					   what);
	mm_note_explain(notes, note, why, next_step, original);
}
