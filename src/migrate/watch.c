/*
 * src/migrate/watch.c
 *		What the leader looks after while the tasks run.
 *
 * Once a second: have the settings of the job changed (migration_set), and do
 * replication slots and standbys keep up with the WAL that it writes?  If they
 * do not, the workers are held back between two pieces.  Every few seconds the
 * waiting caller hears how far the job is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "commands/async.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/watch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define LOOK_MS		   1000
#define REPORT_MS	   5000
#define NOTIFY_CHANNEL "mysql_migrate"

/* ---------------------------------------------------------------- settings */

/* What may change while a job runs; spec_options.c knows the other ones. */
static void
take_over(JobSpec *spec, const JobSpec *changed)
{
	spec->workers = changed->workers;
	spec->max_slot_wal = changed->max_slot_wal;
	spec->max_replica_lag = changed->max_replica_lag;
	spec->notify = changed->notify;
	spec->rate_limit = changed->rate_limit;
}

static void
read_settings(JobProcess *process)
{
	Migration *migration = process->state;
	JobShared *shared = process->shared;
	JobRow *job = mm_job_get(process->job_id);
	JobSpec *changed;

	if (job == NULL)
		return;
	changed = mm_spec_parse(job->payload);
	take_over(migration->spec, changed);
	mm_throttle_set(&shared->throttle, changed->rate_limit);
	if (changed->workers > 0)
		pg_atomic_write_u32(&shared->worker_limit,
							Min(changed->workers, shared->nslots));
}

/* ---------------------------------------------------------------- holding back */

static const char slot_query[] =
	"SELECT slot_name, pg_size_pretty(bytes)"
	"  FROM (SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn) AS bytes"
	"          FROM pg_replication_slots) AS s"
	" WHERE bytes > $1::numeric"
	" ORDER BY bytes DESC LIMIT 1";

/*
 * replay_lag is measured when something is replayed: of a standby that stands
 * still it says nothing.  So what it has not replayed must not be older than
 * the limit either: $2 is where the WAL ended then.
 */
static const char lag_query[] =
	"SELECT who, CASE WHEN replay_lag > most THEN date_trunc('second', replay_lag)::text"
	"                 ELSE format('more than %s', most) END"
	"  FROM (SELECT coalesce(nullif(application_name, ''), host(client_addr), 'walreceiver') AS who,"
	"               make_interval(secs => $1::float8) AS most, replay_lag,"
	"               pg_wal_lsn_diff($2::pg_lsn, replay_lsn) AS bytes"
	"          FROM pg_stat_replication) AS s"
	" WHERE replay_lag > most OR bytes > 0"
	" ORDER BY replay_lag DESC NULLS LAST, bytes DESC LIMIT 1";

/* Where the WAL ended at some times of the past. */
#define TRAIL_LENGTH 64

typedef struct WalTrail
{
	int next; /* in a circle; time 0: no mark yet */
	TimestampTz times[TRAIL_LENGTH];
	XLogRecPtr ends[TRAIL_LENGTH];
} WalTrail;

/* Marks as far apart as the trail has to be long. */
static void
mark_wal(WalTrail *trail, int64 seconds, TimestampTz now)
{
	int last = (trail->next + TRAIL_LENGTH - 1) % TRAIL_LENGTH;
	int64 apart = seconds * USECS_PER_SEC / (TRAIL_LENGTH / 2);

	if (trail->times[last] != 0 && now - trail->times[last] < apart)
		return;
	trail->times[trail->next] = now;
	trail->ends[trail->next] = GetXLogInsertRecPtr();
	trail->next = (trail->next + 1) % TRAIL_LENGTH;
}

/* The end of the WAL so many seconds ago, as text; NULL: before all marks. */
static char *
wal_end_before(const WalTrail *trail, int64 seconds, TimestampTz now)
{
	XLogRecPtr end = InvalidXLogRecPtr;

	for (int i = 0; i < TRAIL_LENGTH; i++)
	{
		if (trail->times[i] != 0 &&
			trail->times[i] <= now - seconds * USECS_PER_SEC)
			end = Max(end, trail->ends[i]);
	}
	return end == InvalidXLogRecPtr ?
			   NULL :
			   psprintf("%X/%X", (uint32) (end >> 32), (uint32) end);
}

static char *
old_wal_end(Migration *migration)
{
	int64 limit = migration->spec->max_replica_lag;
	TimestampTz now = GetCurrentTimestamp();

	if (limit <= 0)
		return NULL;
	if (migration->wal_trail == NULL)
		migration->wal_trail = MemoryContextAllocZero(TopMemoryContext,
													  sizeof(WalTrail));
	mark_wal(migration->wal_trail, limit, now);
	return wal_end_before(migration->wal_trail, limit, now);
}

/* The two values of the first row that is over the limit; else false. */
static bool
is_over(const char *query, int64 limit, const char *other, char **who,
		char **how_much)
{
	const char *args[] = {mm_store_number(limit), other};
	List *rows;

	if (limit <= 0)
		return false;
	rows = mm_store_get_rows(query, lengthof(args), args);
	if (rows == NIL)
		return false;
	*who = ((char **) linitial(rows))[0];
	*how_much = ((char **) linitial(rows))[1];
	return true;
}

/* Why the job has to wait, or NULL. */
static char *
reason_to_wait(Migration *migration, const char **option)
{
	const JobSpec *spec = migration->spec;
	char *who;
	char *how_much;

	*option = "max_slot_wal";
	if (is_over(slot_query, spec->max_slot_wal, NULL, &who, &how_much))
		return psprintf("replication slot \"%s\" keeps %s of WAL", who, how_much);
	*option = "max_replica_lag";
	if (is_over(lag_query, spec->max_replica_lag, old_wal_end(migration), &who,
				&how_much))
		return psprintf("standby \"%s\" is %s behind", who, how_much);
	return NULL;
}

static void
hold_or_let_go(JobProcess *process)
{
	Migration *migration = process->state;
	const char *option;
	char *reason = reason_to_wait(migration, &option);

	if (reason != NULL && !mm_leader_is_held(process))
		mm_leader_notice(process, NOTICE,
						 psprintf("job " INT64_FORMAT " waits: %s",
								  process->job_id, reason),
						 psprintf("The option \"%s\" asks for it.", option),
						 psprintf("It goes on by itself. Without the limit: SELECT migration_set(" INT64_FORMAT ", '{\"%s\": null}');",
								  process->job_id, option));
	mm_leader_hold(process, reason != NULL);
	mm_slot_set_activity(process->slot, reason ? reason : "");
}

/* ---------------------------------------------------------------- reports */

/* What is loaded, and how many tables are ready. */
typedef struct Progress
{
	double rows;
	double bytes;
	double all_bytes;
	int ready;
	int tables;
} Progress;

static const char progress_query[] =
	"SELECT subject, coalesce(sum(rows_read) FILTER (WHERE kind = 'load'), 0),"
	"       bool_and(state = 'done') FILTER (WHERE kind = 'load') IS TRUE,"
	"       bool_and(state = 'done') FILTER (WHERE kind <> 'late') IS TRUE"
	"  FROM mysql_migrate.task WHERE job = $1::bigint AND subject > 0"
	" GROUP BY subject";

/* A table counts with its bytes, as far as its rows are here. */
static void
add_table(Progress *progress, const TableState *state, double rows,
		  bool is_loaded, bool is_ready)
{
	const RemoteTable *table = state->table;
	double part = rows / Max((double) table->estimated_rows, 1);

	is_loaded = is_loaded && state->is_cut;
	progress->rows += rows;
	progress->bytes += table->data_bytes * (is_loaded ? 1 : Min(part, 0.99));
	progress->ready += is_loaded && is_ready;
}

static void
measure(JobProcess *process, Progress *progress)
{
	Migration *migration = process->state;
	const char *args[] = {mm_store_number(process->job_id)};
	ListCell *cell;

	memset(progress, 0, sizeof(*progress));
	foreach(cell, migration->tables)
		progress->all_bytes += ((TableState *) lfirst(cell))->table->data_bytes;
	progress->tables = list_length(migration->tables);
	foreach(cell, mm_store_get_rows(progress_query, lengthof(args), args))
	{
		char **row = lfirst(cell);
		TableState *state = mm_migration_find_table(migration,
													strtoll(row[0], NULL, 10));

		if (state != NULL)
			add_table(progress, state, strtod(row[1], NULL), *row[2] == 't',
					  *row[3] == 't');
	}
}

static char *
size_text(double bytes)
{
	return text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty,
															  Int64GetDatum((int64) bytes))));
}

/* "640", "12 k", "1.04 M" */
static char *
rate_text(double rate)
{
	if (rate >= 1e6)
		return psprintf("%.2f M", rate / 1e6);
	if (rate >= 1e4)
		return psprintf("%.0f k", rate / 1e3);
	return psprintf("%.0f", rate);
}

/* "6 minutes left", from the speed since the first report of this run. */
static char *
time_left(const Migration *migration, const Progress *now, double seconds)
{
	double speed = (now->bytes - migration->first_bytes) / Max(seconds, 0.001);
	double left;

	if (speed <= 0)
		return "";
	left = (now->all_bytes - now->bytes) / speed;
	if (left < 1.5)
		return "   1 second left";
	if (left < 90)
		return psprintf("   %.0f seconds left", left);
	if (left < 2 * 3600)
		return psprintf("   %.0f minutes left", left / 60);
	return psprintf("   %.0f hours left", left / 3600);
}

/* After the last row there is no speed: the indexes and keys are at work. */
static char *
report_text(const JobProcess *process, const Progress *progress,
			TimestampTz now)
{
	const Migration *migration = process->state;
	double since_last = (now - migration->last_report) / 1e6;
	double since_first = (now - migration->first_report) / 1e6;

	if (progress->bytes >= progress->all_bytes)
		return psprintf("job " INT64_FORMAT ":  every row is here   indexes and keys: %d of %d tables are ready",
						process->job_id, progress->ready, progress->tables);
	return psprintf("job " INT64_FORMAT ":  %d %%   %s of %s   %s rows/s   %d of %d tables%s",
					process->job_id,
					(int) (100 * progress->bytes / progress->all_bytes),
					size_text(progress->bytes),
					size_text(progress->all_bytes),
					rate_text((progress->rows - migration->last_rows) /
							  Max(since_last, 0.001)),
					progress->ready, progress->tables,
					time_left(migration, progress, since_first));
}

static void
report(JobProcess *process, TimestampTz now)
{
	Migration *migration = process->state;
	Progress progress;

	measure(process, &progress);
	if (migration->first_report == 0)
	{
		migration->first_report = now;
		migration->first_bytes = progress.bytes;
	}
	else
		mm_leader_notice(process, NOTICE,
						 report_text(process, &progress, now), NULL, NULL);
	migration->last_rows = progress.rows;
	migration->last_report = now;
}

/* ---------------------------------------------------------------- the look */

void
mm_watch_tick(JobProcess *process)
{
	Migration *migration = process->state;
	TimestampTz now = GetCurrentTimestamp();
	bool reports;

	if (migration->tables == NIL ||
		now < TimestampTzPlusMilliseconds(migration->last_look, LOOK_MS))
		return;
	migration->last_look = now;
	/* What is looked at goes with the transaction's memory. */
	mm_transaction_start();
	read_settings(process);
	hold_or_let_go(process);
	reports = migration->first_report == 0 ||
			  now >= TimestampTzPlusMilliseconds(migration->last_report,
												 REPORT_MS);
	if (reports && mm_leader_has_caller(process))
		report(process, now);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

void
mm_watch_tell(JobProcess *process, const char *state)
{
	Migration *migration = process->state;

	if (migration != NULL && migration->spec->notify)
		Async_Notify(NOTIFY_CHANNEL,
					 psprintf(INT64_FORMAT " %s", process->job_id, state));
}
