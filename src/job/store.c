/*
 * src/job/store.c
 *		SQL on the bookkeeping tables: by whom, by which plan.
 *
 * Everything runs as the owner of these tables, so that users need no rights
 * on them; the entry points check what the user may do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/search_path.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "job/store.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define STORE_SCHEMA   "mysql_migrate"
#define MAX_STORE_ARGS 24

/* Plans of the engine's statements, by the address of their constant text. */
typedef struct StorePlan
{
	const char *sql; /* hash key */
	SPIPlanPtr plan;
} StorePlan;

static HTAB *store_plans = NULL;

static Oid
store_owner(void)
{
	Oid schema = get_namespace_oid(STORE_SCHEMA, true);
	Oid relation = OidIsValid(schema) ?
					   get_relname_relid("job", schema) :
					   InvalidOid;
	HeapTuple tuple;
	Oid owner;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the bookkeeping tables of mysql_migrate are not there"),
				 errhint("Run CREATE EXTENSION mysql_migrate in this database and commit.")));
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

void
mm_store_enter(StoreScope *scope)
{
	Oid owner = store_owner();

	GetUserIdAndSecContext(&scope->saved_user, &scope->saved_context);
	SetUserIdAndSecContext(owner, scope->saved_context |
									  SECURITY_LOCAL_USERID_CHANGE);
	scope->guc_level = mm_search_path_pin();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
mm_store_leave(StoreScope *scope)
{
	PopActiveSnapshot();
	SPI_finish();
	mm_search_path_unpin(scope->guc_level);
	SetUserIdAndSecContext(scope->saved_user, scope->saved_context);
}

/*
 * mm_store_check_trigger
 *		Raises unless the function was called as the row trigger, before the
 *		row is stored, of that table of the bookkeeping.
 *
 * Everybody may call a trigger function, by a trigger on a table of his own
 * with columns as he likes them.
 */
void
mm_store_check_trigger(FunctionCallInfo fcinfo, const char *table)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (CALLED_AS_TRIGGER(fcinfo) &&
		TRIGGER_FIRED_FOR_ROW(data->tg_event) &&
		TRIGGER_FIRED_BEFORE(data->tg_event) &&
		(TRIGGER_FIRED_BY_INSERT(data->tg_event) ||
		 TRIGGER_FIRED_BY_UPDATE(data->tg_event)) &&
		RelationGetRelid(data->tg_relation) ==
			get_relname_relid(table, get_namespace_oid(STORE_SCHEMA, false)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("this function is the trigger of " STORE_SCHEMA ".%s",
					table),
			 errhint("INSERT INTO " STORE_SCHEMA ".%s calls it.", table)));
}

void
mm_store_commit_lazily(void)
{
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

static SPIPlanPtr
store_plan(const char *sql, int nargs)
{
	StorePlan *entry;
	SPIPlanPtr plan;
	bool found;
	Oid types[MAX_STORE_ARGS];

	if (store_plans == NULL)
	{
		HASHCTL control;

		memset(&control, 0, sizeof(control));
		control.keysize = sizeof(char *);
		control.entrysize = sizeof(StorePlan);
		store_plans = hash_create("mysql_migrate store plans", 64, &control,
								  HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(store_plans, &sql, HASH_FIND, &found);
	if (found)
		return entry->plan;
	for (int i = 0; i < nargs; i++)
		types[i] = TEXTOID;
	plan = SPI_prepare(sql, nargs, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	SPI_keepplan(plan);
	entry = hash_search(store_plans, &sql, HASH_ENTER, &found);
	entry->plan = plan;
	return plan;
}

/*
 * mm_store_execute
 *		Run one of the engine's own statements; gives the rows processed.
 *
 * `sql` must be a constant: its address is the key under which the plan is
 * kept.  Parameters are text; the statement casts them.
 */
uint64
mm_store_execute(const char *sql, int nargs, const char **args)
{
	Datum values[MAX_STORE_ARGS];
	char nulls[MAX_STORE_ARGS + 1];
	int code;

	Assert(nargs <= MAX_STORE_ARGS);
	for (int i = 0; i < nargs; i++)
	{
		nulls[i] = args[i] == NULL ? 'n' : ' ';
		values[i] = args[i] == NULL ? (Datum) 0 : CStringGetTextDatum(args[i]);
	}
	nulls[nargs] = '\0';
	code = SPI_execute_plan(store_plan(sql, nargs), values, nulls, false, 0);
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(code));
	return SPI_processed;
}

uint64
mm_store_execute_alone(const char *sql, int nargs, const char **args)
{
	StoreScope scope;
	uint64 rows;

	mm_store_enter(&scope);
	rows = mm_store_execute(sql, nargs, args);
	mm_store_leave(&scope);
	return rows;
}

char *
mm_store_get_value(const char *sql, int nargs, const char **args)
{
	MemoryContext caller = CurrentMemoryContext;
	StoreScope scope;
	char *value = NULL;

	mm_store_enter(&scope);
	if (mm_store_execute(sql, nargs, args) > 0)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		value = mm_store_value(0, 1);
		MemoryContextSwitchTo(old);
	}
	mm_store_leave(&scope);
	return value;
}

List *
mm_store_get_rows(const char *sql, int nargs, const char **args)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	StoreScope scope;
	List *rows = NIL;
	uint64 count;

	mm_store_enter(&scope);
	count = mm_store_execute(sql, nargs, args);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < count; i++)
	{
		int ncolumns = SPI_tuptable->tupdesc->natts;
		char **row = palloc(ncolumns * sizeof(char *));

		for (int c = 0; c < ncolumns; c++)
			row[c] = mm_store_value(i, c + 1);
		rows = lappend(rows, row);
	}
	MemoryContextSwitchTo(old);
	mm_store_leave(&scope);
	return rows;
}

List *
mm_store_get_column(const char *sql, int nargs, const char **args)
{
	List *rows = mm_store_get_rows(sql, nargs, args);
	ListCell *cell;

	foreach(cell, rows)
	{
		char **row = lfirst(cell);

		lfirst(cell) = row[0];
		pfree(row);
	}
	return rows;
}

char *
mm_store_value(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

const char *
mm_store_number(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

const char *
mm_store_boolean(bool value)
{
	return value ? "true" : "false";
}
