/*
 * src/ddl/expr_stream.c
 *		The parser's way through the tokens: looking ahead, stepping over what
 *		is wanted, giving up.
 */
#include "postgres.h"

#include "ddl/expr_parse.h"

/* The catalog shows each byte of a character of four bytes as "?". */
bool
mm_expr_is_whole(const char *text, const char **error)
{
	if (strstr(text, "????") == NULL)
		return true;
	*error = "MySQL shows ???? in it, for a character of four bytes";
	return false;
}

bool
mm_expr_parser_start(ExprParser *parser, const char *text)
{
	memset(parser, 0, sizeof(ExprParser));
	parser->tokens = mm_expr_tokens(text, &parser->count, &parser->error);
	return parser->tokens != NULL;
}

void
mm_expr_fail(ExprParser *parser, const char *why)
{
	if (parser->error == NULL)
	{
		const ExprToken *token = mm_expr_peek(parser, 0);

		parser->error = token->kind == TOKEN_END ?
							psprintf("%s at the end of the text", why) :
							psprintf("%s at \"%s\"", why, token->text);
	}
	parser->at = parser->count - 1;
}

const ExprToken *
mm_expr_peek(const ExprParser *parser, int ahead)
{
	int at = Min(parser->at + ahead, parser->count - 1);

	return &parser->tokens[at];
}

bool
mm_expr_is_word(const ExprParser *parser, int ahead, const char *word)
{
	const ExprToken *token = mm_expr_peek(parser, ahead);

	return token->kind == TOKEN_WORD && pg_strcasecmp(token->text, word) == 0;
}

bool
mm_expr_is_operator(const ExprParser *parser, int ahead, const char *text)
{
	const ExprToken *token = mm_expr_peek(parser, ahead);

	return token->kind == TOKEN_OPERATOR && strcmp(token->text, text) == 0;
}

bool
mm_expr_take_word(ExprParser *parser, const char *word)
{
	if (!mm_expr_is_word(parser, 0, word))
		return false;
	parser->at++;
	return true;
}

bool
mm_expr_take_operator(ExprParser *parser, const char *text)
{
	if (!mm_expr_is_operator(parser, 0, text))
		return false;
	parser->at++;
	return true;
}

void
mm_expr_need_word(ExprParser *parser, const char *word)
{
	if (!mm_expr_take_word(parser, word))
		mm_expr_fail(parser, psprintf("expected %s", word));
}

void
mm_expr_need_operator(ExprParser *parser, const char *text)
{
	if (!mm_expr_take_operator(parser, text))
		mm_expr_fail(parser, psprintf("expected \"%s\"", text));
}

char *
mm_expr_need_name(ExprParser *parser)
{
	const ExprToken *token = mm_expr_peek(parser, 0);

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED_NAME)
	{
		mm_expr_fail(parser, "expected a name");
		return pstrdup("");
	}
	parser->at++;
	return token->text;
}

ExprNode *
mm_expr_node(ExprNodeKind kind, const char *text, List *args)
{
	ExprNode *node = palloc0(sizeof(ExprNode));

	node->kind = kind;
	node->text = text;
	node->args = args;
	node->length = -1;
	node->scale = -1;
	return node;
}

bool
mm_expr_is_query(const ExprParser *parser, int ahead)
{
	while (mm_expr_is_operator(parser, ahead, "("))
		ahead++;
	return mm_expr_is_word(parser, ahead, "select") ||
		   mm_expr_is_word(parser, ahead, "with");
}
