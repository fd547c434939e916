/*
 * src/migrate/moment_lock.c
 *		One moment of the source by a lock around the opening of the sessions.
 *
 * Locks are held for about a millisecond.  One that is not granted at once
 * holds up all writers while it waits (behind a long SELECT, for one): it is
 * given up after a tenth of a second and tried again later, a few times.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/wait_event.h"
#include "migrate/moment_internal.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "source/snapshot.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* How long the workers may take while a lock is held. */
#define LOCKED_ROUND_MS 500

/* Between two attempts to get a lock. */
static const int lock_pauses_ms[] = {200, 500, 1000, 2000};

typedef enum LockKind
{
	LOCK_SERVER,
	LOCK_TABLES,
	LOCK_KINDS
} LockKind;

static const char *const lock_methods[] = {
	[LOCK_SERVER] = "flush_tables_with_read_lock",
	[LOCK_TABLES] = "lock_tables",
};

/*
 * lock_list
 *		"`shop`.`orders` READ, ..."; NULL when the tables that are read are not
 *		known.
 */
static char *
lock_list(const Migration *migration)
{
	StringInfoData list;
	ListCell *cell;

	initStringInfo(&list);
	foreach(cell, mm_moment_tables(migration))
	{
		RemoteTable *table = lfirst(cell);

		if (table->query != NULL)
			return NULL;
		appendStringInfo(&list, "%s%s.%s READ", list.len > 0 ? ", " : "",
						 mm_quote_remote_ident(table->schema),
						 mm_quote_remote_ident(table->name));
	}
	return list.len > 0 ? list.data : NULL;
}

/*
 * open_locker
 *		A connection for the lock; NULL when there is none to be had.
 */
static WireConn *
open_locker(Migration *migration, MemoryContext context, const char **reason)
{
	MemoryContext caller = CurrentMemoryContext;
	WireConn *volatile conn = NULL;

	PG_TRY();
	{
		conn = mm_conn_open(migration->info, context);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode !=
			ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION)
			PG_RE_THROW();
		FlushErrorState();
		*reason = error->detail ? error->detail : error->message;
	}
	PG_END_TRY();
	return conn;
}

static LockOutcome
lock_with(Migration *migration, WireConn *locker, LockKind kind,
		  const char **reason)
{
	char *list;

	if (kind == LOCK_SERVER)
		return mm_snapshot_lock_all(locker, migration->conn, reason);
	list = lock_list(migration);
	if (list == NULL)
		return LOCK_REFUSED;
	return mm_snapshot_lock_tables(locker, migration->conn, list, reason);
}

/*
 * note_lock_time
 *		A lock that is not granted yet holds up writers, too: the longest try
 *		is what one of them may have stood.
 */
static void
note_lock_time(Migration *migration, instr_time began)
{
	instr_time took;

	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, began);
	migration->lock_ms = Max(migration->lock_ms,
							 INSTR_TIME_GET_MILLISEC(took));
}

/*
 * take_with
 *		Lock, open, unlock.
 *
 * The workers sleep until they are called: on a busy machine, those that had
 * waited without sleeping would be the last to run again (measured: with them
 * writers stood about twice as long).
 */
static LockOutcome
take_with(JobProcess *process, WireConn *locker, LockKind kind,
		  const char **reason)
{
	LockOutcome outcome;
	LockedMoment locked = {locker, NULL, NULL};
	instr_time began;
	bool opened;

	mm_snapshot_prepare_lock(locker);
	INSTR_TIME_SET_CURRENT(began);
	outcome = lock_with(process->state, locker, kind, reason);
	if (outcome == LOCK_TAKEN)
	{
		opened = mm_moment_open_all(process, ROUND_BEGIN_LOCKED, LOCKED_ROUND_MS,
									&locked);
		mm_snapshot_unlock(locker);
		if (!opened)
		{
			outcome = LOCK_BUSY;
			*reason = "A worker did not open its snapshot in time.";
		}
	}
	if (outcome != LOCK_REFUSED)
		note_lock_time(process->state, began);
	if (outcome == LOCK_TAKEN)
		mm_moment_accept(process, lock_methods[kind], locked.position,
						 locked.gtid, NULL);
	return outcome;
}

static LockOutcome
try_lock(JobProcess *process, LockKind kind, const char **reason)
{
	MemoryContext context = AllocSetContextCreate(process->context,
												  "lock connection",
												  ALLOCSET_SMALL_SIZES);
	LockOutcome outcome = LOCK_REFUSED;

	/* Whatever happens, the lock goes with the connection. */
	PG_TRY();
	{
		WireConn *locker = open_locker(process->state, context, reason);

		if (locker != NULL)
			outcome = take_with(process, locker, kind, reason);
	}
	PG_FINALLY();
	{
		MemoryContextDelete(context);
	}
	PG_END_TRY();
	return outcome;
}

static void
pause_for(int milliseconds)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												  milliseconds);
	long left;

	while ((left = (end - GetCurrentTimestamp()) / 1000) > 0)
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left, mm_wait_event(WAIT_FOR_LOCK_PAUSE));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/* The leader, the workers and the lock's connection: may there be so many? */
static bool
may_connect_once_more(const Migration *migration)
{
	int limit = migration->spec->max_source_connections;

	return limit == 0 || migration->nworkers + 2 <= limit;
}

bool
mm_moment_take_under_lock(JobProcess *process, const char **reason)
{
	if (!may_connect_once_more(process->state))
	{
		*reason = "A lock needs a connection more than the option \"max_source_connections\" allows.";
		return false;
	}
	for (LockKind kind = 0; kind < LOCK_KINDS; kind++)
	{
		LockOutcome outcome = try_lock(process, kind, reason);

		for (int i = 0; outcome == LOCK_BUSY && i < lengthof(lock_pauses_ms); i++)
		{
			pause_for(lock_pauses_ms[i]);
			outcome = try_lock(process, kind, reason);
		}
		if (outcome == LOCK_TAKEN)
			return true;
	}
	return false;
}
