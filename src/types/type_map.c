/*
 * src/types/type_map.c
 *		The type table.
 *
 * One row per meaning: what a MySQL type is here, what the data may decide
 * about it, how a value is decoded, and what its checksum text is on both
 * sides.  Rules are read top down, the guarded ones first.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "types/canonical_text.h"
#include "types/decode.h"
#include "types/type_map.h"

/* ---------------------------------------------------------------- guards */

static bool
is_wide(const ColumnType *type)
{
	return type->decision == DECISION_WIDE;
}

/* tinyint(1), whatever it holds: MySQL's BOOL. */
static bool
is_bool_sized(const ColumnType *type)
{
	return type->display_width == 1;
}

static bool
is_narrow_bool(const ColumnType *type)
{
	return is_bool_sized(type) && !is_wide(type);
}

static bool
is_unsigned(const ColumnType *type)
{
	return type->is_unsigned;
}

static bool
is_wide_unsigned(const ColumnType *type)
{
	return type->is_unsigned && is_wide(type);
}

static bool
is_one_bit(const ColumnType *type)
{
	return type->display_width == 1;
}

static bool
is_json_text(const ColumnType *type)
{
	return type->is_json;
}

static bool
is_set_text(const ColumnType *type)
{
	return type->set_as_text;
}

static bool
is_enum_text(const ColumnType *type)
{
	return type->enum_mode != ENUM_AS_TYPE;
}

/* char and varchar of charset binary are binary (older servers show it so). */
static bool
is_binary_charset(const ColumnType *type)
{
	return type->charset != NULL && strcmp(type->charset, "binary") == 0;
}

/* ---------------------------------------------------------------- local types */

static char *
local_boolean(const ColumnType *type)
{
	return "boolean";
}

static char *
local_smallint(const ColumnType *type)
{
	return "smallint";
}

static char *
local_integer(const ColumnType *type)
{
	return "integer";
}

static char *
local_bigint(const ColumnType *type)
{
	return "bigint";
}

static char *
local_numeric20(const ColumnType *type)
{
	return "numeric(20,0)";
}

static char *
local_numeric(const ColumnType *type)
{
	return psprintf("numeric(%d,%d)", type->precision, type->scale);
}

static char *
local_real(const ColumnType *type)
{
	return "real";
}

static char *
local_double(const ColumnType *type)
{
	return "double precision";
}

static char *
local_bit(const ColumnType *type)
{
	return psprintf("bit(%d)", Max(type->display_width, 1));
}

static char *
local_date(const ColumnType *type)
{
	return "date";
}

static char *
local_timestamp(const ColumnType *type)
{
	return psprintf("timestamp(%d) without time zone", type->fraction);
}

static char *
local_timestamptz(const ColumnType *type)
{
	return psprintf("timestamp(%d) with time zone", type->fraction);
}

static char *
local_time(const ColumnType *type)
{
	return psprintf("time(%d) without time zone", type->fraction);
}

static char *
local_interval(const ColumnType *type)
{
	return "interval";
}

static char *
local_varchar(const ColumnType *type)
{
	/* char(0) and varchar(0) hold '' and NULL only. */
	return type->char_length > 0 ?
			   psprintf("varchar(" INT64_FORMAT ")", type->char_length) :
			   "text";
}

static char *
local_text(const ColumnType *type)
{
	return "text";
}

static char *
local_bytea(const ColumnType *type)
{
	return "bytea";
}

static char *
local_text_array(const ColumnType *type)
{
	return "text[]";
}

static char *
local_json(const ColumnType *type)
{
	switch (type->json_mode)
	{
		case JSON_AS_JSON:
			return "json";
		case JSON_AS_TEXT:
			return "text";
		case JSON_AS_JSONB:
			break;
	}
	return "jsonb";
}

static char *
local_point(const ColumnType *type)
{
	return "point";
}

static char *
local_inet(const ColumnType *type)
{
	return "inet";
}

static char *
local_uuid(const ColumnType *type)
{
	return "uuid";
}

static char *
local_real_array(const ColumnType *type)
{
	return "real[]";
}

/* ---------------------------------------------------------------- the table */

#define TEXT_OF			"CAST(%s AS CHAR)"
#define NUMBER_OF		"CAST(%s + 0 AS CHAR)" /* without the zeros of ZEROFILL */
#define UTF8_OF			"CONVERT(%s USING utf8mb4)"
#define UTF8_SUM		"CONCAT(LENGTH(" UTF8_OF "), ':', CRC32(" UTF8_OF "))"
#define BYTES_SUM		"CONCAT(LENGTH(%s), ':', CRC32(%s))"
#define NOT_BOOLEAN		"%s NOT IN (0, 1)"
#define NOT_BIGINT		"%s > 9223372036854775807"
#define NOT_TIME_OF_DAY "%s NOT BETWEEN '00:00:00' AND '23:59:59.999999'"
#define EMPTY_LABEL		"%s + 0 = 0"

#define INTEGER	  mm_decode_integer, NUMBER_OF, mm_canonical_integer
#define TEXT	  mm_decode_text, UTF8_OF, mm_canonical_text
#define LONG_TEXT mm_decode_text, UTF8_SUM, mm_canonical_sum
#define BYTES	  mm_decode_bytes, BYTES_SUM, mm_canonical_sum
#define TEMPORAL  mm_decode_temporal, TEXT_OF, mm_canonical_temporal
#define TIME	  mm_decode_time, TEXT_OF, mm_canonical_time
#define GEOMETRY  mm_decode_geometry, "CRC32(SUBSTRING(HEX(%s), 9))", mm_canonical_geometry
#define JSON	  mm_decode_json, UTF8_SUM, mm_canonical_json
#define VALUE	  mm_decode_input, TEXT_OF, mm_canonical_value

static const TypeRule type_rules[] = {
	/* MySQL's BOOL is any small number: the data decides. */
	{"tinyint", is_narrow_bool, NOT_BOOLEAN, local_boolean, BOOLOID, NULL, INTEGER},
	{"tinyint", NULL, NULL, local_smallint, INT2OID, NULL, INTEGER},
	{"smallint", is_unsigned, NULL, local_integer, INT4OID, NULL, INTEGER},
	{"smallint", NULL, NULL, local_smallint, INT2OID, NULL, INTEGER},
	{"mediumint", NULL, NULL, local_integer, INT4OID, NULL, INTEGER},
	{"int", is_unsigned, NULL, local_bigint, INT8OID, NULL, INTEGER},
	{"int", NULL, NULL, local_integer, INT4OID, NULL, INTEGER},
	/* 2^64 - 1 does not fit a bigint. */
	{"bigint", is_wide_unsigned, NULL, local_numeric20, NUMERICOID, NULL, INTEGER},
	{"bigint", is_unsigned, NOT_BIGINT, local_bigint, INT8OID, NULL, INTEGER},
	{"bigint", NULL, NULL, local_bigint, INT8OID, NULL, INTEGER},
	{"year", NULL, NULL, local_smallint, INT2OID, NULL, INTEGER},

	{"decimal", NULL, NULL, local_numeric, NUMERICOID, NULL,
	 mm_decode_decimal, TEXT_OF, mm_canonical_decimal},
	/* As text FLOAT is rounded to six digits; as a double it is not. */
	{"float", NULL, NULL, local_real, FLOAT4OID, NULL,
	 mm_decode_float, "CAST(%s + 0e0 AS CHAR)", mm_canonical_float},
	{"double", NULL, NULL, local_double, FLOAT8OID, NULL,
	 mm_decode_float, "CAST(%s + 0e0 AS CHAR)", mm_canonical_float},
	{"bit", is_one_bit, NULL, local_boolean, BOOLOID, NULL,
	 mm_decode_bit, NUMBER_OF, mm_canonical_bit},
	{"bit", NULL, NULL, local_bit, BITOID, NULL,
	 mm_decode_bit, NUMBER_OF, mm_canonical_bit},

	{"date", NULL, NULL, local_date, DATEOID, NULL, TEMPORAL},
	{"datetime", NULL, NULL, local_timestamp, TIMESTAMPOID, NULL, TEMPORAL},
	{"timestamp", NULL, NULL, local_timestamptz, TIMESTAMPTZOID, NULL, TEMPORAL},
	/* -838:59:59 .. 838:59:59: a time of day only if the data says so. */
	{"time", is_wide, NULL, local_interval, INTERVALOID, NULL, TIME},
	{"time", NULL, NOT_TIME_OF_DAY, local_time, TIMEOID, NULL, TIME},

	{"char", is_binary_charset, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"varchar", is_binary_charset, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	/* MySQL returns CHAR without its trailing blanks. */
	{"char", NULL, NULL, local_varchar, VARCHAROID, NULL, TEXT},
	{"varchar", NULL, NULL, local_varchar, VARCHAROID, NULL, TEXT},
	/* MariaDB's JSON is LONGTEXT with CHECK (json_valid(...)). */
	{"longtext", is_json_text, NULL, local_json, InvalidOid, NULL, JSON},
	{"json", NULL, NULL, local_json, InvalidOid, NULL, JSON},
	{"tinytext", NULL, NULL, local_text, TEXTOID, NULL, LONG_TEXT},
	{"text", NULL, NULL, local_text, TEXTOID, NULL, LONG_TEXT},
	{"mediumtext", NULL, NULL, local_text, TEXTOID, NULL, LONG_TEXT},
	{"longtext", NULL, NULL, local_text, TEXTOID, NULL, LONG_TEXT},

	{"binary", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"varbinary", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"tinyblob", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"blob", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"mediumblob", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},
	{"longblob", NULL, NULL, local_bytea, BYTEAOID, NULL, BYTES},

	/* Index 0, '', is what an invalid value became; it needs a label too. */
	{"enum", is_enum_text, NULL, local_text, TEXTOID, NULL,
	 mm_decode_enum, UTF8_OF, mm_canonical_value},
	{"enum", NULL, EMPTY_LABEL, NULL, InvalidOid, NULL,
	 mm_decode_enum, UTF8_OF, mm_canonical_value},
	{"set", is_set_text, NULL, local_text, TEXTOID, NULL,
	 mm_decode_set, UTF8_OF, mm_canonical_set},
	{"set", NULL, NULL, local_text_array, TEXTARRAYOID, NULL,
	 mm_decode_set, UTF8_OF, mm_canonical_set},

	{"point", NULL, NULL, local_point, POINTOID, NULL, GEOMETRY},
	{"geometry", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"linestring", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"polygon", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"multipoint", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"multilinestring", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"multipolygon", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"geometrycollection", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},
	{"geomcollection", NULL, NULL, local_bytea, BYTEAOID, NULL, GEOMETRY},

	{"inet4", NULL, NULL, local_inet, INETOID, NULL, VALUE},
	{"inet6", NULL, NULL, local_inet, INETOID, NULL, VALUE},
	{"uuid", NULL, NULL, local_uuid, UUIDOID, NULL, VALUE},
	{"vector", NULL, NULL, local_real_array, FLOAT4ARRAYOID, NULL,
	 mm_decode_vector, "HEX(%s)", mm_canonical_vector},
};

/* ---------------------------------------------------------------- look-ups */

const TypeRule *
mm_type_rule(const ColumnType *type)
{
	for (int i = 0; i < lengthof(type_rules); i++)
	{
		const TypeRule *rule = &type_rules[i];

		if (strcmp(rule->mysql_name, type->data_type) == 0 &&
			(rule->applies == NULL || rule->applies(type)))
			return rule;
	}
	return NULL;
}

char *
mm_type_local_name(const ColumnType *type)
{
	const TypeRule *rule;

	if (type->local_type != NULL)
		return pstrdup(type->local_type);
	rule = mm_type_rule(type);
	if (rule == NULL || rule->local_type == NULL)
		return NULL;
	return pstrdup(rule->local_type(type));
}

bool
mm_type_is_integer(const ColumnType *type)
{
	static const char *const names[] = {
		"tinyint",
		"smallint",
		"mediumint",
		"int",
		"bigint",
		"year",
	};

	for (int i = 0; i < lengthof(names); i++)
	{
		if (strcmp(names[i], type->data_type) == 0)
			return true;
	}
	return false;
}

/*
 * mm_type_zero_date_question
 *		Predicate format, true for zero and partial dates; NULL for other types.
 */
const char *
mm_type_zero_date_question(const ColumnType *type)
{
	if (strcmp(type->data_type, "date") == 0 ||
		strcmp(type->data_type, "datetime") == 0 ||
		strcmp(type->data_type, "timestamp") == 0)
		return "(%s = 0 OR MONTH(%s) = 0 OR DAYOFMONTH(%s) = 0)";
	return NULL;
}

char *
mm_type_expand(const char *format, const char *column)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = format; *p != '\0'; p++)
	{
		if (p[0] == '%' && p[1] == 's')
		{
			appendStringInfoString(&out, column);
			p++;
		}
		else
			appendStringInfoChar(&out, *p);
	}
	return out.data;
}
