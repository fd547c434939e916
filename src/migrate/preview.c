/*
 * src/migrate/preview.c
 *		A look at a migration without doing it, and migration_plan, which shows
 *		every statement of it.  Nothing is made here and nothing is locked.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/materialize.h"
#include "base/search_path.h"
#include "funcapi.h"
#include "migrate/arguments.h"
#include "migrate/migration.h"
#include "migrate/preview.h"
#include "source/options.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

Preview *
mm_preview_open(const char *payload, OnExisting on_existing)
{
	Preview *preview = palloc0(sizeof(Preview));

	preview->search_path = mm_search_path_pin();
	preview->process.context = CurrentMemoryContext;
	preview->process.slot_number = -1;
	preview->process.arguments.payload = payload;
	preview->migration = mm_migration_init(&preview->process);
	preview->migration->spec->on_existing = on_existing;
	preview->migration->is_preview = true;
	mm_migration_connect(&preview->process);
	mm_plan_read(preview->migration);
	return preview;
}

void
mm_preview_close(Preview *preview)
{
	mm_conn_close(preview->migration->conn);
	mm_search_path_unpin(preview->search_path);
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
	preview = mm_preview_open(payload->data, EXISTING_ERROR);
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
	mm_preview_close(preview);
	PG_RETURN_NULL();
}
