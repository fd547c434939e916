/*
 * src/fdw/plan.h
 *		Planner callbacks of foreign scans, and what they leave for the
 *		executor.
 */
#ifndef MM_FDW_PLAN_H
#define MM_FDW_PLAN_H

#include "foreign/fdwapi.h"

/* Members of ForeignScan.fdw_private. */
enum
{
	PLAN_SQL,	 /* String */
	PLAN_ATTNUMS /* List of int: result column -> attribute */
};

extern void mm_plan_rel_size(PlannerInfo *root, RelOptInfo *rel,
							 Oid foreign_table);
extern void mm_plan_paths(PlannerInfo *root, RelOptInfo *rel,
						  Oid foreign_table);
extern ForeignScan *mm_plan_scan(PlannerInfo *root, RelOptInfo *rel,
								 Oid foreign_table, ForeignPath *path,
								 List *targets, List *clauses,
								 Plan *outer_plan);

#endif /* MM_FDW_PLAN_H */
