/*
 * src/migrate/sync_position.c
 *		Where the modes begin that look at a part of a table only.
 *
 * "new" begins some rows before the highest key here, "watermark" some time
 * before the latest value that the run before has seen: a transaction may have
 * taken its number, or its time, and been committed after one that has a later
 * one.  The position is kept in table_map.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "executor/spi.h"
#include "job/store.h"
#include "migrate/sync_internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "wire/result.h"

/* Without the option "look_back". */
#define DEFAULT_ROWS	 "1000"
#define DEFAULT_INTERVAL "10 minutes"
#define DEFAULT_NUMBER	 "1000"

static const char *const mode_names[] = {
	[SYNC_MISSING] = "missing",
	[SYNC_NEW] = "new",
	[SYNC_CHANGED] = "changed",
	[SYNC_MIRROR] = "mirror",
	[SYNC_WATERMARK] = "watermark",
};

const char *
mm_sync_mode_name(SyncMode mode)
{
	return mode_names[mode];
}

/* ---------------------------------------------------------------- local values */

static char *
local_name(const TableMap *map)
{
	return mm_quote_local_name(map->local_schema, map->local_table);
}

/*
 * The one value that a query of the job's user gives, as the column's
 * canonical text (column NULL: as it prints); NULL: none.
 */
static char *
local_value(const char *sql, const RemoteColumn *column)
{
	MemoryContext caller = CurrentMemoryContext;
	char *text = NULL;

	mm_local_enter();
	if (SPI_execute(sql, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", sql);
	if (SPI_processed > 0)
	{
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[0], desc, 1, &isnull);

		if (!isnull && column != NULL)
			text = mm_compare_value_text(column, value,
										 TupleDescAttr(desc, 0)->atttypid);
		else if (!isnull)
			text = SPI_getvalue(SPI_tuptable->vals[0], desc, 1);
		if (text != NULL)
			text = MemoryContextStrdup(caller, text);
	}
	mm_local_leave();
	return text;
}

/* ---------------------------------------------------------------- new */

static const char *
look_back_rows(const JobSpec *spec)
{
	char *end;

	if (spec->look_back == NULL)
		return DEFAULT_ROWS;
	errno = 0;
	if (strtoll(spec->look_back, &end, 10) < 0 || *end != '\0' || errno != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for \"look_back\": \"%s\"",
						spec->look_back),
				 errhint("With mode \"new\" it is a number of rows.")));
	return spec->look_back;
}

static SyncMode
start_at_highest(JobProcess *process, WalkTable *table, const char **note)
{
	const Migration *migration = process->state;
	const char *rows = look_back_rows(migration->spec);
	char *name;

	if (table->range == NULL)
	{
		if (migration->spec->remote_table != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("table \"%s\" has no key that tells new rows",
							table->map->local_table),
					 errdetail("The first column of its key must be a number, a date or bytes, which have the same order in MySQL and here."),
					 errhint("Use mode => 'missing'.")));
		*note = "its key does not tell new rows: mode missing";
		return SYNC_MISSING;
	}
	name = mm_quote_local_name(NULL, table->range->local_name);
	table->lower = local_value(psprintf("SELECT %s FROM %s WHERE %s IS NOT NULL"
										" ORDER BY %s DESC OFFSET %s LIMIT 1",
										name, local_name(table->map), name,
										name, rows),
							   table->range);
	table->null_mode = mm_sync_mode_name(SYNC_MISSING);
	return SYNC_NEW;
}

/* ---------------------------------------------------------------- watermark */

static const RemoteColumn *
watermark_column(const WalkTable *table, const char *name)
{
	ListCell *cell;

	foreach(cell, table->table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (!column->is_skipped && column->transform == NULL &&
			(strcmp(column->name, name) == 0 ||
			 strcmp(column->local_name, name) == 0))
			return column;
	}
	return NULL;
}

static bool
is_time(const RemoteColumn *column)
{
	return mm_type_zero_date_question(&column->type) != NULL;
}

static bool
is_number(const RemoteColumn *column)
{
	return mm_type_is_integer(&column->type) ||
		   strcmp(column->type.data_type, "decimal") == 0;
}

/* What the run before has left, or what is here. */
static char *
last_position(const WalkTable *table, const RemoteColumn *column)
{
	const char *args[] = {mm_store_number(table->map->id), column->name};
	char *position = mm_store_get_value("SELECT watermark FROM mysql_migrate.table_map"
										" WHERE id = $1::bigint AND watermark_column = $2",
										lengthof(args), args);

	if (position == NULL)
		position = local_value(psprintf("SELECT max(%s) FROM %s",
										mm_quote_local_name(NULL, column->local_name),
										local_name(table->map)),
							   column);
	return position;
}

static char *
position_before(const JobSpec *spec, const RemoteColumn *column,
				const char *position)
{
	const char *back = spec->look_back;

	if (is_time(column))
		return local_value(psprintf("SELECT (%s::timestamp - %s::interval)::text",
									quote_literal_cstr(position),
									quote_literal_cstr(back ? back : DEFAULT_INTERVAL)),
						   NULL);
	return local_value(psprintf("SELECT (%s::numeric - %s::numeric)::text",
								quote_literal_cstr(position),
								quote_literal_cstr(back ? back : DEFAULT_NUMBER)),
					   NULL);
}

static SyncMode
refuse_watermark(const Migration *migration, const WalkTable *table,
				 const char *why, const char **note)
{
	if (migration->spec->remote_table != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" cannot be the watermark of table \"%s\"",
						migration->spec->watermark, table->map->local_table),
				 errdetail("The table %s.", why),
				 errhint("Name a column that grows with every change of a row, or use mode => 'changed'.")));
	*note = psprintf("the table %s: mode missing", why);
	return SYNC_MISSING;
}

static SyncMode
start_at_watermark(JobProcess *process, WalkTable *table, const char **note)
{
	Migration *migration = process->state;
	const RemoteColumn *column = watermark_column(table,
												  migration->spec->watermark);
	char *position;
	char *name;

	if (column == NULL)
		return refuse_watermark(migration, table,
								psprintf("has no column \"%s\"",
										 migration->spec->watermark),
								note);
	if (!is_time(column) && !is_number(column))
		return refuse_watermark(migration, table,
								psprintf("has a column \"%s\" that is neither a time nor a number",
										 column->name),
								note);
	if (!mm_compare_has_key(table->table, table->map->relation))
		return refuse_watermark(migration, table,
								"has no key by which a changed row is known",
								note);
	name = mm_quote_remote_ident(column->name);
	position = last_position(table, column);
	if (position != NULL)
		table->condition = psprintf("%s >= %s", name,
									mm_compare_remote_literal(&column->type,
															  position_before(migration->spec, column, position)));
	/* What is committed while the run reads comes with the next one. */
	table->position = mm_conn_query_value(migration->conn,
										  psprintf("SELECT CAST(MAX(%s) AS CHAR) FROM %s",
												   name,
												   mm_catalog_from(table->table)));
	if (table->position == NULL)
		table->position = position;
	table->position_column = column->name;
	table->range = NULL;
	table->null_mode = mm_sync_mode_name(SYNC_MISSING);
	return SYNC_WATERMARK;
}

/* ---------------------------------------------------------------- both */

SyncMode
mm_sync_set_start(JobProcess *process, WalkTable *table, const char **note)
{
	const Migration *migration = process->state;

	switch (migration->spec->sync_mode)
	{
		case SYNC_NEW:
			return start_at_highest(process, table, note);
		case SYNC_WATERMARK:
			return start_at_watermark(process, table, note);
		default:
			return migration->spec->sync_mode;
	}
}

void
mm_sync_save_position(const WalkTable *table)
{
	const char *args[] = {psprintf(INT64_FORMAT, table->map->id),
						  table->position_column, table->position};

	if (table->position == NULL)
		return;
	mm_store_execute_alone("UPDATE mysql_migrate.table_map"
						   "   SET watermark_column = $2, watermark = $3"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}
