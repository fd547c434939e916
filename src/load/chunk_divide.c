/*
 * src/load/chunk_divide.c
 *		Dividing a range of keys without reading it.
 *
 * The search is one in the values: half-way between the lowest and the highest
 * key there is, the next key that exists is tried as the border, and EXPLAIN
 * says how many rows lie on either side of it.  The search goes on in the
 * fuller side until the sides are alike.  A gap costs one step, however wide
 * it is, because every end of the search is a key that exists.
 *
 * The user's filter takes no part: any key divides the table, and a filter
 * that hardly a row passes would make each of these queries a scan.
 */
#include "postgres.h"

#include "base/ident.h"
#include "load/chunk_internal.h"
#include "utils/memutils.h"

#define MAX_STEPS 16
/* Keys without a middle are counted, this many at a time. */
#define MAX_COUNTED UINT64CONST(200000)

typedef struct Search
{
	WireConn *conn;
	const RemoteTable *table;
	const ChunkKey *key;
	const Chunk *chunk;
	char *low; /* keys that exist: the search goes on between them */
	char *high;
} Search;

/* ---------------------------------------------------------------- estimates */

static int
field_of(const WireResult *result, const char *name)
{
	const WireField *fields = mm_result_fields(result);

	for (int i = 0; i < mm_result_nfields(result); i++)
	{
		if (pg_strcasecmp(fields[i].name, name) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("EXPLAIN of the MySQL server has no column \"%s\"", name)));
}

uint64
mm_chunk_estimate(WireConn *conn, const RemoteTable *table,
				  const ChunkKey *key, const Chunk *chunk)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "chunk estimate",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	char *condition = mm_chunk_condition(key, chunk, NULL);
	WireResult *result;
	const WireRow *row;
	uint64 rows = 0;

	result = mm_result_open(conn,
							psprintf("EXPLAIN FORMAT=TRADITIONAL SELECT %s FROM %s%s%s",
									 mm_quote_remote_ident(key->columns[0]->name),
									 mm_chunk_from(table, key, NULL),
									 condition ? " WHERE " : "",
									 condition ? condition : ""),
							context);
	row = mm_result_next(result);
	/* No estimate: "Impossible WHERE", "no matching row", ... */
	if (row != NULL)
		rows = mm_result_int64(result, row, field_of(result, "rows"));
	mm_result_close(result);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return rows;
}

/* ---------------------------------------------------------------- the search */

/* The first column in which the two ends differ; -1: none. */
static int
differing_column(const Search *search, char **low, char **high)
{
	for (int i = 0; i < search->key->ncolumns; i++)
	{
		if (strcmp(low[i], high[i]) != 0)
			return i;
	}
	return -1;
}

/*
 * The key next to a place that need not exist: the first one from the middle
 * on (or the last one before it), behind low and up to high.
 */
static char *
key_beside(const Search *search, int column, char **low, const char *middle,
		   bool before)
{
	Chunk between = {search->low, search->high, false, NULL};
	StringInfoData condition;

	initStringInfo(&condition);
	appendStringInfoString(&condition,
						   mm_chunk_condition(search->key, &between, NULL));
	for (int i = 0; i < column; i++)
	{
		appendStringInfoString(&condition, " AND ");
		mm_chunk_append_comparison(&condition, search->key->columns[i],
								   COMPARE_EQUAL, low[i]);
	}
	appendStringInfoString(&condition, " AND ");
	mm_chunk_append_comparison(&condition, search->key->columns[column],
							   mm_chunk_along(search->key, column,
											  before ? COMPARE_BELOW :
													   COMPARE_FROM),
							   middle);
	return mm_chunk_key_at(search->conn, search->table, search->key,
						   condition.data, before, 0);
}

/*
 * A key between the ends, high excluded, or NULL.  A gap that reaches up to
 * high is left behind: high becomes the key below it.
 */
static char *
find_candidate(Search *search)
{
	for (int step = 0; step < MAX_STEPS; step++)
	{
		char **low = mm_chunk_literals(search->key, search->low);
		char **high = mm_chunk_literals(search->key, search->high);
		int column = differing_column(search, low, high);
		const KeyKind *kind;
		char *middle;
		char *candidate;

		if (column < 0)
			return NULL;
		kind = mm_chunk_kind(search->key->columns[column]);
		middle = kind->middle == NULL ? NULL :
										kind->middle(search->key->columns[column],
													 low[column], high[column]);
		if (middle == NULL)
			return NULL;
		candidate = key_beside(search, column, low, middle, false);
		if (candidate != NULL && strcmp(candidate, search->high) != 0)
			return candidate;
		candidate = key_beside(search, column, low, middle, true);
		if (candidate == NULL || strcmp(candidate, search->high) == 0)
			return NULL;
		search->high = candidate;
	}
	return NULL;
}

/* The border that divides best of those that the search comes across. */
static char *
search_border(Search *search)
{
	char *best = NULL;
	double best_share = 0;

	for (int step = 0; step < MAX_STEPS; step++)
	{
		char *candidate = find_candidate(search);
		Chunk left = *search->chunk;
		Chunk right = *search->chunk;
		double left_rows;
		double right_rows;
		double share;

		if (candidate == NULL)
			break;
		left.upper = candidate;
		right.lower = candidate;
		left_rows = mm_chunk_estimate(search->conn, search->table, search->key,
									  &left);
		right_rows = mm_chunk_estimate(search->conn, search->table,
									   search->key, &right);
		share = Min(left_rows, right_rows) / Max(left_rows + right_rows, 1);
		if (best == NULL || share > best_share)
		{
			best = candidate;
			best_share = share;
		}
		if (share >= 0.35)
			break;
		if (left_rows > right_rows)
			search->high = candidate;
		else
			search->low = candidate;
	}
	return best;
}

char *
mm_chunk_divide(WireConn *conn, const RemoteTable *table, const ChunkKey *key,
				const Chunk *chunk, uint64 rows)
{
	char *condition = mm_chunk_condition(key, chunk, NULL);
	Search search = {conn, table, key, chunk, NULL, NULL};
	char *last;
	char *border;

	search.low = mm_chunk_key_at(conn, table, key, condition, false, 0);
	search.high = last = mm_chunk_key_at(conn, table, key, condition, true, 0);
	if (search.low == NULL || search.high == NULL ||
		strcmp(search.low, search.high) == 0)
		return NULL;
	border = search_border(&search);
	if (border == NULL)
		border = mm_chunk_key_at(conn, table, key, condition, false,
								 Min(Max(rows, 1), MAX_COUNTED) - 1);
	/* Nothing would lie above the last key. */
	return border != NULL && strcmp(border, last) == 0 ? NULL : border;
}

/* ---------------------------------------------------------------- seeds */

typedef struct Piece
{
	const char *lower;
	const char *upper;
	uint64 rows;
	bool is_whole; /* cannot be divided further */
} Piece;

static int
largest_piece(const Piece *pieces, int npieces)
{
	int largest = -1;

	for (int i = 0; i < npieces; i++)
	{
		if (!pieces[i].is_whole &&
			(largest < 0 || pieces[i].rows > pieces[largest].rows))
			largest = i;
	}
	return largest;
}

List *
mm_chunk_seeds(WireConn *conn, const RemoteTable *table, const ChunkKey *key,
			   int wanted)
{
	Piece *pieces = palloc0(Max(wanted, 1) * sizeof(Piece));
	List *bounds = NIL;
	int npieces = 1;
	int n;

	pieces[0].rows = table->estimated_rows;
	while (npieces < wanted && (n = largest_piece(pieces, npieces)) >= 0)
	{
		Chunk chunk = {pieces[n].lower, pieces[n].upper, false, NULL};
		char *border = mm_chunk_divide(conn, table, key, &chunk,
									   Max(pieces[n].rows / 2, 1));

		if (border == NULL)
		{
			pieces[n].is_whole = true;
			continue;
		}
		memmove(&pieces[n + 1], &pieces[n], (npieces - n) * sizeof(Piece));
		npieces++;
		pieces[n].upper = chunk.upper = border;
		pieces[n].rows = mm_chunk_estimate(conn, table, key, &chunk);
		pieces[n + 1].lower = chunk.lower = border;
		chunk.upper = pieces[n + 1].upper;
		pieces[n + 1].rows = mm_chunk_estimate(conn, table, key, &chunk);
	}
	for (int i = 0; i < npieces - 1; i++)
		bounds = lappend(bounds, (char *) pieces[i].upper);
	return bounds;
}
