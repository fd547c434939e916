/*
 * src/fdw/deparse.h
 *		How a foreign scan is said in MySQL's SQL.
 */
#ifndef MM_FDW_DEPARSE_H
#define MM_FDW_DEPARSE_H

#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "nodes/bitmapset.h"
#include "types/type_map.h"
#include "utils/rel.h"

/* What a foreign table stands for. */
typedef struct RemoteRelation
{
	ForeignTable *table;
	ForeignServer *server;
	const char *database; /* NULL with query */
	const char *name;
	const char *query; /* option "query", or NULL */
} RemoteRelation;

extern RemoteRelation *mm_deparse_relation(Oid foreign_table);

/* The remote name of a column: its option column_name, or its own name. */
extern const char *mm_deparse_column_name(Oid foreign_table, TupleDesc desc,
										  AttrNumber attnum);

/* The policies for each column of `attnums` (of int), over the table's. */
extern const ValuePolicies **mm_deparse_policies(Oid foreign_table,
												 const List *attnums,
												 const ValuePolicies *policies);

/* "FROM `db`.`table`", or "FROM (query) AS ..." */
extern void mm_deparse_from(StringInfo sql, const RemoteRelation *remote);

/*
 * SELECT of the columns in `used` (offset by FirstLowInvalidHeapAttributeNumber,
 * as pull_varattnos gives them; a whole-row reference stands for all) up to
 * and including FROM.  *attnums: List of int, which result column is which.
 */
extern void mm_deparse_select(StringInfo sql, const RemoteRelation *remote,
							  Relation relation, const Bitmapset *used,
							  List **attnums);

#endif /* MM_FDW_DEPARSE_H */
