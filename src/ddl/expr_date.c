/*
 * src/ddl/expr_date.c
 *		Functions over dates and times, and interval arithmetic.
 */
#include "postgres.h"

#include "ddl/expr_print.h"

/* ---- helpers ---- */

static ExprValue
moment_argument(ExprPrinter *printer, const ExprNode *node, int i)
{
	ExprValue value = mm_print_to_temporal(printer,
										   mm_print_node(printer,
														 list_nth(node->args,
																  i)));

	if (value.type == VALUE_INSTANT)
		printer->is_immutable = false;
	return value;
}

static ExprValue
number_result(char *sql, int64 minimum, bool is_nullable)
{
	ExprValue value = mm_value_integer(sql, 4);

	value.minimum = minimum;
	value.is_nullable = is_nullable;
	return value;
}

/* ---- now ---- */

static int
fraction_argument(ExprPrinter *printer, const ExprNode *node)
{
	int64 fraction = 0;

	if (node->args != NIL &&
		(!mm_value_int_literal(mm_print_node(printer, linitial(node->args)),
							   &fraction) ||
		 fraction > 6))
		mm_print_refuse(printer, "a variable number of fractional digits");
	return (int) fraction;
}

static bool
print_now(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	const char *name = node->text;
	int fraction;

	if (strcmp(name, "curdate") == 0 || strcmp(name, "current_date") == 0)
	{
		*result = mm_value(VALUE_DATE, pstrdup("CURRENT_DATE"));
	}
	else if (strcmp(name, "now") == 0 ||
			 strcmp(name, "current_timestamp") == 0 ||
			 strcmp(name, "localtimestamp") == 0 ||
			 strcmp(name, "localtime") == 0 || strcmp(name, "sysdate") == 0)
	{
		fraction = fraction_argument(printer, node);
		*result = mm_value(VALUE_DATETIME,
						   psprintf("LOCALTIMESTAMP(%d)", fraction));
		result->fraction = fraction;
	}
	else if (strcmp(name, "curtime") == 0 || strcmp(name, "current_time") == 0)
	{
		fraction = fraction_argument(printer, node);
		*result = mm_value(VALUE_TIME, psprintf("LOCALTIME(%d)", fraction));
		result->fraction = fraction;
	}
	else if (strcmp(name, "utc_timestamp") == 0)
	{
		fraction = fraction_argument(printer, node);
		*result = mm_value(VALUE_DATETIME,
						   psprintf("(CURRENT_TIMESTAMP AT TIME ZONE "
									"'UTC')::timestamp(%d)",
									fraction));
		result->fraction = fraction;
	}
	else if (strcmp(name, "utc_date") == 0)
		*result = mm_value(VALUE_DATE,
						   pstrdup("(CURRENT_TIMESTAMP AT TIME ZONE "
								   "'UTC')::date"));
	else
		return false;
	result->is_nullable = false;
	printer->is_immutable = false;
	return true;
}

/* ---- parts ---- */

typedef struct PartFunction
{
	const char *name;  /* function, or unit of EXTRACT */
	const char *field; /* of extract() */
	int add;		   /* to the result */
	bool is_time;	   /* also of a time */
	int64 minimum;
} PartFunction;

static const PartFunction part_functions[] = {
	{"year", "year", 0, false, 0},
	{"month", "month", 0, false, 0},
	{"day", "day", 0, false, 0},
	{"dayofmonth", "day", 0, false, 0},
	{"hour", "hour", 0, true, 0},
	{"minute", "minute", 0, true, 0},
	{"second", "second", 0, true, 0},
	{"quarter", "quarter", 0, false, 0},
	{"dayofweek", "dow", 1, false, 1},
	{"weekday", "isodow", -1, false, 0},
	{"dayofyear", "doy", 0, false, 1},
	{"weekofyear", "week", 0, false, 1},
	{NULL},
};

static ExprValue
print_part(ExprPrinter *printer, const PartFunction *part, ExprValue value)
{
	char *sql;

	if (value.type == VALUE_TIME && !part->is_time)
		return mm_print_refuse(printer, psprintf("%s of a time", part->name));
	if (value.type != VALUE_TIME)
		value = mm_print_to_temporal(printer, value);
	if (value.type == VALUE_INSTANT)
		printer->is_immutable = false;
	/* a date has no time of day here, midnight there */
	if (value.type == VALUE_DATE && part->is_time)
		value.sql = psprintf("%s::timestamp", mm_value_operand(value));
	sql = psprintf(value.fraction > 0 && strcmp(part->field, "second") == 0 ?
					   "floor(extract(%s from %s))::int" :
					   "extract(%s from %s)::int",
				   part->field, value.sql);
	if (part->add != 0)
	{
		ExprValue result;

		result = number_result(psprintf("%s %c %d", sql,
										part->add > 0 ? '+' : '-',
										abs(part->add)),
							   part->minimum,
							   value.is_nullable);
		result.is_compound = true;
		return result;
	}
	return number_result(sql, part->minimum, value.is_nullable);
}

static bool
print_part_function(ExprPrinter *printer, const ExprNode *node,
					ExprValue *result)
{
	bool is_extract = strcmp(node->text, "extract") == 0;
	const char *name = is_extract ? node->detail : node->text;

	for (const PartFunction *part = part_functions; part->name; part++)
	{
		if (pg_strcasecmp(part->name, name) != 0 ||
			list_length(node->args) != 1)
			continue;
		*result = print_part(printer, part,
							 mm_print_node(printer, linitial(node->args)));
		return true;
	}
	if (is_extract)
		*result = mm_print_refuse(printer, psprintf("EXTRACT(%s)", name));
	return is_extract;
}

/* ---- intervals ---- */

typedef struct IntervalUnit
{
	const char *name;
	const char *unit; /* of an interval constant */
	int factor;
	bool has_time; /* makes a datetime of a date */
} IntervalUnit;

static const IntervalUnit interval_units[] = {
	{"microsecond", "microsecond", 1, true},
	{"second", "second", 1, true},
	{"minute", "minute", 1, true},
	{"hour", "hour", 1, true},
	{"day", "day", 1, false},
	{"week", "day", 7, false},
	{"month", "month", 1, false},
	{"quarter", "month", 3, false},
	{"year", "year", 1, false},
	{NULL},
};

static const IntervalUnit *
find_unit(const char *name)
{
	for (const IntervalUnit *unit = interval_units; unit->name; unit++)
	{
		if (pg_strcasecmp(unit->name, name) == 0)
			return unit;
		if (pg_strncasecmp(name, "sql_tsi_", 8) == 0 &&
			pg_strcasecmp(unit->name, name + 8) == 0)
			return unit;
	}
	return NULL;
}

/* The interval as SQL; a whole number of units. */
static char *
interval_sql(ExprPrinter *printer, const ExprNode *interval,
			 const IntervalUnit *unit)
{
	ExprValue amount = mm_print_to_number(printer,
										  mm_print_node(printer,
														linitial(interval->args)));
	int64 number;

	if (mm_value_int_literal(amount, &number) && number > -1000000 &&
		number < 1000000)
		return psprintf("interval '%d %s'", (int) number * unit->factor,
						unit->unit);
	if (amount.type != VALUE_INTEGER)
	{
		mm_print_refuse(printer, "an interval that is no whole number");
		return pstrdup("NULL");
	}
	return psprintf("%s * interval '%d %s'", mm_value_operand(amount),
					unit->factor, unit->unit);
}

ExprValue
mm_print_add_interval(ExprPrinter *printer, ExprValue value,
					  const ExprNode *interval, bool is_minus)
{
	const IntervalUnit *unit = find_unit(interval->text);
	bool has_time = unit != NULL && unit->has_time;
	char *amount = unit == NULL ? mm_print_odd_interval(interval, &has_time) :
								  NULL;
	char *sql;
	ExprValue result;

	if (unit == NULL && amount == NULL)
		return mm_print_refuse(printer, psprintf("an interval of unit %s",
												 interval->text));
	value = mm_print_to_temporal(printer, value);
	if (value.type == VALUE_INSTANT)
		printer->is_immutable = false;
	if (amount == NULL)
		amount = interval_sql(printer, interval, unit);
	sql = psprintf("%s %c %s", mm_value_operand(value), is_minus ? '-' : '+',
				   amount);
	if (value.type == VALUE_DATE && !has_time)
		result = mm_value(VALUE_DATE, psprintf("(%s)::date", sql));
	else if (value.type == VALUE_DATE)
		result = mm_value_compound(VALUE_DATETIME, sql);
	else
		result = mm_value_compound(value.type, sql);
	result.fraction = unit != NULL && strcmp(unit->unit, "microsecond") == 0 ?
						  6 :
						  value.fraction;
	result.is_nullable = true;
	return result;
}

/* TIMESTAMPADD(unit, n, x) */
static ExprValue
print_timestampadd(ExprPrinter *printer, const ExprNode *node)
{
	ExprNode interval = {.kind = EXPR_INTERVAL, .text = node->detail};

	interval.args = list_make1(linitial(node->args));
	return mm_print_add_interval(printer,
								 mm_print_node(printer, lsecond(node->args)),
								 &interval, false);
}

/* DATE_ADD(x, INTERVAL ..), ADDDATE(x, days), DATE_SUB, SUBDATE */
static bool
print_date_add(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	bool is_minus = strcmp(node->text, "date_sub") == 0 ||
					strcmp(node->text, "subdate") == 0;
	ExprNode *amount;
	ExprNode days = {.kind = EXPR_INTERVAL, .text = "day"};

	if (!is_minus && strcmp(node->text, "date_add") != 0 &&
		strcmp(node->text, "adddate") != 0)
		return false;
	if (list_length(node->args) != 2)
		return false;
	amount = lsecond(node->args);
	if (amount->kind != EXPR_INTERVAL)
	{
		days.args = list_make1(amount);
		amount = &days;
	}
	*result = mm_print_add_interval(printer,
									mm_print_node(printer,
												  linitial(node->args)),
									amount, is_minus);
	return true;
}

/* ---- differences ---- */

static char *
as_date(ExprValue value)
{
	return value.type == VALUE_DATE ? mm_value_operand(value) :
									  psprintf("%s::date", mm_value_operand(value));
}

static char *
as_datetime(ExprValue value)
{
	return value.type == VALUE_DATETIME ? value.sql :
										  psprintf("%s::timestamp", mm_value_operand(value));
}

static ExprValue
print_datediff(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = moment_argument(printer, node, 0);
	ExprValue b = moment_argument(printer, node, 1);
	ExprValue result;

	result = number_result(psprintf("%s - %s", as_date(a), as_date(b)),
						   PG_INT64_MIN, a.is_nullable || b.is_nullable);
	result.is_compound = true;
	return result;
}

/* TIMESTAMPDIFF(unit, a, b): whole units from a to b, cut towards zero */
static ExprValue
print_timestampdiff(ExprPrinter *printer, const ExprNode *node)
{
	const char *unit = node->detail;
	ExprValue a = moment_argument(printer, node, 0);
	ExprValue b = moment_argument(printer, node, 1);
	char *age = psprintf("age(%s, %s)", as_datetime(b), as_datetime(a));
	ExprValue result = mm_value_integer(NULL, 8);
	int seconds = pg_strcasecmp(unit, "second") == 0 ? 1 :
				  pg_strcasecmp(unit, "minute") == 0 ? 60 :
				  pg_strcasecmp(unit, "hour") == 0	 ? 3600 :
				  pg_strcasecmp(unit, "day") == 0	 ? 86400 :
				  pg_strcasecmp(unit, "week") == 0	 ? 604800 :
													   0;

	if (seconds > 0)
		result.sql = psprintf("trunc(extract(epoch from %s - %s) / %d)::bigint",
							  as_datetime(b), as_datetime(a), seconds);
	else if (pg_strcasecmp(unit, "year") == 0)
		result.sql = psprintf("extract(year from %s)::bigint", age);
	else if (pg_strcasecmp(unit, "month") == 0 ||
			 pg_strcasecmp(unit, "quarter") == 0)
		result.sql = psprintf("((extract(year from %s) * 12 + "
							  "extract(month from %s))::bigint / %d)",
							  age, age,
							  pg_strcasecmp(unit, "month") == 0 ? 1 : 3);
	else if (pg_strcasecmp(unit, "microsecond") == 0)
		result.sql = psprintf("(extract(epoch from %s - %s) * 1000000)::bigint",
							  as_datetime(b), as_datetime(a));
	else
		return mm_print_refuse(printer, psprintf("TIMESTAMPDIFF in %s", unit));
	result.is_nullable = a.is_nullable || b.is_nullable;
	return result;
}

/* ---- seconds since 1970 ---- */

static ExprValue
print_unix_timestamp(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value;
	ExprValue result;

	printer->is_immutable = false;
	if (node->args == NIL)
	{
		result = mm_value_integer(pstrdup("floor(extract(epoch from "
										  "CURRENT_TIMESTAMP))::bigint"),
								  8);
		result.minimum = 0;
		result.is_nullable = false;
		return result;
	}
	value = moment_argument(printer, node, 0);
	if (value.type != VALUE_INSTANT)
		value.sql = psprintf("%s::timestamptz", mm_value_operand(value));
	if (value.fraction == 0)
		result = mm_value_integer(psprintf("extract(epoch from %s)::bigint",
										   value.sql),
								  8);
	else
	{
		result = mm_value(VALUE_DECIMAL,
						  psprintf("round(extract(epoch from %s)::numeric, %d)",
								   value.sql, value.fraction));
		result.scale = value.fraction;
	}
	result.is_nullable = value.is_nullable;
	return result;
}

static ExprValue
print_from_unixtime(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer,
										 mm_print_node(printer,
													   linitial(node->args)));
	ExprValue result;

	if (value.type != VALUE_INTEGER)
		return mm_print_refuse(printer, "FROM_UNIXTIME of a number that is no "
										"integer");
	printer->is_immutable = false;
	result = mm_value(VALUE_DATETIME, psprintf("to_timestamp(%s)::timestamp",
											   value.sql));
	if (list_length(node->args) == 2)
	{
		ExprValue format = mm_print_node(printer, lsecond(node->args));
		char *pattern = format.literal == NULL ? NULL :
												 mm_date_pattern(format.literal);

		if (pattern == NULL)
			return mm_print_refuse(printer, "FROM_UNIXTIME with this format");
		return mm_value(VALUE_TEXT,
						psprintf("to_char(%s, %s)", result.sql,
								 mm_quote_local_literal(pattern)));
	}
	return result;
}

/* ---- the rest ---- */

/* DATE(x), LAST_DAY(x), DAYNAME(x), TO_DAYS(x), ...: one moment */
static bool
print_of_moment(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	const char *name = node->text;
	ExprValue value;

	if (list_length(node->args) != 1)
		return false;
	if (strcmp(name, "date") != 0 && strcmp(name, "last_day") != 0 &&
		strcmp(name, "dayname") != 0 && strcmp(name, "monthname") != 0 &&
		strcmp(name, "to_days") != 0)
		return false;
	value = moment_argument(printer, node, 0);
	if (strcmp(name, "date") == 0)
		*result = value.type == VALUE_DATE ? value :
											 mm_value(VALUE_DATE, as_date(value));
	else if (strcmp(name, "last_day") == 0)
		*result = mm_value(VALUE_DATE,
						   psprintf("(date_trunc('month', %s) + interval "
									"'1 month -1 day')::date",
									as_datetime(value)));
	else if (strcmp(name, "to_days") == 0)
		*result = number_result(psprintf("(%s - date '0001-01-01' + 366)",
										 as_date(value)),
								0, true);
	else
	{
		printer->is_immutable = false;
		*result = mm_value(VALUE_TEXT,
						   psprintf("to_char(%s, '%s')", value.sql,
									strcmp(name, "dayname") == 0 ? "FMDay" :
																   "FMMonth"));
	}
	result->is_nullable = value.is_nullable;
	return true;
}

/* TIME(x) */
static bool
print_odd(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	ExprNode cast = *node;

	if (strcmp(node->text, "time") == 0 && list_length(node->args) == 1)
	{
		cast.kind = EXPR_CAST;
		cast.text = "time";
		*result = mm_print_cast(printer, &cast);
		return true;
	}
	return false;
}

bool
mm_print_date_function(ExprPrinter *printer, const ExprNode *node,
					   ExprValue *result)
{
	const char *name = node->text;
	int count = list_length(node->args);

	if (print_now(printer, node, result) ||
		print_part_function(printer, node, result) ||
		print_date_add(printer, node, result) ||
		print_of_moment(printer, node, result) ||
		print_odd(printer, node, result))
		return true;
	if (strcmp(name, "unix_timestamp") == 0 && count <= 1)
		*result = print_unix_timestamp(printer, node);
	else if (strcmp(name, "from_unixtime") == 0 && (count == 1 || count == 2))
		*result = print_from_unixtime(printer, node);
	else if (strcmp(name, "datediff") == 0 && count == 2)
		*result = print_datediff(printer, node);
	else if (strcmp(name, "timestampadd") == 0 && count == 2)
		*result = print_timestampadd(printer, node);
	else if (strcmp(name, "timestampdiff") == 0 && count == 2)
		*result = print_timestampdiff(printer, node);
	else if ((strcmp(name, "date_format") == 0 ||
			  strcmp(name, "time_format") == 0) &&
			 count == 2)
		*result = mm_print_date_format(printer, node);
	else if (strcmp(name, "str_to_date") == 0 && count == 2)
		*result = mm_print_str_to_date(printer, node);
	else
		return false;
	return true;
}
