/*
 * src/load/loader_internal.h
 *		What the two ways of loading a chunk share.
 *
 *	loader.c		one chunk: its stream, its books, rows that are all good
 *	loader_reject.c	rows that may be bad
 */
#ifndef MM_LOAD_LOADER_INTERNAL_H
#define MM_LOAD_LOADER_INTERNAL_H

#include "load/loader.h"
#include "load/row_builder.h"
#include "load/writer.h"
#include "portability/instr_time.h"
#include "wire/result.h"

/* A chunk on its way into a table. */
typedef struct Loader
{
	const LoadRequest *request;
	LoadResult *result;
	Relation relation;
	const ChunkKey *key; /* what rows are known by, or NULL */
	RowBuilder *builder;
	RowInputs inputs; /* of the current row */
	int nattnums;
	const AttrNumber *attnums;
	WireResult *stream;
	const char *column; /* being decoded, for the error context */
	int *key_fields;	/* of the stream, per key column */
	MemoryContext caller_context;
	instr_time began;
	bool is_over;		 /* before the stream's end */
	uint64 counted_rows; /* that are in the live counters */
	uint64 counted_bytes;
} Loader;

/* The next row of the piece, counted; NULL: that was the last one. */
extern const WireRow *mm_loader_next_row(Loader *loader);

/* In the current memory context. */
extern void mm_loader_allocate_inputs(const Loader *loader, RowInputs *inputs);
extern Writer *mm_loader_open_writer(const Loader *loader);

/* The walk of rows that may be rejected. */
extern void mm_loader_run_rejecting(Loader *loader);

#endif /* MM_LOAD_LOADER_INTERNAL_H */
