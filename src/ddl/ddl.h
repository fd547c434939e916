/*
 * src/ddl/ddl.h
 *		Remote structs into CREATE text: pure text, no side effects.
 *
 * One statement, one DdlStatement; migrate/ makes tasks of them, and
 * migration_plan prints them.
 */
#ifndef MM_DDL_DDL_H
#define MM_DDL_DDL_H

#include "base/ident.h"
#include "base/note.h"
#include "source/remote_catalog.h"

/* In the order in which they run; data comes between TABLE and INDEX. */
typedef enum DdlPhase
{
	DDL_SCHEMA,
	DDL_TYPE,	  /* enum types */
	DDL_SEQUENCE, /* MariaDB sequences */
	DDL_TABLE,
	DDL_INDEX, /* may run in parallel, table committed */
	DDL_KEY,   /* primary key and unique constraints USING
								 * INDEX; short, exclusive */
	DDL_CHECK, /* ADD CONSTRAINT ... NOT VALID */
	DDL_VALIDATE_CHECK,
	DDL_IDENTITY,
	DDL_TRIGGER, /* ON UPDATE CURRENT_TIMESTAMP, translated
								 * triggers; run after publishing */
	DDL_COMMENT,
	DDL_FOREIGN_KEY,		  /* ADD CONSTRAINT ... NOT VALID */
	DDL_VALIDATE_FOREIGN_KEY, /* in parallel */
	DDL_VIEW				  /* after publishing, in dependency order */
} DdlPhase;

typedef struct DdlStatement
{
	DdlPhase phase;
	RemoteTable *table;	  /* NULL: of the schema */
	const char *object;	  /* local name of what it makes */
	const char *sql;	  /* one statement, no semicolon at the end */
	const char *reason;	  /* why it is as it is, or NULL */
	const char *original; /* MySQL's text where that says more, or NULL */
	bool may_fail;		  /* data may break it: note, and go on (unique
								 * index, CHECK, foreign key validation) */
	bool of_partition;	  /* not of the table itself */
	const char *listing;  /* query that lists the offending rows, or NULL */
} DdlStatement;

typedef enum CaseMode
{
	CASE_UNIQUE, /* plus a unique index on lower(col) */
	CASE_IGNORE,
	CASE_COLLATION, /* one nondeterministic ICU collation */
	CASE_CITEXT		/* the type of extension citext */
} CaseMode;

typedef struct DdlOptions
{
	const char *local_schema;
	bool create_schema; /* the schema does not exist yet */
	IdentifierMode identifiers;
	CaseMode case_insensitive;
	bool serial; /* serial instead of identity */
	bool flatten_partitions;
	const char *owner;				/* NULL: whoever runs it */
	const char *text_search_config; /* for FULLTEXT; NULL: simple */
	const char *citext;				/* the type with its schema; NULL: not
									 * installed */
	ValuePolicies policies;
} DdlOptions;

/*
 * Fills every local_name (and load_name = local_name, local_enum) of the
 * schema: folding, the 63-byte rule, collisions within tables and, for
 * indexes, within the schema.  Renames other than by case go to notes;
 * colliding tables or columns are a blocker note.
 * `taken`: names of relations that exist in the local schema (List of char *).
 */
extern void mm_ddl_assign_names(RemoteSchema *schema, const DdlOptions *options,
								List *taken, NoteList *notes);

/*
 * Gives all columns tied by foreign keys one type, over the whole graph: the
 * widest wins.  Each change is a note.
 */
extern void mm_ddl_unify_types(RemoteSchema *schema, NoteList *notes);

/*
 * To be called once, after names are assigned and decisions are known, before
 * mm_ddl_schema and before data is read: unifies types (above), makes columns
 * with AUTO_INCREMENT integers, decides which generated columns stay generated
 * (is_generated_here) and which columns lose NOT NULL with their zero date
 * default.
 */
extern void mm_ddl_prepare(RemoteSchema *schema, const DdlOptions *options,
						   NoteList *notes);

/*
 * All statements for the schema, ordered by phase, then table.  What cannot be
 * translated is in notes, each object by name.
 */
extern List *mm_ddl_schema(RemoteSchema *schema, const DdlOptions *options,
						   NoteList *notes);

/*
 * The text columns of unique keys of a table that is made here which MySQL
 * compares without regard to case (List of RemoteColumn *).
 */
extern List *mm_ddl_case_columns(const RemoteTable *table);

/*
 * For a table that PostgreSQL refuses: statements that make one of the same
 * columns, of which only one has its default or generation expression, and drop
 * it, to find the one that it is about; and CREATE TABLE as it is now, after
 * columns were made bare or is_partitioned_here was taken back.
 */
extern char *mm_ddl_probe_column(RemoteSchema *schema,
								 const DdlOptions *options, RemoteTable *table,
								 const RemoteColumn *column);
extern char *mm_ddl_table_again(RemoteSchema *schema,
								const DdlOptions *options, RemoteTable *table);

/*
 * An index for rows that are too long for the B-tree it would be: a hash index
 * over one column, or one over digests where it is unique and over beginnings
 * where not.  NULL: that would not help.
 */
extern char *mm_ddl_long_index(const RemoteTable *table,
							   const RemoteIndex *index);

#endif /* MM_DDL_DDL_H */
