/*
 * src/ddl/ddl_schema.c
 *		All statements of a schema, in the order in which they run.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "ddl/ddl_internal.h"

/* ---- what must be known before the first statement ---- */

/*
 * AUTO_INCREMENT columns are integers: a tinyint(1) is no boolean, and an
 * unsigned bigint stays a bigint whatever its values say.
 */
static void
settle_auto_increment(RemoteColumn *column)
{
	column->type.decision = DECISION_NARROW;
	if (mm_ddl_kind(column) == KIND_BOOLEAN)
		column->type.decision = DECISION_WIDE;
}

/* Can the column be computed here as well? */
static void
settle_generated(RemoteSchema *schema, const DdlOptions *options,
				 RemoteTable *table, RemoteColumn *column, NoteList *notes)
{
	ExprResult *result;
	const char *why = NULL;

	result = mm_expr_value(schema, options, table, column, column->generated);
	if (result->sql == NULL)
		why = result->reason;
	else if (!result->is_immutable)
		why = "Its expression is not immutable in PostgreSQL.";
	else if (result->remarks != NIL)
		why = linitial(result->remarks);

	column->is_generated_here = why == NULL;
	if (why != NULL)
		mm_ddl_note(notes, NOTE_WARNING, table, column->name,
					"generated column becomes a plain column", why,
					"Its values are copied.  Compute new ones in a trigger or "
					"in the application.",
					column->generated);
	else if (!column->is_stored && !mm_ddl_stays_virtual(table, column))
		mm_ddl_note(notes, NOTE_NOTE, table, column->name,
					"virtual generated column becomes a stored one",
					"PostgreSQL has no virtual generated columns before 18, and "
					"none in indexes.",
					"Nothing to do.", column->generated);
}

/* Are there labels that only the data would tell? */
static bool
shows_no_labels(const RemoteColumn *column)
{
	LocalKind kind = mm_ddl_kind(column);
	const char *charset = column->type.charset;
	ListCell *lc;

	if ((kind != KIND_ENUM && kind != KIND_TEXT_ARRAY) || charset == NULL ||
		(strcmp(charset, "utf8mb4") != 0 && strncmp(charset, "utf16", 5) != 0 &&
		 strcmp(charset, "utf32") != 0 && strcmp(charset, "gb18030") != 0))
		return false;
	foreach(lc, column->type.labels)
	{
		if (strchr(lfirst(lc), '?') != NULL)
			return true;
	}
	return false;
}

/* A label of an enum type is a name, of at most 63 bytes. */
static void
settle_labels(RemoteTable *table, RemoteColumn *column, NoteList *notes)
{
	ListCell *lc;

	if (shows_no_labels(column))
	{
		column->type.enum_mode = ENUM_AS_TEXT;
		column->type.set_as_text = true;
		mm_ddl_note(notes, NOTE_NOTE, table, column->name,
					psprintf("%s becomes text", column->type.data_type),
					"MySQL shows \"?\" in its labels, for characters of four "
					"bytes.",
					"Nothing to do.", column->type.column_type);
		return;
	}
	if (mm_ddl_kind(column) != KIND_ENUM)
		return;
	foreach(lc, column->type.labels)
	{
		if (strlen(lfirst(lc)) < NAMEDATALEN)
			continue;
		column->type.enum_mode = ENUM_AS_CHECK;
		mm_ddl_note(notes, NOTE_NOTE, table, column->name,
					"enum becomes text with a check",
					"One of its labels has more than 63 bytes.",
					"Nothing to do.", column->type.column_type);
		return;
	}
}

static bool
is_in_primary_key(const RemoteTable *table, const RemoteColumn *column)
{
	ListCell *lc;
	ListCell *lp;

	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		foreach(lp, index->columns)
		{
			if (index->is_primary &&
				((RemoteIndexColumn *) lfirst(lp))->column == column)
				return true;
		}
	}
	return false;
}

/*
 * A zero date that the column holds gets NULL here, and so does a row that
 * relies on such a default; NOT NULL would turn that into an error.
 */
static void
settle_zero_date(const DdlOptions *options, RemoteTable *table,
				 RemoteColumn *column, NoteList *notes)
{
	const ValuePolicies *policies = mm_type_policies(&column->type,
													 &options->policies);
	bool is_default = !column->is_nullable_here &&
					  policies->zero_date == ZERO_DATE_NULL &&
					  mm_ddl_default_is_zero_date(column);

	if (!column->not_null || is_in_primary_key(table, column))
		return;
	column->is_nullable_here |= is_default;
	if (column->is_nullable_here)
		mm_ddl_note(notes, NOTE_NOTE, table, column->name,
					"NOT NULL not made",
					is_default ?
						"Its default is the zero date, which becomes NULL." :
						"It holds dates that PostgreSQL has not, which become NULL.",
					"Set the option zero_date to -infinity to keep NOT NULL.",
					column->default_text);
}

void
mm_ddl_prepare(RemoteSchema *schema, const DdlOptions *options,
			   NoteList *notes)
{
	ListCell *lc;
	ListCell *lcol;

	foreach(lc, schema->tables)
	{
		foreach(lcol, ((RemoteTable *) lfirst(lc))->columns)
		{
			RemoteColumn *column = lfirst(lcol);

			if (column->is_auto_increment)
				settle_auto_increment(column);
			settle_labels(lfirst(lc), column, notes);
		}
	}
	mm_ddl_settle_case(schema, options, notes);
	mm_ddl_unify_types(schema, notes);
	foreach(lc, schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		foreach(lcol, table->columns)
		{
			RemoteColumn *column = lfirst(lcol);

			if (column->is_skipped)
				continue;
			if (column->generated != NULL)
				settle_generated(schema, options, table, column, notes);
			settle_zero_date(options, table, column, notes);
		}
	}
}

/* ---- assembly ---- */

static void
create_schema(DdlBuild *build)
{
	const char *name = build->options->local_schema;
	char *quoted = mm_quote_local_name(NULL, name);

	if (!build->options->create_schema)
		return;
	mm_ddl_emit(build, DDL_SCHEMA, NULL, name,
				psprintf("CREATE SCHEMA %s", quoted));
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_COMMENT, NULL, name,
					psprintf("ALTER SCHEMA %s OWNER TO %s", quoted,
							 mm_quote_local_name(NULL,
												 build->options->owner)));
}

/* Oddities of a table that have no counterpart here. */
static void
note_table(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	if (list_length(table->columns) > MaxHeapAttributeNumber)
		mm_ddl_note(build->notes, NOTE_BLOCKER, table, table->name,
					"table has too many columns",
					psprintf("PostgreSQL tables have at most %d.",
							 MaxHeapAttributeNumber),
					"Leave columns out with skip rules, or split the table.",
					NULL);
	if (table->is_system_versioned)
		mm_ddl_note(build->notes, NOTE_WARNING, table, table->name,
					"history of a system-versioned table not carried over",
					"PostgreSQL has no system versioning; only current rows "
					"are copied.",
					"Copy the history with a query rule if it is needed.",
					NULL);
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (column->is_skipped)
			mm_ddl_note(build->notes, NOTE_NOTE, table, column->name,
						"column left out", "A rule says so.",
						"Nothing to do.", NULL);
		else if (column->is_invisible)
			mm_ddl_note(build->notes, NOTE_NOTE, table, column->name,
						"invisible column becomes visible",
						"PostgreSQL has no invisible columns.",
						"Name the columns in INSERT and SELECT.", NULL);
	}
}

static void
table_statements(DdlBuild *build, RemoteTable *table)
{
	DdlPartitions *partitions;

	note_table(build, table);
	partitions = mm_ddl_plan_partitions(build, table);
	mm_ddl_table(build, table, partitions);
	mm_ddl_partitions(build, table, partitions);
	mm_ddl_indexes(build, table);
	mm_ddl_checks(build, table);
	mm_ddl_identity(build, table);
	mm_ddl_on_update(build, table);
	mm_ddl_comments(build, table);
	mm_ddl_foreign_keys(build, table);
}

/* The statements by phase; within a phase as they were made. */
static List *
order_by_phase(List *statements)
{
	List *ordered = NIL;

	for (DdlPhase phase = DDL_SCHEMA; phase <= DDL_VIEW; phase++)
	{
		ListCell *lc;

		foreach(lc, statements)
		{
			DdlStatement *statement = lfirst(lc);

			if (statement->phase == phase)
				ordered = lappend(ordered, statement);
		}
	}
	return ordered;
}

List *
mm_ddl_schema(RemoteSchema *schema, const DdlOptions *options,
			  NoteList *notes)
{
	DdlBuild build = {.schema = schema, .options = options, .notes = notes};
	ListCell *lc;

	create_schema(&build);
	mm_ddl_case_collation(&build);
	foreach(lc, schema->sequences)
		mm_ddl_sequence(&build, lfirst(lc));
	foreach(lc, schema->tables)
		mm_ddl_types(&build, lfirst(lc));
	foreach(lc, schema->tables)
		table_statements(&build, lfirst(lc));
	mm_ddl_programs(&build);
	mm_ddl_views(&build);
	return order_by_phase(build.statements);
}
