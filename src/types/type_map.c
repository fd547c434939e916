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
is_json(const ColumnType *type)
{
	return type->is_json;
}

static bool
is_json_as_json(const ColumnType *type)
{
	return type->is_json && type->json_mode == JSON_AS_JSON;
}

static bool
is_json_as_text(const ColumnType *type)
{
	return type->is_json && type->json_mode == JSON_AS_TEXT;
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

static bool
is_empty_text(const ColumnType *type)
{
	return type->char_length == 0;
}

static bool
is_postgis(const ColumnType *type)
{
	return type->postgis != NULL;
}

/* ---------------------------------------------------------------- the table */

#define TEXT_OF	  "CAST(%s AS CHAR)"
#define NUMBER_OF "CAST(%s + 0 AS CHAR)" /* without the zeros of ZEROFILL */
#define UTF8_OF	  "CONVERT(%s USING utf8mb4)"
#define UTF8_SUM  "CONCAT(LENGTH(" UTF8_OF "), ':', CRC32(" UTF8_OF "))"
#define BYTES_SUM "CONCAT(LENGTH(%s), ':', CRC32(%s))"
/*
 * The eight bytes of a double: the text of a number would hide the sign of a
 * zero, and the two servers do not always choose the same shortest digits.
 * WKB is SRID (4 bytes), byte order (1), type (4), x, y.
 */
#define DOUBLE_BITS		"SUBSTRING(HEX(POINT(%s, 0)), 19, 16)"
#define NOT_BOOLEAN		"%s NOT IN (0, 1)"
#define NOT_BIGINT		"%s > 9223372036854775807"
#define NOT_TIME_OF_DAY "%s NOT BETWEEN '00:00:00' AND '23:59:59.999999'"
#define EMPTY_LABEL		"%s + 0 = 0"
#define HAS_SRID		"LEFT(HEX(%s), 8) <> '00000000'"

#define INTEGER	  mm_decode_integer, NUMBER_OF, mm_canonical_integer
#define FLOAT	  mm_decode_float, DOUBLE_BITS, mm_canonical_float
#define BITS	  mm_decode_bit, NUMBER_OF, mm_canonical_bit
#define TEXT	  mm_decode_text, UTF8_OF, mm_canonical_text
#define LONG_TEXT mm_decode_text, UTF8_SUM, mm_canonical_sum
#define BYTES	  mm_decode_bytes, BYTES_SUM, mm_canonical_sum
#define TEMPORAL  mm_decode_temporal, TEXT_OF, mm_canonical_temporal
#define TIME	  mm_decode_time, TEXT_OF, mm_canonical_time
#define POSTGIS	  is_postgis, "extension postgis", NULL, "geometry", GEOMETRY
#define GEOMETRY  mm_decode_geometry, "CRC32(HEX(%s))", mm_canonical_geometry
#define JSON	  mm_decode_json, UTF8_SUM, mm_canonical_json
#define ENUM	  mm_decode_enum, UTF8_OF, mm_canonical_value
#define SET		  mm_decode_set, UTF8_OF, mm_canonical_set
#define INET	  mm_decode_input, "HEX(%s)", mm_canonical_inet
#define UUID	  mm_decode_input, "HEX(%s)", mm_canonical_uuid
#define VECTOR	  mm_decode_vector, "HEX(%s)", mm_canonical_vector

static const TypeRule type_rules[] = {
	/* MySQL's BOOL is any small number: the data decides. */
	{"tinyint", is_narrow_bool, "(1), every value 0 or 1", NOT_BOOLEAN, "boolean", INTEGER},
	{"tinyint", NULL, NULL, NULL, "smallint", INTEGER},
	{"smallint", is_unsigned, "unsigned", NULL, "integer", INTEGER},
	{"smallint", NULL, NULL, NULL, "smallint", INTEGER},
	{"mediumint", NULL, NULL, NULL, "integer", INTEGER},
	{"int", is_unsigned, "unsigned", NULL, "bigint", INTEGER},
	{"int", NULL, NULL, NULL, "integer", INTEGER},
	/* 2^64 - 1 does not fit a bigint. */
	{"bigint", is_wide_unsigned, "unsigned, a value beyond bigint", NULL, "numeric(20,0)", INTEGER},
	{"bigint", is_unsigned, "unsigned", NOT_BIGINT, "bigint", INTEGER},
	{"bigint", NULL, NULL, NULL, "bigint", INTEGER},
	{"year", NULL, NULL, NULL, "smallint", INTEGER},

	/* + 0 for the zeros of ZEROFILL here, too. */
	{"decimal", NULL, NULL, NULL, "numeric(p,s)", mm_decode_decimal, NUMBER_OF, mm_canonical_decimal},
	{"float", NULL, NULL, NULL, "real", FLOAT},
	{"double", NULL, NULL, NULL, "double precision", FLOAT},
	{"bit", is_one_bit, "(1)", NULL, "boolean", BITS},
	{"bit", NULL, NULL, NULL, "bit(n)", BITS},

	{"date", NULL, NULL, NULL, "date", TEMPORAL},
	{"datetime", NULL, NULL, NULL, "timestamp(n) without time zone", TEMPORAL},
	{"timestamp", NULL, NULL, NULL, "timestamp(n) with time zone", TEMPORAL},
	/* -838:59:59 .. 838:59:59: a time of day only if the data says so. */
	{"time", is_wide, "a value is no time of day", NULL, "interval", TIME},
	{"time", NULL, NULL, NOT_TIME_OF_DAY, "time(n) without time zone", TIME},

	{"char", is_binary_charset, "CHARACTER SET binary", NULL, "bytea", BYTES},
	{"varchar", is_binary_charset, "CHARACTER SET binary", NULL, "bytea", BYTES},
	/* '' and NULL are all it can hold; varchar(0) does not exist here. */
	{"char", is_empty_text, "(0)", NULL, "text", TEXT},
	{"varchar", is_empty_text, "(0)", NULL, "text", TEXT},
	/* MySQL returns CHAR without its trailing blanks. */
	{"char", NULL, NULL, NULL, "varchar(n)", TEXT},
	{"varchar", NULL, NULL, NULL, "varchar(n)", TEXT},
	/* MariaDB's JSON is LONGTEXT with CHECK (json_valid(...)). */
	{"longtext", is_json_as_text, "CHECK (json_valid(...)), option json = text", NULL, "text", JSON},
	{"longtext", is_json_as_json, "CHECK (json_valid(...)), option json = json", NULL, "json", JSON},
	{"longtext", is_json, "CHECK (json_valid(...))", NULL, "jsonb", JSON},
	{"json", is_json_as_text, "option json = text", NULL, "text", JSON},
	{"json", is_json_as_json, "option json = json", NULL, "json", JSON},
	{"json", NULL, NULL, NULL, "jsonb", JSON},
	{"tinytext", NULL, NULL, NULL, "text", LONG_TEXT},
	{"text", NULL, NULL, NULL, "text", LONG_TEXT},
	{"mediumtext", NULL, NULL, NULL, "text", LONG_TEXT},
	{"longtext", NULL, NULL, NULL, "text", LONG_TEXT},

	{"binary", NULL, NULL, NULL, "bytea", BYTES},
	{"varbinary", NULL, NULL, NULL, "bytea", BYTES},
	{"tinyblob", NULL, NULL, NULL, "bytea", BYTES},
	{"blob", NULL, NULL, NULL, "bytea", BYTES},
	{"mediumblob", NULL, NULL, NULL, "bytea", BYTES},
	{"longblob", NULL, NULL, NULL, "bytea", BYTES},

	/* Index 0, '', is what an invalid value became; it needs a label too. */
	{"enum", is_enum_text, "option enum = text or check", NULL, "text", ENUM},
	{"enum", NULL, NULL, EMPTY_LABEL, NULL, ENUM},
	{"set", is_set_text, "option set = text", NULL, "text", SET},
	{"set", NULL, NULL, NULL, "text[]", SET},

	{"point", POSTGIS},
	{"geometry", POSTGIS},
	{"linestring", POSTGIS},
	{"polygon", POSTGIS},
	{"multipoint", POSTGIS},
	{"multilinestring", POSTGIS},
	{"multipolygon", POSTGIS},
	{"geometrycollection", POSTGIS},
	{"geomcollection", POSTGIS},
	{"point", is_wide, "a value with an SRID", NULL, "bytea", GEOMETRY},
	{"point", NULL, NULL, HAS_SRID, "point", GEOMETRY},
	{"geometry", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"linestring", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"polygon", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"multipoint", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"multilinestring", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"multipolygon", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"geometrycollection", NULL, NULL, NULL, "bytea", GEOMETRY},
	{"geomcollection", NULL, NULL, NULL, "bytea", GEOMETRY},

	{"inet4", NULL, NULL, NULL, "inet", INET},
	{"inet6", NULL, NULL, NULL, "inet", INET},
	{"uuid", NULL, NULL, NULL, "uuid", UUID},
	{"vector", NULL, NULL, NULL, "real[]", VECTOR},
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

const TypeRule *
mm_type_rule_number(int n)
{
	return n < lengthof(type_rules) ? &type_rules[n] : NULL;
}

/* What "n" stands for in a local type. */
static int64
size_of(const TypeRule *rule, const ColumnType *type)
{
	if (rule->decode_wire == mm_decode_bit)
		return Max(type->display_width, 1);
	if (rule->decode_wire == mm_decode_text)
		return type->char_length;
	return type->fraction;
}

/*
 * PostGIS's type, wherever the extension is.  A column of any geometries has no
 * type modifier; the SRID is that of each value, in MySQL as well.
 */
static char *
postgis_type(const TypeRule *rule, const ColumnType *type)
{
	const char *subtype = type->data_type;

	if (strcmp(subtype, "geometry") == 0)
		return psprintf("%s.%s", type->postgis, rule->local_type);
	if (strcmp(subtype, "geomcollection") == 0)
		subtype = "geometrycollection"; /* MySQL 8's other name for it */
	return psprintf("%s.%s(%s)", type->postgis, rule->local_type, subtype);
}

char *
mm_type_local_name(const ColumnType *type)
{
	const TypeRule *rule;
	const char *tail;

	if (type->local_type != NULL)
		return pstrdup(type->local_type);
	rule = mm_type_rule(type);
	if (rule == NULL || rule->local_type == NULL)
		return NULL;
	if (rule->applies == is_postgis)
		return postgis_type(rule, type);
	if ((tail = strstr(rule->local_type, "(p,s)")) != NULL)
		return psprintf("%.*s(%d,%d)%s", (int) (tail - rule->local_type),
						rule->local_type, type->precision, type->scale,
						tail + 5);
	if ((tail = strstr(rule->local_type, "(n)")) != NULL)
		return psprintf("%.*s(" INT64_FORMAT ")%s",
						(int) (tail - rule->local_type), rule->local_type,
						size_of(rule, type), tail + 3);
	return pstrdup(rule->local_type);
}

const ValuePolicies *
mm_type_policies(const ColumnType *type, const ValuePolicies *job)
{
	return type->policies != NULL ? type->policies : job;
}

static bool
is_decoded_by(const ColumnType *type, DecodeWire decode)
{
	const TypeRule *rule = mm_type_rule(type);

	return rule != NULL && rule->decode_wire == decode;
}

bool
mm_type_is_integer(const ColumnType *type)
{
	return is_decoded_by(type, mm_decode_integer);
}

const char *
mm_type_plain_integer(const char *text)
{
	while (text[0] == '0' && text[1] != '\0')
		text++;
	return text;
}

/*
 * Does every character of the column's charset have its place in Unicode, by
 * MySQL's tables?  (Measured: all codes of all of its charsets.)
 */
static bool
is_whole_charset(const char *charset)
{
	static const char *const names[] = {
		"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32",
		"gb18030", "binary", "ascii", "latin1", "latin2", "latin5", "latin7",
		"cp850", "cp852", "cp866", "koi8r", "koi8u", "tis620", "macroman",
		"macce", "armscii8", "keybcs2"};

	for (int i = 0; i < lengthof(names); i++)
	{
		if (strcmp(names[i], charset) == 0)
			return true;
	}
	return false;
}

bool
mm_type_may_lose(const ColumnType *type)
{
	return is_decoded_by(type, mm_decode_text) && type->charset != NULL &&
		   !is_whole_charset(type->charset);
}

/* More question marks than there are in the column's own charset. */
#define UNICODE "CONVERT(%s USING utf8mb4)"
#define WITH_MARK_OF_LOSS                                          \
	"IF(LOCATE('?', " UNICODE ") > 0 AND CHAR_LENGTH(" UNICODE ")" \
	" - CHAR_LENGTH(REPLACE(" UNICODE ", '?', ''))"                \
	" <> CHAR_LENGTH(%s) - CHAR_LENGTH(REPLACE(%s, '?', '')),"     \
	" CONCAT(_utf8mb4 X'F48FBFBF', " UNICODE "), " UNICODE ")"

char *
mm_type_select(const ColumnType *type, const char *name)
{
	return mm_type_may_lose(type) ? mm_type_expand(WITH_MARK_OF_LOSS, name) :
									pstrdup(name);
}

static bool
is_moment(const ColumnType *type)
{
	return is_decoded_by(type, mm_decode_temporal);
}

/* No date of the calendar: the zero date, partial dates, February 30. */
#define IS_NO_DATE                                         \
	"(YEAR(%s) = 0 OR MONTH(%s) = 0 OR DAYOFMONTH(%s) = 0" \
	" OR (DAYOFMONTH(%s) > 28 AND DAYOFMONTH(%s)"          \
	" > DAYOFMONTH(LAST_DAY(CONCAT(LEFT(CAST(%s AS CHAR), 8), '01')))))"

const char *
mm_type_zero_date_question(const ColumnType *type)
{
	return is_moment(type) ? IS_NO_DATE : NULL;
}

/* As numbers: YYYYMMDD, of the others YYYYMMDDhhmmss. */
const char *
mm_type_is_zero_date(const ColumnType *type)
{
	return strcmp(type->data_type, "date") == 0 ? "%s + 0 = 0" :
												  "%s + 0 < 1000000";
}

char *
mm_type_null_date_question(const ColumnType *type,
						   const ValuePolicies *policies)
{
	const char *zero = mm_type_is_zero_date(type);
	bool zero_is_null = policies->zero_date == ZERO_DATE_NULL;

	if (!is_moment(type))
		return NULL;
	if (policies->partial_date != PARTIAL_DATE_NULL)
		return zero_is_null ? pstrdup(zero) : NULL;
	return zero_is_null ? pstrdup(IS_NO_DATE) :
						  psprintf("(NOT %s AND %s)", zero, IS_NO_DATE);
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
