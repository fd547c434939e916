/*
 * src/migrate/switch.h
 *		What the files of migrate_switch share.
 */
#ifndef MM_MIGRATE_SWITCH_H
#define MM_MIGRATE_SWITCH_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "migrate/switch_proof.h"
#include "nodes/execnodes.h"

/* What a report says when the account may not ask. */
#define NO_PROCESS "; open transactions cannot be seen without the privilege PROCESS"
#define NO_MONITOR "; how far the replica is cannot be seen without SLAVE MONITOR (MariaDB) or REPLICATION CLIENT (MySQL)"

/* A call of migrate_switch. */
typedef struct Switch
{
	ReturnSetInfo *rsinfo;
	int step;
	TimestampTz started;

	/* Arguments. */
	const char *server;
	bool lock;
	int seconds;
	int64 margin;
	List *accept; /* of char *: tables that need not be whole */
	const char *options;

	/* What was found. */
	WireConn *conn; /* holds the lock, if one was asked for */
	List *maps;		/* of TableMap * */
	List *remote_schemas;
	List *obstacles; /* of Obstacle * */
	SourceMark mark;
	List *own_jobs; /* of char *: numbers of the jobs of this call */
} Switch;

/* Why the server cannot be switched yet. */
typedef struct Obstacle
{
	int sqlerrcode;
	const char *what; /* one line */
	const char *detail;
	const char *next_step;
} Obstacle;

/* Sums of a job's rows. */
typedef struct JobTotals
{
	Switch *run;
	int tables;
	uint64 rows;
	uint64 inserted;
	uint64 updated;
	uint64 deleted;
	int accepted;
	int different;
	StringInfoData names;
} JobTotals;

/* The next row of the report. */
extern void mm_switch_report(Switch *run, const char *what,
							 const char *result, const char *time);

/* Sleep until then; honours interrupts. */
extern void mm_switch_wait(TimestampTz end);

/* ---- migrate/switch_ready.c ---- */

/* Was the server switched before?  Then the report says so. */
extern bool mm_switch_is_over(Switch *run);

/* Fill in maps, remote_schemas and obstacles. */
extern void mm_switch_look(Switch *run);

/* Raise the first obstacle. */
extern void mm_switch_refuse_unready(const Switch *run);

/*
 * Raise 55006 when a job of the server that is not ours runs, or ended since
 * the switch began: what it wrote was perhaps not compared.
 */
extern void mm_switch_refuse_running(const Switch *run);

/* dry_run: readiness, and how long each step took the last time. */
extern void mm_switch_rehearse(Switch *run);

#endif /* MM_MIGRATE_SWITCH_H */
