/*
 * src/types/canonical_text.h
 *		The local halves of the checksum texts, one per meaning.
 *
 * All follow CanonicalText.  The type of the Datum may be any that the column
 * was loaded into; where it is not the natural one, the text of its output
 * function stands in.
 */
#ifndef MM_TYPES_CANONICAL_TEXT_H
#define MM_TYPES_CANONICAL_TEXT_H

#include "types/type_map.h"

/*
 * Room for so many bytes at the end of a text, where they are written at once;
 * mm_text_end tells where they ended.  A row's checksum is made of little else.
 */
static inline char *
mm_text_reserve(StringInfo out, int size)
{
	if (unlikely(out->maxlen - out->len <= size))
		enlargeStringInfo(out, size);
	return out->data + out->len;
}

static inline void
mm_text_end(StringInfo out, char *end)
{
	*end = '\0';
	out->len = (int) (end - out->data);
}

extern void mm_canonical_integer(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_decimal(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_float(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_bit(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_temporal(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_time(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_text(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_sum(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_set(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_json(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_geometry(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_vector(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_inet(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_uuid(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern void mm_canonical_value(StringInfo out, Datum value, Oid type, const ColumnType *column);

/* One that writes the same, and knows the local type beforehand. */
extern CanonicalText mm_canonical_of_type(CanonicalText canonical, Oid type);

/* The one that says SHA-256 where this one says CRC-32; often the same. */
extern CanonicalText mm_canonical_by_digest(CanonicalText canonical);

/*
 * A value of unbounded size as people see it: whole, in hexadecimal if it is
 * bytes, up to so many bytes; else its begin, its length and its SHA-256.
 */
#define CANONICAL_SHOWN_TEXT  1000
#define CANONICAL_SHOWN_BYTES 500
#define CANONICAL_EXCERPT	  100
extern void mm_canonical_excerpt(StringInfo out, Datum value, Oid type, const ColumnType *column);
extern bool mm_canonical_is_bytes(const ColumnType *column);

#endif /* MM_TYPES_CANONICAL_TEXT_H */
