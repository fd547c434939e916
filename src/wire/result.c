/*
 * src/wire/result.c
 *		One statement in, a stream of rows out.
 *
 * The client library prepares, executes and delivers packets; the rows in them
 * are taken apart here, where every length is checked against the packet.
 * (The library's own fetch trusts the server's lengths, points at a length
 * prefix instead of the value for columns that are not bound, and costs as
 * much time as decoding the values.)
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

/* How a column's value lies in a binary row; >= 0: that many bytes. */
#define WIDTH_STRING   (-1)
#define WIDTH_DATETIME (-2)
#define WIDTH_TIME	   (-3)

typedef enum StreamState
{
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
	bool is_text;		 /* rows of the text protocol */
	MYSQL_STMT *stmt;	 /* NULL for the text protocol */
	MYSQL_RES *metadata; /* NULL for the binary protocol */
	char *sql;
	int nfields;
	WireField *fields;
	int8 *widths;
	char *scratch; /* binary forms made from text */
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

static inline unsigned int
get_le(const unsigned char *p, int bytes)
{
	unsigned int value = 0;

	for (int i = bytes - 1; i >= 0; i--)
		value = (value << 8) | p[i];
	return value;
}

/*
 * read_length
 *		A length-encoded integer; false when it does not fit the packet.
 */
static inline bool
read_length(const unsigned char **p, const unsigned char *end, uint64 *length)
{
	const unsigned char *at = *p;
	int bytes;

	if (at >= end)
		return false;
	if (*at < 251)
	{
		*length = *at;
		*p = at + 1;
		return true;
	}
	switch (*at)
	{
		case 252:
			bytes = 2;
			break;
		case 253:
			bytes = 3;
			break;
		case 254:
			bytes = 8;
			break;
		default:
			return false;
	}
	if (end - at < bytes + 1)
		return false;
	*length = 0;
	for (int i = bytes; i >= 1; i--)
		*length = (*length << 8) | at[i];
	*p = at + bytes + 1;
	return true;
}

static int8
width_of(WireType type)
{
	switch (type)
	{
		case WIRE_NULL:
			return 0;
		case WIRE_TINY:
			return 1;
		case WIRE_SHORT:
		case WIRE_YEAR:
			return 2;
		case WIRE_LONG:
		case WIRE_INT24:
		case WIRE_FLOAT:
			return 4;
		case WIRE_LONGLONG:
		case WIRE_DOUBLE:
			return 8;
		case WIRE_DATE:
		case WIRE_DATETIME:
		case WIRE_TIMESTAMP:
			return WIDTH_DATETIME;
		case WIRE_TIME:
			return WIDTH_TIME;
		default:
			return WIDTH_STRING;
	}
}

static inline bool
length_is_possible(int8 width, uint64 length)
{
	if (width == WIDTH_DATETIME)
		return length == 0 || length == 4 || length == 7 || length == 11;
	if (width == WIDTH_TIME)
		return length == 0 || length == 8 || length == 12;
	return true;
}

/*
 * read_binary_row
 *		Point the values into the packet; false when it is not a row.
 */
static bool
read_binary_row(WireResult *result, const unsigned char *p, Size len)
{
	const unsigned char *end = p + len;
	const unsigned char *nulls = p + 1;
	int null_bytes = (result->nfields + 9) / 8;

	if (len < 1 + null_bytes || p[0] != 0)
		return false;
	p = nulls + null_bytes;

	for (int i = 0; i < result->nfields; i++)
	{
		WireValue *value = &result->row.values[i];
		int8 width = result->widths[i];

		/* The first two bits of the map are not used. */
		if (nulls[(i + 2) / 8] & (1 << ((i + 2) % 8)))
		{
			value->bytes = NULL;
			value->len = 0;
			value->is_null = true;
			continue;
		}
		if (width >= 0)
			value->len = width;
		else
		{
			uint64 length;

			if (!read_length(&p, end, &length) ||
				!length_is_possible(width, length))
				return false;
			value->len = length;
		}
		if (value->len > end - p)
			return false;
		value->bytes = (const char *) p;
		value->is_null = false;
		p += value->len;
	}
	return p == end;
}

/*
 * read_text_row
 *		The same for a row of the text protocol.
 */
static bool
read_text_row(WireResult *result, const unsigned char *p, Size len)
{
	const unsigned char *end = p + len;

	for (int i = 0; i < result->nfields; i++)
	{
		WireValue *value = &result->row.values[i];
		uint64 length;

		if (p < end && *p == 251)
		{
			value->bytes = NULL;
			value->len = 0;
			value->is_null = true;
			p++;
			continue;
		}
		if (!read_length(&p, end, &length) || length > end - p ||
			!mm_text_value_read(&result->fields[i], (const char *) p, length,
								result->scratch + i * TEXT_VALUE_BYTES, value))
			return false;
		p += length;
	}
	return p == end;
}

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

	/* A row of the text protocol may begin with the same byte, not so short. */
	if ((*packet)[0] == 0xfe && length < 9)
	{
		if (length != EOF_PACKET_BYTES)
			return PACKET_NONSENSE;
		mysql->server_status = get_le(*packet + 3, 2);
		return PACKET_END;
	}
	return PACKET_ROW;
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
		const unsigned char *p;
		const unsigned char *end;
		unsigned long length = mysql_net_read_packet(mysql);
		uint64 ignored;

		if ((unsigned int) length == packet_error)
			return PACKET_ERROR;
		p = mysql->net.read_pos;
		end = p + length;
		if (length == 0)
			return PACKET_NONSENSE;
		if (*p++ != 0)
			return PACKET_ROW;
		if (!read_length(&p, end, &ignored) ||
			!read_length(&p, end, &ignored) || end - p < 4)
			return PACKET_NONSENSE;
		mysql->server_status = get_le(p, 2);
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
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("the result of a remote statement is gone"),
				 errdetail("Its connection was closed, or used for another statement, before the last row was read.")));
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
		!(result->is_text ? read_text_row(result, packet, len) :
							read_binary_row(result, packet, len)))
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

	if (result->state != STREAM_OPEN || conn == NULL)
		return;
	if (conn->mysql == NULL || conn->is_in_call)
	{
		mm_result_detach(result);
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
set_fields(WireResult *result, const MYSQL_FIELD *fields, int nfields)
{
	result->nfields = nfields;
	result->fields = palloc0(sizeof(WireField) * Max(nfields, 1));
	result->widths = palloc0(Max(nfields, 1));
	result->row.nvalues = nfields;
	result->row.values = palloc0(sizeof(WireValue) * Max(nfields, 1));
	if (result->is_text)
		result->scratch = palloc0(TEXT_VALUE_BYTES * Max(nfields, 1));

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
		result->widths[i] = width_of(field->type);
	}
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

	result->is_text = true;
	mm_conn_begin(conn);
	failed = mysql_real_query(conn->mysql, sql, strlen(sql)) != 0;
	if (!failed && mysql_field_count(conn->mysql) > 0)
	{
		result->metadata = mysql_use_result(conn->mysql);
		failed = result->metadata == NULL;
	}
	mm_conn_end(conn, failed, NULL, result->sql);
	if (result->metadata != NULL)
		set_fields(result, mysql_fetch_fields(result->metadata),
				   mysql_num_fields(result->metadata));
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
		set_fields(result, stmt->fields, stmt->field_count);
	return true;
}

/*
 * mm_result_open
 *		Prepare and execute `sql` and return the open stream.
 */
WireResult *
mm_result_open(WireConn *conn, const char *sql, MemoryContext context)
{
	MemoryContext own;
	MemoryContext caller;
	WireResult *result;

	mm_conn_check(conn);
	if (conn->active != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the connection to the MySQL server is reading another result")));

	own = AllocSetContextCreate(context, "MySQL result",
								ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(own);
	result = palloc0(sizeof(WireResult));
	result->context = own;
	result->conn = conn;
	result->sql = pstrdup(sql);
	result->on_reset.func = release_on_reset;
	result->on_reset.arg = result;
	/* Nothing is open yet, so nothing is abandoned if starting fails. */
	result->state = STREAM_ENDED;
	MemoryContextRegisterResetCallback(own, &result->on_reset);

	PG_TRY();
	{
		char *utf8 = mm_conn_encode(sql);

		if (!start_prepared(result, utf8))
			start_text(result, utf8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(own);
		PG_RE_THROW();
	}
	PG_END_TRY();

	if (result->nfields > 0)
	{
		result->state = STREAM_OPEN;
		conn->active = result;
	}
	else
		end_stream(result, STREAM_ENDED);
	MemoryContextSwitchTo(caller);
	return result;
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
