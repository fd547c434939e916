/*
 * src/ddl/expr_align.c
 *		Values brought to each other's type, as MySQL does to compare them or to
 *		choose between them, and text that is compared without regard to case.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

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
		mm_print_refuse_conversion(printer, *value, mm_value_type_name(other->type));
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
	mm_print_refuse_conversion(printer, *value, mm_value_type_name(other->type));
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
	mm_print_refuse_conversion(printer, *other, mm_value_type_name(value->type));
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
			mm_print_refuse_conversion(printer, *a, mm_value_type_name(b->type));
		return;
	}
	if (!align_to(printer, a, b) && !align_to(printer, b, a))
		mm_print_refuse_conversion(printer, *b, mm_value_type_name(a->type));
}

/* A number of at most so many digits after the point, with all of them. */
static ExprValue
with_scale(ExprValue value, int scale)
{
	bool is_decimal = value.type == VALUE_DECIMAL;

	if ((value.type != VALUE_INTEGER && !is_decimal) || scale < 1 ||
		(is_decimal && (value.scale < 0 || value.scale >= scale)))
		return value;
	if (value.literal != NULL && !is_decimal)
		value.sql = psprintf("%s.%0*d", value.sql, scale, 0);
	else
		value.sql = psprintf("round(%s, %d)", value.sql, scale);
	value.type = VALUE_DECIMAL;
	value.scale = scale;
	value.is_compound = false;
	return value;
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
	bool scale_is_known = true;

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
		scale_is_known &= values[i].type != VALUE_DECIMAL ||
						  values[i].scale >= 0;
	}
	if (!scale_is_known)
		result.scale = -1;
	for (int i = 0; i < count && result.type == VALUE_DECIMAL; i++)
		values[i] = with_scale(values[i], result.scale);
	if (all_literals && result.type == VALUE_NULL && count > 0)
		result.minimum = PG_INT64_MIN;
	return result;
}

/*
 * mm_print_choice
 *		The value that is chosen, with its text.
 *
 * A quotient stays one when it is chosen: it is rounded where it is shown, and
 * a longer calculation goes on with all the digits.
 */
ExprValue
mm_print_choice(ExprPrinter *printer, const ExprValue *values, int count,
				PrintChoice print, const void *arg)
{
	ExprValue *shown = palloc(count * sizeof(ExprValue));
	ExprValue *exact = palloc(count * sizeof(ExprValue));
	ExprValue result;
	bool is_unrounded = false;
	bool has_quotient = false;

	for (int i = 0; i < count; i++)
	{
		shown[i] = exact[i] = values[i];
		is_unrounded |= values[i].is_unrounded;
		has_quotient |= values[i].quotient != NULL;
	}
	result = mm_print_unify(printer, shown, count);
	if (is_unrounded && result.type == VALUE_DECIMAL && result.scale < 0)
		return mm_print_refuse(printer, "The number of digits of a quotient "
										"is not known.");
	if (is_unrounded && mm_value_is_number(result))
	{
		for (int i = 0; i < count; i++)
		{
			exact[i] = mm_print_exact(values[i]);
			shown[i] = values[i];
			if (!values[i].is_unrounded)
				continue;
			shown[i].is_unrounded = false;
			/* all digits that the result can show, and more */
			shown[i].scale = exact[i].scale = result.scale;
		}
		(void) mm_print_unify(printer, exact, count);
		(void) mm_print_unify(printer, shown, count);
		result.is_unrounded = result.type == VALUE_DECIMAL;
		if (result.is_unrounded && has_quotient)
			result.quotient = print(exact, count, arg);
	}
	result.sql = print(result.type == VALUE_FLOAT ? exact : shown, count, arg);
	return result;
}
