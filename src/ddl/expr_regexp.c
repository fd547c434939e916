/*
 * src/ddl/expr_regexp.c
 *		Regular expressions, as far as all dialects agree.
 */
#include "postgres.h"

#include <ctype.h>

#include "ddl/expr_print.h"

/*
 * The regular expression dialects of MySQL, MariaDB and PostgreSQL agree on
 * the plain things; anything else is refused.
 */
static bool
is_plain_regexp(const char *pattern)
{
	for (const char *c = pattern; *c != '\0'; c++)
	{
		if (*c == '\\')
		{
			c++;
			if (*c == '\0' || (isalnum((unsigned char) *c) &&
							   strchr("dwsDWS", *c) == NULL))
				return false;
		}
		else if (*c == '(' && c[1] == '?')
			return false;
		else if (*c == '[' && c[1] == '[' && c[2] != ':')
			return false;
		else if (strncmp(c, "[:<:]", 5) == 0 || strncmp(c, "[:>:]", 5) == 0)
			return false;
		/* greediness and possessive signs */
		else if (strchr("*+?}", *c) != NULL && (c[1] == '?' || c[1] == '+'))
			return false;
	}
	return pattern[0] != '\0' && strncmp(pattern, "***", 3) != 0;
}

ExprValue
mm_print_regexp(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = mm_print_searchable(mm_print_to_text(printer,
													   mm_print_node(printer,
																	 linitial(node->args))));
	ExprValue b = mm_print_node(printer, lsecond(node->args));
	/* BINARY of a constant is no plain constant */
	bool minds_case = ((ExprNode *) lsecond(node->args))->kind != EXPR_STRING;
	const char *op = a.is_case_insensitive && !minds_case ? "~*" : "~";

	if (b.literal == NULL || b.type != VALUE_TEXT ||
		!is_plain_regexp(b.literal))
		return mm_print_refuse(printer,
							   "regular expression beyond the common dialect");
	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s %s%s %s", mm_value_operand(a),
									  node->is_negated ? "!" : "", op, b.sql));
}

/* The pattern of a function call, or NULL: not one that is known. */
static const char *
plain_pattern(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue pattern = mm_print_argument(printer, node, 1);

	if (((ExprNode *) lsecond(node->args))->kind != EXPR_STRING ||
		pattern.literal == NULL || !is_plain_regexp(pattern.literal))
		return NULL;
	return pattern.sql;
}

/* REGEXP_REPLACE(text, pattern, new): all that match */
ExprValue
mm_print_regexp_replace(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_searchable(mm_print_text_argument(printer, node, 0));
	const char *pattern = plain_pattern(printer, node);
	ExprValue put = mm_print_argument(printer, node, 2);

	/* what refers to a group is written in three ways */
	if (pattern == NULL || put.literal == NULL || put.type != VALUE_TEXT ||
		strpbrk(put.literal, "\\$&") != NULL)
		return mm_print_refuse(printer,
							   "regular expression beyond the common dialect");
	return mm_value_text(psprintf("regexp_replace(%s, %s, %s, '%s')", text.sql,
								  pattern, put.sql,
								  text.is_case_insensitive ? "gi" : "g"),
						 text);
}

/* REGEXP_SUBSTR(text, pattern): without a match '' of MariaDB, NULL of MySQL */
ExprValue
mm_print_regexp_substr(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_searchable(mm_print_text_argument(printer, node, 0));
	const char *pattern = plain_pattern(printer, node);
	char *match;

	/* of a pattern with groups it would be the first group */
	if (pattern == NULL || strchr(pattern, '(') != NULL)
		return mm_print_refuse(printer,
							   "regular expression beyond the common dialect");
	match = psprintf("(regexp_match(%s, %s%s))[1]", text.sql, pattern,
					 text.is_case_insensitive ? ", 'i'" : "");
	if (printer->schema->server.flavour == FLAVOUR_MARIADB)
		match = psprintf("CASE WHEN %s IS NOT NULL THEN coalesce(%s, '') END",
						 mm_value_operand(text), match);
	return mm_value_text(match, text);
}
