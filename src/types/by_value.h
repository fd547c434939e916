/*
 * src/types/by_value.h
 *		Values that are compared as what they are here, not by a text that both
 *		sides make.
 *
 * MySQL cannot say how a jsonb, or any type of the user's own choice, looks
 * here.  Its value is read as the loader reads it, and the two texts of the
 * local type's output function are compared.
 */
#ifndef MM_TYPES_BY_VALUE_H
#define MM_TYPES_BY_VALUE_H

#include "types/type_map.h"

typedef struct ByValue ByValue;

/* Lives in `context`. */
extern ByValue *mm_by_value_create(const ColumnType *type,
								   const ValuePolicies *policies,
								   Oid local_type, int32 local_typmod,
								   MemoryContext context);

/*
 * A value that is made here of several fields: `select` is what stands in the
 * SELECT list for them, `text` gives the text of the value they come to.
 */
typedef char *(*ComputedText)(void *state, const WireField *fields,
							  const WireValue *values);
extern ByValue *mm_by_value_computed(Oid local_type, const char *select,
									 int nfields, ComputedText text,
									 void *state, MemoryContext context);

/* What stands in a SELECT list for a column, and how many fields that is. */
extern const char *mm_by_value_select(const ByValue *column,
									  const ColumnType *type,
									  const char *remote_name);
extern int mm_by_value_nfields(const ByValue *column);

extern char *mm_by_value_local(ByValue *column, Datum value);

/*
 * The same text of a value of MySQL's; NULL: it is NULL here.  What cannot be
 * here at all is equal to nothing: it is shown as MySQL has it.  `field` and
 * `value` are the first of the column's.
 */
extern char *mm_by_value_remote(ByValue *column, const WireField *field,
								const WireValue *value);

#endif /* MM_TYPES_BY_VALUE_H */
