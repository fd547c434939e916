/*
 * src/ddl/expr_print.h
 *		The printer's state and values, shared by the files that print.
 *
 * Every printed part of an expression is an ExprValue: its text with what must
 * be known to convert it the way MySQL would.  A conversion, function or
 * operator that cannot be said exactly is refused: the first reason is kept,
 * printing goes on harmlessly, and the caller gets the reason instead of text.
 */
#ifndef MM_DDL_EXPR_PRINT_H
#define MM_DDL_EXPR_PRINT_H

#include "ddl/ddl_internal.h"

typedef enum ValueType
{
	VALUE_NULL,
	VALUE_BOOLEAN, /* a boolean here, an integer 0 or 1 there */
	VALUE_INTEGER,
	VALUE_DECIMAL,
	VALUE_FLOAT,
	VALUE_TEXT,
	VALUE_BYTES,
	VALUE_DATE,
	VALUE_DATETIME, /* timestamp without time zone */
	VALUE_INSTANT,	/* timestamp with time zone */
	VALUE_TIME,
	VALUE_INTERVAL, /* a time of day or longer */
	VALUE_JSON,
	VALUE_BITS,
	VALUE_ENUM,
	VALUE_SET, /* text[] */
	VALUE_UUID,
	VALUE_OTHER
} ValueType;

typedef struct ExprValue
{
	char *sql;
	ValueType type;
	bool is_compound;	  /* needs parentheses as an operand */
	bool is_column;		  /* nothing but a column */
	const char *literal;  /* text of a constant, or NULL */
	int width;			  /* of an integer: 2, 4 or 8 bytes */
	int scale;			  /* of a decimal; -1 unknown */
	bool is_unrounded;	  /* a quotient: has more digits than scale */
	bool was_unrounded;	  /* so is a column of an inner query there, perhaps */
	const char *quotient; /* a quotient as MySQL keeps it inside of a
								 * longer calculation */
	int fraction;		  /* of a temporal value */
	int64 minimum;		  /* of an integer; PG_INT64_MIN unknown */
	bool is_nullable;
	bool has_zero_null; /* a column: NULL is a zero date there */
	bool is_case_insensitive;
	bool has_case_collation; /* and the collation here says so too */
	const char *charset;
	List *labels;				/* of an enum */
	const RemoteColumn *column; /* of a table, when it is nothing else */
	const char *bits;			/* of an unsigned number, as a bigint */
} ExprValue;

/* A column that a query can see. */
struct ExprViewColumn
{
	const char *name; /* remote */
	const char *local_name;
	ExprValue value;			/* its sql is not used */
	const RemoteColumn *column; /* NULL: of a derived table or view */
	bool is_null;				/* nothing but NULL */
	const char *refusal;		/* why it cannot be read, or NULL */
};

/* What the column of a query has to be: the branches of a UNION agree. */
typedef struct ExprWanted
{
	ExprValue value; /* its sql is not used */
	bool is_exact;	 /* by a cast */
} ExprWanted;

typedef struct ExprRelation
{
	const char *schema;
	const char *name;		  /* alias or table name, remote */
	const char *local;		  /* quoted qualifier, or NULL: none */
	List *columns;			  /* of ExprViewColumn * */
	const RemoteTable *table; /* NULL: no base table */
	bool is_nullable;		  /* on the far side of an outer join */
} ExprRelation;

typedef struct ExprScope
{
	struct ExprScope *outer;
	List *relations; /* of ExprRelation * */
	const ExprQuery *query;
	List *aliases_open; /* ExprItem * being expanded */
	bool prefers_alias; /* ORDER BY, HAVING */
	bool is_grouped;
	bool is_rollup;
	List *group_sql; /* of char * */
	List *known_sql; /* columns with one value per group; first what is grouped,
					  * before it was folded */
	int aggregate_depth;
} ExprScope;

typedef struct ExprPrinter
{
	const RemoteSchema *schema;
	const DdlOptions *options;
	List *views;  /* of ExprView * */
	List *ctes;	  /* of ExprRelation * */
	List *wanted; /* of ExprWanted *, for the query printed next; or NIL */
	ExprScope *scope;
	ExprRelation *variables;	/* of a trigger; NULL: none */
	ExprRelation *excluded;		/* what VALUES() names, or NULL */
	const RemoteTable *written; /* that the trigger is of */
	bool reads_written;
	const RemoteTable *table; /* that a generated column is of */
	const RemoteColumn *generated;
	const char *reason; /* NULL: all well */
	bool is_immutable;
	bool uses_columns;
	bool compares_text; /* of a case-insensitive collation, as it is */
	bool folds_text;	/* of such a collation, in lower case */
	bool orders_text;
	bool reads_zero_dates; /* that are NULL here */
	bool picks_any;		   /* a value that MySQL picked from a group */
	bool cuts_digits;	   /* of a quotient; MySQL does so by its plan */
	List *remarks;
	int depth;
} ExprPrinter;

/* A function with a printer of its own. */
typedef ExprValue (*PrintFunction)(ExprPrinter *printer,
								   const ExprNode *node);

typedef struct SpecialFunction
{
	const char *name;
	int least; /* number of arguments */
	int most;
	PrintFunction print;
} SpecialFunction;

/* ---- expr_print.c ---- */

extern void mm_print_start(ExprPrinter *printer, const RemoteSchema *schema,
						   const DdlOptions *options);
extern ExprResult *mm_print_result(ExprPrinter *printer, char *sql);
extern ExprValue mm_print_node(ExprPrinter *printer, const ExprNode *node);
extern char *mm_print_condition(ExprPrinter *printer, const ExprNode *node);
extern char *mm_print_order(ExprPrinter *printer, List *order_by);

/* ---- expr_column.c ---- */

/* A table whose columns are seen as local.column. */
extern ExprRelation *mm_print_table_relation(const RemoteTable *table,
											 const char *name,
											 const char *local);
extern ExprValue mm_print_column_value(const RemoteColumn *column);
extern ExprValue mm_print_column(ExprPrinter *printer, const ExprNode *node);
extern bool mm_expr_is_listed(List *list, const char *text);

/* ---- expr_assign.c ---- */

/* The value as one of the column's local type. */
extern char *mm_print_assign(ExprPrinter *printer, ExprValue value,
							 const RemoteTable *table,
							 const RemoteColumn *column);

/* ---- expr_value.c ---- */

/* Gives up, with the first reason kept. */
extern ExprValue mm_print_refuse(ExprPrinter *printer, const char *why);

/* .. because of what a value is converted to. */
extern ExprValue mm_print_refuse_conversion(ExprPrinter *printer,
											ExprValue value,
											const char *target);

extern ExprValue mm_value(ValueType type, char *sql);
extern ExprValue mm_value_integer(char *sql, int width);
extern ExprValue mm_value_compound(ValueType type, char *sql);

/* Text that is compared like another one; an integer that is not negative. */
extern ExprValue mm_value_text(char *sql, ExprValue like);
extern ExprValue mm_value_count(char *sql, bool is_nullable);

/* What a function makes of a value: of its type, nothing else is known. */
extern ExprValue mm_value_made(ExprValue value, char *sql);
extern const char *mm_value_type_name(ValueType type);
extern bool mm_value_is_number(ExprValue value);
extern bool mm_value_is_temporal(ExprValue value);

/* A constant integer? */
extern bool mm_value_int_literal(ExprValue value, int64 *number);

/* The text as an operand: in parentheses when it needs them. */
extern char *mm_value_operand(ExprValue value);

/* Text to look for a part of: not every collation can do that. */
extern ExprValue mm_print_searchable(ExprValue value);

/* Text that is compared byte by byte. */
extern ExprValue mm_print_binary_text(ExprValue value);

/* A quotient rounded to the digits that MySQL shows. */
extern ExprValue mm_print_rounded(ExprValue value);

/* .. with the digits that MySQL goes on with inside of an expression. */
extern ExprValue mm_print_exact(ExprValue value);

/* ---- expr_convert.c ---- */

extern ExprValue mm_print_to_condition(ExprPrinter *printer, ExprValue value);
extern ExprValue mm_print_to_text(ExprPrinter *printer, ExprValue value);
extern ExprValue mm_print_to_number(ExprPrinter *printer, ExprValue value);
extern char *mm_print_to_int4(ExprPrinter *printer, ExprValue value);
extern char *mm_print_to_double(ExprPrinter *printer, ExprValue value);

/* A date, datetime or instant; string constants are read as such. */
extern ExprValue mm_print_to_temporal(ExprPrinter *printer, ExprValue value);

/* ---- expr_align.c ---- */

/* Makes two values fit for one comparison operator. */
extern void mm_print_align(ExprPrinter *printer, ExprValue *a, ExprValue *b);

/* Makes several values one type, as the branches of a UNION need. */
extern ExprValue mm_print_unify(ExprPrinter *printer, ExprValue *values,
								int count);

/*
 * One of several values, as CASE and COALESCE give: `print` says which, of
 * values of one type.
 */
typedef char *(*PrintChoice)(const ExprValue *values, int count,
							 const void *arg);
extern ExprValue mm_print_choice(ExprPrinter *printer, const ExprValue *values,
								 int count, PrintChoice print,
								 const void *arg);

/*
 * Text that MySQL compares without regard to case: in lower case, or under the
 * collation that does so.
 */
extern void mm_print_fold_case(ExprPrinter *printer, ExprValue *a,
							   ExprValue *b);

/* lower(), of a constant at once where that is safe. */
extern ExprValue mm_print_lower(ExprValue value);

/* One such text, where it is grouped or made distinct. */
extern ExprValue mm_print_folded(ExprPrinter *printer, ExprValue value);

/* Ends text comparison of several values in a remark. */
extern void mm_print_note_text(ExprPrinter *printer, ExprValue a, ExprValue b);

/* ---- expr_operator.c ---- */

extern ExprValue mm_print_binary(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_unary(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_like(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_in(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_between(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_compare(ExprPrinter *printer, const char *op,
								  ExprValue a, ExprValue b);
extern ExprValue mm_print_arithmetic(ExprPrinter *printer, const char *op,
									 ExprValue a, ExprValue b);

/* ---- expr_zero_date.c ---- */

/* False: neither of them is the zero date, or it cannot be said. */
extern bool mm_print_compare_zero_date(ExprPrinter *printer, const char *op,
									   ExprValue a, ExprValue b,
									   ExprValue *result);
extern char *mm_print_with_zero_date(const char *op, ExprValue a, ExprValue b,
									 char *sql);
extern bool mm_value_is_zero_date(ExprValue value);

/* ---- expr_number.c ---- */

/* What MySQL takes as a number; false: nothing that is known. */
extern bool mm_print_odd_number(ExprPrinter *printer, ExprValue value,
								ExprValue *number);
extern ExprValue mm_print_text_integer(ExprValue value);
extern ExprValue mm_print_text_decimal(ExprValue value);

/* ---- expr_bits.c ---- */

/* 2^64 */
#define MM_ALL_BITS "18446744073709551616"

/* Bits in a bigint; natural ones are not negative. */
extern ExprValue mm_print_unsigned(char *bits, bool is_natural,
								   bool is_nullable);
extern ExprValue mm_print_bits(ExprPrinter *printer, const char *op,
							   ExprValue a, ExprValue b);
extern ExprValue mm_print_complement(ExprPrinter *printer, ExprValue value);

/* ---- expr_regexp.c ---- */

extern ExprValue mm_print_regexp(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_regexp_replace(ExprPrinter *printer,
										 const ExprNode *node);
extern ExprValue mm_print_regexp_substr(ExprPrinter *printer,
										const ExprNode *node);

/* ---- expr_cast.c ---- */

extern ExprValue mm_print_cast(ExprPrinter *printer, const ExprNode *node);

/* ---- expr_function.c ---- */

extern ExprValue mm_print_function(ExprPrinter *printer, const ExprNode *node);
extern ExprValue mm_print_argument(ExprPrinter *printer, const ExprNode *node,
								   int i);
extern ExprValue mm_print_text_argument(ExprPrinter *printer,
										const ExprNode *node, int i);
extern bool mm_print_special(ExprPrinter *printer,
							 const SpecialFunction *functions,
							 const ExprNode *node, ExprValue *result);

/*
 * The functions of a kind: expr_math.c, expr_text.c, expr_aggregate.c,
 * expr_date.c, expr_calendar.c, expr_json.c.  Each returns false when the
 * function is none of theirs.
 */
extern bool mm_print_math_function(ExprPrinter *printer, const ExprNode *node,
								   ExprValue *result);
extern bool mm_print_text_function(ExprPrinter *printer, const ExprNode *node,
								   ExprValue *result);
extern bool mm_print_aggregate(ExprPrinter *printer, const ExprNode *node,
							   ExprValue *result);
extern bool mm_print_date_function(ExprPrinter *printer, const ExprNode *node,
								   ExprValue *result);
extern bool mm_print_calendar_function(ExprPrinter *printer,
									   const ExprNode *node,
									   ExprValue *result);
extern bool mm_print_json_function(ExprPrinter *printer, const ExprNode *node,
								   ExprValue *result);

/* ---- expr_aggregate.c ---- */

extern bool mm_expr_is_aggregate(const ExprNode *node);

/* ---- expr_date.c ---- */

extern ExprValue mm_print_add_interval(ExprPrinter *printer, ExprValue value,
									   const ExprNode *interval,
									   bool is_minus);

/* ---- expr_date_format.c ---- */

/* A format as to_char() reads it, or NULL. */
extern char *mm_date_pattern(const char *format);
extern ExprValue mm_print_date_format(ExprPrinter *printer,
									  const ExprNode *node);
extern ExprValue mm_print_str_to_date(ExprPrinter *printer,
									  const ExprNode *node);

/* ---- expr_calendar.c ---- */

/* Week of a moment in MySQL's mode, and the year it belongs to. */
extern char *mm_print_week(const char *sql, int mode);
extern char *mm_print_week_year(const char *sql, int mode);

/* An interval of several units; NULL: it is none that is known. */
extern char *mm_print_odd_interval(const ExprNode *interval, bool *has_time);

/* ---- expr_group.c ---- */

extern bool mm_expr_is_grouped(const ExprQuery *query);

/*
 * GROUP BY as text.  From here on the scope is grouped: columns that are not
 * grouped are taken from any row of the group.
 */
extern ExprValue mm_print_grouping(ExprPrinter *printer, const ExprNode *node);
extern char *mm_print_group(ExprPrinter *printer, const ExprQuery *query);

/* ---- expr_select.c ---- */

/*
 * A query as text.  `names`: local names of its columns, or NIL; *columns is
 * set to what it gives (List of ExprViewColumn *).
 */
extern char *mm_print_query(ExprPrinter *printer, const ExprQuery *query,
							List *names, List **columns);

extern char *mm_print_alias(const ExprPrinter *printer, const char *name);
extern ExprRelation *mm_print_derived_relation(const char *schema,
											   const char *name, char *local,
											   List *columns);

/* The columns of a query under other names: t (a, b). */
extern List *mm_print_rename_columns(ExprPrinter *printer, List *columns,
									 List *names);
extern List *mm_print_local_names(List *columns);
extern char *mm_print_partition_by(ExprPrinter *printer, List *nodes);
extern char *mm_print_limit(ExprPrinter *printer, const ExprQuery *query);

/* A subquery as a value. */
extern ExprValue mm_print_subquery(ExprPrinter *printer,
								   const ExprQuery *query);

/* ---- expr_set.c ---- */

extern char *mm_print_set(ExprPrinter *printer, const ExprQuery *query,
						  List *names, List **columns);
extern char *mm_print_ctes(ExprPrinter *printer, const ExprQuery *query);
extern ExprValue mm_print_as_wanted(ExprPrinter *printer, ExprValue value,
									const ExprWanted *wanted);

#endif /* MM_DDL_EXPR_PRINT_H */
