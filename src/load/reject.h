/*
 * src/load/reject.h
 *		A row that cannot be brought over, and what is told about it.
 */
#ifndef MM_LOAD_REJECT_H
#define MM_LOAD_REJECT_H

#include "base/compat.h"

typedef struct RejectedRow
{
	const char *key;	/* jsonb text: {"id": 5}, or NULL: no key */
	const char *column; /* remote name, or NULL: the whole row */
	const char *bytes;	/* raw value as the wire carried it */
	Size len;
	int sqlerrcode;
	const char *reason;
} RejectedRow;

/* Is the row to blame, as opposed to a full disk or a cancel? */
extern bool mm_reject_is_row_error(const ErrorData *error);

/* Raises: the last row was one more than max_rejects. */
pg_noreturn extern void mm_reject_too_many(const RejectedRow *row);

#endif /* MM_LOAD_REJECT_H */
