/*
 * src/ddl/expr_text.c
 *		Functions over text that need more than a pattern.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

static ExprValue
print_concat(ExprPrinter *printer, const ExprNode *node)
{
	StringInfoData sql;
	ExprValue result = mm_value_compound(VALUE_TEXT, NULL);
	ListCell *lc;

	initStringInfo(&sql);
	result.is_nullable = false;
	foreach(lc, node->args)
	{
		ExprValue value = mm_print_to_text(printer,
										   mm_print_node(printer,
														 lfirst(lc)));

		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "" : " || ",
						 mm_value_operand(value));
		result.is_case_insensitive |= value.is_case_insensitive;
		result.has_case_collation |= value.has_case_collation;
		result.is_nullable |= value.is_nullable;
	}
	if (list_length(node->args) == 1)
		result.is_compound = false;
	result.sql = sql.data;
	return result;
}

static ExprValue
print_concat_ws(ExprPrinter *printer, const ExprNode *node)
{
	StringInfoData sql;
	ExprValue result = mm_value(VALUE_TEXT, NULL);
	ListCell *lc;

	printer->is_immutable = false;
	initStringInfo(&sql);
	foreach(lc, node->args)
	{
		ExprValue value = mm_print_to_text(printer,
										   mm_print_node(printer,
														 lfirst(lc)));

		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "concat_ws(" : ", ",
						 value.sql);
		result.is_case_insensitive |= value.is_case_insensitive;
		result.has_case_collation |= value.has_case_collation;
	}
	appendStringInfoChar(&sql, ')');
	result.sql = sql.data;
	return result;
}

/* A count of characters that is not negative; NULL stays NULL. */
static char *
count_argument(ExprPrinter *printer, ExprValue value)
{
	char *sql = mm_print_to_int4(printer, value);

	if (value.minimum >= 0)
		return sql;
	return value.is_nullable ?
			   psprintf("CASE WHEN %s < 0 THEN 0 ELSE %s END", sql, sql) :
			   psprintf("greatest(%s, 0)", sql);
}

/* LEFT and RIGHT: a negative count gives ''. */
static ExprValue
print_left(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue count = mm_print_argument(printer, node, 1);

	return mm_value_text(psprintf("%s(%s, %s)", node->text, text.sql,
								  count_argument(printer, count)),
						 text);
}

/* SUBSTRING: position 0 gives '', a negative one counts from the end. */
static ExprValue
print_substr(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue position = mm_print_argument(printer, node, 1);
	int64 number = 0;
	bool is_literal = mm_value_int_literal(position, &number);
	char *length = NULL;
	char *sql;

	if (list_length(node->args) == 3)
		length = count_argument(printer, mm_print_argument(printer, node, 2));
	if (position.minimum >= 1)
		sql = psprintf(length == NULL ? "substr(%s, %s)" : "substr(%s, %s, %s)",
					   text.sql, mm_print_to_int4(printer, position), length);
	else if (is_literal && number == 0)
		return mm_value_text(psprintf("left(%s, 0)", text.sql), text);
	else if (is_literal && number < 0)
	{
		/* before the beginning of the text there is nothing */
		sql = psprintf("CASE WHEN char_length(%s) < " INT64_FORMAT
					   " THEN '' ELSE right(%s, " INT64_FORMAT ") END",
					   text.sql, -number, text.sql, -number);
		if (length != NULL)
			sql = psprintf("left(%s, %s)", sql, length);
	}
	else
		return mm_print_refuse(printer, "SUBSTRING at a position that may be "
										"zero or negative");
	return mm_value_text(sql, text);
}

static ExprValue
print_locate(ExprPrinter *printer, ExprValue part, ExprValue text)
{
	bool ignores_case = text.is_case_insensitive ||
						(part.is_case_insensitive && text.literal != NULL);
	const char *format = ignores_case ? "strpos(lower(%s), lower(%s))" :
										"strpos(%s, %s)";

	text = mm_print_searchable(text);
	part = mm_print_searchable(part);
	if (part.literal != NULL && ignores_case)
		return mm_value_count(psprintf("strpos(lower(%s), %s)", text.sql,
									   mm_print_lower(part).sql),
							  text.is_nullable);
	return mm_value_count(psprintf(format, text.sql, part.sql),
						  text.is_nullable || part.is_nullable);
}

static ExprValue
print_trim(ExprPrinter *printer, const ExprNode *node)
{
	const char *name = strcmp(node->detail, "leading") == 0	 ? "ltrim" :
					   strcmp(node->detail, "trailing") == 0 ? "rtrim" :
															   "btrim";
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue what;

	if (list_length(node->args) == 1)
		return mm_value_text(psprintf("%s(%s)", name, text.sql), text);
	what = mm_print_argument(printer, node, 1);
	/* a set of characters here, one string there */
	if (what.literal == NULL || strlen(what.literal) != 1)
		return mm_print_refuse(printer, "TRIM of more than one character");
	return mm_value_text(psprintf("%s(%s, %s)", name, text.sql, what.sql), text);
}

static ExprValue
print_pad(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue count = mm_print_argument(printer, node, 1);
	ExprValue pad = mm_print_argument(printer, node, 2);

	if (count.minimum < 0 || pad.literal == NULL || *pad.literal == '\0')
		return mm_print_refuse(printer, "padding by a count that may be "
										"negative or a text that may be empty");
	return mm_value_text(psprintf("%s(%s, %s, %s)", node->text, text.sql,
								  mm_print_to_int4(printer, count),
								  mm_print_to_text(printer, pad).sql),
						 text);
}

/* LENGTH counts bytes of the column's character set. */
static ExprValue
print_length(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);

	if (value.type == VALUE_BYTES)
		return mm_value_count(psprintf("octet_length(%s)", value.sql),
							  value.is_nullable);
	value = mm_print_to_text(printer, value);
	if (value.charset == NULL || strncmp(value.charset, "utf8", 4) == 0)
		return mm_value_count(psprintf("octet_length(%s)", value.sql),
							  value.is_nullable);
	if (strncmp(value.charset, "latin", 5) == 0 ||
		strcmp(value.charset, "ascii") == 0 ||
		strncmp(value.charset, "cp12", 4) == 0)
		return mm_value_count(psprintf("char_length(%s)", value.sql),
							  value.is_nullable);
	return mm_print_refuse(printer,
						   psprintf("LENGTH of text in character set %s",
									value.charset));
}

static ExprValue
print_hex(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *bytes;

	/* of a negative one both show the two's complement of 64 bits */
	if (value.type == VALUE_INTEGER)
		return mm_value(VALUE_TEXT,
						psprintf("upper(to_hex(%s::bigint))",
								 mm_value_operand(value)));
	if (value.type == VALUE_BYTES)
		bytes = value.sql;
	else
	{
		value = mm_print_to_text(printer, value);
		if (value.charset != NULL && strncmp(value.charset, "utf8", 4) != 0)
			return mm_print_refuse(printer, "HEX of text in another character "
											"set");
		printer->is_immutable = false;
		bytes = psprintf("convert_to(%s, 'UTF8')", value.sql);
	}
	return mm_value(VALUE_TEXT, psprintf("upper(encode(%s, 'hex'))", bytes));
}

static ExprValue
print_sha2(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_text_argument(printer, node, 0);
	int64 bits;

	if (!mm_value_int_literal(mm_print_argument(printer, node, 1), &bits) ||
		(bits != 0 && bits != 224 && bits != 256 && bits != 384 &&
		 bits != 512))
		return mm_print_refuse(printer, "SHA2 of a variable length");
	printer->is_immutable = false;
	return mm_value(VALUE_TEXT,
					psprintf("encode(sha%d(convert_to(%s, 'UTF8')), 'hex')",
							 bits == 0 ? 256 : (int) bits, value.sql));
}

/* FIELD(x, a, b): the place of x among the others, or 0. */
static ExprValue
print_field(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "CASE");
	for (int i = 1; i < list_length(node->args); i++)
		appendStringInfo(&sql, " WHEN %s THEN %d",
						 mm_print_compare(printer, "=", value,
										  mm_print_argument(printer, node, i))
							 .sql,
						 i);
	appendStringInfoString(&sql, " ELSE 0 END");
	return mm_value_count(sql.data, false);
}

/* ELT(n, a, b) */
static ExprValue
print_elt(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue index = mm_print_to_number(printer, mm_print_argument(printer, node, 0));
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CASE %s", mm_value_operand(index));
	for (int i = 1; i < list_length(node->args); i++)
		appendStringInfo(&sql, " WHEN %d THEN %s", i,
						 mm_print_text_argument(printer, node, i).sql);
	appendStringInfoString(&sql, " END");
	return mm_value(VALUE_TEXT, sql.data);
}

/* Of a set column MySQL tells the place in its definition. */
static ExprValue
place_in_set(ExprValue set, ExprValue part)
{
	int place = 0;

	for (int i = 0; i < list_length(set.labels); i++)
	{
		if (pg_strcasecmp(list_nth(set.labels, i), part.literal) == 0)
		{
			place = i + 1;
			part.sql = mm_quote_local_literal(list_nth(set.labels, i));
		}
	}
	return mm_value_count(psprintf("CASE WHEN %s = ANY (%s) THEN %d WHEN %s IS "
								   "NOT NULL THEN 0 END",
								   part.sql, set.sql,
								   place, set.sql),
						  set.is_nullable);
}

/* FIND_IN_SET('a', list): the place in the list, or 0. */
static ExprValue
print_find_in_set(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue part = mm_print_text_argument(printer, node, 0);
	ExprValue list = mm_print_argument(printer, node, 1);
	char *array;

	/* a text with a comma is in no list */
	if (part.literal == NULL || strchr(part.literal, ',') != NULL ||
		*part.literal == '\0')
		return mm_print_refuse(printer, "FIND_IN_SET of a variable text");
	if (list.type == VALUE_SET)
		return place_in_set(list, part);
	list = mm_print_searchable(mm_print_to_text(printer, list));
	array = psprintf("string_to_array(%s, ',')", list.sql);
	mm_print_note_text(printer, list, part);
	if (!list.is_nullable)
		return mm_value_count(psprintf("coalesce(array_position(%s, %s), 0)",
									   array, part.sql),
							  false);
	return mm_value_count(psprintf("CASE WHEN %s IS NOT NULL THEN "
								   "coalesce(array_position(%s, %s), 0) END",
								   list.sql, array, part.sql),
						  true);
}

/* SUBSTRING_INDEX(text, delimiter, n): the first or last n parts */
static ExprValue
print_substring_index(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_searchable(mm_print_text_argument(printer, node,
																0));
	ExprValue delimiter = mm_print_argument(printer, node, 1);
	char *array;
	char *slice;
	int64 count;

	if (delimiter.literal == NULL || *delimiter.literal == '\0' ||
		delimiter.type != VALUE_TEXT ||
		!mm_value_int_literal(mm_print_argument(printer, node, 2), &count) ||
		count == 0)
		return mm_print_refuse(printer, "SUBSTRING_INDEX with a variable "
										"delimiter or count");
	if (count == 1)
		return mm_value_text(psprintf("split_part(%s, %s, 1)", text.sql,
									  delimiter.sql),
							 text);
	printer->is_immutable = false;
	array = psprintf("string_to_array(%s, %s)", text.sql, delimiter.sql);
	slice = count > 0 ? psprintf("1:" INT64_FORMAT, count) :
						psprintf("greatest(cardinality(%s) - " INT64_FORMAT ", 1):", array,
								 -count - 1);
	return mm_value_text(psprintf("array_to_string((%s)[%s], %s)", array, slice,
								  delimiter.sql),
						 text);
}

/* FORMAT(x, digits): with commas between thousands */
static ExprValue
print_format(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer, mm_print_argument(printer, node, 0));
	int64 digits;
	StringInfoData pattern;

	if (!mm_value_int_literal(mm_print_argument(printer, node, 1), &digits) ||
		digits < 0 || digits > 10 || value.type == VALUE_FLOAT)
		return mm_print_refuse(printer, "FORMAT of a float or with a variable "
										"number of digits");
	initStringInfo(&pattern);
	appendStringInfoString(&pattern, "FM999,999,999,999,999,999,990");
	for (int i = 0; i < digits; i++)
		appendStringInfoString(&pattern, i == 0 ? ".0" : "0");
	printer->is_immutable = false;
	value.sql = psprintf("to_char(round(%s::numeric, %d), '%s')",
						 value.quotient != NULL ?
							 psprintf("(%s)", value.quotient) :
							 mm_value_operand(value),
						 (int) digits, pattern.data);
	return mm_value_text(value.sql, mm_value(VALUE_TEXT, NULL));
}

static ExprValue
print_locate_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_locate(printer, mm_print_text_argument(printer, node, 0),
						mm_print_text_argument(printer, node, 1));
}

static ExprValue
print_instr(ExprPrinter *printer, const ExprNode *node)
{
	return print_locate(printer, mm_print_text_argument(printer, node, 1),
						mm_print_text_argument(printer, node, 0));
}

static const SpecialFunction text_functions[] = {
	{"concat", 1, 1000, print_concat},
	{"concat_ws", 2, 1000, print_concat_ws},
	{"left", 2, 2, print_left},
	{"right", 2, 2, print_left},
	{"substr", 2, 3, print_substr},
	{"locate", 2, 2, print_locate_function},
	{"instr", 2, 2, print_instr},
	{"trim", 1, 2, print_trim},
	{"substring_index", 3, 3, print_substring_index},
	{"format", 2, 2, print_format},
	{"lpad", 3, 3, print_pad},
	{"rpad", 3, 3, print_pad},
	{"length", 1, 1, print_length},
	{"octet_length", 1, 1, print_length},
	{"hex", 1, 1, print_hex},
	{"sha2", 2, 2, print_sha2},
	{"field", 2, 1000, print_field},
	{"elt", 2, 1000, print_elt},
	{"find_in_set", 2, 2, print_find_in_set},
	{NULL},
};

bool
mm_print_text_function(ExprPrinter *printer, const ExprNode *node,
					   ExprValue *result)
{
	return mm_print_special(printer, text_functions, node, result);
}
