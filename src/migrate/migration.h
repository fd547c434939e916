/*
 * src/migrate/migration.h
 *		What the processes of a migration carry in JobProcess.state.
 */
#ifndef MM_MIGRATE_MIGRATION_H
#define MM_MIGRATE_MIGRATION_H

#include "ddl/ddl.h"
#include "job/handler.h"
#include "load/chunk.h"
#include "migrate/spec.h"
#include "source/remote_catalog.h"
#include "wire/connection.h"

/* Commands of the rounds. */
#define ROUND_BEGIN_SNAPSHOT 1 /* and tell its binlog position */
#define ROUND_BEGIN_LOCKED	 2 /* just open it, at once */
#define ROUND_END_SNAPSHOT	 3
#define ROUND_TOKEN_OF		 4 /* + slot: tell it once more, you alone */

/* A table of the job, as the leader sees it. */
typedef struct TableState
{
	RemoteTable *table;
	int64 map_id;		/* mysql_migrate.table_map.id */
	Oid relation;		/* local table */
	bool created;		/* by this job, under load_name */
	bool is_published;	/* an earlier run did that */
	bool is_unfinished; /* a task failed that a resume tries again */
	int load_stage;		/* all chunks are in */
	List *load_needs;	/* stages that must be over before the first */
	int index_stage;	/* all indexes are built */
	int key_stage;		/* keys and checks are there */
	int check_stage;	/* checks are validated */
	int finish_stage;	/* identity, comments, statistics */

	const char *filter;		 /* WHERE condition on the remote rows, or NULL */
	List *finish_statements; /* of DdlStatement *, for the last task */

	bool is_cut;		   /* all of its load tasks have been made */
	bool is_partly_loaded; /* by an earlier run */
} TableState;

typedef struct Migration
{
	JobSpec *spec;
	ConnInfo *info;
	WireConn *conn;				/* leader: the spare session */
	MemoryContext conn_context; /* the connection lives in it */
	bool in_snapshot;
	bool is_marked;		/* the snapshot has its savepoint */
	double lock_ms;		/* so long may writers have stood for it; -1: no lock */
	bool has_connected; /* once at least */

	/* Worker: the table of the last load task. */
	int64 cached_map_id;
	RemoteTable *cached_table;
	Oid cached_relation;
	char *cached_filter;
	const ChunkKey *cached_key; /* that it is walked by */
	uint64 piece_rows;			/* rows that take about as long as a piece should */
	MemoryContext cache_context;

	/* Leader. */
	bool is_tried;		  /* the plan has been begun */
	bool is_claimed;	  /* resume: the job is ours */
	bool was_interrupted; /* resume: the last run was killed */
	RemoteSchema *schema;
	NoteList *notes;
	DdlOptions ddl;
	List *tables;	   /* of TableState *, biggest first */
	struct Walk *walk; /* of a job that looks at tables, else NULL */
	bool created_schema;
	bool is_preview;			/* only looks: a missing right is a finding */
	List *replaced;				/* Oid: local tables that give way, with their
								 * partitions */
	const char *replaced_views; /* resume: names of such views, a text[] */
	int next_to_cut;			/* index into tables */
	int fk_stage;				/* all foreign keys are added */
	int nworkers;
	int64 dropped;		  /* migration_rollback: objects */
	const char *position; /* of the moment, or NULL */
	TimestampTz started;
	/* See migrate/watch.c. */
	TimestampTz last_look;
	struct WalTrail *wal_trail; /* with max_replica_lag, else NULL */
	TimestampTz first_report;
	TimestampTz last_report;
	double first_bytes;
	double last_rows;
} Migration;

/*
 * The state of a job's process, also in process->state; in transactions of its
 * own.  mm_migration_init: the same within the open transaction.
 */
extern Migration *mm_migration_create(JobProcess *process);
extern Migration *mm_migration_init(JobProcess *process);

/*
 * The state anew, for a plan that is begun again; a job that has a number by
 * now goes on under it.
 */
extern Migration *mm_migration_repeat(JobProcess *process);

/* The leader's table of that number; NULL: it is none of the job's. */
extern TableState *mm_migration_find_table(const Migration *migration,
										   int64 map_id);

/* A (new) connection; what the old one had is gone. */
extern void mm_migration_connect(JobProcess *process);
extern void mm_migration_disconnect(JobProcess *process);

/* One moment for all sessions (migrate/moment.c). */
extern void mm_moment_take(JobProcess *process);

/*
 * Between reads: the transaction lets go of the tables that it has read, so
 * that an ALTER TABLE at the source need not wait for its end.  _hold before
 * a read, _let_go after it; without effect outside of a snapshot.
 */
extern void mm_moment_hold(Migration *migration);
extern void mm_moment_let_go(Migration *migration);
extern bool mm_moment_needs_lock(const Migration *migration);
extern bool mm_moment_round(JobProcess *process, int command, char *token);

/* What the data decides (migrate/decide.c). */
extern void mm_decide_schema(JobProcess *process);
extern void mm_decide_here(JobProcess *process);
extern int mm_decide_from_store(Migration *migration);
extern void mm_decide_remember(const Migration *migration);

/* What there is to do (migrate/plan_schema.c). */
extern void mm_plan_read(Migration *migration);
extern void mm_plan_refuse_blockers(const Migration *migration);
extern List *mm_plan_statements(Migration *migration);

/* Schema, types, sequences and tables (migrate/make_objects.c). */
extern void mm_make_objects(JobProcess *process, List *statements);

/*
 * Tables and tasks of the statements that were made or are still to be run
 * (migrate/plan_tasks.c).  In a transaction.
 */
extern void mm_plan_tasks(JobProcess *process, List *statements);

/* The plan of a job (migrate/plan_job.c). */
extern void mm_plan_job(JobProcess *process);
extern bool mm_plan_more(JobProcess *process);
extern bool mm_plan_cuts_to_come(JobProcess *process);

/* The tasks (migrate/tasks.c). */
extern void mm_tasks_run(JobProcess *process, const Task *task,
						 TaskCounts *counts, const char **remark);

/* What cannot be made, but may fail (migrate/tolerate.c). */
extern bool mm_tasks_tolerate(JobProcess *process, const Task *task,
							  const ErrorData *error, const char **remark);
extern void mm_tolerate_count(JobProcess *process);

/*
 * The table a task is about: cached_table and its companions are filled in;
 * and whether the local one is still there.
 */
extern RemoteTable *mm_tasks_table(Migration *migration, int64 map_id);
extern void mm_tasks_check_relation(const Migration *migration);

/* Loading a range (migrate/load_task.c). */
extern void mm_load_task_run(JobProcess *process, const Task *task,
							 TaskCounts *counts, const char **remark);

/* Kind of the tasks that run after publishing: triggers, views. */
#define LATE_TASK "late"
#define LOAD_TASK "load"

extern void mm_plan_announce(JobProcess *process);
extern void mm_plan_start_workers(JobProcess *process);

/* Once the job's row is committed; see identity.h. */
extern void mm_plan_refuse_switched(JobProcess *process);
extern const ChunkKey *mm_plan_key(const RemoteTable *table);

/* Going on (migrate/resume.c). */
extern void mm_resume_claim(JobProcess *process);
extern void mm_resume_job(JobProcess *process);

/* Undoing (migrate/rollback.c). */
extern void mm_rollback_job(JobProcess *process);
extern bool mm_rollback_more(JobProcess *process);
extern const char *mm_rollback_finish(JobProcess *process, ErrorData **error);

/* The end (migrate/finish.c). */
extern const char *mm_finish_job(JobProcess *process, ErrorData **error);
extern void mm_finish_abandon(JobProcess *process);

/* SQL as the job's user, through SPI, inside the open transaction. */
extern void mm_migration_execute(const char *sql);

/* The same, undone and returned as data when it fails; NULL: it did not. */
extern ErrorData *mm_migration_try(const char *sql);

/*
 * Something in a transaction of its own; the error, or NULL.  The error is in
 * the server's log too if `logs`.  A cancel is raised.
 */
typedef void (*Attempt)(JobProcess *process, void *arg);
extern ErrorData *mm_migration_attempt(JobProcess *process, Attempt attempt,
									   void *arg, bool logs);

#endif /* MM_MIGRATE_MIGRATION_H */
