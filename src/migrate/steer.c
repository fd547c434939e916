/*
 * src/migrate/steer.c
 *		SQL functions for jobs that there are: stop them, go on, undo, settle,
 *		other limits.
 */
#include "postgres.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/json_object.h"
#include "fmgr.h"
#include "job/caller.h"
#include "job/claim.h"
#include "job/job_store.h"
#include "job/store.h"
#include "migrate/arguments.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "migrate/job_rows.h"
#include "migrate/replace.h"
#include "migrate/spec.h"
#include "miscadmin.h"
#include "source/options.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(mysql_migrate_migration_cancel);

/*
 * migration_cancel(job)
 *		Ask a running job to stop; what it loaded stays for a resume.
 */
Datum
mysql_migrate_migration_cancel(PG_FUNCTION_ARGS)
{
	int64 job_id = mm_argument_bigint(fcinfo, 0, "job");
	JobRow *job = mm_job_get_owned(job_id);

	if (strcmp(job->state, "running") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " is not running", job_id),
				 errdetail("Its state is \"%s\".", job->state),
				 errhint("SELECT * FROM mysql_migrate.jobs;")));
	if (!mm_claim_is_running(job))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " is not running", job_id),
				 errdetail("Its leader process has died."),
				 errhint("SELECT * FROM migration_resume(" INT64_FORMAT "); goes on, SELECT migration_rollback(" INT64_FORMAT "); undoes it.",
						 job_id, job_id)));
	PG_RETURN_BOOL(mm_caller_cancel(job->handle, job_id));
}

/* Raises when the job has a live leader. */
static void
refuse_running(const JobRow *job)
{
	if (mm_claim_is_running(job))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("job " INT64_FORMAT " is running", job->id),
				 errhint("Wait for its end, or SELECT migration_cancel(" INT64_FORMAT ").",
						 job->id)));
}

/* The steps of a job, and what it made, are in no dump. */
static void
refuse_elsewhere(const JobRow *job)
{
	if (!mm_book_has_steps(job->id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " ran in another database",
						job->id),
				 errdetail("A dump has its tables and notes, not its steps, nor which objects it made or replaced."),
				 errhint("Load a table again with migrate_table, on_existing => 'replace'; drop by hand what is not wanted.")));
}

static void
refuse_ended_well(const JobRow *job, const char *hint)
{
	if (strcmp(job->state, "ok") == 0 || strcmp(job->state, "warning") == 0 ||
		strcmp(job->state, "incomplete") == 0 ||
		strcmp(job->state, "switched") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " has ended", job->id),
				 errdetail("Its state is \"%s\".", job->state),
				 hint ? errhint("%s", hint) : 0));
}

/*
 * The job's rules and statements are its owner's.  A role that may act for the
 * owner, a superuser for one, must not run them with its own rights.
 */
static void
refuse_job_of_other(const JobRow *job)
{
	const char *owner;

	if (job->owner == GetUserId())
		return;
	owner = GetUserNameFromId(job->owner, false);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("job " INT64_FORMAT " belongs to role \"%s\"", job->id,
					owner),
			 errdetail("A job runs as its owner only."),
			 errhint("SET ROLE %s; SELECT * FROM migration_resume(" INT64_FORMAT ");",
					 quote_identifier(owner), job->id)));
}

/* Rows of other jobs in the shape of migration_resume's. */
static void
receive_validate_row(void *arg, int nvalues, const char **values)
{
	uint64 different = 0;
	const char *row[8] = {values[0], values[2], values[1]};

	for (int i = 3; i <= 5; i++)
		different += values[i] ? strtoull(values[i], NULL, 10) : 0;
	row[3] = values[3] ? psprintf(UINT64_FORMAT, different) : NULL;
	row[5] = values[7];
	row[6] = values[6];
	row[7] = values[8];
	mm_job_rows_put(arg, lengthof(row), row);
}

static void
receive_missing_row(void *arg, int nvalues, const char **values)
{
	uint64 written = 0;
	const char *row[8] = {values[0], values[1]};

	for (int i = 2; i <= 4; i++)
		written += strtoull(values[i], NULL, 10);
	row[2] = psprintf(UINT64_FORMAT, written);
	row[3] = values[5];
	row[5] = values[6];
	row[6] = values[7];
	row[7] = values[8];
	mm_job_rows_put(arg, lengthof(row), row);
}

static const struct
{
	const char *kind;
	ReceiveRow receive;
	bool has_steps; /* nothing can be done without those of the first run */
	bool writes;
} resumable_kinds[] = {
	{"migrate_schema", mm_job_rows_put, true, true},
	{"migrate_table", mm_job_rows_put, true, true},
	{"validate", receive_validate_row, false, false},
	{"migrate_missing", receive_missing_row, false, true},
};

static int
resumable_kind(const JobRow *job)
{
	for (int i = 0; i < lengthof(resumable_kinds); i++)
	{
		if (strcmp(resumable_kinds[i].kind, job->kind) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("job " INT64_FORMAT " is a run of %s, which is not resumed",
					job->id, job->kind),
			 errdetail("It begins with what there is, and does what is left."),
			 errhint("Call %s again.", job->kind)));
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_resume);

/*
 * migration_resume(job, force)
 *		Go on with a job that was cancelled, failed or killed.
 */
Datum
mysql_migrate_migration_resume(PG_FUNCTION_ARGS)
{
	int64 job_id = mm_argument_bigint(fcinfo, 0, "job");
	JobRow *job = mm_job_get_owned(job_id);
	JobSpec *spec;
	StringInfoData payload;
	int kind = resumable_kind(job);
	bool force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	mm_arguments_refuse_read_only("migration_resume");
	refuse_job_of_other(job);
	if (resumable_kinds[kind].writes)
		mm_identity_refuse_switched(job->server, force);
	refuse_running(job);
	if (resumable_kinds[kind].has_steps)
		refuse_elsewhere(job);
	refuse_ended_well(job, "To load a table again, use migrate_table.");
	spec = mm_spec_parse(job->payload);
	(void) mm_options_server(spec->server, true);
	/* The job's own arguments, and which job it is. */
	initStringInfo(&payload);
	appendStringInfo(&payload, "%.*s, \"resumed_job\": " INT64_FORMAT "%s}",
					 (int) strlen(job->payload) - 1, job->payload, job_id,
					 force ? ", \"force\": true" : "");
	mm_job_rows_run(fcinfo, payload.data, spec->workers, true,
					resumable_kinds[kind].receive);
	PG_RETURN_NULL();
}

static void
receive_count(void *arg, int nvalues, const char **values)
{
	*(int64 *) arg = strtoll(values[0], NULL, 10);
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_rollback);

/*
 * migration_rollback(job, force)
 *		Drop what a job made; gives the number of objects.
 */
Datum
mysql_migrate_migration_rollback(PG_FUNCTION_ARGS)
{
	int64 job_id = mm_argument_bigint(fcinfo, 0, "job");
	bool force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	JobRow *job = mm_job_get_owned(job_id);
	StringInfoData payload;
	int64 count = 0;

	mm_arguments_refuse_read_only("migration_rollback");
	refuse_running(job);
	refuse_elsewhere(job);
	mm_identity_refuse_rollback(job->server);
	if (strcmp(job->state, "switched") == 0 || !force)
		refuse_ended_well(job, strcmp(job->state, "switched") == 0 ? NULL :
																	 psprintf("What it made may be in use. To drop it all the same: SELECT migration_rollback(" INT64_FORMAT ", force => true);",
																			  job_id));
	initStringInfo(&payload);
	mm_json_add_text(&payload, "kind", "migration_rollback");
	mm_json_add_raw(&payload, "rolled_back_job",
					psprintf(INT64_FORMAT, job_id));
	mm_json_end(&payload);
	(void) mm_caller_run(payload.data, 1, true, receive_count, &count);
	PG_RETURN_INT64(count);
}

/* What a broken job left can only be resumed or rolled back, not kept. */
static void
refuse_unfinished(const JobRow *job)
{
	if (strcmp(job->state, "cancelled") == 0 ||
		strcmp(job->state, "running") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " has not ended well", job->id),
				 errdetail("Its state is \"%s\".", job->state),
				 errhint("SELECT * FROM migration_resume(" INT64_FORMAT "); goes on, SELECT migration_rollback(" INT64_FORMAT "); undoes it.",
						 job->id, job->id)));
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_finish);

/*
 * migration_finish(job)
 *		Give up the way back: drop what was replaced, forget what was made.
 */
Datum
mysql_migrate_migration_finish(PG_FUNCTION_ARGS)
{
	int64 job_id = mm_argument_bigint(fcinfo, 0, "job");
	JobRow *job = mm_job_get_owned(job_id);
	StoreScope scope;
	uint64 count;
	int64 dropped;
	const char *args[] = {psprintf(INT64_FORMAT, job_id)};

	mm_arguments_refuse_read_only("migration_finish");
	refuse_running(job);
	refuse_elsewhere(job);
	refuse_unfinished(job);
	dropped = mm_replace_finish(job_id);
	mm_store_enter(&scope);
	count = mm_store_execute("DELETE FROM mysql_migrate.made"
							 " WHERE job = $1::bigint",
							 1, args);
	mm_store_leave(&scope);
	PG_RETURN_INT64((int64) count + dropped);
}

/* What may be changed while a job runs. */
static const char *const changeable_options[] = {
	"max_slot_wal",
	"max_replica_lag",
	"notify",
	"rate_limit",
};

static bool
is_changeable(const char *name)
{
	for (int i = 0; i < lengthof(changeable_options); i++)
	{
		if (strcmp(changeable_options[i], name) == 0)
			return true;
	}
	return false;
}

/* The member "workers" of the object apart from the other ones. */
static void
split_settings(Jsonb *settings, StringInfo arguments, StringInfo options)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(settings))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"options\" must be a JSON object"),
				 errhint("For example: '{\"workers\": 2}'.")));
	it = JsonbIteratorInit(&settings->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		char *name;
		StringInfo to;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(value.val.string.val, value.val.string.len);
		(void) JsonbIteratorNext(&it, &value, true);
		if (strcmp(name, "workers") != 0 && !is_changeable(name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" cannot be changed in a job", name),
					 errhint("What can be: workers, max_slot_wal, max_replica_lag, notify, rate_limit.")));
		to = strcmp(name, "workers") == 0 ? arguments : options;
		mm_json_add_raw(to, name,
						JsonbToCString(NULL, &JsonbValueToJsonb(&value)->root,
									   0));
	}
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_set);

/*
 * migration_set(job, options)
 *		Other limits for a job: within a second if it runs, else for its resume.
 */
Datum
mysql_migrate_migration_set(PG_FUNCTION_ARGS)
{
	int64 job_id = mm_argument_bigint(fcinfo, 0, "job");
	JobRow *job;
	StringInfoData arguments;
	StringInfoData options;
	JobSpec *spec;

	mm_argument_need(fcinfo, 1, "options");
	job = mm_job_get_owned(job_id);
	mm_arguments_refuse_read_only("migration_set");
	refuse_ended_well(job, "Only a job that runs, or can be resumed, has limits.");
	initStringInfo(&arguments);
	initStringInfo(&options);
	split_settings(PG_GETARG_JSONB_P(1), &arguments, &options);
	mm_json_end(&arguments);
	mm_json_end(&options);
	mm_job_change(job_id, arguments.data, options.data);
	/* A bad value is told here, and the change undone. */
	spec = mm_spec_parse(mm_job_get(job_id)->payload);
	mm_arguments_check_workers(spec->workers);
	PG_RETURN_VOID();
}
