/*
 * src/migrate/rule.c
 *		The user's rules in the plan of a job.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/json_object.h"
#include "ddl/expr.h"
#include "load/transform.h"
#include "migrate/existing.h"
#include "migrate/rule.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "source/rule.h"
#include "types/field_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "wire/result.h"

/* ---------------------------------------------------------------- the payload */

char *
mm_rules_payload(const char *server)
{
	List *rules = mm_rule_read(server);
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	foreach(cell, rules)
	{
		const Rule *rule = lfirst(cell);
		StringInfoData json;

		initStringInfo(&json);
		mm_json_add_raw(&json, "id", psprintf(INT64_FORMAT, rule->id));
		mm_json_add_text(&json, "pattern", rule->pattern);
		mm_json_add_text(&json, "action", mm_rule_action_name(rule->action));
		mm_json_add_text(&json, "value", rule->value);
		mm_json_end(&json);
		appendStringInfo(&out, "%s%s", out.len > 1 ? ", " : "", json.data);
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

bool
mm_rules_have_query(const JobSpec *spec, const char *table)
{
	ListCell *cell;

	foreach(cell, spec->rules)
	{
		const Rule *rule = lfirst(cell);

		if (rule->action == RULE_QUERY &&
			mm_rule_matches_table(rule, table, true))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- queries */

/* Four bytes per character of the connection's character set. */
#define BYTES_PER_CHARACTER 4
#define LONGEST_VARCHAR		16383

/* A field's length in bytes as the length of a varchar, or text without one. */
static ColumnType
type_of_expression(const WireField *field)
{
	ColumnType type = *mm_type_of_field(field);
	unsigned long length = field->length / BYTES_PER_CHARACTER;

	if (strcmp(type.data_type, "varchar") != 0)
		return type;
	if (length >= 1 && length <= LONGEST_VARCHAR)
		type.char_length = (int64) length;
	else
		type.data_type = type.column_type = "longtext";
	type.charset = "utf8mb4";
	return type;
}

/* The columns that a SELECT gives, by its fields alone. */
static List *
describe_query(Migration *migration, const char *from)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "columns of a query",
												  ALLOCSET_SMALL_SIZES);
	WireResult *result = mm_result_open(migration->conn,
										psprintf("SELECT * FROM %s LIMIT 0",
												 from),
										context);
	const WireField *fields = mm_result_fields(result);
	List *columns = NIL;

	for (int i = 0; i < mm_result_nfields(result); i++)
	{
		RemoteColumn *column = palloc0(sizeof(RemoteColumn));

		column->name = pstrdup(fields[i].name);
		column->position = i + 1;
		column->type = type_of_expression(&fields[i]);
		columns = lappend(columns, column);
	}
	while (mm_result_next(result) != NULL)
		;
	mm_result_close(result);
	MemoryContextDelete(context);
	return columns;
}

/* The same wire type: then the catalog's description holds for it, too. */
static bool
same_type(const ColumnType *a, const ColumnType *b)
{
	return strcmp(a->data_type, b->data_type) == 0 &&
		   a->is_unsigned == b->is_unsigned &&
		   a->display_width == b->display_width &&
		   a->char_length == b->char_length && a->precision == b->precision &&
		   a->scale == b->scale && a->fraction == b->fraction;
}

static RemoteColumn *
find_column(List *columns, const char *name)
{
	ListCell *cell;

	foreach(cell, columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (pg_strcasecmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/*
 * Columns of a query that come unchanged out of the table or view of the same
 * name are described by the catalog: labels, lengths, defaults.  Whether they
 * may be NULL only the query knows.
 */
static List *
known_columns(Migration *migration, List *columns, const char *relation,
			  List *catalog)
{
	List *described = describe_query(migration, relation);
	List *known = NIL;
	ListCell *cell;

	foreach(cell, columns)
	{
		RemoteColumn *column = lfirst(cell);
		RemoteColumn *before = find_column(described, column->name);
		RemoteColumn *base = find_column(catalog, column->name);

		if (base != NULL && before != NULL &&
			same_type(&before->type, &column->type))
		{
			base->not_null = false;
			base->generated = NULL;
			base->position = column->position;
			column = base;
		}
		known = lappend(known, column);
	}
	return known;
}

static bool
has_index_columns(const RemoteIndex *index, List *columns)
{
	ListCell *cell;

	foreach(cell, index->columns)
	{
		const RemoteIndexColumn *part = lfirst(cell);

		if (part->column == NULL || !list_member_ptr(columns, part->column))
			return false;
	}
	return true;
}

/* Keys and indexes over columns that the query does not give are gone. */
static void
drop_lost_keys(RemoteTable *table)
{
	List *indexes = NIL;
	List *foreign_keys = NIL;
	ListCell *cell;

	foreach(cell, table->indexes)
	{
		if (has_index_columns(lfirst(cell), table->columns))
			indexes = lappend(indexes, lfirst(cell));
	}
	foreach(cell, table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(cell);

		if (list_difference_ptr(key->columns, table->columns) == NIL)
			foreign_keys = lappend(foreign_keys, key);
	}
	table->indexes = indexes;
	table->foreign_keys = foreign_keys;
	table->checks = NIL;
	table->partitions = NIL;
}

/* The view of this name leaves the programs: it becomes a table. */
static RemoteProgram *
take_view(RemoteSchema *schema, const char *name)
{
	ListCell *cell;

	foreach(cell, schema->programs)
	{
		RemoteProgram *program = lfirst(cell);

		if (program->kind != REMOTE_VIEW || strcmp(program->name, name) != 0)
			continue;
		schema->programs = list_delete_ptr(schema->programs, program);
		return program;
	}
	return NULL;
}

/* A SELECT in place of a table, of a view, or as a table of its own. */
static void
apply_query(Migration *migration, Rule *rule)
{
	RemoteSchema *schema = migration->schema;
	RemoteTable *table = mm_catalog_find_table(schema, rule->table.text);
	RemoteProgram *view = NULL;
	List *catalog = NIL;
	char *relation = psprintf("%s.%s", mm_quote_remote_ident(schema->name),
							  mm_quote_remote_ident(rule->table.text));
	List *columns;

	if (table == NULL)
	{
		view = take_view(schema, rule->table.text);
		table = palloc0(sizeof(RemoteTable));
		table->schema = schema->name;
		table->name = rule->table.text;
		table->is_transactional = true;
		table->collation = schema->collation;
		schema->tables = lappend(schema->tables, table);
		catalog = view ? view->columns : NIL;
	}
	else
		catalog = table->columns;
	rule->matched = true;
	table->query = rule->value;
	columns = describe_query(migration, mm_catalog_from(table));
	table->columns = catalog == NIL ? columns :
									  known_columns(migration, columns,
													relation, catalog);
	drop_lost_keys(table);
}

bool
mm_rules_want_table(const JobSpec *spec, const char *table)
{
	if (spec->remote_table != NULL)
		return pg_strcasecmp(spec->remote_table, table) == 0;
	return (spec->include == NIL || mm_spec_matches(spec->include, table)) &&
		   !mm_spec_matches(spec->exclude, table);
}

/* Of several queries for one name the newest counts. */
void
mm_rules_plan_queries(Migration *migration)
{
	ListCell *cell;

	foreach(cell, migration->spec->rules)
	{
		Rule *rule = lfirst(cell);

		if (rule->action != RULE_QUERY ||
			!mm_rules_want_table(migration->spec, rule->table.text))
			continue;
		if (mm_rule_for_table(migration->spec->rules, RULE_QUERY,
							  rule->table.text,
							  migration->schema->folds_names) == rule)
			apply_query(migration, rule);
	}
}

/* ---------------------------------------------------------------- columns */

/*
 * transform_type
 *		The type that the transform of a column gives by itself, as SQL text;
 *		raises when the expression makes no sense for the table.
 */
static char *
transform_type(const RemoteTable *table, const RemoteColumn *column)
{
	Node *tree = mm_transform_compile(mm_transform_inputs(table), column,
									  InvalidOid, -1);

	return format_type_with_typemod(exprType(tree), exprTypmod(tree));
}

static void
check_meaning(const RemoteTable *table, const RemoteColumn *column, Oid type)
{
	const char *hint = mm_type_refusal(&column->type, type);

	if (hint != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("rule \"type\" of column \"%s.%s\" does not say what is meant",
						table->name, column->name),
				 errdetail("A value of type %s has no meaning as type %s.",
						   column->type.column_type, format_type_be(type)),
				 errhint("%s", hint)));
}

/* The rule's type as PostgreSQL writes it; a misspelt one is an error here. */
static void
settle_type(Migration *migration, const RemoteTable *table,
			RemoteColumn *column)
{
	Oid type;
	int32 typmod;

	parseTypeString(column->type.local_type, &type, &typmod,
					MM_PARSE_TYPE_RAISES);
	column->type.local_type = format_type_with_typemod(type, typmod);
	if (column->transform != NULL)
		(void) mm_transform_compile(mm_transform_inputs(table), column, type,
									typmod);
	else
	{
		check_meaning(table, column, type);
		mm_existing_settle_zone(migration, table, column, getBaseType(type));
	}
}

static void
apply_to_column(Migration *migration, const RemoteTable *table,
				RemoteColumn *column)
{
	const JobSpec *spec = migration->spec;
	bool folds = migration->schema->folds_names;
	Rule *transform = mm_rule_for_column(spec->rules, RULE_USING, table->name,
										 folds, column);
	Rule *policy = mm_rule_for_column(spec->rules, RULE_POLICY, table->name,
									  folds, column);

	if (policy != NULL)
		column->type.policies = mm_spec_policies_parse(policy->value,
													   &spec->policies);
	if (column->is_skipped)
		return;
	if (transform != NULL)
	{
		column->transform = transform->value;
		/* What MySQL computes, PostgreSQL would compute from other values. */
		column->generated = NULL;
		if (column->type.local_type == NULL)
			column->type.local_type = transform_type(table, column);
	}
	if (column->type.local_type != NULL)
		settle_type(migration, table, column);
}

/* The filter of a table: its rule's, and the argument where_clause. */
static void
apply_filter(const Migration *migration, RemoteTable *table)
{
	const JobSpec *spec = migration->spec;
	Rule *rule = mm_rule_for_table(spec->rules, RULE_WHERE, table->name,
								   migration->schema->folds_names);

	if (rule == NULL)
		table->filter = spec->where;
	else if (spec->where == NULL)
		table->filter = rule->value;
	else
		table->filter = psprintf("(%s) AND (%s)", rule->value, spec->where);
}

/* MySQL's own error, before anything is made. */
static void
check_filter(const Migration *migration, const RemoteTable *table)
{
	if (table->filter != NULL)
		(void) mm_conn_query_value(migration->conn,
								   psprintf("SELECT 1 FROM %s WHERE (%s) LIMIT 0",
											mm_catalog_from(table),
											table->filter));
}

/* Does the text name a column whose value is another one here? */
static bool
names_computed_column(const RemoteTable *table, const char *text)
{
	char *lower = mm_ident_fold(text, IDENT_LOWER);
	ListCell *cell;

	foreach(cell, table->columns)
	{
		const RemoteColumn *column = lfirst(cell);

		if (column->transform != NULL &&
			strstr(lower, mm_ident_fold(column->name, IDENT_LOWER)) != NULL)
			return true;
	}
	return false;
}

void
mm_rules_translate_filter(Migration *migration, RemoteTable *table,
						  Oid relation)
{
	ExprResult *result;

	if (table->filter == NULL || table->query != NULL ||
		names_computed_column(table, table->filter))
		return;
	result = mm_expr_condition(migration->schema, &migration->ddl, table,
							   table->filter);
	if (result->sql == NULL || result->remarks != NIL)
		return;
	/* A table that was here already may have other types than we think. */
	if (mm_migration_try(psprintf("SELECT 1 FROM %s WHERE %s LIMIT 0",
								  mm_quote_local_relation(relation),
								  result->sql)) == NULL)
		table->local_filter = result->sql;
}

/* ---------------------------------------------------------------- notes */

static void
note_skipped(Migration *migration, List *before)
{
	ListCell *cell;

	foreach(cell, before)
	{
		RemoteTable *table = lfirst(cell);

		if (list_member_ptr(migration->schema->tables, table))
			continue;
		mm_note_explain(migration->notes,
						mm_note_add(migration->notes, NOTE_NOTE, NULL,
									table->name, "table left out"),
						"A rule says so.", "Nothing to do.", NULL);
	}
}

/*
 * A rule that matches nothing is mostly misspelt.  With a part of the schema
 * only those are suspicious whose table is in it.
 */
static bool
should_match(const Migration *migration, const Rule *rule)
{
	const JobSpec *spec = migration->spec;
	bool is_part = spec->remote_table != NULL || spec->include != NIL ||
				   spec->exclude != NIL;
	ListCell *cell;

	if (!is_part)
		return true;
	if (rule->type != NULL || rule->table.has_wildcards)
		return false;
	foreach(cell, migration->schema->tables)
	{
		if (mm_rule_matches_table(rule, ((RemoteTable *) lfirst(cell))->name,
								  migration->schema->folds_names))
			return true;
	}
	return false;
}

static void
note_unmatched(Migration *migration)
{
	ListCell *cell;

	foreach(cell, migration->spec->rules)
	{
		const Rule *rule = lfirst(cell);
		Note *note;

		if (rule->matched || !should_match(migration, rule))
			continue;
		note = mm_note_add(migration->notes, NOTE_WARNING, NULL,
						   psprintf("rule " INT64_FORMAT, rule->id),
						   psprintf("\"%s\" of \"%s\" matches nothing",
									mm_rule_action_name(rule->action),
									rule->pattern));
		mm_note_explain(migration->notes, note,
						psprintf("MySQL schema \"%s\" has no such table, column or type.",
								 migration->schema->name),
						psprintf("UPDATE mysql_migrate.rule SET pattern = '...' WHERE id = " INT64_FORMAT,
								 rule->id),
						NULL);
	}
}

/* ---------------------------------------------------------------- the plan */

void
mm_rules_plan(Migration *migration)
{
	List *before;
	ListCell *table_cell;

	before = list_copy(migration->schema->tables);
	mm_rule_apply_names(migration->schema, migration->spec->rules);
	note_skipped(migration, before);
	foreach(table_cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		apply_filter(migration, table);
		check_filter(migration, table);
		foreach(cell, table->columns)
			apply_to_column(migration, table, lfirst(cell));
	}
	note_unmatched(migration);
}
