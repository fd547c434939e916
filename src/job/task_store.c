/*
 * src/job/task_store.c
 *		The table mysql_migrate.task.
 *
 * A task's life:
 *
 *		waiting --> running --> done
 *		   ^           |
 *		   |           +--> failed    (error saved; no more attempts)
 *		   +-----------+              (worker died, or worth another try)
 *		waiting --> skipped           (something it needs has failed)
 *
 * "running" is committed before the work starts, with attempts + 1; "done" is
 * committed together with the work.  A process that dies writes nothing: the
 * leader finds the task running without a live worker and puts it back, until
 * "attempts" says that the task kills its workers.  The tables are the truth;
 * shared memory holds only what may be lost.
 */
#include "postgres.h"

#include "job/store.h"
#include "job/task_store.h"
#include "utils/memutils.h"

static char *
stage_array(List *stages)
{
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	foreach(cell, stages)
		appendStringInfo(&out, "%s%d", out.len > 1 ? "," : "",
						 lfirst_int(cell));
	appendStringInfoChar(&out, '}');
	return out.data;
}

void
mm_task_insert(const Task *task)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id), task->kind,
						  mm_store_number(task->subject), task->object,
						  task->statement, task->lower, task->upper,
						  mm_store_boolean(task->is_null_chunk),
						  mm_store_number(task->stage),
						  stage_array(task->needs),
						  mm_store_boolean(task->may_fail),
						  mm_store_boolean(task->needs_snapshot),
						  mm_store_boolean(task->leader_only),
						  psprintf(UINT64_FORMAT, task->weight), task->listing,
						  task->partition};

	mm_store_execute_alone("INSERT INTO mysql_migrate.task"
						   " (job, id, kind, state, subject, object, statement,"
						   "  lower_bound, upper_bound, is_null_chunk, stage, needs,"
						   "  may_fail, needs_snapshot, leader_only, weight, listing,"
						   "  partition)"
						   " VALUES ($1::bigint, $2::int, $3, 'waiting', $4::bigint,"
						   "  $5, $6, $7, $8, $9::boolean, $10::int, $11::int[],"
						   "  $12::boolean, $13::boolean, $14::boolean, $15::numeric, $16,"
						   "  $17)",
						   lengthof(args), args);
}

/* The columns that task_from_row reads. */
#define TASK_COLUMNS                                                \
	"job, id, kind, state, attempts, subject, object, statement,"   \
	" lower_bound, upper_bound, is_null_chunk, stage, needs::text," \
	" may_fail, needs_snapshot, leader_only, weight, listing,"      \
	" position, partition, rows_read, remark, bytes_read, claim"

static List *
parse_stages(const char *text)
{
	List *stages = NIL;

	for (const char *p = text; *p != '\0';)
	{
		if (*p >= '0' && *p <= '9')
			stages = lappend_int(stages, (int) strtol(p, (char **) &p, 10));
		else
			p++;
	}
	return stages;
}

static Task *
task_from_row(int row)
{
	Task *task = palloc0(sizeof(Task));

#define VALUE(n) mm_store_value(row, n)
	task->job_id = strtoll(VALUE(1), NULL, 10);
	task->id = atoi(VALUE(2));
	task->kind = VALUE(3);
	task->state = VALUE(4);
	task->attempts = atoi(VALUE(5));
	task->subject = strtoll(VALUE(6), NULL, 10);
	task->object = VALUE(7);
	task->statement = VALUE(8);
	task->lower = VALUE(9);
	task->upper = VALUE(10);
	task->is_null_chunk = *VALUE(11) == 't';
	task->stage = atoi(VALUE(12));
	task->needs = parse_stages(VALUE(13));
	task->may_fail = *VALUE(14) == 't';
	task->needs_snapshot = *VALUE(15) == 't';
	task->leader_only = *VALUE(16) == 't';
	task->weight = strtoull(VALUE(17), NULL, 10);
	task->listing = VALUE(18);
	task->position = VALUE(19);
	task->partition = VALUE(20);
	task->rows_read = strtoull(VALUE(21), NULL, 10);
	task->remark = VALUE(22);
	task->bytes_read = strtoull(VALUE(23), NULL, 10);
	task->claim = VALUE(24);
#undef VALUE
	return task;
}

/* Run a query that gives at most one task. */
static Task *
one_task(const char *sql, int64 job_id, int task_id)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	Task *task = NULL;
	const char *args[] = {mm_store_number(job_id), mm_store_number(task_id)};

	mm_store_enter(&scope);
	if (mm_store_execute(sql, lengthof(args), args) == 1)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		task = task_from_row(0);
		MemoryContextSwitchTo(old);
	}
	mm_store_leave(&scope);
	if (task == NULL)
		elog(ERROR, "task %d of job " INT64_FORMAT " is not there, or not to be done",
			 task_id, job_id);
	return task;
}

Task *
mm_task_get(int64 job_id, int task_id)
{
	return one_task("SELECT " TASK_COLUMNS " FROM mysql_migrate.task"
					" WHERE job = $1::bigint AND id = $2::int",
					job_id, task_id);
}

/*
 * mm_task_claim
 *		Take a task: the caller commits before it starts to work on it.
 *
 * A worker that dies later leaves the task in state "running", and nothing
 * has to run in the dying process.  The claim is a number that no other claim
 * ever has: a worker that outlives its leader, and ends a task that the next
 * leader has given to somebody else, is found out by it.
 */
Task *
mm_task_claim(int64 job_id, int task_id)
{
	return one_task("UPDATE mysql_migrate.task"
					" SET state = 'running', attempts = attempts + 1,"
					"     claim = pg_current_xact_id()::text,"
					"     started = clock_timestamp(), finished = NULL"
					" WHERE job = $1::bigint AND id = $2::int"
					"   AND state = 'waiting'"
					" RETURNING " TASK_COLUMNS,
					job_id, task_id);
}

/* No row was changed: the task is another process's by now. */
static void
refuse_stranger(const Task *task, uint64 rows)
{
	if (rows != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("task %d of job " INT64_FORMAT " was given to another process",
						task->id, task->job_id),
				 errhint("The job goes on without this process; its work is undone.")));
}

void
mm_task_advance(const Task *task, const char *position,
				const TaskCounts *counts, const char *remark)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id), position,
						  psprintf(UINT64_FORMAT, counts->rows_read),
						  psprintf(UINT64_FORMAT, counts->rows_loaded),
						  psprintf(UINT64_FORMAT, counts->rows_rejected),
						  psprintf(UINT64_FORMAT, counts->bytes_read), remark,
						  task->claim};

	refuse_stranger(task,
					mm_store_execute_alone("UPDATE mysql_migrate.task"
										   " SET position = $3,"
										   "     rows_read = rows_read + $4::numeric,"
										   "     rows_loaded = rows_loaded + $5::numeric,"
										   "     rows_rejected = rows_rejected + $6::numeric,"
										   "     bytes_read = bytes_read + $7::numeric,"
										   "     remark = $8"
										   " WHERE job = $1::bigint AND id = $2::int"
										   "   AND state = 'running' AND claim = $9",
										   lengthof(args), args));
}

/*
 * mm_task_divide
 *		Only the process that works on the chunk may do it: it knows that it has
 *		read nothing beyond the border.
 */
void
mm_task_divide(const Task *task, int new_id, const char *border)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id), border,
						  mm_store_number(new_id)};

	mm_store_execute_alone("INSERT INTO mysql_migrate.task"
						   " (job, id, kind, state, subject, object, statement,"
						   "  lower_bound, upper_bound, stage, needs,"
						   "  may_fail, needs_snapshot, leader_only, weight, listing)"
						   " SELECT job, $4::int, kind, 'waiting', subject, object,"
						   "        statement, $3, upper_bound, stage, needs, may_fail,"
						   "        needs_snapshot, leader_only, weight, listing"
						   "   FROM mysql_migrate.task"
						   "  WHERE job = $1::bigint AND id = $2::int",
						   lengthof(args), args);
	mm_store_execute_alone("UPDATE mysql_migrate.task SET upper_bound = $3"
						   " WHERE job = $1::bigint AND id = $2::int",
						   3, args);
}

bool
mm_task_exists(int64 job_id, int task_id)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(task_id)};

	return mm_store_execute_alone("SELECT 1 FROM mysql_migrate.task"
								  " WHERE job = $1::bigint AND id = $2::int",
								  lengthof(args), args) > 0;
}

void
mm_task_done(const Task *task, const TaskCounts *counts, const char *remark)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id),
						  psprintf(UINT64_FORMAT, counts->rows_read),
						  psprintf(UINT64_FORMAT, counts->rows_loaded),
						  psprintf(UINT64_FORMAT, counts->rows_rejected),
						  psprintf(UINT64_FORMAT, counts->bytes_read), remark,
						  task->claim};
	uint64 rows;

	rows = mm_store_execute_alone("UPDATE mysql_migrate.task"
								  " SET state = 'done', finished = clock_timestamp(),"
								  "     rows_read = rows_read + $3::numeric,"
								  "     rows_loaded = rows_loaded + $4::numeric,"
								  "     rows_rejected = rows_rejected + $5::numeric,"
								  "     bytes_read = bytes_read + $6::numeric,"
								  "     error_sqlstate = NULL, error_message = NULL,"
								  "     error_detail = NULL, error_hint = NULL,"
								  "     error_context = NULL, remark = $7"
								  " WHERE job = $1::bigint AND id = $2::int"
								  "   AND state <> 'done' AND claim IS NOT DISTINCT FROM $8",
								  lengthof(args), args);
	refuse_stranger(task, rows);
}

void
mm_task_failed(const Task *task, const ErrorData *error)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id),
						  unpack_sql_state(error->sqlerrcode), error->message,
						  error->detail, error->hint, error->context,
						  task->claim};

	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   " SET state = 'failed', finished = clock_timestamp(),"
						   "     error_sqlstate = $3, error_message = $4,"
						   "     error_detail = $5, error_hint = $6, error_context = $7"
						   " WHERE job = $1::bigint AND id = $2::int"
						   "   AND state <> 'done' AND claim IS NOT DISTINCT FROM $8",
						   lengthof(args), args);
}

void
mm_task_put_back(int64 job_id, int task_id)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(task_id)};

	mm_store_execute_alone("UPDATE mysql_migrate.task SET state = 'waiting', claim = NULL"
						   " WHERE job = $1::bigint AND id = $2::int"
						   "   AND state IN ('running', 'failed')",
						   lengthof(args), args);
}

void
mm_task_skip(int64 job_id, int task_id, const char *reason)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(task_id),
						  reason};

	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   " SET state = 'skipped', finished = clock_timestamp(),"
						   "     remark = $3"
						   " WHERE job = $1::bigint AND id = $2::int",
						   lengthof(args), args);
}

void
mm_task_reopen_all(int64 job_id, bool was_interrupted)
{
	const char *args[] = {mm_store_number(job_id),
						  mm_store_boolean(was_interrupted)};
	const char *limits[] = {mm_store_number(job_id),
							mm_store_number(TASK_MAX_DEATHS)};

	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   " SET state = 'waiting', started = NULL, finished = NULL,"
						   "     remark = CASE WHEN position IS NOT NULL THEN remark END,"
						   "     claim = NULL,"
						   "     attempts = CASE WHEN state = 'running' AND $2::boolean"
						   "                     THEN attempts ELSE 0 END"
						   " WHERE job = $1::bigint AND state <> 'done'",
						   lengthof(args), args);
	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   " SET state = 'failed', finished = clock_timestamp(),"
						   "     error_sqlstate = '57P02', error_message ="
						   "     'the server or the worker died ' || attempts ||"
						   "     ' times during this task',"
						   "     error_hint = 'See the server log for the reason. The next migration_resume tries it again.'"
						   " WHERE job = $1::bigint AND state = 'waiting'"
						   "   AND attempts >= $2::int",
						   lengthof(limits), limits);
}

void
mm_task_repeat(int64 job_id, const char *kind, int64 subject)
{
	const char *args[] = {mm_store_number(job_id), kind,
						  mm_store_number(subject)};

	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   " SET state = 'waiting', attempts = 0, started = NULL,"
						   "     finished = NULL, remark = NULL, position = NULL,"
						   "     rows_read = 0, rows_loaded = 0, rows_rejected = 0,"
						   "     bytes_read = 0"
						   " WHERE job = $1::bigint AND kind = $2"
						   "   AND subject = $3::bigint",
						   lengthof(args), args);
}

void
mm_task_set_statement(const Task *task)
{
	const char *args[] = {mm_store_number(task->job_id),
						  mm_store_number(task->id), task->statement,
						  task->listing};

	mm_store_execute_alone("UPDATE mysql_migrate.task SET statement = $3, listing = $4"
						   " WHERE job = $1::bigint AND id = $2::int",
						   lengthof(args), args);
}

List *
mm_task_list(int64 job_id)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	List *tasks = NIL;
	uint64 rows;
	MemoryContext old;
	const char *args[] = {mm_store_number(job_id)};

	mm_store_enter(&scope);
	rows = mm_store_execute("SELECT " TASK_COLUMNS " FROM mysql_migrate.task"
							" WHERE job = $1::bigint ORDER BY id",
							lengthof(args), args);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		tasks = lappend(tasks, task_from_row(i));
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return tasks;
}
