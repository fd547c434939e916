/*
 * src/ddl/expr_parse.c
 *		Tokens of a MySQL expression into a tree: the operators.  What they stand
 *		beside is in expr_primary.c.
 *
 * Operator precedence as in the manual's table, loosest first:
 *		OR || | XOR | AND && | NOT | BETWEEN CASE | = <=> < IS LIKE IN ... |
 *		| | & | << >> | + - | * / DIV % MOD | ^ | - ~ | ! | BINARY COLLATE
 */
#include "postgres.h"

#include "ddl/expr_parse.h"

#define MAX_DEPTH 200

static ExprNode *parse_predicate(ExprParser *parser);

/* Binary operators from "|" to "^", with what they bind like. */
typedef struct BinaryOperator
{
	const char *text;
	int level;
	bool is_word;
} BinaryOperator;

static const BinaryOperator binary_operators[] = {
	{"|", 1, false},
	{"&", 2, false},
	{"<<", 3, false},
	{">>", 3, false},
	{"+", 4, false},
	{"-", 4, false},
	{"*", 5, false},
	{"/", 5, false},
	{"%", 5, false},
	{"div", 5, true},
	{"mod", 5, true},
	{"^", 6, false},
	{NULL},
};

List *
mm_expr_parse_list(ExprParser *parser)
{
	List *list = NIL;

	do
		list = lappend(list, mm_expr_parse_node(parser));
	while (mm_expr_take_operator(parser, ","));
	return list;
}

/* One more operator on the left side's chain. */
static ExprNode *
chain(ExprParser *parser, int *length, const char *text, ExprNode *left,
	  ExprNode *right)
{
	if (++*length > EXPR_MAX_CHAIN)
		mm_expr_fail(parser, "expression nested too deeply");
	return mm_expr_node(EXPR_BINARY, text, list_make2(left, right));
}

static ExprNode *
parse_unary(ExprParser *parser)
{
	ExprNode *node;

	if (++parser->depth > MAX_DEPTH)
		mm_expr_fail(parser, "expression nested too deeply");

	if (mm_expr_take_operator(parser, "-"))
		node = mm_expr_node(EXPR_UNARY, "-", list_make1(parse_unary(parser)));
	else if (mm_expr_take_operator(parser, "+"))
		node = parse_unary(parser);
	else if (mm_expr_take_operator(parser, "~"))
		node = mm_expr_node(EXPR_UNARY, "~", list_make1(parse_unary(parser)));
	else if (mm_expr_take_operator(parser, "!"))
		node = mm_expr_node(EXPR_UNARY, "not", list_make1(parse_unary(parser)));
	else if (mm_expr_is_word(parser, 0, "binary") &&
			 !mm_expr_is_operator(parser, 1, ")"))
	{
		parser->at++;
		node = mm_expr_node(EXPR_UNARY, "binary",
							list_make1(parse_unary(parser)));
	}
	else
		node = mm_expr_parse_primary(parser);
	parser->depth--;
	return node;
}

static const BinaryOperator *
find_operator(const ExprParser *parser, int level)
{
	for (const BinaryOperator *op = binary_operators; op->text; op++)
	{
		if (op->level >= level &&
			(op->is_word ? mm_expr_is_word(parser, 0, op->text) :
						   mm_expr_is_operator(parser, 0, op->text)))
			return op;
	}
	return NULL;
}

/* Arithmetic, by climbing: `level` is the loosest operator allowed. */
static ExprNode *
parse_arithmetic(ExprParser *parser, int level)
{
	ExprNode *left = parse_unary(parser);
	const BinaryOperator *op;
	int length = 0;

	while ((op = find_operator(parser, level)) != NULL)
	{
		parser->at++;
		left = chain(parser, &length,
					 strcmp(op->text, "mod") == 0 ? "%" : op->text, left,
					 parse_arithmetic(parser, op->level + 1));
	}
	return left;
}

ExprNode *
mm_expr_parse_operand(ExprParser *parser)
{
	return parse_arithmetic(parser, 1);
}

/* IN (..), BETWEEN, LIKE, REGEXP after an optional NOT; NULL: none here. */
static ExprNode *
parse_word_predicate(ExprParser *parser, ExprNode *left)
{
	int start = parser->at;
	bool is_negated = mm_expr_take_word(parser, "not");
	ExprNode *node = NULL;

	if (mm_expr_take_word(parser, "in"))
	{
		node = mm_expr_node(EXPR_IN, NULL, list_make1(left));
		mm_expr_need_operator(parser, "(");
		if (mm_expr_is_query(parser, 0))
			node->query = mm_expr_parse_select(parser);
		else
			node->args = list_concat(node->args, mm_expr_parse_list(parser));
		mm_expr_need_operator(parser, ")");
	}
	else if (mm_expr_take_word(parser, "between"))
	{
		ExprNode *low = parse_arithmetic(parser, 1);

		mm_expr_need_word(parser, "and");
		node = mm_expr_node(EXPR_BETWEEN, NULL,
							list_make3(left, low, parse_predicate(parser)));
	}
	else if (mm_expr_take_word(parser, "like"))
	{
		node = mm_expr_node(EXPR_LIKE, NULL,
							list_make2(left, parse_arithmetic(parser, 1)));
		node->args = lappend(node->args,
							 mm_expr_take_word(parser, "escape") ?
								 parse_unary(parser) :
								 NULL);
	}
	else if (mm_expr_take_word(parser, "regexp") ||
			 mm_expr_take_word(parser, "rlike"))
		node = mm_expr_node(EXPR_BINARY, "regexp",
							list_make2(left, parse_arithmetic(parser, 1)));

	if (node == NULL)
		parser->at = start;
	else
		node->is_negated = is_negated;
	return node;
}

static const char *
take_comparison(ExprParser *parser)
{
	static const char *const comparisons[] = {
		"<=>",
		"=",
		"<>",
		"!=",
		"<=",
		">=",
		"<",
		">",
		NULL,
	};

	for (int i = 0; comparisons[i] != NULL; i++)
	{
		if (mm_expr_take_operator(parser, comparisons[i]))
			return strcmp(comparisons[i], "!=") == 0 ? "<>" : comparisons[i];
	}
	return NULL;
}

/* The right side of a comparison: a value, or ANY/ALL (SELECT ...). */
static ExprNode *
parse_comparand(ExprParser *parser)
{
	ExprNode *node;

	if ((mm_expr_is_word(parser, 0, "any") ||
		 mm_expr_is_word(parser, 0, "some") ||
		 mm_expr_is_word(parser, 0, "all")) &&
		mm_expr_is_operator(parser, 1, "("))
	{
		node = mm_expr_node(EXPR_QUANTIFIED,
							mm_expr_is_word(parser, 0, "all") ? "all" : "any",
							NIL);
		parser->at += 2;
		node->query = mm_expr_parse_select(parser);
		mm_expr_need_operator(parser, ")");
		return node;
	}
	return parse_arithmetic(parser, 1);
}

static ExprNode *
parse_predicate(ExprParser *parser)
{
	ExprNode *left = parse_arithmetic(parser, 1);

	for (int length = 0;; length++)
	{
		const char *comparison;
		ExprNode *node;

		if (length > EXPR_MAX_CHAIN)
			mm_expr_fail(parser, "expression nested too deeply");
		comparison = take_comparison(parser);
		if (comparison != NULL)
		{
			left = mm_expr_node(EXPR_BINARY, comparison,
								list_make2(left, parse_comparand(parser)));
			continue;
		}
		if (mm_expr_take_word(parser, "is"))
		{
			node = mm_expr_node(EXPR_IS, NULL, list_make1(left));
			node->is_negated = mm_expr_take_word(parser, "not");
			if (!mm_expr_is_word(parser, 0, "null") &&
				!mm_expr_is_word(parser, 0, "true") &&
				!mm_expr_is_word(parser, 0, "false") &&
				!mm_expr_is_word(parser, 0, "unknown"))
				mm_expr_fail(parser, "unknown test");
			else
				node->text = mm_expr_need_name(parser);
			left = node;
			continue;
		}
		node = parse_word_predicate(parser, left);
		if (node == NULL)
			return left;
		left = node;
	}
}

static ExprNode *
parse_not(ExprParser *parser)
{
	ExprNode *node;

	if (!mm_expr_take_word(parser, "not"))
		return parse_predicate(parser);
	if (++parser->depth > MAX_DEPTH)
		mm_expr_fail(parser, "expression nested too deeply");
	node = mm_expr_node(EXPR_UNARY, "not", list_make1(parse_not(parser)));
	parser->depth--;
	return node;
}

static ExprNode *
parse_and(ExprParser *parser)
{
	ExprNode *left = parse_not(parser);
	int length = 0;

	while (mm_expr_take_word(parser, "and") ||
		   mm_expr_take_operator(parser, "&&"))
		left = chain(parser, &length, "and", left, parse_not(parser));
	return left;
}

static ExprNode *
parse_xor(ExprParser *parser)
{
	ExprNode *left = parse_and(parser);
	int length = 0;

	while (mm_expr_take_word(parser, "xor"))
		left = chain(parser, &length, "xor", left, parse_and(parser));
	return left;
}

ExprNode *
mm_expr_parse_node(ExprParser *parser)
{
	ExprNode *left;
	int length = 0;

	if (++parser->depth > MAX_DEPTH)
		mm_expr_fail(parser, "expression nested too deeply");
	left = parse_xor(parser);
	for (;;)
	{
		/* OR or concatenation: that depends on the sql_mode of its author */
		if (mm_expr_is_operator(parser, 0, "||"))
			mm_expr_fail(parser,
						 "operator || (OR or concatenation by sql_mode)");
		if (!mm_expr_take_word(parser, "or"))
			break;
		left = chain(parser, &length, "or", left, parse_xor(parser));
	}
	parser->depth--;
	return left;
}

ExprNode *
mm_expr_parse(const char *text, const char **error)
{
	ExprParser parser;
	ExprNode *node;

	if (!mm_expr_is_whole(text, error))
		return NULL;
	if (!mm_expr_parser_start(&parser, text))
	{
		*error = parser.error;
		return NULL;
	}
	node = mm_expr_parse_node(&parser);
	if (parser.error == NULL && mm_expr_peek(&parser, 0)->kind != TOKEN_END)
		mm_expr_fail(&parser, "unexpected text");
	*error = parser.error;
	return parser.error == NULL ? node : NULL;
}
