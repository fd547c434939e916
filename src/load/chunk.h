/*
 * src/load/chunk.h
 *		A table into key ranges that together are the table and never overlap.
 *
 * Boundaries are keys that exist, read in key order from the snapshot
 * (WHERE key > last ORDER BY key LIMIT 1 OFFSET n), so gaps and skew do not
 * matter.  The first chunk has no lower bound, the last no upper one; a
 * nullable unique key has a further chunk for IS NULL.
 */
#ifndef MM_LOAD_CHUNK_H
#define MM_LOAD_CHUNK_H

#include "source/remote_catalog.h"
#include "wire/connection.h"

/* The key a table is walked by; NULL from mm_chunk_key: one stream only. */
typedef struct ChunkKey
{
	int ncolumns;
	RemoteColumn **columns;
	bool nullable;			/* then there is an IS NULL chunk */
	const char *index_name; /* "PRIMARY", ... */
} ChunkKey;

/*
 * A range as MySQL text: bounds are SQL literals, one per key column, joined
 * into one string by mm_chunk_bound_*; NULL: open.  lower is exclusive, upper
 * inclusive.
 */
typedef struct Chunk
{
	const char *lower; /* opaque text, storable in a task row */
	const char *upper;
	bool is_null_chunk;
} Chunk;

/* The best key of a table: primary, else unique not null, else unique. */
extern ChunkKey *mm_chunk_key(const RemoteTable *table);

/* Rows a chunk should have, from the table's size and row length. */
extern uint64 mm_chunk_rows(const RemoteTable *table);

/*
 * The upper bound of the chunk that starts after `lower` (NULL: at the
 * beginning) and has `rows` rows, or NULL when fewer are left: the last chunk.
 */
extern char *mm_chunk_next_bound(WireConn *conn, const RemoteTable *table,
								 const ChunkKey *key, const char *lower,
								 uint64 rows, const char *where);

/*
 * The WHERE condition of a chunk as MySQL text (no leading WHERE), or NULL for
 * the whole table; `where` is the user's filter or NULL.
 */
extern char *mm_chunk_condition(const ChunkKey *key, const Chunk *chunk,
								const char *where);

#endif /* MM_LOAD_CHUNK_H */
