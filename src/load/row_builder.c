/*
 * src/load/row_builder.c
 *		Remote rows of a table into local ones.
 *
 * A row of the stream has two parts: the columns that go straight into the
 * local table, and those that transforms work on.  Each part has a decoder of
 * its own, since the local type decides in the first, and the type that holds
 * every value in the second.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "executor/executor.h"
#include "load/row_builder.h"
#include "load/transform.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* A column whose value is computed here. */
typedef struct Computed
{
	const RemoteColumn *column;
	AttrNumber attnum;
	Node *tree;
} Computed;

struct RowBuilder
{
	const RemoteTable *table;
	TupleDesc desc; /* of the local table */
	MemoryContext context;
	int ndirect;
	const RemoteColumn **direct;
	DecodeTarget *targets;
	int ncomputed;
	Computed *computed;
	TransformInputs *inputs;
	int nattnums; /* direct ones, then computed ones */
	AttrNumber *attnums;

	/* Once the stream is open. */
	MemoryContext stream_context; /* of all that follows */
	RowDecoder *decoder;
	RowDecoder *input_decoder;
	MemoryContext execution_context; /* of the next three */
	EState *estate;
	ExprContext *econtext;
	ExprState **states;
	const RemoteColumn *current;
};

/* ---------------------------------------------------------------- columns */

static bool
is_read(const RemoteColumn *column)
{
	return !column->is_skipped && !column->is_generated_here;
}

/* The local attribute of a remote column; raises when there is none. */
static AttrNumber
local_attribute(const RowBuilder *builder, Relation relation,
				const RemoteColumn *column)
{
	AttrNumber attnum = get_attnum(RelationGetRelid(relation),
								   column->local_name);

	if (attnum <= InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("table \"%s\" has no column \"%s\"",
						RelationGetRelationName(relation), column->local_name),
				 errdetail("MySQL column \"%s\" of table \"%s.%s\" has nowhere to go.",
						   column->name, builder->table->schema,
						   builder->table->name),
				 errhint("Add the column, or skip it with a rule.")));
	return attnum;
}

static bool
is_filled(const RowBuilder *builder, Form_pg_attribute attribute)
{
	for (int i = 0; i < builder->nattnums; i++)
	{
		if (builder->attnums[i] == attribute->attnum)
			return true;
	}
	return attribute->attisdropped || attribute->attgenerated != '\0' ||
		   attribute->atthasdef || attribute->attidentity != '\0' ||
		   !attribute->attnotnull;
}

/* A NOT NULL column that nothing fills would fail at the first row. */
static void
check_unfilled_columns(const RowBuilder *builder, Relation relation)
{
	for (int i = 0; i < builder->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(builder->desc, i);

		if (!is_filled(builder, attribute))
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("column \"%s\" of table \"%s\" would stay empty",
							NameStr(attribute->attname),
							RelationGetRelationName(relation)),
					 errdetail("It is NOT NULL, has no default, and MySQL table \"%s.%s\" has no such column.",
							   builder->table->schema, builder->table->name),
					 errhint("Give the column a default, or drop NOT NULL.")));
	}
}

static void
add_direct(RowBuilder *builder, const RemoteColumn *column, AttrNumber attnum)
{
	DecodeTarget *target = &builder->targets[builder->ndirect];

	target->type = &column->type;
	target->name = column->name;
	target->attnum = attnum;
	builder->direct[builder->ndirect++] = column;
}

static void
add_computed(RowBuilder *builder, const RemoteColumn *column,
			 AttrNumber attnum)
{
	Computed *computed = &builder->computed[builder->ncomputed++];
	Form_pg_attribute attribute = TupleDescAttr(builder->desc, attnum - 1);

	computed->column = column;
	computed->attnum = attnum;
	computed->tree = mm_transform_compile(builder->inputs, column,
										  attribute->atttypid,
										  attribute->atttypmod);
}

static void
match_columns(RowBuilder *builder, Relation relation)
{
	ListCell *cell;

	foreach(cell, builder->table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		AttrNumber attnum;

		if (!is_read(column))
			continue;
		attnum = local_attribute(builder, relation, column);
		if (TupleDescAttr(builder->desc, attnum - 1)->attgenerated != '\0')
			continue;
		if (column->transform != NULL)
			add_computed(builder, column, attnum);
		else
			add_direct(builder, column, attnum);
		builder->attnums[builder->nattnums++] = attnum;
	}
	check_unfilled_columns(builder, relation);
}

RowBuilder *
mm_row_builder_create(const RemoteTable *table, Relation relation)
{
	RowBuilder *builder = palloc0(sizeof(RowBuilder));
	int number = Max(list_length(table->columns), 1);

	builder->table = table;
	builder->desc = RelationGetDescr(relation);
	builder->context = CurrentMemoryContext;
	builder->direct = palloc(number * sizeof(RemoteColumn *));
	builder->targets = palloc0(number * sizeof(DecodeTarget));
	builder->computed = palloc0(number * sizeof(Computed));
	builder->attnums = palloc(number * sizeof(AttrNumber));
	builder->inputs = mm_transform_inputs(table);
	match_columns(builder, relation);
	return builder;
}

int
mm_row_builder_attnums(const RowBuilder *builder, const AttrNumber **attnums)
{
	*attnums = builder->attnums;
	return builder->nattnums;
}

int
mm_row_builder_ninputs(const RowBuilder *builder)
{
	return builder->inputs->ncolumns;
}

/* ---------------------------------------------------------------- the stream */

static void
append_column(StringInfo sql, const RemoteColumn *column,
			  const ColumnType *type)
{
	appendStringInfo(sql, "%s%s", sql->len > 0 ? ", " : "",
					 mm_type_select(type, mm_quote_remote_ident(column->name)));
}

char *
mm_row_builder_select(const RowBuilder *builder)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < builder->ndirect; i++)
		append_column(&sql, builder->direct[i], &builder->direct[i]->type);
	for (int i = 0; i < builder->inputs->ncolumns; i++)
		append_column(&sql, builder->inputs->columns[i],
					  &builder->inputs->types[i]);
	return sql.len > 0 ? sql.data : pstrdup("NULL");
}

int
mm_row_builder_nfields(const RowBuilder *builder)
{
	return Max(builder->ndirect + builder->inputs->ncolumns, 1);
}

static void
init_execution(RowBuilder *builder)
{
	MemoryContext old;

	builder->execution_context = AllocSetContextCreate(builder->stream_context,
													   "transforms",
													   ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(builder->execution_context);
	builder->estate = CreateExecutorState();
	builder->econtext = GetPerTupleExprContext(builder->estate);
	builder->econtext->ecxt_scantuple =
		MakeSingleTupleTableSlot(mm_transform_desc(builder->inputs),
								 &TTSOpsVirtual);
	builder->states = palloc(builder->ncomputed * sizeof(ExprState *));
	for (int i = 0; i < builder->ncomputed; i++)
		builder->states[i] = ExecInitExpr((Expr *) builder->computed[i].tree,
										  NULL);
	MemoryContextSwitchTo(old);
}

/*
 * mm_row_builder_recover
 *		A function may have stopped half-way and would go on there: the
 *		expressions begin anew, and nothing of the aborted run is called.
 */
void
mm_row_builder_recover(RowBuilder *builder)
{
	builder->current = NULL;
	if (builder->execution_context == NULL)
		return;
	MemoryContextDelete(builder->execution_context);
	init_execution(builder);
}

void
mm_row_builder_close(RowBuilder *builder)
{
	if (builder->execution_context != NULL)
		FreeExecutorState(builder->estate);
	builder->execution_context = NULL;
	if (builder->stream_context != NULL)
		MemoryContextDelete(builder->stream_context);
	builder->stream_context = NULL;
}

static void
open_inputs(RowBuilder *builder, const WireField *fields,
			const ValuePolicies *policies)
{
	TransformInputs *inputs = builder->inputs;
	TupleDesc desc = mm_transform_desc(inputs);
	DecodeTarget *targets = palloc0(Max(inputs->ncolumns, 1) *
									sizeof(DecodeTarget));

	for (int i = 0; i < inputs->ncolumns; i++)
	{
		targets[i].type = &inputs->types[i];
		targets[i].name = inputs->columns[i]->name;
		targets[i].attnum = i + 1;
	}
	builder->input_decoder = mm_row_decoder_create(desc, inputs->ncolumns,
												   targets, fields, policies,
												   builder->stream_context);
	init_execution(builder);
}

/*
 * mm_row_builder_open
 *		For a stream; one that was open before is forgotten.
 */
void
mm_row_builder_open(RowBuilder *builder, const WireField *fields,
					const ValuePolicies *policies)
{
	MemoryContext old;

	mm_row_builder_close(builder);
	builder->stream_context = AllocSetContextCreate(builder->context,
													"row builder",
													ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(builder->stream_context);
	builder->decoder = mm_row_decoder_create(builder->desc, builder->ndirect,
											 builder->targets, fields,
											 policies,
											 builder->stream_context);
	if (builder->ncomputed > 0)
		open_inputs(builder, fields + builder->ndirect, policies);
	MemoryContextSwitchTo(old);
}

/* ---------------------------------------------------------------- a row */

bool
mm_row_builder_decode(RowBuilder *builder, const WireRow *row, Datum *values,
					  bool *isnull, RowInputs *inputs, DecodeError *error,
					  const RemoteColumn **column, int *field)
{
	WireRow rest;

	if (!mm_row_decode(builder->decoder, row, values, isnull, error, field))
	{
		*column = builder->direct[*field];
		return false;
	}
	if (builder->ncomputed == 0)
		return true;
	rest.nvalues = row->nvalues - builder->ndirect;
	rest.values = row->values + builder->ndirect;
	if (!mm_row_decode(builder->input_decoder, &rest, inputs->values,
					   inputs->isnull, error, field))
	{
		*column = builder->inputs->columns[*field];
		*field += builder->ndirect;
		return false;
	}
	return true;
}

/*
 * mm_row_builder_transform
 *		Values that the expressions give live in the current memory context;
 *		what they need on the way does, too, until that is reset.
 */
void
mm_row_builder_transform(RowBuilder *builder, const RowInputs *inputs,
						 Datum *values, bool *isnull)
{
	TupleTableSlot *slot;

	if (builder->ncomputed == 0)
		return;
	ResetExprContext(builder->econtext);
	slot = builder->econtext->ecxt_scantuple;
	ExecClearTuple(slot);
	memcpy(slot->tts_values, inputs->values,
		   builder->inputs->ncolumns * sizeof(Datum));
	memcpy(slot->tts_isnull, inputs->isnull,
		   builder->inputs->ncolumns * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	for (int i = 0; i < builder->ncomputed; i++)
	{
		Computed *computed = &builder->computed[i];
		int n = computed->attnum - 1;

		builder->current = computed->column;
		values[n] = ExecEvalExpr(builder->states[i], builder->econtext,
								 &isnull[n]);
	}
	builder->current = NULL;
}

const RemoteColumn *
mm_row_builder_current(const RowBuilder *builder)
{
	return builder->current;
}

/* ---------------------------------------------------------------- questions */

int
mm_row_builder_input(const RowBuilder *builder, const RemoteColumn *column)
{
	for (int i = 0; i < builder->inputs->ncolumns; i++)
	{
		if (builder->inputs->columns[i] == column)
			return i;
	}
	return -1;
}

int
mm_row_builder_field(const RowBuilder *builder, const RemoteColumn *column)
{
	int n = mm_row_builder_input(builder, column);

	for (int i = 0; i < builder->ndirect; i++)
	{
		if (builder->direct[i] == column)
			return i;
	}
	return n < 0 ? -1 : builder->ndirect + n;
}

uint64
mm_row_builder_converted(const RowBuilder *builder,
						 const RemoteColumn *column)
{
	int n = mm_row_builder_field(builder, column);

	if (n < 0)
		return 0;
	return n < builder->ndirect ?
			   mm_row_decoder_converted(builder->decoder, n) :
			   mm_row_decoder_converted(builder->input_decoder,
										n - builder->ndirect);
}
