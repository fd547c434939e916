/*
 * src/migrate/compare.c
 *		Which rows of a table differ from MySQL's?
 *
 *	1. Sums (compare_sums.c): the scope in buckets, and per bucket the number
 *	   of rows and the sum of their checksums, on both sides.
 *	2. Keys (compare_keys.c): key and checksum of each row of the buckets whose
 *	   sums differ; rows that are not the same on both sides are suspects.
 *	3. Rows (compare_rows.c): suspects are read once more, and those that still
 *	   differ are handled: reported by validate, mended by migrate_missing.
 *
 * Checksums are of canonical text, which MySQL makes with its own functions
 * and this side from the stored values, so that no line of the loader is
 * trusted.
 */
#include "postgres.h"

#include "access/table.h"
#include "base/compat.h"
#include "base/ident.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "migrate/compare_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* Suspects in memory; more are on disk. */
#define SUSPECTS_KB 2048

/* Rows that a policy hides would look as if they were not here. */
static void
refuse_row_security(Oid relation)
{
	if (check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("row security hides rows of table \"%s\" from role \"%s\"",
					get_rel_name(relation),
					GetUserNameFromId(GetUserId(), false)),
			 errdetail("Rows that are hidden would be taken for missing ones."),
			 errhint("Run it as the owner of the table, or as a role with BYPASSRLS.")));
}

static TupleDesc
suspect_desc(void)
{
	TupleDesc desc = CreateTemplateTupleDesc(2);

	TupleDescInitEntry(desc, 1, "key", BYTEAOID, -1, 0);
	TupleDescInitEntry(desc, 2, "state", INT4OID, -1, 0);
	return desc;
}

Comparison *
mm_compare_open(const CompareRequest *request)
{
	Comparison *comparison = palloc0(sizeof(Comparison));

	refuse_row_security(request->relation);
	comparison->request = *request;
	comparison->context = CurrentMemoryContext;
	comparison->row_context = AllocSetContextCreate(CurrentMemoryContext,
													"key to compare",
													ALLOCSET_DEFAULT_SIZES);
	comparison->relation_name =
		mm_quote_local_name(get_namespace_name(get_rel_namespace(request->relation)),
							get_rel_name(request->relation));
	mm_compare_match_columns(comparison);
	comparison->suspects = tuplestore_begin_heap(false, true, SUSPECTS_KB);
	comparison->suspect_slot = MakeSingleTupleTableSlot(suspect_desc(),
														&TTSOpsMinimalTuple);
	return comparison;
}

void
mm_compare_suspect(Comparison *comparison, const char *key, Size length,
				   DifferenceState state)
{
	bytea *bytes = palloc(VARHDRSZ + length);
	Datum values[2];
	bool nulls[2] = {false, false};

	/* A tuplestore that was read to its end shows nothing that comes later. */
	if (comparison->is_at_end)
		tuplestore_clear(comparison->suspects);
	comparison->is_at_end = false;
	SET_VARSIZE(bytes, VARHDRSZ + length);
	memcpy(VARDATA(bytes), key, length);
	values[0] = PointerGetDatum(bytes);
	values[1] = Int32GetDatum(state);
	tuplestore_putvalues(comparison->suspects,
						 comparison->suspect_slot->tts_tupleDescriptor, values,
						 nulls);
	pfree(bytes);
}

/* For whoever watches. */
void
mm_compare_tell(const Comparison *comparison, uint64 rows, uint64 bytes)
{
	LiveCounters *counters = comparison->request.counters;

	if (counters == NULL)
		return;
	pg_atomic_write_u64(&counters->rows, rows);
	pg_atomic_write_u64(&counters->bytes, bytes);
}

bool
mm_compare_is_paced(const Comparison *comparison)
{
	Throttle *throttle = comparison->request.throttle;

	return throttle != NULL && mm_throttle_is_set(throttle);
}

/* Rows count by their size in MySQL: of a checksum hardly a byte is sent. */
void
mm_compare_pace(const Comparison *comparison, uint64 rows, uint64 bytes)
{
	uint64 row_bytes = comparison->request.table->average_row_bytes;

	if (comparison->request.throttle != NULL)
		mm_throttle_take(comparison->request.throttle,
						 Max(bytes, rows * row_bytes), rows);
}

/* ---------------------------------------------------------------- the steps */

static void
count_only(Comparison *comparison, CompareResult *result)
{
	const CompareScope *scope = &comparison->request.scope;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT COUNT(*)");
	mm_compare_append_from(&sql, comparison, scope, NULL);
	result->remote_rows =
		strtoull(mm_conn_query_value(comparison->request.conn, sql.data),
				 NULL, 10);
	mm_compare_pace(comparison, result->remote_rows, 0);
	result->local_rows =
		mm_compare_count_local(comparison,
							   mm_compare_local_rows(comparison, scope));
}

void
mm_compare_find(Comparison *comparison, CompareResult *result)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "compare",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;

	memset(result, 0, sizeof(*result));
	result->uncompared = comparison->uncompared;
	if (comparison->request.depth == COMPARE_COUNT)
	{
		old = MemoryContextSwitchTo(work);
		count_only(comparison, result);
	}
	else
	{
		/* The buckets are asked for again with rows that have no key. */
		old = MemoryContextSwitchTo(comparison->context);
		mm_compare_sum_buckets(comparison);
		for (int i = 0; i < comparison->nbuckets; i++)
		{
			result->remote_rows += comparison->buckets[i].remote_rows;
			result->local_rows += comparison->buckets[i].local_rows;
		}
		MemoryContextSwitchTo(work);
		mm_compare_merge(comparison, result);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

void
mm_compare_want_texts(Comparison *comparison)
{
	comparison->wants_texts = true;
}

void
mm_compare_want_values(Comparison *comparison, RowBuilder *builder, int natts)
{
	comparison->builder = builder;
	comparison->natts = natts;
}

/* ---------------------------------------------------------------- what it is */

int
mm_compare_ncolumns(const Comparison *comparison)
{
	return comparison->ncolumns;
}

const char *
mm_compare_column_name(const Comparison *comparison, int n)
{
	return comparison->columns[n].remote_name;
}

int
mm_compare_nkeys(const Comparison *comparison)
{
	return comparison->nkeys;
}

const RemoteColumn *
mm_compare_key_column(const Comparison *comparison, int n)
{
	return comparison->keys[n].column;
}
