/*
 * src/migrate/shared_sums.c
 *		Sums of a table's local rows, which all workers take together.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/integer.h"
#include "migrate/shared_sums.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/bufmgr.h"
#include "storage/condition_variable.h"
#include "storage/procarray.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define BOARD_MAGIC 0x6d6d7331

/* Of all tables; those that do not fit in are read range by range. */
#define MAX_BYTES ((Size) 4 * 1024 * 1024)

/*
 * What a task reads is to be over soon, and its transaction with it: larger
 * tables are read range by range.
 */
#define MAX_BLOCKS ((BlockNumber) 524288)

#define MAX_AGE_MS 30000

/* So that helpers end together, and a scan is begun seldom. */
#define CLAIMS_PER_TABLE 256
#define MIN_CLAIM		 16

/* A serialized one, with some hundred transactions in progress. */
#define SNAPSHOT_BYTES 8192

typedef struct SharedSlice
{
	pg_atomic_uint64 rows;
	pg_atomic_uint64 sum;
} SharedSlice;

struct SharedSums
{
	int64 map_id;
	Size slices_offset; /* in the segment */
	int max_slices;

	/* Set by the leader before there is a task. */
	int64 first;
	uint64 width;
	int nslices; /* 0: the table was not cut evenly */

	/* The rest goes by the mutex. */
	slock_t mutex;
	bool is_begun; /* there is a snapshot */
	TimestampTz begun;
	bool is_broken;
	int helpers;
	BlockNumber nblocks;
	BlockNumber next;
	BlockNumber claim;
	uint64 summed;	/* blocks */
	PGPROC *source; /* who holds the snapshot for others; NULL: nobody */
	int joining;	/* others that take it over just now */
	ConditionVariable changed;
	char snapshot[SNAPSHOT_BYTES];
};

/* In the segment: tables, then the slices of each. */
typedef struct SumsBoard
{
	uint32 magic;
	int ntables;
	SharedSums tables[FLEXIBLE_ARRAY_MEMBER];
} SumsBoard;

/* This process is one of the helpers, of one table. */
static bool is_helping = false;

/* ---------------------------------------------------------------- the leader */

static Size
slices_bytes(const SharedSumsWish *table)
{
	return table->parts * SLICES_PER_PART * sizeof(SharedSlice);
}

/* How many of the tables there is room for, and the bytes of their slices. */
static int
count_tables(int ntables, const SharedSumsWish *tables, Size *slices)
{
	int number = 0;

	*slices = 0;
	while (number < ntables &&
		   *slices + slices_bytes(&tables[number]) +
				   (number + 1) * sizeof(SharedSums) <=
			   MAX_BYTES)
		*slices += slices_bytes(&tables[number++]);
	return number;
}

static void
init_table(SumsBoard *board, SharedSums *sums, const SharedSumsWish *wish,
		   Size offset)
{
	SharedSlice *slices = (SharedSlice *) ((char *) board + offset);

	memset(sums, 0, sizeof(*sums));
	sums->map_id = wish->map_id;
	sums->slices_offset = (char *) slices - (char *) sums;
	sums->max_slices = wish->parts * SLICES_PER_PART;
	SpinLockInit(&sums->mutex);
	ConditionVariableInit(&sums->changed);
	for (int i = 0; i < sums->max_slices; i++)
	{
		pg_atomic_init_u64(&slices[i].rows, 0);
		pg_atomic_init_u64(&slices[i].sum, 0);
	}
}

void
mm_shared_sums_create(JobProcess *process, int ntables,
					  const SharedSumsWish *tables)
{
	Size slices;
	int number = count_tables(ntables, tables, &slices);
	Size offset = MAXALIGN(offsetof(SumsBoard, tables) +
						   number * sizeof(SharedSums));
	dsm_segment *segment;
	SumsBoard *board;

	if (number == 0)
		return;
	segment = dsm_create(offset + slices, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (segment == NULL)
		return; /* each task reads its own range */
	dsm_pin_mapping(segment);
	board = dsm_segment_address(segment);
	board->ntables = number;
	for (int i = 0; i < number; i++)
	{
		init_table(board, &board->tables[i], &tables[i], offset);
		offset += slices_bytes(&tables[i]);
	}
	board->magic = BOARD_MAGIC;
	process->shared->handler_segment = dsm_segment_handle(segment);
}

void
mm_shared_sums_cut(SharedSums *sums, int64 first, uint64 width, uint64 parts)
{
	sums->first = first;
	sums->width = width;
	if (parts * SLICES_PER_PART <= sums->max_slices)
		sums->nslices = parts * SLICES_PER_PART;
}

static SumsBoard *
attach(JobProcess *process)
{
	dsm_handle handle = process->shared->handler_segment;
	dsm_segment *segment;
	SumsBoard *board;

	if (handle == DSM_HANDLE_INVALID)
		return NULL;
	segment = dsm_find_mapping(handle);
	if (segment == NULL)
	{
		segment = dsm_attach(handle);
		if (segment == NULL)
			return NULL; /* the leader is gone */
		dsm_pin_mapping(segment);
	}
	board = dsm_segment_address(segment);
	return board->magic == BOARD_MAGIC ? board : NULL;
}

static bool
is_old(SharedSums *sums)
{
	TimestampTz begun;

	SpinLockAcquire(&sums->mutex);
	begun = sums->is_begun ? sums->begun : 0;
	SpinLockRelease(&sums->mutex);
	return begun != 0 && TimestampDifferenceExceeds(begun, GetCurrentTimestamp(),
													MAX_AGE_MS);
}

SharedSums *
mm_shared_sums_find(JobProcess *process, int64 map_id)
{
	SumsBoard *board = attach(process);

	for (int i = 0; board != NULL && i < board->ntables; i++)
	{
		SharedSums *sums = &board->tables[i];

		if (sums->map_id == map_id)
			return is_old(sums) ? NULL : sums;
	}
	return NULL;
}

/* ---------------------------------------------------------------- slices */

int
mm_shared_sums_slices(const SharedSums *sums)
{
	return sums->nslices;
}

int64
mm_shared_sums_end(const SharedSums *sums, int slice)
{
	return (int64) (sums->first + (int128) sums->width * (slice + 1) / sums->nslices);
}

/* Where slices have no width, it is behind the first that ends there. */
int
mm_shared_sums_behind(const SharedSums *sums, const char *key)
{
	int128 distance = mm_integer_of(key) - sums->first;
	int128 slice;

	if (sums->width == 0 || distance <= 0 || distance > sums->width)
		return -1;
	slice = (distance * sums->nslices + sums->width - 1) / sums->width;
	if (slice >= sums->nslices || mm_shared_sums_end(sums, slice - 1) != mm_integer_of(key))
		return -1;
	return (int) slice;
}

static SharedSlice *
slice_of(const SharedSums *sums, int slice)
{
	return (SharedSlice *) ((char *) sums + sums->slices_offset) + slice;
}

/* Nobody else at the same number gets lost. */
static void
add_xor(pg_atomic_uint64 *to, uint64 value)
{
	uint64 old = pg_atomic_read_u64(to);

	while (!pg_atomic_compare_exchange_u64(to, &old, old ^ value))
		continue;
}

SliceSum
mm_shared_sums_get(const SharedSums *sums, int slice)
{
	SharedSlice *shared = slice_of(sums, slice);
	SliceSum sum;

	sum.rows = pg_atomic_read_u64(&shared->rows);
	sum.sum = pg_atomic_read_u64(&shared->sum);
	return sum;
}

/* ---------------------------------------------------------------- helpers */

/* By the mutex. */
static bool
is_over(const SharedSums *sums)
{
	return sums->is_broken || (sums->is_begun && sums->next >= sums->nblocks);
}

static bool
has_blocks(SharedSums *sums)
{
	bool is_any;

	SpinLockAcquire(&sums->mutex);
	is_any = !is_over(sums);
	SpinLockRelease(&sums->mutex);
	return is_any;
}

/*
 * The first helper's snapshot, for all.  Who comes while it is taken waits,
 * and the blocks are counted after it: no row that it shows lies behind them.
 */
static Snapshot
begin(SharedSums *sums, Relation relation)
{
	Snapshot snapshot = GetTransactionSnapshot();
	TimestampTz now = GetCurrentTimestamp();
	BlockNumber nblocks;
	bool fits;

	PushActiveSnapshot(snapshot);
	nblocks = RelationGetNumberOfBlocks(relation);
	/* Our own transaction is not in it: had it a number, others would not know. */
	fits = nblocks <= MAX_BLOCKS &&
		   EstimateSnapshotSpace(snapshot) <= SNAPSHOT_BYTES &&
		   !TransactionIdIsValid(GetTopTransactionIdIfAny());
	if (fits)
		SerializeSnapshot(snapshot, sums->snapshot);
	SpinLockAcquire(&sums->mutex);
	sums->nblocks = nblocks;
	sums->claim = Max(nblocks / CLAIMS_PER_TABLE, MIN_CLAIM);
	sums->is_broken |= !fits;
	sums->source = fits ? MyProc : NULL;
	sums->begun = now;
	sums->is_begun = true;
	SpinLockRelease(&sums->mutex);
	ConditionVariableBroadcast(&sums->changed);
	return GetActiveSnapshot();
}

/*
 * The snapshot of the source, who stays until we have it: what it shows is not
 * vacuumed away from then on.
 */
static bool
take_over(SharedSums *sums, Snapshot snapshot)
{
	PGPROC *source;
	bool is_taken;

	SpinLockAcquire(&sums->mutex);
	source = is_over(sums) ? NULL : sums->source;
	if (source != NULL)
		sums->joining++;
	SpinLockRelease(&sums->mutex);
	if (source == NULL)
		return false;
	/* None that is older may be in use: the xmin may go forward. */
	Assert(!ActiveSnapshotSet());
	InvalidateCatalogSnapshot();
	is_taken = ProcArrayInstallRestoredXmin(snapshot->xmin, source);
	SpinLockAcquire(&sums->mutex);
	sums->joining--;
	if (is_taken)
		sums->helpers++;
	SpinLockRelease(&sums->mutex);
	is_helping = is_taken;
	return is_taken;
}

/* Are we the first?  Then we begin; else whoever is has begun. */
static bool
is_first(SharedSums *sums)
{
	bool first;
	bool is_starting;

	ConditionVariablePrepareToSleep(&sums->changed);
	for (;;)
	{
		SpinLockAcquire(&sums->mutex);
		first = !sums->is_begun && !sums->is_broken && sums->helpers == 0;
		is_starting = !sums->is_begun && !sums->is_broken && !first;
		if (first)
			sums->helpers++;
		SpinLockRelease(&sums->mutex);
		if (!is_starting)
			break;
		ConditionVariableSleep(&sums->changed, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
	is_helping = first;
	return first;
}

Snapshot
mm_shared_sums_join(SharedSums *sums, Relation relation)
{
	Snapshot snapshot;

	if (is_first(sums))
		return begin(sums, relation);
	if (!has_blocks(sums))
		return NULL;
	snapshot = RestoreSnapshot(sums->snapshot);
	if (!take_over(sums, snapshot))
		return NULL;
	PushActiveSnapshot(snapshot);
	return GetActiveSnapshot();
}

bool
mm_shared_sums_claim(SharedSums *sums, BlockNumber *first, BlockNumber *number)
{
	SpinLockAcquire(&sums->mutex);
	*first = sums->next;
	*number = is_over(sums) ? 0 : Min(sums->claim, sums->nblocks - sums->next);
	sums->next += *number;
	SpinLockRelease(&sums->mutex);
	return *number > 0;
}

/* Who holds the snapshot stays for those who are just taking it over. */
static void
wait_for_joining(SharedSums *sums)
{
	int joining;

	do
	{
		SpinLockAcquire(&sums->mutex);
		joining = sums->joining;
		SpinLockRelease(&sums->mutex);
		if (joining > 0)
			pg_usleep(100L);
	} while (joining > 0);
}

/* One helper less. */
static void
go(SharedSums *sums, uint64 blocks, bool is_broken)
{
	bool was_source;

	is_helping = false;
	SpinLockAcquire(&sums->mutex);
	was_source = sums->source == MyProc;
	if (was_source)
		sums->source = NULL;
	sums->summed += blocks;
	sums->helpers--;
	sums->is_broken |= is_broken;
	SpinLockRelease(&sums->mutex);
	if (was_source)
		wait_for_joining(sums);
	ConditionVariableBroadcast(&sums->changed);
}

void
mm_shared_sums_leave(SharedSums *sums, const SliceSum *found, uint64 blocks)
{
	for (int i = 0; i < sums->nslices; i++)
	{
		if (found[i].rows == 0)
			continue;
		pg_atomic_fetch_add_u64(&slice_of(sums, i)->rows, found[i].rows);
		add_xor(&slice_of(sums, i)->sum, found[i].sum);
	}
	go(sums, blocks, false);
	PopActiveSnapshot();
}

void
mm_shared_sums_fail(SharedSums *sums)
{
	if (is_helping)
		go(sums, 0, true);
}

void
mm_shared_sums_break(SharedSums *sums)
{
	SpinLockAcquire(&sums->mutex);
	sums->is_broken = true;
	SpinLockRelease(&sums->mutex);
	ConditionVariableBroadcast(&sums->changed);
}

bool
mm_shared_sums_wait(SharedSums *sums)
{
	bool is_whole;
	bool is_waiting;

	ConditionVariablePrepareToSleep(&sums->changed);
	for (;;)
	{
		SpinLockAcquire(&sums->mutex);
		is_whole = sums->is_begun && !sums->is_broken &&
				   sums->summed == sums->nblocks;
		is_waiting = !is_whole && !sums->is_broken &&
					 sums->helpers + sums->joining > 0;
		SpinLockRelease(&sums->mutex);
		if (!is_waiting)
			break;
		ConditionVariableSleep(&sums->changed, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
	return is_whole;
}
