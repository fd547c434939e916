/*
 * src/fdw/scan.c
 *		Executor callbacks of foreign scans.
 */
#include "postgres.h"

#include "base/compat.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "executor/executor.h"
#include "fdw/deparse.h"
#include "fdw/plan.h"
#include "fdw/reader.h"
#include "fdw/scan.h"
#include "miscadmin.h"
#include "source/options.h"
#include "utils/rel.h"

/*
 * check_user
 *		Who reads the table: the owner of the view, where it is in one.
 */
static Oid
check_user(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
#if PG_VERSION_NUM >= 160000
	Oid user_id = plan->checkAsUser;
#else
	Oid user_id = exec_rt_fetch(plan->scan.scanrelid,
								node->ss.ps.state)
					  ->checkAsUser;
#endif

	return OidIsValid(user_id) ? user_id : GetUserId();
}

/*
 * mm_scan_begin
 *		Nothing is sent yet: a scan may never be asked for a row.
 */
void
mm_scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Relation relation = node->ss.ss_currentRelation;
	ReaderRequest request = {0};
	RemoteRelation *remote;
	ListCell *lc;
	int i = 0;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;

	remote = mm_deparse_relation(RelationGetRelid(relation));
	request.server = remote->server;
	request.user_id = check_user(node);
	request.sql = strVal(list_nth(plan->fdw_private, PLAN_SQL));
	request.table = RelationGetRelationName(relation);
	request.title = psprintf("foreign table \"%s\"",
							 RelationGetRelationName(relation));
	request.desc = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	request.attnums = list_nth(plan->fdw_private, PLAN_ATTNUMS);
	request.names = palloc(sizeof(char *) *
						   Max(list_length(request.attnums), 1));
	foreach(lc, request.attnums)
		request.names[i++] =
			mm_deparse_column_name(RelationGetRelid(relation),
								   RelationGetDescr(relation),
								   lfirst_int(lc));
	mm_options_policies(remote->server->options, &request.policies);
	mm_options_policies(remote->table->options, &request.policies);
	request.column_policies = mm_deparse_policies(RelationGetRelid(relation),
												  request.attnums,
												  &request.policies);
	node->fdw_state = mm_reader_create(&request);
}

TupleTableSlot *
mm_scan_iterate(ForeignScanState *node)
{
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (mm_reader_next(node->fdw_state, slot->tts_values, slot->tts_isnull))
		ExecStoreVirtualTuple(slot);
	return slot;
}

void
mm_scan_rescan(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		mm_reader_restart(node->fdw_state);
}

void
mm_scan_end(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		mm_reader_close(node->fdw_state);
	node->fdw_state = NULL;
}

void
mm_scan_explain(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	if (es->verbose)
		ExplainPropertyText("Remote SQL",
							strVal(list_nth(plan->fdw_private, PLAN_SQL)), es);
}
