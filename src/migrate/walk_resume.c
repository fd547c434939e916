/*
 * src/migrate/walk_resume.c
 *		Going on with a job that walks tables: validate, migrate_missing.
 *
 * What was compared by a validate stays compared, and the cutting of tables
 * goes on behind the last part that was cut.  A migrate_missing walks anew: it
 * compares before it writes, so that what is done is found done, and the rows
 * that wait for others are to be found again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "job/leader.h"
#include "job/store.h"
#include "migrate/walk.h"
#include "utils/memutils.h"

static void
forget(const char *sql, int64 job_id)
{
	const char *args[] = {psprintf(INT64_FORMAT, job_id)};

	mm_store_execute_alone(sql, lengthof(args), args);
}

void
mm_walk_restart_job(JobProcess *process)
{
	mm_resume_claim(process);
	mm_transaction_start();
	forget("DELETE FROM mysql_migrate.put_off WHERE job = $1::bigint",
		   process->job_id);
	forget("DELETE FROM mysql_migrate.task WHERE job = $1::bigint",
		   process->job_id);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* Where the cutting of a table has got to, by the tasks there are. */
static void
restore_table(WalkTable *table, List *tasks)
{
	ListCell *cell;

	foreach(cell, tasks)
	{
		const Task *task = lfirst(cell);

		if (task->subject != table->map->id)
			continue;
		table->stage = task->stage;
		if (task->is_null_chunk)
			table->nullable = NULL;
		else
		{
			/* In the order of their numbers; the last one is open. */
			table->lower = task->upper;
			table->is_cut = task->upper == NULL;
		}
	}
}

static bool
has_tasks(const WalkTable *table, List *tasks)
{
	ListCell *cell;

	foreach(cell, tasks)
	{
		if (((Task *) lfirst(cell))->subject == table->map->id)
			return true;
	}
	return false;
}

/*
 * mm_walk_resume
 *		The tables of a walk, and the tasks that an earlier run has left.
 */
void
mm_walk_resume(JobProcess *process, Walk *walk, List *maps)
{
	const Migration *migration = process->state;
	List *tasks;
	List *held = NIL;
	ListCell *cell;

	mm_resume_claim(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	mm_task_reopen_all(process->job_id, migration->was_interrupted);
	tasks = mm_task_list(process->job_id);
	foreach(cell, maps)
	{
		WalkTable *table = mm_walk_table(process, lfirst(cell));

		walk->tables = lappend(walk->tables, table);
		restore_table(table, tasks);
		if (has_tasks(table, tasks) && !table->is_cut)
			held = lappend_int(held, table->stage);
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_leader_restore_tasks(process, tasks, "", held);
	foreach(cell, walk->tables)
	{
		WalkTable *table = lfirst(cell);

		if (has_tasks(table, tasks))
			continue;
		table->stage = mm_leader_add_stage(process);
		mm_leader_hold_stage(process, table->stage);
	}
}
