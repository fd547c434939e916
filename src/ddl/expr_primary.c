/*
 * src/ddl/expr_primary.c
 *		Primary expressions: what an operator stands beside.  Literals, names,
 *		CASE, EXISTS, and what is in parentheses.
 */
#include "postgres.h"

#include "ddl/expr_parse.h"

/* Words that cannot be a column's name without backticks. */
static const char *const reserved_words[] = {
	"select",
	"from",
	"where",
	"group",
	"having",
	"order",
	"limit",
	"union",
	"on",
	"as",
	"and",
	"or",
	"xor",
	"not",
	"then",
	"when",
	"else",
	"in",
	"is",
	"like",
	"between",
	"join",
	"left",
	"right",
	"inner",
	"cross",
	"straight_join",
	"using",
	"set",
	"values",
	"by",
	"asc",
	"desc",
	"distinct",
	"rlike",
	"regexp",
	"div",
	"natural",
	"except",
	"intersect",
	"window",
	"partition",
	"rows",
	"with",
	"into",
	"for",
	"lock",
	"use",
	"force",
	"ignore",
	NULL,
};

static bool
is_reserved(const char *word)
{
	for (int i = 0; reserved_words[i] != NULL; i++)
	{
		if (pg_strcasecmp(word, reserved_words[i]) == 0)
			return true;
	}
	return false;
}

/* CASE [x] WHEN a THEN b ... [ELSE c] END, after CASE. */
static ExprNode *
parse_case(ExprParser *parser)
{
	ExprNode *node = mm_expr_node(EXPR_CASE, NULL, NIL);

	if (mm_expr_is_word(parser, 0, "when"))
		node->args = lappend(NIL, NULL);
	else
		node->args = lappend(NIL, mm_expr_parse_node(parser));
	while (mm_expr_take_word(parser, "when"))
	{
		node->args = lappend(node->args, mm_expr_parse_node(parser));
		mm_expr_need_word(parser, "then");
		node->args = lappend(node->args, mm_expr_parse_node(parser));
	}
	if (mm_expr_take_word(parser, "else"))
		node->args = lappend(node->args, mm_expr_parse_node(parser));
	else
		node->args = lappend(node->args, NULL);
	mm_expr_need_word(parser, "end");
	return node;
}

/* a.b.c, a.b(...), a.* */
static ExprNode *
parse_path(ExprParser *parser)
{
	ExprNode *node;
	List *parts = list_make1(mm_expr_need_name(parser));

	while (mm_expr_is_operator(parser, 0, "."))
	{
		if (mm_expr_is_operator(parser, 1, "*"))
		{
			parser->at += 2;
			node = mm_expr_node(EXPR_STAR, NULL, NIL);
			node->parts = parts;
			return node;
		}
		parser->at++;
		parts = lappend(parts, mm_expr_need_name(parser));
	}
	if (mm_expr_take_operator(parser, "("))
	{
		/* a schema in front: a stored function, whatever its name is */
		node = mm_expr_node(EXPR_FUNCTION, llast(parts), NIL);
		node->is_quoted = true;
		if (!mm_expr_is_operator(parser, 0, ")"))
			node->args = mm_expr_parse_list(parser);
		mm_expr_need_operator(parser, ")");
		return node;
	}
	node = mm_expr_node(EXPR_COLUMN, NULL, NIL);
	node->parts = parts;
	return node;
}

/* DATE '..', TIME '..', TIMESTAMP '..'; INTERVAL x UNIT; or NULL. */
static ExprNode *
parse_typed_literal(ExprParser *parser)
{
	const ExprToken *token = mm_expr_peek(parser, 0);
	ExprNode *node;

	if (token->kind != TOKEN_WORD)
		return NULL;
	if (mm_expr_peek(parser, 1)->kind == TOKEN_STRING &&
		(mm_expr_is_word(parser, 0, "date") ||
		 mm_expr_is_word(parser, 0, "time") ||
		 mm_expr_is_word(parser, 0, "timestamp")))
	{
		node = mm_expr_node(EXPR_TEMPORAL, mm_expr_peek(parser, 1)->text, NIL);
		node->detail = pg_strcasecmp(token->text, "date") == 0 ? "date" :
					   pg_strcasecmp(token->text, "time") == 0 ? "time" :
																 "timestamp";
		parser->at += 2;
		return node;
	}
	if (mm_expr_is_word(parser, 0, "interval"))
	{
		parser->at++;
		node = mm_expr_node(EXPR_INTERVAL, NULL, NIL);
		node->args = list_make1(mm_expr_parse_node(parser));
		node->text = mm_expr_need_name(parser);
		return node;
	}
	return NULL;
}

static ExprNode *
parse_word(ExprParser *parser)
{
	const ExprToken *token = mm_expr_peek(parser, 0);
	ExprNode *node = parse_typed_literal(parser);

	if (node != NULL)
		return node;
	if (mm_expr_take_word(parser, "null"))
		return mm_expr_node(EXPR_NULL, NULL, NIL);
	if (mm_expr_is_word(parser, 0, "true") ||
		mm_expr_is_word(parser, 0, "false"))
	{
		parser->at++;
		return mm_expr_node(EXPR_BOOLEAN,
							pg_strcasecmp(token->text, "true") == 0 ?
								"true" :
								"false",
							NIL);
	}
	if (mm_expr_take_word(parser, "case"))
		return parse_case(parser);
	if (mm_expr_take_word(parser, "exists"))
	{
		node = mm_expr_node(EXPR_EXISTS, NULL, NIL);
		mm_expr_need_operator(parser, "(");
		node->query = mm_expr_parse_select(parser);
		mm_expr_need_operator(parser, ")");
		return node;
	}
	node = mm_expr_parse_function(parser);
	if (node != NULL)
		return node;
	if (is_reserved(token->text))
	{
		mm_expr_fail(parser, "unexpected word");
		return mm_expr_node(EXPR_NULL, NULL, NIL);
	}
	return parse_path(parser);
}

/* What stands in parentheses: a query, a row, or an expression. */
static ExprNode *
parse_parentheses(ExprParser *parser)
{
	ExprNode *node;
	List *list;

	if (mm_expr_is_query(parser, 1))
	{
		parser->at++;
		node = mm_expr_node(EXPR_SUBQUERY, NULL, NIL);
		node->query = mm_expr_parse_select(parser);
		mm_expr_need_operator(parser, ")");
		return node;
	}
	parser->at++;
	list = mm_expr_parse_list(parser);
	mm_expr_need_operator(parser, ")");
	if (list_length(list) == 1)
		return linitial(list);
	return mm_expr_node(EXPR_ROW, NULL, list);
}

static ExprNode *
parse_primary(ExprParser *parser)
{
	const ExprToken *token = mm_expr_peek(parser, 0);
	ExprNode *node;

	switch (token->kind)
	{
		case TOKEN_STRING:
			node = mm_expr_node(EXPR_STRING, token->text, NIL);
			node->detail = token->charset;
			node->hex = token->hex;
			break;
		case TOKEN_NUMBER:
			node = mm_expr_node(EXPR_NUMBER, token->text, NIL);
			break;
		case TOKEN_HEX:
			node = mm_expr_node(EXPR_HEX, token->text, NIL);
			break;
		case TOKEN_BITS:
			node = mm_expr_node(EXPR_BITS, token->text, NIL);
			break;
		case TOKEN_WORD:
			return parse_word(parser);
		case TOKEN_QUOTED_NAME:
			return parse_path(parser);
		case TOKEN_OPERATOR:
			if (mm_expr_is_operator(parser, 0, "("))
				return parse_parentheses(parser);
			if (mm_expr_is_operator(parser, 0, "*"))
			{
				node = mm_expr_node(EXPR_STAR, NULL, NIL);
				break;
			}
			mm_expr_fail(parser, "unexpected operator");
			return mm_expr_node(EXPR_NULL, NULL, NIL);
		case TOKEN_VARIABLE:
			mm_expr_fail(parser, "user or system variable");
			return mm_expr_node(EXPR_NULL, NULL, NIL);
		default:
			mm_expr_fail(parser, "expected an expression");
			return mm_expr_node(EXPR_NULL, NULL, NIL);
	}
	parser->at++;
	return node;
}

/* primary [COLLATE x] [-> '..'] [->> '..'] */
ExprNode *
mm_expr_parse_primary(ExprParser *parser)
{
	ExprNode *node = parse_primary(parser);

	for (int length = 0;; length++)
	{
		if (length > EXPR_MAX_CHAIN)
			mm_expr_fail(parser, "expression nested too deeply");
		if (mm_expr_take_word(parser, "collate"))
			node = mm_expr_node(EXPR_COLLATE, mm_expr_need_name(parser),
								list_make1(node));
		else if (mm_expr_is_operator(parser, 0, "->") ||
				 mm_expr_is_operator(parser, 0, "->>"))
		{
			bool unquote = mm_expr_is_operator(parser, 0, "->>");

			parser->at++;
			node = mm_expr_node(EXPR_FUNCTION, "json_extract",
								list_make2(node, parse_primary(parser)));
			if (unquote)
				node = mm_expr_node(EXPR_FUNCTION, "json_unquote",
									list_make1(node));
		}
		else
			return node;
	}
}
