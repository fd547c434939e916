/*
 * src/ddl/ddl_case.c
 *		Text that MySQL compares without regard to case.
 *
 * With the option case_insensitive at "unique" or "ignore" such a column is
 * plain text here.  With "collation" every one of them gets the one collation
 * that the migration makes in the target schema: an ICU collation that is not
 * deterministic, so that = and unique keys mean what they meant in MySQL.
 * With "citext" they are of that type, and a CHECK keeps their length.
 */
#include "postgres.h"

#include "ddl/ddl_internal.h"

#define CASE_COLLATION_NAME "case_insensitive"

bool
mm_ddl_has_case_collation(const DdlOptions *options,
						  const RemoteColumn *column)
{
	return options->case_insensitive == CASE_COLLATION &&
		   mm_ddl_is_case_insensitive(column);
}

const char *
mm_ddl_collate_clause(const DdlOptions *options, const RemoteColumn *column)
{
	if (mm_ddl_is_binary_text(column))
		return " COLLATE \"C\"";
	if (mm_ddl_has_case_collation(options, column))
		return psprintf(" COLLATE %s",
						mm_quote_local_name(options->local_schema,
											CASE_COLLATION_NAME));
	return "";
}

/* A column that the option is about, of a table that is made here. */
static bool
is_concerned(const RemoteTable *table, const RemoteColumn *column)
{
	return !table->exists_here && !column->is_skipped &&
		   mm_ddl_is_case_insensitive(column);
}

List *
mm_ddl_case_columns(const RemoteTable *table)
{
	List *columns = NIL;
	ListCell *lc;
	ListCell *lpart;

	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		if (!index->is_unique)
			continue;
		foreach(lpart, index->columns)
		{
			RemoteColumn *column = ((RemoteIndexColumn *) lfirst(lpart))->column;

			if (column != NULL && is_concerned(table, column))
				columns = list_append_unique_ptr(columns, column);
		}
	}
	return columns;
}

/*
 * How much the collations of the columns have in common: MySQL's _as_ci tells
 * accents apart, its plain _ci and _ai_ci do not.  With both in one schema the
 * stricter one serves all, since the other could refuse rows.
 */
static bool
minds_accents(const RemoteSchema *schema, bool *any)
{
	bool minds = false;
	ListCell *lc;
	ListCell *lcol;

	*any = false;
	foreach(lc, schema->tables)
	{
		foreach(lcol, ((RemoteTable *) lfirst(lc))->columns)
		{
			RemoteColumn *column = lfirst(lcol);

			if (!is_concerned(lfirst(lc), column))
				continue;
			*any = true;
			minds |= strstr(column->type.collation, "_as_ci") != NULL;
		}
	}
	return minds;
}

void
mm_ddl_case_collation(DdlBuild *build)
{
	const DdlOptions *options = build->options;
	bool any;
	bool accents = minds_accents(build->schema, &any);
	DdlStatement *statement;

	if (options->case_insensitive != CASE_COLLATION || !any)
		return;
#ifndef USE_ICU
	mm_note_explain(build->notes,
					mm_note_add(build->notes, NOTE_BLOCKER, NULL,
								CASE_COLLATION_NAME,
								"collation cannot be made"),
					"This PostgreSQL was built without ICU.",
					"Set case_insensitive to unique or citext.", NULL);
#endif
	/* a further migration into the schema shares it */
	statement = mm_ddl_emit(build, DDL_TYPE, NULL, CASE_COLLATION_NAME,
							psprintf("CREATE COLLATION IF NOT EXISTS %s "
									 "(provider = icu, locale = "
									 "'und-u-ks-level%d', deterministic = "
									 "false)",
									 mm_quote_local_name(options->local_schema,
														 CASE_COLLATION_NAME),
									 accents ? 2 : 1));
	statement->reason = accents ? "equal without regard to case" :
								  "equal without regard to case and accents";
}

static void
note_missing_citext(NoteList *notes)
{
	mm_note_explain(notes,
					mm_note_add(notes, NOTE_BLOCKER, NULL, "citext",
								"type citext is not there"),
					"The option case_insensitive is citext, and the extension "
					"of that name is not installed in this database.",
					"CREATE EXTENSION citext;", NULL);
}

void
mm_ddl_settle_case(const RemoteSchema *schema, const DdlOptions *options,
				   NoteList *notes)
{
	bool is_missing = false;
	ListCell *lc;
	ListCell *lcol;

	if (options->case_insensitive != CASE_CITEXT)
		return;
	foreach(lc, schema->tables)
	{
		foreach(lcol, ((RemoteTable *) lfirst(lc))->columns)
		{
			RemoteColumn *column = lfirst(lcol);

			if (!is_concerned(lfirst(lc), column) ||
				column->type.local_type != NULL)
				continue;
			if (options->citext != NULL)
				column->type.local_type = options->citext;
			is_missing |= options->citext == NULL;
		}
	}
	if (is_missing)
		note_missing_citext(notes);
}
