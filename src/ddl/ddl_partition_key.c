/*
 * src/ddl/ddl_partition_key.c
 *		What a table is partitioned by, and the bounds of its partitions.
 *
 * A unique key of a partitioned table here has to hold the columns that it is
 * partitioned by, and knows nothing of expressions.  MySQL partitions by
 * expressions all the time, but mostly by such that grow with their column:
 * YEAR(d) < 2021 is d < '2021-01-01', and with the bounds said in terms of the
 * column the rows are where they were.  Any other expression is kept as it is
 * where the table has no unique key.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datetime.h"

#include "ddl/ddl_partition.h"

/* TO_DAYS() of the day before the first one that has a Julian number. */
#define DAYS_TO_JULIAN	 1721060
#define SECONDS_OF_A_DAY INT64CONST(86400)
#define EPOCH_JULIAN	 2440588
#define LAST_YEAR		 9999

/* ---- the key ---- */

static KeyPart *
column_key(KeyMap map, RemoteColumn *column)
{
	KeyPart *key = palloc0(sizeof(KeyPart));

	key->map = map;
	key->column = column;
	key->sql = mm_quote_local_name(NULL, column->local_name);
	return key;
}

static RemoteColumn *
column_of(const RemoteTable *table, const ExprNode *node)
{
	if (node == NULL || node->kind != EXPR_COLUMN)
		return NULL;
	return mm_catalog_find_column(table, llast(node->parts));
}

/* The column that is the only argument of the function `name`. */
static RemoteColumn *
column_in_call(const RemoteTable *table, const ExprNode *node,
			   const char *name)
{
	if (node->kind != EXPR_FUNCTION || strcmp(node->text, name) != 0 ||
		list_length(node->args) != 1)
		return NULL;
	return column_of(table, linitial(node->args));
}

static bool
is_number(const ExprNode *node, const char *number)
{
	return node->kind == EXPR_NUMBER && strcmp(node->text, number) == 0;
}

static bool
is_operator(const ExprNode *node, const char *name)
{
	return node->kind == EXPR_BINARY && strcmp(node->text, name) == 0;
}

/* EXTRACT(YEAR_MONTH FROM d), or YEAR(d) * 100 + MONTH(d) */
static RemoteColumn *
year_month_column(const RemoteTable *table, const ExprNode *node)
{
	RemoteColumn *year;
	ExprNode *left;

	if (node->kind == EXPR_FUNCTION && strcmp(node->text, "extract") == 0 &&
		node->detail != NULL && pg_strcasecmp(node->detail, "year_month") == 0)
		return column_of(table, linitial(node->args));
	if (!is_operator(node, "+"))
		return NULL;
	left = linitial(node->args);
	if (!is_operator(left, "*") || !is_number(lsecond(left->args), "100"))
		return NULL;
	year = column_in_call(table, linitial(left->args), "year");
	if (year != column_in_call(table, lsecond(node->args), "month"))
		return NULL;
	return year;
}

static bool
is_date_kind(const RemoteColumn *column)
{
	LocalKind kind = mm_ddl_kind(column);

	return kind == KIND_DATE || kind == KIND_TIMESTAMP;
}

/* The key of an expression that grows with one column; NULL: none. */
static KeyPart *
growing_key(const RemoteTable *table, const ExprNode *node)
{
	static const struct
	{
		const char *name;
		KeyMap map;
	} calls[] = {
		{"year", MAP_YEAR},
		{"to_days", MAP_DAYS},
		{"to_seconds", MAP_SECONDS},
	};
	RemoteColumn *column;

	for (int i = 0; i < lengthof(calls); i++)
	{
		column = column_in_call(table, node, calls[i].name);
		if (column != NULL && is_date_kind(column))
			return column_key(calls[i].map, column);
	}
	column = year_month_column(table, node);
	if (column != NULL && is_date_kind(column))
		return column_key(MAP_YEAR_MONTH, column);
	column = column_in_call(table, node, "unix_timestamp");
	if (column != NULL && mm_ddl_kind(column) == KIND_TIMESTAMPTZ)
		return column_key(MAP_EPOCH, column);
	return NULL;
}

/* The whole expression, translated. */
static KeyPart *
expression_key(DdlBuild *build, RemoteTable *table, const char *text,
			   const char **why)
{
	ExprResult *result = mm_expr_value(build->schema, build->options, table,
									   NULL, text);
	KeyPart *key;

	if (result->sql == NULL || !result->is_immutable ||
		result->remarks != NIL)
	{
		*why = result->sql == NULL ? result->reason :
									 "The partitioning expression cannot stand in a "
									 "partition key here.";
		return NULL;
	}
	key = palloc0(sizeof(KeyPart));
	key->map = MAP_EXPRESSION;
	key->sql = psprintf("(%s)", result->sql);
	return key;
}

static bool
has_unique_key(const RemoteTable *table)
{
	ListCell *lc;

	foreach(lc, table->indexes)
	{
		if (((RemoteIndex *) lfirst(lc))->is_unique)
			return true;
	}
	return false;
}

/* Every column that an expression names, once. */
static List *
columns_in(const RemoteTable *table, const ExprNode *node, List *columns)
{
	RemoteColumn *column = column_of(table, node);
	ListCell *lc;

	check_stack_depth();
	if (column != NULL)
		return list_append_unique_ptr(columns, column);
	if (node == NULL)
		return columns;
	foreach(lc, node->args)
		columns = columns_in(table, lfirst(lc), columns);
	return columns;
}

/* The columns of the primary key: what KEY () means. */
static List *
primary_columns(const RemoteTable *table)
{
	List *columns = NIL;
	ListCell *lc;
	ListCell *lp;

	foreach(lc, table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		/* without a primary key it is the first unique one */
		if (!index->is_primary && (!index->is_unique || columns != NIL))
			continue;
		foreach(lp, index->columns)
		{
			RemoteIndexColumn *part = lfirst(lp);

			if (part->column != NULL)
				columns = list_append_unique_ptr(columns, part->column);
		}
		if (index->is_primary)
			break;
	}
	return columns;
}

static List *
column_keys(List *columns)
{
	List *keys = NIL;
	ListCell *lc;

	foreach(lc, columns)
		keys = lappend(keys, column_key(MAP_COLUMN, lfirst(lc)));
	return keys;
}

/* HASH places rows by its columns, whatever was computed from them. */
static List *
hash_keys(const RemoteTable *table, const char *expression, const char **why)
{
	const char *error = NULL;
	ExprNode *node = NULL;
	List *columns;
	ListCell *lc;

	if (expression == NULL || *expression == '\0')
		columns = primary_columns(table);
	else
	{
		node = mm_expr_parse(psprintf("(%s)", expression), &error);
		columns = columns_in(table, node, NIL);
	}
	if (columns == NIL)
	{
		*why = error != NULL ? error : "The columns of its key are not known.";
		return NIL;
	}
	foreach(lc, columns)
	{
		LocalKind kind = mm_ddl_kind(lfirst(lc));

		if (kind == KIND_JSON || kind == KIND_BIT || kind == KIND_POINT ||
			kind == KIND_GEOMETRY || kind == KIND_OTHER)
		{
			*why = "A column of its key cannot be hashed here.";
			return NIL;
		}
	}
	return column_keys(columns);
}

/*
 * mm_ddl_partition_keys
 *		What RANGE, LIST, HASH or KEY is over (List of KeyPart *), or NIL
 *		with *why set.
 */
List *
mm_ddl_partition_keys(DdlBuild *build, RemoteTable *table,
					  PartitionMethod method, const char *expression,
					  const char **why)
{
	const char *error;
	ExprNode *node;
	KeyPart *key = NULL;
	List *columns = NIL;
	ListCell *lc;

	if (method == PARTITION_HASH)
		return hash_keys(table, expression, why);
	node = expression == NULL ? NULL :
								mm_expr_parse(psprintf("(%s)", expression), &error);
	if (node == NULL)
	{
		*why = expression == NULL ? "Its expression is not known." : error;
		return NIL;
	}
	if (node->kind == EXPR_ROW)
	{
		foreach(lc, node->args)
		{
			RemoteColumn *column = column_of(table, lfirst(lc));

			if (column == NULL)
			{
				*why = "A column of its key is not known.";
				return NIL;
			}
			columns = lappend(columns, column);
		}
		return column_keys(columns);
	}
	if (column_of(table, node) != NULL)
		return list_make1(column_key(MAP_COLUMN, column_of(table, node)));
	if (method == PARTITION_RANGE)
		key = growing_key(table, node);
	if (key == NULL && has_unique_key(table))
	{
		*why = "A unique key of a partitioned table needs columns, and the "
			   "table is partitioned by an expression.";
		return NIL;
	}
	if (key == NULL)
		key = expression_key(build, table, expression, why);
	return key == NULL ? NIL : list_make1(key);
}

/* ---- the bounds ---- */

static KeyBound
special_bound(BoundKind kind)
{
	return (KeyBound){.kind = kind};
}

/* A moment as a bound, or the end of time that it is beyond of. */
static KeyBound
moment_bound(const KeyPart *key, int year, int month, int day,
			 int64 seconds)
{
	LocalKind kind = mm_ddl_kind(key->column);
	KeyBound bound = {.kind = BOUND_VALUE};
	char *date;

	if (year < 1)
		return special_bound(BOUND_MINIMUM);
	if (year > LAST_YEAR)
		return special_bound(BOUND_MAXIMUM);
	date = psprintf("%04d-%02d-%02d", year, month, day);
	if (kind == KIND_DATE)
	{
		/* within a day no date is left out */
		bound.sql = mm_quote_local_literal(date);
		return bound;
	}
	bound.sql = mm_quote_local_literal(psprintf("%s %02d:%02d:%02d%s", date,
												(int) (seconds / 3600),
												(int) (seconds / 60 % 60),
												(int) (seconds % 60),
												kind == KIND_TIMESTAMPTZ ? "+00" : ""));
	return bound;
}

static KeyBound
julian_bound(const KeyPart *key, int64 julian, int64 seconds)
{
	int year;
	int month;
	int day;

	if (julian < DAYS_TO_JULIAN)
		return special_bound(BOUND_MINIMUM);
	if (julian > date2j(LAST_YEAR + 1, 1, 1))
		return special_bound(BOUND_MAXIMUM);
	/* a date is below a moment of its own day */
	if (seconds > 0 && mm_ddl_kind(key->column) == KIND_DATE)
		julian++;
	j2date((int) julian, &year, &month, &day);
	return moment_bound(key, year, month, day, seconds);
}

/* f(column) < number, as column < bound */
static KeyBound
number_bound(const KeyPart *key, int64 number)
{
	int64 day;
	int64 year;
	int month;

	switch (key->map)
	{
		case MAP_YEAR:
			return moment_bound(key, Max(Min(number, LAST_YEAR + 1), 0), 1, 1,
								0);
		case MAP_DAYS:
			return julian_bound(key, Min(number, PG_INT32_MAX) + DAYS_TO_JULIAN,
								0);
		case MAP_SECONDS:
		case MAP_EPOCH:
			if (number < 0)
				return special_bound(BOUND_MINIMUM);
			day = number / SECONDS_OF_A_DAY;
			return julian_bound(key,
								Min(day, PG_INT32_MAX) +
									(key->map == MAP_SECONDS ? DAYS_TO_JULIAN : EPOCH_JULIAN),
								number % SECONDS_OF_A_DAY);
		default:
			/* what is beyond December is below the next January */
			year = Max(Min(number / 100, LAST_YEAR + 1), 0);
			month = Max((int) (number % 100), 1);
			return month > 12 ? moment_bound(key, (int) year + 1, 1, 1, 0) :
								moment_bound(key, (int) year, month, 1, 0);
	}
}

/* An integer bound; what the type cannot hold is beyond all its values. */
static KeyBound
integer_bound(const KeyPart *key, const char *text)
{
	LocalKind kind = mm_ddl_kind(key->column);
	bool is_negative = *text == '-';
	int64 least = kind == KIND_SMALLINT ? PG_INT16_MIN :
				  kind == KIND_INTEGER	? PG_INT32_MIN :
										  PG_INT64_MIN;
	int64 most = kind == KIND_SMALLINT ? PG_INT16_MAX :
				 kind == KIND_INTEGER  ? PG_INT32_MAX :
										 PG_INT64_MAX;
	KeyBound bound = {.kind = BOUND_VALUE};
	int64 number;

	errno = 0;
	number = strtoll(text, NULL, 10);
	if (kind != KIND_NUMERIC && (errno == ERANGE || number < least ||
								 number > most))
		return special_bound(is_negative ? BOUND_MINIMUM : BOUND_MAXIMUM);
	bound.sql = pstrdup(text);
	return bound;
}

static bool
is_integer_text(const char *text)
{
	if (*text == '-')
		text++;
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* A constant in the type of the key's column. */
static KeyBound
column_bound(DdlBuild *build, const KeyPart *key, const char *text,
			 const char *hex)
{
	LocalKind kind = mm_ddl_kind(key->column);
	KeyBound bound = {.kind = BOUND_VALUE};
	const char *why;

	if ((kind == KIND_SMALLINT || kind == KIND_INTEGER ||
		 kind == KIND_BIGINT || kind == KIND_NUMERIC) &&
		hex == NULL && is_integer_text(text))
		return integer_bound(key, text);
	bound.sql = mm_ddl_constant(key->column, text, hex, build->options, &why);
	if (bound.sql == NULL)
		return special_bound(BOUND_UNKNOWN);
	/* a zero date, by the policy for such */
	if (pg_strcasecmp(bound.sql, "NULL") == 0)
		return special_bound(BOUND_NULL);
	return bound;
}

/*
 * mm_ddl_partition_bound
 *		One value of VALUES LESS THAN or VALUES IN.
 */
KeyBound
mm_ddl_partition_bound(DdlBuild *build, const KeyPart *key,
					   const ExprNode *node)
{
	KeyBound bound = {.kind = BOUND_VALUE};
	const char *hex = NULL;
	const char *text;

	if (node->kind == EXPR_COLUMN)
		return special_bound(pg_strcasecmp(llast(node->parts), "maxvalue") == 0 ?
								 BOUND_MAXIMUM :
								 BOUND_UNKNOWN);
	if (node->kind == EXPR_NULL)
		return special_bound(BOUND_NULL);
	text = mm_ddl_literal(node, &hex);
	if (text == NULL)
		return special_bound(BOUND_UNKNOWN);
	if (key->map == MAP_COLUMN)
		return column_bound(build, key, text, hex);
	if (!is_integer_text(text) || hex != NULL)
		return special_bound(BOUND_UNKNOWN);
	if (key->map != MAP_EXPRESSION)
	{
		int64 number;

		errno = 0;
		number = strtoll(text, NULL, 10);
		if (errno == ERANGE)
			return special_bound(*text == '-' ? BOUND_MINIMUM : BOUND_MAXIMUM);
		return number_bound(key, number);
	}
	bound.sql = pstrdup(text);
	return bound;
}
