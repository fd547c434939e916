/*
 * src/wire/result.h
 *		One statement in, a stream of rows out.
 *
 * Rows come by the binary protocol, unbuffered: nothing is ever buffered whole
 * or cut.  The bytes of a row are borrowed until the next call.
 */
#ifndef MM_WIRE_RESULT_H
#define MM_WIRE_RESULT_H

#include "wire/connection.h"

/* Protocol type numbers of a result column (enum_field_types of the manual). */
typedef enum WireType
{
	WIRE_DECIMAL = 0,
	WIRE_TINY = 1,
	WIRE_SHORT = 2,
	WIRE_LONG = 3,
	WIRE_FLOAT = 4,
	WIRE_DOUBLE = 5,
	WIRE_NULL = 6,
	WIRE_TIMESTAMP = 7,
	WIRE_LONGLONG = 8,
	WIRE_INT24 = 9,
	WIRE_DATE = 10,
	WIRE_TIME = 11,
	WIRE_DATETIME = 12,
	WIRE_YEAR = 13,
	WIRE_VARCHAR = 15,
	WIRE_BIT = 16,
	WIRE_VECTOR = 242,
	WIRE_JSON = 245,
	WIRE_NEWDECIMAL = 246,
	WIRE_ENUM = 247,
	WIRE_SET = 248,
	WIRE_TINY_BLOB = 249,
	WIRE_MEDIUM_BLOB = 250,
	WIRE_LONG_BLOB = 251,
	WIRE_BLOB = 252,
	WIRE_VAR_STRING = 253,
	WIRE_STRING = 254,
	WIRE_GEOMETRY = 255
} WireType;

#define WIRE_CHARSET_BINARY 63

typedef struct WireField
{
	const char *name; /* column label */
	WireType type;
	bool is_unsigned;
	bool is_zerofill;
	bool is_set;		  /* a SET, whose type is that of a string */
	unsigned int charset; /* collation id; 63 = binary */
	unsigned long length; /* display length as the server states it */
	unsigned int decimals;
} WireField;

/*
 * One value as the protocol carries it.  bytes/len:
 *	 TINY 1, SHORT and YEAR 2, LONG and INT24 4, LONGLONG 8 bytes, FLOAT 4,
 *	 DOUBLE 8, all little endian;
 *	 DATE, DATETIME, TIMESTAMP, TIME: the packed form of the binary protocol
 *	 without its length byte (len 0, 4, 7 or 11; TIME 0, 8 or 12);
 *	 everything else: the bytes of the string.
 */
typedef struct WireValue
{
	const char *bytes; /* not NUL-terminated */
	Size len;
	bool is_null;
} WireValue;

typedef struct WireRow
{
	int nvalues;
	WireValue *values;
} WireRow;

typedef struct WireResult WireResult;

/*
 * Prepares and executes `sql` and returns the open stream.  One stream per
 * connection at a time.  Raises with the server's message.  The result is
 * closed (and an unfinished stream's query killed) when `context` is reset.
 */
extern WireResult *mm_result_open(WireConn *conn, const char *sql,
								  MemoryContext context);

/*
 * The same in two steps, so that the caller can do its own share while the
 * server works: the statement is sent, by the text protocol; the answer is
 * waited for.  Nothing else goes over the connection in between; given up in
 * between, the statement is killed and the connection closed.
 */
extern WireResult *mm_result_send(WireConn *conn, const char *sql,
								  MemoryContext context);
extern void mm_result_receive(WireResult *result);

extern int mm_result_nfields(const WireResult *result);
extern const WireField *mm_result_fields(const WireResult *result);

/*
 * The next row, or NULL at the end that the server itself announced.  Any
 * other outcome (error, lost connection, truncation) raises.
 */
extern const WireRow *mm_result_next(WireResult *result);

/*
 * Ends the stream.  Rows not read yet are thrown away: by draining when few
 * are left in the buffer, else by killing the query; the connection stays
 * usable or is marked unusable, never half read.
 */
extern void mm_result_close(WireResult *result);

/* Bytes read from the socket by this result so far. */
extern uint64 mm_result_bytes(const WireResult *result);

/*
 * Convenience for catalog queries: value i of a row as palloc'ed text (NULL
 * for SQL NULL) or as an integer (0 for SQL NULL), whatever its protocol type.
 */
extern char *mm_result_text(const WireResult *result, const WireRow *row, int i);

/* The same of data, for people: the byte 00 as it would be typed. */
#define MM_NUL_SHOWN "\\x00"
extern char *mm_result_shown(const WireResult *result, const WireRow *row, int i);
extern int64 mm_result_int64(const WireResult *result, const WireRow *row, int i);

#endif /* MM_WIRE_RESULT_H */
