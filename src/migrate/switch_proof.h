/*
 * src/migrate/switch_proof.h
 *		Does anybody still write to the source?
 */
#ifndef MM_MIGRATE_SWITCH_PROOF_H
#define MM_MIGRATE_SWITCH_PROOF_H

#include "nodes/pg_list.h"
#include "wire/connection.h"

/* What every write moves, at one time. */
typedef struct SourceMark
{
	const char *position; /* binary log, NULL: off or not to be seen */
	const char *gtid;
	const char *written;  /* when a table was last, if MySQL knows */
	const char *counters; /* rows that InnoDB changed, UPDATE_TIME of tables */
	bool is_read_only;
	bool is_replica; /* it applies another server's changes */
} SourceMark;

/* schemas: char *, the remote ones that matter. */
extern SourceMark mm_proof_mark(WireConn *conn, List *schemas);

/* Was nothing written between the two? */
extern bool mm_proof_stands_still(const SourceMark *earlier,
								  const SourceMark *later);

/* The same marks in words: "read_only = ON, binlog.000415:102". */
extern char *mm_proof_describe(const SourceMark *mark);

/* What moved, in words. */
extern char *mm_proof_movement(const SourceMark *earlier,
							   const SourceMark *later);

/*
 * Transactions that have changed rows and are not committed, in words; NULL:
 * there are none.  *is_seen: the account may look at those of others.
 */
extern char *mm_proof_open_changes(WireConn *conn, bool *is_seen);

/*
 * What a replica has not taken over from its source yet, in words; NULL:
 * nothing, or it is no replica.  *is_seen: the account may ask.
 */
extern char *mm_proof_lag(WireConn *conn, bool *is_seen);

#endif /* MM_MIGRATE_SWITCH_PROOF_H */
