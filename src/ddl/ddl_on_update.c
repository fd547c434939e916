/*
 * src/ddl/ddl_on_update.c
 *		ON UPDATE CURRENT_TIMESTAMP as plain PL/pgSQL triggers.
 *
 * MySQL's meaning: the column is set to the current time when the UPDATE did
 * not name it in its SET list and some other value of the row really changed.
 * Only "BEFORE UPDATE OF column" can tell that the statement named the column,
 * and a trigger has no place to leave a message for the next one that would be
 * safe for every row, nested statement and error.  But it needs none: where
 * the statement gave the column a new value, new and old differ, and nothing
 * is to be done.  Where it named the column and the value stayed, the first
 * trigger puts a mark in its place, a moment that no table holds, and the
 * second puts the old value back, which is the value the statement gave.
 *
 * The triggers belong to the table alone and are dumped with it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

#define MARK "294275-12-31 23:59:59"

static bool
has_on_update(const RemoteColumn *column)
{
	return column->on_update_now && !column->is_skipped;
}

/* The mark, as a constant of the column's type. */
static const char *
mark_of(const RemoteColumn *column)
{
	return mm_ddl_kind(column) == KIND_TIMESTAMPTZ ?
			   "timestamptz '" MARK "+00'" :
			   "timestamp '" MARK "'";
}

static const char *
now_of(const RemoteColumn *column)
{
	if (mm_ddl_kind(column) == KIND_TIMESTAMPTZ)
		return column->on_update_fraction > 0 ?
				   psprintf("CURRENT_TIMESTAMP(%d)", column->on_update_fraction) :
				   "CURRENT_TIMESTAMP";
	return column->on_update_fraction > 0 ?
			   psprintf("LOCALTIMESTAMP(%d)", column->on_update_fraction) :
			   "LOCALTIMESTAMP";
}

/* For each column: is it the mark, and was the column named at all? */
static void
append_marks(StringInfo sql, List *columns)
{
	ListCell *lc;
	int i = 0;

	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);

		appendStringInfo(sql,
						 "    IF TG_NARGS = 1 AND TG_ARGV[0] = %s THEN\n"
						 "        NEW.%s := %s;\n"
						 "        RETURN NEW;\n"
						 "    END IF;\n",
						 mm_quote_local_literal(column->local_name),
						 mm_quote_local_name(NULL, column->local_name),
						 mark_of(column));
	}
	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);
		char *name = mm_quote_local_name(NULL, column->local_name);

		i++;
		appendStringInfo(sql,
						 "    IF NEW.%s = %s THEN\n"
						 "        NEW.%s := OLD.%s;\n"
						 "        named_%d := true;\n"
						 "    ELSIF NEW.%s IS DISTINCT FROM OLD.%s THEN\n"
						 "        named_%d := true;\n"
						 "    END IF;\n",
						 name, mark_of(column), name, name, i, name, name, i);
	}
}

/*
 * The function of a table.  It serves both kinds of triggers: with the name
 * of a column as argument it sets the mark, without it does the work.
 */
static char *
function_sql(RemoteTable *table, List *columns, const char *function)
{
	StringInfoData sql;
	ListCell *lc;
	int i = 0;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "\nDECLARE\n    after record;\n");
	foreach(lc, columns)
		appendStringInfo(&sql, "    named_%d boolean := false;\n", ++i);
	appendStringInfoString(&sql, "BEGIN\n");
	append_marks(&sql, columns);

	/* generated columns are not computed yet in a BEFORE trigger */
	appendStringInfoString(&sql, "    after := NEW;\n");
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);
		char *name = mm_quote_local_name(NULL, column->local_name);

		if (column->is_generated_here && !column->is_skipped)
			appendStringInfo(&sql, "    after.%s := OLD.%s;\n", name, name);
	}

	/* compared byte by byte, as MySQL compares rows */
	appendStringInfoString(&sql,
						   "    IF after OPERATOR(pg_catalog.*<>) OLD THEN\n");
	i = 0;
	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);

		appendStringInfo(&sql,
						 "        IF NOT named_%d THEN\n"
						 "            NEW.%s := %s;\n"
						 "        END IF;\n",
						 ++i,
						 mm_quote_local_name(NULL, column->local_name),
						 now_of(column));
	}
	appendStringInfoString(&sql,
						   "    END IF;\n    RETURN NEW;\nEND\n");
	return psprintf("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql "
					"AS %s",
					function, mm_ddl_dollar_quote(sql.data));
}

/* The columns that get a trigger; the others are noted. */
static List *
columns_on_update(DdlBuild *build, RemoteTable *table)
{
	List *columns = NIL;
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);
		LocalKind kind;

		if (!has_on_update(column))
			continue;
		kind = mm_ddl_kind(column);
		if (kind == KIND_TIMESTAMP || kind == KIND_TIMESTAMPTZ)
			columns = lappend(columns, column);
		else
			mm_ddl_note(build->notes, NOTE_WARNING, table, column->name,
						"ON UPDATE CURRENT_TIMESTAMP not made",
						"The column is no timestamp here.",
						"Set the column in the application.",
						column->type.column_type);
	}
	return columns;
}

void
mm_ddl_on_update(DdlBuild *build, RemoteTable *table)
{
	List *columns = columns_on_update(build, table);
	char *name;
	char *function;
	ListCell *lc;

	if (columns == NIL)
		return;
	name = mm_ddl_function_name(build, table, "on_update");
	function = mm_quote_local_name(table->local_schema, name);
	mm_ddl_emit(build, DDL_TRIGGER, table, name,
				function_sql(table, columns, function))
		->reason =
		"ON UPDATE CURRENT_TIMESTAMP";
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_TRIGGER, table, name,
					psprintf("ALTER FUNCTION %s() OWNER TO %s", function,
							 mm_quote_local_name(NULL,
												 build->options->owner)));

	/* triggers fire in the order of their names: the marks come first */
	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);
		char *quoted = mm_quote_local_name(NULL, column->local_name);
		char *trigger = mm_ident_clip(psprintf("on_update_1_%s",
											   column->local_name));

		mm_ddl_emit(build, DDL_TRIGGER, table, trigger,
					psprintf("CREATE TRIGGER %s BEFORE UPDATE OF %s ON %s "
							 "FOR EACH ROW WHEN (NEW.%s IS NOT DISTINCT FROM "
							 "OLD.%s) EXECUTE FUNCTION %s(%s)",
							 mm_quote_local_name(NULL, trigger), quoted,
							 mm_ddl_final_name(table), quoted, quoted, function,
							 mm_quote_local_literal(column->local_name)));
	}
	mm_ddl_emit(build, DDL_TRIGGER, table, "on_update_2",
				psprintf("CREATE TRIGGER on_update_2 BEFORE UPDATE ON %s "
						 "FOR EACH ROW EXECUTE FUNCTION %s()",
						 mm_ddl_final_name(table), function));
}
