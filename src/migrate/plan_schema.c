/*
 * src/migrate/plan_schema.c
 *		What a migration would make: the remote schema, local names, checks,
 *		and the statements, without making anything.
 *
 * The leader of a job and migration_plan both start here.  An error leaves
 * nothing behind.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "base/extension.h"
#include "base/local_sql.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "migrate/existing.h"
#include "migrate/migration.h"
#include "migrate/rejected.h"
#include "migrate/replace.h"
#include "migrate/rule.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

/* ---------------------------------------------------------------- the remote side */

/* Views by their own names, triggers with their tables. */
static void
keep_wanted_programs(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	RemoteSchema *schema = migration->schema;
	List *wanted = NIL;
	ListCell *cell;

	foreach(cell, schema->programs)
	{
		RemoteProgram *program = lfirst(cell);
		bool is_wanted = true;

		if (program->kind == REMOTE_VIEW)
			is_wanted = mm_rules_want_table(spec, program->name);
		else if (program->kind == REMOTE_TRIGGER)
			is_wanted = mm_catalog_find_table(schema, program->table) != NULL;
		if (is_wanted)
			wanted = lappend(wanted, program);
	}
	schema->programs = wanted;
}

/* Is there anything in MySQL that a name of include or exclude means? */
static bool
names_anything(const Migration *migration, List *pattern)
{
	const RemoteSchema *schema = migration->schema;
	ListCell *cell;

	foreach(cell, schema->tables)
	{
		if (mm_spec_matches(pattern, ((RemoteTable *) lfirst(cell))->name))
			return true;
	}
	foreach(cell, schema->programs)
	{
		if (mm_spec_matches(pattern, ((RemoteProgram *) lfirst(cell))->name))
			return true;
	}
	foreach(cell, schema->sequences)
	{
		if (mm_spec_matches(pattern, ((RemoteSequence *) lfirst(cell))->name))
			return true;
	}
	return mm_rules_have_query(migration->spec, linitial(pattern));
}

/* A name that means nothing is mostly misspelt; one that is wanted is missed. */
static void
check_list(Migration *migration, List *patterns, const char *argument)
{
	bool is_wanted = patterns == migration->spec->include;
	ListCell *cell;

	foreach(cell, patterns)
	{
		const char *pattern = lfirst(cell);

		if (names_anything(migration, list_make1(lfirst(cell))))
			continue;
		if (is_wanted && strchr(pattern, '*') == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
					 errmsg("there is no table \"%s\" in MySQL schema \"%s\"",
							pattern, migration->schema->name),
					 errdetail("It is named in the argument \"%s\".", argument),
					 errhint("Check the spelling, upper and lower case too, and that the MySQL account has SELECT on the table.")));
		mm_note_explain(migration->notes,
						mm_note_add(migration->notes, NOTE_WARNING, NULL,
									pattern,
									psprintf("\"%s\" of %s matches nothing",
											 pattern, argument)),
						psprintf("MySQL schema \"%s\" has no such table.",
								 migration->schema->name),
						"Correct the argument, if it was meant to name one.",
						NULL);
	}
}

static void
keep_wanted_tables(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	RemoteSchema *schema = migration->schema;
	List *wanted = NIL;
	ListCell *cell;

	check_list(migration, spec->include, "include");
	check_list(migration, spec->exclude, "exclude");
	foreach(cell, schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		if (mm_rules_want_table(spec, table->name))
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
	keep_wanted_programs(migration);
}

static void
apply_type_options(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	const char *postgis = mm_extension_schema("postgis");
	ListCell *table_cell;

	foreach(table_cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		foreach(cell, table->columns)
		{
			ColumnType *type = &((RemoteColumn *) lfirst(cell))->type;

			type->postgis = postgis;
			type->enum_mode = spec->enum_mode;
			type->json_mode = spec->json_mode;
			type->set_as_text = spec->set_as_text;
		}
	}
}

static void
read_remote(Migration *migration)
{
	JobSpec *spec = migration->spec;
	List *only = NIL;

	if (spec->remote_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no MySQL schema was named"),
				 spec->remote_table ?
					 errhint("Set the option \"dbname\" of server \"%s\".",
							 spec->server) :
					 errhint("Give the argument remote_schema, or set the option \"dbname\" of server \"%s\".",
							 spec->server)));
	/* A query may make a table that is not there. */
	if (spec->remote_table != NULL &&
		!mm_rules_have_query(spec, spec->remote_table))
		only = list_make1(pstrdup(spec->remote_table));
	migration->schema = mm_catalog_read(migration->conn, spec->remote_schema,
										only);
	mm_rules_plan_queries(migration);
	keep_wanted_tables(migration);
	apply_type_options(migration);
	mm_rules_plan(migration);
	if (spec->local_table != NULL)
		((RemoteTable *) linitial(migration->schema->tables))->local_name =
			spec->local_table;
	/* A single table takes no programs and sequences with it. */
	if (spec->remote_table != NULL)
	{
		migration->schema->programs = NIL;
		migration->schema->sequences = NIL;
	}
}

/* ---------------------------------------------------------------- the local side */

/*
 * Names of relations and enum types of schema $1, but for what belongs to the
 * tables $2 alone, which give way.
 */
static const char taken_query[] =
	"SELECT c.relname::text FROM pg_catalog.pg_class AS c"
	"  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND c.oid <> ALL ($2)"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS d"
	"                    WHERE d.classid = 'pg_catalog.pg_class'::regclass"
	"                      AND d.objid = c.oid AND d.deptype IN ('a', 'i')"
	"                      AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"                      AND d.refobjid = ANY ($2))"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index AS i"
	"                    WHERE i.indexrelid = c.oid AND i.indrelid = ANY ($2))"
	" UNION ALL"
	" SELECT t.typname::text FROM pg_catalog.pg_type AS t"
	"  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace"
	" WHERE n.nspname = $1 AND t.typtype IN ('e', 'd', 'r', 'm')"
	"   AND (t.typtype <> 'e'"
	"        OR NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS a"
	"                        WHERE a.atttypid = t.oid AND a.attrelid = ANY ($2))"
	"        OR EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS a"
	"                    WHERE a.atttypid IN (t.oid, t.typarray)"
	"                      AND NOT a.attisdropped AND a.attrelid <> ALL ($2)))";

static List *
taken_names(const Migration *migration)
{
	Oid types[2] = {TEXTOID, OIDARRAYOID};
	Datum values[2] = {CStringGetTextDatum(migration->spec->local_schema),
					   mm_existing_array(migration->replaced)};

	return mm_local_column(taken_query, lengthof(types), types, values);
}

/* The type of extension citext, with its schema; NULL: it is not installed. */
static const char *
citext_type(void)
{
	const char *schema = mm_extension_schema("citext");

	return schema != NULL ? psprintf("%s.citext", schema) : NULL;
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
fill_ddl_options(Migration *migration)
{
	const JobSpec *spec = migration->spec;
	DdlOptions *ddl = &migration->ddl;

	ddl->local_schema = spec->local_schema;
	ddl->create_schema = migration->created_schema;
	ddl->identifiers = spec->identifiers;
	ddl->case_insensitive = spec->case_insensitive;
	if (spec->case_insensitive == CASE_CITEXT)
		ddl->citext = citext_type();
	ddl->serial = spec->serial;
	ddl->flatten_partitions = spec->flatten_partitions;
	ddl->owner = spec->owner;
	ddl->text_search_config = spec->text_search_config;
	ddl->policies = spec->policies;
}

/* A schema that is to be made.  One that is there has a good name. */
static void
check_schema_name(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"local_schema\" must not be empty"),
				 errhint("Give the name of a schema; without it the first one of search_path is taken.")));
	if (IsReservedName(name))
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("unacceptable schema name \"%s\"", name),
				 errdetail("The prefix \"pg_\" is reserved for system schemas."),
				 errhint("Choose another local_schema.")));
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("schema name \"%s\" is too long",
						mm_error_clip(name, strlen(name))),
				 errdetail("A name has at most %d bytes.", NAMEDATALEN - 1),
				 errhint("Choose another local_schema.")));
}

/* Roles and configurations that options name. */
static void
check_names(const JobSpec *spec)
{
	if (spec->owner != NULL)
	{
		Oid owner = get_role_oid(spec->owner, true);

		if (!OidIsValid(owner))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("role \"%s\" does not exist", spec->owner),
					 errhint("The option \"owner\" names a role: CREATE ROLE %s;",
							 quote_identifier(spec->owner))));
		if (!is_member_of_role(GetUserId(), owner))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("must be a member of role \"%s\" to make it the owner",
							spec->owner),
					 errhint("GRANT %s TO %s;", quote_identifier(spec->owner),
							 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
	if (spec->text_search_config != NULL &&
		!OidIsValid(mm_text_search_config(spec->text_search_config)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("text search configuration \"%s\" does not exist",
						spec->text_search_config),
				 errhint("SELECT cfgname FROM pg_ts_config;")));
}

/* Filling tables that are there needs no right to make any. */
static bool
makes_objects(const Migration *migration)
{
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		if (!((RemoteTable *) lfirst(cell))->exists_here)
			return true;
	}
	return migration->schema->programs != NIL ||
		   migration->schema->sequences != NIL;
}

/* Local names, and everything that must be known before a job exists. */
static void
check_local(Migration *migration)
{
	JobSpec *spec = migration->spec;
	Oid schema;

	check_names(spec);
	schema = get_namespace_oid(spec->local_schema, true);
	migration->created_schema = !OidIsValid(schema);
	if (migration->created_schema)
		check_schema_name(spec->local_schema);
	fill_ddl_options(migration);
	if (OidIsValid(schema))
		mm_replace_find(migration, schema);
	mm_ddl_assign_names(migration->schema, &migration->ddl,
						taken_names(migration), migration->notes);
	if (OidIsValid(schema))
		mm_existing_check(migration, schema);
	mm_rejected_check(migration);
	if (!OidIsValid(schema))
		return;
	if (!migration->is_preview && makes_objects(migration))
		check_schema_privilege(schema, spec->local_schema);
}

/*
 * mm_plan_refuse_blockers
 *		Raise the first note that makes a migration impossible.
 */
void
mm_plan_refuse_blockers(const Migration *migration)
{
	ListCell *cell;

	foreach(cell, migration->notes->notes)
	{
		Note *note = lfirst(cell);

		if (note->severity == NOTE_BLOCKER)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("%s: %s", note->object, note->what),
					 note->why ? errdetail("%s", note->why) : 0,
					 note->next_step ? errhint("%s", note->next_step) : 0));
	}
}

/* ---------------------------------------------------------------- the plan */

/*
 * mm_plan_read
 *		Fill in schema, notes and names of a migration that is connected.
 *
 * In a transaction; everything lives in the current memory context.
 */
void
mm_plan_read(Migration *migration)
{
	migration->notes = mm_note_list_create();
	read_remote(migration);
	check_local(migration);
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

/*
 * mm_plan_statements
 *		The statements (List of DdlStatement *) of the wanted phases, once the
 *		data has decided and load names are set.  In a transaction.
 */
List *
mm_plan_statements(Migration *migration)
{
	List *statements;
	List *wanted = NIL;
	ListCell *cell;

	mm_ddl_prepare(migration->schema, &migration->ddl, migration->notes);
	mm_existing_settle(migration);
	statements = mm_ddl_schema(migration->schema, &migration->ddl,
							   migration->notes);
	foreach(cell, statements)
	{
		DdlStatement *statement = lfirst(cell);

		/* A table that was there before keeps what it has. */
		if (statement->table != NULL && statement->table->exists_here &&
			(migration->spec->phases & PHASE_SCHEMA) != 0)
			continue;
		if (phase_is_wanted(migration->spec, statement->phase))
			wanted = lappend(wanted, statement);
	}
	return wanted;
}
