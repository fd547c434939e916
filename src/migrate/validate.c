/*
 * src/migrate/validate.c
 *		The job "validate".
 *
 * Tables whose key is an integer are cut into ranges, as for loading; each
 * range, and each other table as a whole, is a task of its own.  Nothing is
 * locked, and no snapshot is shared: a source that is written to shows the
 * differences that there are at the time of looking.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "executor/spi.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/compare.h"
#include "migrate/migration.h"
#include "migrate/table_json.h"
#include "migrate/validate.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- the plan */

static TableState *
add_table(JobProcess *process, const TableMap *map)
{
	TableState *state = palloc0(sizeof(TableState));

	state->table = mm_table_from_json(map->description);
	state->map_id = map->id;
	state->relation = map->relation;
	state->filter = map->filter;
	state->load_stage = mm_leader_add_stage(process);
	mm_plan_choose_chunks(state);
	if (!mm_compare_by_ranges(state->table, map->relation))
	{
		state->key = NULL;
		state->needs_null_chunk = false;
	}
	mm_leader_hold_stage(process, state->load_stage);
	return state;
}

static void
forget_differences(const Migration *migration)
{
	StoreScope scope;
	ListCell *cell;

	mm_store_enter(&scope);
	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);
		const char *args[] = {migration->spec->server,
							  state->table->local_schema, state->table->local_name,
							  psprintf("%u", GetUserId())};

		(void) mm_store_execute("DELETE FROM mysql_migrate.difference"
								" WHERE server = $1 AND local_schema = $2"
								"   AND table_name = $3 AND owner = $4::oid",
								lengthof(args), args);
	}
	mm_store_leave(&scope);
}

static void
insert_job(JobProcess *process)
{
	Migration *migration = process->state;
	JobSpec *spec = migration->spec;
	int64 job_id = mm_job_insert(spec->kind, spec->server,
								 spec->remote_schema, NULL,
								 process->arguments.payload, GetUserId(),
								 spec->workers,
								 dsm_segment_handle(process->segment));

	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_leader_set_job(process, job_id);
}

void
mm_validate_plan(JobProcess *process)
{
	Migration *migration = process->state;
	JobSpec *spec = migration->spec;
	List *maps;
	ListCell *cell;

	mm_migration_connect(process);
	migration->chunk_task = COMPARE_TASK;
	StartTransactionCommand();
	MemoryContextSwitchTo(process->context);
	maps = mm_book_find_tables(spec->server, GetUserId(), spec->remote_table);
	if (maps == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 spec->remote_table ?
					 errmsg("no migrated table \"%s\" of server \"%s\" is here",
							spec->remote_table, spec->server) :
					 errmsg("no migrated table of server \"%s\" is here",
							spec->server),
				 errhint("SELECT local_schema, local_table, state FROM mysql_migrate.table_map;")));
	foreach(cell, maps)
		migration->tables = lappend(migration->tables,
									add_table(process, lfirst(cell)));
	forget_differences(migration);
	insert_job(process);
	mm_plan_start_workers(process);
}

/* ---------------------------------------------------------------- a task */

typedef struct ReportContext
{
	const RemoteTable *table;
	const char *server;
} ReportContext;

/* {"status": "open", ...} */
static char *
values_json(const RowDifference *difference, const char **values)
{
	StringInfoData json;

	if (difference->ncolumns == 0)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < difference->ncolumns; i++)
	{
		appendStringInfoString(&json, i > 0 ? ", " : "{");
		escape_json(&json, difference->columns[i]);
		appendStringInfoString(&json, ": ");
		if (values[i] == NULL)
			appendStringInfoString(&json, "null");
		else
			escape_json(&json, values[i]);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static char *
columns_json(const RowDifference *difference)
{
	StringInfoData json;

	if (difference->ncolumns == 0)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < difference->ncolumns; i++)
	{
		appendStringInfoString(&json, i > 0 ? ", " : "[");
		escape_json(&json, difference->columns[i]);
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

static void
store_difference(void *arg, const RowDifference *difference)
{
	static const char *const states[] = {
		[DIFFERENCE_MISSING] = "missing",
		[DIFFERENCE_CHANGED] = "changed",
		[DIFFERENCE_EXTRA] = "extra",
	};
	ReportContext *context = arg;
	StoreScope scope;
	const char *args[] = {psprintf("%u", GetUserId()), context->server,
						  context->table->local_schema, context->table->local_name,
						  difference->key, states[difference->state], columns_json(difference),
						  values_json(difference, difference->local),
						  values_json(difference, difference->remote)};

	mm_store_enter(&scope);
	(void) mm_store_execute("INSERT INTO mysql_migrate.difference"
							" (owner, server, local_schema, table_name, key,"
							"  state, columns, local, remote)"
							" VALUES ($1::oid, $2, $3, $4, $5::jsonb, $6,"
							"  ARRAY(SELECT json_array_elements_text($7::json)),"
							"  $8::jsonb, $9::jsonb)",
							lengthof(args), args);
	mm_store_leave(&scope);
}

/* The policies under which the table was loaded. */
static const ValuePolicies *
policies_of(const TableMap *map, const JobSpec *own)
{
	JobRow *job = mm_job_get(map->job_id);

	return job == NULL ? &own->policies : &mm_spec_parse(job->payload)->policies;
}

/*
 * mm_validate_run
 *		Compare one range; the counts of differences are the task's remark.
 */
void
mm_validate_run(JobProcess *process, const Task *task, TaskCounts *counts,
				const char **remark)
{
	Migration *migration = process->state;
	TableMap *map = mm_book_get_table(task->subject);
	RemoteTable *table = mm_table_from_json(map->description);
	ReportContext context = {table, migration->spec->server};
	Chunk chunk = {task->lower, task->upper, task->is_null_chunk};
	CompareRequest request;
	CompareResult result;

	if (!mm_conn_is_usable(migration->conn))
		mm_migration_connect(process);
	if (get_rel_name(map->relation) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("local table \"%s.%s\" does not exist any more",
						map->local_schema, map->local_table),
				 errhint("Migrate the table again with migrate_table.")));
	memset(&request, 0, sizeof(request));
	request.conn = migration->conn;
	request.table = table;
	request.relation = map->relation;
	if (mm_compare_by_ranges(table, map->relation))
		request.key = mm_chunk_key(table);
	request.chunk = &chunk;
	request.where = map->filter;
	request.policies = policies_of(map, migration->spec);
	request.count_only = migration->spec->validate == VALIDATE_COUNT;
	request.report = store_difference;
	request.report_arg = &context;
	mm_slot_set_activity(process->slot, "compares");
	mm_compare_range(&request, &result);
	counts->rows_read = result.remote_rows;
	counts->rows_loaded = result.local_rows;
	*remark = psprintf("{\"missing\": " UINT64_FORMAT ", \"changed\": " UINT64_FORMAT ", \"extra\": " UINT64_FORMAT ", \"uncompared\": %d}",
					   result.missing, result.changed, result.extra,
					   result.uncompared);
}

/* ---------------------------------------------------------------- the end */

static const char result_query[] =
	"SELECT m.local_table,"
	"       sum(t.rows_loaded)::bigint, sum(t.rows_read)::bigint,"
	"       sum((t.remark::json->>'missing')::bigint) FILTER (WHERE t.state = 'done'),"
	"       sum((t.remark::json->>'changed')::bigint) FILTER (WHERE t.state = 'done'),"
	"       sum((t.remark::json->>'extra')::bigint) FILTER (WHERE t.state = 'done'),"
	"       CASE WHEN bool_or(t.state <> 'done') THEN 'failed'"
	"            WHEN sum(t.rows_loaded) <> sum(t.rows_read)"
	"              OR sum((t.remark::json->>'missing')::bigint + (t.remark::json->>'changed')::bigint"
	"                     + (t.remark::json->>'extra')::bigint) > 0 THEN 'differs'"
	"            ELSE 'equal' END,"
	"       mysql_migrate.duration_text(max(t.finished) - min(t.started)),"
	"       CASE WHEN bool_or(t.state <> 'done') THEN min(t.error_message)"
	"            WHEN sum(t.rows_loaded) <> sum(t.rows_read)"
	"              OR sum((t.remark::json->>'missing')::bigint + (t.remark::json->>'changed')::bigint"
	"                     + (t.remark::json->>'extra')::bigint) > 0"
	"            THEN format('SELECT * FROM mysql_migrate.difference WHERE table_name = %L', m.local_table)"
	"            WHEN max((t.remark::json->>'uncompared')::int) > 0"
	"            THEN max((t.remark::json->>'uncompared')::int) || ' columns are not on both sides and were not compared'"
	"       END"
	"  FROM mysql_migrate.task AS t"
	"  JOIN mysql_migrate.table_map AS m ON m.id = t.subject"
	" WHERE t.job = $1::bigint"
	" GROUP BY m.id, m.local_schema, m.local_table"
	" ORDER BY m.local_schema, m.local_table";

#define RESULT_COLUMNS 9
#define RESULT_STATUS  6

const char *
mm_validate_finish(JobProcess *process, ErrorData **error)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};
	uint64 rows;
	int failed = 0;
	int different = 0;

	StartTransactionCommand();
	mm_store_enter(&scope);
	rows = mm_store_execute(result_query, 1, args);
	for (uint64 i = 0; i < rows; i++)
	{
		const char *values[RESULT_COLUMNS];

		for (int c = 0; c < RESULT_COLUMNS; c++)
			values[c] = SPI_getvalue(SPI_tuptable->vals[i],
									 SPI_tuptable->tupdesc, c + 1);
		if (strcmp(values[RESULT_STATUS], "failed") == 0)
			failed++;
		else if (strcmp(values[RESULT_STATUS], "differs") == 0)
			different++;
		mm_leader_row(process, RESULT_COLUMNS, values);
	}
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	/* A difference is a result; a comparison that could not be made is not. */
	if (failed > 0)
		mm_leader_notice(process, WARNING,
						 psprintf("%d tables could not be compared", failed),
						 NULL, "See the rows with status \"failed\".");
	return failed > 0 ? "failed" : different > 0 ? "warning" :
												   "ok";
}
