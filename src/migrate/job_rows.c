/*
 * src/migrate/job_rows.c
 *		The rows of a job as the result of the SQL function that runs it.
 */
#include "postgres.h"

#include "base/materialize.h"
#include "funcapi.h"
#include "migrate/job_rows.h"

typedef struct RowSink
{
	ReturnSetInfo *rsinfo;
	AttInMetadata *input;
} RowSink;

void
mm_job_rows_put(void *arg, int nvalues, const char **values)
{
	RowSink *sink = arg;
	HeapTuple tuple;

	if (nvalues != sink->rsinfo->setDesc->natts)
		elog(ERROR, "the job sent %d columns, %d were expected", nvalues,
			 sink->rsinfo->setDesc->natts);
	tuple = BuildTupleFromCStrings(sink->input, (char **) values);
	tuplestore_puttuple(sink->rsinfo->setResult, tuple);
}

static void
put_started_row(RowSink *sink, int64 job_id)
{
	const char *values[8] = {NULL};

	values[6] = "running";
	values[7] = psprintf("job " INT64_FORMAT ": SELECT * FROM mysql_migrate.progress",
						 job_id);
	mm_job_rows_put(sink, lengthof(values), values);
}

void
mm_job_rows_run(FunctionCallInfo fcinfo, const char *payload, int workers,
				bool wait, ReceiveRow receive)
{
	RowSink sink;
	int64 job_id;

	mm_init_materialized(fcinfo);
	sink.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	sink.input = TupleDescGetAttInMetadata(sink.rsinfo->setDesc);
	job_id = mm_caller_run(payload, workers, wait, receive, &sink);
	if (!wait)
		put_started_row(&sink, job_id);
}
