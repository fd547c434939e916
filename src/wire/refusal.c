/*
 * src/wire/refusal.c
 *		A statement that the server may refuse: its error as an answer.
 *
 * No subtransaction is needed for that as long as nothing of PostgreSQL's is
 * open inside the PG_TRY: what raises is the statement on the other side, and
 * the stream that failed has ended itself.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "wire/refusal.h"

/*
 * mm_refusal_take
 *		The reason, once the error is known to be the server's own.
 */
const char *
mm_refusal_take(const WireConn *conn, MemoryContext context, int *sqlerrcode)
{
	ErrorData *error;

	/* The error's own context must not be the current one. */
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	if (!mm_conn_is_usable(conn) ||
		error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		PG_RE_THROW();
	FlushErrorState();
	if (sqlerrcode != NULL)
		*sqlerrcode = error->sqlerrcode;
	return error->detail != NULL ? error->detail : error->message;
}
