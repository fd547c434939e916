/*
 * src/load/chunk_internal.h
 *		What the files about chunks share and nobody else sees.
 */
#ifndef MM_LOAD_CHUNK_INTERNAL_H
#define MM_LOAD_CHUNK_INTERNAL_H

#include "lib/stringinfo.h"
#include "load/chunk.h"

/* How a value that MySQL sent becomes a literal. */
typedef enum LiteralForm
{
	LITERAL_NUMBER, /* 17 */
	LITERAL_STRING, /* '2026-01-31'; digits and letters only */
	LITERAL_BYTES,	/* X'0aff' */
	LITERAL_TEXT	/* _utf8mb4 X'c3a4', or in the column's character set */
} LiteralForm;

typedef enum Comparison
{
	COMPARE_BELOW,
	COMPARE_UP_TO,
	COMPARE_EQUAL,
	COMPARE_FROM,
	COMPARE_ABOVE
} Comparison;

/*
 * An SQL expression for a value about half-way between two literals of the
 * same column, or NULL when there is none.  It need not exist, nor be valid,
 * nor lie between them: it is where to look for a key.
 */
typedef char *(*MiddleOf)(const RemoteColumn *column, const char *low,
						  const char *high);

typedef struct KeyKind
{
	const char *data_type;
	const char *expression; /* what is selected; NULL: the column itself */
	LiteralForm form;
	MiddleOf middle; /* NULL: none can be told */
} KeyKind;

/* NULL: a column of this type cannot be walked by. */
extern const KeyKind *mm_chunk_kind(const RemoteColumn *column);

/* The literals of a bound, one per key column. */
extern char **mm_chunk_literals(const ChunkKey *key, const char *bound);

/* The same comparison along a column that goes the other way. */
extern Comparison mm_chunk_along(const ChunkKey *key, int column,
								 Comparison comparison);

extern void mm_chunk_append_comparison(StringInfo out,
									   const RemoteColumn *column,
									   Comparison comparison,
									   const char *literal);

extern char *mm_chunk_key_at(WireConn *conn, const RemoteTable *table,
							 const ChunkKey *key, const char *condition,
							 bool descending, uint64 offset);

/* The middle of two literals of text or bytes. */
extern char *mm_chunk_middle_of_bytes(const RemoteColumn *column,
									  const char *low, const char *high);
extern char *mm_chunk_middle_of_text(const RemoteColumn *column,
									 const char *low, const char *high);

#endif /* MM_LOAD_CHUNK_INTERNAL_H */
