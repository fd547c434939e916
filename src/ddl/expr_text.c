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
	ExprValue text = mm_print_argument(printer, node, 0);
	ExprValue count = mm_print_argument(printer, node, 1);
	int64 bytes;

	if (text.type == VALUE_BYTES && mm_value_int_literal(count, &bytes) &&
		bytes >= 0 && bytes <= PG_INT32_MAX)
	{
		ExprValue result = mm_value(VALUE_BYTES,
									strcmp(node->text, "left") == 0 ?
										psprintf("substring(%s from 1 for %d)",
												 text.sql, (int) bytes) :
										psprintf("substring(%s from greatest(octet_length(%s) - %d, 0) + 1)",
												 text.sql, text.sql,
												 (int) bytes));

		result.is_nullable = text.is_nullable;
		return result;
	}
	text = mm_print_to_text(printer, text);
	return mm_value_text(psprintf("%s(%s, %s)", node->text, text.sql,
								  count_argument(printer, count)),
						 text);
}

/* SUBSTRING at a position that may be of either sign, or zero. */
static char *
substring_anywhere(ExprValue text, char *position, char *length)
{
	char *tail = length == NULL ? pstrdup("") : psprintf(", %s", length);

	return psprintf("CASE WHEN %s > 0 THEN substr(%s, %s%s) "
					"WHEN %s < 0 AND char_length(%s) >= -(%s) THEN "
					"substr(%s, char_length(%s) + %s + 1%s) "
					"WHEN %s IS NOT NULL THEN left(%s, 0) END",
					position, text.sql, position, tail, position, text.sql,
					position, text.sql, text.sql, position, tail, position,
					text.sql);
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
		sql = substring_anywhere(text, mm_print_to_int4(printer, position),
								 length);
	return mm_value_text(sql, text);
}

static ExprValue
print_locate(ExprValue part, ExprValue text)
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

/* A text that a regular expression takes as it is. */
static char *
quote_regexp(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *text != '\0'; text++)
	{
		if (strchr("\\^$.[]|()*+?{}", *text) != NULL)
			appendStringInfoChar(&out, '\\');
		appendStringInfoChar(&out, *text);
	}
	return out.data;
}

/* TRIM of a text of several characters, as often as it is there. */
static ExprValue
trim_string(ExprValue text, const char *what, const char *side)
{
	char *pattern = quote_regexp(what);
	char *sql = text.sql;

	if (strcmp(side, "trailing") != 0)
		sql = psprintf("regexp_replace(%s, %s, '')", sql,
					   mm_quote_local_literal(psprintf("^(?:%s)+", pattern)));
	if (strcmp(side, "leading") != 0)
		sql = psprintf("regexp_replace(%s, %s, '')", sql,
					   mm_quote_local_literal(psprintf("(?:%s)+$", pattern)));
	return mm_value_text(sql, text);
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
	if (what.literal == NULL || *what.literal == '\0')
		return mm_print_refuse(printer, "TRIM of a variable text");
	if (strlen(what.literal) == 1)
		return mm_value_text(psprintf("%s(%s, %s)", name, text.sql, what.sql),
							 text);
	/* a set of characters here, one string there */
	return trim_string(mm_print_searchable(text), what.literal, node->detail);
}

static ExprValue
print_pad(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue count = mm_print_argument(printer, node, 1);
	ExprValue pad = mm_value(VALUE_TEXT, "' '");
	char *number = mm_print_to_int4(printer, count);
	char *sql;

	pad.literal = " ";
	if (list_length(node->args) == 3)
		pad = mm_print_to_text(printer, mm_print_argument(printer, node, 2));
	if (pad.literal == NULL || *pad.literal == '\0')
		return mm_print_refuse(printer, "padding with a text that may be empty");
	sql = psprintf("%s(%s, %s, %s)", node->text, text.sql, number, pad.sql);
	if (count.minimum >= 0)
		return mm_value_text(sql, text);
	/* to a negative length: NULL */
	text.is_nullable = true;
	return mm_value_text(psprintf("CASE WHEN %s >= 0 THEN %s END", number, sql),
						 text);
}

/* LOCATE(part, text, position): from a constant place on */
static ExprValue
print_locate_from(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue part = mm_print_text_argument(printer, node, 0);
	ExprValue text = mm_print_text_argument(printer, node, 1);
	int64 from;
	bool ignores_case = text.is_case_insensitive;

	if (!mm_value_int_literal(mm_print_argument(printer, node, 2), &from) ||
		from < 1 || from > PG_INT32_MAX || part.literal == NULL ||
		*part.literal == '\0')
		return mm_print_refuse(printer, "LOCATE of a variable text or from a "
										"variable place");
	text = mm_print_searchable(text);
	if (ignores_case)
		part = mm_print_lower(part);
	return mm_value_count(psprintf("coalesce(nullif(strpos(substr(%s, %d), %s), 0) + %d, 0 * char_length(%s))",
								   ignores_case ? psprintf("lower(%s)", text.sql) : text.sql,
								   (int) from, part.sql, (int) from - 1,
								   text.sql),
						  text.is_nullable);
}

static ExprValue
print_strcmp(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = mm_print_text_argument(printer, node, 0);
	ExprValue b = mm_print_text_argument(printer, node, 1);
	ExprValue result;

	if (a.is_case_insensitive || b.is_case_insensitive)
		printer->orders_text = true;
	result = mm_value_integer(psprintf("CASE WHEN %s THEN -1 WHEN %s THEN 1 WHEN %s THEN 0 END",
									   mm_print_compare(printer, "<", a, b).sql,
									   mm_print_compare(printer, ">", a, b).sql,
									   mm_print_compare(printer, "=", a, b).sql),
							  4);
	return result;
}

/* INSERT(text, place, length, new) at a constant place */
static ExprValue
print_insert(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);
	ExprValue put = mm_print_text_argument(printer, node, 3);
	int64 place;
	int64 length;

	if (!mm_value_int_literal(mm_print_argument(printer, node, 1), &place) ||
		!mm_value_int_literal(mm_print_argument(printer, node, 2), &length) ||
		place < 1 || place > PG_INT32_MAX || length < 0 ||
		length > PG_INT32_MAX)
		return mm_print_refuse(printer, "INSERT at a variable place");
	text.is_nullable |= put.is_nullable;
	return mm_value_text(psprintf("CASE WHEN char_length(%s) < %d THEN %s ELSE overlay(%s placing %s from %d for %d) END",
								  text.sql, (int) place, text.sql,
								  text.sql, put.sql, (int) place, (int) length),
						 text);
}

/* ASCII(text): the first byte, 0 of '' */
static ExprValue
print_ascii(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_text_argument(printer, node, 0);

	if (text.charset != NULL && strncmp(text.charset, "utf8", 4) != 0)
		return mm_print_refuse(printer, "ASCII of text in another character "
										"set");
	printer->is_immutable = false;
	return mm_value_count(psprintf("CASE WHEN %s = '' THEN 0 ELSE get_byte(convert_to(%s, 'UTF8'), 0) END",
								   mm_value_operand(text), text.sql),
						  text.is_nullable);
}

/* UNHEX(text): NULL for what is no hex */
static ExprValue
print_unhex(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue text = mm_print_searchable(mm_print_text_argument(printer, node, 0));

	return mm_value(VALUE_BYTES,
					psprintf("CASE WHEN %s ~ '^[0-9A-Fa-f]*$' THEN decode(repeat('0', char_length(%s) %% 2) || %s, 'hex') END",
							 mm_value_operand(text), text.sql,
							 mm_value_operand(text)));
}

static ExprValue
print_to_base64(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *bytes = value.sql;

	if (value.type != VALUE_BYTES)
	{
		value = mm_print_to_text(printer, value);
		if (value.charset != NULL && strncmp(value.charset, "utf8", 4) != 0)
			return mm_print_refuse(printer, "TO_BASE64 of text in another "
											"character set");
		printer->is_immutable = false;
		bytes = psprintf("convert_to(%s, 'UTF8')", value.sql);
	}
	return mm_value(VALUE_TEXT, psprintf("encode(%s, 'base64')", bytes));
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
print_bit_length(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue length = print_length(printer, node);

	return mm_value_count(psprintf("8 * %s", mm_value_operand(length)),
						  length.is_nullable);
}

/* A number as a function takes it that counts in whole ones; as a bigint. */
static char *
whole_number(ExprPrinter *printer, ExprValue value, const char *name)
{
	value = mm_print_exact(mm_print_to_number(printer, value));
	if (value.bits != NULL)
		return psprintf("(%s)", value.bits);
	if (value.type == VALUE_FLOAT)
		mm_print_refuse(printer, psprintf("%s of a floating point number",
										  name));
	return psprintf("%s::bigint", mm_value_operand(value));
}

static ExprValue
print_hex(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *bytes;

	/* of a negative one both show the two's complement of 64 bits */
	if (mm_value_is_number(value) || value.type == VALUE_BOOLEAN)
		return mm_value(VALUE_TEXT,
						psprintf("upper(to_hex(%s))",
								 whole_number(printer, value, "HEX")));
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
	appendStringInfo(&sql, "CASE %s", whole_number(printer, index, "ELT"));
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

	if (list.type == VALUE_SET)
	{
		if (part.literal == NULL)
			return mm_print_refuse(printer, "FIND_IN_SET of a variable text");
		return place_in_set(list, part);
	}
	list = mm_print_searchable(mm_print_to_text(printer, list));
	mm_print_fold_case(printer, &list, &part);
	array = psprintf("string_to_array(%s, ',')", list.sql);
	if (!list.is_nullable && !part.is_nullable)
		return mm_value_count(psprintf("coalesce(array_position(%s, %s), 0)",
									   array, part.sql),
							  false);
	return mm_value_count(psprintf("CASE WHEN %s IS NOT NULL AND %s IS NOT NULL "
								   "THEN coalesce(array_position(%s, %s), 0) END",
								   list.sql, part.sql, array, part.sql),
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
	return print_locate(mm_print_text_argument(printer, node, 0),
						mm_print_text_argument(printer, node, 1));
}

static ExprValue
print_instr(ExprPrinter *printer, const ExprNode *node)
{
	return print_locate(mm_print_text_argument(printer, node, 1),
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
	{"locate", 3, 3, print_locate_from},
	{"lpad", 2, 3, print_pad},
	{"rpad", 2, 3, print_pad},
	{"strcmp", 2, 2, print_strcmp},
	{"insert", 4, 4, print_insert},
	{"ascii", 1, 1, print_ascii},
	{"unhex", 1, 1, print_unhex},
	{"to_base64", 1, 1, print_to_base64},
	{"bit_length", 1, 1, print_bit_length},
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
