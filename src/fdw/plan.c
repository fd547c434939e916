/*
 * src/fdw/plan.c
 *		Paths and costs of foreign scans.
 *
 * Every condition is evaluated here, and only the columns that are needed are
 * read there.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "base/compat.h"
#include "fdw/deparse.h"
#include "fdw/estimate.h"
#include "fdw/plan.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "source/options.h"
#include "utils/rel.h"

/* As in postgres_fdw: a connection costs something, and so does a row. */
#define DEFAULT_STARTUP_COST 100.0
#define DEFAULT_TUPLE_COST	 0.01

/* Rows of a relation about which nothing is known. */
#define DEFAULT_ROWS 1000.0

/* RelOptInfo.fdw_private */
typedef struct ScanPlan
{
	RemoteRelation *remote;
	char *sql;
	List *attnums;
} ScanPlan;

/*
 * check_user
 *		Who reads the table: the owner of the view, where it is in one.
 */
static Oid
check_user(PlannerInfo *root, RelOptInfo *rel)
{
#if PG_VERSION_NUM >= 160000
	Oid user_id = rel->userid;
#else
	Oid user_id = planner_rt_fetch(rel->relid, root)->checkAsUser;
#endif

	return OidIsValid(user_id) ? user_id : GetUserId();
}

/*
 * build_sql
 *		The remote statement: it depends on nothing but the columns used.
 */
static void
build_sql(RelOptInfo *rel, Oid foreign_table, ScanPlan *plan)
{
	Relation relation = table_open(foreign_table, NoLock);
	Bitmapset *used = NULL;
	StringInfoData sql;
	ListCell *lc;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &used);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause,
					   rel->relid, &used);

	initStringInfo(&sql);
	mm_deparse_select(&sql, plan->remote, relation, used, &plan->attnums);
	plan->sql = sql.data;
	table_close(relation, NoLock);
}

/*
 * base_rows
 *		Rows of the whole relation: what ANALYZE found, or what MySQL thinks.
 */
static double
base_rows(PlannerInfo *root, RelOptInfo *rel, const ScanPlan *plan)
{
	List *table_options = plan->remote->table->options;
	List *server_options = plan->remote->server->options;
	bool ask = mm_option_bool(table_options, "use_remote_estimate",
							  mm_option_bool(server_options,
											 "use_remote_estimate",
											 false));
	RemoteSize size;
	double rows;

	if (ask)
	{
		rows = mm_estimate_query(plan->remote, check_user(root, rel),
								 plan->sql);
		if (rows >= 0)
			return rows;
	}
	if (rel->tuples > 0)
		return rel->tuples;
	if (mm_estimate_size(plan->remote, check_user(root, rel), &size))
		return size.rows;
	return DEFAULT_ROWS;
}

void
mm_plan_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid foreign_table)
{
	ScanPlan *plan = palloc0(sizeof(ScanPlan));

	plan->remote = mm_deparse_relation(foreign_table);
	build_sql(rel, foreign_table, plan);
	rel->fdw_private = plan;

	rel->tuples = clamp_row_est(base_rows(root, rel, plan));
	set_baserel_size_estimates(root, rel);
}

void
mm_plan_paths(PlannerInfo *root, RelOptInfo *rel, Oid foreign_table)
{
	ScanPlan *plan = rel->fdw_private;
	List *options = plan->remote->server->options;
	Cost startup = mm_option_number(options, "fdw_startup_cost",
									DEFAULT_STARTUP_COST);
	Cost per_tuple = cpu_tuple_cost +
					 mm_option_number(options, "fdw_tuple_cost", DEFAULT_TUPLE_COST);
	Cost total;

	startup += rel->baserestrictcost.startup + rel->reltarget->cost.startup;
	per_tuple += rel->baserestrictcost.per_tuple;
	total = startup + per_tuple * rel->tuples +
			rel->reltarget->cost.per_tuple * rel->rows;
	add_path(rel, (Path *) mm_foreignscan_path(root, rel, rel->rows, startup,
											   total, rel->lateral_relids));
}

ForeignScan *
mm_plan_scan(PlannerInfo *root, RelOptInfo *rel, Oid foreign_table,
			 ForeignPath *path, List *targets, List *clauses, Plan *outer_plan)
{
	ScanPlan *plan = rel->fdw_private;

	return make_foreignscan(targets, extract_actual_clauses(clauses, false),
							rel->relid, NIL,
							list_make2(makeString(plan->sql), plan->attnums),
							NIL, NIL, outer_plan);
}
