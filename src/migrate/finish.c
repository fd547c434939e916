/*
 * src/migrate/finish.c
 *		The end of a job: tables get their names, late objects are made, every
 *		table gets its status and its row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/book.h"
#include "migrate/finish_internal.h"
#include "migrate/rejected.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- notes */

#define DISPROVED "differs from MySQL"

/* What an earlier run of the job said may be mended, and is counted anew. */
static const char forget_query[] =
	"DELETE FROM mysql_migrate.note"
	" WHERE job = $1::bigint"
	"   AND (next_step LIKE 'run when the cause is mended: %'"
	"        OR next_step LIKE 'mend the cause, then %'"
	"        OR next_step LIKE 'Mend the statement and run it: %'"
	"        OR what IN ('table not published', 'read at several moments')"
	"        OR what = '" DISPROVED "'"
	"        OR what LIKE '% rows rejected'"
	"        OR what LIKE '% values were changed by a policy')";

/* Tasks that were skipped or failed. */
static const char unmade_query[] =
	"INSERT INTO mysql_migrate.note"
	" (job, owner, severity, table_name, object, what, why, next_step)"
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
	"    AND (coalesce(t.statement, '') <> '' OR t.kind = 'compare')";

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

/* One note per table, with the reason that is met most often. */
static const char rejected_query[] =
	"INSERT INTO mysql_migrate.note"
	" (job, owner, severity, table_name, object, what, why, next_step)"
	" SELECT $1::bigint, m.owner, 'warning', m.local_table, m.local_table,"
	"        CASE count(*) WHEN 1 THEN '1 row rejected' ELSE count(*) || ' rows rejected' END,"
	"        mode() WITHIN GROUP (ORDER BY coalesce(r.column_name || ': ', '') || r.reason),"
	"        format('mend the rows, or add a rule or a policy; then: SELECT * FROM migrate_table(%L, %L, %L, on_existing => ''append'', options => ''{\"rejected\": true}''); or the whole table with on_existing => ''replace''',"
	"               m.server, m.remote_table, format('%I.%I', m.local_schema, m.local_table))"
	"   FROM mysql_migrate.table_map AS m"
	"   JOIN mysql_migrate.reject AS r ON r.job = m.job AND r.table_map = m.id"
	"  WHERE m.job = $1::bigint"
	"  GROUP BY m.id";

static const char converted_query[] =
	"INSERT INTO mysql_migrate.note"
	" (job, owner, severity, table_name, object, what, why, next_step)"
	" SELECT t.job, m.owner, 'note', m.local_table,"
	"        m.local_table || '.' || c.key,"
	"        sum(c.value::bigint) || ' values were changed by a policy',"
	"        'zero dates, bytes or characters that PostgreSQL cannot hold',"
	"        'nothing, or choose another policy and load the table again'"
	"   FROM mysql_migrate.task AS t"
	"   JOIN mysql_migrate.table_map AS m ON m.id = t.subject,"
	"        json_each_text(t.remark::json) AS c"
	"  WHERE t.job = $1::bigint AND t.kind = 'load'"
	"    AND t.state = 'done' AND t.remark IS NOT NULL"
	"  GROUP BY t.job, m.owner, m.local_table, c.key";

/* Of the job's number, in one transaction. */
static void
run_queries(JobProcess *process, int nqueries, const char *const *queries)
{
	const char *args[] = {mm_store_number(process->job_id)};

	mm_transaction_start();
	for (int i = 0; i < nqueries; i++)
		mm_store_execute_alone(queries[i], lengthof(args), args);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
forget_notes(JobProcess *process)
{
	static const char *const queries[] = {forget_query};

	run_queries(process, lengthof(queries), queries);
}

static void
add_notes(JobProcess *process)
{
	static const char *const queries[] = {
		unmade_query,
		disproved_query,
		rejected_query,
		converted_query,
	};

	run_queries(process, lengthof(queries), queries);
}

/* ---------------------------------------------------------------- moments */

/* "from ... to ...", when there were several moments; else NULL. */
static char *
moments_text(JobProcess *process)
{
	const char *args[] = {mm_store_number(process->job_id)};

	return mm_store_get_value("SELECT 'from ' || coalesce(position, snapshot_at::text)"
							  "       || ' to ' || later_position"
							  "  FROM mysql_migrate.job"
							  " WHERE id = $1::bigint AND NOT consistent"
							  "   AND later_position IS NOT NULL",
							  lengthof(args), args);
}

/*
 * Was MySQL read at more than one moment?  Then says so, to the caller and in
 * a note, with the command that mends it.
 */
static bool
tell_moments(JobProcess *process)
{
	Migration *migration = process->state;
	char *moments;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	moments = moments_text(process);
	if (moments != NULL)
	{
		char *mend = psprintf("SELECT * FROM migrate_missing(%s, mode => 'mirror'); a table of which it would delete more than a tenth is left alone unless options => '{\"max_delete\": 100}' allows it.",
							  quote_literal_cstr(migration->spec->server));
		NoteList *notes = mm_note_list_create();
		Note *note = mm_note_add(notes, NOTE_WARNING, NULL,
								 migration->spec->local_schema,
								 "read at several moments");

		mm_note_explain(notes, note,
						psprintf("The first moment was lost on the way; the rows are %s, and what was written in between is here in part.",
								 moments),
						mend, NULL);
		mm_book_add_notes(process->job_id, GetUserId(), notes);
		mm_leader_notice(process, WARNING,
						 psprintf("job " INT64_FORMAT " read MySQL at several moments",
								  process->job_id),
						 psprintf("The rows are %s. What was written in between is here in part.",
								  moments),
						 mend);
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	return moments != NULL;
}

/* ---------------------------------------------------------------- rows */

typedef struct Totals
{
	int ok;
	int warnings;
	int incomplete;
	int failed;
	const char *first_failure; /* "table: message" */
} Totals;

static void
count_status(Totals *totals, const char *status)
{
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
	"         min(concat_ws(': ', t.error_message, t.error_detail)) FILTER (WHERE t.state = 'failed') AS error,"
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

#define RESULT_COLUMNS 8

static void
send_rows(JobProcess *process, Totals *totals)
{
	const char *args[] = {mm_store_number(process->job_id)};
	ListCell *cell;

	memset(totals, 0, sizeof(*totals));
	mm_store_execute_alone(close_tables_query, lengthof(args), args);
	foreach(cell, mm_store_get_rows("SELECT \"table\", read::text, loaded::text,"
									"       rejected::text, size, \"time\", status, note"
									"  FROM mysql_migrate.result"
									" WHERE job = $1::bigint ORDER BY \"table\"",
									lengthof(args), args))
	{
		const char **values = lfirst(cell);

		count_status(totals, values[6]);
		if (totals->first_failure == NULL && strcmp(values[6], "failed") == 0)
			totals->first_failure =
				psprintf("%s: %s", values[0],
						 values[7] ? values[7] : "see mysql_migrate.task");
		mm_leader_row(process, RESULT_COLUMNS, values);
	}
}

/* In the current memory context. */
static ErrorData *
job_error(JobProcess *process, const Totals *totals, const char *state)
{
	ErrorData *error = palloc0(sizeof(ErrorData));

	error->elevel = ERROR;
	error->sqlerrcode = ERRCODE_FDW_ERROR;
	error->message = psprintf(mm_plural(totals->ok, "job " INT64_FORMAT " %s: %d table ok, %d warning, %d incomplete, %d failed",
										"job " INT64_FORMAT " %s: %d tables ok, %d warning, %d incomplete, %d failed"),
							  process->job_id, state, totals->ok,
							  totals->warnings, totals->incomplete,
							  totals->failed);
	if (totals->first_failure != NULL)
		error->detail = (char *) totals->first_failure;
	error->hint = psprintf("SELECT * FROM mysql_migrate.result WHERE job = " INT64_FORMAT "; what is loaded stays. When the cause is mended: SELECT * FROM migration_resume(" INT64_FORMAT ");",
						   process->job_id, process->job_id);
	return error;
}

/* Rows of tables say what is about them; some is about none. */
static void
tell_warnings(JobProcess *process)
{
	const char *args[] = {mm_store_number(process->job_id)};
	char *number = mm_store_get_value("SELECT nullif(count(*), 0)"
									  "  FROM mysql_migrate.note"
									  " WHERE job = $1::bigint"
									  "   AND severity = 'warning' AND NOT done",
									  lengthof(args), args);

	if (number != NULL)
		mm_leader_notice(process, NOTICE,
						 psprintf("job " INT64_FORMAT ": warnings left for you: %s",
								  process->job_id, number),
						 NULL, "SELECT * FROM mysql_migrate.todo;");
}

/* The state of a job that did not end well; *error, or a warning. */
static const char *
tell_problem(JobProcess *process, const Totals *totals, ErrorData **error)
{
	const Migration *migration = process->state;
	const char *state = totals->failed > 0 ? "failed" : "incomplete";
	ErrorData *problem = job_error(process, totals, state);

	if (totals->failed > 0 || migration->spec->strict)
		*error = problem;
	else
		mm_leader_notice(process, WARNING, problem->message, NULL,
						 "SELECT * FROM mysql_migrate.todo;");
	return state;
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
	Totals totals;
	bool saw_moments;

	forget_notes(process);
	mm_publish_tables(process);
	mm_make_late_objects(process);
	add_notes(process);
	mm_publish_rename_in_notes(process);
	mm_tolerate_count(process);
	saw_moments = tell_moments(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	send_rows(process, &totals);
	if (totals.failed == 0 && totals.incomplete == 0)
		tell_warnings(process);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_rejected_settle(process);
	if (totals.failed > 0 || totals.incomplete > 0)
		return tell_problem(process, &totals, error);
	return saw_moments || totals.warnings > 0 ? "warning" : "ok";
}

/*
 * mm_finish_abandon
 *		The job was cancelled or broke half-way: its tables are not published.
 */
void
mm_finish_abandon(JobProcess *process)
{
	static const char *const queries[] = {
		"UPDATE mysql_migrate.table_map"
		"   SET state = 'failed', status = 'cancelled'"
		" WHERE job = $1::bigint AND state = 'loading'",
	};

	if (process->job_id != 0)
		run_queries(process, lengthof(queries), queries);
}
