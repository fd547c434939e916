/*
 * src/load/chunk_middle.c
 *		A value about half-way between two texts or two strings of bytes.
 *
 * It is a place to look for a key, no more: where a collation sorts otherwise
 * than is guessed here, the search ends sooner and divides less evenly.
 */
#include "postgres.h"

#include "load/chunk_internal.h"
#include "mb/pg_wchar.h"

/* The bytes between the quotes of X'...'. */
static bool
literal_bytes(const char *literal, StringInfo bytes)
{
	const char *hex = strchr(literal, '\'');

	initStringInfo(bytes);
	if (hex == NULL)
		return false;
	for (hex++; *hex != '\0' && *hex != '\''; hex += 2)
	{
		unsigned int byte;

		if (sscanf(hex, "%2x", &byte) != 1)
			return false;
		appendStringInfoChar(bytes, (char) byte);
	}
	return true;
}

static char *
bytes_literal(const char *introducer, const char *bytes, int length)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%sX'", introducer);
	for (int i = 0; i < length; i++)
		appendStringInfo(&out, "%02X", (unsigned char) bytes[i]);
	appendStringInfoChar(&out, '\'');
	return out.data;
}

static int
common_prefix(const StringInfo a, const StringInfo b)
{
	int length = 0;

	while (length < a->len && length < b->len &&
		   a->data[length] == b->data[length])
		length++;
	return length;
}

/* Eight bytes from `from` on as a number; what is missing counts as zero. */
static uint64
number_at(const StringInfo bytes, int from)
{
	uint64 number = 0;

	for (int i = 0; i < 8; i++)
		number = (number << 8) |
				 (from + i < bytes->len ? (unsigned char) bytes->data[from + i] :
										  0);
	return number;
}

char *
mm_chunk_middle_of_bytes(const RemoteColumn *column, const char *low,
						 const char *high)
{
	StringInfoData a;
	StringInfoData b;
	int prefix;
	uint64 from;
	uint64 to;
	uint64 middle;

	if (!literal_bytes(low, &a) || !literal_bytes(high, &b))
		return NULL;
	prefix = common_prefix(&a, &b);
	from = number_at(&a, prefix);
	to = number_at(&b, prefix);
	if (to <= from)
		return NULL;
	middle = from + (to - from) / 2;
	a.len = prefix;
	a.data[prefix] = '\0';
	for (int i = 0; i < 8; i++)
		appendStringInfoChar(&a, (char) (middle >> (56 - 8 * i)));
	return bytes_literal("", a.data, a.len);
}

/* ---------------------------------------------------------------- text */

/*
 * Most collations sort digits before letters and do not mind the case: a
 * letter or a digit as its place among the 36, -1 for anything else.
 */
static int
place_of(pg_wchar character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'z')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'Z')
		return character - 'A' + 10;
	return -1;
}

/* The character between two; 0 when there is none. */
static pg_wchar
middle_character(pg_wchar low, pg_wchar high)
{
	int from = place_of(low);
	int to = place_of(high);
	pg_wchar middle;

	if (from >= 0 && to >= 0)
	{
		if (to <= from + 1)
			return 0;
		middle = from + (to - from) / 2;
		return middle < 10 ? '0' + middle : 'a' + middle - 10;
	}
	if (high <= low + 1)
		return 0;
	middle = low + (high - low) / 2;
	/* Surrogates are no characters. */
	return middle >= 0xd800 && middle <= 0xdfff ? 0xd7ff : middle;
}

static pg_wchar
character_at(const StringInfo text, int at)
{
	const unsigned char *from = (const unsigned char *) text->data + at;

	if (at >= text->len || at + pg_utf_mblen(from) > text->len)
		return 0;
	return utf8_to_unicode(from);
}

static void
append_character(StringInfo text, pg_wchar character)
{
	unsigned char bytes[4];

	unicode_to_utf8(character, bytes);
	appendBinaryStringInfo(text, (char *) bytes, pg_utf_mblen(bytes));
}

/* After the common beginning of both: the character in the middle. */
char *
mm_chunk_middle_of_text(const RemoteColumn *column, const char *low,
						const char *high)
{
	StringInfoData a;
	StringInfoData b;
	int prefix;
	pg_wchar character;
	pg_wchar middle;

	/* Other character sets: nothing is known about their order. */
	if (strncmp(low, "_utf8mb4 ", 9) != 0 || !literal_bytes(low, &a) ||
		!literal_bytes(high, &b))
		return NULL;
	prefix = common_prefix(&a, &b);
	while (prefix > 0 && prefix < a.len &&
		   ((unsigned char) a.data[prefix] & 0xc0) == 0x80)
		prefix--;
	character = character_at(&a, prefix);
	middle = middle_character(character, character_at(&b, prefix));
	if (middle == 0 && character != 0)
	{
		/* Neighbours: half-way from what follows the lower one. */
		prefix += pg_utf_mblen((unsigned char *) a.data + prefix);
		middle = middle_character(character_at(&a, prefix), 'z' + 1);
	}
	if (middle == 0)
		return NULL;
	a.len = prefix;
	a.data[prefix] = '\0';
	append_character(&a, middle);
	return bytes_literal("_utf8mb4 ", a.data, a.len);
}
