/*
 * src/ddl/expr_call.c
 *		Parsing of function calls, and of the functions with a grammar of
 *		their own: CAST, CONVERT, EXTRACT, TRIM, GROUP_CONCAT, ...
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_parse.h"

/* The type of CAST(x AS type) into node->text, length, scale and detail. */
static void
parse_cast_type(ExprParser *parser, ExprNode *node)
{
	char *name = mm_expr_need_name(parser);

	for (char *c = name; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	node->text = name;
	if ((strcmp(name, "signed") == 0 || strcmp(name, "unsigned") == 0) &&
		(mm_expr_is_word(parser, 0, "integer") ||
		 mm_expr_is_word(parser, 0, "int")))
		parser->at++;
	if (strcmp(name, "double") == 0)
		mm_expr_take_word(parser, "precision");
	if (mm_expr_take_operator(parser, "("))
	{
		node->length = atoi(mm_expr_peek(parser, 0)->text);
		parser->at++;
		if (mm_expr_take_operator(parser, ","))
		{
			node->scale = atoi(mm_expr_peek(parser, 0)->text);
			parser->at++;
		}
		mm_expr_need_operator(parser, ")");
	}
	if (mm_expr_take_word(parser, "charset"))
		node->detail = mm_expr_need_name(parser);
	else if (mm_expr_is_word(parser, 0, "character") &&
			 mm_expr_is_word(parser, 1, "set"))
	{
		parser->at += 2;
		node->detail = mm_expr_need_name(parser);
	}
	if (mm_expr_is_word(parser, 0, "array"))
		mm_expr_fail(parser, "multi-valued cast");
}

/* CAST(x AS type), after the "(". */
static ExprNode *
parse_cast(ExprParser *parser)
{
	ExprNode *node = mm_expr_node(EXPR_CAST, NULL, NIL);

	node->args = list_make1(mm_expr_parse_node(parser));
	mm_expr_need_word(parser, "as");
	parse_cast_type(parser, node);
	mm_expr_need_operator(parser, ")");
	return node;
}

/* CONVERT(x USING charset) or CONVERT(x, type) */
static ExprNode *
parse_convert(ExprParser *parser)
{
	ExprNode *value = mm_expr_parse_node(parser);
	ExprNode *node;

	if (mm_expr_take_word(parser, "using"))
	{
		node = mm_expr_node(EXPR_CONVERT, NULL, list_make1(value));
		node->detail = mm_expr_need_name(parser);
	}
	else
	{
		node = mm_expr_node(EXPR_CAST, NULL, list_make1(value));
		mm_expr_need_operator(parser, ",");
		parse_cast_type(parser, node);
	}
	mm_expr_need_operator(parser, ")");
	return node;
}

/* EXTRACT(unit FROM x) */
static ExprNode *
parse_extract(ExprParser *parser)
{
	ExprNode *node = mm_expr_node(EXPR_FUNCTION, "extract", NIL);

	node->detail = mm_expr_need_name(parser);
	mm_expr_need_word(parser, "from");
	node->args = list_make1(mm_expr_parse_node(parser));
	mm_expr_need_operator(parser, ")");
	return node;
}

/* TIMESTAMPDIFF(unit, a, b), TIMESTAMPADD(unit, n, x) */
static ExprNode *
parse_unit_function(ExprParser *parser, const char *name)
{
	ExprNode *node = mm_expr_node(EXPR_FUNCTION, name, NIL);

	node->detail = mm_expr_need_name(parser);
	mm_expr_need_operator(parser, ",");
	node->args = mm_expr_parse_list(parser);
	mm_expr_need_operator(parser, ")");
	return node;
}

/* TRIM([BOTH | LEADING | TRAILING] [x] [FROM] y) */
static ExprNode *
parse_trim(ExprParser *parser)
{
	ExprNode *node = mm_expr_node(EXPR_FUNCTION, "trim", NIL);
	ExprNode *what = NULL;
	ExprNode *from = NULL;

	node->detail = "both";
	if (mm_expr_take_word(parser, "leading"))
		node->detail = "leading";
	else if (mm_expr_take_word(parser, "trailing"))
		node->detail = "trailing";
	else
		mm_expr_take_word(parser, "both");

	if (!mm_expr_is_word(parser, 0, "from"))
		what = mm_expr_parse_node(parser);
	if (mm_expr_take_word(parser, "from"))
		from = mm_expr_parse_node(parser);
	node->args = from == NULL ? list_make1(what) :
				 what == NULL ? list_make1(from) :
								list_make2(from, what);
	mm_expr_need_operator(parser, ")");
	return node;
}

/* POSITION(a IN b) */
static ExprNode *
parse_position(ExprParser *parser)
{
	ExprNode *part = mm_expr_parse_operand(parser);
	ExprNode *node;

	mm_expr_need_word(parser, "in");
	node = mm_expr_node(EXPR_FUNCTION, "locate",
						list_make2(part, mm_expr_parse_node(parser)));
	mm_expr_need_operator(parser, ")");
	return node;
}

/* SUBSTRING(x FROM a FOR b) and SUBSTRING(x, a, b) */
static ExprNode *
parse_substring(ExprParser *parser)
{
	ExprNode *node = mm_expr_node(EXPR_FUNCTION, "substr", NIL);

	node->args = list_make1(mm_expr_parse_node(parser));
	if (mm_expr_take_word(parser, "from"))
	{
		node->args = lappend(node->args, mm_expr_parse_node(parser));
		if (mm_expr_take_word(parser, "for"))
			node->args = lappend(node->args, mm_expr_parse_node(parser));
	}
	else
	{
		mm_expr_need_operator(parser, ",");
		node->args = list_concat(node->args, mm_expr_parse_list(parser));
	}
	mm_expr_need_operator(parser, ")");
	return node;
}

List *
mm_expr_parse_order(ExprParser *parser)
{
	List *list = NIL;

	do
	{
		ExprOrder *order = palloc0(sizeof(ExprOrder));

		order->node = mm_expr_parse_node(parser);
		if (mm_expr_take_word(parser, "desc"))
			order->is_descending = true;
		else
			mm_expr_take_word(parser, "asc");
		list = lappend(list, order);
	} while (mm_expr_take_operator(parser, ","));
	return list;
}

/* One bound of a window frame, appended to out. */
static void
parse_frame_bound(ExprParser *parser, StringInfo out)
{
	if (mm_expr_take_word(parser, "unbounded"))
		appendStringInfoString(out, "UNBOUNDED");
	else if (mm_expr_take_word(parser, "current"))
	{
		mm_expr_need_word(parser, "row");
		appendStringInfoString(out, "CURRENT ROW");
		return;
	}
	else if (mm_expr_peek(parser, 0)->kind == TOKEN_NUMBER)
	{
		appendStringInfoString(out, mm_expr_peek(parser, 0)->text);
		parser->at++;
	}
	else
		mm_expr_fail(parser, "unknown frame bound");

	if (mm_expr_take_word(parser, "preceding"))
		appendStringInfoString(out, " PRECEDING");
	else
	{
		mm_expr_need_word(parser, "following");
		appendStringInfoString(out, " FOLLOWING");
	}
}

static char *
parse_frame(ExprParser *parser)
{
	StringInfoData out;

	if (!mm_expr_is_word(parser, 0, "rows") &&
		!mm_expr_is_word(parser, 0, "range"))
		return NULL;
	initStringInfo(&out);
	appendStringInfoString(&out, mm_expr_is_word(parser, 0, "rows") ?
									 "ROWS " :
									 "RANGE ");
	parser->at++;
	if (mm_expr_take_word(parser, "between"))
	{
		appendStringInfoString(&out, "BETWEEN ");
		parse_frame_bound(parser, &out);
		mm_expr_need_word(parser, "and");
		appendStringInfoString(&out, " AND ");
	}
	parse_frame_bound(parser, &out);
	return out.data;
}

/* The inside of OVER ( ... ) or of WINDOW w AS ( ... ), with parentheses. */
ExprWindow *
mm_expr_parse_window(ExprParser *parser)
{
	ExprWindow *window = palloc0(sizeof(ExprWindow));

	mm_expr_need_operator(parser, "(");
	if (mm_expr_take_word(parser, "partition"))
	{
		mm_expr_need_word(parser, "by");
		window->partition_by = mm_expr_parse_list(parser);
	}
	if (mm_expr_take_word(parser, "order"))
	{
		mm_expr_need_word(parser, "by");
		window->order_by = mm_expr_parse_order(parser);
	}
	window->frame = parse_frame(parser);
	mm_expr_need_operator(parser, ")");
	return window;
}

/* RETURNING char(512) of JSON_VALUE, which is what it gives anyway */
static void
parse_returning(ExprParser *parser)
{
	ExprNode type;

	memset(&type, 0, sizeof(type));
	if (!mm_expr_take_word(parser, "returning"))
		return;
	parse_cast_type(parser, &type);
	if (parser->error == NULL && strcmp(type.text, "char") != 0)
		mm_expr_fail(parser, "JSON_VALUE of another type than text");
	while (mm_expr_take_word(parser, "null"))
	{
		mm_expr_need_word(parser, "on");
		if (!mm_expr_take_word(parser, "empty"))
			mm_expr_need_word(parser, "error");
	}
}

/* name([DISTINCT] args [ORDER BY ..] [SEPARATOR '..']) [OVER ..] */
static ExprNode *
parse_general(ExprParser *parser, const char *name)
{
	ExprNode *node = mm_expr_node(EXPR_FUNCTION, name, NIL);

	node->is_distinct = mm_expr_take_word(parser, "distinct");
	if (!node->is_distinct)
		mm_expr_take_word(parser, "all");
	if (!mm_expr_is_operator(parser, 0, ")"))
		node->args = mm_expr_parse_list(parser);
	if (mm_expr_take_word(parser, "order"))
	{
		mm_expr_need_word(parser, "by");
		node->order_by = mm_expr_parse_order(parser);
	}
	if (mm_expr_take_word(parser, "separator"))
	{
		if (mm_expr_peek(parser, 0)->kind != TOKEN_STRING)
			mm_expr_fail(parser, "expected a string");
		else
			node->separator = mm_expr_peek(parser, 0)->text;
		parser->at = Min(parser->at + 1, parser->count - 1);
	}
	if (mm_expr_take_word(parser, "using"))
		mm_expr_fail(parser, "character set in a function call");
	if (strcmp(name, "json_value") == 0)
		parse_returning(parser);
	mm_expr_need_operator(parser, ")");
	/* what MySQL shows around the parts of a query WITH ROLLUP */
	if ((strcmp(name, "rollup_group_item") == 0 ||
		 strcmp(name, "rollup_sum_switcher") == 0) &&
		node->args != NIL)
		return linitial(node->args);
	if (mm_expr_take_word(parser, "over"))
	{
		if (mm_expr_is_operator(parser, 0, "("))
			node->over = mm_expr_parse_window(parser);
		else
		{
			node->over = palloc0(sizeof(ExprWindow));
			node->over->name = mm_expr_need_name(parser);
		}
	}
	return node;
}

/*
 * mm_expr_parse_function
 *		A call of a function known by a bare name, or NULL when the words here
 *		are something else.
 */
ExprNode *
mm_expr_parse_function(ExprParser *parser)
{
	static const char *const without_parentheses[] = {
		"current_timestamp",
		"current_date",
		"current_time",
		"localtime",
		"localtimestamp",
		"utc_timestamp",
		"utc_date",
		"utc_time",
		NULL,
	};
	const ExprToken *token = mm_expr_peek(parser, 0);
	char *name;

	if (token->kind != TOKEN_WORD)
		return NULL;
	name = pstrdup(token->text);
	for (char *c = name; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);

	if (!mm_expr_is_operator(parser, 1, "("))
	{
		for (int i = 0; without_parentheses[i] != NULL; i++)
		{
			if (strcmp(name, without_parentheses[i]) == 0)
			{
				parser->at++;
				return mm_expr_node(EXPR_FUNCTION, name, NIL);
			}
		}
		return NULL;
	}
	if (strcmp(name, "in") == 0 || strcmp(name, "and") == 0 ||
		strcmp(name, "or") == 0 || strcmp(name, "on") == 0)
		return NULL;

	parser->at += 2;
	if (strcmp(name, "cast") == 0)
		return parse_cast(parser);
	if (strcmp(name, "convert") == 0)
		return parse_convert(parser);
	if (strcmp(name, "extract") == 0)
		return parse_extract(parser);
	if (strcmp(name, "timestampdiff") == 0 || strcmp(name, "timestampadd") == 0)
		return parse_unit_function(parser, name);
	if (strcmp(name, "trim") == 0)
		return parse_trim(parser);
	if (strcmp(name, "position") == 0)
		return parse_position(parser);
	if (strcmp(name, "substring") == 0 || strcmp(name, "substr") == 0 ||
		strcmp(name, "mid") == 0)
		return parse_substring(parser);
	return parse_general(parser, name);
}
