/*
 * src/source/rule.h
 *		mysql_migrate.rule: the user's own types, names, filters and policies.
 *
 * The rules of a job are those that its owner had when it was called; they
 * travel with its arguments, so that a resume follows the same ones.
 */
#ifndef MM_SOURCE_RULE_H
#define MM_SOURCE_RULE_H

#include "nodes/pg_list.h"
#include "source/remote_catalog.h"

typedef enum RuleAction
{
	RULE_TYPE,	 /* local type of columns */
	RULE_RENAME, /* local name of a table or of columns */
	RULE_USING,	 /* SQL expression for the value of columns */
	RULE_SKIP,	 /* leave tables or columns out */
	RULE_WHERE,	 /* MySQL condition on the rows of tables */
	RULE_QUERY,	 /* MySQL SELECT that gives the rows of a table */
	RULE_POLICY	 /* policies for the values of columns */
} RuleAction;

/* A name in a pattern; "*" and "?" are wildcards unless it was quoted. */
typedef struct RuleName
{
	char *text;
	bool has_wildcards;
} RuleName;

typedef struct Rule
{
	int64 id;
	const char *pattern;
	RuleAction action;
	const char *value; /* NULL: none */

	/* What the pattern says: either a MySQL type, or names. */
	char *type;		  /* base type, "tinyint"; NULL: names */
	char *type_size;  /* "1" of tinyint(1), NULL: any */
	bool is_unsigned; /* only unsigned ones */
	RuleName table;
	RuleName column; /* text NULL: the table itself */


	bool matched; /* something did */
} Rule;

/*
 * A rule from its columns, the pattern parsed.  Raises 22023 with a hint for
 * an unknown action, a bad pattern, or a pattern the action cannot work on.
 */
extern Rule *mm_rule_create(int64 id, const char *pattern, const char *action,
							const char *value);
extern const char *mm_rule_action_name(RuleAction action);

/*
 * The current user's rules for a server (List of Rule *), oldest first, as the
 * transaction sees them.
 */
extern List *mm_rule_read(const char *server);

/*
 * The best rule of an action for a table or a column, or NULL: the most exact
 * pattern wins, among equals the newest.
 */
extern Rule *mm_rule_for_table(List *rules, RuleAction action,
							   const char *table, bool folds_names);
extern Rule *mm_rule_for_column(List *rules, RuleAction action,
								const char *table, bool folds_names,
								const RemoteColumn *column);

/* Does the rule's pattern match? */
extern bool mm_rule_matches_table(const Rule *rule, const char *table,
								  bool folds_names);

/*
 * Names, types and what is skipped, in a schema just read: tables and views
 * that are skipped leave the lists, skipped columns are marked.
 */
extern void mm_rule_apply_names(RemoteSchema *schema, List *rules);

#endif /* MM_SOURCE_RULE_H */
