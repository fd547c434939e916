/*
 * src/migrate/existing_columns.c
 *		Does one remote table fit into one that is there already?
 *
 * Columns are matched by name: as a rule or the option "identifiers" spells
 * it, as MySQL spells it, in lower case, in snake case, or without regard to
 * case, whichever is there first.  The local column's type decides about the
 * values.
 */
#include "postgres.h"

#include "access/table.h"
#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "foreign/fdwapi.h"
#include "migrate/existing_internal.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* ---------------------------------------------------------------- time zones */

static bool
has_zone_there(const RemoteColumn *column)
{
	return strcmp(column->type.data_type, "timestamp") == 0;
}

/* DATE and DATETIME: a local time of nobody knows which zone. */
static bool
has_no_zone_there(const RemoteColumn *column)
{
	return strcmp(column->type.data_type, "datetime") == 0 ||
		   strcmp(column->type.data_type, "date") == 0;
}

void
mm_existing_settle_zone(Migration *migration, const RemoteTable *table,
						RemoteColumn *column, Oid type)
{
	const char *zone = migration->spec->datetime_zone;
	Note *note;

	if (column->transform != NULL ||
		!((type == TIMESTAMPTZOID && has_no_zone_there(column)) ||
		  (type == TIMESTAMPOID && has_zone_there(column))))
		return;
	if (zone != NULL)
	{
		if (pg_strcasecmp(zone, "UTC") != 0)
			column->transform = psprintf("value%s AT TIME ZONE %s",
										 type == TIMESTAMPTZOID ?
											 "::timestamp" :
											 "",
										 quote_literal_cstr(zone));
		return;
	}
	note = mm_note_add(migration->notes, NOTE_WARNING, table->local_name,
					   psprintf("%s.%s", table->name, column->name),
					   type == TIMESTAMPTZOID ?
						   "a time without zone becomes one with zone" :
						   "a time with zone becomes one without zone");
	mm_note_explain(migration->notes, note, "It is taken as UTC.",
					"Load it again with the option \"datetime_zone\" if that is wrong.",
					column->type.column_type);
}

/* ---------------------------------------------------------------- columns */

/* An attribute of this name that is no system column and not dropped. */
static AttrNumber
attribute_named(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped &&
			strcmp(NameStr(attribute->attname), name) == 0)
			return attribute->attnum;
	}
	return InvalidAttrNumber;
}

/* The only attribute that is the same but for case. */
static AttrNumber
attribute_alike(TupleDesc desc, const char *name)
{
	AttrNumber found = InvalidAttrNumber;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped ||
			pg_strcasecmp(NameStr(attribute->attname), name) != 0)
			continue;
		if (found != InvalidAttrNumber)
			return InvalidAttrNumber;
		found = attribute->attnum;
	}
	return found;
}

static AttrNumber
find_attribute(TupleDesc desc, const RemoteColumn *column)
{
	const char *spellings[] = {
		column->local_name,
		column->name,
		mm_ident_clip(mm_ident_fold(column->name, IDENT_LOWER)),
		mm_ident_clip(mm_ident_fold(column->name, IDENT_SNAKE)),
	};
	int number = column->is_renamed ? 1 : lengthof(spellings);

	for (int i = 0; i < number; i++)
	{
		AttrNumber attnum = attribute_named(desc, spellings[i]);

		if (attnum != InvalidAttrNumber)
			return attnum;
	}
	return column->is_renamed ? InvalidAttrNumber :
								attribute_alike(desc, column->name);
}

/* A rule that can be pasted. */
static char *
rule_hint(const Migration *migration, const RemoteTable *table,
		  const RemoteColumn *column)
{
	return psprintf("Leave it out: INSERT INTO mysql_migrate.rule (server, pattern, action) VALUES (%s, %s, 'skip');",
					quote_literal_cstr(migration->spec->server),
					quote_literal_cstr(psprintf("%s.%s",
												mm_quote_remote_ident(table->name),
												mm_quote_remote_ident(column->name))));
}

/* Its own type says something else than MySQL's, and no rule says what. */
static void
check_meaning(const RemoteTable *table, const RemoteColumn *column,
			  Form_pg_attribute attribute, Problems *problems)
{
	const char *hint = mm_type_refusal(&column->type, attribute->atttypid);

	if (hint == NULL || column->transform != NULL || column->is_computed)
		return;
	mm_existing_add_problem(problems, ERRCODE_DATATYPE_MISMATCH,
							psprintf("%s.%s: its type %s has no meaning in a column of type %s.",
									 table->name, column->name, column->type.column_type,
									 format_type_be(attribute->atttypid)),
							pstrdup(hint));
}

/* The remote column's local one; its number joins *filled. */
static void
match_column(Migration *migration, RemoteTable *table, RemoteColumn *column,
			 TupleDesc desc, Bitmapset **filled, Problems *problems)
{
	AttrNumber attnum = find_attribute(desc, column);
	Form_pg_attribute attribute;

	if (attnum == InvalidAttrNumber)
	{
		mm_existing_add_problem(problems, ERRCODE_FDW_COLUMN_NAME_NOT_FOUND,
								psprintf("%s.%s: there is no column for it here.",
										 table->name, column->name),
								rule_hint(migration, table, column));
		return;
	}
	attribute = TupleDescAttr(desc, attnum - 1);
	column->local_name = pstrdup(NameStr(attribute->attname));
	column->is_computed = attribute->attgenerated != '\0';
	if (bms_is_member(attnum, *filled))
		mm_existing_add_problem(problems, ERRCODE_DUPLICATE_COLUMN,
								psprintf("%s.%s: another column goes into \"%s\" already.",
										 table->name, column->name, column->local_name),
								rule_hint(migration, table, column));
	*filled = bms_add_member(*filled, attnum);
	check_meaning(table, column, attribute, problems);
	mm_existing_settle_zone(migration, table, column,
							getBaseType(attribute->atttypid));
}

/* Local columns that MySQL has nothing for. */
static void
check_rest(Migration *migration, RemoteTable *table, TupleDesc desc,
		   const Bitmapset *filled, Problems *problems)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const char *name = NameStr(attribute->attname);
		bool has_value = attribute->atthasdef || attribute->attidentity != '\0';

		if (attribute->attisdropped || attribute->attgenerated != '\0' ||
			bms_is_member(attribute->attnum, filled))
			continue;
		if (attribute->attnotnull && !has_value)
			mm_existing_add_problem(problems, ERRCODE_NOT_NULL_VIOLATION,
									psprintf("%s.%s: it is NOT NULL here, has no default, and MySQL has no such column.",
											 table->local_name, name),
									psprintf("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT ..., or rename another column to it with a rule.",
											 mm_quote_local_name(table->local_schema,
																 table->local_name),
											 quote_identifier(name)));
		else
			mm_note_explain(migration->notes,
							mm_note_add(migration->notes, NOTE_NOTE,
										table->local_name,
										psprintf("%s.%s", table->local_name,
												 name),
										has_value ?
											"local column gets its default" :
											"local column stays NULL"),
							"MySQL has no such column.",
							"Nothing to do, or fill it with an UPDATE.", NULL);
	}
}

/* ---------------------------------------------------------------- the table */

/* What a name stands for that is no table to load into. */
static const char *
wrong_kind(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
			return NULL;
		case RELKIND_VIEW:
			return "a view";
		case RELKIND_MATVIEW:
			return "a materialized view";
		case RELKIND_SEQUENCE:
			return "a sequence";
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return "an index";
		default:
			return "no table";
	}
}

static bool
takes_rows(Relation relation)
{
	FdwRoutine *routine;

	if (relation->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		return true;
	routine = GetFdwRoutineForRelation(relation, false);
	return routine->ExecForeignInsert != NULL;
}

static void
check_rights(const Migration *migration, const RemoteTable *table,
			 Relation relation, Problems *problems)
{
	Oid relid = RelationGetRelid(relation);
	bool truncates = migration->spec->on_existing == EXISTING_TRUNCATE;
	AclMode wanted = ACL_INSERT | (truncates ? ACL_TRUNCATE : 0);

	/* INSERT may be granted by columns: the writer looks at those. */
	if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, GetUserId(), ACL_INSERT,
								  ACLMASK_ANY) == ACLCHECK_OK)
		wanted &= ~ACL_INSERT;
	if (wanted != 0 &&
		pg_class_aclmask(relid, GetUserId(), wanted, ACLMASK_ALL) != wanted)
		mm_existing_add_problem(problems, ERRCODE_INSUFFICIENT_PRIVILEGE,
								psprintf("%s: permission denied.", table->local_name),
								psprintf("GRANT INSERT%s ON %s TO %s;",
										 truncates ? ", TRUNCATE" : "",
										 mm_quote_local_name(table->local_schema,
															 table->local_name),
										 quote_identifier(GetUserNameFromId(GetUserId(),
																			false))));
}

void
mm_existing_check_table(Migration *migration, RemoteTable *table, Oid relid,
						Problems *problems)
{
	Relation relation;
	const char *kind = wrong_kind(get_rel_relkind(relid));
	Bitmapset *filled = NULL;
	ListCell *cell;

	if (kind != NULL)
	{
		mm_existing_add_problem(problems, ERRCODE_WRONG_OBJECT_TYPE,
								psprintf("%s: it is %s here.", table->local_name, kind),
								"Load into a table: give the argument local_schema or local_table, or rename it with a rule.");
		return;
	}
	relation = table_open(relid, AccessShareLock);
	if (!takes_rows(relation))
		mm_existing_add_problem(problems, ERRCODE_FEATURE_NOT_SUPPORTED,
								psprintf("%s: it is a foreign table that cannot be written.",
										 table->local_name),
								"Load into a table: give the argument local_schema or local_table, or rename it with a rule.");
	check_rights(migration, table, relation, problems);
	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (!column->is_skipped)
			match_column(migration, table, column, RelationGetDescr(relation),
						 &filled, problems);
	}
	check_rest(migration, table, RelationGetDescr(relation), filled, problems);
	table_close(relation, NoLock);
}
