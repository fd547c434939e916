/*
 * src/types/field_type.c
 *		The type of a column that is in no catalog: of a query's result.
 *
 * The protocol tells less than the catalog does: a code, a length, a few
 * flags.  What it leaves open is taken as the widest.
 */
#include "postgres.h"

#include "types/field_type.h"

/* What the catalog calls them; strings, which are left out, have no one name. */
static const char *const names_of_codes[] = {
	[WIRE_TINY] = "tinyint",
	[WIRE_SHORT] = "smallint",
	[WIRE_INT24] = "mediumint",
	[WIRE_LONG] = "int",
	[WIRE_LONGLONG] = "bigint",
	[WIRE_YEAR] = "year",
	[WIRE_FLOAT] = "float",
	[WIRE_DOUBLE] = "double",
	[WIRE_DECIMAL] = "decimal",
	[WIRE_NEWDECIMAL] = "decimal",
	[WIRE_DATE] = "date",
	[WIRE_DATETIME] = "datetime",
	[WIRE_TIMESTAMP] = "timestamp",
	[WIRE_TIME] = "time",
	[WIRE_BIT] = "bit",
	[WIRE_JSON] = "json",
	[WIRE_GEOMETRY] = "geometry",
	[WIRE_VECTOR] = "vector",
};

static const char *
type_name(const WireField *field)
{
	bool is_binary = field->charset == WIRE_CHARSET_BINARY;

	if (field->type < lengthof(names_of_codes) &&
		names_of_codes[field->type] != NULL)
		return names_of_codes[field->type];
	if (field->type >= WIRE_TINY_BLOB && field->type <= WIRE_BLOB)
		return is_binary ? "blob" : "text";
	if (field->is_set)
		return "set";
	return is_binary ? "varbinary" : "varchar";
}

/* Digits of a DECIMAL by its display length (sign and point included). */
static int
decimal_precision(const WireField *field)
{
	int precision = (int) Min(field->length, 67) - (field->decimals > 0) -
					!field->is_unsigned;

	return Max(Max(precision, (int) field->decimals), 1);
}

ColumnType *
mm_type_of_field(const WireField *field)
{
	ColumnType *type = palloc0(sizeof(ColumnType));

	type->data_type = type_name(field);
	type->column_type = type->data_type;
	type->is_unsigned = field->is_unsigned;
	type->is_json = field->type == WIRE_JSON;
	type->display_width = field->type == WIRE_BIT ? (int) field->length : -1;
	type->char_length = -1;
	type->fraction = field->decimals <= 6 ? (int) field->decimals : 6;
	type->decision = DECISION_WIDE;
	type->set_as_text = true;
	type->enum_mode = ENUM_AS_TEXT;
	if (field->type == WIRE_DECIMAL || field->type == WIRE_NEWDECIMAL)
	{
		type->precision = decimal_precision(field);
		type->scale = (int) field->decimals;
	}
	return type;
}
