/*
 * src/ddl/expr_column.c
 *		Columns: what they are worth, and where a name is found.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

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
		[KIND_BOOLEAN] = VALUE_BOOLEAN,
		[KIND_SMALLINT] = VALUE_INTEGER,
		[KIND_INTEGER] = VALUE_INTEGER,
		[KIND_BIGINT] = VALUE_INTEGER,
		[KIND_NUMERIC] = VALUE_DECIMAL,
		[KIND_REAL] = VALUE_FLOAT,
		[KIND_DOUBLE] = VALUE_FLOAT,
		[KIND_TEXT] = VALUE_TEXT,
		[KIND_BYTEA] = VALUE_BYTES,
		[KIND_DATE] = VALUE_DATE,
		[KIND_TIMESTAMP] = VALUE_DATETIME,
		[KIND_TIMESTAMPTZ] = VALUE_INSTANT,
		[KIND_TIME] = VALUE_TIME,
		[KIND_INTERVAL] = VALUE_INTERVAL,
		[KIND_JSON] = VALUE_OTHER,
		[KIND_JSONB] = VALUE_JSON,
		[KIND_BIT] = VALUE_BITS,
		[KIND_ENUM] = VALUE_ENUM,
		[KIND_TEXT_ARRAY] = VALUE_SET,
		[KIND_UUID] = VALUE_UUID,
		[KIND_INET] = VALUE_OTHER,
		[KIND_POINT] = VALUE_OTHER,
		[KIND_GEOMETRY] = VALUE_OTHER,
		[KIND_OTHER] = VALUE_OTHER,
	};
	LocalKind kind = mm_ddl_kind(column);
	ExprValue value = mm_value(types[kind], NULL);
	const char *collation = column->type.collation;

	value.is_column = true;
	value.width = kind == KIND_SMALLINT						 ? 2 :
				  kind == KIND_BIGINT || kind == KIND_DOUBLE ? 8 :
															   4;
	value.scale = kind == KIND_NUMERIC ? Max(column->type.scale, 0) : 0;
	value.fraction = column->type.fraction;
	value.minimum = column_minimum(&column->type, value.type);
	value.is_nullable = !mm_ddl_is_not_null(column);
	value.has_zero_null = column->not_null && column->is_nullable_here &&
						  mm_value_is_temporal(value);
	value.is_case_insensitive = collation != NULL &&
								(kind == KIND_TEXT || kind == KIND_ENUM ||
								 kind == KIND_TEXT_ARRAY) &&
								strstr(collation, "_ci") != NULL;
	value.charset = column->type.charset;
	value.labels = kind == KIND_ENUM || kind == KIND_TEXT_ARRAY ?
					   column->type.labels :
					   NIL;
	return value;
}

ExprRelation *
mm_print_table_relation(const RemoteTable *table, const char *name,
						const char *local)
{
	ExprRelation *relation = palloc0(sizeof(ExprRelation));
	ListCell *lc;

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
	ListCell *lc;

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
	ListCell *lc;

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
	ListCell *lc;

	if (scope->query == NULL)
		return NULL;
	foreach(lc, scope->query->items)
	{
		ExprItem *item = lfirst(lc);

		if (item->alias != NULL && pg_strcasecmp(item->alias, name) == 0 &&
			!list_member_ptr(scope->aliases_open, item))
			return item;
	}
	return NULL;
}

static ExprValue
print_alias(ExprPrinter *printer, ExprScope *scope, ExprItem *item)
{
	ExprValue value;
	List *before = scope->aliases_open;
	bool preference = scope->prefers_alias;

	scope->aliases_open = lcons(item, list_copy(before));
	scope->prefers_alias = false;
	value = mm_print_node(printer, item->node);
	scope->aliases_open = before;
	scope->prefers_alias = preference;
	return value;
}

/* Is the text one of the list? */
bool
mm_expr_is_listed(List *list, const char *text)
{
	ListCell *lc;

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
	ListCell *lc;
	ListCell *lp;

	if (relation->table == NULL)
		return false;
	foreach(lc, relation->table->indexes)
	{
		RemoteIndex *index = lfirst(lc);
		bool all = index->is_primary;

		foreach(lp, index->columns)
		{
			RemoteIndexColumn *part = lfirst(lp);

			all = all && part->column != NULL && part->prefix_length == 0 &&
				  mm_expr_is_listed(scope->group_sql,
									psprintf("%s.%s", relation->local,
											 mm_quote_local_name(NULL,
																 part->column->local_name)));
		}
		if (all)
			return true;
	}
	return false;
}

/* A grouped column, NULL in the rows that ROLLUP adds. */
static void
rollup_column(ExprPrinter *printer, ExprScope *scope, ExprValue *value)
{
	value->is_nullable = true;
	if (mm_expr_is_listed(scope->group_sql, value->sql))
		return;
	for (int i = 0; i < list_length(scope->group_sql); i++)
	{
		/* text that is grouped without regard to case */
		if (strcmp(list_nth(scope->known_sql, i), value->sql) == 0)
		{
			value->sql = psprintf("CASE WHEN grouping(%s) = 0 THEN "
								  "(array_agg(%s))[1] END",
								  (char *) list_nth(scope->group_sql, i),
								  value->sql);
			return;
		}
	}
	mm_print_refuse(printer, "a column that is not grouped, WITH ROLLUP");
}

/*
 * A column of a grouped query outside of aggregates.  MySQL takes any row of
 * the group where the column is not grouped; so do we.
 */
static void
group_column(ExprPrinter *printer, ExprScope *scope, ExprRelation *relation,
			 ExprValue *value)
{
	if (!scope->is_grouped || scope->aggregate_depth > 0)
		return;
	if (scope->is_rollup)
	{
		rollup_column(printer, scope, value);
		return;
	}
	if (mm_expr_is_listed(scope->group_sql, value->sql) ||
		is_determined_by_key(scope, relation))
		return;
	if (value->type == VALUE_SET)
	{
		mm_print_refuse(printer, "a set column that is not grouped");
		return;
	}
	if (!mm_expr_is_listed(scope->known_sql, value->sql))
		printer->picks_any = true;
	value->sql = psprintf("(array_agg(%s))[1]", value->sql);
	value->is_nullable = true;
}

/*
 * A generated column here cannot name another one: the other's expression
 * takes its place, as a value of its type.  Those before it are settled, and
 * some may be plain columns.
 */
static bool
is_inlined(const ExprPrinter *printer, const RemoteColumn *column)
{
	return printer->generated != NULL && column != NULL &&
		   column->generated != NULL &&
		   (column->is_generated_here ||
			column->position > printer->generated->position);
}

static char *
inline_column(ExprPrinter *printer, const RemoteColumn *column)
{
	const char *error;
	ExprNode *node = mm_expr_parse(column->generated, &error);
	ExprValue value;

	if (node == NULL)
	{
		mm_print_refuse(printer, psprintf("It could not be read: %s.", error));
		return pstrdup("NULL");
	}
	value = mm_print_node(printer, node);
	return psprintf("(%s)::%s",
					mm_print_assign(printer, value, printer->table, column),
					mm_ddl_column_type(printer->table, column));
}

/* Is there no other reason for a NULL than the zero date? */
static bool
nulls_are_zero(const ExprPrinter *printer, const RemoteColumn *column)
{
	const ValuePolicies *policies;

	if (column == NULL)
		return true;
	policies = mm_type_policies(&column->type, &printer->options->policies);
	return policies->zero_date == ZERO_DATE_NULL &&
		   policies->partial_date != PARTIAL_DATE_NULL;
}

/* A variable of a trigger hides any column of its name, as it does there. */
static bool
print_variable(ExprPrinter *printer, const ExprNode *node, ExprValue *value)
{
	ExprViewColumn *variable;

	if (printer->variables == NULL || list_length(node->parts) != 1)
		return false;
	variable = find_in_relation(printer->variables, linitial(node->parts));
	if (variable == NULL)
		return false;
	*value = variable->value;
	value->sql = mm_quote_local_name(NULL, variable->local_name);
	value->column = variable->column;
	printer->uses_columns = true;
	return true;
}

ExprValue
mm_print_column(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue variable;

	if (print_variable(printer, node, &variable))
		return variable;
	for (ExprScope *scope = printer->scope; scope != NULL;
		 scope = scope->outer)
	{
		bool is_bare = list_length(node->parts) == 1;
		ExprItem *item = is_bare ? find_alias(scope, linitial(node->parts)) :
								   NULL;
		ExprRelation *relation;
		ExprViewColumn *column;
		ExprValue value;

		if (item != NULL && scope->prefers_alias)
			return print_alias(printer, scope, item);
		column = find_in_scope(scope, node->parts, &relation);
		if (column == NULL)
		{
			if (item != NULL)
				return print_alias(printer, scope, item);
			continue;
		}
		if (column->refusal != NULL)
			return mm_print_refuse(printer, column->refusal);
		value = column->value;
		value.sql = mm_quote_local_name(NULL, column->local_name);
		if (relation->local != NULL)
			value.sql = psprintf("%s.%s", relation->local, value.sql);
		value.is_column = true;
		if (is_inlined(printer, column->column))
		{
			value.sql = inline_column(printer, column->column);
			value.is_column = false;
		}
		value.has_case_collation |= column->column != NULL &&
									mm_ddl_has_case_collation(printer->options,
															  column->column);
		value.column = column->column;
		value.is_nullable |= relation->is_nullable;
		value.has_zero_null &= !relation->is_nullable &&
							   nulls_are_zero(printer, column->column);
		printer->reads_zero_dates |= value.has_zero_null;
		printer->uses_columns = true;
		group_column(printer, scope, relation, &value);
		return value;
	}
	return mm_print_refuse(printer, psprintf("Column \"%s\" is not known.",
											 (char *) llast(node->parts)));
}
