/*
 * src/migrate/tasks.c
 *		What each kind of task does, in a worker (or in the leader).
 */
#include "postgres.h"

#include "access/table.h"
#include "base/compat.h"
#include "base/ident.h"
#include "load/loader.h"
#include "migrate/book.h"
#include "migrate/case_note.h"
#include "migrate/migration.h"
#include "migrate/sequence.h"
#include "migrate/sync.h"
#include "migrate/table_json.h"
#include "migrate/validate.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef void (*RunTask)(JobProcess *process, const Task *task,
						TaskCounts *counts, const char **remark);

/* ---------------------------------------------------------------- tables */

/* The table of a task; consecutive chunks are mostly of the same one. */
RemoteTable *
mm_tasks_table(Migration *migration, int64 map_id)
{
	MemoryContext old;
	TableMap *map;

	if (migration->cached_map_id == map_id)
		return migration->cached_table;
	if (migration->cache_context == NULL)
		migration->cache_context = AllocSetContextCreate(TopMemoryContext,
														 "table description",
														 ALLOCSET_DEFAULT_SIZES);
	migration->cached_map_id = 0;
	MemoryContextReset(migration->cache_context);
	old = MemoryContextSwitchTo(migration->cache_context);
	map = mm_book_get_table(map_id);
	migration->cached_table = mm_table_from_json(map->description);
	migration->cached_table->exists_here = !map->created;
	migration->cached_relation = map->relation;
	migration->cached_filter = map->filter ? pstrdup(map->filter) : NULL;
	migration->cached_key = mm_plan_key(migration->cached_table);
	migration->piece_rows = 0;
	migration->cached_map_id = map_id;
	MemoryContextSwitchTo(old);
	return migration->cached_table;
}

/* The local table, which somebody may have dropped meanwhile. */
void
mm_tasks_check_relation(const Migration *migration)
{
	const RemoteTable *table = migration->cached_table;

	if (get_rel_name(migration->cached_relation) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("local table \"%s.%s\" was dropped during the job",
						table->local_schema, table->local_name),
				 errhint("Migrate the table again with migrate_table.")));
}

/* ---------------------------------------------------------------- statements */

static void
run_statement(JobProcess *process, const Task *task, TaskCounts *counts,
			  const char **remark)
{
	mm_slot_set_activity(process->slot, task->object);
	mm_migration_execute(task->statement);
}

/*
 * The table's last task: identity and comments, the next values, statistics.
 */
static void
run_finish(JobProcess *process, const Task *task, TaskCounts *counts,
		   const char **remark)
{
	Migration *migration = process->state;
	RemoteTable *table = mm_tasks_table(migration, task->subject);

	mm_tasks_check_relation(migration);
	mm_slot_set_activity(process->slot, "keys, next values, statistics");
	if (task->statement != NULL && *task->statement != '\0')
		mm_migration_execute(task->statement);
	mm_sequence_set_after_load(migration->cached_relation, table);
	if (migration->spec->case_insensitive == CASE_UNIQUE)
		mm_case_note(process, table, migration->cached_relation);
	mm_migration_execute(psprintf("ANALYZE %s",
								  mm_quote_local_relation(migration->cached_relation)));
}

static const struct
{
	const char *kind;
	RunTask run;
} task_kinds[] = {
	{LOAD_TASK, mm_load_task_run},
	{COMPARE_TASK, mm_validate_run},
	{SYNC_TASK, mm_sync_run},
	{MEND_TASK, mm_sync_mend},
	{DELETE_TASK, mm_sync_delete},
	{"index", run_statement},
	{"key", run_statement},
	{"check", run_statement},
	{"validate", run_statement},
	{"foreign key", run_statement},
	{"finish", run_finish},
};

void
mm_tasks_run(JobProcess *process, const Task *task, TaskCounts *counts,
			 const char **remark)
{
	for (int i = 0; i < lengthof(task_kinds); i++)
	{
		if (strcmp(task_kinds[i].kind, task->kind) == 0)
		{
			task_kinds[i].run(process, task, counts, remark);
			return;
		}
	}
	elog(ERROR, "unknown kind of task \"%s\"", task->kind);
}
