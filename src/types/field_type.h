/*
 * src/types/field_type.h
 *		The type of a column that is in no catalog: of a query's result.
 */
#ifndef MM_TYPES_FIELD_TYPE_H
#define MM_TYPES_FIELD_TYPE_H

#include "types/type_map.h"

/* What a result field alone tells about its type; palloc'ed. */
extern ColumnType *mm_type_of_field(const WireField *field);

#endif /* MM_TYPES_FIELD_TYPE_H */
