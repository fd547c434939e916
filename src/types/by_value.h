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

extern char *mm_by_value_local(ByValue *column, Datum value);

/*
 * The same text of a value of MySQL's; NULL: it is NULL here.  What cannot be
 * here at all is equal to nothing: it is shown as MySQL has it.
 */
extern char *mm_by_value_remote(ByValue *column, const WireField *field,
								const WireValue *value);

#endif /* MM_TYPES_BY_VALUE_H */
