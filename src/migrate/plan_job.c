/*
 * src/migrate/plan_job.c
 *		A remote schema into local objects and tasks.
 *
 * The leader reads the remote catalog, checks what can be checked, takes the
 * one moment, asks the data, makes the tables and adds the tasks.  Until the
 * job's row is written an error leaves nothing behind.
 *
 * In a schema that exists, tables are loaded under a job name and get their
 * own at the end (finish.c); in one that the job makes they have it at once.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "job/leader.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "migrate/table_json.h"
#include "miscadmin.h"
#include "source/snapshot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Tables made in one transaction: locks are held until its end. */
#define TABLES_PER_TRANSACTION 50
/* Chunks cut in one go, so that the leader stays responsive. */
#define CHUNKS_PER_STEP 8

/* ---------------------------------------------------------------- the remote side */

static void
keep_wanted_tables(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	RemoteSchema *schema = migration->schema;
	List	   *wanted = NIL;
	ListCell   *cell;

	foreach(cell, schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (spec->include != NIL && !mm_spec_matches(spec->include, table->name))
			continue;
		if (mm_spec_matches(spec->exclude, table->name))
			continue;
		wanted = lappend(wanted, table);
	}
	if (wanted == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
				 errmsg("there is no table to migrate in MySQL schema \"%s\"",
						schema->name),
				 schema->tables == NIL ?
				 errdetail("The schema has no tables, or the MySQL account may not see them.") :
				 errdetail("Of its %d tables, \"include\" and \"exclude\" leave none.",
						   list_length(schema->tables)),
				 errhint("Check remote_schema, include and exclude, and that the MySQL account has SELECT on the tables.")));
	schema->tables = wanted;
}

static void
apply_type_options(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	ListCell   *table_cell;

	foreach(table_cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell   *cell;

		foreach(cell, table->columns)
		{
			ColumnType *type = &((RemoteColumn *) lfirst(cell))->type;

			type->enum_mode = spec->enum_mode;
			type->json_mode = spec->json_mode;
			type->set_as_text = spec->set_as_text;
		}
	}
}

static void
read_remote(JobProcess *process)
{
	Migration  *migration = process->state;
	JobSpec    *spec = migration->spec;

	if (spec->remote_schema == NULL)
		spec->remote_schema = migration->info->dbname;
	if (spec->remote_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no MySQL schema was named"),
				 errhint("Give the argument remote_schema, or set the option \"dbname\" of server \"%s\".",
						 spec->server)));
	migration->schema = mm_catalog_read(migration->conn, spec->remote_schema,
										spec->remote_table == NULL ? NIL :
										list_make1(pstrdup(spec->remote_table)));
	keep_wanted_tables(migration);
	apply_type_options(migration);
	/* A single table takes no programs and sequences with it. */
	if (spec->remote_table != NULL)
	{
		migration->schema->programs = NIL;
		migration->schema->sequences = NIL;
	}
}

/* ---------------------------------------------------------------- the local side */

/* Names of all relations in the local schema. */
static List *
taken_names(const char *schema)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(schema)};
	List	   *names = NIL;
	MemoryContext old;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args("SELECT relname::text FROM pg_catalog.pg_class"
							  " WHERE relnamespace ="
							  "   (SELECT oid FROM pg_catalog.pg_namespace"
							  "     WHERE nspname = $1)",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the relations of schema \"%s\"", schema);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, SPI_getvalue(SPI_tuptable->vals[i],
											SPI_tuptable->tupdesc, 1));
	MemoryContextSwitchTo(old);
	SPI_finish();
	return names;
}

static void
check_schema_privilege(Oid schema, const char *name)
{
	if (mm_schema_aclcheck(schema, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for schema \"%s\"", name),
				 errhint("GRANT CREATE ON SCHEMA %s TO %s;",
						 quote_identifier(name),
						 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

static void
check_existing(Migration *migration, Oid schema)
{
	StringInfoData names;
	int			count = 0;
	ListCell   *cell;

	initStringInfo(&names);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		table->exists_here = OidIsValid(get_relname_relid(table->local_name,
														  schema));
		if (!table->exists_here ||
			migration->spec->on_existing != EXISTING_ERROR)
			continue;
		if (++count <= 10)
			appendStringInfo(&names, "%s\"%s\"", count > 1 ? ", " : "",
							 table->local_name);
	}
	if (count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("%d of the tables exist in schema \"%s\" already",
						count, migration->spec->local_schema),
				 errdetail("They are %s%s.", names.data,
						   count > 10 ? " and others" : ""),
				 errhint("Choose another local_schema, or on_existing => 'append' or 'truncate'.")));
}

static void
fill_ddl_options(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	DdlOptions *ddl = &migration->ddl;

	ddl->local_schema = spec->local_schema;
	ddl->create_schema = migration->created_schema;
	ddl->identifiers = spec->identifiers;
	ddl->case_insensitive = spec->case_insensitive;
	ddl->serial = spec->serial;
	ddl->flatten_partitions = spec->flatten_partitions;
	ddl->owner = spec->owner;
	ddl->text_search_config = spec->text_search_config;
	ddl->policies = spec->policies;
}

static void
refuse_open_features(const JobSpec *spec)
{
	if (spec->on_existing == EXISTING_REPLACE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("on_existing => 'replace' is not supported yet"),
				 errhint("Migrate into another local_schema, or use 'truncate'.")));
	if (spec->case_insensitive == CASE_COLLATION ||
		spec->case_insensitive == CASE_CITEXT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this value of \"case_insensitive\" is not supported yet"),
				 errhint("Use \"unique\" or \"ignore\".")));
}

/* Local names, and everything that must be known before a job exists. */
static void
check_local(JobProcess *process)
{
	Migration  *migration = process->state;
	JobSpec    *spec = migration->spec;
	Oid			schema;

	refuse_open_features(spec);
	schema = get_namespace_oid(spec->local_schema, true);
	migration->created_schema = !OidIsValid(schema);
	fill_ddl_options(migration);
	migration->notes = mm_note_list_create();
	mm_ddl_assign_names(migration->schema, &migration->ddl,
						taken_names(spec->local_schema), migration->notes);
	if (spec->local_table != NULL)
	{
		RemoteTable *table = linitial(migration->schema->tables);

		table->local_name = table->load_name = spec->local_table;
	}
	if (OidIsValid(schema))
	{
		check_schema_privilege(schema, spec->local_schema);
		check_existing(migration, schema);
	}
}

/* Only notes that make a migration impossible stop it. */
static void
refuse_blockers(const Migration *migration)
{
	ListCell   *cell;

	foreach(cell, migration->notes->notes)
	{
		Note	   *note = lfirst(cell);

		if (note->severity == NOTE_BLOCKER)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("%s: %s", note->object, note->what),
					 note->why ? errdetail("%s", note->why) : 0,
					 note->next_step ? errhint("%s", note->next_step) : 0));
	}
}

/* ---------------------------------------------------------------- making tables */

static void
set_load_names(JobProcess *process)
{
	Migration  *migration = process->state;
	ListCell   *cell;

	if (migration->created_schema)
		return;
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		table->load_name = mm_ident_clip(psprintf("%s__job_" INT64_FORMAT,
												  table->local_name,
												  process->job_id));
	}
}

static bool
is_immediate(DdlPhase phase)
{
	return phase <= DDL_TABLE;
}

static bool
is_late(DdlPhase phase)
{
	return phase == DDL_TRIGGER || phase == DDL_VIEW;
}

/* A table that was there before the job keeps what it has. */
static bool
is_for_us(const DdlStatement *statement)
{
	return statement->table == NULL || !statement->table->exists_here;
}

/* Each statement in the right order; tables in small transactions. */
static void
make_objects(JobProcess *process, List *statements)
{
	Migration  *migration = process->state;
	int			in_transaction = 0;
	ListCell   *cell;

	StartTransactionCommand();
	MemoryContextSwitchTo(process->context);
	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		if (!is_immediate(statement->phase) || !is_for_us(statement))
			continue;
		CHECK_FOR_INTERRUPTS();
		mm_migration_execute(statement->sql);
		if (++in_transaction < TABLES_PER_TRANSACTION)
			continue;
		mm_book_record_made(process->job_id, migration->spec->local_schema);
		CommitTransactionCommand();
		StartTransactionCommand();
		MemoryContextSwitchTo(process->context);
		in_transaction = 0;
	}
	mm_book_record_made(process->job_id, migration->spec->local_schema);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

static void
truncate_existing(Migration *migration)
{
	StringInfoData sql;
	ListCell   *cell;

	initStringInfo(&sql);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (table->exists_here)
			appendStringInfo(&sql, "%s %s", sql.len > 0 ? "," : "TRUNCATE",
							 mm_quote_local_name(table->local_schema,
												 table->local_name));
	}
	if (sql.len > 0)
		mm_migration_execute(sql.data);
}

/* ---------------------------------------------------------------- tasks */

static int
compare_size(const ListCell *a, const ListCell *b)
{
	const TableState *ta = lfirst(a);
	const TableState *tb = lfirst(b);

	if (ta->table->data_bytes != tb->table->data_bytes)
		return ta->table->data_bytes > tb->table->data_bytes ? -1 : 1;
	return strcmp(ta->table->name, tb->table->name);
}

void
mm_plan_choose_chunks(TableState *state)
{
	state->key = mm_chunk_key(state->table);
	state->chunk_rows = mm_chunk_rows(state->table);
	state->needs_null_chunk = state->key != NULL && state->key->nullable;
}

static TableState *
add_table_state(JobProcess *process, RemoteTable *table, Oid schema)
{
	Migration  *migration = process->state;
	TableState *state = palloc0(sizeof(TableState));

	state->table = table;
	state->created = !table->exists_here;
	state->relation = get_relname_relid(state->created ? table->load_name :
										table->local_name, schema);
	if (!OidIsValid(state->relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s.%s\" does not exist",
						table->local_schema, table->local_name),
				 errhint("Add \"schema\" to the option \"phases\", or create it first.")));
	state->map_id = mm_book_add_table(process->job_id, GetUserId(),
									  migration->spec->server, table,
									  state->relation, state->created,
									  migration->spec->where,
									  mm_table_to_json(table));
	state->load_stage = mm_leader_add_stage(process);
	state->index_stage = mm_leader_add_stage(process);
	state->key_stage = mm_leader_add_stage(process);
	state->check_stage = mm_leader_add_stage(process);
	state->finish_stage = mm_leader_add_stage(process);
	mm_plan_choose_chunks(state);
	return state;
}

typedef struct StateEntry
{
	RemoteTable *table;			/* hash key */
	TableState *state;
} StateEntry;

static HTAB *
make_table_states(JobProcess *process)
{
	Migration  *migration = process->state;
	Oid			schema = get_namespace_oid(migration->spec->local_schema, false);
	HASHCTL		control;
	HTAB	   *states;
	ListCell   *cell;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(RemoteTable *);
	control.entrysize = sizeof(StateEntry);
	control.hcxt = process->context;
	states = hash_create("table states", 256, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		StateEntry *entry = hash_search(states, &table, HASH_ENTER, NULL);

		entry->state = add_table_state(process, table, schema);
		migration->tables = lappend(migration->tables, entry->state);
	}
	list_sort(migration->tables, compare_size);
	return states;
}

/* What a statement is called in the task table, and whose stage it counts for. */
static void
add_statement_task(JobProcess *process, TableState *state,
				   const DdlStatement *statement)
{
	Task		task;

	memset(&task, 0, sizeof(task));
	task.subject = state->map_id;
	task.object = statement->object;
	task.statement = statement->sql;
	task.listing = statement->listing;
	task.may_fail = statement->may_fail;
	task.weight = state->table->data_bytes;
	switch (statement->phase)
	{
		case DDL_INDEX:
			task.kind = "index";
			task.stage = state->index_stage;
			task.needs = list_make1_int(state->load_stage);
			break;
		case DDL_KEY:
			task.kind = "key";
			task.stage = state->key_stage;
			task.needs = list_make2_int(state->load_stage, state->index_stage);
			break;
		case DDL_CHECK:
			task.kind = "check";
			task.stage = state->key_stage;
			task.needs = list_make1_int(state->load_stage);
			break;
		case DDL_VALIDATE_CHECK:
			task.kind = "validate";
			task.stage = state->check_stage;
			task.needs = list_make1_int(state->key_stage);
			break;
		default:
			elog(ERROR, "unexpected phase %d", statement->phase);
	}
	mm_leader_add_task(process, &task);
}

/* The table's last task: identity, comments, statistics, in one go. */
static void
add_finish_task(JobProcess *process, TableState *state)
{
	StringInfoData sql;
	Task		task;
	ListCell   *cell;

	initStringInfo(&sql);
	foreach(cell, state->finish_statements)
	{
		DdlStatement *statement = lfirst(cell);

		appendStringInfo(&sql, "%s%s", sql.len > 0 ? ";\n" : "",
						 statement->sql);
	}
	memset(&task, 0, sizeof(task));
	task.kind = "finish";
	task.subject = state->map_id;
	task.object = state->table->local_name;
	task.statement = sql.data;
	task.stage = state->finish_stage;
	task.needs = list_make4_int(state->load_stage, state->index_stage,
								state->key_stage, state->check_stage);
	task.weight = state->table->data_bytes;
	mm_leader_add_task(process, &task);
}

static TableState *
referenced_state(Migration *migration, const TableState *state,
				 const char *constraint)
{
	ListCell   *cell;

	foreach(cell, state->table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(cell);
		ListCell   *table_cell;

		if (strcmp(key->local_name, constraint) != 0)
			continue;
		foreach(table_cell, migration->tables)
		{
			TableState *other = lfirst(table_cell);

			if (strcmp(other->table->name, key->referenced_table) == 0)
				return other;
		}
	}
	elog(ERROR, "foreign key \"%s\" has no referenced table", constraint);
}

/*
 * Foreign keys are added by the leader, one after the other: they lock two
 * tables each, and two workers could wait for one another.  Validation locks
 * little and runs in the workers.
 */
static void
add_foreign_key_task(JobProcess *process, TableState *state,
					 const DdlStatement *statement)
{
	Migration  *migration = process->state;
	TableState *other = referenced_state(migration, state, statement->object);
	bool		adds = statement->phase == DDL_FOREIGN_KEY;
	Task		task;

	memset(&task, 0, sizeof(task));
	task.kind = adds ? "foreign key" : "validate";
	task.subject = state->map_id;
	task.object = statement->object;
	task.statement = statement->sql;
	task.listing = statement->listing;
	task.may_fail = true;
	task.leader_only = adds;
	task.weight = state->table->data_bytes;
	task.stage = adds ? migration->fk_stage : mm_leader_add_stage(process);
	task.needs = list_make2_int(state->finish_stage, other->finish_stage);
	if (!adds)
		task.needs = lappend_int(task.needs, migration->fk_stage);
	mm_leader_add_task(process, &task);
}

static bool
phase_is_wanted(const JobSpec *spec, DdlPhase phase)
{
	switch (phase)
	{
		case DDL_INDEX:
		case DDL_KEY:
			return (spec->phases & PHASE_INDEXES) != 0;
		case DDL_CHECK:
		case DDL_VALIDATE_CHECK:
		case DDL_FOREIGN_KEY:
		case DDL_VALIDATE_FOREIGN_KEY:
			return (spec->phases & PHASE_CONSTRAINTS) != 0;
		case DDL_VIEW:
			return (spec->phases & PHASE_VIEWS) != 0;
		default:
			return (spec->phases & PHASE_SCHEMA) != 0;
	}
}

/* The tasks of one table's statements, but for foreign keys. */
static void
add_table_tasks(JobProcess *process, HTAB *states, List *statements)
{
	ListCell   *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		StateEntry *entry;

		if (statement->phase < DDL_INDEX || statement->table == NULL ||
			is_late(statement->phase) || !is_for_us(statement) ||
			statement->phase == DDL_FOREIGN_KEY ||
			statement->phase == DDL_VALIDATE_FOREIGN_KEY)
			continue;
		entry = hash_search(states, &statement->table, HASH_FIND, NULL);
		if (entry == NULL)
			elog(ERROR, "statement for an unknown table: %s", statement->sql);
		if (statement->phase == DDL_IDENTITY || statement->phase == DDL_COMMENT)
			entry->state->finish_statements =
				lappend(entry->state->finish_statements, statement);
		else
			add_statement_task(process, entry->state, statement);
	}
}

static void
add_foreign_key_tasks(JobProcess *process, HTAB *states, List *statements,
					  DdlPhase phase)
{
	ListCell   *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		StateEntry *entry;

		if (statement->phase != phase || !is_for_us(statement))
			continue;
		entry = hash_search(states, &statement->table, HASH_FIND, NULL);
		add_foreign_key_task(process, entry->state, statement);
	}
}

/*
 * Stages are added before whatever waits for them: a stage without tasks
 * counts as finished.
 */
static void
add_tasks(JobProcess *process, HTAB *states, List *statements)
{
	Migration  *migration = process->state;
	ListCell   *cell;

	migration->fk_stage = mm_leader_add_stage(process);
	foreach(cell, migration->tables)
		mm_leader_hold_stage(process, ((TableState *) lfirst(cell))->load_stage);
	add_table_tasks(process, states, statements);
	foreach(cell, migration->tables)
		add_finish_task(process, lfirst(cell));
	add_foreign_key_tasks(process, states, statements, DDL_FOREIGN_KEY);
	add_foreign_key_tasks(process, states, statements,
						  DDL_VALIDATE_FOREIGN_KEY);
}

static List *
wanted_statements(const JobSpec *spec, List *statements)
{
	List	   *wanted = NIL;
	ListCell   *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		if (phase_is_wanted(spec, statement->phase))
			wanted = lappend(wanted, statement);
	}
	return wanted;
}

/* Triggers and views are made at the end, in the order of the statements. */
static void
add_late_tasks(JobProcess *process, HTAB *states, List *statements)
{
	ListCell   *cell;

	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);
		Task		task;

		if (!is_for_us(statement) ||
			!(is_late(statement->phase) ||
			  (statement->table == NULL && statement->phase > DDL_TABLE)))
			continue;
		memset(&task, 0, sizeof(task));
		task.kind = LATE_TASK;
		task.object = statement->object;
		task.statement = statement->sql;
		task.listing = statement->original;
		task.leader_only = true;
		if (statement->table != NULL)
		{
			StateEntry *entry = hash_search(states, &statement->table,
											HASH_FIND, NULL);

			task.subject = entry->state->map_id;
		}
		mm_leader_add_later_task(process, &task);
	}
}

/* ---------------------------------------------------------------- chunks */

static void
add_load_task(JobProcess *process, TableState *state, const char *lower,
			  const char *upper, bool is_null_chunk)
{
	Task		task;

	memset(&task, 0, sizeof(task));
	task.kind = "load";
	task.subject = state->map_id;
	task.object = state->table->local_name;
	task.lower = lower;
	task.upper = upper;
	task.is_null_chunk = is_null_chunk;
	task.stage = state->load_stage;
	task.needs_snapshot = true;
	task.weight = state->table->data_bytes;
	StartTransactionCommand();
	mm_leader_add_task(process, &task);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/*
 * The next boundary.  When it cannot be read, the rest of the table is one
 * chunk: the worker that reads it meets the same error, and says so.
 */
static char *
next_bound(JobProcess *process, TableState *state)
{
	Migration  *migration = process->state;
	char	   *volatile bound = NULL;

	PG_TRY();
	{
		if (!mm_conn_is_usable(migration->conn))
			mm_migration_connect(process);
		bound = mm_chunk_next_bound(migration->conn, state->table, state->key,
									state->last_bound, state->chunk_rows,
									migration->spec->where);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(process->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		EmitErrorReport();
		FlushErrorState();
	}
	PG_END_TRY();
	return bound;
}

static void
cut_next_chunk(JobProcess *process, TableState *state)
{
	char	   *bound = NULL;

	if (state->needs_null_chunk)
	{
		add_load_task(process, state, NULL, NULL, true);
		state->needs_null_chunk = false;
	}
	if (state->key != NULL)
		bound = next_bound(process, state);
	add_load_task(process, state, state->last_bound, bound, false);
	state->last_bound = bound;
	if (bound == NULL)
	{
		state->is_cut = true;
		mm_leader_release_stage(process, state->load_stage);
	}
}

/*
 * mm_plan_more
 *		Cut further chunks when the workers are about to run out of them.
 */
bool
mm_plan_more(JobProcess *process)
{
	Migration  *migration = process->state;
	int			wanted = 2 * (migration->nworkers + 1);
	bool		any = false;

	for (int i = 0; i < CHUNKS_PER_STEP; i++)
	{
		TableState *state;

		if (migration->next_to_cut >= list_length(migration->tables) ||
			mm_leader_ready_tasks(process) >= wanted)
			break;
		state = list_nth(migration->tables, migration->next_to_cut);
		cut_next_chunk(process, state);
		if (state->is_cut)
			migration->next_to_cut++;
		any = true;
	}
	return any;
}

/* ---------------------------------------------------------------- the plan */

static void
insert_job(JobProcess *process)
{
	Migration  *migration = process->state;
	JobSpec    *spec = migration->spec;
	int64		job_id;

	if (spec->resumed_job != 0)
	{
		job_id = spec->resumed_job;
		mm_job_set_running(job_id, dsm_segment_handle(process->segment));
	}
	else
		job_id = mm_job_insert(spec->kind, spec->server, spec->remote_schema,
						   spec->local_schema, process->arguments.payload,
						   GetUserId(), spec->workers,
						   dsm_segment_handle(process->segment));
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
	mm_leader_set_job(process, job_id);
}

static uint64
total_bytes(const Migration *migration)
{
	uint64		bytes = 0;
	ListCell   *cell;

	foreach(cell, migration->tables)
		bytes += ((TableState *) lfirst(cell))->table->data_bytes;
	return bytes;
}

/*
 * mm_plan_announce
 *		The first NOTICE: job, tables, moment, and what Ctrl-C does.
 */
void
mm_plan_announce(JobProcess *process)
{
	Migration  *migration = process->state;
	char	   *size = text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty,
																		  Int64GetDatum(total_bytes(migration)))));
	char	   *text;

	text = psprintf("job " INT64_FORMAT ": %s.%s to schema \"%s\", %d tables, %s%s%s, %d workers",
					process->job_id, migration->spec->server,
					migration->spec->remote_schema,
					migration->spec->local_schema,
					list_length(migration->tables), size,
					migration->position ? ", all as of " : "",
					migration->position ? migration->position : "",
					migration->nworkers);
	mm_leader_notice(process, NOTICE, text, NULL,
					 psprintf("Ctrl-C stops job " INT64_FORMAT ", SELECT * FROM migration_resume(" INT64_FORMAT ") goes on where it stopped. Watch it: mysql_migrate.progress",
							  process->job_id, process->job_id));
}

/* Readers that the source allows: the leader has a session too. */
static int
wanted_workers(const JobSpec *spec)
{
	int			wanted = spec->workers;

	if (spec->max_source_connections > 0)
		wanted = Min(wanted, spec->max_source_connections - 1);
	return wanted;
}

void
mm_plan_start_workers(JobProcess *process)
{
	Migration  *migration = process->state;
	const char *problem;
	int			wanted = wanted_workers(migration->spec);

	migration->nworkers = mm_leader_start_workers(process, wanted, &problem);
	MemoryContextSwitchTo(process->context);
	if (problem != NULL)
		mm_leader_notice(process, WARNING,
						 psprintf("job " INT64_FORMAT " runs with %d of %d workers",
								  process->job_id, migration->nworkers, wanted),
						 problem,
						 "It takes longer. Raise max_worker_processes, or the connections that the MySQL account may have.");
}

static void
make_schema(JobProcess *process)
{
	Migration  *migration = process->state;
	JobSpec    *spec = migration->spec;
	List	   *statements;
	HTAB	   *states;

	set_load_names(process);
	mm_ddl_unify_types(migration->schema, migration->notes);
	mm_ddl_prepare(migration->schema, &migration->ddl, migration->notes);
	statements = wanted_statements(spec, mm_ddl_schema(migration->schema,
													   &migration->ddl,
													   migration->notes));
	refuse_blockers(migration);
	if (spec->before_sql != NULL)
	{
		StartTransactionCommand();
		mm_migration_execute(spec->before_sql);
		CommitTransactionCommand();
	}
	make_objects(process, statements);

	StartTransactionCommand();
	MemoryContextSwitchTo(process->context);
	if (spec->on_existing == EXISTING_TRUNCATE)
		truncate_existing(migration);
	mm_book_add_notes(process->job_id, GetUserId(), migration->notes);
	states = make_table_states(process);
	add_tasks(process, states, statements);
	add_late_tasks(process, states, statements);
	mm_book_set_planned(process->job_id, migration->created_schema);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* Without the phase "data" no table has anything to load. */
static void
skip_data(JobProcess *process)
{
	Migration  *migration = process->state;
	ListCell   *cell;

	foreach(cell, migration->tables)
		mm_leader_release_stage(process,
								((TableState *) lfirst(cell))->load_stage);
	migration->next_to_cut = list_length(migration->tables);
}

/*
 * mm_plan_job
 *		Everything before the first task.
 */
void
mm_plan_job(JobProcess *process)
{
	Migration  *migration = process->state;

	mm_migration_connect(process);
	StartTransactionCommand();
	MemoryContextSwitchTo(process->context);
	read_remote(process);
	check_local(process);
	refuse_blockers(migration);
	insert_job(process);

	mm_plan_start_workers(process);
	mm_moment_take(process);
	mm_decide_schema(process);
	make_schema(process);
	mm_plan_announce(process);
	if ((migration->spec->phases & PHASE_DATA) == 0)
		skip_data(process);
}
