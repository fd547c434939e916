/*
 * src/ddl/expr_json.c
 *		JSON functions over jsonb, with constant paths.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

/*
 * '$.a.b[0]' as the array constant '{a,b,0}'; NULL for wildcards, ranges and
 * whatever else selects more than one value.
 */
static char *
path_constant(const char *path)
{
	StringInfoData out;
	bool is_first = true;

	if (*path++ != '$')
		return NULL;
	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	while (*path != '\0')
	{
		StringInfoData key;

		initStringInfo(&key);
		if (*path == '.' && path[1] == '"')
		{
			for (path += 2; *path != '"'; path++)
			{
				if (*path == '\0' || *path == '\\')
					return NULL;
				appendStringInfoChar(&key, *path);
			}
			path++;
		}
		else if (*path == '.')
		{
			for (path++; *path != '\0' && *path != '.' && *path != '[';
				 path++)
				appendStringInfoChar(&key, *path);
			if (strpbrk(key.data, "*\"'\\ ") != NULL)
				return NULL;
		}
		else if (*path == '[')
		{
			for (path++; *path >= '0' && *path <= '9'; path++)
				appendStringInfoChar(&key, *path);
			if (*path++ != ']')
				return NULL;
		}
		else
			return NULL;
		if (key.len == 0)
			return NULL;
		appendStringInfoString(&out, is_first ? "\"" : ",\"");
		for (char *c = key.data; *c != '\0'; c++)
		{
			if (*c == '"' || *c == '\\')
				appendStringInfoChar(&out, '\\');
			appendStringInfoChar(&out, *c);
		}
		appendStringInfoChar(&out, '"');
		is_first = false;
	}
	appendStringInfoChar(&out, '}');
	return mm_quote_local_literal(out.data);
}

/* The document and path of JSON_EXTRACT(document, path). */
static bool
extract_arguments(ExprPrinter *printer, const ExprNode *node, char **document,
				  char **path)
{
	ExprValue value;
	ExprValue where;

	if (list_length(node->args) != 2)
		return false;
	value = mm_print_node(printer, linitial(node->args));
	where = mm_print_node(printer, lsecond(node->args));
	if (value.type != VALUE_JSON || where.literal == NULL ||
		where.type != VALUE_TEXT)
		return false;
	*document = mm_value_operand(value);
	*path = path_constant(where.literal);
	return *path != NULL;
}

static ExprValue
refuse_path(ExprPrinter *printer)
{
	return mm_print_refuse(printer,
						   "a JSON path that is variable or selects several "
						   "values, or a document that is no json column");
}

static ExprValue
print_extract(ExprPrinter *printer, const ExprNode *node)
{
	char *document;
	char *path;

	if (!extract_arguments(printer, node, &document, &path))
		return refuse_path(printer);
	return mm_value_compound(VALUE_JSON, psprintf("%s #> %s", document, path));
}

/* JSON null is the text "null" in MySQL, and NULL for #>>. */
static ExprValue
print_unquote(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *inner = linitial(node->args);
	char *document;
	char *path;

	if (list_length(node->args) == 1 && inner->kind == EXPR_COLUMN)
	{
		ExprValue value = mm_print_node(printer, inner);

		/* MariaDB keeps the text of a document as it was written */
		if (value.type != VALUE_JSON ||
			printer->schema->server.flavour == FLAVOUR_MARIADB)
			return mm_print_refuse(printer, "JSON_UNQUOTE of something else "
											"than a path");
		return mm_value(VALUE_TEXT,
						psprintf("CASE jsonb_typeof(%s) WHEN 'null' THEN 'null' "
								 "WHEN 'string' THEN %s #>> '{}' ELSE %s::text "
								 "END",
								 value.sql, value.sql, value.sql));
	}
	if (list_length(node->args) != 1 || inner->kind != EXPR_FUNCTION ||
		strcmp(inner->text, "json_extract") != 0)
		return mm_print_refuse(printer, "JSON_UNQUOTE of something else than a "
										"path");
	if (!extract_arguments(printer, inner, &document, &path))
		return refuse_path(printer);
	return mm_value(VALUE_TEXT,
					psprintf("CASE jsonb_typeof(%s #> %s) WHEN 'null' THEN "
							 "'null' ELSE %s #>> %s END",
							 document, path,
							 document, path));
}

/* JSON_VALUE: a scalar as text, NULL for anything else. */
static ExprValue
print_json_value(ExprPrinter *printer, const ExprNode *node)
{
	char *document;
	char *path;

	bool is_mariadb;

	if (!extract_arguments(printer, node, &document, &path))
		return refuse_path(printer);
	is_mariadb = printer->schema->server.flavour == FLAVOUR_MARIADB;
	return mm_value(VALUE_TEXT,
					psprintf("CASE jsonb_typeof(%s #> %s) WHEN 'object' THEN "
							 "NULL WHEN 'array' THEN NULL %sELSE %s #>> %s "
							 "END",
							 document, path, !is_mariadb ? "" : psprintf("WHEN 'boolean' THEN CASE %s #>> %s "
																		 "WHEN 'true' THEN '1' ELSE '0' END ",
																		 document, path),
							 document, path));
}

/* JSON_OBJECT and JSON_ARRAY */
static ExprValue
print_build(ExprPrinter *printer, const ExprNode *node)
{
	bool is_object = strcmp(node->text, "json_object") == 0;
	StringInfoData list;
	ListCell *lc;
	int i = 0;

	initStringInfo(&list);
	foreach(lc, node->args)
	{
		ExprValue value = mm_print_rounded(mm_print_node(printer,
														 lfirst(lc)));

		if (is_object && i++ % 2 == 0)
			value = mm_print_to_text(printer, value);
		else if (value.type == VALUE_BOOLEAN && value.is_column)
			value = mm_print_to_number(printer, value);
		else if (value.type != VALUE_INTEGER && value.type != VALUE_DECIMAL &&
				 value.type != VALUE_JSON && value.type != VALUE_BOOLEAN)
			value = mm_print_to_text(printer, value);
		if (value.type == VALUE_TEXT && value.literal != NULL)
			value.sql = psprintf("%s::text", value.sql);
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", value.sql);
	}
	printer->is_immutable = false;
	return mm_value(VALUE_JSON,
					psprintf("%s(%s)", is_object ? "jsonb_build_object" : "jsonb_build_array", list.data));
}

static ExprValue
print_json_length(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = list_length(node->args) > 1 ?
						  print_extract(printer, node) :
						  mm_print_node(printer, linitial(node->args));
	char *document = mm_value_operand(value);
	ExprValue result;

	if (value.type != VALUE_JSON)
		return refuse_path(printer);
	result = mm_value_integer(psprintf("CASE jsonb_typeof(%s) WHEN 'array' "
									   "THEN jsonb_array_length(%s) WHEN "
									   "'object' THEN (SELECT count(*)::int "
									   "FROM jsonb_object_keys(%s)) "
									   "ELSE CASE WHEN %s IS NOT NULL THEN 1 "
									   "END END",
									   document, document,
									   document, document),
							  4);
	result.minimum = 0;
	/* a subquery cannot stand in a generated column */
	printer->is_immutable = false;
	return result;
}

static ExprValue
print_json_valid(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));

	if (value.type != VALUE_JSON)
		return mm_print_refuse(printer, "JSON_VALID of something else than a "
										"json column");
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s IS NOT NULL OR NULL",
									  mm_value_operand(value)));
}

/* JSON_CONTAINS_PATH(document, 'one', path, ...), JSON_EXISTS(document, path) */
static ExprValue
print_contains_path(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	bool has_mode = strcmp(node->text, "json_contains_path") == 0;
	bool is_all = false;
	StringInfoData sql;

	if (has_mode && list_length(node->args) > 2)
	{
		ExprValue mode = mm_print_argument(printer, node, 1);

		if (mode.literal == NULL)
			return refuse_path(printer);
		is_all = pg_strcasecmp(mode.literal, "all") == 0;
	}
	if (value.type != VALUE_JSON)
		return refuse_path(printer);
	initStringInfo(&sql);
	for (int i = has_mode ? 2 : 1; i < list_length(node->args); i++)
	{
		ExprValue where = mm_print_argument(printer, node, i);
		char *path = where.literal == NULL ? NULL : path_constant(where.literal);

		if (path == NULL)
			return refuse_path(printer);
		appendStringInfo(&sql, "%s%s #> %s IS NOT NULL",
						 sql.len == 0 ? "" :
						 is_all		  ? " AND " :
										" OR ",
						 mm_value_operand(value), path);
	}
	if (sql.len == 0)
		return refuse_path(printer);
	return mm_value(VALUE_BOOLEAN,
					psprintf("CASE WHEN %s IS NOT NULL THEN %s END",
							 mm_value_operand(value), sql.data));
}

/* A number, a word or a plain string: nothing that holds other values. */
static bool
is_json_scalar(const char *text)
{
	Size len = strlen(text);

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
		strcmp(text, "null") == 0)
		return true;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		return strcspn(text + 1, "\"\\") == len - 2;
	if (*text == '-')
		text++;
	return (*text != '0' || text[1] == '\0') && *text != '\0' &&
		   text[strspn(text, "0123456789")] == '\0';
}

/* JSON_CONTAINS(document, scalar [, path]) */
static ExprValue
print_json_contains(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	ExprValue document = value;
	ExprValue scalar = mm_print_argument(printer, node, 1);
	ExprValue result;

	if (value.type != VALUE_JSON || scalar.literal == NULL ||
		scalar.type != VALUE_TEXT || !is_json_scalar(scalar.literal))
		return mm_print_refuse(printer, "JSON_CONTAINS of other than a constant "
										"number or text");
	if (list_length(node->args) == 3)
	{
		ExprValue where = mm_print_argument(printer, node, 2);
		char *path = where.literal == NULL ? NULL : path_constant(where.literal);

		if (path == NULL)
			return refuse_path(printer);
		value = mm_value_compound(VALUE_JSON,
								  psprintf("%s #> %s", mm_value_operand(value),
										   path));
	}
	printer->remarks = lappend(printer->remarks,
							   "JSON_CONTAINS looks into arrays inside of "
							   "arrays in MySQL, and not here.");
	result = mm_value_compound(VALUE_BOOLEAN,
							   psprintf("%s @> %s::jsonb",
										mm_value_operand(value),
										mm_quote_local_literal(scalar.literal)));
	/* without such a path: NULL of MySQL, 0 of MariaDB */
	if (list_length(node->args) == 3 &&
		printer->schema->server.flavour == FLAVOUR_MARIADB)
	{
		result.sql = psprintf("CASE WHEN %s IS NOT NULL THEN coalesce(%s, false) END",
							  document.sql, result.sql);
		result.is_compound = false;
	}
	return result;
}

bool
mm_print_json_function(ExprPrinter *printer, const ExprNode *node,
					   ExprValue *result)
{
	const char *name = node->text;

	if (strncmp(name, "json_", 5) != 0)
		return false;
	if (strcmp(name, "json_object") == 0 || strcmp(name, "json_array") == 0)
	{
		*result = print_build(printer, node);
		return true;
	}
	if (node->args == NIL)
		return false;
	if (strcmp(name, "json_extract") == 0)
		*result = print_extract(printer, node);
	else if (strcmp(name, "json_unquote") == 0)
		*result = print_unquote(printer, node);
	else if (strcmp(name, "json_value") == 0)
		*result = print_json_value(printer, node);
	else if (strcmp(name, "json_length") == 0)
		*result = print_json_length(printer, node);
	else if (strcmp(name, "json_contains_path") == 0 ||
			 strcmp(name, "json_exists") == 0)
		*result = print_contains_path(printer, node);
	else if (strcmp(name, "json_contains") == 0 && list_length(node->args) > 1)
		*result = print_json_contains(printer, node);
	else if (strcmp(name, "json_valid") == 0)
		*result = print_json_valid(printer, node);
	else
		return false;
	return true;
}
