/*
 * src/migrate/sync_order.c
 *		Which table comes after which, by the foreign keys of this side.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/local_sql.h"
#include "executor/spi.h"
#include "migrate/sync_internal.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* "5, 17": the relations of the walk. */
static char *
relation_list(const Walk *walk)
{
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	foreach(cell, walk->tables)
		appendStringInfo(&out, "%s%u", out.len > 0 ? ", " : "",
						 ((WalkTable *) lfirst(cell))->map->relation);
	return out.data;
}

static WalkTable *
table_of(const Walk *walk, Oid relation)
{
	ListCell *cell;

	foreach(cell, walk->tables)
	{
		WalkTable *table = lfirst(cell);

		if (table->map->relation == relation)
			return table;
	}
	return NULL;
}

typedef struct Reference
{
	WalkTable *from;
	WalkTable *to;
} Reference;

static List *
read_references(const Walk *walk)
{
	char *relations = relation_list(walk);
	List *references = NIL;
	ListCell *cell;

	foreach(cell, mm_local_rows(psprintf("SELECT conrelid, confrelid FROM pg_catalog.pg_constraint"
										 " WHERE contype = 'f' AND conparentid = 0"
										 "   AND conrelid IN (%s) AND confrelid IN (%s)",
										 relations, relations),
								0, NULL, NULL))
	{
		char **row = lfirst(cell);
		Reference *reference = palloc(sizeof(Reference));

		reference->from = table_of(walk, atooid(row[0]));
		reference->to = table_of(walk, atooid(row[1]));
		references = lappend(references, reference);
	}
	return references;
}

/* Can `goal` be reached from `table`? */
static bool
leads_to(List *references, const WalkTable *table, const WalkTable *goal,
		 List **visited)
{
	ListCell *cell;

	check_stack_depth();
	foreach(cell, references)
	{
		const Reference *reference = lfirst(cell);

		if (reference->from != table)
			continue;
		if (reference->to == goal)
			return true;
		if (list_member_ptr(*visited, reference->to))
			continue;
		*visited = lappend(*visited, reference->to);
		if (leads_to(references, reference->to, goal, visited))
			return true;
	}
	return false;
}

static void
find_circles(List *references)
{
	ListCell *cell;

	foreach(cell, references)
	{
		WalkTable *table = ((Reference *) lfirst(cell))->from;
		List *visited = NIL;

		CHECK_FOR_INTERRUPTS();
		if (!table->in_circle)
			table->in_circle = leads_to(references, table, table, &visited);
	}
}

/*
 * A table comes after those that it refers to.  In a circle the first round
 * that changes nothing any more is not reached: as many rounds as there are
 * tables are enough for everything else.
 */
int
mm_sync_rank_tables(Walk *walk)
{
	List *references;
	int last = 0;
	bool changed = true;

	if (walk->tables == NIL)
		return 0;
	references = read_references(walk);
	find_circles(references);
	for (int round = 0; changed && round < list_length(walk->tables); round++)
	{
		ListCell *cell;

		changed = false;
		foreach(cell, references)
		{
			Reference *reference = lfirst(cell);

			if (reference->from == reference->to ||
				reference->from->rank > reference->to->rank)
				continue;
			reference->from->rank = reference->to->rank + 1;
			last = Max(last, reference->from->rank);
			changed = true;
		}
	}
	return last;
}
