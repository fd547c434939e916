/*
 * src/ddl/ddl_partition.c
 *		Partitioned tables.
 *
 * A table stays partitioned where every row finds a place here, too: then its
 * partitions are tables named after table and partition.  Else, or with the
 * option partitions = flatten, it becomes a plain table, and a note holds the
 * partitions as they were.
 *
 * NULL is below everything in MySQL and goes to the lowest partition of a
 * range; here it has no place but the default partition, which gets a CHECK
 * that lets nothing else in.
 */
#include "postgres.h"

#include "access/twophase.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg_config_manual.h"
#include "storage/lock.h"

#include "ddl/ddl_partition.h"

/* Processes that may work on one table at the same time. */
#define SHARING_PROCESSES 4

/* ---- MySQL's text ---- */

/* The partitions as they were, for a note. */
static char *
original_text(const RemoteTable *table)
{
	RemotePartition *first = linitial(table->partitions);
	StringInfoData text;
	const char *last = NULL;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, "PARTITION BY %s (%s)", first->method,
					 first->expression != NULL ? first->expression : "");
	if (first->submethod != NULL)
		appendStringInfo(&text, " SUBPARTITION BY %s (%s)", first->submethod,
						 first->subexpression != NULL ?
							 first->subexpression :
							 "");
	appendStringInfoString(&text, " (");
	foreach(lc, table->partitions)
	{
		RemotePartition *partition = lfirst(lc);

		/* one row per subpartition */
		if (last != NULL && strcmp(last, partition->name) == 0)
			continue;
		appendStringInfo(&text, "%sPARTITION %s", last == NULL ? "" : ", ",
						 mm_quote_remote_ident(partition->name));
		last = partition->name;
		if (partition->description == NULL)
			continue;
		if (strncmp(partition->method, "RANGE", 5) == 0)
			appendStringInfo(&text, " VALUES LESS THAN (%s)",
							 partition->description);
		else if (strncmp(partition->method, "LIST", 4) == 0)
			appendStringInfo(&text, " VALUES IN (%s)", partition->description);
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}

static bool
find_method(const char *name, PartitionMethod *method)
{
	if (strcmp(name, "RANGE") == 0 || strcmp(name, "RANGE COLUMNS") == 0)
		*method = PARTITION_RANGE;
	else if (strcmp(name, "LIST") == 0 || strcmp(name, "LIST COLUMNS") == 0)
		*method = PARTITION_LIST;
	else if (strcmp(name, "HASH") == 0 || strcmp(name, "LINEAR HASH") == 0 ||
			 strcmp(name, "KEY") == 0 || strcmp(name, "LINEAR KEY") == 0)
		*method = PARTITION_HASH;
	else
		return false;
	return true;
}

/* ---- may it stay partitioned? ---- */

/* Is the column a whole part of the unique key? */
static bool
index_has_column(const RemoteIndex *index, const RemoteColumn *column)
{
	ListCell *lc;

	foreach(lc, index->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);

		if (part->column == column && part->prefix_length == 0)
			return true;
	}
	return false;
}

/* A row cannot be moved by a trigger that runs before it is written. */
static bool
is_set_by_trigger(const DdlBuild *build, const RemoteTable *table,
				  const RemoteColumn *column)
{
	ListCell *lc;

	if (column->on_update_now)
		return true;
	foreach(lc, build->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind == REMOTE_TRIGGER && program->table != NULL &&
			strcmp(program->table, table->name) == 0 &&
			program->timing != NULL &&
			pg_strcasecmp(program->timing, "BEFORE") == 0 &&
			program->definition != NULL &&
			strstr(mm_ident_fold(program->definition, IDENT_LOWER),
				   mm_ident_fold(column->name, IDENT_LOWER)) != NULL)
			return true;
	}
	return false;
}

/* What stands against a key, or NULL. */
static const char *
key_obstacle(const DdlBuild *build, const RemoteTable *table, List *keys)
{
	ListCell *lc;
	ListCell *li;

	if (list_length(keys) > PARTITION_MAX_KEYS)
		return "It is partitioned by too many columns.";
	foreach(lc, keys)
	{
		RemoteColumn *column = ((KeyPart *) lfirst(lc))->column;

		if (column == NULL)
			continue;
		if (column->is_skipped)
			return "A column that it is partitioned by was left out.";
		if (column->is_generated_here)
			return "A generated column cannot be a partition key.";
		if (is_set_by_trigger(build, table, column))
			return "A column that it is partitioned by is set by a trigger, "
				   "which cannot move the row.";
		foreach(li, table->indexes)
		{
			RemoteIndex *index = lfirst(li);

			if (!index->is_unique)
				continue;
			if (!index_has_column(index, column))
				return "A unique key does not hold all columns that the table "
					   "is partitioned by.";
			if (index->local_case_name != NULL &&
				mm_ddl_is_case_insensitive(column))
				return "A unique key over its text would mind the case; with "
					   "the option case_insensitive = collation it stays "
					   "partitioned.";
		}
	}
	return NULL;
}

/* RANGE and LIST over columns whose order or equality is another here. */
static const char *
value_obstacle(const DdlPartitions *partitions)
{
	ListCell *lc;

	if (partitions->method == PARTITION_LIST &&
		list_length(partitions->keys) > 1)
		return "A list of several columns cannot be a partition key.";
	foreach(lc, partitions->keys)
	{
		RemoteColumn *column = ((KeyPart *) lfirst(lc))->column;
		LocalKind kind = column == NULL ? KIND_INTEGER : mm_ddl_kind(column);

		if (kind == KIND_TEXT && !mm_ddl_is_binary_text(column) &&
			partitions->method == PARTITION_RANGE)
			return "Text is in another order here.";
		if (kind == KIND_BOOLEAN && partitions->method == PARTITION_RANGE)
			return "A boolean has no ranges.";
		if (kind == KIND_ENUM || kind == KIND_TEXT_ARRAY ||
			kind == KIND_JSON || kind == KIND_JSONB || kind == KIND_POINT ||
			kind == KIND_GEOMETRY || kind == KIND_OTHER)
			return "The type of its key has no such partitions.";
	}
	return NULL;
}

/*
 * Every statement about the table locks all partitions and their indexes, and
 * the lock table has a size.
 */
static bool
needs_too_many_locks(const RemoteTable *table)
{
	int64 locks = (int64) max_locks_per_xact *
				  (MaxBackends + max_prepared_xacts);
	int64 each = list_length(table->indexes) + 2;

	return list_length(table->partitions) * each * SHARING_PROCESSES > locks;
}

/* ---- the plan ---- */

/* Fills the plan; gives what stands against it, or NULL. */
static const char *
fill_plan(DdlBuild *build, RemoteTable *table, DdlPartitions *partitions)
{
	RemotePartition *first = linitial(table->partitions);
	PartitionMethod submethod;
	const char *why = NULL;

	if (build->options->flatten_partitions)
		return "The option partitions says so.";
	if (!find_method(first->method, &partitions->method))
		return psprintf("PostgreSQL has no partitions by %s.", first->method);
	if (needs_too_many_locks(table))
		return "Its partitions and their indexes are too many for the lock "
			   "table; raise max_locks_per_transaction to keep them.";
	partitions->keys = mm_ddl_partition_keys(build, table, partitions->method,
											 first->expression, &why);
	if (partitions->keys != NIL && first->submethod != NULL)
	{
		if (!find_method(first->submethod, &submethod) ||
			submethod != PARTITION_HASH)
			return "Its subpartitions are of an unknown kind.";
		partitions->subkeys = mm_ddl_partition_keys(build, table, submethod,
													first->subexpression,
													&why);
	}
	if (why == NULL)
		why = key_obstacle(build, table, partitions->keys);
	if (why == NULL)
		why = key_obstacle(build, table, partitions->subkeys);
	if (why == NULL && partitions->method != PARTITION_HASH)
		why = value_obstacle(partitions);
	if (why != NULL)
		return why;
	return mm_ddl_partition_values(build, partitions, table);
}

static void
note_kept(DdlBuild *build, RemoteTable *table,
		  const DdlPartitions *partitions)
{
	StringInfoData why;
	ListCell *lc;

	initStringInfo(&why);
	appendStringInfo(&why, "They are tables of their own here, %s and so on.",
					 ((LocalPartition *) linitial(partitions->list))->name);
	if (partitions->method == PARTITION_HASH || partitions->subkeys != NIL)
		appendStringInfoString(&why, " Another hash function spreads the rows.");
	foreach(lc, partitions->remarks)
		appendStringInfo(&why, " %s", (char *) lfirst(lc));
	mm_ddl_note(build->notes, NOTE_NOTE, table, table->name,
				"partitions have other names", why.data,
				"Use these names where partitions are named.",
				original_text(table));
}

DdlPartitions *
mm_ddl_plan_partitions(DdlBuild *build, RemoteTable *table)
{
	DdlPartitions *partitions;
	const char *why;

	table->is_partitioned_here = false;
	if (table->partitions == NIL || table->exists_here)
		return NULL;
	partitions = palloc0(sizeof(DdlPartitions));
	why = fill_plan(build, table, partitions);
	if (why == NULL && partitions->list == NIL)
		why = "It would have no partition.";
	if (why != NULL)
	{
		mm_ddl_note(build->notes, NOTE_NOTE, table, table->name,
					"partitioned table becomes a plain table", why,
					"Partition it by hand before it grows large, if it needs "
					"to be.",
					original_text(table));
		return NULL;
	}
	table->is_partitioned_here = true;
	note_kept(build, table, partitions);
	return partitions;
}

/* ---- the statements ---- */

/* "RANGE (at, id)" */
static char *
key_clause(PartitionMethod method, List *keys)
{
	static const char *const names[] = {
		[PARTITION_RANGE] = "RANGE",
		[PARTITION_LIST] = "LIST",
		[PARTITION_HASH] = "HASH",
	};
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, "%s (", names[method]);
	foreach(lc, keys)
		appendStringInfo(&text, "%s%s", lc == list_head(keys) ? "" : ", ",
						 ((KeyPart *) lfirst(lc))->sql);
	appendStringInfoChar(&text, ')');
	return text.data;
}

char *
mm_ddl_partition_clause(const DdlPartitions *partitions)
{
	return partitions == NULL ?
			   pstrdup("") :
			   psprintf(" PARTITION BY %s",
						key_clause(partitions->method, partitions->keys));
}

/* Comment and owner of a partition, which has both for itself. */
static void
describe_partition(DdlBuild *build, RemoteTable *table, const char *name,
				   const char *comment)
{
	char *quoted = mm_quote_local_name(table->local_schema, name);

	if (comment != NULL && *comment != '\0')
		mm_ddl_emit(build, DDL_COMMENT, table, name,
					psprintf("COMMENT ON TABLE %s IS %s", quoted,
							 mm_quote_local_literal(comment)))
			->of_partition = true;
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_COMMENT, table, name,
					psprintf("ALTER TABLE %s OWNER TO %s", quoted,
							 mm_quote_local_name(NULL,
												 build->options->owner)))
			->of_partition = true;
}

/* The subpartitions of one partition. */
static void
make_subpartitions(DdlBuild *build, RemoteTable *table,
				   const LocalPartition *parent)
{
	List *members = NIL;
	int remainder = 0;
	ListCell *lc;

	foreach(lc, table->partitions)
	{
		if (strcmp(((RemotePartition *) lfirst(lc))->name,
				   parent->remote->name) == 0)
			members = lappend(members, lfirst(lc));
	}
	foreach(lc, members)
	{
		RemotePartition *member = lfirst(lc);

		mm_ddl_emit(build, DDL_TABLE, table, member->local_subname,
					psprintf("CREATE TABLE %s PARTITION OF %s %s",
							 mm_quote_local_name(table->local_schema,
												 member->local_subname),
							 mm_quote_local_name(table->local_schema,
												 parent->name),
							 mm_ddl_hash_values(list_length(members), remainder++)))
			->of_partition = true;
		describe_partition(build, table, member->local_subname,
						   member->comment);
	}
}

void
mm_ddl_partitions(DdlBuild *build, RemoteTable *table,
				  const DdlPartitions *partitions)
{
	ListCell *lc;

	if (partitions == NULL)
		return;
	foreach(lc, partitions->list)
	{
		LocalPartition *partition = lfirst(lc);
		bool has_parts = partitions->subkeys != NIL &&
						 partition->remote != NULL;

		mm_ddl_emit(build, DDL_TABLE, table, partition->name,
					psprintf("CREATE TABLE %s PARTITION OF %s %s%s%s%s",
							 mm_quote_local_name(table->local_schema,
												 partition->name),
							 mm_ddl_load_name(table),
							 partition->check == NULL ? "" :
														psprintf("(CHECK (%s)) ", partition->check),
							 partition->values,
							 has_parts ? " PARTITION BY " : "",
							 has_parts ? key_clause(PARTITION_HASH, partitions->subkeys) : ""))
			->of_partition = true;
		describe_partition(build, table, partition->name,
						   partition->remote == NULL || has_parts ?
							   NULL :
							   partition->remote->comment);
		if (has_parts)
			make_subpartitions(build, table, partition);
	}
}
