/*
 * src/migrate/make_objects.c
 *		Makes what must be there before the first row: schema, types, sequences,
 *		tables.
 *
 * One table that PostgreSQL refuses must not stop all others.  Its columns are
 * tried one by one, in a transaction that leaves nothing; a default or a
 * generation expression that is refused is left out, with a note, and then the
 * partitions, if it has any.  The batch that failed starts over.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/transaction.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Statements in one transaction: locks are held until its end. */
#define STATEMENTS_PER_TRANSACTION 50

/* What PostgreSQL does not want of the statement, not of the moment. */
static bool
is_refusal(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE)
		return false;
	return category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_FEATURE_NOT_SUPPORTED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
}

static void
note_column(NoteList *notes, const RemoteTable *table,
			const RemoteColumn *column, const ErrorData *error)
{
	bool is_generated = column->generated != NULL;
	Note *note = mm_note_add(notes, NOTE_WARNING, table->local_name,
							 psprintf("%s.%s", table->name, column->name),
							 is_generated ? "generated column becomes a plain column" :
											"default not made");

	mm_note_explain(notes, note, error->message,
					is_generated ? "Its values are copied.  Compute new ones in a trigger or in the application." :
								   "Set another default with ALTER TABLE, or let the application give the value.",
					is_generated ? column->generated : column->default_text);
}

/* Leaves out what is refused of single columns; gives how many there were. */
static int
strip_columns(Migration *migration, RemoteTable *table)
{
	int stripped = 0;
	ListCell *cell;

	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		ErrorData *error;

		if (column->is_skipped || column->is_bare_here ||
			(column->default_text == NULL && !column->is_generated_here))
			continue;
		error = mm_migration_try(mm_ddl_probe_column(migration->schema,
													 &migration->ddl, table,
													 column));
		if (error == NULL || !is_refusal(error))
			continue;
		note_column(migration->notes, table, column, error);
		column->is_bare_here = true;
		column->is_generated_here = false;
		stripped++;
	}
	return stripped;
}

static void
drop_partitions(List *statements, const RemoteTable *table)
{
	ListCell *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		if (statement->table == table && statement->of_partition)
			statement->sql = NULL;
	}
}

/* A plain table instead of a partitioned one. */
static void
flatten_table(Migration *migration, List *statements, RemoteTable *table,
			  const ErrorData *error)
{
	Note *note = mm_note_add(migration->notes, NOTE_WARNING, table->local_name,
							 table->name,
							 "partitioned table becomes a plain table");

	mm_note_explain(migration->notes, note,
					mm_error_text(error->message, error->detail),
					"Partition it by hand before it grows large, if it needs to be.",
					NULL);
	table->is_partitioned_here = false;
	drop_partitions(statements, table);
}

/* What was here when the statement failed: schema and types, for one. */
static void
make_what_was_here(List *batch, const DdlStatement *failed)
{
	ListCell *cell;

	foreach(cell, batch)
	{
		DdlStatement *statement = lfirst(cell);

		if (statement == failed)
			break;
		CHECK_FOR_INTERRUPTS();
		if (statement->sql != NULL)
			mm_migration_execute(statement->sql);
	}
}

/*
 * After a statement failed: changes the statements so that another attempt
 * makes sense, or raises the error.  In a transaction that leaves nothing.
 */
static void
simplify(JobProcess *process, List *statements, List *batch,
		 DdlStatement *failed, ErrorData *error)
{
	Migration *migration = process->state;
	RemoteTable *table = failed->table;
	ListCell *cell;

	if (failed->phase == DDL_SEQUENCE)
	{
		mm_note_explain(migration->notes,
						mm_note_add(migration->notes, NOTE_WARNING, NULL,
									failed->object, "sequence not made"),
						error->message,
						psprintf("Mend the statement and run it: %s;",
								 failed->sql),
						NULL);
		failed->sql = NULL;
		return;
	}
	/* A name that is taken is not the fault of a column. */
	if (failed->phase != DDL_TABLE || table == NULL ||
		error->sqlerrcode == ERRCODE_DUPLICATE_TABLE)
		ReThrowError(error);
	make_what_was_here(batch, failed);
	if (strip_columns(migration, table) == 0)
	{
		if (!table->is_partitioned_here)
			ReThrowError(error);
		flatten_table(migration, statements, table, error);
	}
	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		if (statement->phase == DDL_TABLE && statement->table == table &&
			!statement->of_partition)
			statement->sql = mm_ddl_table_again(migration->schema,
												&migration->ddl, table);
	}
}

/* Runs statements from `first` on; sets *current to the one at work. */
static void
run_batch(JobProcess *process, List *batch, DdlStatement **current)
{
	Migration *migration = process->state;
	ListCell *cell;

	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	foreach(cell, batch)
	{
		*current = lfirst(cell);
		CHECK_FOR_INTERRUPTS();
		if ((*current)->sql != NULL)
			mm_migration_execute((*current)->sql);
	}
	*current = NULL;
	mm_book_record_made(process->job_id, migration->spec->local_schema);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* One attempt; the error, or NULL. */
static ErrorData *
try_batch(JobProcess *process, List *batch, DdlStatement **failed)
{
	ErrorData *volatile error = NULL;
	DdlStatement *volatile current = NULL;

	PG_TRY();
	{
		run_batch(process, batch, (DdlStatement **) &current);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (current == NULL || !is_refusal(error))
			PG_RE_THROW();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(process->context);
	*failed = current;
	return error;
}

static void
make_batch(JobProcess *process, List *statements, List *batch)
{
	DdlStatement *failed;
	ErrorData *error;

	while ((error = try_batch(process, batch, &failed)) != NULL)
	{
		/* what was made to find out is of no other use */
		mm_transaction_start();
		MemoryContextSwitchTo(process->context);
		simplify(process, statements, batch, failed, error);
		AbortCurrentTransaction();
		MemoryContextSwitchTo(process->context);
	}
}

/*
 * mm_make_objects
 *		Each statement of the first phases in the right order, in small
 *		transactions.
 */
void
mm_make_objects(JobProcess *process, List *statements)
{
	List *batch = NIL;
	ListCell *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		if (statement->phase > DDL_TABLE)
			continue;
		/* a table and its partitions stand or fall together */
		if (list_length(batch) >= STATEMENTS_PER_TRANSACTION &&
			!statement->of_partition)
		{
			make_batch(process, statements, batch);
			batch = NIL;
		}
		batch = lappend(batch, statement);
	}
	make_batch(process, statements, batch);
}
