/*
 * src/migrate/sync_cascade.c
 *		Rows of other tables that a delete takes along.
 *
 * A foreign key that only this side has may delete or change rows that MySQL
 * still holds, after their table was found equal.  The statistics of the
 * transaction tell how many: that table then counts as one that differs.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/local_sql.h"
#include "executor/spi.h"
#include "job/store.h"
#include "migrate/sync_internal.h"
#include "utils/memutils.h"

typedef struct Cascade
{
	Oid relation; /* the partitioned one, of a partition */
	int64 rows;
} Cascade;

static const char cascade_query[] =
	"SELECT root, sum(pg_catalog.pg_stat_get_xact_tuples_deleted(conrelid)"
	"              + pg_catalog.pg_stat_get_xact_tuples_updated(conrelid))::pg_catalog.int8"
	"  FROM (SELECT DISTINCT conrelid,"
	"               coalesce(pg_catalog.pg_partition_root(conrelid), conrelid)::pg_catalog.oid AS root"
	"          FROM pg_catalog.pg_constraint"
	"         WHERE contype = 'f' AND confrelid = %u"
	"           AND confdeltype IN ('c', 'n', 'd')) AS child"
	" WHERE root <> %u GROUP BY root";

static List *
read_cascades(const Applier *applier)
{
	Oid relation = applier->map->relation;
	List *cascades = NIL;
	ListCell *cell;

	foreach(cell, mm_local_rows(psprintf(cascade_query, relation, relation),
								0, NULL, NULL))
	{
		char **row = lfirst(cell);
		Cascade *cascade = palloc(sizeof(Cascade));

		cascade->relation = atooid(row[0]);
		cascade->rows = strtoll(row[1], NULL, 10);
		cascades = lappend(cascades, cascade);
	}
	return cascades;
}

void
mm_cascade_begin(Applier *applier)
{
	MemoryContext old = MemoryContextSwitchTo(applier->batch_context);

	applier->cascades = read_cascades(applier);
	MemoryContextSwitchTo(old);
}

/* The other table is not equal, whatever was found when it was compared. */
static void
add_unequal(const Applier *applier, Oid relation, int64 rows)
{
	const char *args[] = {psprintf(INT64_FORMAT, applier->task->job_id),
						  psprintf("%u", relation),
						  psprintf(INT64_FORMAT, rows)};

	mm_store_execute_alone("UPDATE mysql_migrate.task"
						   "   SET remark = (coalesce(remark, '{}')::jsonb"
						   "       || jsonb_build_object('unequal',"
						   "          coalesce((remark::jsonb->>'unequal')::bigint, 0)"
						   "          + $3::bigint))::text"
						   " WHERE job = $1::bigint AND id ="
						   "       (SELECT min(t.id) FROM mysql_migrate.task AS t"
						   "          JOIN mysql_migrate.table_map AS m"
						   "            ON m.id = t.subject"
						   "         WHERE t.job = $1::bigint"
						   "           AND t.kind = 'sync'"
						   "           AND m.relation = $2::oid)",
						   lengthof(args), args);
}

void
mm_cascade_end(Applier *applier)
{
	ListCell *cell;

	if (applier->cascades == NIL)
		return;
	foreach(cell, read_cascades(applier))
	{
		const Cascade *now = lfirst(cell);
		ListCell *other;

		foreach(other, applier->cascades)
		{
			const Cascade *before = lfirst(other);

			if (before->relation == now->relation && now->rows > before->rows)
				add_unequal(applier, now->relation, now->rows - before->rows);
		}
	}
	applier->cascades = NIL;
}
