/*
 * src/load/loader.c
 *		One chunk, one transaction: remote rows into a local table.
 *
 * load_rows() is the walk of a row from the socket to the page.  With
 * rejection on, rows are gathered in batches that are written in a
 * subtransaction each; when a batch breaks, its rows are tried one by one, so
 * that a bad row costs one row and never a batch of good ones.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "base/json_object.h"
#include "commands/trigger.h"
#include "load/loader.h"
#include "load/row_builder.h"
#include "load/writer.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "wire/result.h"

/* Big rows are counted one by one. */
#define COUNTED_BYTES (64 * 1024)

#define REJECT_BATCH_ROWS  500
#define REJECT_BATCH_BYTES ((Size) 1024 * 1024)

/* A row that waits for its batch to be written. */
typedef struct PendingRow
{
	Datum *values;
	bool *isnull;
	RowInputs inputs;
	WireValue *raw; /* what the inputs came from */
	char *key;
} PendingRow;

typedef struct Loader
{
	const LoadRequest *request;
	LoadResult *result;
	Relation relation;
	const ChunkKey *key; /* what rows are known by, or NULL */
	RowBuilder *builder;
	RowInputs inputs; /* of the current row */
	int nattnums;
	const AttrNumber *attnums;
	WireResult *stream;
	const char *column; /* being decoded, for the error context */
	int *key_fields;	/* of the stream, per key column */
	MemoryContext caller_context;
	instr_time began;
	bool is_over;		 /* before the stream's end */
	uint64 counted_rows; /* that are in the live counters */
	uint64 counted_bytes;

	/* Only with rejection. */
	MemoryContext batch_context;
	const RemoteColumn *failed; /* whose transform raised, or NULL */
	PendingRow batch[REJECT_BATCH_ROWS];
	int nbatch;
} Loader;

/* The column as it is read is what a bound is made of. */
static bool
carries_bound(const RemoteColumn *column)
{
	return mm_chunk_key_is_plain(column) && !mm_type_may_lose(&column->type);
}

/*
 * Where the stream carries the key.  Of a column that is not read, or not in
 * the form that a bound needs, there is a field of its own behind the others.
 */
static void
append_key_fields(Loader *loader, StringInfo sql)
{
	const ChunkKey *key = loader->request->key;
	int nfields = mm_row_builder_nfields(loader->builder);

	loader->key_fields = palloc(key->ncolumns * sizeof(int));
	for (int i = 0; i < key->ncolumns; i++)
	{
		RemoteColumn *column = key->columns[i];
		int n = mm_row_builder_field(loader->builder, column);

		if (n < 0 || !carries_bound(column))
		{
			n = nfields++;
			appendStringInfo(sql, ", %s", mm_chunk_key_expression(column));
		}
		loader->key_fields[i] = n;
	}
}

static char *
select_statement(Loader *loader)
{
	const LoadRequest *request = loader->request;
	bool in_order = request->limit > 0;
	const char *condition = mm_chunk_condition(request->key, request->chunk,
											   request->where);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s", mm_row_builder_select(loader->builder));
	if (in_order)
		append_key_fields(loader, &sql);
	appendStringInfo(&sql, " FROM %s",
					 mm_chunk_from(request->table,
								   in_order ? request->key : NULL,
								   request->chunk->partition));
	if (condition != NULL)
		appendStringInfo(&sql, " WHERE %s", condition);
	if (in_order)
		appendStringInfo(&sql, " ORDER BY %s LIMIT " UINT64_FORMAT,
						 mm_chunk_order(request->key, false), request->limit);
	return sql.data;
}

/* ---------------------------------------------------------------- error context */

static const char *
bound_text(const ChunkKey *key, const char *bound, const char *open)
{
	return bound == NULL ? open : mm_chunk_bound_text(key, bound, 100);
}

static char *
chunk_text(const LoadRequest *request)
{
	const Chunk *chunk = request->chunk;

	if (chunk->is_null_chunk)
		return pstrdup("of rows without a key");
	if (chunk->partition != NULL)
		return psprintf("partition \"%s\"", chunk->partition);
	if (chunk->lower == NULL && chunk->upper == NULL)
		return pstrdup("(whole table)");
	return psprintf("after %s up to %s",
					bound_text(request->key, chunk->lower, "the beginning"),
					bound_text(request->key, chunk->upper, "the end"));
}

static void
loading_context(void *arg)
{
	Loader *loader = arg;
	const RemoteColumn *current = loader->builder ?
									  mm_row_builder_current(loader->builder) :
									  NULL;
	const char *column = current ? current->name : loader->column;

	errcontext("loading table \"%s.%s\", chunk %s, row " UINT64_FORMAT "%s%s%s",
			   loader->request->table->schema, loader->request->table->name,
			   chunk_text(loader->request), loader->result->rows_read,
			   column ? ", column \"" : "", column ? column : "",
			   column ? "\"" : "");
}

/* ---------------------------------------------------------------- rejection */

/* Bytes as text: in hexadecimal, unless they are text of this database. */
static char *
key_text(Loader *loader, const WireRow *row, int n)
{
	const WireField *field = &mm_result_fields(loader->stream)[n];
	const WireValue *value = &row->values[n];
	bool is_string = field->type == WIRE_STRING ||
					 field->type == WIRE_VAR_STRING ||
					 field->type == WIRE_VARCHAR ||
					 (field->type >= WIRE_TINY_BLOB && field->type <= WIRE_BLOB);
	char *text;

	if (value->is_null || !is_string ||
		(field->charset != WIRE_CHARSET_BINARY &&
		 pg_verify_mbstr(PG_UTF8, value->bytes, (int) value->len, true)))
		return mm_result_text(loader->stream, row, n);
	text = palloc(value->len * 2 + 1);
	for (Size i = 0; i < value->len; i++)
		sprintf(text + 2 * i, "%02X", (unsigned char) value->bytes[i]);
	text[value->len * 2] = '\0';
	return text;
}

/* The key of the current row as JSON: {"id": 5}; NULL without a key. */
static char *
key_json(Loader *loader, const WireRow *row)
{
	const ChunkKey *key = loader->key;
	StringInfoData json;

	if (key == NULL)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < key->ncolumns; i++)
	{
		int n = mm_row_builder_field(loader->builder, key->columns[i]);
		char *text;

		if (n < 0)
			continue; /* a skipped key column */
		text = key_text(loader, row, n);
		if (text == NULL)
			mm_json_add_raw(&json, key->columns[i]->name, "null");
		else if (mm_type_is_integer(&key->columns[i]->type))
			mm_json_add_raw(&json, key->columns[i]->name,
							mm_type_plain_integer(text));
		else
			mm_json_add_text(&json, key->columns[i]->name, text);
	}
	mm_json_end(&json);
	return json.data;
}

static void
reject_row(Loader *loader, const RejectedRow *row)
{
	if (!loader->request->reject(loader->request->reject_arg, row))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("too many rows were rejected"),
				 errdetail("The last one: %s", row->reason),
				 errhint("Mend the cause (see mysql_migrate.reject), or raise the option \"max_rejects\".")));
	loader->result->rows_rejected++;
}

static void
reject_undecodable(Loader *loader, const WireRow *row,
				   const DecodeError *error, const RemoteColumn *column,
				   int field)
{
	RejectedRow rejected;

	memset(&rejected, 0, sizeof(rejected));
	rejected.key = key_json(loader, row);
	rejected.column = column->name;
	rejected.bytes = row->values[field].bytes;
	rejected.len = row->values[field].len;
	rejected.sqlerrcode = error->sqlerrcode;
	rejected.reason = error->detail[0] != '\0' ?
						  psprintf("%s: %s", error->message, error->detail) :
						  error->message;
	reject_row(loader, &rejected);
}

/* Gives the number of rows that were stored. */
static uint64
write_rows(Loader *loader, int from, int to)
{
	Writer *writer = mm_writer_open(loader->relation, loader->nattnums,
									loader->attnums,
									loader->request->shared);

	for (int i = from; i < to; i++)
	{
		PendingRow *row = &loader->batch[i];
		TupleDesc desc = RelationGetDescr(loader->relation);
		MemoryContext context;
		Datum *values;
		bool *isnull;

		writer->ops->next_row(writer, &values, &isnull);
		for (int a = 0; a < desc->natts; a++)
		{
			Form_pg_attribute attribute = TupleDescAttr(desc, a);
			MemoryContext old;

			isnull[a] = row->isnull[a];
			if (isnull[a])
				continue;
			/* The writer owns what it is given. */
			old = MemoryContextSwitchTo(writer->row_context);
			values[a] = datumCopy(row->values[a], attribute->attbyval,
								  attribute->attlen);
			MemoryContextSwitchTo(old);
		}
		context = MemoryContextSwitchTo(writer->row_context);
		mm_row_builder_transform(loader->builder, &row->inputs, values,
								 isnull);
		MemoryContextSwitchTo(context);
		writer->ops->put(writer);
	}
	return writer->ops->finish(writer);
}

/*
 * Rows [from, to) in a subtransaction; the error, if there was one.  Without
 * one, the rows that were stored are counted.
 */
static ErrorData *
try_rows(Loader *loader, int from, int to)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	loader->failed = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		uint64 stored = write_rows(loader, from, to);

		ReleaseCurrentSubTransaction();
		loader->result->rows_loaded += stored;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		loader->failed = mm_row_builder_current(loader->builder);
		mm_row_builder_recover(loader->builder);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

static bool
is_row_error(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category ==
			   ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) ||
		   category ==
			   ERRCODE_TO_CATEGORY(ERRCODE_TRIGGERED_ACTION_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_RAISE_EXCEPTION);
}

/* PostgreSQL names the local column of a NOT NULL that was broken. */
static const char *
remote_name(const Loader *loader, const char *local_name)
{
	ListCell *cell;

	foreach(cell, loader->request->table->columns)
	{
		const RemoteColumn *column = lfirst(cell);

		if (strcmp(column->local_name, local_name) == 0)
			return column->name;
	}
	return local_name;
}

/* The column whose transform failed, with the bytes it had. */
static void
name_failed_column(const Loader *loader, const PendingRow *row,
				   const ErrorData *error, RejectedRow *rejected)
{
	int n;

	if (loader->failed == NULL && error->column_name != NULL)
		rejected->column = remote_name(loader, error->column_name);
	if (loader->failed == NULL)
		return;
	rejected->column = loader->failed->name;
	n = mm_row_builder_input(loader->builder, loader->failed);
	if (n < 0 || row->raw[n].is_null)
		return;
	rejected->bytes = row->raw[n].bytes;
	rejected->len = row->raw[n].len;
}

static void
write_one_by_one(Loader *loader)
{
	for (int i = 0; i < loader->nbatch; i++)
	{
		ErrorData *error = try_rows(loader, i, i + 1);
		RejectedRow rejected;

		if (error == NULL)
			continue;
		/* A full disk or a cancel is no fault of the row. */
		if (!is_row_error(error))
			ReThrowError(error);
		memset(&rejected, 0, sizeof(rejected));
		rejected.key = loader->batch[i].key;
		name_failed_column(loader, &loader->batch[i], error, &rejected);
		rejected.sqlerrcode = error->sqlerrcode;
		rejected.reason = error->detail ?
							  psprintf("%s: %s", error->message, error->detail) :
							  error->message;
		reject_row(loader, &rejected);
	}
}

static void
write_batch(Loader *loader)
{
	MemoryContext old = MemoryContextSwitchTo(loader->batch_context);
	ErrorData *error;

	if (loader->nbatch > 0)
	{
		error = try_rows(loader, 0, loader->nbatch);
		if (error != NULL && is_row_error(error))
			write_one_by_one(loader);
		else if (error != NULL)
			ReThrowError(error);
	}
	loader->nbatch = 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(loader->batch_context);
}

/* ---------------------------------------------------------------- the walk */

/* Only this process writes to it: a plain load and a store will do. */
static void
add_to_counter(pg_atomic_uint64 *counter, uint64 amount)
{
	pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + amount);
}

/* What came since the last time; with a rate limit, wait until it was due. */
static void
publish_counters(Loader *loader)
{
	LoadCounters *counters = loader->request->counters;
	uint64 rows = loader->result->rows_read - loader->counted_rows;
	uint64 bytes = mm_result_bytes(loader->stream) - loader->counted_bytes;

	if (counters != NULL)
	{
		add_to_counter(&counters->rows, rows);
		add_to_counter(&counters->bytes, bytes);
	}
	loader->counted_rows += rows;
	loader->counted_bytes += bytes;
	if (loader->request->throttle != NULL)
		mm_throttle_take(loader->request->throttle, bytes, rows);
}

/* The row's bytes are gone with the next one: now is the time for its key. */
static void
note_last_key(Loader *loader, const WireRow *row)
{
	char *bound = mm_chunk_bound(loader->request->key, loader->stream, row,
								 loader->key_fields);

	loader->result->last_key = MemoryContextStrdup(loader->caller_context,
												   bound);
}

/*
 * Rows may become a thousand times wider from one to the next, and a limit that
 * was right for the narrow ones would last for hours.
 */
static bool
is_out_of_time(const Loader *loader)
{
	const LoadRequest *request = loader->request;
	instr_time now;
	double seconds;

	if (request->limit == 0 || request->max_seconds <= 0)
		return false;
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, loader->began);
	seconds = INSTR_TIME_GET_DOUBLE(now);
	return seconds >= request->max_seconds ||
		   (seconds >= request->max_seconds / 4 &&
			request->is_awaited(request->await_arg));
}

/* When this sets is_over, the row is the last one. */
static void
count_row(Loader *loader, const WireRow *row)
{
	uint64 rows = ++loader->result->rows_read;

	if ((rows & 0xff) == 0 ||
		mm_result_bytes(loader->stream) - loader->counted_bytes >=
			COUNTED_BYTES)
	{
		publish_counters(loader);
		loader->is_over = is_out_of_time(loader);
	}
	if (rows == loader->request->limit || loader->is_over)
		note_last_key(loader, row);
}

/* The next row of the piece, or NULL. */
static const WireRow *
next_row(Loader *loader)
{
	return loader->is_over ? NULL : mm_result_next(loader->stream);
}

static void
raise_undecodable(Loader *loader, const DecodeError *error,
				  const RemoteColumn *column)
{
	loader->column = column->name;
	mm_decode_error_raise(error, loader->request->table->name, loader->column);
}

/* Socket to page, for rows that are all good. */
static void
load_rows(Loader *loader)
{
	Writer *writer = mm_writer_open(loader->relation, loader->nattnums,
									loader->attnums,
									loader->request->shared);
	const WireRow *row;

	while ((row = next_row(loader)) != NULL)
	{
		MemoryContext old;
		Datum *values;
		bool *isnull;
		DecodeError error;
		const RemoteColumn *column;
		int field;
		bool decoded;

		count_row(loader, row);
		writer->ops->next_row(writer, &values, &isnull);
		old = MemoryContextSwitchTo(writer->row_context);
		decoded = mm_row_builder_decode(loader->builder, row, values, isnull,
										&loader->inputs, &error, &column,
										&field);
		if (!decoded)
			raise_undecodable(loader, &error, column);
		mm_row_builder_transform(loader->builder, &loader->inputs, values,
								 isnull);
		MemoryContextSwitchTo(old);
		writer->ops->put(writer);
	}
	loader->result->rows_loaded = writer->ops->finish(writer);
}

static void
allocate_inputs(const Loader *loader, RowInputs *inputs)
{
	int number = mm_row_builder_ninputs(loader->builder);

	inputs->values = palloc0(Max(number, 1) * sizeof(Datum));
	inputs->isnull = palloc0(Max(number, 1) * sizeof(bool));
}

/* Room for the inputs of a row, and their bytes, in case it is rejected. */
static void
keep_inputs(Loader *loader, PendingRow *pending, const WireRow *row)
{
	int number = mm_row_builder_ninputs(loader->builder);
	const WireValue *from = row->values +
							mm_row_builder_nfields(loader->builder) - number;

	allocate_inputs(loader, &pending->inputs);
	pending->raw = palloc(Max(number, 1) * sizeof(WireValue));
	for (int i = 0; i < number; i++)
	{
		char *bytes;

		pending->raw[i] = from[i];
		if (from[i].is_null)
			continue;
		bytes = palloc_extended(from[i].len + 1, MCXT_ALLOC_HUGE);
		memcpy(bytes, from[i].bytes, from[i].len);
		pending->raw[i].bytes = bytes;
	}
}

/* The same with rejection: batches in subtransactions. */
static void
load_rows_rejecting(Loader *loader)
{
	int natts = RelationGetDescr(loader->relation)->natts;
	const WireRow *row;

	loader->batch_context = AllocSetContextCreate(CurrentMemoryContext,
												  "rows to try",
												  ALLOCSET_DEFAULT_SIZES);
	while ((row = next_row(loader)) != NULL)
	{
		PendingRow *pending = &loader->batch[loader->nbatch];
		MemoryContext old = MemoryContextSwitchTo(loader->batch_context);
		DecodeError error;
		const RemoteColumn *column;
		int field;

		count_row(loader, row);
		pending->values = palloc0(natts * sizeof(Datum));
		pending->isnull = palloc(natts * sizeof(bool));
		memset(pending->isnull, true, natts * sizeof(bool));
		pending->key = key_json(loader, row);
		keep_inputs(loader, pending, row);
		if (mm_row_builder_decode(loader->builder, row, pending->values,
								  pending->isnull, &pending->inputs, &error,
								  &column, &field))
			loader->nbatch++;
		else
			reject_undecodable(loader, row, &error, column, field);
		MemoryContextSwitchTo(old);
		if (loader->nbatch == REJECT_BATCH_ROWS ||
			MemoryContextMemAllocated(loader->batch_context, false) >
				REJECT_BATCH_BYTES)
			write_batch(loader);
	}
	write_batch(loader);
}

static void
open_stream(Loader *loader)
{
	loader->stream = mm_result_open(loader->request->conn,
									select_statement(loader),
									CurrentMemoryContext);
	mm_row_builder_open(loader->builder, mm_result_fields(loader->stream),
						loader->request->policies);
	allocate_inputs(loader, &loader->inputs);
}

/*
 * Keys of an existing table that may be deferred: looked at row by row, so
 * that a row can be named, unless they lead back to the table, whose rows may
 * come in any order.
 */
static void
set_constraints(const Loader *loader)
{
	TriggerDesc *triggers = loader->relation->trigdesc;
	ConstraintsSetStmt *statement;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (!triggers->triggers[i].tgdeferrable)
			continue;
		statement = makeNode(ConstraintsSetStmt);
		statement->deferred = loader->request->table->is_circular;
		AfterTriggerSetState(statement);
		return;
	}
}

/* The arithmetic of the first promise. */
static void
close_books(Loader *loader)
{
	LoadResult *result = loader->result;

	publish_counters(loader);
	result->bytes_read = mm_result_bytes(loader->stream);
	if (result->rows_read != result->rows_loaded + result->rows_rejected)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the rows do not add up"),
				 errdetail("MySQL sent " UINT64_FORMAT " rows, " UINT64_FORMAT " were loaded and " UINT64_FORMAT " rejected.",
						   result->rows_read, result->rows_loaded,
						   result->rows_rejected)));
}

/* Converted values per column of the table, not of the stream. */
static void
report_converted(Loader *loader)
{
	List *columns = loader->request->table->columns;
	ListCell *cell;
	int i = 0;

	loader->result->ncolumns = list_length(columns);
	foreach(cell, columns)
	{
		loader->result->converted[i++] =
			mm_row_builder_converted(loader->builder, lfirst(cell));
	}
}

void
mm_load_chunk(const LoadRequest *request, LoadResult *result)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "chunk",
												  ALLOCSET_DEFAULT_SIZES);
	Loader *loader;
	ErrorContextCallback callback;

	memset(result, 0, sizeof(*result));
	result->converted = palloc0(list_length(request->table->columns) *
								sizeof(uint64));
	MemoryContextSwitchTo(context);
	loader = palloc0(sizeof(Loader));
	loader->request = request;
	/* A table that is read as one stream may have a key all the same. */
	loader->key = request->key ? request->key : mm_chunk_key(request->table);
	loader->result = result;
	loader->caller_context = caller;
	callback.callback = loading_context;
	callback.arg = loader;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	loader->relation = table_open(request->relation, RowExclusiveLock);
	loader->builder = mm_row_builder_create(request->table, loader->relation);
	loader->nattnums = mm_row_builder_attnums(loader->builder,
											  &loader->attnums);
	set_constraints(loader);
	INSTR_TIME_SET_CURRENT(loader->began);
	open_stream(loader);
	if (request->reject != NULL)
		load_rows_rejecting(loader);
	else
		load_rows(loader);
	close_books(loader);
	report_converted(loader);
	mm_row_builder_close(loader->builder);
	mm_result_close(loader->stream);
	table_close(loader->relation, NoLock);

	error_context_stack = callback.previous;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
