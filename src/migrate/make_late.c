/*
 * src/migrate/make_late.c
 *		Makes what needs the final names of tables: triggers, views; and runs
 *		the caller's own statement behind all that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/error.h"
#include "base/transaction.h"
#include "migrate/book.h"
#include "migrate/finish_internal.h"
#include "migrate/replace.h"
#include "miscadmin.h"

static void
note_late_failure(JobProcess *process, const Task *task,
				  const ErrorData *error)
{
	NoteList *notes;
	Note *note;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	notes = mm_note_list_create();
	note = mm_note_add(notes, NOTE_WARNING,
					   task->subject == 0 ? NULL :
											mm_book_get_table(task->subject)->local_table,
					   task->object, "not made");
	mm_note_explain(notes, note,
					mm_error_text(error->message, error->detail),
					psprintf("Mend the statement and run it: %s;",
							 task->statement),
					task->listing);
	mm_book_add_notes(process->job_id, GetUserId(), notes);
	mm_task_failed(task, error);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
make(JobProcess *process, void *arg)
{
	Migration *migration = process->state;
	const Task *task = arg;
	TaskCounts none;

	memset(&none, 0, sizeof(none));
	mm_migration_execute(task->statement);
	mm_book_record_made(process->job_id, migration->spec->local_schema);
	mm_task_done(task, &none, NULL);
}

/* One that cannot be made is a note. */
static void
make_late_object(JobProcess *process, Task *task)
{
	ErrorData *error = mm_migration_attempt(process, make, task, true);

	if (error != NULL)
		note_late_failure(process, task, error);
}

/* A trigger is of no use on a table that is not there. */
static bool
is_wanted_late(JobProcess *process, const Task *task)
{
	const TableState *state;

	if (strcmp(task->kind, LATE_TASK) != 0 || strcmp(task->state, "done") == 0)
		return false;
	state = mm_migration_find_table(process->state, task->subject);
	return state == NULL || mm_publish_is_loaded(process, state);
}

void
mm_make_late_objects(JobProcess *process)
{
	Migration *migration = process->state;
	List *tasks;
	ListCell *cell;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	tasks = mm_task_list(process->job_id);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	foreach(cell, tasks)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_wanted_late(process, lfirst(cell)))
			make_late_object(process, lfirst(cell));
	}
	mm_replace_report(process);
	if (migration->spec->after_sql != NULL)
	{
		mm_transaction_start();
		mm_migration_execute(migration->spec->after_sql);
		CommitTransactionCommand();
		MemoryContextSwitchTo(process->context);
	}
}
