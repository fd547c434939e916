/*
 * src/load/chunk.h
 *		A table into key ranges that together are the table and never overlap.
 *
 * A range is read in key order, piece by piece (WHERE key > last ORDER BY key
 * LIMIT n), so gaps and skew do not matter.  The first range has no lower
 * bound, the last no upper one; a nullable unique key has a further one for IS
 * NULL.  Bounds are keys that exist, as MySQL literals: what lies between two
 * of them MySQL decides, by the column's own type and collation.
 *
 * A table without a usable key is one stream, or one per partition.
 */
#ifndef MM_LOAD_CHUNK_H
#define MM_LOAD_CHUNK_H

#include "source/remote_catalog.h"
#include "wire/connection.h"
#include "wire/result.h"

/* A key that rows are known by, or walked by. */
typedef struct ChunkKey
{
	int ncolumns;
	RemoteColumn **columns;
	bool *descending;		/* in the index, against the first column */
	bool nullable;			/* then there is an IS NULL chunk */
	const char *index_name; /* "PRIMARY", ... */
} ChunkKey;

/*
 * A range as MySQL text: a bound is the SQL literals of the key's columns in
 * one string, opaque, storable in a task row; NULL: open.  lower is exclusive,
 * upper inclusive.  Without a key: one partition, or (NULL) the whole table.
 */
typedef struct Chunk
{
	const char *lower;
	const char *upper;
	bool is_null_chunk;
	const char *partition;
} Chunk;

/*
 * The best key that a table's rows are known by: primary, else unique not null,
 * else unique; and the best one it can be walked by, most often the same.
 * NULL: there is none.
 */
extern ChunkKey *mm_chunk_key(const RemoteTable *table);
extern ChunkKey *mm_chunk_walk_key(const RemoteTable *table);

/* Does a comparison find the rows where the index has them? */
extern bool mm_chunk_can_walk(const ChunkKey *key);

/*
 * The WHERE condition of a chunk as MySQL text (no leading WHERE), or NULL for
 * the whole table; `where` is the user's filter or NULL.
 */
extern char *mm_chunk_condition(const ChunkKey *key, const Chunk *chunk,
								const char *where);

/* What follows FROM: the table, its partition, the index that is walked. */
extern char *mm_chunk_from(const RemoteTable *table, const ChunkKey *key,
						   const char *partition);

/* What follows ORDER BY: the way through the index, or the way back. */
extern char *mm_chunk_order(const ChunkKey *key, bool descending);

/*
 * What has to be selected of a key column, so that mm_chunk_bound can make a
 * bound of a row (plain: the column itself, as it is); fields[i] of the result
 * is the i-th key column's.
 */
extern char *mm_chunk_key_expression(const RemoteColumn *column);
extern bool mm_chunk_key_is_plain(const RemoteColumn *column);
extern char *mm_chunk_bound(const ChunkKey *key, const WireResult *result,
							const WireRow *row, const int *fields);

/* A bound for people: "17, 2026-01-31"; at most `length` bytes of it. */
extern char *mm_chunk_bound_text(const ChunkKey *key, const char *bound,
								 int length);

/* MySQL's estimate of the rows of a chunk; reads none of them. */
extern uint64 mm_chunk_estimate(WireConn *conn, const RemoteTable *table,
								const ChunkKey *key, const Chunk *chunk);

/*
 * A key that divides a chunk in two of about the same size, by a handful of
 * queries that read a row each; NULL: it has one row or none.  Where the keys
 * are of a kind that has no middle, at most `rows` rows become the first part.
 */
extern char *mm_chunk_divide(WireConn *conn, const RemoteTable *table,
							 const ChunkKey *key, const Chunk *chunk,
							 uint64 rows);

/*
 * The bounds (char *, in key order) that divide a whole table into at most
 * `pieces` chunks of about the same size.
 */
extern List *mm_chunk_seeds(WireConn *conn, const RemoteTable *table,
							const ChunkKey *key, int pieces);

#endif /* MM_LOAD_CHUNK_H */
