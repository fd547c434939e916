/*
 * src/migrate/spec_internal.h
 *		What the files that read a job's payload share.
 *
 *	spec.c			the payload: arguments, options, rules
 *	spec_options.c	the table of the options
 *	spec_policies.c	those of them that are policies, as a text
 *	spec_value.c	a JSON value as what an argument or an option takes
 */
#ifndef MM_MIGRATE_SPEC_INTERNAL_H
#define MM_MIGRATE_SPEC_INTERNAL_H

#include "migrate/spec.h"
#include "utils/jsonb.h"

/* A word and what it stands for; a list of them ends with NULL. */
typedef struct Choice
{
	const char *name;
	int value;
} Choice;

typedef enum OptionType
{
	OPTION_CHOICE,
	OPTION_CHOICE_BOOL, /* a choice stored in a bool */
	OPTION_BOOL,
	OPTION_INT,
	OPTION_INT64,
	OPTION_PERCENT,
	OPTION_LIMIT, /* a number; null: 0 */
	OPTION_SIZE,  /* bytes, as a number or "10GB"; null: 0 */
	OPTION_RATE,  /* bytes likewise, or "5000 rows"; null: 0 */
	OPTION_TEXT,
	OPTION_ZONE, /* the name of a time zone */
	OPTION_PHASES
} OptionType;

typedef struct Option
{
	const char *name;
	OptionType type;
	size_t offset;
	const Choice *choices;
	int64 minimum;
} Option;

/* spec_options.c: option n of the table, from 0 on; NULL behind the last one. */
extern const Option *mm_spec_option_number(int n);

/* One option, which is in the table; and those of an object. */
extern void mm_spec_set_option(JobSpec *spec, const char *name,
							   const JsonbValue *value);
extern void mm_spec_set_options(JobSpec *spec, const JsonbValue *options);

/* spec_policies.c */
extern void mm_spec_default_policies(ValuePolicies *policies);

/*
 * spec_value.c: a value that is wrong raises 22023, which names the argument
 * or option that `key` is.
 */
extern void mm_spec_wrong_kind(const char *key, const char *wanted);

extern char *mm_spec_value_string(const JsonbValue *value);

/* A scalar as text; NULL for JSON null. */
extern char *mm_spec_value_text(const char *key, const JsonbValue *value);
extern int64 mm_spec_value_integer(const char *key, const JsonbValue *value,
								   int64 minimum);
extern double mm_spec_value_percent(const char *key, const JsonbValue *value);
extern bool mm_spec_value_bool(const char *key, const JsonbValue *value);

/* "10GB", as the settings of PostgreSQL and pg_size_bytes have it; null: 0. */
extern int64 mm_spec_value_size(const char *key, const JsonbValue *value,
								int64 minimum);

/* "20MB" or "5000 rows", in a second; null: no limit. */
extern ThrottleRate mm_spec_value_rate(const char *key,
									   const JsonbValue *value);

/* Of char *; a string alone is a list of one, null an empty one. */
extern List *mm_spec_value_list(const char *key, const JsonbValue *value);

/* The value of one of the words, and all of them for a message. */
extern int mm_spec_choose(const char *key, const char *value,
						  const Choice *choices);
extern char *mm_spec_choice_list(const Choice *choices);

/* Edits that make one word of the other, as far as they are worth counting. */

#endif /* MM_MIGRATE_SPEC_INTERNAL_H */
