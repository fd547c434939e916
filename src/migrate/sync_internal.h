/*
 * src/migrate/sync_internal.h
 *		What the files of migrate_missing share.
 *
 *	sync.c			the plan: tables, their order, the phases, the rows
 *	sync_order.c	which table comes after which
 *	sync_position.c	where the modes "new" and "watermark" begin
 *	sync_task.c		a part of a table: compare it, write what differs
 *	sync_apply.c	one row, written
 *	sync_mend.c		rows that other rows stand in the way of
 *	sync_cascade.c	rows of other tables that a delete takes along
 *	sync_circle.c	rows that refer to each other in a circle
 *	sync_book.c		rows put off, counts
 */
#ifndef MM_MIGRATE_SYNC_INTERNAL_H
#define MM_MIGRATE_SYNC_INTERNAL_H

#include "executor/spi.h"
#include "migrate/sync.h"
#include "migrate/walk.h"

/* By one task: a row that one has inserted, another may have to take back. */
typedef struct SyncCounts
{
	int64 inserted;
	int64 updated;
	int64 deleted;
	int64 rejected;
	int64 changed; /* left as they are, in this mode */
	int64 extra;
	int64 unequal; /* written, and not equal all the same */
	int64 doomed;  /* put off, to be deleted */
} SyncCounts;

/* Why a row was put off. */
#define PUT_OFF_MEND	 "mend"
#define PUT_OFF_COMPLETE "complete" /* it is here without what it refers to */
#define PUT_OFF_DELETE	 "delete"

/* Task.listing, when the table's foreign keys lead back to itself. */
#define IN_CIRCLE "circle"

/* Writes rows of one table; lives as long as a task. */
typedef struct Applier
{
	JobProcess *process;
	const Task *task;
	const TableMap *map;
	RemoteTable *table;
	SyncMode mode;
	Comparison *comparison;
	MemoryContext context;
	SyncCounts counts;
	bool one_by_one; /* each row in a subtransaction */

	/* Of the batch, whose transaction is open. */
	MemoryContext batch_context;
	Relation relation;
	RowBuilder *builder;
	int nattnums;
	const AttrNumber *attnums;
	int nset; /* attributes that an UPDATE sets */
	AttrNumber *set;
	List *put_off;	/* of PutOff * */
	List *cascades; /* of Cascade *, see sync_cascade.c */

	SPIPlanPtr insert_plan;
	SPIPlanPtr update_plan;
	SPIPlanPtr delete_plan;
} Applier;

/* sync_apply.c */
extern Applier *mm_applier_create(JobProcess *process, const Task *task,
								  SyncMode mode);
extern void mm_applier_end(Applier *applier);

/* A transaction of its own for each batch. */
/* A statement on the table, whose names are all written with their schemas. */
extern void mm_applier_execute(const Applier *applier, const char *sql);

extern void mm_applier_begin(Applier *applier);
extern void mm_applier_commit(Applier *applier);

/* Write the pair, as the mode says; raises. */
extern void mm_applier_write(Applier *applier, const RowPair *pair);
extern void mm_applier_insert(Applier *applier, const RowPair *pair);

/* Over the row at the pair's place, every column. */
extern void mm_applier_update(Applier *applier, const RowPair *pair);
extern void mm_applier_delete(Applier *applier, const RowPair *pair);

/* The row cannot be brought over: reject it, or raise. */
extern void mm_applier_reject(Applier *applier, const RowPair *pair,
							  const ErrorData *error);

/* Does another row stand in its way? */
extern bool mm_applier_is_conflict(const ErrorData *error);

/* Try something in a subtransaction; the error, or NULL. */
typedef void (*TryRow)(Applier *applier, const RowPair *pair, void *arg);
extern ErrorData *mm_applier_try(Applier *applier, TryRow try,
								 const RowPair *pair, void *arg);

/*
 * sync_order.c: sets rank and in_circle of the walk's tables; gives the
 * highest rank.
 */
extern int mm_sync_rank_tables(Walk *walk);

/* sync_circle.c */
extern bool mm_circle_insert(Applier *applier, RowPair *pair,
							 const ErrorData *error);

/* Those that were inserted so; the last time, what is left goes again. */
extern void mm_circle_complete(Applier *applier, bool is_last);
extern void mm_circle_let_go(Applier *applier, const RowPair *pair);

/*
 * sync_cascade.c: what deletes take along in other tables.  Before the first
 * delete of a batch, and before its commit.
 */
extern void mm_cascade_begin(Applier *applier);
extern void mm_cascade_end(Applier *applier);

/* sync_book.c */
extern void mm_sync_put_off(Applier *applier, const char *action,
							const RowPair *pair, const char *reason);
extern void mm_sync_store_put_off(Applier *applier);

typedef struct PutOffRow
{
	int64 id;
	char *key;
	Size length;
} PutOffRow;

/* The oldest rows put off, of those up to a number. */
extern int64 mm_sync_last_put_off(const Applier *applier, const char *action);
extern List *mm_sync_get_put_off(const Applier *applier, const char *action,
								 int64 last, int limit);
extern void mm_sync_forget_put_off(const PutOffRow *row);

/* Counts that an earlier attempt at the task has committed, and new ones. */
extern void mm_sync_load_counts(const Task *task, SyncCounts *counts);
extern char *mm_sync_counts_json(const SyncCounts *counts,
								 const char *uncompared);
extern void mm_sync_save_counts(const Task *task, const SyncCounts *counts);

/* sync_position.c */

/*
 * Where a table begins in a mode that looks at a part of it only; may fall
 * back to SYNC_MISSING, saying why in *note.
 */
extern SyncMode mm_sync_set_start(JobProcess *process, WalkTable *table,
								  const char **note);

/* After all went well: the next run begins here. */
extern void mm_sync_save_position(const WalkTable *table);

extern const char *mm_sync_mode_name(SyncMode mode);
extern SyncMode mm_sync_mode_of(const Task *task);

#endif /* MM_MIGRATE_SYNC_INTERNAL_H */
