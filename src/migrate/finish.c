/*
 * src/migrate/finish.c
 *		The end of a job: tables get their names, late objects are made, every
 *		table gets its status and its row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "job/worker.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "migrate/rejected.h"
#include "migrate/replace.h"
#include "migrate/watch.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Tables that get their final names in one transaction. */
#define TABLES_PER_BATCH 50

/* ---------------------------------------------------------------- publishing */

/*
 * A task failed over something that has nothing to do with the data or the
 * statement: a full disk, a lock, a lost connection.  Trying it again makes
 * sense, so the table waits for migration_resume under its job name.
 */
#define MAY_BE_RESUMED                                                  \
	"t.state = 'failed' AND t.kind <> 'late'"                           \
	" AND (left(t.error_sqlstate, 2) IN ('08', '40', '53', '57', '58')" \
	"      OR t.error_sqlstate = '55P03')"

static bool
is_loaded(JobProcess *process, const TableState *state)
{
	return !state->is_unfinished &&
		   !mm_leader_stage_broken(process, state->load_stage);
}

static void
set_unfinished(Migration *migration, int64 map_id)
{
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (state->map_id == map_id)
			state->is_unfinished = true;
	}
}

static void
find_unfinished(JobProcess *process)
{
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};
	StoreScope scope;
	uint64 rows;

	mm_transaction_start();
	mm_store_enter(&scope);
	rows = mm_store_execute("SELECT DISTINCT subject FROM mysql_migrate.task AS t"
							" WHERE job = $1::bigint AND " MAY_BE_RESUMED,
							lengthof(args), args);
	for (uint64 i = 0; i < rows; i++)
		set_unfinished(process->state,
					   strtoll(SPI_getvalue(SPI_tuptable->vals[i],
											SPI_tuptable->tupdesc, 1),
							   NULL, 10));
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
publish_table(JobProcess *process, TableState *state)
{
	RemoteTable *table = state->table;

	if (get_rel_name(state->relation) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("local table \"%s.%s\" was dropped during the job",
						table->local_schema, table->local_name)));
	if (state->created && OidIsValid(table->replaced))
		mm_replace_publish(process, state);
	else if (state->created && strcmp(table->load_name, table->local_name) != 0)
		mm_migration_execute(psprintf("ALTER TABLE %s RENAME TO %s",
									  mm_quote_local_name(table->local_schema,
														  table->load_name),
									  quote_identifier(table->local_name)));
	mm_book_set_table_state(state->map_id, "published");
}

/* A table that cannot be published has failed; the others go on. */
static void
publish_alone(JobProcess *process, TableState *state)
{
	PG_TRY();
	{
		mm_transaction_start();
		mm_worker_bound_caches();
		publish_table(process, state);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		ErrorData *error;
		NoteList *notes;
		Note *note;

		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		mm_transaction_start();
		MemoryContextSwitchTo(process->context);
		notes = mm_note_list_create();
		note = mm_note_add(notes, NOTE_WARNING, state->table->local_name,
						   state->table->local_name, "table not published");
		mm_note_explain(notes, note, error->message,
						"Migrate the table again with migrate_table.", NULL);
		mm_book_add_notes(process->job_id, GetUserId(), notes);
		mm_leader_break_stage(process, state->load_stage);
		CommitTransactionCommand();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
}

/*
 * Tables that only get their names, in one transaction: a commit waits for the
 * disk, and thousands of locks would not fit the lock table.
 */
static void
publish_batch(JobProcess *process, List *states)
{
	ErrorData *volatile error = NULL;
	ListCell *cell;

	PG_TRY();
	{
		mm_transaction_start();
		mm_worker_bound_caches();
		foreach(cell, states)
			publish_table(process, lfirst(cell));
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	if (error == NULL)
		return;
	/* One by one, the table that it was says so itself. */
	foreach(cell, states)
		publish_alone(process, lfirst(cell));
}

static void
publish_tables(JobProcess *process)
{
	Migration *migration = process->state;
	List *batch = NIL;
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (!is_loaded(process, state) || state->is_published)
			continue;
		if (OidIsValid(state->table->replaced))
		{
			publish_alone(process, state);
			continue;
		}
		batch = lappend(batch, state);
		if (list_length(batch) == TABLES_PER_BATCH)
		{
			publish_batch(process, batch);
			batch = NIL;
		}
	}
	publish_batch(process, batch);
}

/*
 * Notes that may hold a name of this job: one by one they would be looked
 * through for each of thousands of tables.
 */
static const char suspect_notes_query[] =
	"SELECT array_agg(id)::text FROM mysql_migrate.note"
	" WHERE job = $1::bigint"
	"   AND concat(object, ' ', what, ' ', why, ' ', next_step) LIKE"
	"       '%\\_\\_job\\_' || $1 || '%'";

static const char final_name_query[] =
	"UPDATE mysql_migrate.note"
	"   SET object = replace(object, $2, $3), what = replace(what, $2, $3),"
	"       why = replace(why, $2, $3), next_step = replace(next_step, $2, $3)"
	" WHERE job = $1::bigint AND ($4 IS NULL OR id = ANY ($4::bigint[]))"
	"   AND concat(object, ' ', what, ' ', why, ' ', next_step) LIKE"
	"       '%' || replace(replace($2, '\\', '\\\\'), '_', '\\_') || '%'";

typedef struct FinalNames
{
	const char *job;
	const char *suffix;	  /* of a name while its table is loaded */
	const char *suspects; /* notes that hold the suffix, NULL: none */
} FinalNames;

static void
use_final_name(const FinalNames *names, const char *from, const char *to)
{
	/* A long name was cut, and the suffix with it: any note may hold it. */
	bool was_cut = strstr(from, names->suffix) == NULL;
	const char *args[] = {names->job, quote_identifier(from),
						  quote_identifier(to),
						  was_cut ? NULL : names->suspects};

	if (strcmp(from, to) != 0 && (was_cut || names->suspects != NULL))
		(void) mm_store_execute(final_name_query, lengthof(args), args);
}

/*
 * Notes speak of tables and indexes by the names that they have now, so that
 * the statements in them can be run.
 */
static void
use_final_names(JobProcess *process)
{
	Migration *migration = process->state;
	FinalNames names;
	StoreScope scope;
	ListCell *cell;

	mm_transaction_start();
	mm_store_enter(&scope);
	names.job = psprintf(INT64_FORMAT, process->job_id);
	names.suffix = psprintf("__job_" INT64_FORMAT, process->job_id);
	(void) mm_store_execute(suspect_notes_query, 1, &names.job);
	names.suspects = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								  1);
	foreach(cell, migration->tables)
	{
		RemoteTable *table = ((TableState *) lfirst(cell))->table;
		ListCell *rename_cell;

		use_final_name(&names, table->load_name, table->local_name);
		foreach(rename_cell, table->renames)
		{
			RemoteRename *rename = lfirst(rename_cell);

			use_final_name(&names, rename->from, rename->to);
		}
	}
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
note_late_failure(JobProcess *process, const Task *task,
				  const ErrorData *error)
{
	NoteList *notes;
	Note *note;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	notes = mm_note_list_create();
	note = mm_note_add(notes, NOTE_WARNING,
					   task->subject == 0 ? NULL :
											mm_book_get_table(task->subject)->local_table,
					   task->object, "not made");
	mm_note_explain(notes, note,
					error->detail ? psprintf("%s: %s", error->message,
											 error->detail) :
									error->message,
					psprintf("Mend the statement and run it: %s;",
							 task->statement),
					task->listing);
	mm_book_add_notes(process->job_id, GetUserId(), notes);
	mm_task_failed(task, error);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* Views and triggers: one that cannot be made is a note. */
static void
make_late_object(JobProcess *process, const Task *task)
{
	Migration *migration = process->state;
	ErrorData *volatile error = NULL;
	TaskCounts none;

	memset(&none, 0, sizeof(none));
	PG_TRY();
	{
		mm_transaction_start();
		mm_migration_execute(task->statement);
		mm_book_record_made(process->job_id, migration->spec->local_schema);
		mm_task_done(task, &none, NULL);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	if (error != NULL)
		note_late_failure(process, task, error);
}

/* A trigger is of no use on a table that is not there. */
static bool
is_wanted_late(JobProcess *process, const Task *task)
{
	Migration *migration = process->state;
	ListCell *cell;

	if (strcmp(task->kind, LATE_TASK) != 0 || strcmp(task->state, "done") == 0)
		return false;
	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (state->map_id == task->subject)
			return is_loaded(process, state);
	}
	return true;
}

static void
make_late_objects(JobProcess *process)
{
	Migration *migration = process->state;
	List *tasks;
	ListCell *cell;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	tasks = mm_task_list(process->job_id);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	foreach(cell, tasks)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_wanted_late(process, lfirst(cell)))
			make_late_object(process, lfirst(cell));
	}
	mm_replace_report(process);
	if (migration->spec->after_sql != NULL)
	{
		mm_transaction_start();
		mm_migration_execute(migration->spec->after_sql);
		CommitTransactionCommand();
		MemoryContextSwitchTo(process->context);
	}
}

/* ---------------------------------------------------------------- notes */

#define DISPROVED "differs from MySQL"

/*
 * What the option "validate" found, in the job's own snapshot: rejected rows
 * are missing, and rows that were here before an "append" are more.
 */
static const char disproved_query[] =
	"WITH found AS ("
	"  SELECT m.id, m.owner, m.local_table,"
	"         m.created OR j.arguments->>'on_existing' IS DISTINCT FROM 'append' AS is_alone,"
	"         sum(t.rows_rejected) FILTER (WHERE t.kind = 'load') AS rejected,"
	"         sum(t.rows_read) FILTER (WHERE t.kind = 'compare') AS there,"
	"         sum(t.rows_loaded) FILTER (WHERE t.kind = 'compare') AS here,"
	"         sum((t.remark::json->>'missing')::bigint) FILTER (WHERE t.kind = 'compare') AS missing,"
	"         sum((t.remark::json->>'changed')::bigint) FILTER (WHERE t.kind = 'compare') AS changed,"
	"         sum((t.remark::json->>'extra')::bigint) FILTER (WHERE t.kind = 'compare') AS extra"
	"    FROM mysql_migrate.job AS j"
	"    JOIN mysql_migrate.table_map AS m ON m.job = j.id"
	"    JOIN mysql_migrate.task AS t ON t.job = j.id AND t.subject = m.id"
	"   WHERE j.id = $1::bigint AND t.state = 'done' AND t.kind IN ('load', 'compare')"
	"   GROUP BY m.id, j.id"
	"  HAVING bool_or(t.kind = 'compare'))"
	" INSERT INTO mysql_migrate.note"
	" (job, owner, severity, table_name, object, what, why, next_step)"
	" SELECT $1::bigint, owner, 'warning', local_table, local_table, '" DISPROVED "',"
	"        format('%s rows there, %s here, %s rejected; %s missing, %s changed, %s extra',"
	"               there, here, rejected, missing, changed, extra),"
	"        format('SELECT * FROM mysql_migrate.difference WHERE table_name = %L; then load the table again', local_table)"
	"   FROM found"
	"  WHERE changed > 0 OR missing > rejected"
	"     OR (is_alone AND (extra > 0 OR there - rejected <> here))";

/* What an earlier run of the job said may be mended, and is counted anew. */
static void
forget_notes(JobProcess *process)
{
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};
	StoreScope scope;

	mm_transaction_start();
	mm_store_enter(&scope);
	mm_store_execute("DELETE FROM mysql_migrate.note"
					 " WHERE job = $1::bigint"
					 "   AND (next_step LIKE 'run when the cause is mended: %'"
					 "        OR next_step LIKE 'mend the cause, then %'"
					 "        OR next_step LIKE 'Mend the statement and run it: %'"
					 "        OR what IN ('table not published', 'read at several moments')"
					 "        OR what = '" DISPROVED "'"
					 "        OR what LIKE '% rows rejected'"
					 "        OR what LIKE '% values were changed by a policy')",
					 1, args);
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* One note per table, with the reason that is met most often. */
static const char rejected_query[] =
	"INSERT INTO mysql_migrate.note"
	" (job, owner, severity, table_name, object, what, why, next_step)"
	" SELECT $1::bigint, m.owner, 'warning', m.local_table, m.local_table,"
	"        format('%s rows rejected', count(*)),"
	"        mode() WITHIN GROUP (ORDER BY coalesce(r.column_name || ': ', '') || r.reason),"
	"        format('mend the rows, or add a rule or a policy; then: SELECT * FROM migrate_table(%L, %L, %L, on_existing => ''append'', options => ''{\"rejected\": true}''); or the whole table with on_existing => ''replace''',"
	"               m.server, m.remote_table, format('%I.%I', m.local_schema, m.local_table))"
	"   FROM mysql_migrate.table_map AS m"
	"   JOIN mysql_migrate.reject AS r ON r.job = m.job AND r.table_map = m.id"
	"  WHERE m.job = $1::bigint"
	"  GROUP BY m.id";

/* Tasks that were skipped or failed, and values that a policy changed. */
static void
note_tasks(JobProcess *process)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};

	mm_transaction_start();
	mm_store_enter(&scope);
	mm_store_execute("INSERT INTO mysql_migrate.note"
					 " (job, owner, severity, table_name, object, what, why,"
					 "  next_step)"
					 " SELECT t.job, m.owner, 'warning', m.local_table,"
					 "        m.local_table || coalesce('.' || t.object, ''),"
					 "        t.kind || ' not made',"
					 "        coalesce(t.error_message, t.remark),"
					 "        CASE WHEN " MAY_BE_RESUMED
					 "             THEN 'mend the cause, then SELECT * FROM migration_resume(' || t.job || ');'"
					 "             ELSE 'run when the cause is mended: ' || t.statement || ';' END"
					 "   FROM mysql_migrate.task AS t"
					 "   JOIN mysql_migrate.table_map AS m ON m.id = t.subject"
					 "  WHERE t.job = $1::bigint AND t.kind NOT IN ('load', 'late')"
					 "    AND t.state IN ('skipped', 'failed')"
					 "    AND (coalesce(t.statement, '') <> '' OR t.kind = 'compare')",
					 1, args);
	mm_store_execute(disproved_query, 1, args);
	mm_store_execute(rejected_query, 1, args);
	mm_store_execute("INSERT INTO mysql_migrate.note"
					 " (job, owner, severity, table_name, object, what, why,"
					 "  next_step)"
					 " SELECT t.job, m.owner, 'note', m.local_table,"
					 "        m.local_table || '.' || c.key,"
					 "        sum(c.value::bigint) ||"
					 "        ' values were changed by a policy',"
					 "        'zero dates, bytes or characters that PostgreSQL cannot hold',"
					 "        'nothing, or choose another policy and load the table again'"
					 "   FROM mysql_migrate.task AS t"
					 "   JOIN mysql_migrate.table_map AS m ON m.id = t.subject,"
					 "        json_each_text(t.remark::json) AS c"
					 "  WHERE t.job = $1::bigint AND t.kind = 'load'"
					 "    AND t.state = 'done' AND t.remark IS NOT NULL"
					 "  GROUP BY t.job, m.owner, m.local_table, c.key",
					 1, args);
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* ---------------------------------------------------------------- rows */

typedef struct Totals
{
	int tables;
	int ok;
	int warnings;
	int incomplete;
	int failed;
	const char *first_failure; /* "table: message" */
} Totals;

static void
count_status(Totals *totals, const char *status)
{
	totals->tables++;
	if (strcmp(status, "ok") == 0)
		totals->ok++;
	else if (strcmp(status, "warning") == 0)
		totals->warnings++;
	else if (strcmp(status, "incomplete") == 0)
		totals->incomplete++;
	else
		totals->failed++;
}

/*
 * Status and remark of every table, from its tasks and notes, in one
 * statement: failed beats incomplete beats warning beats ok.
 */
static const char close_tables_query[] =
	"WITH sums AS ("
	"  SELECT m.id,"
	"         coalesce(sum(t.rows_read) FILTER (WHERE t.state = 'done' AND t.kind = 'load'), 0) AS read,"
	"         coalesce(sum(t.rows_loaded) FILTER (WHERE t.state = 'done' AND t.kind = 'load'), 0) AS loaded,"
	"         coalesce(sum(t.rows_rejected) FILTER (WHERE t.state = 'done' AND t.kind = 'load'), 0) AS rejected,"
	"         coalesce(bool_or(t.state IN ('failed', 'skipped', 'waiting', 'running')"
	"                          AND t.kind = 'load'"
	"                          OR " MAY_BE_RESUMED "), false) AS broken,"
	"         coalesce(bool_or(t.state <> 'done'), false) AS unmade,"
	"         min(t.error_message) FILTER (WHERE t.state = 'failed') AS error,"
	/*
	 * Ranges are a chain: one begins where the table does, one ends where it
	 * does, and every other bound is the end of one and the beginning of one.
	 */
	"         coalesce(count(*) FILTER (WHERE t.is_range AND t.lower_bound IS NULL) = least(count(*) FILTER (WHERE t.is_range), 1)"
	"              AND count(*) FILTER (WHERE t.is_range AND t.upper_bound IS NULL) = least(count(*) FILTER (WHERE t.is_range), 1)"
	"              AND count(t.lower_bound) = count(DISTINCT t.lower_bound)"
	"              AND array_agg(t.lower_bound ORDER BY t.lower_bound) FILTER (WHERE t.lower_bound IS NOT NULL)"
	"                  IS NOT DISTINCT FROM"
	"                  array_agg(t.upper_bound ORDER BY t.upper_bound) FILTER (WHERE t.upper_bound IS NOT NULL)"
	"              AND count(*) FILTER (WHERE t.is_null_chunk) <= 1"
	"              AND count(t.partition) = count(DISTINCT t.partition)"
	"              AND (count(t.partition) = 0 OR count(*) FILTER (WHERE t.is_range) = 0), true) AS chained,"
	/* Publishing saw it, but without a lock that would last. */
	"         EXISTS (SELECT 1 FROM pg_class WHERE oid = m.relation) AS present"
	"    FROM mysql_migrate.table_map AS m"
	"    LEFT JOIN (SELECT *, kind = 'load' AND NOT is_null_chunk AND partition IS NULL AS is_range"
	"                 FROM mysql_migrate.task WHERE job = $1::bigint) AS t ON t.subject = m.id"
	"   WHERE m.job = $1::bigint"
	"   GROUP BY m.id),"
	" notes AS ("
	"  SELECT table_name, count(*) AS number,"
	"         min(object || ' ' || what) AS one,"
	"         bool_or(what = '" DISPROVED "') AS disproved"
	"    FROM mysql_migrate.note"
	"   WHERE job = $1::bigint AND severity = 'warning'"
	"   GROUP BY table_name)"
	" UPDATE mysql_migrate.table_map AS m"
	"    SET rows_read = s.read, rows_loaded = s.loaded,"
	"        rows_rejected = s.rejected,"
	"        state = CASE WHEN m.state = 'published' AND s.present THEN m.state ELSE 'failed' END,"
	"        status = CASE WHEN s.broken OR m.state <> 'published' OR NOT s.chained OR NOT s.present"
	"                           OR s.read <> s.loaded + s.rejected OR n.disproved THEN 'failed'"
	"                      WHEN s.rejected > 0 THEN 'incomplete'"
	"                      WHEN s.unmade OR n.number > 0 THEN 'warning'"
	"                      ELSE 'ok' END,"
	"        remark = CASE WHEN NOT s.chained THEN 'the chunks do not make up the table'"
	"                      WHEN s.broken OR m.state <> 'published' THEN coalesce(s.error, n.one)"
	"                      WHEN s.read <> s.loaded + s.rejected"
	"                           THEN format('the rows do not add up: %s read, %s loaded, %s rejected', s.read, s.loaded, s.rejected)"
	"                      WHEN NOT s.present THEN 'the local table was dropped during the job'"
	"                      WHEN n.disproved THEN '" DISPROVED "'"
	"                      WHEN s.rejected > 0 THEN s.rejected || ' rows in mysql_migrate.reject'"
	"                      WHEN n.number = 1 THEN n.one"
	"                      WHEN n.number > 1 THEN n.one || ' and ' || (n.number - 1) || ' more'"
	"                 END"
	"   FROM sums AS s"
	"   JOIN mysql_migrate.table_map AS self ON self.id = s.id"
	"   LEFT JOIN notes AS n ON n.table_name = self.local_table"
	"  WHERE m.id = s.id";

static void
send_rows(JobProcess *process, Totals *totals)
{
	StoreScope scope;
	uint64 rows;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};

	memset(totals, 0, sizeof(*totals));
	mm_store_enter(&scope);
	mm_store_execute(close_tables_query, 1, args);
	rows = mm_store_execute("SELECT \"table\", read::text, loaded::text,"
							"       rejected::text, size, \"time\", status, note"
							"  FROM mysql_migrate.result"
							" WHERE job = $1::bigint ORDER BY \"table\"",
							1, args);
	for (uint64 i = 0; i < rows; i++)
	{
		const char *values[8];

		for (int c = 0; c < lengthof(values); c++)
			values[c] = SPI_getvalue(SPI_tuptable->vals[i],
									 SPI_tuptable->tupdesc, c + 1);
		count_status(totals, values[6]);
		if (totals->first_failure == NULL && strcmp(values[6], "failed") == 0)
			totals->first_failure =
				MemoryContextStrdup(process->context,
									psprintf("%s: %s", values[0],
											 values[7] ? values[7] : "see mysql_migrate.task"));
		mm_leader_row(process, lengthof(values), values);
	}
	mm_store_leave(&scope);
}

static ErrorData *
job_error(JobProcess *process, const Totals *totals, int sqlerrcode,
		  const char *state)
{
	ErrorData *error = MemoryContextAllocZero(process->context,
											  sizeof(ErrorData));

	error->elevel = ERROR;
	error->sqlerrcode = sqlerrcode;
	error->message = psprintf("job " INT64_FORMAT " %s: %d tables ok, %d warning, %d incomplete, %d failed",
							  process->job_id, state, totals->ok,
							  totals->warnings, totals->incomplete,
							  totals->failed);
	if (totals->first_failure != NULL)
		error->detail = (char *) totals->first_failure;
	error->hint = psprintf("SELECT * FROM mysql_migrate.result WHERE job = " INT64_FORMAT "; what is loaded stays. When the cause is mended: SELECT * FROM migration_resume(" INT64_FORMAT ");",
						   process->job_id, process->job_id);
	return error;
}

/*
 * mm_finish_job
 *		Publish, make the late objects, close the tables, send the rows.
 *
 * Returns the job's state; *error is set for what the caller must see as an
 * error.
 */
const char *
mm_finish_job(JobProcess *process, ErrorData **error)
{
	Migration *migration = process->state;
	Totals totals;
	const char *state = "ok";

	forget_notes(process);
	find_unfinished(process);
	publish_tables(process);
	make_late_objects(process);
	note_tasks(process);
	use_final_names(process);
	mm_tolerate_count(process);
	if (mm_watch_moments(process))
		state = "warning";
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	send_rows(process, &totals);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_rejected_settle(process);

	if (totals.failed > 0)
	{
		state = "failed";
		*error = job_error(process, &totals, ERRCODE_FDW_ERROR, state);
	}
	else if (totals.incomplete > 0)
	{
		ErrorData *problem = job_error(process, &totals,
									   ERRCODE_FDW_ERROR, "incomplete");

		state = "incomplete";
		if (migration->spec->strict)
			*error = problem;
		else
			mm_leader_notice(process, WARNING, problem->message, NULL,
							 "SELECT * FROM mysql_migrate.todo;");
	}
	else if (totals.warnings > 0)
		state = "warning";
	return state;
}

/*
 * mm_finish_abandon
 *		The job was cancelled or broke half-way: its tables are not published.
 */
void
mm_finish_abandon(JobProcess *process)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};

	if (process->job_id == 0)
		return;
	mm_transaction_start();
	mm_store_enter(&scope);
	mm_store_execute("UPDATE mysql_migrate.table_map"
					 "   SET state = 'failed', status = 'cancelled'"
					 " WHERE job = $1::bigint AND state = 'loading'",
					 1, args);
	mm_store_leave(&scope);
	CommitTransactionCommand();
}
