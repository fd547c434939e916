/*
 * src/migrate/follow.c
 *		The book follows what happens around it: servers that are renamed, and
 *		dumps that are restored.
 *
 * The book knows a server by its name, as its users do.  A mark "switched"
 * that stayed behind under the old name would let a forgotten job overwrite
 * what the application writes, so an event trigger takes all rows along in the
 * transaction that renames the server.
 *
 * A row of table_map knows its table by number, so that the table may be
 * renamed.  In a restored database the number is another table's, or nobody's:
 * a trigger binds the row to the table of its name.
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "job/store.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* ---------------------------------------------------------------- servers */

/*
 * Rows under the new name belong to a server that was dropped.  A decision of
 * its makes way for ours, a mark of its stays: it is the safer one.
 */
static const char *const rename_statements[] = {
	"UPDATE mysql_migrate.job SET server = $2,"
	"       arguments = CASE WHEN arguments ? 'server'"
	"           THEN pg_catalog.jsonb_set(arguments, '{server}', pg_catalog.to_jsonb($2))"
	"           ELSE arguments END"
	" WHERE server = $1",
	"UPDATE mysql_migrate.table_map SET server = $2 WHERE server = $1",
	"UPDATE mysql_migrate.difference SET server = $2 WHERE server = $1",
	"UPDATE mysql_migrate.rule SET server = $2 WHERE server = $1",
	"DELETE FROM mysql_migrate.decision AS d USING mysql_migrate.decision AS n"
	" WHERE d.server = $2 AND n.server = $1 AND n.owner = d.owner"
	"   AND n.remote_schema = d.remote_schema"
	"   AND n.remote_table = d.remote_table"
	"   AND n.remote_column = d.remote_column AND n.question = d.question",
	"UPDATE mysql_migrate.decision SET server = $2 WHERE server = $1",
	"UPDATE mysql_migrate.switched SET server = $2 WHERE server = $1"
	"   AND NOT EXISTS (SELECT FROM mysql_migrate.switched WHERE server = $2)",
};

PG_FUNCTION_INFO_V1(mysql_migrate_server_renamed);

/*
 * mysql_migrate.server_renamed()
 *		Event trigger at the end of ALTER SERVER.
 */
Datum
mysql_migrate_server_renamed(PG_FUNCTION_ARGS)
{
	RenameStmt *statement;
	StoreScope scope;
	const char *args[2];

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "server_renamed was not called as an event trigger");
	statement = (RenameStmt *) ((EventTriggerData *) fcinfo->context)->parsetree;
	if (!IsA(statement, RenameStmt) ||
		statement->renameType != OBJECT_FOREIGN_SERVER)
		PG_RETURN_NULL();
	args[0] = strVal(statement->object);
	args[1] = statement->newname;
	mm_store_enter(&scope);
	/* A rule is the same as before: nobody checks it again. */
	(void) set_config_option("session_replication_role", "replica", PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (int i = 0; i < lengthof(rename_statements); i++)
		(void) mm_store_execute(rename_statements[i], lengthof(args), args);
	mm_store_leave(&scope);
	PG_RETURN_NULL();
}

/* ---------------------------------------------------------------- restored tables */

static char *
text_of(const TriggerData *trigger, const char *column)
{
	TupleDesc desc = trigger->tg_relation->rd_att;

	return SPI_getvalue(trigger->tg_trigtuple, desc,
						SPI_fnumber(desc, column));
}

static bool
is_named(Oid relation, Oid schema, const char *name)
{
	char *known = get_rel_name(relation);

	return known != NULL && get_rel_namespace(relation) == schema &&
		   strcmp(known, name) == 0;
}

/* What holds rows, not an index or a sequence that has the name. */
static Oid
find_table(Oid schema, const char *name)
{
	Oid relation = OidIsValid(schema) ? get_relname_relid(name, schema) :
										InvalidOid;
	char kind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';

	return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
				   kind == RELKIND_FOREIGN_TABLE ?
			   relation :
			   InvalidOid;
}

PG_FUNCTION_INFO_V1(mysql_migrate_bind_table);

/*
 * mysql_migrate.bind_table()
 *		Trigger before a row of table_map is inserted.
 *
 * A job inserts rows in state "loading", whose numbers it knows; any other
 * row comes from a dump.
 */
Datum
mysql_migrate_bind_table(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	int column;
	Oid schema;
	char *state;
	char *table;
	Oid relation;
	Datum value;
	bool isnull;

	mm_store_check_trigger(fcinfo, "table_map");
	state = text_of(trigger, "state");
	table = text_of(trigger, "local_table");
	/* NOT NULL speaks for itself. */
	if (state == NULL || table == NULL ||
		text_of(trigger, "local_schema") == NULL ||
		strcmp(state, "loading") == 0)
		return PointerGetDatum(trigger->tg_trigtuple);
	column = SPI_fnumber(trigger->tg_relation->rd_att, "relation");
	relation = DatumGetObjectId(SPI_getbinval(trigger->tg_trigtuple,
											  trigger->tg_relation->rd_att,
											  column, &isnull));
	schema = get_namespace_oid(text_of(trigger, "local_schema"), true);
	if (!isnull && is_named(relation, schema, table))
		return PointerGetDatum(trigger->tg_trigtuple);
	relation = strcmp(state, "published") == 0 ? find_table(schema, table) :
												 InvalidOid;
	value = ObjectIdGetDatum(relation);
	isnull = !OidIsValid(relation);
	return PointerGetDatum(heap_modify_tuple_by_cols(trigger->tg_trigtuple,
													 trigger->tg_relation->rd_att,
													 1, &column, &value,
													 &isnull));
}
