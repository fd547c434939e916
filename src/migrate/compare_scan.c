/*
 * src/migrate/compare_scan.c
 *		Rows of this side, as the executor passes them by.
 *
 * Nothing is copied or gathered: a receiver gets each row in the executor's
 * own slot.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "migrate/compare_internal.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

typedef struct RowReceiver
{
	DestReceiver pub;
	Comparison *comparison;
	MemoryContext row_context; /* its own: who takes a row may scan, too */
	LocalRow take;
	void *arg;
	ResourceOwner owner; /* of what lives longer than the scan */
} RowReceiver;

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old = MemoryContextSwitchTo(receiver->row_context);
	ResourceOwner portal_owner = CurrentResourceOwner;

	slot_getallattrs(slot);
	/* The files of a sort must not go with the portal. */
	CurrentResourceOwner = receiver->owner;
	receiver->take(receiver->comparison, slot, receiver->arg);
	CurrentResourceOwner = portal_owner;
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->row_context);
	return true;
}

static void
begin_rows(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
end_rows(DestReceiver *self)
{
}

static char *
local_query(const Comparison *comparison, const char *condition,
			bool has_place)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < comparison->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "",
						 mm_quote_local_name(NULL, comparison->local_names[i]));
	if (has_place)
		appendStringInfo(&sql, "%stableoid, ctid",
						 comparison->ncolumns > 0 ? ", " : "");
	appendStringInfo(&sql, " FROM %s%s%s", comparison->relation_name,
					 condition ? " WHERE " : "", condition ? condition : "");
	return sql.data;
}

static void
scan(Comparison *comparison, const char *sql, LocalRow take, void *arg)
{
	RowReceiver receiver;
	SPIPlanPtr plan;
	Portal portal;

	memset(&receiver, 0, sizeof(receiver));
	receiver.pub.receiveSlot = receive_row;
	receiver.pub.rStartup = begin_rows;
	receiver.pub.rShutdown = end_rows;
	receiver.pub.rDestroy = end_rows;
	receiver.pub.mydest = DestNone;
	receiver.comparison = comparison;
	receiver.take = take;
	receiver.arg = arg;
	receiver.owner = CurrentResourceOwner;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	receiver.row_context = AllocSetContextCreate(CurrentMemoryContext,
												 "row to compare",
												 ALLOCSET_DEFAULT_SIZES);
	PushActiveSnapshot(GetTransactionSnapshot());
	plan = SPI_prepare_cursor(sql, 0, NULL, CURSOR_OPT_NO_SCROLL);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", sql);
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	(void) PortalRunFetch(portal, FETCH_FORWARD, FETCH_ALL, &receiver.pub);
	SPI_cursor_close(portal);
	PopActiveSnapshot();
	SPI_finish();
}

void
mm_compare_scan(Comparison *comparison, const char *condition, LocalRow take,
				void *arg)
{
	scan(comparison, local_query(comparison, condition, true), take, arg);
}

/*
 * Pages are read one by one, by a bitmap if need be: an index that is followed
 * from row to row takes twice as long (measured).
 */
void
mm_compare_scan_all(Comparison *comparison, const char *condition,
					LocalRow take, void *arg)
{
	int nest_level = NewGUCNestLevel();

	(void) set_config_option("enable_indexscan", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	scan(comparison, local_query(comparison, condition, false), take, arg);
	AtEOXact_GUC(true, nest_level);
}

uint64
mm_compare_count_local(Comparison *comparison, const char *condition)
{
	uint64 count;
	bool isnull;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_execute(psprintf("SELECT pg_catalog.count(*) FROM %s%s%s",
							 comparison->relation_name,
							 condition ? " WHERE " : "",
							 condition ? condition : ""),
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not count the rows of %s",
			 comparison->relation_name);
	count = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
										SPI_tuptable->tupdesc, 1, &isnull));
	PopActiveSnapshot();
	SPI_finish();
	return count;
}

/* ---------------------------------------------------------------- texts */

void
mm_compare_local_row_text(const Comparison *comparison, TupleTableSlot *slot,
						  StringInfo out)
{
	mm_canonical_local_text(out, slot->tts_values, slot->tts_isnull,
							comparison->ncolumns, comparison->columns);
}
