/*
 * src/migrate/book.c
 *		The bookkeeping of migrations: table_map, note, decision, reject.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "job/store.h"
#include "migrate/book.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static const char *
number(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

static char *
cell(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* ---------------------------------------------------------------- tables */

int64
mm_book_add_table(int64 job_id, Oid owner, const char *server,
				  const RemoteTable *table, Oid relation, bool created,
				  const char *filter, const char *description)
{
	StoreScope scope;
	int64 id;
	const char *args[] = {number(job_id), number(owner), server,
						  table->schema, table->name, table->local_schema, table->local_name,
						  table->load_name, number(relation), created ? "true" : "false",
						  filter, description,
						  psprintf(UINT64_FORMAT, table->estimated_rows)};

	mm_store_enter(&scope);
	mm_store_execute("INSERT INTO mysql_migrate.table_map"
					 " (job, owner, server, remote_schema, remote_table,"
					 "  local_schema, local_table, load_name, relation,"
					 "  state, created, filter, description, estimated_rows)"
					 " VALUES ($1::bigint, $2::oid, $3, $4, $5, $6, $7, $8,"
					 "  $9::oid, 'loading', $10::boolean, $11, $12::jsonb,"
					 "  $13::numeric) RETURNING id",
					 lengthof(args), args);
	id = strtoll(cell(0, 1), NULL, 10);
	mm_store_leave(&scope);
	return id;
}

#define MAP_COLUMNS                                                     \
	"id, job, owner::oid, server, remote_schema, remote_table,"         \
	" local_schema, local_table, coalesce(relation, 0), state, filter," \
	" description, load_name, created"

static TableMap *
map_from_row(uint64 row)
{
	TableMap *map = palloc0(sizeof(TableMap));

	map->id = strtoll(cell(row, 1), NULL, 10);
	map->job_id = strtoll(cell(row, 2), NULL, 10);
	map->owner = atooid(cell(row, 3));
	map->server = cell(row, 4);
	map->remote_schema = cell(row, 5);
	map->remote_table = cell(row, 6);
	map->local_schema = cell(row, 7);
	map->local_table = cell(row, 8);
	map->relation = atooid(cell(row, 9));
	map->state = cell(row, 10);
	map->filter = cell(row, 11);
	map->description = cell(row, 12);
	map->load_name = cell(row, 13);
	map->created = *cell(row, 14) == 't';
	return map;
}

TableMap *
mm_book_get_table(int64 map_id)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	TableMap *map;
	const char *args[] = {number(map_id)};

	mm_store_enter(&scope);
	if (mm_store_execute("SELECT " MAP_COLUMNS " FROM mysql_migrate.table_map"
						 " WHERE id = $1::bigint",
						 lengthof(args), args) != 1)
		elog(ERROR, "table_map " INT64_FORMAT " is not there", map_id);
	old = MemoryContextSwitchTo(caller);
	map = map_from_row(0);
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return map;
}

List *
mm_book_find_tables(const char *server, Oid owner, const char *table)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	uint64 rows;
	List *maps = NIL;
	const char *args[] = {server, number(owner), table};

	mm_store_enter(&scope);
	rows = mm_store_execute("SELECT " MAP_COLUMNS
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
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		maps = lappend(maps, map_from_row(i));
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return maps;
}

static void
execute_alone(const char *sql, int nargs, const char **args)
{
	StoreScope scope;

	mm_store_enter(&scope);
	(void) mm_store_execute(sql, nargs, args);
	mm_store_leave(&scope);
}

void
mm_book_set_table_state(int64 map_id, const char *state)
{
	const char *args[] = {number(map_id), state};

	execute_alone("UPDATE mysql_migrate.table_map SET state = $2"
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
		const char *args[] = {number(job_id), number(owner),
							  mm_note_severity_name(note->severity), note->table_name,
							  note->object, note->what, note->why,
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
	const char *args[] = {number(job_id), schema};

	/* Rows of this very transaction: it creates and changes nothing else. */
	execute_alone("INSERT INTO mysql_migrate.made (job, class, object)"
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
	const char *args[] = {number(job_id), created_schema ? "true" : "false"};

	execute_alone("UPDATE mysql_migrate.job"
				  " SET planned = true, created_schema = $2::boolean"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

void
mm_book_set_unplanned(int64 job_id)
{
	const char *args[] = {number(job_id)};

	execute_alone("UPDATE mysql_migrate.job SET planned = false"
				  " WHERE id = $1::bigint",
				  lengthof(args), args);
}

bool
mm_book_is_planned(int64 job_id)
{
	StoreScope scope;
	bool planned;
	const char *args[] = {number(job_id)};

	mm_store_enter(&scope);
	planned = mm_store_execute("SELECT FROM mysql_migrate.job"
							   " WHERE id = $1::bigint AND planned",
							   lengthof(args), args) == 1;
	mm_store_leave(&scope);
	return planned;
}

bool
mm_book_has_steps(int64 job_id)
{
	StoreScope scope;
	bool has;
	const char *args[] = {number(job_id)};

	mm_store_enter(&scope);
	has = mm_store_execute("SELECT FROM mysql_migrate.job AS j"
						   " WHERE id = $1::bigint"
						   "   AND (NOT planned OR EXISTS ("
						   "        SELECT FROM mysql_migrate.task"
						   "         WHERE task.job = j.id))",
						   lengthof(args), args) == 1;
	mm_store_leave(&scope);
	return has;
}

List *
mm_book_job_tables(int64 job_id)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	uint64 rows;
	List *maps = NIL;
	const char *args[] = {number(job_id)};

	mm_store_enter(&scope);
	rows = mm_store_execute("SELECT " MAP_COLUMNS " FROM mysql_migrate.table_map"
							" WHERE job = $1::bigint ORDER BY id",
							lengthof(args), args);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		maps = lappend(maps, map_from_row(i));
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return maps;
}

/* ---------------------------------------------------------------- decisions */

const char *
mm_book_get_decision(Oid owner, const char *server, const RemoteTable *table,
					 const char *column, const char *question)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	char *answer = NULL;
	const char *args[] = {number(owner), server, table->schema, table->name,
						  column, question};

	mm_store_enter(&scope);
	if (mm_store_execute("SELECT answer FROM mysql_migrate.decision"
						 " WHERE owner = $1::oid AND server = $2"
						 "   AND remote_schema = $3 AND remote_table = $4"
						 "   AND remote_column = $5 AND question = $6",
						 lengthof(args), args) == 1)
		answer = MemoryContextStrdup(caller, cell(0, 1));
	mm_store_leave(&scope);
	return answer;
}

void
mm_book_add_decision(Oid owner, const char *server, const RemoteTable *table,
					 const char *column, const char *question,
					 const char *answer, const char *reason)
{
	const char *args[] = {number(owner), server, table->schema, table->name,
						  column, question, answer, reason};

	execute_alone("INSERT INTO mysql_migrate.decision"
				  " (owner, server, remote_schema, remote_table,"
				  "  remote_column, question, answer, reason)"
				  " VALUES ($1::oid, $2, $3, $4, $5, $6, $7, $8)"
				  " ON CONFLICT DO NOTHING",
				  lengthof(args), args);
}

void
mm_book_set_decision(Oid owner, const char *server, const RemoteTable *table,
					 const char *column, const char *question,
					 const char *answer, const char *reason)
{
	const char *args[] = {number(owner), server, table->schema, table->name,
						  column, question, answer, reason};

	execute_alone("INSERT INTO mysql_migrate.decision AS d"
				  " (owner, server, remote_schema, remote_table,"
				  "  remote_column, question, answer, reason)"
				  " VALUES ($1::oid, $2, $3, $4, $5, $6, $7, $8)"
				  " ON CONFLICT (owner, server, remote_schema, remote_table,"
				  "              remote_column, question)"
				  " DO UPDATE SET answer = $7, reason = $8"
				  "  WHERE d.answer <> $7",
				  lengthof(args), args);
}

List *
mm_book_tied_columns(Oid owner, const char *server, const RemoteTable *table)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	uint64 rows;
	List *list = NIL;
	const char *args[] = {number(owner), server, table->schema, table->name};

	mm_store_enter(&scope);
	rows = mm_store_execute("SELECT remote_column, answer"
							"  FROM mysql_migrate.decision"
							" WHERE owner = $1::oid AND server = $2"
							"   AND remote_schema = $3 AND remote_table = $4"
							"   AND question = 'tied'",
							lengthof(args), args);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		list = lappend(list, cell(i, 1));
		list = lappend(list, cell(i, 2));
	}
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return list;
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
	const char *args[] = {number(job_id), number(owner), number(map_id),
						  number(task_id), table, row->key, row->column,
						  row->bytes == NULL ? NULL : hex_bytea(row->bytes, row->len),
						  unpack_sql_state(row->sqlerrcode), row->reason};

	execute_alone("INSERT INTO mysql_migrate.reject"
				  " (job, owner, table_map, task, table_name, key,"
				  "  column_name, value, sqlstate, reason)"
				  " VALUES ($1::bigint, $2::oid, $3::bigint, $4::int, $5,"
				  "  $6::jsonb, $7, $8::bytea, $9, $10)",
				  lengthof(args), args);
}

void
mm_book_forget_rejects(int64 job_id, int64 map_id)
{
	StoreScope scope;
	const char *args[] = {psprintf(INT64_FORMAT, job_id),
						  psprintf(INT64_FORMAT, map_id)};

	mm_store_enter(&scope);
	(void) mm_store_execute("DELETE FROM mysql_migrate.reject"
							" WHERE job = $1::bigint"
							"   AND table_map = $2::bigint",
							lengthof(args), args);
	mm_store_leave(&scope);
}

uint64
mm_book_count_rejects(int64 job_id, int64 map_id)
{
	StoreScope scope;
	uint64 count;
	const char *args[] = {number(job_id), number(map_id)};

	mm_store_enter(&scope);
	mm_store_execute("SELECT count(*) FROM mysql_migrate.reject"
					 " WHERE job = $1::bigint AND table_map = $2::bigint",
					 lengthof(args), args);
	count = strtoull(cell(0, 1), NULL, 10);
	mm_store_leave(&scope);
	return count;
}
