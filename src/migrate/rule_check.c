/*
 * src/migrate/rule_check.c
 *		The trigger on mysql_migrate.rule: a rule that could not work is
 *		refused when it is written, not in the night of the migration.
 *
 * What needs the remote table (do the columns exist, does the expression fit
 * their types) is checked by migration_check, migration_plan and each job.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "base/guc.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "job/store.h"
#include "load/transform.h"
#include "migrate/book.h"
#include "migrate/rule.h"
#include "migrate/table_json.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "parser/scansup.h"
#include "source/rule.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Loaded columns that a new rule is about, named one by one. */
#define MAX_NOTICES 5

/* ---------------------------------------------------------------- values */

static void
need_value(const Rule *rule, const char *what, const char *example)
{
	if (rule->value != NULL && rule->value[strspn(rule->value, " \t\n\r")] != '\0')
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a rule \"%s\" needs a value",
					mm_rule_action_name(rule->action)),
			 errhint("Set the column \"value\" to %s, such as %s.", what,
					 example)));
}

static void
type_context(void *arg)
{
	errposition(0);
	errhint("Name a type of this database, such as uuid, boolean or numeric(12,2); one of an extension needs CREATE EXTENSION first.");
}

/*
 * The type as it is written with only pg_catalog in the search path, which is
 * what jobs run with.
 */
static char *
full_type(const char *name)
{
	ErrorContextCallback callback = {error_context_stack, type_context, NULL};
	Oid type;
	int32 typmod;
	int level;
	char *text;

	error_context_stack = &callback;
	parseTypeString(name, &type, &typmod, MM_PARSE_TYPE_RAISES);
	error_context_stack = callback.previous;
	if (get_typtype(type) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("type \"%s\" is no type of a column",
						mm_error_clip(name, strlen(name))),
				 errhint("Name a type such as uuid, boolean or numeric(12,2).")));
	level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	text = format_type_with_typemod(type, typmod);
	AtEOXact_GUC(true, level);
	return text;
}

static void
check_rename(const Rule *rule)
{
	need_value(rule, "the new name", "\"orders_old\"");
	if (strlen(rule->value) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name \"%s\" is too long",
						mm_error_clip(rule->value, strlen(rule->value))),
				 errhint("Names have at most %d bytes.", NAMEDATALEN - 1)));
}

static void
check_query(const Rule *rule)
{
	static const char *const words[] = {"select", "with", "table", "values"};
	const char *text;

	need_value(rule, "a SELECT in MySQL's dialect",
			   "\"SELECT id, name FROM people WHERE active\"");
	text = rule->value + strspn(rule->value, " \t\n\r(");
	if (rule->value[strcspn(rule->value, ";")] == ';' &&
		rule->value[strlen(rule->value) - 1] == ';')
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a rule \"query\" is one SELECT, without a semicolon at its end"),
				 errhint("Leave the semicolon out.")));
	for (int i = 0; i < lengthof(words); i++)
	{
		if (pg_strncasecmp(text, words[i], strlen(words[i])) == 0)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("a rule \"query\" needs a SELECT"),
			 errdetail("The value is \"%s\".",
					   mm_error_clip(rule->value, strlen(rule->value))),
			 errhint("Write a SELECT in MySQL's dialect; its columns become the columns of the table.")));
}

/* NULL: the value stays as it is. */
static char *
check_value(const Rule *rule)
{
	switch (rule->action)
	{
		case RULE_TYPE:
			need_value(rule, "a type", "\"uuid\" or \"numeric(12,2)\"");
			return full_type(rule->value);
		case RULE_RENAME:
			check_rename(rule);
			break;
		case RULE_USING:
			need_value(rule, "an SQL expression",
					   "\"lower(value)\" or \"value = 'Y'\"");
			mm_transform_check_syntax(rule->value);
			break;
		case RULE_SKIP:
			if (rule->value != NULL && *rule->value != '\0')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a rule \"skip\" has no value"),
						 errhint("Leave the column \"value\" out; to skip rows, use a rule \"where\".")));
			break;
		case RULE_WHERE:
			need_value(rule, "a condition in MySQL's dialect",
					   "\"created_at >= '2020-01-01'\"");
			break;
		case RULE_QUERY:
			check_query(rule);
			break;
		case RULE_POLICY:
			need_value(rule, "policies", "\"zero_date=null, nul=strip\"");
			(void) mm_spec_policies_parse(rule->value, NULL);
			break;
	}
	return NULL;
}

static void
check_server(const char *name)
{
	if (GetForeignServerByName(name, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" does not exist", name),
				 errhint("CREATE SERVER %s FOREIGN DATA WRAPPER mysql_migrate ... comes first.",
						 quote_identifier(name))));
}

/* ---------------------------------------------------------------- what is loaded */

/* "users.email is text here", or "users is here already". */
static void
notice_reload(const TableMap *map, const char *what)
{
	char *local = quote_qualified_identifier(map->local_schema,
											 map->local_table);

	ereport(NOTICE,
			(errmsg("%s: the rule takes effect when the table is loaded again",
					what),
			 errhint("SELECT * FROM migrate_table(%s, %s, %s, on_existing => 'replace');",
					 quote_literal_cstr(map->server),
					 quote_literal_cstr(map->remote_table),
					 quote_literal_cstr(local))));
}

static int
tell_columns(const TableMap *map, Rule *rule)
{
	RemoteTable *table = mm_table_from_json(map->description);
	int count = 0;
	ListCell *cell;

	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		AttrNumber attnum = get_attnum(map->relation, column->local_name);

		if (mm_rule_for_column(list_make1(rule), rule->action,
							   map->remote_table, false, column) == NULL)
			continue;
		if (++count > MAX_NOTICES)
			continue;
		if (attnum == InvalidAttrNumber)
			notice_reload(map, psprintf("%s.%s is not here", map->local_table,
										column->local_name));
		else
			notice_reload(map, psprintf("%s.%s is %s here", map->local_table,
										column->local_name,
										format_type_be(get_atttype(map->relation,
																   attnum))));
	}
	return count;
}

/* Tables of this server that are here already do not change by themselves. */
static void
tell_loaded(Rule *rule, const char *server)
{
	int count = 0;
	ListCell *cell;

	foreach(cell, mm_book_find_tables(server, GetUserId(), NULL))
	{
		TableMap *map = lfirst(cell);

		if (rule->type != NULL || rule->column.text != NULL)
			count += tell_columns(map, rule);
		else if (mm_rule_matches_table(rule, map->remote_table, false) &&
				 ++count <= MAX_NOTICES)
			notice_reload(map, psprintf("%s is here already",
										map->local_table));
	}
	if (count > MAX_NOTICES)
		ereport(NOTICE,
				(errmsg("%d more columns or tables are here already",
						count - MAX_NOTICES),
				 errhint("The rule takes effect when they are loaded again.")));
}

/* ---------------------------------------------------------------- the trigger */

static char *
column_text(HeapTuple tuple, TupleDesc desc, const char *name)
{
	return SPI_getvalue(tuple, desc, SPI_fnumber(desc, name));
}

PG_FUNCTION_INFO_V1(mysql_migrate_rule_check);

/*
 * mysql_migrate.rule_check()
 *		BEFORE INSERT OR UPDATE on mysql_migrate.rule, for each row.
 */
Datum
mysql_migrate_rule_check(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc desc;
	HeapTuple tuple;
	char *server;
	Rule *rule;
	char *value;

	mm_store_check_trigger(fcinfo, "rule");
	desc = RelationGetDescr(data->tg_relation);
	tuple = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple :
													  data->tg_trigtuple;
	server = column_text(tuple, desc, "server");
	/* NOT NULL speaks for itself. */
	if (server == NULL || column_text(tuple, desc, "pattern") == NULL ||
		column_text(tuple, desc, "action") == NULL)
		return PointerGetDatum(tuple);
	rule = mm_rule_create(0, column_text(tuple, desc, "pattern"),
						  column_text(tuple, desc, "action"),
						  column_text(tuple, desc, "value"));
	check_server(server);
	value = check_value(rule);
	tell_loaded(rule, server);
	if (value != NULL && strcmp(value, rule->value) != 0)
	{
		int column = SPI_fnumber(desc, "value");
		Datum datum = CStringGetTextDatum(value);
		bool isnull = false;

		tuple = heap_modify_tuple_by_cols(tuple, desc, 1, &column, &datum,
										  &isnull);
	}
	return PointerGetDatum(tuple);
}
