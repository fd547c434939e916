/*
 * src/migrate/check_target.c
 *		migration_check: our side, rights, encoding, room and workers.
 */
#include "postgres.h"

#include <sys/statvfs.h>

#include "access/xlog.h"
#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_tablespace_d.h"
#include "commands/dbcommands.h"
#include "commands/tablespace.h"
#include "mb/pg_wchar.h"
#include "migrate/arguments.h"
#include "migrate/check.h"
#include "migrate/existing.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"

/* Of the size in MySQL: what the tables, and their WAL, need here (measured
 * on InnoDB data without compression; roughly). */
#define HEAP_PER_DATA  1.2
#define INDEX_PER_DATA 1.0
#define WAL_PER_HEAP   1.05

/* ---------------------------------------------------------------- rights */

static void
check_rights(Check *check)
{
	const char *name = check->migration->spec->local_schema;
	const char *role = quote_identifier(GetUserNameFromId(GetUserId(), false));
	Oid schema = get_namespace_oid(name, true);

	if (RecoveryInProgress())
		mm_check_add(check, FINDING_BLOCKER, "target",
					 pstrdup("this server is a standby: nothing can be written"),
					 pstrdup("call the functions on the primary server"), NULL);
	if (OidIsValid(schema))
	{
		if (mm_schema_aclcheck(schema, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
			mm_check_add(check, FINDING_BLOCKER, "target",
						 psprintf("role %s may not create tables in schema %s",
								  role, quote_identifier(name)),
						 psprintf("GRANT CREATE ON SCHEMA %s TO %s;",
								  quote_identifier(name), role),
						 NULL);
	}
	else if (mm_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		mm_check_add(check, FINDING_BLOCKER, "target",
					 psprintf("role %s may not create schema %s", role,
							  quote_identifier(name)),
					 psprintf("GRANT CREATE ON DATABASE %s TO %s;",
							  quote_identifier(get_database_name(MyDatabaseId)),
							  role),
					 NULL);
}

static void
check_encoding(Check *check)
{
	if (GetDatabaseEncoding() == PG_UTF8)
		return;
	mm_check_add(check, FINDING_WARNING, "target",
				 psprintf("the encoding of the database is %s: characters that it does not have are rejected",
						  GetDatabaseEncodingName()),
				 psprintf("CREATE DATABASE %s_utf8 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;",
						  quote_identifier(get_database_name(MyDatabaseId))),
				 NULL);
}

static void
check_existing(Check *check)
{
	static const struct
	{
		OnExisting way;
		const char *name;
	} ways[] = {
		{EXISTING_APPEND, "append"},
		{EXISTING_TRUNCATE, "truncate"},
		{EXISTING_REPLACE, "replace"},
	};
	StringInfoData names;
	StringInfoData possible;
	const char *first = NULL;
	int count = 0;
	ListCell *cell;

	initStringInfo(&possible);
	initStringInfo(&names);
	foreach(cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (!table->exists_here)
			continue;
		appendStringInfo(&names, "%s%s", count > 0 ? "\n" : "",
						 table->local_name);
		if (count++ == 0)
			first = table->local_name;
	}
	if (count == 0)
		return;
	for (int i = 0; i < lengthof(ways); i++)
	{
		char *problems = mm_existing_problems(check->migration, ways[i].way);

		if (problems == NULL)
			appendStringInfo(&possible, "%s'%s'",
							 possible.len > 0 ? ", " : "", ways[i].name);
		else
			appendStringInfo(&names, "\n\non_existing => '%s':\n%s",
							 ways[i].name, problems);
	}
	mm_check_add(check, FINDING_BLOCKER,
				 count == 1 ? first : psprintf("%d tables", count),
				 psprintf("%s in schema \"%s\" already",
						  count == 1 ? "exists" : "exist",
						  check->migration->spec->local_schema),
				 possible.len > 0 ? psprintf("another local_schema, or on_existing => %s", possible.data) :
									"another local_schema, or see detail for what on_existing meets",
				 names.data);
}

/* ---------------------------------------------------------------- room */

static const char index_size_query[] =
	"SELECT CAST(COALESCE(SUM(index_length), 0) AS CHAR)"
	"  FROM information_schema.tables WHERE table_schema = %s";

/* Where new tables go: a directory of the tablespace. */
static const char *
tablespace_path(void)
{
	Oid tablespace = GetDefaultTablespace(RELPERSISTENCE_PERMANENT, false);

	return OidIsValid(tablespace) && tablespace != DEFAULTTABLESPACE_OID ?
			   psprintf("pg_tblspc/%u", tablespace) :
			   "base";
}

static uint64
free_bytes(const char *path)
{
	struct statvfs room;

	if (statvfs(path, &room) != 0)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not look at the free space of \"%s\": %m",
						path)));
		return 0;
	}
	return (uint64) room.f_bavail * room.f_frsize;
}

/*
 * Free space is told to those who may see the server's settings anyway.
 */
static char *
check_room(Check *check)
{
	char *indexes = mm_conn_query_value(check->migration->conn,
										psprintf(index_size_query,
												 mm_quote_remote_literal(check->migration->schema->name)));
	uint64 heap = (uint64) (check->data_bytes * HEAP_PER_DATA);
	uint64 needed = heap + (uint64) (INDEX_PER_DATA * (indexes ? strtoull(indexes, NULL, 10) : 0));
	uint64 wal = wal_level == WAL_LEVEL_MINIMAL ? 0 : (uint64) (needed * WAL_PER_HEAP);
	uint64 room = free_bytes(tablespace_path());
	char *text;

	if (room == 0)
		return psprintf("needs about %s, WAL %s", mm_human_size(needed),
						mm_human_size(wal));
	text = psprintf("needs about %s of %s free, WAL %s",
					mm_human_size(needed), mm_human_size(room),
					mm_human_size(wal));
	if (needed > room)
		mm_check_add(check, FINDING_BLOCKER, "target",
					 "there is not enough room for the tables",
					 "make room, or set default_tablespace to another disk",
					 text);
	else if (needed + Min(wal, (uint64) max_wal_size_mb * 1048576) > room / 10 * 9)
		mm_check_add(check, FINDING_WARNING, "target",
					 "the tables and their WAL nearly fill the disk",
					 "make room, or set default_tablespace to another disk",
					 text);
	return text;
}

/* WAL that is kept for somebody. */
static void
check_slots(Check *check)
{
	int64 count = mm_arguments_query_bigint("SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots WHERE NOT active");

	if (count > 0)
		mm_check_add(check, FINDING_WARNING, "target",
					 psprintf(INT64_FORMAT " replication slots are not in use: they keep all WAL of the load",
							  count),
					 "SELECT slot_name, pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active;",
					 NULL);
}

/* ---------------------------------------------------------------- workers */

static const char background_workers_query[] =
	"SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
	" WHERE backend_type NOT IN ('client backend', 'autovacuum launcher',"
	"  'autovacuum worker', 'background writer', 'checkpointer', 'startup',"
	"  'walreceiver', 'walsender', 'walwriter', 'archiver', 'io worker',"
	"  'slotsync worker', 'walsummarizer', 'standalone backend', 'logger')";

static char *
check_workers(Check *check)
{
	int64 used = mm_arguments_query_bigint(background_workers_query);
	int free_slots = Max(max_worker_processes - (int) used, 0);
	int wanted = mm_arguments_default_workers() + 1;

	if (free_slots == 0)
		mm_check_add(check, FINDING_BLOCKER, "target",
					 psprintf("all %d background workers are in use",
							  max_worker_processes),
					 psprintf("ALTER SYSTEM SET max_worker_processes = %d; and a restart",
							  max_worker_processes + wanted),
					 NULL);
	else if (free_slots < wanted)
		mm_check_add(check, FINDING_WARNING, "target",
					 psprintf("%d worker slots are free, a job would use %d",
							  free_slots, wanted),
					 psprintf("ALTER SYSTEM SET max_worker_processes = %d; and a restart",
							  max_worker_processes + wanted - free_slots),
					 "With fewer workers it takes longer.");
	return psprintf("%d worker slots", free_slots);
}

/* ---------------------------------------------------------------- all of it */

void
mm_check_target(Check *check)
{
	Migration *migration = check->migration;
	char *room;
	char *workers;

	check_rights(check);
	check_existing(check);
	check_encoding(check);
	check_slots(check);
	room = check_room(check);
	workers = check_workers(check);
	mm_check_add(check, FINDING_OK, "target",
				 psprintf("schema %s%s, role %s, %s",
						  quote_identifier(migration->spec->local_schema),
						  migration->created_schema ? " (will be made)" : "",
						  GetUserNameFromId(GetUserId(), false), workers),
				 room, NULL);
}
