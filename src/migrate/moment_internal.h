/*
 * src/migrate/moment_internal.h
 *		What the rungs of the ladder to one moment share.
 *
 *	moment.c		the ladder; sessions that compare their positions; the
 *					single session
 *	moment_lock.c	a lock around the opening
 */
#ifndef MM_MIGRATE_MOMENT_INTERNAL_H
#define MM_MIGRATE_MOMENT_INTERNAL_H

#include "migrate/migration.h"

/* What the session that holds the lock says of the moment. */
typedef struct LockedMoment
{
	WireConn *locker;
	char *position;
	char *gtid;
} LockedMoment;

/*
 * All open theirs, by a command of the rounds; false when a worker did not
 * answer in time.  `locked` (NULL: no lock) is asked meanwhile.
 */
extern bool mm_moment_open_all(JobProcess *process, int command,
							   int timeout_ms, LockedMoment *locked);

/* This is the job's moment.  `doubt`: why it is not really one, or NULL. */
extern void mm_moment_accept(JobProcess *process, const char *method,
							 const char *position, const char *gtid,
							 const char *doubt);

/* The tables of the job: planned ones, or those of an earlier run. */
extern List *mm_moment_tables(const Migration *migration);

/* Rungs 2 and 3: false with *reason, when no lock is to be had. */
extern bool mm_moment_take_under_lock(JobProcess *process,
									  const char **reason);

#endif /* MM_MIGRATE_MOMENT_INTERNAL_H */
