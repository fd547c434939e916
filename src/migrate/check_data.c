/*
 * src/migrate/check_data.c
 *		migration_check, depth "data": what only the rows can tell.
 *
 * One query per table counts values that PostgreSQL cannot hold, and one per
 * foreign key counts the rows that it would not let in.  A query that MySQL
 * does not answer in time, or at all, is a finding and not the end.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/human.h"
#include "base/ident.h"
#include "migrate/check.h"
#include "miscadmin.h"
#include "types/type_map.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "wire/refusal.h"

#define QUERY_SECONDS 300
#define MAX_KEY_ROWS  4

/* ---------------------------------------------------------------- asking */

/*
 * The one row of a query as palloc'ed texts, or NULL with *problem set.
 */
static char **
ask_row(Check *check, const char *sql, int ncolumns, const char **problem)
{
	MemoryContext context = CurrentMemoryContext;
	char **volatile values = NULL;

	PG_TRY();
	{
		WireResult *result = mm_result_open(check->migration->conn, sql,
											context);
		const WireRow *row = mm_result_next(result);

		values = palloc0(sizeof(char *) * ncolumns);
		for (int i = 0; row != NULL && i < ncolumns; i++)
			values[i] = mm_result_text(result, row, i);
		mm_result_close(result);
	}
	PG_CATCH();
	{
		*problem = mm_refusal_take(check->migration->conn, context, NULL);
		values = NULL;
	}
	PG_END_TRY();
	return values;
}

/* Gives a statement QUERY_SECONDS, by each flavour's own means. */
static char *
with_limit(const Check *check, const char *select)
{
	if (mm_conn_server(check->migration->conn)->flavour == FLAVOUR_MARIADB)
		return psprintf("SET STATEMENT max_statement_time = %d FOR SELECT %s",
						QUERY_SECONDS, select);
	return psprintf("SELECT /*+ MAX_EXECUTION_TIME(%d) */ %s",
					QUERY_SECONDS * 1000, select);
}

static void
add_unanswered(Check *check, const char *object, const char *problem)
{
	mm_check_add(check, FINDING_NOTE, object,
				 "its rows could not be looked at", "nothing", problem);
}

/* ---------------------------------------------------------------- values */

/* What a column is asked for, and what a value that answers means. */
typedef enum DoubtKind
{
	DOUBT_ZERO_DATE,
	DOUBT_BYTE_00,
	DOUBT_CAPITALS /* in a unique key that knows no case */
} DoubtKind;

typedef struct Doubt
{
	const RemoteColumn *column;
	DoubtKind kind;
} Doubt;

static bool
is_text(const ColumnType *type)
{
	return strcmp(type->data_type, "char") == 0 ||
		   strcmp(type->data_type, "varchar") == 0 ||
		   strstr(type->data_type, "text") != NULL;
}

static Doubt *
make_doubt(const RemoteColumn *column, DoubtKind kind)
{
	Doubt *doubt = palloc(sizeof(Doubt));

	doubt->column = column;
	doubt->kind = kind;
	return doubt;
}

static List *
doubts_of(const JobSpec *spec, const RemoteTable *table)
{
	List *doubts = NIL;
	ListCell *cell;

	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (column->is_skipped || column->type.local_type != NULL)
			continue;
		if (mm_type_zero_date_question(&column->type) != NULL)
			doubts = lappend(doubts, make_doubt(column, DOUBT_ZERO_DATE));
		else if (is_text(&column->type))
			doubts = lappend(doubts, make_doubt(column, DOUBT_BYTE_00));
	}
	if (spec->case_insensitive != CASE_UNIQUE)
		return doubts;
	foreach(cell, mm_ddl_case_columns(table))
		doubts = lappend(doubts, make_doubt(lfirst(cell), DOUBT_CAPITALS));
	return doubts;
}

/* Byte 00 as a character of weight nothing would be found everywhere. */
static char *
doubt_expression(const Doubt *doubt)
{
	char *name = mm_quote_remote_ident(doubt->column->name);

	switch (doubt->kind)
	{
		case DOUBT_ZERO_DATE:
			return mm_type_expand(mm_type_is_zero_date(&doubt->column->type),
								  name);
		case DOUBT_BYTE_00:
			return psprintf("LOCATE(X'00', CAST(%s AS BINARY)) > 0", name);
		case DOUBT_CAPITALS:
			break;
	}
	return psprintf("CAST(%s AS BINARY) <> CAST(LOWER(%s) AS BINARY)", name,
					name);
}

static const char *
column_note(const RemoteColumn *column)
{
	return column->not_null && column->is_nullable_here ?
			   ", and the column is not NOT NULL here" :
			   "";
}

/* One kind of value in all tables together. */
typedef struct Tally
{
	int columns;
	uint64 values;
	StringInfoData detail; /* a line for each column */
} Tally;

typedef struct Tallies
{
	Tally dates[3]; /* by ZeroDatePolicy */
	Tally nul_refused;
	Tally nul_changed;
	Tally capitals;
} Tallies;

static void
add_to_tally(Tally *tally, const char *object, uint64 values,
			 const char *remark)
{
	if (tally->columns++ == 0)
		initStringInfo(&tally->detail);
	tally->values += values;
	appendStringInfo(&tally->detail, "%s%s: %s%s",
					 tally->columns > 1 ? "\n" : "", object,
					 mm_human_number(values), remark);
}

static void
count_doubt(Check *check, Tallies *tallies, const RemoteTable *table,
			const Doubt *doubt, uint64 values)
{
	const ValuePolicies *policies = mm_type_policies(&doubt->column->type,
													 &check->migration->spec->policies);
	char *object = psprintf("%s.%s", table->local_name,
							doubt->column->local_name);
	char *pattern = psprintf("%s.%s", table->name, doubt->column->name);

	if (doubt->kind == DOUBT_CAPITALS)
		add_to_tally(&tallies->capitals, object, values, "");
	else if (doubt->kind == DOUBT_ZERO_DATE)
		add_to_tally(&tallies->dates[policies->zero_date], object, values,
					 column_note(doubt->column));
	else if (policies->nul != BAD_TEXT_ERROR)
		add_to_tally(&tallies->nul_changed, object, values, "");
	else
		add_to_tally(&tallies->nul_refused, object, values,
					 psprintf(" -- INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES (%s, %s, 'type', 'bytea');",
							  quote_literal_cstr(check->migration->spec->server),
							  quote_literal_cstr(pattern)));
}

/* `finding` has a %s for the number of values. */
static void
add_tally(Check *check, const Tally *tally, FindingSeverity severity,
		  const char *finding, const char *what_to_do)
{
	if (tally->columns == 0)
		return;
	mm_check_add(check, severity,
				 tally->columns == 1 ? pnstrdup(tally->detail.data, strcspn(tally->detail.data, ":")) : psprintf("%d columns", tally->columns),
				 psprintf(finding, mm_human_number(tally->values)), what_to_do,
				 tally->detail.data);
}

static void
add_tallies(Check *check, const Tallies *tallies)
{
	add_tally(check, &tallies->dates[ZERO_DATE_ERROR], FINDING_WARNING,
			  "%s zero dates, with which no row can be loaded",
			  "options => '{\"zero_date\": \"null\"}'");
	add_tally(check, &tallies->nul_refused, FINDING_WARNING,
			  "%s values hold byte 00, which text cannot",
			  "a rule to bytea (detail), or options => '{\"nul\": \"strip\"}'");
	add_tally(check, &tallies->capitals, FINDING_WARNING,
			  "unique in any case; %s values hold capitals",
			  "search with lower(), which has an index, or options => '{\"case_insensitive\": \"collation\"}'");
	add_tally(check, &tallies->dates[ZERO_DATE_NULL], FINDING_NOTE,
			  "%s zero dates become NULL",
			  "nothing, or options => '{\"zero_date\": \"error\"}'");
	add_tally(check, &tallies->dates[ZERO_DATE_INFINITY], FINDING_NOTE,
			  "%s zero dates become -infinity", "nothing");
	add_tally(check, &tallies->nul_changed, FINDING_NOTE,
			  "%s values lose or change byte 00", "nothing");
}

static void
check_values(Check *check, Tallies *tallies, const RemoteTable *table)
{
	List *doubts = doubts_of(check->migration->spec, table);
	StringInfoData sql;
	const char *problem = NULL;
	char **counts;
	int i = 0;
	ListCell *cell;

	if (doubts == NIL)
		return;
	initStringInfo(&sql);
	foreach(cell, doubts)
	{
		appendStringInfo(&sql, "%sCOALESCE(SUM(%s), 0) AS c%d",
						 i == 0 ? "" : ", ", doubt_expression(lfirst(cell)),
						 i + 1);
		i++;
	}
	appendStringInfo(&sql, " FROM %s.%s", mm_quote_remote_ident(table->schema),
					 mm_quote_remote_ident(table->name));
	counts = ask_row(check, with_limit(check, sql.data), list_length(doubts),
					 &problem);
	if (counts == NULL)
	{
		add_unanswered(check, table->local_name, problem);
		return;
	}
	i = 0;
	foreach(cell, doubts)
	{
		char *count = counts[i++];

		if (count != NULL && strtoull(count, NULL, 10) > 0)
			count_doubt(check, tallies, table, lfirst(cell),
						strtoull(count, NULL, 10));
	}
}

/* ---------------------------------------------------------------- orphans */

/* Rows of the child whose key is not NULL and not in the parent. */
static char *
orphans_of(const RemoteTable *table, const RemoteForeignKey *key)
{
	StringInfoData sql;
	ListCell *column;
	ListCell *other;

	initStringInfo(&sql);
	appendStringInfo(&sql, "FROM %s.%s AS c WHERE NOT EXISTS (SELECT 1 FROM %s.%s AS p WHERE ",
					 mm_quote_remote_ident(table->schema),
					 mm_quote_remote_ident(table->name),
					 mm_quote_remote_ident(key->referenced_schema),
					 mm_quote_remote_ident(key->referenced_table));
	forboth(column, key->columns, other, key->referenced_columns)
		appendStringInfo(&sql, "%sp.%s = c.%s",
						 column == list_head(key->columns) ? "" : " AND ",
						 mm_quote_remote_ident(lfirst(other)),
						 mm_quote_remote_ident(((RemoteColumn *) lfirst(column))->name));
	appendStringInfoChar(&sql, ')');
	foreach(column, key->columns)
		appendStringInfo(&sql, " AND c.%s IS NOT NULL",
						 mm_quote_remote_ident(((RemoteColumn *) lfirst(column))->name));
	return sql.data;
}

/* A foreign key with orphans. */
typedef struct BrokenKey
{
	const char *object;
	uint64 orphans;
	const char *listing;
} BrokenKey;

static void
check_key(Check *check, List **broken, const RemoteTable *table,
		  const RemoteForeignKey *key)
{
	char *orphans = orphans_of(table, key);
	char *object = psprintf("%s.%s", table->local_name, key->local_name);
	const char *problem = NULL;
	char **count = ask_row(check,
						   with_limit(check, psprintf("COUNT(*) %s", orphans)),
						   1, &problem);
	BrokenKey *row;

	if (count == NULL)
		add_unanswered(check, object, problem);
	if (count == NULL || count[0] == NULL ||
		strtoull(count[0], NULL, 10) == 0)
		return;
	row = palloc(sizeof(BrokenKey));
	row->object = object;
	row->orphans = strtoull(count[0], NULL, 10);
	row->listing = psprintf("SELECT c.* %s;", orphans);
	*broken = lappend(*broken, row);
}

/* A few are a row each, many are one. */
static void
add_broken(Check *check, List *broken)
{
	uint64 orphans = 0;
	StringInfoData detail;
	ListCell *cell;

	initStringInfo(&detail);
	foreach(cell, broken)
	{
		BrokenKey *key = lfirst(cell);

		orphans += key->orphans;
		appendStringInfo(&detail, "%s%s: %s", detail.len > 0 ? "\n" : "",
						 key->object, key->listing);
		if (list_length(broken) <= MAX_KEY_ROWS)
			mm_check_add(check, FINDING_WARNING, key->object,
						 psprintf("%s orphans: the key would stay NOT VALID",
								  mm_human_number(key->orphans)),
						 "mend them in MySQL; detail has the query that lists them",
						 key->listing);
	}
	if (list_length(broken) > MAX_KEY_ROWS)
		mm_check_add(check, FINDING_WARNING,
					 psprintf("%d foreign keys", list_length(broken)),
					 psprintf("%s orphans: the keys would stay NOT VALID",
							  mm_human_number(orphans)),
					 "mend them in MySQL; detail has the queries that list them",
					 detail.data);
}

/* ---------------------------------------------------------------- all of it */

void
mm_check_data(Check *check)
{
	TimestampTz started = GetCurrentTimestamp();
	Tallies tallies;
	List *broken = NIL;
	ListCell *table_cell;

	memset(&tallies, 0, sizeof(tallies));
	foreach(table_cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		CHECK_FOR_INTERRUPTS();
		check_values(check, &tallies, table);
		foreach(cell, table->foreign_keys)
			check_key(check, &broken, table, lfirst(cell));
	}
	add_broken(check, broken);
	add_tallies(check, &tallies);
	ereport(NOTICE,
			(errmsg("looked at %s in %s; what the data decided is kept in mysql_migrate.decision for every later run",
					mm_human_size(check->data_bytes),
					mm_human_duration((GetCurrentTimestamp() - started) / USECS_PER_SEC))));
}
