/*
 * src/ddl/ddl_constant.c
 *		Constants of MySQL as constants of a column's local type.
 *
 * MySQL keeps a default as text, whatever its type: '0' for an integer, b'0'
 * for a bit, 'a,b' for a set.  A constant is checked here, because a wrong one
 * would make the whole CREATE TABLE fail.
 */
#include "postgres.h"

#include "base/compat.h"
#include "ddl/ddl_internal.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "parser/parse_type.h"

/* Is it [-+]digits[.digits][e[-+]digits], and an integer when asked for? */
static bool
is_number(const char *text, bool *is_integer)
{
	const char *at = text;
	int digits = 0;

	*is_integer = true;
	if (*at == '-' || *at == '+')
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		digits++;
	if (*at == '.')
	{
		*is_integer = false;
		for (at++; *at >= '0' && *at <= '9'; at++)
			digits++;
	}
	if (digits == 0)
		return false;
	if (*at == 'e' || *at == 'E')
	{
		*is_integer = false;
		at++;
		if (*at == '-' || *at == '+')
			at++;
		if (*at < '0' || *at > '9')
			return false;
		while (*at >= '0' && *at <= '9')
			at++;
	}
	return *at == '\0';
}

/* Digits of a constant: nothing but them and the separators. */
static bool
has_only(const char *text, const char *allowed)
{
	return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

/* MySQL's zero date? */
bool
mm_ddl_is_zero_date(const char *text)
{
	return strncmp(text, "0000-00-00", 10) == 0;
}

/* "2020-00-00", "2020-05-00": what MySQL calls a date with zero parts. */
static bool
is_partial_date(const char *text)
{
	return strlen(text) >= 10 && text[4] == '-' && text[7] == '-' &&
		   (strncmp(text + 5, "00", 2) == 0 || strncmp(text + 8, "00", 2) == 0 ||
			strncmp(text, "0000", 4) == 0);
}

/* b'0101', or digits of 0x..: as an unsigned number. */
bool
mm_ddl_bits_value(const char *bits, int base, uint64 *value)
{
	*value = 0;
	if (strlen(bits) > (base == 2 ? 64 : 16))
		return false;
	for (; *bits != '\0'; bits++)
	{
		int digit = *bits >= 'a' ? *bits - 'a' + 10 :
					*bits >= 'A' ? *bits - 'A' + 10 :
								   *bits - '0';

		*value = *value * base + digit;
	}
	return true;
}

static char *
boolean_constant(const char *text, const char **why)
{
	if (strcmp(text, "0") == 0 || pg_strcasecmp(text, "false") == 0)
		return pstrdup("false");
	if (strcmp(text, "1") == 0 || pg_strcasecmp(text, "true") == 0)
		return pstrdup("true");
	*why = "The column is boolean here, and the default is neither 0 nor 1.";
	return NULL;
}

static bool
fits_integer(LocalKind kind, const char *text)
{
	char *end;
	long long number;

	if (kind != KIND_SMALLINT && kind != KIND_INTEGER && kind != KIND_BIGINT)
		return true;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	return kind == KIND_BIGINT ||
		   (kind == KIND_INTEGER ?
				number >= PG_INT32_MIN && number <= PG_INT32_MAX :
				number >= PG_INT16_MIN && number <= PG_INT16_MAX);
}

static char *
number_constant(LocalKind kind, const char *text, const char **why)
{
	bool is_integer;

	if (!is_number(text, &is_integer))
	{
		*why = "The default is not a number.";
		return NULL;
	}
	if (is_integer && !fits_integer(kind, text))
	{
		*why = "The column is an integer here that cannot hold the default.";
		return NULL;
	}
	if (!is_integer && (kind == KIND_SMALLINT || kind == KIND_INTEGER ||
						kind == KIND_BIGINT))
		return psprintf("round(%s)", text);
	return pstrdup(text);
}

/* Bytes of text (or hex digits) as a bytea constant, padded for BINARY(n). */
static char *
bytea_constant(const RemoteColumn *column, const char *text, const char *hex)
{
	StringInfoData out;
	int64 bytes = 0;

	initStringInfo(&out);
	appendStringInfoString(&out, "'\\x");
	if (hex != NULL)
	{
		appendStringInfoString(&out, hex);
		bytes = strlen(hex) / 2;
	}
	else
	{
		for (; text[bytes] != '\0'; bytes++)
			appendStringInfo(&out, "%02x", (unsigned char) text[bytes]);
	}
	if (strcmp(column->type.data_type, "binary") == 0)
	{
		for (; bytes < column->type.char_length; bytes++)
			appendStringInfoString(&out, "00");
	}
	appendStringInfoString(&out, "'::bytea");
	return out.data;
}

static char *
temporal_constant(LocalKind kind, const char *text,
				  const ValuePolicies *policies, const char **why)
{
	if (mm_ddl_is_zero_date(text))
	{
		if (policies->zero_date == ZERO_DATE_INFINITY)
			return pstrdup("'-infinity'");
		*why = "PostgreSQL has no zero date.";
		return NULL;
	}
	if (is_partial_date(text))
	{
		*why = "PostgreSQL has no dates with a month or day of zero.";
		return NULL;
	}
	if (!has_only(text, "0123456789-: .T") || strlen(text) < 10)
	{
		*why = "The default is not a date.";
		return NULL;
	}
	/* the session that read it was at +00:00 */
	if (kind == KIND_TIMESTAMPTZ)
		return psprintf("'%s+00'", text);
	return psprintf("'%s'", text);
}

static char *
time_constant(LocalKind kind, const char *text, const char **why)
{
	int hours;

	if (!has_only(text, "0123456789-:.") || sscanf(text, "%d", &hours) != 1)
	{
		*why = "The default is not a time.";
		return NULL;
	}
	if (kind == KIND_TIME && (hours < 0 || hours > 23 || text[0] == '-'))
	{
		*why = "The column holds times of day here, and the default is none.";
		return NULL;
	}
	/* "5" is five seconds in MySQL; a bare number is also an interval's */
	if (strchr(text, ':') == NULL)
	{
		*why = "The default is not written as hours, minutes and seconds.";
		return NULL;
	}
	return psprintf("'%s'", text);
}

static char *
enum_constant(const RemoteColumn *column, const char *text, const char **why)
{
	ListCell *lc;

	foreach(lc, column->type.labels)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return mm_quote_local_literal(text);
	}
	foreach(lc, column->type.labels)
	{
		if (pg_strcasecmp(lfirst(lc), text) == 0)
			return mm_quote_local_literal(lfirst(lc));
	}
	*why = "The default is not one of the labels.";
	return NULL;
}

/* 'a,b' -> ARRAY['a','b']::text[] */
static char *
set_constant(const char *text)
{
	StringInfoData out;
	const char *start = text;

	if (*text == '\0')
		return pstrdup("'{}'::text[]");
	initStringInfo(&out);
	appendStringInfoString(&out, "ARRAY[");
	for (;;)
	{
		const char *end = strchr(start, ',');
		char *label = end == NULL ? pstrdup(start) :
									pnstrdup(start, end - start);

		appendStringInfo(&out, "%s%s", start == text ? "" : ", ",
						 mm_quote_local_literal(label));
		if (end == NULL)
			break;
		start = end + 1;
	}
	appendStringInfoString(&out, "]::text[]");
	return out.data;
}

/* A number of any notation as B'0101' of the column's width. */
static char *
bit_constant(const RemoteColumn *column, uint64 value)
{
	int width = column->type.display_width > 0 ?
					column->type.display_width :
				column->type.precision > 0 ?
					column->type.precision :
					1;
	char digits[65];

	width = Min(width, 64);
	for (int i = 0; i < width; i++)
		digits[i] = (value >> (width - 1 - i)) & 1 ? '1' : '0';
	digits[width] = '\0';
	return psprintf("B'%s'", digits);
}

static const char *skip_json(const char *at, int depth);

/* Steps over the rest of a JSON string; `at` stands on its first quote. */
static const char *
skip_json_string(const char *at)
{
	for (at++; *at != '"'; at++)
	{
		if ((unsigned char) *at < 0x20)
			return NULL;
		if (*at == '\\' && (*++at == '\0' || strchr("\"\\/bfnrt", *at) == NULL))
			return NULL;
	}
	return at + 1;
}

/* Steps over an object or array; `at` stands on its bracket. */
static const char *
skip_json_members(const char *at, int depth)
{
	char close = *at == '{' ? '}' : ']';

	at++;
	at += strspn(at, " \t\r\n");
	if (*at == close)
		return at + 1;
	for (;;)
	{
		if (close == '}')
		{
			at += strspn(at, " \t\r\n");
			if (*at != '"' || (at = skip_json(at, depth)) == NULL ||
				*at++ != ':')
				return NULL;
		}
		at = skip_json(at, depth);
		if (at == NULL)
			return NULL;
		if (*at == close)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

/*
 * Steps over one JSON value and the blanks around it; NULL when there is none.
 * Escapes by number are left to a default that the user writes.
 */
static const char *
skip_json(const char *at, int depth)
{
	if (depth > 50)
		return NULL;
	at += strspn(at, " \t\r\n");
	if (*at == '"')
		at = skip_json_string(at);
	else if (*at == '{' || *at == '[')
		at = skip_json_members(at, depth + 1);
	else if (strncmp(at, "true", 4) == 0 || strncmp(at, "null", 4) == 0)
		at += 4;
	else if (strncmp(at, "false", 5) == 0)
		at += 5;
	else
	{
		const char *end = at + strspn(at, "+-.0123456789eE");
		char *number = pnstrdup(at, end - at);
		bool is_integer;

		if (*number == '+' || *number == '.' || !is_number(number, &is_integer))
			return NULL;
		at = end;
	}
	return at == NULL ? NULL : at + strspn(at, " \t\r\n");
}

static char *
json_constant(LocalKind kind, const char *text, const char **why)
{
	const char *end = skip_json(text, 0);

	if (end == NULL || *end != '\0')
	{
		*why = "The default is not valid JSON.";
		return NULL;
	}
	return psprintf("%s::%s", mm_quote_local_literal(text),
					kind == KIND_JSON ? "json" : "jsonb");
}

/* Text constants; as bytes only when they are valid UTF-8 without byte 00. */
static char *
text_constant(const char *text, const char *hex, const char **why)
{
	StringInfoData bytes;

	if (hex == NULL)
		return mm_quote_local_literal(text);
	initStringInfo(&bytes);
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
	{
		uint64 byte;

		mm_ddl_bits_value(pnstrdup(hex, 2), 16, &byte);
		if (byte == 0)
		{
			*why = "PostgreSQL text cannot hold the byte 00.";
			return NULL;
		}
		appendStringInfoChar(&bytes, (char) byte);
	}
	if (!pg_verify_mbstr(PG_UTF8, bytes.data, bytes.len, true))
	{
		*why = "The default is not valid UTF-8.";
		return NULL;
	}
	return mm_quote_local_literal(bytes.data);
}

/* Bits, uuid, inet: taken when they look right. */
static char *
other_constant(const RemoteColumn *column, LocalKind kind, const char *text,
			   const char **why)
{
	if (kind == KIND_BIT && has_only(text, "0123456789"))
		return bit_constant(column, strtoull(text, NULL, 10));
	if (kind == KIND_UUID && strlen(text) == 36 &&
		has_only(text, "0123456789abcdefABCDEF-"))
		return mm_quote_local_literal(text);
	if (kind == KIND_INET && has_only(text, "0123456789abcdefABCDEF:."))
		return mm_quote_local_literal(text);
	*why = "The default cannot be written in the column's type.";
	return NULL;
}

static char *
constant_of_kind(const RemoteColumn *column, const char *text, const char *hex,
				 const DdlOptions *options, const char **why)
{
	LocalKind kind = mm_ddl_kind(column);
	uint64 value = 0;

	if (hex != NULL && kind != KIND_BYTEA && kind != KIND_TEXT)
	{
		if (!mm_ddl_bits_value(hex, 16, &value))
		{
			*why = "The default is too long a number.";
			return NULL;
		}
		text = psprintf(UINT64_FORMAT, value);
	}
	switch (kind)
	{
		case KIND_BOOLEAN:
			return boolean_constant(text, why);
		case KIND_SMALLINT:
		case KIND_INTEGER:
		case KIND_BIGINT:
		case KIND_NUMERIC:
		case KIND_REAL:
		case KIND_DOUBLE:
			return number_constant(kind, text, why);
		case KIND_TEXT:
			if (column->type.labels != NIL && hex == NULL &&
				column->type.enum_mode != ENUM_AS_TEXT &&
				strcmp(column->type.data_type, "enum") == 0)
				return enum_constant(column, text, why);
			return text_constant(text, hex, why);
		case KIND_BYTEA:
			return bytea_constant(column, text, hex);
		case KIND_DATE:
		case KIND_TIMESTAMP:
		case KIND_TIMESTAMPTZ:
			return temporal_constant(kind, text,
									 mm_type_policies(&column->type,
													  &options->policies),
									 why);
		case KIND_TIME:
		case KIND_INTERVAL:
			return time_constant(kind, text, why);
		case KIND_JSON:
		case KIND_JSONB:
			return json_constant(kind, text, why);
		case KIND_ENUM:
			return enum_constant(column, text, why);
		case KIND_TEXT_ARRAY:
			return set_constant(text);
		case KIND_OTHER:
			if (column->type.local_type != NULL && hex == NULL)
				return mm_quote_local_literal(text);
			return other_constant(column, kind, text, why);
		default:
			return other_constant(column, kind, text, why);
	}
}

/*
 * Does the type that a rule has chosen hold the constant?  Its input function
 * knows.  Bytes and labels are no text for it, and integers were looked at.
 */
static bool
is_taken(const RemoteColumn *column, const char *text, const char *hex)
{
	LocalKind kind = mm_ddl_kind(column);
	Oid type;
	int32 typmod;

	if (column->type.local_type == NULL || hex != NULL ||
		kind == KIND_BOOLEAN || kind == KIND_SMALLINT ||
		kind == KIND_INTEGER || kind == KIND_BIGINT || kind == KIND_BYTEA ||
		kind == KIND_BIT || kind == KIND_TEXT_ARRAY)
		return true;
	/* MySQL's zero date stands for something else here. */
	if ((kind == KIND_DATE || kind == KIND_TIMESTAMP ||
		 kind == KIND_TIMESTAMPTZ) &&
		mm_ddl_is_zero_date(text))
		return true;
	parseTypeString(column->type.local_type, &type, &typmod,
					MM_PARSE_TYPE_RAISES);
	return mm_type_takes(type, typmod, text);
}

char *
mm_ddl_constant(const RemoteColumn *column, const char *text, const char *hex,
				const DdlOptions *options, const char **why)
{
	char *sql = constant_of_kind(column, text, hex, options, why);

	if (sql == NULL || is_taken(column, text, hex))
		return sql;
	*why = psprintf("The default is no value of type %s.",
					column->type.local_type);
	return NULL;
}
