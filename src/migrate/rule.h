/*
 * src/migrate/rule.h
 *		The user's rules in the plan of a job.
 *
 * What they come to is in the plan itself, and nowhere else: RemoteTable.query
 * and .filter; RemoteColumn.is_skipped, .local_name, .transform, .type.local_type
 * and .type.policies.  All of these are in table_map.description, so whoever
 * works from that follows the rules of the job that loaded the table.
 */
#ifndef MM_MIGRATE_RULE_H
#define MM_MIGRATE_RULE_H

#include "migrate/migration.h"

/* The current user's rules for a server as a JSON array, for a payload. */
extern char *mm_rules_payload(const char *server);

/* Is there a rule "query" for this table or view? */
extern bool mm_rules_have_query(const JobSpec *spec, const char *table);

/* Do the arguments (one table, include, exclude) ask for a table? */
extern bool mm_rules_want_table(const JobSpec *spec, const char *table);

/*
 * Queries in place of tables and views of a schema just read, and as tables of
 * their own.  The migration is connected.
 */
extern void mm_rules_plan_queries(Migration *migration);

/*
 * All other rules, for the tables that are wanted: names, types, filters,
 * expressions, policies.  Notes what is left out, and rules that match
 * nothing.
 */
extern void mm_rules_plan(Migration *migration);

/*
 * The filter of a table as a condition on its local rows, where it means the
 * same for sure; else local_filter stays NULL.  Within a transaction.
 */
extern void mm_rules_translate_filter(Migration *migration, RemoteTable *table,
									  Oid relation);

#endif /* MM_MIGRATE_RULE_H */
