/*
 * src/migrate/moment.c
 *		One moment of the source for all sessions of a job.
 *
 * The ladder, from the gentlest rung down:
 *	1. MariaDB: every session opens a consistent snapshot at nearly the same
 *	   time and reads the binlog position of its own; if all are equal, all see
 *	   the same data.  No lock, no privilege; repeated until it succeeds.
 *	2. FLUSH TABLES WITH READ LOCK around the opening (RELOAD).
 *	3. LOCK TABLES ... READ around the opening (LOCK TABLES).
 *	4. One reader: a single session is one moment by itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/ident.h"
#include "job/leader.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "source/snapshot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define OPTIMISTIC_SECONDS 5

StaticAssertDecl(SNAPSHOT_TOKEN_SIZE <= JOB_TOKEN_SIZE,
				 "a snapshot's token must fit into a slot");

/* ---------------------------------------------------------------- a session */

/*
 * mm_moment_round
 *		A worker's part of a round.
 */
bool
mm_moment_round(JobProcess *process, int command, char *token)
{
	Migration *migration = process->state;

	if (migration->in_snapshot)
		mm_snapshot_end(migration->conn);
	migration->in_snapshot = false;
	if (command == ROUND_BEGIN_SNAPSHOT)
	{
		mm_snapshot_send_begin(migration->conn);
		mm_snapshot_finish_begin(migration->conn);
		mm_snapshot_token(migration->conn, token);
		migration->in_snapshot = true;
	}
	return migration->in_snapshot;
}

/* The leader's own part: send with the others, read the answer later. */
static void
begin_own(JobProcess *process, void *arg)
{
	Migration *migration = process->state;

	mm_snapshot_send_begin(migration->conn);
}

static void
end_own(Migration *migration)
{
	if (migration->in_snapshot)
		mm_snapshot_end(migration->conn);
	migration->in_snapshot = false;
}

/* All open theirs; false when a worker did not answer in time. */
static bool
open_all(JobProcess *process, char *own_token)
{
	Migration *migration = process->state;
	int answers;

	end_own(migration);
	answers = mm_leader_round(process, ROUND_BEGIN_SNAPSHOT, begin_own, NULL);
	mm_snapshot_finish_begin(migration->conn);
	migration->in_snapshot = true;
	mm_snapshot_token(migration->conn, own_token);
	return answers >= 0;
}

static bool
all_equal(JobProcess *process, const char *own_token)
{
	for (int i = 0; i < process->shared->nslots; i++)
	{
		if (mm_leader_slot_answered(process, i) &&
			strcmp(process->shared->slots[i].token, own_token) != 0)
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the rungs */

static void
record(JobProcess *process, const char *method, const char *position,
	   const char *gtid, bool consistent)
{
	Migration *migration = process->state;

	if (position != NULL)
		migration->position = MemoryContextStrdup(process->context, position);
	StartTransactionCommand();
	mm_job_set_snapshot(process->job_id, method, position, gtid, consistent);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static bool
take_optimistically(JobProcess *process)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  OPTIMISTIC_SECONDS *
														  1000);
	bool taken = false;

	if (mm_conn_server(migration->conn)->flavour != FLAVOUR_MARIADB)
		return false;
	mm_leader_arm(process, true);
	do
	{
		CHECK_FOR_INTERRUPTS();
		taken = open_all(process, token) && token[0] != '\0' &&
				all_equal(process, token);
	} while (!taken && token[0] != '\0' && GetCurrentTimestamp() < give_up);
	mm_leader_arm(process, false);
	if (taken)
		record(process, "binlog_snapshot", token,
			   mm_snapshot_gtid_of(migration->conn, token), true);
	return taken;
}

/* "`shop`.`orders` READ, ..." */
static char *
lock_list(const RemoteSchema *schema)
{
	StringInfoData list;
	ListCell *cell;

	initStringInfo(&list);
	foreach(cell, schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		appendStringInfo(&list, "%s%s.%s READ", list.len > 0 ? ", " : "",
						 mm_quote_remote_ident(table->schema),
						 mm_quote_remote_ident(table->name));
	}
	return list.data;
}

static bool
take_under_lock(JobProcess *process, const char **reason)
{
	Migration *migration = process->state;
	MemoryContext context = AllocSetContextCreate(process->context,
												  "lock connection",
												  ALLOCSET_SMALL_SIZES);
	WireConn *locker = mm_conn_open(migration->info, context);
	const char *method = "flush_tables_with_read_lock";
	char token[SNAPSHOT_TOKEN_SIZE];
	char *position = NULL;
	char *gtid = NULL;
	bool taken;

	taken = mm_snapshot_lock_all(locker, reason);
	if (!taken)
	{
		method = "lock_tables";
		taken = mm_snapshot_lock_tables(locker, lock_list(migration->schema),
										reason);
	}
	if (taken)
	{
		mm_leader_arm(process, true);
		taken = open_all(process, token);
		mm_snapshot_position(locker, &position, &gtid);
		mm_snapshot_unlock(locker);
		mm_leader_arm(process, false);
		if (!taken)
			*reason = "a worker did not answer in time";
	}
	mm_conn_close(locker);
	MemoryContextDelete(context);
	if (taken)
		record(process, method, position, gtid, true);
	return taken;
}

/* Without any help from the server only a single session is one moment. */
static void
take_alone(JobProcess *process, const char *reason)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];
	char *position;
	char *gtid;

	(void) mm_leader_round(process, ROUND_END_SNAPSHOT, NULL, NULL);
	end_own(migration);
	/* Before the snapshot: a lower bound, never ahead of it. */
	mm_snapshot_position(migration->conn, &position, &gtid);
	mm_snapshot_send_begin(migration->conn);
	mm_snapshot_finish_begin(migration->conn);
	mm_snapshot_token(migration->conn, token);
	migration->in_snapshot = true;
	record(process, "single_session", token[0] != '\0' ? token : position,
		   gtid, true);
	mm_leader_notice(process, WARNING,
					 "only one session reads the source, since several could not be opened at one moment",
					 reason,
					 "Grant RELOAD or LOCK TABLES to the MySQL account, or set the option \"snapshot\" to \"none\" if the source is not written to.");
}

/* The user says that nobody writes: every session has its own moment. */
static void
take_separately(JobProcess *process)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];
	char *position;
	char *gtid;

	mm_snapshot_position(migration->conn, &position, &gtid);
	if (!open_all(process, token))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("a worker did not open its snapshot in time"),
				 errhint("Try again, or with fewer workers.")));
	record(process, "none", position, gtid, false);
}

/*
 * mm_moment_take
 *		All live workers, and the leader's spare session, in one snapshot.
 */
void
mm_moment_take(JobProcess *process)
{
	Migration *migration = process->state;
	SnapshotMode mode = migration->spec->snapshot;
	const char *reason = "The server has no means for it, and a lock was not wanted.";

	if (mode == SNAPSHOT_NONE)
		take_separately(process);
	else if (mode != SNAPSHOT_LOCK && take_optimistically(process))
		return;
	else if (mode != SNAPSHOT_NO_LOCK && take_under_lock(process, &reason))
		return;
	else
		take_alone(process, reason);
}
