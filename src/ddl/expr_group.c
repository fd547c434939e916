/*
 * src/ddl/expr_group.c
 *		GROUP BY, and what a group determines.
 *
 * MySQL lets a grouped query name columns that are not grouped and takes them
 * from any row of the group.  Where keys and equalities show that all rows of
 * a group have the same value, that is exact; else it is remarked upon.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"
#include "miscadmin.h"

static bool
contains_aggregate(const ExprNode *node)
{
	ListCell *lc;

	check_stack_depth();
	if (node == NULL)
		return false;
	if (mm_expr_is_aggregate(node))
		return true;
	/* aggregates in subqueries are theirs */
	foreach(lc, node->args)
	{
		if (contains_aggregate(lfirst(lc)))
			return true;
	}
	return false;
}

bool
mm_expr_is_grouped(const ExprQuery *query)
{
	ListCell *lc;

	if (query->group_by != NIL || contains_aggregate(query->having))
		return true;
	foreach(lc, query->items)
	{
		if (contains_aggregate(((ExprItem *) lfirst(lc))->node))
			return true;
	}
	return false;
}

/* The plain text of a column, without the rules of grouping. */
static char *
plain_column(ExprPrinter *printer, const ExprNode *node)
{
	ExprPrinter trial = *printer;
	ExprValue value;

	if (node->kind != EXPR_COLUMN)
		return NULL;
	printer->scope->aggregate_depth++;
	value = mm_print_column(&trial, node);
	printer->scope->aggregate_depth--;
	return trial.reason == NULL ? value.sql : NULL;
}

static bool
is_known(const ExprScope *scope, const char *sql)
{
	ListCell *lc;

	foreach(lc, scope->known_sql)
	{
		if (strcmp(lfirst(lc), sql) == 0)
			return true;
	}
	return false;
}

static bool
learn(ExprScope *scope, char *sql)
{
	if (is_known(scope, sql))
		return false;
	scope->known_sql = lappend(scope->known_sql, sql);
	return true;
}

/* a = b AND c = d: what is known of one side is known of the other. */
static bool
learn_from_condition(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *left;
	ExprNode *right;
	char *a;
	char *b;

	if (node == NULL || node->kind != EXPR_BINARY)
		return false;
	left = linitial(node->args);
	right = lsecond(node->args);
	if (strcmp(node->text, "and") == 0)
	{
		bool learned = learn_from_condition(printer, left);

		return learn_from_condition(printer, right) || learned;
	}
	if (strcmp(node->text, "=") != 0)
		return false;
	a = plain_column(printer, left);
	b = plain_column(printer, right);
	if (a != NULL && b != NULL)
	{
		if (is_known(printer->scope, a))
			return learn(printer->scope, b);
		if (is_known(printer->scope, b))
			return learn(printer->scope, a);
	}
	else if (a != NULL && right->args == NIL && right->query == NULL &&
			 right->kind != EXPR_COLUMN)
		return learn(printer->scope, a);
	return false;
}

static bool
learn_from_joins(ExprPrinter *printer, const ExprFrom *from)
{
	bool learned;

	if (from == NULL || from->kind != FROM_JOIN)
		return false;
	learned = learn_from_condition(printer, from->condition);
	learned |= learn_from_joins(printer, from->left);
	return learn_from_joins(printer, from->right) || learned;
}

/* All columns of a relation whose unique key is known. */
static bool
learn_from_keys(ExprScope *scope)
{
	bool learned = false;
	ListCell *lr;
	ListCell *lc;
	ListCell *lp;

	foreach(lr, scope->relations)
	{
		ExprRelation *relation = lfirst(lr);

		if (relation->table == NULL)
			continue;
		foreach(lc, relation->table->indexes)
		{
			RemoteIndex *index = lfirst(lc);
			bool all = index->is_unique || index->is_primary;

			foreach(lp, index->columns)
			{
				RemoteIndexColumn *part = lfirst(lp);

				all = all && part->column != NULL &&
					  part->prefix_length == 0 && part->column->not_null &&
					  is_known(scope,
							   psprintf("%s.%s", relation->local,
										mm_quote_local_name(NULL,
															part->column->local_name)));
			}
			if (!all)
				continue;
			foreach(lp, relation->columns)
			{
				ExprViewColumn *column = lfirst(lp);

				learned |= learn(scope,
								 psprintf("%s.%s", relation->local,
										  mm_quote_local_name(NULL,
															  column->local_name)));
			}
		}
	}
	return learned;
}

/* GROUPING(a): 1 in the rows that ROLLUP adds for it. */
ExprValue
mm_print_grouping(ExprPrinter *printer, const ExprNode *node)
{
	ExprScope *scope = printer->scope;
	StringInfoData list;
	ListCell *lc;

	if (scope == NULL || !scope->is_rollup)
		return mm_print_refuse(printer, "GROUPING() without ROLLUP");
	initStringInfo(&list);
	foreach(lc, node->args)
	{
		const char *grouped = NULL;
		ExprValue value;

		scope->aggregate_depth++;
		value = mm_print_node(printer, lfirst(lc));
		scope->aggregate_depth--;
		for (int i = 0; i < list_length(scope->group_sql); i++)
		{
			if (strcmp(list_nth(scope->known_sql, i), value.sql) == 0)
				grouped = list_nth(scope->group_sql, i);
		}
		if (grouped == NULL)
			return mm_print_refuse(printer, "GROUPING() of what is not grouped");
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", grouped);
	}
	return mm_value_count(psprintf("grouping(%s)", list.data), false);
}

/*
 * mm_print_group
 *		Prints GROUP BY and opens the grouped state of the scope: from here on,
 * columns that are not grouped are taken from any row of the group.
 */
char *
mm_print_group(ExprPrinter *printer, const ExprQuery *query)
{
	ExprScope *scope = printer->scope;
	StringInfoData sql;
	List *known = NIL;
	ListCell *lc;
	bool learned;

	initStringInfo(&sql);
	foreach(lc, query->group_by)
	{
		ExprNode *node = lfirst(lc);
		ExprValue value = mm_print_rounded(mm_print_node(printer, node));

		/* a constant is a position for PostgreSQL */
		if (value.literal != NULL)
			value.sql = psprintf("(%s)::text", value.sql);
		known = lappend(known, value.sql);
		if (value.type == VALUE_TEXT)
			value = mm_print_folded(printer, value);
		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "" : ", ", value.sql);
		scope->group_sql = lappend(scope->group_sql, value.sql);
	}
	/* of a text in several spellings any one will do */
	scope->known_sql = list_concat(known, scope->group_sql);
	do
	{
		learned = learn_from_joins(printer, query->from);
		learned |= learn_from_condition(printer, query->where);
		learned |= learn_from_keys(scope);
	} while (learned);
	scope->is_grouped = true;
	scope->is_rollup = query->with_rollup;
	return query->with_rollup ? psprintf("ROLLUP (%s)", sql.data) : sql.data;
}
