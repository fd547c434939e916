/*
 * src/base/ident.c
 *		Quoting, case folding and clipping of names and literals, for both
 *		dialects.
 */
#include "postgres.h"

#include "base/ident.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* "_" and eight hex digits. */
#define HASH_TAIL_BYTES 9

/*
 * mm_quote_remote_ident
 *		`name`, with backticks doubled.
 */
char *
mm_quote_remote_ident(const char *name)
{
	char *out = palloc(2 * strlen(name) + 3);
	char *p = out;

	*p++ = '`';
	for (; *name != '\0'; name++)
	{
		if (*name == '`')
			*p++ = '`';
		*p++ = *name;
	}
	*p++ = '`';
	*p = '\0';
	return out;
}

/*
 * quote_bytes
 *		X'..'
 */
static char *
quote_bytes(const char *bytes, Size len)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out;
	char *p;

	if (len > (MaxAllocSize - 4) / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value is too long for a remote literal"),
				 errdetail("It has %zu bytes; at most %zu can be sent.",
						   len, (Size) (MaxAllocSize - 4) / 2)));

	p = out = palloc(len * 2 + 4);
	*p++ = 'X';
	*p++ = '\'';
	for (Size i = 0; i < len; i++)
	{
		*p++ = digits[(unsigned char) bytes[i] >> 4];
		*p++ = digits[(unsigned char) bytes[i] & 0x0f];
	}
	*p++ = '\'';
	*p = '\0';
	return out;
}

/*
 * mm_quote_remote_literal
 *		A string literal that means the same under every sql_mode.
 *
 * Whether a backslash or a doubled quote escapes something depends on the
 * sql_mode, so text with either never goes between quotes.
 */
char *
mm_quote_remote_literal(const char *text)
{
	bool is_plain = true;
	char *utf8;
	char *hex;
	char *out;

	for (const unsigned char *p = (const unsigned char *) text; *p != 0; p++)
	{
		if (*p < 0x20 || *p > 0x7e || *p == '\'' || *p == '\\')
		{
			is_plain = false;
			break;
		}
	}
	if (is_plain)
		return psprintf("'%s'", text);

	utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);
	hex = quote_bytes(utf8, strlen(utf8));
	out = psprintf("_utf8mb4 %s", hex);
	pfree(hex);
	if (utf8 != text)
		pfree(utf8);
	return out;
}

/*
 * mm_quote_local_name
 *		A PostgreSQL name as SQL text; `schema` may be NULL.
 */
char *
mm_quote_local_name(const char *schema, const char *name)
{
	return quote_qualified_identifier(schema, name);
}

/*
 * mm_quote_local_relation
 *		The same of a relation that exists, with its schema.
 */
char *
mm_quote_local_relation(Oid relation)
{
	return mm_quote_local_name(get_namespace_name(get_rel_namespace(relation)),
							   get_rel_name(relation));
}

/*
 * mm_quote_local_literal
 *		A PostgreSQL string literal.
 */
char *
mm_quote_local_literal(const char *text)
{
	return quote_literal_cstr(text);
}

/*
 * snake_case
 *		"OrderLine" -> "Order_Line", "HTTPServer" -> "HTTP_Server"; blanks and
 *		punctuation become "_".  Case is left for the folding that follows.
 */
static char *
snake_case(const char *name)
{
	StringInfoData out;
	char last = '_';

	initStringInfo(&out);
	for (const char *p = name; *p != '\0'; p++)
	{
		char c = *p;
		bool is_upper = c >= 'A' && c <= 'Z';

		if (!IS_HIGHBIT_SET(c) && !is_upper && c != '_' && c != '$' &&
			!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			c = '_';
		if (is_upper && last != '_')
		{
			bool after_lower = !(last >= 'A' && last <= 'Z');
			bool before_lower = p[1] >= 'a' && p[1] <= 'z';

			if (after_lower || before_lower)
				appendStringInfoChar(&out, '_');
		}
		/* A blank next to an underscore adds nothing. */
		if (c != *p && last == '_' && out.len > 0)
			continue;
		appendStringInfoChar(&out, c);
		last = c;
	}
	return out.data;
}

/*
 * mm_ident_fold
 *		The local spelling of a remote name, before clipping and collisions.
 *
 * Folds exactly as PostgreSQL's own scanner does, so that the name can be
 * typed without quotes afterwards.
 */
char *
mm_ident_fold(const char *name, IdentifierMode mode)
{
	char *words;
	char *folded;

	switch (mode)
	{
		case IDENT_LOWER:
			return downcase_identifier(name, strlen(name), false, false);
		case IDENT_KEEP:
			return pstrdup(name);
		case IDENT_SNAKE:
			words = snake_case(name);
			folded = downcase_identifier(words, strlen(words), false, false);
			pfree(words);
			return folded;
	}
	elog(ERROR, "unknown identifier mode %d", (int) mode);
	return NULL; /* keep the compiler quiet */
}

/*
 * name_hash
 *		FNV-1a: the same on every machine, so that a rehearsal elsewhere gives
 *		the same names.
 */
static uint32
name_hash(const char *name)
{
	uint32 hash = 2166136261u;

	for (const unsigned char *p = (const unsigned char *) name; *p != 0; p++)
		hash = (hash ^ *p) * 16777619u;
	return hash;
}

/*
 * mm_ident_clip
 *		A name of at most NAMEDATALEN - 1 bytes.
 */
char *
mm_ident_clip(const char *name)
{
	int len = strlen(name);
	int kept;

	if (len < NAMEDATALEN)
		return pstrdup(name);
	kept = pg_mbcliplen(name, len, NAMEDATALEN - 1 - HASH_TAIL_BYTES);
	return psprintf("%.*s_%08x", kept, name, name_hash(name));
}

/*
 * mm_ident_is_system_column
 *		Has every PostgreSQL table a column of this name already?
 */
bool
mm_ident_is_system_column(const char *name)
{
	static const char *const names[] = {"ctid", "xmin", "xmax",
										"cmin", "cmax", "tableoid"};

	for (int i = 0; i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}
