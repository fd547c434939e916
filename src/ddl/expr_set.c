/*
 * src/ddl/expr_set.c
 *		UNION and its kin, and WITH: queries whose columns have to be of one type.
 *
 * The branches of a set operation are printed to see what their columns are.
 * Where two columns differ, both branches are printed again, with what is
 * wanted of each column: MySQL converts there, PostgreSQL refuses or chooses
 * another type.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_print.h"

/* The type of a value as PostgreSQL calls it, without any modifier. */
static const char *
type_name(ExprValue value)
{
	switch (value.type)
	{
		case VALUE_BOOLEAN:
			return "boolean";
		case VALUE_INTEGER:
			return "bigint";
		case VALUE_DECIMAL:
			return "numeric";
		case VALUE_FLOAT:
			return "double precision";
		case VALUE_NULL:
		case VALUE_TEXT:
			return "text";
		case VALUE_BYTES:
			return "bytea";
		case VALUE_DATE:
			return "date";
		case VALUE_DATETIME:
			return "timestamp";
		case VALUE_INSTANT:
			return "timestamp with time zone";
		case VALUE_TIME:
			return "time";
		case VALUE_INTERVAL:
			return "interval";
		case VALUE_JSON:
			return "jsonb";
		case VALUE_SET:
			return "text[]";
		case VALUE_UUID:
			return "uuid";
		default:
			return NULL;
	}
}

ExprValue
mm_print_as_wanted(ExprPrinter *printer, ExprValue value,
				   const ExprWanted *wanted)
{
	ExprValue like = wanted->value;

	if (value.type == VALUE_NULL)
	{
		const char *name = type_name(like);

		if (name == NULL)
			return mm_print_refuse(printer, psprintf("a UNION of NULL and %s",
													 mm_value_type_name(like.type)));
		like.sql = psprintf("NULL::%s", name);
		like.is_nullable = true;
		like.is_column = false;
		like.is_compound = false;
		return like;
	}
	if (value.type != like.type)
	{
		if (like.type == VALUE_TEXT)
			value = mm_print_to_text(printer, value);
		else if (mm_value_is_number(like))
			value = mm_print_to_number(printer, value);
		else if (like.type == VALUE_DATETIME && mm_value_is_temporal(value))
		{
			if (value.type == VALUE_INSTANT)
				printer->is_immutable = false;
			value.sql = psprintf("%s::timestamp", mm_value_operand(value));
			value.type = VALUE_DATETIME;
			value.is_compound = false;
		}
		else
			return mm_print_refuse(printer, psprintf("a UNION of %s and %s",
													 mm_value_type_name(like.type),
													 mm_value_type_name(value.type)));
	}
	if (wanted->is_exact || (like.type == VALUE_FLOAT && like.width == 8))
	{
		value.sql = psprintf("%s::%s", mm_value_operand(value),
							 type_name(like));
		value.is_compound = false;
		value.is_column = false;
	}
	return value;
}

/* What two branches' column is; *differs is set when one is not that. */
static ExprWanted *
common_column(ExprPrinter *printer, const ExprViewColumn *a,
			  const ExprViewColumn *b, bool *differs)
{
	ExprWanted *wanted = palloc0(sizeof(ExprWanted));
	ExprValue values[2] = {a->value, b->value};

	for (int i = 0; i < 2; i++)
		values[i].sql = pstrdup("x");
	if (a->is_null)
		values[0].type = VALUE_NULL;
	if (b->is_null)
		values[1].type = VALUE_NULL;
	/* of one type here */
	if (values[0].type == VALUE_ENUM && values[1].type == VALUE_ENUM &&
		a->value.labels == b->value.labels)
	{
		wanted->value = values[0];
		return wanted;
	}
	if ((mm_value_is_number(values[0]) && mm_value_is_number(values[1])) ||
		values[0].type == VALUE_ENUM || values[0].type != values[1].type)
	{
		*differs |= values[0].type != values[1].type ||
					values[0].type == VALUE_ENUM ||
					values[0].width != values[1].width ||
					values[0].scale != values[1].scale;
		wanted->value = mm_print_unify(printer, values, 2);
		/* beside any other number a FLOAT is a DOUBLE */
		if (wanted->value.type == VALUE_FLOAT &&
			values[0].type != VALUE_NULL && values[1].type != VALUE_NULL)
			wanted->value.width = values[0].type == values[1].type ?
									  wanted->value.width :
									  8;
	}
	else
		wanted->value = values[0];
	if (wanted->value.type == VALUE_NULL)
		wanted->value.type = VALUE_TEXT;
	return wanted;
}

/* What both branches have to give, or NIL: they do already. */
static List *
common_columns(ExprPrinter *printer, List *left, List *right)
{
	List *wanted = NIL;
	bool differs = false;
	ListCell *ll;
	ListCell *lr;

	if (list_length(left) != list_length(right))
	{
		mm_print_refuse(printer, "a UNION of different numbers of columns");
		return NIL;
	}
	forboth(ll, left, lr, right)
		wanted = lappend(wanted, common_column(printer, lfirst(ll), lfirst(lr),
											   &differs));
	return differs ? wanted : NIL;
}

/* Makes the columns of the left branch those of the whole. */
static void
merge_columns(ExprPrinter *printer, const ExprQuery *query, List *left,
			  List *right)
{
	ListCell *ll;
	ListCell *lr;

	if (printer->reason != NULL)
		return;
	forboth(ll, left, lr, right)
	{
		ExprViewColumn *a = lfirst(ll);
		ExprViewColumn *b = lfirst(lr);

		if (a->value.type == VALUE_INTEGER && mm_value_is_number(b->value))
			a->value.type = b->value.type;
		if (a->value.type == VALUE_DECIMAL && b->value.type == VALUE_FLOAT)
			a->value.type = VALUE_FLOAT;
		a->is_null &= b->is_null;
		a->value.is_nullable |= b->value.is_nullable;
		a->value.is_case_insensitive |= b->value.is_case_insensitive;
		a->value.has_case_collation |= b->value.has_case_collation;
		a->value.is_column &= b->value.is_column;
		a->value.scale = a->value.scale < 0 || b->value.scale < 0 ?
							 -1 :
							 Max(a->value.scale, b->value.scale);
		a->value.fraction = Max(a->value.fraction, b->value.fraction);
		a->value.width = Max(a->value.width, b->value.width);
		a->value.minimum = Min(a->value.minimum, b->value.minimum);
		/* rows are told apart without regard to case there */
		if (strstr(query->set_operation, " ALL") == NULL)
			mm_print_note_text(printer, a->value, a->value);
	}
}

/* ORDER BY of a set operation names its columns. */
static char *
order_of_set(ExprPrinter *printer, const ExprQuery *query, List *columns)
{
	ExprScope scope = {.outer = NULL};
	ExprScope *before = printer->scope;
	ExprRelation *relation = mm_print_derived_relation(NULL, "", NULL,
													   columns);
	char *sql;
	ListCell *lc;

	foreach(lc, query->order_by)
	{
		if (((ExprOrder *) lfirst(lc))->node->kind != EXPR_COLUMN)
			mm_print_refuse(printer, "a UNION ordered by an expression");
	}
	scope.relations = list_make1(relation);
	printer->scope = &scope;
	sql = mm_print_order(printer, query->order_by);
	printer->scope = before;
	return sql;
}

/* A branch with ORDER BY, LIMIT or WITH of its own needs parentheses. */
static char *
branch(const ExprQuery *query, char *sql, bool is_right)
{
	if (query->order_by != NIL || query->limit != NULL || query->ctes != NIL ||
		(query->set_operation != NULL && is_right))
		return psprintf("(%s)", sql);
	return sql;
}

/* Both branches; what is wanted of their columns may be NIL. */
static char *
print_branches(ExprPrinter *printer, const ExprQuery *query, List *names,
			   List *wanted, List **left_columns, List **right_columns)
{
	char *left;
	char *right;

	*left_columns = NIL;
	*right_columns = NIL;
	printer->wanted = wanted;
	left = mm_print_query(printer, query->left, names, left_columns);
	printer->wanted = wanted;
	right = mm_print_query(printer, query->right,
						   mm_print_local_names(*left_columns), right_columns);
	printer->wanted = NIL;
	return psprintf("%s\n%s\n%s", branch(query->left, left, false),
					query->set_operation, branch(query->right, right, true));
}

char *
mm_print_set(ExprPrinter *printer, const ExprQuery *query, List *names,
			 List **columns)
{
	List *wanted = printer->wanted;
	List *right_columns;
	StringInfoData sql;
	char *branches = print_branches(printer, query, names, wanted, columns,
									&right_columns);

	if (wanted == NIL && printer->reason == NULL)
	{
		wanted = common_columns(printer, *columns, right_columns);
		if (wanted != NIL)
			branches = print_branches(printer, query, names, wanted, columns,
									  &right_columns);
	}
	merge_columns(printer, query, *columns, right_columns);
	initStringInfo(&sql);
	appendStringInfoString(&sql, branches);
	if (query->order_by != NIL)
		appendStringInfo(&sql, "\nORDER BY %s",
						 order_of_set(printer, query, *columns));
	appendStringInfoString(&sql, mm_print_limit(printer, query));
	return sql.data;
}

/* ---- WITH ---- */

/* Does the query read a table of this name? */
static bool
reads(const ExprQuery *query, const char *name)
{
	ListCell *lc;

	foreach(lc, mm_expr_query_relations(query))
	{
		if (pg_strcasecmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * The first rows of a recursive query decide about its types, here as in MySQL;
 * PostgreSQL asks for exactly these in the other branch.
 */
static List *
recursive_columns(ExprPrinter *printer, List *columns)
{
	List *wanted = NIL;
	ListCell *lc;

	foreach(lc, columns)
	{
		ExprViewColumn *column = lfirst(lc);
		ExprWanted *one = palloc0(sizeof(ExprWanted));

		if (column->value.type == VALUE_ENUM)
			column->value.type = VALUE_TEXT;
		if (type_name(column->value) == NULL)
			mm_print_refuse(printer, psprintf("WITH RECURSIVE over %s",
											  mm_value_type_name(column->value.type)));
		column->value.width = 8;
		column->value.minimum = PG_INT64_MIN;
		column->value.is_nullable = true;
		column->value.is_column = false;
		one->value = column->value;
		one->is_exact = true;
		wanted = lappend(wanted, one);
	}
	return wanted;
}

/* MySQL cuts what the other branch gives to the digits of the first rows. */
static void
check_recursive_types(ExprPrinter *printer, List *first, List *next)
{
	ListCell *lf;
	ListCell *ln;

	if (list_length(first) != list_length(next))
	{
		mm_print_refuse(printer, "a UNION of different numbers of columns");
		return;
	}
	forboth(lf, first, ln, next)
	{
		ExprValue a = ((ExprViewColumn *) lfirst(lf))->value;
		ExprValue b = ((ExprViewColumn *) lfirst(ln))->value;

		if ((a.type == VALUE_INTEGER || a.type == VALUE_DECIMAL) &&
			(b.type == VALUE_FLOAT ||
			 (b.type == VALUE_DECIMAL && (b.scale < 0 || b.scale > a.scale))))
			mm_print_refuse(printer, "WITH RECURSIVE whose numbers gain digits");
	}
}

/* name (a, b) AS (first rows UNION ALL rows that follow from others) */
static char *
print_recursive(ExprPrinter *printer, const ExprCte *cte, char *alias,
				List **columns)
{
	const ExprQuery *query = cte->query;
	List *wanted;
	List *left_columns;
	List *right_columns;
	char *branches;

	if (query->set_operation == NULL ||
		strncmp(query->set_operation, "UNION", 5) != 0 ||
		query->order_by != NIL || query->limit != NULL || query->ctes != NIL ||
		reads(query->left, cte->name))
	{
		mm_print_refuse(printer, "WITH RECURSIVE of other than one UNION");
		return pstrdup("");
	}
	mm_print_query(printer, query->left, NIL, columns);
	wanted = recursive_columns(printer, *columns);
	*columns = mm_print_rename_columns(printer, *columns, cte->column_names);
	printer->ctes = lcons(mm_print_derived_relation(NULL, cte->name, alias,
													*columns),
						  printer->ctes);
	/* once for the types of the columns, and once as those */
	(void) print_branches(printer, query, NIL, NIL, &left_columns,
						  &right_columns);
	if (printer->reason == NULL)
		check_recursive_types(printer, left_columns, right_columns);
	branches = print_branches(printer, query, NIL, wanted, &left_columns,
							  &right_columns);
	if (strstr(query->set_operation, " ALL") == NULL)
	{
		ListCell *lc;

		foreach(lc, *columns)
			mm_print_note_text(printer, ((ExprViewColumn *) lfirst(lc))->value,
							   ((ExprViewColumn *) lfirst(lc))->value);
	}
	return branches;
}

static char *
print_plain_cte(ExprPrinter *printer, const ExprCte *cte, char *alias,
				List **columns)
{
	char *body = mm_print_query(printer, cte->query, NIL, columns);

	*columns = mm_print_rename_columns(printer, *columns, cte->column_names);
	printer->ctes = lcons(mm_print_derived_relation(NULL, cte->name, alias,
													*columns),
						  printer->ctes);
	return body;
}

char *
mm_print_ctes(ExprPrinter *printer, const ExprQuery *query)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, query->ctes)
	{
		ExprCte *cte = lfirst(lc);
		List *columns = NIL;
		char *alias = mm_print_alias(printer, cte->name);
		ExprScope *before = printer->scope;
		StringInfoData names;
		char *body;
		ListCell *ln;

		printer->scope = NULL;
		body = query->is_recursive && reads(cte->query, cte->name) ?
				   print_recursive(printer, cte, alias, &columns) :
				   print_plain_cte(printer, cte, alias, &columns);
		printer->scope = before;
		initStringInfo(&names);
		foreach(ln, mm_print_local_names(columns))
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ",
							 mm_quote_local_name(NULL, lfirst(ln)));
		appendStringInfo(&sql, "%s%s(%s) AS (\n%s\n)",
						 sql.len > 0		 ? ", " :
						 query->is_recursive ? "WITH RECURSIVE " :
											   "WITH ",
						 alias, names.data, body);
	}
	appendStringInfoString(&sql, "\n");
	return sql.data;
}
