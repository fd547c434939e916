/*
 * src/migrate/counter_table.h
 *		Numbers that no sequence is known to give: tables in which an
 *		application counts for itself, and defaults that hide what they do.
 */
#ifndef MM_MIGRATE_COUNTER_TABLE_H
#define MM_MIGRATE_COUNTER_TABLE_H

#include "nodes/pg_list.h"

/*
 * The column in which an application counts, NULL: it is an ordinary table.
 * *highest: its greatest value as text, NULL for none.
 */
extern char *mm_counter_table_column(Oid relation, char **highest);

/* Number columns (List of char *) whose default may use any sequence. */
extern List *mm_counter_hidden_defaults(Oid relation);

#endif /* MM_MIGRATE_COUNTER_TABLE_H */
