/*
 * src/migrate/sequence.h
 *		Next values of identity columns, serials and sequences.
 */
#ifndef MM_MIGRATE_SEQUENCE_H
#define MM_MIGRATE_SEQUENCE_H

#include "source/remote_catalog.h"

/* A sequence that gives the values of a column. */
typedef struct Feed
{
	Oid sequence;
	const char *column;
	bool is_number; /* the column's values can be compared with the sequence's */
	int64 greatest; /* value that the column has room for */
} Feed;

/* Where a sequence stood, and where it stands now. */
typedef struct NextValue
{
	const char *extreme; /* greatest value of the column (least, when the
						  * sequence descends); NULL: no row */
	int64 old_next;
	int64 next;
	bool descends;
	bool lacks_margin; /* there was no room for it */
	bool is_used_up;   /* no value is left beyond the extreme */
	bool begins_again; /* and then it is at its beginning (CYCLE) */
} NextValue;

/*
 * Feeds of a relation's columns (List of Feed *): sequences owned by them
 * (identity, serial) and those that their defaults use.
 */
extern List *mm_sequence_feeds(Oid relation);

/*
 * Move a sequence so that its next value is beyond every value of the column
 * by `margin`, and not less than `floor` (0: none) by the same margin.  Stays
 * on the steps of the sequence; never backwards.  Raises where the caller may
 * not read the table or write the sequence.
 */
extern NextValue mm_sequence_move(Oid relation, const Feed *feed, uint64 floor,
								  int64 margin);

/* The same for a sequence that belongs to no column: only the floor counts. */
extern NextValue mm_sequence_move_alone(Oid sequence, int64 floor,
										int64 margin);

/*
 * After a load: the next value of each sequence that feeds a column of the
 * relation is greater than the column's maximum and not less than MySQL's
 * AUTO_INCREMENT counter.  Never backwards.
 */
extern void mm_sequence_set_after_load(Oid relation, const RemoteTable *table);

#endif /* MM_MIGRATE_SEQUENCE_H */
