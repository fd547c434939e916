/*
 * src/source/remote_catalog_internal.h
 *		What the files of the remote catalog share with each other.
 */
#ifndef MM_SOURCE_REMOTE_CATALOG_INTERNAL_H
#define MM_SOURCE_REMOTE_CATALOG_INTERNAL_H

#include "source/remote_catalog.h"
#include "utils/hsearch.h"
#include "wire/result.h"

/*
 * What the information_schema of this server has.  Asked for, not concluded
 * from the version: forks and managed servers have numbers of their own.
 */
typedef struct CatalogFeatures
{
	bool generation_expression; /* columns */
	bool index_expression;		/* statistics.expression */
	bool index_visible;			/* statistics.is_visible */
	bool index_ignored;			/* statistics.ignored */
	bool checks;				/* check_constraints */
	bool check_table;			/* check_constraints.table_name */
	bool check_level;			/* check_constraints.level */
	bool enforced;				/* table_constraints.enforced */
} CatalogFeatures;

typedef struct CatalogReader
{
	WireConn *conn;
	RemoteSchema *schema;
	CatalogFeatures features;
	bool is_mariadb;
	bool escapes_text;	   /* expressions arrive with \' for ' */
	bool no_backslash;	   /* sql_mode NO_BACKSLASH_ESCAPES */
	List *only;			   /* names asked for; NIL: all */
	HTAB *relations;	   /* of CatalogRelation */
	List *binary_defaults; /* of BinaryDefault */
	RemoteProgram *asked;  /* whose own text is being read */
	HTAB *rules;		   /* of ForeignKeyRule */
	HTAB *routines;		   /* of CatalogRoutine */
	bool rules_missing;	   /* some foreign key has no rule yet */
	MemoryContext context; /* where everything lives */
} CatalogReader;

/* 64 characters of at most 4 bytes, twice where two names make a key. */
#define CATALOG_NAME_SIZE 264
#define CATALOG_PAIR_SIZE 528

/* A table, view or sequence by name. */
typedef struct CatalogRelation
{
	char key[CATALOG_NAME_SIZE];
	RemoteTable *table;
	RemoteProgram *view;
	RemoteSequence *sequence;
} CatalogRelation;

typedef void (*CatalogRow)(CatalogReader *reader, const WireResult *result,
						   const WireRow *row);

/* ---- remote_catalog.c ---- */

/* Runs a query and hands every row to `take`. */
extern void mm_catalog_each_row(CatalogReader *reader, const char *sql,
								CatalogRow take);

/*
 * "schema_column = .. AND table_column IN (..)": a WHERE clause for the schema
 * and, where table_column is not NULL, the tables asked for.
 */
extern char *mm_catalog_condition(const CatalogReader *reader,
								  const char *schema_column,
								  const char *table_column);

/* The relation of a name, or NULL when it was not asked for. */
extern CatalogRelation *mm_catalog_relation(const CatalogReader *reader,
											const char *name);

/* Value i as text, NULL for '' too. */
extern char *mm_catalog_text(const WireResult *result, const WireRow *row,
							 int i);

/* The same of what people wrote, where the byte 00 is shown. */
extern char *mm_catalog_comment(const WireResult *result, const WireRow *row,
								int i);

/* Two names as one hash key of CATALOG_PAIR_SIZE bytes. */
extern void mm_catalog_pair_key(char *key, const char *first,
								const char *second);

/* ---- remote_catalog_column.c ---- */

extern void mm_catalog_read_columns(CatalogReader *reader);

/* MySQL 8 shows the text of expressions with its quotes escaped. */
extern char *mm_catalog_unescape(const CatalogReader *reader, char *text);

/* ---- remote_catalog_key.c ---- */

extern void mm_catalog_read_indexes(CatalogReader *reader);
extern void mm_catalog_read_foreign_keys(CatalogReader *reader);
extern void mm_catalog_read_checks(CatalogReader *reader);
extern void mm_catalog_read_partitions(CatalogReader *reader);

/* ---- remote_catalog_program.c ---- */

extern void mm_catalog_read_views(CatalogReader *reader);
extern void mm_catalog_read_triggers(CatalogReader *reader);
extern void mm_catalog_read_routines(CatalogReader *reader);
extern void mm_catalog_read_events(CatalogReader *reader);
extern void mm_catalog_read_sequences(CatalogReader *reader);

#endif /* MM_SOURCE_REMOTE_CATALOG_INTERNAL_H */
