/*
 * src/migrate/switch_ready.c
 *		Can the server be switched, and how long will it take?
 *
 * A switch leaves MySQL behind: whatever is not here by then is lost to the
 * application.  So every remote table has to be accounted for: it was migrated
 * whole, or the caller said that it need not be (excluded from the migration,
 * a rule "skip", or named in the argument "accept").
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "job/job_shared.h"
#include "job/store.h"
#include "migrate/arguments.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "migrate/sequence.h"
#include "migrate/spec.h"
#include "migrate/switch.h"
#include "miscadmin.h"
#include "source/rule.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "wire/result.h"

/* Names that an obstacle lists; the rest is counted. */
#define MAX_NAMES 10

static void
add_obstacle(Switch *run, int sqlerrcode, const char *what,
			 const char *detail, const char *next_step)
{
	Obstacle *obstacle = palloc(sizeof(Obstacle));

	obstacle->sqlerrcode = sqlerrcode;
	obstacle->what = what;
	obstacle->detail = detail;
	obstacle->next_step = next_step;
	run->obstacles = lappend(run->obstacles, obstacle);
}

/* "a, b and 3 more" of rows whose first value is a name. */
static char *
names_of(List *rows)
{
	StringInfoData text;
	int count = 0;
	ListCell *cell;

	initStringInfo(&text);
	foreach(cell, rows)
	{
		char **values = lfirst(cell);

		if (count++ < MAX_NAMES)
			appendStringInfo(&text, "%s%s", count > 1 ? ", " : "", values[0]);
	}
	if (count > MAX_NAMES)
		appendStringInfo(&text, " and %d more", count - MAX_NAMES);
	return text.data;
}

/* The call that accepts all of these too, as a statement. */
static char *
accepting_call(const Switch *run, List *rows)
{
	StringInfoData text;
	ListCell *cell;
	const char *separator = "";

	initStringInfo(&text);
	appendStringInfo(&text,
					 "SELECT * FROM migrate_switch(%s, accept => ARRAY[",
					 quote_literal_cstr(run->server));
	foreach(cell, run->accept)
	{
		appendStringInfo(&text, "%s%s", separator,
						 quote_literal_cstr(lfirst(cell)));
		separator = ", ";
	}
	foreach(cell, rows)
	{
		appendStringInfo(&text, "%s%s", separator,
						 quote_literal_cstr(((char **) lfirst(cell))[0]));
		separator = ", ";
	}
	appendStringInfoString(&text, "]);");
	return text.data;
}

/* ---------------------------------------------------------------- over already */

bool
mm_switch_is_over(Switch *run)
{
	const char *args[] = {run->server};
	char *at = mm_store_get_value("SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS')"
								  "  FROM mysql_migrate.switched WHERE server = $1",
								  lengthof(args), args);

	if (at == NULL)
		return false;
	mm_switch_report(run, "open",
					 psprintf("switched at %s already: nothing was done", at),
					 NULL);
	return true;
}

/* ---------------------------------------------------------------- obstacles */

static const char other_jobs_query[] =
	"SELECT id, handle, kind, state = 'running'"
	"  FROM mysql_migrate.job"
	" WHERE server = $1 AND kind NOT IN ('validate', 'migrate_switch')"
	"   AND (state = 'running' AND handle IS NOT NULL"
	"        OR finished >= $2::timestamptz)"
	" ORDER BY id";

/* A job of somebody else that runs, or ran since the switch began. */
static void
look_for_jobs(Switch *run)
{
	const char *args[] = {run->server,
						  pstrdup(timestamptz_to_str(run->started))};
	ListCell *cell;

	foreach(cell, mm_store_get_rows(other_jobs_query, lengthof(args), args))
	{
		char **values = lfirst(cell);
		bool runs = *values[3] == 't';

		if (mm_spec_matches(run->own_jobs, values[0]))
			continue;
		if (runs &&
			!mm_shared_is_alive((dsm_handle) strtoull(values[1], NULL, 10),
								strtoll(values[0], NULL, 10)))
			continue;
		add_obstacle(run, ERRCODE_OBJECT_IN_USE,
					 psprintf("job %s (%s) of server \"%s\" %s", values[0],
							  values[2], run->server,
							  runs ? "is running" : "ran during the switch"),
					 "What it writes is not compared.",
					 runs ? psprintf("Wait for its end, or: SELECT migration_cancel(%s);",
									 values[0]) :
							psprintf("SELECT * FROM migrate_switch(%s);",
									 quote_literal_cstr(run->server)));
	}
}

void
mm_switch_refuse_running(const Switch *run)
{
	Switch probe = *run;

	probe.obstacles = NIL;
	look_for_jobs(&probe);
	mm_switch_refuse_unready(&probe);
}

static const char strangers_query[] =
	"SELECT DISTINCT m.local_schema || '.' || m.local_table"
	"  FROM mysql_migrate.table_map AS m"
	" WHERE m.server = $1 AND m.state = 'published'"
	"   AND EXISTS (SELECT FROM pg_class WHERE oid = m.relation)"
	"   AND NOT pg_has_role($2::oid, m.owner, 'USAGE')";

static void
look_for_others(Switch *run)
{
	const char *args[] = {run->server, psprintf("%u", GetUserId())};
	List *rows = mm_store_get_rows(strangers_query, lengthof(args), args);

	if (rows != NIL)
		add_obstacle(run, ERRCODE_INSUFFICIENT_PRIVILEGE,
					 psprintf(mm_plural(list_length(rows), "%d table of server \"%s\" belongs to another role's migration",
										"%d tables of server \"%s\" belong to another role's migration"),
							  list_length(rows), run->server),
					 names_of(rows),
					 "Let a role call migrate_switch that is a member of all of their owners.");
}

/* PG_TRY keeps what an error says; nothing is open that it would leave so. */
static void
look_at_identity(Switch *run)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		mm_identity_check_tables(run->conn, run->maps);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
			PG_RE_THROW();
		FlushErrorState();
		add_obstacle(run, error->sqlerrcode, error->message, error->detail,
					 error->hint);
	}
	PG_END_TRY();
}

static const char incomplete_query[] =
	"SELECT local_table, remote_table, coalesce(status, 'not loaded'),"
	"       rows_rejected::text"
	"  FROM (SELECT DISTINCT ON (relation) *"
	"          FROM mysql_migrate.table_map"
	"         WHERE server = $1 AND state = 'published'"
	"         ORDER BY relation, id DESC) AS newest"
	" WHERE (status IS NULL OR status NOT IN ('ok', 'warning')"
	"        OR rows_rejected > 0)"
	"   AND EXISTS (SELECT FROM pg_class WHERE oid = newest.relation)"
	" ORDER BY local_table";

static void
look_for_incomplete(Switch *run)
{
	const char *args[] = {run->server};
	List *bad = NIL;
	ListCell *cell;

	foreach(cell, mm_store_get_rows(incomplete_query, lengthof(args), args))
	{
		char **values = lfirst(cell);

		if (mm_spec_matches(run->accept, values[0]) ||
			mm_spec_matches(run->accept, values[1]))
			continue;
		bad = lappend(bad, values);
	}
	if (bad != NIL)
		add_obstacle(run, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
					 psprintf(mm_plural(list_length(bad), "%d table is not whole",
										"%d tables are not whole"),
							  list_length(bad)),
					 names_of(bad),
					 psprintf("SELECT * FROM mysql_migrate.reject; and load them again with migrate_table. To go without what is missing: %s",
							  accepting_call(run, bad)));
}

/* ---------------------------------------------------------------- tables that are not here */

static const char remote_tables_query[] =
	"SELECT t.table_name AS name FROM information_schema.tables AS t"
	" WHERE t.table_schema = %s"
	"   AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
	" ORDER BY t.table_name";

static List *
remote_tables(WireConn *conn, const char *schema)
{
	WireResult *result = mm_result_open(conn,
										psprintf(remote_tables_query,
												 mm_quote_remote_literal(schema)),
										CurrentMemoryContext);
	const WireRow *row;
	List *names = NIL;

	while ((row = mm_result_next(result)) != NULL)
		names = lappend(names, mm_result_text(result, row, 0));
	mm_result_close(result);
	return names;
}

/* Left out on purpose: by the jobs' include and exclude, or by a rule. */
typedef struct LeftOut
{
	List *specs; /* of JobSpec *: jobs whose tables are here */
	List *skips; /* of Rule * */
} LeftOut;

static const char schema_jobs_query[] =
	"SELECT j.arguments::text FROM mysql_migrate.job AS j"
	" WHERE j.server = $1 AND j.remote_schema = $2"
	"   AND j.kind = 'migrate_schema' AND j.planned"
	"   AND EXISTS (SELECT FROM mysql_migrate.table_map AS m"
	"                WHERE m.job = j.id AND m.state = 'published'"
	"                  AND m.relation IN (SELECT oid FROM pg_class))";

static LeftOut
what_is_left_out(const Switch *run, const char *schema)
{
	const char *args[] = {run->server, schema};
	const char *rule_args[] = {run->server, psprintf("%u", GetUserId())};
	LeftOut left = {NIL, NIL};
	ListCell *cell;

	foreach(cell, mm_store_get_column(schema_jobs_query, lengthof(args), args))
		left.specs = lappend(left.specs, mm_spec_parse(lfirst(cell)));
	foreach(cell, mm_store_get_column("SELECT pattern FROM mysql_migrate.rule"
									  " WHERE server = $1 AND action = 'skip'"
									  "   AND pg_has_role($2::oid, owner, 'USAGE')",
									  lengthof(rule_args), rule_args))
		left.skips = lappend(left.skips,
							 mm_rule_create(0, lfirst(cell), "skip", NULL));
	return left;
}

/* A job that was about the table did not leave it out, whatever others did. */
static bool
is_left_out(const LeftOut *left, const char *table)
{
	ListCell *cell;

	if (mm_rule_for_table(left->skips, RULE_SKIP, table, false) != NULL)
		return true;
	foreach(cell, left->specs)
	{
		JobSpec *spec = lfirst(cell);

		if (!mm_spec_matches(spec->exclude, table) &&
			(spec->include == NIL || mm_spec_matches(spec->include, table)))
			return false;
	}
	return left->specs != NIL;
}

static bool
is_migrated(const Switch *run, const char *schema, const char *table)
{
	ListCell *cell;

	foreach(cell, run->maps)
	{
		TableMap *map = lfirst(cell);

		if (strcmp(map->remote_schema, schema) == 0 &&
			strcmp(map->remote_table, table) == 0)
			return true;
	}
	return false;
}

static void
look_for_missing(Switch *run, const char *schema)
{
	LeftOut left = what_is_left_out(run, schema);
	List *missing = NIL;
	ListCell *cell;

	foreach(cell, remote_tables(run->conn, schema))
	{
		char **name = palloc(sizeof(char *));

		name[0] = lfirst(cell);
		if (!is_migrated(run, schema, name[0]) &&
			!is_left_out(&left, name[0]) &&
			!mm_spec_matches(run->accept, name[0]))
			missing = lappend(missing, name);
	}
	if (missing != NIL)
		add_obstacle(run, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
					 psprintf(mm_plural(list_length(missing), "%d table of \"%s\" was not migrated",
										"%d tables of \"%s\" were not migrated"),
							  list_length(missing), schema),
					 names_of(missing),
					 psprintf("Migrate them with migrate_table. To leave them behind: %s",
							  accepting_call(run, missing)));
}

/* ---------------------------------------------------------------- looking */

void
mm_switch_look(Switch *run)
{
	ListCell *cell;

	run->maps = mm_book_need_tables(run->server, GetUserId(), NULL);
	run->remote_schemas = mm_book_remote_schemas(run->maps);
	look_at_identity(run);
	look_for_others(run);
	look_for_jobs(run);
	look_for_incomplete(run);
	foreach(cell, run->remote_schemas)
		look_for_missing(run, lfirst(cell));
}

void
mm_switch_refuse_unready(const Switch *run)
{
	Obstacle *first;

	if (run->obstacles == NIL)
		return;
	first = linitial(run->obstacles);
	ereport(ERROR,
			(errcode(first->sqlerrcode),
			 errmsg_internal("%s", first->what),
			 first->detail ? errdetail_internal("%s", first->detail) : 0,
			 first->next_step ? errhint("%s", first->next_step) : 0));
}

/* ---------------------------------------------------------------- dry run */

static const char last_duration_query[] =
	"SELECT extract(epoch FROM finished - started)::bigint::text,"
	"       to_char(finished, 'YYYY-MM-DD')"
	"  FROM mysql_migrate.job"
	" WHERE server = $1 AND kind = $2 AND finished IS NOT NULL"
	"   AND coalesce(arguments->>'mode', '') = $3"
	"   AND NOT arguments ? 'remote_table'"
	"   AND state IN ('ok', 'warning')"
	" ORDER BY id DESC LIMIT 1";

/* Rough, for a step that never ran: MB per second, both sides together. */
#define GUESSED_MB_PER_SECOND 60

static int64
local_bytes(const Switch *run)
{
	int64 bytes = 0;
	ListCell *cell;

	foreach(cell, run->maps)
		bytes += DatumGetInt64(DirectFunctionCall1(pg_table_size,
												   ObjectIdGetDatum(((TableMap *) lfirst(cell))->relation)));
	return bytes;
}

/* Seconds that a step will take; *source says how that is known. */
static int64
expected_seconds(const Switch *run, const char *kind, const char *mode,
				 const char **source)
{
	const char *args[] = {run->server, kind, mode};
	List *rows = mm_store_get_rows(last_duration_query, lengthof(args), args);

	if (rows != NIL)
	{
		char **values = linitial(rows);

		*source = psprintf("as on %s", values[1]);
		return strtoll(values[0], NULL, 10);
	}
	*source = "guessed from the size";
	return local_bytes(run) / (GUESSED_MB_PER_SECOND * INT64CONST(1048576)) + 1;
}

static void
rehearse_writers(Switch *run)
{
	SourceMark first = mm_proof_mark(run->conn, run->remote_schemas);
	SourceMark second;
	bool sees_changes;
	bool sees_lag;
	char *open;
	char *lag;

	mm_switch_wait(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1000));
	second = mm_proof_mark(run->conn, run->remote_schemas);
	open = mm_proof_open_changes(run->conn, &sees_changes);
	lag = mm_proof_lag(run->conn, &sees_lag);
	mm_switch_report(run, "writers off",
					 psprintf("%s %s%s%s%s%s", mm_proof_describe(&second),
							  mm_proof_stands_still(&first, &second) ?
								  "did not move for 1 s" :
								  "moves: somebody writes",
							  open ? "; not committed: " : "",
							  open		   ? open :
							  sees_changes ? "" :
											 NO_PROCESS,
							  lag ? "; behind its source: " : "",
							  lag							 ? lag :
							  sees_lag || !second.is_replica ? "" :
															   NO_MONITOR),
					 mm_human_duration(run->seconds));
}

static char *
readiness(const Switch *run)
{
	StringInfoData text;
	ListCell *cell;

	if (run->obstacles == NIL)
		return "ready to be switched";
	initStringInfo(&text);
	appendStringInfoString(&text, "not ready: ");
	foreach(cell, run->obstacles)
	{
		Obstacle *obstacle = lfirst(cell);

		appendStringInfo(&text, "%s%s (%s)",
						 cell == list_head(run->obstacles) ? "" : "; ",
						 obstacle->what,
						 obstacle->detail ? obstacle->detail : "");
	}
	return text.data;
}

/* Gives the seconds that the step will take. */
static int64
rehearse_job(Switch *run, const char *step, const char *kind,
			 const char *mode)
{
	const char *source;
	int64 seconds = expected_seconds(run, kind, mode, &source);

	mm_switch_report(run, step,
					 psprintf(mm_plural(list_length(run->maps), "%d table; time %s",
										"%d tables; time %s"),
							  list_length(run->maps), source),
					 mm_human_duration(seconds));
	return seconds;
}

void
mm_switch_rehearse(Switch *run)
{
	int64 total = run->seconds;
	int sequences = 0;
	ListCell *cell;

	rehearse_writers(run);
	total += rehearse_job(run, "last mirror", "migrate_missing", "mirror");
	total += rehearse_job(run, "validate", "validate", "checksum");
	foreach(cell, run->maps)
		sequences += list_length(mm_sequence_feeds(((TableMap *) lfirst(cell))->relation));
	mm_switch_report(run, "sequences",
					 psprintf("%d to set, next value + " INT64_FORMAT,
							  sequences, run->margin),
					 mm_human_duration(0));
	mm_switch_report(run, "open", readiness(run), mm_human_duration(total));
}
