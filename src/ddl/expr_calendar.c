/*
 * src/ddl/expr_calendar.c
 *		Weeks in MySQL's numberings, parts that are put together, lengths of
 *		time, intervals of several units, time zones.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

/* 838:59:59, the longest time that MySQL has */
#define LONGEST_TIME 3020399

#define DAYS_TO_1970 719528

/* ---- weeks ---- */

static char *
field(const char *name, const char *sql)
{
	return psprintf("extract(%s from %s)::int", name, sql);
}

/* The first day of the week, which begins on Sunday or Monday. */
static char *
week_start(const char *sql, bool is_monday)
{
	return is_monday ?
			   psprintf("((%s)::date - %s + 1)", sql, field("isodow", sql)) :
			   psprintf("((%s)::date - %s)", sql, field("dow", sql));
}

/*
 * mm_print_week
 *		The number of the week as an expression, or NULL: week 1 has four days
 *		or the first Sunday or Monday, and days before it are in week 0 or in
 *		the last one of the year before.
 */
char *
mm_print_week(const char *sql, int mode)
{
	char *first = psprintf("date_trunc('year', %s)", sql);

	switch (mode)
	{
		case 0:
			return psprintf("((%s + 6 - %s) / 7)", field("doy", sql),
							field("dow", sql));
		case 5:
			return psprintf("((%s + 7 - %s) / 7)", field("doy", sql),
							field("isodow", sql));
		case 2:
		case 7:
			return psprintf("((%s + 6) / 7)",
							field("doy", week_start(sql, mode == 7)));
		case 3:
			return field("week", sql);
		case 1:
			return psprintf("((%s + %s - 2) / 7 + (%s <= 4)::int)",
							field("doy", sql), field("isodow", first),
							field("isodow", first));
		case 4:
			return psprintf("((%s + %s - 1) / 7 + (%s <= 3)::int)",
							field("doy", sql), field("dow", first),
							field("dow", first));
		default:
			return NULL;
	}
}

/* The year that the week belongs to. */
char *
mm_print_week_year(const char *sql, int mode)
{
	if (mode == 1 || mode == 3)
		return field("isoyear", sql);
	return field("year", week_start(sql, mode == 5 || mode == 7));
}

static ExprValue
moment(ExprPrinter *printer, const ExprNode *node, int i)
{
	ExprValue value = mm_print_to_temporal(printer,
										   mm_print_argument(printer, node, i));

	if (value.type == VALUE_INSTANT)
		printer->is_immutable = false;
	return value;
}

static int
mode_argument(ExprPrinter *printer, const ExprNode *node)
{
	int64 mode = 0;

	if (list_length(node->args) < 2)
		return 0;
	if (!mm_value_int_literal(mm_print_argument(printer, node, 1), &mode))
		return -1;
	return (int) mode;
}

static ExprValue
number(char *sql, ExprValue value, int width)
{
	ExprValue result = mm_value_integer(sql, width);

	result.minimum = 0;
	result.is_nullable = value.is_nullable;
	return result;
}

static ExprValue
print_week(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = moment(printer, node, 0);
	char *sql = mm_print_week(value.sql, mode_argument(printer, node));

	if (sql == NULL)
		return mm_print_refuse(printer, "WEEK in this mode");
	return number(sql, value, 4);
}

/* YEARWEEK knows no week 0. */
static ExprValue
print_yearweek(ExprPrinter *printer, const ExprNode *node)
{
	static const int modes[] = {2, 3, 2, 3, -1, 7, -1, 7};
	ExprValue value = moment(printer, node, 0);
	int mode = mode_argument(printer, node);

	if (mode < 0 || mode > 7 || modes[mode] < 0)
		return mm_print_refuse(printer, "YEARWEEK in this mode");
	return number(psprintf("(%s * 100 + %s)",
						   mm_print_week_year(value.sql, modes[mode]),
						   mm_print_week(value.sql, modes[mode])),
				  value, 4);
}

/* ---- EXTRACT of several parts ---- */

typedef struct PartPair
{
	const char *unit;
	const char *fields[5]; /* two digits for each but the first */
} PartPair;

static const PartPair part_pairs[] = {
	{"year_month", {"year", "month"}},
	{"day_hour", {"day", "hour"}},
	{"day_minute", {"day", "hour", "minute"}},
	{"day_second", {"day", "hour", "minute", "second"}},
	{"hour_minute", {"hour", "minute"}},
	{"hour_second", {"hour", "minute", "second"}},
	{"minute_second", {"minute", "second"}},
	{NULL},
};

static char *
microseconds(const char *sql)
{
	return psprintf("(extract(microseconds from %s)::int %% 1000000)", sql);
}

static bool
print_extract(ExprPrinter *printer, const ExprNode *node, ExprValue *result)
{
	const PartPair *pair = part_pairs;
	ExprValue value;
	char *sql = NULL;

	while (pair->unit != NULL && pg_strcasecmp(pair->unit, node->detail) != 0)
		pair++;
	if (pair->unit == NULL && pg_strcasecmp(node->detail, "week") != 0 &&
		pg_strcasecmp(node->detail, "microsecond") != 0)
		return false;
	value = moment(printer, node, 0);
	if (value.type == VALUE_DATE)
		value.sql = psprintf("%s::timestamp", mm_value_operand(value));
	if (pair->unit == NULL)
	{
		*result = number(pg_strcasecmp(node->detail, "week") == 0 ?
							 mm_print_week(value.sql, 0) :
							 microseconds(value.sql),
						 value, 4);
		return true;
	}
	for (int i = 0; i < 5 && pair->fields[i] != NULL; i++)
	{
		char *part = psprintf(strcmp(pair->fields[i], "second") == 0 ?
								  "floor(extract(%s from %s))::bigint" :
								  "extract(%s from %s)::bigint",
							  pair->fields[i], value.sql);

		sql = sql == NULL ? part : psprintf("(%s * 100 + %s)", sql, part);
	}
	*result = number(sql, value, 8);
	return true;
}

/* ---- lengths of time ---- */

/* '10:11:12.5': digits and separators */
static bool
is_time_constant(ExprValue value)
{
	return value.type == VALUE_TEXT && value.literal != NULL &&
		   strchr(value.literal, ':') != NULL &&
		   value.literal[strspn(value.literal, "0123456789:.-")] == '\0';
}

/* The seconds of a time as an expression, or NULL. */
static char *
seconds_of(ExprValue value)
{
	if (value.type == VALUE_TIME || value.type == VALUE_INTERVAL)
		return psprintf("extract(epoch from %s)", value.sql);
	if (is_time_constant(value))
		return psprintf("extract(epoch from interval %s)",
						mm_quote_local_literal(value.literal));
	return NULL;
}

/* A number of seconds as a time, within what MySQL has. */
static ExprValue
time_of(const char *seconds, bool is_nullable)
{
	ExprValue result = mm_value(VALUE_INTERVAL,
								psprintf("make_interval(secs => CASE WHEN %s > %d THEN %d WHEN %s < -%d THEN -%d ELSE %s END::double precision)",
										 seconds, LONGEST_TIME, LONGEST_TIME,
										 seconds, LONGEST_TIME, LONGEST_TIME,
										 seconds));

	result.is_nullable = is_nullable;
	return result;
}

static ExprValue
print_timediff(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue a = mm_print_argument(printer, node, 0);
	ExprValue b = mm_print_argument(printer, node, 1);
	char *first = seconds_of(a);
	char *second = seconds_of(b);

	if (first != NULL && second != NULL)
		return time_of(psprintf("(%s - %s)", first, second), true);
	if (first != NULL || second != NULL)
		return mm_print_refuse(printer, "TIMEDIFF of a time and a date");
	a = mm_print_to_temporal(printer, a);
	b = mm_print_to_temporal(printer, b);
	if (a.type == VALUE_DATE || b.type == VALUE_DATE)
		return mm_print_refuse(printer, "TIMEDIFF of dates");
	if (a.type != b.type)
		printer->is_immutable = false;
	return time_of(psprintf("extract(epoch from %s - %s)", mm_value_operand(a),
							mm_value_operand(b)),
				   true);
}

static ExprValue
print_sec_to_time(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_to_number(printer,
										 mm_print_argument(printer, node, 0));

	if (value.type != VALUE_INTEGER &&
		(value.type != VALUE_DECIMAL || value.scale != 0))
		return mm_print_refuse(printer, "SEC_TO_TIME of a number that is no "
										"integer");
	return time_of(mm_value_operand(value), value.is_nullable);
}

static ExprValue
print_time_to_sec(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *seconds = seconds_of(value);
	ExprValue result;

	if (seconds == NULL)
	{
		value = mm_print_to_temporal(printer, value);
		if (value.type != VALUE_DATETIME)
			return mm_print_refuse(printer, "TIME_TO_SEC of no time");
		seconds = psprintf("extract(epoch from %s::time)",
						   mm_value_operand(value));
	}
	result = mm_value_integer(psprintf("trunc(%s)::bigint", seconds), 8);
	result.is_nullable = value.is_nullable;
	return result;
}

/* ADDTIME, SUBTIME of a moment and a constant */
static ExprValue
print_addtime(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	ExprValue time = mm_print_argument(printer, node, 1);
	ExprValue result;

	if ((value.type != VALUE_DATETIME && value.type != VALUE_INSTANT) ||
		!is_time_constant(time))
		return mm_print_refuse(printer, psprintf("%s() of other than a moment "
												 "and a constant",
												 node->text));
	if (value.type == VALUE_INSTANT)
		printer->is_immutable = false;
	result = mm_value_compound(VALUE_DATETIME,
							   psprintf("%s%s %c interval %s",
										mm_value_operand(value),
										value.type == VALUE_INSTANT ? "::timestamp" : "",
										strcmp(node->text, "addtime") == 0 ? '+' : '-',
										mm_quote_local_literal(time.literal)));
	result.fraction = strchr(time.literal, '.') != NULL ? 6 : value.fraction;
	result.is_nullable = value.is_nullable;
	return result;
}

/* TIMESTAMP(date, time) */
static ExprValue
print_timestamp(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = moment(printer, node, 0);
	ExprValue time = mm_print_argument(printer, node, 1);
	ExprValue result;

	if (is_time_constant(time))
		time.sql = psprintf("interval %s", mm_quote_local_literal(time.literal));
	else if (time.type != VALUE_TIME && time.type != VALUE_INTERVAL)
		return mm_print_refuse(printer, "TIMESTAMP with another second "
										"argument than a time");
	result = mm_value_compound(VALUE_DATETIME,
							   psprintf("%s::timestamp + %s",
										mm_value_operand(value), time.sql));
	result.fraction = Max(value.fraction, time.fraction);
	result.is_nullable = value.is_nullable || time.is_nullable;
	return result;
}

/* ---- days ---- */

static ExprValue
print_microsecond(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);

	if (value.type != VALUE_TIME)
		value = moment(printer, node, 0);
	if (value.type == VALUE_DATE)
		value.sql = psprintf("%s::timestamp", mm_value_operand(value));
	return number(microseconds(value.sql), value, 4);
}

static ExprValue
print_to_seconds(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = moment(printer, node, 0);
	char *at = psprintf("%s::timestamp", mm_value_operand(value));

	return number(psprintf("(%d * 86400::bigint + floor(extract(epoch from %s))::bigint)",
						   DAYS_TO_1970, at),
				  value, 8);
}

static ExprValue
print_from_days(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_argument(printer, node, 0);
	char *days = mm_print_to_int4(printer, value);
	ExprValue result = mm_value(VALUE_DATE,
								psprintf("CASE WHEN %s > 365 THEN date '1970-01-01' + (%s - %d) END",
										 days, days, DAYS_TO_1970));

	return result;
}

/* MAKEDATE(year, day of the year) */
static ExprValue
print_makedate(ExprPrinter *printer, const ExprNode *node)
{
	char *year = mm_print_to_int4(printer, mm_print_argument(printer, node, 0));
	char *day = mm_print_to_int4(printer, mm_print_argument(printer, node, 1));

	return mm_value(VALUE_DATE,
					psprintf("CASE WHEN %s > 0 THEN make_date(CASE WHEN %s < 70 THEN %s + 2000 WHEN %s < 100 THEN %s + 1900 ELSE %s END, 1, 1) + (%s - 1) END",
							 day, year, year, year, year, year, day));
}

/* ---- time zones ---- */

/* A constant zone: an offset or a name; NULL: neither. */
static char *
zone_sql(ExprValue zone)
{
	const char *text = zone.literal;

	if (text == NULL || zone.type != VALUE_TEXT || *text == '\0' ||
		pg_strcasecmp(text, "system") == 0)
		return NULL;
	if (*text == '+' || *text == '-')
		return text[strspn(text, "+-0123456789:")] != '\0' ?
				   NULL :
				   psprintf("interval %s", mm_quote_local_literal(text));
	for (const char *c = text; *c != '\0'; c++)
	{
		if (!isalnum((unsigned char) *c) && strchr("_/+-", *c) == NULL)
			return NULL;
	}
	return mm_quote_local_literal(text);
}

static ExprValue
print_convert_tz(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = moment(printer, node, 0);
	char *from = zone_sql(mm_print_argument(printer, node, 1));
	char *to = zone_sql(mm_print_argument(printer, node, 2));
	ExprValue result;

	if (from == NULL || to == NULL)
		return mm_print_refuse(printer, "CONVERT_TZ between variable zones");
	printer->is_immutable = false;
	result = mm_value(VALUE_DATETIME,
					  psprintf("(%s::timestamp AT TIME ZONE %s AT TIME ZONE %s)",
							   mm_value_operand(value), from, to));
	result.fraction = value.fraction;
	result.is_nullable = true;
	return result;
}

/* ---- intervals of several units ---- */

typedef struct UnitPair
{
	const char *name;
	int parts; /* numbers in the constant */
	int last;  /* seconds that the last one counts, or 0: months */
	bool has_time;
} UnitPair;

static const UnitPair unit_pairs[] = {
	{"year_month", 2, 0, false},
	{"day_hour", 2, 3600, true},
	{"day_minute", 3, 60, true},
	{"day_second", 4, 1, true},
	{"hour_minute", 2, 60, true},
	{"hour_second", 3, 1, true},
	{"minute_second", 2, 1, true},
	{NULL},
};

/* The numbers in a constant, right-aligned; false: more than there may be. */
static bool
read_numbers(const char *text, int parts, int64 *numbers)
{
	int64 found[4];
	int count = 0;

	while (*text != '\0')
	{
		Size digits = strspn(text, "0123456789");

		if (digits == 0)
		{
			text++;
			continue;
		}
		if (count == parts || digits > 9)
			return false;
		found[count++] = strtoll(text, NULL, 10);
		text += digits;
	}
	for (int i = 0; i < parts; i++)
		numbers[i] = i < parts - count ? 0 : found[i - (parts - count)];
	return true;
}

/*
 * mm_print_odd_interval
 *		INTERVAL '1:30' HOUR_MINUTE and the like as one interval; NULL: none.
 */
char *
mm_print_odd_interval(const ExprNode *interval, bool *has_time)
{
	const UnitPair *pair = unit_pairs;
	ExprNode *amount = linitial(interval->args);
	int64 numbers[4];
	int64 total = 0;
	bool is_minus;

	while (pair->name != NULL && pg_strcasecmp(pair->name, interval->text) != 0)
		pair++;
	if (pair->name == NULL || amount->kind != EXPR_STRING ||
		!read_numbers(amount->text, pair->parts, numbers))
		return NULL;
	is_minus = *amount->text == '-';
	*has_time = pair->has_time;
	if (pair->last == 0)
		return psprintf("interval '%s" INT64_FORMAT " months'",
						is_minus ? "-" : "", numbers[0] * 12 + numbers[1]);
	for (int i = 0; i < pair->parts; i++)
	{
		/* what the next smaller unit counts of this one */
		bool is_day = pair->name[0] == 'd' && i == 1;

		total = total * (i == 0 ? 0 : is_day ? 24 :
											   60) +
				numbers[i];
	}
	return psprintf("interval '%s" INT64_FORMAT " seconds'",
					is_minus ? "-" : "", total * pair->last);
}

/* ---- the dispatch ---- */

static const SpecialFunction calendar_functions[] = {
	{"week", 1, 2, print_week},
	{"yearweek", 1, 2, print_yearweek},
	{"timediff", 2, 2, print_timediff},
	{"sec_to_time", 1, 1, print_sec_to_time},
	{"time_to_sec", 1, 1, print_time_to_sec},
	{"addtime", 2, 2, print_addtime},
	{"subtime", 2, 2, print_addtime},
	{"timestamp", 2, 2, print_timestamp},
	{"microsecond", 1, 1, print_microsecond},
	{"to_seconds", 1, 1, print_to_seconds},
	{"from_days", 1, 1, print_from_days},
	{"makedate", 2, 2, print_makedate},
	{"convert_tz", 3, 3, print_convert_tz},
	{NULL},
};

bool
mm_print_calendar_function(ExprPrinter *printer, const ExprNode *node,
						   ExprValue *result)
{
	if (strcmp(node->text, "extract") == 0)
		return print_extract(printer, node, result);
	return mm_print_special(printer, calendar_functions, node, result);
}
