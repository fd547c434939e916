/*
 * src/load/transform_value.h
 *		Values that a rule's expression made, compared with MySQL's rows.
 */
#ifndef MM_LOAD_TRANSFORM_VALUE_H
#define MM_LOAD_TRANSFORM_VALUE_H

#include "source/remote_catalog.h"
#include "types/by_value.h"

/*
 * The expression is applied here to the remote row, and the texts of both
 * results are compared.  NULL: it is volatile, so that it never gives the same
 * value twice.  Lives in the current memory context.
 */
extern ByValue *mm_transform_value_create(const RemoteTable *table,
										  const RemoteColumn *column,
										  const ValuePolicies *policies,
										  Oid local_type, int32 local_typmod);

#endif /* MM_LOAD_TRANSFORM_VALUE_H */
