/*
 * src/wire/wait.c
 *		The one place where the extension sleeps on a socket of MySQL.
 *
 * The client library calls mm_wait_callback whenever its socket is not ready.
 * The callback must not throw through the library's frames, so whatever
 * happens here (a cancel, a lost postmaster, an error raised by an interrupt
 * handler) is noted and makes the library's call fail; the caller looks at the
 * note afterwards.  The library tells the callback nothing but the socket,
 * hence the static state: one backend is inside one call at a time.  (Killing
 * a query on a second connection nests, but only after the first call has
 * returned, or in a process that is on its way out.)
 *
 * The timeouts are ours, too.  What the library asks for is not looked at: in
 * some versions it is a fixed 5 ms under TLS (3.4.9), after which a slow query
 * would look like a lost connection.
 *
 * The socket must be O_NONBLOCK: under TLS the library reads it from inside
 * the TLS library, and the callback is never asked if that read blocks.
 */
#include "postgres.h"

#include <fcntl.h>
#include <poll.h>

#include "base/compat.h"
#include "base/wait_event.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

#include <ma_pvio.h>

/*
 * A stream that is slower than us has its next bytes within this time nearly
 * always; a plain poll() then saves setting a wait event set up.
 */
#define SHORT_POLL_MS 2

static struct
{
	WaitOutcome outcome;
	MemoryContext context; /* of the caller, for the saved error */
	instr_time start;
	int timeout_ms; /* of the whole call; 0: none */
	int idle_ms;	/* of each wait in it; 0: none */
	bool is_cleanup;
} wait_state;

/*
 * mm_wait_begin
 *		Start watching a call of the library.
 */
void
mm_wait_begin(int timeout_ms, int idle_ms, bool cleanup)
{
	memset(&wait_state.outcome, 0, sizeof(WaitOutcome));
	wait_state.context = CurrentMemoryContext;
	wait_state.timeout_ms = timeout_ms;
	wait_state.idle_ms = idle_ms;
	wait_state.is_cleanup = cleanup;
	if (timeout_ms > 0)
		INSTR_TIME_SET_CURRENT(wait_state.start);
}

/*
 * mm_wait_end
 *		What the waits of the call came to.
 */
const WaitOutcome *
mm_wait_end(void)
{
	return &wait_state.outcome;
}

/*
 * left_of
 *		What is left of a time that began at `start`; -1 for ever.
 */
static int
left_of(int timeout_ms, instr_time start)
{
	instr_time elapsed;
	double left;

	if (timeout_ms <= 0)
		return -1;
	INSTR_TIME_SET_CURRENT(elapsed);
	INSTR_TIME_SUBTRACT(elapsed, start);
	left = timeout_ms - INSTR_TIME_GET_MILLISEC(elapsed);
	return left < 1 ? 0 : (int) left;
}

/*
 * remaining_ms
 *		The time a wait that began at `start` may still take; -1 for ever, 0
 *		when there is none left.
 */
static int
remaining_ms(instr_time start)
{
	int of_wait = left_of(wait_state.idle_ms, start);
	int of_call = left_of(wait_state.timeout_ms, wait_state.start);

	if (of_wait < 0)
		return of_call;
	return of_call < 0 ? of_wait : Min(of_wait, of_call);
}

/*
 * time_is_up
 *		Note it, for the library too.
 */
static int
time_is_up(void)
{
	wait_state.outcome.timed_out = true;
	errno = ETIMEDOUT;
	return 0;
}

/*
 * poll_socket
 *		1 when ready, 0 when the time is up, -1 on a signal or an error.
 */
static int
poll_socket(my_socket fd, bool is_read, int timeout_ms)
{
	struct pollfd pfd;

	pfd.fd = fd;
	pfd.events = is_read ? POLLIN : POLLOUT;
	pfd.revents = 0;
	return poll(&pfd, 1, timeout_ms);
}

/*
 * mm_wait_has_bytes
 *		Is there something to read, in the library's buffer or in the socket,
 *		now or within a few milliseconds?
 */
bool
mm_wait_has_bytes(MYSQL *mysql, int timeout_ms)
{
	MARIADB_PVIO *pvio = mysql->net.pvio;

	if (pvio == NULL)
		return false;
	if (pvio->cache_pos < pvio->cache + pvio->cache_size)
		return true;
	return poll_socket(mysql_get_socket(mysql), true, timeout_ms) > 0;
}

/*
 * must_stop
 *		Look at pending interrupts, without raising; true ends the call.
 *
 * Cancel and die are left pending for the caller.  Everything else (barriers,
 * cache invalidation, requests of other backends) is served here: others may
 * wait for it while we wait for MySQL.
 */
static bool
must_stop(void)
{
	MemoryContext context = CurrentMemoryContext;

	if (!InterruptPending || !INTERRUPTS_CAN_BE_PROCESSED())
		return false;
	if (QueryCancelPending || ProcDiePending)
	{
		wait_state.outcome.was_interrupted = true;
		return true;
	}

	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(wait_state.context);
		wait_state.outcome.error = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(context);
	}
	PG_END_TRY();
	return wait_state.outcome.error != NULL;
}

/*
 * sleep_on
 *		WaitLatchOrSocket, with errors noted instead of raised.
 */
static int
sleep_on(my_socket fd, bool is_read, int timeout_ms)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int events = 0;
	const int wanted = WL_LATCH_SET | WL_POSTMASTER_DEATH |
					   (timeout_ms >= 0 ? WL_TIMEOUT : 0) |
					   (is_read ? WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE);

	PG_TRY();
	{
		events = WaitLatchOrSocket(MyLatch, wanted, fd, timeout_ms,
								   mm_wait_event(WAIT_FOR_REMOTE));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(wait_state.context);
		wait_state.outcome.error = CopyErrorData();
		FlushErrorState();
		MemoryContextSwitchTo(context);
	}
	PG_END_TRY();
	return events;
}

/*
 * wait_in_cleanup
 *		Only the socket and the clock count.
 */
static int
wait_in_cleanup(my_socket fd, bool is_read, instr_time start)
{
	for (;;)
	{
		int left = remaining_ms(start);
		int rc;

		if (left == 0)
			return time_is_up();
		rc = poll_socket(fd, is_read, left);
		if (rc > 0)
			return 1;
		if (rc < 0 && errno != EINTR)
			return -1;
	}
}

/*
 * mm_wait_callback
 *		1 when the socket is ready, 0 after the timeout, -1 to fail the call.
 */
int
mm_wait_callback(my_socket fd, my_bool is_read, int timeout_ms)
{
	instr_time start;

	INSTR_TIME_SET_CURRENT(start);
	if (wait_state.is_cleanup)
		return wait_in_cleanup(fd, is_read, start);

	/* What follows a failed wait within the same call fails at once. */
	if (wait_state.outcome.was_interrupted || wait_state.outcome.timed_out ||
		wait_state.outcome.error != NULL || wait_state.outcome.postmaster_died)
		return -1;

	for (;;)
	{
		int left;
		int events;

		if (must_stop())
			return -1;
		if (poll_socket(fd, is_read, SHORT_POLL_MS) > 0)
			return 1;
		left = remaining_ms(start);
		if (left == 0)
			return time_is_up();

		events = sleep_on(fd, is_read, left);
		if (wait_state.outcome.error != NULL)
			return -1;
		if (events & WL_POSTMASTER_DEATH)
		{
			wait_state.outcome.postmaster_died = true;
			return -1;
		}
		if (events & (WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE))
			return 1;

		/*
		 * A wakeup meant for code further up is not lost: that code looks at
		 * its own conditions again before it sleeps.
		 */
		if (events & WL_LATCH_SET)
			ResetLatch(MyLatch);
	}
}

#endif /* MARIADB_BASE_VERSION */
