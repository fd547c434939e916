/*
 * src/migrate/validate.c
 *		The job "validate".
 *
 * Tables are walked in parts (walk.c), each a task of its own.  Nothing is
 * locked, and no snapshot is shared with the source: one that is written to
 * shows the differences that there are at the time of looking.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/json_object.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/book.h"
#include "migrate/compare.h"
#include "migrate/drift.h"
#include "migrate/migration.h"
#include "migrate/table_json.h"
#include "migrate/validate.h"
#include "migrate/walk.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- the plan */

static void
forget_differences(const Migration *migration)
{
	StoreScope scope;
	ListCell *cell;

	mm_store_enter(&scope);
	foreach(cell, migration->walk->tables)
	{
		const TableMap *map = ((WalkTable *) lfirst(cell))->map;
		const char *args[] = {migration->spec->server, map->local_schema,
							  map->local_table, psprintf("%u", GetUserId())};

		(void) mm_store_execute("DELETE FROM mysql_migrate.difference"
								" WHERE server = $1 AND local_schema = $2"
								"   AND table_name = $3 AND owner = $4::oid",
								lengthof(args), args);
	}
	mm_store_leave(&scope);
}

/* The tables, and today's look at them: also when an earlier run goes on. */
static uint64
look_at_tables(JobProcess *process)
{
	Migration *migration = process->state;
	uint64 rows = mm_walk_estimate(process, migration->walk);

	mm_drift_find(process, migration->walk);
	migration->walk->absent = mm_drift_absent(process);
	return rows;
}

static void
plan_rest(JobProcess *process)
{
	Migration *migration = process->state;
	List *maps;
	uint64 rows;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	maps = mm_walk_find_tables(migration->spec);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_walk_resume(process, migration->walk, maps);
	mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	rows = look_at_tables(process);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_walk_start_workers(process, rows);
}

void
mm_validate_plan(JobProcess *process)
{
	Migration *migration = process->state;
	List *maps;
	ListCell *cell;
	uint64 rows;

	migration->walk = MemoryContextAllocZero(process->context, sizeof(Walk));
	migration->walk->task_kind = COMPARE_TASK;
	if (migration->spec->resumed_job != 0)
	{
		plan_rest(process);
		return;
	}
	mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	maps = mm_walk_find_tables(migration->spec);
	foreach(cell, maps)
		(void) mm_walk_add_table(process, migration->walk, lfirst(cell));
	rows = look_at_tables(process);
	forget_differences(migration);
	mm_walk_insert_job(process);
	mm_walk_start_workers(process, rows);
}

bool
mm_validate_more(JobProcess *process)
{
	Migration *migration = process->state;

	return mm_walk_more(process, migration->walk);
}

/* ---------------------------------------------------------------- a task */

typedef struct Report
{
	Comparison *comparison;
	const TableMap *map;
	uint64 missing;
	uint64 changed;
	uint64 extra;
} Report;

/* One value of each compared column, or only of those that differ. */
typedef struct Values
{
	StringInfoData names;
	StringInfoData local;
	StringInfoData remote;
} Values;

static void
append_member(StringInfo json, const char *name, const char *value)
{
	if (value == NULL)
		mm_json_add_raw(json, name, "null");
	else
		mm_json_add_text(json, name, value);
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/*
 * The columns that differ, of a changed row; all of them, of a row without a
 * key, which nothing else would tell from others.
 */
static void
gather_values(const Report *report, char **local, char **remote,
			  Values *values)
{
	initStringInfo(&values->names);
	initStringInfo(&values->local);
	initStringInfo(&values->remote);
	for (int i = 0; i < mm_compare_ncolumns(report->comparison); i++)
	{
		const char *name = mm_compare_column_name(report->comparison, i);

		if (local != NULL && remote != NULL && same_text(local[i], remote[i]))
			continue;
		appendStringInfoString(&values->names,
							   values->names.len > 0 ? ", " : "[");
		escape_json(&values->names, name);
		if (local != NULL)
			append_member(&values->local, name, local[i]);
		if (remote != NULL)
			append_member(&values->remote, name, remote[i]);
	}
}

static char *
ended(StringInfo json, char end)
{
	if (json->len == 0)
		return NULL;
	appendStringInfoChar(json, end);
	return json->data;
}

static void
store_difference(const Report *report, const RowPair *pair, Values *values)
{
	static const char *const states[] = {
		[DIFFERENCE_MISSING] = "missing",
		[DIFFERENCE_CHANGED] = "changed",
		[DIFFERENCE_EXTRA] = "extra",
	};
	const char *args[] = {psprintf("%u", GetUserId()), report->map->server,
						  report->map->local_schema, report->map->local_table,
						  mm_compare_key_json(report->comparison, pair),
						  states[pair->state], ended(&values->names, ']'),
						  ended(&values->local, '}'),
						  ended(&values->remote, '}')};

	mm_store_execute_alone("INSERT INTO mysql_migrate.difference"
						   " (owner, server, local_schema, table_name, key,"
						   "  state, columns, local, remote)"
						   " VALUES ($1::oid, $2, $3, $4, $5::jsonb, $6,"
						   "  CASE WHEN $7 IS NOT NULL THEN"
						   "  ARRAY(SELECT json_array_elements_text($7::json)) END,"
						   "  $8::jsonb, $9::jsonb)",
						   lengthof(args), args);
}

static void
report_row(void *arg, const RowPair *pair)
{
	Report *report = arg;
	bool has_key = mm_compare_nkeys(report->comparison) > 0;
	char **local = NULL;
	char **remote = NULL;
	Values values;

	if (pair->state == DIFFERENCE_MISSING)
		report->missing++;
	else if (pair->state == DIFFERENCE_EXTRA)
		report->extra++;
	else
		report->changed++;
	memset(&values, 0, sizeof(values));
	if (pair->state != DIFFERENCE_MISSING &&
		(pair->state == DIFFERENCE_CHANGED || !has_key))
		local = mm_compare_local_texts(report->comparison, pair);
	if (pair->state == DIFFERENCE_CHANGED || !has_key)
		remote = pair->remote_texts;
	if (local != NULL || remote != NULL)
		gather_values(report, local, remote, &values);
	else
	{
		initStringInfo(&values.names);
		initStringInfo(&values.local);
		initStringInfo(&values.remote);
	}
	store_difference(report, pair, &values);
}

static char *
remark_of(const Report *report, const CompareResult *result)
{
	StringInfoData json;

	initStringInfo(&json);
	mm_json_add_raw(&json, "missing", psprintf(UINT64_FORMAT, report->missing));
	mm_json_add_raw(&json, "changed", psprintf(UINT64_FORMAT, report->changed));
	mm_json_add_raw(&json, "extra", psprintf(UINT64_FORMAT, report->extra));
	mm_json_add_text(&json, "uncompared", result->uncompared);
	mm_json_end(&json);
	return json.data;
}

/* What to compare, from the task's row and the table's in the book. */
static void
fill_request(JobProcess *process, const Task *task, const TableMap *map,
			 CompareRequest *request)
{
	static const CompareDepth depths[] = {
		[VALIDATE_COUNT] = COMPARE_COUNT,
		[VALIDATE_CHECKSUM] = COMPARE_CHECKSUM,
		[VALIDATE_FULL] = COMPARE_FULL,
	};
	Migration *migration = process->state;
	RemoteTable *table = mm_table_from_json(map->description);

	memset(request, 0, sizeof(*request));
	request->conn = migration->conn;
	request->table = table;
	request->relation = map->relation;
	request->where = map->filter;
	request->policies = mm_walk_policies(map, migration->spec);
	request->depth = depths[migration->spec->validate];
	request->counters = &process->slot->counters;
	request->throttle = &process->shared->throttle;
	request->sums = mm_walk_sums(process, task);
	mm_walk_scope(task, table, map->relation, request->policies,
				  &request->scope);
}

/*
 * mm_validate_run
 *		Compare one part of a table; the counts of differences are the task's
 *		remark.
 */
void
mm_validate_run(JobProcess *process, const Task *task, TaskCounts *counts,
				const char **remark)
{
	Migration *migration = process->state;
	TableMap *map = mm_book_get_table(task->subject);
	CompareRequest request;
	CompareResult result;
	Report report;

	if (!mm_conn_is_usable(migration->conn))
		mm_migration_connect(process);
	mm_walk_check_table(map);
	fill_request(process, task, map, &request);
	memset(&report, 0, sizeof(report));
	report.map = map;
	report.comparison = mm_compare_open(&request);
	mm_compare_want_texts(report.comparison);
	mm_slot_set_activity(process->slot, "compares");
	mm_compare_find(report.comparison, &result);
	if (request.depth != COMPARE_COUNT)
	{
		mm_slot_set_activity(process->slot, "looks again");
		while (mm_compare_next(report.comparison))
			mm_compare_handle(report.comparison, report_row, &report);
	}
	counts->rows_read = result.remote_rows;
	counts->rows_loaded = result.local_rows;
	*remark = remark_of(&report, &result);
}

/* ---------------------------------------------------------------- the end */

/*
 * Rows were counted while the source may have been written to: only where
 * nothing else was asked do the counts themselves tell a difference.
 */
static const char result_query[] =
	"WITH part AS ("
	"  SELECT t.subject, t.state, t.rows_loaded, t.rows_read, t.started,"
	"         t.finished, t.id,"
	"         concat_ws(' ', t.error_message || '.', t.error_detail, t.error_hint) AS problem,"
	"         (t.remark::json->>'missing')::bigint AS missing,"
	"         (t.remark::json->>'changed')::bigint AS changed,"
	"         (t.remark::json->>'extra')::bigint AS extra,"
	"         t.remark::json->>'uncompared' AS uncompared,"
	"         j.arguments->>'mode' = 'count' AS counted"
	"    FROM mysql_migrate.task AS t"
	"    JOIN mysql_migrate.job AS j ON j.id = t.job"
	"   WHERE t.job = $1::bigint), whole AS ("
	"  SELECT subject, sum(rows_loaded)::bigint AS loaded,"
	"         sum(rows_read)::bigint AS read,"
	"         CASE WHEN NOT bool_or(counted) THEN sum(missing) END AS missing,"
	"         CASE WHEN NOT bool_or(counted) THEN sum(changed) END AS changed,"
	"         CASE WHEN NOT bool_or(counted) THEN sum(extra) END AS extra,"
	"         bool_or(state <> 'done') AS failed,"
	"         sum(missing + changed + extra) > 0"
	"         OR bool_or(counted) AND sum(rows_loaded) <> sum(rows_read) AS differs,"
	"         max(finished) - min(started) AS duration,"
	"         (array_agg(problem ORDER BY id) FILTER (WHERE state = 'failed'))[1] AS message,"
	"         max(uncompared) AS uncompared,"
	"         bool_or(counted) AS counted"
	"    FROM part GROUP BY subject)"
	"SELECT m.local_table, w.loaded, w.read, w.missing, w.changed, w.extra,"
	"       CASE WHEN w.failed THEN 'failed' WHEN w.differs THEN 'differs'"
	"            ELSE 'equal' END,"
	"       mysql_migrate.duration_text(w.duration),"
	"       CASE WHEN w.failed THEN w.message"
	"            WHEN w.differs AND w.counted"
	"            THEN format('SELECT * FROM validate(%L, %L)', m.server, m.local_table)"
	"            WHEN w.differs"
	"            THEN format('SELECT * FROM mysql_migrate.difference WHERE table_name = %L', m.local_table)"
	"            WHEN w.uncompared IS NOT NULL THEN 'not compared: ' || w.uncompared"
	"       END, m.id"
	"  FROM whole AS w"
	"  JOIN mysql_migrate.table_map AS m ON m.id = w.subject"
	" ORDER BY m.local_schema, m.local_table";

#define RESULT_COLUMNS 9
#define RESULT_STATUS  6
#define RESULT_NEXT	   8
#define RESULT_MAP	   9

/* Columns of one side only: no comparison of rows sees them. */
static void
tell_drift(const Walk *walk, int64 map_id, const char **values)
{
	ListCell *cell;

	foreach(cell, walk->tables)
	{
		const WalkTable *table = lfirst(cell);

		if (table->map->id != map_id || table->drift == NULL)
			continue;
		if (strcmp(values[RESULT_STATUS], "equal") == 0)
		{
			values[RESULT_STATUS] = "differs";
			values[RESULT_NEXT] = table->drift;
		}
		else
			values[RESULT_NEXT] = psprintf("%s -- %s", values[RESULT_NEXT],
										   table->drift);
	}
}

/* Tables that are not here at all; gives their number. */
static int
send_absent(JobProcess *process, const Walk *walk)
{
	ListCell *cell;

	foreach(cell, walk->absent)
	{
		const AbsentTable *table = lfirst(cell);
		const char *values[RESULT_COLUMNS] = {table->name};

		values[RESULT_STATUS] = "differs";
		values[RESULT_NEXT] = psprintf("%s -- %s", table->next_step,
									   table->reason);
		mm_leader_row(process, RESULT_COLUMNS, values);
	}
	return list_length(walk->absent);
}

const char *
mm_validate_finish(JobProcess *process, ErrorData **error)
{
	const Migration *migration = process->state;
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};
	uint64 rows;
	int failed = 0;
	int different = 0;

	mm_transaction_start();
	mm_store_enter(&scope);
	rows = mm_store_execute(result_query, 1, args);
	for (uint64 i = 0; i < rows; i++)
	{
		const char *values[RESULT_COLUMNS + 1];

		for (int c = 0; c <= RESULT_COLUMNS; c++)
			values[c] = mm_store_value(i, c + 1);
		tell_drift(migration->walk, strtoll(values[RESULT_MAP], NULL, 10),
				   values);
		if (strcmp(values[RESULT_STATUS], "failed") == 0)
			failed++;
		else if (strcmp(values[RESULT_STATUS], "differs") == 0)
			different++;
		mm_leader_row(process, RESULT_COLUMNS, values);
	}
	mm_store_leave(&scope);
	different += send_absent(process, migration->walk);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	/* A difference is a result; a comparison that could not be made is not. */
	if (failed > 0)
		mm_leader_notice(process, WARNING,
						 psprintf(mm_plural(failed, "%d table could not be compared", "%d tables could not be compared"),
								  failed),
						 NULL, "See the rows with status \"failed\".");
	return failed > 0 ? "failed" : different > 0 ? "warning" :
												   "ok";
}
