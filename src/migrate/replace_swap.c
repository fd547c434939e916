/*
 * src/migrate/replace_swap.c
 *		on_existing => 'replace': the swap, and what becomes of the old tables.
 *
 * replace.c says how it goes as a whole.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "job/store.h"
#include "migrate/book.h"
#include "migrate/replace_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* ---------------------------------------------------------------- the swap */

/* ALTER ... RENAME of the kept objects of one table, as the job's owner. */
static List *
kept_rows(int64 job_id, Oid relation)
{
	const char *args[] = {mm_store_number(job_id), mm_store_number(relation)};

	return mm_store_get_rows("SELECT k.kind, o.identity, k.name"
							 "  FROM mysql_migrate.kept AS k,"
							 "       LATERAL pg_identify_object(k.class, k.object, 0) AS o"
							 " WHERE k.job = $1::bigint AND k.relation = $2::oid"
							 "   AND o.identity IS NOT NULL"
							 " ORDER BY k.id",
							 lengthof(args), args);
}

/* The tables to which the old one has foreign keys may be out of the job. */
static const char foreign_keys_query[] =
	"SELECT pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2, k.conname,"
	"                         pg_catalog.pg_get_constraintdef(k.oid)), k.conname"
	"  FROM pg_catalog.pg_constraint AS k"
	" WHERE k.conrelid = $1::oid AND k.contype = 'f' AND k.conparentid = 0"
	"   AND k.confrelid <> ALL ($3::oid[])"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS n"
	"                    WHERE n.conrelid = $2::regclass AND n.contype = 'f'"
	"                      AND (n.conname = k.conname OR n.confrelid = k.confrelid))";

/* What belongs to the name and not to the rows. */
static const char rights_query[] =
	"SELECT pg_catalog.format('REVOKE ALL ON %s FROM %s', $2,"
	"                         CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END)"
	"  FROM pg_catalog.pg_class AS c, pg_catalog.aclexplode(c.relacl) AS x"
	" WHERE c.oid = $2::regclass AND x.grantee <> c.relowner"
	" UNION ALL"
	" SELECT pg_catalog.format('GRANT %s ON %s TO %s%s', x.privilege_type, $2,"
	"                          CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END,"
	"                          CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
	"   FROM pg_catalog.pg_class AS c, pg_catalog.aclexplode(c.relacl) AS x"
	"  WHERE c.oid = $1::oid AND x.grantee <> c.relowner"
	" UNION ALL"
	" SELECT pg_catalog.format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, a.attname, $2,"
	"                          CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END,"
	"                          CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
	"   FROM pg_catalog.pg_attribute AS a, pg_catalog.aclexplode(a.attacl) AS x"
	"  WHERE a.attrelid = $1::oid AND NOT a.attisdropped"
	"    AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS b"
	"                 WHERE b.attrelid = $2::regclass AND b.attname = a.attname)"
	" UNION ALL"
	" SELECT pg_catalog.format('COMMENT ON TABLE %s IS %L', $2, d.description)"
	"   FROM pg_catalog.pg_description AS d"
	"  WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = $1::oid AND d.objsubid = 0"
	" UNION ALL"
	" SELECT pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', $2, a.attname, d.description)"
	"   FROM pg_catalog.pg_description AS d"
	"   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid"
	"  WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = $1::oid"
	"    AND NOT a.attisdropped"
	"    AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS b"
	"                 WHERE b.attrelid = $2::regclass AND b.attname = a.attname)"
	" UNION ALL"
	" SELECT pg_catalog.format('ALTER TABLE %s OWNER TO %s', $2, c.relowner::regrole)"
	"   FROM pg_catalog.pg_class AS c, pg_catalog.pg_class AS n"
	"  WHERE c.oid = $1::oid AND n.oid = $2::regclass AND n.relowner <> c.relowner AND $3 = ''";

static void
refuse_new_blockers(const Migration *migration, const RemoteTable *table)
{
	List *found = mm_replace_blockers(migration, table->replaced);

	if (found != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("table \"%s\" cannot be replaced: %s hangs on it",
						table->local_name, ((char **) linitial(found))[0]),
				 errhint("Drop it, then run migration_resume.")));
}

/* The old table, renamed, is no longer what MySQL's table came to. */
static void
retire_maps(Oid relation)
{
	const char *args[] = {psprintf("%u", relation)};

	mm_store_execute_alone("UPDATE mysql_migrate.table_map SET state = 'replaced'"
						   " WHERE relation = $1::oid AND state = 'published'",
						   lengthof(args), args);
}

/* PostgreSQL named the indexes of a partition after it: they follow. */
static const char partition_indexes_query[] =
	"SELECT pg_catalog.format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass,"
	"                         $2 || pg_catalog.substr(c.relname, pg_catalog.length($3) + 1))"
	"  FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid"
	" WHERE i.indrelid = pg_catalog.to_regclass($1) AND pg_catalog.starts_with(c.relname, $3)"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class AS o"
	"                    WHERE o.relnamespace = c.relnamespace"
	"                      AND o.relname = $2 || pg_catalog.substr(c.relname, pg_catalog.length($3) + 1))";

static void
rename_indexes(const RemoteTable *table, const RemoteRename *rename)
{
	const char *args[] = {mm_quote_local_name(table->local_schema,
											  rename->from),
						  rename->to, rename->from};

	mm_replace_execute_rows(mm_replace_catalog_rows(partition_indexes_query, lengthof(args), args));
}

/* The job's own objects get the names; one that was not made is left out. */
static void
take_names(const RemoteTable *table)
{
	ListCell *cell;

	mm_migration_execute(psprintf("ALTER TABLE %s RENAME TO %s",
								  mm_quote_local_name(table->local_schema,
													  table->load_name),
								  quote_identifier(table->local_name)));
	foreach(cell, table->renames)
	{
		const RemoteRename *rename = lfirst(cell);
		char *from = mm_quote_local_name(table->local_schema, rename->from);
		bool is_type = strcmp(rename->kind, "TYPE") == 0;
		const char *args[] = {from};

		if (strcmp(rename->kind, "TABLE") == 0)
			rename_indexes(table, rename);
		if (mm_replace_catalog_rows(is_type ? "SELECT 1 WHERE pg_catalog.to_regtype($1) IS NOT NULL" : "SELECT 1 WHERE pg_catalog.to_regclass($1) IS NOT NULL",
									1, args) != NIL)
			mm_migration_execute(psprintf("ALTER %s %s RENAME TO %s",
										  rename->kind, from,
										  quote_identifier(rename->to)));
	}
}

/* It was noted that MySQL's key leads out of the job; now it is there. */
static void
forget_notes(JobProcess *process, const RemoteTable *table,
			 const char *constraint)
{
	const char *args[] = {mm_store_number(process->job_id), table->local_name,
						  psprintf("%s.%s", table->name, constraint)};

	mm_store_execute_alone("DELETE FROM mysql_migrate.note"
						   " WHERE job = $1::bigint AND table_name = $2"
						   "   AND object = $3",
						   lengthof(args), args);
}

/* Foreign keys of the old table to tables that stay. */
static void
take_foreign_keys(JobProcess *process, const RemoteTable *table)
{
	Migration *migration = process->state;
	const char *args[] = {psprintf("%u", table->replaced),
						  mm_quote_local_name(table->local_schema,
											  table->local_name),
						  mm_replace_oid_list(migration->replaced)};
	List *rows = mm_replace_catalog_rows(foreign_keys_query, lengthof(args), args);
	NoteList *notes = mm_note_list_create();
	ListCell *cell;

	foreach(cell, rows)
	{
		char **row = lfirst(cell);
		ErrorData *error = mm_migration_try(row[0]);

		if (error == NULL)
		{
			forget_notes(process, table, row[1]);
			continue;
		}
		mm_note_explain(notes,
						mm_note_add(notes, NOTE_WARNING, table->local_name,
									psprintf("%s.%s", table->local_name,
											 row[1]),
									"foreign key of the replaced table not made"),
						mm_error_text(error->message, error->detail),
						psprintf("Mend the data, then run: %s;", row[0]), NULL);
	}
	mm_book_add_notes(process->job_id, GetUserId(), notes);
}

void
mm_replace_publish(JobProcess *process, TableState *state)
{
	Migration *migration = process->state;
	RemoteTable *table = state->table;
	char *name = mm_quote_local_name(table->local_schema, table->local_name);
	const char *args[] = {psprintf("%u", table->replaced), name,
						  migration->spec->owner ? migration->spec->owner :
												   ""};
	ListCell *cell;

	/* Somebody dropped it meanwhile: then there is nothing to swap. */
	if (get_rel_name(table->replaced) == NULL)
	{
		take_names(table);
		return;
	}
	mm_migration_execute(psprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE",
								  mm_quote_local_relation(table->replaced)));
	refuse_new_blockers(migration, table);
	foreach(cell, kept_rows(process->job_id, table->replaced))
	{
		char **row = lfirst(cell);

		mm_migration_execute(psprintf("ALTER %s %s RENAME TO %s", row[0],
									  row[1],
									  quote_identifier(mm_replace_old_name(row[2], process->job_id))));
	}
	take_names(table);
	take_foreign_keys(process, table);
	mm_replace_execute_rows(mm_replace_catalog_rows(rights_query, lengthof(args), args));
	retire_maps(table->replaced);
}

/* ---------------------------------------------------------------- afterwards */

/* $1: the old table, $2: the new one: what only the old one has. */
static const char lost_query[] =
	"SELECT 'trigger', tgname, pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger AS o"
	" WHERE tgrelid = $1::oid AND NOT tgisinternal"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger AS n"
	"                    WHERE n.tgrelid = $2::oid AND n.tgname = o.tgname)"
	" UNION ALL"
	" SELECT 'rule', rulename, pg_catalog.pg_get_ruledef(oid) FROM pg_catalog.pg_rewrite"
	"  WHERE ev_class = $1::oid"
	" UNION ALL"
	" SELECT 'statistics', stxname, pg_catalog.pg_get_statisticsobjdef(oid)"
	"   FROM pg_catalog.pg_statistic_ext WHERE stxrelid = $1::oid"
	" UNION ALL"
	" SELECT 'constraint', conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint AS o"
	"  WHERE conrelid = $1::oid AND contype IN ('c', 'x')"
	"    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS n"
	"                     WHERE n.conrelid = $2::oid AND n.conname = o.conname)"
	" ORDER BY 1, 2";

/* Indexes by what they are: their names have changed. */
static const char lost_indexes_query[] =
	"SELECT 'index', pg_catalog.replace(c.relname, $3, ''), pg_catalog.pg_get_indexdef(i.indexrelid)"
	"  FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid"
	" WHERE i.indrelid = $1::oid"
	"   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index AS n"
	"                    WHERE n.indrelid = $2::oid AND n.indisunique >= i.indisunique"
	"                      AND pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(n.indexrelid), '^.* USING ', '')"
	"                        = pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^.* USING ', ''))"
	" ORDER BY 2";

static void
report_lost(NoteList *notes, const RemoteTable *table, List *rows)
{
	ListCell *cell;

	foreach(cell, rows)
	{
		char **row = lfirst(cell);

		mm_note_explain(notes,
						mm_note_add(notes, NOTE_WARNING, table->local_name,
									psprintf("%s.%s", table->local_name,
											 row[1]),
									psprintf("%s of the replaced table is not on the new one",
											 row[0])),
						"Nothing in MySQL says that it should be.",
						"Create it anew if it is needed; its text is in column original.",
						row[2]);
	}
}

void
mm_replace_report(JobProcess *process)
{
	Migration *migration = process->state;
	NoteList *notes;
	ListCell *cell;

	if (migration->spec->on_existing != EXISTING_REPLACE)
		return;
	mm_transaction_start();
	MemoryContextSwitchTo(process->context);
	notes = mm_note_list_create();
	foreach(cell, migration->tables)
	{
		TableState *state = lfirst(cell);
		RemoteTable *table = state->table;
		const char *args[] = {psprintf("%u", table->replaced),
							  psprintf("%u", state->relation),
							  mm_replace_old_suffix(process->job_id)};

		if (!OidIsValid(table->replaced) ||
			get_rel_name(table->replaced) == NULL ||
			strcmp(get_rel_name(table->replaced), table->local_name) == 0)
			continue;
		report_lost(notes, table,
					mm_replace_catalog_rows(lost_query, 2, args));
		report_lost(notes, table,
					mm_replace_catalog_rows(lost_indexes_query, lengthof(args), args));
	}
	mm_book_add_notes(process->job_id, GetUserId(), notes);
	CommitTransactionCommand();
	MemoryContextSwitchTo(process->context);
}

/* The name that a kept object has now. */
#define CURRENT_NAME                                                                                  \
	"CASE k.class WHEN 'pg_class'::regclass THEN (SELECT relname FROM pg_class WHERE oid = k.object)" \
	" WHEN 'pg_type'::regclass THEN (SELECT typname FROM pg_type WHERE oid = k.object)"               \
	" ELSE (SELECT proname FROM pg_proc WHERE oid = k.object) END"

List *
mm_replace_restore_statements(int64 job_id)
{
	return mm_replace_kept_statements(job_id,
									  "SELECT format('ALTER %s %s RENAME TO %I', k.kind, o.identity, k.name)"
									  "  FROM mysql_migrate.kept AS k,"
									  "       LATERAL pg_identify_object(k.class, k.object, 0) AS o"
									  " WHERE k.job = $1::bigint AND o.identity IS NOT NULL"
									  "   AND " CURRENT_NAME " <> k.name"
									  " ORDER BY k.id");
}

void
mm_replace_forget(int64 job_id)
{
	StoreScope scope;
	const char *args[] = {mm_store_number(job_id)};

	mm_store_enter(&scope);
	(void) mm_store_execute("UPDATE mysql_migrate.table_map AS m SET state = 'published'"
							"  FROM mysql_migrate.kept AS k"
							" WHERE k.job = $1::bigint AND k.kind = 'TABLE'"
							"   AND m.relation = k.object AND m.state = 'replaced'",
							lengthof(args), args);
	(void) mm_store_execute("DELETE FROM mysql_migrate.kept WHERE job = $1::bigint",
							lengthof(args), args);
	mm_store_leave(&scope);
}

/* Foreign keys among the old tables go first, circles included. */
static const char old_keys_query[] =
	"SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', f.conrelid::regclass, f.conname)"
	"  FROM pg_constraint AS f"
	" WHERE f.contype = 'f' AND f.conparentid = 0"
	"   AND f.conrelid IN (SELECT k.object FROM mysql_migrate.kept AS k"
	"                       WHERE k.job = $1::bigint AND k.kind = 'TABLE' AND " CURRENT_NAME " <> k.name)"
	"   AND f.confrelid IN (SELECT k.object FROM mysql_migrate.kept AS k"
	"                        WHERE k.job = $1::bigint AND k.kind = 'TABLE' AND " CURRENT_NAME " <> k.name)";

/* Views, the tables with all that is theirs, functions, types. */
static const char drop_query[] =
	"SELECT format('DROP %s %s', k.kind, o.identity)"
	"  FROM mysql_migrate.kept AS k,"
	"       LATERAL pg_identify_object(k.class, k.object, 0) AS o"
	" WHERE k.job = $1::bigint AND o.identity IS NOT NULL"
	"   AND " CURRENT_NAME " <> k.name"
	"   AND (k.kind IN ('VIEW', 'FUNCTION', 'TYPE')"
	"        OR (k.kind = 'TABLE' AND k.object = k.relation))"
	" ORDER BY array_position(ARRAY['VIEW', 'TABLE', 'FUNCTION', 'TYPE'], k.kind), k.id DESC";

int64
mm_replace_finish(int64 job_id)
{
	List *statements = mm_replace_kept_statements(job_id, drop_query);
	const char *args[] = {mm_store_number(job_id)};
	ListCell *cell;

	foreach(cell, mm_replace_kept_statements(job_id, old_keys_query))
		mm_migration_execute(lfirst(cell));
	foreach(cell, statements)
		mm_migration_execute(lfirst(cell));
	mm_store_execute_alone("DELETE FROM mysql_migrate.kept WHERE job = $1::bigint",
						   lengthof(args), args);
	return list_length(statements);
}
