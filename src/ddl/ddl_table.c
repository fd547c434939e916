/*
 * src/ddl/ddl_table.c
 *		Enum types, tables and their identity columns.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

/* CREATE TYPE of the enum columns that have a type of their own. */
void
mm_ddl_types(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);
		StringInfoData sql;
		ListCell *ll;
		char *own;

		if (column->is_skipped || column->local_enum == NULL ||
			mm_ddl_kind(column) != KIND_ENUM)
			continue;
		own = mm_quote_local_name(table->local_schema, column->local_enum);
		initStringInfo(&sql);
		appendStringInfo(&sql, "CREATE TYPE %s AS ENUM (", own);
		foreach(ll, column->type.labels)
			appendStringInfo(&sql, "%s%s", ll == list_head(column->type.labels) ? "" : ", ",
							 mm_quote_local_literal(lfirst(ll)));
		/* the value with index 0, where the data holds it */
		if (mm_ddl_needs_empty_label(column))
			appendStringInfoString(&sql, ", ''");
		appendStringInfoChar(&sql, ')');

		/* columns tied by foreign keys share one type */
		if (!mm_ddl_is_type_made(build, column->local_enum))
		{
			mm_ddl_emit(build, DDL_TYPE, table, column->local_enum, sql.data);
			if (build->options->owner != NULL)
				mm_ddl_emit(build, DDL_COMMENT, table, column->local_enum,
							psprintf("ALTER TYPE %s OWNER TO %s", own,
									 mm_quote_local_name(NULL,
														 build->options->owner)));
		}
	}
}

/* GENERATED ALWAYS AS (...), stored unless it can stay virtual */
static void
append_generated(DdlBuild *build, StringInfo sql, RemoteTable *table,
				 RemoteColumn *column)
{
	ExprResult *result = mm_expr_value(build->schema, build->options, table,
									   column, column->generated);

	/* mm_ddl_prepare saw that it can be translated */
	if (result->sql == NULL)
		elog(ERROR, "generation expression of column \"%s\" was lost: %s",
			 column->name, result->reason);
	appendStringInfo(sql, " GENERATED ALWAYS AS (%s) %s", result->sql,
					 mm_ddl_stays_virtual(table, column) ? "VIRTUAL" :
														   "STORED");
}

/* `is_bare`: without its default or expression. */
static void
append_column(DdlBuild *build, StringInfo sql, RemoteTable *table,
			  RemoteColumn *column, bool is_bare)
{
	char *value;

	appendStringInfo(sql, "%s %s",
					 mm_quote_local_name(NULL, column->local_name),
					 mm_ddl_column_type(table, column));
	appendStringInfoString(sql, mm_ddl_collate_clause(build->options, column));
	if (is_bare || column->is_bare_here)
		;
	else if (column->is_generated_here)
		append_generated(build, sql, table, column);
	else if (column->generated == NULL)
	{
		value = mm_ddl_default(build->schema, build->options, table, column,
							   build->notes);
		if (value != NULL)
			appendStringInfo(sql, " DEFAULT %s", value);
	}
	if (mm_ddl_is_not_null(column))
		appendStringInfoString(sql, " NOT NULL");
}

/* "(\n a integer, ...\n)"; `only`: all others are bare. */
static void
append_columns(DdlBuild *build, StringInfo sql, RemoteTable *table,
			   const RemoteColumn *only)
{
	bool is_first = true;
	ListCell *lc;

	appendStringInfoString(sql, " (");
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (column->is_skipped)
			continue;
		appendStringInfoString(sql, is_first ? "\n    " : ",\n    ");
		append_column(build, sql, table, column,
					  only != NULL && only != column);
		is_first = false;
	}
	appendStringInfoString(sql, "\n)");
}

void
mm_ddl_table(DdlBuild *build, RemoteTable *table,
			 const DdlPartitions *partitions)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s", mm_ddl_load_name(table));
	append_columns(build, &sql, table, NULL);
	appendStringInfoString(&sql, mm_ddl_partition_clause(partitions));
	mm_ddl_emit(build, DDL_TABLE, table, table->local_name, sql.data);
}

char *
mm_ddl_probe_column(RemoteSchema *schema, const DdlOptions *options,
					RemoteTable *table, const RemoteColumn *column)
{
	DdlBuild build = {.schema = schema, .options = options, .notes = mm_note_list_create()};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s", mm_ddl_load_name(table));
	append_columns(&build, &sql, table, column);
	appendStringInfo(&sql, "; DROP TABLE %s", mm_ddl_load_name(table));
	return sql.data;
}

char *
mm_ddl_table_again(RemoteSchema *schema, const DdlOptions *options,
				   RemoteTable *table)
{
	DdlBuild build = {.schema = schema, .options = options, .notes = mm_note_list_create()};
	DdlPartitions *partitions = table->is_partitioned_here ?
									mm_ddl_plan_partitions(&build, table) :
									NULL;

	mm_ddl_table(&build, table, partitions);
	return (char *) ((DdlStatement *) linitial(build.statements))->sql;
}

/* ---- AUTO_INCREMENT ---- */

/*
 * The next value, within what the column's type can hold.  A counter that no
 * sequence can follow is left out: the values of the rows decide.
 */
static uint64
next_value(const RemoteTable *table, LocalKind kind)
{
	uint64 limit = kind == KIND_SMALLINT ? PG_INT16_MAX :
				   kind == KIND_INTEGER	 ? PG_INT32_MAX :
										   PG_INT64_MAX;

	if (table->auto_increment > (uint64) PG_INT64_MAX)
		return 1;
	return Min(Max(table->auto_increment, 1), limit);
}

/* A sequence of its own, as serial makes it. */
static void
add_serial(DdlBuild *build, RemoteTable *table, RemoteColumn *column,
		   LocalKind kind)
{
	char *sequence = mm_quote_local_name(table->local_schema,
										 column->local_sequence);
	char *name = mm_quote_local_name(NULL, column->local_name);
	const char *type = kind == KIND_SMALLINT ? "smallint" :
					   kind == KIND_INTEGER	 ? "integer" :
											   "bigint";

	mm_ddl_emit(build, DDL_IDENTITY, table, column->local_sequence,
				psprintf("CREATE SEQUENCE %s AS %s START WITH " UINT64_FORMAT
						 " OWNED BY %s.%s",
						 sequence, type,
						 next_value(table, kind), mm_ddl_load_name(table),
						 name));
	mm_ddl_emit(build, DDL_IDENTITY, table, column->local_name,
				psprintf("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT "
						 "nextval(%s::regclass)",
						 mm_ddl_load_name(table), name,
						 mm_quote_local_literal(sequence)));
}

void
mm_ddl_identity(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);
		LocalKind kind;
		DdlStatement *statement;

		if (!column->is_auto_increment || column->is_skipped)
			continue;
		kind = mm_ddl_kind(column);
		if (kind != KIND_SMALLINT && kind != KIND_INTEGER &&
			kind != KIND_BIGINT)
		{
			/* identity is for integers; a default serves numbers as well */
			if (kind == KIND_NUMERIC || kind == KIND_REAL ||
				kind == KIND_DOUBLE)
				add_serial(build, table, column, kind);
			else
				mm_ddl_note(build->notes, NOTE_WARNING, table, column->name,
							"AUTO_INCREMENT not made",
							psprintf("The column is of type %s here.",
									 mm_ddl_column_type(table, column)),
							"Give the column a default that fits its type.",
							column->type.column_type);
			continue;
		}
		if (build->options->serial)
		{
			add_serial(build, table, column, kind);
			continue;
		}
		statement = mm_ddl_emit(build, DDL_IDENTITY, table, column->local_name,
								psprintf("ALTER TABLE %s ALTER COLUMN %s ADD "
										 "GENERATED BY DEFAULT AS IDENTITY "
										 "(SEQUENCE NAME %s START WITH " UINT64_FORMAT ")",
										 mm_ddl_load_name(table),
										 mm_quote_local_name(NULL,
															 column->local_name),
										 mm_quote_local_name(table->local_schema,
															 column->local_sequence),
										 next_value(table, kind)));
		statement->reason = "AUTO_INCREMENT";
	}
}
