/*
 * src/ddl/expr_query.c
 *		Tokens of a MySQL SELECT into a tree.
 */
#include "postgres.h"

#include "ddl/expr_parse.h"
#include "miscadmin.h"

/* Of a UNION or a join, whose trees are as deep. */
#define MAX_MEMBERS 1000

static ExprFrom *parse_from(ExprParser *parser);

/* Words that may follow a table and so are no alias without AS. */
static const char *const not_an_alias[] = {
	"where",
	"group",
	"having",
	"order",
	"limit",
	"union",
	"on",
	"join",
	"left",
	"right",
	"inner",
	"cross",
	"straight_join",
	"natural",
	"using",
	"use",
	"force",
	"ignore",
	"except",
	"intersect",
	"window",
	"partition",
	"for",
	"lock",
	"set",
	"into",
	"with",
	"from",
	"rows",
	"procedure",
	NULL,
};

/* [AS] name, or NULL. */
static const char *
parse_alias(ExprParser *parser)
{
	const ExprToken *token;

	if (mm_expr_take_word(parser, "as"))
	{
		token = mm_expr_peek(parser, 0);
		if (token->kind == TOKEN_STRING)
		{
			parser->at++;
			return token->text;
		}
		return mm_expr_need_name(parser);
	}
	token = mm_expr_peek(parser, 0);
	if (token->kind == TOKEN_QUOTED_NAME)
		return mm_expr_need_name(parser);
	if (token->kind != TOKEN_WORD)
		return NULL;
	for (int i = 0; not_an_alias[i] != NULL; i++)
	{
		if (pg_strcasecmp(token->text, not_an_alias[i]) == 0)
			return NULL;
	}
	return mm_expr_need_name(parser);
}

/* (a, b, c) */
static List *
parse_names(ExprParser *parser)
{
	List *names = NIL;

	mm_expr_need_operator(parser, "(");
	do
		names = lappend(names, mm_expr_need_name(parser));
	while (mm_expr_take_operator(parser, ","));
	mm_expr_need_operator(parser, ")");
	return names;
}

static ExprFrom *
parse_derived(ExprParser *parser)
{
	ExprFrom *from = palloc0(sizeof(ExprFrom));

	from->kind = FROM_QUERY;
	from->is_lateral = mm_expr_take_word(parser, "lateral");
	mm_expr_need_operator(parser, "(");
	from->query = mm_expr_parse_select(parser);
	mm_expr_need_operator(parser, ")");
	from->alias = parse_alias(parser);
	if (from->alias == NULL)
		mm_expr_fail(parser, "derived table without a name");
	if (mm_expr_is_operator(parser, 0, "("))
		from->column_names = parse_names(parser);
	return from;
}

static ExprFrom *
parse_table(ExprParser *parser)
{
	ExprFrom *from = palloc0(sizeof(ExprFrom));

	from->kind = FROM_TABLE;
	from->name = mm_expr_need_name(parser);
	if (mm_expr_take_operator(parser, "."))
	{
		from->schema = from->name;
		from->name = mm_expr_need_name(parser);
	}
	if (mm_expr_is_operator(parser, 0, "("))
		mm_expr_fail(parser, "table function");
	if (mm_expr_is_word(parser, 0, "partition"))
		mm_expr_fail(parser, "partition selection");
	if (mm_expr_is_word(parser, 0, "for") &&
		mm_expr_is_word(parser, 1, "system_time"))
		mm_expr_fail(parser, "system versioned query");
	from->alias = parse_alias(parser);
	/* hints for the optimizer mean nothing here */
	while (mm_expr_is_word(parser, 0, "use") ||
		   mm_expr_is_word(parser, 0, "force") ||
		   mm_expr_is_word(parser, 0, "ignore"))
	{
		parser->at++;
		if (!mm_expr_take_word(parser, "index"))
			mm_expr_need_word(parser, "key");
		if (mm_expr_take_word(parser, "for"))
		{
			while (mm_expr_peek(parser, 0)->kind == TOKEN_WORD)
				parser->at++;
		}
		if (mm_expr_is_operator(parser, 0, "(") &&
			mm_expr_is_operator(parser, 1, ")"))
			parser->at += 2;
		else
			parse_names(parser);
	}
	return from;
}

static ExprFrom *
parse_from_item(ExprParser *parser)
{
	ExprFrom *from;

	if (mm_expr_is_word(parser, 0, "lateral"))
		return parse_derived(parser);
	if (!mm_expr_is_operator(parser, 0, "("))
		return parse_table(parser);

	/* "((select ..) x join ..)" begins like a derived table; ours tells */
	if (mm_expr_is_word(parser, 1, "select") ||
		mm_expr_is_word(parser, 1, "with"))
		return parse_derived(parser);
	if (++parser->depth > 200)
		mm_expr_fail(parser, "joins nested too deeply");
	parser->at++;
	from = parse_from(parser);
	mm_expr_need_operator(parser, ")");
	parser->depth--;
	return from;
}

/* The join words here, or NULL. */
static const char *
take_join(ExprParser *parser)
{
	if (mm_expr_take_operator(parser, ","))
		return "CROSS JOIN";
	if (mm_expr_take_word(parser, "join") ||
		mm_expr_take_word(parser, "straight_join"))
		return "JOIN";
	if (mm_expr_is_word(parser, 0, "inner") ||
		mm_expr_is_word(parser, 0, "cross"))
	{
		parser->at++;
		mm_expr_need_word(parser, "join");
		return "JOIN";
	}
	if (mm_expr_is_word(parser, 0, "left") ||
		mm_expr_is_word(parser, 0, "right"))
	{
		bool is_left = mm_expr_is_word(parser, 0, "left");

		parser->at++;
		mm_expr_take_word(parser, "outer");
		mm_expr_need_word(parser, "join");
		return is_left ? "LEFT JOIN" : "RIGHT JOIN";
	}
	if (mm_expr_is_word(parser, 0, "natural"))
		mm_expr_fail(parser, "natural join");
	return NULL;
}

static ExprFrom *
parse_from(ExprParser *parser)
{
	ExprFrom *left = parse_from_item(parser);
	const char *join;
	int length = 0;

	while ((join = take_join(parser)) != NULL)
	{
		ExprFrom *node = palloc0(sizeof(ExprFrom));

		if (++length > MAX_MEMBERS)
			mm_expr_fail(parser, "too many tables in a join");
		node->kind = FROM_JOIN;
		node->join = join;
		node->left = left;
		node->right = parse_from_item(parser);
		if (mm_expr_take_word(parser, "on"))
			node->condition = mm_expr_parse_node(parser);
		else if (mm_expr_is_word(parser, 0, "using"))
			mm_expr_fail(parser, "join with USING");
		else if (strcmp(join, "JOIN") == 0)
			node->join = "CROSS JOIN";
		else if (strcmp(join, "CROSS JOIN") != 0)
			mm_expr_fail(parser, "outer join without a condition");
		if (node->condition != NULL && strcmp(join, "CROSS JOIN") == 0)
			node->join = "JOIN";
		left = node;
	}
	return left;
}

static List *
parse_items(ExprParser *parser)
{
	List *items = NIL;

	do
	{
		ExprItem *item = palloc0(sizeof(ExprItem));

		item->node = mm_expr_parse_node(parser);
		item->alias = parse_alias(parser);
		items = lappend(items, item);
	} while (mm_expr_take_operator(parser, ","));
	return items;
}

/* INTO a, b, where variables are known. */
static void
parse_into(ExprParser *parser, ExprQuery *query)
{
	if (!parser->allows_into || query->into != NIL ||
		!mm_expr_take_word(parser, "into"))
		return;
	do
		query->into = lappend(query->into, mm_expr_need_name(parser));
	while (mm_expr_take_operator(parser, ","));
}

/* ORDER BY and LIMIT, which may follow a SELECT or a UNION. */
static void
parse_tail(ExprParser *parser, ExprQuery *query)
{
	if (mm_expr_take_word(parser, "order"))
	{
		mm_expr_need_word(parser, "by");
		query->order_by = mm_expr_parse_order(parser);
	}
	if (mm_expr_take_word(parser, "limit"))
	{
		query->limit = mm_expr_parse_node(parser);
		if (mm_expr_take_operator(parser, ","))
		{
			query->offset = query->limit;
			query->limit = mm_expr_parse_node(parser);
		}
		else if (mm_expr_take_word(parser, "offset"))
			query->offset = mm_expr_parse_node(parser);
	}
	parse_into(parser, query);
	if (mm_expr_is_word(parser, 0, "for") ||
		mm_expr_is_word(parser, 0, "lock") ||
		mm_expr_is_word(parser, 0, "into"))
		mm_expr_fail(parser, "locking or INTO clause");
}

/* The words between SELECT and the list. */
static void
parse_modifiers(ExprParser *parser, ExprQuery *query)
{
	for (;;)
	{
		if (mm_expr_take_word(parser, "distinct") ||
			mm_expr_take_word(parser, "distinctrow"))
			query->is_distinct = true;
		else if (!mm_expr_take_word(parser, "all") &&
				 !mm_expr_take_word(parser, "straight_join") &&
				 !mm_expr_take_word(parser, "high_priority") &&
				 !mm_expr_take_word(parser, "sql_no_cache") &&
				 !mm_expr_take_word(parser, "sql_cache") &&
				 !mm_expr_take_word(parser, "sql_small_result") &&
				 !mm_expr_take_word(parser, "sql_big_result") &&
				 !mm_expr_take_word(parser, "sql_buffer_result"))
			return;
	}
}

static ExprQuery *
parse_simple(ExprParser *parser)
{
	ExprQuery *query = palloc0(sizeof(ExprQuery));

	mm_expr_need_word(parser, "select");
	parse_modifiers(parser, query);
	query->items = parse_items(parser);
	parse_into(parser, query);
	if (mm_expr_take_word(parser, "from") &&
		!mm_expr_take_word(parser, "dual"))
		query->from = parse_from(parser);
	if (mm_expr_take_word(parser, "where"))
		query->where = mm_expr_parse_node(parser);
	if (mm_expr_take_word(parser, "group"))
	{
		ListCell *lc;

		mm_expr_need_word(parser, "by");
		/* MySQL before 8 sorts by it as well, unless told not to */
		foreach(lc, mm_expr_parse_order(parser))
			query->group_by = lappend(query->group_by,
									  ((ExprOrder *) lfirst(lc))->node);
		if (mm_expr_take_word(parser, "with"))
		{
			mm_expr_need_word(parser, "rollup");
			query->with_rollup = true;
		}
	}
	if (mm_expr_take_word(parser, "having"))
		query->having = mm_expr_parse_node(parser);
	if (mm_expr_take_word(parser, "window"))
	{
		do
		{
			const char *name = mm_expr_need_name(parser);
			ExprWindow *window;

			mm_expr_need_word(parser, "as");
			window = mm_expr_parse_window(parser);
			window->name = name;
			query->windows = lappend(query->windows, window);
		} while (mm_expr_take_operator(parser, ","));
	}
	return query;
}

/* A SELECT or a query in parentheses. */
static ExprQuery *
parse_operand(ExprParser *parser)
{
	ExprQuery *query;

	if (!mm_expr_take_operator(parser, "("))
		return parse_simple(parser);
	if (++parser->depth > 200)
		mm_expr_fail(parser, "queries nested too deeply");
	query = mm_expr_parse_select(parser);
	mm_expr_need_operator(parser, ")");
	parser->depth--;
	return query;
}

static const char *
take_set_operation(ExprParser *parser)
{
	const char *name;

	if (mm_expr_take_word(parser, "union"))
		name = "UNION";
	else if (mm_expr_take_word(parser, "except"))
		name = "EXCEPT";
	else if (mm_expr_take_word(parser, "intersect"))
		name = "INTERSECT";
	else
		return NULL;
	if (mm_expr_take_word(parser, "all"))
		return psprintf("%s ALL", name);
	mm_expr_take_word(parser, "distinct");
	return name;
}

static void
parse_ctes(ExprParser *parser, List **ctes, bool *is_recursive)
{
	*is_recursive = mm_expr_take_word(parser, "recursive");
	do
	{
		ExprCte *cte = palloc0(sizeof(ExprCte));

		cte->name = mm_expr_need_name(parser);
		if (mm_expr_is_operator(parser, 0, "("))
			cte->column_names = parse_names(parser);
		mm_expr_need_word(parser, "as");
		mm_expr_need_operator(parser, "(");
		cte->query = mm_expr_parse_select(parser);
		mm_expr_need_operator(parser, ")");
		*ctes = lappend(*ctes, cte);
	} while (mm_expr_take_operator(parser, ","));
}

ExprQuery *
mm_expr_parse_select(ExprParser *parser)
{
	ExprQuery *query;
	List *ctes = NIL;
	bool is_recursive = false;
	const char *operation;
	int length = 0;

	if (++parser->depth > 200)
		mm_expr_fail(parser, "queries nested too deeply");
	if (mm_expr_take_word(parser, "with"))
		parse_ctes(parser, &ctes, &is_recursive);
	query = parse_operand(parser);
	while ((operation = take_set_operation(parser)) != NULL)
	{
		ExprQuery *set = palloc0(sizeof(ExprQuery));

		if (++length > MAX_MEMBERS)
			mm_expr_fail(parser, "too many queries in a set operation");
		/* INTERSECT binds tighter; chains of mixed operations are rare */
		if (query->set_operation != NULL &&
			strncmp(operation, "INTERSECT", 9) == 0 &&
			strncmp(query->set_operation, "INTERSECT", 9) != 0)
			mm_expr_fail(parser, "mixed set operations");
		set->left = query;
		set->right = parse_operand(parser);
		set->set_operation = operation;
		query = set;
	}
	if ((mm_expr_is_word(parser, 0, "order") ||
		 mm_expr_is_word(parser, 0, "limit")) &&
		(query->order_by != NIL || query->limit != NULL))
		mm_expr_fail(parser, "two ORDER BY or LIMIT clauses");
	parse_tail(parser, query);
	if (ctes != NIL && query->ctes != NIL)
		mm_expr_fail(parser, "two WITH clauses");
	if (ctes != NIL)
	{
		query->ctes = ctes;
		query->is_recursive = is_recursive;
	}
	parser->depth--;
	return query;
}

ExprQuery *
mm_expr_parse_query(const char *text, const char **error)
{
	ExprParser parser;
	ExprQuery *query;

	if (!mm_expr_is_whole(text, error))
		return NULL;
	if (!mm_expr_parser_start(&parser, text))
	{
		*error = parser.error;
		return NULL;
	}
	query = mm_expr_parse_select(&parser);
	mm_expr_take_operator(&parser, ";");
	if (parser.error == NULL && mm_expr_peek(&parser, 0)->kind != TOKEN_END)
		mm_expr_fail(&parser, "unexpected text");
	*error = parser.error;
	return parser.error == NULL ? query : NULL;
}

/* Relations of the subqueries of an expression. */
static List *
node_relations(const ExprNode *node, List *names)
{
	ListCell *lc;

	check_stack_depth();
	if (node == NULL)
		return names;
	if (node->query != NULL)
		names = list_concat(names, mm_expr_query_relations(node->query));
	foreach(lc, node->args)
		names = node_relations(lfirst(lc), names);
	foreach(lc, node->order_by)
		names = node_relations(((ExprOrder *) lfirst(lc))->node, names);
	return names;
}

/* Base relations under a FROM tree. */
static List *
from_relations(const ExprFrom *from, List *names)
{
	check_stack_depth();
	if (from == NULL)
		return names;
	if (from->kind == FROM_TABLE)
		return lappend(names, (char *) from->name);
	if (from->kind == FROM_QUERY)
		return list_concat(names, mm_expr_query_relations(from->query));
	names = node_relations(from->condition, names);
	return from_relations(from->right, from_relations(from->left, names));
}

List *
mm_expr_query_relations(const ExprQuery *query)
{
	List *names = NIL;
	ListCell *lc;

	check_stack_depth();
	if (query == NULL)
		return NIL;
	names = list_concat(mm_expr_query_relations(query->left),
						mm_expr_query_relations(query->right));
	foreach(lc, query->ctes)
		names = list_concat(names,
							mm_expr_query_relations(((ExprCte *)
														 lfirst(lc))
														->query));
	names = from_relations(query->from, names);
	foreach(lc, query->items)
		names = node_relations(((ExprItem *) lfirst(lc))->node, names);
	names = node_relations(query->where, names);
	names = node_relations(query->having, names);
	foreach(lc, query->group_by)
		names = node_relations(lfirst(lc), names);
	foreach(lc, query->order_by)
		names = node_relations(((ExprOrder *) lfirst(lc))->node, names);
	return names;
}
