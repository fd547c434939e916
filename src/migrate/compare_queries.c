/*
 * src/migrate/compare_queries.c
 *		compare_queries: the application's queries, on both sides.
 *
 * A query runs once on each side for its rows, which also warms the caches,
 * then as often as wanted for its time: until the last row has arrived.  Local
 * ones run in a read-only subtransaction that is rolled back, remote ones in a
 * read-only session of their own; what fails becomes a row of the result, and
 * the others go on.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/xact.h"
#include "base/argument.h"
#include "base/compat.h"
#include "base/materialize.h"
#include "catalog/pg_type.h"
#include "ddl/expr.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "migrate/arguments.h"
#include "migrate/compare_queries_rows.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "portability/instr_time.h"
#include "source/options.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#define MAX_RUNS	   1000
#define ROWS_PER_FETCH 50

typedef struct QueryPair
{
	const char *remote;
	const char *local;
} QueryPair;

typedef struct QueryResult
{
	const char *status;
	char *note;
	bool has_rows;
	uint64 local_rows;
	uint64 remote_rows;
	double *local_ms; /* one per run; NULL: not measured */
	double *remote_ms;
} QueryResult;

/* What a call works with. */
typedef struct Comparison
{
	ForeignServer *server;
	ConnInfo *info;
	WireConn *conn;
	MemoryContext conn_context;
	ValuePolicies policies;
	int runs;
} Comparison;

/* ---------------------------------------------------------------- MySQL's side */

/* A session that cannot write, whatever it is told. */
static void
connect_remote(Comparison *comparison)
{
	if (comparison->conn != NULL && mm_conn_is_usable(comparison->conn))
		return;
	comparison->conn = NULL;
	MemoryContextReset(comparison->conn_context);
	comparison->conn = mm_conn_open(comparison->info,
									comparison->conn_context);
	mm_conn_execute(comparison->conn, "SET SESSION TRANSACTION READ ONLY");
}

/* Comments that MySQL executes count as words. */
static const char *
first_word(const char *p)
{
	for (;;)
	{
		if (*p == '(' || isspace((unsigned char) *p))
			p++;
		else if (*p == '#' || (p[0] == '-' && p[1] == '-'))
			p += strcspn(p, "\n");
		else if (p[0] == '/' && p[1] == '*' && p[2] != '!' && p[2] != 'M')
		{
			p = strstr(p + 2, "*/");
			if (p == NULL)
				return "";
			p += 2;
		}
		else
			return p;
	}
}

/*
 * A read-only session may still write a file or a variable, or lock rows; both
 * words are reserved, so no name is one of them.  What is in a comment that
 * MySQL executes may be anything.
 */
static bool
has_word(const char *sql, const char *word)
{
	const char *error = NULL;
	int count;
	ExprToken *tokens;

	if (strstr(asc_tolower(sql, strlen(sql)), word) == NULL)
		return false;
	if (strstr(sql, "/*!") != NULL || strstr(sql, "/*M!") != NULL)
		return true;
	tokens = mm_expr_tokens(sql, &count, &error);
	if (tokens == NULL)
		return true;
	for (int i = 0; i < count; i++)
	{
		if (tokens[i].kind == TOKEN_WORD &&
			pg_strcasecmp(tokens[i].text, word) == 0)
			return true;
	}
	return false;
}

static void
refuse_word(const char *sql, const char *word)
{
	if (has_word(sql, word))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("only queries can be compared"),
				 errdetail("The remote text has the word \"%s\", by which a SELECT writes or locks.",
						   word),
				 errhint("Compare the SELECT without it.")));
}

/* SET or COMMIT would end the read-only mode before MySQL could object. */
static void
check_remote_text(const char *sql)
{
	static const char *const words[] = {"SELECT", "WITH", "TABLE", "VALUES"};
	const char *word = first_word(sql);

	refuse_word(sql, "into");
	refuse_word(sql, "lock");

	for (int i = 0; i < lengthof(words); i++)
	{
		int length = strlen(words[i]);

		if (pg_strncasecmp(word, words[i], length) == 0 &&
			!isalnum((unsigned char) word[length]) && word[length] != '_')
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("only queries can be compared"),
			 errdetail("The remote text does not begin with SELECT, WITH, TABLE or VALUES."),
			 errhint("Use mysql_execute for everything else.")));
}

/* ---------------------------------------------------------------- our side */

/* A query it must be, and one only; *is_ordered: with an ORDER BY. */
static void
check_local_text(const char *sql, bool *is_ordered)
{
	List *statements = pg_parse_query(sql);
	Node *statement = statements == NIL ?
						  NULL :
						  linitial_node(RawStmt, statements)->stmt;

	if (list_length(statements) != 1 || !IsA(statement, SelectStmt) ||
		((SelectStmt *) statement)->intoClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("only queries can be compared"),
				 errdetail("The local text is not one SELECT."),
				 errhint("Give each query as an element of its own, without a semicolon in between.")));
	*is_ordered = ((SelectStmt *) statement)->sortClause != NIL;
}

static Portal
open_local(const char *sql)
{
	SPIPlanPtr plan;
	Portal portal;

	PushActiveSnapshot(GetTransactionSnapshot());
	plan = SPI_prepare(sql, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not prepare the query: %s",
			 SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	PopActiveSnapshot();
	return portal;
}

/* ---------------------------------------------------------------- one query */

static void
compare_rows(Comparison *comparison, const QueryPair *pair, bool is_ordered,
			 QueryResult *outcome)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "compared query",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Portal portal = open_local(pair->local);
	WireResult *result;
	QueryColumns *columns;
	RowSums local;
	RowSums remote;
	const WireRow *row;
	char *difference;
	Datum *values;
	bool *isnull;

	/* SPI has a context of its own. */
	MemoryContextSwitchTo(context);
	result = mm_result_open(comparison->conn, pair->remote, context);
	columns = mm_query_columns_create(portal->tupDesc,
									  mm_result_nfields(result),
									  mm_result_fields(result),
									  &comparison->policies);
	mm_query_sums_init(&local, portal->tupDesc->natts);
	mm_query_sums_init(&remote, portal->tupDesc->natts);
	values = palloc(sizeof(Datum) * portal->tupDesc->natts);
	isnull = palloc(sizeof(bool) * portal->tupDesc->natts);
	while ((row = mm_result_next(result)) != NULL)
		mm_query_add_remote(columns, &remote, row);
	mm_result_close(result);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, ROWS_PER_FETCH);
		if (SPI_processed == 0)
			break;
		CHECK_FOR_INTERRUPTS();
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
							  values, isnull);
			mm_query_add_local(columns, &local, values, isnull);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	difference = mm_query_difference(columns, &local, &remote, is_ordered);
	MemoryContextSwitchTo(caller);
	outcome->has_rows = true;
	outcome->local_rows = local.rows;
	outcome->remote_rows = remote.rows;
	outcome->status = difference ? "differs" : "equal";
	outcome->note = difference ? pstrdup(difference) : NULL;
	MemoryContextDelete(context);
}

static double
milliseconds_since(instr_time start)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_MILLISEC(now);
}

static double
time_local(const char *sql)
{
	instr_time start;
	Portal portal;
	double duration;

	INSTR_TIME_SET_CURRENT(start);
	portal = open_local(sql);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_PER_FETCH);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	} while (SPI_processed > 0);
	duration = milliseconds_since(start);
	SPI_cursor_close(portal);
	return duration;
}

static double
time_remote(Comparison *comparison, const char *sql)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "timed query",
												  ALLOCSET_DEFAULT_SIZES);
	instr_time start;
	WireResult *result;
	double duration;

	INSTR_TIME_SET_CURRENT(start);
	result = mm_result_open(comparison->conn, sql, context);
	while (mm_result_next(result) != NULL)
		;
	duration = milliseconds_since(start);
	mm_result_close(result);
	MemoryContextDelete(context);
	return duration;
}

/* Inside a read-only subtransaction; raises what goes wrong. */
static void
run_query(Comparison *comparison, const QueryPair *pair, QueryResult *outcome,
		  MemoryContext keep)
{
	bool is_ordered;
	MemoryContext old;
	QueryResult found;

	memset(&found, 0, sizeof(found));
	check_remote_text(pair->remote);
	check_local_text(pair->local, &is_ordered);
	connect_remote(comparison);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	old = MemoryContextSwitchTo(keep);
	compare_rows(comparison, pair, is_ordered, &found);
	if (comparison->runs > 0)
	{
		found.local_ms = palloc(sizeof(double) * comparison->runs);
		found.remote_ms = palloc(sizeof(double) * comparison->runs);
	}
	for (int i = 0; i < comparison->runs; i++)
	{
		found.local_ms[i] = time_local(pair->local);
		MemoryContextSwitchTo(keep);
		found.remote_ms[i] = time_remote(comparison, pair->remote);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	*outcome = found;
}

/*
 * What a query did to settings or locks goes with the subtransaction, failed
 * or not.
 */
static void
compare_query(Comparison *comparison, const QueryPair *pair,
			  QueryResult *outcome)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	memset(outcome, 0, sizeof(*outcome));
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		(void) set_config_option("transaction_read_only", "on", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
								 false);
		run_query(comparison, pair, outcome, context);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		memset(outcome, 0, sizeof(*outcome));
		outcome->status = "failed";
		outcome->note = psprintf("%s: %s%s%s",
								 unpack_sql_state(error->sqlerrcode),
								 error->message, error->detail ? ": " : "",
								 error->detail ? error->detail : "");
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/* ---------------------------------------------------------------- the call */

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static double
median(double *values, int count)
{
	qsort(values, count, sizeof(double), compare_doubles);
	return count % 2 == 1 ? values[count / 2] :
							(values[count / 2 - 1] + values[count / 2]) / 2;
}

static Datum
rounded(double value, int digits)
{
	return DirectFunctionCall2(numeric_round,
							   DirectFunctionCall1(float8_numeric,
												   Float8GetDatum(value)),
							   Int32GetDatum(digits));
}

static void
put_query(ReturnSetInfo *rsinfo, const Comparison *comparison,
		  const QueryPair *pair, const QueryResult *outcome)
{
	Datum values[8] = {0};
	bool nulls[8] = {false};

	values[0] = CStringGetTextDatum(pair->local);
	nulls[1] = nulls[2] = !outcome->has_rows;
	values[1] = Int64GetDatum((int64) outcome->local_rows);
	values[2] = Int64GetDatum((int64) outcome->remote_rows);
	values[3] = CStringGetTextDatum(outcome->status);
	nulls[4] = nulls[5] = nulls[6] = outcome->local_ms == NULL;
	if (outcome->local_ms != NULL)
	{
		double local = median(outcome->local_ms, comparison->runs);
		double remote = median(outcome->remote_ms, comparison->runs);

		values[4] = rounded(local, 3);
		values[5] = rounded(remote, 3);
		values[6] = rounded(local / Max(remote, 0.001), 2);
	}
	nulls[7] = outcome->note == NULL;
	if (outcome->note != NULL)
		values[7] = CStringGetTextDatum(outcome->note);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* {a, b, c}: on both sides; {{remote, local}, ...}: pairs. */
static List *
query_pairs(ArrayType *array)
{
	Datum *elements;
	bool *nulls;
	int count;
	int step = ARR_NDIM(array) == 2 ? 2 : 1;
	List *pairs = NIL;

	if (ARR_NDIM(array) > 2 || (step == 2 && ARR_DIMS(array)[1] != 2))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("\"queries\" has the wrong form"),
				 errhint("Give ARRAY['query', ...], or pairs: ARRAY[['MySQL''s text', 'the text here'], ...].")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &count);
	for (int i = 0; i < count; i += step)
	{
		QueryPair *pair = palloc(sizeof(QueryPair));

		if (nulls[i] || nulls[i + step - 1])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("\"queries\" must not contain nulls"),
					 errhint("Give the text of a query in every element.")));
		pair->remote = TextDatumGetCString(elements[i]);
		pair->local = TextDatumGetCString(elements[i + step - 1]);
		pairs = lappend(pairs, pair);
	}
	return pairs;
}

PG_FUNCTION_INFO_V1(mysql_migrate_compare_queries);

/*
 * compare_queries(server, queries, runs)
 *		Same rows on both sides?  How long does each take?
 */
Datum
mysql_migrate_compare_queries(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Comparison comparison;
	char *name = mm_argument_text(fcinfo, 0, "server");
	ListCell *cell;

	memset(&comparison, 0, sizeof(comparison));
	mm_init_materialized(fcinfo);
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot call compare_queries within a security-restricted operation"),
				 errhint("Call it by itself.")));
	mm_argument_need(fcinfo, 1, "queries");
	if (ARR_NDIM(PG_GETARG_ARRAYTYPE_P(1)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"queries\" holds no query"),
				 errhint("Give ARRAY['query', ...].")));
	comparison.runs = PG_ARGISNULL(2) ? 3 : PG_GETARG_INT32(2);
	if (comparison.runs < 0 || comparison.runs > MAX_RUNS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of runs: %d", comparison.runs),
				 errhint("Use 0 (no times) to %d.", MAX_RUNS)));
	comparison.server = mm_options_server(name, false);
	comparison.info = mm_options_conn_info(comparison.server, GetUserId());
	mm_options_policies(comparison.server->options, &comparison.policies);
	comparison.conn_context = AllocSetContextCreate(CurrentMemoryContext,
													"compare_queries connection",
													ALLOCSET_DEFAULT_SIZES);
	foreach(cell, query_pairs(PG_GETARG_ARRAYTYPE_P(1)))
	{
		QueryResult outcome;

		CHECK_FOR_INTERRUPTS();
		compare_query(&comparison, lfirst(cell), &outcome);
		put_query(rsinfo, &comparison, lfirst(cell), &outcome);
	}
	MemoryContextDelete(comparison.conn_context);
	PG_RETURN_NULL();
}
