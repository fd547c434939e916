/*
 * src/ddl/ddl_constraint.c
 *		CHECK constraints and foreign keys.
 *
 * Both are added NOT VALID, which takes a moment, and validated in a statement
 * of its own that may fail: then the constraint holds for new rows, and a
 * query lists the old ones that break it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

/* ADD CONSTRAINT ... CHECK, and its validation. */
static void
add_check(DdlBuild *build, RemoteTable *table, const char *name,
		  const char *condition, const char *original)
{
	char *quoted = mm_quote_local_name(NULL, name);
	DdlStatement *statement;

	statement = mm_ddl_emit(build, DDL_CHECK, table, name,
							psprintf("ALTER TABLE %s ADD CONSTRAINT %s "
									 "CHECK (%s) NOT VALID",
									 mm_ddl_load_name(table), quoted,
									 condition));
	statement->original = original;
	statement->may_fail = true;
	statement = mm_ddl_emit(build, DDL_VALIDATE_CHECK, table, name,
							psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s",
									 mm_ddl_load_name(table), quoted));
	statement->may_fail = true;
	statement->listing = psprintf("SELECT * FROM %s WHERE NOT (%s)",
								  mm_ddl_final_name(table), condition);
}

/* NOT ENFORCED: rows that break it may come at any time. */
static void
keep_unenforced(DdlBuild *build, RemoteTable *table, const RemoteCheck *check,
				const char *condition)
{
	char *quoted = mm_quote_local_name(NULL, check->local_name);

#if PG_VERSION_NUM >= 180000
	mm_ddl_emit(build, DDL_CHECK, table, check->local_name,
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT "
						 "ENFORCED",
						 mm_ddl_load_name(table), quoted, condition))
		->original = check->expression;
#else
	mm_ddl_note(build->notes, NOTE_NOTE, table, check->name, "check not made",
				"MySQL does not enforce it, and PostgreSQL before 18 has no "
				"such check.",
				psprintf("If it is to hold: ALTER TABLE %s ADD CONSTRAINT %s "
						 "CHECK (%s)",
						 mm_ddl_final_name(table), quoted, condition),
				check->expression);
#endif
}

/* json_valid(col) over a column that is json here: the type says it. */
static bool
is_json_check(RemoteTable *table, RemoteCheck *check)
{
	const char *error;
	ExprNode *node = mm_expr_parse(check->expression, &error);
	ExprNode *argument;
	RemoteColumn *column;
	LocalKind kind;

	if (node == NULL || node->kind != EXPR_FUNCTION ||
		strcmp(node->text, "json_valid") != 0 || list_length(node->args) != 1)
		return false;
	argument = linitial(node->args);
	if (argument->kind != EXPR_COLUMN)
		return false;
	column = mm_catalog_find_column(table, llast(argument->parts));
	if (column == NULL)
		return false;
	kind = mm_ddl_kind(column);
	return kind == KIND_JSON || kind == KIND_JSONB;
}

static void
translate_check(DdlBuild *build, RemoteTable *table, RemoteCheck *check)
{
	ExprResult *result;
	ListCell *lc;

	if (is_json_check(table, check))
	{
		mm_ddl_note(build->notes, NOTE_NOTE, table, check->name,
					"check not made", "The column's type is JSON already.",
					"Nothing to do.", check->expression);
		return;
	}
	result = mm_expr_condition(build->schema, build->options, table,
							   check->expression);
	if (result->sql == NULL)
	{
		mm_ddl_note(build->notes, NOTE_WARNING, table, check->name,
					"check not made", result->reason,
					"Write the condition by hand with ALTER TABLE ... ADD "
					"CHECK.",
					check->expression);
		return;
	}
	if (!check->is_enforced)
	{
		keep_unenforced(build, table, check, result->sql);
		return;
	}
	add_check(build, table, check->local_name, result->sql, check->expression);
	foreach(lc, result->remarks)
		mm_ddl_note(build->notes, NOTE_NOTE, table, check->name,
					"check may differ", lfirst(lc),
					"Look at the condition, and change it if it matters.",
					check->expression);
}

/* The labels of a set, or of an enum that is text here, as a CHECK. */
static void
check_labels(DdlBuild *build, RemoteTable *table, RemoteColumn *column)
{
	bool is_set = strcmp(column->type.data_type, "set") == 0;
	StringInfoData sql;
	ListCell *lc;

	if (is_set ? mm_ddl_kind(column) != KIND_TEXT_ARRAY :
				 (column->type.enum_mode != ENUM_AS_CHECK ||
				  mm_ddl_kind(column) != KIND_TEXT))
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "%s %s",
					 mm_quote_local_name(NULL, column->local_name),
					 is_set ? "<@ ARRAY[" : "IN (");
	foreach(lc, column->type.labels)
		appendStringInfo(&sql, "%s%s",
						 lc == list_head(column->type.labels) ? "" : ", ",
						 mm_quote_local_literal(lfirst(lc)));
	if (mm_ddl_needs_empty_label(column))
		appendStringInfoString(&sql, ", ''");
	appendStringInfoString(&sql, is_set ? "]::text[]" : ")");
	add_check(build, table, mm_ident_clip(psprintf("%s_%s_labels", table->local_name, column->local_name)),
			  sql.data, column->type.column_type);
}

/* citext has no length of its own. */
static void
check_length(DdlBuild *build, RemoteTable *table, RemoteColumn *column)
{
	if (build->options->citext == NULL || column->type.local_type == NULL ||
		strcmp(column->type.local_type, build->options->citext) != 0 ||
		column->type.char_length < 0 ||
		strstr(column->type.data_type, "char") == NULL)
		return;
	add_check(build, table,
			  mm_ident_clip(psprintf("%s_%s_length", table->local_name,
									 column->local_name)),
			  psprintf("char_length(%s) <= " INT64_FORMAT,
					   mm_quote_local_name(NULL, column->local_name),
					   column->type.char_length),
			  column->type.column_type);
}

void
mm_ddl_checks(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (!column->is_skipped && column->type.labels != NIL)
			check_labels(build, table, column);
		if (!column->is_skipped)
			check_length(build, table, column);
	}
	foreach(lc, table->checks)
		translate_check(build, table, lfirst(lc));
}

/* ---- foreign keys ---- */

/* The local name of a column by its remote one, quoted. */
static char *
referenced_name(const DdlBuild *build, RemoteTable *parent, const char *name)
{
	RemoteColumn *column = parent == NULL ? NULL :
											mm_catalog_find_column(parent, name);

	if (column != NULL)
		return mm_quote_local_name(NULL, column->local_name);
	return mm_quote_local_name(NULL,
							   mm_ident_fold(name,
											 build->options->identifiers));
}

static char *
referenced_list(const DdlBuild *build, RemoteTable *parent, List *names)
{
	StringInfoData list;
	ListCell *lc;

	initStringInfo(&list);
	foreach(lc, names)
		appendStringInfo(&list, "%s%s", lc == list_head(names) ? "" : ", ",
						 referenced_name(build, parent, lfirst(lc)));
	return list.data;
}

/* The parent's local name, guessed when it is not part of the schema. */
static char *
parent_name(const DdlBuild *build, RemoteForeignKey *key, RemoteTable *parent,
			bool is_final)
{
	const char *schema = build->options->local_schema;

	if (parent != NULL)
		return is_final ? mm_ddl_final_name(parent) : mm_ddl_load_name(parent);
	if (key->referenced_schema != NULL &&
		strcmp(key->referenced_schema, build->schema->name) != 0)
		schema = mm_ident_clip(mm_ident_fold(key->referenced_schema,
											 build->options->identifiers));
	return mm_quote_local_name(schema,
							   mm_ident_clip(mm_ident_fold(key->referenced_table,
														   build->options->identifiers)));
}

/* NO ACTION is what PostgreSQL does without a word. */
static const char *
action_sql(const char *event, const char *rule)
{
	if (rule == NULL || strcmp(rule, "NO ACTION") == 0)
		return "";
	return psprintf(" ON %s %s", event, rule);
}

static char *
foreign_key_sql(const DdlBuild *build, RemoteTable *table,
				RemoteForeignKey *key, RemoteTable *parent, bool is_final)
{
	return psprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) "
					"REFERENCES %s (%s)%s%s NOT VALID",
					is_final ? mm_ddl_final_name(table) :
							   mm_ddl_load_name(table),
					mm_quote_local_name(NULL, key->local_name),
					mm_ddl_column_list(key->columns),
					parent_name(build, key, parent, is_final),
					referenced_list(build, parent, key->referenced_columns),
					action_sql("UPDATE", key->update_rule),
					action_sql("DELETE", key->delete_rule));
}

/* Is the name one of the referenced columns? */
static bool
is_referenced(const RemoteForeignKey *key, const char *name)
{
	ListCell *lc;

	foreach(lc, key->referenced_columns)
	{
		if (pg_strcasecmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* Does a unique index here cover exactly the referenced columns? */
static bool
has_unique_index(const RemoteTable *parent, const RemoteForeignKey *key)
{
	ListCell *lc;

	foreach(lc, parent->indexes)
	{
		RemoteIndex *index = lfirst(lc);
		ListCell *lp;
		bool fits = index->is_unique &&
					list_length(index->columns) == list_length(key->referenced_columns);

		foreach(lp, index->columns)
		{
			RemoteIndexColumn *part = lfirst(lp);

			fits = fits && part->column != NULL && part->prefix_length == 0 &&
				   is_referenced(key, part->column->name);
		}
		if (fits)
			return true;
	}
	return false;
}

/* Why a foreign key cannot be made; NULL: it can. */
static const char *
foreign_key_obstacle(RemoteForeignKey *key, RemoteTable *parent)
{
	ListCell *lc;
	ListCell *lr;

	if (parent == NULL)
		return "The table it references is not part of this migration.";
	foreach(lc, key->columns)
	{
		if (((RemoteColumn *) lfirst(lc))->is_skipped)
			return "One of its columns was left out.";
	}
	forboth(lc, key->columns, lr, key->referenced_columns)
	{
		RemoteColumn *target = mm_catalog_find_column(parent, lfirst(lr));

		if (target == NULL || target->is_skipped)
			return "A column that it references was left out.";
	}
	if (!has_unique_index(parent, key))
		return "The columns that it references are not unique, which "
			   "PostgreSQL asks for.";
	return NULL;
}

/* The query that lists rows without their parent. */
static char *
orphans_query(RemoteTable *table, RemoteForeignKey *key, RemoteTable *parent,
			  const DdlBuild *build)
{
	StringInfoData join;
	StringInfoData filter;
	ListCell *lc;
	ListCell *lr;
	char *first = NULL;

	initStringInfo(&join);
	initStringInfo(&filter);
	forboth(lc, key->columns, lr, key->referenced_columns)
	{
		char *name = mm_quote_local_name(NULL,
										 ((RemoteColumn *)
											  lfirst(lc))
											 ->local_name);
		char *target = referenced_name(build, parent, lfirst(lr));

		appendStringInfo(&join, "%sp.%s = c.%s", join.len == 0 ? "" : " AND ",
						 target, name);
		appendStringInfo(&filter, " AND c.%s IS NOT NULL", name);
		if (first == NULL)
			first = target;
	}
	return psprintf("SELECT c.* FROM %s AS c LEFT JOIN %s AS p ON %s "
					"WHERE p.%s IS NULL%s",
					mm_ddl_final_name(table),
					mm_ddl_final_name(parent), join.data, first, filter.data);
}

/* The foreign key as MySQL has it. */
static char *
foreign_key_text(const RemoteForeignKey *key)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, "CONSTRAINT %s FOREIGN KEY (",
					 mm_quote_remote_ident(key->name));
	foreach(lc, key->columns)
		appendStringInfo(&text, "%s%s",
						 lc == list_head(key->columns) ? "" : ", ",
						 mm_quote_remote_ident(((RemoteColumn *) lfirst(lc))->name));
	appendStringInfo(&text, ") REFERENCES %s%s%s (",
					 key->referenced_schema != NULL ?
						 mm_quote_remote_ident(key->referenced_schema) :
						 "",
					 key->referenced_schema != NULL ? "." : "",
					 mm_quote_remote_ident(key->referenced_table));
	foreach(lc, key->referenced_columns)
		appendStringInfo(&text, "%s%s",
						 lc == list_head(key->referenced_columns) ? "" : ", ",
						 mm_quote_remote_ident(lfirst(lc)));
	appendStringInfo(&text, ")%s%s", action_sql("UPDATE", key->update_rule),
					 action_sql("DELETE", key->delete_rule));
	return text.data;
}

static void
add_foreign_key(DdlBuild *build, RemoteTable *table, RemoteForeignKey *key)
{
	RemoteTable *parent = NULL;
	const char *obstacle;
	DdlStatement *statement;

	if (key->referenced_schema == NULL ||
		strcmp(key->referenced_schema, build->schema->name) == 0)
		parent = mm_catalog_find_table(build->schema, key->referenced_table);
	obstacle = foreign_key_obstacle(key, parent);
	if (obstacle != NULL)
	{
		mm_ddl_note(build->notes, NOTE_WARNING, table, key->name,
					"foreign key not made", obstacle,
					psprintf("When it can hold, run: %s",
							 foreign_key_sql(build, table, key, parent, true)),
					foreign_key_text(key));
		return;
	}
	statement = mm_ddl_emit(build, DDL_FOREIGN_KEY, table, key->local_name,
							foreign_key_sql(build, table, key, parent, false));
	/* the unique index that it needs may be missing */
	statement->may_fail = true;
	statement = mm_ddl_emit(build, DDL_VALIDATE_FOREIGN_KEY, table,
							key->local_name,
							psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s",
									 mm_ddl_load_name(table),
									 mm_quote_local_name(NULL,
														 key->local_name)));
	statement->may_fail = true;
	statement->listing = orphans_query(table, key, parent, build);
}

void
mm_ddl_foreign_keys(DdlBuild *build, RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->foreign_keys)
		add_foreign_key(build, table, lfirst(lc));
}
