/*
 * src/ddl/expr_date_format.c
 *		Formats of DATE_FORMAT and STR_TO_DATE as patterns of to_char() and
 *		to_timestamp().
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

typedef struct FormatCode
{
	char code;
	const char *pattern; /* of to_char(); NULL: none that is exact */
} FormatCode;

static const FormatCode format_codes[] = {
	{'Y', "YYYY"},
	{'y', "YY"},
	{'m', "MM"},
	{'c', "FMMM"},
	{'d', "DD"},
	{'e', "FMDD"},
	{'H', "HH24"},
	{'k', "FMHH24"},
	{'h', "HH12"},
	{'I', "HH12"},
	{'l', "FMHH12"},
	{'i', "MI"},
	{'s', "SS"},
	{'S', "SS"},
	{'f', "US"},
	{'p', "AM"},
	{'M', "FMMonth"},
	{'b', "Mon"},
	{'W', "FMDay"},
	{'a', "Dy"},
	{'j', "DDD"},
	{'T', "HH24:MI:SS"},
	{'r', "HH12:MI:SS AM"},
	{'v', "IW"},
	{'x', "IYYY"},
	{'D', "FMDDth"},
	{0},
};

char *
mm_date_pattern(const char *format)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *c = format; *c != '\0'; c++)
	{
		const FormatCode *code = format_codes;

		if (*c != '%' || c[1] == '\0')
		{
			/* anything that might be a pattern is quoted */
			if (strchr(" -/:.,;()", *c) != NULL)
				appendStringInfoChar(&out, *c);
			else if (*c == '"' || *c == '\\')
				appendStringInfo(&out, "\"\\%c\"", *c);
			else
			{
				appendStringInfoChar(&out, '"');
				for (; *c != '\0' && strchr(" -/:.,;()%\"\\", *c) == NULL; c++)
					appendStringInfoChar(&out, *c);
				appendStringInfoChar(&out, '"');
				c--;
			}
			continue;
		}
		c++;
		if (*c == '%')
		{
			appendStringInfoString(&out, "\"%\"");
			continue;
		}
		while (code->code != 0 && code->code != *c)
			code++;
		if (code->code == 0)
			return NULL;
		appendStringInfoString(&out, code->pattern);
	}
	return out.data;
}

/* %U, %u, %V, %X, %w, for which to_char() has no pattern; NULL: others. */
static char *
format_week(ExprValue value, char code)
{
	static const char modes[] = "UuV";
	const char *place = strchr(modes, code);

	if (code == '\0' || value.type == VALUE_TIME)
		return NULL;
	if (place != NULL)
		return psprintf("lpad((%s)::text, 2, '0')",
						mm_print_week(value.sql, (int) (place - modes)));
	if (code == 'X')
		return psprintf("lpad((%s)::text, 4, '0')",
						mm_print_week_year(value.sql, 2));
	if (code == 'w')
		return psprintf("extract(dow from %s)::text", value.sql);
	return NULL;
}

/* The text of a moment in a format, pieces joined; NULL: not to be said. */
static char *
format_pieces(ExprValue value, const char *format)
{
	StringInfoData sql;
	StringInfoData rest;
	int pieces = 0;

	initStringInfo(&sql);
	initStringInfo(&rest);
	for (const char *c = format;; c++)
	{
		char *week = *c == '%' ? format_week(value, c[1]) : NULL;

		if ((week != NULL || *c == '\0') && rest.len > 0)
		{
			char *pattern = mm_date_pattern(rest.data);

			if (pattern == NULL)
				return NULL;
			appendStringInfo(&sql, "%sto_char(%s, %s)",
							 pieces++ > 0 ? " || " : "", value.sql,
							 mm_quote_local_literal(pattern));
			resetStringInfo(&rest);
		}
		if (*c == '\0')
			break;
		if (week != NULL)
		{
			appendStringInfo(&sql, "%s%s", pieces++ > 0 ? " || " : "", week);
			c++;
			continue;
		}
		appendStringInfoChar(&rest, *c);
		/* the second half of a pair begins none */
		if (*c == '%' && c[1] != '\0')
			appendStringInfoChar(&rest, *++c);
	}
	if (pieces == 0)
		return psprintf("left(to_char(%s, 'D'), 0)", value.sql);
	return pieces == 1 ? sql.data : psprintf("(%s)", sql.data);
}

ExprValue
mm_print_date_format(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	ExprValue format = mm_print_node(printer, lsecond(node->args));
	char *pattern;
	ExprValue result;

	if (value.type != VALUE_TIME)
		value = mm_print_to_temporal(printer, value);
	if (format.literal == NULL || format.type != VALUE_TEXT)
		return mm_print_refuse(printer, "DATE_FORMAT with a variable format");
	pattern = format_pieces(value, format.literal);
	if (pattern == NULL)
		return mm_print_refuse(printer,
							   psprintf("DATE_FORMAT with the format '%s'",
										format.literal));
	printer->is_immutable = false;
	result = mm_value(VALUE_TEXT, pattern);
	result.is_nullable = value.is_nullable;
	return result;
}

/* STR_TO_DATE: raises on text that does not fit, where MySQL gives NULL. */
ExprValue
mm_print_str_to_date(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_to_text(printer,
									  mm_print_node(printer,
													linitial(node->args)));
	ExprValue format = mm_print_node(printer, lsecond(node->args));
	char *pattern;
	bool has_time;
	ExprValue result;

	pattern = format.literal == NULL ? NULL : mm_date_pattern(format.literal);
	if (pattern == NULL)
		return mm_print_refuse(printer, "STR_TO_DATE with this format");
	has_time = strstr(pattern, "HH") != NULL || strstr(pattern, "MI") != NULL ||
			   strstr(pattern, "SS") != NULL;
	if (strstr(pattern, "YY") == NULL)
		return mm_print_refuse(printer, "STR_TO_DATE without a year");
	printer->is_immutable = false;
	printer->remarks = list_append_unique_ptr(printer->remarks,
											  "STR_TO_DATE of text that does "
											  "not fit its format is an error "
											  "here, NULL in MySQL.");
	result = mm_value(has_time ? VALUE_DATETIME : VALUE_DATE,
					  psprintf(has_time ? "to_timestamp(%s, %s)::timestamp" :
										  "to_date(%s, %s)",
							   text.sql,
							   mm_quote_local_literal(pattern)));
	result.fraction = strstr(pattern, "US") != NULL ? 6 : 0;
	return result;
}
