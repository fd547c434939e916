/*
 * src/source/remote_catalog.c
 *		information_schema of a MySQL or MariaDB server into plain structs.
 *
 * One query per view of information_schema, whatever the number of tables;
 * rows find their table through a hash table.  Joins between these views are
 * made here and not there: MariaDB builds both sides anew as temporary tables
 * without any index, which is quadratic.
 *
 * Names are compared as the server compares them: bytewise where
 * lower_case_table_names is 0, else without regard to case.  The conditions in
 * the queries only keep the result small (their collation ignores case and
 * accents on most servers); what belongs here is decided by the hash table.
 *
 * Every output column has an alias, since MySQL 8 gives the names of
 * information_schema in upper case.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "lib/stringinfo.h"
#include "source/remote_catalog_internal.h"
#include "utils/memutils.h"

static const char *const settings_query =
	"SELECT CONCAT(@@lower_case_table_names, ' ', @@sql_mode) AS settings";

static const char *const schema_query =
	"SELECT schema_name AS name, default_character_set_name AS charset,"
	"       default_collation_name AS collation"
	"  FROM information_schema.schemata"
	" WHERE schema_name = %s";

static const char *const features_query =
	"SELECT LOWER(CONCAT(table_name, '.', column_name)) AS feature"
	"  FROM information_schema.columns"
	" WHERE table_schema = 'information_schema'"
	"   AND table_name IN ('COLUMNS', 'STATISTICS', 'CHECK_CONSTRAINTS',"
	"                      'TABLE_CONSTRAINTS')";

static const char *const tables_query =
	"SELECT t.table_name AS name, t.table_type AS kind, t.engine AS engine,"
	"       e.transactions AS transactions, t.table_rows AS estimated_rows,"
	"       t.data_length AS data_bytes, t.avg_row_length AS row_bytes,"
	"       t.auto_increment AS next_value, t.table_collation AS collation,"
	"       t.table_comment AS remark"
	"  FROM information_schema.tables AS t"
	"  LEFT JOIN information_schema.engines AS e ON e.engine = t.engine"
	" WHERE %s"
	" ORDER BY t.table_name";

void
mm_catalog_each_row(CatalogReader *reader, const char *sql, CatalogRow take)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "mysql_migrate catalog query",
												  ALLOCSET_DEFAULT_SIZES);
	WireResult *result = mm_result_open(reader->conn, sql, scratch);
	const WireRow *row;

	while ((row = mm_result_next(result)) != NULL)
		take(reader, result, row);
	mm_result_close(result);
	MemoryContextDelete(scratch);
}

char *
mm_catalog_text(const WireResult *result, const WireRow *row, int i)
{
	char *text = mm_result_text(result, row, i);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

char *
mm_catalog_comment(const WireResult *result, const WireRow *row, int i)
{
	char *text = mm_result_shown(result, row, i);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

char *
mm_catalog_condition(const CatalogReader *reader, const char *schema_column,
					 const char *table_column)
{
	StringInfoData out;
	char *schema = mm_quote_remote_literal(reader->schema->name);
	ListCell *lc;

	/*
	 * The plain comparison lets MariaDB open this one directory only; the
	 * second one keeps out the schema whose name differs in case.
	 */
	initStringInfo(&out);
	appendStringInfo(&out, "%s = %s AND CAST(%s AS BINARY) = CAST(%s AS BINARY)",
					 schema_column, schema, schema_column, schema);
	if (table_column == NULL || reader->only == NIL)
		return out.data;

	appendStringInfo(&out, " AND %s IN (", table_column);
	foreach(lc, reader->only)
	{
		if (lc != list_head(reader->only))
			appendStringInfoString(&out, ", ");
		appendStringInfoString(&out, mm_quote_remote_literal(lfirst(lc)));
	}
	appendStringInfoChar(&out, ')');
	return out.data;
}

/*
 * copy_key
 *		A name as hash key: folded where the server folds names.
 */
static void
copy_key(char *key, Size size, const char *name, bool fold)
{
	memset(key, 0, size);
	strlcpy(key, fold ? mm_ident_fold(name, IDENT_LOWER) : name, size);
}

void
mm_catalog_pair_key(char *key, const char *first, const char *second)
{
	memset(key, 0, CATALOG_PAIR_SIZE);
	snprintf(key, CATALOG_PAIR_SIZE, "%s\n%s", first, second);
}

CatalogRelation *
mm_catalog_relation(const CatalogReader *reader, const char *name)
{
	char key[CATALOG_NAME_SIZE];

	copy_key(key, sizeof(key), name, reader->schema->folds_names);
	return hash_search(reader->relations, key, HASH_FIND, NULL);
}

/*
 * same_name
 *		Does the server take these for one relation?
 */
static bool
same_name(const char *a, const char *b, bool fold)
{
	if (strcmp(a, b) == 0)
		return true;
	return fold && strcmp(mm_ident_fold(a, IDENT_LOWER),
						  mm_ident_fold(b, IDENT_LOWER)) == 0;
}

static void
take_schema(CatalogReader *reader, const WireResult *result,
			const WireRow *row)
{
	RemoteSchema *schema = reader->schema;
	char *name = mm_result_text(result, row, 0);

	/* The collation of the query may find more than one. */
	if (!same_name(name, schema->name, schema->folds_names) ||
		(schema->charset != NULL && strcmp(name, schema->name) != 0))
		return;
	schema->name = name;
	schema->charset = mm_result_text(result, row, 1);
	schema->collation = mm_result_text(result, row, 2);
}

static void
take_feature(CatalogReader *reader, const WireResult *result,
			 const WireRow *row)
{
	CatalogFeatures *features = &reader->features;
	char *name = mm_result_text(result, row, 0);
	const struct
	{
		const char *name;
		bool *flag;
	} known[] = {
		{"columns.generation_expression", &features->generation_expression},
		{"statistics.expression", &features->index_expression},
		{"statistics.is_visible", &features->index_visible},
		{"statistics.ignored", &features->index_ignored},
		{"check_constraints.check_clause", &features->checks},
		{"check_constraints.table_name", &features->check_table},
		{"check_constraints.level", &features->check_level},
		{"table_constraints.enforced", &features->enforced},
	};

	for (int i = 0; i < lengthof(known); i++)
	{
		if (strcmp(name, known[i].name) == 0)
			*known[i].flag = true;
	}
}

/*
 * is_asked_for
 *		Is this relation in the caller's list, or is there no list?
 */
static bool
is_asked_for(const CatalogReader *reader, const char *name)
{
	ListCell *lc;

	if (reader->only == NIL)
		return true;
	foreach(lc, reader->only)
	{
		if (same_name(lfirst(lc), name, reader->schema->folds_names))
			return true;
	}
	return false;
}

static RemoteTable *
build_table(CatalogReader *reader, const WireResult *result,
			const WireRow *row, const char *kind)
{
	RemoteTable *table = palloc0(sizeof(RemoteTable));
	char *transactions = mm_result_text(result, row, 3);
	char *next_value = mm_result_text(result, row, 7);

	table->schema = reader->schema->name;
	table->name = mm_result_text(result, row, 0);
	table->engine = mm_result_text(result, row, 2);
	table->is_transactional = transactions != NULL &&
							  pg_strcasecmp(transactions, "YES") == 0;
	table->is_system_versioned = strcmp(kind, "SYSTEM VERSIONED") == 0;
	table->estimated_rows = mm_result_int64(result, row, 4);
	table->data_bytes = mm_result_int64(result, row, 5);
	table->average_row_bytes = mm_result_int64(result, row, 6);
	table->auto_increment =
		next_value == NULL ? 0 : strtoull(next_value, NULL, 10);
	table->collation = mm_result_text(result, row, 8);
	table->comment = mm_catalog_comment(result, row, 9);
	return table;
}

/*
 * take_relation
 *		A row of information_schema.tables: a table, a view, a sequence.
 */
static void
take_relation(CatalogReader *reader, const WireResult *result,
			  const WireRow *row)
{
	RemoteSchema *schema = reader->schema;
	char *name = mm_result_text(result, row, 0);
	char *kind = mm_result_text(result, row, 1);
	char key[CATALOG_NAME_SIZE];
	CatalogRelation *relation;
	bool found;

	/* A temporary table hides nothing here and belongs to another session. */
	if (!is_asked_for(reader, name) || pg_strcasecmp(kind, "TEMPORARY") == 0)
		return;

	copy_key(key, sizeof(key), name, schema->folds_names);
	relation = hash_search(reader->relations, key, HASH_ENTER, &found);
	if (found)
		return;
	relation->table = NULL;
	relation->view = NULL;
	relation->sequence = NULL;

	if (strcmp(kind, "VIEW") == 0 || strcmp(kind, "SYSTEM VIEW") == 0)
	{
		relation->view = palloc0(sizeof(RemoteProgram));
		relation->view->kind = REMOTE_VIEW;
		relation->view->name = name;
		schema->programs = lappend(schema->programs, relation->view);
	}
	else if (strcmp(kind, "SEQUENCE") == 0)
	{
		relation->sequence = palloc0(sizeof(RemoteSequence));
		relation->sequence->name = name;
		schema->sequences = lappend(schema->sequences, relation->sequence);
	}
	else
	{
		relation->table = build_table(reader, result, row, kind);
		schema->tables = lappend(schema->tables, relation->table);
	}
}

/*
 * check_asked_for
 *		Every name in the caller's list must have been found.
 */
static void
check_asked_for(const CatalogReader *reader)
{
	ListCell *lc;

	foreach(lc, reader->only)
	{
		if (mm_catalog_relation(reader, lfirst(lc)) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
					 errmsg("remote table \"%s.%s\" does not exist",
							reader->schema->name, (char *) lfirst(lc)),
					 errdetail("The MySQL user may also lack every privilege on it."),
					 strchr(lfirst(lc), '.') != NULL ?
						 errhint("Name the table alone; its schema is the option \"dbname\" of the server.") :
						 errhint("MySQL compares table names case-sensitively on most systems.")));
	}
}

/*
 * learn_server
 *		What must be known before the first row can be understood.
 */
static void
learn_server(CatalogReader *reader)
{
	RemoteSchema *schema = reader->schema;
	char *settings = mm_conn_query_value(reader->conn, settings_query);

	schema->server = *mm_conn_server(reader->conn);
	schema->folds_names = settings != NULL && atoi(settings) != 0;
	reader->no_backslash = settings != NULL &&
						   strstr(settings, "NO_BACKSLASH_ESCAPES") != NULL;
	reader->is_mariadb = schema->server.flavour == FLAVOUR_MARIADB;
	reader->escapes_text = !reader->is_mariadb &&
						   schema->server.version >= 80000;
	mm_catalog_each_row(reader, features_query, take_feature);
}

static void
find_schema(CatalogReader *reader)
{
	const char *name = reader->schema->name;

	mm_catalog_each_row(reader,
						psprintf(schema_query, mm_quote_remote_literal(name)),
						take_schema);
	if (reader->schema->charset == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("remote schema \"%s\" does not exist", name),
				 errdetail("There is no such MySQL database, or the MySQL user has no privilege on anything in it."),
				 errhint("Check the spelling, and on the MySQL server: SHOW GRANTS.")));
}

/*
 * mm_catalog_read
 *		The whole schema, or the tables and views named in only_tables.
 *
 * With a list, routines and events are left out: they belong to no table.
 */
RemoteSchema *
mm_catalog_read(WireConn *conn, const char *schema, List *only_tables)
{
	CatalogReader reader = {0};
	HASHCTL control = {0};

	reader.conn = conn;
	reader.only = only_tables;
	reader.context = CurrentMemoryContext;
	reader.schema = palloc0(sizeof(RemoteSchema));
	reader.schema->name = pstrdup(schema);
	learn_server(&reader);
	find_schema(&reader);

	control.keysize = CATALOG_NAME_SIZE;
	control.entrysize = sizeof(CatalogRelation);
	control.hcxt = CurrentMemoryContext;
	reader.relations = hash_create("mysql_migrate remote relations", 256,
								   &control,
								   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	mm_catalog_each_row(&reader,
						psprintf(tables_query,
								 mm_catalog_condition(&reader, "t.table_schema",
													  "t.table_name")),
						take_relation);
	check_asked_for(&reader);

	mm_catalog_read_columns(&reader);
	mm_catalog_read_indexes(&reader);
	mm_catalog_read_foreign_keys(&reader);
	mm_catalog_read_checks(&reader);
	mm_catalog_read_partitions(&reader);
	mm_catalog_read_views(&reader);
	mm_catalog_read_triggers(&reader);
	if (only_tables == NIL)
	{
		mm_catalog_read_routines(&reader);
		mm_catalog_read_events(&reader);
	}
	mm_catalog_read_sequences(&reader);
	hash_destroy(reader.relations);
	return reader.schema;
}

char *
mm_catalog_from(const RemoteTable *table)
{
	if (table->query != NULL)
		return psprintf("(%s) AS %s", table->query,
						mm_quote_remote_ident(table->name));
	return psprintf("%s.%s", mm_quote_remote_ident(table->schema),
					mm_quote_remote_ident(table->name));
}

RemoteTable *
mm_catalog_find_table(const RemoteSchema *schema, const char *name)
{
	ListCell *lc;

	foreach(lc, schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		if (strcmp(table->name, name) == 0)
			return table;
	}
	if (!schema->folds_names)
		return NULL;
	foreach(lc, schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		if (same_name(table->name, name, true))
			return table;
	}
	return NULL;
}

/*
 * mm_catalog_find_column
 *		A column by name; MySQL never minds the case of a column's name.
 */
RemoteColumn *
mm_catalog_find_column(const RemoteTable *table, const char *name)
{
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (same_name(column->name, name, true))
			return column;
	}
	return NULL;
}
