/*
 * src/migrate/watch.h
 *		What the leader looks after while the tasks run: settings that change,
 *		whoever has to keep up with the job, and its reports.
 */
#ifndef MM_MIGRATE_WATCH_H
#define MM_MIGRATE_WATCH_H

#include "migrate/migration.h"

/* Called often; does something once a second at most. */
extern void mm_watch_tick(JobProcess *process);

/* In the transaction that writes the job's state: NOTIFY, if it was wanted. */
extern void mm_watch_tell(JobProcess *process, const char *state);

#endif /* MM_MIGRATE_WATCH_H */
