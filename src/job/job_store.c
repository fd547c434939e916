/*
 * src/job/job_store.c
 *		The tables mysql_migrate.job and mysql_migrate.task.
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
 *
 * A job's life: running --> ok | warning | incomplete | failed | cancelled.
 * A running job without a live leader was interrupted and can be resumed.
 *
 * Everything runs as the owner of these tables, so that users need no rights
 * on them; the entry points check what the user may do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/search_path.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "job/job_store.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define STORE_SCHEMA   "mysql_migrate"
#define MAX_STORE_ARGS 24

/* Plans of the engine's statements, by the address of their constant text. */
typedef struct StorePlan
{
	const char *sql; /* hash key */
	SPIPlanPtr plan;
} StorePlan;

static HTAB *store_plans = NULL;

static Oid
store_owner(void)
{
	Oid schema = get_namespace_oid(STORE_SCHEMA, true);
	Oid relation = OidIsValid(schema) ?
					   get_relname_relid("job", schema) :
					   InvalidOid;
	HeapTuple tuple;
	Oid owner;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the bookkeeping tables of mysql_migrate are not there"),
				 errhint("Run CREATE EXTENSION mysql_migrate in this database and commit.")));
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

void
mm_store_enter(StoreScope *scope)
{
	Oid owner = store_owner();

	GetUserIdAndSecContext(&scope->saved_user, &scope->saved_context);
	SetUserIdAndSecContext(owner, scope->saved_context |
									  SECURITY_LOCAL_USERID_CHANGE);
	scope->guc_level = mm_search_path_pin();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
mm_store_leave(StoreScope *scope)
{
	PopActiveSnapshot();
	SPI_finish();
	mm_search_path_unpin(scope->guc_level);
	SetUserIdAndSecContext(scope->saved_user, scope->saved_context);
}

/*
 * mm_store_check_trigger
 *		Raises unless the function was called as the row trigger, before the
 *		row is stored, of that table of the bookkeeping.
 *
 * Everybody may call a trigger function, by a trigger on a table of his own
 * with columns as he likes them.
 */
void
mm_store_check_trigger(FunctionCallInfo fcinfo, const char *table)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (CALLED_AS_TRIGGER(fcinfo) &&
		TRIGGER_FIRED_FOR_ROW(data->tg_event) &&
		TRIGGER_FIRED_BEFORE(data->tg_event) &&
		(TRIGGER_FIRED_BY_INSERT(data->tg_event) ||
		 TRIGGER_FIRED_BY_UPDATE(data->tg_event)) &&
		RelationGetRelid(data->tg_relation) ==
			get_relname_relid(table, get_namespace_oid(STORE_SCHEMA, false)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("this function is the trigger of " STORE_SCHEMA ".%s",
					table),
			 errhint("INSERT INTO " STORE_SCHEMA ".%s calls it.", table)));
}

void
mm_store_commit_lazily(void)
{
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

static SPIPlanPtr
store_plan(const char *sql, int nargs)
{
	StorePlan *entry;
	bool found;
	Oid types[MAX_STORE_ARGS];

	if (store_plans == NULL)
	{
		HASHCTL control;

		memset(&control, 0, sizeof(control));
		control.keysize = sizeof(char *);
		control.entrysize = sizeof(StorePlan);
		store_plans = hash_create("mysql_migrate store plans", 64, &control,
								  HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(store_plans, &sql, HASH_FIND, &found);
	if (found)
		return entry->plan;
	for (int i = 0; i < nargs; i++)
		types[i] = TEXTOID;
	{
		SPIPlanPtr plan = SPI_prepare(sql, nargs, types);

		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		entry = hash_search(store_plans, &sql, HASH_ENTER, &found);
		entry->plan = plan;
		return plan;
	}
}

/*
 * mm_store_execute
 *		Run one of the engine's own statements; gives the rows processed.
 *
 * `sql` must be a constant: its address is the key under which the plan is
 * kept.  Parameters are text; the statement casts them.
 */
uint64
mm_store_execute(const char *sql, int nargs, const char **args)
{
	Datum values[MAX_STORE_ARGS];
	char nulls[MAX_STORE_ARGS + 1];
	int code;

	Assert(nargs <= MAX_STORE_ARGS);
	for (int i = 0; i < nargs; i++)
	{
		nulls[i] = args[i] == NULL ? 'n' : ' ';
		values[i] = args[i] == NULL ? (Datum) 0 : CStringGetTextDatum(args[i]);
	}
	nulls[nargs] = '\0';
	code = SPI_execute_plan(store_plan(sql, nargs), values, nulls, false, 0);
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(code));
	return SPI_processed;
}

/* One statement in a scope of its own. */
static uint64
execute_alone(const char *sql, int nargs, const char **args)
{
	StoreScope scope;
	uint64 rows;

	mm_store_enter(&scope);
	rows = mm_store_execute(sql, nargs, args);
	mm_store_leave(&scope);
	return rows;
}

static char *
text_of(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

static const char *
number(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

static const char *
boolean(bool value)
{
	return value ? "true" : "false";
}

/* ---------------------------------------------------------------- jobs */

int64
mm_job_insert(const char *kind, const char *server, const char *remote_schema,
			  const char *local_schema, const char *payload, Oid owner,
			  int workers, dsm_handle handle)
{
	StoreScope scope;
	int64 id;
	const char *args[] = {kind, server, remote_schema, local_schema, payload,
						  number(owner), number(workers), number(handle), number(MyProcPid)};

	mm_store_enter(&scope);
	mm_store_execute("INSERT INTO mysql_migrate.job"
					 " (kind, state, server, remote_schema, local_schema,"
					 "  arguments, owner, workers, handle, leader_pid)"
					 " VALUES ($1, 'running', $2, $3, $4, $5::jsonb, $6::oid,"
					 "  $7::int, $8::bigint, $9::int) RETURNING id",
					 lengthof(args), args);
	id = strtoll(text_of(1), NULL, 10);
	mm_store_leave(&scope);
	return id;
}

void
mm_job_set_running(int64 job_id, dsm_handle handle)
{
	const char *args[] = {number(job_id), number(handle), number(MyProcPid)};

	execute_alone("UPDATE mysql_migrate.job"
				  " SET state = 'running', handle = $2::bigint,"
				  "     leader_pid = $3::int, finished = NULL,"
				  "     error_sqlstate = NULL, error_message = NULL,"
				  "     error_detail = NULL, error_hint = NULL"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

/*
 * mm_job_set_snapshot
 *		The moment that the processes of the job read now.
 *
 * If something of an earlier moment is loaded already, this is a further one;
 * else it is the one.
 */
void
mm_job_set_snapshot(int64 job_id, const JobMoment *moment)
{
	const char *args[] = {number(job_id), moment->method, moment->position,
						  moment->gtid, boolean(moment->is_consistent),
						  moment->lock_ms < 0 ? NULL :
												psprintf("%.3f", moment->lock_ms)};

	execute_alone("UPDATE mysql_migrate.job AS j"
				  " SET snapshot_method = CASE WHEN later THEN snapshot_method ELSE $2 END,"
				  "     position = CASE WHEN later THEN position ELSE $3 END,"
				  "     gtid = CASE WHEN later THEN gtid ELSE $4 END,"
				  "     snapshot_at = CASE WHEN later THEN snapshot_at"
				  "                        ELSE clock_timestamp() END,"
				  "     lock_ms = greatest(lock_ms, $6::real),"
				  "     later_position = CASE WHEN later THEN $3 END,"
				  "     consistent = $5::boolean AND NOT later"
				  "  FROM (SELECT snapshot_at IS NOT NULL AND EXISTS ("
				  "               SELECT 1 FROM mysql_migrate.task"
				  "                WHERE job = $1::bigint AND needs_snapshot"
				  "                  AND (state = 'done' OR position IS NOT NULL))"
				  "          FROM mysql_migrate.job WHERE id = $1::bigint) AS s (later)"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

void
mm_job_finish(int64 job_id, const char *state, const ErrorData *error)
{
	const char *args[] = {number(job_id), state,
						  error == NULL ? NULL : unpack_sql_state(error->sqlerrcode),
						  error == NULL ? NULL : error->message,
						  error == NULL ? NULL : error->detail,
						  error == NULL ? NULL : error->hint};

	execute_alone("UPDATE mysql_migrate.job"
				  " SET state = $2, finished = clock_timestamp(),"
				  "     handle = NULL, leader_pid = NULL,"
				  "     error_sqlstate = $3, error_message = $4,"
				  "     error_detail = $5, error_hint = $6"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

void
mm_job_change(int64 job_id, const char *arguments, const char *options)
{
	const char *args[] = {number(job_id), arguments, options};

	execute_alone("UPDATE mysql_migrate.job"
				  "   SET arguments = jsonb_set(arguments || $2::jsonb, '{options}',"
				  "           CASE WHEN jsonb_typeof(arguments->'options') = 'object'"
				  "                THEN arguments->'options' ELSE '{}' END || $3::jsonb),"
				  "       workers = coalesce(($2::jsonb->>'workers')::integer, workers)"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

JobRow *
mm_job_get(int64 job_id)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	JobRow *job = NULL;
	const char *args[] = {number(job_id)};

	mm_store_enter(&scope);
	if (mm_store_execute("SELECT kind, state, owner::oid::text, server,"
						 "       arguments::text, coalesce(handle, 0)::text, tables::text"
						 "  FROM mysql_migrate.job WHERE id = $1::bigint",
						 lengthof(args), args) == 1)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		job = palloc0(sizeof(JobRow));
		job->id = job_id;
		job->kind = text_of(1);
		job->state = text_of(2);
		job->owner = atooid(text_of(3));
		job->server = text_of(4);
		job->payload = text_of(5);
		job->handle = strtoul(text_of(6), NULL, 10);
		job->tables = text_of(7);
		MemoryContextSwitchTo(old);
	}
	mm_store_leave(&scope);
	return job;
}

JobRow *
mm_job_get_owned(int64 job_id)
{
	JobRow *job = mm_job_get(job_id);

	/* Whether a job of somebody else exists is nobody's business either. */
	if (job == NULL || !has_privs_of_role(GetUserId(), job->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job " INT64_FORMAT " does not exist", job_id),
				 errdetail("There is no such job, or it belongs to another role."),
				 errhint("SELECT id, kind, state FROM mysql_migrate.jobs;")));
	return job;
}

/* ---------------------------------------------------------------- tasks */

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
	const char *args[] = {number(task->job_id), number(task->id), task->kind,
						  number(task->subject), task->object, task->statement, task->lower,
						  task->upper, boolean(task->is_null_chunk), number(task->stage),
						  stage_array(task->needs), boolean(task->may_fail),
						  boolean(task->needs_snapshot), boolean(task->leader_only),
						  psprintf(UINT64_FORMAT, task->weight), task->listing,
						  task->partition};

	execute_alone("INSERT INTO mysql_migrate.task"
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

/* The task in row i of the last result; its columns are task_columns. */
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
	HeapTuple tuple = SPI_tuptable->vals[row];
	TupleDesc desc = SPI_tuptable->tupdesc;
	Task *task = palloc0(sizeof(Task));

#define VALUE(n) SPI_getvalue(tuple, desc, n)
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
	const char *args[] = {number(job_id), number(task_id)};

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
	const char *args[] = {number(task->job_id), number(task->id), position,
						  psprintf(UINT64_FORMAT, counts->rows_read),
						  psprintf(UINT64_FORMAT, counts->rows_loaded),
						  psprintf(UINT64_FORMAT, counts->rows_rejected),
						  psprintf(UINT64_FORMAT, counts->bytes_read), remark,
						  task->claim};

	refuse_stranger(task,
					execute_alone("UPDATE mysql_migrate.task"
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
	const char *args[] = {number(task->job_id), number(task->id), border,
						  number(new_id)};

	execute_alone("INSERT INTO mysql_migrate.task"
				  " (job, id, kind, state, subject, object, statement,"
				  "  lower_bound, upper_bound, stage, needs,"
				  "  may_fail, needs_snapshot, leader_only, weight, listing)"
				  " SELECT job, $4::int, kind, 'waiting', subject, object,"
				  "        statement, $3, upper_bound, stage, needs, may_fail,"
				  "        needs_snapshot, leader_only, weight, listing"
				  "   FROM mysql_migrate.task"
				  "  WHERE job = $1::bigint AND id = $2::int",
				  lengthof(args), args);
	execute_alone("UPDATE mysql_migrate.task SET upper_bound = $3"
				  " WHERE job = $1::bigint AND id = $2::int",
				  3, args);
}

bool
mm_task_exists(int64 job_id, int task_id)
{
	const char *args[] = {number(job_id), number(task_id)};

	return execute_alone("SELECT 1 FROM mysql_migrate.task"
						 " WHERE job = $1::bigint AND id = $2::int",
						 lengthof(args), args) > 0;
}

void
mm_task_done(const Task *task, const TaskCounts *counts, const char *remark)
{
	const char *args[] = {number(task->job_id), number(task->id),
						  psprintf(UINT64_FORMAT, counts->rows_read),
						  psprintf(UINT64_FORMAT, counts->rows_loaded),
						  psprintf(UINT64_FORMAT, counts->rows_rejected),
						  psprintf(UINT64_FORMAT, counts->bytes_read), remark,
						  task->claim};
	uint64 rows;

	rows = execute_alone("UPDATE mysql_migrate.task"
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
	const char *args[] = {number(task->job_id), number(task->id),
						  unpack_sql_state(error->sqlerrcode), error->message, error->detail,
						  error->hint, error->context, task->claim};

	execute_alone("UPDATE mysql_migrate.task"
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
	const char *args[] = {number(job_id), number(task_id)};

	execute_alone("UPDATE mysql_migrate.task SET state = 'waiting', claim = NULL"
				  " WHERE job = $1::bigint AND id = $2::int"
				  "   AND state IN ('running', 'failed')",
				  lengthof(args), args);
}

void
mm_task_skip(int64 job_id, int task_id, const char *reason)
{
	const char *args[] = {number(job_id), number(task_id), reason};

	execute_alone("UPDATE mysql_migrate.task"
				  " SET state = 'skipped', finished = clock_timestamp(),"
				  "     remark = $3"
				  " WHERE job = $1::bigint AND id = $2::int",
				  lengthof(args), args);
}

void
mm_task_reopen_all(int64 job_id, bool was_interrupted)
{
	const char *args[] = {number(job_id), boolean(was_interrupted)};
	const char *limits[] = {number(job_id), number(TASK_MAX_DEATHS)};

	execute_alone("UPDATE mysql_migrate.task"
				  " SET state = 'waiting', started = NULL, finished = NULL,"
				  "     remark = CASE WHEN position IS NOT NULL THEN remark END,"
				  "     claim = NULL,"
				  "     attempts = CASE WHEN state = 'running' AND $2::boolean"
				  "                     THEN attempts ELSE 0 END"
				  " WHERE job = $1::bigint AND state <> 'done'",
				  lengthof(args), args);
	execute_alone("UPDATE mysql_migrate.task"
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
	const char *args[] = {number(job_id), kind, number(subject)};

	execute_alone("UPDATE mysql_migrate.task"
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
	const char *args[] = {number(task->job_id), number(task->id),
						  task->statement, task->listing};

	execute_alone("UPDATE mysql_migrate.task SET statement = $3, listing = $4"
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
	const char *args[] = {number(job_id)};

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
