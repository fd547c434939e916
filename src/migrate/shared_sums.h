/*
 * src/migrate/shared_sums.h
 *		Sums of a table's local rows, which all workers take together.
 *
 * A large table is compared in many ranges of its key.  Reading each of them
 * through the index costs this side half as much again as reading the table
 * block by block (measured: 870 and 600 ms for 6 million narrow rows, of all
 * processes together); so the first tasks of a table read it that way, once for
 * all ranges, and put what they find into slices: even ranges of the key, of
 * which each task's range has some.
 *
 * All who help see the same snapshot: a row that moves meanwhile is counted
 * once.  When something goes wrong (a helper ends, the snapshot is gone), the
 * sums are broken, and every task reads its own range.
 *
 * They live in shared memory, as long as this run of the job, and are as old as
 * the first task of the table: for half a minute they pass for what there is
 * here now.
 */
#ifndef MM_MIGRATE_SHARED_SUMS_H
#define MM_MIGRATE_SHARED_SUMS_H

#include "job/handler.h"
#include "storage/block.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* Slices of one of walk.c's parts of a range. */
#define SLICES_PER_PART 16

/* Sums of one table. */
typedef struct SharedSums SharedSums;

typedef struct SliceSum
{
	uint64 rows;
	uint64 sum; /* by XOR */
} SliceSum;

/* A table to be, and the parts that it will be cut into at most. */
typedef struct SharedSumsWish
{
	int64 map_id;
	uint64 parts;
} SharedSumsWish;

/*
 * Leader, before there are workers: room for as many tables as may be.  Then,
 * for each that is cut evenly: its keys lie between first and first + width.
 */
extern void mm_shared_sums_create(JobProcess *process, int ntables,
								  const SharedSumsWish *tables);
extern void mm_shared_sums_cut(SharedSums *sums, int64 first, uint64 width,
							   uint64 parts);

/* The table's, or NULL: there are none, or they are too old. */
extern SharedSums *mm_shared_sums_find(JobProcess *process, int64 map_id);

/* ---------------------------------------------------------------- slices */

extern int mm_shared_sums_slices(const SharedSums *sums);

/* The highest key of a slice; the last one has no end. */
extern int64 mm_shared_sums_end(const SharedSums *sums, int slice);

/* The slice behind the one that ends with the key; -1: none does. */
extern int mm_shared_sums_behind(const SharedSums *sums, const char *key);

/* ---------------------------------------------------------------- sums */

/*
 * Help: the snapshot to read blocks with, which is the active one then; NULL
 * when there is nothing to be done (any more).  Between _join and _leave every
 * block that _claim gives is to be read; _leave adds what was found in them,
 * and takes the snapshot away.  _fail: after an error in any of this; without
 * effect for who is no helper.
 */
extern Snapshot mm_shared_sums_join(SharedSums *sums, Relation relation);
extern bool mm_shared_sums_claim(SharedSums *sums, BlockNumber *first,
								 BlockNumber *number);
extern void mm_shared_sums_leave(SharedSums *sums, const SliceSum *found,
								 uint64 blocks);
extern void mm_shared_sums_fail(SharedSums *sums);

/* Nobody is to wait for them. */
extern void mm_shared_sums_break(SharedSums *sums);

/* Wait until all helpers are done; false: the sums are broken. */
extern bool mm_shared_sums_wait(SharedSums *sums);

extern SliceSum mm_shared_sums_get(const SharedSums *sums, int slice);

#endif /* MM_MIGRATE_SHARED_SUMS_H */
