/*
 * src/wire/refusal.h
 *		A statement that the server may refuse: its error as an answer.
 */
#ifndef MM_WIRE_REFUSAL_H
#define MM_WIRE_REFUSAL_H

#include "wire/connection.h"

/*
 * In the PG_CATCH of a statement: what the server said against it, palloc'ed
 * in `context`, which is the current one from here on.  *sqlerrcode (or NULL)
 * is its SQLSTATE.  A lost connection and a cancel are no answer; they are
 * raised again.
 */
extern const char *mm_refusal_take(const WireConn *conn,
								   MemoryContext context, int *sqlerrcode);

#endif /* MM_WIRE_REFUSAL_H */
