/*
 * src/types/type_map.h
 *		The type table: what a MySQL type is here, how its values are decoded,
 *		and what their checksum text is on both sides.
 *
 * One row per meaning; rules are read top down, the guarded ones first, and
 * the first that applies wins.
 */
#ifndef MM_TYPES_TYPE_MAP_H
#define MM_TYPES_TYPE_MAP_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "wire/result.h"

/* What the data of a column said to its rule's question. */
typedef enum Decision
{
	DECISION_NARROW, /* no value violates it (or nobody asked) */
	DECISION_WIDE	 /* at least one does, or the time was up */
} Decision;

typedef enum EnumMode
{
	ENUM_AS_TYPE, /* CREATE TYPE table_column AS ENUM */
	ENUM_AS_TEXT,
	ENUM_AS_CHECK /* text with a CHECK */
} EnumMode;

typedef enum JsonMode
{
	JSON_AS_JSONB,
	JSON_AS_JSON,
	JSON_AS_TEXT
} JsonMode;

/*
 * A column's type as the remote catalog tells it, plus what was decided about
 * it.  Built by source/remote_catalog.c; decisions filled in by migrate/.
 */
typedef struct ColumnType
{
	const char *data_type;	 /* information_schema DATA_TYPE: "int" */
	const char *column_type; /* COLUMN_TYPE: "int(10) unsigned zerofill" */
	bool is_unsigned;
	bool is_zerofill;
	int display_width; /* of tinyint(1), bit(8); -1 none */
	int64 char_length; /* characters, or bytes of a binary type; -1 */
	int precision;	   /* of decimal */
	int scale;
	int fraction;		 /* fractional digits of a temporal type */
	const char *charset; /* NULL: not a character type */
	const char *collation;
	List *labels; /* char *, of enum and set */
	bool is_json; /* json, or MariaDB's longtext CHECK json_valid */
	Decision decision;
	EnumMode enum_mode;
	JsonMode json_mode;
	bool set_as_text;
	const char *postgis;				  /* its schema, quoted; NULL: not here */
	const char *local_type;				  /* a user's rule: SQL type instead of ours */
	const struct ValuePolicies *policies; /* by a rule; NULL: the job's */
} ColumnType;

/* What to do with values PostgreSQL cannot hold; each a migration option. */
typedef enum ZeroDatePolicy
{
	ZERO_DATE_NULL,
	ZERO_DATE_INFINITY, /* -infinity */
	ZERO_DATE_ERROR
} ZeroDatePolicy;

typedef enum PartialDatePolicy
{
	PARTIAL_DATE_ERROR,
	PARTIAL_DATE_NULL,
	PARTIAL_DATE_FIRST /* 2020-00-00 -> 2020-01-01 */
} PartialDatePolicy;

typedef enum BadTextPolicy
{
	BAD_TEXT_ERROR,
	BAD_TEXT_STRIP,
	BAD_TEXT_REPLACE, /* U+FFFD */
	BAD_TEXT_LATIN1	  /* encoding only: UTF-8 stored as latin1 is taken back */
} BadTextPolicy;

typedef struct ValuePolicies
{
	ZeroDatePolicy zero_date;
	PartialDatePolicy partial_date;
	BadTextPolicy nul;		/* byte 00 in text, and \u0000 in jsonb */
	BadTextPolicy encoding; /* bytes that are not valid UTF-8, and halves of
							 * surrogate pairs in jsonb */
	BadTextPolicy json;		/* text that is not JSON: error, or NULL
								 * ("replace") */
} ValuePolicies;

/* A value that could not be carried over: filled in, never raised, by decoders. */
typedef struct DecodeError
{
	int sqlerrcode;
	char message[256]; /* primary, without the column's name */
	char detail[256];
	char hint[256]; /* may be "" */
} DecodeError;

typedef struct InputFunction InputFunction;

typedef struct DecodeContext
{
	const ColumnType *type;
	const WireField *field;
	const ValuePolicies *policies;
	Oid local_type; /* where the Datum goes */
	int32 local_typmod;
	DecodeError *error;
	uint64 converted;			 /* values that a policy changed */
	bool raises;				 /* an error ends the statement anyway */
	InputFunction *input;		 /* of the local type, once it was called */
	void *state;				 /* the rule's own cache, e.g. enum labels */
	MemoryContext state_context; /* lives as long as the decoder */
} DecodeContext;

/*
 * Bytes to Datum, in the current memory context.  Returns false after filling
 * context->error.  May set *isnull (a zero date under the "null" policy).
 * Never called for a NULL value.
 */
typedef bool (*DecodeWire)(DecodeContext *context, const WireValue *value,
						   Datum *datum, bool *isnull);

/* Append the canonical checksum text of a non-null local Datum. */
typedef void (*CanonicalText)(StringInfo out, Datum value, Oid type,
							  const ColumnType *column);

typedef struct TypeRule
{
	const char *mysql_name;					 /* DATA_TYPE that it covers */
	bool (*applies)(const ColumnType *type); /* NULL: always */
	const char *condition;					 /* the same in words */

	/*
	 * SQL predicate over the column reference %s, true for a value that the
	 * narrow type cannot hold; NULL where the data has nothing to decide.
	 */
	const char *question;

	/*
	 * Local column type; "n" and "p,s" stand for the column's own numbers.
	 * NULL: an enum type named by ddl/.
	 */
	const char *local_type;
	DecodeWire decode_wire;
	const char *remote_canonical; /* MySQL expression over %s (never NULL
									 * there), gives utf8mb4 or ASCII text */
	CanonicalText canonical;	  /* the same text from the Datum */
} TypeRule;

/* The rule of a column, or NULL when its type is not known at all. */
extern const TypeRule *mm_type_rule(const ColumnType *type);

/* Row n of the table, from 0 on; NULL behind the last one. */
extern const TypeRule *mm_type_rule_number(int n);

/* rule->local_type, or the user's choice; palloc'ed. NULL for an enum type. */
extern char *mm_type_local_name(const ColumnType *type);

/* The policies for a column: its own, or those of the job. */
extern const ValuePolicies *mm_type_policies(const ColumnType *type,
											 const ValuePolicies *job);

/* Can the order and equality of this type be used for key ranges? */
extern bool mm_type_is_integer(const ColumnType *type);

/* The text of one without the zeros in front, which no JSON number has. */
extern const char *mm_type_plain_integer(const char *text);

/* Predicate format, true for what is no date; NULL for other types. */
extern const char *mm_type_zero_date_question(const ColumnType *type);

/* Predicate format, true for the zero date of such a column. */
extern const char *mm_type_is_zero_date(const ColumnType *type);

/*
 * Predicate format, true for dates that the policies turn into NULL; NULL for
 * other types, and where there are none.
 */
extern char *mm_type_null_date_question(const ColumnType *type,
										const ValuePolicies *policies);

/*
 * What a column is read by: an expression over its quoted name.  Where MySQL's
 * conversion to Unicode has gaps, which it fills with "?" in silence, a value
 * that got one comes with MARK_OF_LOSS in front.
 */
#define MARK_OF_LOSS "\xf4\x8f\xbf\xbf" /* U+10FFFF: in no such charset */
extern char *mm_type_select(const ColumnType *type, const char *name);
extern bool mm_type_may_lose(const ColumnType *type);

/*
 * Nothing of the one type has a meaning in the other (a number as a time):
 * what to do about it.  NULL: it is for each value to fit or not.
 */
extern const char *mm_type_refusal(const ColumnType *type, Oid local_type);

/* Does a local type's input function take the text? */
extern bool mm_type_takes(Oid type, int32 typmod, const char *text);

/* A format with every %s replaced by `column`. */
extern char *mm_type_expand(const char *format, const char *column);

#endif /* MM_TYPES_TYPE_MAP_H */
