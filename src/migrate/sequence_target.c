/*
 * src/migrate/sequence_target.c
 *		The tables whose next values are to be set, by the name that was given.
 *
 * A migrated table goes by its name here or at the source, or by the server it
 * came from; any other one by its own name, and many of them by a pattern.
 */
#include "postgres.h"

#include "base/local_sql.h"
#include "base/search_path.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "migrate/arguments.h"
#include "migrate/sequence_target.h"
#include "migrate/spec.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

static const char tables_of_schema_query[] =
	"SELECT c.oid, c.relname::text FROM pg_catalog.pg_class AS c"
	"  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')"
	"   AND NOT c.relispartition"
	" ORDER BY c.relname";

static SequenceTarget *
make_target(Oid relation, const TableMap *map)
{
	SequenceTarget *target = palloc(sizeof(SequenceTarget));

	target->relation = relation;
	target->map = map;
	return target;
}

static const TableMap *
map_of(List *maps, Oid relation)
{
	ListCell *cell;

	foreach(cell, maps)
	{
		TableMap *map = lfirst(cell);

		if (map->relation == relation)
			return map;
	}
	return NULL;
}

/* Tables of a schema that match "*", "tmp_*", ... */
static List *
matching_targets(const char *schema, char *pattern, List *maps)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {CStringGetTextDatum(schema)};
	List *patterns = list_make1(pattern);
	List *targets = NIL;
	ListCell *cell;
	int path = mm_search_path_pin();

	(void) get_namespace_oid(schema, false);
	foreach(cell, mm_local_rows(tables_of_schema_query, lengthof(types), types,
								values))
	{
		char **row = lfirst(cell);
		Oid relation = atooid(row[0]);

		if (mm_spec_matches(patterns, row[1]))
			targets = lappend(targets,
							  make_target(relation, map_of(maps, relation)));
	}
	mm_search_path_unpin(path);
	return targets;
}

static List *
local_targets(const char *name, List *maps)
{
	List *parts = textToQualifiedNameList(cstring_to_text(name));
	char *table = strVal(llast(parts));
	List *targets;

	if (list_length(parts) > 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("improper qualified name: \"%s\"", name),
				 errhint("Give a table, schema.table, or schema.* for all tables of a schema.")));
	if (strchr(table, '*') == NULL)
	{
		Oid relation = RangeVarGetRelid(makeRangeVarFromNameList(parts),
										NoLock, true);
		char kind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';

		targets = kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ?
					  list_make1(make_target(relation, map_of(maps, relation))) :
					  NIL;
	}
	else
		targets = matching_targets(list_length(parts) == 2 ?
									   strVal(linitial(parts)) :
									   mm_arguments_schema(),
								   table, maps);
	if (targets == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no table \"%s\"", name),
				 errhint("Give the name of a migrated table, schema.table, or schema.* for all tables of a schema.")));
	return targets;
}

List *
mm_sequence_targets(const char *server, const char *table)
{
	List *maps = table == NULL ? mm_book_need_tables(server, GetUserId(), NULL) :
								 mm_book_find_tables(server, GetUserId(), NULL);
	List *named = table == NULL ? maps :
								  mm_book_find_tables(server, GetUserId(), table);
	List *targets = NIL;
	ListCell *cell;

	if (named == NIL && table != NULL)
		return local_targets(table, maps);
	foreach(cell, named)
	{
		TableMap *map = lfirst(cell);

		targets = lappend(targets, make_target(map->relation, map));
	}
	return targets;
}
