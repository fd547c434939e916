/*
 * src/migrate/book.h
 *		The bookkeeping of migrations: table_map, note, decision, reject.
 *
 * As in job/store.h: each function runs in the caller's transaction and as
 * the owner of the bookkeeping tables.
 */
#ifndef MM_MIGRATE_BOOK_H
#define MM_MIGRATE_BOOK_H

#include "base/note.h"
#include "load/loader.h"
#include "source/remote_catalog.h"

/* A row of table_map. */
typedef struct TableMap
{
	int64 id;
	int64 job_id;
	Oid owner;
	const char *server;
	const char *remote_schema;
	const char *remote_table;
	const char *local_schema;
	const char *local_table;
	Oid relation;
	const char *state;
	const char *load_name;
	bool created;
	const char *filter;
	const char *description; /* JSON, see table_json.h */
} TableMap;

extern int64 mm_book_add_table(int64 job_id, Oid owner, const char *server,
							   const RemoteTable *table, Oid relation,
							   bool created, const char *filter,
							   const char *description);
extern TableMap *mm_book_get_table(int64 map_id);

/*
 * The newest published pair of each local table of a server that still exists
 * (List of TableMap *); table: a local or remote name, NULL for all.
 */
extern List *mm_book_find_tables(const char *server, Oid owner,
								 const char *table);

/* The same; raises 42P01 when there is none. */
extern List *mm_book_need_tables(const char *server, Oid owner,
								 const char *table);

/* Where tables came from, each schema once (List of const char *). */
extern List *mm_book_remote_schemas(List *maps);

extern void mm_book_set_table_state(int64 map_id, const char *state);

extern void mm_book_add_notes(int64 job_id, Oid owner, NoteList *notes);

/*
 * Remember what the current transaction made in a schema (and the schema),
 * so that a rollback drops that and nothing else.
 */
extern void mm_book_record_made(int64 job_id, const char *schema);
extern void mm_book_set_planned(int64 job_id, bool created_schema);
extern void mm_book_set_unplanned(int64 job_id);
extern bool mm_book_is_planned(int64 job_id);
/* False: it was planned in a database of which this is a restored dump. */
extern bool mm_book_has_steps(int64 job_id);
extern List *mm_book_job_tables(int64 job_id); /* of TableMap * */

/* What is to be decided about a column, for all later runs. */
typedef struct DecisionKey
{
	Oid owner;
	const char *server;
	const RemoteTable *table;
	const char *column;
	const char *question;
} DecisionKey;

/* "narrow", "wide" or NULL: not decided yet. */
extern const char *mm_book_get_decision(const DecisionKey *key);

/* Column and type of each answer to "tied" (List of char **). */
extern List *mm_book_tied_columns(Oid owner, const char *server,
								  const RemoteTable *table);

/* What the data says; what is decided already stays. */
extern void mm_book_add_decision(const DecisionKey *key, const char *answer,
								 const char *reason);

/* A decision that foreign keys overruled, or made. */
extern void mm_book_set_decision(const DecisionKey *key, const char *answer,
								 const char *reason);

extern void mm_book_add_reject(int64 job_id, Oid owner, int64 map_id,
							   int task_id, const char *table,
							   const RejectedRow *row);
extern uint64 mm_book_count_rejects(int64 job_id, int64 map_id);
extern void mm_book_forget_rejects(int64 job_id, int64 map_id);

#endif /* MM_MIGRATE_BOOK_H */
