/*
 * src/load/executor_writer.c
 *		Rows through an ordinary INSERT: partitioned and foreign tables,
 *		triggers, rules, row security, other access methods.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/local_sql.h"
#include "executor/spi.h"
#include "load/writer_internal.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct ExecutorWriter
{
	Writer base;
	SPIPlanPtr plan;
	int nparameters;
	AttrNumber *attnums;
	Datum *values; /* of all attributes */
	bool *isnull;
	Datum *parameters;
	char *parameter_nulls;
} ExecutorWriter;

/* The statement; a table without loaded columns gets its defaults. */
static char *
insert_statement(Relation relation, int nattnums, const AttrNumber *attnums)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)));
	if (nattnums == 0)
	{
		appendStringInfoString(&sql, " DEFAULT VALUES");
		return sql.data;
	}
	for (int i = 0; i < nattnums; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? " (" : ", ",
						 quote_identifier(get_attname(RelationGetRelid(relation),
													  attnums[i], false)));
	appendStringInfoString(&sql, ") OVERRIDING SYSTEM VALUE VALUES (");
	for (int i = 0; i < nattnums; i++)
		appendStringInfo(&sql, "%s$%d", i == 0 ? "" : ", ", i + 1);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static void
executor_next_row(Writer *base, Datum **values, bool **isnull)
{
	ExecutorWriter *writer = (ExecutorWriter *) base;

	memset(writer->isnull, true,
		   RelationGetDescr(base->relation)->natts * sizeof(bool));
	*values = writer->values;
	*isnull = writer->isnull;
}

/* Neither an error nor a row: it must not be counted as loaded. */
static void
raise_left_out(const Writer *base)
{
	const char *name = RelationGetRelationName(base->relation);

	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("a row was not stored in table \"%s\"", name),
			 errdetail("A BEFORE trigger or a rule of the table left it out."),
			 errhint("Disable it for the time of the load, or let such rows be rejected: on_error => 'reject'.")));
}

static void
executor_put(Writer *base)
{
	ExecutorWriter *writer = (ExecutorWriter *) base;
	int code;

	for (int i = 0; i < writer->nparameters; i++)
	{
		int n = writer->attnums[i] - 1;

		writer->parameters[i] = writer->values[n];
		writer->parameter_nulls[i] = writer->isnull[n] ? 'n' : ' ';
	}
	code = SPI_execute_plan(writer->plan, writer->parameters,
							writer->parameter_nulls, false, 0);
	if (code < 0)
		elog(ERROR, "could not insert a row: %s", SPI_result_code_string(code));
	if (SPI_processed != 1)
		raise_left_out(base);
	base->rows++;
	MemoryContextReset(base->row_context);
	CHECK_FOR_INTERRUPTS();
}

static uint64
executor_finish(Writer *base)
{
	MemoryContext row_context = base->row_context;
	uint64 rows = base->rows;

	/* The writer itself lives in SPI's memory. */
	mm_local_leave();
	MemoryContextDelete(row_context);
	return rows;
}

static const WriterOps executor_writer_ops = {
	.name = "executor",
	.next_row = executor_next_row,
	.put = executor_put,
	.finish = executor_finish,
};

Writer *
mm_executor_writer_open(Relation relation, int nattnums,
						const AttrNumber *attnums)
{
	MemoryContext caller = CurrentMemoryContext;
	int natts = RelationGetDescr(relation)->natts;
	ExecutorWriter *writer = palloc0(sizeof(ExecutorWriter));
	Oid *types = palloc(Max(nattnums, 1) * sizeof(Oid));

	writer->base.ops = &executor_writer_ops;
	writer->base.relation = relation;
	writer->base.row_context = AllocSetContextCreate(caller, "row to write",
													 ALLOCSET_DEFAULT_SIZES);
	writer->nparameters = nattnums;
	writer->attnums = palloc(Max(nattnums, 1) * sizeof(AttrNumber));
	writer->values = palloc0(natts * sizeof(Datum));
	writer->isnull = palloc0(natts * sizeof(bool));
	writer->parameters = palloc(Max(nattnums, 1) * sizeof(Datum));
	writer->parameter_nulls = palloc(nattnums + 1);
	for (int i = 0; i < nattnums; i++)
	{
		writer->attnums[i] = attnums[i];
		types[i] = TupleDescAttr(RelationGetDescr(relation),
								 attnums[i] - 1)
					   ->atttypid;
	}
	mm_local_enter();
	writer->plan = SPI_prepare(insert_statement(relation, nattnums, attnums),
							   nattnums, types);
	if (writer->plan == NULL)
		elog(ERROR, "could not prepare the insertion into \"%s\": %s",
			 RelationGetRelationName(relation),
			 SPI_result_code_string(SPI_result));
	MemoryContextSwitchTo(caller);
	return &writer->base;
}
