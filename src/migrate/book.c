/*
 * src/migrate/book.c
 *		The bookkeeping of migrations: table_map, note, decision, reject.
 */
#include "postgres.h"

#include "base/compat.h"
#include "job/store.h"
#include "migrate/book.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- tables */

int64
mm_book_add_table(int64 job_id, Oid owner, const char *server,
				  const RemoteTable *table, Oid relation, bool created,
				  const char *filter, const char *description)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(owner),
						  server, table->schema, table->name,
						  table->local_schema, table->local_name,
						  table->load_name, mm_store_number(relation),
						  mm_store_boolean(created), filter, description,
						  psprintf(UINT64_FORMAT, table->estimated_rows)};
	char *id = mm_store_get_value("INSERT INTO mysql_migrate.table_map"
								  " (job, owner, server, remote_schema, remote_table,"
								  "  local_schema, local_table, load_name, relation,"
								  "  state, created, filter, description, estimated_rows)"
								  " VALUES ($1::bigint, $2::oid, $3, $4, $5, $6, $7, $8,"
								  "  $9::oid, 'loading', $10::boolean, $11, $12::jsonb,"
								  "  $13::numeric) RETURNING id",
								  lengthof(args), args);

	return strtoll(id, NULL, 10);
}

#define MAP_COLUMNS                                                     \
	"id, job, owner::oid, server, remote_schema, remote_table,"         \
	" local_schema, local_table, coalesce(relation, 0), state, filter," \
	" description, load_name, created"

static TableMap *
map_from_row(uint64 row)
{
	TableMap *map = palloc0(sizeof(TableMap));

	map->id = strtoll(mm_store_value(row, 1), NULL, 10);
	map->job_id = strtoll(mm_store_value(row, 2), NULL, 10);
	map->owner = atooid(mm_store_value(row, 3));
	map->server = mm_store_value(row, 4);
	map->remote_schema = mm_store_value(row, 5);
	map->remote_table = mm_store_value(row, 6);
	map->local_schema = mm_store_value(row, 7);
	map->local_table = mm_store_value(row, 8);
	map->relation = atooid(mm_store_value(row, 9));
	map->state = mm_store_value(row, 10);
	map->filter = mm_store_value(row, 11);
	map->description = mm_store_value(row, 12);
	map->load_name = mm_store_value(row, 13);
	map->created = *mm_store_value(row, 14) == 't';
	return map;
}

/* Of a query on MAP_COLUMNS: List of TableMap *. */
static List *
get_maps(const char *sql, int nargs, const char **args)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	uint64 rows;
	List *maps = NIL;

	mm_store_enter(&scope);
	rows = mm_store_execute(sql, nargs, args);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		maps = lappend(maps, map_from_row(i));
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return maps;
}

TableMap *
mm_book_get_table(int64 map_id)
{
	const char *args[] = {mm_store_number(map_id)};
	List *maps = get_maps("SELECT " MAP_COLUMNS " FROM mysql_migrate.table_map"
						  " WHERE id = $1::bigint",
						  lengthof(args), args);

	if (maps == NIL)
		elog(ERROR, "table_map " INT64_FORMAT " is not there", map_id);
	return linitial(maps);
}

List *
mm_book_find_tables(const char *server, Oid owner, const char *table)
{
	const char *args[] = {server, mm_store_number(owner), table};

	return get_maps("SELECT " MAP_COLUMNS
					"  FROM (SELECT DISTINCT ON (relation) *"
					"          FROM mysql_migrate.table_map"
					"         WHERE server = $1"
					"           AND pg_has_role($2::oid, owner, 'USAGE')"
					"           AND state = 'published'"
					"           AND ($3 IS NULL OR $3 IN (local_table,"
					"                remote_table,"
					"                local_schema || '.' || local_table))"
					"         ORDER BY relation, id DESC) AS newest"
					" WHERE EXISTS (SELECT 1 FROM pg_class"
					"                WHERE oid = newest.relation)"
					" ORDER BY local_schema, local_table",
					lengthof(args), args);
}

List *
mm_book_remote_schemas(List *maps)
{
	List *schemas = NIL;
	ListCell *cell;

	foreach(cell, maps)
	{
		const TableMap *map = lfirst(cell);
		bool is_known = false;
		ListCell *other;

		foreach(other, schemas)
			is_known |= strcmp(lfirst(other), map->remote_schema) == 0;
		if (!is_known)
			schemas = lappend(schemas, (void *) map->remote_schema);
	}
	return schemas;
}

List *
mm_book_need_tables(const char *server, Oid owner, const char *table)
{
	List *maps = mm_book_find_tables(server, owner, table);

	if (maps == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 table ? errmsg("no migrated table \"%s\" of server \"%s\" is here",
								table, server) :
						 errmsg("no migrated table of server \"%s\" is here",
								server),
				 errhint("SELECT server, local_schema, local_table, state FROM mysql_migrate.table_map;")));
	return maps;
}

void
mm_book_set_table_state(int64 map_id, const char *state)
{
	const char *args[] = {mm_store_number(map_id), state};

	mm_store_execute_alone("UPDATE mysql_migrate.table_map SET state = $2"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

/* ---------------------------------------------------------------- notes */

void
mm_book_add_notes(int64 job_id, Oid owner, NoteList *notes)
{
	StoreScope scope;
	ListCell *lc;

	mm_store_enter(&scope);
	foreach(lc, notes->notes)
	{
		Note *note = lfirst(lc);
		const char *args[] = {mm_store_number(job_id), mm_store_number(owner),
							  mm_note_severity_name(note->severity),
							  note->table_name, note->object, note->what,
							  note->why,
							  note->next_step ? note->next_step : "nothing has to be done",
							  note->original};

		(void) mm_store_execute("INSERT INTO mysql_migrate.note"
								" (job, owner, severity, table_name, object,"
								"  what, why, next_step, original)"
								" VALUES ($1::bigint, $2::oid, $3, $4, $5, $6,"
								"  $7, $8, $9)",
								lengthof(args), args);
	}
	mm_store_leave(&scope);
	notes->notes = NIL;
}

/* ---------------------------------------------------------------- what a job made */

void
mm_book_record_made(int64 job_id, const char *schema)
{
	const char *args[] = {mm_store_number(job_id), schema};

	/* Rows of this very transaction: it creates and changes nothing else. */
	mm_store_execute_alone("INSERT INTO mysql_migrate.made (job, class, object)"
						   " SELECT $1::bigint, m.class, m.object FROM ("
						   "   SELECT 'pg_namespace'::regclass AS class, oid AS object, 1 AS step"
						   "     FROM pg_namespace"
						   "    WHERE xmin = pg_current_xact_id()::xid AND nspname = $2"
						   "   UNION ALL"
						   "   SELECT 'pg_type'::regclass, t.oid, 2 FROM pg_type AS t"
						   "     JOIN pg_namespace AS n ON n.oid = t.typnamespace"
						   "    WHERE t.xmin = pg_current_xact_id()::xid"
						   "      AND t.typtype = 'e' AND n.nspname = $2"
						   "   UNION ALL"
						   "   SELECT 'pg_collation'::regclass, o.oid, 2"
						   "     FROM pg_collation AS o"
						   "     JOIN pg_namespace AS n ON n.oid = o.collnamespace"
						   "    WHERE o.xmin = pg_current_xact_id()::xid"
						   "      AND n.nspname = $2"
						   "   UNION ALL"
						   "   SELECT 'pg_class'::regclass, c.oid, 3 FROM pg_class AS c"
						   "     JOIN pg_namespace AS n ON n.oid = c.relnamespace"
						   "    WHERE c.xmin = pg_current_xact_id()::xid"
						   "      AND c.relkind IN ('r', 'p', 'S', 'v') AND n.nspname = $2"
						   "      AND NOT EXISTS (SELECT 1 FROM pg_depend AS d"
						   "                       WHERE d.classid = 'pg_class'::regclass"
						   "                         AND d.objid = c.oid AND d.refobjid <> c.oid"
						   "                         AND d.deptype IN ('a', 'i')"
						   "                         AND d.refclassid = 'pg_class'::regclass)"
						   "   UNION ALL"
						   "   SELECT 'pg_proc'::regclass, p.oid, 4 FROM pg_proc AS p"
						   "     JOIN pg_namespace AS n ON n.oid = p.pronamespace"
						   "    WHERE p.xmin = pg_current_xact_id()::xid AND n.nspname = $2"
						   " ) AS m"
						   " WHERE NOT EXISTS (SELECT 1 FROM mysql_migrate.made AS k"
						   "                    WHERE k.job = $1::bigint"
						   "                      AND k.class = m.class AND k.object = m.object)"
						   /* renamed here, but made by somebody else */
						   "   AND NOT EXISTS (SELECT 1 FROM mysql_migrate.kept AS k"
						   "                    WHERE k.job = $1::bigint"
						   "                      AND k.class = m.class AND k.object = m.object)"
						   " ORDER BY m.step, m.object",
						   lengthof(args), args);
}

void
mm_book_set_planned(int64 job_id, bool created_schema)
{
	const char *args[] = {mm_store_number(job_id),
						  mm_store_boolean(created_schema)};

	mm_store_execute_alone("UPDATE mysql_migrate.job"
						   " SET planned = true, created_schema = $2::boolean"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

void
mm_book_set_unplanned(int64 job_id)
{
	const char *args[] = {mm_store_number(job_id)};

	mm_store_execute_alone("UPDATE mysql_migrate.job SET planned = false"
						   " WHERE id = $1::bigint",
						   lengthof(args), args);
}

bool
mm_book_is_planned(int64 job_id)
{
	const char *args[] = {mm_store_number(job_id)};

	return mm_store_execute_alone("SELECT FROM mysql_migrate.job"
								  " WHERE id = $1::bigint AND planned",
								  lengthof(args), args) == 1;
}

bool
mm_book_has_steps(int64 job_id)
{
	const char *args[] = {mm_store_number(job_id)};

	return mm_store_execute_alone("SELECT FROM mysql_migrate.job AS j"
								  " WHERE id = $1::bigint"
								  "   AND (NOT planned OR EXISTS ("
								  "        SELECT FROM mysql_migrate.task"
								  "         WHERE task.job = j.id))",
								  lengthof(args), args) == 1;
}

List *
mm_book_job_tables(int64 job_id)
{
	const char *args[] = {mm_store_number(job_id)};

	return get_maps("SELECT " MAP_COLUMNS " FROM mysql_migrate.table_map"
					" WHERE job = $1::bigint ORDER BY id",
					lengthof(args), args);
}

/* ---------------------------------------------------------------- decisions */

#define DECISION_KEY(key)                                               \
	mm_store_number((key)->owner), (key)->server, (key)->table->schema, \
		(key)->table->name, (key)->column, (key)->question

const char *
mm_book_get_decision(const DecisionKey *key)
{
	const char *args[] = {DECISION_KEY(key)};

	return mm_store_get_value("SELECT answer FROM mysql_migrate.decision"
							  " WHERE owner = $1::oid AND server = $2"
							  "   AND remote_schema = $3 AND remote_table = $4"
							  "   AND remote_column = $5 AND question = $6",
							  lengthof(args), args);
}

#define INSERT_DECISION                             \
	"INSERT INTO mysql_migrate.decision AS d"       \
	" (owner, server, remote_schema, remote_table," \
	"  remote_column, question, answer, reason)"    \
	" VALUES ($1::oid, $2, $3, $4, $5, $6, $7, $8)"

void
mm_book_add_decision(const DecisionKey *key, const char *answer,
					 const char *reason)
{
	const char *args[] = {DECISION_KEY(key), answer, reason};

	mm_store_execute_alone(INSERT_DECISION " ON CONFLICT DO NOTHING",
						   lengthof(args), args);
}

void
mm_book_set_decision(const DecisionKey *key, const char *answer,
					 const char *reason)
{
	const char *args[] = {DECISION_KEY(key), answer, reason};

	mm_store_execute_alone(INSERT_DECISION
						   " ON CONFLICT (owner, server, remote_schema, remote_table,"
						   "              remote_column, question)"
						   " DO UPDATE SET answer = $7, reason = $8"
						   "  WHERE d.answer <> $7",
						   lengthof(args), args);
}

List *
mm_book_tied_columns(Oid owner, const char *server, const RemoteTable *table)
{
	const char *args[] = {mm_store_number(owner), server, table->schema,
						  table->name};

	return mm_store_get_rows("SELECT remote_column, answer"
							 "  FROM mysql_migrate.decision"
							 " WHERE owner = $1::oid AND server = $2"
							 "   AND remote_schema = $3 AND remote_table = $4"
							 "   AND question = 'tied'",
							 lengthof(args), args);
}

/* ---------------------------------------------------------------- rejects */

static char *
hex_bytea(const char *bytes, Size length)
{
	char *text = palloc(length * 2 + 3);

	strcpy(text, "\\x");
	text[2 + hex_encode(bytes, length, text + 2)] = '\0';
	return text;
}

void
mm_book_add_reject(int64 job_id, Oid owner, int64 map_id, int task_id,
				   const char *table, const RejectedRow *row)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(owner),
						  mm_store_number(map_id), mm_store_number(task_id),
						  table, row->key, row->column,
						  row->bytes == NULL ? NULL : hex_bytea(row->bytes, row->len),
						  unpack_sql_state(row->sqlerrcode), row->reason};

	mm_store_execute_alone("INSERT INTO mysql_migrate.reject"
						   " (job, owner, table_map, task, table_name, key,"
						   "  column_name, value, sqlstate, reason)"
						   " VALUES ($1::bigint, $2::oid, $3::bigint, $4::int, $5,"
						   "  $6::jsonb, $7, $8::bytea, $9, $10)",
						   lengthof(args), args);
}

void
mm_book_forget_rejects(int64 job_id, int64 map_id)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(map_id)};

	mm_store_execute_alone("DELETE FROM mysql_migrate.reject"
						   " WHERE job = $1::bigint AND table_map = $2::bigint",
						   lengthof(args), args);
}

uint64
mm_book_count_rejects(int64 job_id, int64 map_id)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(map_id)};

	return strtoull(mm_store_get_value("SELECT count(*) FROM mysql_migrate.reject"
									   " WHERE job = $1::bigint"
									   "   AND table_map = $2::bigint",
									   lengthof(args), args),
					NULL, 10);
}
