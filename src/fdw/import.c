/*
 * src/fdw/import.c
 *		IMPORT FOREIGN SCHEMA: remote tables and views as foreign tables.
 *
 * One table that cannot be carried over never stops the others: it is left
 * out with a NOTICE.  No data is looked at, so every column gets the type that
 * holds all its possible values.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/compat.h"
#include "base/extension.h"
#include "base/ident.h"
#include "commands/defrem.h"
#include "fdw/import.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "source/options.h"
#include "source/remote_catalog.h"
#include "source/rule.h"
#include "source/session.h"
#include "utils/builtins.h"

typedef struct ImportOptions
{
	bool defaults;
	bool not_null;
	bool generated;
	bool enum_as_text;
	IdentifierMode identifiers;
} ImportOptions;

typedef struct ImportRun
{
	ImportOptions options;
	ForeignServer *server;
	const char *schema; /* remote */
	List *rules;		/* of the user who imports */
	bool folds_names;
	List *local_names; /* of char *, tables made so far */
	List *commands;
} ImportRun;

static const char *const option_names[] = {
	"import_default",
	"import_not_null",
	"import_generated",
	"import_enum_as_text",
	"identifiers",
};

static IdentifierMode
parse_identifiers(const char *value)
{
	if (pg_strcasecmp(value, "keep") == 0)
		return IDENT_KEEP;
	if (pg_strcasecmp(value, "lower") == 0)
		return IDENT_LOWER;
	if (pg_strcasecmp(value, "snake") == 0)
		return IDENT_SNAKE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"identifiers\""),
			 errdetail("The value is \"%s\".", value),
			 errhint("It must be \"keep\", \"lower\" or \"snake\".")));
	return IDENT_KEEP; /* keep the compiler quiet */
}

static void
parse_options(List *list, ImportOptions *options)
{
	ListCell *lc;

	options->not_null = true;
	options->enum_as_text = true;
	options->identifiers = IDENT_KEEP;
	foreach(lc, list)
	{
		DefElem *option = lfirst(lc);

		if (strcmp(option->defname, "import_default") == 0)
			options->defaults = defGetBoolean(option);
		else if (strcmp(option->defname, "import_not_null") == 0)
			options->not_null = defGetBoolean(option);
		else if (strcmp(option->defname, "import_generated") == 0)
			options->generated = defGetBoolean(option);
		else if (strcmp(option->defname, "import_enum_as_text") == 0)
			options->enum_as_text = defGetBoolean(option);
		else if (strcmp(option->defname, "identifiers") == 0)
			options->identifiers = parse_identifiers(defGetString(option));
		else
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", option->defname),
					 errhint("%s", mm_options_name_hint(option->defname,
														lengthof(option_names),
														option_names))));
	}
	if (options->generated)
		ereport(NOTICE,
				(errmsg("option \"import_generated\" has no effect"),
				 errdetail("Generated columns are computed by MySQL and read like any other column.")));
	if (!options->enum_as_text)
		ereport(NOTICE,
				(errmsg("enum columns are imported as text"),
				 errdetail("IMPORT FOREIGN SCHEMA cannot create types."),
				 errhint("Create the type and use ALTER FOREIGN TABLE ... ALTER COLUMN ... TYPE.")));
}

/*
 * column_type
 *		The local type that holds every value of a remote column.
 */
static char *
column_type(const ImportRun *run, const char *table, RemoteColumn *column)
{
	ColumnType type = column->type;
	char *name = NULL;

	/* A rule's type is what a scan reads into. */
	if (type.local_type != NULL)
		return pstrdup(type.local_type);
	type.decision = DECISION_WIDE;
	type.enum_mode = ENUM_AS_TEXT;
	type.json_mode = JSON_AS_JSONB;
	type.postgis = mm_extension_schema("postgis");
	if (mm_type_rule(&type) != NULL)
		name = mm_type_local_name(&type);
	else
		ereport(NOTICE,
				(errmsg("column \"%s\" of remote table \"%s.%s\" is imported as text",
						column->name, run->schema, table),
				 errdetail("Its type \"%s\" is not known.", type.column_type)));
	return name == NULL ? pstrdup("text") : name;
}

/*
 * may_be_zero_date
 *		Can the column hold 0000-00-00, which is read as NULL?
 */
static bool
may_be_zero_date(const RemoteColumn *column)
{
	const char *type = column->type.data_type;

	return strcmp(type, "date") == 0 || strcmp(type, "datetime") == 0 ||
		   strcmp(type, "timestamp") == 0;
}

/*
 * append_default
 *		DEFAULT of a column, where it is sure to be valid here: expressions
 *		are MySQL's, and a constant that does not fit would end the import.
 */
static void
append_default(StringInfo sql, const RemoteColumn *column,
			   const char *local_type)
{
	const char *value = column->default_text;
	bool is_text = strcmp(local_type, "text") == 0 ||
				   strncmp(local_type, "varchar", 7) == 0 ||
				   strncmp(local_type, "character varying", 17) == 0;
	bool is_number = strcmp(local_type, "smallint") == 0 ||
					 strcmp(local_type, "integer") == 0 ||
					 strcmp(local_type, "bigint") == 0 ||
					 strncmp(local_type, "numeric", 7) == 0 ||
					 strcmp(local_type, "real") == 0 ||
					 strcmp(local_type, "double precision") == 0;

	if (value == NULL)
		return;
	if (column->default_is_expression)
	{
		if (may_be_zero_date(column) &&
			pg_strncasecmp(value, "current_timestamp", 17) == 0)
			appendStringInfoString(sql, " DEFAULT CURRENT_TIMESTAMP");
	}
	else if (is_text)
		appendStringInfo(sql, " DEFAULT %s", quote_literal_cstr(value));
	else if (is_number && value[0] != '\0' &&
			 strspn(value, "0123456789.-") == strlen(value))
		appendStringInfo(sql, " DEFAULT %s", quote_literal_cstr(value));
}

/*
 * local_name
 *		The local spelling of a remote name.
 */
static char *
local_name(const ImportRun *run, const char *name)
{
	return mm_ident_clip(mm_ident_fold(name, run->options.identifiers));
}

static bool
is_taken(List *names, const char *name)
{
	ListCell *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* "zero_date=null, nul=strip" of a rule as options of a column. */
static void
append_policies(StringInfo options, const char *value)
{
	static const char *const blanks = " \t\r\n";

	while (*value != '\0')
	{
		int name_length = strcspn(value, "=");
		const char *choice = value + name_length + 1;
		int choice_length = strcspn(choice, ",");
		char *name = pnstrdup(value, name_length);
		char *text = pnstrdup(choice, choice_length);

		name[strcspn(name, blanks)] = '\0';
		text += strspn(text, blanks);
		text[strcspn(text, blanks)] = '\0';
		appendStringInfo(options, "%s%s %s", options->len > 0 ? ", " : "",
						 name, quote_literal_cstr(text));
		value = choice + choice_length;
		value += strspn(value, ", \t\r\n");
	}
}

static void
append_options(StringInfo sql, const ImportRun *run, const char *table,
			   RemoteColumn *column, const char *local_name)
{
	Rule *policy = mm_rule_for_column(run->rules, RULE_POLICY, table,
									  run->folds_names, column);
	StringInfoData options;

	initStringInfo(&options);
	if (strcmp(local_name, column->name) != 0)
		appendStringInfo(&options, "column_name %s",
						 quote_literal_cstr(column->name));
	if (policy != NULL)
		append_policies(&options, policy->value + strspn(policy->value, " \t\r\n"));
	if (options.len > 0)
		appendStringInfo(sql, " OPTIONS (%s)", options.data);
}

static void
append_column(StringInfo sql, const ImportRun *run, const char *table,
			  RemoteColumn *column, List **names)
{
	char *name = column->local_name ? pstrdup(column->local_name) :
									  local_name(run, column->name);
	char *type = column_type(run, table, column);

	if (mm_ident_is_system_column(name))
		name = psprintf("%s_", name);
	/* Folding may have made two names one. */
	if (is_taken(*names, name))
		name = mm_ident_clip(column->name);
	while (is_taken(*names, name))
		name = mm_ident_clip(psprintf("%s_", name));
	*names = lappend(*names, name);

	appendStringInfo(sql, "%s\n  %s %s", list_length(*names) == 1 ? "" : ",",
					 quote_identifier(name), type);
	append_options(sql, run, table, column, name);
	if (run->options.defaults && column->generated == NULL)
		append_default(sql, column, type);
	if (run->options.not_null && column->not_null && !may_be_zero_date(column))
		appendStringInfoString(sql, " NOT NULL");
}

/*
 * leave_out
 *		Say that a table is not imported, and why.
 */
static void
leave_out(const ImportRun *run, const char *table, const char *why)
{
	ereport(NOTICE,
			(errmsg("remote table \"%s.%s\" is not imported", run->schema,
					table),
			 errdetail("%s", why)));
}

/*
 * tell_unfollowed
 *		What a rule asks for and a foreign table cannot do, named.
 */
static void
tell_unfollowed(const ImportRun *run, const char *table, List *columns)
{
	Rule *query = mm_rule_for_table(run->rules, RULE_QUERY, table,
									run->folds_names);
	ListCell *lc;

	foreach(lc, columns)
	{
		RemoteColumn *column = lfirst(lc);
		Rule *rule = mm_rule_for_column(run->rules, RULE_USING, table,
										run->folds_names, column);

		if (rule != NULL)
			ereport(NOTICE,
					(errmsg("rule \"using\" of \"%s\" is not followed for column \"%s\" of remote table \"%s.%s\"",
							rule->pattern, column->name, run->schema, table),
					 errhint("A foreign table shows MySQL's own value; make a view over it with the expression.")));
	}
	if (query != NULL)
		ereport(NOTICE,
				(errmsg("rule \"query\" of \"%s\" is not followed for remote table \"%s.%s\"",
						query->pattern, run->schema, table),
				 errhint("The foreign table shows the table itself; the option \"query\" of a foreign table takes a SELECT of MySQL.")));
}

/* Where the rows come from: the table, or what a rule's filter lets through. */
static void
append_source(StringInfo sql, const ImportRun *run, const char *table)
{
	Rule *filter = mm_rule_for_table(run->rules, RULE_WHERE, table,
									 run->folds_names);

	if (filter != NULL)
		appendStringInfo(sql, "query %s",
						 quote_literal_cstr(psprintf("SELECT * FROM %s.%s WHERE (%s)",
													 mm_quote_remote_ident(run->schema),
													 mm_quote_remote_ident(table),
													 filter->value)));
	else
		appendStringInfo(sql, "dbname %s, table_name %s",
						 quote_literal_cstr(run->schema),
						 quote_literal_cstr(table));
}

static List *
without_skipped(List *columns)
{
	List *kept = NIL;
	ListCell *lc;

	foreach(lc, columns)
	{
		if (!((RemoteColumn *) lfirst(lc))->is_skipped)
			kept = lappend(kept, lfirst(lc));
	}
	return kept;
}

static void
import_relation(ImportRun *run, const char *table, const char *preset,
				List *all_columns)
{
	char *name = preset ? pstrdup(preset) : local_name(run, table);
	List *columns = without_skipped(all_columns);
	List *names = NIL;
	StringInfoData sql;
	ListCell *lc;

	if (is_taken(run->local_names, name))
	{
		leave_out(run, table,
				  psprintf("Another remote table has the local name \"%s\".",
						   name));
		return;
	}
	if (columns == NIL && all_columns != NIL)
	{
		leave_out(run, table, "Rules skip all of its columns.");
		return;
	}
	if (columns == NIL)
	{
		leave_out(run, table,
				  "Its columns cannot be seen: it is an invalid view, or the MySQL user lacks the right to read it.");
		return;
	}
	if (list_length(columns) > MaxHeapAttributeNumber)
	{
		leave_out(run, table,
				  psprintf("It has %d columns, and %d is the limit here.",
						   list_length(columns), MaxHeapAttributeNumber));
		return;
	}
	run->local_names = lappend(run->local_names, name);
	tell_unfollowed(run, table, columns);

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE FOREIGN TABLE %s (", quote_identifier(name));
	foreach(lc, columns)
		append_column(&sql, run, table, lfirst(lc), &names);
	appendStringInfo(&sql, "\n) SERVER %s OPTIONS (",
					 quote_identifier(run->server->servername));
	append_source(&sql, run, table);
	appendStringInfoChar(&sql, ')');
	run->commands = lappend(run->commands, sql.data);
}

/*
 * asked_for
 *		LIMIT TO as remote names, so that only these are looked up; NIL: all.
 *		With folded names, or rules, only PostgreSQL's own filter knows which they are.
 */
static List *
asked_for(const ImportForeignSchemaStmt *stmt, const ImportOptions *options,
		  List *rules)
{
	List *names = NIL;
	ListCell *lc;

	if (stmt->list_type != FDW_IMPORT_SCHEMA_LIMIT_TO ||
		options->identifiers != IDENT_KEEP || rules != NIL)
		return NIL;
	foreach(lc, stmt->table_list)
	{
		char *name = ((RangeVar *) lfirst(lc))->relname;

		/* It may be a long name, cut. */
		if (strlen(name) >= NAMEDATALEN - 1)
			return NIL;
		names = lappend(names, name);
	}
	return names;
}

List *
mm_import_schema(ImportForeignSchemaStmt *stmt, Oid server_id)
{
	ImportRun run = {0};
	RemoteSession *session;
	RemoteSchema *schema;
	ListCell *lc;

	parse_options(stmt->options, &run.options);
	run.server = GetForeignServer(server_id);
	session = mm_session_get(run.server, GetUserId());
	mm_session_take(session, NULL, NULL);
	run.rules = mm_rule_read(run.server->servername);
	schema = mm_catalog_read(mm_session_conn(session), stmt->remote_schema,
							 asked_for(stmt, &run.options, run.rules));
	run.schema = schema->name;
	run.folds_names = schema->folds_names;
	mm_rule_apply_names(schema, run.rules);

	foreach(lc, schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		import_relation(&run, table->name, table->local_name, table->columns);
	}
	foreach(lc, schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind == REMOTE_VIEW)
			import_relation(&run, program->name, program->local_name,
							program->columns);
	}
	return run.commands;
}
