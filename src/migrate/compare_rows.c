/*
 * src/migrate/compare_rows.c
 *		Step 3: suspects, read once more from both sides by their keys.
 *
 * Rows of this side are remembered by their checksum only, MySQL's are handled
 * one by one as they come, so that a batch of large rows takes no more memory
 * than one of them.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/json.h"
#include "utils/memutils.h"

/*
 * Keys that are named in one condition; few long ones, since the server may
 * take only short statements (max_allowed_packet).
 */
#define KEYS_PER_BATCH		200
#define KEY_BYTES_PER_BATCH (8 * 1024)

typedef struct PairEntry
{
	RowPair pair;
	bool is_handled;
} PairEntry;

struct Batch
{
	Comparison *comparison;
	int npairs;
	PairEntry pairs[KEYS_PER_BATCH];
	HandleRow handle;
	void *arg;
};

typedef struct Batch Batch;

/* ---------------------------------------------------------------- conditions */

/* Is the column's own value the text, so that an index on it can be used? */
static bool
is_plain(const Comparison *comparison, const ColumnType *type)
{
	const ValuePolicies *policies =
		mm_type_policies(type, comparison->request.policies);

	/* A number that is written down and read again may not be the same. */
	if (strcmp(type->data_type, "float") == 0 ||
		strcmp(type->data_type, "double") == 0)
		return false;
	if (mm_type_zero_date_question(type) != NULL)
		return policies->zero_date != ZERO_DATE_INFINITY &&
			   policies->partial_date == PARTIAL_DATE_ERROR;
	return type->charset == NULL || (policies->nul == BAD_TEXT_ERROR &&
									 policies->encoding == BAD_TEXT_ERROR);
}

/*
 * A zero date in a key has no text where it stands for NULL.  Its row cannot
 * have been loaded, but it is one that is missing.
 */
static bool
is_absent_date(const ColumnType *type, const char *text)
{
	return text[0] == '\0' && mm_type_zero_date_question(type) != NULL;
}

/* Are "A" and "a" two values for MySQL? */
static bool
compares_case(const ColumnType *type)
{
	Size length = type->collation ? strlen(type->collation) : 0;

	return type->charset != NULL &&
		   (length < 3 || strcmp(type->collation + length - 3, "_ci") != 0);
}

/* The byte 00 in a key: no row here has it. */
static bool
may_hold_nul(const ColumnType *type, const char *text)
{
	return type->charset != NULL && strstr(text, MM_NUL_SHOWN) != NULL;
}

static char *
remote_term(const Comparison *comparison, const KeyColumn *key,
			const char *text)
{
	const ColumnType *type = &key->column->type;

	if (is_absent_date(type, text))
		return psprintf("%s IS NULL",
						mm_compare_remote_key_text(comparison, key));
	if (is_plain(comparison, type) && !may_hold_nul(type, text) &&
		!(key->local_type == UUIDOID && compares_case(type)))
		return psprintf("%s = %s", mm_quote_remote_ident(key->column->name),
						mm_compare_remote_literal(type, text));
	if (is_plain(comparison, type))
		return psprintf("REPLACE(%s COLLATE utf8mb4_bin, CHAR(0 USING utf8mb4), %s) = BINARY %s",
						mm_compare_remote_key_text(comparison, key),
						mm_quote_remote_literal(MM_NUL_SHOWN),
						mm_quote_remote_literal(text));
	return psprintf("%s = BINARY %s", mm_compare_remote_key_text(comparison, key),
					mm_quote_remote_literal(text));
}

/* A key that no local value can be, say a partial date, is no row's here. */
static char *
local_term(const KeyColumn *key, const char *text)
{
	if (is_absent_date(&key->column->type, text))
		return psprintf("%s IS NULL",
						mm_quote_local_name(NULL, key->local_name));
	if (!mm_compare_may_be_local(&key->column->type, text, key->local_type,
								 key->local_typmod))
		return pstrdup("false");
	return psprintf("%s = %s", mm_quote_local_name(NULL, key->local_name),
					mm_compare_local_literal(&key->column->type, text,
											 key->local_type,
											 key->local_typmod));
}

/* "(a = 1 AND b = 2) OR (...)" */
static char *
key_condition(const Comparison *comparison, const PairEntry *pairs,
			  int npairs, bool is_remote)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '(');
	for (int i = 0; i < npairs; i++)
	{
		appendStringInfoString(&out, i > 0 ? " OR (" : "(");
		for (int k = 0; k < comparison->nkeys; k++)
		{
			const KeyColumn *key = &comparison->keys[k];
			const char *text = pairs[i].pair.key_texts[k];

			appendStringInfo(&out, "%s%s", k > 0 ? " AND " : "",
							 is_remote ? remote_term(comparison, key, text) :
										 local_term(key, text));
		}
		appendStringInfoChar(&out, ')');
	}
	appendStringInfoChar(&out, ')');
	return out.data;
}

/* ---------------------------------------------------------------- suspects */

bool
mm_compare_next_suspect(Comparison *comparison, const char **key,
						Size *length, DifferenceState *state)
{
	TupleTableSlot *slot = comparison->suspect_slot;
	MemoryContext old;
	bytea *bytes;
	bool any;

	if (!comparison->is_rewound)
	{
		tuplestore_rescan(comparison->suspects);
		comparison->is_rewound = true;
	}
	/* A tuple from the disk is the slot's, which outlives the batch. */
	old = MemoryContextSwitchTo(comparison->context);
	any = tuplestore_gettupleslot(comparison->suspects, true, false, slot);
	MemoryContextSwitchTo(old);
	if (!any)
	{
		comparison->is_at_end = true;
		return false;
	}
	slot_getallattrs(slot);
	bytes = (bytea *) DatumGetPointer(slot->tts_values[0]);
	*length = VARSIZE_ANY_EXHDR(bytes);
	*key = VARDATA_ANY(bytes);
	*state = (DifferenceState) DatumGetInt32(slot->tts_values[1]);
	return true;
}

static void
add_pair(Batch *batch, const char *key, Size length)
{
	PairEntry *entry = &batch->pairs[batch->npairs++];
	char *copy = palloc(length);

	memset(entry, 0, sizeof(*entry));
	memcpy(copy, key, length);
	entry->pair.key = copy;
	entry->pair.key_length = length;
	entry->pair.key_texts = mm_compare_unpack(copy, length,
											  batch->comparison->nkeys);
}

static PairEntry *
find_pair(Batch *batch, const StringInfo key)
{
	for (int i = 0; i < batch->npairs; i++)
	{
		PairEntry *entry = &batch->pairs[i];

		if (entry->pair.key_length == key->len &&
			memcmp(entry->pair.key, key->data, key->len) == 0)
			return entry;
	}
	return NULL;
}

/* ---------------------------------------------------------------- this side */

static void
take_local_row(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	Batch *batch = arg;
	StringInfoData key;
	uint64 sum;
	PairEntry *entry;

	initStringInfo(&key);
	mm_compare_local_key(comparison, slot, &key, &sum);
	entry = find_pair(batch, &key);
	if (entry == NULL)
		return; /* equal by the column's collation only */
	entry->pair.local_rows++;
	entry->pair.local_sum += sum;
	entry->pair.tableoid = DatumGetObjectId(slot->tts_values[comparison->ncolumns]);
	entry->pair.tid = *(ItemPointer) DatumGetPointer(slot->tts_values[comparison->ncolumns + 1]);
}

static void
read_local(Batch *batch)
{
	Comparison *comparison = batch->comparison;

	for (int i = 0; i < batch->npairs; i++)
	{
		batch->pairs[i].pair.local_rows = 0;
		batch->pairs[i].pair.local_sum = 0;
	}
	mm_compare_scan(comparison,
					key_condition(comparison, batch->pairs, batch->npairs,
								  false),
					take_local_row, batch);
}

/* ---------------------------------------------------------------- MySQL's */

struct RowReader
{
	const Comparison *comparison;
	const WireResult *result;
	int from;
};

void
mm_compare_row_list(StringInfo sql, const Comparison *comparison)
{
	for (int i = 0; comparison->wants_texts && i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];

		appendStringInfo(sql, ", %s",
						 column->by_value != NULL ?
							 mm_by_value_select(column->by_value, column->type,
												column->remote_name) :
							 mm_canonical_remote_shown(column,
													   comparison->request.policies));
	}
	if (comparison->builder != NULL)
		appendStringInfo(sql, ", %s",
						 mm_row_builder_select(comparison->builder));
}

/* Fields that mm_compare_row_list asks for to show one column. */
static int
text_fields(const CanonicalColumn *column)
{
	return column->by_value != NULL ? mm_by_value_nfields(column->by_value) :
									  1;
}

RowReader *
mm_compare_reader(const Comparison *comparison, const WireResult *result,
				  int from)
{
	RowReader *reader = palloc0(sizeof(RowReader));
	int first = from;

	for (int i = 0; comparison->wants_texts && i < comparison->ncolumns; i++)
		first += text_fields(&comparison->columns[i]);
	reader->comparison = comparison;
	reader->result = result;
	reader->from = from;
	if (comparison->builder != NULL)
		mm_row_builder_open(comparison->builder,
							mm_result_fields(result) + first,
							comparison->request.policies);
	return reader;
}

static void
decode_row(const Comparison *comparison, const WireRow *row, int from,
		   RowPair *pair)
{
	WireRow part = {row->nvalues - from, row->values + from};
	int ninputs = Max(mm_row_builder_ninputs(comparison->builder), 1);
	DecodeError error;
	int field;

	pair->values = palloc0(comparison->natts * sizeof(Datum));
	pair->isnull = palloc(comparison->natts * sizeof(bool));
	memset(pair->isnull, true, comparison->natts * sizeof(bool));
	pair->inputs.values = palloc0(ninputs * sizeof(Datum));
	pair->inputs.isnull = palloc0(ninputs * sizeof(bool));
	if (mm_row_builder_decode(comparison->builder, &part, pair->values,
							  pair->isnull, &pair->inputs, &error,
							  &pair->error_column, &field))
		return;
	pair->error = palloc(sizeof(error));
	*pair->error = error;
	pair->error_value = part.values[field];
	if (!pair->error_value.is_null)
	{
		char *bytes = palloc_extended(pair->error_value.len + 1,
									  MCXT_ALLOC_HUGE);

		memcpy(bytes, pair->error_value.bytes, pair->error_value.len);
		pair->error_value.bytes = bytes;
	}
}

void
mm_compare_read_row(RowReader *reader, const WireRow *row, RowPair *pair)
{
	const Comparison *comparison = reader->comparison;
	int n = reader->from;

	if (comparison->wants_texts)
	{
		pair->remote_texts = palloc(comparison->ncolumns * sizeof(char *));
		for (int i = 0; i < comparison->ncolumns; i++)
		{
			const CanonicalColumn *column = &comparison->columns[i];

			char *text =
				column->by_value == NULL ?
					mm_result_shown(reader->result, row, n) :
					mm_by_value_remote(column->by_value,
									   &mm_result_fields(reader->result)[n],
									   &row->values[n]);

			if (text != NULL && column->by_value == NULL)
				text = mm_canonical_shown(column->type, text);
			pair->remote_texts[i] = text;
			n += text_fields(column);
		}
	}
	if (comparison->builder != NULL)
		decode_row(comparison, row, n, pair);
}

/*
 * What policies and expressions make of keys may be one key for two rows: then
 * one of them is not here.
 */
static void
settle_state(RowPair *pair)
{
	if (pair->remote_rows == 0)
		pair->state = pair->local_rows > 0 ? DIFFERENCE_EXTRA :
											 DIFFERENCE_NONE;
	else if (pair->local_rows < pair->remote_rows)
		pair->state = DIFFERENCE_MISSING;
	else if (pair->local_rows != pair->remote_rows ||
			 pair->local_sum != pair->remote_sum)
		pair->state = DIFFERENCE_CHANGED;
	else
		pair->state = DIFFERENCE_NONE;
}

/* The pair a remote row belongs to, filled in; NULL: none of this batch. */
static PairEntry *
take_remote_row(Batch *batch, RowReader *reader, const WireRow *row)
{
	StringInfoData key;
	uint64 sum;
	PairEntry *entry;

	initStringInfo(&key);
	mm_compare_remote_key(batch->comparison, reader->result, row, 0, &key,
						  &sum);
	entry = find_pair(batch, &key);
	if (entry == NULL)
		return NULL;
	entry->pair.remote_rows++;
	entry->pair.remote_sum += sum;
	settle_state(&entry->pair);
	if (entry->pair.state != DIFFERENCE_NONE)
		mm_compare_read_row(reader, row, &entry->pair);
	return entry;
}

static char *
remote_query(const Batch *batch, int *nkey_expressions)
{
	Comparison *comparison = batch->comparison;
	CompareScope whole = {NULL, NULL, NULL, false};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	*nkey_expressions = mm_compare_key_list(&sql, comparison);
	mm_compare_row_list(&sql, comparison);
	mm_compare_append_from(&sql, comparison, &whole,
						   key_condition(comparison, batch->pairs,
										 batch->npairs, true));
	return sql.data;
}

/*
 * Handle MySQL's rows as they come; with row_context NULL nothing is handled
 * and what was read stays.
 */
static void
read_remote(Batch *batch, MemoryContext row_context)
{
	MemoryContext context = CurrentMemoryContext;
	int nkey_expressions;
	char *sql = remote_query(batch, &nkey_expressions);
	WireResult *result = mm_result_open(batch->comparison->request.conn, sql,
										context);
	RowReader *reader = mm_compare_reader(batch->comparison, result,
										  nkey_expressions);
	const WireRow *row;
	uint64 rows = 0;

	for (; (row = mm_result_next(result)) != NULL; rows++)
	{
		PairEntry *entry;

		if (row_context != NULL)
			MemoryContextSwitchTo(row_context);
		entry = take_remote_row(batch, reader, row);
		if (row_context == NULL)
			continue;
		if (entry != NULL)
		{
			entry->is_handled = true;
			if (entry->pair.state != DIFFERENCE_NONE)
				batch->handle(batch->arg, &entry->pair);
		}
		MemoryContextSwitchTo(context);
		MemoryContextReset(row_context);
	}
	mm_compare_pace(batch->comparison, rows, mm_result_bytes(result));
	mm_result_close(result);
}

/* ---------------------------------------------------------------- batches */

bool
mm_compare_next(Comparison *comparison)
{
	MemoryContext old;
	Batch *batch;
	const char *key;
	Size length;
	Size bytes = 0;
	DifferenceState state;
	bool any;

	if (comparison->batch_context == NULL)
		comparison->batch_context = AllocSetContextCreate(comparison->context,
														  "suspects",
														  ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(comparison->batch_context);
	old = MemoryContextSwitchTo(comparison->batch_context);
	if (comparison->nkeys == 0)
		any = mm_compare_multiset_next(comparison);
	else
	{
		batch = palloc0(sizeof(Batch));
		batch->comparison = comparison;
		while (batch->npairs < KEYS_PER_BATCH &&
			   bytes < KEY_BYTES_PER_BATCH &&
			   mm_compare_next_suspect(comparison, &key, &length, &state))
		{
			add_pair(batch, key, length);
			bytes += length;
		}
		comparison->batch = batch;
		any = batch->npairs > 0;
	}
	MemoryContextSwitchTo(old);
	CHECK_FOR_INTERRUPTS();
	return any;
}

/* Rows that MySQL has not sent are not there any more. */
static void
handle_the_rest(Batch *batch)
{
	for (int i = 0; i < batch->npairs; i++)
	{
		PairEntry *entry = &batch->pairs[i];

		if (entry->is_handled)
			continue;
		settle_state(&entry->pair);
		if (entry->pair.state != DIFFERENCE_NONE)
			batch->handle(batch->arg, &entry->pair);
	}
}

static void
handle_batch(Batch *batch, HandleRow handle, void *arg)
{
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "suspect",
													  ALLOCSET_DEFAULT_SIZES);

	batch->handle = handle;
	batch->arg = arg;
	for (int i = 0; i < batch->npairs; i++)
	{
		batch->pairs[i].is_handled = false;
		batch->pairs[i].pair.remote_rows = 0;
		batch->pairs[i].pair.remote_sum = 0;
	}
	read_local(batch);
	read_remote(batch, row_context);
	handle_the_rest(batch);
}

void
mm_compare_handle(Comparison *comparison, HandleRow handle, void *arg)
{
	MemoryContext old;

	comparison->handle_context = AllocSetContextCreate(comparison->context,
													   "handled suspects",
													   ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(comparison->handle_context);
	if (comparison->nkeys == 0)
		mm_compare_multiset_handle(comparison, handle, arg);
	else
		handle_batch(comparison->batch, handle, arg);
	MemoryContextSwitchTo(old);
	mm_compare_recover(comparison);
}

void
mm_compare_recover(Comparison *comparison)
{
	if (comparison->handle_context != NULL)
		MemoryContextDelete(comparison->handle_context);
	comparison->handle_context = NULL;
}

uint64
mm_compare_verify(Comparison *comparison)
{
	Batch *batch = comparison->batch;
	uint64 count = 0;
	MemoryContext context;
	MemoryContext old;

	if (comparison->nkeys == 0)
		return 0;
	context = AllocSetContextCreate(CurrentMemoryContext, "rows to verify",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	read_local(batch);
	for (int i = 0; i < batch->npairs; i++)
	{
		PairEntry *entry = &batch->pairs[i];

		settle_state(&entry->pair);
		if (entry->pair.state != DIFFERENCE_NONE)
			count++;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return count;
}

/* ---------------------------------------------------------------- one row */

RowPair *
mm_compare_read(Comparison *comparison, const char *key, Size length)
{
	Batch *batch = palloc0(sizeof(Batch));

	batch->comparison = comparison;
	add_pair(batch, key, length);
	read_local(batch);
	read_remote(batch, NULL);
	settle_state(&batch->pairs[0].pair);
	return &batch->pairs[0].pair;
}

/* ---------------------------------------------------------------- for people */

typedef struct TextTaker
{
	char **texts;
	MemoryContext context;
} TextTaker;

static void
take_texts(Comparison *comparison, TupleTableSlot *slot, void *arg)
{
	TextTaker *taker = arg;

	MemoryContextSwitchTo(taker->context);
	taker->texts = palloc0(comparison->ncolumns * sizeof(char *));
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];

		if (slot->tts_isnull[i])
			continue;
		taker->texts[i] =
			column->by_value != NULL ?
				mm_by_value_local(column->by_value, slot->tts_values[i]) :
				mm_canonical_local_shown(slot->tts_values[i], column);
	}
}

char **
mm_compare_local_texts(Comparison *comparison, const RowPair *pair)
{
	TextTaker taker = {NULL, CurrentMemoryContext};

	mm_compare_scan(comparison,
					psprintf("ctid = '(%u,%u)' AND tableoid = %u",
							 ItemPointerGetBlockNumber(&pair->tid),
							 ItemPointerGetOffsetNumber(&pair->tid),
							 pair->tableoid),
					take_texts, &taker);
	return taker.texts;
}

char *
mm_compare_key_json(const Comparison *comparison, const RowPair *pair)
{
	StringInfoData json;

	if (comparison->nkeys == 0)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < comparison->nkeys; i++)
	{
		const KeyColumn *key = &comparison->keys[i];

		appendStringInfoString(&json, i > 0 ? ", " : "{");
		escape_json(&json, key->column->name);
		appendStringInfoString(&json, ": ");
		if (mm_type_is_integer(&key->column->type))
			appendStringInfoString(&json,
								   mm_type_plain_integer(pair->key_texts[i]));
		else
			escape_json(&json, mm_canonical_shown(&key->column->type,
												  pair->key_texts[i]));
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}
