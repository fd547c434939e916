/*
 * src/types/input.c
 *		The local type's input function, whose error is an answer and no end.
 *
 * The functions of the server's own types hold nothing when they raise, so an
 * error of theirs is caught and that is all.  Those of domains and of other
 * people's types may have done anything: who wants to go on after an error of
 * theirs calls them in a subtransaction.  Who will raise it anyway needs none,
 * which is as well for foreign tables: there is no subtransaction while
 * parallel workers run.
 */
#include "postgres.h"

#include "access/transam.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "fmgr.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif
#include "types/decode.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

struct InputFunction
{
	FmgrInfo function;
	Oid parameter;
	bool is_builtin;
};

static InputFunction *
look_up(DecodeContext *context)
{
	Oid type = context->local_type;
	InputFunction *input = MemoryContextAllocZero(context->state_context,
												  sizeof(InputFunction));
	Oid function;

	getTypeInputInfo(type, &function, &input->parameter);
	fmgr_info_cxt(function, &input->function, context->state_context);
	input->is_builtin = type < FirstNormalObjectId;
	return input;
}

static void
take_error(DecodeError *to, const ErrorData *from)
{
	to->sqlerrcode = from->sqlerrcode;
	mm_decode_clip(to->message, sizeof(to->message), from->message);
	mm_decode_clip(to->detail, sizeof(to->detail),
				   from->detail ? from->detail : "");
	mm_decode_clip(to->hint, sizeof(to->hint), from->hint ? from->hint : "");
}

/*
 * A cancel, or no memory, is no fault of the value.  Other people's functions
 * tell of bad values by elog().
 */
static bool
is_value_error(const ErrorData *error, bool is_builtin)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return (error->sqlerrcode == ERRCODE_INTERNAL_ERROR && !is_builtin) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_RAISE_EXCEPTION);
}

/* Raises, or from 16 on may also return false. */
static bool
call(DecodeContext *context, char *text, Datum *datum)
{
	InputFunction *input = context->input;
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext save = {T_ErrorSaveContext};

	save.details_wanted = true;
	if (InputFunctionCallSafe(&input->function, text, input->parameter,
							  context->local_typmod, (Node *) &save, datum))
		return true;
	take_error(context->error, save.error_data);
	return false;
#else
	*datum = InputFunctionCall(&input->function, text, input->parameter,
							   context->local_typmod);
	return true;
#endif
}

static bool
try_plainly(DecodeContext *context, char *text, Datum *datum)
{
	MemoryContext memory = CurrentMemoryContext;
	volatile bool ok = false;

	PG_TRY();
	{
		ok = call(context, text, datum);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(memory);
		error = CopyErrorData();
		FlushErrorState();
		if (!is_value_error(error, true))
			ReThrowError(error);
		take_error(context->error, error);
	}
	PG_END_TRY();
	return ok;
}

typedef struct Call
{
	DecodeContext *context;
	char *text;
	Datum *datum;
	bool ok;
} Call;

static void
make_call(void *arg)
{
	Call *made = arg;

	made->ok = call(made->context, made->text, made->datum);
}

static bool
try_in_subtransaction(DecodeContext *context, char *text, Datum *datum)
{
	Call made = {context, text, datum, false};
	ErrorData *error = mm_transaction_try(make_call, &made);

	if (error == NULL)
		return made.ok;
	if (!is_value_error(error, false))
		ReThrowError(error);
	take_error(context->error, error);
	return false;
}

bool
mm_input_softly(DecodeContext *context, char *text, Datum *datum)
{
	if (context->input == NULL)
		context->input = look_up(context);
	if (context->input->is_builtin || context->raises)
		return try_plainly(context, text, datum);
	return try_in_subtransaction(context, text, datum);
}
