/*
 * src/types/canonical_shown.c
 *		Canonical texts back into literals: of those that are not literals.
 */
#include "postgres.h"

#include "base/compat.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "types/canonical.h"
#include "types/canonical_text.h"
#include "types/decode.h"
#include "utils/builtins.h"

#define ADDRESS_DIGITS 32 /* of inet6; inet4 has 8 */

/* Bytes of hexadecimal text; false: it is something else. */
static bool
parse_hex(const char *text, Size length, void *bytes)
{
	if (strlen(text) < length * 2 ||
		strspn(text, "0123456789ABCDEF") < length * 2)
		return false;
	hex_decode(text, length * 2, bytes);
	return true;
}

static char *
shown_float(const char *text)
{
	char *digits;
	uint64 bits;
	double number;

	if (!parse_hex(text, sizeof(bits), &bits))
		return pstrdup(text);
	bits = mm_le64(bits);
	memcpy(&number, &bits, sizeof(number));
	digits = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);
	double_to_shortest_decimal_buf(number, digits);
	return digits;
}

/* The groups of an IPv6 address, or the numbers of an IPv4 one. */
static char *
shown_address(const char *text)
{
	Size length = strspn(text, "0123456789ABCDEF");
	unsigned char bytes[4];
	StringInfoData out;

	initStringInfo(&out);
	if (length == ADDRESS_DIGITS)
	{
		for (int i = 0; i < ADDRESS_DIGITS; i += 4)
			appendStringInfo(&out, "%s%.4s", i > 0 ? ":" : "", text + i);
	}
	else if (length == 2 * sizeof(bytes) &&
			 parse_hex(text, sizeof(bytes), bytes))
		appendStringInfo(&out, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2],
						 bytes[3]);
	else
		return pstrdup(text);
	appendStringInfoString(&out, text + length);
	return out.data;
}

/* 32 digits in their groups. */
static char *
shown_uuid(const char *text)
{
	char *digits;

	if (strlen(text) != 32 || strspn(text, "0123456789ABCDEF") != 32)
		return pstrdup(text);
	digits = pnstrdup(text, 32);
	for (char *c = digits; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	return psprintf("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8,
					digits + 12, digits + 16, digits + 20);
}

char *
mm_canonical_shown(const ColumnType *type, const char *text)
{
	const TypeRule *rule = mm_type_rule(type);

	if (rule->canonical == mm_canonical_float)
		return shown_float(text);
	if (rule->canonical == mm_canonical_inet)
		return shown_address(text);
	if (rule->canonical == mm_canonical_uuid)
		return shown_uuid(text);
	return pstrdup(text);
}
