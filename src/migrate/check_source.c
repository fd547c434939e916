/*
 * src/migrate/check_source.c
 *		migration_check: MySQL's side.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "commands/dbcommands.h"
#include "migrate/check.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* ---------------------------------------------------------------- names */

/* Names of tables, columns, ...: a count and the list. */
typedef struct Names
{
	int count;
	StringInfoData list;
} Names;

static void
init_names(Names *names)
{
	names->count = 0;
	initStringInfo(&names->list);
}

static void
add_name(Names *names, const char *name)
{
	appendStringInfo(&names->list, "%s%s", names->count > 0 ? "\n" : "", name);
	names->count++;
}

static char *
counted(int count, const char *singular, const char *plural)
{
	return psprintf("%d %s", count, count == 1 ? singular : plural);
}

/* ---------------------------------------------------------------- privileges */

/*
 * Privileges of the account, as SHOW GRANTS tells them.  A role's own
 * privileges are not shown there, so with a role nothing is missing for sure.
 */
typedef struct Grants
{
	StringInfoData held; /* ", SELECT, SHOW VIEW, " */
	bool has_role;
} Grants;

/* Does "ON `shop`.*" or "ON *.*" cover the schema?  `%` and `_` are wild. */
static bool
scope_covers(const char *scope, const char *schema)
{
	char *quoted = mm_quote_remote_ident(schema);
	StringInfoData plain;

	if (strncmp(scope, "*.*", 3) == 0)
		return true;
	if (strncmp(scope, psprintf("%s.*", quoted), strlen(quoted) + 2) == 0)
		return true;
	/* A wildcard character of the name is written with a backslash. */
	initStringInfo(&plain);
	for (const char *p = scope; *p != '\0' && *p != '.'; p++)
	{
		if (*p == '\\' && (p[1] == '_' || p[1] == '%'))
			continue;
		appendStringInfoChar(&plain, *p);
	}
	return strcmp(plain.data, quoted) == 0 || strchr(plain.data, '%') != NULL;
}

static Grants
read_grants(WireConn *conn, const char *schema)
{
	WireResult *result = mm_result_open(conn, "SHOW GRANTS",
										CurrentMemoryContext);
	const WireRow *row;
	Grants grants;

	initStringInfo(&grants.held);
	appendStringInfoString(&grants.held, ", ");
	grants.has_role = false;
	while ((row = mm_result_next(result)) != NULL)
	{
		char *line = mm_result_text(result, row, 0);
		char *on = strstr(line, " ON ");

		if (pg_strncasecmp(line, "GRANT ", 6) != 0)
			continue;
		if (on == NULL)
			grants.has_role = true;
		else if (scope_covers(on + 4, schema))
			appendStringInfo(&grants.held, "%.*s, ", (int) (on - line - 6),
							 line + 6);
	}
	mm_result_close(result);
	return grants;
}

static bool
holds(const Grants *grants, const char *privilege)
{
	return grants->has_role ||
		   strstr(grants->held.data, ", ALL PRIVILEGES, ") != NULL ||
		   strstr(grants->held.data, psprintf(", %s, ", privilege)) != NULL;
}

/* The account as GRANT wants it. */
static char *
account(WireConn *conn)
{
	char *user = mm_conn_query_value(conn, "SELECT CURRENT_USER()");
	char *at = user ? strrchr(user, '@') : NULL;

	if (at == NULL)
		return pstrdup("CURRENT_USER()");
	return psprintf("%s@%s", mm_quote_remote_ident(pnstrdup(user, at - user)),
					mm_quote_remote_ident(at + 1));
}

static void
check_schema_privileges(Check *check, const Grants *grants)
{
	static const char *const wanted[][2] = {
		{"SELECT", "rows"},
		{"SHOW VIEW", "views"},
		{"TRIGGER", "triggers"},
		{"EVENT", "events"},
	};
	WireConn *conn = check->migration->conn;
	const char *schema = check->migration->schema->name;
	StringInfoData missing;
	StringInfoData unseen;

	initStringInfo(&missing);
	initStringInfo(&unseen);
	for (int i = 0; i < lengthof(wanted); i++)
	{
		const char *comma = missing.len > 0 ? ", " : "";

		if (holds(grants, wanted[i][0]))
			continue;
		appendStringInfo(&missing, "%s%s", comma, wanted[i][0]);
		appendStringInfo(&unseen, "%s%s", comma, wanted[i][1]);
	}
	if (missing.len > 0)
		mm_check_add(check, FINDING_WARNING, "privileges",
					 psprintf("without %s on %s.* not all %s can be seen",
							  missing.data, schema, unseen.data),
					 psprintf("in MySQL: GRANT %s ON %s.* TO %s;",
							  missing.data, mm_quote_remote_ident(schema),
							  account(conn)),
					 NULL);
}

static bool
has_binary_log(WireConn *conn)
{
	char *value = mm_conn_query_value(conn,
									  "SELECT CAST(@@GLOBAL.log_bin AS CHAR)");

	return value != NULL &&
		   (strcmp(value, "1") == 0 || pg_strcasecmp(value, "ON") == 0);
}

/* What the account needs so that several readers see one moment. */
static bool
check_moment(Check *check, const Grants *grants)
{
	WireConn *conn = check->migration->conn;

	if (mm_conn_server(conn)->flavour == FLAVOUR_MARIADB &&
		has_binary_log(conn))
		return true;
	if (!holds(grants, "RELOAD") && !holds(grants, "FLUSH_TABLES") &&
		!holds(grants, "LOCK TABLES"))
		mm_check_add(check, FINDING_WARNING, "privileges",
					 "several readers get one moment only by a short lock, which the account may not take",
					 psprintf("in MySQL: GRANT LOCK TABLES ON %s.* TO %s;",
							  mm_quote_remote_ident(check->migration->schema->name),
							  account(conn)),
					 psprintf("or: GRANT RELOAD ON *.* TO %s;\nOtherwise the job has one reader, or with the option \"snapshot\" = \"none\" several moments.",
							  account(conn)));
	return false;
}

/* ---------------------------------------------------------------- encryption */

static void
check_encryption(Check *check)
{
	Migration *migration = check->migration;
	const char *have;

	if (mm_conn_server(migration->conn)->tls_cipher[0] != '\0' ||
		migration->info->socket != NULL)
		return;
	have = mm_conn_query_value(migration->conn,
							   "SELECT COALESCE((SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'have_ssl'), 'YES')");
	if (have != NULL && pg_strcasecmp(have, "YES") != 0)
		mm_check_add(check, FINDING_WARNING, "source",
					 "the connection is not encrypted, and MySQL is set up without TLS",
					 "set ssl_cert and ssl_key in MySQL, then ssl_mode 'required' in the server's options",
					 NULL);
	else
		mm_check_add(check, FINDING_WARNING, "source",
					 "the connection is not encrypted",
					 psprintf("ALTER SERVER %s OPTIONS (%s ssl_mode 'required');",
							  quote_identifier(migration->spec->server),
							  migration->info->ssl_mode == SSL_MODE_PREFERRED_ ?
								  "ADD" :
								  "SET"),
					 NULL);
}

/* ---------------------------------------------------------------- tables */

/* Tables whose rows are outside of every snapshot. */
static void
check_engines(Check *check)
{
	Names names;
	ListCell *cell;

	init_names(&names);
	foreach(cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (!table->is_transactional)
			add_name(&names, psprintf("%s (%s)", table->name,
									  table->engine ? table->engine : "?"));
	}
	if (names.count > 0)
		mm_check_add(check, FINDING_WARNING,
					 counted(names.count, "table", "tables"),
					 "the engine takes no part in a snapshot",
					 "let nobody write to them during the load, or in MySQL: ALTER TABLE ... ENGINE = InnoDB",
					 names.list.data);
}

static void
check_names(Check *check)
{
	Names names;
	ListCell *table_cell;

	init_names(&names);
	foreach(table_cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		if (strcmp(table->name, table->local_name) != 0)
			add_name(&names, psprintf("%s is %s here", table->name,
									  table->local_name));
		foreach(cell, table->columns)
		{
			RemoteColumn *column = lfirst(cell);

			if (!column->is_skipped &&
				strcmp(column->name, column->local_name) != 0)
				add_name(&names, psprintf("%s.%s is %s here", table->name,
										  column->name, column->local_name));
		}
	}
	if (names.count > 0)
		mm_check_add(check, FINDING_NOTE,
					 counted(names.count, "name", "names"),
					 "spelled otherwise here, as SQL without quotes finds them",
					 "options => '{\"identifiers\": \"keep\"}' leaves them as they are",
					 names.list.data);
}

/* ---------------------------------------------------------------- time */

static const char remote_offset_query[] =
	"SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(),"
	" '+00:00', @@GLOBAL.time_zone))";

static const char remote_zone_query[] =
	"SELECT IF(@@GLOBAL.time_zone = 'SYSTEM', @@system_time_zone,"
	" @@GLOBAL.time_zone)";

static int
local_offset_minutes(void)
{
	struct pg_tm tm;
	fsec_t fraction;
	int seconds_west;

	if (timestamp2tm(GetCurrentTimestamp(), &seconds_west, &tm, &fraction,
					 NULL, NULL) != 0)
		return 0;
	return -seconds_west / SECS_PER_MINUTE;
}

static char *
offset_text(int minutes)
{
	int amount = abs(minutes);

	return psprintf("%s%02d:%02d", minutes < 0 ? "-" : "+", amount / 60,
					amount % 60);
}

/* Columns that take the server's wall clock. */
static bool
takes_wall_clock(const RemoteColumn *column)
{
	bool is_now = column->on_update_now ||
				  (column->default_text != NULL &&
				   (pg_strncasecmp(column->default_text, "current_timestamp", 17) == 0 ||
					pg_strncasecmp(column->default_text, "now(", 4) == 0 ||
					pg_strncasecmp(column->default_text, "curdate", 7) == 0));

	return is_now && !column->is_skipped &&
		   strcmp(column->type.data_type, "timestamp") != 0;
}

/* A name that PostgreSQL knows; else the offset in POSIX style. */
static char *
usable_zone(const char *zone, int minutes)
{
	int amount = abs(minutes);

	if (zone != NULL && pg_tzset(zone) != NULL && strchr(zone, ':') == NULL)
		return pstrdup(zone);
	return psprintf("<%s%02d>%s%d:%02d", minutes < 0 ? "-" : "+", amount / 60,
					minutes < 0 ? "" : "-", amount / 60, amount % 60);
}

static void
check_time(Check *check)
{
	WireConn *conn = check->migration->conn;
	char *offset = mm_conn_query_value(conn, remote_offset_query);
	char *zone = mm_conn_query_value(conn, remote_zone_query);
	int remote = offset == NULL ? 0 : atoi(offset);
	int local = local_offset_minutes();
	Names names;
	ListCell *table_cell;

	if (offset == NULL || remote == local)
		return;
	init_names(&names);
	foreach(table_cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		foreach(cell, table->columns)
		{
			RemoteColumn *column = lfirst(cell);

			if (takes_wall_clock(column))
				add_name(&names, psprintf("%s.%s", table->local_name,
										  column->local_name));
		}
	}
	if (names.count > 0)
		mm_check_add(check, FINDING_WARNING,
					 counted(names.count, "column", "columns"),
					 psprintf("datetime that is set to now(): %s in MySQL, %s here",
							  offset_text(remote), offset_text(local)),
					 psprintf("ALTER DATABASE %s SET timezone = %s;",
							  quote_identifier(get_database_name(MyDatabaseId)),
							  quote_literal_cstr(usable_zone(zone, remote))),
					 names.list.data);
}

/* ---------------------------------------------------------------- all of it */

static void
add_source(Check *check, bool needs_no_lock)
{
	WireConn *conn = check->migration->conn;
	const RemoteServerInfo *server = mm_conn_server(conn);
	char *zone = mm_conn_query_value(conn, remote_zone_query);

	mm_check_add(check, FINDING_OK, "source",
				 psprintf("%s %s, %s, zone %s",
						  server->flavour == FLAVOUR_MARIADB ? "MariaDB" : "MySQL",
						  server->version_text,
						  server->tls_cipher[0] ? server->tls_cipher : "no TLS",
						  zone ? zone : "unknown"),
				 needs_no_lock ? "no lock needed: SELECT suffices" :
								 "a lock of a moment, so that all readers begin together",
				 NULL);
}

void
mm_check_source(Check *check)
{
	Grants grants = read_grants(check->migration->conn,
								check->migration->schema->name);

	check_schema_privileges(check, &grants);
	check_engines(check);
	check_encryption(check);
	check_time(check);
	check_names(check);
	add_source(check, check_moment(check, &grants));
}
