/*
 * src/source/remote_catalog.h
 *		A remote schema, described: information_schema into plain structs.
 *
 * The number of remote queries does not grow with the number of tables.
 * Everything is palloc'ed in the memory context current at the call.
 *
 * The local_* members are filled in later, by ddl/ddl_name.c.
 */
#ifndef MM_SOURCE_REMOTE_CATALOG_H
#define MM_SOURCE_REMOTE_CATALOG_H

#include "nodes/pg_list.h"
#include "types/type_map.h"
#include "wire/connection.h"

typedef struct RemoteColumn
{
	const char *name;
	const char *local_name;
	bool is_renamed; /* by a rule */
	int position;	 /* ordinal position, from 1 */
	ColumnType type;
	bool not_null;
	bool is_nullable_here; /* NOT NULL dropped (zero dates become NULL) */
	bool is_auto_increment;
	const char *default_text;	/* an SQL expression or literal text; NULL none */
	bool default_is_expression; /* else default_text is the bare value */
	bool on_update_now;			/* ON UPDATE CURRENT_TIMESTAMP */
	int on_update_fraction;
	const char *generated;	/* generation expression, or NULL */
	bool is_stored;			/* generated STORED or PERSISTENT */
	bool is_generated_here; /* computed here too: nothing to load */
	bool is_bare_here;		/* its default or expression was refused */
	bool is_tied;			/* by foreign keys to columns of its type */
	bool is_computed;		/* by the local table that exists already */
	bool is_invisible;
	bool is_skipped;			/* a rule says so */
	const char *transform;		/* SQL over the remote row that gives the value
								 * here (load/transform.h), or NULL */
	const char *comment;		/* NULL: none */
	const char *local_enum;		/* name of the enum type made for it */
	const char *local_sequence; /* of an AUTO_INCREMENT column */
} RemoteColumn;

typedef struct RemoteIndexColumn
{
	RemoteColumn *column;	/* NULL: an expression */
	const char *expression; /* functional key part (MySQL 8) */
	int64 prefix_length;	/* characters or bytes; 0: whole column */
	bool is_descending;
} RemoteIndexColumn;

typedef enum RemoteIndexKind
{
	REMOTE_INDEX_BTREE,
	REMOTE_INDEX_HASH,
	REMOTE_INDEX_FULLTEXT,
	REMOTE_INDEX_SPATIAL
} RemoteIndexKind;

typedef struct RemoteIndex
{
	const char *name; /* "PRIMARY" for the primary key */
	const char *local_name;
	const char *local_case_name; /* of the twin index on lower(), or NULL */
	RemoteIndexKind kind;
	bool is_primary;
	bool is_unique;
	bool is_invisible;
	const char *comment;
	List *columns; /* of RemoteIndexColumn * */
} RemoteIndex;

typedef struct RemoteForeignKey
{
	const char *name;
	const char *local_name;
	List *columns; /* of RemoteColumn * */
	const char *referenced_schema;
	const char *referenced_table;
	List *referenced_columns; /* of char *, remote names */
	const char *update_rule;  /* "CASCADE", "SET NULL", "RESTRICT", ... */
	const char *delete_rule;
} RemoteForeignKey;

typedef struct RemoteCheck
{
	const char *name;
	const char *local_name;
	const char *expression;
	bool is_enforced;
} RemoteCheck;

typedef struct RemotePartition
{
	const char *name;	/* NULL: the table is not partitioned */
	const char *method; /* "RANGE COLUMNS", "HASH", ... */
	const char *expression;
	const char *description; /* VALUES of it */
	const char *subname;
	const char *submethod;
	const char *subexpression;
	const char *comment;
	const char *local_name;
	const char *local_subname; /* of the subpartition */
} RemotePartition;

/* An object of a table that has another name while it is loaded. */
typedef struct RemoteRename
{
	const char *kind; /* "INDEX", "SEQUENCE", "TYPE", "TABLE" */
	const char *from;
	const char *to;
} RemoteRename;

typedef struct RemoteTable
{
	const char *schema;
	const char *name;
	const char *local_schema;
	const char *local_name;	  /* the final name */
	const char *load_name;	  /* the name while it is being loaded */
	bool exists_here;		  /* the local table is there already */
	Oid replaced;			  /* local table whose place it takes, or invalid */
	List *renames;			  /* of RemoteRename *, when it does */
	bool is_circular;		  /* its foreign keys here lead back to it */
	const char *query;		  /* a SELECT that gives the rows, or NULL */
	const char *filter;		  /* MySQL condition on the rows, or NULL */
	const char *local_filter; /* the same here, or NULL: not known */
	const char *engine;
	bool is_transactional; /* engine takes part in a snapshot */
	bool is_sequence;	   /* MariaDB SEQUENCE */
	bool is_system_versioned;
	uint64 estimated_rows;
	uint64 data_bytes; /* DATA_LENGTH */
	uint64 average_row_bytes;
	uint64 auto_increment; /* next value; 0: none */
	const char *collation;
	const char *comment;
	List *columns;						 /* of RemoteColumn *, in order */
	List *indexes;						 /* of RemoteIndex *, primary first */
	List *foreign_keys;					 /* of RemoteForeignKey * */
	List *checks;						 /* of RemoteCheck * */
	List *partitions;					 /* of RemotePartition *, one for each subpartition */
	const char *local_default_partition; /* where one is needed */
	bool is_partitioned_here;
} RemoteTable;

/* Something that is text in MySQL: view, trigger, routine, event. */
typedef enum RemoteProgramKind
{
	REMOTE_VIEW,
	REMOTE_TRIGGER,
	REMOTE_PROCEDURE,
	REMOTE_FUNCTION,
	REMOTE_EVENT,
	REMOTE_PACKAGE
} RemoteProgramKind;

typedef struct RemoteProgram
{
	RemoteProgramKind kind;
	const char *name;
	const char *local_name;
	const char *table;		/* of a trigger */
	const char *timing;		/* "BEFORE", "AFTER" */
	const char *event;		/* "INSERT", ... */
	const char *definition; /* the body, or the SELECT of a view */
	const char *detail;		/* parameters, schedule, definer, ... */
	List *columns;			/* of RemoteColumn *, of a view */
	int action_order;		/* of a trigger */
} RemoteProgram;

typedef struct RemoteSequence
{
	const char *name;
	const char *local_name;
	int64 start_value;
	int64 minimum;
	int64 maximum;
	int64 increment;
	int64 next_value;
	int64 cache;
	bool cycles;
} RemoteSequence;

typedef struct RemoteSchema
{
	const char *name;
	const char *charset;
	const char *collation;
	RemoteServerInfo server;
	bool folds_names; /* lower_case_table_names is not 0 */
	List *tables;	  /* of RemoteTable *, base tables only */
	List *programs;	  /* of RemoteProgram * */
	List *sequences;  /* of RemoteSequence * */
} RemoteSchema;

/*
 * The whole schema, or only the named tables of it (List of char *, remote
 * names; NIL: all).  Raises HV00Q when the schema does not exist or cannot be
 * seen, HV00R for a table in the list that does not.
 */
extern RemoteSchema *mm_catalog_read(WireConn *conn, const char *schema,
									 List *only_tables);

/* What stands after FROM: the table, or the query that takes its place. */
extern char *mm_catalog_from(const RemoteTable *table);

extern RemoteTable *mm_catalog_find_table(const RemoteSchema *schema,
										  const char *name);
extern RemoteColumn *mm_catalog_find_column(const RemoteTable *table,
											const char *name);

#endif /* MM_SOURCE_REMOTE_CATALOG_H */
