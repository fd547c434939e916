/*
 * src/base/wait_event.c
 *		What pg_stat_activity says while a process waits.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/wait_event.h"

uint32
mm_wait_event(WaitReason reason)
{
	static const char *const names[WAIT_REASONS] = {
		[WAIT_FOR_REMOTE] = "MysqlMigrateRemote",
		[WAIT_FOR_RATE_LIMIT] = "MysqlMigrateRateLimit",
		[WAIT_FOR_LOCK_PAUSE] = "MysqlMigrateLockPause",
	};
	static uint32 events[WAIT_REASONS];

	if (events[reason] == 0)
		events[reason] = mm_new_wait_event(names[reason]);
	return events[reason];
}
