/*
 * src/migrate/spec.h
 *		What a caller asked for: arguments and options of a job.
 *
 * The SQL functions put everything into one JSON object, which is the job's
 * payload; leader and workers read it back with mm_spec_parse.
 */
#ifndef MM_MIGRATE_SPEC_H
#define MM_MIGRATE_SPEC_H

#include "base/throttle.h"
#include "ddl/ddl.h"
#include "nodes/pg_list.h"
#include "types/type_map.h"

typedef enum OnExisting
{
	EXISTING_ERROR,
	EXISTING_APPEND,
	EXISTING_TRUNCATE,
	EXISTING_REPLACE
} OnExisting;

typedef enum OnError
{
	ON_ERROR_STOP,
	ON_ERROR_REJECT
} OnError;

typedef enum SnapshotMode
{
	SNAPSHOT_AUTO,
	SNAPSHOT_LOCK,
	SNAPSHOT_NO_LOCK,
	SNAPSHOT_NONE
} SnapshotMode;

typedef enum ValidateMode
{
	VALIDATE_NONE,
	VALIDATE_COUNT,
	VALIDATE_CHECKSUM,
	VALIDATE_FULL
} ValidateMode;

/* What migrate_missing does with rows that differ. */
typedef enum SyncMode
{
	SYNC_MISSING, /* inserts rows that are not here */
	SYNC_NEW,	  /* the same beyond the highest key */
	SYNC_CHANGED, /* updates, too */
	SYNC_MIRROR,  /* deletes, too */
	SYNC_WATERMARK
} SyncMode;

#define PHASE_SCHEMA	  (1 << 0)
#define PHASE_DATA		  (1 << 1)
#define PHASE_INDEXES	  (1 << 2)
#define PHASE_CONSTRAINTS (1 << 3)
#define PHASE_VIEWS		  (1 << 4)
#define PHASE_ALL		  0x1f

typedef struct JobSpec
{
	const char *kind; /* the function: "migrate_schema", ... */
	const char *server;
	const char *remote_schema;
	const char *local_schema;
	List *include; /* char *, NIL: all */
	List *exclude;
	const char *remote_table; /* migrate_table: just this one */
	const char *local_table;  /* under this name, NULL: its own */
	const char *where;
	int64 resumed_job;	   /* go on with this one; 0: a new job */
	int64 rolled_back_job; /* migration_rollback: undo this one */
	bool force;
	int workers;
	OnExisting on_existing;
	OnError on_error;

	SyncMode sync_mode;
	const char *watermark;	 /* column */
	const char *search_path; /* the caller's, for triggers; or NULL */

	/* Keys of "options". */
	ValuePolicies policies;
	IdentifierMode identifiers;
	CaseMode case_insensitive;
	SnapshotMode snapshot;
	ValidateMode validate;
	EnumMode enum_mode;
	JsonMode json_mode;
	bool set_as_text;
	bool inspect;
	bool flatten_partitions;
	bool serial;
	bool strict;
	int phases;
	int64 max_rejects;
	bool only_rejected; /* migrate_table: the rows that were rejected */
	int max_source_connections;
	double max_delete;	/* percent; negative: the default */
	bool compares_full; /* migrate_missing: as validate's mode "full" */
	const char *look_back;
	bool triggers;		   /* migrate_missing: they fire */
	int64 max_slot_wal;	   /* bytes that slots may keep back; 0: off */
	int64 max_replica_lag; /* seconds; 0: off */
	bool notify;
	ThrottleRate rate_limit;   /* of what is read from the source */
	const char *datetime_zone; /* of MySQL's DATETIME; NULL: not stated */
	const char *owner;
	const char *before_sql;
	const char *after_sql;
	const char *text_search_config;

	List *rules; /* Rule *, see source/rule.h; oldest first */
} JobSpec;

/* The payload, checked; raises 22023 for an unknown key or a bad value. */
extern JobSpec *mm_spec_parse(const char *payload);

/*
 * Policies as "zero_date=null, nul=strip", over those in `base` (NULL: the
 * defaults); raises 22023.  And all of them as such a text.
 */
extern ValuePolicies *mm_spec_policies_parse(const char *text,
											 const ValuePolicies *base);
extern char *mm_spec_policies_text(const ValuePolicies *policies);

/* Does a name match one of the patterns ("orders", "tmp_*")? */
extern bool mm_spec_matches(List *patterns, const char *name);

#endif /* MM_MIGRATE_SPEC_H */
