/*
 * src/wire/setup.c
 *		The session every connection works in, whatever the server's defaults.
 *
 * Several server variables change what a query returns without a word:
 * sql_select_limit cuts results, time_zone shifts timestamps, sql_mode turns
 * dates into NULL, sql_auto_is_null rewrites conditions, and MariaDB 10.11
 * forgets ORDER BY under sql_buffer_result (measured).  All of them are set
 * in one statement and those that matter are read back in a second one.  The
 * user's init_command runs before, so that it cannot undo what the decoders
 * rely on.
 */
#include "postgres.h"

#include "base/ident.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

#define UNKNOWN_SYSTEM_VARIABLE 1193
#define LONG_TIMEOUT_S			86400
#define NO_LIMIT				"18446744073709551615"

/*
 * Writes must not be changed in silence (STRICT_ALL_TABLES), a 0 in an
 * AUTO_INCREMENT column is a 0, and keys that hold 2020-02-31 or 2020-00-00
 * must be usable in conditions (ALLOW_INVALID_DATES; no NO_ZERO_IN_DATE).
 */
#define OUR_SQL_MODE                                                  \
	"STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION," \
	"ALLOW_INVALID_DATES"

/* Modes under which values or our SQL would mean something else. */
static const char *const refused_modes[] =
	{
		"PAD_CHAR_TO_FULL_LENGTH",
		"EMPTY_STRING_IS_NULL",
		"PIPES_AS_CONCAT",
		"HIGH_NOT_PRECEDENCE",
		"REAL_AS_FLOAT",
		"NO_UNSIGNED_SUBTRACTION",
		"NO_ZERO_DATE",
		"NO_ZERO_IN_DATE",
		"ORACLE",
};

/* First version that has it; 0: all, -1: never. */
typedef struct SessionSetting
{
	const char *assignment;
	int since_mariadb;
	int since_mysql;
} SessionSetting;

static const SessionSetting settings[] =
	{
		{"NAMES utf8mb4", 0, 0},
		{"time_zone = '+00:00'", 0, 0},
		{"autocommit = 1", 0, 0},
		{"completion_type = 0", 0, 0},
		{"sql_select_limit = " NO_LIMIT, 0, 0},
		{"sql_big_selects = 1", 0, 0}, /* max_join_size */
		{"sql_auto_is_null = 0", 0, 0},
		{"sql_buffer_result = 0", 0, 0},
		{"max_sort_length = 4096", 0, 0}, /* the longest key has 3072 */
		{"div_precision_increment = 4", 0, 0},
		{"default_week_format = 0", 0, 0},
		{"lc_time_names = 'en_US'", 0, 0},
		{"sql_safe_updates = 0", 0, 0},
		{"sql_quote_show_create = 1", 0, 0},
		{"net_read_timeout = 86400", 0, 0},
		{"net_write_timeout = 86400", 0, 0},
		{"wait_timeout = 604800", 0, 0},
		{"group_concat_max_len = 1073741824", 0, 0},
		{"max_statement_time = 0", 100101, -1},
		{"idle_transaction_timeout = 0", 100300, -1},
		{"idle_readonly_transaction_timeout = 0", 100300, -1},
		{"idle_write_transaction_timeout = 0", 100300, -1},
		{"max_execution_time = 0", -1, 50708},
		{"information_schema_stats_expiry = 0", -1, 80003},
};

static const char *const read_back =
	"SELECT @@session.time_zone, @@session.character_set_client,"
	" @@session.character_set_connection, @@session.character_set_results,"
	" @@session.sql_select_limit, @@session.sql_mode,"
	" @@session.net_write_timeout, @@session.net_read_timeout,"
	" @@session.autocommit, @@session.sql_auto_is_null,"
	" @@session.sql_buffer_result, @@session.max_sort_length, CONNECTION_ID(),"
	" CONCAT_WS('/', @@hostname, @@port, @@server_id, @@datadir)";

/* Columns of the above. */
enum
{
	BACK_TIME_ZONE,
	BACK_CHARSET_CLIENT,
	BACK_CHARSET_CONNECTION,
	BACK_CHARSET_RESULTS,
	BACK_SELECT_LIMIT,
	BACK_SQL_MODE,
	BACK_WRITE_TIMEOUT,
	BACK_READ_TIMEOUT,
	BACK_AUTOCOMMIT,
	BACK_AUTO_IS_NULL,
	BACK_BUFFER_RESULT,
	BACK_SORT_LENGTH,
	BACK_CONNECTION_ID,
	BACK_IDENTITY,
	BACK_COLUMNS,
};

static bool
applies_to(const SessionSetting *setting, const RemoteServerInfo *server)
{
	int since = server->flavour == FLAVOUR_MARIADB ?
					setting->since_mariadb :
					setting->since_mysql;

	return since >= 0 && server->version >= since;
}

/*
 * sql_mode_assignment
 *		Our modes, then the user's.
 */
static char *
sql_mode_assignment(const ConnInfo *info)
{
	char *modes;
	char *literal;
	char *assignment;

	if (info->sql_mode != NULL && info->sql_mode[0] != '\0')
		modes = psprintf("%s,%s", OUR_SQL_MODE, info->sql_mode);
	else
		modes = pstrdup(OUR_SQL_MODE);
	literal = mm_quote_remote_literal(modes);
	assignment = psprintf("sql_mode = %s", literal);
	pfree(modes);
	pfree(literal);
	return assignment;
}

/*
 * set_one_by_one
 *		For servers that lack one of the variables.  What is missing here and
 *		matters is found when the settings are read back.
 */
static void
set_one_by_one(WireConn *conn)
{
	for (int i = 0; i < lengthof(settings); i++)
	{
		char *sql;

		if (!applies_to(&settings[i], &conn->server))
			continue;
		sql = psprintf("SET %s", settings[i].assignment);
		(void) mm_conn_attempt(conn, sql, UNKNOWN_SYSTEM_VARIABLE);
		pfree(sql);
	}
}

static void
set_all(WireConn *conn)
{
	StringInfoData sql;
	char *sql_mode = sql_mode_assignment(&conn->info);

	initStringInfo(&sql);
	appendStringInfo(&sql, "SET %s", sql_mode);
	for (int i = 0; i < lengthof(settings); i++)
	{
		if (applies_to(&settings[i], &conn->server))
			appendStringInfo(&sql, ", %s", settings[i].assignment);
	}

	if (!mm_conn_attempt(conn, sql.data, UNKNOWN_SYSTEM_VARIABLE))
	{
		resetStringInfo(&sql);
		appendStringInfo(&sql, "SET %s", sql_mode);
		mm_conn_execute(conn, sql.data);
		set_one_by_one(conn);
	}
	pfree(sql.data);
	pfree(sql_mode);
}

static void
refuse_setting(const char *name, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 errmsg("MySQL server does not accept the session settings needed for exact reading"),
			 errdetail("Variable \"%s\" is \"%s\" after it was set.", name,
					   value != NULL ? mm_error_clip(value, strlen(value)) : "NULL"),
			 hint != NULL ? errhint("%s", hint) : 0));
}

static void
expect(const char *name, const char *value, const char *wanted)
{
	if (value == NULL || pg_strcasecmp(value, wanted) != 0)
		refuse_setting(name, value, NULL);
}

static void
expect_timeout(const char *name, const char *value)
{
	if (value == NULL || strtol(value, NULL, 10) < LONG_TIMEOUT_S)
		refuse_setting(name, value,
					   "The server caps this timeout; a slow load would be cut off by it.");
}

/*
 * check_sql_mode
 *		None of the modes that change values may be on.
 */
static void
check_sql_mode(const char *modes)
{
	if (modes == NULL)
		refuse_setting("sql_mode", NULL, NULL);
	for (int i = 0; i < lengthof(refused_modes); i++)
	{
		const char *mode = refused_modes[i];
		Size len = strlen(mode);

		for (const char *p = modes; *p != '\0';)
		{
			Size width = strcspn(p, ",");

			if (width == len && pg_strncasecmp(p, mode, len) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("sql_mode \"%s\" is not supported", mode),
						 errdetail("It changes what queries return or mean."),
						 errhint("Remove it from the server option \"sql_mode\".")));
			p += width;
			if (*p == ',')
				p++;
		}
	}
}

static void
check_settings(WireConn *conn, char **back)
{
	expect("time_zone", back[BACK_TIME_ZONE], "+00:00");
	expect("character_set_client", back[BACK_CHARSET_CLIENT], "utf8mb4");
	expect("character_set_connection", back[BACK_CHARSET_CONNECTION], "utf8mb4");
	expect("character_set_results", back[BACK_CHARSET_RESULTS], "utf8mb4");
	expect("sql_select_limit", back[BACK_SELECT_LIMIT], NO_LIMIT);
	expect("autocommit", back[BACK_AUTOCOMMIT], "1");
	expect("sql_auto_is_null", back[BACK_AUTO_IS_NULL], "0");
	expect("sql_buffer_result", back[BACK_BUFFER_RESULT], "0");
	expect("max_sort_length", back[BACK_SORT_LENGTH], "4096");
	check_sql_mode(back[BACK_SQL_MODE]);
	expect_timeout("net_write_timeout", back[BACK_WRITE_TIMEOUT]);
	expect_timeout("net_read_timeout", back[BACK_READ_TIMEOUT]);

	if (back[BACK_CONNECTION_ID] != NULL)
		conn->server.thread_id = strtoul(back[BACK_CONNECTION_ID], NULL, 10);
	if (back[BACK_IDENTITY] != NULL)
		strlcpy(conn->identity, back[BACK_IDENTITY], sizeof(conn->identity));
}

/*
 * read_server_info
 *		Flavour and version from the greeting.
 *
 * MariaDB 10 calls itself "5.5.5-10.x" to old replicas, and the client library
 * takes that prefix off or not, depending on the library.
 */
static void
read_server_info(WireConn *conn)
{
	RemoteServerInfo *server = &conn->server;
	const char *text = mysql_get_server_info(conn->mysql);
	const char *cipher = mysql_get_ssl_cipher(conn->mysql);
	int major = 0;
	int minor = 0;
	int patch = 0;

	if (text == NULL)
		text = "";
	if (strncmp(text, "5.5.5-", 6) == 0 && strstr(text, "MariaDB") != NULL)
		text += 6;
	server->flavour = strstr(text, "MariaDB") != NULL ?
						  FLAVOUR_MARIADB :
						  FLAVOUR_MYSQL;
	strlcpy(server->version_text, text, sizeof(server->version_text));
	(void) sscanf(text, "%d.%d.%d", &major, &minor, &patch);
	server->version = major * 10000 + minor * 100 + patch;
	server->thread_id = mysql_thread_id(conn->mysql);
	strlcpy(server->tls_cipher, cipher != NULL ? cipher : "",
			sizeof(server->tls_cipher));
}

/*
 * mm_setup_session
 *		Bring a fresh connection into our session state.  Raises.
 */
void
mm_setup_session(WireConn *conn)
{
	WireResult *result;
	const WireRow *row;
	char *back[BACK_COLUMNS];

	INSTR_TIME_SET_CURRENT(conn->opened);
	read_server_info(conn);
	if (conn->server.version < 50503)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("MySQL server version \"%s\" is too old",
						conn->server.version_text),
				 errdetail("It does not know the character set utf8mb4, which came with 5.5.3.")));
	if (conn->info.init_command != NULL && conn->info.init_command[0] != '\0')
		mm_conn_execute(conn, conn->info.init_command);
	set_all(conn);

	result = mm_result_open(conn, read_back, CurrentMemoryContext);
	row = mm_result_next(result);
	if (row == NULL || row->nvalues != BACK_COLUMNS)
		refuse_setting("sql_select_limit", "0", NULL);
	for (int i = 0; i < BACK_COLUMNS; i++)
		back[i] = mm_result_text(result, row, i);
	if (mm_result_next(result) != NULL)
		elog(ERROR, "more than one row of session settings");
	mm_result_close(result);
	check_settings(conn, back);
}

#endif /* MARIADB_BASE_VERSION */
