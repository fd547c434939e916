/*
 * src/migrate/drift.c
 *		Tables and columns that are on one side only, or of another type now.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "job/job_store.h"
#include "job/store.h"
#include "migrate/drift.h"
#include "migrate/rule.h"
#include "source/rule.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "wire/result.h"

/* More tables are not named one by one. */
#define MAX_NAMES 200

/* ---------------------------------------------------------------- columns */

/* What differs of one table, as it is found. */
typedef struct Findings
{
	StringInfoData remote_only;
	StringInfoData retyped;
	StringInfoData gone; /* here */
} Findings;

static void
add_name(StringInfo list, const char *name)
{
	appendStringInfo(list, "%s\"%s\"", list->len > 0 ? ", " : "", name);
}

static bool
is_skipped_column(const JobSpec *spec, const char *table, const char *name,
				  const char *data_type)
{
	RemoteColumn column;

	memset(&column, 0, sizeof(column));
	column.name = name;
	column.type.data_type = data_type;
	column.type.column_type = data_type;
	return mm_rule_for_column(spec->rules, RULE_SKIP, table, false,
							  &column) != NULL;
}

static void
take_remote_column(const JobSpec *spec, const WalkTable *table,
				   Findings *findings, const char *name,
				   const char *data_type, bool is_nullable)
{
	RemoteColumn *column = mm_catalog_find_column(table->table, name);

	if (column == NULL)
	{
		if (!is_skipped_column(spec, table->table->name, name, data_type))
			add_name(&findings->remote_only, name);
		return;
	}
	if (column->is_skipped)
		return;
	if (pg_strcasecmp(column->type.data_type, data_type) != 0)
	{
		add_name(&findings->retyped, name);
		appendStringInfo(&findings->retyped, " (%s, was %s)", data_type,
						 column->type.data_type);
	}
	else if (column->not_null && is_nullable)
	{
		/* Checksums take a NOT NULL for granted. */
		add_name(&findings->retyped, name);
		appendStringInfoString(&findings->retyped, " (was NOT NULL)");
	}
}

/* Columns that were loaded and are not here any more. */
static void
find_gone_columns(const JobSpec *spec, const WalkTable *table,
				  Findings *findings)
{
	ListCell *cell;

	foreach(cell, table->table->columns)
	{
		const RemoteColumn *column = lfirst(cell);

		if (column->is_skipped ||
			(column->transform == NULL && mm_type_rule(&column->type) == NULL) ||
			get_attnum(table->map->relation, column->local_name) !=
				InvalidAttrNumber ||
			is_skipped_column(spec, table->table->name, column->name,
							  column->type.data_type))
			continue;
		add_name(&findings->gone, column->local_name);
	}
}

static void
append_finding(StringInfo out, const char *what, const StringInfoData *names)
{
	if (names->len > 0)
		appendStringInfo(out, "%s%s: %s", out->len > 0 ? "; " : "", what,
						 names->data);
}

static char *
findings_text(const Findings *findings)
{
	StringInfoData out;

	initStringInfo(&out);
	append_finding(&out, "columns in MySQL only", &findings->remote_only);
	append_finding(&out, "columns of another type in MySQL",
				   &findings->retyped);
	append_finding(&out, "columns that are not here any more",
				   &findings->gone);
	return out.len > 0 ? out.data : NULL;
}

static char *
name_list(const Walk *walk, bool is_schema)
{
	StringInfoData out;
	const char *last = "";
	ListCell *cell;

	initStringInfo(&out);
	foreach(cell, walk->tables)
	{
		const TableMap *map = ((WalkTable *) lfirst(cell))->map;
		const char *name = is_schema ? map->remote_schema : map->remote_table;

		/* Neighbours are mostly of the same schema. */
		if (strcmp(name, last) == 0)
			continue;
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "",
						 mm_quote_remote_literal(name));
		last = name;
	}
	return out.data;
}

/* Local tables that came from a table: (List of WalkTable *). */
static List *
tables_of(const Walk *walk, const char *schema, const char *name)
{
	List *tables = NIL;
	ListCell *cell;

	foreach(cell, walk->tables)
	{
		WalkTable *table = lfirst(cell);

		if (table->table->query == NULL &&
			strcmp(table->map->remote_table, name) == 0 &&
			strcmp(table->map->remote_schema, schema) == 0)
			tables = lappend(tables, table);
	}
	return tables;
}

/* MySQL's columns come table by table. */
static void
read_remote_columns(JobProcess *process, const Walk *walk,
					Findings *findings, const char *sql)
{
	const Migration *migration = process->state;
	WireResult *result = mm_result_open(migration->conn, sql,
										CurrentMemoryContext);
	const WireRow *row;
	const char *last_schema = "";
	const char *last_name = "";
	List *tables = NIL;

	while ((row = mm_result_next(result)) != NULL)
	{
		const char *schema = mm_result_text(result, row, 0);
		const char *name = mm_result_text(result, row, 1);
		ListCell *cell;

		if (strcmp(schema, last_schema) != 0 || strcmp(name, last_name) != 0)
			tables = tables_of(walk, schema, name);
		last_schema = schema;
		last_name = name;
		foreach(cell, tables)
		{
			const WalkTable *table = lfirst(cell);

			take_remote_column(migration->spec, table,
							   &findings[table->number],
							   mm_result_text(result, row, 2),
							   mm_result_text(result, row, 3),
							   strcmp(mm_result_text(result, row, 4), "YES") == 0);
		}
	}
	mm_result_close(result);
}

void
mm_drift_find(JobProcess *process, Walk *walk)
{
	const Migration *migration = process->state;
	int number = list_length(walk->tables);
	Findings *findings = palloc0(Max(number, 1) * sizeof(Findings));
	StringInfoData sql;
	int n = 0;
	ListCell *cell;

	if (number == 0)
		return;
	foreach(cell, walk->tables)
	{
		((WalkTable *) lfirst(cell))->number = n;
		initStringInfo(&findings[n].remote_only);
		initStringInfo(&findings[n].retyped);
		initStringInfo(&findings[n++].gone);
	}
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT table_schema, table_name, column_name, data_type,"
					 "       is_nullable"
					 "  FROM information_schema.columns"
					 " WHERE table_schema IN (%s)",
					 name_list(walk, true));
	if (number <= MAX_NAMES)
		appendStringInfo(&sql, " AND table_name IN (%s)",
						 name_list(walk, false));
	appendStringInfoString(&sql,
						   " ORDER BY table_schema, table_name,"
						   "          ordinal_position");
	read_remote_columns(process, walk, findings, sql.data);
	foreach(cell, walk->tables)
	{
		WalkTable *table = lfirst(cell);

		find_gone_columns(migration->spec, table, &findings[table->number]);
		table->drift = findings_text(&findings[table->number]);
	}
}

/* ---------------------------------------------------------------- tables */

/* What the book knows of a MySQL table, alive or not. */
typedef struct KnownTable
{
	const char *remote_schema;
	const char *remote_table;
	const char *local_schema;
	const char *local_table;
	int64 job_id;
	bool is_here;
} KnownTable;

static List *
read_known_tables(const JobSpec *spec)
{
	List *list = NIL;
	ListCell *cell;
	const char *args[] = {spec->server, mm_store_number(GetUserId())};

	foreach(cell, mm_store_get_rows("SELECT DISTINCT ON (remote_schema, remote_table)"
									"       remote_schema, remote_table, local_schema,"
									"       local_table, job,"
									"       EXISTS (SELECT 1 FROM pg_class"
									"                WHERE oid = m.relation) AS here"
									"  FROM mysql_migrate.table_map AS m"
									" WHERE server = $1"
									"   AND pg_has_role($2::oid, owner, 'USAGE')"
									"   AND state = 'published'"
									" ORDER BY remote_schema, remote_table, here DESC,"
									"          id DESC",
									lengthof(args), args))
	{
		char **values = lfirst(cell);
		KnownTable *known = palloc(sizeof(KnownTable));

		known->remote_schema = values[0];
		known->remote_table = values[1];
		known->local_schema = values[2];
		known->local_table = values[3];
		known->job_id = strtoll(values[4], NULL, 10);
		known->is_here = *values[5] == 't';
		list = lappend(list, known);
	}
	return list;
}

static const KnownTable *
find_known(List *known, const char *schema, const char *name)
{
	ListCell *cell;

	foreach(cell, known)
	{
		const KnownTable *table = lfirst(cell);

		if (strcmp(table->remote_schema, schema) == 0 &&
			strcmp(table->remote_table, name) == 0)
			return table;
	}
	return NULL;
}

/* A job that migrated a schema whole, as its arguments say. */
typedef struct WholeSchema
{
	const char *remote_schema;
	const JobSpec *spec;
	const char *local_schema;
} WholeSchema;

/* Of the jobs whose tables are here. */
static List *
find_whole_schemas(List *known)
{
	List *schemas = NIL;
	List *jobs = NIL;
	ListCell *cell;

	foreach(cell, known)
	{
		const KnownTable *table = lfirst(cell);
		int64 *id = palloc(sizeof(int64));
		JobRow *job;
		bool is_new = table->is_here;
		ListCell *other;

		foreach(other, jobs)
			is_new = is_new && *(int64 *) lfirst(other) != table->job_id;
		if (!is_new)
			continue;
		*id = table->job_id;
		jobs = lappend(jobs, id);
		job = mm_job_get(table->job_id);
		if (job != NULL && strcmp(job->kind, "migrate_schema") == 0)
		{
			WholeSchema *schema = palloc(sizeof(WholeSchema));

			schema->remote_schema = table->remote_schema;
			schema->local_schema = table->local_schema;
			schema->spec = mm_spec_parse(job->payload);
			schemas = lappend(schemas, schema);
		}
	}
	return schemas;
}

static bool
is_skipped_table(const JobSpec *spec, const char *name)
{
	return mm_rule_for_table(spec->rules, RULE_SKIP, name, false) != NULL;
}

/* The schema job that would have made the table, or NULL. */
static const WholeSchema *
wanted_by(List *schemas, const char *remote_schema, const char *name)
{
	ListCell *cell;

	foreach(cell, schemas)
	{
		const WholeSchema *schema = lfirst(cell);

		if (strcmp(schema->remote_schema, remote_schema) == 0 &&
			mm_rules_want_table(schema->spec, name) &&
			!is_skipped_table(schema->spec, name))
			return schema;
	}
	return NULL;
}

static AbsentTable *
absent(const JobSpec *spec, const char *remote_schema, const char *name,
	   const KnownTable *known, const WholeSchema *schema)
{
	AbsentTable *table = palloc(sizeof(AbsentTable));
	const char *local_schema = known ? known->local_schema :
									   schema->local_schema;

	table->name = known ? known->local_table : name;
	table->reason = psprintf(known ? "table \"%s\" of MySQL is not here any more" :
									 "table \"%s\" is in MySQL only",
							 name);
	table->next_step =
		psprintf("SELECT * FROM migrate_schema(%s, %s, %s, include => ARRAY[%s])",
				 quote_literal_cstr(spec->server),
				 quote_literal_cstr(remote_schema),
				 quote_literal_cstr(local_schema), quote_literal_cstr(name));
	return table;
}

static char *
schema_list(List *known)
{
	StringInfoData out;
	const char *last = "";
	ListCell *cell;

	initStringInfo(&out);
	foreach(cell, known)
	{
		const KnownTable *table = lfirst(cell);

		if (strcmp(table->remote_schema, last) == 0)
			continue; /* in their order */
		last = table->remote_schema;
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "",
						 mm_quote_remote_literal(last));
	}
	return out.data;
}

List *
mm_drift_absent(JobProcess *process)
{
	const Migration *migration = process->state;
	const JobSpec *spec = migration->spec;
	List *list = NIL;
	List *known;
	List *schemas;
	WireResult *result;
	const WireRow *row;

	if (spec->remote_table != NULL)
		return NIL;
	known = read_known_tables(spec);
	if (known == NIL)
		return NIL;
	schemas = find_whole_schemas(known);
	result = mm_result_open(migration->conn,
							psprintf("SELECT table_schema, table_name"
									 "  FROM information_schema.tables"
									 " WHERE table_schema IN (%s)"
									 "   AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
									 " ORDER BY table_schema, table_name",
									 schema_list(known)),
							CurrentMemoryContext);
	while ((row = mm_result_next(result)) != NULL)
	{
		const char *schema = mm_result_text(result, row, 0);
		const char *name = mm_result_text(result, row, 1);
		const KnownTable *table = find_known(known, schema, name);
		const WholeSchema *whole = wanted_by(schemas, schema, name);

		if ((table != NULL && table->is_here) ||
			(table == NULL && whole == NULL) || is_skipped_table(spec, name))
			continue;
		list = lappend(list, absent(spec, schema, name, table, whole));
	}
	mm_result_close(result);
	return list;
}
