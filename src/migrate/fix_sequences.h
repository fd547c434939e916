/*
 * src/migrate/fix_sequences.h
 *		All next values of a server's tables, each told as a row.
 */
#ifndef MM_MIGRATE_FIX_SEQUENCES_H
#define MM_MIGRATE_FIX_SEQUENCES_H

typedef struct SequenceRow
{
	const char *table; /* schema.table, or the sequence's own schema */
	const char *column;
	const char *sequence;
	const char *maximum;
	bool is_set; /* old_next and next hold something */
	int64 old_next;
	int64 next;
	const char *status; /* "ok", "warning", "failed" */
	const char *note;
} SequenceRow;

typedef void (*PutSequence)(void *arg, const SequenceRow *row);

/*
 * Every sequence of the migrated tables of a server, or of the tables that
 * `table` names.  Asks MySQL for its counters; when it does not answer, says
 * so and does without.  One row for each; what cannot be set is a row too.
 */
extern void mm_sequence_fix(const char *server, const char *table,
							int64 margin, PutSequence put, void *arg);

#endif /* MM_MIGRATE_FIX_SEQUENCES_H */
