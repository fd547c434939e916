/*
 * src/job/claim.c
 *		Who works on a job, and on which local tables: never two at once.
 *
 * A claim is the row of a job in state "running" whose leader is alive: what a
 * crash leaves behind claims nothing.  Claims are looked at and written under
 * one lock, held until the end of the transaction, so that of two jobs that
 * start at the same moment one sees the other.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "job/claim.h"
#include "job/job_shared.h"
#include "job/job_store.h"
#include "job/store.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* An object lock on the table "job" itself, which nothing else takes. */
static void
lock_claims(void)
{
	Oid relation = get_relname_relid("job",
									 get_namespace_oid("mysql_migrate", false));

	LockDatabaseObject(RelationRelationId, relation, 1, ExclusiveLock);
}

bool
mm_claim_is_running(const JobRow *job)
{
	return strcmp(job->state, "running") == 0 &&
		   mm_shared_is_alive(job->handle, job->id);
}

static char *
text_array(List *texts)
{
	Datum *values = palloc(list_length(texts) * sizeof(Datum) + 1);
	ArrayType *array;
	ListCell *cell;
	int n = 0;

	foreach(cell, texts)
		values[n++] = CStringGetTextDatum(lfirst(cell));
	array = construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT);
	return OidOutputFunctionCall(F_ARRAY_OUT, PointerGetDatum(array));
}

static void
refuse_other(int64 other, const char *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("job " INT64_FORMAT " is loading local table \"%s\"",
					other, table),
			 errdetail("Two jobs cannot fill one table at the same time."),
			 errhint("Wait for its end, or stop it: SELECT migration_cancel(" INT64_FORMAT ");",
					 other)));
}

/* Another job that says it runs, and does, claims one of these tables. */
static void
refuse_claimed(int64 job_id, const char *tables)
{
	const char *args[] = {mm_store_number(job_id), tables};
	ListCell *cell;

	foreach(cell, mm_store_get_rows("SELECT id, coalesce(handle, 0),"
									"       (SELECT min(name) FROM unnest(tables) AS name"
									"         WHERE name = ANY ($2::text[]))"
									"  FROM mysql_migrate.job"
									" WHERE id <> $1::bigint AND state = 'running'"
									"   AND tables && $2::text[]",
									lengthof(args), args))
	{
		char **values = lfirst(cell);
		int64 other = strtoll(values[0], NULL, 10);
		dsm_handle handle = strtoul(values[1], NULL, 10);

		if (mm_shared_is_alive(handle, other))
			refuse_other(other, values[2]);
	}
}

void
mm_claim_refuse(List *tables)
{
	refuse_claimed(0, text_array(tables));
}

void
mm_claim_tables(int64 job_id, List *tables)
{
	const char *args[] = {psprintf(INT64_FORMAT, job_id), text_array(tables)};

	lock_claims();
	refuse_claimed(job_id, args[1]);
	mm_store_execute_alone("UPDATE mysql_migrate.job SET tables = $2::text[]"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

bool
mm_claim_job(int64 job_id, dsm_handle handle)
{
	JobRow *job;

	lock_claims();
	job = mm_job_get_owned(job_id);
	if (mm_claim_is_running(job))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("job " INT64_FORMAT " is running", job_id),
				 errhint("Wait for its end, or stop it: SELECT migration_cancel(" INT64_FORMAT ");",
						 job_id)));
	if (job->tables != NULL)
		refuse_claimed(job_id, job->tables);
	mm_job_set_running(job_id, handle);
	return strcmp(job->state, "running") == 0;
}
