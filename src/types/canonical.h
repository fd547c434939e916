/*
 * src/types/canonical.h
 *		The checksum text of a row, on each side, from the same type table.
 *
 * The text of a row is the canonical texts of its columns joined with '#';
 * then the length of each that may hold a '#' itself, but for the last of
 * those; then one '0' or '1' per column for "is NULL" (a NULL column's own
 * text is empty), '-' for a column that stays out of it.  So no two rows have
 * the same text.  Both sides compute CRC-32 (zlib's, MySQL's CRC32()) of it.
 * Columns of unbounded size enter as "length:crc32" of their bytes, so that
 * no text ever exceeds max_allowed_packet, beyond which MySQL's CONCAT gives
 * NULL; where more is asked for, as "length:sha256" (half of it).
 */
#ifndef MM_TYPES_CANONICAL_H
#define MM_TYPES_CANONICAL_H

#include "access/attnum.h"
#include "types/by_value.h"
#include "types/type_map.h"

typedef struct CanonicalColumn
{
	const ColumnType *type;
	const TypeRule *rule; /* of the type */
	const char *remote_name;
	AttrNumber attnum; /* in the local tuple */
	Oid local_type;
	ByValue *by_value; /* not NULL: it stays out of the checksum */
	bool not_null;	   /* in MySQL */
	bool by_digest;	   /* as the rows are: large values enter by their SHA-256 */

	bool has_length; /* by mm_canonical_prepare: at the end of the row's text */
} CanonicalColumn;

/*
 * Does MySQL know the text of the column's values in this local type?  If not,
 * the caller sets by_value, and compares the values, NULL among them, so.
 */
extern bool mm_canonical_is_known(const ColumnType *type, Oid local_type);

/* The rest of each column, once all are there. */
extern void mm_canonical_prepare(int ncolumns, CanonicalColumn *columns);

/* May its text hold what separates columns? */
extern bool mm_canonical_is_open(const CanonicalColumn *column);

/* MySQL expression: canonical text of the row (never NULL). */
extern char *mm_canonical_remote_text(int ncolumns,
									  const CanonicalColumn *columns,
									  const ValuePolicies *policies);

/* MySQL expression: CRC32 of that text. */
extern char *mm_canonical_remote_crc(int ncolumns,
									 const CanonicalColumn *columns,
									 const ValuePolicies *policies);

/*
 * MySQL expressions: the value of a column as the policies left it, NULL where
 * they make it NULL; the canonical text of such an expression.
 */
extern char *mm_canonical_remote_value(const CanonicalColumn *column,
									   const ValuePolicies *policies);
extern char *mm_canonical_remote_value_text(const CanonicalColumn *column,
											const ValuePolicies *policies,
											const char *value);

/* MySQL expression: canonical text of one column, NULL for NULL. */
extern char *mm_canonical_remote_column(const CanonicalColumn *column,
										const ValuePolicies *policies);

/* The same text from local Datums, appended to out. */
extern void mm_canonical_local_text(StringInfo out, const Datum *values,
									const bool *isnull, int ncolumns,
									const CanonicalColumn *columns);

/* What writes the text of the column's values. */
extern CanonicalText mm_canonical_local(const CanonicalColumn *column);

/* A value for people; the same only where the canonical texts are the same. */
extern char *mm_canonical_remote_shown(const CanonicalColumn *column,
									   const ValuePolicies *policies);
extern char *mm_canonical_local_shown(Datum value,
									  const CanonicalColumn *column);

/*
 * A canonical text as both servers read the value, and people too: digits
 * instead of bits, an address instead of its bytes.
 */
extern char *mm_canonical_shown(const ColumnType *type, const char *text);

extern uint32 mm_canonical_crc(const char *bytes, Size len);

#endif /* MM_TYPES_CANONICAL_H */
