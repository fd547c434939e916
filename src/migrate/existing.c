/*
 * src/migrate/existing.c
 *		Local tables that are there already, made by somebody else.
 *
 * All problems of all tables are one error, before anything is loaded.  Tables
 * that others point to are loaded first.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "job/claim.h"
#include "job/store.h"
#include "migrate/book.h"
#include "migrate/existing_internal.h"
#include "migrate/identity.h"
#include "migrate/rejected.h"
#include "migrate/replace.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define MAX_PROBLEMS 20

void
mm_existing_add_problem(Problems *problems, int sqlerrcode, char *line, char *hint)
{
	if (problems->count++ == 0)
	{
		problems->hint = hint;
		problems->sqlerrcode = sqlerrcode;
	}
	if (problems->count <= MAX_PROBLEMS)
		appendStringInfo(&problems->lines, "%s%s",
						 problems->lines.len > 0 ? "\n" : "", line);
}

static void
raise_problems(const Problems *problems, const char *schema)
{
	if (problems->count == 0)
		return;
	ereport(ERROR,
			(errcode(problems->sqlerrcode),
			 problems->count == 1 ?
				 errmsg("the tables in schema \"%s\" do not fit", schema) :
				 errmsg("the tables in schema \"%s\" do not fit, for %d reasons",
						schema, problems->count),
			 errdetail("%s%s", problems->lines.data,
					   problems->count > MAX_PROBLEMS ? "\n..." : ""),
			 errhint("%s", problems->hint)));
}

/* ---------------------------------------------------------------- TRUNCATE */

Datum
mm_existing_array(const List *oids)
{
	Datum *elements = palloc(Max(list_length(oids), 1) * sizeof(Datum));
	ListCell *cell;
	int n = 0;

	foreach(cell, oids)
		elements[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(elements, n, OIDOID, sizeof(Oid),
										   true, TYPALIGN_INT));
}

/*
 * A table outside of the job that points to one that is to be emptied: TRUNCATE
 * would refuse, and CASCADE would empty what nobody asked for.
 */
static void
check_truncate(List *relations, Problems *problems)
{
	Oid types[1] = {OIDARRAYOID};
	Datum values[1] = {mm_existing_array(relations)};
	ListCell *cell;

	foreach(cell, mm_local_rows("SELECT k.conname, k.conrelid::pg_catalog.regclass::text,"
								"       k.confrelid::pg_catalog.regclass::text"
								"  FROM pg_catalog.pg_constraint AS k"
								" WHERE k.contype = 'f'"
								"   AND k.confrelid = ANY ($1)"
								"   AND k.conrelid <> ALL ($1)"
								"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits"
								"                    WHERE inhrelid = k.conrelid"
								"                      AND inhparent = ANY ($1))"
								"   AND k.conparentid = 0"
								" ORDER BY 2, 1",
								lengthof(types), types, values))
	{
		char **key = lfirst(cell);

		mm_existing_add_problem(problems, ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
								psprintf("%s: foreign key \"%s\" of table %s, which is not in the job, points to it.",
										 key[2], key[0], key[1]),
								psprintf("Take %s into the job, drop the key for the time of the load, or use on_existing => 'append'.",
										 key[1]));
	}
}

/* ---------------------------------------------------------------- foreign keys */

typedef struct Edge
{
	Oid child;
	Oid parent;
} Edge;

/* Foreign keys among tables, read in one go. */
typedef struct Graph
{
	int nedges;
	Edge *edges;
} Graph;

static void
read_graph(Graph *graph, List *relations)
{
	Oid types[1] = {OIDARRAYOID};
	Datum values[1] = {mm_existing_array(relations)};
	List *rows = mm_local_rows("SELECT DISTINCT conrelid, confrelid"
							   "  FROM pg_catalog.pg_constraint"
							   " WHERE contype = 'f' AND conrelid = ANY ($1)"
							   "   AND confrelid = ANY ($1)",
							   lengthof(types), types, values);
	ListCell *cell;

	graph->nedges = 0;
	graph->edges = palloc(Max(list_length(rows), 1) * sizeof(Edge));
	foreach(cell, rows)
	{
		char **row = lfirst(cell);
		Edge *edge = &graph->edges[graph->nedges++];

		edge->child = atooid(row[0]);
		edge->parent = atooid(row[1]);
	}
}

static List *
parents_of(const Graph *graph, Oid child, List *found)
{
	for (int i = 0; i < graph->nedges; i++)
	{
		if (graph->edges[i].child == child)
			found = list_append_unique_oid(found, graph->edges[i].parent);
	}
	return found;
}

/* Does a way lead from one table up to another, over one key at least? */
static bool
leads_to(const Graph *graph, Oid from, Oid to)
{
	List *found = parents_of(graph, from, NIL);

	/* The list grows while it is walked. */
	for (int i = 0; i < list_length(found); i++)
	{
		if (list_nth_oid(found, i) == to)
			return true;
		found = parents_of(graph, list_nth_oid(found, i), found);
	}
	return false;
}

/* ---------------------------------------------------------------- all of them */

/* Without the phase "schema" nothing makes the tables. */
static void
refuse_missing(const Migration *migration)
{
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (!table->exists_here)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("table \"%s.%s\" does not exist",
							migration->spec->local_schema, table->local_name),
					 errhint("Add \"schema\" to the option \"phases\", or run that phase first.")));
	}
}

static bool
has_rows(const Migration *migration, const RemoteTable *table)
{
	char *name = mm_quote_local_name(migration->spec->local_schema,
									 table->local_name);

	return mm_local_rows(psprintf("SELECT 1 FROM %s LIMIT 1", name), 0, NULL,
						 NULL) != NIL;
}

/*
 * Is an existing table in the way of on_existing => 'error'?  One that an
 * earlier phase made is not, as long as it is empty or no rows are wanted.
 */
static bool
is_in_the_way(const Migration *migration, const RemoteTable *table)
{
	int phases = migration->spec->phases;

	if ((phases & PHASE_SCHEMA) != 0)
		return true;
	return (phases & PHASE_DATA) != 0 && has_rows(migration, table);
}

/* The caller's job that was stopped while it made tables that are there. */
static const char *
stopped_job(const Migration *migration)
{
	const char *args[] = {migration->spec->local_schema,
						  mm_store_number(GetUserId())};

	return mm_store_get_value("SELECT max(job)"
							  "  FROM mysql_migrate.table_map"
							  " WHERE local_schema = $1 AND owner = $2::oid"
							  "   AND created AND state IN ('loading', 'failed')"
							  "   AND EXISTS (SELECT 1 FROM pg_class AS c"
							  "                WHERE c.oid = relation"
							  "                  AND c.relname = local_table)",
							  lengthof(args), args);
}

/* on_existing => 'error': the tables that are in the way. */
static void
refuse_existing(const Migration *migration)
{
	StringInfoData names;
	List *claims = NIL;
	const char *job;
	int count = 0;
	ListCell *cell;

	initStringInfo(&names);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (!table->exists_here || !is_in_the_way(migration, table))
			continue;
		claims = lappend(claims, psprintf("%s.%s", table->local_schema,
										  table->local_name));
		if (++count <= 10)
			appendStringInfo(&names, "%s\"%s\"", count > 1 ? ", " : "",
							 table->local_name);
	}
	/* Perhaps they are there because another job is just loading them. */
	if (count > 0)
	{
		mm_claim_refuse(claims);
		job = stopped_job(migration);
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("%d of the tables exist in schema \"%s\" already",
						count, migration->spec->local_schema),
				 errdetail("They are %s%s.", names.data,
						   count > 10 ? " and others" : ""),
				 job != NULL ?
					 errhint("Job %s was stopped while it made them: SELECT * FROM migration_resume(%s) goes on, SELECT migration_rollback(%s) undoes it.",
							 job, job, job) :
					 errhint("Choose another local_schema, or on_existing => 'append', 'truncate' or 'replace'.")));
	}
}

static void
mark_circles(Migration *migration, List *relations, Oid schema)
{
	Graph graph;
	ListCell *cell;

	if (relations == NIL)
		return;
	read_graph(&graph, relations);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		Oid relid = get_relname_relid(table->local_name, schema);

		table->is_circular = table->exists_here &&
							 leads_to(&graph, relid, relid);
	}
}

static void
report_blocker(void *arg, char *line, char *hint)
{
	mm_existing_add_problem(arg, ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, line, hint);
}

/*
 * Rows that a table got from one source are not emptied, nor added to, from
 * another that has come to answer under the server's name.
 */
static void
refuse_other_source(const Migration *migration, const List *relations)
{
	const JobSpec *spec = migration->spec;
	List *maps = NIL;
	ListCell *cell;

	if (relations == NIL || spec->force)
		return;
	foreach(cell, mm_book_find_tables(spec->server, GetUserId(), NULL))
	{
		TableMap *map = lfirst(cell);

		if (list_member_oid(relations, map->relation))
			maps = lappend(maps, map);
	}
	mm_identity_check_tables(migration->conn, maps);
}

void
mm_existing_check(Migration *migration, Oid schema)
{
	Problems problems;
	List *relations = NIL;
	ListCell *cell;

	memset(&problems, 0, sizeof(problems));
	initStringInfo(&problems.lines);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		table->exists_here = OidIsValid(get_relname_relid(table->local_name,
														  schema));
	}
	if ((migration->spec->phases & PHASE_SCHEMA) == 0)
		refuse_missing(migration);
	if (migration->spec->on_existing == EXISTING_ERROR)
		refuse_existing(migration);
	/* migration_check tells what each on_existing would meet. */
	if (migration->is_preview)
		return;
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		Oid relid = get_relname_relid(table->local_name, schema);

		if (!table->exists_here)
			continue;
		if (OidIsValid(table->replaced))
		{
			table->exists_here = false;
			mm_replace_check(migration, table, report_blocker, &problems);
			continue;
		}
		mm_existing_check_table(migration, table, relid, &problems);
		if (migration->spec->only_rejected)
			mm_rejected_select(migration, table, relid);
		relations = lappend_oid(relations, relid);
	}
	if (migration->spec->on_existing == EXISTING_TRUNCATE && relations != NIL)
		check_truncate(relations, &problems);
	mark_circles(migration, relations, schema);
	raise_problems(&problems, migration->spec->local_schema);
	refuse_other_source(migration, relations);
}

/*
 * mm_existing_problems
 *		What stands against one on_existing, a line each; NULL: nothing.
 *
 * For migration_check: columns and notes of the migration are not what they
 * were afterwards, so it comes last.
 */
char *
mm_existing_problems(Migration *migration, OnExisting on_existing)
{
	Oid schema = get_namespace_oid(migration->spec->local_schema, true);
	OnExisting before = migration->spec->on_existing;
	NoteList *notes = migration->notes;
	List *relations = NIL;
	Problems problems;
	ListCell *cell;

	memset(&problems, 0, sizeof(problems));
	initStringInfo(&problems.lines);
	migration->spec->on_existing = on_existing;
	migration->notes = mm_note_list_create();
	if (OidIsValid(schema))
		mm_replace_find(migration, schema);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		Oid relid = get_relname_relid(table->local_name, schema);

		if (!table->exists_here)
			continue;
		relations = lappend_oid(relations, relid);
		if (on_existing == EXISTING_REPLACE && OidIsValid(table->replaced))
			mm_replace_check(migration, table, report_blocker, &problems);
		else
			mm_existing_check_table(migration, table, relid, &problems);
		table->replaced = InvalidOid;
	}
	if (on_existing == EXISTING_TRUNCATE && relations != NIL)
		check_truncate(relations, &problems);
	migration->spec->on_existing = before;
	migration->notes = notes;
	migration->replaced = NIL;
	return problems.count > 0 ? problems.lines.data : NULL;
}

void
mm_existing_settle(Migration *migration)
{
	ListCell *table_cell;

	foreach(table_cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		foreach(cell, table->columns)
		{
			RemoteColumn *column = lfirst(cell);

			if (table->exists_here)
				column->is_generated_here = column->is_computed;
		}
	}
}

/* ---------------------------------------------------------------- order */

static TableState *
state_of_relation(const Migration *migration, Oid relation)
{
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (state->relation == relation)
			return state;
	}
	return NULL;
}

/* Tables of a circle cannot all come after one another. */
static void
order_table(const Migration *migration, const Graph *graph, TableState *state)
{
	ListCell *cell;

	foreach(cell, parents_of(graph, state->relation, NIL))
	{
		TableState *parent = state_of_relation(migration, lfirst_oid(cell));

		if (!leads_to(graph, parent->relation, state->relation))
			state->load_needs = lappend_int(state->load_needs,
											parent->load_stage);
	}
}

void
mm_existing_order(Migration *migration)
{
	Graph graph;
	List *relations = NIL;
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (!state->created)
			relations = lappend_oid(relations, state->relation);
	}
	if (relations == NIL)
		return;
	read_graph(&graph, relations);
	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);

		if (!state->created)
			order_table(migration, &graph, state);
	}
}
