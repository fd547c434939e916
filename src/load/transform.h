/*
 * src/load/transform.h
 *		SQL expressions over a remote row: what a rule "using" asks for.
 *
 * An expression names the columns of the remote row, by their remote or local
 * names; "value" is the column that it belongs to, unless the table has a
 * column of that name.  A column has the type there that holds every value of
 * its MySQL type, whatever the data decided and other rules say: tinyint(1) is
 * smallint, an enum is text, time is interval, unsigned bigint is numeric.
 */
#ifndef MM_LOAD_TRANSFORM_H
#define MM_LOAD_TRANSFORM_H

#include "access/tupdesc.h"
#include "nodes/nodes.h"
#include "source/remote_catalog.h"

/* The columns that expressions name; input i is attribute i + 1 of a Var. */
typedef struct TransformInputs
{
	const RemoteTable *table;
	int ncolumns;
	const RemoteColumn **columns; /* room for all of the table's */
	ColumnType *types;
	Oid *oids;
	int32 *typmods;
} TransformInputs;

extern TransformInputs *mm_transform_inputs(const RemoteTable *table);

/* The inputs so far as a row type. */
extern TupleDesc mm_transform_desc(const TransformInputs *inputs);

/*
 * The transform of a column as an expression tree, planned, ready for
 * ExecInitExpr; coerced to `type` unless that is InvalidOid.  Its inputs join
 * *inputs.  Raises with the column and the expression as context.
 */
extern Node *mm_transform_compile(TransformInputs *inputs,
								  const RemoteColumn *column, Oid type,
								  int32 typmod);

/*
 * Only the syntax: is this one expression?  Raises 42601 with a hint.  Nothing
 * is looked up.
 */
extern void mm_transform_check_syntax(const char *expression);

#endif /* MM_LOAD_TRANSFORM_H */
