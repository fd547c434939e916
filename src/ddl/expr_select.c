/*
 * src/ddl/expr_select.c
 *		The tree of a MySQL query into PostgreSQL's text.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"
#include "miscadmin.h"

static char *print_from(ExprPrinter *printer, ExprFrom *from, bool is_nullable);

/* What a table or derived table is called here, quoted. */
char *
mm_print_alias(const ExprPrinter *printer, const char *name)
{
	return mm_quote_local_name(NULL,
							   mm_ident_clip(mm_ident_fold(name,
														   printer->options->identifiers)));
}

static void
add_relation(ExprPrinter *printer, ExprRelation *relation)
{
	ListCell *lc;

	foreach(lc, printer->scope->relations)
	{
		ExprRelation *other = lfirst(lc);

		if (strcmp(other->local, relation->local) == 0)
			mm_print_refuse(printer,
							psprintf("Two of its tables are called %s here.",
									 relation->local));
	}
	printer->scope->relations = lappend(printer->scope->relations, relation);
}

/* A relation over columns that a view or derived table gives. */
ExprRelation *
mm_print_derived_relation(const char *schema, const char *name, char *local,
						  List *columns)
{
	ExprRelation *relation = palloc0(sizeof(ExprRelation));

	relation->schema = schema;
	relation->name = name;
	relation->local = local;
	relation->columns = columns;
	return relation;
}

/* The columns of a query under other names: t (a, b). */
List *
mm_print_rename_columns(ExprPrinter *printer, List *columns, List *names)
{
	List *renamed = NIL;
	ListCell *lc;
	ListCell *ln;

	if (names == NIL)
		return columns;
	if (list_length(names) != list_length(columns))
	{
		mm_print_refuse(printer, "a column list of another length");
		return columns;
	}
	forboth(lc, columns, ln, names)
	{
		ExprViewColumn *column = palloc(sizeof(ExprViewColumn));

		*column = *(ExprViewColumn *) lfirst(lc);
		column->name = lfirst(ln);
		column->local_name = mm_ident_clip(mm_ident_fold(lfirst(ln),
														 printer->options->identifiers));
		renamed = lappend(renamed, column);
	}
	return renamed;
}

List *
mm_print_local_names(List *columns)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, columns)
		names = lappend(names, (char *) ((ExprViewColumn *)
											 lfirst(lc))
								   ->local_name);
	return names;
}

static ExprRelation *
find_cte(const ExprPrinter *printer, const char *name)
{
	ListCell *lc;

	foreach(lc, printer->ctes)
	{
		ExprRelation *relation = lfirst(lc);

		if (pg_strcasecmp(relation->name, name) == 0)
			return relation;
	}
	return NULL;
}

static ExprView *
find_view(const ExprPrinter *printer, const char *name)
{
	ListCell *lc;

	foreach(lc, printer->views)
	{
		ExprView *view = lfirst(lc);

		if (strcmp(view->program->name, name) == 0)
			return view;
	}
	return NULL;
}

static char *
print_table(ExprPrinter *printer, ExprFrom *from, bool is_nullable)
{
	const char *name = from->alias != NULL ? from->alias : from->name;
	char *alias = mm_print_alias(printer, name);
	ExprRelation *relation;
	ExprRelation *cte = from->schema == NULL ? find_cte(printer, from->name) :
											   NULL;
	RemoteTable *table;
	ExprView *view;
	char *local;

	if (from->schema != NULL &&
		strcmp(from->schema, printer->schema->name) != 0)
	{
		mm_print_refuse(printer, psprintf("It reads another database: "
										  "\"%s.%s\".",
										  from->schema,
										  from->name));
		return pstrdup("");
	}
	table = mm_catalog_find_table(printer->schema, from->name);
	view = find_view(printer, from->name);
	if (cte != NULL)
	{
		relation = mm_print_derived_relation(NULL, name, alias, cte->columns);
		local = pstrdup(cte->local);
	}
	else if (table != NULL)
	{
		relation = mm_print_table_relation(table, name, alias);
		printer->reads_written |= table == printer->written;
		local = mm_quote_local_name(printer->options->local_schema,
									table->local_name);
	}
	else if (view != NULL)
	{
		relation = mm_print_derived_relation(printer->schema->name, name, alias,
											 view->columns);
		local = mm_quote_local_name(printer->options->local_schema,
									view->program->local_name);
	}
	else
	{
		mm_print_refuse(printer, psprintf("It reads \"%s\", which is not "
										  "here.",
										  from->name));
		return pstrdup("");
	}
	relation->is_nullable = is_nullable;
	add_relation(printer, relation);
	return psprintf("%s AS %s", local, alias);
}

static char *
print_derived(ExprPrinter *printer, ExprFrom *from, bool is_nullable)
{
	char *alias = mm_print_alias(printer, from->alias);
	ExprScope *outer = printer->scope;
	List *columns = NIL;
	ExprRelation *relation;
	char *sql;

	/* a derived table sees its neighbours only when it is lateral */
	if (!from->is_lateral)
		printer->scope = outer->outer;
	sql = mm_print_query(printer, from->query, NIL, &columns);
	printer->scope = outer;
	columns = mm_print_rename_columns(printer, columns, from->column_names);
	relation = mm_print_derived_relation(NULL, from->alias, alias, columns);
	relation->is_nullable = is_nullable;
	add_relation(printer, relation);
	if (from->column_names == NIL)
		return psprintf("%s(%s) AS %s", from->is_lateral ? "LATERAL " : "", sql,
						alias);
	{
		StringInfoData names;
		ListCell *lc;

		initStringInfo(&names);
		foreach(lc, mm_print_local_names(columns))
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ",
							 mm_quote_local_name(NULL, lfirst(lc)));
		return psprintf("%s(%s) AS %s(%s)", from->is_lateral ? "LATERAL " : "",
						sql, alias, names.data);
	}
}

static char *
print_join(ExprPrinter *printer, ExprFrom *from, bool is_nullable)
{
	bool is_left = strcmp(from->join, "LEFT JOIN") == 0;
	bool is_right = strcmp(from->join, "RIGHT JOIN") == 0;
	char *left = print_from(printer, from->left, is_nullable || is_right);
	char *right = print_from(printer, from->right,
							 is_nullable || is_left);

	if (from->right->kind == FROM_JOIN)
		right = psprintf("(%s)", right);
	if (from->condition == NULL)
		return psprintf("%s\n    %s %s", left, from->join, right);
	return psprintf("%s\n    %s %s ON %s", left, from->join, right,
					mm_print_condition(printer, from->condition));
}

static char *
print_from(ExprPrinter *printer, ExprFrom *from, bool is_nullable)
{
	switch (from->kind)
	{
		case FROM_TABLE:
			return print_table(printer, from, is_nullable);
		case FROM_QUERY:
			return print_derived(printer, from, is_nullable);
		default:
			return print_join(printer, from, is_nullable);
	}
}

/* ---- the SELECT list ---- */

/* What an item is called: its alias, or its column's name. */
static const char *
item_name(const ExprItem *item)
{
	if (item->alias != NULL)
		return item->alias;
	if (item->node->kind == EXPR_COLUMN)
		return llast(item->node->parts);
	return "?column?";
}

static char *
print_item(ExprPrinter *printer, ExprItem *item, const char *local,
		   const ExprWanted *wanted, List **columns)
{
	ExprViewColumn *column = palloc0(sizeof(ExprViewColumn));
	ExprValue value = mm_print_node(printer, item->node);
	bool was_unrounded = value.is_unrounded;

	/* the column of a UNION may show more digits of a quotient */
	if (was_unrounded && wanted != NULL && wanted->value.type == VALUE_FLOAT)
		value = mm_print_exact(value);
	if (was_unrounded && wanted != NULL && wanted->value.type == VALUE_DECIMAL)
		value.scale = Max(value.scale, wanted->value.scale);
	value = mm_print_rounded(value);
	if (item->node->kind == EXPR_BITS)
		value = mm_print_refuse(printer, "a bit constant as a column");
	/* a comparison is a number in MySQL; a boolean column stays one */
	if (value.type == VALUE_BOOLEAN && !value.is_column)
		value = mm_print_to_number(printer, value);
	column->is_null = value.type == VALUE_NULL;
	if (wanted != NULL)
		value = mm_print_as_wanted(printer, value, wanted);
	else if (value.type == VALUE_NULL)
		value = mm_print_to_text(printer, value);
	column->name = item_name(item);
	column->local_name = local != NULL ? local :
										 mm_ident_clip(mm_ident_fold(column->name,
																	 printer->options->identifiers));
	value.has_zero_null &= value.is_column;
	column->value = value;
	/* of the query's column nothing is known but its type */
	column->value.literal = NULL;
	column->value.bits = NULL;
	column->value.was_unrounded = was_unrounded;
	*columns = lappend(*columns, column);
	return psprintf("%s AS %s", value.sql,
					mm_quote_local_name(NULL, column->local_name));
}

static char *
print_items(ExprPrinter *printer, const ExprQuery *query, List *names,
			List *wanted, List **columns)
{
	StringInfoData sql;
	ListCell *lc;
	int i = 0;

	initStringInfo(&sql);
	foreach(lc, query->items)
	{
		const char *local = i < list_length(names) ? list_nth(names, i) : NULL;
		ExprItem *item = lfirst(lc);

		/* SELECT * only says anything inside of EXISTS */
		if (item->node->kind == EXPR_STAR && list_length(query->items) == 1 &&
			query->from != NULL)
		{
			appendStringInfoString(&sql, "1");
			mm_print_refuse(printer, "all columns (*)");
			continue;
		}
		appendStringInfo(&sql, "%s%s", i == 0 ? "" : ",\n    ",
						 print_item(printer, item, local,
									i < list_length(wanted) ?
										list_nth(wanted, i) :
										NULL,
									columns));
		i++;
	}
	return sql.data;
}

/* LIMIT and OFFSET, constants both. */
char *
mm_print_limit(ExprPrinter *printer, const ExprQuery *query)
{
	StringInfoData sql;
	int64 number;

	initStringInfo(&sql);
	if (query->limit != NULL)
	{
		ExprValue value = mm_print_node(printer, query->limit);

		if (value.literal == NULL)
			mm_print_refuse(printer, "a variable LIMIT");
		/* MySQL's word for "all rows" is the largest number it has */
		if (mm_value_int_literal(value, &number))
			appendStringInfo(&sql, "\nLIMIT %s", value.literal);
	}
	if (query->offset != NULL)
	{
		ExprValue value = mm_print_node(printer, query->offset);

		if (!mm_value_int_literal(value, &number))
			mm_print_refuse(printer, "a variable OFFSET");
		appendStringInfo(&sql, "\nOFFSET %s", value.sql);
	}
	return sql.data;
}

static char *
print_windows(ExprPrinter *printer, const ExprQuery *query)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, query->windows)
	{
		ExprWindow *window = lfirst(lc);
		StringInfoData inner;

		initStringInfo(&inner);
		appendStringInfoString(&inner,
							   mm_print_partition_by(printer,
													 window->partition_by));
		if (window->order_by != NIL)
			appendStringInfo(&inner, "%sORDER BY %s",
							 inner.len == 0 ? "" : " ",
							 mm_print_order(printer, window->order_by));
		if (window->frame != NULL)
			appendStringInfo(&inner, " %s", window->frame);
		appendStringInfo(&sql, "%s%s AS (%s)", sql.len == 0 ? "\nWINDOW " : ", ", mm_quote_local_name(NULL, window->name),
						 inner.data);
	}
	return sql.data;
}

/* Is a window function part of it? */
static bool
has_window(const ExprNode *node)
{
	ListCell *lc;

	check_stack_depth();
	if (node == NULL)
		return false;
	if (node->over != NULL)
		return true;
	foreach(lc, node->args)
	{
		if (has_window(lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Does DISTINCT ignore the case of a column in MySQL?  It is a GROUP BY then,
 * which knows how to do that.
 */
static bool
folds_distinct(ExprPrinter *printer, const ExprQuery *query)
{
	bool folds = false;
	bool is_plain = !mm_expr_is_grouped(query);
	ListCell *lc;

	foreach(lc, query->items)
	{
		ExprNode *node = ((ExprItem *) lfirst(lc))->node;
		ExprPrinter trial = *printer;
		ExprValue value;

		if (node->kind == EXPR_STAR)
			continue;
		value = mm_print_node(&trial, node);
		is_plain &= !has_window(node);
		folds |= trial.reason == NULL && value.type == VALUE_TEXT &&
				 value.literal == NULL && value.is_case_insensitive &&
				 !value.has_case_collation;
	}
	if (folds && (!is_plain ||
				  printer->options->case_insensitive != CASE_UNIQUE))
		printer->compares_text = true;
	return folds && is_plain &&
		   printer->options->case_insensitive == CASE_UNIQUE;
}

/* SELECT DISTINCT a, b as SELECT a, b .. GROUP BY a, b */
static ExprQuery
distinct_as_group(const ExprQuery *query)
{
	ExprQuery grouped = *query;
	ListCell *lc;

	grouped.is_distinct = false;
	foreach(lc, query->items)
		grouped.group_by = lappend(grouped.group_by,
								   ((ExprItem *) lfirst(lc))->node);
	return grouped;
}

/* What a window is partitioned by: text without regard to case. */
char *
mm_print_partition_by(ExprPrinter *printer, List *nodes)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, nodes)
	{
		ExprValue value = mm_print_rounded(mm_print_node(printer, lfirst(lc)));

		if (value.type == VALUE_TEXT)
			value = mm_print_folded(printer, value);
		appendStringInfo(&sql, "%s%s",
						 sql.len == 0 ? "PARTITION BY " : ", ", value.sql);
	}
	return sql.data;
}

static char *
print_simple(ExprPrinter *printer, const ExprQuery *query, List *names,
			 List **columns)
{
	ExprScope scope = {.outer = printer->scope, .query = query};
	List *wanted = printer->wanted;
	ExprQuery grouped;
	StringInfoData sql;
	char *from = NULL;
	char *where = NULL;
	char *group = NULL;
	char *items;

	printer->wanted = NIL;
	printer->scope = &scope;
	if (query->from != NULL)
		from = print_from(printer, query->from, false);
	if (query->where != NULL)
		where = mm_print_condition(printer, query->where);
	if (query->is_distinct && folds_distinct(printer, query))
	{
		grouped = distinct_as_group(query);
		query = &grouped;
	}
	if (mm_expr_is_grouped(query))
		group = mm_print_group(printer, query);
	items = print_items(printer, query, names, wanted, columns);

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s%s", query->is_distinct ? "DISTINCT " : "",
					 items);
	if (from != NULL)
		appendStringInfo(&sql, "\nFROM %s", from);
	if (where != NULL)
		appendStringInfo(&sql, "\nWHERE %s", where);
	if (group != NULL && *group != '\0')
		appendStringInfo(&sql, "\nGROUP BY %s", group);
	scope.prefers_alias = true;
	if (query->having != NULL)
		appendStringInfo(&sql, "\n%s %s", group != NULL ? "HAVING" : where != NULL ? "AND" :
																					 "WHERE",
						 psprintf(group != NULL ? "%s" : "(%s)",
								  mm_print_condition(printer, query->having)));
	scope.prefers_alias = false;
	appendStringInfoString(&sql, print_windows(printer, query));
	if (query->order_by != NIL)
	{
		scope.prefers_alias = true;
		appendStringInfo(&sql, "\nORDER BY %s",
						 mm_print_order(printer, query->order_by));
	}
	appendStringInfoString(&sql, mm_print_limit(printer, query));
	printer->scope = scope.outer;
	return sql.data;
}

char *
mm_print_query(ExprPrinter *printer, const ExprQuery *query, List *names,
			   List **columns)
{
	List *ctes = printer->ctes;
	List *wanted = printer->wanted;
	char *with = "";
	char *sql;

	check_stack_depth();
	printer->wanted = NIL;
	if (printer->reason != NULL)
		return pstrdup("");
	if (query->ctes != NIL)
		with = mm_print_ctes(printer, query);
	printer->wanted = wanted;
	sql = query->set_operation != NULL ?
			  mm_print_set(printer, query, names, columns) :
			  print_simple(printer, query, names, columns);
	printer->ctes = ctes;
	return psprintf("%s%s", with, sql);
}

ExprValue
mm_print_subquery(ExprPrinter *printer, const ExprQuery *query)
{
	List *columns = NIL;
	char *sql = mm_print_query(printer, query, NIL, &columns);
	ExprValue value;

	if (printer->reason != NULL)
		return mm_value(VALUE_NULL, pstrdup("NULL"));
	if (list_length(columns) != 1)
		return mm_print_refuse(printer, "a subquery of several columns");
	value = mm_value_made(((ExprViewColumn *) linitial(columns))->value,
						  psprintf("(%s)", sql));
	value.is_nullable = true;
	/* immutable or not: it reads a table */
	printer->is_immutable = false;
	return value;
}

ExprResult *
mm_expr_view(const RemoteSchema *schema, const DdlOptions *options,
			 List *views, const RemoteProgram *program, ExprView **view)
{
	ExprPrinter printer;
	const char *error = NULL;
	ExprQuery *query = NULL;
	List *columns = NIL;
	List *names = NIL;
	char *sql = NULL;
	ListCell *lc;

	mm_print_start(&printer, schema, options);
	printer.views = views;
	foreach(lc, program->columns)
		names = lappend(names, (char *) ((RemoteColumn *)
											 lfirst(lc))
								   ->local_name);
	if (program->definition == NULL)
		mm_print_refuse(&printer, "Its text cannot be read: the MySQL user "
								  "lacks the privilege SHOW VIEW.");
	else
	{
		query = mm_expr_parse_query(program->definition, &error);
		if (query == NULL)
			mm_print_refuse(&printer, psprintf("It could not be read: %s.",
											   error));
		else
			sql = mm_print_query(&printer, query, names, &columns);
	}
	if (printer.reason == NULL && names != NIL &&
		list_length(names) != list_length(columns))
		mm_print_refuse(&printer, "Its columns are not those of its text.");
	if (printer.reason == NULL)
	{
		ExprView *made = palloc(sizeof(ExprView));

		/* they are known by the names that the view has in MySQL */
		for (int i = 0; i < list_length(names); i++)
			((ExprViewColumn *) list_nth(columns, i))->name =
				((RemoteColumn *) list_nth(program->columns, i))->name;
		made->program = program;
		made->columns = columns;
		*view = made;
	}
	return mm_print_result(&printer, sql);
}
