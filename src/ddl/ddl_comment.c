/*
 * src/ddl/ddl_comment.c
 *		Comments of tables, columns and indexes; owners.
 */
#include "postgres.h"

#include "ddl/ddl_internal.h"

static bool
has_text(const char *comment)
{
	return comment != NULL && *comment != '\0';
}

static void
comment_on(DdlBuild *build, RemoteTable *table, const char *kind,
		   const char *name, const char *object, const char *comment,
		   bool may_fail)
{
	DdlStatement *statement;

	if (!has_text(comment))
		return;
	statement = mm_ddl_emit(build, DDL_COMMENT, table, object,
							psprintf("COMMENT ON %s %s IS %s", kind, name,
									 mm_quote_local_literal(comment)));
	statement->may_fail = may_fail;
}

/* Was a CREATE INDEX made of it? */
static bool
is_index_made(const DdlBuild *build, const RemoteIndex *index)
{
	ListCell *lc;

	foreach(lc, build->statements)
	{
		DdlStatement *statement = lfirst(lc);

		if ((statement->phase == DDL_INDEX || statement->phase == DDL_KEY) &&
			statement->object == index->local_name)
			return true;
	}
	return false;
}

void
mm_ddl_comments(DdlBuild *build, RemoteTable *table)
{
	char *name = mm_ddl_load_name(table);
	ListCell *lc;

	comment_on(build, table, "TABLE", name, table->local_name, table->comment,
			   false);
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (!column->is_skipped)
			comment_on(build, table, "COLUMN",
					   psprintf("%s.%s", name,
								mm_quote_local_name(NULL, column->local_name)),
					   column->local_name, column->comment, false);
	}
	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		if (has_text(index->comment) && is_index_made(build, index))
			comment_on(build, table, "INDEX",
					   mm_quote_local_name(table->local_schema,
										   index->local_name),
					   index->local_name, index->comment, true);
	}
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_COMMENT, table, table->local_name,
					psprintf("ALTER TABLE %s OWNER TO %s", name,
							 mm_quote_local_name(NULL,
												 build->options->owner)));
}
