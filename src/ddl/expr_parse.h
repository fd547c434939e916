/*
 * src/ddl/expr_parse.h
 *		The parser's state, shared by the parsers of expressions, queries and
 *		trigger bodies.
 *
 * The first failure is kept in `error` and moves the parser to the END token,
 * so that every loop and recursion comes to its end by itself.
 */
#ifndef MM_DDL_EXPR_PARSE_H
#define MM_DDL_EXPR_PARSE_H

#include "ddl/expr.h"

/* Operators of a chain, "a + b + c": its tree is as deep as it is long. */
#define EXPR_MAX_CHAIN 400

typedef struct ExprParser
{
	ExprToken *tokens;
	int count;
	int at;
	int depth;
	bool allows_into; /* SELECT .. INTO */
	const char *error;
} ExprParser;

/* ---- expr_stream.c ---- */

extern bool mm_expr_parser_start(ExprParser *parser, const char *text);
extern bool mm_expr_is_whole(const char *text, const char **error);
extern void mm_expr_fail(ExprParser *parser, const char *why);

extern const ExprToken *mm_expr_peek(const ExprParser *parser, int ahead);

/* Does a keyword or an operator stand `ahead` tokens on? */
extern bool mm_expr_is_word(const ExprParser *parser, int ahead,
							const char *word);
extern bool mm_expr_is_operator(const ExprParser *parser, int ahead,
								const char *text);

/* Step over it if it is there. */
extern bool mm_expr_take_word(ExprParser *parser, const char *word);
extern bool mm_expr_take_operator(ExprParser *parser, const char *text);

/* Step over it, or fail. */
extern void mm_expr_need_word(ExprParser *parser, const char *word);
extern void mm_expr_need_operator(ExprParser *parser, const char *text);
extern char *mm_expr_need_name(ExprParser *parser);

/* Does a query begin here (behind any number of parentheses)? */
extern bool mm_expr_is_query(const ExprParser *parser, int ahead);

extern ExprNode *mm_expr_node(ExprNodeKind kind, const char *text, List *args);

/* ---- expr_parse.c ---- */

extern ExprNode *mm_expr_parse_node(ExprParser *parser);
extern List *mm_expr_parse_list(ExprParser *parser);

/* Arithmetic, but no predicate: what may stand before IN. */
extern ExprNode *mm_expr_parse_operand(ExprParser *parser);

/* ---- expr_primary.c ---- */

/* Without an operator in front; with COLLATE, -> and ->> behind it. */
extern ExprNode *mm_expr_parse_primary(ExprParser *parser);

/* ---- expr_call.c ---- */

extern ExprNode *mm_expr_parse_function(ExprParser *parser);
extern List *mm_expr_parse_order(ExprParser *parser);
extern ExprWindow *mm_expr_parse_window(ExprParser *parser);

/* ---- expr_query.c ---- */

extern ExprQuery *mm_expr_parse_select(ExprParser *parser);

#endif /* MM_DDL_EXPR_PARSE_H */
