/*
 * src/migrate/sequence.c
 *		Next values: identity columns, serials, and sequences that a column's
 *		default uses.
 *
 * A sequence may feed several columns; its next value must be beyond all of
 * them.  Nothing is ever set backwards.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/materialize.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "migrate/book.h"
#include "migrate/identity.h"
#include "migrate/sequence.h"
#include "miscadmin.h"
#include "source/options.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/*
 * Sequences that feed a column of relation $1: owned by it (identity, serial),
 * or named in its default.
 */
static const char feeding_sequences_query[] =
	"SELECT DISTINCT s.oid, a.attname::text"
	"  FROM pg_catalog.pg_attribute AS a"
	"  JOIN pg_catalog.pg_class AS s ON s.relkind = 'S'"
	" WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped"
	"   AND a.atttypid IN (20, 21, 23, 1700)" /* integers and numeric */
	"   AND (EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS d"
	"                 WHERE d.classid = 'pg_catalog.pg_class'::regclass"
	"                   AND d.objid = s.oid"
	"                   AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"                   AND d.refobjid = a.attrelid"
	"                   AND d.refobjsubid = a.attnum"
	"                   AND d.deptype IN ('a', 'i'))"
	"     OR EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef AS f"
	"                  JOIN pg_catalog.pg_depend AS d"
	"                    ON d.classid = 'pg_catalog.pg_attrdef'::regclass"
	"                   AND d.objid = f.oid"
	"                   AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"                   AND d.refobjid = s.oid"
	"                 WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum))"
	" ORDER BY 2";

typedef struct Feed
{
	Oid sequence;
	char *column;
} Feed;

typedef struct NextValue
{
	int64 old_next;
	int64 maximum; /* of the column, 0: empty */
	int64 next;
	bool changed;
} NextValue;

static char *
relation_text(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

/* A single bigint; *isnull when there is none.  SPI is connected. */
static int64
query_bigint(const char *sql, bool *isnull)
{
	Datum datum;

	if (SPI_execute(sql, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "unexpected result of \"%s\"", sql);
	datum = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
						  isnull);
	return *isnull ? 0 : DatumGetInt64(datum);
}

static List *
feeding_sequences(Oid relation, MemoryContext context)
{
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(relation)};
	List *feeds = NIL;

	if (SPI_execute_with_args(feeding_sequences_query, 1, types, values, NULL,
							  true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the sequences of relation %u", relation);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		Feed *feed = palloc(sizeof(Feed));
		bool isnull;

		feed->sequence = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
														SPI_tuptable->tupdesc,
														1, &isnull));
		feed->column = SPI_getvalue(SPI_tuptable->vals[i],
									SPI_tuptable->tupdesc, 2);
		feeds = lappend(feeds, feed);
		MemoryContextSwitchTo(old);
	}
	return feeds;
}

/*
 * Move a sequence so that its next value is at least `floor` and at least
 * max(column) + 1 + margin.  A value beyond the sequence's end becomes its
 * end, used up: the next INSERT says so instead of colliding.
 */
static NextValue
move_sequence(Oid relation, const Feed *feed, uint64 floor, int64 margin)
{
	NextValue result;
	char *sequence = relation_text(feed->sequence);
	bool isnull;
	int64 end;
	int64 wanted;

	result.old_next = query_bigint(psprintf("SELECT CASE WHEN s.is_called THEN s.last_value + p.seqincrement ELSE s.last_value END"
											" FROM %s AS s, pg_catalog.pg_sequence AS p WHERE p.seqrelid = %u",
											sequence, feed->sequence),
								   &isnull);
	end = query_bigint(psprintf("SELECT seqmax FROM pg_catalog.pg_sequence WHERE seqrelid = %u",
								feed->sequence),
					   &isnull);
	result.maximum = query_bigint(psprintf("SELECT CASE WHEN m IS NOT NULL THEN LEAST(m, 9223372036854775807)::bigint END FROM (SELECT pg_catalog.max(%s) AS m FROM %s) AS t",
										   quote_identifier(feed->column),
										   relation_text(relation)),
								  &isnull);
	if (isnull)
		result.maximum = 0;
	wanted = result.maximum >= PG_INT64_MAX - 1 - margin ? PG_INT64_MAX :
														   result.maximum + 1 + margin;
	if (floor > (uint64) wanted)
		wanted = floor > PG_INT64_MAX ? PG_INT64_MAX : (int64) floor;
	result.changed = wanted > result.old_next;
	result.next = result.changed ? Min(wanted, end) : result.old_next;
	if (result.changed)
		(void) query_bigint(psprintf("SELECT pg_catalog.setval(%u::regclass, " INT64_FORMAT ", %s)",
									 feed->sequence, result.next,
									 wanted > end ? "true" : "false"),
							&isnull);
	return result;
}

void
mm_sequence_set_after_load(Oid relation, const RemoteTable *table)
{
	ListCell *cell;
	List *feeds;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	feeds = feeding_sequences(relation, CurrentMemoryContext);
	foreach(cell, feeds)
	{
		Feed *feed = lfirst(cell);
		uint64 counter = 0;
		ListCell *column_cell;

		/* MySQL has one counter, for its AUTO_INCREMENT column. */
		foreach(column_cell, table->columns)
		{
			RemoteColumn *column = lfirst(column_cell);

			if (column->is_auto_increment &&
				strcmp(column->local_name, feed->column) == 0)
				counter = table->auto_increment;
		}
		(void) move_sequence(relation, feed, counter, 0);
	}
	PopActiveSnapshot();
	SPI_finish();
}

/* ---------------------------------------------------------------- fix_sequences */

static void
put_row(ReturnSetInfo *rsinfo, const TableMap *map, const Feed *feed,
		const NextValue *value)
{
	Datum values[7];
	bool nulls[7] = {false};

	values[0] = CStringGetTextDatum(map->local_table);
	values[1] = CStringGetTextDatum(feed->column);
	values[2] = CStringGetTextDatum(relation_text(feed->sequence));
	values[3] = Int64GetDatum(value->maximum);
	values[4] = Int64GetDatum(value->old_next);
	values[5] = Int64GetDatum(value->next);
	values[6] = CStringGetTextDatum("ok");
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(mysql_migrate_fix_sequences);

/*
 * fix_sequences(server, table_name, margin)
 *		Next value = max(column) + 1 + margin for every sequence that feeds a
 *		column of a migrated table; never backwards.
 */
Datum
mysql_migrate_fix_sequences(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *server;
	char *table = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	int64 margin = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	ListCell *cell;

	mm_init_materialized(fcinfo);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the server must not be null")));
	server = text_to_cstring(PG_GETARG_TEXT_PP(0));
	(void) mm_options_server(server, false);
	mm_identity_refuse_switched(server,
								!PG_ARGISNULL(3) && PG_GETARG_BOOL(3));
	if (margin < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the margin must not be negative")));
	foreach(cell, mm_book_find_tables(server, GetUserId(), table))
	{
		TableMap *map = lfirst(cell);
		ListCell *feed_cell;

		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		PushActiveSnapshot(GetTransactionSnapshot());
		foreach(feed_cell, feeding_sequences(map->relation,
											 CurrentMemoryContext))
		{
			Feed *feed = lfirst(feed_cell);
			NextValue value = move_sequence(map->relation, feed, 0, margin);

			put_row(rsinfo, map, feed, &value);
		}
		PopActiveSnapshot();
		SPI_finish();
	}
	PG_RETURN_NULL();
}
