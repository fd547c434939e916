/*
 * src/source/remote_counter.h
 *		What MySQL counts itself: AUTO_INCREMENT, and MariaDB's sequences.
 */
#ifndef MM_SOURCE_REMOTE_COUNTER_H
#define MM_SOURCE_REMOTE_COUNTER_H

#include "nodes/pg_list.h"
#include "wire/connection.h"

typedef struct RemoteCounter
{
	const char *schema;
	const char *name; /* of the table, or of the sequence */
	bool is_sequence;
	const char *text; /* its next value; NULL: not known */
} RemoteCounter;

/* Of the tables and sequences of a schema (List of RemoteCounter *). */
extern List *mm_remote_counters(WireConn *conn, const char *schema);

/* The AUTO_INCREMENT counter of a table, or NULL. */
extern const RemoteCounter *mm_remote_counter_of(List *counters,
												 const char *schema,
												 const char *table);

#endif /* MM_SOURCE_REMOTE_COUNTER_H */
