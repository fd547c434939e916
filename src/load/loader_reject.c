/*
 * src/load/loader_reject.c
 *		Rows that may be bad: each bad one costs one row.
 *
 * Rows are gathered in batches that are written in a subtransaction each; when
 * a batch breaks, its rows are tried one by one, so that a bad row takes no
 * good ones along.  A rejected row is handed to the caller with its key, and
 * with the column and the bytes that are to blame, as far as they are known.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_object.h"
#include "base/transaction.h"
#include "load/loader_internal.h"
#include "mb/pg_wchar.h"
#include "types/row_decoder.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define BATCH_ROWS	500
#define BATCH_BYTES ((Size) 1024 * 1024)

/* A row that waits for its batch to be written. */
typedef struct PendingRow
{
	Datum *values;
	bool *isnull;
	RowInputs inputs;
	WireValue *raw; /* what the inputs came from */
	char *key;
} PendingRow;

typedef struct Batch
{
	Loader *loader;
	MemoryContext context; /* of the rows */
	PendingRow rows[BATCH_ROWS];
	int nrows;
	const RemoteColumn *failed; /* whose transform raised, or NULL */
} Batch;

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
		mm_reject_too_many(row);
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
	rejected.reason = mm_error_text(error->message, error->detail);
	reject_row(loader, &rejected);
}

static void
copy_row(TupleDesc desc, const PendingRow *row, Datum *values, bool *isnull)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		isnull[i] = row->isnull[i];
		if (!isnull[i])
			values[i] = datumCopy(row->values[i], attribute->attbyval,
								  attribute->attlen);
	}
}

/* Gives the number of rows that were stored. */
static uint64
write_rows(Batch *batch, int from, int to)
{
	Loader *loader = batch->loader;
	Writer *writer = mm_loader_open_writer(loader);

	for (int i = from; i < to; i++)
	{
		PendingRow *row = &batch->rows[i];
		MemoryContext old;
		Datum *values;
		bool *isnull;

		writer->ops->next_row(writer, &values, &isnull);
		/* The writer owns what it is given. */
		old = MemoryContextSwitchTo(writer->row_context);
		copy_row(RelationGetDescr(loader->relation), row, values, isnull);
		mm_row_builder_transform(loader->builder, &row->inputs, values,
								 isnull);
		MemoryContextSwitchTo(old);
		writer->ops->put(writer);
	}
	return writer->ops->finish(writer);
}

/* Rows [from, to) of a batch. */
typedef struct Attempt
{
	Batch *batch;
	int from;
	int to;
	uint64 stored;
} Attempt;

static void
write_attempt(void *arg)
{
	Attempt *attempt = arg;

	attempt->stored = write_rows(attempt->batch, attempt->from, attempt->to);
}

/* The error, if there was one.  Without one, what was stored is counted. */
static ErrorData *
try_rows(Batch *batch, int from, int to)
{
	Loader *loader = batch->loader;
	Attempt attempt = {batch, from, to, 0};
	ErrorData *error = mm_transaction_try(write_attempt, &attempt);

	batch->failed = NULL;
	if (error == NULL)
		loader->result->rows_loaded += attempt.stored;
	else
	{
		batch->failed = mm_row_builder_current(loader->builder);
		mm_row_builder_recover(loader->builder);
	}
	return error;
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
name_failed_column(const Batch *batch, const PendingRow *row,
				   const ErrorData *error, RejectedRow *rejected)
{
	const Loader *loader = batch->loader;
	int n;

	if (batch->failed == NULL && error->column_name != NULL)
		rejected->column = remote_name(loader, error->column_name);
	if (batch->failed == NULL)
		return;
	rejected->column = batch->failed->name;
	n = mm_row_builder_input(loader->builder, batch->failed);
	if (n < 0 || row->raw[n].is_null)
		return;
	rejected->bytes = row->raw[n].bytes;
	rejected->len = row->raw[n].len;
}

static void
write_one_by_one(Batch *batch)
{
	for (int i = 0; i < batch->nrows; i++)
	{
		ErrorData *error = try_rows(batch, i, i + 1);
		RejectedRow rejected;

		if (error == NULL)
			continue;
		if (!mm_reject_is_row_error(error))
			ReThrowError(error);
		memset(&rejected, 0, sizeof(rejected));
		rejected.key = batch->rows[i].key;
		name_failed_column(batch, &batch->rows[i], error, &rejected);
		rejected.sqlerrcode = error->sqlerrcode;
		rejected.reason = mm_error_text(error->message, error->detail);
		reject_row(batch->loader, &rejected);
	}
}

static void
write_batch(Batch *batch)
{
	MemoryContext old = MemoryContextSwitchTo(batch->context);
	ErrorData *error;

	if (batch->nrows > 0)
	{
		error = try_rows(batch, 0, batch->nrows);
		if (error != NULL && mm_reject_is_row_error(error))
			write_one_by_one(batch);
		else if (error != NULL)
			ReThrowError(error);
	}
	batch->nrows = 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(batch->context);
}

/* Room for the inputs of a row, and their bytes, in case it is rejected. */
static void
keep_inputs(Loader *loader, PendingRow *pending, const WireRow *row)
{
	int number = mm_row_builder_ninputs(loader->builder);
	const WireValue *from = row->values +
							mm_row_builder_nfields(loader->builder) - number;

	mm_loader_allocate_inputs(loader, &pending->inputs);
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

/* The row joins the batch, unless it is rejected at once. */
static void
take_row(Batch *batch, const WireRow *row)
{
	Loader *loader = batch->loader;
	PendingRow *pending = &batch->rows[batch->nrows];
	int natts = RelationGetDescr(loader->relation)->natts;
	DecodeError error;
	const RemoteColumn *column;
	int field;

	pending->values = palloc0(natts * sizeof(Datum));
	pending->isnull = palloc(natts * sizeof(bool));
	memset(pending->isnull, true, natts * sizeof(bool));
	pending->key = key_json(loader, row);
	keep_inputs(loader, pending, row);
	if (mm_row_builder_decode(loader->builder, row, pending->values,
							  pending->isnull, &pending->inputs, &error,
							  &column, &field))
		batch->nrows++;
	else
		reject_undecodable(loader, row, &error, column, field);
}

void
mm_loader_run_rejecting(Loader *loader)
{
	Batch *batch = palloc0(sizeof(Batch));
	const WireRow *row;

	batch->loader = loader;
	batch->context = AllocSetContextCreate(CurrentMemoryContext,
										   "rows to try",
										   ALLOCSET_DEFAULT_SIZES);
	while ((row = mm_loader_next_row(loader)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(batch->context);

		take_row(batch, row);
		MemoryContextSwitchTo(old);
		if (batch->nrows == BATCH_ROWS ||
			MemoryContextMemAllocated(batch->context, false) > BATCH_BYTES)
			write_batch(batch);
	}
	write_batch(batch);
}
