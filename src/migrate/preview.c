/*
 * src/migrate/preview.c
 *		migration_plan and migration_check: what a migration would do, and what
 *		will hurt.  Nothing is made here and nothing is locked.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/materialize.h"
#include "catalog/namespace.h"
#include "funcapi.h"
#include "migrate/arguments.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "source/options.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Rough, for the estimate of a duration: MB per second with a few readers. */
#define ESTIMATED_MB_PER_SECOND 60

/* Groups of notes that are shown; blockers always are. */
#define MAX_GROUPS 18

/* A process that is no job: the calling backend looks for itself. */
typedef struct Preview
{
	JobProcess process;
	Migration *migration;
} Preview;

static Preview *
open_preview(const char *payload, OnExisting on_existing)
{
	Preview *preview = palloc0(sizeof(Preview));

	preview->process.context = CurrentMemoryContext;
	preview->process.slot_number = -1;
	preview->process.arguments.payload = payload;
	preview->migration = mm_migration_init(&preview->process);
	preview->migration->spec->on_existing = on_existing;
	mm_migration_connect(&preview->process);
	mm_plan_read(preview->migration);
	return preview;
}

static void
close_preview(Preview *preview)
{
	mm_conn_close(preview->migration->conn);
}

/* ---------------------------------------------------------------- plan */

static const char *
phase_name(DdlPhase phase)
{
	static const char *const names[] = {
		[DDL_SCHEMA] = "schema",
		[DDL_TYPE] = "type",
		[DDL_SEQUENCE] = "sequence",
		[DDL_TABLE] = "table",
		[DDL_INDEX] = "index",
		[DDL_KEY] = "key",
		[DDL_CHECK] = "check",
		[DDL_VALIDATE_CHECK] = "validate",
		[DDL_IDENTITY] = "identity",
		[DDL_TRIGGER] = "trigger",
		[DDL_COMMENT] = "comment",
		[DDL_FOREIGN_KEY] = "foreign key",
		[DDL_VALIDATE_FOREIGN_KEY] = "validate",
		[DDL_VIEW] = "view",
	};

	return names[phase];
}

typedef struct PlanRows
{
	ReturnSetInfo *rsinfo;
	int step;
} PlanRows;

static void
put_plan_row(PlanRows *rows, const char *phase, const char *object,
			 const char *severity, const char *reason, const char *statement)
{
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = Int32GetDatum(++rows->step);
	values[1] = CStringGetTextDatum(phase);
	values[2] = CStringGetTextDatum(object ? object : "");
	values[3] = CStringGetTextDatum(severity);
	nulls[4] = reason == NULL;
	values[4] = reason == NULL ? (Datum) 0 : CStringGetTextDatum(reason);
	nulls[5] = statement == NULL;
	values[5] = statement == NULL ? (Datum) 0 : CStringGetTextDatum(statement);
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}

/* The data comes between the tables and their indexes. */
static void
put_data_rows(PlanRows *rows, const Migration *migration)
{
	ListCell *cell;

	if ((migration->spec->phases & PHASE_DATA) == 0)
		return;
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		put_plan_row(rows, "data", table->local_name, "ok",
					 psprintf("about " UINT64_FORMAT " rows",
							  table->estimated_rows),
					 psprintf("SELECT * FROM migrate_table(%s, %s, %s, on_existing => 'append')",
							  quote_literal_cstr(migration->spec->server),
							  quote_literal_cstr(table->name),
							  quote_literal_cstr(mm_quote_local_name(table->local_schema,
																	 table->local_name))));
	}
}

static void
put_notes(PlanRows *rows, const NoteList *notes)
{
	ListCell *cell;

	foreach(cell, notes->notes)
	{
		Note *note = lfirst(cell);

		put_plan_row(rows, "note", note->object,
					 mm_note_severity_name(note->severity),
					 note->why ? psprintf("%s: %s", note->what, note->why) :
								 note->what,
					 NULL);
	}
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_plan);

/*
 * migration_plan(server, remote_schema, local_schema, include, exclude,
 *				  options)
 *		Every statement that would run, in order; then the notes.  Follows the
 *		decisions that are stored and asks the data nothing.
 */
Datum
mysql_migrate_migration_plan(PG_FUNCTION_ARGS)
{
	StringInfo payload = mm_arguments_preview(fcinfo, "migration_plan", 5);
	PlanRows rows = {(ReturnSetInfo *) fcinfo->resultinfo, 0};
	Preview *preview;
	bool data_done = false;
	ListCell *cell;

	mm_init_materialized(fcinfo);
	preview = open_preview(payload->data, EXISTING_ERROR);
	(void) mm_decide_from_store(preview->migration);
	foreach(cell, mm_plan_statements(preview->migration))
	{
		DdlStatement *statement = lfirst(cell);

		if (statement->phase >= DDL_INDEX && !data_done)
		{
			put_data_rows(&rows, preview->migration);
			data_done = true;
		}
		put_plan_row(&rows, phase_name(statement->phase), statement->object,
					 "ok", statement->reason ? statement->reason : statement->may_fail ? "the data may stand against it" :
																						 NULL,
					 statement->sql);
	}
	if (!data_done)
		put_data_rows(&rows, preview->migration);
	put_notes(&rows, preview->migration->notes);
	close_preview(preview);
	PG_RETURN_NULL();
}

/* ---------------------------------------------------------------- check */

static void
put_finding(ReturnSetInfo *rsinfo, const char *severity, const char *object,
			const char *finding, const char *what_to_do, const char *detail)
{
	Datum values[5];
	bool nulls[5] = {false};

	values[0] = CStringGetTextDatum(severity);
	values[1] = CStringGetTextDatum(object);
	values[2] = CStringGetTextDatum(finding);
	values[3] = CStringGetTextDatum(what_to_do);
	nulls[4] = detail == NULL;
	values[4] = detail == NULL ? (Datum) 0 : CStringGetTextDatum(detail);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Notes of one kind are one finding: "37 columns". */
typedef struct NoteGroup
{
	NoteSeverity severity;
	const char *what;
	const char *why;
	const char *next_step;
	const char *first;
	bool same_what; /* all notes of the group say the same */
	int count;
	StringInfoData detail;
} NoteGroup;

/* The reason makes the group; what happened may hold names. */
static const char *
group_key(const char *what, const char *why)
{
	return why ? why : what;
}

static NoteGroup *
group_of(List **groups, const Note *note)
{
	NoteGroup *group;
	ListCell *cell;

	foreach(cell, *groups)
	{
		group = lfirst(cell);
		if (group->severity == note->severity &&
			strcmp(group_key(group->what, group->why),
				   group_key(note->what, note->why)) == 0)
		{
			group->same_what &= strcmp(group->what, note->what) == 0;
			return group;
		}
	}
	group = palloc0(sizeof(NoteGroup));
	group->severity = note->severity;
	group->what = note->what;
	group->why = note->why;
	group->next_step = note->next_step;
	group->first = note->object;
	group->same_what = true;
	initStringInfo(&group->detail);
	*groups = lappend(*groups, group);
	return group;
}

static List *
group_notes(const NoteList *notes)
{
	List *groups = NIL;
	ListCell *cell;

	foreach(cell, notes->notes)
	{
		Note *note = lfirst(cell);
		NoteGroup *group = group_of(&groups, note);

		group->count++;
		appendStringInfo(&group->detail, "%s%s%s%s",
						 group->detail.len > 0 ? "\n" : "", note->object,
						 note->why ? ": " : "", note->why ? note->why : "");
	}
	return groups;
}

static void
put_group(ReturnSetInfo *rsinfo, const NoteGroup *group)
{
	const char *finding;

	if (group->count == 1 && group->why)
		finding = psprintf("%s: %s", group->what, group->why);
	else
		finding = group->same_what || !group->why ? group->what : group->why;
	put_finding(rsinfo, mm_note_severity_name(group->severity),
				group->count == 1 ? group->first :
									psprintf("%s + %d", group->first, group->count - 1),
				finding, group->next_step ? group->next_step : "nothing",
				group->detail.data);
}

/* One screen: what does not fit is counted, and migration_plan has it all. */
static void
put_rest(ReturnSetInfo *rsinfo, const NoteGroup *group, StringInfo rest,
		 int *hidden)
{
	appendStringInfo(rest, "%s%s", rest->len > 0 ? "\n" : "",
					 group->detail.data);
	*hidden += group->count;
}

static void
put_note_groups(ReturnSetInfo *rsinfo, const NoteList *notes)
{
	List *groups = group_notes(notes);
	StringInfoData rest;
	int shown = 0;
	int hidden = 0;

	initStringInfo(&rest);
	for (NoteSeverity severity = NOTE_BLOCKER; severity <= NOTE_NOTE;
		 severity++)
	{
		ListCell *cell;

		foreach(cell, groups)
		{
			NoteGroup *group = lfirst(cell);

			if (group->severity != severity)
				continue;
			if (severity == NOTE_BLOCKER || ++shown <= MAX_GROUPS)
				put_group(rsinfo, group);
			else
				put_rest(rsinfo, group, &rest, &hidden);
		}
	}
	if (hidden > 0)
		put_finding(rsinfo, "note", psprintf("%d objects", hidden),
					"further findings", "see detail, or migration_plan",
					rest.data);
}

static void
put_existing(ReturnSetInfo *rsinfo, const Migration *migration)
{
	StringInfoData names;
	int count = 0;
	ListCell *cell;

	initStringInfo(&names);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (!table->exists_here)
			continue;
		appendStringInfo(&names, "%s%s", count > 0 ? "\n" : "",
						 table->local_name);
		count++;
	}
	if (count > 0)
		put_finding(rsinfo, "blocker", psprintf("%d tables", count),
					psprintf("exist in schema \"%s\" already",
							 migration->spec->local_schema),
					"another local_schema, or on_existing", names.data);
}

/* Tables whose rows are outside of every snapshot. */
static void
put_engines(ReturnSetInfo *rsinfo, const Migration *migration)
{
	StringInfoData names;
	int count = 0;
	ListCell *cell;

	initStringInfo(&names);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (table->is_transactional)
			continue;
		appendStringInfo(&names, "%s%s (%s)", count > 0 ? "\n" : "",
						 table->name, table->engine ? table->engine : "?");
		count++;
	}
	if (count > 0)
		put_finding(rsinfo, "warning", psprintf("%d tables", count),
					"their engine takes no part in a snapshot",
					"nobody may write to them during the load", names.data);
}

/* A plain account of what the server has for the one moment. */
static void
put_source(ReturnSetInfo *rsinfo, const Migration *migration)
{
	const RemoteServerInfo *server = mm_conn_server(migration->conn);
	char *log_bin = mm_conn_query_value(migration->conn,
										"SELECT CAST(@@GLOBAL.log_bin AS CHAR)");
	char *zone = mm_conn_query_value(migration->conn,
									 "SELECT IF(@@GLOBAL.time_zone = 'SYSTEM', @@system_time_zone, @@GLOBAL.time_zone)");
	bool no_lock = server->flavour == FLAVOUR_MARIADB &&
				   log_bin != NULL &&
				   (strcmp(log_bin, "1") == 0 || pg_strcasecmp(log_bin, "ON") == 0);
	char *finding = psprintf("%s, %s, zone %s", server->version_text,
							 server->tls_cipher[0] ? server->tls_cipher :
													 "no TLS",
							 zone ? zone : "unknown");

	put_finding(rsinfo, "ok", "source", finding,
				no_lock ? "no lock needed: SELECT suffices" :
						  "one moment for several readers needs RELOAD or LOCK TABLES",
				no_lock ? NULL :
						  psprintf("GRANT RELOAD ON *.* TO CURRENT_USER(); -- or: GRANT LOCK TABLES ON %s.* TO CURRENT_USER();",
								   mm_quote_remote_ident(migration->schema->name)));
}

static void
put_encryption(ReturnSetInfo *rsinfo, const Migration *migration)
{
	if (mm_conn_server(migration->conn)->tls_cipher[0] != '\0' ||
		migration->info->socket != NULL)
		return;
	put_finding(rsinfo, "warning", "source", "the connection is not encrypted",
				psprintf("ALTER SERVER %s OPTIONS (ADD ssl_mode 'required')",
						 quote_identifier(migration->spec->server)),
				NULL);
}

static void
put_target(ReturnSetInfo *rsinfo, const Migration *migration)
{
	put_finding(rsinfo, "ok", "target",
				psprintf("schema %s%s, role %s, max_worker_processes %d",
						 quote_identifier(migration->spec->local_schema),
						 migration->created_schema ? " (will be made)" : "",
						 GetUserNameFromId(GetUserId(), false),
						 max_worker_processes),
				"nothing", NULL);
}

static void
put_size(ReturnSetInfo *rsinfo, const Migration *migration)
{
	uint64 rows = 0;
	uint64 bytes = 0;
	uint64 seconds;
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		rows += table->estimated_rows;
		bytes += table->data_bytes;
	}
	seconds = bytes / (ESTIMATED_MB_PER_SECOND * UINT64CONST(1048576)) + 1;
	put_finding(rsinfo, "ok", "size",
				psprintf("%d tables, about " UINT64_FORMAT " rows, %s",
						 list_length(migration->schema->tables), rows,
						 text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty,
																			Int64GetDatum(bytes))))),
				seconds < 60 ? psprintf("about " UINT64_FORMAT " seconds", seconds) :
							   psprintf("about " UINT64_FORMAT " minutes", seconds / 60),
				NULL);
}

static bool
wants_data(const char *depth)
{
	if (strcmp(depth, "data") == 0)
		return true;
	if (strcmp(depth, "catalog") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"depth\": \"%s\"", depth),
			 errhint("Valid values are \"catalog\" and \"data\".")));
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_check);

/*
 * migration_check(server, remote_schema, local_schema, depth, options)
 *		One screen: what will hurt, and what to do about it.
 */
Datum
mysql_migrate_migration_check(PG_FUNCTION_ARGS)
{
	char *depth = PG_ARGISNULL(3) ? "catalog" :
									text_to_cstring(PG_GETARG_TEXT_PP(3));
	bool data = wants_data(depth);
	StringInfo payload = mm_arguments_preview(fcinfo, "migration_check", 4);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Preview *preview;
	Migration *migration;
	int open = 0;

	mm_init_materialized(fcinfo);
	preview = open_preview(payload->data, EXISTING_APPEND);
	migration = preview->migration;
	if (data)
		mm_decide_here(&preview->process);
	else
		open = mm_decide_from_store(migration);
	(void) mm_plan_statements(migration);
	put_existing(rsinfo, migration);
	put_engines(rsinfo, migration);
	put_encryption(rsinfo, migration);
	put_note_groups(rsinfo, migration->notes);
	if (open > 0)
		put_finding(rsinfo, "note", psprintf("%d columns", open),
					"their type depends on the data, which was not read",
					"migration_check(..., depth => 'data') reads it; the migration does too",
					NULL);
	put_source(rsinfo, migration);
	put_target(rsinfo, migration);
	put_size(rsinfo, migration);
	close_preview(preview);
	PG_RETURN_NULL();
}
