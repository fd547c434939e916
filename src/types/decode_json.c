/*
 * src/types/decode_json.c
 *		JSON into jsonb and json; what PostgreSQL does not take, by policy.
 *
 * MySQL's JSON may hold the escape of NUL and half surrogate pairs, which jsonb
 * cannot store; MariaDB's is text that JSON_VALID() likes.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "types/decode.h"
#include "utils/memutils.h"

#define ESCAPE_LENGTH 6 /* of \uXXXX */

/* The number behind "\u" at p, -1: there is none. */
static int
escaped_number(const char *p, const char *end)
{
	int number = 0;

	if (end - p < ESCAPE_LENGTH || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPE_LENGTH; i++)
	{
		char c = pg_ascii_tolower((unsigned char) p[i]);

		if (c >= '0' && c <= '9')
			number = number * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return number;
}

/*
 * Length of the escape at p; *policy is set where jsonb cannot hold it, else
 * to NULL.
 */
static int
check_escape(const DecodeContext *context, const char *p, const char *end,
			 const BadTextPolicy **policy)
{
	int number = escaped_number(p, end);
	int next;

	*policy = NULL;
	if (number < 0)
		return Min(2, end - p);
	if (number == 0)
		*policy = &context->policies->nul;
	else if (is_utf16_surrogate_second(number))
		*policy = &context->policies->encoding;
	else if (is_utf16_surrogate_first(number))
	{
		next = escaped_number(p + ESCAPE_LENGTH, end);
		if (next >= 0 && is_utf16_surrogate_second(next))
			return 2 * ESCAPE_LENGTH;
		*policy = &context->policies->encoding;
	}
	return ESCAPE_LENGTH;
}

static bool
refuse_escape(DecodeContext *context, const char *p)
{
	bool is_nul = escaped_number(p, p + ESCAPE_LENGTH) == 0;

	return mm_decode_fail(context, ERRCODE_UNTRANSLATABLE_CHARACTER,
						  is_nul ? "Set the option \"nul\" to \"strip\" or \"replace\", or the option \"json\" to \"text\"." :
								   "Set the option \"encoding\" to \"replace\" or \"strip\", or the option \"json\" to \"text\".",
						  mm_error_clip(p, ESCAPE_LENGTH),
						  is_nul ? "jsonb cannot hold \\u0000" :
								   "jsonb cannot hold half a surrogate pair");
}

/*
 * Escapes that jsonb cannot hold, by their policies.  *text is replaced where
 * something had to change.
 */
static bool
clean_escapes(DecodeContext *context, char **text)
{
	const char *from = *text;
	const char *end = from + strlen(from);
	const char *done = from; /* copied up to here */
	StringInfoData out = {0};

	for (const char *p = strchr(from, '\\'); p != NULL;
		 p = strchr(p, '\\'))
	{
		const BadTextPolicy *policy;
		int length = check_escape(context, p, end, &policy);

		if (policy != NULL)
		{
			if (*policy == BAD_TEXT_ERROR || *policy == BAD_TEXT_LATIN1)
				return refuse_escape(context, p);
			if (out.data == NULL)
				initStringInfo(&out);
			appendBinaryStringInfo(&out, done, (int) (p - done));
			if (*policy == BAD_TEXT_REPLACE)
				appendStringInfoString(&out, "\\ufffd");
			done = p + length;
		}
		p += length;
	}
	if (out.data == NULL)
		return true;
	appendBinaryStringInfo(&out, done, (int) (end - done));
	context->converted++;
	*text = out.data;
	return true;
}

/* The input function's own verdict, as a soft error. */
static bool
parse_json(DecodeContext *context, char *text, Datum *datum)
{
	if (mm_input_softly(context, text, datum))
		return true;
	strlcpy(context->error->hint,
			"Set the option \"bad_json\" to \"replace\" for NULL, or the option \"json\" to \"text\".",
			sizeof(context->error->hint));
	return false;
}

bool
mm_decode_json(DecodeContext *context, const WireValue *value,
			   Datum *datum, bool *isnull)
{
	const char *bytes = value->bytes;
	Size length = value->len;
	char *text;

	if (context->local_type != JSONBOID && context->local_type != JSONOID)
		return mm_decode_text(context, value, datum, isnull);
	if (!mm_text_clean(context, &bytes, &length))
		return false;
	text = palloc_extended(length + 1, MCXT_ALLOC_HUGE);
	memcpy(text, bytes, length);
	text[length] = '\0';
	if (context->local_type == JSONBOID && !clean_escapes(context, &text))
		return false;
	if (parse_json(context, text, datum))
		return true;
	if (context->policies->json == BAD_TEXT_ERROR)
		return false;
	context->converted++;
	*isnull = true;
	return true;
}
