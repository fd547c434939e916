/*
 * src/migrate/walk.c
 *		Migrated tables into tasks that each look at a part of one.
 *
 * Integers that lie densely are cut into ranges of the same width, for which
 * two ends of an index are enough; any other key is cut at values that exist,
 * while the first tasks run already.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/ident.h"
#include "base/integer.h"
#include "base/transaction.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/patience.h"
#include "migrate/table_json.h"
#include "migrate/walk.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "wire/result.h"

#define TASK_BYTES	  UINT64CONST(33554432)
#define TASK_MIN_ROWS UINT64CONST(2000)
#define TASK_MAX_ROWS UINT64CONST(250000)

/* What the leader alone has done before the workers would be up. */
#define ROWS_WITHOUT_WORKERS UINT64CONST(100000)

/* Of the last even ranges of a table; see next_end. */
#define PARTS_OF_RANGE 4

/* Up to this many numbers per row, a range of numbers is one of rows. */
#define DENSE_FACTOR 8

/* ---------------------------------------------------------------- tables */

const ValuePolicies *
mm_walk_policies(const TableMap *map, const JobSpec *own)
{
	JobRow *job = mm_job_get(map->job_id);

	return job == NULL ? &own->policies : &mm_spec_parse(job->payload)->policies;
}

void
mm_walk_check_table(const TableMap *map)
{
	if (get_rel_name(map->relation) != NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("local table \"%s.%s\" does not exist any more",
					map->local_schema, map->local_table),
			 errhint("Migrate the table again with migrate_table.")));
}

/* SQL of a rule's or an argument's, here or there, that is part of the table. */
static bool
has_own_sql(const TableMap *map, const RemoteTable *table)
{
	ListCell *cell;

	if (map->filter != NULL || table->query != NULL)
		return true;
	foreach(cell, table->columns)
	{
		if (((RemoteColumn *) lfirst(cell))->transform != NULL)
			return true;
	}
	return false;
}

/*
 * Who may act for the table's owner may act with more rights than the owner
 * has: what the owner wrote must not run with these.
 */
static void
refuse_foreign_sql(const TableMap *map, const RemoteTable *table)
{
	const char *owner;

	if (map->owner == GetUserId() || !has_own_sql(map, table))
		return;
	owner = GetUserNameFromId(map->owner, false);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("table \"%s.%s\" was migrated by role \"%s\" with expressions of its own",
					map->local_schema, map->local_table, owner),
			 errdetail("Expressions, filters and queries of a role run as that role only."),
			 errhint("SET ROLE %s; and call the function again.",
					 quote_identifier(owner))));
}

WalkTable *
mm_walk_table(JobProcess *process, TableMap *map)
{
	Migration *migration = process->state;
	WalkTable *table = palloc0(sizeof(WalkTable));

	table->map = map;
	table->table = mm_table_from_json(map->description);
	refuse_foreign_sql(map, table->table);
	table->range = mm_compare_range_column(table->table, map->relation,
										   mm_walk_policies(map,
															migration->spec));
	table->nullable = mm_compare_null_column(table->table, map->relation);
	table->estimated_rows = table->table->estimated_rows;
	return table;
}

WalkTable *
mm_walk_add_table(JobProcess *process, Walk *walk, TableMap *map)
{
	WalkTable *table = mm_walk_table(process, map);

	table->stage = mm_leader_add_stage(process);
	mm_leader_hold_stage(process, table->stage);
	walk->tables = lappend(walk->tables, table);
	return table;
}

static void
set_rows_per_task(WalkTable *table, uint64 row_bytes)
{
	table->rows_per_task = Min(Max(TASK_BYTES / Max(row_bytes, 1),
								   TASK_MIN_ROWS),
							   TASK_MAX_ROWS);
}

static void
take_estimate(Walk *walk, const char *schema, const char *name, uint64 rows,
			  uint64 row_bytes)
{
	ListCell *cell;

	foreach(cell, walk->tables)
	{
		WalkTable *table = lfirst(cell);

		if (strcmp(table->map->remote_schema, schema) != 0 ||
			strcmp(table->map->remote_table, name) != 0)
			continue;
		table->estimated_rows = rows;
		set_rows_per_task(table, row_bytes);
	}
}

/* "'shop', 'crm'" */
static char *
schema_list(const Walk *walk)
{
	StringInfoData out;
	List *seen = NIL;
	ListCell *cell;

	initStringInfo(&out);
	foreach(cell, walk->tables)
	{
		const char *schema = ((WalkTable *) lfirst(cell))->map->remote_schema;
		ListCell *other;
		bool is_new = true;

		foreach(other, seen)
			is_new = is_new && strcmp(lfirst(other), schema) != 0;
		if (!is_new)
			continue;
		seen = lappend(seen, (void *) schema);
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "",
						 mm_quote_remote_literal(schema));
	}
	return out.data;
}

uint64
mm_walk_estimate(JobProcess *process, Walk *walk)
{
	Migration *migration = process->state;
	WireResult *result;
	const WireRow *row;
	uint64 total = 0;
	ListCell *cell;

	foreach(cell, walk->tables)
		set_rows_per_task(lfirst(cell),
						  ((WalkTable *) lfirst(cell))->table->average_row_bytes);
	if (walk->tables == NIL)
		return 0;
	result = mm_result_open(migration->conn,
							psprintf("SELECT table_schema, table_name,"
									 "       COALESCE(table_rows, 0),"
									 "       COALESCE(avg_row_length, 0)"
									 "  FROM information_schema.tables"
									 " WHERE table_schema IN (%s)",
									 schema_list(walk)),
							CurrentMemoryContext);
	while ((row = mm_result_next(result)) != NULL)
		take_estimate(walk, mm_result_text(result, row, 0),
					  mm_result_text(result, row, 1),
					  (uint64) mm_result_int64(result, row, 2),
					  (uint64) mm_result_int64(result, row, 3));
	mm_result_close(result);
	foreach(cell, walk->tables)
		total += ((WalkTable *) lfirst(cell))->estimated_rows;
	return total;
}

/* Whole ranges that a table of numbers is cut into. */
static uint64
count_ranges(const WalkTable *table)
{
	return table->estimated_rows / table->rows_per_task + 1;
}

/*
 * Tables that may be read by all workers together.  A row that migrate_missing
 * writes may change others, where foreign keys lead back to the table.
 */
static void
share_sums(JobProcess *process, void *arg)
{
	const Walk *walk = arg;
	SharedSumsWish *wishes = palloc(Max(list_length(walk->tables), 1) *
									sizeof(SharedSumsWish));
	int number = 0;
	ListCell *cell;

	foreach(cell, walk->tables)
	{
		const WalkTable *table = lfirst(cell);

		if (table->range == NULL || table->in_circle ||
			!mm_type_is_integer(&table->range->type) ||
			table->estimated_rows <= table->rows_per_task)
			continue;
		wishes[number].map_id = table->map->id;
		wishes[number++].parts = count_ranges(table) * PARTS_OF_RANGE;
	}
	mm_shared_sums_create(process, number, wishes);
}

void
mm_walk_start_workers(JobProcess *process, uint64 rows)
{
	const Migration *migration = process->state;

	/* Without room for them (the log says so) each task reads its own range. */
	(void) mm_migration_attempt(process, share_sums, migration->walk, true);
	if (rows > ROWS_WITHOUT_WORKERS)
		mm_plan_start_workers(process);
}

/* ---------------------------------------------------------------- tasks */

static void
add_task(JobProcess *process, Walk *walk, WalkTable *table, const char *lower,
		 const char *upper, bool is_null)
{
	Task task;

	memset(&task, 0, sizeof(task));
	task.kind = walk->task_kind;
	task.subject = table->map->id;
	task.object = table->map->local_table;
	task.lower = lower;
	task.upper = upper;
	task.is_null_chunk = is_null;
	/* NULL is neither behind any key, nor a key to find a changed row by. */
	task.statement = is_null && table->null_mode ? table->null_mode :
												   table->mode;
	task.listing = is_null ? NULL : table->condition;
	task.stage = table->stage;
	task.weight = table->estimated_rows;
	mm_leader_add_task(process, &task);
}

void
mm_walk_scope(const Task *task, const RemoteTable *table, Oid relation,
			  const ValuePolicies *policies, CompareScope *scope)
{
	const RemoteColumn *range = mm_compare_range_column(table, relation,
														policies);

	memset(scope, 0, sizeof(*scope));
	scope->column = mm_compare_null_column(table, relation);
	if (scope->column == NULL || (range != NULL && !task->is_null_chunk))
		scope->column = range;
	if (task->is_null_chunk && scope->column == NULL)
		elog(ERROR, "table \"%s\" has no nullable key", table->name);
	scope->is_null = task->is_null_chunk;
	scope->lower = task->lower;
	scope->upper = task->upper;
}

SharedSums *
mm_walk_sums(JobProcess *process, const Task *task)
{
	if (task->attempts > 1)
		return NULL;
	return mm_shared_sums_find(process, task->subject);
}

/* ---------------------------------------------------------------- cutting */

static CompareScope
rest_of(const WalkTable *table)
{
	CompareScope scope = {table->range, table->lower, table->upper, false};

	return scope;
}

static const char *
end_of_index(const Migration *migration, const WalkTable *table,
			 const char *function)
{
	CompareScope scope = rest_of(table);
	char *condition = mm_compare_remote_scope(&scope, NULL);

	return mm_conn_query_value(migration->conn,
							   psprintf("SELECT CAST(%s(%s) AS CHAR) FROM %s%s%s",
										function,
										mm_quote_remote_ident(table->range->name),
										mm_catalog_from(table->table),
										condition ? " WHERE " : "",
										condition ? condition : ""));
}

/*
 * Where the next of the even ranges ends, in parts of a whole range: the last
 * range of each worker is cut into parts, so that none has nothing to do for
 * long while others end theirs.
 */
static uint64
next_end(const Migration *migration, uint64 ranges, uint64 begin)
{
	uint64 workers = Max(migration->nworkers, 1);
	uint64 whole = ranges > workers ? ranges - workers : 0;

	return begin + (begin < whole * PARTS_OF_RANGE ? PARTS_OF_RANGE : 1);
}

/* Keys that are beyond what is here are none to sum up by. */
static void
announce_slices(JobProcess *process, const WalkTable *table, int128 first,
				int128 width, uint64 parts)
{
	SharedSums *sums = mm_shared_sums_find(process, table->map->id);

	if (sums != NULL && table->condition == NULL && width > 0 &&
		first + width <= PG_INT64_MAX)
		mm_shared_sums_cut(sums, (int64) first, (uint64) width, parts);
}

/* Ranges of the same width, all at once; false: the numbers lie too far apart. */
static bool
cut_evenly(JobProcess *process, Walk *walk, WalkTable *table)
{
	const char *low = end_of_index(process->state, table, "MIN");
	const char *high = end_of_index(process->state, table, "MAX");
	int128 first;
	int128 width;
	uint64 ranges = count_ranges(table);
	uint64 parts = ranges * PARTS_OF_RANGE;
	uint64 end = 0;

	if (low == NULL || high == NULL)
		return false;
	first = mm_integer_of(low);
	width = mm_integer_of(high) - first;
	if (width > (int128) table->estimated_rows * DENSE_FACTOR)
		return false;
	announce_slices(process, table, first, width, parts);
	while (end < parts)
	{
		char *upper;

		end = next_end(process->state, ranges, end);
		upper = mm_integer_text(first + width * end / parts);
		add_task(process, walk, table, table->lower,
				 end == parts ? table->upper : upper, false);
		table->lower = upper;
	}
	return true;
}

/* A partial date is no bound on this side. */
static bool
is_bound_here(const WalkTable *table, const char *bound)
{
	Oid relation = table->map->relation;
	Oid type;
	Oid collation;
	int32 typmod;

	get_atttypetypmodcoll(relation,
						  get_attnum(relation, table->range->local_name),
						  &type, &typmod, &collation);
	return mm_compare_may_be_local(&table->range->type, bound, type, typmod);
}

/* The value that `rows` rows lie up to, or NULL: there are not so many. */
static char *
next_bound(Migration *migration, const WalkTable *table,
		   const ValuePolicies *policies)
{
	CompareScope scope = rest_of(table);
	char *condition = mm_compare_remote_scope(&scope, table->map->filter);
	char *name = mm_quote_remote_ident(table->range->name);
	char *text = mm_compare_remote_text(table->range, policies);

	/* A byte 00 is nothing to compare with on this side. */
	if (table->range->type.charset != NULL)
		text = psprintf("IF(LOCATE(X'00', CAST(%s AS BINARY)) > 0, NULL, %s)",
						text, text);
	return mm_conn_query_value(migration->conn,
							   psprintf("SELECT %s FROM %s FORCE INDEX (%s)%s%s"
										" ORDER BY %s LIMIT 1 OFFSET " UINT64_FORMAT,
										text, mm_catalog_from(table->table),
										mm_quote_remote_ident(mm_chunk_key(table->table)->index_name),
										condition ? " WHERE " : "",
										condition ? condition : "", name,
										table->rows_per_task - 1));
}

static void
cut_next(JobProcess *process, Walk *walk, WalkTable *table)
{
	Migration *migration = process->state;
	char *bound = next_bound(migration, table,
							 mm_walk_policies(table->map, migration->spec));

	if (bound != NULL && table->lower != NULL &&
		strcmp(bound, table->lower) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the key of MySQL table \"%s\" does not increase",
						table->table->name),
				 errdetail("The key %s follows upon itself.", bound)));
	if (bound != NULL && !is_bound_here(table, bound))
		bound = NULL;
	add_task(process, walk, table, table->lower, bound ? bound : table->upper,
			 false);
	table->lower = bound;
	table->is_cut = bound == NULL;
}

/* One step, whose first words with MySQL come before anything is added. */
static void
cut_some(JobProcess *process, Walk *walk, WalkTable *table)
{
	if (table->nullable != NULL)
	{
		add_task(process, walk, table, NULL, NULL, true);
		table->nullable = NULL;
		return;
	}
	if (table->range == NULL ||
		table->estimated_rows <= table->rows_per_task)
	{
		add_task(process, walk, table, table->lower, table->upper, false);
		table->is_cut = true;
	}
	else if (table->lower == NULL && table->upper == NULL &&
			 mm_type_is_integer(&table->range->type) &&
			 cut_evenly(process, walk, table))
		table->is_cut = true;
	else
		cut_next(process, walk, table);
	if (table->is_cut)
		mm_leader_release_stage(process, table->stage);
}

/*
 * The next step of the table that is to be cut, in a transaction of its own: a
 * step that loses its connection has added no task.
 */
static void
cut_step(JobProcess *process, void *arg)
{
	Migration *migration = process->state;
	Walk *walk = arg;

	if (!mm_conn_is_usable(migration->conn))
		mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	cut_some(process, walk, list_nth(walk->tables, walk->next_to_cut));
	mm_store_commit_lazily();
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

bool
mm_walk_more(JobProcess *process, Walk *walk)
{
	Migration *migration = process->state;
	int wanted = 2 * (migration->nworkers + 1);
	bool any = false;

	while (walk->next_to_cut < list_length(walk->tables) &&
		   mm_leader_ready_tasks(process) < wanted)
	{
		const WalkTable *table = list_nth(walk->tables, walk->next_to_cut);

		/* If not by the run that this one goes on with. */
		if (!table->is_cut)
		{
			mm_patience_run(process, cut_step, walk);
			any = true;
		}
		if (table->is_cut)
			walk->next_to_cut++;
	}
	return any;
}
