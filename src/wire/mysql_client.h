/*
 * src/wire/mysql_client.h
 *		The client library and the struct behind WireConn.  Private to wire/:
 *		the only #include of <mysql.h>.
 *
 * Every call into the library that may wait stands between mm_wait_begin and
 * mm_wait_end.  Between the two nothing may raise: an error thrown through the
 * library's frames would leave its state half changed.
 */
#ifndef MM_WIRE_MYSQL_CLIENT_H
#define MM_WIRE_MYSQL_CLIENT_H

#include <mysql.h>
#include <errmsg.h>

#include "base/error.h"
#include "lib/ilist.h"
#include "portability/instr_time.h"
#include "utils/palloc.h"
#include "wire/connection.h"
#include "wire/result.h"

/*
 * Only MariaDB Connector/C has the callback that makes every wait
 * interruptible and hands out the packets of a result; with another client
 * library no_client.c stands in and says so.
 */
#ifdef MARIADB_BASE_VERSION

struct WireConn
{
	dlist_node link;	   /* in the list of open connections */
	MemoryContext context; /* holds this struct and the strings */
	MemoryContextCallback on_reset;
	MYSQL *mysql;  /* NULL once closed */
	ConnInfo info; /* own copies: needed for a KILL */
	RemoteServerInfo server;
	char identity[160]; /* which server a KILL must reach */
	instr_time opened;	/* and since when it must be up */
	WireResult *active; /* the open stream, or NULL */
	bool is_usable;
	bool is_in_call; /* inside the library: hands off */
	bool is_busy;	 /* the server works on a statement of ours */
	char *sent_sql;	 /* by mm_conn_send, until mm_conn_receive */
};

/* How a wait ended, for the call that just returned. */
typedef struct WaitOutcome
{
	bool was_interrupted; /* a cancel or die is pending */
	bool timed_out;
	bool postmaster_died;
	ErrorData *error; /* raised while waiting; to be rethrown */
} WaitOutcome;

/* wait.c */

/*
 * `timeout_ms` bounds the whole call, `idle_ms` each wait for the next byte
 * (0: no limit).  In `cleanup` mode interrupts are not looked at, and nothing can raise.
 */
extern void mm_wait_begin(int timeout_ms, int idle_ms, bool cleanup);
extern const WaitOutcome *mm_wait_end(void);
extern bool mm_wait_has_bytes(MYSQL *mysql, int timeout_ms);
extern int mm_wait_callback(my_socket fd, my_bool is_read, int timeout_ms);

/* handshake.c */
extern void mm_handshake_connect(WireConn *conn);
extern MYSQL *mm_handshake_quiet(const ConnInfo *info, const char *address,
								 int timeout_ms);

/* setup.c */
extern void mm_setup_session(WireConn *conn);

/* kill.c */

/* Kill the statement or the whole connection; true if the server agreed. */
extern bool mm_kill_remote(WireConn *conn, bool whole_connection);

/* connection.c */

/* Before and after each library call on a connection. */
extern void mm_conn_begin(WireConn *conn);
extern void mm_conn_end(WireConn *conn, bool failed, MYSQL_STMT *stmt,
						const char *sql);

/*
 * Ends a connection that cannot be used any more: the server's side is killed
 * if it works for us, the socket is closed.  Never raises.
 */
extern void mm_conn_discard(WireConn *conn);
extern void mm_conn_check(WireConn *conn);

/* False when the server refused with this one error number; else raises. */
extern bool mm_conn_attempt(WireConn *conn, const char *sql,
							unsigned int tolerated);

/* Never raises: 0 or the error number. */
extern unsigned int mm_conn_quiet(WireConn *conn, const char *sql,
								  int timeout_ms);

/* A statement in UTF-8; the same pointer where nothing is to be done. */
extern char *mm_conn_encode(const char *sql);

/* result.c */

/* Ends the open stream so that the connection can be used.  Never raises. */
extern void mm_result_abandon(WireResult *result);

/* The connection is going: the stream must not touch it again. */
extern void mm_result_detach(WireResult *result);

#endif /* MARIADB_BASE_VERSION */

/* packet.c */

/* What the rows of a result look like. */
typedef struct RowFormat
{
	bool is_text; /* of the text protocol */
	int nfields;
	const WireField *fields;
	int8 *widths;  /* of the values; binary protocol */
	char *scratch; /* binary forms made from text */
} RowFormat;

/* `fields` must live as long as the format. */
extern void mm_packet_format(RowFormat *format, bool is_text,
							 const WireField *fields, int nfields);

/* Each is false for a packet that makes no sense. */
extern bool mm_packet_read_row(const RowFormat *format,
							   const unsigned char *packet, Size len,
							   WireRow *row);
extern bool mm_packet_read_eof(const unsigned char *packet, Size len,
							   unsigned int *server_status);
extern bool mm_packet_read_ok(const unsigned char *packet, Size len,
							  unsigned int *server_status);

/* Where a row would stand: is it the end instead? */
extern bool mm_packet_is_eof(const unsigned char *packet, Size len);

/* text_value.c */

/* Room for the binary form of one value. */
#define TEXT_VALUE_BYTES 12

/*
 * Text of the text protocol into the form WireValue promises; `out` has
 * TEXT_VALUE_BYTES of room.  False when the text is not of that type.
 */
extern bool mm_text_value_read(const WireField *field, const char *text,
							   Size len, char *out, WireValue *value);

#endif /* MM_WIRE_MYSQL_CLIENT_H */
