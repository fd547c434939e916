/*
 * src/base/error.c
 *		MySQL errors into PostgreSQL's; the one relay of remote errors.
 *
 * MySQL's SQLSTATEs are coarse: 42000 stands for a syntax error, for a missing
 * privilege and for an unknown database, HY000 for nearly everything else.  So
 * the error number decides first, and the server's own SQLSTATE is taken only
 * where PostgreSQL has the very same code with the very same meaning.
 */
#include "postgres.h"

#include "base/error.h"
#include "base/ident.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define DETAIL_VALUE_BYTES 100
#define CONTEXT_SQL_BYTES  1000

/* Error numbers whose meaning PostgreSQL has a name for. */
static const struct
{
	unsigned int number;
	int sqlstate;
} number_map[] =
	{
		{1040, ERRCODE_TOO_MANY_CONNECTIONS},		  /* too many connections */
		{1203, ERRCODE_TOO_MANY_CONNECTIONS},		  /* max_user_connections */
		{1226, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED}, /* a user's resource limit */
		{1044, ERRCODE_INSUFFICIENT_PRIVILEGE},		  /* on a database */
		{1045, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION},
		{1095, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* not owner of the thread */
		{1142, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* on a table */
		{1143, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* on a column */
		{1227, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* a global privilege is missing */
		{1370, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* on a routine */
		{1410, ERRCODE_INSUFFICIENT_PRIVILEGE}, /* may not create users */
		{1007, ERRCODE_DUPLICATE_SCHEMA},
		{1050, ERRCODE_DUPLICATE_TABLE},
		{1060, ERRCODE_DUPLICATE_COLUMN},
		{1061, ERRCODE_DUPLICATE_OBJECT},	  /* duplicate key name */
		{1008, ERRCODE_FDW_SCHEMA_NOT_FOUND}, /* drop of an unknown database */
		{1049, ERRCODE_FDW_SCHEMA_NOT_FOUND},
		{1051, ERRCODE_FDW_TABLE_NOT_FOUND},
		{1109, ERRCODE_FDW_TABLE_NOT_FOUND},
		{1146, ERRCODE_FDW_TABLE_NOT_FOUND},
		{1054, ERRCODE_FDW_COLUMN_NAME_NOT_FOUND},
		{1305, ERRCODE_UNDEFINED_FUNCTION},
		{1064, ERRCODE_SYNTAX_ERROR},
		{1149, ERRCODE_SYNTAX_ERROR},
		{1048, ERRCODE_NOT_NULL_VIOLATION},
		{1364, ERRCODE_NOT_NULL_VIOLATION}, /* no default for a field */
		{1062, ERRCODE_UNIQUE_VIOLATION},
		{1169, ERRCODE_UNIQUE_VIOLATION},
		{1586, ERRCODE_UNIQUE_VIOLATION},
		{1216, ERRCODE_FOREIGN_KEY_VIOLATION},
		{1217, ERRCODE_FOREIGN_KEY_VIOLATION},
		{1451, ERRCODE_FOREIGN_KEY_VIOLATION},
		{1452, ERRCODE_FOREIGN_KEY_VIOLATION},
		{3819, ERRCODE_CHECK_VIOLATION},
		{4025, ERRCODE_CHECK_VIOLATION}, /* MariaDB */
		{1264, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE},
		{1690, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE},
		{1365, ERRCODE_DIVISION_BY_ZERO},
		{1292, ERRCODE_INVALID_DATETIME_FORMAT},
		{1366, ERRCODE_INVALID_TEXT_REPRESENTATION},
		{1406, ERRCODE_STRING_DATA_RIGHT_TRUNCATION},
		{1205, ERRCODE_LOCK_NOT_AVAILABLE}, /* lock wait timeout */
		{3572, ERRCODE_LOCK_NOT_AVAILABLE}, /* NOWAIT */
		{1213, ERRCODE_T_R_DEADLOCK_DETECTED},
		{1792, ERRCODE_READ_ONLY_SQL_TRANSACTION},
		{1836, ERRCODE_READ_ONLY_SQL_TRANSACTION},
		{1290, ERRCODE_READ_ONLY_SQL_TRANSACTION}, /* --read-only and its like */
		{1021, ERRCODE_DISK_FULL},
		{1114, ERRCODE_DISK_FULL}, /* table is full */
		{1037, ERRCODE_OUT_OF_MEMORY},
		{1038, ERRCODE_OUT_OF_MEMORY},
		{1041, ERRCODE_OUT_OF_MEMORY},
		{1235, ERRCODE_FEATURE_NOT_SUPPORTED},
		{1153, ERRCODE_PROGRAM_LIMIT_EXCEEDED}, /* max_allowed_packet */
		{2008, ERRCODE_OUT_OF_MEMORY},
		{2020, ERRCODE_PROGRAM_LIMIT_EXCEEDED}, /* row over 1 GB */
		{2027, ERRCODE_PROTOCOL_VIOLATION}		/* malformed packet */
};

/* SQLSTATEs that mean the same on both sides. */
static const int same_sqlstates[] =
	{
		ERRCODE_CARDINALITY_VIOLATION,
		ERRCODE_DATA_EXCEPTION,
		ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		ERRCODE_INVALID_DATETIME_FORMAT,
		ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
		ERRCODE_DIVISION_BY_ZERO,
		ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION,
		ERRCODE_READ_ONLY_SQL_TRANSACTION,
		ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
		ERRCODE_T_R_SERIALIZATION_FAILURE,
};

/*
 * mm_error_is_connection_loss
 *		True for errors after which the connection is of no use.
 */
bool
mm_error_is_connection_loss(const RemoteError *error)
{
	switch (error->number)
	{
		case 1053: /* server shutdown in progress */
		case 1080: /* forcing close of thread */
		case 1152: /* aborted connection */
		case 1153: /* packet too big: the server hangs up */
		case 1154: /* the server's own network errors */
		case 1155:
		case 1156:
		case 1157:
		case 1158:
		case 1159:
		case 1160:
		case 1161:
		case 1184:
		case 1927: /* connection was killed (MariaDB) */
		case 2002: /* cannot connect, by socket */
		case 2003: /* cannot connect, by TCP */
		case 2006: /* server has gone away */
		case 2012: /* handshake */
		case 2013: /* lost connection */
		case 2014: /* commands out of sync */
		case 2020: /* packet larger than the client takes */
		case 2026: /* TLS */
		case 2027: /* malformed packet */
		case 2048: /* invalid connection handle */
		case 2055: /* lost connection, with the system's errno */
		case 4031: /* disconnected for inactivity (MySQL) */
		case 5014: /* TLS (Connector/C) */
			return true;
		default:
			return false;
	}
}

/*
 * mm_error_is_transient
 *		True for errors that a second try may not meet.
 */
bool
mm_error_is_transient(const RemoteError *error)
{
	switch (error->number)
	{
		case 1040: /* too many connections */
		case 1203: /* max_user_connections */
		case 1205: /* lock wait timeout */
		case 1213: /* deadlock */
		case 3168: /* server is not available */
			return true;
		case 1153: /* a packet stays too big, */
		case 2014: /* a wrong order wrong, */
		case 2020: /* a row too long, */
		case 2027: /* and nonsense nonsense */
			return false;
		default:
			return mm_error_is_connection_loss(error);
	}
}

/*
 * sqlstate_of
 *		The SQLSTATE PostgreSQL should show for it, as an errcode() number.
 */
static int
sqlstate_of(const RemoteError *error)
{
	const char *state = error->sqlstate;

	for (int i = 0; i < lengthof(number_map); i++)
	{
		if (number_map[i].number == error->number)
			return number_map[i].sqlstate;
	}
	if (mm_error_is_connection_loss(error))
		return ERRCODE_CONNECTION_FAILURE;

	if (strlen(state) == 5 &&
		strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5)
	{
		int code = MAKE_SQLSTATE(state[0], state[1], state[2],
								 state[3], state[4]);

		for (int i = 0; i < lengthof(same_sqlstates); i++)
		{
			if (same_sqlstates[i] == code)
				return code;
		}
	}
	return ERRCODE_FDW_ERROR;
}

/*
 * printable_copy
 *		At most `limit` bytes of text that is valid in the database encoding;
 *		what is not valid becomes "?", what is cut ends in "...".
 *
 * An error message must never be the cause of a second error.
 */
static char *
printable_copy(const char *text, Size len, Size limit)
{
	int encoding = GetDatabaseEncoding();
	bool is_cut = len > limit;
	StringInfoData out;
	Size done = 0;

	if (is_cut)
		limit -= 3;
	initStringInfo(&out);
	while (done < len)
	{
		int width = pg_encoding_mblen(encoding, text + done);
		bool is_valid = text[done] != '\0' && width <= len - done &&
						pg_verify_mbstr(encoding, text + done, width, true);

		if (!is_valid)
			width = 1;
		if (out.len + width > limit)
			break;
		if (is_valid)
			appendBinaryStringInfo(&out, text + done, width);
		else
			appendStringInfoChar(&out, '?');
		done += width;
	}
	if (is_cut)
		appendStringInfoString(&out, "...");
	return out.data;
}

/*
 * mm_error_clip
 *		At most 100 bytes of text for an error detail.
 */
char *
mm_error_clip(const char *text, Size len)
{
	return printable_copy(text, len, DETAIL_VALUE_BYTES);
}

/*
 * mm_error_raise
 *		Relay a remote error, at any level.
 */
void
mm_error_raise(int elevel, const RemoteError *error, const char *sql)
{
	bool is_loss = mm_error_is_connection_loss(error);
	char *message = printable_copy(error->message,
								   strlen(error->message),
								   sizeof(error->message));
	char *statement = NULL;

	if (sql != NULL)
		statement = printable_copy(sql, strlen(sql), CONTEXT_SQL_BYTES);

	ereport(elevel,
			(errcode(sqlstate_of(error)),
			 is_loss ?
				 errmsg("lost the connection to the MySQL server") :
				 errmsg("remote statement failed"),
			 errdetail("MySQL error %u (%s): %s", error->number,
					   error->sqlstate[0] != '\0' ? error->sqlstate : "HY000",
					   message),
			 statement != NULL ?
				 errcontext("remote statement: %s", statement) :
				 0));
}

const char *
mm_error_text(const char *message, const char *detail)
{
	return detail == NULL || detail[0] == '\0' ?
			   message :
			   psprintf("%s: %s", message, detail);
}
