/*
 * src/types/row_decoder.h
 *		A WireRow into Datums; used by fdw/ and load/ alike.
 */
#ifndef MM_TYPES_ROW_DECODER_H
#define MM_TYPES_ROW_DECODER_H

#include "access/tupdesc.h"
#include "types/type_map.h"

/* Which result column goes where. */
typedef struct DecodeTarget
{
	const ColumnType *type;		   /* NULL: known from the result field alone */
	const char *name;			   /* remote column, for messages */
	AttrNumber attnum;			   /* local attribute it fills */
	const ValuePolicies *policies; /* its own; NULL: those of all */
} DecodeTarget;

typedef struct RowDecoder RowDecoder;

/*
 * Field i of the result goes to targets[i].  The local types in `desc` decide:
 * where one differs from the rule's natural type, the value is rendered as
 * text and goes through the local type's input function.  Lives in `context`.
 * Raises for combinations that can never work.
 */
extern RowDecoder *mm_row_decoder_create(TupleDesc desc, int ntargets,
										 const DecodeTarget *targets,
										 const WireField *fields,
										 const ValuePolicies *policies,
										 MemoryContext context);

/* The caller raises every error it gets: values cost no subtransactions. */
extern void mm_row_decoder_will_raise(RowDecoder *decoder);

/*
 * Fills values[]/isnull[] (indexed by attnum - 1; attributes without a target
 * are left alone).  By-reference Datums live in the current memory context.
 * Returns false with error filled and *column set to the target's index.
 */
extern bool mm_row_decode(RowDecoder *decoder, const WireRow *row,
						  Datum *values, bool *isnull,
						  DecodeError *error, int *column);

/*
 * A single value of a column, for a local type.  Lives in `context`; what it
 * gives is in the current memory context.
 */
typedef struct ValueDecoder ValueDecoder;
extern ValueDecoder *mm_value_decoder_create(const ColumnType *type,
											 const ValuePolicies *policies,
											 Oid local_type,
											 int32 local_typmod,
											 MemoryContext context);

/* Not for NULL; returns false with *error filled. */
extern bool mm_value_decode(ValueDecoder *decoder, const WireField *field,
							const WireValue *value, Datum *datum,
							bool *isnull, DecodeError *error);

/* Values of target i that a policy changed (zero dates, stripped NULs). */
extern uint64 mm_row_decoder_converted(const RowDecoder *decoder, int target);

/* Turn a DecodeError into an ereport(ERROR) that names the column. */
extern void mm_decode_error_raise(const DecodeError *error, const char *table,
								  const char *column);

#endif /* MM_TYPES_ROW_DECODER_H */
