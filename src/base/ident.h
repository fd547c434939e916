/*
 * src/base/ident.h
 *		Quoting, case folding and clipping of names and literals, for both
 *		dialects.
 *
 * All results are palloc'ed in the current memory context.
 */
#ifndef MM_BASE_IDENT_H
#define MM_BASE_IDENT_H

#include "lib/stringinfo.h"

typedef enum IdentifierMode
{
	IDENT_LOWER, /* "OrderLine" -> "orderline" */
	IDENT_KEEP,	 /* as it is */
	IDENT_SNAKE	 /* "OrderLine" -> "order_line" */
} IdentifierMode;

/* `name`, with backticks doubled. */
extern char *mm_quote_remote_ident(const char *name);

/*
 * A MySQL string literal of text in the database encoding that means the same under every
 * sql_mode (NO_BACKSLASH_ESCAPES, ANSI_QUOTES) and connection charset:
 * plain '...' for harmless ASCII, else _utf8mb4 X'..'.
 */
extern char *mm_quote_remote_literal(const char *text);

/* A PostgreSQL name as SQL text, quoted only where needed. */
extern char *mm_quote_local_name(const char *schema, const char *name);
extern char *mm_quote_local_relation(Oid relation);
extern char *mm_quote_local_literal(const char *text);

/* The local spelling of a remote name, before clipping and collisions. */
extern char *mm_ident_fold(const char *name, IdentifierMode mode);

/*
 * A name of at most NAMEDATALEN - 1 bytes.  Longer ones are cut on a
 * character border and get "_" and eight hex digits of a hash of the whole
 * name, so that twins that differ only in their tail stay apart.
 */
extern char *mm_ident_clip(const char *name);

/* Has every PostgreSQL table a column of this name already? */
extern bool mm_ident_is_system_column(const char *name);

#endif /* MM_BASE_IDENT_H */
