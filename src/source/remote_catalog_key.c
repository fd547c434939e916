/*
 * src/source/remote_catalog_key.c
 *		Indexes, foreign keys, CHECK constraints and partitions.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "base/ident.h"
#include "lib/stringinfo.h"
#include "source/remote_catalog_internal.h"

/* One row per key part, in key order: the reader groups by name. */
static const char *const indexes_query =
	"SELECT table_name AS relation, index_name AS name,"
	"       non_unique AS non_unique, column_name AS column_name,"
	"       sub_part AS prefix, collation AS direction,"
	"       index_type AS kind, index_comment AS remark,"
	"       %s AS expression, %s AS hidden"
	"  FROM information_schema.statistics"
	" WHERE %s"
	" ORDER BY table_name, index_name, seq_in_index";

static const char *const key_columns_query =
	"SELECT table_name AS relation, constraint_name AS name,"
	"       column_name AS column_name,"
	"       referenced_table_schema AS referenced_schema,"
	"       referenced_table_name AS referenced_table,"
	"       referenced_column_name AS referenced_column"
	"  FROM information_schema.key_column_usage"
	" WHERE %s AND referenced_table_name IS NOT NULL"
	" ORDER BY table_name, constraint_name, ordinal_position";

static const char *const rules_query =
	"SELECT table_name AS relation, constraint_name AS name,"
	"       update_rule AS update_rule, delete_rule AS delete_rule"
	"  FROM information_schema.referential_constraints"
	" WHERE %s";

/* MariaDB: the table is in the view itself. */
static const char *const mariadb_checks_query =
	"SELECT table_name AS relation, constraint_name AS name,"
	"       check_clause AS clause, %s AS is_column, 'YES' AS enforced"
	"  FROM information_schema.check_constraints"
	" WHERE %s"
	" ORDER BY table_name, constraint_name";

static const char *const mysql_checks_query =
	"SELECT tc.table_name AS relation, tc.constraint_name AS name,"
	"       cc.check_clause AS clause, 0 AS is_column, %s AS enforced"
	"  FROM information_schema.table_constraints AS tc"
	"  JOIN information_schema.check_constraints AS cc"
	"    ON cc.constraint_schema = tc.constraint_schema"
	"   AND cc.constraint_name = tc.constraint_name"
	" WHERE %s AND tc.constraint_type = 'CHECK'"
	" ORDER BY tc.table_name, tc.constraint_name";

/* One row per partition, or per subpartition where there are any. */
static const char *const partitions_query =
	"SELECT table_name AS relation, partition_name AS name,"
	"       partition_method AS method, partition_expression AS expression,"
	"       partition_description AS description, subpartition_name AS subname,"
	"       subpartition_method AS submethod,"
	"       subpartition_expression AS subexpression,"
	"       partition_comment AS remark"
	"  FROM information_schema.partitions"
	" WHERE %s AND partition_name IS NOT NULL"
	" ORDER BY table_name, partition_ordinal_position,"
	"          subpartition_ordinal_position";

/* ON UPDATE and ON DELETE of a foreign key, by table and constraint. */
typedef struct ForeignKeyRule
{
	char key[CATALOG_PAIR_SIZE];
	const char *update_rule;
	const char *delete_rule;
} ForeignKeyRule;

/*
 * table_of
 *		The table of a row (its first value), or NULL: not asked for.
 */
static RemoteTable *
table_of(const CatalogReader *reader, const WireResult *result,
		 const WireRow *row)
{
	CatalogRelation *relation =
		mm_catalog_relation(reader, mm_result_text(result, row, 0));

	return relation == NULL ? NULL : relation->table;
}

/* ---- indexes ---- */

static RemoteIndexKind
index_kind(const char *text)
{
	if (pg_strcasecmp(text, "FULLTEXT") == 0)
		return REMOTE_INDEX_FULLTEXT;
	if (pg_strcasecmp(text, "SPATIAL") == 0 ||
		pg_strcasecmp(text, "RTREE") == 0)
		return REMOTE_INDEX_SPATIAL;
	if (pg_strcasecmp(text, "HASH") == 0)
		return REMOTE_INDEX_HASH;
	return REMOTE_INDEX_BTREE;
}

static RemoteIndex *
build_index(const WireResult *result, const WireRow *row)
{
	RemoteIndex *index = palloc0(sizeof(RemoteIndex));
	char *hidden = mm_result_text(result, row, 9);

	index->name = mm_result_text(result, row, 1);
	index->is_primary = strcmp(index->name, "PRIMARY") == 0;
	index->is_unique = mm_result_int64(result, row, 2) == 0;
	index->kind = index_kind(mm_result_text(result, row, 6));
	index->comment = mm_catalog_comment(result, row, 7);
	index->is_invisible = hidden != NULL && pg_strcasecmp(hidden, "YES") == 0;
	return index;
}

/*
 * take_index_column
 *		One key part; the index is made with its first one.
 */
static void
take_index_column(CatalogReader *reader, const WireResult *result,
				  const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	char *name = mm_result_text(result, row, 1);
	char *column = mm_result_text(result, row, 3);
	char *direction = mm_result_text(result, row, 5);
	RemoteIndex *index;
	RemoteIndexColumn *part;

	if (table == NULL)
		return;

	/* The primary key stands in front, so look at both ends. */
	index = table->indexes == NIL ? NULL : llast(table->indexes);
	if (index == NULL || strcmp(index->name, name) != 0)
	{
		index = table->indexes == NIL ? NULL : linitial(table->indexes);
		if (index == NULL || strcmp(index->name, name) != 0)
		{
			index = build_index(result, row);
			table->indexes = index->is_primary ?
								 lcons(index, table->indexes) :
								 lappend(table->indexes, index);
		}
	}

	part = palloc0(sizeof(RemoteIndexColumn));
	if (column != NULL)
		part->column = mm_catalog_find_column(table, column);
	else
		part->expression =
			mm_catalog_unescape(reader, mm_catalog_text(result, row, 8));
	if (part->column == NULL && part->expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("remote index \"%s\" of table \"%s.%s\" names a column that cannot be seen",
						name, table->schema, table->name),
				 errdetail("The column is \"%s\".",
						   column == NULL ? "" : column),
				 errhint("Grant SELECT on the whole table to the MySQL user.")));

	/* The 32 of a SPATIAL index is the size of a box, not a prefix. */
	if (index->kind != REMOTE_INDEX_SPATIAL)
		part->prefix_length = mm_result_int64(result, row, 4);
	part->is_descending = direction != NULL && strcmp(direction, "D") == 0;
	index->columns = lappend(index->columns, part);
}

void
mm_catalog_read_indexes(CatalogReader *reader)
{
	const CatalogFeatures *features = &reader->features;
	const char *expression = features->index_expression ? "expression" : "NULL";
	const char *hidden = "'NO'";

	if (features->index_visible)
		hidden = "IF(is_visible = 'NO', 'YES', 'NO')";
	else if (features->index_ignored)
		hidden = "ignored";
	mm_catalog_each_row(reader,
						psprintf(indexes_query, expression, hidden,
								 mm_catalog_condition(reader, "table_schema",
													  "table_name")),
						take_index_column);
}

/* ---- foreign keys ---- */

static ForeignKeyRule *
rule_of(CatalogReader *reader, const char *table, const char *constraint,
		HASHACTION action)
{
	char key[CATALOG_PAIR_SIZE];
	ForeignKeyRule *rule;
	bool found;

	mm_catalog_pair_key(key, table, constraint);
	rule = hash_search(reader->rules, key, action, &found);
	if (action == HASH_ENTER && !found)
		rule->update_rule = rule->delete_rule = NULL;
	return rule;
}

/* What MySQL knows to do; the text becomes part of a statement here. */
static const char *const actions[] = {
	"CASCADE",
	"SET NULL",
	"SET DEFAULT",
	"NO ACTION",
	"RESTRICT",
};

static const char *
known_action(const char *text)
{
	if (text == NULL)
		return NULL;
	for (int i = 0; i < lengthof(actions); i++)
	{
		if (strcmp(text, actions[i]) == 0)
			return actions[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("the MySQL server names an action of a foreign key that is not known"),
			 errdetail("The action is \"%s\".",
					   mm_error_clip(text, strlen(text)))));
	return NULL; /* keep the compiler quiet */
}

static void
take_rule(CatalogReader *reader, const WireResult *result, const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	ForeignKeyRule *rule;

	if (table == NULL)
		return;
	rule = rule_of(reader, table->name, mm_result_text(result, row, 1),
				   HASH_ENTER);
	rule->update_rule = known_action(mm_result_text(result, row, 2));
	rule->delete_rule = known_action(mm_result_text(result, row, 3));
}

static void
take_key_column(CatalogReader *reader, const WireResult *result,
				const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	char *name = mm_result_text(result, row, 1);
	RemoteForeignKey *key;
	RemoteColumn *column;

	if (table == NULL)
		return;

	column = mm_catalog_find_column(table, mm_result_text(result, row, 2));
	if (column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("remote foreign key \"%s\" of table \"%s.%s\" names a column that cannot be seen",
						name, table->schema, table->name),
				 errdetail("The column is \"%s\".",
						   mm_result_text(result, row, 2)),
				 errhint("Grant SELECT on the whole table to the MySQL user.")));

	key = table->foreign_keys == NIL ? NULL : llast(table->foreign_keys);
	if (key == NULL || strcmp(key->name, name) != 0)
	{
		ForeignKeyRule *rule = rule_of(reader, table->name, name, HASH_FIND);

		key = palloc0(sizeof(RemoteForeignKey));
		key->name = name;
		key->referenced_schema = mm_result_text(result, row, 3);
		key->referenced_table = mm_result_text(result, row, 4);
		if (rule != NULL)
		{
			key->update_rule = rule->update_rule;
			key->delete_rule = rule->delete_rule;
		}
		else
			reader->rules_missing = true;
		table->foreign_keys = lappend(table->foreign_keys, key);
	}
	key->columns = lappend(key->columns, column);
	key->referenced_columns = lappend(key->referenced_columns,
									  mm_result_text(result, row, 5));
}

/*
 * skip_quoted
 *		Behind the name in backticks, or comment in quotes, at p.
 */
static const char *
skip_quoted(const char *p)
{
	char quote = *p++;

	for (; *p != '\0'; p++)
	{
		if (*p == '\\' && quote == '\'' && p[1] != '\0')
			p++;
		else if (*p == quote)
		{
			if (p[1] != quote)
				return p + 1;
			p++;
		}
	}
	return p;
}

/*
 * action_of
 *		The action behind "ON UPDATE" or "ON DELETE" in the rest of a foreign
 *		key's line; what is not written is RESTRICT.
 */
static const char *
action_of(const char *line, const char *clause)
{
	while (*line != '\0' && *line != '\n')
	{
		if (*line == '`' || *line == '"')
		{
			line = skip_quoted(line);
			continue;
		}
		if (strncmp(line, clause, strlen(clause)) == 0)
		{
			line += strlen(clause);
			for (int i = 0; i < lengthof(actions); i++)
			{
				if (strncmp(line, actions[i], strlen(actions[i])) == 0)
					return actions[i];
			}
		}
		line++;
	}
	return "RESTRICT";
}

static void
take_create_table(CatalogReader *reader, const WireResult *result,
				  const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	char *text = mm_result_text(result, row, 1);
	ListCell *lc;

	if (table == NULL || text == NULL)
		return;
	foreach(lc, table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(lc);
		char *start = psprintf("\n  CONSTRAINT %s FOREIGN KEY ",
							   mm_quote_remote_ident(key->name));
		const char *line = strstr(text, start);

		if (line == NULL || key->update_rule != NULL)
			continue;
		line += strlen(start);
		key->update_rule = action_of(line, " ON UPDATE ");
		key->delete_rule = action_of(line, " ON DELETE ");
	}
}

/*
 * find_missing_rules
 *		Ask each table with foreign keys for its own text.
 *
 * MariaDB shows referential_constraints only to users with more than SELECT.
 * This is one query per such table, and the only thing that is.  Partitioned
 * tables, whose text some MariaDB versions die over, have no foreign keys.
 */
static void
find_missing_rules(CatalogReader *reader)
{
	ListCell *lc;
	ListCell *lk;

	foreach(lc, reader->schema->tables)
	{
		RemoteTable *table = lfirst(lc);

		if (table->foreign_keys == NIL)
			continue;
		mm_catalog_each_row(reader,
							psprintf("SHOW CREATE TABLE %s.%s",
									 mm_quote_remote_ident(table->schema),
									 mm_quote_remote_ident(table->name)),
							take_create_table);
		foreach(lk, table->foreign_keys)
		{
			RemoteForeignKey *key = lfirst(lk);

			if (key->update_rule == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						 errmsg("could not learn the actions of remote foreign key \"%s\" of table \"%s.%s\"",
								key->name, table->schema, table->name),
						 errhint("Grant REFERENCES on the database to the MySQL user, so that it sees information_schema.referential_constraints.")));
		}
	}
}

void
mm_catalog_read_foreign_keys(CatalogReader *reader)
{
	HASHCTL control = {0};

	control.keysize = CATALOG_PAIR_SIZE;
	control.entrysize = sizeof(ForeignKeyRule);
	control.hcxt = CurrentMemoryContext;
	reader->rules = hash_create("mysql_migrate foreign key rules", 256,
								&control,
								HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	mm_catalog_each_row(reader,
						psprintf(rules_query,
								 mm_catalog_condition(reader,
													  "constraint_schema",
													  "table_name")),
						take_rule);
	mm_catalog_each_row(reader,
						psprintf(key_columns_query,
								 mm_catalog_condition(reader, "table_schema",
													  "table_name")),
						take_key_column);
	hash_destroy(reader->rules);
	reader->rules = NULL;
	if (reader->rules_missing)
		find_missing_rules(reader);
}

/* ---- CHECK constraints ---- */

/*
 * json_column
 *		MariaDB's "json" is longtext with CHECK (json_valid(`column`)): the
 *		column, if this is such a constraint.
 */
static RemoteColumn *
json_column(const RemoteTable *table, const char *name, const char *clause)
{
	RemoteColumn *column = mm_catalog_find_column(table, name);

	if (column == NULL || strcmp(column->type.data_type, "longtext") != 0)
		return NULL;
	if (pg_strcasecmp(clause,
					  psprintf("json_valid(%s)",
							   mm_quote_remote_ident(column->name))) != 0)
		return NULL;
	return column;
}

static void
take_check(CatalogReader *reader, const WireResult *result, const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	char *name = mm_result_text(result, row, 1);
	char *clause = mm_result_text(result, row, 2);
	RemoteColumn *column = NULL;
	RemoteCheck *check;

	if (table == NULL || clause == NULL)
		return;
	if (mm_result_int64(result, row, 3) != 0)
		column = json_column(table, name, clause);
	if (column != NULL)
	{
		column->type.is_json = true;
		return;
	}
	check = palloc0(sizeof(RemoteCheck));
	check->name = name;
	check->expression = mm_catalog_unescape(reader, clause);
	check->is_enforced =
		pg_strcasecmp(mm_result_text(result, row, 4), "YES") == 0;
	table->checks = lappend(table->checks, check);
}

void
mm_catalog_read_checks(CatalogReader *reader)
{
	const CatalogFeatures *features = &reader->features;
	char *sql;

	if (!features->checks)
		return;
	if (features->check_table)
		sql = psprintf(mariadb_checks_query,
					   features->check_level ? "level = 'Column'" : "1",
					   mm_catalog_condition(reader, "constraint_schema",
											"table_name"));
	else
		sql = psprintf(mysql_checks_query,
					   features->enforced ? "tc.enforced" : "'YES'",
					   mm_catalog_condition(reader, "tc.table_schema",
											"tc.table_name"));
	mm_catalog_each_row(reader, sql, take_check);
}

/* ---- partitions ---- */

static void
take_partition(CatalogReader *reader, const WireResult *result,
			   const WireRow *row)
{
	RemoteTable *table = table_of(reader, result, row);
	RemotePartition *partition;

	if (table == NULL)
		return;
	partition = palloc0(sizeof(RemotePartition));
	partition->name = mm_result_text(result, row, 1);
	partition->method = mm_result_text(result, row, 2);
	partition->expression = mm_result_text(result, row, 3);
	partition->description = mm_result_text(result, row, 4);
	partition->subname = mm_result_text(result, row, 5);
	partition->submethod = mm_result_text(result, row, 6);
	partition->subexpression = mm_result_text(result, row, 7);
	partition->comment = mm_catalog_comment(result, row, 8);
	table->partitions = lappend(table->partitions, partition);
}

void
mm_catalog_read_partitions(CatalogReader *reader)
{
	mm_catalog_each_row(reader,
						psprintf(partitions_query,
								 mm_catalog_condition(reader, "table_schema",
													  "table_name")),
						take_partition);
}
