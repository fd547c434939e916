/*
 * src/migrate/walk.h
 *		Migrated tables into tasks that each look at a part of one.
 *
 * validate and migrate_missing walk alike: by ranges of the key where its
 * order is the same on both sides, else a table is one task; rows whose
 * (nullable) key is NULL are a task of their own.
 */
#ifndef MM_MIGRATE_WALK_H
#define MM_MIGRATE_WALK_H

#include "migrate/book.h"
#include "migrate/compare.h"
#include "migrate/migration.h"

typedef struct WalkTable
{
	TableMap *map;
	RemoteTable *table;
	int stage;		   /* all of its tasks are done */
	int number;		   /* among the tables of the walk */
	const char *drift; /* what the comparison cannot see (migrate/drift.h) */

	/* Of migrate_missing. */
	const char *mode;			 /* what becomes of rows that differ */
	const char *null_mode;		 /* of rows whose key is NULL; NULL: mode */
	const char *condition;		 /* on MySQL's rows, beside the filter */
	const char *position_column; /* the next run begins at this ... */
	const char *position;		 /* ... value of it */
	const char *note;
	int rank;		/* tables that it refers to have lower ones */
	bool in_circle; /* its foreign keys lead back to it */

	/* Where the cutting into tasks has got to. */
	const RemoteColumn *range;
	const RemoteColumn *nullable;
	uint64 estimated_rows;
	uint64 rows_per_task;
	const char *lower; /* the next task begins after it, NULL: at the start */
	const char *upper; /* end of the last task, NULL: open */
	bool is_cut;
} WalkTable;

typedef struct Walk
{
	const char *task_kind;
	List *tables;	 /* of WalkTable * */
	int next_to_cut; /* index into tables */
	List *absent;	 /* of AbsentTable *: not here at all */
} Walk;

/*
 * The beginning (walk_begin.c).  The tables that the arguments name, which
 * raises when there are none (List of TableMap *); and the job's row, unless
 * an earlier run has made it, whereupon the transaction is committed.
 */
extern List *mm_walk_find_tables(const JobSpec *spec);
extern void mm_walk_insert_job(JobProcess *process);

/* A table as the book has it, without a stage. */
extern WalkTable *mm_walk_table(JobProcess *process, TableMap *map);

/* With one that is held until it is cut, and among those of the walk. */
extern WalkTable *mm_walk_add_table(JobProcess *process, Walk *walk,
									TableMap *map);

/* Today's sizes, from MySQL; the number of rows of all tables. */
extern uint64 mm_walk_estimate(JobProcess *process, Walk *walk);

/* Workers, unless there is so little to do that the leader is quicker. */
extern void mm_walk_start_workers(JobProcess *process, uint64 rows);

/* Add tasks when few are left; false: there are no more. */
extern bool mm_walk_more(JobProcess *process, Walk *walk);

/*
 * The job of an earlier run goes on (walk_resume.c): with what that has left,
 * or from the start.  Outside of a transaction, before anything else is done.
 */
extern void mm_walk_resume(JobProcess *process, Walk *walk, List *maps);
extern void mm_walk_restart_job(JobProcess *process);

/* The rows a task is about. */
extern void mm_walk_scope(const Task *task, const RemoteTable *table,
						  Oid relation, const ValuePolicies *policies,
						  CompareScope *scope);

/*
 * Sums of this side that a task may use; NULL: it reads its range itself, as
 * does one that is tried again, which may have changed rows since.
 */
extern SharedSums *mm_walk_sums(JobProcess *process, const Task *task);

/* The policies under which a table was loaded. */
extern const ValuePolicies *mm_walk_policies(const TableMap *map,
											 const JobSpec *own);

/* Raises unless the local table is still there. */
extern void mm_walk_check_table(const TableMap *map);

#endif /* MM_MIGRATE_WALK_H */
