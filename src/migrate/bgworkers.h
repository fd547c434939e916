/*
 * src/migrate/bgworkers.h
 *		The entry points of leader and worker processes.
 */
#ifndef MM_MIGRATE_BGWORKERS_H
#define MM_MIGRATE_BGWORKERS_H

#include "postgres.h"

extern PGDLLEXPORT void mysql_migrate_leader_main(Datum arg);
extern PGDLLEXPORT void mysql_migrate_worker_main(Datum arg);

#endif /* MM_MIGRATE_BGWORKERS_H */
