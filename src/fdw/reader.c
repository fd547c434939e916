/*
 * src/fdw/reader.c
 *		One remote SELECT as a stream of decoded rows, in constant memory.
 *
 * The rows come unbuffered from the session's connection, which can carry one
 * stream only.  When another statement needs the connection, the session calls
 * drain_stream: the rest of the rows goes, decoded, into a tuplestore (work_mem,
 * then disk), and is read from there afterwards.
 *
 * States: not open -> streaming -> (drained ->) at end.  A drain that fails
 * half way leaves the reader broken, never short.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fdw/reader.h"
#include "miscadmin.h"
#include "source/session.h"
#include "types/row_decoder.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

typedef enum ReaderState
{
	READER_CLOSED,
	READER_STREAMING,
	READER_DRAINING,
	READER_DRAINED,
	READER_AT_END
} ReaderState;

struct RemoteReader
{
	ReaderRequest request;
	ReaderState state;
	RemoteSession *session;
	WireResult *result;
	RowDecoder *decoder;
	DecodeTarget *targets;
	uint64 nrows;				  /* read so far, for messages */
	MemoryContext context;		  /* the reader's own */
	MemoryContext stream_context; /* decoder; until restart */
	MemoryContext row_context;	  /* values of the current row */
	MemoryContext drain_context;  /* of each row on its way to the store */
	Tuplestorestate *store;
	TupleTableSlot *store_slot;
	ResourceOwner owner; /* of the store's temporary file */
	MemoryContextCallback on_reset;
};

/*
 * forget_on_reset
 *		Not every reader is closed: of a cursor that failed in a
 *		subtransaction only the memory goes, at CLOSE, and the session must not
 *		drain it then.
 */
static void
forget_on_reset(void *arg)
{
	RemoteReader *reader = arg;

	if (reader->session != NULL)
		mm_session_close_stream(reader->session, reader);
}

RemoteReader *
mm_reader_create(const ReaderRequest *request)
{
	RemoteReader *reader = palloc0(sizeof(RemoteReader));

	reader->request = *request;
	reader->context = AllocSetContextCreate(CurrentMemoryContext,
											"mysql_migrate reader",
											ALLOCSET_DEFAULT_SIZES);
	reader->stream_context = AllocSetContextCreate(reader->context,
												   "mysql_migrate reader stream",
												   ALLOCSET_DEFAULT_SIZES);
	reader->row_context = AllocSetContextCreate(reader->context,
												"mysql_migrate reader row",
												ALLOCSET_DEFAULT_SIZES);
	reader->drain_context = AllocSetContextCreate(reader->context,
												  "mysql_migrate reader drain",
												  ALLOCSET_DEFAULT_SIZES);
	reader->owner = CurrentResourceOwner;
	reader->on_reset.func = forget_on_reset;
	reader->on_reset.arg = reader;
	MemoryContextRegisterResetCallback(reader->context, &reader->on_reset);
	return reader;
}

/*
 * decode_row
 *		One row of the stream, in the current memory context.
 */
static void
decode_row(RemoteReader *reader, const WireRow *row, Datum *values,
		   bool *isnull)
{
	DecodeError error;
	int column;

	memset(values, 0, sizeof(Datum) * reader->request.desc->natts);
	memset(isnull, true, sizeof(bool) * reader->request.desc->natts);
	if (!mm_row_decode(reader->decoder, row, values, isnull, &error, &column))
		mm_decode_error_raise(&error, reader->request.table,
							  reader->targets[column].name);
	reader->nrows++;
}

/*
 * drain_stream
 *		Callback of the session: it needs the connection for another statement.
 */
static void
drain_stream(void *arg)
{
	RemoteReader *reader = arg;
	MemoryContext caller;
	ResourceOwner owner = CurrentResourceOwner;
	int natts = reader->request.desc->natts;
	Datum *values;
	bool *isnull;
	const WireRow *row;

	reader->state = READER_DRAINING;
	caller = MemoryContextSwitchTo(reader->context);
	values = palloc(sizeof(Datum) * natts);
	isnull = palloc(sizeof(bool) * natts);

	/* The file must outlive a subtransaction in which the others run. */
	CurrentResourceOwner = reader->owner;
	PG_TRY();
	{
		reader->store = tuplestore_begin_heap(false, false, work_mem);
		while ((row = mm_result_next(reader->result)) != NULL)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextReset(reader->drain_context);
			MemoryContextSwitchTo(reader->drain_context);
			decode_row(reader, row, values, isnull);
			MemoryContextSwitchTo(reader->context);
			tuplestore_putvalues(reader->store, reader->request.desc, values,
								 isnull);
		}
	}
	PG_CATCH();
	{
		/* Whoever drains it again would find the second half of the rows. */
		CurrentResourceOwner = owner;
		reader->result = NULL;
		mm_session_close_stream(reader->session, reader);
		PG_RE_THROW();
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	MemoryContextReset(reader->drain_context);
	reader->store_slot = MakeSingleTupleTableSlot(reader->request.desc,
												  &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(caller);

	reader->result = NULL;
	mm_session_close_stream(reader->session, reader);
	reader->state = READER_DRAINED;
}

/*
 * check_columns
 *		Does the result have the columns that were expected?
 */
static void
check_columns(const RemoteReader *reader, int ntargets)
{
	const ReaderRequest *request = &reader->request;
	int nfields = mm_result_nfields(reader->result);

	if (request->is_exact && nfields != ntargets)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the remote result has %d columns, but %d are expected",
						nfields, ntargets),
				 errhint("Name every column of the result with its type in the column definition list.")));

	/* Where rows are only counted, there is one column of NULLs. */
	if (!request->is_exact && nfields != Max(ntargets, 1))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				 errmsg("the remote result has %d columns, but %d are expected",
						nfields, Max(ntargets, 1)),
				 errcontext("remote SQL command: %s", request->sql)));
}

/*
 * open_stream
 *		Send the statement and prepare to decode its rows.
 */
static void
open_stream(RemoteReader *reader)
{
	const ReaderRequest *request = &reader->request;
	int ntargets = list_length(request->attnums);
	const WireField *fields;
	MemoryContext caller;
	ListCell *lc;
	int i = 0;

	reader->session = mm_session_get(request->server, request->user_id);
	reader->result = mm_session_open_stream(reader->session, request->sql,
											drain_stream, reader);
	reader->state = READER_STREAMING;
	fields = mm_result_fields(reader->result);
	check_columns(reader, ntargets);

	caller = MemoryContextSwitchTo(reader->stream_context);
	reader->targets = palloc0(sizeof(DecodeTarget) * Max(ntargets, 1));
	foreach(lc, request->attnums)
	{
		reader->targets[i].attnum = lfirst_int(lc);
		reader->targets[i].name = pstrdup(request->names != NULL ?
											  request->names[i] :
											  fields[i].name);
		if (request->column_policies != NULL)
			reader->targets[i].policies = request->column_policies[i];
		i++;
	}
	reader->decoder = mm_row_decoder_create(request->desc, ntargets,
											reader->targets, fields,
											&request->policies,
											reader->stream_context);
	mm_row_decoder_will_raise(reader->decoder);
	MemoryContextSwitchTo(caller);
}

/*
 * next_of_stream
 *		The next row straight from the connection.
 */
static bool
next_of_stream(RemoteReader *reader, Datum *values, bool *isnull)
{
	const WireRow *row;
	MemoryContext caller;

	/* The session closes streams of aborted subtransactions. */
	if (!mm_session_is_reader(reader->session, reader))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("the rows of %s were lost when the connection was reset",
						reader->request.title),
				 errhint("Run the statement again.")));

	row = mm_result_next(reader->result);
	if (row == NULL)
	{
		reader->result = NULL;
		mm_session_close_stream(reader->session, reader);
		reader->state = READER_AT_END;
		return false;
	}
	caller = MemoryContextSwitchTo(reader->row_context);
	decode_row(reader, row, values, isnull);
	MemoryContextSwitchTo(caller);
	return true;
}

/*
 * next_of_store
 *		The next row from the tuplestore; it stays in its slot until then.
 */
static bool
next_of_store(RemoteReader *reader, Datum *values, bool *isnull)
{
	int natts = reader->request.desc->natts;
	MemoryContext caller;
	bool found;

	/* A tuple from the file belongs to the slot, the caller's context not. */
	caller = MemoryContextSwitchTo(reader->context);
	found = tuplestore_gettupleslot(reader->store, true, false,
									reader->store_slot);
	MemoryContextSwitchTo(caller);
	if (!found)
	{
		reader->state = READER_AT_END;
		return false;
	}
	slot_getallattrs(reader->store_slot);
	memcpy(values, reader->store_slot->tts_values, sizeof(Datum) * natts);
	memcpy(isnull, reader->store_slot->tts_isnull, sizeof(bool) * natts);
	return true;
}

static void
add_context(void *arg)
{
	RemoteReader *reader = arg;

	errcontext("reading %s, row " UINT64_FORMAT, reader->request.title,
			   reader->nrows + 1);
}

bool
mm_reader_next(RemoteReader *reader, Datum *values, bool *isnull)
{
	ErrorContextCallback callback;
	bool found = false;

	callback.callback = add_context;
	callback.arg = reader;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	MemoryContextReset(reader->row_context);
	if (reader->state == READER_CLOSED)
		open_stream(reader);
	switch (reader->state)
	{
		case READER_STREAMING:
			found = next_of_stream(reader, values, isnull);
			break;
		case READER_DRAINED:
			found = next_of_store(reader, values, isnull);
			break;
		case READER_DRAINING:
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("not all rows of %s could be read",
							reader->request.title),
					 errdetail("Reading the rest of them for another statement on the same connection failed."),
					 errhint("Run the statement again.")));
			break;
		case READER_CLOSED:
		case READER_AT_END:
			break;
	}
	error_context_stack = callback.previous;
	return found;
}

/*
 * close_store
 *		Forget the drained rows.
 */
static void
close_store(RemoteReader *reader)
{
	if (reader->store_slot != NULL)
		ExecDropSingleTupleTableSlot(reader->store_slot);
	reader->store_slot = NULL;
	if (reader->store != NULL)
		tuplestore_end(reader->store);
	reader->store = NULL;
}

void
mm_reader_restart(RemoteReader *reader)
{
	reader->result = NULL;
	if (reader->session != NULL)
		mm_session_close_stream(reader->session, reader);
	close_store(reader);
	MemoryContextReset(reader->stream_context);
	reader->decoder = NULL;
	reader->targets = NULL;
	reader->nrows = 0;
	reader->state = READER_CLOSED;
}

void
mm_reader_close(RemoteReader *reader)
{
	mm_reader_restart(reader);
	MemoryContextDelete(reader->context);
	pfree(reader);
}
