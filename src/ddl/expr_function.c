/*
 * src/ddl/expr_function.c
 *		Functions: a table of those that a pattern says, and a printer each for
 *		those that need more.
 *
 * A function that is in neither is refused by its name; it is never passed
 * through, even where PostgreSQL has one of the same name.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

/*
 * `arguments`: one letter each, t text, n number, i integer, f number as
 * double precision, c condition; after ">" the result: t, i (not negative),
 * I, f, n (scale 0), b.
 * `pattern`: $1 .. $9 stand for the arguments, as operands.
 */
typedef struct SimpleFunction
{
	const char *name;
	const char *arguments;
	const char *pattern;
	bool		is_immutable;
} SimpleFunction;

static const SimpleFunction simple_functions[] = {
	{"upper", "t>t", "upper($1)", true},
	{"ucase", "t>t", "upper($1)", true},
	{"lower", "t>t", "lower($1)", true},
	{"lcase", "t>t", "lower($1)", true},
	{"char_length", "t>i", "char_length($1)", true},
	{"character_length", "t>i", "char_length($1)", true},
	{"ltrim", "t>t", "ltrim($1)", true},
	{"rtrim", "t>t", "rtrim($1)", true},
	{"reverse", "t>t", "reverse($1)", true},
	{"replace", "ttt>t", "replace($1, $2, $3)", true},
	{"repeat", "ti>t", "repeat($1, $2)", true},
	{"space", "i>t", "repeat(' ', $1)", true},
	{"md5", "t>t", "md5($1)", true},
	{"quote", "t>t", NULL, true},
	{"pi", ">f", "pi()", true},
	{"degrees", "f>f", "degrees($1)", true},
	{"radians", "f>f", "radians($1)", true},
	{"sin", "f>f", "sin($1)", true},
	{"cos", "f>f", "cos($1)", true},
	{"tan", "f>f", "tan($1)", true},
	{"atan", "f>f", "atan($1)", true},
	{"atan2", "ff>f", "atan2($1, $2)", true},
	{"exp", "f>f", "exp($1)", true},
	{"pow", "ff>f", "power($1, $2)", true},
	{"power", "ff>f", "power($1, $2)", true},
	{"rand", ">f", "random()", false},
	{"uuid", ">u", "gen_random_uuid()", false},
	{"row_number", ">i", "row_number()", true},
	{"rank", ">i", "rank()", true},
	{"dense_rank", ">i", "dense_rank()", true},
	{"percent_rank", ">f", "percent_rank()", true},
	{"cume_dist", ">f", "cume_dist()", true},
	{NULL}
};

/* ---- helpers ---- */

static ExprValue
argument(ExprPrinter *printer, const ExprNode *node, int i)
{
	return mm_print_node(printer, list_nth(node->args, i));
}

static ExprValue
text_argument(ExprPrinter *printer, const ExprNode *node, int i)
{
	return mm_print_to_text(printer, argument(printer, node, i));
}

static ExprValue
text_result(char *sql, ExprValue like)
{
	ExprValue	value = mm_value(VALUE_TEXT, sql);

	value.is_case_insensitive = like.is_case_insensitive;
	value.charset = like.charset;
	value.is_nullable = like.is_nullable;
	return value;
}

static ExprValue
count_result(char *sql, bool is_nullable)
{
	ExprValue	value = mm_value_integer(sql, 4);

	value.minimum = 0;
	value.is_nullable = is_nullable;
	return value;
}

static char *
double_operand(ExprPrinter *printer, ExprValue value)
{
	value = mm_print_rounded(mm_print_to_number(printer, value));
	if (value.type == VALUE_FLOAT && value.width == 8)
		return value.sql;
	return psprintf("%s::double precision", mm_value_operand(value));
}

/* ---- by pattern ---- */

static char *
simple_argument(ExprPrinter *printer, char kind, ExprValue value)
{
	switch (kind)
	{
		case 't':
			return mm_print_to_text(printer, value).sql;
		case 'i':
			return mm_print_to_int4(printer, value);
		case 'f':
			return double_operand(printer, value);
		case 'c':
			return mm_print_to_condition(printer, value).sql;
		default:
			return mm_print_rounded(mm_print_to_number(printer, value)).sql;
	}
}

static ExprValue
simple_result(char kind, char *sql, ExprValue first, bool is_nullable)
{
	ExprValue	value;

	switch (kind)
	{
		case 't':
			value = text_result(sql, first);
			break;
		case 'i':
			value = count_result(sql, true);
			value.width = 8;
			break;
		case 'f':
			value = mm_value(VALUE_FLOAT, sql);
			value.width = 8;
			break;
		case 'u':
			value = mm_value(VALUE_UUID, sql);
			break;
		default:
			value = mm_value_integer(sql, 8);
			break;
	}
	value.is_nullable = is_nullable;
	return value;
}

static ExprValue
print_simple(ExprPrinter *printer, const SimpleFunction *function,
			 const ExprNode *node)
{
	StringInfoData sql;
	char	   *texts[9] = {NULL};
	ExprValue	first = mm_value(VALUE_NULL, NULL);
	bool		is_nullable = false;
	int			count = strchr(function->arguments, '>') - function->arguments;

	if (list_length(node->args) != count || function->pattern == NULL)
		return mm_print_refuse(printer,
							   psprintf("function %s() with these arguments",
										node->text));
	for (int i = 0; i < count; i++)
	{
		ExprValue	value = argument(printer, node, i);

		texts[i] = simple_argument(printer, function->arguments[i], value);
		is_nullable |= value.is_nullable;
		if (i == 0)
			first = value;
	}
	initStringInfo(&sql);
	for (const char *c = function->pattern; *c != '\0'; c++)
	{
		if (*c == '$')
			appendStringInfoString(&sql, texts[*++c - '1']);
		else
			appendStringInfoChar(&sql, *c);
	}
	if (!function->is_immutable)
		printer->is_immutable = false;
	return simple_result(function->arguments[count + 1], sql.data, first,
						 is_nullable);
}

/* ---- text ---- */

static ExprValue
print_concat(ExprPrinter *printer, const ExprNode *node)
{
	StringInfoData sql;
	ExprValue	result = mm_value_compound(VALUE_TEXT, NULL);
	ListCell   *lc;

	initStringInfo(&sql);
	result.is_nullable = false;
	foreach(lc, node->args)
	{
		ExprValue	value = mm_print_to_text(printer,
											 mm_print_node(printer,
														   lfirst(lc)));

		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "" : " || ",
						 mm_value_operand(value));
		result.is_case_insensitive |= value.is_case_insensitive;
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
	ExprValue	result = mm_value(VALUE_TEXT, NULL);
	ListCell   *lc;

	printer->is_immutable = false;
	initStringInfo(&sql);
	foreach(lc, node->args)
	{
		ExprValue	value = mm_print_to_text(printer,
											 mm_print_node(printer,
														   lfirst(lc)));

		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "concat_ws(" : ", ",
						 value.sql);
		result.is_case_insensitive |= value.is_case_insensitive;
	}
	appendStringInfoChar(&sql, ')');
	result.sql = sql.data;
	return result;
}

/* A count of characters that is not negative. */
static char *
count_argument(ExprPrinter *printer, ExprValue value)
{
	char	   *sql = mm_print_to_int4(printer, value);

	return value.minimum >= 0 ? sql : psprintf("greatest(%s, 0)", sql);
}

/* LEFT and RIGHT: a negative count gives ''. */
static ExprValue
print_left(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	text = text_argument(printer, node, 0);
	ExprValue	count = argument(printer, node, 1);

	return text_result(psprintf("%s(%s, %s)", node->text, text.sql,
								count_argument(printer, count)), text);
}

/* SUBSTRING: position 0 gives '', a negative one counts from the end. */
static ExprValue
print_substr(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	text = text_argument(printer, node, 0);
	ExprValue	position = argument(printer, node, 1);
	int64		number = 0;
	bool		is_literal = mm_value_int_literal(position, &number);
	char	   *length = NULL;
	char	   *sql;

	if (list_length(node->args) == 3)
		length = count_argument(printer, argument(printer, node, 2));
	if (position.minimum >= 1)
		sql = psprintf(length == NULL ? "substr(%s, %s)" : "substr(%s, %s, %s)",
					   text.sql, mm_print_to_int4(printer, position), length);
	else if (is_literal && number == 0)
		return text_result(psprintf("left(%s, 0)", text.sql), text);
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
	return text_result(sql, text);
}

static ExprValue
print_locate(ExprPrinter *printer, ExprValue part, ExprValue text)
{
	mm_print_note_text(printer, text, part);
	return count_result(psprintf("strpos(%s, %s)", text.sql, part.sql),
						text.is_nullable || part.is_nullable);
}

static ExprValue
print_trim(ExprPrinter *printer, const ExprNode *node)
{
	const char *name = strcmp(node->detail, "leading") == 0 ? "ltrim" :
		strcmp(node->detail, "trailing") == 0 ? "rtrim" : "btrim";
	ExprValue	text = text_argument(printer, node, 0);
	ExprValue	what;

	if (list_length(node->args) == 1)
		return text_result(psprintf("%s(%s)", name, text.sql), text);
	what = argument(printer, node, 1);
	/* a set of characters here, one string there */
	if (what.literal == NULL || strlen(what.literal) != 1)
		return mm_print_refuse(printer, "TRIM of more than one character");
	return text_result(psprintf("%s(%s, %s)", name, text.sql, what.sql), text);
}

static ExprValue
print_pad(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	text = text_argument(printer, node, 0);
	ExprValue	count = argument(printer, node, 1);
	ExprValue	pad = argument(printer, node, 2);

	if (count.minimum < 0 || pad.literal == NULL || *pad.literal == '\0')
		return mm_print_refuse(printer, "padding by a count that may be "
							   "negative or a text that may be empty");
	return text_result(psprintf("%s(%s, %s, %s)", node->text, text.sql,
								mm_print_to_int4(printer, count),
								mm_print_to_text(printer, pad).sql), text);
}

/* LENGTH counts bytes of the column's character set. */
static ExprValue
print_length(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = argument(printer, node, 0);

	if (value.type == VALUE_BYTES)
		return count_result(psprintf("octet_length(%s)", value.sql),
							value.is_nullable);
	value = mm_print_to_text(printer, value);
	if (value.charset == NULL || strncmp(value.charset, "utf8", 4) == 0)
		return count_result(psprintf("octet_length(%s)", value.sql),
							value.is_nullable);
	if (strncmp(value.charset, "latin", 5) == 0 ||
		strcmp(value.charset, "ascii") == 0 ||
		strncmp(value.charset, "cp12", 4) == 0)
		return count_result(psprintf("char_length(%s)", value.sql),
							value.is_nullable);
	return mm_print_refuse(printer,
						   psprintf("LENGTH of text in character set %s",
									value.charset));
}

static ExprValue
print_hex(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = argument(printer, node, 0);
	char	   *bytes;

	if (value.type == VALUE_INTEGER && value.minimum >= 0)
		return mm_value(VALUE_TEXT, psprintf("upper(to_hex(%s))", value.sql));
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
	ExprValue	value = text_argument(printer, node, 0);
	int64		bits;

	if (!mm_value_int_literal(argument(printer, node, 1), &bits) ||
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
	ExprValue	value = argument(printer, node, 0);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "CASE");
	for (int i = 1; i < list_length(node->args); i++)
		appendStringInfo(&sql, " WHEN %s THEN %d",
						 mm_print_compare(printer, "=", value,
										  argument(printer, node, i)).sql, i);
	appendStringInfoString(&sql, " ELSE 0 END");
	return count_result(sql.data, false);
}

/* ELT(n, a, b) */
static ExprValue
print_elt(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	index = mm_print_to_number(printer, argument(printer, node, 0));
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CASE %s", mm_value_operand(index));
	for (int i = 1; i < list_length(node->args); i++)
		appendStringInfo(&sql, " WHEN %d THEN %s", i,
						 text_argument(printer, node, i).sql);
	appendStringInfoString(&sql, " END");
	return mm_value(VALUE_TEXT, sql.data);
}

/* Of a set column MySQL tells the place in its definition. */
static ExprValue
place_in_set(ExprValue set, ExprValue part)
{
	int			place = 0;

	for (int i = 0; i < list_length(set.labels); i++)
	{
		if (pg_strcasecmp(list_nth(set.labels, i), part.literal) == 0)
		{
			place = i + 1;
			part.sql = mm_quote_local_literal(list_nth(set.labels, i));
		}
	}
	return count_result(psprintf("CASE WHEN %s = ANY (%s) THEN %d WHEN %s IS "
								 "NOT NULL THEN 0 END", part.sql, set.sql,
								 place, set.sql), set.is_nullable);
}

/* FIND_IN_SET('a', list): the place in the list, or 0. */
static ExprValue
print_find_in_set(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	part = text_argument(printer, node, 0);
	ExprValue	list = argument(printer, node, 1);
	char	   *array;

	/* a text with a comma is in no list */
	if (part.literal == NULL || strchr(part.literal, ',') != NULL ||
		*part.literal == '\0')
		return mm_print_refuse(printer, "FIND_IN_SET of a variable text");
	if (list.type == VALUE_SET)
		return place_in_set(list, part);
	list = mm_print_to_text(printer, list);
	array = psprintf("string_to_array(%s, ',')", list.sql);
	mm_print_note_text(printer, list, part);
	if (!list.is_nullable)
		return count_result(psprintf("coalesce(array_position(%s, %s), 0)",
									 array, part.sql), false);
	return count_result(psprintf("CASE WHEN %s IS NOT NULL THEN "
								 "coalesce(array_position(%s, %s), 0) END",
								 list.sql, array, part.sql), true);
}

/* SUBSTRING_INDEX(text, delimiter, n): the first or last n parts */
static ExprValue
print_substring_index(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	text = text_argument(printer, node, 0);
	ExprValue	delimiter = argument(printer, node, 1);
	char	   *array;
	char	   *slice;
	int64		count;

	if (delimiter.literal == NULL || *delimiter.literal == '\0' ||
		delimiter.type != VALUE_TEXT ||
		!mm_value_int_literal(argument(printer, node, 2), &count) ||
		count == 0)
		return mm_print_refuse(printer, "SUBSTRING_INDEX with a variable "
							   "delimiter or count");
	if (count == 1)
		return text_result(psprintf("split_part(%s, %s, 1)", text.sql,
									delimiter.sql), text);
	printer->is_immutable = false;
	array = psprintf("string_to_array(%s, %s)", text.sql, delimiter.sql);
	slice = count > 0 ? psprintf("1:" INT64_FORMAT, count) :
		psprintf("greatest(cardinality(%s) - " INT64_FORMAT ", 1):", array,
				 -count - 1);
	return text_result(psprintf("array_to_string((%s)[%s], %s)", array, slice,
								delimiter.sql), text);
}

/* FORMAT(x, digits): with commas between thousands */
static ExprValue
print_format(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_to_number(printer, argument(printer, node, 0));
	int64		digits;
	StringInfoData pattern;

	if (!mm_value_int_literal(argument(printer, node, 1), &digits) ||
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
						 mm_value_operand(value), (int) digits, pattern.data);
	return text_result(value.sql, mm_value(VALUE_TEXT, NULL));
}

/* ---- conditions ---- */

static ExprValue
print_if(ExprPrinter *printer, const ExprNode *node)
{
	char	   *condition = mm_print_condition(printer, linitial(node->args));
	ExprValue	values[2];
	ExprValue	result;

	values[0] = argument(printer, node, 1);
	values[1] = argument(printer, node, 2);
	result = mm_print_unify(printer, values, 2);
	result.sql = psprintf("CASE WHEN %s THEN %s ELSE %s END", condition,
						  values[0].sql, values[1].sql);
	return result;
}

static ExprValue
print_coalesce(ExprPrinter *printer, const ExprNode *node)
{
	int			count = list_length(node->args);
	ExprValue  *values = palloc(count * sizeof(ExprValue));
	StringInfoData sql;
	ExprValue	result;

	for (int i = 0; i < count; i++)
		values[i] = argument(printer, node, i);
	result = mm_print_unify(printer, values, count);
	initStringInfo(&sql);
	result.is_nullable = true;
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(&sql, "%s%s", i == 0 ? "coalesce(" : ", ",
						 values[i].sql);
		result.is_nullable &= values[i].is_nullable;
	}
	appendStringInfoChar(&sql, ')');
	result.sql = sql.data;
	return result;
}

static ExprValue
print_nullif(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	a = argument(printer, node, 0);
	ExprValue	b = argument(printer, node, 1);
	ExprValue	result;

	mm_print_align(printer, &a, &b);
	mm_print_note_text(printer, a, b);
	result = a;
	result.sql = psprintf("nullif(%s, %s)", a.sql, b.sql);
	result.is_nullable = true;
	result.is_column = false;
	result.is_compound = false;
	result.literal = NULL;
	return result;
}

/* GREATEST and LEAST: NULL when any is, while PostgreSQL skips NULLs. */
static ExprValue
print_extreme(ExprPrinter *printer, const ExprNode *node)
{
	int			count = list_length(node->args);
	ExprValue  *values = palloc(count * sizeof(ExprValue));
	StringInfoData list;
	StringInfoData nulls;
	ExprValue	result;

	for (int i = 0; i < count; i++)
		values[i] = argument(printer, node, i);
	result = mm_print_unify(printer, values, count);
	if (result.type == VALUE_TEXT || result.type == VALUE_SET)
		return mm_print_refuse(printer, psprintf("%s over text, which follows "
												 "MySQL's collations",
												 node->text));
	initStringInfo(&list);
	initStringInfo(&nulls);
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", values[i].sql);
		if (values[i].is_nullable)
			appendStringInfo(&nulls, "%s%s IS NULL",
							 nulls.len == 0 ? "" : " OR ",
							 mm_value_operand(values[i]));
	}
	if (nulls.len == 0)
		result.sql = psprintf("%s(%s)", node->text, list.data);
	else
		result.sql = psprintf("CASE WHEN %s THEN NULL ELSE %s(%s) END",
							  nulls.data, node->text, list.data);
	return result;
}

/* ---- numbers ---- */

/* ROUND(x [, d]) and TRUNCATE(x, d) of exact numbers. */
static ExprValue
print_round(ExprPrinter *printer, const ExprNode *node, const char *name)
{
	ExprValue	value = mm_print_to_number(printer, argument(printer, node, 0));
	int64		digits = 0;
	ExprValue	result;

	if (list_length(node->args) == 2 &&
		!mm_value_int_literal(argument(printer, node, 1), &digits))
		return mm_print_refuse(printer, "rounding to a variable number of "
							   "digits");
	if (value.type == VALUE_FLOAT)
		return mm_print_refuse(printer, "rounding of a float");
	if (value.type == VALUE_INTEGER && digits >= 0)
		return value;
	/* a quotient is rounded once, from the digits that MySQL has */
	result = mm_value(VALUE_DECIMAL,
					  psprintf("%s(%s, " INT64_FORMAT ")", name,
							   value.quotient != NULL ? value.quotient :
							   value.type == VALUE_INTEGER ?
							   psprintf("%s::numeric",
										mm_value_operand(value)) :
							   value.sql, digits));
	result.scale = Max(digits, 0);
	result.is_nullable = value.is_nullable;
	return result;
}

static ExprValue
print_floor(ExprPrinter *printer, const ExprNode *node, const char *name)
{
	ExprValue	value = mm_print_to_number(printer, argument(printer, node, 0));

	if (value.type == VALUE_INTEGER)
		return value;
	value.sql = psprintf("%s(%s)", name, value.quotient != NULL ?
						 value.quotient : value.sql);
	value.scale = 0;
	value.is_unrounded = false;
	value.quotient = NULL;
	value.is_compound = false;
	value.is_column = false;
	value.literal = NULL;
	return value;
}

static ExprValue
print_abs(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_rounded(mm_print_to_number(printer,
															argument(printer,
																	 node, 0)));

	value.sql = psprintf("abs(%s)", value.sql);
	value.minimum = 0;
	value.is_compound = false;
	value.is_column = false;
	value.literal = NULL;
	return value;
}

static ExprValue
print_sign(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_rounded(mm_print_to_number(printer,
															argument(printer,
																	 node, 0)));

	return mm_value_integer(psprintf("sign(%s)::int", value.sql), 4);
}

/* NULL instead of an error outside of the function's domain. */
static ExprValue
print_sqrt(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = argument(printer, node, 0);
	char	   *operand = double_operand(printer, value);
	bool		is_root = strcmp(node->text, "sqrt") == 0;
	const char *name = is_root ? "sqrt" : strcmp(node->text, "log10") == 0 ?
		"log" : "ln";
	ExprValue	result;

	result = mm_value(VALUE_FLOAT,
					  psprintf("CASE WHEN %s %s 0 THEN %s(%s) END",
							   operand, is_root ? ">=" : ">", name, operand));
	result.width = 8;
	return result;
}

/* ---- window functions with arguments ---- */

static ExprValue
print_offset_function(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_rounded(argument(printer, node, 0));
	StringInfoData sql;

	if (node->over == NULL)
		return mm_print_refuse(printer, psprintf("function %s()", node->text));
	initStringInfo(&sql);
	appendStringInfo(&sql, "%s(%s", node->text, value.sql);
	for (int i = 1; i < list_length(node->args); i++)
	{
		ExprValue	other = argument(printer, node, i);

		if (i == 2)
			mm_print_align(printer, &value, &other);
		appendStringInfo(&sql, ", %s", i == 1 ?
						 mm_print_to_int4(printer, other) : other.sql);
	}
	appendStringInfoChar(&sql, ')');
	value.sql = sql.data;
	value.is_nullable = true;
	value.is_column = false;
	value.is_compound = false;
	value.literal = NULL;
	return value;
}

/* ---- the dispatch ---- */

typedef ExprValue (*PrintFunction) (ExprPrinter *printer,
									const ExprNode *node);

static ExprValue
print_left_or_right(ExprPrinter *printer, const ExprNode *node)
{
	return print_left(printer, node);
}

static ExprValue
print_locate_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_locate(printer, text_argument(printer, node, 0),
						text_argument(printer, node, 1));
}

static ExprValue
print_instr(ExprPrinter *printer, const ExprNode *node)
{
	return print_locate(printer, text_argument(printer, node, 1),
						text_argument(printer, node, 0));
}

static ExprValue
print_round_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_round(printer, node, "round");
}

static ExprValue
print_truncate(ExprPrinter *printer, const ExprNode *node)
{
	return print_round(printer, node, "trunc");
}

static ExprValue
print_floor_function(ExprPrinter *printer, const ExprNode *node)
{
	return print_floor(printer, node, "floor");
}

static ExprValue
print_ceiling(ExprPrinter *printer, const ExprNode *node)
{
	return print_floor(printer, node, "ceil");
}

static ExprValue
print_mod(ExprPrinter *printer, const ExprNode *node)
{
	return mm_print_arithmetic(printer, "%", argument(printer, node, 0),
							   argument(printer, node, 1));
}

static ExprValue
print_isnull(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = argument(printer, node, 0);

	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s IS NULL", mm_value_operand(value)));
}

/* NOT(x), written as a function */
static ExprValue
print_not(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	value = mm_print_to_condition(printer,
											  argument(printer, node, 0));

	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("NOT %s", mm_value_operand(value)));
}

/* regexp_like(x, pattern), as MySQL 8 shows x REGEXP pattern */
static ExprValue
print_regexp_like(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode	regexp = *node;

	regexp.kind = EXPR_BINARY;
	regexp.text = "regexp";
	return mm_print_binary(printer, &regexp);
}

typedef struct SpecialFunction
{
	const char *name;
	int			least;			/* number of arguments */
	int			most;
	PrintFunction print;
} SpecialFunction;

static const SpecialFunction special_functions[] = {
	{"concat", 1, 1000, print_concat},
	{"concat_ws", 2, 1000, print_concat_ws},
	{"left", 2, 2, print_left_or_right},
	{"right", 2, 2, print_left_or_right},
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
	{"if", 3, 3, print_if},
	{"ifnull", 2, 2, print_coalesce},
	{"nvl", 2, 2, print_coalesce},
	{"coalesce", 1, 1000, print_coalesce},
	{"nullif", 2, 2, print_nullif},
	{"isnull", 1, 1, print_isnull},
	{"not", 1, 1, print_not},
	{"greatest", 2, 1000, print_extreme},
	{"least", 2, 1000, print_extreme},
	{"regexp_like", 2, 2, print_regexp_like},
	{"round", 1, 2, print_round_function},
	{"truncate", 2, 2, print_truncate},
	{"floor", 1, 1, print_floor_function},
	{"ceil", 1, 1, print_ceiling},
	{"ceiling", 1, 1, print_ceiling},
	{"mod", 2, 2, print_mod},
	{"abs", 1, 1, print_abs},
	{"sign", 1, 1, print_sign},
	{"sqrt", 1, 1, print_sqrt},
	{"ln", 1, 1, print_sqrt},
	{"log10", 1, 1, print_sqrt},
	{"lag", 1, 3, print_offset_function},
	{"lead", 1, 3, print_offset_function},
	{"first_value", 1, 1, print_offset_function},
	{"last_value", 1, 1, print_offset_function},
	{"nth_value", 2, 2, print_offset_function},
	{NULL}
};

static bool
print_special(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	int			count = list_length(node->args);

	for (const SpecialFunction *function = special_functions;
		 function->name != NULL; function++)
	{
		if (strcmp(function->name, node->text) != 0)
			continue;
		if (count < function->least || count > function->most)
			*result = mm_print_refuse(printer,
									  psprintf("function %s() with these "
											   "arguments", node->text));
		else
			*result = function->print(printer, node);
		return true;
	}
	return false;
}

/* " OVER (PARTITION BY .. ORDER BY ..)" */
static char *
print_over(ExprPrinter *printer, const ExprWindow *window)
{
	StringInfoData sql;
	ListCell   *lc;

	if (window->name != NULL)
		return psprintf(" OVER %s", mm_quote_local_name(NULL, window->name));
	initStringInfo(&sql);
	foreach(lc, window->partition_by)
		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "PARTITION BY " : ", ",
						 mm_print_node(printer, lfirst(lc)).sql);
	if (window->order_by != NIL)
		appendStringInfo(&sql, "%sORDER BY %s", sql.len == 0 ? "" : " ",
						 mm_print_order(printer, window->order_by));
	if (window->frame != NULL)
		appendStringInfo(&sql, " %s", window->frame);
	return psprintf(" OVER (%s)", sql.data);
}

static ExprValue
print_call(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	result;

	if (node->is_quoted)
		return mm_print_refuse(printer,
							   psprintf("It calls the stored function %s().",
										node->text));
	if (mm_print_aggregate(printer, node, &result) ||
		print_special(printer, node, &result) ||
		mm_print_date_function(printer, node, &result) ||
		mm_print_json_function(printer, node, &result))
		return result;
	for (const SimpleFunction *function = simple_functions;
		 function->name != NULL; function++)
	{
		if (strcmp(function->name, node->text) == 0)
			return print_simple(printer, function, node);
	}
	return mm_print_refuse(printer,
						   psprintf("Function %s() is not known here.",
									node->text));
}

ExprValue
mm_print_function(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue	result = print_call(printer, node);

	if (node->over == NULL)
		return result;
	/* OVER follows one plain call */
	if (result.quotient != NULL || result.is_compound ||
		strncmp(result.sql, node->text, strlen(node->text)) != 0)
		return mm_print_refuse(printer, psprintf("%s() over a window",
												 node->text));
	result.sql = psprintf("%s%s", result.sql, print_over(printer, node->over));
	return result;
}
