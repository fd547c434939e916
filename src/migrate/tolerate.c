/*
 * src/migrate/tolerate.c
 *		An index or a constraint that cannot be made: a note, and the job goes
 *		on.
 *
 * In the worker that met the error the note gets the reason and, where there
 * is one, the query that lists the rows in the way.  An index whose rows are
 * too long for a B-tree is made in another way, so that a unique key keeps its
 * promise.  At the end of the job, when the tables have their names, the rows
 * in the way are counted and the first of them go into the note.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/local_sql.h"
#include "base/transaction.h"
#include "job/store.h"
#include "lib/stringinfo.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Offenders that a note shows, and how much of each. */
#define SHOWN_ROWS		 10
#define SHOWN_CHARACTERS 120

/* ---------------------------------------------------------------- in a worker */

/* "index not made", "foreign key stays NOT VALID", ... */
static const char *
failure_text(const Task *task)
{
	if (strcmp(task->kind, "validate") == 0)
		return "stays NOT VALID";
	if (strcmp(task->kind, "index") == 0)
		return "index not made";
	if (strcmp(task->kind, "key") == 0)
		return "key not made";
	return "constraint not made";
}

static bool
is_data_error(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category ==
			   ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_FEATURE_NOT_SUPPORTED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
}

static RemoteIndex *
find_index(const RemoteTable *table, const char *local_name)
{
	ListCell *cell;

	foreach(cell, table->indexes)
	{
		RemoteIndex *index = lfirst(cell);

		if (index->local_name != NULL &&
			strcmp(index->local_name, local_name) == 0)
			return index;
	}
	return NULL;
}

/* An index for rows that are too long; false: there is none either. */
static bool
make_long_index(const RemoteTable *table, const Task *task,
				const ErrorData *error, NoteList *notes)
{
	RemoteIndex *index = find_index(table, task->object);
	char *sql = index == NULL ? NULL : mm_ddl_long_index(table, index);
	ErrorData *problem;

	if (error->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED || sql == NULL)
		return false;
	problem = mm_migration_try(sql);
	if (problem != NULL)
	{
		ereport(LOG,
				(errmsg("could not make index \"%s\" in another way: %s",
						task->object, problem->message),
				 errdetail("Statement: %s", sql)));
		return false;
	}
	mm_note_explain(notes,
					mm_note_add(notes, NOTE_WARNING, table->local_name,
								psprintf("%s.%s", table->local_name,
										 task->object),
								"index made in another way"),
					mm_error_text(error->message, error->detail),
					psprintf("Queries that need more than equality, and those "
							 "on expressions, have to be written for it: %s;",
							 sql),
					task->statement);
	return true;
}

/* The constraint over an index that is not there, or is another one now. */
static bool
is_consequence(const Task *task, const ErrorData *error)
{
	return strcmp(task->kind, "key") == 0 &&
		   ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			   ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) &&
		   strstr(task->statement, " USING INDEX ") != NULL;
}

static void
note_failure(const RemoteTable *table, const Task *task,
			 const ErrorData *error, NoteList *notes)
{
	Note *note = mm_note_add(notes,
							 is_consequence(task, error) ? NOTE_NOTE :
														   NOTE_WARNING,
							 table->local_name,
							 psprintf("%s.%s", table->local_name, task->object),
							 failure_text(task));
	char *next_step;

	if (is_consequence(task, error))
		next_step = psprintf("See what the notes say about the index; when "
							 "it is there, run: %s;",
							 task->statement);
	else if (task->listing != NULL)
		next_step = psprintf("List the rows: %s; mend them, then run: %s;",
							 task->listing, task->statement);
	else
		next_step = psprintf("Mend the data, then run: %s;", task->statement);
	mm_note_explain(notes, note, mm_error_text(error->message, error->detail),
					next_step, NULL);
}

bool
mm_tasks_tolerate(JobProcess *process, const Task *task,
				  const ErrorData *error, const char **remark)
{
	Migration *migration = process->state;
	RemoteTable *table;
	NoteList *notes;

	if (!is_data_error(error))
		return false;
	table = mm_tasks_table(migration, task->subject);
	notes = mm_note_list_create();
	if (make_long_index(table, task, error, notes))
		*remark = "index made in another way";
	else
	{
		note_failure(table, task, error, notes);
		*remark = failure_text(task);
	}
	mm_book_add_notes(task->job_id, GetUserId(), notes);
	return true;
}

/* ---------------------------------------------------------------- at the end */

/* Number of the note, and query that lists what is in the way (char **). */
static List *
find_listings(JobProcess *process)
{
	const char *args[] = {mm_store_number(process->job_id)};

	return mm_store_get_rows("SELECT n.id::text, t.listing"
							 "  FROM mysql_migrate.task AS t"
							 "  JOIN mysql_migrate.table_map AS m ON m.id = t.subject"
							 "  JOIN mysql_migrate.note AS n"
							 "    ON n.job = t.job AND n.what = t.remark"
							 "   AND n.object = m.local_table || '.' || t.object"
							 " WHERE t.job = $1::bigint AND t.listing IS NOT NULL"
							 "   AND t.kind NOT IN ('load', 'late')"
							 "   AND t.state = 'done'"
							 "   AND m.state = 'published'"
							 "   AND n.why NOT LIKE '% in the way: %'",
							 lengthof(args), args);
}

/* "3 rows in the way: (2,7), (3,8), ..."; NULL: none is, any more. */
static char *
describe_rows(const char *query)
{
	char *sql = psprintf("WITH x AS (%s) SELECT count(*) OVER (), pg_catalog.\"left\"(x::text, %d) FROM x LIMIT %d",
						 query, SHOWN_CHARACTERS, SHOWN_ROWS);
	List *rows = mm_local_rows(sql, 0, NULL, NULL);
	StringInfoData text;
	ListCell *cell;

	if (rows == NIL)
		return NULL;
	initStringInfo(&text);
	foreach(cell, rows)
	{
		char **row = lfirst(cell);

		if (cell == list_head(rows))
			appendStringInfo(&text, "%s in the way: ", row[0]);
		appendStringInfo(&text, "%s%s", cell == list_head(rows) ? "" : ", ",
						 row[1]);
	}
	return text.data;
}

typedef struct Listing
{
	const char *query;
	char *text;
} Listing;

static void
describe_listing(void *arg)
{
	Listing *listing = arg;

	listing->text = describe_rows(listing->query);
}

/* A query that fails says so in the note. */
static char *
try_to_describe(const char *query)
{
	Listing listing = {query, NULL};
	ErrorData *error = mm_transaction_try(describe_listing, &listing);

	return error == NULL ? listing.text :
						   psprintf("not known how many in the way: %s",
									error->message);
}

/*
 * mm_tolerate_count
 *		How many rows stand in the way of what was not made, and the first of
 *		them, into the notes.  Each note in a transaction of its own.
 */
void
mm_tolerate_count(JobProcess *process)
{
	List *listings;
	ListCell *cell;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	listings = find_listings(process);
	CommitTransactionCommand();
	foreach(cell, listings)
	{
		char **listing = lfirst(cell);
		const char *args[2];

		CHECK_FOR_INTERRUPTS();
		mm_transaction_start();
		MemoryContextSwitchTo(process->context);
		args[0] = listing[0];
		args[1] = try_to_describe(listing[1]);
		if (args[1] != NULL)
		{
			mm_store_execute_alone("UPDATE mysql_migrate.note"
								   "   SET why = concat_ws('; ', why, $2)"
								   " WHERE id = $1::bigint",
								   lengthof(args), args);
		}
		CommitTransactionCommand();
	}
	MemoryContextSwitchTo(process->context);
}
