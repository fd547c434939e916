/*
 * src/migrate/fix_sequences.c
 *		fix_sequences: every next value beyond every value in use.
 *
 * Beside the tables that were migrated it serves any table that is named, for
 * rows that came by another way.  What MySQL counts itself, AUTO_INCREMENT and
 * MariaDB's sequences, is asked once per schema: numbers that were given to
 * rows which are deleted by now must not be given again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/argument.h"
#include "base/ident.h"
#include "base/materialize.h"
#include "base/search_path.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "job/store.h"
#include "migrate/arguments.h"
#include "migrate/book.h"
#include "migrate/counter_table.h"
#include "migrate/fix_sequences.h"
#include "migrate/identity.h"
#include "migrate/sequence.h"
#include "migrate/sequence_target.h"
#include "migrate/spec.h"
#include "migrate/table_json.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/remote_counter.h"
#include "source/session.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

typedef struct Fix
{
	const char *server;
	int64 margin;
	PutSequence put;
	void *arg;
	List *counters; /* of RemoteCounter * */
} Fix;

/* ---------------------------------------------------------------- steps */

typedef void (*Step)(Fix *fix, void *arg);

/*
 * A step that may fail without the others: NULL, or what went wrong.
 *
 * One that forgets its locks is rolled back when it is done, or thousands of
 * tables would fill the lock table.  What it has set stays: a sequence takes
 * no part in transactions.
 */
static const char *
try_step(Fix *fix, Step step, void *arg, bool forgets_locks)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile problem = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		step(fix, arg);
		if (forgets_locks)
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		problem = error->detail ? psprintf("%s: %s", error->message, error->detail) :
								  error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return problem;
}

/* ---------------------------------------------------------------- what MySQL counts */

static void
ask_counters(Fix *fix, void *schemas)
{
	ForeignServer *server = mm_options_server(fix->server, false);
	RemoteSession *session = mm_session_get_autocommit(server, GetUserId());
	ListCell *cell;

	foreach(cell, (List *) schemas)
		fix->counters = list_concat(fix->counters,
									mm_remote_counters(mm_session_conn(session),
													   lfirst(cell)));
}

static List *
remote_schemas(List *targets)
{
	List *maps = NIL;
	ListCell *cell;

	foreach(cell, targets)
	{
		const TableMap *map = ((SequenceTarget *) lfirst(cell))->map;

		if (map != NULL)
			maps = lappend(maps, (void *) map);
	}
	return mm_book_remote_schemas(maps);
}

/*
 * MySQL may be switched off by now: then the values that are here have to do,
 * and a warning says so.
 */
static void
ask_mysql(Fix *fix, List *targets)
{
	List *schemas = remote_schemas(targets);
	const char *problem;

	if (schemas == NIL)
		return;
	problem = try_step(fix, ask_counters, schemas, false);
	if (problem != NULL)
		ereport(WARNING,
				(errmsg("the counters of server \"%s\" could not be read",
						fix->server),
				 errdetail_internal("%s", problem),
				 errhint("Next values are beyond the values that are here. Numbers that MySQL gave to rows which it deleted since may be given again; a margin keeps away from them.")));
}

/* ---------------------------------------------------------------- one table */

typedef struct FeedStep
{
	Oid relation;
	const Feed *feed;
	uint64 counter;
	NextValue value;
} FeedStep;

static void
move_feed(Fix *fix, void *arg)
{
	FeedStep *step = arg;

	step->value = mm_sequence_move(step->relation, step->feed, step->counter,
								   fix->margin);
}

static SequenceRow
row_of(const SequenceTarget *target, const char *column)
{
	SequenceRow row;

	memset(&row, 0, sizeof(row));
	row.table = target->map ? target->map->local_table :
							  mm_quote_local_relation(target->relation);
	row.column = column;
	row.status = "ok";
	return row;
}

static void
fill_value(SequenceRow *row, const NextValue *value)
{
	row->is_set = true;
	row->maximum = value->extreme;
	row->old_next = value->old_next;
	row->next = value->next;
	if (!value->is_used_up && !value->lacks_margin)
		return;
	row->status = "warning";
	if (!value->is_used_up)
	{
		row->note = "the margin was left out: it would use up the values that are left";
		return;
	}
	row->note = psprintf("no value is left%s: ALTER SEQUENCE %s AS bigint %s; and a wider type for the column",
						 value->begins_again ? ", it begins again with values that are in use" : "",
						 row->sequence,
						 value->descends ? "MINVALUE -9223372036854775808" :
										   "MAXVALUE 9223372036854775807");
}

/* A sequence may have values for which its column has no room. */
static void
check_column(SequenceRow *row, const SequenceTarget *target, const Feed *feed,
			 const NextValue *value)
{
	if (value->is_used_up || (value->next <= feed->greatest &&
							  value->next >= -feed->greatest - 1))
		return;
	row->status = "warning";
	row->note = psprintf("the next value does not fit the column: ALTER TABLE %s ALTER COLUMN %s TYPE bigint;",
						 mm_quote_local_relation(target->relation),
						 quote_identifier(feed->column));
}

/*
 * A counter beyond 2^63 - 1, as bigint unsigned may have, is nothing that a
 * sequence could follow: the values that are here count, and the row says it.
 */
static void
note_great_counter(SequenceRow *row, const char *counter)
{
	row->status = "warning";
	row->note = psprintf("MySQL's next value is %s, beyond the end of every sequence (2^63 - 1): new numbers have to come from the application",
						 counter);
}

static void
fix_feed(Fix *fix, const SequenceTarget *target, const Feed *feed,
		 const char *counter)
{
	uint64 floor = counter == NULL ? 0 : strtoull(counter, NULL, 10);
	bool is_too_great = floor > (uint64) PG_INT64_MAX;
	FeedStep step = {target->relation, feed, is_too_great ? 0 : floor};
	SequenceRow row = row_of(target, feed->column);
	const char *problem;

	row.sequence = mm_quote_local_relation(feed->sequence);
	if (!feed->is_number)
	{
		row.status = "warning";
		row.note = "the column is no number: compare it with the sequence yourself";
		fix->put(fix->arg, &row);
		return;
	}
	problem = try_step(fix, move_feed, &step, true);
	if (problem == NULL)
	{
		fill_value(&row, &step.value);
		check_column(&row, target, feed, &step.value);
	}
	else
	{
		row.status = "failed";
		row.note = problem;
	}
	if (problem == NULL && is_too_great)
		note_great_counter(&row, counter);
	fix->put(fix->arg, &row);
}

/* The AUTO_INCREMENT column of a migrated table, or NULL. */
static const RemoteColumn *
counted_column(const TableMap *map)
{
	ListCell *cell;

	if (map == NULL)
		return NULL;
	foreach(cell, mm_table_from_json(map->description)->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (column->is_auto_increment && !column->is_skipped)
			return column;
	}
	return NULL;
}

/* A column that MySQL counts, and nothing here does. */
static void
put_uncounted(Fix *fix, const SequenceTarget *target, const RemoteColumn *column,
			  const char *counter)
{
	SequenceRow row = row_of(target, column->local_name);

	row.status = "warning";
	row.note = psprintf("no sequence gives its values, MySQL's next one is %s",
						counter ? counter : "not known");
	fix->put(fix->arg, &row);
}

static void
fix_table(Fix *fix, const SequenceTarget *target)
{
	const RemoteColumn *counted = counted_column(target->map);
	const RemoteCounter *counter = counted == NULL ? NULL :
													 mm_remote_counter_of(fix->counters, target->map->remote_schema,
																		  target->map->remote_table);
	bool found = false;
	ListCell *cell;

	foreach(cell, mm_sequence_feeds(target->relation))
	{
		Feed *feed = lfirst(cell);
		bool is_counted = counted != NULL &&
						  strcmp(counted->local_name, feed->column) == 0;

		CHECK_FOR_INTERRUPTS();
		found |= is_counted;
		fix_feed(fix, target, feed,
				 is_counted && counter ? counter->text : NULL);
	}
	if (counted != NULL && !found)
		put_uncounted(fix, target, counted, counter ? counter->text : NULL);
}

/* ---------------------------------------------------------------- counters of applications */

static void
note_counter_table(Fix *fix, void *arg)
{
	const SequenceTarget *target = arg;
	char *highest;
	char *column = mm_counter_table_column(target->relation, &highest);
	SequenceRow row = row_of(target, column);

	if (column == NULL)
		return;
	row.maximum = highest;
	row.note = "a table in which the application counts itself: its rows are here as they were, and no sequence takes part";
	fix->put(fix->arg, &row);
}

static void
note_hidden_defaults(Fix *fix, const SequenceTarget *target)
{
	ListCell *cell;

	foreach(cell, mm_counter_hidden_defaults(target->relation))
	{
		SequenceRow row = row_of(target, lfirst(cell));

		row.status = "warning";
		row.note = "its default does not tell which sequence it uses: compare the two yourself";
		fix->put(fix->arg, &row);
	}
}

static void
note_counters_of(Fix *fix, SequenceTarget *target)
{
	const char *problem = try_step(fix, note_counter_table, target, true);
	SequenceRow row = row_of(target, NULL);

	if (problem == NULL)
		return;
	row.status = "failed";
	row.note = problem;
	fix->put(fix->arg, &row);
}

/* ---------------------------------------------------------------- MariaDB's sequences */

/* Where the sequences of a remote schema went: what the newest job said. */
static const char schema_jobs_query[] =
	"SELECT DISTINCT ON (j.local_schema) j.local_schema, j.arguments::text"
	"  FROM mysql_migrate.job AS j"
	" WHERE j.server = $1 AND j.remote_schema = $2"
	"   AND j.kind = 'migrate_schema' AND j.planned"
	"   AND pg_has_role($3::oid, j.owner, 'USAGE')"
	" ORDER BY j.local_schema, j.id DESC";

typedef struct LocalPlace
{
	const char *schema;
	IdentifierMode identifiers;
} LocalPlace;

static List *
places_of(const char *server, const char *remote_schema)
{
	List *places = NIL;
	ListCell *cell;
	const char *args[] = {server, remote_schema,
						  mm_store_number(GetUserId())};

	foreach(cell, mm_store_get_rows(schema_jobs_query, lengthof(args), args))
	{
		char **values = lfirst(cell);
		LocalPlace *place = palloc(sizeof(LocalPlace));

		place->schema = values[0];
		place->identifiers = mm_spec_parse(values[1])->identifiers;
		places = lappend(places, place);
	}
	return places;
}

typedef struct AloneStep
{
	Oid sequence;
	int64 floor;
	NextValue value;
} AloneStep;

static void
move_alone(Fix *fix, void *arg)
{
	AloneStep *step = arg;

	step->value = mm_sequence_move_alone(step->sequence, step->floor,
										 fix->margin);
}

static void
fix_remote_sequence(Fix *fix, const RemoteCounter *counter,
					const LocalPlace *place)
{
	char *name = mm_ident_clip(mm_ident_fold(counter->name,
											 place->identifiers));
	Oid schema = get_namespace_oid(place->schema, true);
	AloneStep step = {OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid};
	SequenceRow row;
	const char *problem;

	memset(&row, 0, sizeof(row));
	row.table = counter->name;
	row.sequence = quote_qualified_identifier(place->schema, name);
	row.status = "ok";
	if (!OidIsValid(step.sequence) ||
		get_rel_relkind(step.sequence) != RELKIND_SEQUENCE)
	{
		row.status = "warning";
		row.note = psprintf("a sequence in MySQL, next value %s, that is not here",
							counter->text ? counter->text : "not known");
		fix->put(fix->arg, &row);
		return;
	}
	step.floor = counter->text ? strtoll(counter->text, NULL, 10) : 0;
	problem = try_step(fix, move_alone, &step, true);
	if (problem == NULL)
		fill_value(&row, &step.value);
	else
	{
		row.status = "failed";
		row.note = problem;
	}
	fix->put(fix->arg, &row);
}

static void
fix_remote_sequences(Fix *fix)
{
	ListCell *cell;

	foreach(cell, fix->counters)
	{
		RemoteCounter *counter = lfirst(cell);
		ListCell *place;

		if (!counter->is_sequence)
			continue;
		foreach(place, places_of(fix->server, counter->schema))
			fix_remote_sequence(fix, counter, lfirst(place));
	}
}

/* ---------------------------------------------------------------- all of it */

void
mm_sequence_fix(const char *server, const char *table, int64 margin,
				PutSequence put, void *arg)
{
	Fix fix = {server, margin, put, arg};
	/* The caller's search path is for the names that he gave. */
	List *targets = mm_sequence_targets(server, table);
	int path = mm_search_path_pin();
	ListCell *cell;

	ask_mysql(&fix, targets);
	foreach(cell, targets)
	{
		fix_table(&fix, lfirst(cell));
		note_hidden_defaults(&fix, lfirst(cell));
		note_counters_of(&fix, lfirst(cell));
	}
	if (table == NULL)
		fix_remote_sequences(&fix);
	mm_search_path_unpin(path);
}

typedef struct FixRows
{
	ReturnSetInfo *rsinfo;
	int failed;
} FixRows;

static void
put_text(Datum *values, bool *nulls, int i, const char *text)
{
	nulls[i] = text == NULL;
	values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
put_row(void *arg, const SequenceRow *row)
{
	FixRows *rows = arg;
	Datum values[8] = {0};
	bool nulls[8] = {false};

	put_text(values, nulls, 0, row->table);
	put_text(values, nulls, 1, row->column);
	put_text(values, nulls, 2, row->sequence);
	nulls[3] = row->maximum == NULL;
	if (row->maximum != NULL)
		values[3] = DirectFunctionCall3(numeric_in,
										CStringGetDatum(row->maximum),
										ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1));
	nulls[4] = nulls[5] = !row->is_set;
	values[4] = Int64GetDatum(row->old_next);
	values[5] = Int64GetDatum(row->next);
	put_text(values, nulls, 6, row->status);
	put_text(values, nulls, 7, row->note);
	if (strcmp(row->status, "failed") == 0)
		rows->failed++;
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}

PG_FUNCTION_INFO_V1(mysql_migrate_fix_sequences);

/*
 * fix_sequences(server, table_name, margin, force)
 *		Next value = max(column) + 1 + margin for every sequence that feeds a
 *		column; never backwards.
 */
Datum
mysql_migrate_fix_sequences(PG_FUNCTION_ARGS)
{
	char *server = mm_argument_text(fcinfo, 0, "server");
	int64 margin = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	FixRows rows = {(ReturnSetInfo *) fcinfo->resultinfo, 0};

	mm_init_materialized(fcinfo);
	(void) mm_options_server(server, false);
	mm_identity_refuse_switched(server,
								!PG_ARGISNULL(3) && PG_GETARG_BOOL(3));
	if (margin < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the margin must not be negative"),
				 errhint("Nothing is ever set backwards; give 0 or more.")));
	mm_arguments_refuse_read_only("fix_sequences");
	mm_sequence_fix(server, mm_arguments_text(fcinfo, 1), margin, put_row,
					&rows);
	if (rows.failed > 0)
		ereport(WARNING,
				(errmsg("%d next values could not be set", rows.failed),
				 errhint("See the rows with status \"failed\".")));
	PG_RETURN_NULL();
}
