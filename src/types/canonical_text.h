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

#endif /* MM_TYPES_CANONICAL_TEXT_H */
