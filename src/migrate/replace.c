/*
 * src/migrate/replace.c
 *		on_existing => 'replace': swap by rename.
 *
 * The new table is loaded under a job name, and so is everything of it that
 * has a name of its own in the schema: indexes, sequences, enum types,
 * partitions.  At the end, in one transaction per table, the old ones are
 * renamed to name__old_job and the new ones get the names.  What was renamed
 * stands in mysql_migrate.kept with its own name, so that a rollback gives the
 * name back and migration_finish drops it; an object that still has its own
 * name was never touched.
 *
 * A view, foreign key, policy or publication outside of the job that hangs on
 * the old table would go on hanging on it: that is refused, before the load
 * and again at the swap.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "job/store.h"
#include "migrate/replace_internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* ---------------------------------------------------------------- queries */

char *
mm_replace_oid_list(const List *oids)
{
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	foreach(cell, oids)
		appendStringInfo(&out, "%s%u", out.len > 0 ? "," : "",
						 lfirst_oid(cell));
	return psprintf("{%s}", out.data);
}

/*
 * The rows of a query on the system catalogs, which the current user may read:
 * List of char **, one string per column, in the caller's memory context.
 */
List *
mm_replace_catalog_rows(const char *sql, int nargs, const char **args)
{
	Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[4];

	Assert(nargs <= lengthof(types));
	for (int i = 0; i < nargs; i++)
		values[i] = CStringGetTextDatum(args[i]);
	return mm_local_rows(sql, nargs, types, values);
}

/* ---------------------------------------------------------------- before the job */

void
mm_replace_find(Migration *migration, Oid schema)
{
	ListCell *cell;

	if (migration->spec->on_existing != EXISTING_REPLACE)
		return;
	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		const char *name = table->local_name ?
							   table->local_name :
							   mm_ident_clip(mm_ident_fold(table->name, migration->spec->identifiers));
		Oid relid = get_relname_relid(name, schema);
		char relkind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';

		if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
			continue;
		table->replaced = relid;
		migration->replaced = list_concat(migration->replaced,
										  find_all_inheritors(relid, NoLock,
															  NULL));
	}
}

/*
 * $1: the tables that are replaced, with their partitions; $2: the old table;
 * $3: names of the job's own views in schema $4.
 */
static const char blockers_query[] =
	"WITH family AS (SELECT unnest($1::pg_catalog.oid[]) AS oid),"
	" refs AS ("
	"  SELECT 'pg_catalog.pg_class'::regclass AS class, $2::oid AS object"
	"  UNION ALL SELECT 'pg_catalog.pg_class'::regclass, indexrelid"
	"    FROM pg_catalog.pg_index WHERE indrelid = $2::oid"
	"  UNION ALL SELECT 'pg_catalog.pg_class'::regclass, objid"
	"    FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.objid"
	"   WHERE d.classid = 'pg_catalog.pg_class'::regclass AND c.relkind = 'S'"
	"     AND d.refclassid = 'pg_catalog.pg_class'::regclass"
	"     AND d.refobjid = $2::oid AND d.deptype IN ('a', 'i')"
	"  UNION ALL SELECT 'pg_catalog.pg_type'::regclass, unnest(ARRAY[t.oid, t.typarray])"
	"    FROM pg_catalog.pg_type AS t WHERE t.typrelid = $2::oid),"
	" own_views AS ("
	"  SELECT c.oid FROM pg_catalog.pg_class AS c"
	"    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
	"   WHERE c.relkind = 'v' AND c.relname = ANY ($3::text[]) AND n.nspname = $4)"
	" SELECT DISTINCT coalesce("
	"          (SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'a rule of ' END"
	"                  || c.oid::regclass"
	"             FROM pg_catalog.pg_rewrite AS w JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class"
	"            WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid),"
	"          pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid))"
	"   FROM pg_catalog.pg_depend AS d"
	"   JOIN refs AS r ON r.class = d.refclassid AND r.object = d.refobjid"
	"  WHERE d.deptype = 'n'"
	"    AND NOT (d.classid = 'pg_catalog.pg_class'::regclass"
	"             AND d.objid IN (SELECT oid FROM family))"
	"    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS k"
	"                     WHERE d.classid = 'pg_catalog.pg_constraint'::regclass"
	"                       AND k.oid = d.objid AND k.conrelid IN (SELECT oid FROM family))"
	"    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef AS a"
	"                     WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass"
	"                       AND a.oid = d.objid AND a.adrelid IN (SELECT oid FROM family))"
	"    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger AS t"
	"                     WHERE d.classid = 'pg_catalog.pg_trigger'::regclass"
	"                       AND t.oid = d.objid AND t.tgrelid IN (SELECT oid FROM family))"
	"    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite AS w"
	"                     WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass"
	"                       AND w.oid = d.objid AND w.ev_class IN (SELECT oid FROM own_views))"
	" UNION"
	" SELECT pg_catalog.format('policy %I', polname) FROM pg_catalog.pg_policy"
	"  WHERE polrelid = $2::oid"
	" UNION"
	" SELECT pg_catalog.format('publication %I', p.pubname)"
	"   FROM pg_catalog.pg_publication_rel AS r"
	"   JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid"
	"  WHERE r.prrelid = $2::oid"
	" UNION"
	" SELECT pg_catalog.format('the table it is a part of, %s', inhparent::regclass)"
	"   FROM pg_catalog.pg_inherits WHERE inhrelid = $2::oid"
	" UNION"
	" SELECT pg_catalog.format('the table that inherits from it, %s', i.inhrelid::regclass)"
	"   FROM pg_catalog.pg_inherits AS i"
	"   JOIN pg_catalog.pg_class AS c ON c.oid = i.inhparent"
	"  WHERE i.inhparent = $2::oid AND c.relkind <> 'p'"
	" ORDER BY 1";

/* Local names of the views that the job makes, as a text[]. */
static char *
own_views(const Migration *migration)
{
	StringInfoData out;
	ListCell *cell;

	if (migration->replaced_views != NULL)
		return pstrdup(migration->replaced_views);
	if ((migration->spec->phases & PHASE_VIEWS) == 0)
		return pstrdup("{}");

	initStringInfo(&out);
	foreach(cell, migration->schema->programs)
	{
		RemoteProgram *program = lfirst(cell);
		const char *name = program->local_name;

		if (program->kind != REMOTE_VIEW || name == NULL)
			continue;
		appendStringInfo(&out, "%s\"", out.len > 0 ? "," : "");
		for (; *name != '\0'; name++)
			appendStringInfo(&out, "%s%c",
							 *name == '"' || *name == '\\' ? "\\" : "", *name);
		appendStringInfoChar(&out, '"');
	}
	return psprintf("{%s}", out.data);
}

List *
mm_replace_blockers(const Migration *migration, Oid relation)
{
	const char *args[] = {mm_replace_oid_list(migration->replaced),
						  psprintf("%u", relation), own_views(migration),
						  migration->spec->local_schema};

	return mm_replace_catalog_rows(blockers_query, lengthof(args), args);
}

void
mm_replace_check(const Migration *migration, const RemoteTable *table,
				 ReportBlocker report, void *arg)
{
	char *name = mm_quote_local_name(table->local_schema, table->local_name);
	const char *args[] = {psprintf("%u", table->replaced)};
	ListCell *cell;

	if (mm_replace_catalog_rows("SELECT 1 FROM pg_catalog.pg_class"
								" WHERE oid = $1::oid"
								"   AND NOT pg_catalog.pg_has_role(relowner, 'USAGE')",
								1, args) != NIL)
		report(arg,
			   psprintf("%s: only its owner can replace it.", table->local_name),
			   psprintf("Run the migration as the owner of %s, or use on_existing => 'truncate'.",
						name));
	foreach(cell, mm_replace_blockers(migration, table->replaced))
	{
		char **row = lfirst(cell);

		report(arg,
			   psprintf("%s: %s would stay with the old table.",
						table->local_name, row[0]),
			   psprintf("Drop it and create it anew after the migration, or use on_existing => 'truncate', which keeps table %s.",
						name));
	}
}

/* ---------------------------------------------------------------- names for the load */

/* A name, unless it is NULL, gives way to one of the job until the swap. */
static void
take_load_name(RemoteTable *table, int64 job_id, const char *kind,
			   const char **name)
{
	RemoteRename *rename;

	if (*name == NULL)
		return;
	rename = palloc(sizeof(RemoteRename));
	rename->kind = kind;
	rename->to = *name;
	rename->from = mm_ident_clip(psprintf("%s__job_" INT64_FORMAT, *name,
										  job_id));
	table->renames = lappend(table->renames, rename);
	*name = rename->from;
}

void
mm_replace_load_names(RemoteTable *table, int64 job_id)
{
	ListCell *cell;

	if (!OidIsValid(table->replaced))
		return;
	foreach(cell, table->indexes)
	{
		RemoteIndex *index = lfirst(cell);

		take_load_name(table, job_id, "INDEX", &index->local_name);
		take_load_name(table, job_id, "INDEX", &index->local_case_name);
	}
	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		take_load_name(table, job_id, "SEQUENCE", &column->local_sequence);
		take_load_name(table, job_id, "TYPE", &column->local_enum);
	}
	foreach(cell, table->partitions)
	{
		RemotePartition *partition = lfirst(cell);

		take_load_name(table, job_id, "TABLE", &partition->local_name);
		take_load_name(table, job_id, "TABLE", &partition->local_subname);
	}
	take_load_name(table, job_id, "TABLE", &table->local_default_partition);
}

/* ---------------------------------------------------------------- what is kept */

/*
 * $1: job; $2: the old table; $3: all that are replaced, with partitions.
 * Enum types and trigger functions that others use as well keep their names.
 */
static const char keep_table_query[] =
	"INSERT INTO mysql_migrate.kept (job, relation, kind, class, object, name)"
	" SELECT $1::bigint, $2::oid, k.kind, k.class, k.object, k.name FROM ("
	"   SELECT 1 AS step, 'TABLE' AS kind, 'pg_class'::regclass AS class, oid AS object, relname AS name"
	"     FROM pg_class WHERE oid = $2::oid"
	"   UNION ALL"
	"   SELECT 2, 'TABLE', 'pg_class'::regclass, t.relid, c.relname"
	"     FROM pg_partition_tree($2::oid::regclass) AS t JOIN pg_class AS c ON c.oid = t.relid"
	"    WHERE t.level > 0"
	"   UNION ALL"
	"   SELECT 3, 'INDEX', 'pg_class'::regclass, c.oid, c.relname"
	"     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
	"    WHERE i.indrelid = $2::oid"
	"       OR i.indrelid IN (SELECT relid FROM pg_partition_tree($2::oid::regclass))"
	"   UNION ALL"
	"   SELECT 4, 'SEQUENCE', 'pg_class'::regclass, c.oid, c.relname"
	"     FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'"
	"    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
	"      AND d.refobjid = $2::oid AND d.deptype IN ('a', 'i')"
	"   UNION ALL"
	"   SELECT DISTINCT 5, 'TYPE', 'pg_type'::regclass, t.oid, t.typname"
	"     FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
	"     JOIN pg_type AS t ON t.oid = a.atttypid"
	"    WHERE a.attrelid = $2::oid AND t.typtype = 'e' AND t.typnamespace = c.relnamespace"
	"      AND NOT EXISTS (SELECT 1 FROM pg_attribute AS o"
	"                       WHERE o.atttypid IN (t.oid, t.typarray) AND NOT o.attisdropped"
	"                         AND o.attrelid <> ALL ($3::oid[]))"
	"   UNION ALL"
	"   SELECT DISTINCT 6, 'FUNCTION', 'pg_proc'::regclass, p.oid, p.proname"
	"     FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid"
	"     JOIN pg_proc AS p ON p.oid = g.tgfoid"
	"    WHERE g.tgrelid = $2::oid AND NOT g.tgisinternal AND p.pronamespace = c.relnamespace"
	"      AND NOT EXISTS (SELECT 1 FROM pg_trigger AS o"
	"                       WHERE o.tgfoid = p.oid AND o.tgrelid <> ALL ($3::oid[]))"
	" ) AS k"
	" WHERE NOT EXISTS (SELECT 1 FROM mysql_migrate.kept AS o"
	"                    WHERE o.job = $1::bigint AND o.class = k.class AND o.object = k.object)"
	" ORDER BY k.step, k.object";

/* Statements that make the new table store its rows as the old one does. */
static const char storage_query[] =
	"SELECT pg_catalog.format('ALTER TABLE %s SET (%s)', $2, pg_catalog.array_to_string(c.reloptions, ', '))"
	"  FROM pg_catalog.pg_class AS c WHERE c.oid = $1::oid AND c.relkind = 'r' AND c.reloptions IS NOT NULL"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s SET (%s)', $2,"
	"                          (SELECT pg_catalog.string_agg('toast.' || o, ', ') FROM pg_catalog.unnest(t.reloptions) AS o))"
	"   FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid"
	"  WHERE c.oid = $1::oid AND t.reloptions IS NOT NULL"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s SET TABLESPACE %I', $2, s.spcname)"
	"   FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_tablespace AS s ON s.oid = c.reltablespace"
	"  WHERE c.oid = $1::oid"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s SET UNLOGGED', $2)"
	"   FROM pg_catalog.pg_class AS c"
	"  WHERE c.oid = $1::oid AND c.relpersistence = 'u' AND c.relkind = 'r'"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', $2, a.attname,"
	"               CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'm' THEN 'MAIN'"
	"                                 WHEN 'e' THEN 'EXTERNAL' ELSE 'EXTENDED' END)"
	"   FROM pg_catalog.pg_attribute AS a"
	"   JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid"
	"   JOIN pg_catalog.pg_attribute AS b ON b.attname = a.attname AND b.atttypid = a.atttypid"
	"  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped"
	"    AND b.attrelid = $2::regclass AND NOT b.attisdropped AND a.attstorage <> t.typstorage"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', $2, a.attname, a.attstattarget)"
	"   FROM pg_catalog.pg_attribute AS a"
	"   JOIN pg_catalog.pg_attribute AS b ON b.attname = a.attname"
	"  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0"
	"    AND b.attrelid = $2::regclass AND NOT b.attisdropped";

void
mm_replace_execute_rows(List *rows)
{
	ListCell *cell;

	foreach(cell, rows)
		mm_migration_execute(((char **) lfirst(cell))[0]);
}

void
mm_replace_prepare(JobProcess *process)
{
	Migration *migration = process->state;
	char *family = mm_replace_oid_list(migration->replaced);
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);
		const char *keep[] = {mm_store_number(process->job_id),
							  psprintf("%u", table->replaced), family};
		const char *storage[] = {keep[1],
								 mm_quote_local_name(table->local_schema,
													 table->load_name)};

		if (!OidIsValid(table->replaced))
			continue;
		mm_store_execute_alone(keep_table_query, lengthof(keep), keep);
		mm_replace_execute_rows(mm_replace_catalog_rows(storage_query, lengthof(storage), storage));
	}
}

/* One text per row of a query on the bookkeeping; $1 is the job. */
List *
mm_replace_kept_statements(int64 job_id, const char *sql)
{
	const char *args[] = {mm_store_number(job_id)};

	return mm_store_get_column(sql, lengthof(args), args);
}

/*
 * mm_replace_resume
 *		What mm_replace_find and the plan knew, from the bookkeeping.
 */
void
mm_replace_resume(JobProcess *process)
{
	Migration *migration = process->state;
	const char *args[] = {mm_store_number(process->job_id)};
	ListCell *cell;

	foreach(cell, migration->tables)
	{
		RemoteTable *table = ((TableState *) lfirst(cell))->table;

		if (OidIsValid(table->replaced) &&
			get_rel_name(table->replaced) != NULL)
			migration->replaced = list_concat(migration->replaced,
											  find_all_inheritors(table->replaced,
																  NoLock, NULL));
	}
	migration->replaced_views = mm_store_get_value("SELECT coalesce(array_agg(name), '{}')"
												   "  FROM mysql_migrate.kept"
												   " WHERE job = $1::bigint AND kind = 'VIEW'",
												   lengthof(args), args);
}

char *
mm_replace_old_suffix(int64 job_id)
{
	return psprintf("__old_" INT64_FORMAT, job_id);
}

char *
mm_replace_old_name(const char *name, int64 job_id)
{
	return mm_ident_clip(psprintf("%s%s", name, mm_replace_old_suffix(job_id)));
}

char *
mm_replace_view(JobProcess *process, const char *view)
{
	Migration *migration = process->state;
	const char *schema = migration->spec->local_schema;
	const char *args[] = {mm_store_number(process->job_id), view, schema};
	uint64 rows;

	rows = mm_store_execute_alone("INSERT INTO mysql_migrate.kept (job, relation, kind, class, object, name)"
								  " SELECT $1::bigint, c.oid, 'VIEW', 'pg_class'::regclass, c.oid, c.relname"
								  "   FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
								  "  WHERE c.relname = $2 AND n.nspname = $3 AND c.relkind = 'v'"
								  " RETURNING id",
								  lengthof(args), args);
	if (rows == 0)
		return NULL;
	return psprintf("ALTER VIEW %s RENAME TO %s",
					mm_quote_local_name(schema, view),
					quote_identifier(mm_replace_old_name(view, process->job_id)));
}
