/*
 * src/ddl/ddl_internal.h
 *		What the files of ddl/ share with each other.
 */
#ifndef MM_DDL_DDL_INTERNAL_H
#define MM_DDL_DDL_INTERNAL_H

#include "ddl/ddl.h"
#include "ddl/expr.h"

/* What is being built. */
typedef struct DdlBuild
{
	RemoteSchema *schema;
	const DdlOptions *options;
	NoteList *notes;
	List *statements; /* of DdlStatement * */
} DdlBuild;

/* What a local column type is, as far as DDL and expressions care. */
typedef enum LocalKind
{
	KIND_BOOLEAN,
	KIND_SMALLINT,
	KIND_INTEGER,
	KIND_BIGINT,
	KIND_NUMERIC,
	KIND_REAL,
	KIND_DOUBLE,
	KIND_TEXT, /* char, varchar, text */
	KIND_BYTEA,
	KIND_DATE,
	KIND_TIMESTAMP,
	KIND_TIMESTAMPTZ,
	KIND_TIME,
	KIND_INTERVAL,
	KIND_JSON, /* no equality */
	KIND_JSONB,
	KIND_BIT,
	KIND_ENUM,
	KIND_TEXT_ARRAY, /* set */
	KIND_UUID,
	KIND_INET,
	KIND_POINT,
	KIND_GEOMETRY, /* PostGIS */
	KIND_OTHER
} LocalKind;

/* ---- ddl_type.c ---- */

extern LocalKind mm_ddl_kind(const RemoteColumn *column);

/* The type as it stands in CREATE TABLE, enum types with their schema. */
extern char *mm_ddl_column_type(const RemoteTable *table,
								const RemoteColumn *column);
extern bool mm_ddl_is_case_insensitive(const RemoteColumn *column);

/* Is the NOT NULL of a column carried over? */
extern bool mm_ddl_is_not_null(const RemoteColumn *column);

/* Text compared bytewise in MySQL: gets COLLATE "C". */
extern bool mm_ddl_is_binary_text(const RemoteColumn *column);

/* An enum whose data holds the value with index 0. */
extern bool mm_ddl_needs_empty_label(const RemoteColumn *column);

/* What follows the type of a column: " COLLATE ...", or "". */
extern const char *mm_ddl_collate_clause(const DdlOptions *options,
										 const RemoteColumn *column);

/* Does the column carry the migration's case-insensitive collation? */
extern bool mm_ddl_has_case_collation(const DdlOptions *options,
									  const RemoteColumn *column);

/* A virtual generated column that this PostgreSQL can keep virtual. */
extern bool mm_ddl_stays_virtual(const RemoteTable *table,
								 const RemoteColumn *column);

/* ---- ddl_build.c ---- */

extern DdlStatement *mm_ddl_emit(DdlBuild *build, DdlPhase phase,
								 RemoteTable *table, const char *object,
								 char *sql);

/* Is there a CREATE TYPE of this name already? */
extern bool mm_ddl_is_type_made(const DdlBuild *build, const char *name);

/* A trigger function's name in the schema, a trigger's on its table. */
extern char *mm_ddl_function_name(const DdlBuild *build,
								  const RemoteTable *table, const char *part);
extern char *mm_ddl_trigger_name(const DdlBuild *build,
								 const RemoteTable *table, const char *name);

/* Quoted, with schema: the name while loading, and the final one. */
extern char *mm_ddl_load_name(const RemoteTable *table);
extern char *mm_ddl_final_name(const RemoteTable *table);

/* "a, b, c" from a List of RemoteColumn *, quoted. */
extern char *mm_ddl_column_list(List *columns);

/* A note about part of a table: object becomes "table.part". */
extern void mm_ddl_note(NoteList *notes, NoteSeverity severity,
						const RemoteTable *table, const char *part,
						const char *what, const char *why,
						const char *next_step, const char *original);

/* A function body between dollar quotes that it does not hold itself. */
extern char *mm_ddl_dollar_quote(const char *body);

/* ---- ddl_partition.c ---- */

/* How a table is partitioned here; opaque to the others. */
typedef struct DdlPartitions DdlPartitions;

/*
 * Decides whether the table stays partitioned, and sets is_partitioned_here;
 * NULL: it is a plain table, and a note says why.
 */
extern DdlPartitions *mm_ddl_plan_partitions(DdlBuild *build,
											 RemoteTable *table);

/* " PARTITION BY ...", or "". */
extern char *mm_ddl_partition_clause(const DdlPartitions *partitions);
extern void mm_ddl_partitions(DdlBuild *build, RemoteTable *table,
							  const DdlPartitions *partitions);

/* ---- ddl_case.c ---- */

/* Text without regard to case becomes citext, where that was chosen. */
extern void mm_ddl_settle_case(const RemoteSchema *schema,
							   const DdlOptions *options, NoteList *notes);

/* The one collation that all those columns share. */
extern void mm_ddl_case_collation(DdlBuild *build);

/* ---- the parts ---- */

extern void mm_ddl_types(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_table(DdlBuild *build, RemoteTable *table,
						 const DdlPartitions *partitions);
extern void mm_ddl_identity(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_indexes(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_checks(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_foreign_keys(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_comments(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_on_update(DdlBuild *build, RemoteTable *table);
extern void mm_ddl_sequence(DdlBuild *build, RemoteSequence *sequence);
extern void mm_ddl_programs(DdlBuild *build);
extern void mm_ddl_views(DdlBuild *build);

/*
 * The bare text of a literal, its hex digits too where it was written so; NULL:
 * the node is something else.
 */
extern const char *mm_ddl_literal(const ExprNode *node, const char **hex);

/* Does the default say "zero date", in any spelling? */
extern bool mm_ddl_default_is_zero_date(const RemoteColumn *column);

/* Text of DEFAULT, or NULL: none, or a note says why not. */
extern char *mm_ddl_default(const RemoteSchema *schema,
							const DdlOptions *options,
							const RemoteTable *table,
							const RemoteColumn *column, NoteList *notes);

/*
 * A constant as SQL of the column's type, or NULL with *why set.  `bytes`:
 * hex digits, when the constant was written as such.
 */
extern char *mm_ddl_constant(const RemoteColumn *column, const char *text,
							 const char *hex, const DdlOptions *options,
							 const char **why);

extern bool mm_ddl_is_zero_date(const char *text);

/* Digits of b'0101' (base 2) or 0x.. (base 16) as a number of 64 bits. */
extern bool mm_ddl_bits_value(const char *bits, int base, uint64 *value);

#endif /* MM_DDL_DDL_INTERNAL_H */
