/*
 * src/wire/result.c
 *		One statement in, a stream of rows out.
 *
 * The client library prepares, executes and delivers packets; packet.c takes
 * them apart.
 *
 * A stream is open until the server's EOF packet has been read, and is ended
 * by nothing else: an error packet raises, so does a lost connection or a
 * packet that makes no sense.  Once an open stream is given up, the connection
 * is brought back by reading what is there already, else by killing the
 * statement and reading up to the server's "interrupted"; if that does not
 * work within seconds the connection is closed.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

/* Not served by the prepared statement protocol. */
#define UNSUPPORTED_PS 1295

/* What is thrown away before a statement is killed for it. */
#define DRAIN_BYTES		  (1024 * 1024)
#define DRAIN_POLL_MS	  5
#define DRAIN_TIMEOUT_MS  2000
#define ABSORB_TIMEOUT_MS 1000

typedef enum StreamState
{
	STREAM_SENT, /* nothing of the answer has been read */
	STREAM_OPEN,
	STREAM_ENDED, /* the server said so */
	STREAM_LOST	  /* given up, or failed */
} StreamState;

struct WireResult
{
	MemoryContext context; /* holds everything here */
	MemoryContextCallback on_reset;
	WireConn *conn; /* NULL when the connection went first */
	StreamState state;
	MYSQL_STMT *stmt;	 /* NULL for the text protocol */
	MYSQL_RES *metadata; /* NULL for the binary protocol */
	char *sql;
	int nfields;
	WireField *fields;
	RowFormat format;
	WireRow row;
	uint64 bytes;
};

/* What a packet of a stream is. */
typedef enum PacketKind
{
	PACKET_ROW,
	PACKET_END,
	PACKET_ERROR,
	PACKET_NONSENSE
} PacketKind;

/*
 * end_stream
 *		No more packets will be read for this result.
 *
 * The library is told so too, else it would read on when the statement is
 * closed.
 */
static void
end_stream(WireResult *result, StreamState state)
{
	WireConn *conn = result->conn;

	result->state = state;
	if (conn == NULL)
		return;
	if (conn->active == result)
		conn->active = NULL;
	conn->is_busy = false;
	if (conn->mysql != NULL)
		conn->mysql->status = MYSQL_STATUS_READY;
	if (result->stmt != NULL)
		result->stmt->state = MYSQL_STMT_FETCH_DONE;
	/* From here on the connection may go first. */
	result->conn = NULL;
}

/*
 * read_packet
 *		The next packet of the stream.  Inside a library call.
 */
static PacketKind
read_packet(WireResult *result, const unsigned char **packet, Size *len)
{
	MYSQL *mysql = result->conn->mysql;
	unsigned long length = mysql_net_read_packet(mysql);

	if ((unsigned int) length == packet_error)
		return PACKET_ERROR;
	result->bytes += length + 4;
	*packet = mysql->net.read_pos;
	*len = length;
	if (length == 0)
		return PACKET_NONSENSE;

	if (!mm_packet_is_eof(*packet, length))
		return PACKET_ROW;
	if (!mm_packet_read_eof(*packet, length, &mysql->server_status))
		return PACKET_NONSENSE;
	return PACKET_END;
}

/*
 * read_rest
 *		After the EOF of a CALL: the procedure's own "OK".  PACKET_ROW means
 *		that another result set follows.  Inside a library call.
 */
static PacketKind
read_rest(WireResult *result)
{
	MYSQL *mysql = result->conn->mysql;

	while (mysql->server_status & SERVER_MORE_RESULTS_EXIST)
	{
		unsigned long length = mysql_net_read_packet(mysql);

		if ((unsigned int) length == packet_error)
			return PACKET_ERROR;
		if (length == 0)
			return PACKET_NONSENSE;
		if (mysql->net.read_pos[0] != 0)
			return PACKET_ROW;
		if (!mm_packet_read_ok(mysql->net.read_pos, length,
							   &mysql->server_status))
			return PACKET_NONSENSE;
	}
	return PACKET_END;
}

/*
 * raise_nonsense
 *		The server sent what the protocol does not know; it is not trusted
 *		with anything more.
 */
static void
raise_nonsense(WireResult *result)
{
	RemoteError error;
	WireConn *conn = result->conn;

	end_stream(result, STREAM_LOST);
	conn->is_in_call = false;
	mm_conn_discard(conn);
	memset(&error, 0, sizeof(error));
	error.number = CR_MALFORMED_PACKET;
	strlcpy(error.message, "malformed packet in a result set",
			sizeof(error.message));
	mm_error_raise(ERROR, &error, result->sql);
}

/*
 * raise_failure
 *		Leave the library with its error.
 */
static void
raise_failure(WireResult *result)
{
	WireConn *conn = result->conn;

	end_stream(result, STREAM_LOST);
	conn->is_busy = true; /* perhaps: mm_conn_end decides by the error */
	mm_conn_end(conn, true, NULL, result->sql);
}

/*
 * finish_stream
 *		The EOF is read; see that nothing follows.
 */
static void
finish_stream(WireResult *result)
{
	WireConn *conn = result->conn;
	PacketKind rest = read_rest(result);

	if (rest == PACKET_ERROR)
		raise_failure(result);
	if (rest == PACKET_NONSENSE)
		raise_nonsense(result);
	conn->is_in_call = false;
	if (rest == PACKET_ROW)
	{
		end_stream(result, STREAM_LOST);
		mm_conn_discard(conn);
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("remote statement returned more than one result set"),
				 errhint("Select from one of them in a statement of its own.")));
	}
	end_stream(result, STREAM_ENDED);
}

static void
raise_gone(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONNECTION_FAILURE),
			 errmsg("the result of a remote statement is gone"),
			 errdetail("Its connection was closed, or used for another statement, before the last row was read.")));
}

/*
 * mm_result_next
 *		The next row, or NULL at the end that the server itself announced.
 */
const WireRow *
mm_result_next(WireResult *result)
{
	WireConn *conn = result->conn;
	const unsigned char *packet = NULL;
	Size len = 0;
	PacketKind kind;

	if (result->state == STREAM_ENDED)
		return NULL;
	if (result->state == STREAM_LOST || conn == NULL)
		raise_gone();
	CHECK_FOR_INTERRUPTS();

	mm_conn_begin(conn);
	kind = read_packet(result, &packet, &len);
	if (kind == PACKET_ERROR)
		raise_failure(result);
	if (kind == PACKET_END)
	{
		finish_stream(result);
		return NULL;
	}
	conn->is_in_call = false;
	if (kind == PACKET_NONSENSE ||
		!mm_packet_read_row(&result->format, packet, len, &result->row))
		raise_nonsense(result);
	return &result->row;
}

/*
 * drain
 *		Read on; what the last packet was, PACKET_ROW when it was enough.
 */
static PacketKind
drain(WireResult *result, uint64 max_bytes, bool only_what_is_there)
{
	uint64 limit = result->bytes + max_bytes;
	PacketKind kind = PACKET_ROW;

	mm_wait_begin(DRAIN_TIMEOUT_MS, 0, true);
	result->conn->is_in_call = true;
	while (kind == PACKET_ROW && result->bytes < limit)
	{
		const unsigned char *packet;
		Size len;

		if (only_what_is_there &&
			!mm_wait_has_bytes(result->conn->mysql, DRAIN_POLL_MS))
			break;
		kind = read_packet(result, &packet, &len);
	}
	if (kind == PACKET_END)
		kind = read_rest(result) == PACKET_END ? PACKET_END : PACKET_NONSENSE;
	result->conn->is_in_call = false;

	/* The server's own error ends a result as well as its EOF does. */
	if (kind == PACKET_ERROR)
	{
		unsigned int number = mysql_errno(result->conn->mysql);
		RemoteError error = {.number = number};

		if (number == 0 || mm_error_is_connection_loss(&error) ||
			mm_wait_end()->timed_out)
			kind = PACKET_NONSENSE;
	}
	return kind;
}

/*
 * mm_result_abandon
 *		End the open stream so that the connection can be used.  Never raises.
 *
 * A KILL QUERY that reaches the server just after the statement's end may hit
 * the next statement, so the next one is a harmless one.
 */
void
mm_result_abandon(WireResult *result)
{
	WireConn *conn = result->conn;
	PacketKind kind;

	if (conn == NULL ||
		(result->state != STREAM_OPEN && result->state != STREAM_SENT))
		return;
	if (conn->mysql == NULL || conn->is_in_call)
	{
		mm_result_detach(result);
		return;
	}
	if (result->state == STREAM_SENT)
	{
		end_stream(result, STREAM_LOST);
		conn->is_busy = true;
		mm_conn_discard(conn);
		return;
	}

	kind = drain(result, DRAIN_BYTES, true);
	if (kind == PACKET_ROW && mm_kill_remote(conn, false))
	{
		kind = drain(result, PG_UINT64_MAX / 2, false);
		if (kind == PACKET_END)
		{
			end_stream(result, STREAM_LOST);
			(void) mm_conn_quiet(conn, "DO 0", ABSORB_TIMEOUT_MS);
			return;
		}
	}
	end_stream(result, STREAM_LOST);
	if (kind == PACKET_ROW || kind == PACKET_NONSENSE)
	{
		conn->is_busy = true;
		mm_conn_discard(conn);
	}
}

/*
 * mm_result_detach
 *		The connection is going: the stream must not touch it again.
 */
void
mm_result_detach(WireResult *result)
{
	WireConn *conn = result->conn;

	result->state = STREAM_LOST;
	if (conn != NULL && conn->active == result)
		conn->active = NULL;
	if (result->metadata != NULL)
		result->metadata->handle = NULL;
	result->conn = NULL;
}

/*
 * release_on_reset
 *		The context goes away.
 */
static void
release_on_reset(void *arg)
{
	WireResult *result = arg;

	mm_result_abandon(result);
	/* It may exit from inside the library, which must not be entered again. */
	if (proc_exit_inprogress)
		return;
	mm_wait_begin(ABSORB_TIMEOUT_MS, 0, true);
	if (result->stmt != NULL)
		mysql_stmt_close(result->stmt);
	if (result->metadata != NULL)
		mysql_free_result(result->metadata);
	result->stmt = NULL;
	result->metadata = NULL;
}

/*
 * set_fields
 *		Describe the columns.
 */
static void
set_fields(WireResult *result, const MYSQL_FIELD *fields, int nfields,
		   bool is_text)
{
	result->nfields = nfields;
	result->fields = palloc0(sizeof(WireField) * Max(nfields, 1));
	result->row.nvalues = nfields;
	result->row.values = palloc0(sizeof(WireValue) * Max(nfields, 1));

	for (int i = 0; i < nfields; i++)
	{
		WireField *field = &result->fields[i];

		field->name = pg_any_to_server(pstrdup(fields[i].name),
									   strlen(fields[i].name), PG_UTF8);
		field->type = (WireType) fields[i].type;
		field->is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0;
		field->is_zerofill = (fields[i].flags & ZEROFILL_FLAG) != 0;
		field->is_set = (fields[i].flags & SET_FLAG) != 0;
		field->charset = fields[i].charsetnr;
		field->length = fields[i].length;
		field->decimals = fields[i].decimals;
	}
	mm_packet_format(&result->format, is_text, result->fields, nfields);
}

/*
 * read_answer
 *		The begin of the answer to a statement of the text protocol; false on
 *		an error.  Inside a library call.
 */
static bool
read_answer(WireResult *result)
{
	MYSQL *mysql = result->conn->mysql;

	if (mysql_read_query_result(mysql) != 0)
		return false;
	if (mysql_field_count(mysql) == 0)
		return true;
	result->metadata = mysql_use_result(mysql);
	return result->metadata != NULL;
}

static void
set_text_fields(WireResult *result)
{
	if (result->metadata != NULL)
		set_fields(result, mysql_fetch_fields(result->metadata),
				   mysql_num_fields(result->metadata), true);
}

/*
 * start_text
 *		For statements that cannot be prepared.
 */
static void
start_text(WireResult *result, const char *sql)
{
	WireConn *conn = result->conn;
	bool failed;

	mm_conn_begin(conn);
	failed = mysql_send_query(conn->mysql, sql, strlen(sql)) != 0 ||
			 !read_answer(result);
	mm_conn_end(conn, failed, NULL, result->sql);
	set_text_fields(result);
}

/*
 * start_prepared
 *		Prepare and execute; false when the statement cannot be prepared.
 */
static bool
start_prepared(WireResult *result, const char *sql)
{
	WireConn *conn = result->conn;
	MYSQL_STMT *stmt;
	bool failed;

	stmt = result->stmt = mysql_stmt_init(conn->mysql);
	if (stmt == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not set up a remote statement")));

	mm_conn_begin(conn);
	failed = mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0;
	if (failed && mysql_stmt_errno(stmt) == UNSUPPORTED_PS)
	{
		mysql_stmt_close(stmt);
		result->stmt = NULL;
		conn->is_in_call = false;
		conn->is_busy = false;
		return false;
	}
	mm_conn_end(conn, failed, stmt, result->sql);
	conn->is_busy = false;
	if (mysql_stmt_param_count(stmt) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("remote statement contains parameter markers"),
				 errdetail("A \"?\" outside of quotes stands for a parameter, and none are passed.")));

	mm_conn_begin(conn);
	mm_conn_end(conn, mysql_stmt_execute(stmt) != 0, stmt, result->sql);
	if (stmt->field_count > 0)
		set_fields(result, stmt->fields, stmt->field_count, false);
	return true;
}

/*
 * create_result
 *		In a context of its own.  Nothing is open yet, so nothing is abandoned
 *		if starting fails.
 */
static WireResult *
create_result(WireConn *conn, const char *sql, MemoryContext context)
{
	MemoryContext own;
	WireResult *result;

	mm_conn_check(conn);
	if (conn->active != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the connection to the MySQL server is reading another result")));

	own = AllocSetContextCreate(context, "MySQL result",
								ALLOCSET_SMALL_SIZES);
	result = MemoryContextAllocZero(own, sizeof(WireResult));
	result->context = own;
	result->conn = conn;
	result->sql = MemoryContextStrdup(own, sql);
	result->on_reset.func = release_on_reset;
	result->on_reset.arg = result;
	result->state = STREAM_ENDED;
	MemoryContextRegisterResetCallback(own, &result->on_reset);
	return result;
}

/*
 * begin_stream
 *		The answer has begun: with rows to come, or without.
 */
static void
begin_stream(WireResult *result)
{
	if (result->nfields == 0)
	{
		end_stream(result, STREAM_ENDED);
		return;
	}
	result->state = STREAM_OPEN;
	result->conn->active = result;
}

/*
 * mm_result_open
 *		Prepare and execute `sql` and return the open stream.
 */
WireResult *
mm_result_open(WireConn *conn, const char *sql, MemoryContext context)
{
	WireResult *result = create_result(conn, sql, context);
	MemoryContext caller = MemoryContextSwitchTo(result->context);

	PG_TRY();
	{
		char *utf8 = mm_conn_encode(sql);

		if (!start_prepared(result, utf8))
			start_text(result, utf8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(result->context);
		PG_RE_THROW();
	}
	PG_END_TRY();

	begin_stream(result);
	MemoryContextSwitchTo(caller);
	return result;
}

/*
 * mm_result_send
 *		See result.h.
 */
WireResult *
mm_result_send(WireConn *conn, const char *sql, MemoryContext context)
{
	WireResult *result = create_result(conn, sql, context);
	char *utf8 = mm_conn_encode(sql);

	mm_conn_begin(conn);
	mm_conn_end(conn, mysql_send_query(conn->mysql, utf8, strlen(utf8)) != 0,
				NULL, sql);
	result->state = STREAM_SENT;
	conn->active = result;
	if (utf8 != sql)
		pfree(utf8);
	return result;
}

/*
 * mm_result_receive
 *		See result.h.
 */
void
mm_result_receive(WireResult *result)
{
	MemoryContext caller;

	if (result->state != STREAM_SENT)
		raise_gone();
	mm_conn_begin(result->conn);
	if (!read_answer(result))
		raise_failure(result);
	mm_conn_end(result->conn, false, NULL, result->sql);
	caller = MemoryContextSwitchTo(result->context);
	set_text_fields(result);
	begin_stream(result);
	MemoryContextSwitchTo(caller);
}

/*
 * mm_result_close
 *		End the stream and free it.
 */
void
mm_result_close(WireResult *result)
{
	if (result != NULL)
		MemoryContextDelete(result->context);
}

int
mm_result_nfields(const WireResult *result)
{
	return result->nfields;
}

const WireField *
mm_result_fields(const WireResult *result)
{
	return result->fields;
}

uint64
mm_result_bytes(const WireResult *result)
{
	return result->bytes;
}

#endif /* MARIADB_BASE_VERSION */
