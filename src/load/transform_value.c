/*
 * src/load/transform_value.c
 *		Values that a rule's expression made, compared with MySQL's rows.
 *
 * An expression that fails for a row is a value that cannot be here: the row
 * was rejected, and is told as missing or different.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "load/transform.h"
#include "load/transform_value.h"
#include "optimizer/optimizer.h"
#include "types/row_decoder.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

typedef struct TransformValue
{
	TransformInputs *inputs;
	Node *tree;
	ValueDecoder **decoders; /* per input */
	FmgrInfo output;
	MemoryContext context;
	MemoryContext execution_context; /* of the rest */
	EState *estate;
	ExprContext *econtext;
	ExprState *state;
} TransformValue;

static void
init_execution(TransformValue *value)
{
	MemoryContext old;

	value->execution_context = AllocSetContextCreate(value->context,
													 "transform to compare",
													 ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(value->execution_context);
	value->estate = CreateExecutorState();
	value->econtext = GetPerTupleExprContext(value->estate);
	value->econtext->ecxt_scantuple =
		MakeSingleTupleTableSlot(mm_transform_desc(value->inputs),
								 &TTSOpsVirtual);
	value->state = ExecInitExpr((Expr *) value->tree, NULL);
	MemoryContextSwitchTo(old);
}

/* What the inputs are here; false: one of them cannot be. */
static bool
decode_inputs(TransformValue *value, const WireField *fields,
			  const WireValue *values, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	for (int i = 0; i < value->inputs->ncolumns; i++)
	{
		DecodeError error;

		slot->tts_isnull[i] = values[i].is_null;
		if (!values[i].is_null &&
			!mm_value_decode(value->decoders[i], &fields[i], &values[i],
							 &slot->tts_values[i], &slot->tts_isnull[i],
							 &error))
			return false;
	}
	ExecStoreVirtualTuple(slot);
	return true;
}

static char *
evaluate(TransformValue *value)
{
	bool isnull;
	Datum datum = ExecEvalExpr(value->state, value->econtext, &isnull);

	return isnull ? NULL : OutputFunctionCall(&value->output, datum);
}

typedef struct Evaluation
{
	TransformValue *value;
	char *text; /* in the caller's memory context */
} Evaluation;

static void
evaluate_here(void *arg)
{
	Evaluation *evaluation = arg;

	PushActiveSnapshot(GetTransactionSnapshot());
	evaluation->text = evaluate(evaluation->value);
	PopActiveSnapshot();
}

/* An error is an answer. */
static bool
try_to_evaluate(TransformValue *value, char **text)
{
	Evaluation evaluation = {value};

	if (mm_transaction_try(evaluate_here, &evaluation) == NULL)
	{
		*text = evaluation.text;
		return true;
	}
	MemoryContextDelete(value->execution_context);
	init_execution(value);
	return false;
}

static char *
remote_text(void *state, const WireField *fields, const WireValue *values)
{
	TransformValue *value = state;
	char *text = NULL;

	ResetExprContext(value->econtext);
	if (!decode_inputs(value, fields, values,
					   value->econtext->ecxt_scantuple) ||
		!try_to_evaluate(value, &text))
		return pstrdup("not here");
	return text;
}

static char *
select_list(const TransformInputs *inputs)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < inputs->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "",
						 mm_type_select(&inputs->types[i],
										mm_quote_remote_ident(inputs->columns[i]->name)));
	return sql.len > 0 ? sql.data : pstrdup("NULL");
}

ByValue *
mm_transform_value_create(const RemoteTable *table,
						  const RemoteColumn *column,
						  const ValuePolicies *policies, Oid local_type,
						  int32 local_typmod)
{
	TransformValue *value = palloc0(sizeof(TransformValue));
	Oid function;
	bool is_varlena;

	value->context = CurrentMemoryContext;
	value->inputs = mm_transform_inputs(table);
	value->tree = mm_transform_compile(value->inputs, column, local_type,
									   local_typmod);
	if (contain_volatile_functions(value->tree))
		return NULL;
	value->decoders = palloc(Max(value->inputs->ncolumns, 1) *
							 sizeof(ValueDecoder *));
	for (int i = 0; i < value->inputs->ncolumns; i++)
		value->decoders[i] = mm_value_decoder_create(&value->inputs->types[i],
													 policies,
													 value->inputs->oids[i],
													 value->inputs->typmods[i],
													 value->context);
	getTypeOutputInfo(local_type, &function, &is_varlena);
	fmgr_info_cxt(function, &value->output, value->context);
	init_execution(value);
	return mm_by_value_computed(local_type, select_list(value->inputs),
								Max(value->inputs->ncolumns, 1), remote_text,
								value, value->context);
}
