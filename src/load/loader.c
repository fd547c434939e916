/*
 * src/load/loader.c
 *		One chunk, one transaction: remote rows into a local table.
 *
 * load_rows() is the walk of a row from the socket to the page; where rows may
 * be rejected, loader_reject.c has a walk of its own.
 */
#include "postgres.h"

#include "access/table.h"
#include "base/compat.h"
#include "commands/trigger.h"
#include "load/loader_internal.h"
#include "types/row_decoder.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Big rows are counted one by one. */
#define COUNTED_BYTES (64 * 1024)

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

const WireRow *
mm_loader_next_row(Loader *loader)
{
	const WireRow *row = loader->is_over ? NULL :
										   mm_result_next(loader->stream);

	if (row != NULL)
		count_row(loader, row);
	return row;
}

void
mm_loader_allocate_inputs(const Loader *loader, RowInputs *inputs)
{
	int number = mm_row_builder_ninputs(loader->builder);

	inputs->values = palloc0(Max(number, 1) * sizeof(Datum));
	inputs->isnull = palloc0(Max(number, 1) * sizeof(bool));
}

Writer *
mm_loader_open_writer(const Loader *loader)
{
	return mm_writer_open(loader->relation, loader->nattnums, loader->attnums,
						  loader->request->shared);
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
	Writer *writer = mm_loader_open_writer(loader);
	const WireRow *row;

	while ((row = mm_loader_next_row(loader)) != NULL)
	{
		MemoryContext old;
		Datum *values;
		bool *isnull;
		DecodeError error;
		const RemoteColumn *column;
		int field;
		bool decoded;

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
open_stream(Loader *loader)
{
	loader->stream = mm_result_open(loader->request->conn,
									select_statement(loader),
									CurrentMemoryContext);
	mm_row_builder_open(loader->builder, mm_result_fields(loader->stream),
						loader->request->policies);
	mm_loader_allocate_inputs(loader, &loader->inputs);
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
		mm_loader_run_rejecting(loader);
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
