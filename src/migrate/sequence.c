/*
 * src/migrate/sequence.c
 *		One sequence and the column that it feeds.
 *
 * A sequence may feed several columns; its next value must be beyond all of
 * them, which "never backwards" gives when each is asked in turn.
 *
 * nextval() of other sessions may run at the same time.  So a sequence is
 * measured without a lock, and only if it has to move it is locked against
 * nextval(), measured again, and set: what was handed out meanwhile counts.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/spi.h"
#include "migrate/sequence.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/*
 * Sequences that feed a column of relation $1: owned by it (identity, serial),
 * or named in its default.
 */
static const char feeding_sequences_query[] =
	"SELECT s.oid, a.attname::text, a.attnum, a.atttypid"
	"  FROM pg_catalog.pg_depend AS d"
	"  JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'"
	"  JOIN pg_catalog.pg_attribute AS a"
	"    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
	" WHERE d.classid = 'pg_catalog.pg_class'::regclass"
	"   AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"   AND d.refobjid = $1 AND d.refobjsubid > 0"
	"   AND d.deptype IN ('a', 'i') AND NOT a.attisdropped"
	" UNION "
	"SELECT s.oid, a.attname::text, a.attnum, a.atttypid"
	"  FROM pg_catalog.pg_attrdef AS f"
	"  JOIN pg_catalog.pg_depend AS d"
	"    ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid"
	"   AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"  JOIN pg_catalog.pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S'"
	"  JOIN pg_catalog.pg_attribute AS a"
	"    ON a.attrelid = f.adrelid AND a.attnum = f.adnum"
	" WHERE f.adrelid = $1 AND NOT a.attisdropped"
	" ORDER BY 3, 1";

/* ---------------------------------------------------------------- feeds */

static bool
is_number_type(Oid type)
{
	Oid base = getBaseType(type);

	return base == INT2OID || base == INT4OID || base == INT8OID ||
		   base == NUMERICOID;
}

static int64
greatest_of_type(Oid type)
{
	switch (getBaseType(type))
	{
		case INT2OID:
			return PG_INT16_MAX;
		case INT4OID:
			return PG_INT32_MAX;
		default:
			return PG_INT64_MAX;
	}
}

List *
mm_sequence_feeds(Oid relation)
{
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(relation)};
	List *feeds = NIL;
	ListCell *cell;

	foreach(cell, mm_local_rows(feeding_sequences_query, lengthof(types), types,
								values))
	{
		char **row = lfirst(cell);
		Oid type = atooid(row[3]);
		Feed *feed = palloc(sizeof(Feed));

		feed->sequence = atooid(row[0]);
		feed->column = row[1];
		feed->is_number = is_number_type(type);
		feed->greatest = greatest_of_type(type);
		feeds = lappend(feeds, feed);
	}
	return feeds;
}

/* ---------------------------------------------------------------- one sequence */

typedef struct SequenceState
{
	int64 last_value;
	bool is_called;
	int64 increment;
	int64 minimum;
	int64 maximum;
	bool cycles;
} SequenceState;

static int64
add_clamped(int64 a, int64 b)
{
	int64 sum;

	if (!pg_add_s64_overflow(a, b, &sum))
		return sum;
	return b > 0 ? PG_INT64_MAX : PG_INT64_MIN;
}

/*
 * One row of a query, by a new snapshot, so that what others committed while
 * we waited for a lock is seen.  SPI is connected.
 */
static void
query_row(const char *sql)
{
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute(sql, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "unexpected result of \"%s\"", sql);
	PopActiveSnapshot();
}

static int64
int64_column(int column)
{
	bool isnull;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									   SPI_tuptable->tupdesc, column, &isnull));
}

static SequenceState
read_sequence(Oid sequence)
{
	SequenceState state;

	query_row(psprintf("SELECT s.last_value, s.is_called::int::bigint,"
					   "       p.seqincrement, p.seqmin, p.seqmax,"
					   "       p.seqcycle::int::bigint"
					   "  FROM %s AS s, pg_catalog.pg_sequence AS p"
					   " WHERE p.seqrelid = %u",
					   mm_quote_local_relation(sequence), sequence));
	state.last_value = int64_column(1);
	state.is_called = int64_column(2) != 0;
	state.increment = int64_column(3);
	state.minimum = int64_column(4);
	state.maximum = int64_column(5);
	state.cycles = int64_column(6) != 0;
	return state;
}

static int64
next_of(const SequenceState *state)
{
	return state->is_called ?
			   add_clamped(state->last_value, state->increment) :
			   state->last_value;
}

/*
 * The greatest value of the column (the least, where the sequence descends) as
 * text, NULL for none; *value: the same within the limits of a bigint.
 * Conditions that hold for every integer keep NaN and infinity out.
 */
static char *
column_extreme(Oid relation, const char *column, bool descends, int64 *value)
{
	const char *name = quote_identifier(column);
	bool isnull;
	char *text;

	query_row(psprintf("SELECT m::text, greatest(least(m, 9223372036854775807), -9223372036854775808)::bigint"
					   "  FROM (SELECT pg_catalog.%s(%s)::numeric AS m FROM %s"
					   "         WHERE %s > '-1e100'::numeric AND %s < '1e100'::numeric) AS t",
					   descends ? "min" : "max", name, mm_quote_local_relation(relation),
					   name, name));
	text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	*value = text == NULL ? 0 : DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	return text;
}

/* The first value on the steps of the sequence that is not before `wanted`. */
static int64
on_its_steps(const SequenceState *state, int64 wanted)
{
	int64 next = next_of(state);
	uint64 step = state->increment > 0 ? (uint64) state->increment :
										 -(uint64) state->increment;
	uint64 distance = state->increment > 0 ? (uint64) wanted - (uint64) next :
											 (uint64) next - (uint64) wanted;
	uint64 rest = distance % step;
	int64 missing = rest == 0 ? 0 : (int64) Min(step - rest, PG_INT64_MAX);

	return add_clamped(wanted, state->increment > 0 ? missing : -missing);
}

/* What the sequence has to be beyond. */
typedef struct Goal
{
	Oid relation; /* InvalidOid: only the floor counts */
	const Feed *feed;
	bool has_floor;
	int64 floor; /* the first value that is free at the source */
	int64 margin;
} Goal;

/* The last value that the sequence gives and its column has room for. */
static int64
last_value(const Goal *goal, const SequenceState *state)
{
	int64 greatest = goal->feed != NULL ? goal->feed->greatest : PG_INT64_MAX;

	return state->increment < 0 ? Max(state->minimum, -greatest - 1) :
								  Min(state->maximum, greatest);
}

/*
 * The first value that is free by column and floor; false: any is.  A margin
 * for which there is no room would use up the values that are left.
 */
static bool
first_free(const Goal *goal, bool descends, bool has_value, int64 value,
		   int64 last, int64 *wanted, bool *lacks_margin)
{
	int64 away = descends ? -1 : 1;
	bool any = false;
	uint64 room;

	*wanted = descends ? PG_INT64_MAX : PG_INT64_MIN;
	if (has_value || (OidIsValid(goal->relation) && !descends))
	{
		*wanted = add_clamped(value, away);
		any = true;
	}
	/* An AUTO_INCREMENT counter never descends. */
	if (goal->has_floor && !(descends && OidIsValid(goal->relation)))
	{
		*wanted = descends ? Min(*wanted, goal->floor) :
							 Max(*wanted, goal->floor);
		any = true;
	}
	room = descends ? (uint64) *wanted - (uint64) last :
					  (uint64) last - (uint64) *wanted;
	if (descends ? *wanted < last : *wanted > last)
		room = 0;
	*lacks_margin = any && (uint64) goal->margin > room;
	if (any && !*lacks_margin)
		*wanted = add_clamped(*wanted, away * goal->margin);
	return any;
}

/* Where the sequence should go; returns whether it has to move. */
static bool
measure(Oid sequence, const Goal *goal, SequenceState *state,
		NextValue *result)
{
	bool descends;
	bool moves;
	bool at_the_end;
	int64 wanted;
	int64 value = 0;

	*state = read_sequence(sequence);
	descends = state->increment < 0;
	result->descends = descends;
	result->begins_again = state->cycles;
	result->extreme = NULL;
	if (OidIsValid(goal->relation))
		result->extreme = column_extreme(goal->relation, goal->feed->column,
										 descends, &value);
	result->old_next = result->next = next_of(state);
	moves = first_free(goal, descends, result->extreme != NULL, value,
					   last_value(goal, state), &wanted,
					   &result->lacks_margin) &&
			(descends ? wanted < result->old_next : wanted > result->old_next);
	if (moves)
		result->next = on_its_steps(state, wanted);
	/* The last bigint may be in use itself. */
	at_the_end = result->extreme != NULL &&
				 value == (descends ? PG_INT64_MIN : PG_INT64_MAX);
	result->is_used_up = at_the_end || (descends ? result->next < state->minimum : result->next > state->maximum);
	if (result->is_used_up && moves)
		result->next = descends ? state->minimum : state->maximum;
	return moves || (at_the_end && !state->is_called);
}

/*
 * A value beyond the sequence's end becomes its end, used up: the next INSERT
 * says so instead of colliding.
 */
static void
set_sequence(Oid sequence, const NextValue *value)
{
	query_row(psprintf("SELECT pg_catalog.setval(%u::pg_catalog.regclass, " INT64_FORMAT ", %s)",
					   sequence, value->next,
					   value->is_used_up ? "true" : "false"));
}

static NextValue
move(Oid sequence, const Goal *goal)
{
	MemoryContext caller = CurrentMemoryContext;
	SequenceState state;
	NextValue result;
	int nest = NewGUCNestLevel();

	memset(&result, 0, sizeof(result));
	/* Rows that a policy hides count too: better an error than a collision. */
	(void) set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (measure(sequence, goal, &state, &result))
	{
		LockRelationOid(sequence, ShareRowExclusiveLock);
		if (measure(sequence, goal, &state, &result))
			set_sequence(sequence, &result);
		UnlockRelationOid(sequence, ShareRowExclusiveLock);
	}
	if (result.extreme != NULL)
		result.extreme = MemoryContextStrdup(caller, result.extreme);
	SPI_finish();
	AtEOXact_GUC(true, nest);
	return result;
}

NextValue
mm_sequence_move(Oid relation, const Feed *feed, uint64 floor, int64 margin)
{
	Goal goal = {relation, feed, floor > 0,
				 (int64) Min(floor, (uint64) PG_INT64_MAX), margin};

	return move(feed->sequence, &goal);
}

NextValue
mm_sequence_move_alone(Oid sequence, int64 floor, int64 margin)
{
	Goal goal = {InvalidOid, NULL, true, floor, margin};

	return move(sequence, &goal);
}

void
mm_sequence_set_after_load(Oid relation, const RemoteTable *table)
{
	ListCell *cell;

	foreach(cell, mm_sequence_feeds(relation))
	{
		Feed *feed = lfirst(cell);
		uint64 counter = 0;
		ListCell *column_cell;

		if (!feed->is_number)
			continue;
		/* MySQL has one counter, for its AUTO_INCREMENT column. */
		foreach(column_cell, table->columns)
		{
			RemoteColumn *column = lfirst(column_cell);

			if (column->is_auto_increment &&
				strcmp(column->local_name, feed->column) == 0)
				counter = table->auto_increment;
		}
		/* None that a sequence can follow: fix_sequences says so. */
		if (counter > (uint64) PG_INT64_MAX)
			counter = 0;
		(void) mm_sequence_move(relation, feed, counter, 0);
	}
}
