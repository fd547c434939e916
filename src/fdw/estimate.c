/*
 * src/fdw/estimate.c
 *		What MySQL knows about the size of a table.
 */
#include "postgres.h"

#include "base/ident.h"
#include "fdw/estimate.h"
#include "source/session.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Planning the same table again within this time asks nobody. */
#define SIZE_KEEPS_MS (60 * 1000)

static const char *const size_query =
	"SELECT table_rows AS estimated_rows, data_length AS data_bytes"
	"  FROM information_schema.tables"
	" WHERE table_schema = %s AND table_name = %s"
	"   AND table_rows IS NOT NULL";

typedef struct SizeEntry
{
	Oid foreign_table; /* key */
	TimestampTz asked_at;
	bool is_known;
	RemoteSize size;
} SizeEntry;

static HTAB *sizes = NULL;

/*
 * forget_size
 *		A foreign table was altered, dropped or analyzed.
 */
static void
forget_size(Datum arg, Oid relation)
{
	if (OidIsValid(relation))
		hash_search(sizes, &relation, HASH_REMOVE, NULL);
	else
	{
		HASH_SEQ_STATUS scan;
		SizeEntry *entry;

		hash_seq_init(&scan, sizes);
		while ((entry = hash_seq_search(&scan)) != NULL)
			entry->asked_at = 0;
	}
}

static void
create_sizes(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(SizeEntry);
	control.hcxt = CacheMemoryContext;
	sizes = hash_create("mysql_migrate remote sizes", 64, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(forget_size, (Datum) 0);
}

/*
 * no_drain
 *		Answers of one row are read at once; nobody can come between.
 */
static void
no_drain(void *reader)
{
	elog(ERROR, "catalog query was interrupted by another statement");
}

static bool
ask_size(const RemoteRelation *remote, Oid user_id, RemoteSize *size)
{
	RemoteSession *session = mm_session_get(remote->server, user_id);
	char *sql = psprintf(size_query,
						 mm_quote_remote_literal(remote->database),
						 mm_quote_remote_literal(remote->name));
	WireResult *result = mm_session_open_stream(session, sql, no_drain, sql);
	const WireRow *row = mm_result_next(result);

	if (row != NULL)
	{
		size->rows = mm_result_int64(result, row, 0);
		size->bytes = mm_result_int64(result, row, 1);
	}
	mm_session_close_stream(session, sql);
	return row != NULL;
}

bool
mm_estimate_size(const RemoteRelation *remote, Oid user_id, RemoteSize *size)
{
	Oid key = remote->table->relid;
	TimestampTz now = GetCurrentTimestamp();
	SizeEntry *entry;
	RemoteSize fresh = {0};
	bool is_known;

	if (remote->query != NULL)
		return false;
	if (sizes == NULL)
		create_sizes();

	entry = hash_search(sizes, &key, HASH_FIND, NULL);
	if (entry == NULL ||
		TimestampDifferenceExceeds(entry->asked_at, now, SIZE_KEEPS_MS))
	{
		/* Invalidations may come in while the answer is awaited. */
		is_known = ask_size(remote, user_id, &fresh);
		entry = hash_search(sizes, &key, HASH_ENTER, NULL);
		entry->asked_at = now;
		entry->is_known = is_known;
		entry->size = fresh;
	}
	*size = entry->size;
	return entry->is_known;
}

/*
 * mm_estimate_query
 *		The rows of all tables of the outermost SELECT, multiplied, as EXPLAIN
 *		gives them.
 */
double
mm_estimate_query(const RemoteRelation *remote, Oid user_id, const char *sql)
{
	RemoteSession *session = mm_session_get(remote->server, user_id);
	char *explain = psprintf("EXPLAIN FORMAT=TRADITIONAL %s", sql);
	WireResult *result = mm_session_open_stream(session, explain, no_drain,
												explain);
	const WireField *fields = mm_result_fields(result);
	const WireRow *row;
	int id_column = -1;
	int rows_column = -1;
	double rows = -1;

	for (int i = 0; i < mm_result_nfields(result); i++)
	{
		if (pg_strcasecmp(fields[i].name, "id") == 0)
			id_column = i;
		else if (pg_strcasecmp(fields[i].name, "rows") == 0)
			rows_column = i;
	}
	while ((row = mm_result_next(result)) != NULL)
	{
		if (id_column < 0 || rows_column < 0 ||
			row->values[id_column].is_null ||
			row->values[rows_column].is_null ||
			mm_result_int64(result, row, id_column) != 1)
			continue;
		rows = (rows < 0 ? 1 : rows) *
			   mm_result_int64(result, row, rows_column);
	}
	mm_session_close_stream(session, explain);
	return rows;
}
