/*
 * src/load/writer.c
 *		Which writer a table gets.
 *
 * The heap writer goes below triggers, rules and row security, so it is chosen
 * only where there are none; everything else takes the ordinary INSERT.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "base/compat.h"
#include "catalog/pg_class.h"
#include "load/writer_internal.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* INSERT on the table, or on each column that is filled. */
static void
check_privileges(Relation relation, int nattnums, const AttrNumber *attnums)
{
	Oid relid = RelationGetRelid(relation);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) == ACLCHECK_OK)
		return;
	for (int i = 0; i < nattnums; i++)
	{
		if (pg_attribute_aclcheck(relid, attnums[i], GetUserId(), ACL_INSERT) !=
			ACLCHECK_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for table \"%s\"",
							RelationGetRelationName(relation)),
					 errhint("GRANT INSERT ON %s TO %s;",
							 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
														RelationGetRelationName(relation)),
							 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

/* Foreign keys of the table are triggers on INSERT, too. */
static bool
has_insert_triggers(Relation relation)
{
	TriggerDesc *triggers = relation->trigdesc;

	return triggers != NULL &&
		   (triggers->trig_insert_before_row ||
			triggers->trig_insert_after_row ||
			triggers->trig_insert_instead_row ||
			triggers->trig_insert_before_statement ||
			triggers->trig_insert_after_statement ||
			triggers->trig_insert_new_table);
}

static bool
is_plain_table(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION &&
		   !relation->rd_rel->relispartition &&
		   relation->rd_rules == NULL &&
		   !has_insert_triggers(relation) &&
		   check_enable_rls(RelationGetRelid(relation), InvalidOid, true) !=
			   RLS_ENABLED;
}

Writer *
mm_writer_open(Relation relation, int nattnums, const AttrNumber *attnums,
			   bool shared)
{
	check_privileges(relation, nattnums, attnums);
	if (is_plain_table(relation))
		return mm_heap_writer_open(relation, nattnums, attnums, shared);
	return mm_executor_writer_open(relation, nattnums, attnums);
}
