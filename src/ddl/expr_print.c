/*
 * src/ddl/expr_print.c
 *		The tree of a MySQL expression into PostgreSQL's text.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

#define MAX_DEPTH 400

void
mm_print_start(ExprPrinter *printer, const RemoteSchema *schema,
			   const DdlOptions *options)
{
	memset(printer, 0, sizeof(ExprPrinter));
	printer->schema = schema;
	printer->options = options;
	printer->is_immutable = true;
}

/* What was printed, with what must be said about it. */
ExprResult *
mm_print_result(ExprPrinter *printer, char *sql)
{
	ExprResult *result = palloc0(sizeof(ExprResult));

	if (printer->compares_text)
		printer->remarks = lappend(printer->remarks,
								   "Text is compared with regard to case here, "
								   "without it in MySQL.");
	if (printer->orders_text)
		printer->remarks = lappend(printer->remarks,
								   "Text is sorted by the collation of this "
								   "database, not by MySQL's.");
	if (printer->picks_any)
		printer->remarks = lappend(printer->remarks,
								   "A column is neither grouped nor determined "
								   "by the group: which row it comes from is "
								   "left to chance on both servers.");
	result->reason = printer->reason;
	result->sql = printer->reason == NULL ? sql : NULL;
	result->is_immutable = printer->is_immutable;
	result->uses_columns = printer->uses_columns;
	result->remarks = printer->remarks;
	return result;
}

/* ---- columns ---- */

static int64
column_minimum(const ColumnType *type, ValueType value)
{
	if (type->is_unsigned || value == VALUE_BOOLEAN)
		return 0;
	return PG_INT64_MIN;
}

ExprValue
mm_print_column_value(const RemoteColumn *column)
{
	static const ValueType types[] = {
		[KIND_BOOLEAN] = VALUE_BOOLEAN,[KIND_SMALLINT] = VALUE_INTEGER,
		[KIND_INTEGER] = VALUE_INTEGER,[KIND_BIGINT] = VALUE_INTEGER,
		[KIND_NUMERIC] = VALUE_DECIMAL,[KIND_REAL] = VALUE_FLOAT,
		[KIND_DOUBLE] = VALUE_FLOAT,[KIND_TEXT] = VALUE_TEXT,
		[KIND_BYTEA] = VALUE_BYTES,[KIND_DATE] = VALUE_DATE,
		[KIND_TIMESTAMP] = VALUE_DATETIME,[KIND_TIMESTAMPTZ] = VALUE_INSTANT,
		[KIND_TIME] = VALUE_TIME,[KIND_INTERVAL] = VALUE_INTERVAL,
		[KIND_JSON] = VALUE_OTHER,[KIND_JSONB] = VALUE_JSON,
		[KIND_BIT] = VALUE_BITS,[KIND_ENUM] = VALUE_ENUM,
		[KIND_TEXT_ARRAY] = VALUE_SET,[KIND_UUID] = VALUE_UUID,
		[KIND_INET] = VALUE_OTHER,[KIND_POINT] = VALUE_OTHER,
		[KIND_GEOMETRY] = VALUE_OTHER,[KIND_OTHER] = VALUE_OTHER
	};
	LocalKind	kind = mm_ddl_kind(column);
	ExprValue	value = mm_value(types[kind], NULL);
	const char *collation = column->type.collation;

	value.is_column = true;
	value.width = kind == KIND_SMALLINT ? 2 :
		kind == KIND_BIGINT || kind == KIND_DOUBLE ? 8 : 4;
	value.scale = kind == KIND_NUMERIC ? Max(column->type.scale, 0) : 0;
	value.fraction = column->type.fraction;
	value.minimum = column_minimum(&column->type, value.type);
	value.is_nullable = !mm_ddl_is_not_null(column);
	value.is_case_insensitive = collation != NULL &&
		(kind == KIND_TEXT || kind == KIND_ENUM) &&
		strstr(collation, "_ci") != NULL;
	value.charset = column->type.charset;
	value.labels = kind == KIND_ENUM || kind == KIND_TEXT_ARRAY ?
		column->type.labels : NIL;
	return value;
}

ExprRelation *
mm_print_table_relation(const RemoteTable *table, const char *name,
						const char *local)
{
	ExprRelation *relation = palloc0(sizeof(ExprRelation));
	ListCell   *lc;

	relation->schema = table->schema;
	relation->name = name;
	relation->local = local;
	relation->table = table;
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);
		ExprViewColumn *visible = palloc0(sizeof(ExprViewColumn));

		if (column->is_skipped)
			continue;
		visible->name = column->name;
		visible->local_name = column->local_name;
		visible->value = mm_print_column_value(column);
		visible->column = column;
		relation->columns = lappend(relation->columns, visible);
	}
	return relation;
}

static ExprViewColumn *
find_in_relation(const ExprRelation *relation, const char *name)
{
	ListCell   *lc;

	foreach(lc, relation->columns)
	{
		ExprViewColumn *column = lfirst(lc);

		if (pg_strcasecmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/* Does the qualifier of a column name this relation? */
static bool
is_qualifier(const ExprRelation *relation, List *parts, bool exact)
{
	const char *name;

	if (list_length(parts) == 1)
		return true;
	name = list_nth(parts, list_length(parts) - 2);
	if (exact ? strcmp(relation->name, name) != 0 :
		pg_strcasecmp(relation->name, name) != 0)
		return false;
	return list_length(parts) < 3 || relation->schema == NULL ||
		pg_strcasecmp(relation->schema, linitial(parts)) == 0;
}

/* A column in one scope; *relation is set to where it is. */
static ExprViewColumn *
find_in_scope(const ExprScope *scope, List *parts, ExprRelation **relation)
{
	ListCell   *lc;

	for (int pass = 0; pass < 2; pass++)
	{
		foreach(lc, scope->relations)
		{
			ExprViewColumn *column;

			*relation = lfirst(lc);
			if (!is_qualifier(*relation, parts, pass == 0))
				continue;
			column = find_in_relation(*relation, llast(parts));
			if (column != NULL)
				return column;
		}
	}
	return NULL;
}

/* The item of a SELECT list that an alias names, or NULL. */
static ExprItem *
find_alias(const ExprScope *scope, const char *name)
{
	ListCell   *lc;

	if (scope->query == NULL)
		return NULL;
	foreach(lc, scope->query->items)
	{
		ExprItem   *item = lfirst(lc);

		if (item->alias != NULL && pg_strcasecmp(item->alias, name) == 0 &&
			!list_member_ptr(scope->aliases_open, item))
			return item;
	}
	return NULL;
}

static ExprValue
print_alias(ExprPrinter *printer, ExprScope *scope, ExprItem *item)
{
	ExprValue	value;
	List	   *before = scope->aliases_open;
	bool		preference = scope->prefers_alias;

	scope->aliases_open = lcons(item, list_copy(before));
	scope->prefers_alias = false;
	value = mm_print_node(printer, item->node);
	scope->aliases_open = before;
	scope->prefers_alias = preference;
	return value;
}

static bool
is_in_list(List *list, const char *text)
{
	ListCell   *lc;

	foreach(lc, list)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	return false;
}

/* Are all columns of the primary key grouped, so that PostgreSQL knows? */
static bool
is_determined_by_key(const ExprScope *scope, const ExprRelation *relation)
{
	ListCell   *lc;
	ListCell   *lp;

	if (relation->table == NULL)
		return false;
	foreach(lc, relation->table->indexes)
	{
		RemoteIndex *index = lfirst(lc);
		bool		all = index->is_primary;

		foreach(lp, index->columns)
		{
			RemoteIndexColumn *part = lfirst(lp);

			all = all && part->column != NULL && part->prefix_length == 0 &&
				is_in_list(scope->group_sql,
						   psprintf("%s.%s", relation->local,
									mm_quote_local_name(NULL,
														part->column->local_name)));
		}
		if (all)
			return true;
	}
	return false;
}

/*
 * A column of a grouped query outside of aggregates.  MySQL takes any row of
 * the group where the column is not grouped; so do we.
 */
static void
group_column(ExprPrinter *printer, ExprScope *scope, ExprRelation *relation,
			 ExprValue *value)
{
	if (!scope->is_grouped || scope->aggregate_depth > 0 ||
		is_in_list(scope->group_sql, value->sql) ||
		is_determined_by_key(scope, relation))
		return;
	if (value->type == VALUE_SET)
	{
		mm_print_refuse(printer, "a set column that is not grouped");
		return;
	}
	if (!is_in_list(scope->known_sql, value->sql))
		printer->picks_any = true;
	value->sql = psprintf("(array_agg(%s))[1]", value->sql);
	value->is_nullable = true;
}

ExprValue
mm_print_column(ExprPrinter *printer, const ExprNode *node)
{
	for (ExprScope *scope = printer->scope; scope != NULL;
		 scope = scope->outer)
	{
		bool		is_bare = list_length(node->parts) == 1;
		ExprItem   *item = is_bare ? find_alias(scope, linitial(node->parts)) :
			NULL;
		ExprRelation *relation;
		ExprViewColumn *column;
		ExprValue	value;

		if (item != NULL && scope->prefers_alias)
			return print_alias(printer, scope, item);
		column = find_in_scope(scope, node->parts, &relation);
		if (column == NULL)
		{
			if (item != NULL)
				return print_alias(printer, scope, item);
			continue;
		}
		value = column->value;
		value.sql = mm_quote_local_name(NULL, column->local_name);
		if (relation->local != NULL)
			value.sql = psprintf("%s.%s", relation->local, value.sql);
		value.is_column = true;
		value.is_nullable |= relation->is_nullable;
		printer->uses_columns = true;
		group_column(printer, scope, relation, &value);
		return value;
	}
	return mm_print_refuse(printer, psprintf("Column \"%s\" is not known.",
											 (char *) llast(node->parts)));
}

/* ---- constants ---- */

static ExprValue
print_number(const ExprNode *node)
{
	const char *point = strchr(node->text, '.');
	ExprValue	value;

	if (strpbrk(node->text, "eE") != NULL)
	{
		value = mm_value(VALUE_FLOAT, psprintf("'%s'::double precision",
											   node->text));
		value.width = 8;
		value.is_nullable = false;
		return value;
	}
	value = mm_value(point != NULL || strlen(node->text) > 18 ?
					 VALUE_DECIMAL : VALUE_INTEGER, pstrdup(node->text));
	value.scale = point != NULL ? strlen(point + 1) : 0;
	value.width = strlen(node->text) > 9 ? 8 : 4;
	value.literal = node->text;
	value.is_nullable = false;
	if (value.type == VALUE_INTEGER)
		value.minimum = strtoll(node->text, NULL, 10);
	return value;
}

static ExprValue
print_string(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value;

	if (node->hex != NULL)
		return mm_value(VALUE_BYTES, psprintf("'\\x%s'::bytea", node->hex));
	value = mm_value(VALUE_TEXT, mm_quote_local_literal(node->text));
	if (node->detail != NULL && strcmp(node->detail, "binary") == 0)
		value.is_case_insensitive = false;
	/* E'..' after a keyword or operator needs no blank of its own */
	while (*value.sql == ' ')
		value.sql++;
	value.literal = node->text;
	value.is_nullable = false;
	return value;
}

static ExprValue
print_bit_literal(ExprPrinter *printer, const ExprNode *node)
{
	int64		number = 0;
	ExprValue	value;

	if (strlen(node->text) > 62)
		return mm_print_refuse(printer, "a bit constant of 63 bits or more");
	for (const char *c = node->text; *c != '\0'; c++)
		number = number * 2 + (*c - '0');
	value = mm_value_integer(psprintf(INT64_FORMAT, number),
							 number > PG_INT32_MAX ? 8 : 4);
	value.literal = value.sql;
	value.minimum = number;
	value.is_nullable = false;
	return value;
}

static ExprValue
print_temporal(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_value(VALUE_TEXT, NULL);

	value.literal = node->text;
	if (strcmp(node->detail, "time") == 0)
	{
		if (strspn(node->text, "0123456789:.") != strlen(node->text))
			return mm_print_refuse(printer, "a time of more than a day");
		value = mm_value(VALUE_TIME,
						 psprintf("time %s",
								  mm_quote_local_literal(node->text)));
		value.fraction = strchr(node->text, '.') != NULL ? 6 : 0;
	}
	else
		value = mm_print_to_temporal(printer, value);
	value.is_nullable = false;
	return value;
}

/* ---- the rest of the tree ---- */

static ExprValue
print_case(ExprPrinter *printer, const ExprNode *node)
{
	int			count = list_length(node->args);
	ExprNode   *operand_node = linitial(node->args);
	ExprNode   *otherwise = llast(node->args);
	ExprValue	operand = mm_value(VALUE_NULL, NULL);
	int			branches = (count - 2) / 2;
	ExprValue  *values = palloc0((branches + 1) * sizeof(ExprValue));
	char	  **conditions = palloc0(branches * sizeof(char *));
	StringInfoData sql;
	ExprValue	result;

	if (operand_node != NULL)
		operand = mm_print_node(printer, operand_node);
	for (int i = 0; i < branches; i++)
	{
		ExprNode   *when = list_nth(node->args, 1 + 2 * i);

		if (operand_node != NULL)
			conditions[i] = mm_print_compare(printer, "=", operand,
											 mm_print_node(printer, when)).sql;
		else
			conditions[i] = mm_print_condition(printer, when);
		values[i] = mm_print_node(printer, list_nth(node->args, 2 + 2 * i));
	}
	values[branches] = otherwise != NULL ? mm_print_node(printer, otherwise) :
		mm_value(VALUE_NULL, pstrdup("NULL"));
	result = mm_print_unify(printer, values, branches + 1);

	initStringInfo(&sql);
	appendStringInfoString(&sql, "CASE");
	for (int i = 0; i < branches; i++)
		appendStringInfo(&sql, " WHEN %s THEN %s", conditions[i],
						 values[i].sql);
	if (otherwise != NULL)
		appendStringInfo(&sql, " ELSE %s", values[branches].sql);
	appendStringInfoString(&sql, " END");
	result.sql = sql.data;
	result.is_compound = false;
	return result;
}

static ExprValue
print_is(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_node(printer, linitial(node->args));
	bool		is_null = pg_strcasecmp(node->text, "null") == 0;
	const char *test = is_null ? "NULL" :
		pg_strcasecmp(node->text, "true") == 0 ? "TRUE" :
		pg_strcasecmp(node->text, "false") == 0 ? "FALSE" : "UNKNOWN";
	ExprValue	result;

	if (!is_null)
		value = mm_print_to_condition(printer, value);
	result = mm_value_compound(VALUE_BOOLEAN,
							   psprintf("%s IS %s%s", mm_value_operand(value),
										node->is_negated ? "NOT " : "", test));
	result.is_nullable = false;
	return result;
}

static ExprValue
print_collate(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_to_text(printer,
										 mm_print_node(printer,
													   linitial(node->args)));
	Size		len = strlen(node->text);

	value.is_column = false;
	if (len >= 4 && strcmp(node->text + len - 4, "_bin") == 0)
	{
		value.sql = psprintf("%s COLLATE \"C\"", mm_value_operand(value));
		value.is_compound = true;
		value.is_case_insensitive = false;
	}
	else
		value.is_case_insensitive = strstr(node->text, "_ci") != NULL;
	return value;
}

static ExprValue
print_convert(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode   cast = *node;

	/* CONVERT(x USING cs) is CAST(x AS CHAR CHARACTER SET cs) */
	cast.kind = EXPR_CAST;
	cast.text = "char";
	return mm_print_cast(printer, &cast);
}

static ExprValue
print_exists(ExprPrinter *printer, const ExprNode *node)
{
	List	   *columns = NIL;
	ExprValue	result;

	result = mm_value(VALUE_BOOLEAN,
					  psprintf("EXISTS (%s)",
							   mm_print_query(printer, node->query, NIL,
											  &columns)));
	result.is_nullable = false;
	return result;
}

static ExprValue
print_by_kind(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value;

	switch (node->kind)
	{
		case EXPR_NULL:
			return mm_value(VALUE_NULL, pstrdup("NULL"));
		case EXPR_BOOLEAN:
			value = mm_value(VALUE_BOOLEAN, pstrdup(node->text));
			value.is_nullable = false;
			return value;
		case EXPR_NUMBER:
			return print_number(node);
		case EXPR_STRING:
			return print_string(printer, node);
		case EXPR_HEX:
			return mm_value(VALUE_BYTES,
							psprintf("'\\x%s'::bytea", node->text));
		case EXPR_BITS:
			return print_bit_literal(printer, node);
		case EXPR_TEMPORAL:
			return print_temporal(printer, node);
		case EXPR_COLUMN:
			return mm_print_column(printer, node);
		case EXPR_UNARY:
			return mm_print_unary(printer, node);
		case EXPR_BINARY:
			return mm_print_binary(printer, node);
		case EXPR_FUNCTION:
			return mm_print_function(printer, node);
		case EXPR_CASE:
			return print_case(printer, node);
		case EXPR_BETWEEN:
			return mm_print_between(printer, node);
		case EXPR_IN:
			return mm_print_in(printer, node);
		case EXPR_LIKE:
			return mm_print_like(printer, node);
		case EXPR_IS:
			return print_is(printer, node);
		case EXPR_CAST:
			return mm_print_cast(printer, node);
		case EXPR_CONVERT:
			return print_convert(printer, node);
		case EXPR_COLLATE:
			return print_collate(printer, node);
		case EXPR_SUBQUERY:
			return mm_print_subquery(printer, node->query);
		case EXPR_EXISTS:
			return print_exists(printer, node);
		case EXPR_STAR:
			return mm_print_refuse(printer, "all columns (*)");
		case EXPR_ROW:
			return mm_print_refuse(printer, "a row of values");
		case EXPR_INTERVAL:
			return mm_print_refuse(printer, "an interval by itself");
		case EXPR_QUANTIFIED:
			return mm_print_refuse(printer, "ANY or ALL by itself");
	}
	return mm_print_refuse(printer, "an expression of another kind");
}

/*
 * In a grouped query: is the whole expression what is grouped by?  Printed
 * without looking at single columns, it is then the same text.
 */
static bool
is_grouped_expression(ExprPrinter *printer, const ExprNode *node,
					  ExprValue *value)
{
	ExprScope  *scope = printer->scope;
	ExprPrinter trial = *printer;

	if (scope == NULL || !scope->is_grouped || scope->aggregate_depth > 0 ||
		scope->group_sql == NIL || node->kind == EXPR_COLUMN ||
		node->args == NIL)
		return false;
	scope->aggregate_depth++;
	*value = print_by_kind(&trial, node);
	scope->aggregate_depth--;
	return trial.reason == NULL && is_in_list(scope->group_sql, value->sql);
}

ExprValue
mm_print_node(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value;

	if (printer->reason != NULL)
		return mm_value(VALUE_NULL, pstrdup("NULL"));
	if (++printer->depth > MAX_DEPTH)
		return mm_print_refuse(printer, "expression nested too deeply");
	if (is_grouped_expression(printer, node, &value))
		printer->uses_columns = true;
	else
		value = print_by_kind(printer, node);
	printer->depth--;
	return value;
}

char *
mm_print_condition(ExprPrinter *printer, const ExprNode *node)
{
	return mm_print_to_condition(printer, mm_print_node(printer, node)).sql;
}

/* MySQL sorts NULL below everything, PostgreSQL above. */
char *
mm_print_order(ExprPrinter *printer, List *order_by)
{
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	foreach(lc, order_by)
	{
		ExprOrder  *order = lfirst(lc);
		ExprValue	value = mm_print_rounded(mm_print_node(printer,
														   order->node));

		if (value.is_case_insensitive && value.type == VALUE_TEXT)
			printer->orders_text = true;
		appendStringInfo(&sql, "%s%s%s", sql.len == 0 ? "" : ", ",
						 value.sql, order->is_descending ? " DESC" : "");
		if (value.is_nullable)
			appendStringInfoString(&sql, order->is_descending ?
								   " NULLS LAST" : " NULLS FIRST");
	}
	return sql.data;
}

/* ---- expressions of one table ---- */

static char *
refuse_assignment(ExprPrinter *printer, ExprValue value,
				  const char *target)
{
	mm_print_refuse(printer, psprintf("MySQL stores %s in a column of type "
									  "%s in its own way.",
									  mm_value_type_name(value.type), target));
	return value.sql;
}

static char *
assign_temporal(ExprPrinter *printer, ExprValue value, LocalKind kind)
{
	value = mm_print_to_temporal(printer, value);
	if ((value.type == VALUE_INSTANT) != (kind == KIND_TIMESTAMPTZ))
		printer->is_immutable = false;
	if (kind != KIND_DATE && value.type == VALUE_DATE &&
		kind == KIND_TIMESTAMPTZ)
		printer->is_immutable = false;
	return value.sql;
}

static char *
assign_text(ExprPrinter *printer, ExprValue value, const RemoteColumn *column)
{
	const char *type = column->type.data_type;

	value = mm_print_to_text(printer, value);
	/* blanks at the end of a CHAR are not kept */
	if (type != NULL && strcmp(type, "char") == 0 && value.literal == NULL)
		return psprintf("rtrim(%s)", value.sql);
	return value.sql;
}

char *
mm_print_assign(ExprPrinter *printer, ExprValue value,
				const RemoteTable *table, const RemoteColumn *column)
{
	LocalKind	kind = mm_ddl_kind(column);
	char	   *type = mm_ddl_column_type(table, column);
	const char *why = NULL;

	if (value.type == VALUE_NULL)
		return value.sql;
	switch (kind)
	{
		case KIND_BOOLEAN:
			return mm_print_to_condition(printer, value).sql;
		case KIND_SMALLINT:
		case KIND_INTEGER:
		case KIND_BIGINT:
		case KIND_NUMERIC:
		case KIND_REAL:
		case KIND_DOUBLE:
			return mm_print_to_number(printer, value).sql;
		case KIND_TEXT:
			return assign_text(printer, value, column);
		case KIND_DATE:
		case KIND_TIMESTAMP:
		case KIND_TIMESTAMPTZ:
			return assign_temporal(printer, value, kind);
		case KIND_JSON:
		case KIND_JSONB:
			if (value.type == VALUE_JSON)
				return value.sql;
			break;
		case KIND_TIME:
			if (value.type == VALUE_TIME)
				return value.sql;
			break;
		case KIND_UUID:
			if (value.type == VALUE_UUID)
				return value.sql;
			break;
		case KIND_BYTEA:
			if (value.type == VALUE_BYTES)
				return value.sql;
			break;
		default:
			break;
	}
	if (value.literal != NULL && value.type == VALUE_TEXT)
	{
		char	   *constant = mm_ddl_constant(column, value.literal, NULL,
											   printer->options, &why);

		if (constant != NULL)
			return constant;
	}
	if (value.type == VALUE_ENUM && kind == KIND_ENUM)
		return psprintf("%s::text::%s", mm_value_operand(value), type);
	return refuse_assignment(printer, value, type);
}

/* Parse, and open a scope with the columns of one table. */
static ExprNode *
start_table(ExprPrinter *printer, ExprScope *scope,
			const RemoteSchema *schema, const DdlOptions *options,
			const RemoteTable *table, const char *text)
{
	const char *error;
	ExprNode   *node = mm_expr_parse(text, &error);

	mm_print_start(printer, schema, options);
	memset(scope, 0, sizeof(ExprScope));
	scope->relations = list_make1(mm_print_table_relation(table, table->name,
														  NULL));
	printer->scope = scope;
	if (node == NULL)
		mm_print_refuse(printer, psprintf("It could not be read: %s.", error));
	return node;
}

ExprResult *
mm_expr_condition(const RemoteSchema *schema, const DdlOptions *options,
				  const RemoteTable *table, const char *text)
{
	ExprPrinter printer;
	ExprScope	scope;
	ExprNode   *node = start_table(&printer, &scope, schema, options, table,
								   text);
	char	   *sql = NULL;

	if (node != NULL)
		sql = mm_print_condition(&printer, node);
	return mm_print_result(&printer, sql);
}

ExprResult *
mm_expr_value(const RemoteSchema *schema, const DdlOptions *options,
			  const RemoteTable *table, const RemoteColumn *column,
			  const char *text)
{
	ExprPrinter printer;
	ExprScope	scope;
	ExprNode   *node = start_table(&printer, &scope, schema, options, table,
								   text);
	char	   *sql = NULL;

	if (node != NULL)
	{
		ExprValue	value = mm_print_node(&printer, node);

		sql = column == NULL ? mm_print_rounded(value).sql :
			mm_print_assign(&printer, value, table, column);
	}
	return mm_print_result(&printer, sql);
}
