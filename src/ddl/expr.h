/*
 * src/ddl/expr.h
 *		MySQL expressions and queries into PostgreSQL's: text to tree to text.
 *
 * A tokenizer (expr_token.c), a parser into a small tree (expr_parse.c,
 * expr_query.c) and a printer (expr_print.c and its neighbours).  The printer
 * knows the type of every value it prints, because the two servers convert
 * differently; it says so when it does not know a function, an operator or a
 * conversion exactly.  Nothing it does not know is ever passed through.
 *
 * Everything is palloc'ed in the current memory context.
 */
#ifndef MM_DDL_EXPR_H
#define MM_DDL_EXPR_H

#include "ddl/ddl.h"

/* ---- tokens ---- */

typedef enum ExprTokenKind
{
	TOKEN_END,
	TOKEN_WORD,		   /* a name without quotes, or a keyword */
	TOKEN_QUOTED_NAME, /* `name` */
	TOKEN_STRING,	   /* escapes already resolved */
	TOKEN_NUMBER,
	TOKEN_HEX,		/* digits of 0x.. or x'..' */
	TOKEN_BITS,		/* digits of 0b.. or b'..' */
	TOKEN_VARIABLE, /* @name or @@name */
	TOKEN_OPERATOR
} ExprTokenKind;

typedef struct ExprToken
{
	ExprTokenKind kind;
	char *text;
	char *hex;			 /* digits of a string with a byte 00 in it,
								 * else NULL */
	const char *charset; /* introducer of a string, or NULL */
	int offset;			 /* into the text, for messages */
} ExprToken;

/*
 * The tokens of `text`, an END token last; NULL with *error set when it
 * cannot be cut into tokens.
 */
extern ExprToken *mm_expr_tokens(const char *text, int *count,
								 const char **error);

/* ---- the tree ---- */

typedef struct ExprQuery ExprQuery;

typedef enum ExprNodeKind
{
	EXPR_NULL,
	EXPR_BOOLEAN, /* text "true" or "false" */
	EXPR_NUMBER,
	EXPR_STRING, /* charset in `detail` */
	EXPR_HEX,
	EXPR_BITS,
	EXPR_TEMPORAL, /* DATE '..'; detail: date, time, timestamp */
	EXPR_COLUMN,   /* parts */
	EXPR_STAR,	   /* parts: qualifiers */
	EXPR_UNARY,	   /* text: "-", "+", "~", "not", "binary" */
	EXPR_BINARY,   /* text: the operator, lower case */
	EXPR_FUNCTION, /* text: name, lower case */
	EXPR_CASE,	   /* args: operand or NULL, when, then, ..., else
								 * or NULL */
	EXPR_BETWEEN,  /* args: value, low, high */
	EXPR_IN,	   /* args: value, members...; or query */
	EXPR_LIKE,	   /* args: value, pattern, escape or NULL */
	EXPR_IS,	   /* text: "null", "true", "false", "unknown" */
	EXPR_INTERVAL, /* args: amount; text: unit */
	EXPR_CAST,	   /* text: type name; length, scale; detail:
								 * charset */
	EXPR_CONVERT,  /* CONVERT(x USING detail) */
	EXPR_COLLATE,  /* text: collation */
	EXPR_ROW,	   /* (a, b) */
	EXPR_SUBQUERY,
	EXPR_EXISTS,
	EXPR_QUANTIFIED /* text: "any", "all"; query */
} ExprNodeKind;

typedef struct ExprNode ExprNode;

typedef struct ExprOrder
{
	ExprNode *node;
	bool is_descending;
} ExprOrder;

typedef struct ExprWindow
{
	const char *name;	/* OVER name, or NULL */
	List *partition_by; /* of ExprNode * */
	List *order_by;		/* of ExprOrder * */
	const char *frame;	/* "ROWS BETWEEN ...", checked, or NULL */
} ExprWindow;

struct ExprNode
{
	ExprNodeKind kind;
	const char *text;
	const char *detail;
	List *parts; /* of char *: a.b.c */
	List *args;	 /* of ExprNode *, may hold NULL */
	bool is_negated;
	bool is_distinct; /* aggregate */
	const char *hex;  /* of a string with a byte 00 */
	bool is_quoted;	  /* name of a function in backticks or with a
								 * schema: a stored function */
	List *order_by;	  /* of ExprOrder *, GROUP_CONCAT */
	const char *separator;
	ExprWindow *over;
	int length; /* of CAST; -1 none */
	int scale;
	ExprQuery *query;
};

typedef enum ExprFromKind
{
	FROM_TABLE,
	FROM_QUERY,
	FROM_JOIN
} ExprFromKind;

typedef struct ExprFrom
{
	ExprFromKind kind;
	const char *schema;
	const char *name;
	const char *alias; /* NULL: the name */
	ExprQuery *query;
	bool is_lateral;
	List *column_names; /* of a derived table: t (a, b) */
	const char *join;	/* "JOIN", "LEFT JOIN", "RIGHT JOIN",
								 * "CROSS JOIN" */
	struct ExprFrom *left;
	struct ExprFrom *right;
	ExprNode *condition;
} ExprFrom;

typedef struct ExprItem
{
	ExprNode *node;
	const char *alias; /* NULL: none written */
} ExprItem;

typedef struct ExprCte
{
	const char *name;
	List *column_names;
	ExprQuery *query;
} ExprCte;

struct ExprQuery
{
	/* a set operation: left, right and op; else a plain SELECT */
	ExprQuery *left;
	ExprQuery *right;
	const char *set_operation; /* "UNION", "UNION ALL", "EXCEPT", ... */
	List *ctes;				   /* of ExprCte * */
	bool is_recursive;
	bool is_distinct;
	List *items;	/* of ExprItem * */
	ExprFrom *from; /* NULL: none */
	ExprNode *where;
	List *group_by; /* of ExprNode * */
	bool with_rollup;
	ExprNode *having;
	List *windows;	/* of ExprWindow * */
	List *order_by; /* of ExprOrder * */
	ExprNode *limit;
	ExprNode *offset;
	List *into; /* of char *, variables */
};

/* The tree of an expression or a query; NULL with *error set. */
extern ExprNode *mm_expr_parse(const char *text, const char **error);
extern ExprQuery *mm_expr_parse_query(const char *text, const char **error);

/* ---- translation ---- */

/* The result: either sql, or the reason why there is none. */
typedef struct ExprResult
{
	char *sql;			/* NULL: could not be translated */
	const char *reason; /* then: why */
	bool is_immutable;	/* may stand in an index or generated column */
	bool uses_columns;	/* names at least one column */
	List *remarks;		/* of char *: what differs here */
} ExprResult;

/* A condition over the columns of one table (CHECK). */
extern ExprResult *mm_expr_condition(const RemoteSchema *schema,
									 const DdlOptions *options,
									 const RemoteTable *table,
									 const char *text);

/*
 * A value for a column of `table` (default, generated column), converted to
 * the type that the column has here; column NULL: any type (index).
 */
extern ExprResult *mm_expr_value(const RemoteSchema *schema,
								 const DdlOptions *options,
								 const RemoteTable *table,
								 const RemoteColumn *column,
								 const char *text);

/* A column of a translated view, for the views that build on it. */
typedef struct ExprViewColumn ExprViewColumn;

typedef struct ExprView
{
	const RemoteProgram *program;
	List *columns; /* of ExprViewColumn * */
} ExprView;

/*
 * The SELECT of a view.  `views`: those translated before it (List of
 * ExprView *); on success *view is set to this one.
 */
extern ExprResult *mm_expr_view(const RemoteSchema *schema,
								const DdlOptions *options, List *views,
								const RemoteProgram *program,
								ExprView **view);

/*
 * The body of a row trigger as PL/pgSQL (between $$ and $$, without them).
 */
extern ExprResult *mm_expr_trigger_body(const RemoteSchema *schema,
										const DdlOptions *options,
										const RemoteTable *table,
										const RemoteProgram *program);

/* Names of the relations a query reads (List of char *, remote names). */
extern List *mm_expr_query_relations(const ExprQuery *query);

#endif /* MM_DDL_EXPR_H */
