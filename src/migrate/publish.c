/*
 * src/migrate/publish.c
 *		Tables of a job get their names.
 *
 * Tables that only get their names do so in batches: a commit waits for the
 * disk, and thousands of locks would not fit the lock table.  When a batch
 * breaks, its tables are published one by one; one that cannot be has failed,
 * and the others go on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "job/worker.h"
#include "migrate/book.h"
#include "migrate/finish_internal.h"
#include "migrate/replace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Tables that get their final names in one transaction. */
#define TABLES_PER_BATCH 50

bool
mm_publish_is_loaded(JobProcess *process, const TableState *state)
{
	return !state->is_unfinished &&
		   !mm_leader_stage_broken(process, state->load_stage);
}

static void
find_unfinished(JobProcess *process)
{
	const char *args[] = {mm_store_number(process->job_id)};
	ListCell *cell;

	mm_transaction_start();
	foreach(cell, mm_store_get_column("SELECT DISTINCT subject"
									  "  FROM mysql_migrate.task AS t"
									  " WHERE job = $1::bigint AND " MAY_BE_RESUMED,
									  lengthof(args), args))
	{
		TableState *state = mm_migration_find_table(process->state,
													strtoll(lfirst(cell), NULL,
															10));

		if (state != NULL)
			state->is_unfinished = true;
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
publish_table(JobProcess *process, TableState *state)
{
	RemoteTable *table = state->table;

	if (get_rel_name(state->relation) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("local table \"%s.%s\" was dropped during the job",
						table->local_schema, table->local_name)));
	if (state->created && OidIsValid(table->replaced))
		mm_replace_publish(process, state);
	else if (state->created && strcmp(table->load_name, table->local_name) != 0)
		mm_migration_execute(psprintf("ALTER TABLE %s RENAME TO %s",
									  mm_quote_local_name(table->local_schema,
														  table->load_name),
									  quote_identifier(table->local_name)));
	mm_book_set_table_state(state->map_id, "published");
}

/* Of a List of TableState *. */
static void
publish_all(JobProcess *process, void *arg)
{
	ListCell *cell;

	mm_worker_bound_caches();
	foreach(cell, (List *) arg)
		publish_table(process, lfirst(cell));
}

static void
note_unpublished(JobProcess *process, const TableState *state,
				 const ErrorData *error)
{
	NoteList *notes;
	Note *note;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	notes = mm_note_list_create();
	note = mm_note_add(notes, NOTE_WARNING, state->table->local_name,
					   state->table->local_name, "table not published");
	mm_note_explain(notes, note, error->message,
					"Migrate the table again with migrate_table.", NULL);
	mm_book_add_notes(process->job_id, GetUserId(), notes);
	mm_leader_break_stage(process, state->load_stage);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
publish_alone(JobProcess *process, TableState *state)
{
	ErrorData *error = mm_migration_attempt(process, publish_all,
											list_make1(state), true);

	if (error != NULL)
		note_unpublished(process, state, error);
}

static void
publish_batch(JobProcess *process, List *states)
{
	ListCell *cell;

	if (mm_migration_attempt(process, publish_all, states, false) == NULL)
		return;
	/* One by one, the table that it was says so itself. */
	foreach(cell, states)
		publish_alone(process, lfirst(cell));
}

void
mm_publish_tables(JobProcess *process)
{
	Migration *migration = process->state;
	List *batch = NIL;
	ListCell *cell;

	find_unfinished(process);
	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (!mm_publish_is_loaded(process, state) || state->is_published)
			continue;
		if (OidIsValid(state->table->replaced))
		{
			publish_alone(process, state);
			continue;
		}
		batch = lappend(batch, state);
		if (list_length(batch) == TABLES_PER_BATCH)
		{
			publish_batch(process, batch);
			batch = NIL;
		}
	}
	publish_batch(process, batch);
}

/* ---------------------------------------------------------------- names in notes */

/*
 * Notes that may hold a name of this job: one by one they would be looked
 * through for each of thousands of tables.
 */
static const char suspect_notes_query[] =
	"SELECT array_agg(id)::text FROM mysql_migrate.note"
	" WHERE job = $1::bigint"
	"   AND concat(object, ' ', what, ' ', why, ' ', next_step) LIKE"
	"       '%\\_\\_job\\_' || $1 || '%'";

static const char final_name_query[] =
	"UPDATE mysql_migrate.note"
	"   SET object = replace(object, $2, $3), what = replace(what, $2, $3),"
	"       why = replace(why, $2, $3), next_step = replace(next_step, $2, $3)"
	" WHERE job = $1::bigint AND ($4 IS NULL OR id = ANY ($4::bigint[]))"
	"   AND concat(object, ' ', what, ' ', why, ' ', next_step) LIKE"
	"       '%' || replace(replace($2, '\\', '\\\\'), '_', '\\_') || '%'";

typedef struct FinalNames
{
	const char *job;
	const char *suffix;	  /* of a name while its table is loaded */
	const char *suspects; /* notes that hold the suffix, NULL: none */
} FinalNames;

static void
use_final_name(const FinalNames *names, const char *from, const char *to)
{
	/* A long name was cut, and the suffix with it: any note may hold it. */
	bool was_cut = strstr(from, names->suffix) == NULL;
	const char *args[] = {names->job, quote_identifier(from),
						  quote_identifier(to),
						  was_cut ? NULL : names->suspects};

	if (strcmp(from, to) != 0 && (was_cut || names->suspects != NULL))
		(void) mm_store_execute(final_name_query, lengthof(args), args);
}

void
mm_publish_rename_in_notes(JobProcess *process)
{
	Migration *migration = process->state;
	FinalNames names;
	StoreScope scope;
	ListCell *cell;

	mm_transaction_start();
	mm_store_enter(&scope);
	names.job = psprintf(INT64_FORMAT, process->job_id);
	names.suffix = psprintf("__job_" INT64_FORMAT, process->job_id);
	(void) mm_store_execute(suspect_notes_query, 1, &names.job);
	names.suspects = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								  1);
	foreach(cell, migration->tables)
	{
		RemoteTable *table = ((TableState *) lfirst(cell))->table;
		ListCell *rename_cell;

		use_final_name(&names, table->load_name, table->local_name);
		foreach(rename_cell, table->renames)
		{
			RemoteRename *rename = lfirst(rename_cell);

			use_final_name(&names, rename->from, rename->to);
		}
	}
	mm_store_leave(&scope);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}
