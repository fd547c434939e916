/*
 * src/migrate/switch.c
 *		migrate_switch: the night itself.
 *
 * The steps are those a careful administrator takes by hand: see that nobody
 * writes to MySQL any more, bring over the last changes, compare everything,
 * set the next values, and look once more whether really nobody wrote.  Only
 * then the server is marked as switched, after which nothing is written from
 * it (identity.h).  Each step can be repeated; the call stops at the first one
 * that does not hold, and says what to do.
 *
 * The function runs in its caller's transaction: the mark is committed with
 * it.  The jobs that it starts commit by themselves.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/argument.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "base/json_object.h"
#include "base/materialize.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "job/caller.h"
#include "job/store.h"
#include "migrate/arguments.h"
#include "migrate/fix_sequences.h"
#include "migrate/identity.h"
#include "migrate/rule.h"
#include "migrate/spec.h"
#include "migrate/switch.h"
#include "migrate/switch_proof.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "source/options.h"
#include "source/snapshot.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define LOOK_EVERY_MS 250
#define SETTLE_MS	  2000

/* ---------------------------------------------------------------- steps */

void
mm_switch_report(Switch *run, const char *what, const char *result,
				 const char *time)
{
	Datum values[4];
	bool nulls[4] = {false};

	run->step++;
	values[0] = Int32GetDatum(run->step);
	values[1] = CStringGetTextDatum(what);
	values[2] = CStringGetTextDatum(result);
	nulls[3] = time == NULL;
	values[3] = time == NULL ? (Datum) 0 : CStringGetTextDatum(time);
	tuplestore_putvalues(run->rsinfo->setResult, run->rsinfo->setDesc, values,
						 nulls);
}

/* For whoever watches; and should a later step fail, this is what was done. */
static void
step_is_done(Switch *run, const char *what, const char *result,
			 TimestampTz since)
{
	char *time = mm_human_duration((GetCurrentTimestamp() - since) / USECS_PER_SEC);

	mm_switch_report(run, what, result, time);
	ereport(NOTICE,
			(errmsg("step %d, %s: %s (%s)", run->step, what, result, time)));
}

/* ---------------------------------------------------------------- 1. writers off */

void
mm_switch_wait(TimestampTz end)
{
	long milliseconds;

	while ((milliseconds = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
														   end)) > 0)
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 milliseconds, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
wait_for_next_look(void)
{
	mm_switch_wait(TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   LOOK_EVERY_MS));
}

/* Raises when anything was written since `run->mark` was taken. */
static void
refuse_movement(Switch *run)
{
	SourceMark now = mm_proof_mark(run->conn, run->remote_schemas);

	if (mm_proof_stands_still(&run->mark, &now))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("somebody still writes to server \"%s\"", run->server),
			 errdetail_internal("%s", mm_proof_movement(&run->mark, &now)),
			 errhint("Stop the application, its cron jobs and MySQL's events; SHOW PROCESSLIST in MySQL names who is connected. SET GLOBAL read_only = ON in MySQL keeps ordinary accounts out, or call migrate_switch with lock => true. Nothing is lost: call it again.")));
}

/*
 * What `ask` has to say when it is still so after two seconds: a transaction
 * may be just about to end, a replica about to be ready.
 */
static char *
wait_for_nothing(Switch *run, char *(*ask)(WireConn *, bool *), bool *is_seen)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												  SETTLE_MS);
	char *answer = ask(run->conn, is_seen);

	while (answer != NULL && GetCurrentTimestamp() < end)
	{
		wait_for_next_look();
		answer = ask(run->conn, is_seen);
	}
	return answer;
}

static void
refuse_open_changes(Switch *run, bool *is_seen)
{
	char *open = wait_for_nothing(run, mm_proof_open_changes, is_seen);

	if (open == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("changes that are not committed are open on server \"%s\"",
					run->server),
			 errdetail_internal("%s: committed later, they would be there and not here.",
								open),
			 errhint("Let the application end its transactions, or end them with KILL in MySQL; then call migrate_switch again.")));
}

static void
refuse_lag(Switch *run, bool *is_seen)
{
	char *lag = wait_for_nothing(run, mm_proof_lag, is_seen);

	if (lag == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" is a replica that is behind its source",
					run->server),
			 errdetail_internal("%s: what its source has beyond that would stay behind.",
								lag),
			 errhint("Let it catch up (START SLAVE, no MASTER_DELAY), then call migrate_switch again. If it is no replica any more: RESET SLAVE ALL in MySQL.")));
}

static void
take_lock(Switch *run)
{
	const char *reason;

	if (mm_snapshot_lock_all(run->conn, NULL, &reason) == LOCK_TAKEN)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("could not lock server \"%s\" against writes",
					run->server),
			 errdetail_internal("%s", reason),
			 errhint("FLUSH TABLES WITH READ LOCK needs the privilege RELOAD in MySQL, and that no statement runs for long. Without lock => true, a binary log position that stands still is the proof.")));
}

static void
prove_writers_off(Switch *run)
{
	TimestampTz since = GetCurrentTimestamp();
	TimestampTz end = TimestampTzPlusMilliseconds(since,
												  (int64) run->seconds * 1000);
	bool sees_changes;
	bool sees_lag;
	char *result;

	if (run->lock)
		take_lock(run);
	run->mark = mm_proof_mark(run->conn, run->remote_schemas);
	while (GetCurrentTimestamp() < end)
	{
		wait_for_next_look();
		refuse_movement(run);
	}
	refuse_lag(run, &sees_lag);
	refuse_open_changes(run, &sees_changes);
	refuse_movement(run);
	result = psprintf("%s%s has not moved for %d s%s%s",
					  run->lock ? "read lock held, " : "",
					  mm_proof_describe(&run->mark), run->seconds,
					  sees_changes ? "" : NO_PROCESS,
					  sees_lag || !run->mark.is_replica ? "" : NO_MONITOR);
	step_is_done(run, "writers off", result, since);
}

/* ---------------------------------------------------------------- 2. and 3. jobs */

static bool
is_accepted(const Switch *run, const char *table)
{
	return mm_spec_matches(run->accept, table);
}

static void
note_difference(JobTotals *totals, const char *table, const char *why)
{
	if (totals->different++ < 10)
		appendStringInfo(&totals->names, "%s%s (%s)",
						 totals->names.len > 0 ? ", " : "", table, why);
}

/* A row of validate: table, rows_local, ..., status, time, next_step. */
static void
take_validate_row(void *arg, int nvalues, const char **values)
{
	JobTotals *totals = arg;
	const char *table = values[0];
	const char *status = values[6];

	if (nvalues != 9)
		elog(ERROR, "validate sent %d columns", nvalues);
	totals->tables++;
	if (values[2] != NULL)
		totals->rows += strtoull(values[2], NULL, 10);
	if (strcmp(status, "equal") == 0)
		return;
	if (strcmp(status, "differs") == 0 && is_accepted(totals->run, table))
		totals->accepted++;
	else
		note_difference(totals, table, status);
}

static void
run_job(Switch *run, const char *kind, const char *mode, ReceiveRow receive,
		JobTotals *totals)
{
	StringInfoData payload;

	memset(totals, 0, sizeof(*totals));
	totals->run = run;
	initStringInfo(&totals->names);
	initStringInfo(&payload);
	mm_json_add_text(&payload, "kind", kind);
	mm_json_add_text(&payload, "server", run->server);
	mm_json_add_text(&payload, "mode", mode);
	mm_json_add_raw(&payload, "workers",
					psprintf("%d", mm_arguments_default_workers()));
	mm_json_add_raw(&payload, "options", run->options);
	mm_json_add_raw(&payload, "rules", mm_rules_payload(run->server));
	mm_json_end(&payload);
	run->own_jobs = lappend(run->own_jobs,
							psprintf(INT64_FORMAT,
									 mm_caller_run(payload.data,
												   mm_arguments_default_workers(),
												   true, receive, totals)));
}

/* A row of migrate_missing: table, scanned, inserted, ..., status, next_step. */
static void
take_mirror_row(void *arg, int nvalues, const char **values)
{
	JobTotals *totals = arg;
	const char *status = values[7];

	if (nvalues != 9)
		elog(ERROR, "migrate_missing sent %d columns", nvalues);
	totals->tables++;
	totals->inserted += strtoull(values[2], NULL, 10);
	totals->updated += strtoull(values[3], NULL, 10);
	totals->deleted += strtoull(values[4], NULL, 10);
	if (strcmp(status, "equal") == 0 || strcmp(status, "ok") == 0)
		return;
	if (strcmp(status, "failed") != 0 && is_accepted(totals->run, values[0]))
		totals->accepted++;
	else
		note_difference(totals, values[0], status);
}

/* What a step has left unequal; the hint is a statement. */
static void
refuse_different(const JobTotals *totals, const char *verdict,
				 const char *statement)
{
	if (totals->different > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%d of %d tables %s", totals->different,
						totals->tables, verdict),
				 errdetail_internal("%s", totals->names.data),
				 errhint("%s", statement)));
}

static void
mirror_all(Switch *run)
{
	TimestampTz since = GetCurrentTimestamp();
	JobTotals totals;

	run_job(run, "migrate_missing", "mirror", take_mirror_row, &totals);
	refuse_different(&totals, "could not be made equal",
					 psprintf("SELECT * FROM migrate_missing(%s, mode => 'mirror');",
							  quote_literal_cstr(run->server)));
	step_is_done(run, "last mirror",
				 psprintf(mm_plural(totals.tables, "%d table: %s inserted, %s updated, %s deleted",
									"%d tables: %s inserted, %s updated, %s deleted"),
						  totals.tables, mm_human_number(totals.inserted),
						  mm_human_number(totals.updated),
						  mm_human_number(totals.deleted)),
				 since);
}

static void
validate_all(Switch *run)
{
	TimestampTz since = GetCurrentTimestamp();
	JobTotals totals;

	run_job(run, "validate", "checksum", take_validate_row, &totals);
	refuse_different(&totals, "are not equal on both sides",
					 psprintf("SELECT * FROM mysql_migrate.difference WHERE server = %s;",
							  quote_literal_cstr(run->server)));
	step_is_done(run, "validate",
				 totals.accepted == 0 ?
					 psprintf(mm_plural(totals.rows, "%s row, every table equal", "%s rows, every table equal"),
							  mm_human_number(totals.rows)) :
					 psprintf(mm_plural(totals.rows, "%s row, every table equal but %d accepted", "%s rows, every table equal but %d accepted"),
							  mm_human_number(totals.rows), totals.accepted),
				 since);
}

/* ---------------------------------------------------------------- 4. sequences */

typedef struct SequenceTotals
{
	int set;
	int warnings;
	int failed;
	StringInfoData failures;
} SequenceTotals;

static void
take_sequence(void *arg, const SequenceRow *row)
{
	SequenceTotals *totals = arg;

	if (strcmp(row->status, "failed") == 0)
	{
		totals->failed++;
		appendStringInfo(&totals->failures, "%s%s: %s",
						 totals->failures.len > 0 ? "\n" : "", row->table,
						 row->note);
		return;
	}
	if (row->is_set)
		totals->set++;
	if (strcmp(row->status, "warning") == 0)
		totals->warnings++;
}

static void
fix_all_sequences(Switch *run)
{
	TimestampTz since = GetCurrentTimestamp();
	SequenceTotals totals = {0};
	char *result;

	initStringInfo(&totals.failures);
	mm_sequence_fix(run->server, NULL, run->margin, take_sequence, &totals);
	if (totals.failed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%d next values could not be set", totals.failed),
				 errdetail_internal("%s", totals.failures.data),
				 errhint("SELECT * FROM fix_sequences(%s) WHERE status = 'failed';",
						 quote_literal_cstr(run->server))));
	result = psprintf("%d set, next value + " INT64_FORMAT "%s", totals.set,
					  run->margin,
					  totals.warnings == 0 ? "" : psprintf("; %d warnings, see fix_sequences with force => true", totals.warnings));
	step_is_done(run, "sequences", result, since);
}

/* ---------------------------------------------------------------- 5. open */

static void
mark_switched(Switch *run)
{
	char *identity = mm_identity_read(run->conn);
	StringInfoData payload;
	const char *job[7];

	initStringInfo(&payload);
	mm_json_add_text(&payload, "kind", "migrate_switch");
	mm_json_add_text(&payload, "server", run->server);
	mm_json_end(&payload);
	job[0] = psprintf("%u", GetUserId());
	job[1] = run->server;
	job[2] = payload.data;
	job[3] = run->mark.position;
	job[4] = run->mark.gtid;
	job[5] = identity;
	job[6] = pstrdup(timestamptz_to_str(run->started));
	mm_store_execute_alone("WITH job AS ("
						   " INSERT INTO mysql_migrate.job (kind, state, owner,"
						   "   server, arguments, workers, position, gtid,"
						   "   source_identity, started, finished)"
						   " VALUES ('migrate_switch', 'switched', $1::oid, $2,"
						   "   $3::jsonb, 0, $4, $5, $6, $7::timestamptz,"
						   "   clock_timestamp())"
						   " RETURNING *)"
						   " INSERT INTO mysql_migrate.switched"
						   "   (server, owner, job, source_identity, position)"
						   " SELECT server, owner, id, source_identity, position"
						   "   FROM job",
						   lengthof(job), job);
}

/*
 * The last look.  From here on until the commit no job can begin unseen: each
 * commits its row first and reads the table that is locked here afterwards.
 */
static void
open_the_doors(Switch *run)
{
	TimestampTz now;
	bool is_seen;

	mm_switch_refuse_running(run);
	mm_store_execute_alone("LOCK TABLE mysql_migrate.switched IN ACCESS EXCLUSIVE MODE",
						   0, NULL);
	mm_switch_refuse_running(run);
	refuse_lag(run, &is_seen);
	/* In this order: what is committed between the two looks has moved. */
	refuse_open_changes(run, &is_seen);
	refuse_movement(run);
	mark_switched(run);
	now = GetCurrentTimestamp();
	step_is_done(run, "open",
				 psprintf("ready at %.8s. Point the application here.",
						  timestamptz_to_str(now) + strlen("2026-11-21 ")),
				 run->started);
}

/* ---------------------------------------------------------------- the call */

static List *
accepted_names(FunctionCallInfo fcinfo, int n)
{
	Datum *elements;
	bool *nulls;
	int count;
	List *names = NIL;

	if (PG_ARGISNULL(n))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

/* What begins while this call runs would not be seen. */
static void
refuse_old_snapshot(void)
{
	if (!IsolationUsesXactSnapshot())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("migrate_switch cannot run at isolation level \"%s\"",
					IsolationIsSerializable() ? "serializable" :
												"repeatable read"),
			 errdetail("It would not see jobs that begin after its transaction."),
			 errhint("BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = 'read committed';")));
}

static void
refuse_twin(const char *server)
{
	int64 key = (int64) hash_bytes_extended((const unsigned char *) server,
											strlen(server),
											UINT64CONST(0x6d6d737769746368));

	if (!DatumGetBool(DirectFunctionCall1(pg_try_advisory_xact_lock_int8,
										  Int64GetDatum(key))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("migrate_switch is running already for server \"%s\"",
						server),
				 errhint("Wait for its end; SELECT pid, query FROM pg_stat_activity WHERE query ILIKE '%%migrate_switch%%';")));
}

static void
begin_switch(Switch *run, FunctionCallInfo fcinfo)
{
	ForeignServer *server;

	memset(run, 0, sizeof(*run));
	run->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	run->started = GetCurrentTimestamp();
	run->server = mm_argument_text(fcinfo, 0, "server");
	run->lock = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	run->seconds = PG_ARGISNULL(3) ? 5 : PG_GETARG_INT32(3);
	run->margin = PG_ARGISNULL(4) ? 1000 : PG_GETARG_INT64(4);
	run->accept = accepted_names(fcinfo, 5);
	run->options = mm_arguments_json(fcinfo, 6);
	if (run->seconds < 1 || run->margin < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for \"%s\"",
						run->seconds < 1 ? "seconds" : "margin"),
				 errhint("seconds is at least 1, margin at least 0.")));
	server = mm_options_server(run->server, true);
	run->conn = mm_conn_open(mm_options_conn_info(server, GetUserId()),
							 CurrentMemoryContext);
}

PG_FUNCTION_INFO_V1(mysql_migrate_migrate_switch);

/*
 * migrate_switch(server, dry_run, lock, seconds, margin, accept, options)
 *		Prove that writers are off, mirror, validate, set next values, and mark
 *		the server as switched.
 */
Datum
mysql_migrate_migrate_switch(PG_FUNCTION_ARGS)
{
	Switch run;

	mm_init_materialized(fcinfo);
	begin_switch(&run, fcinfo);
	if (!PG_ARGISNULL(1) && PG_GETARG_BOOL(1))
	{
		mm_switch_look(&run);
		mm_switch_rehearse(&run);
	}
	else
	{
		mm_arguments_refuse_read_only("migrate_switch");
		refuse_old_snapshot();
		refuse_twin(run.server);
		if (!mm_switch_is_over(&run))
		{
			mm_switch_look(&run);
			mm_switch_refuse_unready(&run);
			prove_writers_off(&run);
			mirror_all(&run);
			validate_all(&run);
			fix_all_sequences(&run);
			open_the_doors(&run);
		}
	}
	mm_conn_close(run.conn);
	PG_RETURN_NULL();
}
