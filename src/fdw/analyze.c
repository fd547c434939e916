/*
 * src/fdw/analyze.c
 *		ANALYZE of foreign tables: a sample of remote rows.
 *
 * The rows are counted first (exactly: MySQL's own estimate may be wrong by
 * half), then MySQL sends about as many as are needed, chosen by RAND(), and a
 * reservoir makes the sample of what comes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "commands/vacuum.h"
#include "fdw/analyze.h"
#include "fdw/deparse.h"
#include "fdw/estimate.h"
#include "fdw/reader.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/session.h"
#include "utils/rel.h"
#include "utils/sampling.h"

/* Ask for a little more than needed: RAND() does not count. */
#define SAMPLE_SURPLUS 1.2

/* Of a row about whose size nothing is known. */
#define ASSUMED_ROW_BYTES 100.0

/*
 * no_drain
 *		The count is read at once; nobody can come between.
 */
static void
no_drain(void *reader)
{
	elog(ERROR, "count was interrupted by another statement");
}

static double
count_rows(const RemoteRelation *remote)
{
	RemoteSession *session = mm_session_get(remote->server, GetUserId());
	StringInfoData sql;
	WireResult *result;
	const WireRow *row;
	double count = 0;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT COUNT(*) ");
	mm_deparse_from(&sql, remote);
	result = mm_session_open_stream(session, sql.data, no_drain, &sql);
	row = mm_result_next(result);
	if (row != NULL)
		count = mm_result_int64(result, row, 0);
	mm_session_close_stream(session, &sql);
	return count;
}

/*
 * sample_reader
 *		A reader of all columns of about `wanted` rows out of `total`.
 */
static RemoteReader *
sample_reader(Relation relation, const RemoteRelation *remote, double wanted,
			  double total)
{
	ReaderRequest request = {0};
	Bitmapset *used =
		bms_make_singleton(0 - FirstLowInvalidHeapAttributeNumber);
	StringInfoData sql;

	initStringInfo(&sql);
	mm_deparse_select(&sql, remote, relation, used, &request.attnums);
	if (wanted * SAMPLE_SURPLUS < total)
		appendStringInfo(&sql, " WHERE RAND() < %.17g",
						 wanted * SAMPLE_SURPLUS / total);
	request.server = remote->server;
	request.user_id = GetUserId();
	request.sql = sql.data;
	request.table = RelationGetRelationName(relation);
	request.title = psprintf("foreign table \"%s\"", request.table);
	request.desc = RelationGetDescr(relation);
	mm_options_policies(remote->server->options, &request.policies);
	mm_options_policies(remote->table->options, &request.policies);
	request.column_policies = mm_deparse_policies(RelationGetRelid(relation),
												  request.attnums,
												  &request.policies);
	return mm_reader_create(&request);
}

static int
acquire_sample(Relation relation, int elevel, HeapTuple *rows, int targrows,
			   double *total, double *dead)
{
	RemoteRelation *remote = mm_deparse_relation(RelationGetRelid(relation));
	TupleDesc desc = RelationGetDescr(relation);
	Datum *values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	bool *isnull = palloc(sizeof(bool) * Max(desc->natts, 1));
	RemoteReader *reader;
	ReservoirStateData reservoir;
	double skip = -1;
	double seen = 0;
	int nrows = 0;

	*total = count_rows(remote);
	*dead = 0;
	reader = sample_reader(relation, remote, targrows, *total);
	reservoir_init_selection_state(&reservoir, targrows);
	while (mm_reader_next(reader, values, isnull))
	{
		int place = -1;

		vacuum_delay_point(
#if PG_VERSION_NUM >= 180000
			true
#endif
		);
		if (nrows < targrows)
			place = nrows++;
		else
		{
			if (skip < 0)
				skip = reservoir_get_next_S(&reservoir, seen, targrows);
			if (skip <= 0)
			{
#if PG_VERSION_NUM >= 150000
				place = (int) (targrows *
							   sampler_random_fract(&reservoir.randstate));
#else
				place = (int) (targrows *
							   sampler_random_fract(reservoir.randstate));
#endif
				heap_freetuple(rows[place]);
			}
			skip--;
		}
		if (place >= 0)
			rows[place] = heap_form_tuple(desc, values, isnull);
		seen++;
	}
	mm_reader_close(reader);

	ereport(elevel,
			(errmsg("\"%s\": remote table contains %.0f rows; %d rows in sample",
					RelationGetRelationName(relation), *total, nrows)));
	return nrows;
}

bool
mm_analyze_table(Relation relation, AcquireSampleRowsFunc *acquire,
				 BlockNumber *pages)
{
	RemoteRelation *remote = mm_deparse_relation(RelationGetRelid(relation));
	RemoteSize size = {0};
	double bytes;

	(void) mm_estimate_size(remote, GetUserId(), &size);
	bytes = size.bytes > 0 ? size.bytes : size.rows * ASSUMED_ROW_BYTES;
	*pages = (BlockNumber) Min(bytes / BLCKSZ + 1, (double) MaxBlockNumber);
	*acquire = acquire_sample;
	return true;
}
