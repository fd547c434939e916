/*
 * src/migrate/sync.c
 *		The job "migrate_missing".
 *
 * It goes in phases, each of which is over before the next begins:
 *
 *	walk	tables are compared in parts, as validate does, and rows are
 *			inserted and updated; tables that others refer to come first, so
 *			that a row finds the row that it refers to
 *	mend	rows that were put off, because another row stood in their way
 *	delete	rows that MySQL does not have any more, in the opposite order
 *	mend	what only those stood in the way of
 *
 * Nothing is locked in MySQL.  Here a lock that nobody else takes keeps a
 * second run away from the same table: the leader holds it, so that it goes
 * with the leader.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/drift.h"
#include "migrate/identity.h"
#include "migrate/sync_internal.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Sets our locks apart from those of pg_advisory_lock, which uses 1 and 2. */
#define LOCK_FIELD4 3
#define LOCK_KEY	0x6d6d5359

typedef enum SyncPhase
{
	PHASE_IS_WALK,
	PHASE_IS_MEND,
	PHASE_IS_DELETE,
	PHASE_IS_MEND_AGAIN,
	PHASE_IS_OVER
} SyncPhase;

/* Rows may wait for rows of another table that wait themselves. */
#define MEND_ROUNDS 3

/* Rows of a circle let go of each other, then they go. */
#define DELETE_ROUNDS 2

typedef struct Sync
{
	Walk walk; /* all tables */
	SyncPhase phase;
	int last_rank;
	int rank;	 /* in turn: of the walk, or of the deletes */
	Walk *turn;	 /* the tables of that rank */
	int round;	 /* of mending */
	int deletes; /* rounds of deleting */
	int stage;	 /* of the tasks in turn */
	int whole;	 /* is open as long as there is more to come */
	bool is_over;
} Sync;

static Sync *
sync_of(JobProcess *process)
{
	return (Sync *) ((Migration *) process->state)->walk;
}

/* ---------------------------------------------------------------- who may */

static void
refuse(const TableMap *map, const char *privilege)
{
	char *name = mm_quote_local_name(map->local_schema, map->local_table);

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for table \"%s.%s\"", map->local_schema,
					map->local_table),
			 errdetail("The privilege %s is needed.", privilege),
			 errhint("GRANT %s ON %s TO %s;", privilege, name,
					 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

static void
check_privileges(const TableMap *map, SyncMode mode)
{
	static const struct
	{
		AclMode privilege;
		const char *name;
	} needed[] = {
		{ACL_SELECT, "SELECT"},
		{ACL_INSERT, "INSERT"},
		{ACL_UPDATE, "UPDATE"},
		{ACL_DELETE, "DELETE"},
	};
	int number = mode == SYNC_MIRROR ? 4 : mode == SYNC_MISSING || mode == SYNC_NEW ? 2 :
																					  3;

	for (int i = 0; i < number; i++)
	{
		if (pg_class_aclcheck(map->relation, GetUserId(),
							  needed[i].privilege) != ACLCHECK_OK)
			refuse(map, needed[i].name);
	}
}

/* False: another run is at this table. */
static bool
lock_table(const TableMap *map)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_KEY, map->relation,
						 LOCK_FIELD4);
	return LockAcquire(&tag, ExclusiveLock, true, true) !=
		   LOCKACQUIRE_NOT_AVAIL;
}

/* ---------------------------------------------------------------- the order */

static Walk *
tables_of_rank(const Sync *sync, int rank)
{
	Walk *turn = palloc0(sizeof(Walk));
	ListCell *cell;

	turn->task_kind = SYNC_TASK;
	foreach(cell, sync->walk.tables)
	{
		WalkTable *table = lfirst(cell);

		if (table->rank == rank)
			turn->tables = lappend(turn->tables, table);
	}
	return turn;
}

/* ---------------------------------------------------------------- the plan */

static void
insert_job(JobProcess *process)
{
	const JobSpec *spec = ((Migration *) process->state)->spec;

	mm_walk_insert_job(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	/* A switch that ended meanwhile has seen the job, or is seen here. */
	mm_identity_refuse_switched(spec->server, spec->force);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
add_table(JobProcess *process, Sync *sync, TableMap *map)
{
	WalkTable *table;
	SyncMode mode;

	if (!lock_table(map))
	{
		mm_leader_notice(process, NOTICE,
						 psprintf("another run of migrate_missing is at table \"%s.%s\"",
								  map->local_schema, map->local_table),
						 "It is left to that run.", NULL);
		return;
	}
	table = mm_walk_add_table(process, &sync->walk, map);
	mode = mm_sync_set_start(process, table, &table->note);
	table->mode = mm_sync_mode_name(mode);
	check_privileges(map, mode);
}

static void
tell_absent(JobProcess *process)
{
	ListCell *cell;

	foreach(cell, mm_drift_absent(process))
	{
		const AbsentTable *table = lfirst(cell);

		mm_leader_notice(process, NOTICE, table->reason, NULL,
						 psprintf("%s;", table->next_step));
	}
}

void
mm_sync_plan(JobProcess *process)
{
	Migration *migration = process->state;
	Sync *sync;
	List *maps;
	ListCell *cell;
	uint64 rows;

	if (migration->spec->resumed_job != 0)
		mm_walk_restart_job(process);
	mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	mm_identity_refuse_switched(migration->spec->server,
								migration->spec->force);
	maps = mm_walk_find_tables(migration->spec);
	mm_identity_check_tables(migration->conn, maps);
	sync = palloc0(sizeof(Sync));
	sync->walk.task_kind = SYNC_TASK;
	migration->walk = &sync->walk;
	foreach(cell, maps)
		add_table(process, sync, lfirst(cell));
	sync->last_rank = mm_sync_rank_tables(&sync->walk);
	rows = mm_walk_estimate(process, &sync->walk);
	mm_drift_find(process, &sync->walk);
	tell_absent(process);
	sync->stage = mm_leader_add_stage(process); /* of no task yet */
	sync->whole = mm_leader_add_stage(process);
	mm_leader_hold_stage(process, sync->whole);
	sync->stage = mm_leader_add_stage(process); /* nothing is in it */
	sync->turn = tables_of_rank(sync, 0);
	insert_job(process);
	mm_walk_start_workers(process, rows);
}

/* ---------------------------------------------------------------- the phases */

static bool
turn_is_over(JobProcess *process, const Sync *sync)
{
	ListCell *cell;

	if (sync->phase != PHASE_IS_WALK)
		return mm_leader_stage_finished(process, sync->stage);
	foreach(cell, sync->turn->tables)
	{
		if (!mm_leader_stage_finished(process,
									  ((WalkTable *) lfirst(cell))->stage))
			return false;
	}
	return true;
}

static bool
has_put_off(JobProcess *process, const WalkTable *table, const char *action)
{
	bool any;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id),
						  psprintf(INT64_FORMAT, table->map->id), action};

	any = mm_store_execute_alone("SELECT 1 FROM mysql_migrate.put_off"
								 " WHERE job = $1::bigint"
								 "   AND table_map = $2::bigint"
								 "   AND (action = $3 OR action = 'complete'"
								 "        AND $3 = 'mend')"
								 " LIMIT 1",
								 lengthof(args), args) > 0;
	return any;
}

/* A task for each table with rows put off; false: there is none. */
static bool
add_tasks(JobProcess *process, Sync *sync, List *tables, const char *kind,
		  const char *action)
{
	ListCell *cell;
	bool any = false;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	sync->stage = mm_leader_add_stage(process);
	foreach(cell, tables)
	{
		const WalkTable *table = lfirst(cell);
		Task task;

		if (!has_put_off(process, table, action))
			continue;
		memset(&task, 0, sizeof(task));
		task.kind = kind;
		task.subject = table->map->id;
		task.object = table->map->local_table;
		task.statement = table->mode;
		task.listing = table->in_circle ? IN_CIRCLE : NULL;
		task.is_null_chunk = sync->phase == PHASE_IS_MEND_AGAIN;
		task.stage = sync->stage;
		mm_leader_add_task(process, &task);
		any = true;
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	return any;
}

/* The next turn; true if it has anything to do. */
static bool
next_turn(JobProcess *process, Sync *sync)
{
	switch (sync->phase)
	{
		case PHASE_IS_WALK:
			if (sync->rank < sync->last_rank)
			{
				sync->turn = tables_of_rank(sync, ++sync->rank);
				return sync->turn->tables != NIL;
			}
			sync->phase = PHASE_IS_MEND;
			return false;
		case PHASE_IS_MEND:
			if (sync->round++ < MEND_ROUNDS)
				return add_tasks(process, sync, sync->walk.tables, MEND_TASK,
								 PUT_OFF_MEND);
			sync->phase = PHASE_IS_DELETE;
			sync->rank = sync->last_rank + 1;
			return false;
		case PHASE_IS_DELETE:
			if (sync->rank-- > 0)
				return add_tasks(process, sync,
								 tables_of_rank(sync, sync->rank)->tables,
								 DELETE_TASK, PUT_OFF_DELETE);
			if (++sync->deletes < DELETE_ROUNDS)
			{
				sync->rank = sync->last_rank + 1;
				return false;
			}
			/* What is gone now stood in the way of some. */
			sync->phase = PHASE_IS_MEND_AGAIN;
			return add_tasks(process, sync, sync->walk.tables, MEND_TASK,
							 PUT_OFF_MEND);
		case PHASE_IS_MEND_AGAIN:
			sync->phase = PHASE_IS_OVER;
			return false;
		case PHASE_IS_OVER:
			break;
	}
	return false;
}

bool
mm_sync_more(JobProcess *process)
{
	Sync *sync = sync_of(process);

	while (sync->phase != PHASE_IS_OVER)
	{
		if (sync->phase == PHASE_IS_WALK && mm_walk_more(process, sync->turn))
			return true;
		if (!turn_is_over(process, sync))
			return false;
		if (next_turn(process, sync) && sync->phase != PHASE_IS_WALK)
			return true;
	}
	if (!sync->is_over)
		mm_leader_release_stage(process, sync->whole);
	sync->is_over = true;
	return false;
}

/* ---------------------------------------------------------------- the end */

static const char result_query[] =
	"WITH part AS ("
	"  SELECT t.*, coalesce(t.remark, '{}')::json AS r FROM mysql_migrate.task AS t"
	"   WHERE t.job = $1::bigint AND t.subject = $2::bigint"
	"), whole AS ("
	"  SELECT coalesce(sum(rows_read) FILTER (WHERE kind = 'sync'), 0)::bigint AS scanned,"
	"         coalesce(sum((r->>'inserted')::bigint), 0)::bigint AS inserted,"
	"         coalesce(sum((r->>'updated')::bigint), 0)::bigint AS updated,"
	"         coalesce(sum((r->>'deleted')::bigint), 0)::bigint AS deleted,"
	"         coalesce(sum((r->>'rejected')::bigint), 0)::bigint AS rejected,"
	"         coalesce(sum((r->>'changed')::bigint), 0) AS changed,"
	"         coalesce(sum((r->>'extra')::bigint), 0) AS extra,"
	"         coalesce(sum((r->>'unequal')::bigint), 0) AS unequal,"
	"         max(r->>'uncompared') AS uncompared,"
	"         round(coalesce(extract(epoch FROM max(finished) - min(started)), 0)::numeric, 3) AS seconds,"
	"         coalesce(bool_or(state <> 'done'), false) AS failed,"
	"         min(error_sqlstate) AS sqlstate,"
	"         (array_agg(error_message ORDER BY id) FILTER (WHERE state = 'failed'))[1] AS message,"
	"         (array_agg(error_detail ORDER BY id) FILTER (WHERE state = 'failed'))[1] AS detail,"
	"         (array_agg(error_hint ORDER BY id) FILTER (WHERE state = 'failed'))[1] AS hint"
	"    FROM part"
	"), off AS ("
	"  SELECT count(*) AS number, min(reason) AS reason FROM mysql_migrate.put_off"
	"   WHERE job = $1::bigint AND table_map = $2::bigint"
	")"
	"SELECT m.local_table, w.scanned, w.inserted, w.updated, w.deleted, w.rejected, w.seconds,"
	"       CASE WHEN w.failed THEN 'failed'"
	"            WHEN w.rejected > 0 THEN 'incomplete'"
	"            WHEN w.changed + w.extra + w.unequal + off.number > 0 THEN 'differs'"
	"            WHEN $3 IN ('new', 'watermark') THEN 'ok' ELSE 'equal' END,"
	"       CASE WHEN w.failed THEN concat_ws(' ', w.message || '.', w.detail, w.hint)"
	"            WHEN w.rejected > 0"
	"            THEN format('SELECT * FROM mysql_migrate.reject WHERE job = %s AND table_map = %s', $1, $2)"
	"            WHEN off.number > 0"
	"            THEN format('%s could not be written: %s', CASE off.number WHEN 1 THEN '1 row' ELSE off.number || ' rows' END, coalesce(off.reason, 'see validate'))"
	"            WHEN w.unequal > 0 AND w.changed + w.extra = 0"
	"            THEN format('SELECT * FROM validate(%L, %L)', m.server, m.local_table)"
	"            WHEN w.changed + w.extra + w.unequal > 0"
	"            THEN format('SELECT * FROM migrate_missing(%L, %L, mode => %L)', m.server, m.local_table,"
	"                        CASE WHEN w.extra = 0 THEN 'changed' ELSE 'mirror' END)"
	"            WHEN $4 IS NOT NULL THEN $4"
	"            WHEN w.uncompared IS NOT NULL THEN 'not compared: ' || w.uncompared END,"
	"       w.sqlstate, w.message, w.detail, w.hint"
	"  FROM whole AS w, off, mysql_migrate.table_map AS m WHERE m.id = $2::bigint";

#define RESULT_COLUMNS 9
#define RESULT_STATUS  7
#define RESULT_NEXT	   8
#define RESULT_ERROR   9 /* SQLSTATE, message, detail, hint */
#define RESULT_ALL	   13

typedef struct SyncTotals
{
	int tables;
	int failed;
	int incomplete;
	int different;
	const char *first_failure; /* table and reason */
	const char *error[4];	   /* SQLSTATE, message, detail, hint of it */
} SyncTotals;

static void
send_table(JobProcess *process, const WalkTable *table, SyncTotals *totals)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id),
						  psprintf(INT64_FORMAT, table->map->id), table->mode,
						  table->note};
	const char *values[RESULT_ALL];
	const char *status;

	mm_store_enter(&scope);
	(void) mm_store_execute(result_query, lengthof(args), args);
	for (int c = 0; c < RESULT_ALL; c++)
	{
		char *value = mm_store_value(0, c + 1);

		values[c] = value ? MemoryContextStrdup(process->context, value) : NULL;
	}
	mm_store_leave(&scope);
	if (table->drift != NULL && strcmp(values[RESULT_STATUS], "equal") == 0)
		values[RESULT_STATUS] = "differs";
	if (table->drift != NULL)
		values[RESULT_NEXT] =
			values[RESULT_NEXT] == NULL ?
				table->drift :
				psprintf("%s -- %s", values[RESULT_NEXT], table->drift);
	mm_leader_row(process, RESULT_COLUMNS, values);
	status = values[RESULT_STATUS];
	totals->tables++;
	if (strcmp(status, "failed") == 0 && totals->failed++ == 0)
	{
		totals->first_failure = psprintf("%s: %s", values[0],
										 values[RESULT_NEXT] ? values[RESULT_NEXT] : "");
		memcpy(totals->error, values + RESULT_ERROR, sizeof(totals->error));
	}
	totals->incomplete += strcmp(status, "incomplete") == 0;
	totals->different += strcmp(status, "differs") == 0;
	if (strcmp(status, "failed") != 0)
		mm_sync_save_position(table);
}

static void
forget_put_off(JobProcess *process)
{
	const char *args[] = {psprintf(INT64_FORMAT, process->job_id)};

	mm_store_execute_alone("DELETE FROM mysql_migrate.put_off"
						   " WHERE job = $1::bigint",
						   lengthof(args), args);
}

/* Of the table that failed; the caller sees no rows that tell of the others. */
static char *
one_detail(const SyncTotals *totals)
{
	const char *detail = totals->error[2];

	if (totals->tables == 1)
		return (char *) detail;
	return psprintf(mm_plural(totals->tables - 1, "%s%sThe other %d table is done.",
							  "%s%sThe other %d tables are done."),
					detail ? detail : "",
					detail ? " " : "", totals->tables - 1);
}

static ErrorData *
failure(JobProcess *process, const SyncTotals *totals)
{
	ErrorData *error = MemoryContextAllocZero(process->context,
											  sizeof(ErrorData));
	const char *state = totals->error[0];

	error->elevel = ERROR;
	error->sqlerrcode = state != NULL && strlen(state) == 5 ?
							MAKE_SQLSTATE(state[0], state[1], state[2],
										  state[3], state[4]) :
							ERRCODE_FDW_ERROR;
	if (totals->failed == 1 && totals->error[1] != NULL)
	{
		/* One error is told as what it is. */
		error->message = (char *) totals->error[1];
		error->detail = one_detail(totals);
		error->hint = totals->error[3] ? (char *) totals->error[3] :
										 psprintf("SELECT * FROM mysql_migrate.task WHERE job = " INT64_FORMAT " AND state = 'failed';",
												  process->job_id);
		return error;
	}
	error->message = psprintf("%d of %d tables could not be brought up to date",
							  totals->failed, totals->tables);
	error->detail = (char *) totals->first_failure;
	error->hint = psprintf("The other tables are done. SELECT object, error_message, error_detail FROM mysql_migrate.task WHERE job = " INT64_FORMAT " AND state = 'failed';",
						   process->job_id);
	return error;
}

const char *
mm_sync_finish(JobProcess *process, ErrorData **error)
{
	Sync *sync = sync_of(process);
	SyncTotals totals;
	ListCell *cell;

	memset(&totals, 0, sizeof(totals));
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	foreach(cell, sync->walk.tables)
		send_table(process, lfirst(cell), &totals);
	forget_put_off(process);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	if (totals.failed > 0)
	{
		*error = failure(process, &totals);
		return "failed";
	}
	if (totals.incomplete > 0)
		mm_leader_notice(process, WARNING,
						 psprintf(mm_plural(totals.incomplete, "rows of %d table were rejected",
											"rows of %d tables were rejected"),
								  totals.incomplete),
						 NULL,
						 psprintf("SELECT * FROM mysql_migrate.reject WHERE job = " INT64_FORMAT ";",
								  process->job_id));
	return totals.incomplete > 0 ? "incomplete" :
		   totals.different > 0	 ? "warning" :
								   "ok";
}
