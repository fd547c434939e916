/*
 * src/migrate/table_json.c
 *		A RemoteTable as JSON and back: what is needed to read, write and
 *		compare its rows.  Objects that only DDL needs (foreign keys, checks,
 *		partitions, comments) are not in it.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/json_object.h"
#include "migrate/spec.h"
#include "migrate/table_json.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

/* ---------------------------------------------------------------- writing */

static void
add_int(StringInfo json, const char *key, int64 value)
{
	char text[32];

	snprintf(text, sizeof(text), INT64_FORMAT, value);
	mm_json_add_raw(json, key, text);
}

/* false is the default and is left out. */
static void
add_flag(StringInfo json, const char *key, bool value)
{
	if (value)
		mm_json_add_raw(json, key, "true");
}

static char *
string_array(List *strings)
{
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	foreach(cell, strings)
	{
		if (out.len > 1)
			appendStringInfoString(&out, ", ");
		escape_json(&out, lfirst(cell));
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

static char *
object_array(List *objects, char *(*print)(const void *) )
{
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	foreach(cell, objects)
		appendStringInfo(&out, "%s%s", out.len > 1 ? ", " : "",
						 print(lfirst(cell)));
	appendStringInfoChar(&out, ']');
	return out.data;
}

static char *
print_column(const void *object)
{
	const RemoteColumn *column = object;
	const ColumnType *type = &column->type;
	StringInfoData json;

	initStringInfo(&json);
	mm_json_add_text(&json, "name", column->name);
	mm_json_add_text(&json, "local_name", column->local_name);
	add_int(&json, "position", column->position);
	add_flag(&json, "not_null", column->not_null);
	add_flag(&json, "nullable_here", column->is_nullable_here);
	add_flag(&json, "auto_increment", column->is_auto_increment);
	add_flag(&json, "skipped", column->is_skipped);
	add_flag(&json, "stored", column->is_stored);
	add_flag(&json, "generated_here", column->is_generated_here);
	mm_json_add_text(&json, "generated", column->generated);
	mm_json_add_text(&json, "local_enum", column->local_enum);
	mm_json_add_text(&json, "data_type", type->data_type);
	mm_json_add_text(&json, "column_type", type->column_type);
	add_flag(&json, "unsigned", type->is_unsigned);
	add_flag(&json, "zerofill", type->is_zerofill);
	add_int(&json, "display_width", type->display_width);
	add_int(&json, "char_length", type->char_length);
	add_int(&json, "precision", type->precision);
	add_int(&json, "scale", type->scale);
	add_int(&json, "fraction", type->fraction);
	mm_json_add_text(&json, "charset", type->charset);
	mm_json_add_text(&json, "collation", type->collation);
	if (type->labels != NIL)
		mm_json_add_raw(&json, "labels", string_array(type->labels));
	add_flag(&json, "is_json", type->is_json);
	add_flag(&json, "wide", type->decision == DECISION_WIDE);
	add_int(&json, "enum_mode", type->enum_mode);
	add_int(&json, "json_mode", type->json_mode);
	add_flag(&json, "set_as_text", type->set_as_text);
	mm_json_add_text(&json, "postgis", type->postgis);
	mm_json_add_text(&json, "local_type", type->local_type);
	mm_json_add_text(&json, "transform", column->transform);
	if (type->policies != NULL)
		mm_json_add_text(&json, "policies",
						 mm_spec_policies_text(type->policies));
	mm_json_end(&json);
	return json.data;
}

static char *
print_index_column(const void *object)
{
	const RemoteIndexColumn *part = object;
	StringInfoData json;

	initStringInfo(&json);
	if (part->column != NULL)
		mm_json_add_text(&json, "column", part->column->name);
	mm_json_add_text(&json, "expression", part->expression);
	add_int(&json, "prefix", part->prefix_length);
	add_flag(&json, "descending", part->is_descending);
	mm_json_end(&json);
	return json.data;
}

static char *
print_index(const void *object)
{
	const RemoteIndex *index = object;
	StringInfoData json;

	initStringInfo(&json);
	mm_json_add_text(&json, "name", index->name);
	mm_json_add_text(&json, "local_name", index->local_name);
	add_int(&json, "kind", index->kind);
	add_flag(&json, "primary", index->is_primary);
	add_flag(&json, "unique", index->is_unique);
	mm_json_add_raw(&json, "columns",
					object_array(index->columns, print_index_column));
	mm_json_end(&json);
	return json.data;
}

static char *
print_rename(const void *object)
{
	const RemoteRename *rename = object;
	StringInfoData json;

	initStringInfo(&json);
	mm_json_add_text(&json, "kind", rename->kind);
	mm_json_add_text(&json, "from", rename->from);
	mm_json_add_text(&json, "to", rename->to);
	mm_json_end(&json);
	return json.data;
}

char *
mm_table_to_json(const RemoteTable *table)
{
	StringInfoData json;

	initStringInfo(&json);
	mm_json_add_text(&json, "schema", table->schema);
	mm_json_add_text(&json, "name", table->name);
	mm_json_add_text(&json, "local_schema", table->local_schema);
	mm_json_add_text(&json, "local_name", table->local_name);
	mm_json_add_text(&json, "load_name", table->load_name);
	mm_json_add_text(&json, "query", table->query);
	mm_json_add_text(&json, "filter", table->filter);
	mm_json_add_text(&json, "local_filter", table->local_filter);
	mm_json_add_text(&json, "engine", table->engine);
	if (OidIsValid(table->replaced))
	{
		add_int(&json, "replaced", table->replaced);
		mm_json_add_raw(&json, "renames",
						object_array(table->renames, print_rename));
	}
	add_flag(&json, "circular", table->is_circular);
	add_flag(&json, "transactional", table->is_transactional);
	add_flag(&json, "system_versioned", table->is_system_versioned);
	add_int(&json, "rows", table->estimated_rows);
	add_int(&json, "data_bytes", table->data_bytes);
	add_int(&json, "row_bytes", table->average_row_bytes);
	mm_json_add_text(&json, "auto_increment",
					 psprintf(UINT64_FORMAT, table->auto_increment));
	mm_json_add_raw(&json, "columns",
					object_array(table->columns, print_column));
	mm_json_add_raw(&json, "indexes",
					object_array(table->indexes, print_index));
	mm_json_end(&json);
	return json.data;
}

/* ---------------------------------------------------------------- reading */

static JsonbContainer *
container_of(const JsonbValue *value)
{
	if (value->type != jbvBinary)
		elog(ERROR, "malformed table description");
	return value->val.binary.data;
}

static JsonbValue *
find(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value);
}

static char *
get_text(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (find(object, key, &value) == NULL || value.type == jbvNull)
		return NULL;
	if (value.type != jbvString)
		elog(ERROR, "malformed member \"%s\" of a table description", key);
	return pnstrdup(value.val.string.val, value.val.string.len);
}

static int64
get_int(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (find(object, key, &value) == NULL)
		return 0;
	if (value.type != jbvNumeric)
		elog(ERROR, "malformed member \"%s\" of a table description", key);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8,
											 NumericGetDatum(value.val.numeric)));
}

static bool
get_flag(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return find(object, key, &value) != NULL && value.type == jbvBool &&
		   value.val.boolean;
}

/* The elements of an array member, each through `parse`. */
static List *
get_array(JsonbContainer *object, const char *key, void *arg,
		  void *(*parse)(void *arg, const JsonbValue *element))
{
	JsonbValue value;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue element;
	List *list = NIL;

	if (find(object, key, &value) == NULL)
		return NIL;
	it = JsonbIteratorInit(container_of(&value));
	while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			list = lappend(list, parse(arg, &element));
	}
	return list;
}

static void *
parse_string(void *arg, const JsonbValue *element)
{
	return pnstrdup(element->val.string.val, element->val.string.len);
}

static void *
parse_column(void *arg, const JsonbValue *element)
{
	JsonbContainer *object = container_of(element);
	RemoteColumn *column = palloc0(sizeof(RemoteColumn));
	ColumnType *type = &column->type;
	char *policies;

	column->name = get_text(object, "name");
	column->local_name = get_text(object, "local_name");
	column->position = get_int(object, "position");
	column->not_null = get_flag(object, "not_null");
	column->is_nullable_here = get_flag(object, "nullable_here");
	column->is_auto_increment = get_flag(object, "auto_increment");
	column->is_skipped = get_flag(object, "skipped");
	column->is_stored = get_flag(object, "stored");
	column->is_generated_here = get_flag(object, "generated_here");
	column->generated = get_text(object, "generated");
	column->local_enum = get_text(object, "local_enum");
	type->data_type = get_text(object, "data_type");
	type->column_type = get_text(object, "column_type");
	type->is_unsigned = get_flag(object, "unsigned");
	type->is_zerofill = get_flag(object, "zerofill");
	type->display_width = get_int(object, "display_width");
	type->char_length = get_int(object, "char_length");
	type->precision = get_int(object, "precision");
	type->scale = get_int(object, "scale");
	type->fraction = get_int(object, "fraction");
	type->charset = get_text(object, "charset");
	type->collation = get_text(object, "collation");
	type->labels = get_array(object, "labels", NULL, parse_string);
	type->is_json = get_flag(object, "is_json");
	type->decision = get_flag(object, "wide") ? DECISION_WIDE : DECISION_NARROW;
	type->enum_mode = get_int(object, "enum_mode");
	type->json_mode = get_int(object, "json_mode");
	type->set_as_text = get_flag(object, "set_as_text");
	type->postgis = get_text(object, "postgis");
	type->local_type = get_text(object, "local_type");
	column->transform = get_text(object, "transform");
	policies = get_text(object, "policies");
	if (policies != NULL)
		type->policies = mm_spec_policies_parse(policies, NULL);
	return column;
}

static void *
parse_index_column(void *arg, const JsonbValue *element)
{
	JsonbContainer *object = container_of(element);
	RemoteIndexColumn *part = palloc0(sizeof(RemoteIndexColumn));
	char *column = get_text(object, "column");

	if (column != NULL)
		part->column = mm_catalog_find_column(arg, column);
	part->expression = get_text(object, "expression");
	part->prefix_length = get_int(object, "prefix");
	part->is_descending = get_flag(object, "descending");
	return part;
}

static void *
parse_index(void *arg, const JsonbValue *element)
{
	JsonbContainer *object = container_of(element);
	RemoteIndex *index = palloc0(sizeof(RemoteIndex));

	index->name = get_text(object, "name");
	index->local_name = get_text(object, "local_name");
	index->kind = get_int(object, "kind");
	index->is_primary = get_flag(object, "primary");
	index->is_unique = get_flag(object, "unique");
	index->columns = get_array(object, "columns", arg, parse_index_column);
	return index;
}

static void *
parse_rename(void *arg, const JsonbValue *element)
{
	JsonbContainer *object = container_of(element);
	RemoteRename *rename = palloc0(sizeof(RemoteRename));

	rename->kind = get_text(object, "kind");
	rename->from = get_text(object, "from");
	rename->to = get_text(object, "to");
	return rename;
}

RemoteTable *
mm_table_from_json(const char *json)
{
	Jsonb *jsonb = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													  CStringGetDatum(json)));
	JsonbContainer *object = &jsonb->root;
	RemoteTable *table = palloc0(sizeof(RemoteTable));
	char *counter;

	table->schema = get_text(object, "schema");
	table->name = get_text(object, "name");
	table->local_schema = get_text(object, "local_schema");
	table->local_name = get_text(object, "local_name");
	table->load_name = get_text(object, "load_name");
	table->query = get_text(object, "query");
	table->filter = get_text(object, "filter");
	table->local_filter = get_text(object, "local_filter");
	table->engine = get_text(object, "engine");
	table->replaced = (Oid) get_int(object, "replaced");
	table->renames = get_array(object, "renames", NULL, parse_rename);
	table->is_circular = get_flag(object, "circular");
	table->is_transactional = get_flag(object, "transactional");
	table->is_system_versioned = get_flag(object, "system_versioned");
	table->estimated_rows = get_int(object, "rows");
	table->data_bytes = get_int(object, "data_bytes");
	table->average_row_bytes = get_int(object, "row_bytes");
	counter = get_text(object, "auto_increment");
	table->auto_increment = counter == NULL ? 0 : strtoull(counter, NULL, 10);
	table->columns = get_array(object, "columns", table, parse_column);
	table->indexes = get_array(object, "indexes", table, parse_index);
	return table;
}
