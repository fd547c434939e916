/*
 * src/ddl/expr_cast.c
 *		CAST and CONVERT, where both servers give the same value.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

static ExprValue
cast_integer(ExprPrinter *printer, ExprValue value, bool is_unsigned)
{
	ExprValue result;

	if (value.type == VALUE_TEXT &&
		(value.literal == NULL || strlen(value.literal) > 18 ||
		 value.literal[strspn(value.literal, "0123456789")] != '\0' ||
		 value.literal[0] == '\0'))
		value = mm_print_text_integer(value);
	value = mm_print_exact(mm_print_to_number(printer, value));
	if (value.type == VALUE_INTEGER && (!is_unsigned || value.minimum >= 0))
		return value;
	if (is_unsigned && value.bits != NULL)
		return value;
	if (is_unsigned && value.type == VALUE_INTEGER)
		return mm_print_unsigned(psprintf("%s::bigint",
										  mm_value_operand(value)),
								 false, value.is_nullable);
	if (is_unsigned)
		return mm_print_refuse(printer, "CAST to an unsigned integer");
	result = mm_value_integer(psprintf("%s::bigint", mm_value_operand(value)),
							  8);
	result.is_nullable = value.is_nullable;
	return result;
}

/* Digits before the point that any value may have; -1: not known. */
static int
whole_digits(ExprValue value)
{
	if (value.type == VALUE_INTEGER)
		return value.width == 2 ? 5 : value.width == 4 ? 10 :
														 19;
	if (value.type == VALUE_BOOLEAN)
		return 1;
	if (value.column == NULL || !value.is_column)
		return -1;
	return value.column->type.precision - Max(value.column->type.scale, 0);
}

/* What does not fit becomes the highest or lowest value that does. */
static char *
clamp_decimal(ExprValue value, const char *sql, int length, int scale)
{
	StringInfoData most;

	if (whole_digits(value) >= 0 && whole_digits(value) < length - scale)
		return psprintf("%s::numeric(%d, %d)", sql, length, scale);
	initStringInfo(&most);
	for (int i = 0; i < length; i++)
		appendStringInfo(&most, "%s9", i == length - scale ? "." : "");
	return psprintf("CASE WHEN %s > %s THEN %s WHEN %s < -%s THEN -%s ELSE %s "
					"END::numeric(%d, %d)",
					sql, most.data, most.data, sql, most.data, most.data, sql,
					length, scale);
}

static ExprValue
cast_decimal(ExprPrinter *printer, ExprValue value, int length, int scale)
{
	ExprValue result;

	if (value.type == VALUE_TEXT && value.literal == NULL)
		value = mm_print_text_decimal(value);
	value = mm_print_to_number(printer, value);
	if (value.type == VALUE_FLOAT)
	{
		/* by the shortest digits that mean the same, as there */
		printer->is_immutable = false;
		value.sql = psprintf("%s::double precision::text::numeric",
							 mm_value_operand(value));
		value.is_compound = false;
		value.column = NULL;
	}
	length = length < 0 ? 10 : length;
	scale = Max(scale, 0);
	result = mm_value(VALUE_DECIMAL,
					  clamp_decimal(value,
									value.quotient != NULL ?
										psprintf("(%s)", value.quotient) :
										mm_value_operand(value),
									length, scale));
	result.scale = scale;
	result.is_nullable = value.is_nullable;
	return result;
}

static ExprValue
cast_text(ExprPrinter *printer, ExprValue value, int length,
		  const char *charset)
{
	value = mm_print_to_text(printer, value);
	value.is_column = false;
	if (charset != NULL && strcmp(charset, "binary") == 0)
		value = mm_print_binary_text(value);
	else if (charset != NULL && strncmp(charset, "utf", 3) != 0 &&
			 strcmp(charset, "ucs2") != 0 && value.literal == NULL)
		return mm_print_refuse(printer, "conversion to a character set that "
										"loses characters");
	if (length < 0)
		return value;
	return mm_value_made(value, psprintf("left(%s, %d)", value.sql, length));
}

static ExprValue
cast_temporal(ExprPrinter *printer, ExprValue value, const char *type,
			  int fraction)
{
	ExprValue result;

	if (strcmp(type, "time") == 0)
	{
		if (value.type == VALUE_TIME)
			return value;
		if (!mm_value_is_temporal(value) || value.type == VALUE_DATE)
			return mm_print_refuse(printer, "CAST to a time");
		if (value.type == VALUE_INSTANT)
			printer->is_immutable = false;
		result = mm_value(VALUE_TIME, psprintf("%s::time(%d)",
											   mm_value_operand(value),
											   Max(fraction, 0)));
	}
	else
	{
		value = mm_print_to_temporal(printer, value);
		if (value.type == VALUE_INSTANT)
			printer->is_immutable = false;
		if (strcmp(type, "date") == 0)
		{
			if (value.type == VALUE_DATE)
				return value;
			result = mm_value(VALUE_DATE, psprintf("%s::date",
												   mm_value_operand(value)));
		}
		else if (value.fraction > Max(fraction, 0))
		{
			bool is_cut = printer->schema->server.flavour == FLAVOUR_MARIADB;

			/* cut by MariaDB, and by MySQL rounded up from the half */
			if (fraction > 0 && fraction != 3)
				return mm_print_refuse(printer, "CAST that drops fractions of "
												"a second");
			result = mm_value(VALUE_DATETIME,
							  psprintf("date_trunc('%s', %s::timestamp%s)",
									   fraction > 0 ? "milliseconds" : "second",
									   mm_value_operand(value),
									   is_cut		? "" :
									   fraction > 0 ? " + interval '500 microseconds'" :
													  " + interval '500 milliseconds'"));
		}
		else
			result = mm_value(VALUE_DATETIME,
							  psprintf("%s::timestamp(%d)",
									   mm_value_operand(value),
									   Max(fraction, 0)));
	}
	result.fraction = Max(fraction, 0);
	result.is_nullable = value.is_nullable;
	return result;
}

ExprValue
mm_print_cast(ExprPrinter *printer, const ExprNode *node)
{
	ExprValue value = mm_print_node(printer, linitial(node->args));
	const char *type = node->text;

	if (strcmp(type, "signed") == 0 || strcmp(type, "unsigned") == 0)
		return cast_integer(printer, value, strcmp(type, "unsigned") == 0);
	if (strcmp(type, "decimal") == 0 || strcmp(type, "dec") == 0)
		return cast_decimal(printer, value, node->length, node->scale);
	if (strcmp(type, "char") == 0 || strcmp(type, "nchar") == 0 ||
		strcmp(type, "varchar") == 0)
		return cast_text(printer, value, node->length, node->detail);
	if (strcmp(type, "date") == 0 || strcmp(type, "datetime") == 0 ||
		strcmp(type, "time") == 0)
		return cast_temporal(printer, value, type, node->length);
	if (strcmp(type, "double") == 0 || strcmp(type, "real") == 0)
	{
		value = mm_print_exact(mm_print_to_number(printer, value));
		return mm_value(VALUE_FLOAT, psprintf("%s::double precision",
											  mm_value_operand(value)));
	}
	if (strcmp(type, "json") == 0 && value.type == VALUE_JSON)
		return value;
	if (strcmp(type, "binary") == 0 && node->length < 0 &&
		value.type == VALUE_BYTES)
		return value;
	return mm_print_refuse(printer, psprintf("CAST of %s to %s",
											 mm_value_type_name(value.type),
											 type));
}
