/*
 * src/migrate/moment.c
 *		One moment of the source for all sessions of a job.
 *
 * The ladder, from the gentlest rung down:
 *	1. MariaDB: every session opens a consistent snapshot at nearly the same
 *	   time and reads the binlog position of its own; if all are equal, and
 *	   still are when they are asked one by one, all see the same data.  No
 *	   lock, no privilege; repeated until it succeeds.
 *	2. FLUSH TABLES WITH READ LOCK around the opening (RELOAD; moment_lock.c).
 *	3. LOCK TABLES ... READ around the opening (LOCK TABLES).
 *	4. One reader: a single session is one moment by itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/job_store.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/moment_internal.h"
#include "miscadmin.h"
#include "source/snapshot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define OPTIMISTIC_SECONDS 5

StaticAssertDecl(SNAPSHOT_TOKEN_SIZE <= JOB_TOKEN_SIZE,
				 "a snapshot's token must fit into a slot");

/* ---------------------------------------------------------------- a session */

static void
end_own(Migration *migration)
{
	if (migration->in_snapshot)
		mm_snapshot_end(migration->conn);
	migration->in_snapshot = false;
}

static void
finish_own(Migration *migration)
{
	mm_snapshot_finish_begin(migration->conn);
	migration->in_snapshot = true;
	migration->is_marked = false;
}

void
mm_moment_hold(Migration *migration)
{
	if (!migration->in_snapshot || migration->is_marked)
		return;
	mm_snapshot_mark(migration->conn);
	migration->is_marked = true;
}

void
mm_moment_let_go(Migration *migration)
{
	if (migration->in_snapshot && migration->is_marked &&
		mm_conn_is_usable(migration->conn))
		mm_snapshot_release(migration->conn);
}

/* Twice the same: nobody else's SHOW STATUS came in between. */
static void
read_steadily(WireConn *conn, char *token)
{
	char before[SNAPSHOT_TOKEN_SIZE];

	mm_snapshot_token(conn, token);
	do
	{
		CHECK_FOR_INTERRUPTS();
		strlcpy(before, token, sizeof(before));
		mm_snapshot_token(conn, token);
	} while (strcmp(before, token) != 0);
}

/*
 * mm_moment_round
 *		A worker's part of a round.
 */
bool
mm_moment_round(JobProcess *process, int command, char *token)
{
	Migration *migration = process->state;

	if (command >= ROUND_TOKEN_OF)
	{
		if (process->slot ==
				&process->shared->slots[command - ROUND_TOKEN_OF] &&
			migration->in_snapshot)
			read_steadily(migration->conn, token);
		return migration->in_snapshot;
	}
	end_own(migration);
	if (command != ROUND_END_SNAPSHOT)
	{
		mm_snapshot_send_begin(migration->conn);
		finish_own(migration);
	}
	if (command == ROUND_BEGIN_SNAPSHOT)
		mm_snapshot_token(migration->conn, token);
	return migration->in_snapshot;
}

/*
 * begin_own
 *		The leader's own part: send with the others, read the answer later.
 *		What else is asked under a lock is asked meanwhile.
 */
static void
begin_own(JobProcess *process, void *arg)
{
	Migration *migration = process->state;
	LockedMoment *locked = arg;

	mm_snapshot_send_begin(migration->conn);
	if (locked != NULL)
		mm_snapshot_position(locked->locker, &locked->position, &locked->gtid);
}

bool
mm_moment_open_all(JobProcess *process, int command, int timeout_ms,
				   LockedMoment *locked)
{
	Migration *migration = process->state;
	int answers;

	end_own(migration);
	answers = mm_leader_round(process, command, timeout_ms, begin_own,
							  locked);
	finish_own(migration);
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

/*
 * is_confirmed
 *		Each session's position once more, one after the other.
 *
 * MariaDB keeps what SHOW STATUS tells of a session's snapshot in variables of
 * the whole server while it answers: of two sessions that ask at the same time
 * one may be told the other's position (measured: 26 of 1,500 moments that
 * seemed to be one were not).  A snapshot keeps its position, so there is time
 * to ask again.
 */
static bool
is_confirmed(JobProcess *process, const char *position)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];

	read_steadily(migration->conn, token);
	if (strcmp(token, position) != 0)
		return false;
	for (int i = 0; i < process->shared->nslots; i++)
	{
		WorkerSlot *slot = &process->shared->slots[i];

		if (!mm_leader_slot_answered(process, i) || !slot->in_snapshot)
			continue;
		if (mm_leader_round(process, ROUND_TOKEN_OF + i, 0, NULL, NULL) < 0)
			return false;
		if (mm_leader_slot_answered(process, i) && slot->in_snapshot &&
			strcmp(slot->token, position) != 0)
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the books */

List *
mm_moment_tables(const Migration *migration)
{
	List *tables = NIL;
	ListCell *cell;

	if (migration->tables == NIL && migration->schema != NULL)
		return migration->schema->tables;
	foreach(cell, migration->tables)
		tables = lappend(tables, ((TableState *) lfirst(cell))->table);
	return tables;
}

static void
add_note(NoteList *notes, const char *table, const char *object,
		 const char *why)
{
	Note *note = mm_note_add(notes, NOTE_WARNING, table, object,
							 "rows are not of one moment");

	mm_note_explain(notes, note, why,
					"When nobody writes to the source, compare with validate().",
					NULL);
}

/* What keeps the rows from being of one moment, if anything does. */
static NoteList *
find_doubts(Migration *migration, const char *doubt)
{
	NoteList *notes = mm_note_list_create();
	ListCell *cell;

	if (doubt != NULL)
		add_note(notes, NULL, migration->spec->remote_schema, doubt);
	foreach(cell, mm_moment_tables(migration))
	{
		RemoteTable *table = lfirst(cell);

		if (!table->is_transactional)
			add_note(notes, table->local_name, table->local_name,
					 psprintf("Its engine, %s, takes no part in a snapshot.",
							  table->engine ? table->engine : "?"));
	}
	return notes;
}

void
mm_moment_accept(JobProcess *process, const char *method, const char *position,
				 const char *gtid, const char *doubt)
{
	Migration *migration = process->state;
	JobMoment moment = {method, position, gtid, migration->lock_ms};
	NoteList *doubts;

	if (position != NULL)
		migration->position = MemoryContextStrdup(process->context, position);
	mm_transaction_start();
	doubts = find_doubts(migration, doubt);
	moment.is_consistent = doubts->notes == NIL;
	mm_job_set_snapshot(process->job_id, &moment);
	mm_book_add_notes(process->job_id, GetUserId(), doubts);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* ---------------------------------------------------------------- without a lock */

static bool
take_optimistically(JobProcess *process, const char **reason)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  OPTIMISTIC_SECONDS *
														  1000);
	bool taken = false;

	if (mm_conn_server(migration->conn)->flavour != FLAVOUR_MARIADB ||
		!mm_snapshot_token_counts(migration->conn,
								  migration->spec->remote_schema, reason))
		return false;
	mm_leader_arm(process, true);
	do
	{
		CHECK_FOR_INTERRUPTS();
		taken = mm_moment_open_all(process, ROUND_BEGIN_SNAPSHOT, 0, NULL);
		mm_snapshot_token(migration->conn, token);
		taken = taken && token[0] != '\0' && all_equal(process, token) &&
				is_confirmed(process, token);
	} while (!taken && token[0] != '\0' && GetCurrentTimestamp() < give_up);
	mm_leader_arm(process, false);
	if (taken)
		mm_moment_accept(process, "binlog_snapshot", token,
						 mm_snapshot_gtid_of(migration->conn, token), NULL);
	else
		*reason = token[0] == '\0' ?
					  "The binary log is off, so no two sessions can tell that they see the same data." :
					  "Commits follow one another so fast that no two sessions saw the same data.";
	return taken;
}

/* ---------------------------------------------------------------- the last rungs */

/*
 * lower_bound
 *		Only GTIDs that MySQL 8 and later called executed before a snapshot are
 *		surely in it; its position may be ahead (measured: 10 of 8,681).
 */
static char *
lower_bound(const Migration *migration)
{
	const RemoteServerInfo *server = mm_conn_server(migration->conn);
	char *position;
	char *gtid;

	if (server->flavour != FLAVOUR_MYSQL || server->version < 80000)
		return NULL;
	mm_snapshot_position(migration->conn, &position, &gtid);
	return gtid;
}

/* A single session is one moment by itself. */
static void
take_alone(JobProcess *process, const char *reason)
{
	Migration *migration = process->state;
	char token[SNAPSHOT_TOKEN_SIZE];
	const char *position = NULL;
	char *gtid;

	(void) mm_leader_round(process, ROUND_END_SNAPSHOT, 0, NULL, NULL);
	end_own(migration);
	gtid = lower_bound(migration);
	mm_snapshot_send_begin(migration->conn);
	finish_own(migration);
	mm_snapshot_token(migration->conn, token);
	if (token[0] != '\0')
	{
		position = token;
		gtid = mm_snapshot_gtid_of(migration->conn, token);
	}
	mm_moment_accept(process, "single_session", position, gtid, NULL);
	if (migration->nworkers > 0)
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
	char *gtid = lower_bound(migration);

	if (!mm_moment_open_all(process, ROUND_BEGIN_LOCKED, 0, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("a worker did not open its snapshot in time"),
				 errhint("Try again, or with fewer workers.")));
	mm_moment_accept(process, "none", NULL, gtid,
					 migration->nworkers == 0 ? NULL :
												"The option \"snapshot\" is \"none\": each reader has a moment of its own.");
}

/*
 * mm_moment_needs_lock
 *		Will several readers surely need a lock for it?
 */
bool
mm_moment_needs_lock(const Migration *migration)
{
	SnapshotMode mode = migration->spec->snapshot;

	return mode == SNAPSHOT_LOCK ||
		   (mode == SNAPSHOT_AUTO &&
			mm_conn_server(migration->conn)->flavour != FLAVOUR_MARIADB);
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

	migration->lock_ms = -1;
	if (mode == SNAPSHOT_NONE)
	{
		take_separately(process);
		return;
	}
	if (migration->nworkers > 0)
	{
		if (mode != SNAPSHOT_LOCK && take_optimistically(process, &reason))
			return;
		if (mode != SNAPSHOT_NO_LOCK && mm_moment_take_under_lock(process, &reason))
			return;
	}
	take_alone(process, reason);
}
