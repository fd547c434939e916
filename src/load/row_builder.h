/*
 * src/load/row_builder.h
 *		Remote rows of a table into local ones: which columns are read, where
 *		each goes, and what becomes of it on the way.
 *
 * The one place that knows how a plan's columns (skipped, generated here,
 * transformed) meet the columns of the local table.
 */
#ifndef MM_LOAD_ROW_BUILDER_H
#define MM_LOAD_ROW_BUILDER_H

#include "access/attnum.h"
#include "source/remote_catalog.h"
#include "types/type_map.h"
#include "utils/relcache.h"

typedef struct RowBuilder RowBuilder;

/*
 * What transforms work on, between decoding and the local row: the remote row
 * in the types that hold every value.  Arrays of mm_row_builder_ninputs().
 */
typedef struct RowInputs
{
	Datum *values;
	bool *isnull;
} RowInputs;

/*
 * In the current memory context.  Raises when a column has nowhere to go, or
 * a local column that must not be NULL is filled by nothing.
 */
extern RowBuilder *mm_row_builder_create(const RemoteTable *table,
										 Relation relation);

/* The local attributes that get a value. */
extern int mm_row_builder_attnums(const RowBuilder *builder,
								  const AttrNumber **attnums);
extern int mm_row_builder_ninputs(const RowBuilder *builder);

/*
 * "`a`, `b`": what stands after SELECT; never empty.  Whoever adds to it finds
 * his fields behind the builder's.
 */
extern char *mm_row_builder_select(const RowBuilder *builder);
extern int mm_row_builder_nfields(const RowBuilder *builder);

/* The stream is open, its fields are known; compiles the transforms. */
extern void mm_row_builder_open(RowBuilder *builder, const WireField *fields,
								const ValuePolicies *policies);

/*
 * Decode a row: values[] and isnull[] (by attnum - 1) of what needs no
 * transform, and the inputs of the rest.  Datums live in the current memory
 * context.  Returns false with *error, *column and *field filled in.
 */
extern bool mm_row_builder_decode(RowBuilder *builder, const WireRow *row,
								  Datum *values, bool *isnull,
								  RowInputs *inputs, DecodeError *error,
								  const RemoteColumn **column, int *field);

/* The rest of the values; raises what the expressions raise. */
extern void mm_row_builder_transform(RowBuilder *builder,
									 const RowInputs *inputs, Datum *values,
									 bool *isnull);

/*
 * After a transform raised and its subtransaction was rolled back.  And at
 * the end, when all went well.
 */
extern void mm_row_builder_recover(RowBuilder *builder);
extern void mm_row_builder_close(RowBuilder *builder);

/* The column whose transform is running, or NULL: for error messages. */
extern const RemoteColumn *mm_row_builder_current(const RowBuilder *builder);

/* The number of a column among the inputs, or -1: it is none. */
extern int mm_row_builder_input(const RowBuilder *builder,
								const RemoteColumn *column);

/* The number of a column's field in the rows, or -1: it is not read. */
extern int mm_row_builder_field(const RowBuilder *builder,
								const RemoteColumn *column);

/* Values of a column that a policy changed. */
extern uint64 mm_row_builder_converted(const RowBuilder *builder,
									   const RemoteColumn *column);

#endif /* MM_LOAD_ROW_BUILDER_H */
