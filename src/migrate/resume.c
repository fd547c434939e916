/*
 * src/migrate/resume.c
 *		Going on with a job that was cancelled, failed or killed.
 *
 * The tables job, table_map and task are all that is needed: tasks that are
 * done stay done, all others wait again, a range from the key on that it had
 * reached.  The new run has a new moment; if rows are still to be
 * read, the job is no longer of one moment, and says so.
 *
 * A job that died before all of its tasks were written has loaded nothing yet:
 * what it made is dropped, and it is planned anew under its own number.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "base/compat.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "job/claim.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/existing.h"
#include "migrate/identity.h"
#include "migrate/migration.h"
#include "migrate/replace.h"
#include "migrate/rollback.h"
#include "migrate/table_json.h"
#include "migrate/watch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

static bool
is_load(const Task *task)
{
	return strcmp(task->kind, "load") == 0;
}

/* What the tasks of a table tell about it. */
static void
learn_from_task(TableState *state, const Task *task)
{
	if (strcmp(task->kind, "finish") == 0)
	{
		state->load_stage = linitial_int(task->needs);
		state->finish_stage = task->stage;
	}
	if (!is_load(task))
		return;
	/* A table is cut into all of its ranges at once. */
	state->is_cut = true;
	state->is_partly_loaded |= strcmp(task->state, "done") != 0;
}

static TableState *
state_of(const TableMap *map, List *tasks)
{
	TableState *state = palloc0(sizeof(TableState));
	ListCell *cell;

	state->table = mm_table_from_json(map->description);
	state->table->exists_here = !map->created;
	state->map_id = map->id;
	state->relation = map->relation;
	state->filter = map->filter;
	state->created = map->created;
	state->is_published = strcmp(map->state, "published") == 0;
	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);

		if (task->subject == map->id)
			learn_from_task(state, task);
	}
	return state;
}

/*
 * Partitions of a table without a key: rows may have moved from one to another
 * since the first moment, and nothing could mend that, so all are read again.
 */
static void
reload_partitions(JobProcess *process, TableState *state, List *tasks)
{
	ListCell *cell;
	int partitions = 0;

	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);

		if (is_load(task) && task->subject == state->map_id &&
			task->partition != NULL)
		{
			task->state = "waiting";
			partitions++;
		}
	}
	if (partitions == 0 || get_rel_name(state->relation) == NULL)
		return;
	mm_migration_execute(psprintf("TRUNCATE %s",
								  mm_quote_local_relation(state->relation)));
	mm_book_forget_rejects(process->job_id, state->map_id);
	mm_task_repeat(process->job_id, LOAD_TASK, state->map_id);
}

/* `text` with each `from` that stands there as a whole name made `to`. */
static const char *
with_name(const char *text, const char *from, const char *to)
{
	Size length = strlen(from);
	StringInfoData out;
	const char *hit;

	if (text == NULL || strstr(text, from) == NULL)
		return text;
	initStringInfo(&out);
	while ((hit = strstr(text, from)) != NULL)
	{
		char next = hit[length];
		bool whole = !isalnum((unsigned char) next) && next != '_' &&
					 next != '$' && !IS_HIGHBIT_SET(next);

		appendBinaryStringInfo(&out, text, hit - text);
		appendStringInfoString(&out, whole ? to : from);
		text = hit + length;
	}
	appendStringInfoString(&out, text);
	return out.data;
}

/*
 * An earlier run gave this table its own name, and statements that are still to
 * be run (a foreign key to a table that failed then) have its job name.
 */
static void
use_final_name(const TableState *state, List *tasks)
{
	const RemoteTable *table = state->table;
	const char *from;
	const char *to;
	ListCell *cell;

	if (!state->is_published ||
		strcmp(table->load_name, table->local_name) == 0)
		return;
	from = mm_quote_local_name(table->local_schema, table->load_name);
	to = mm_quote_local_name(table->local_schema, table->local_name);
	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);
		const char *statement = with_name(task->statement, from, to);

		if (statement == task->statement || strcmp(task->state, "done") == 0)
			continue;
		task->statement = statement;
		task->listing = with_name(task->listing, from, to);
		mm_task_set_statement(task);
	}
}

static bool
restore_tables(JobProcess *process, List *tasks)
{
	Migration *migration = process->state;
	List *maps = mm_book_job_tables(process->job_id);
	bool reads = false;
	ListCell *cell;

	foreach(cell, tasks)
	{
		Task *task = lfirst(cell);

		if (is_load(task) && strcmp(task->state, "done") != 0)
			reads = true;
	}
	foreach(cell, maps)
	{
		TableState *state = state_of(lfirst(cell), tasks);

		if ((migration->spec->phases & PHASE_DATA) == 0)
			state->is_cut = true;
		if (state->is_partly_loaded)
			reload_partitions(process, state, tasks);
		use_final_name(state, tasks);
		migration->tables = lappend(migration->tables, state);
		reads = reads || !state->is_cut;
	}
	mm_existing_order(migration);
	mm_replace_resume(process);
	return reads;
}

/* Load stages that further chunks will be added to. */
static List *
uncut_stages(Migration *migration)
{
	List *stages = NIL;
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (!state->is_cut)
			stages = lappend_int(stages, state->load_stage);
	}
	return stages;
}

/*
 * mm_resume_claim
 *		Nobody else resumes this job.  Until then, a failure is none of the
 *		job's.
 */
void
mm_resume_claim(JobProcess *process)
{
	Migration *migration = process->state;

	if (migration->is_claimed)
		return;
	mm_transaction_start();
	migration->was_interrupted = mm_claim_job(migration->spec->resumed_job,
											  dsm_segment_handle(process->segment));
	mm_leader_set_job(process, migration->spec->resumed_job);
	mm_watch_tell(process, "running");
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	migration->is_claimed = true;
}

/*
 * mm_resume_job
 *		The plan of a resumed job.
 */
void
mm_resume_job(JobProcess *process)
{
	Migration *migration = process->state;
	List *tasks;
	bool reads;

	mm_resume_claim(process);
	mm_migration_connect(process);
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	mm_identity_check_job(migration->conn, process->job_id);
	if (!mm_book_is_planned(process->job_id))
	{
		CommitTransactionCommand();
		(void) mm_rollback_made(process);
		mm_plan_job(process);
		return;
	}
	mm_task_reopen_all(process->job_id, migration->was_interrupted);
	tasks = mm_task_list(process->job_id);
	reads = restore_tables(process, tasks);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_plan_refuse_switched(process);

	mm_plan_start_workers(process);
	if (reads)
		mm_moment_take(process);
	mm_plan_announce(process);
	mm_leader_restore_tasks(process, tasks, LATE_TASK,
							uncut_stages(migration));
}
