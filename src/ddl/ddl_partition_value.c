/*
 * src/ddl/ddl_partition_value.c
 *		Which rows each partition of a partitioned table holds.
 *
 * NULL is below everything in MySQL and goes to the lowest partition of a
 * range; here it has no place but the default partition, which gets a CHECK
 * that lets nothing else in.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_partition.h"
#include "ddl/expr_print.h"

/* The values of a description: one node each. */
static List *
parse_values(const char *description)
{
	const char *error;
	ExprNode *node;

	if (description == NULL)
		return NIL;
	node = mm_expr_parse(psprintf("(%s)", description), &error);
	if (node == NULL)
		return NIL;
	return node->kind == EXPR_ROW ? node->args : list_make1(node);
}


static LocalPartition *
add_partition(DdlPartitions *partitions, RemotePartition *remote,
			  const char *name, const char *values)
{
	LocalPartition *partition = palloc0(sizeof(LocalPartition));

	partition->remote = remote;
	partition->name = name;
	partition->values = values;
	partitions->list = lappend(partitions->list, partition);
	return partition;
}

static void
add_remark(DdlPartitions *partitions, const char *remark)
{
	partitions->remarks = lappend(partitions->remarks, (char *) remark);
}

/* "a IS NULL OR b IS NULL" over what may be NULL; NULL: nothing may. */
static char *
null_condition(const DdlPartitions *partitions)
{
	StringInfoData condition;
	ListCell *lc;

	initStringInfo(&condition);
	foreach(lc, partitions->keys)
	{
		KeyPart *key = lfirst(lc);

		if (key->column != NULL && mm_ddl_is_not_null(key->column))
			continue;
		appendStringInfo(&condition, "%s%s IS NULL",
						 condition.len > 0 ? " OR " : "", key->sql);
	}
	return condition.len > 0 ? condition.data : NULL;
}

/*
 * The upper bound of a range, one element per key; NULL: not to be said.  The
 * kind of the first element tells whether anything is below it.
 */
static char *
upper_bound(DdlBuild *build, DdlPartitions *partitions,
			const RemotePartition *remote, BoundKind *kind)
{
	List *values = parse_values(remote->description);
	StringInfoData text;
	bool is_maximum = false;
	ListCell *lk;
	ListCell *lv;

	if (list_length(values) != list_length(partitions->keys))
		return NULL;
	initStringInfo(&text);
	forboth(lk, partitions->keys, lv, values)
	{
		KeyBound bound = mm_ddl_partition_bound(build, lfirst(lk),
												lfirst(lv));

		if (bound.kind == BOUND_UNKNOWN)
			return NULL;
		/* below a zero date there is nothing */
		if (bound.kind == BOUND_NULL)
			bound.kind = BOUND_MINIMUM;
		if (text.len == 0)
			*kind = bound.kind;
		is_maximum |= bound.kind == BOUND_MAXIMUM;
		/* after a MAXVALUE nothing is compared */
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 is_maximum					 ? "MAXVALUE" :
						 bound.kind == BOUND_MINIMUM ? "MINVALUE" :
													   bound.sql);
	}
	return text.data;
}

/* The default partition for NULL, unless one of MySQL's is just that. */
static void
add_null_partition(DdlPartitions *partitions, RemoteTable *table,
				   RemotePartition *lowest)
{
	char *condition = null_condition(partitions);
	LocalPartition *partition;

	if (condition == NULL)
	{
		if (lowest != NULL)
			add_remark(partitions,
					   psprintf("Partition %s is left out: no row can be in "
								"it.",
								lowest->name));
		return;
	}
	partition = add_partition(partitions, lowest,
							  lowest != NULL ? lowest->local_name :
											   table->local_default_partition,
							  "DEFAULT");
	partition->check = condition;
	if (lowest == NULL)
		add_remark(partitions,
				   psprintf("Rows with NULL in the key are in partition %s, "
							"and not in the lowest one.",
							partition->name));
}

/* "MINVALUE, MINVALUE" */
static char *
lowest_bound(const DdlPartitions *partitions)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < list_length(partitions->keys); i++)
		appendStringInfo(&text, "%sMINVALUE", i > 0 ? ", " : "");
	return text.data;
}

static const char *
add_ranges(DdlBuild *build, DdlPartitions *partitions, RemoteTable *table,
		   List *remotes)
{
	char *lower = lowest_bound(partitions);
	RemotePartition *lowest = NULL;
	bool is_full = false;
	ListCell *lc;

	foreach(lc, remotes)
	{
		RemotePartition *remote = lfirst(lc);
		BoundKind kind = BOUND_UNKNOWN;
		char *upper = upper_bound(build, partitions, remote, &kind);

		if (upper == NULL)
			return "A bound of its partitions cannot be said here.";
		if (kind == BOUND_MINIMUM && lc == list_head(remotes))
			lowest = remote;
		else if (kind == BOUND_MINIMUM || is_full ||
				 strcmp(lower, upper) == 0)
			add_remark(partitions,
					   psprintf("Partition %s is left out: no row can be in "
								"it.",
								remote->name));
		else
		{
			add_partition(partitions, remote, remote->local_name,
						  psprintf("FOR VALUES FROM (%s) TO (%s)", lower,
								   upper));
			lower = upper;
			is_full = kind == BOUND_MAXIMUM;
		}
	}
	add_null_partition(partitions, table, lowest);
	return NULL;
}

/* The values of one list; NULL: not to be said. */
static char *
list_values(DdlBuild *build, DdlPartitions *partitions,
			const RemotePartition *remote)
{
	KeyPart *key = linitial(partitions->keys);
	List *done = NIL;
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, parse_values(remote->description))
	{
		KeyBound bound = mm_ddl_partition_bound(build, key, lfirst(lc));

		if (bound.kind == BOUND_UNKNOWN)
			return NULL;
		/* a value that the type cannot hold is in no row */
		if (bound.kind == BOUND_MINIMUM || bound.kind == BOUND_MAXIMUM)
			continue;
		if (bound.kind == BOUND_NULL)
			bound.sql = "NULL";
		if (mm_expr_is_listed(done, bound.sql))
			continue;
		done = lappend(done, (char *) bound.sql);
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", bound.sql);
	}
	return text.data;
}

/* Would a value in another case miss its list? */
static bool
depends_on_spelling(const DdlBuild *build, const DdlPartitions *partitions)
{
	KeyPart *key = linitial(partitions->keys);

	return key->column != NULL &&
		   mm_ddl_is_case_insensitive(key->column) &&
		   !mm_ddl_has_case_collation(build->options, key->column) &&
		   build->options->case_insensitive != CASE_CITEXT;
}

static const char *
add_lists(DdlBuild *build, DdlPartitions *partitions, RemoteTable *table,
		  List *remotes)
{
	bool has_default = false;
	ListCell *lc;

	foreach(lc, remotes)
	{
		RemotePartition *remote = lfirst(lc);
		const char *description = remote->description != NULL ? remote->description : "";
		char *values;

		/* MariaDB's DEFAULT, which its catalog calls MAXVALUE */
		if (pg_strcasecmp(description, "DEFAULT") == 0 ||
			pg_strcasecmp(description, "MAXVALUE") == 0)
		{
			has_default = true;
			add_partition(partitions, remote, remote->local_name, "DEFAULT");
			continue;
		}
		values = list_values(build, partitions, remote);
		if (values == NULL)
			return "A value of its partitions cannot be said here.";
		if (*values == '\0')
			add_remark(partitions,
					   psprintf("Partition %s is left out: no row can be in "
								"it.",
								remote->name));
		else
			add_partition(partitions, remote, remote->local_name,
						  psprintf("FOR VALUES IN (%s)", values));
	}
	if (has_default || !depends_on_spelling(build, partitions))
		return NULL;
	add_partition(partitions, NULL, table->local_default_partition, "DEFAULT");
	add_remark(partitions,
			   psprintf("Partition %s takes what is spelled in another case "
						"than the listed values.",
						table->local_default_partition));
	return NULL;
}

char *
mm_ddl_hash_values(int modulus, int remainder)
{
	return psprintf("FOR VALUES WITH (MODULUS %d, REMAINDER %d)", modulus,
					remainder);
}

static void
add_hashes(DdlPartitions *partitions, List *remotes)
{
	int remainder = 0;
	ListCell *lc;

	foreach(lc, remotes)
	{
		RemotePartition *remote = lfirst(lc);

		add_partition(partitions, remote, remote->local_name,
					  mm_ddl_hash_values(list_length(remotes), remainder++));
	}
}

/* One row of each partition, without its subpartitions. */
static List *
distinct_partitions(const RemoteTable *table)
{
	List *distinct = NIL;
	ListCell *lc;

	foreach(lc, table->partitions)
	{
		RemotePartition *partition = lfirst(lc);
		RemotePartition *last = distinct == NIL ? NULL : llast(distinct);

		if (last == NULL || strcmp(last->name, partition->name) != 0)
			distinct = lappend(distinct, partition);
	}
	return distinct;
}

const char *
mm_ddl_partition_values(DdlBuild *build, DdlPartitions *partitions,
						RemoteTable *table)
{
	List *remotes = distinct_partitions(table);

	switch (partitions->method)
	{
		case PARTITION_RANGE:
			return add_ranges(build, partitions, table, remotes);
		case PARTITION_LIST:
			return add_lists(build, partitions, table, remotes);
		case PARTITION_HASH:
			add_hashes(partitions, remotes);
			break;
	}
	return NULL;
}
