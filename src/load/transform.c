/*
 * src/load/transform.c
 *		SQL expressions over a remote row.
 *
 * The text of an expression never becomes part of another text: it is parsed
 * alone, must be one expression and nothing more, and its tree is analyzed
 * with the remote columns as the only names in sight.  Subqueries, aggregates
 * and sets are refused, as in ALTER TABLE ... USING.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/error.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "load/transform.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* ---------------------------------------------------------------- the text */

static void
not_one_expression(const char *expression)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("\"%s\" is not one SQL expression",
					mm_error_clip(expression, strlen(expression))),
			 errhint("Write an expression over the column's value, such as \"lower(value)\" or \"value = 'Y'\".")));
}

/* The position in "SELECT ..." means nothing to the user. */
static void
syntax_context(void *arg)
{
	internalerrposition(0);
	internalerrquery(NULL);
	errposition(0);
	errcontext("expression \"%s\"", (const char *) arg);
	if (geterrcode() == ERRCODE_SYNTAX_ERROR)
		errhint("Write one SQL expression over the column's value, such as \"lower(value)\" or \"value = 'Y'\".");
}

static Node *
parse_expression(const char *expression)
{
	ErrorContextCallback callback;
	List *statements;
	SelectStmt *select;
	ResTarget *target;

	callback.callback = syntax_context;
	callback.arg = (void *) expression;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	statements = mm_raw_parser(psprintf("SELECT %s", expression));
	error_context_stack = callback.previous;

	if (list_length(statements) != 1)
		not_one_expression(expression);
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt) || select->op != SETOP_NONE ||
		list_length(select->targetList) != 1 ||
		select->distinctClause != NIL || select->intoClause != NULL ||
		select->fromClause != NIL || select->whereClause != NULL ||
		select->groupClause != NIL || select->havingClause != NULL ||
		select->windowClause != NIL || select->sortClause != NIL ||
		select->limitOffset != NULL || select->limitCount != NULL ||
		select->lockingClause != NIL)
		not_one_expression(expression);
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL)
		not_one_expression(expression);
	return target->val;
}

void
mm_transform_check_syntax(const char *expression)
{
	(void) parse_expression(expression);
}

/* ---------------------------------------------------------------- columns */

TransformInputs *
mm_transform_inputs(const RemoteTable *table)
{
	TransformInputs *inputs = palloc0(sizeof(TransformInputs));
	int number = Max(list_length(table->columns), 1);

	inputs->table = table;
	inputs->columns = palloc0(number * sizeof(RemoteColumn *));
	inputs->types = palloc0(number * sizeof(ColumnType));
	inputs->oids = palloc0(number * sizeof(Oid));
	inputs->typmods = palloc0(number * sizeof(int32));
	return inputs;
}

TupleDesc
mm_transform_desc(const TransformInputs *inputs)
{
	TupleDesc desc = CreateTemplateTupleDesc(inputs->ncolumns);

	for (int i = 0; i < inputs->ncolumns; i++)
		TupleDescInitEntry(desc, i + 1, inputs->columns[i]->name,
						   inputs->oids[i], inputs->typmods[i], 0);
	return desc;
}

/* The number of an input, which is added when it is new. */
static int
input_number(TransformInputs *inputs, const RemoteColumn *column)
{
	ColumnType *type = &inputs->types[inputs->ncolumns];
	char *name;

	for (int i = 0; i < inputs->ncolumns; i++)
	{
		if (inputs->columns[i] == column)
			return i;
	}
	*type = column->type;
	type->decision = DECISION_WIDE;
	type->enum_mode = ENUM_AS_TEXT;
	type->local_type = NULL;
	name = mm_type_rule(type) ? mm_type_local_name(type) : NULL;
	parseTypeString(name ? name : "text", &inputs->oids[inputs->ncolumns],
					&inputs->typmods[inputs->ncolumns], MM_PARSE_TYPE_RAISES);
	inputs->columns[inputs->ncolumns] = column;
	return inputs->ncolumns++;
}

typedef struct ColumnScope
{
	TransformInputs *inputs;
	const RemoteColumn *self;
} ColumnScope;

/* Names as they are there or here; MySQL's column names have no case. */
static const RemoteColumn *
find_column(const ColumnScope *scope, const char *name)
{
	ListCell *cell;

	foreach(cell, scope->inputs->table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (column->local_name != NULL &&
			strcmp(column->local_name, name) == 0)
			return column;
	}
	foreach(cell, scope->inputs->table->columns)
	{
		RemoteColumn *column = lfirst(cell);

		if (pg_strcasecmp(column->name, name) == 0)
			return column;
	}
	return strcmp(name, "value") == 0 ? scope->self : NULL;
}

static Node *
resolve_column(ParseState *pstate, ColumnRef *reference)
{
	const ColumnScope *scope = pstate->p_ref_hook_state;
	const RemoteColumn *column = NULL;
	int n;

	if (list_length(reference->fields) == 1 &&
		IsA(linitial(reference->fields), String))
		column = find_column(scope, strVal(linitial(reference->fields)));
	if (column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" does not exist in MySQL table \"%s.%s\"",
						NameListToString(reference->fields),
						scope->inputs->table->schema,
						scope->inputs->table->name),
				 errhint("Name the columns of the table, or \"value\" for the column itself.")));
	n = input_number(scope->inputs, column);
	return (Node *) makeVar(1, n + 1, scope->inputs->oids[n],
							scope->inputs->typmods[n],
							get_typcollation(scope->inputs->oids[n]), 0);
}

/* ---------------------------------------------------------------- analysis */

typedef struct CompileScope
{
	const RemoteTable *table;
	const RemoteColumn *column;
} CompileScope;

static void
compile_context(void *arg)
{
	const CompileScope *scope = arg;

	errposition(0);
	errcontext("expression \"%s\" for column \"%s.%s\"",
			   scope->column->transform, scope->table->name,
			   scope->column->name);
	if (geterrcode() == ERRCODE_UNDEFINED_FUNCTION ||
		geterrcode() == ERRCODE_UNDEFINED_OBJECT)
		errhint("Mend the rule. Functions and types outside of pg_catalog need their schema; \"value\" may need a cast.");
}

/* As an assignment would, so that a bigint may become an interval's text. */
static Node *
coerce_result(ParseState *pstate, Node *tree, Oid type, int32 typmod)
{
	Oid from = exprType(tree);
	Node *coerced = coerce_to_target_type(pstate, tree, from, type, typmod,
										  COERCION_ASSIGNMENT,
										  COERCE_IMPLICIT_CAST, -1);

	if (coerced == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the expression is of type %s, and the column of type %s",
						format_type_be(from), format_type_be(type)),
				 errhint("Add a cast to the expression.")));
	return coerced;
}

Node *
mm_transform_compile(TransformInputs *inputs, const RemoteColumn *column,
					 Oid type, int32 typmod)
{
	ParseState *pstate = make_parsestate(NULL);
	ColumnScope scope = {inputs, column};
	CompileScope described = {inputs->table, column};
	ErrorContextCallback callback;
	Node *tree = parse_expression(column->transform);

	callback.callback = compile_context;
	callback.arg = &described;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	pstate->p_pre_columnref_hook = resolve_column;
	pstate->p_ref_hook_state = &scope;
	tree = transformExpr(pstate, tree, EXPR_KIND_ALTER_COL_TRANSFORM);
	if (OidIsValid(type))
		tree = coerce_result(pstate, tree, type, typmod);
	else if (exprType(tree) == UNKNOWNOID)
		tree = coerce_result(pstate, tree, TEXTOID, -1);
	assign_expr_collations(pstate, tree);
	free_parsestate(pstate);
	tree = (Node *) expression_planner((Expr *) tree);
	error_context_stack = callback.previous;
	return tree;
}
