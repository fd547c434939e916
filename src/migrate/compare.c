/*
 * src/migrate/compare.c
 *		Are the rows of a range the same on both sides?
 *
 * Rows fall into buckets by the CRC-32 of their key's canonical text, which
 * both sides compute from their own data, so that any kind of key will do.
 *
 *	1. Sums: per bucket the number of rows and the sum of their checksums; one
 *	   GROUP BY in MySQL, one scan here.
 *	2. Keys: for buckets whose sums differ, key and checksum of each row, as
 *	   hashes; this tells which buckets really hold a different row.
 *	3. Rows: for those, the canonical text of every column, once more from both
 *	   sides.  A row is reported if it differs in step 2 and in step 3.
 *
 * A table without a key is compared as a multiset: its rows are their keys.
 *
 * jsonb has another text than MySQL's JSON.  Such columns stay out of the sums;
 * their rows all go through step 2, where MySQL's text is read as jsonb.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "migrate/compare.h"
#include "miscadmin.h"
#include "types/row_decoder.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "wire/result.h"

#define ROWS_PER_BUCKET 1000
#define MAX_BUCKETS		65536
/* Rows held in memory by step 2 (40 bytes each) and by step 3 (whole texts). */
#define KEYS_PER_PASS 500000
#define ROWS_PER_PASS 5000
#define FETCH_ROWS	  1000

typedef struct Bucket
{
	uint64 remote_rows;
	uint64 remote_sum;
	uint64 local_rows;
	uint64 local_sum;
	bool selected; /* for the pass that is on */
	bool differs;  /* step 2 found a row in it */
} Bucket;

typedef struct Comparison
{
	const CompareRequest *request;
	CompareResult *result;
	int ncolumns;
	CanonicalColumn *columns;
	const char **local_names; /* of the columns */
	int nkeys;				  /* 0: the table has no key */
	CanonicalColumn *keys;
	bool is_deep; /* there are jsonb columns */
	int nbuckets;
	Bucket *buckets;
	HTAB *suspects; /* key hashes that step 2 found different */
	MemoryContext row_context;
} Comparison;

/* ---------------------------------------------------------------- columns */

static bool
is_key_column(const ChunkKey *key, const RemoteColumn *column)
{
	for (int i = 0; key != NULL && i < key->ncolumns; i++)
	{
		if (key->columns[i] == column)
			return true;
	}
	return false;
}

/* Columns that are on both sides; what is not is counted. */
static void
match_columns(Comparison *comparison)
{
	const RemoteTable *table = comparison->request->table;
	const ChunkKey *key = mm_chunk_key(table);
	int number = list_length(table->columns);
	ListCell *cell;

	comparison->columns = palloc0(number * sizeof(CanonicalColumn));
	comparison->keys = palloc0(number * sizeof(CanonicalColumn));
	comparison->local_names = palloc(number * sizeof(char *));
	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		AttrNumber attnum = get_attnum(comparison->request->relation,
									   column->local_name);
		CanonicalColumn *canonical =
			&comparison->columns[comparison->ncolumns];

		if (column->is_skipped || column->transform != NULL ||
			attnum == InvalidAttrNumber ||
			mm_type_rule(&column->type) == NULL)
		{
			comparison->result->uncompared++;
			continue;
		}
		canonical->type = &column->type;
		canonical->remote_name = column->name;
		/* In the local query's result, not in the table. */
		canonical->attnum = comparison->ncolumns + 1;
		comparison->local_names[comparison->ncolumns] = column->local_name;
		canonical->is_null_only =
			!mm_canonical_is_compared(canonical,
									  get_atttype(comparison->request->relation,
												  attnum));
		comparison->is_deep |= canonical->is_null_only;
		comparison->ncolumns++;
		if (is_key_column(key, column))
			comparison->keys[comparison->nkeys++] = *canonical;
	}
	/* A key with a skipped column is none. */
	if (key != NULL && comparison->nkeys < key->ncolumns)
		comparison->nkeys = 0;
	if (comparison->nkeys == 0)
		comparison->keys = comparison->columns;
}

static int
bucket_columns(const Comparison *comparison)
{
	return comparison->nkeys > 0 ? comparison->nkeys : comparison->ncolumns;
}

/* ---------------------------------------------------------------- remote texts */

static char *
remote_bucket(const Comparison *comparison)
{
	return psprintf("%s %% %d",
					mm_canonical_remote_crc(bucket_columns(comparison),
											comparison->keys,
											comparison->request->policies),
					comparison->nbuckets);
}

static void
append_from(StringInfo sql, const Comparison *comparison,
			const char *condition)
{
	const CompareRequest *request = comparison->request;
	char *range = mm_chunk_condition(request->key, request->chunk,
									 request->where);

	appendStringInfo(sql, " FROM %s", mm_catalog_from(request->table));
	if (range != NULL || condition != NULL)
		appendStringInfo(sql, " WHERE %s%s%s", range ? range : "",
						 range && condition ? " AND " : "",
						 condition ? condition : "");
}

/* "CRC32(...) % 100 IN (3, 17)" for the selected buckets. */
static char *
selected_condition(const Comparison *comparison)
{
	StringInfoData sql;
	int count = 0;

	initStringInfo(&sql);
	appendStringInfo(&sql, "%s IN (", remote_bucket(comparison));
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		if (!comparison->buckets[i].selected)
			continue;
		appendStringInfo(&sql, "%s%d", count++ > 0 ? ", " : "", i);
	}
	appendStringInfoChar(&sql, ')');
	return count == comparison->nbuckets ? NULL : sql.data;
}

/* ---------------------------------------------------------------- local rows */

/* The range as a condition here; only integer keys have ranges. */
static char *
local_condition(const CompareRequest *request)
{
	StringInfoData sql;
	char *column;

	if (request->key == NULL)
		return NULL;
	initStringInfo(&sql);
	column = mm_quote_local_name(NULL, request->key->columns[0]->local_name);
	if (request->chunk->is_null_chunk)
		appendStringInfo(&sql, "%s IS NULL", column);
	else if (request->key->nullable)
		appendStringInfo(&sql, "%s IS NOT NULL", column);
	if (request->chunk->lower != NULL)
		appendStringInfo(&sql, "%s%s > %s", sql.len > 0 ? " AND " : "", column,
						 request->chunk->lower);
	if (request->chunk->upper != NULL)
		appendStringInfo(&sql, "%s%s <= %s", sql.len > 0 ? " AND " : "",
						 column, request->chunk->upper);
	return sql.len > 0 ? sql.data : NULL;
}

/* The compared columns, in their order: that is what attnum counts. */
static char *
local_query(const Comparison *comparison)
{
	Oid relation = comparison->request->relation;
	char *condition = local_condition(comparison->request);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < comparison->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(comparison->local_names[i]));
	if (comparison->ncolumns == 0)
		appendStringInfoString(&sql, "NULL");
	appendStringInfo(&sql, " FROM %s%s%s",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
												get_rel_name(relation)),
					 condition ? " WHERE " : "", condition ? condition : "");
	return sql.data;
}

typedef void (*LocalRow)(Comparison *comparison, TupleDesc desc,
						 const Datum *values, const bool *isnull);

/* Calls `take` for every local row of the range. */
static void
scan_local(Comparison *comparison, LocalRow take)
{
	Portal portal;
	SPIPlanPtr plan;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	plan = SPI_prepare_cursor(local_query(comparison), 0, NULL,
							  CURSOR_OPT_NO_SCROLL);
	if (plan == NULL)
		elog(ERROR, "could not prepare the local query");
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			TupleDesc desc = SPI_tuptable->tupdesc;
			MemoryContext old = MemoryContextSwitchTo(comparison->row_context);
			Datum *values = palloc(desc->natts * sizeof(Datum));
			bool *isnull = palloc(desc->natts * sizeof(bool));

			heap_deform_tuple(SPI_tuptable->vals[i], desc, values, isnull);
			take(comparison, desc, values, isnull);
			MemoryContextSwitchTo(old);
			MemoryContextReset(comparison->row_context);
		}
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
	PopActiveSnapshot();
	SPI_finish();
}

/* ---------------------------------------------------------------- step 1: sums */

static int
local_bucket(const Comparison *comparison, TupleDesc desc,
			 const Datum *values, const bool *isnull)
{
	StringInfoData text;

	initStringInfo(&text);
	mm_canonical_local_text(&text, desc, values, isnull,
							bucket_columns(comparison), comparison->keys);
	return mm_canonical_crc(text.data, text.len) % comparison->nbuckets;
}

static uint32
local_crc(const Comparison *comparison, TupleDesc desc, const Datum *values,
		  const bool *isnull)
{
	StringInfoData text;

	initStringInfo(&text);
	mm_canonical_local_text(&text, desc, values, isnull, comparison->ncolumns,
							comparison->columns);
	return mm_canonical_crc(text.data, text.len);
}

static void
sum_local_row(Comparison *comparison, TupleDesc desc, const Datum *values,
			  const bool *isnull)
{
	Bucket *bucket = &comparison->buckets[local_bucket(comparison, desc,
													   values, isnull)];

	bucket->local_rows++;
	bucket->local_sum += local_crc(comparison, desc, values, isnull);
}

/* A row whose text MySQL could not make would be missing from the sum. */
static void
refuse_null_sums(const CompareRequest *request, int64 count)
{
	if (count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("MySQL could not compute the checksum of " INT64_FORMAT " rows of table \"%s\"",
						count, request->table->name),
				 errdetail("CONCAT gives NULL when its result is longer than max_allowed_packet."),
				 errhint("Raise max_allowed_packet of the MySQL server.")));
}

static void
sum_remote(Comparison *comparison)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "remote sums",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;
	char *crc = mm_canonical_remote_crc(comparison->ncolumns,
										comparison->columns,
										comparison->request->policies);

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT CAST(b AS SIGNED), COUNT(*), CAST(SUM(c) AS CHAR), CAST(SUM(c IS NULL) AS SIGNED)"
						   " FROM (SELECT %s AS b, %s AS c",
					 remote_bucket(comparison),
					 crc);
	append_from(&sql, comparison, NULL);
	appendStringInfoString(&sql, ") AS sums GROUP BY b");
	result = mm_result_open(comparison->request->conn, sql.data, context);
	while ((row = mm_result_next(result)) != NULL)
	{
		Bucket *bucket;
		char *sum = mm_result_text(result, row, 2);

		refuse_null_sums(comparison->request, mm_result_int64(result, row, 3));
		bucket = &comparison->buckets[mm_result_int64(result, row, 0)];
		bucket->remote_rows = mm_result_int64(result, row, 1);
		bucket->remote_sum = strtoull(sum, NULL, 10);
	}
	mm_result_close(result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static bool
sums_differ(const Comparison *comparison, const Bucket *bucket)
{
	return bucket->local_rows != bucket->remote_rows ||
		   bucket->local_sum != bucket->remote_sum ||
		   (comparison->is_deep && bucket->local_rows > 0);
}

/* ---------------------------------------------------------------- step 2: keys */

/* A row by the hash of its key; counts matter for tables without a key. */
typedef struct KeyEntry
{
	uint64 hash; /* hash key */
	int bucket;
	uint32 remote_rows;
	uint32 local_rows;
	uint64 remote_sum;
	uint64 local_sum;
} KeyEntry;

/* Order and text of jsonb are PostgreSQL's own; MySQL's is read as jsonb. */
static uint32
json_crc(const char *text, bool parse)
{
	Datum value;

	if (text == NULL)
		return 0;
	if (!parse)
		return mm_canonical_crc(text, strlen(text));
	value = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
	text = DatumGetCString(DirectFunctionCall1(jsonb_out, value));
	return mm_canonical_crc(text, strlen(text));
}

static uint64
add_crc(uint64 sum, uint32 crc)
{
	return sum * UINT64CONST(1000003) + crc;
}

typedef struct KeyPass
{
	Comparison *comparison;
	HTAB *keys;
} KeyPass;

static KeyPass *current_pass; /* for the callback of scan_local */

static KeyEntry *
key_entry(HTAB *keys, const char *text, int length, int bucket)
{
	uint64 hash = hash_bytes_extended((const unsigned char *) text,
									  length, 0);
	bool found;
	KeyEntry *entry = hash_search(keys, &hash, HASH_ENTER, &found);

	if (!found)
	{
		memset((char *) entry + sizeof(hash), 0, sizeof(*entry) - sizeof(hash));
		entry->bucket = bucket;
	}
	return entry;
}

static uint64
local_sum(const Comparison *comparison, TupleDesc desc, const Datum *values,
		  const bool *isnull)
{
	uint64 sum = local_crc(comparison, desc, values, isnull);

	for (int i = 0; i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];
		int n = column->attnum - 1;

		if (!column->is_null_only)
			continue;
		sum = add_crc(sum, isnull[n] ? 0 :
									   json_crc(DatumGetCString(DirectFunctionCall1(jsonb_out,
																					values[n])),
												false));
	}
	return sum;
}

static void
take_local_key(Comparison *comparison, TupleDesc desc, const Datum *values,
			   const bool *isnull)
{
	int bucket = local_bucket(comparison, desc, values, isnull);
	StringInfoData text;
	KeyEntry *entry;

	if (!comparison->buckets[bucket].selected)
		return;
	initStringInfo(&text);
	mm_canonical_local_text(&text, desc, values, isnull,
							bucket_columns(comparison), comparison->keys);
	entry = key_entry(current_pass->keys, text.data, text.len, bucket);
	entry->local_rows++;
	entry->local_sum += local_sum(comparison, desc, values, isnull);
}

/* Key text, checksum, and the JSON texts. */
static void
take_remote_keys(KeyPass *pass)
{
	Comparison *comparison = pass->comparison;
	const ValuePolicies *policies = comparison->request->policies;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "remote keys",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, %s",
					 mm_canonical_remote_text(bucket_columns(comparison),
											  comparison->keys, policies),
					 mm_canonical_remote_crc(comparison->ncolumns,
											 comparison->columns, policies));
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		if (comparison->columns[i].is_null_only)
			appendStringInfo(&sql, ", %s",
							 mm_quote_remote_ident(comparison->columns[i].remote_name));
	}
	append_from(&sql, comparison, selected_condition(comparison));
	result = mm_result_open(comparison->request->conn, sql.data, context);
	MemoryContextSwitchTo(comparison->row_context);
	while ((row = mm_result_next(result)) != NULL)
	{
		char *text = mm_result_text(result, row, 0);
		uint64 sum = (uint64) mm_result_int64(result, row, 1);
		KeyEntry *entry;

		for (int i = 2; i < row->nvalues; i++)
			sum = add_crc(sum, json_crc(mm_result_text(result, row, i), true));
		entry = key_entry(pass->keys, text, strlen(text),
						  mm_canonical_crc(text, strlen(text)) %
							  comparison->nbuckets);
		entry->remote_rows++;
		entry->remote_sum += sum;
		MemoryContextReset(comparison->row_context);
	}
	mm_result_close(result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void look_at_suspects(Comparison *comparison);

/* Of the selected buckets: which hold a row that differs? */
static void
compare_keys(Comparison *comparison)
{
	KeyPass pass;
	HASHCTL control;
	HASH_SEQ_STATUS status;
	KeyEntry *entry;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(KeyEntry);
	control.hcxt = CurrentMemoryContext;
	pass.comparison = comparison;
	pass.keys = hash_create("keys to compare", 1024, &control,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	current_pass = &pass;
	take_remote_keys(&pass);
	scan_local(comparison, take_local_key);
	hash_seq_init(&status, pass.keys);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (entry->remote_rows == entry->local_rows &&
			entry->remote_sum == entry->local_sum)
			continue;
		comparison->buckets[entry->bucket].differs = true;
		(void) hash_search(comparison->suspects, &entry->hash, HASH_ENTER,
						   NULL);
	}
	hash_destroy(pass.keys);
	current_pass = NULL;
	look_at_suspects(comparison);
}

/* ---------------------------------------------------------------- step 3: rows */

/* Both sides of a row, as texts in row_entry_context. */
typedef struct RowEntry
{
	uint64 hash; /* hash key */
	uint32 remote_rows;
	uint32 local_rows;
	char *key;	   /* jsonb text */
	char **remote; /* per compared column, NULL: SQL NULL */
	char **local;
} RowEntry;

typedef struct RowPass
{
	Comparison *comparison;
	HTAB *rows;
	MemoryContext context; /* of the texts */
} RowPass;

static RowPass *current_rows;

/* NULL when step 2 did not suspect the row. */
static RowEntry *
row_entry(RowPass *pass, const char *text, int length)
{
	uint64 hash = hash_bytes_extended((const unsigned char *) text,
									  length, 0);
	bool found;
	RowEntry *entry;

	if (hash_search(pass->comparison->suspects, &hash, HASH_FIND, NULL) == NULL)
		return NULL;
	entry = hash_search(pass->rows, &hash, HASH_ENTER, &found);
	if (!found)
		memset((char *) entry + sizeof(hash), 0, sizeof(*entry) - sizeof(hash));
	return entry;
}

/* {"id": 5}; the texts are those of the key columns, in order. */
static char *
key_json(const Comparison *comparison, char **texts)
{
	StringInfoData json;

	if (comparison->nkeys == 0)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < comparison->nkeys; i++)
	{
		const CanonicalColumn *column = &comparison->keys[i];

		appendStringInfoString(&json, i > 0 ? ", " : "{");
		escape_json(&json, column->remote_name);
		appendStringInfoString(&json, ": ");
		if (texts[i] == NULL)
			appendStringInfoString(&json, "null");
		else if (mm_type_is_integer(column->type))
			appendStringInfoString(&json, texts[i]);
		else
			escape_json(&json, texts[i]);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static bool
is_binary_key(const CanonicalColumn *column)
{
	return strcmp(column->type->data_type, "binary") == 0 ||
		   strcmp(column->type->data_type, "varbinary") == 0;
}

/* jsonb as PostgreSQL prints it, whatever side it came from. */
static char *
normal_json(const char *text)
{
	Datum value;

	if (text == NULL)
		return NULL;
	value = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
	return DatumGetCString(DirectFunctionCall1(jsonb_out, value));
}

static void
take_remote_rows(RowPass *pass)
{
	Comparison *comparison = pass->comparison;
	const ValuePolicies *policies = comparison->request->policies;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "remote rows",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int first = 1 + comparison->nkeys;
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s",
					 mm_canonical_remote_text(bucket_columns(comparison),
											  comparison->keys, policies));
	for (int i = 0; i < comparison->nkeys; i++)
	{
		const CanonicalColumn *column = &comparison->keys[i];

		appendStringInfo(&sql, ", %s", is_binary_key(column) ? psprintf("HEX(%s)", mm_quote_remote_ident(column->remote_name)) : mm_canonical_remote_column(column, policies));
	}
	for (int i = 0; i < comparison->ncolumns; i++)
	{
		const CanonicalColumn *column = &comparison->columns[i];

		appendStringInfo(&sql, ", %s", column->is_null_only ? mm_quote_remote_ident(column->remote_name) : mm_canonical_remote_column(column, policies));
	}
	append_from(&sql, comparison, selected_condition(comparison));
	result = mm_result_open(comparison->request->conn, sql.data, context);
	while ((row = mm_result_next(result)) != NULL)
	{
		char *text;
		RowEntry *entry;
		char **keys;

		MemoryContextSwitchTo(comparison->row_context);
		text = mm_result_text(result, row, 0);
		entry = row_entry(pass, text, strlen(text));
		if (entry != NULL)
		{
			MemoryContextSwitchTo(pass->context);
			keys = palloc(Max(comparison->nkeys, 1) * sizeof(char *));
			for (int i = 0; i < comparison->nkeys; i++)
				keys[i] = mm_result_text(result, row, 1 + i);
			entry->key = key_json(comparison, keys);
			entry->remote = palloc(comparison->ncolumns * sizeof(char *));
			for (int i = 0; i < comparison->ncolumns; i++)
			{
				char *value = mm_result_text(result, row, first + i);

				entry->remote[i] = comparison->columns[i].is_null_only ?
									   normal_json(value) :
									   value;
			}
			entry->remote_rows++;
		}
		MemoryContextReset(comparison->row_context);
	}
	mm_result_close(result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static char *
local_text(const CanonicalColumn *column, TupleDesc desc, const Datum *values,
		   const bool *isnull)
{
	int n = column->attnum - 1;
	StringInfoData out;

	if (isnull[n])
		return NULL;
	if (column->is_null_only)
		return DatumGetCString(DirectFunctionCall1(jsonb_out, values[n]));
	initStringInfo(&out);
	mm_type_rule(column->type)->canonical(&out, values[n], TupleDescAttr(desc, n)->atttypid, column->type);
	return out.data;
}

static char *
local_key_text(const CanonicalColumn *column, TupleDesc desc,
			   const Datum *values, const bool *isnull)
{
	int n = column->attnum - 1;
	struct varlena *bytes;
	StringInfoData out;

	if (isnull[n] || !is_binary_key(column) ||
		TupleDescAttr(desc, n)->atttypid != BYTEAOID)
		return local_text(column, desc, values, isnull);
	bytes = PG_DETOAST_DATUM_PACKED(values[n]);
	initStringInfo(&out);
	for (Size i = 0; i < VARSIZE_ANY_EXHDR(bytes); i++)
		appendStringInfo(&out, "%02X", (unsigned char) VARDATA_ANY(bytes)[i]);
	return out.data;
}

static void
take_local_row(Comparison *comparison, TupleDesc desc, const Datum *values,
			   const bool *isnull)
{
	StringInfoData text;
	RowEntry *entry;
	char **keys;
	int bucket = local_bucket(comparison, desc, values, isnull);

	if (!comparison->buckets[bucket].selected)
		return;
	initStringInfo(&text);
	mm_canonical_local_text(&text, desc, values, isnull,
							bucket_columns(comparison), comparison->keys);
	entry = row_entry(current_rows, text.data, text.len);
	if (entry == NULL)
		return;
	MemoryContextSwitchTo(current_rows->context);
	keys = palloc(Max(comparison->nkeys, 1) * sizeof(char *));
	for (int i = 0; i < comparison->nkeys; i++)
		keys[i] = local_key_text(&comparison->keys[i], desc, values, isnull);
	entry->key = key_json(comparison, keys);
	entry->local = palloc(comparison->ncolumns * sizeof(char *));
	for (int i = 0; i < comparison->ncolumns; i++)
		entry->local[i] = local_text(&comparison->columns[i], desc, values,
									 isnull);
	entry->local_rows++;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/* A row of the table, or one copy of it where there is no key. */
static void
report(Comparison *comparison, DifferenceState state, const RowEntry *entry,
	   uint32 copies)
{
	RowDifference difference;
	int n = 0;

	memset(&difference, 0, sizeof(difference));
	difference.state = state;
	difference.key = entry->key;
	if (state == DIFFERENCE_CHANGED)
	{
		difference.columns = palloc(comparison->ncolumns * sizeof(char *));
		difference.local = palloc(comparison->ncolumns * sizeof(char *));
		difference.remote = palloc(comparison->ncolumns * sizeof(char *));
		for (int i = 0; i < comparison->ncolumns; i++)
		{
			if (same_text(entry->local[i], entry->remote[i]))
				continue;
			difference.columns[n] = comparison->columns[i].remote_name;
			difference.local[n] = entry->local[i];
			difference.remote[n++] = entry->remote[i];
		}
		difference.ncolumns = n;
		if (n == 0)
			return; /* it became equal in the meantime */
		comparison->result->changed += copies;
	}
	else if (state == DIFFERENCE_MISSING)
		comparison->result->missing += copies;
	else
		comparison->result->extra += copies;
	for (uint32 i = 0; i < copies; i++)
		comparison->request->report(comparison->request->report_arg,
									&difference);
}

static void
report_entry(Comparison *comparison, const RowEntry *entry)
{
	if (entry->remote_rows > entry->local_rows)
		report(comparison, DIFFERENCE_MISSING, entry,
			   entry->remote_rows - entry->local_rows);
	else if (entry->remote_rows < entry->local_rows)
		report(comparison, DIFFERENCE_EXTRA, entry,
			   entry->local_rows - entry->remote_rows);
	else if (entry->local != NULL && entry->remote != NULL)
		report(comparison, DIFFERENCE_CHANGED, entry, entry->local_rows);
}

static void
compare_rows(Comparison *comparison)
{
	RowPass pass;
	HASHCTL control;
	HASH_SEQ_STATUS status;
	RowEntry *entry;

	memset(&control, 0, sizeof(control));
	pass.comparison = comparison;
	pass.context = AllocSetContextCreate(CurrentMemoryContext,
										 "rows to compare",
										 ALLOCSET_DEFAULT_SIZES);
	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(RowEntry);
	control.hcxt = pass.context;
	pass.rows = hash_create("rows to compare", 256, &control,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	current_rows = &pass;
	take_remote_rows(&pass);
	scan_local(comparison, take_local_row);
	hash_seq_init(&status, pass.rows);
	while ((entry = hash_seq_search(&status)) != NULL)
		report_entry(comparison, entry);
	current_rows = NULL;
	MemoryContextDelete(pass.context);
}

/* ---------------------------------------------------------------- the whole */

/*
 * Run `pass` over the buckets that `wanted` names, so many at a time that they
 * hold at most `limit` rows together (but at least one bucket).
 */
static void
in_passes(Comparison *comparison, bool (*wanted)(const Comparison *comparison, const Bucket *bucket),
		  uint64 limit, void (*pass)(Comparison *comparison))
{
	int next = 0;

	while (next < comparison->nbuckets)
	{
		uint64 rows = 0;
		bool any = false;

		for (int i = 0; i < comparison->nbuckets; i++)
			comparison->buckets[i].selected = false;
		for (; next < comparison->nbuckets; next++)
		{
			Bucket *bucket = &comparison->buckets[next];
			uint64 size = Max(bucket->local_rows, bucket->remote_rows);

			if (!wanted(comparison, bucket))
				continue;
			if (any && rows + size > limit)
				break;
			bucket->selected = true;
			rows += size;
			any = true;
		}
		if (any)
			pass(comparison);
		CHECK_FOR_INTERRUPTS();
	}
}

static bool
holds_difference(const Comparison *comparison, const Bucket *bucket)
{
	return bucket->differs;
}

static HTAB *
create_suspects(MemoryContext context)
{
	HASHCTL control;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(uint64);
	control.hcxt = context;
	return hash_create("suspect rows", 256, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* What step 2 found in one pass goes through step 3 and is forgotten. */
static void
look_at_suspects(Comparison *comparison)
{
	MemoryContext context = GetMemoryChunkContext(comparison->buckets);

	in_passes(comparison, holds_difference, ROWS_PER_PASS, compare_rows);
	for (int i = 0; i < comparison->nbuckets; i++)
		comparison->buckets[i].differs = false;
	hash_destroy(comparison->suspects);
	comparison->suspects = create_suspects(context);
}

static void
count_rows(Comparison *comparison)
{
	for (int i = 0; i < comparison->nbuckets; i++)
	{
		comparison->result->remote_rows += comparison->buckets[i].remote_rows;
		comparison->result->local_rows += comparison->buckets[i].local_rows;
	}
}

static void
count_only(Comparison *comparison)
{
	StringInfoData sql;
	bool isnull;
	char *condition = local_condition(comparison->request);
	Oid relation = comparison->request->relation;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT COUNT(*)");
	append_from(&sql, comparison, NULL);
	comparison->result->remote_rows =
		strtoull(mm_conn_query_value(comparison->request->conn, sql.data),
				 NULL, 10);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_execute(psprintf("SELECT pg_catalog.count(*) FROM %s%s%s",
							 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
														get_rel_name(relation)),
							 condition ? " WHERE " : "",
							 condition ? condition : ""),
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not count the rows of relation %u", relation);
	comparison->result->local_rows =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									SPI_tuptable->tupdesc, 1, &isnull));
	PopActiveSnapshot();
	SPI_finish();
}

/* Buckets of about a thousand rows, by MySQL's estimate of the table. */
static int
bucket_count(const CompareRequest *request)
{
	uint64 rows = request->table->estimated_rows;

	if (request->key != NULL)
		rows = Min(rows, mm_chunk_rows(request->table));
	return (int) Min(Max(rows / ROWS_PER_BUCKET, 1), MAX_BUCKETS);
}

void
mm_compare_range(const CompareRequest *request, CompareResult *result)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "compare",
												  ALLOCSET_DEFAULT_SIZES);
	Comparison comparison;

	memset(result, 0, sizeof(*result));
	memset(&comparison, 0, sizeof(comparison));
	MemoryContextSwitchTo(context);
	comparison.request = request;
	comparison.result = result;
	comparison.row_context = AllocSetContextCreate(context, "row to compare",
												   ALLOCSET_DEFAULT_SIZES);
	if (request->count_only)
		count_only(&comparison);
	else
	{
		match_columns(&comparison);
		comparison.nbuckets = bucket_count(request);
		comparison.buckets = palloc0(comparison.nbuckets * sizeof(Bucket));
		comparison.suspects = create_suspects(context);
		sum_remote(&comparison);
		scan_local(&comparison, sum_local_row);
		count_rows(&comparison);
		in_passes(&comparison, sums_differ, KEYS_PER_PASS, compare_keys);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static bool
is_integer_oid(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		   type == NUMERICOID;
}

bool
mm_compare_by_ranges(const RemoteTable *table, Oid relation)
{
	const ChunkKey *key = mm_chunk_key(table);
	AttrNumber attnum;

	if (key == NULL || key->ncolumns != 1 ||
		!mm_type_is_integer(&key->columns[0]->type) ||
		key->columns[0]->is_skipped)
		return false;
	attnum = get_attnum(relation, key->columns[0]->local_name);
	return attnum != InvalidAttrNumber &&
		   is_integer_oid(get_atttype(relation, attnum));
}
