/*
 * src/source/snapshot.h
 *		The SQL of one moment: transactions that read the same snapshot, the
 *		locks that help where the server has no other means, and its position.
 *
 * Who opens how many sessions, and in which process, migrate/moment.c decides.
 */
#ifndef MM_SOURCE_SNAPSHOT_H
#define MM_SOURCE_SNAPSHOT_H

#include "wire/connection.h"

#define SNAPSHOT_TOKEN_SIZE 256

/* Once per session, before the first snapshot. */
extern void mm_snapshot_prepare(WireConn *conn);

/* Open the snapshot: send at the last moment, then wait for the answer. */
extern void mm_snapshot_send_begin(WireConn *conn);
extern void mm_snapshot_finish_begin(WireConn *conn);
extern void mm_snapshot_end(WireConn *conn);

/*
 * MariaDB: "file:position" that belongs to this session's own snapshot, ""
 * when the binary log is off.  Two sessions with the same text see the same
 * data (measured, SERVERS: 0 of 2,814 accepted attempts differed).
 */
extern void mm_snapshot_token(WireConn *conn, char *token);

/*
 * Do equal tokens really mean equal data on this server?  *reason: why not.
 * A replica without log_slave_updates, for one, changes its data and not its
 * binary log.
 */
extern bool mm_snapshot_token_counts(WireConn *conn, const char *schema,
									 const char **reason);

/*
 * Locks that keep every writer still for the moment.  The writers stand from
 * the time the lock is asked for, and it is granted only when running
 * statements have ended.  So a lock that does not come within a tenth of a
 * second is given up (LOCK_BUSY), with the help of `killer`, a second
 * connection (NULL: only after a second).  *reason: why not.
 */
typedef enum LockOutcome
{
	LOCK_TAKEN,
	LOCK_REFUSED, /* no privilege */
	LOCK_BUSY
} LockOutcome;

/* Of a session that will hold a lock; should we vanish, it ends soon. */
extern void mm_snapshot_prepare_lock(WireConn *conn);

/* FLUSH TABLES WITH READ LOCK. */
extern LockOutcome mm_snapshot_lock_all(WireConn *conn, WireConn *killer,
										const char **reason);

/* LOCK TABLES on a list "`a`.`b` READ, ...". */
extern LockOutcome mm_snapshot_lock_tables(WireConn *conn, WireConn *killer,
										   const char *tables,
										   const char **reason);
extern void mm_snapshot_unlock(WireConn *conn);

/*
 * Let go of the tables that were read, so that an ALTER TABLE at the source
 * does not wait (and everything else behind it) for the end of the snapshot,
 * which goes on.
 */
extern void mm_snapshot_mark(WireConn *conn);
extern void mm_snapshot_release(WireConn *conn);

/*
 * The server's current position ("file:position") and GTID set; NULL where
 * the binary log is off or may not be asked.
 */
extern void mm_snapshot_position(WireConn *conn, char **position, char **gtid);

/* GTID of a MariaDB position, or NULL. */
extern char *mm_snapshot_gtid_of(WireConn *conn, const char *position);

#endif /* MM_SOURCE_SNAPSHOT_H */
