/*
 * src/base/wait_event.h
 *		What pg_stat_activity says while a process waits.
 */
#ifndef MM_BASE_WAIT_EVENT_H
#define MM_BASE_WAIT_EVENT_H

typedef enum WaitReason
{
	WAIT_FOR_REMOTE, /* an answer, or rows, of the MySQL server */
	WAIT_FOR_RATE_LIMIT,
	WAIT_FOR_LOCK_PAUSE, /* before the source is asked for a lock again */
	WAIT_REASONS
} WaitReason;

/* Extensions name their waits from 17 on; before it is "Extension". */
extern uint32 mm_wait_event(WaitReason reason);

#endif /* MM_BASE_WAIT_EVENT_H */
