/*
 * src/ddl/expr_convert.c
 *		Values as MySQL converts them: to conditions, text, numbers, dates, and
 *		to each other's type.
 *
 * Only conversions that give the same result on both servers are here.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

ExprValue
mm_print_refuse(ExprPrinter *printer, const char *why)
{
	if (printer->reason == NULL)
		printer->reason = pstrdup(why);
	return mm_value(VALUE_NULL, pstrdup("NULL"));
}

ExprValue
mm_value(ValueType type, char *sql)
{
	ExprValue value;

	memset(&value, 0, sizeof(value));
	value.type = type;
	value.sql = sql;
	value.width = 4;
	value.scale = type == VALUE_DECIMAL ? -1 : 0;
	value.minimum = PG_INT64_MIN;
	value.is_nullable = true;
	return value;
}

ExprValue
mm_value_integer(char *sql, int width)
{
	ExprValue value = mm_value(VALUE_INTEGER, sql);

	value.width = width;
	return value;
}

ExprValue
mm_value_compound(ValueType type, char *sql)
{
	ExprValue value = mm_value(type, sql);

	value.is_compound = true;
	return value;
}

const char *
mm_value_type_name(ValueType type)
{
	switch (type)
	{
		case VALUE_NULL:
			return "NULL";
		case VALUE_BOOLEAN:
			return "boolean";
		case VALUE_INTEGER:
			return "integer";
		case VALUE_DECIMAL:
			return "decimal";
		case VALUE_FLOAT:
			return "float";
		case VALUE_TEXT:
			return "text";
		case VALUE_BYTES:
			return "binary string";
		case VALUE_DATE:
			return "date";
		case VALUE_DATETIME:
			return "datetime";
		case VALUE_INSTANT:
			return "timestamp";
		case VALUE_TIME:
		case VALUE_INTERVAL:
			return "time";
		case VALUE_JSON:
			return "json";
		case VALUE_BITS:
			return "bit";
		case VALUE_ENUM:
			return "enum";
		case VALUE_SET:
			return "set";
		case VALUE_UUID:
			return "uuid";
		default:
			return "another type";
	}
}

bool
mm_value_is_number(ExprValue value)
{
	return value.type == VALUE_INTEGER || value.type == VALUE_DECIMAL ||
		   value.type == VALUE_FLOAT;
}

bool
mm_value_is_temporal(ExprValue value)
{
	return value.type == VALUE_DATE || value.type == VALUE_DATETIME ||
		   value.type == VALUE_INSTANT;
}

bool
mm_value_int_literal(ExprValue value, int64 *number)
{
	char *end;

	if (value.literal == NULL || value.type != VALUE_INTEGER)
		return false;
	errno = 0;
	*number = strtoll(value.literal, &end, 10);
	return errno == 0 && *end == '\0';
}

char *
mm_value_operand(ExprValue value)
{
	return value.is_compound ? psprintf("(%s)", value.sql) : value.sql;
}

ExprValue
mm_print_rounded(ExprValue value)
{
	if (!value.is_unrounded)
		return value;
	value.sql = psprintf("round(%s, %d)", value.sql, value.scale);
	value.is_unrounded = false;
	value.is_compound = false;
	value.quotient = NULL;
	return value;
}

static ExprValue
refuse_conversion(ExprPrinter *printer, ExprValue value, const char *target)
{
	return mm_print_refuse(printer,
						   psprintf("MySQL converts %s to %s in its own way.",
									mm_value_type_name(value.type), target));
}

ExprValue
mm_print_to_condition(ExprPrinter *printer, ExprValue value)
{
	int64 number;
	ExprValue condition;

	if (value.type == VALUE_BOOLEAN)
		return value;
	if (value.type == VALUE_NULL)
		return mm_value(VALUE_BOOLEAN, pstrdup("NULL::boolean"));
	if (mm_value_int_literal(value, &number))
		return mm_value(VALUE_BOOLEAN, pstrdup(number != 0 ? "true" : "false"));
	if (!mm_value_is_number(value))
		value = mm_print_to_number(printer, value);
	if (!mm_value_is_number(value))
		return refuse_conversion(printer, value, "a condition");
	condition = mm_value_compound(VALUE_BOOLEAN,
								  psprintf("%s <> 0",
										   mm_value_operand(value)));
	condition.is_nullable = value.is_nullable;
	return condition;
}

/* A format for to_char() of a moment, or NULL. */
static const char *
moment_format(ExprValue value)
{
	if (value.type == VALUE_DATE)
		return "YYYY-MM-DD";
	switch (value.fraction)
	{
		case 0:
			return "YYYY-MM-DD HH24:MI:SS";
		case 3:
			return "YYYY-MM-DD HH24:MI:SS.MS";
		case 6:
			return "YYYY-MM-DD HH24:MI:SS.US";
		default:
			return NULL;
	}
}

/* to_char() is not immutable, and so is nothing for a generated column. */
static char *
immutable_moment_text(ExprValue value)
{
	static const char *const fields[] = {"year", "month", "day", "hour",
										 "minute", "second"};
	static const char *const separators[] = {"", "-", "-", " ", ":", ":"};
	int count = value.type == VALUE_DATE ? 3 : 6;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoChar(&sql, '(');
	for (int i = 0; i < count; i++)
		appendStringInfo(&sql, "%s%slpad(floor(extract(%s from %s))::int::text, %d, '0')",
						 i == 0 ? "" : " || ",
						 i == 0 ? "" : psprintf("'%s' || ", separators[i]),
						 fields[i], value.sql, i == 0 ? 4 : 2);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

ExprValue
mm_print_to_text(ExprPrinter *printer, ExprValue value)
{
	ExprValue text = mm_value(VALUE_TEXT, NULL);
	const char *format;

	text.is_nullable = value.is_nullable;
	switch (value.type)
	{
		case VALUE_TEXT:
			return value;
		case VALUE_NULL:
			text.sql = pstrdup("NULL::text");
			return text;
		case VALUE_INTEGER:
		case VALUE_DECIMAL:
			if (value.literal != NULL)
			{
				text.sql = mm_quote_local_literal(value.literal);
				text.literal = value.literal;
				return text;
			}
			if (value.type == VALUE_DECIMAL && value.scale < 0)
				return refuse_conversion(printer, value, "text");
			text.sql = psprintf("%s::text",
								mm_value_operand(mm_print_rounded(value)));
			return text;
		case VALUE_BOOLEAN:
			text.sql = psprintf("%s::int::text", mm_value_operand(value));
			return text;
		case VALUE_DATE:
		case VALUE_DATETIME:
		case VALUE_INSTANT:
			format = moment_format(value);
			if (format == NULL)
				return refuse_conversion(printer, value, "text");
			if (printer->generated != NULL && value.type != VALUE_INSTANT &&
				value.fraction == 0)
			{
				text.sql = immutable_moment_text(value);
				return text;
			}
			printer->is_immutable = false;
			text.sql = psprintf("to_char(%s, '%s')", value.sql, format);
			return text;
		case VALUE_TIME:
			if (value.fraction != 0)
				return refuse_conversion(printer, value, "text");
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_ENUM:
			printer->is_immutable = false;
			text.is_case_insensitive = value.is_case_insensitive;
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_UUID:
			text.sql = psprintf("%s::text", mm_value_operand(value));
			return text;
		case VALUE_SET:
			printer->is_immutable = false;
			text.sql = psprintf("array_to_string(%s, ',')", value.sql);
			return text;
		default:
			return refuse_conversion(printer, value, "text");
	}
}

/* Is the whole text a number as MySQL reads one? */
static bool
is_number_text(const char *text)
{
	const char *at = text;
	bool digits = false;

	if (*at == '-')
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		digits = true;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			digits = true;
	return digits && *at == '\0';
}

ExprValue
mm_print_to_number(ExprPrinter *printer, ExprValue value)
{
	ExprValue number;

	if (mm_value_is_number(value) || value.type == VALUE_NULL)
		return value;
	if (value.type == VALUE_BOOLEAN)
	{
		number = mm_value_integer(psprintf("%s::int", mm_value_operand(value)),
								  4);
		number.minimum = 0;
		number.is_nullable = value.is_nullable;
		return number;
	}
	if (value.type == VALUE_TEXT && value.literal != NULL &&
		is_number_text(value.literal))
	{
		const char *point = strchr(value.literal, '.');

		number = mm_value(point == NULL ? VALUE_INTEGER : VALUE_DECIMAL,
						  pstrdup(value.literal));
		number.scale = point == NULL ? 0 : strlen(point + 1);
		number.width = strlen(value.literal) > 9 ? 8 : 4;
		number.literal = value.literal;
		number.is_nullable = false;
		return number;
	}
	if (mm_print_odd_number(printer, value, &number))
		return number;
	return refuse_conversion(printer, value, "a number");
}

char *
mm_print_to_int4(ExprPrinter *printer, ExprValue value)
{
	value = mm_print_to_number(printer, value);
	if (value.type != VALUE_INTEGER && value.type != VALUE_NULL)
	{
		mm_print_refuse(printer, "MySQL rounds a number to an integer here.");
		return value.sql;
	}
	if (value.width <= 4)
		return value.sql;
	return psprintf("%s::int", mm_value_operand(value));
}

/* 'YYYY-MM-DD', with a time of day when `has_time` is set on return. */
static bool
is_date_text(const char *text, bool *has_time)
{
	Size len = strlen(text);

	*has_time = len > 10;
	if (len < 10 || len > 26 ||
		text[strspn(text, "0123456789-: .T")] != '\0' ||
		text[4] != '-' || text[7] != '-' ||
		strncmp(text, "0000", 4) == 0 || strncmp(text + 5, "00", 2) == 0 ||
		strncmp(text + 8, "00", 2) == 0)
		return false;
	return len == 10 || len >= 16;
}

ExprValue
mm_print_to_temporal(ExprPrinter *printer, ExprValue value)
{
	bool has_time;
	ExprValue moment;

	if (mm_value_is_temporal(value) || value.type == VALUE_NULL)
		return value;
	if (value.type != VALUE_TEXT || value.literal == NULL ||
		!is_date_text(value.literal, &has_time))
		return refuse_conversion(printer, value, "a date");
	moment = mm_value(has_time ? VALUE_DATETIME : VALUE_DATE,
					  psprintf("%s %s", has_time ? "timestamp" : "date",
							   mm_quote_local_literal(value.literal)));
	moment.fraction = strchr(value.literal, '.') != NULL ? 6 : 0;
	moment.literal = value.literal;
	moment.is_nullable = false;
	return moment;
}

/* Does a comparison of the text mind its case here, but not in MySQL? */
static bool
minds_case(ExprValue a, ExprValue b)
{
	const char *letters = a.literal != NULL ? a.literal : b.literal;

	if (a.type != VALUE_TEXT && b.type != VALUE_TEXT)
		return false;
	if (!a.is_case_insensitive && !b.is_case_insensitive)
		return false;
	/* a constant beside an enum is a label by now */
	if (a.type == VALUE_ENUM || b.type == VALUE_ENUM)
		return false;
	if (a.has_case_collation || b.has_case_collation)
		return false;
	/* a constant without letters has no case */
	for (; letters != NULL && *letters != '\0'; letters++)
	{
		if (isalpha((unsigned char) *letters) || IS_HIGHBIT_SET(*letters))
			return true;
	}
	return letters == NULL;
}

void
mm_print_note_text(ExprPrinter *printer, ExprValue a, ExprValue b)
{
	if (minds_case(a, b))
		printer->compares_text = true;
}

/* Are the columns the two ends of a foreign key?  Then they are spelled alike. */
static bool
is_tied(const RemoteSchema *schema, const RemoteColumn *a,
		const RemoteColumn *b)
{
	ListCell *lt;
	ListCell *lf;
	ListCell *lc;
	ListCell *lr;

	if (a == NULL || b == NULL)
		return false;
	foreach(lt, schema->tables)
	{
		foreach(lf, ((RemoteTable *) lfirst(lt))->foreign_keys)
		{
			RemoteForeignKey *key = lfirst(lf);
			RemoteTable *parent = mm_catalog_find_table(schema,
														key->referenced_table);

			forboth(lc, key->columns, lr, key->referenced_columns)
			{
				RemoteColumn *target = parent == NULL ? NULL :
														mm_catalog_find_column(parent, lfirst(lr));

				if ((lfirst(lc) == a && target == b) ||
					(lfirst(lc) == b && target == a))
					return true;
			}
		}
	}
	return false;
}

ExprValue
mm_print_lower(ExprValue value)
{
	if (value.literal != NULL)
	{
		bool is_ascii = true;

		for (const char *c = value.literal; *c != '\0'; c++)
			is_ascii &= !IS_HIGHBIT_SET(*c);
		if (is_ascii)
		{
			value.literal = mm_ident_fold(value.literal, IDENT_LOWER);
			value.sql = mm_quote_local_literal(value.literal);
			while (*value.sql == ' ')
				value.sql++;
			return value;
		}
	}
	value.sql = psprintf("lower(%s)", value.sql);
	value.is_compound = false;
	value.is_column = false;
	return value;
}

void
mm_print_fold_case(ExprPrinter *printer, ExprValue *a, ExprValue *b)
{
	if (!minds_case(*a, *b) ||
		(a->is_column && b->is_column &&
		 is_tied(printer->schema, a->column, b->column)))
		return;
	if (printer->options->case_insensitive != CASE_UNIQUE)
	{
		printer->compares_text = true;
		return;
	}
	printer->folds_text = true;
	*a = mm_print_lower(*a);
	*b = mm_print_lower(*b);
}

ExprValue
mm_print_folded(ExprPrinter *printer, ExprValue value)
{
	if (value.literal == NULL)
		mm_print_fold_case(printer, &value, &value);
	return value;
}

/*
 * LIKE, regular expressions and all that looks for a part of a text refuse
 * collations that are not deterministic.
 */
ExprValue
mm_print_searchable(ExprValue value)
{
	if (!value.has_case_collation)
		return value;
	value.sql = psprintf("%s COLLATE \"default\"", mm_value_operand(value));
	value.is_compound = true;
	value.is_column = false;
	value.has_case_collation = false;
	return value;
}

ExprValue
mm_print_binary_text(ExprValue value)
{
	value.is_case_insensitive = false;
	if (!value.has_case_collation)
		return value;
	value.sql = psprintf("%s COLLATE \"C\"", mm_value_operand(value));
	value.is_compound = true;
	value.is_column = false;
	value.has_case_collation = false;
	return value;
}

/* Text of two collations: MySQL compares by the binary one. */
static void
align_text(ExprValue *value, const ExprValue *other)
{
	if (!value->has_case_collation || other->is_case_insensitive ||
		other->literal != NULL || !other->is_column)
		return;
	*value = mm_print_binary_text(*value);
}

/* An enum beside text: its label, or the enum as text. */
static void
align_enum(ExprPrinter *printer, ExprValue *value, ExprValue *other)
{
	ListCell *lc;

	/* of one type here */
	if (other->type == VALUE_ENUM && value->labels == other->labels)
		return;
	if (other->type == VALUE_ENUM)
	{
		*value = mm_print_to_text(printer, *value);
		*other = mm_print_to_text(printer, *other);
		return;
	}
	if (other->type == VALUE_NULL)
		return;
	if (mm_value_is_number(*other))
	{
		*value = mm_print_to_number(printer, *value);
		return;
	}
	if (other->type != VALUE_TEXT)
	{
		refuse_conversion(printer, *value, mm_value_type_name(other->type));
		return;
	}
	if (other->literal != NULL)
	{
		foreach(lc, value->labels)
		{
			if (strcmp(lfirst(lc), other->literal) == 0)
				return;
		}
		foreach(lc, value->labels)
		{
			/* the label that the constant means in another case */
			if (value->is_case_insensitive &&
				pg_strcasecmp(lfirst(lc), other->literal) == 0)
			{
				other->sql = mm_quote_local_literal(lfirst(lc));
				return;
			}
		}
	}
	*value = mm_print_to_text(printer, *value);
}

/* A boolean beside a number: as the integer that it is there. */
static void
align_boolean(ExprPrinter *printer, ExprValue *value, ExprValue *other)
{
	if (other->type == VALUE_BOOLEAN || other->type == VALUE_NULL)
		return;
	*value = mm_print_to_number(printer, *value);
	*other = mm_print_to_number(printer, *other);
}

/* A moment beside a string constant, or another moment. */
static void
align_temporal(ExprPrinter *printer, ExprValue *value, ExprValue *other)
{
	if (mm_value_is_temporal(*other) || other->type == VALUE_NULL)
	{
		/* an instant and a datetime meet in the session's time zone */
		if (value->type != other->type)
			printer->is_immutable = false;
		return;
	}
	if (other->type == VALUE_TEXT && other->literal != NULL)
	{
		const char *literal = other->literal;

		*other = mm_print_to_temporal(printer, *other);
		/* the other side gives a plain constant its type */
		if (other->type == VALUE_DATE || value->type == other->type)
			other->sql = value->type == VALUE_DATE ||
								 value->type == other->type ?
							 mm_quote_local_literal(literal) :
							 other->sql;
		if (value->type == VALUE_INSTANT)
		{
			other->sql = mm_quote_local_literal(literal);
			printer->is_immutable = false;
		}
		return;
	}
	if (mm_value_is_number(*other) && value->type != VALUE_INSTANT)
	{
		*value = mm_print_to_number(printer, *value);
		return;
	}
	refuse_conversion(printer, *value, mm_value_type_name(other->type));
}

/* Bytes beside a string constant: the constant's bytes. */
static bool
align_bytes(ExprValue *other)
{
	StringInfoData hex;

	if (other->type != VALUE_TEXT || other->literal == NULL)
		return false;
	initStringInfo(&hex);
	for (const char *c = other->literal; *c != '\0'; c++)
		appendStringInfo(&hex, "%02x", (unsigned char) *c);
	other->sql = psprintf("'\\x%s'::bytea", hex.data);
	return true;
}

/* Does a time constant hold nothing but digits and separators? */
static bool
is_time_text(const char *text)
{
	return *text != '\0' && strchr(text, ':') != NULL &&
		   text[strspn(text, "0123456789:.-")] == '\0';
}

/*
 * One direction of mm_print_align: converts `other` to suit `value`.  False
 * when `value` is of no type that decides.
 */
static bool
align_to(ExprPrinter *printer, ExprValue *value, ExprValue *other)
{
	switch (value->type)
	{
		case VALUE_ENUM:
			align_enum(printer, value, other);
			return true;
		case VALUE_BOOLEAN:
			align_boolean(printer, value, other);
			return true;
		case VALUE_DATE:
		case VALUE_DATETIME:
		case VALUE_INSTANT:
			align_temporal(printer, value, other);
			return true;
		case VALUE_TIME:
		case VALUE_INTERVAL:
			if (other->type == VALUE_TEXT && other->literal != NULL &&
				is_time_text(other->literal))
				return true;
			break;
		case VALUE_UUID:
			if (other->type == VALUE_TEXT && other->literal != NULL &&
				strlen(other->literal) == 36)
				return true;
			break;
		case VALUE_BYTES:
			if (align_bytes(other))
				return true;
			break;
		case VALUE_SET:
			if (mm_value_is_number(*other))
			{
				*value = mm_print_to_number(printer, *value);
				return true;
			}
			*value = mm_print_to_text(printer, *value);
			*other = mm_print_to_text(printer, *other);
			return true;
		case VALUE_INTEGER:
		case VALUE_DECIMAL:
		case VALUE_FLOAT:
			/* MySQL compares a number and text as floating point numbers */
			if (value->literal == NULL || other->literal != NULL ||
				mm_value_is_number(*other) || other->type == VALUE_TEXT ||
				other->type == VALUE_JSON || other->type == VALUE_BITS)
			{
				*other = mm_print_to_number(printer, *other);
				return true;
			}
			break;
		default:
			return false;
	}
	refuse_conversion(printer, *other, mm_value_type_name(value->type));
	return true;
}

void
mm_print_align(ExprPrinter *printer, ExprValue *a, ExprValue *b)
{
	*a = mm_print_rounded(*a);
	*b = mm_print_rounded(*b);
	if (a->type == VALUE_NULL || b->type == VALUE_NULL)
		return;
	if (a->type == b->type)
	{
		if (a->type == VALUE_ENUM)
			align_enum(printer, a, b);
		else if (a->type == VALUE_TEXT)
		{
			align_text(a, b);
			align_text(b, a);
		}
		else if (a->type == VALUE_JSON || a->type == VALUE_OTHER)
			mm_print_refuse(printer,
							psprintf("MySQL compares values of type %s in "
									 "its own way.",
									 mm_value_type_name(a->type)));
		return;
	}
	/* a column decides about a constant, not the other way round */
	if (a->literal != NULL && b->literal == NULL)
	{
		if (!align_to(printer, b, a) && !align_to(printer, a, b))
			refuse_conversion(printer, *a, mm_value_type_name(b->type));
		return;
	}
	if (!align_to(printer, a, b) && !align_to(printer, b, a))
		refuse_conversion(printer, *b, mm_value_type_name(a->type));
}

/* The type of a CASE over two types; VALUE_OTHER: refused. */
static ValueType
common_type(ValueType a, ValueType b)
{
	if (a == VALUE_NULL || a == b)
		return b;
	if (b == VALUE_NULL)
		return a;
	if (a > b)
	{
		ValueType swap = a;

		a = b;
		b = swap;
	}
	if (a == VALUE_BOOLEAN && (b == VALUE_INTEGER || b == VALUE_DECIMAL ||
							   b == VALUE_FLOAT))
		return b;
	if (a == VALUE_INTEGER && (b == VALUE_DECIMAL || b == VALUE_FLOAT))
		return b;
	if (a == VALUE_DECIMAL && b == VALUE_FLOAT)
		return b;
	if (a == VALUE_DATE && b == VALUE_DATETIME)
		return b;
	if ((a == VALUE_DATE || a == VALUE_DATETIME) && b == VALUE_INSTANT)
		return VALUE_DATETIME;
	if (a == VALUE_TEXT || b == VALUE_TEXT || b == VALUE_ENUM ||
		b == VALUE_SET)
		return VALUE_TEXT;
	return VALUE_OTHER;
}

ExprValue
mm_print_unify(ExprPrinter *printer, ExprValue *values, int count)
{
	ExprValue result = mm_value(VALUE_NULL, NULL);
	bool all_literals = true;

	for (int i = 0; i < count; i++)
	{
		ValueType type = common_type(result.type, values[i].type);

		if (type == VALUE_OTHER && values[i].type != VALUE_OTHER)
			return mm_print_refuse(printer,
								   psprintf("MySQL brings %s and %s to one "
											"type in its own way.",
											mm_value_type_name(result.type),
											mm_value_type_name(values[i].type)));
		result.type = type;
		all_literals &= values[i].literal != NULL ||
						values[i].type == VALUE_NULL;
	}
	/* two enums may be of two types here */
	if (result.type == VALUE_ENUM && count > 1)
		result.type = VALUE_TEXT;

	result.minimum = PG_INT64_MAX;
	result.is_nullable = false;
	for (int i = 0; i < count; i++)
	{
		if (result.type == VALUE_TEXT)
			values[i] = mm_print_to_text(printer, values[i]);
		else if (result.type == VALUE_INTEGER ||
				 result.type == VALUE_DECIMAL || result.type == VALUE_FLOAT)
			values[i] = mm_print_to_number(printer, values[i]);
		else if (result.type == VALUE_DATETIME &&
				 values[i].type == VALUE_INSTANT)
		{
			printer->is_immutable = false;
			values[i].sql = psprintf("%s::timestamp",
									 mm_value_operand(values[i]));
		}
		values[i] = mm_print_rounded(values[i]);
		result.scale = Max(result.scale, values[i].scale);
		result.width = Max(result.width, values[i].width);
		result.fraction = Max(result.fraction, values[i].fraction);
		result.is_nullable |= values[i].is_nullable;
		result.is_case_insensitive |= values[i].is_case_insensitive;
		result.has_case_collation |= values[i].has_case_collation;
		if (values[i].type != VALUE_NULL)
			result.minimum = Min(result.minimum, values[i].minimum);
		if (result.charset == NULL)
			result.charset = values[i].charset;
		/* a decimal of unknown scale shows an unknown number of digits */
		if (values[i].type == VALUE_DECIMAL && values[i].scale < 0)
			result.scale = -1;
	}
	if (all_literals && result.type == VALUE_NULL && count > 0)
		result.minimum = PG_INT64_MIN;
	return result;
}
