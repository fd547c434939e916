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
 * `arguments`: one letter each, t text, s text to look for a part of, i
 * integer, f number as double precision; after ">" the result: t, i (not
 * negative), f, u (uuid).
 * `pattern`: $1 .. $9 stand for the arguments, as operands.
 */
typedef struct SimpleFunction
{
	const char *name;
	const char *arguments;
	const char *pattern;
	bool is_immutable;
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
	{"replace", "stt>t", "replace($1, $2, $3)", true},
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
	{"atan2", "ff>f", "atan2($1, $2)", true},
	{"cot", "f>f", "cot($1)", true},
	{"exp", "f>f", "exp($1)", true},
	{"pow", "ff>f", "power($1, $2)", true},
	{"power", "ff>f", "power($1, $2)", true},
	{"rand", ">f", "random()", false},
	{"uuid", ">u", "gen_random_uuid()", false},
	{"row_number", ">i", "row_number()", true},
	{"rank", ">i", "rank()", true},
	{"dense_rank", ">i", "dense_rank()", true},
	{"ntile", "i>i", "ntile($1)", true},
	{"percent_rank", ">f", "percent_rank()", true},
	{"cume_dist", ">f", "cume_dist()", true},
	{NULL},
};

/* ---- helpers ---- */

/* Argument i of a call. */
ExprValue
mm_print_argument(ExprPrinter *printer, const ExprNode *node, int i)
{
	return mm_print_node(printer, list_nth(node->args, i));
}

ExprValue
mm_print_text_argument(ExprPrinter *printer, const ExprNode *node, int i)
{
	return mm_print_to_text(printer, mm_print_argument(printer, node, i));
}

/* ---- by pattern ---- */

static char *
simple_argument(ExprPrinter *printer, char kind, ExprValue value)
{
	switch (kind)
	{
		case 't':
			return mm_print_to_text(printer, value).sql;
		case 's':
			return mm_print_searchable(mm_print_to_text(printer, value)).sql;
		case 'i':
			return mm_print_to_int4(printer, value);
		default:
			return mm_print_to_double(printer, value);
	}
}

static ExprValue
simple_result(char kind, char *sql, ExprValue first, bool is_nullable)
{
	ExprValue value;

	switch (kind)
	{
		case 't':
			value = mm_value_text(sql, first);
			break;
		case 'i':
			value = mm_value_count(sql, true);
			value.width = 8;
			break;
		case 'u':
			value = mm_value(VALUE_UUID, sql);
			break;
		default:
			value = mm_value(VALUE_FLOAT, sql);
			value.width = 8;
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
	char *texts[9] = {NULL};
	ExprValue first = mm_value(VALUE_NULL, NULL);
	bool is_nullable = false;
	int count = strchr(function->arguments, '>') - function->arguments;

	if (list_length(node->args) != count || function->pattern == NULL)
		return mm_print_refuse(printer,
							   psprintf("function %s() with these arguments",
										node->text));
	for (int i = 0; i < count; i++)
	{
		ExprValue value = mm_print_argument(printer, node, i);

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

/* ---- conditions ---- */

/* `arg` is a condition. */
static char *
choose_if(const ExprValue *values, int count, const void *arg)
{
	return psprintf("CASE WHEN %s THEN %s ELSE %s END", (const char *) arg,
					values[0].sql, values[1].sql);
}

static ExprValue
print_if(ExprPrinter *printer, const ExprNode *node)
{
	char *condition = mm_print_condition(printer, linitial(node->args));
	ExprValue values[2];

	values[0] = mm_print_argument(printer, node, 1);
	values[1] = mm_print_argument(printer, node, 2);
	return mm_print_choice(printer, values, 2, choose_if, condition);
}

static char *
choose_first(const ExprValue *values, int count, const void *arg)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < count; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? "coalesce(" : ", ",
						 values[i].sql);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static ExprValue
print_coalesce(ExprPrinter *printer, const ExprNode *node)
{
	int count = list_length(node->args);
	ExprValue *values = palloc(count * sizeof(ExprValue));
	ExprValue result;
	bool is_nullable = true;

	for (int i = 0; i < count; i++)
	{
		values[i] = mm_print_argument(printer, node, i);
		is_nullable &= values[i].is_nullable;
	}
	result = mm_print_choice(printer, values, count, choose_first, NULL);
	result.is_nullable = is_nullable;
	return result;
}

static ExprValue
print_nullif(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = mm_print_argument(printer, node, 0);
	ExprValue b = mm_print_argument(printer, node, 1);
	ExprValue whole = a;
	ExprValue result;
	char *equal;

	/* it is NULL already */
	if (a.has_zero_null && mm_value_is_zero_date(b))
		return a;
	mm_print_align(printer, &a, &b);
	/* what is given back is not the text or the number that is compared */
	if (a.type != VALUE_TEXT && !mm_value_is_number(whole))
		whole = a;
	mm_print_fold_case(printer, &a, &b);
	equal = psprintf("CASE WHEN %s = %s THEN NULL ELSE", mm_value_operand(a),
					 mm_value_operand(b));
	result = mm_value_made(whole,
						   strcmp(whole.sql, a.sql) == 0 && a.type == b.type ?
							   psprintf("nullif(%s, %s)", a.sql, b.sql) :
							   psprintf("%s %s END", equal, whole.sql));
	result.is_nullable = true;
	result.is_unrounded = whole.is_unrounded;
	if (whole.quotient != NULL)
		result.quotient = psprintf("%s %s END", equal, whole.quotient);
	return result;
}

/*
 * GREATEST and LEAST (`arg`): NULL when any is, while PostgreSQL skips NULLs.
 */
static char *
choose_extreme(const ExprValue *values, int count, const void *arg)
{
	const char *name = arg;
	StringInfoData list;
	StringInfoData nulls;

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
		return psprintf("%s(%s)", name, list.data);
	return psprintf("CASE WHEN %s THEN NULL ELSE %s(%s) END", nulls.data, name,
					list.data);
}

static ExprValue
print_extreme(ExprPrinter *printer, const ExprNode *node)
{
	int count = list_length(node->args);
	ExprValue *values = palloc(count * sizeof(ExprValue));
	ExprValue result;

	for (int i = 0; i < count; i++)
		values[i] = mm_print_argument(printer, node, i);
	result = mm_print_choice(printer, values, count, choose_extreme,
							 node->text);
	if (result.type == VALUE_TEXT || result.type == VALUE_SET)
		return mm_print_refuse(printer, psprintf("%s over text, which follows "
												 "MySQL's collations",
												 node->text));
	return result;
}

/* ---- window functions with arguments ---- */

static ExprValue
print_offset_function(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_rounded(mm_print_argument(printer, node, 0));
	StringInfoData sql;

	if (node->over == NULL)
		return mm_print_refuse(printer, psprintf("function %s()", node->text));
	initStringInfo(&sql);
	appendStringInfo(&sql, "%s(%s", node->text, value.sql);
	for (int i = 1; i < list_length(node->args); i++)
	{
		ExprValue other = mm_print_argument(printer, node, i);

		if (i == 2)
			mm_print_align(printer, &value, &other);
		appendStringInfo(&sql, ", %s", i == 1 ? mm_print_to_int4(printer, other) : other.sql);
	}
	appendStringInfoChar(&sql, ')');
	value = mm_value_made(value, sql.data);
	value.is_nullable = true;
	return value;
}

/* ---- the dispatch ---- */

static ExprValue
print_isnull(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);

	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("%s IS NULL", mm_value_operand(value)));
}

/* NOT(x), written as a function */
static ExprValue
print_not(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_condition(printer,
											mm_print_argument(printer, node, 0));

	return mm_value_compound(VALUE_BOOLEAN,
							 psprintf("NOT %s", mm_value_operand(value)));
}

/* NVL2(x, then, else) */
static ExprValue
print_nvl2(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	ExprValue parts[2] = {mm_print_argument(printer, node, 1),
						  mm_print_argument(printer, node, 2)};

	return mm_print_choice(printer, parts, 2, choose_if,
						   psprintf("%s IS NOT NULL", mm_value_operand(value)));
}

/* VALUES(a) of INSERT .. ON DUPLICATE KEY UPDATE: what was to be inserted */
static ExprValue
print_values(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode *column = linitial(node->args);
	ExprScope scope = {0};
	ExprScope *before = printer->scope;
	ExprValue value;

	if (printer->excluded == NULL || column->kind != EXPR_COLUMN)
		return mm_print_refuse(printer, "VALUES() without ON DUPLICATE KEY "
										"UPDATE");
	scope.relations = list_make1(printer->excluded);
	printer->scope = &scope;
	value = mm_print_column(printer, column);
	printer->scope = before;
	return value;
}

/* regexp_like(x, pattern), as MySQL 8 shows x REGEXP pattern */
static ExprValue
print_regexp_like(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode regexp = *node;

	regexp.kind = EXPR_BINARY;
	regexp.text = "regexp";
	return mm_print_binary(printer, &regexp);
}

static const SpecialFunction special_functions[] = {
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
	{"nvl2", 3, 3, print_nvl2},
	{"grouping", 1, 32, mm_print_grouping},
	{"regexp_replace", 3, 3, mm_print_regexp_replace},
	{"regexp_substr", 2, 2, mm_print_regexp_substr},
	{"values", 1, 1, print_values},
	{"value", 1, 1, print_values},
	{"lag", 1, 3, print_offset_function},
	{"lead", 1, 3, print_offset_function},
	{"first_value", 1, 1, print_offset_function},
	{"last_value", 1, 1, print_offset_function},
	{"nth_value", 2, 2, print_offset_function},
	{NULL},
};

/* The row of a table that prints a call; false when there is none. */
bool
mm_print_special(ExprPrinter *printer, const SpecialFunction *functions,
				 const ExprNode *node, ExprValue *result)
{
	int count = list_length(node->args);
	bool is_known = false;

	for (const SpecialFunction *function = functions; function->name != NULL;
		 function++)
	{
		if (strcmp(function->name, node->text) != 0)
			continue;
		is_known = true;
		if (count < function->least || count > function->most)
			continue;
		*result = function->print(printer, node);
		return true;
	}
	if (is_known)
		*result = mm_print_refuse(printer,
								  psprintf("function %s() with these arguments",
										   node->text));
	return is_known;
}

/* " OVER (PARTITION BY .. ORDER BY ..)" */
static char *
print_over(ExprPrinter *printer, const ExprWindow *window)
{
	StringInfoData sql;

	if (window->name != NULL)
		return psprintf(" OVER %s", mm_quote_local_name(NULL, window->name));
	initStringInfo(&sql);
	appendStringInfoString(&sql, mm_print_partition_by(printer,
													   window->partition_by));
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
	ExprValue result;

	if (node->is_quoted)
		return mm_print_refuse(printer,
							   psprintf("It calls the stored function %s().",
										node->text));
	if (mm_print_aggregate(printer, node, &result) ||
		mm_print_special(printer, special_functions, node, &result) ||
		mm_print_math_function(printer, node, &result) ||
		mm_print_text_function(printer, node, &result) ||
		mm_print_calendar_function(printer, node, &result) ||
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
	ExprValue result = print_call(printer, node);

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
