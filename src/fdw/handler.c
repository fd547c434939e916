/*
 * src/fdw/handler.c
 *		The FdwRoutine, and nothing else.
 *
 * There are no callbacks for writing: PostgreSQL itself then says that a
 * foreign table cannot be written to.
 */
#include "postgres.h"

#include "fdw/analyze.h"
#include "fdw/import.h"
#include "fdw/plan.h"
#include "fdw/scan.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(mysql_migrate_handler);

/*
 * is_updatable
 *		No command is.
 */
static int
is_updatable(Relation relation)
{
	return 0;
}

Datum
mysql_migrate_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = mm_plan_rel_size;
	routine->GetForeignPaths = mm_plan_paths;
	routine->GetForeignPlan = mm_plan_scan;
	routine->BeginForeignScan = mm_scan_begin;
	routine->IterateForeignScan = mm_scan_iterate;
	routine->ReScanForeignScan = mm_scan_rescan;
	routine->EndForeignScan = mm_scan_end;
	routine->ExplainForeignScan = mm_scan_explain;
	routine->IsForeignRelUpdatable = is_updatable;
	routine->AnalyzeForeignTable = mm_analyze_table;
	routine->ImportForeignSchema = mm_import_schema;
	PG_RETURN_POINTER(routine);
}
