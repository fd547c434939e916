/*
 * src/fdw/info.c
 *		SQL functions about servers and connections: mysql_info,
 *		mysql_connections, mysql_disconnect.
 */
#include "postgres.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "catalog/pg_foreign_server.h"
#include "fdw/result_set.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/session.h"
#include "source/snapshot.h"
#include "utils/acl.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(mysql_migrate_mysql_info);
PG_FUNCTION_INFO_V1(mysql_migrate_mysql_connections);
PG_FUNCTION_INFO_V1(mysql_migrate_mysql_disconnect);

/*
 * Settings worth knowing before a migration; a server without one of them just
 * does not show it.  SHOW needs no privilege.
 */
static const char *const variables_query =
	"SHOW GLOBAL VARIABLES WHERE variable_name IN ("
	"'hostname', 'port', 'server_id', 'server_uuid', 'read_only',"
	" 'super_read_only', 'log_bin', 'binlog_format', 'binlog_row_image',"
	" 'binlog_row_metadata', 'binlog_checksum', 'binlog_expire_logs_seconds',"
	" 'expire_logs_days', 'gtid_mode', 'gtid_strict_mode',"
	" 'enforce_gtid_consistency', 'log_bin_compress',"
	" 'binlog_transaction_compression', 'system_time_zone', 'time_zone',"
	" 'character_set_server', 'collation_server', 'sql_mode',"
	" 'sql_select_limit', 'lower_case_table_names', 'max_allowed_packet',"
	" 'max_connections', 'max_user_connections', 'wait_timeout',"
	" 'net_write_timeout', 'net_read_timeout', 'max_execution_time',"
	" 'max_statement_time', 'default_storage_engine',"
	" 'innodb_buffer_pool_size', 'innodb_page_size', 'innodb_version',"
	" 'innodb_flush_log_at_trx_commit', 'sync_binlog',"
	" 'transaction_isolation', 'tx_isolation', 'require_secure_transport',"
	" 'have_ssl', 'secure_file_priv', 'local_infile')";

/* Privileges that decide how a migration can work; any of them is enough. */
static const struct
{
	const char *name;
	const char *privileges[5];
} abilities[] = {
	{"may_select", {"SELECT"}},
	{"may_show_view", {"SHOW VIEW"}},
	{"may_lock_tables", {"LOCK TABLES"}},
	{"may_flush_tables", {"RELOAD", "FLUSH_TABLES"}},
	{"may_read_binlog_position", {"REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"}},
	{"may_stream_binlog", {"REPLICATION SLAVE"}},
	{"may_see_processes", {"PROCESS"}},
};

static void
put(ResultSet *set, const char *name, const char *value)
{
	Datum values[2] = {0};
	bool isnull[2] = {false, value == NULL};

	values[0] = CStringGetTextDatum(name);
	if (value != NULL)
		values[1] = CStringGetTextDatum(value);
	mm_result_set_put(set, values, isnull);
}

static char *
version_number(const RemoteServerInfo *server)
{
	return psprintf("%d.%d.%d", server->version / 10000,
					server->version / 100 % 100, server->version % 100);
}

/*
 * put_identity
 *		Who is there, and how we got in.
 */
static void
put_identity(ResultSet *set, WireConn *conn)
{
	const RemoteServerInfo *server = mm_conn_server(conn);
	const char *cipher = server->tls_cipher;

	put(set, "flavour",
		server->flavour == FLAVOUR_MARIADB ? "MariaDB" : "MySQL");
	put(set, "version", version_number(server));
	put(set, "version_text", server->version_text);
	put(set, "user", mm_conn_query_value(conn, "SELECT CURRENT_USER()"));
	put(set, "database", mm_conn_query_value(conn, "SELECT DATABASE()"));
	put(set, "tls_cipher", cipher[0] == '\0' ? NULL : cipher);
	put(set, "thread_id", psprintf("%lu", server->thread_id));
}

static void
put_variables(ResultSet *set, WireConn *conn)
{
	WireResult *result = mm_result_open(conn, variables_query,
										CurrentMemoryContext);
	const WireRow *row;

	while ((row = mm_result_next(result)) != NULL)
		put(set, mm_result_text(result, row, 0),
			mm_result_text(result, row, 1));
	mm_result_close(result);
}

static void
put_position(ResultSet *set, WireConn *conn)
{
	char *position = NULL;
	char *gtid = NULL;

	mm_snapshot_position(conn, &position, &gtid);
	put(set, "binlog_position", position);
	put(set, "gtid", gtid);
}

/*
 * grants
 *		Every privilege granted to the user, as one text of ", X, Y, ".
 *
 * Where a grant holds is not looked at: a privilege on one database may be
 * all that is needed.
 */
static char *
grants(WireConn *conn)
{
	WireResult *result = mm_result_open(conn, "SHOW GRANTS",
										CurrentMemoryContext);
	StringInfoData out;
	const WireRow *row;

	initStringInfo(&out);
	appendStringInfoString(&out, ", ");
	while ((row = mm_result_next(result)) != NULL)
	{
		char *line = mm_result_text(result, row, 0);
		char *end = strstr(line, " ON ");

		if (pg_strncasecmp(line, "GRANT ", 6) != 0 || end == NULL)
			continue;
		appendBinaryStringInfo(&out, line + 6, end - line - 6);
		appendStringInfoString(&out, ", ");
	}
	mm_result_close(result);
	return out.data;
}

static void
put_abilities(ResultSet *set, WireConn *conn)
{
	char *granted = grants(conn);
	bool all = strstr(granted, ", ALL PRIVILEGES, ") != NULL;

	for (int i = 0; i < lengthof(abilities); i++)
	{
		bool may = all;

		for (int k = 0; k < lengthof(abilities[i].privileges) &&
						abilities[i].privileges[k] != NULL;
			 k++)
		{
			if (strstr(granted, psprintf(", %s, ",
										 abilities[i].privileges[k])) != NULL)
				may = true;
		}
		put(set, abilities[i].name, may ? "yes" : "no");
	}
}

/*
 * mysql_info(server text) returns table(name text, value text)
 *		What the server is, how it is set, and what the user may do there.
 */
Datum
mysql_migrate_mysql_info(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	RemoteSession *session;
	WireConn *conn;
	ResultSet set;

	mm_result_set_refuse_restricted("mysql_info");
	server = mm_options_server(mm_argument_text(fcinfo, 0, "server"), false);
	mm_result_set_begin(&set, fcinfo);

	session = mm_session_get(server, GetUserId());
	mm_session_take(session, NULL, NULL);
	conn = mm_session_conn(session);
	put_identity(&set, conn);
	put_position(&set, conn);
	put_variables(&set, conn);
	put_abilities(&set, conn);
	return (Datum) 0;
}

/*
 * mysql_connections() returns table(...)
 *		The open connections of this backend, of servers the caller may use.
 */
Datum
mysql_migrate_mysql_connections(PG_FUNCTION_ARGS)
{
	ResultSet set;
	ListCell *lc;

	mm_result_set_begin(&set, fcinfo);
	foreach(lc, mm_session_list())
	{
		SessionState *state = lfirst(lc);
		ForeignServer *server = GetForeignServerExtended(state->server_id,
														 FSV_MISSING_OK);
		char *user = GetUserNameFromId(state->user_id, true);
		Datum values[5] = {0};
		bool isnull[5] = {false};

		if (server != NULL &&
			mm_server_aclcheck(server->serverid, GetUserId(),
							   ACL_USAGE) != ACLCHECK_OK)
			continue;
		isnull[0] = server == NULL;
		if (server != NULL)
			values[0] = CStringGetTextDatum(server->servername);
		isnull[1] = user == NULL;
		if (user != NULL)
			values[1] = CStringGetTextDatum(user);
		values[2] = CStringGetTextDatum(state->state);
		values[3] = BoolGetDatum(state->in_transaction);
		values[4] = Int64GetDatum((int64) state->thread_id);
		mm_result_set_put(&set, values, isnull);
	}
	return (Datum) 0;
}

/*
 * mysql_disconnect(server text) returns boolean
 *		Close this backend's idle connections to a server; was there one?
 */
Datum
mysql_migrate_mysql_disconnect(PG_FUNCTION_ARGS)
{
	ForeignServer *server;

	mm_result_set_refuse_restricted("mysql_disconnect");
	server = mm_options_server(mm_argument_text(fcinfo, 0, "server"), false);
	PG_RETURN_BOOL(mm_session_disconnect(server));
}
