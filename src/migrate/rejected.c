/*
 * src/migrate/rejected.c
 *		The option "rejected": load again the rows that were rejected.
 *
 * They are named by their keys, in the filter of a job that appends to the
 * table.  Rows that are rejected once more belong to the new job.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "job/store.h"
#include "load/chunk.h"
#include "migrate/rejected.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

/* Keys in one condition; with more it is quicker to load the table again. */
#define MAX_KEYS 10000

static void
need_whole_load(const RemoteTable *table, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the rejected rows of table \"%s\" cannot be loaded by themselves",
					table->local_name),
			 errdetail("%s", why),
			 errhint("Load the table again with on_existing => 'replace'.")));
}

static bool
is_bytes(const ColumnType *type)
{
	return strcmp(type->data_type, "binary") == 0 ||
		   strcmp(type->data_type, "varbinary") == 0 ||
		   (type->charset != NULL && strcmp(type->charset, "binary") == 0);
}

/* A member of a key as a MySQL literal. */
static char *
literal(const RemoteColumn *column, const JsonbValue *value)
{
	char *text;

	if (value->type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(value->val.numeric)));
	text = pnstrdup(value->val.string.val, value->val.string.len);
	return is_bytes(&column->type) ? psprintf("X'%s'", text) :
									 mm_quote_remote_literal(text);
}

/* "(a = 1 AND b = 'x')" */
static void
append_key(StringInfo out, const RemoteTable *table, const ChunkKey *key,
		   const char *json)
{
	Jsonb *jsonb = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													  CStringGetDatum(json)));

	appendStringInfo(out, "%s(", out->len > 0 ? " OR " : "");
	for (int i = 0; i < key->ncolumns; i++)
	{
		const RemoteColumn *column = key->columns[i];
		JsonbValue value;

		if (getKeyJsonValueFromContainer(&jsonb->root, column->name,
										 strlen(column->name),
										 &value) == NULL ||
			(value.type != jbvNumeric && value.type != jbvString))
			need_whole_load(table, "A rejected row is not known by its key.");
		appendStringInfo(out, "%s%s = %s", i > 0 ? " AND " : "",
						 mm_quote_remote_ident(column->name),
						 literal(column, &value));
	}
	appendStringInfoChar(out, ')');
}

/* Keys of the rejected rows (char *, NULL: none), of all jobs of the table. */
static List *
rejected_keys(const char *server, Oid relation)
{
	const char *args[] = {mm_store_number(GetUserId()), server,
						  mm_store_number(relation)};

	return mm_store_get_column("SELECT DISTINCT r.key::text"
							   "  FROM mysql_migrate.reject AS r"
							   "  JOIN mysql_migrate.table_map AS m ON m.id = r.table_map"
							   " WHERE r.owner = $1::oid AND m.server = $2"
							   "   AND m.relation = $3::oid ORDER BY 1",
							   lengthof(args), args);
}

void
mm_rejected_check(const Migration *migration)
{
	const JobSpec *spec = migration->spec;
	const RemoteTable *table = linitial(migration->schema->tables);

	if (!spec->only_rejected ||
		(spec->remote_table != NULL && spec->on_existing == EXISTING_APPEND &&
		 table->exists_here))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the option \"rejected\" is for a table that is here, by migrate_table with on_existing => 'append'"),
			 errhint("SELECT * FROM migrate_table(%s, 'table', 'schema.table', on_existing => 'append', options => '{\"rejected\": true}');",
					 quote_literal_cstr(spec->server))));
}

void
mm_rejected_select(Migration *migration, RemoteTable *table, Oid relation)
{
	const JobSpec *spec = migration->spec;
	const ChunkKey *key = mm_chunk_key(table);
	List *keys = rejected_keys(spec->server, relation);
	StringInfoData filter;
	ListCell *cell;

	if (key == NULL && keys != NIL)
		need_whole_load(table, "It has no key.");
	if (list_length(keys) > MAX_KEYS)
		need_whole_load(table, psprintf("There are %d of them.",
										list_length(keys)));
	initStringInfo(&filter);
	foreach(cell, keys)
	{
		if (lfirst(cell) == NULL)
			need_whole_load(table, "A rejected row is not known by its key.");
		append_key(&filter, table, key, lfirst(cell));
	}
	if (keys == NIL)
		appendStringInfoString(&filter, "FALSE");
	table->filter = table->filter == NULL ? filter.data :
											psprintf("(%s) AND (%s)", table->filter, filter.data);
}

void
mm_rejected_settle(JobProcess *process)
{
	Migration *migration = process->state;
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};

	if (!migration->spec->only_rejected)
		return;
	mm_transaction_start();
	mm_store_enter(&scope);
	mm_store_execute("DELETE FROM mysql_migrate.reject AS r"
					 " USING mysql_migrate.table_map AS old, mysql_migrate.table_map AS new"
					 " WHERE new.job = $1::bigint AND new.state = 'published'"
					 "   AND new.status <> 'failed'"
					 "   AND old.relation = new.relation AND old.server = new.server"
					 "   AND old.owner = new.owner AND old.job < new.job"
					 "   AND r.table_map = old.id AND r.owner = new.owner",
					 1, args);
	mm_store_execute("UPDATE mysql_migrate.table_map SET state = 'replaced'"
					 " WHERE job = $1::bigint AND state = 'published'",
					 1, args);
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}
