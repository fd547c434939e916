/*
 * src/migrate/identity.c
 *		Guards: is this the source the tables came from, has the application
 *		left it, and is a mirror about to empty a table?
 *
 * A server's options can be altered, a name can lead to another machine, and a
 * cron line is easily forgotten: then a mirror would overwrite what is here
 * with what is there.  So every load remembers whom it read from
 * (table_map.source_identity), and every later write compares; and the end of
 * migrate_switch is a row in mysql_migrate.switched, after which nothing is
 * written any more.
 */
#include "postgres.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "base/materialize.h"
#include "job/job_store.h"
#include "job/store.h"
#include "migrate/arguments.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/session.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "wire/result.h"

/* ---------------------------------------------------------------- who it is */

static const char uuid_query[] =
	"SHOW GLOBAL VARIABLES WHERE variable_name IN ('server_uuid', 'server_uid')";

/*
 * Older MariaDB has no number of its own.  What the tables look like would say
 * nothing: a copy looks the same, and the source changes while it is followed.
 */
static const char place_query[] =
	"SELECT CONCAT('host ', @@GLOBAL.hostname, ', port ', @@GLOBAL.port,"
	"              ', data directory ', @@GLOBAL.datadir)";

char *
mm_identity_read(WireConn *conn)
{
	char *id = mm_conn_query_value(conn, "SELECT @@GLOBAL.server_id");
	WireResult *result = mm_result_open(conn, uuid_query, CurrentMemoryContext);
	const WireRow *row;
	char *uuid = NULL;
	char *uid = NULL;

	while ((row = mm_result_next(result)) != NULL)
	{
		char *name = mm_result_text(result, row, 0);
		char *value = mm_result_text(result, row, 1);

		if (strcmp(name, "server_uuid") == 0)
			uuid = value;
		else
			uid = value;
	}
	mm_result_close(result);
	if (uuid != NULL && *uuid != '\0')
		return psprintf("server_uuid %s", uuid);
	if (uid != NULL && *uid != '\0')
		return psprintf("server_id %s, server_uid %s", id, uid);
	return psprintf("server_id %s, %s", id,
					mm_conn_query_value(conn, place_query));
}

/* ---------------------------------------------------------------- remembering */

void
mm_identity_record(int64 job_id, const char *identity)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, job_id), identity};

	mm_store_enter(&scope);
	(void) mm_store_execute("UPDATE mysql_migrate.job SET source_identity = $2"
							" WHERE id = $1::bigint",
							lengthof(args), args);
	(void) mm_store_execute("UPDATE mysql_migrate.table_map"
							"   SET source_identity = $2"
							" WHERE job = $1::bigint",
							lengthof(args), args);
	mm_store_leave(&scope);
}

static void
refuse_stranger(const char *server, const char *object, const char *known,
				const char *now)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" is not the source that %s came from",
					server, object),
			 errdetail("It was loaded from %s; %s answers now.", known, now),
			 errhint("Correct the options of the server. If it is right (a failover, a move to another machine): SELECT migration_accept_source(%s);",
					 quote_literal_cstr(server))));
}

void
mm_identity_check_tables(WireConn *conn, List *maps)
{
	char *now = NULL;
	ListCell *cell;

	foreach(cell, maps)
	{
		TableMap *map = lfirst(cell);
		const char *args[] = {psprintf(INT64_FORMAT, map->id)};
		char *known = mm_store_get_value("SELECT source_identity"
										 "  FROM mysql_migrate.table_map"
										 " WHERE id = $1::bigint",
										 lengthof(args), args);

		if (known == NULL)
			continue;
		if (now == NULL)
			now = mm_identity_read(conn);
		if (strcmp(known, now) != 0)
			refuse_stranger(map->server,
							psprintf("table \"%s.%s\"", map->local_schema,
									 map->local_table),
							known, now);
	}
}

void
mm_identity_check_job(WireConn *conn, int64 job_id)
{
	const char *args[] = {psprintf(INT64_FORMAT, job_id)};
	char *known = mm_store_get_value("SELECT source_identity FROM mysql_migrate.job"
									 " WHERE id = $1::bigint",
									 lengthof(args), args);
	char *now;

	if (known == NULL)
		return;
	now = mm_identity_read(conn);
	if (strcmp(known, now) != 0)
		refuse_stranger(mm_job_get(job_id)->server,
						psprintf("job " INT64_FORMAT, job_id), known, now);
}

/* ---------------------------------------------------------------- accepting */

/* What the caller may steer of a server's book gets the new identity. */
static void
accept_identity(const char *server, const char *identity)
{
	StoreScope scope;
	const char *args[] = {server, identity, psprintf("%u", GetUserId())};

	mm_store_enter(&scope);
	(void) mm_store_execute("UPDATE mysql_migrate.table_map"
							"   SET source_identity = $2"
							" WHERE server = $1"
							"   AND pg_has_role($3::oid, owner, 'USAGE')",
							lengthof(args), args);
	(void) mm_store_execute("UPDATE mysql_migrate.job"
							"   SET source_identity = $2"
							" WHERE server = $1"
							"   AND source_identity IS NOT NULL"
							"   AND pg_has_role($3::oid, owner, 'USAGE')",
							lengthof(args), args);
	mm_store_leave(&scope);
}

static bool
has_tables(const char *server)
{
	const char *args[] = {server, psprintf("%u", GetUserId())};

	return mm_store_get_value("SELECT true FROM mysql_migrate.table_map"
							  " WHERE server = $1"
							  "   AND pg_has_role($2::oid, owner, 'USAGE')"
							  " LIMIT 1",
							  lengthof(args), args) != NULL;
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_accept_source);

/*
 * migration_accept_source(server)
 *		The server that answers now is the right one: a failover, a move.
 */
Datum
mysql_migrate_migration_accept_source(PG_FUNCTION_ARGS)
{
	char *name = mm_argument_text(fcinfo, 0, "server");
	ForeignServer *server = mm_options_server(name, false);
	RemoteSession *session;
	char *identity;

	if (!has_tables(name))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("no migrated table of server \"%s\" is here", name),
				 errhint("SELECT server, local_schema, local_table, state FROM mysql_migrate.table_map;")));
	session = mm_session_get(server, GetUserId());
	mm_session_take(session, NULL, NULL);
	identity = mm_identity_read(mm_session_conn(session));
	accept_identity(name, identity);
	PG_RETURN_TEXT_P(cstring_to_text(identity));
}

/* ---------------------------------------------------------------- switched */

/* When migrate_switch ended, as text, or NULL. */
static char *
switched_at(const char *server)
{
	const char *args[] = {server};

	return mm_store_get_value("SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS TZ')"
							  "  FROM mysql_migrate.switched WHERE server = $1",
							  lengthof(args), args);
}

void
mm_identity_refuse_switched(const char *server, bool force)
{
	char *at = force ? NULL : switched_at(server);

	if (at == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" was switched: nothing is written from it any more",
					server),
			 errdetail("migrate_switch ended at %s; since then the application writes here, and what it wrote would be overwritten.",
					   at),
			 errhint("Remove the call, perhaps a line of pg_cron, or repeat it with force => true. If the application went back to MySQL: DELETE FROM mysql_migrate.switched WHERE server = %s;",
					 quote_literal_cstr(server))));
}

void
mm_identity_refuse_rollback(const char *server)
{
	char *at = switched_at(server);

	if (at == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("server \"%s\" was switched: nothing that came from it is dropped any more",
					server),
			 errdetail("migrate_switch ended at %s; since then the application writes here.",
					   at),
			 errhint("If the application went back to MySQL: DELETE FROM mysql_migrate.switched WHERE server = %s;",
					 quote_literal_cstr(server))));
}

/* ---------------------------------------------------------------- deletes */

void
mm_identity_refuse_deletes(const char *table, uint64 local_rows,
						   uint64 remote_rows, uint64 doomed,
						   double max_delete, bool force)
{
	double limit = max_delete < 0 ? DEFAULT_MAX_DELETE : max_delete;

	if (force || doomed == 0)
		return;
	if (remote_rows == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("mirror would delete every row of table \"%s\"", table),
				 errdetail_plural("The remote table is empty; " UINT64_FORMAT " row is here.",
								  "The remote table is empty; " UINT64_FORMAT " rows are here.",
								  local_rows, local_rows),
				 errhint("If it is meant to be empty: repeat with force => true.")));
	if ((double) doomed > (double) local_rows * limit / 100.0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("mirror would delete " UINT64_FORMAT " of " UINT64_FORMAT " rows of table \"%s\"",
						doomed, local_rows, table),
				 errdetail("At most %g %% of a table are deleted at once.", limit),
				 errhint("Look at them with validate. If they are to go: option \"max_delete\" (percent), or force => true.")));
}
