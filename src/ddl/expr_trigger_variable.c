/*
 * src/ddl/expr_trigger_variable.c
 *		Variables of trigger bodies: DECLARE, SET, SELECT .. INTO.
 *
 * A variable is a column of no table: its type follows from the same rules.  It
 * is called v_name here, so that it is mistaken for no column.
 */
#include "postgres.h"

#include "ddl/expr_trigger.h"

/* Types whose column would be the same whatever it holds. */
static const char *const declared_types[][2] = {
	{"bool", "smallint"},
	{"boolean", "smallint"},
	{"tinyint", "smallint"},
	{"smallint", "smallint"},
	{"mediumint", "mediumint"},
	{"int", "int"},
	{"integer", "int"},
	{"bigint", "bigint"},
	{"decimal", "decimal"},
	{"dec", "decimal"},
	{"numeric", "decimal"},
	{"float", "float"},
	{"double", "double"},
	{"real", "double"},
	{"char", "varchar"},
	{"varchar", "varchar"},
	{"tinytext", "text"},
	{"text", "text"},
	{"mediumtext", "text"},
	{"longtext", "text"},
	{"date", "date"},
	{"datetime", "datetime"},
	{"timestamp", "timestamp"},
	{NULL, NULL},
};

static int
need_number(TriggerRun *run)
{
	const ExprToken *token = mm_expr_peek(&run->parser, 0);

	if (token->kind != TOKEN_NUMBER)
	{
		mm_expr_fail(&run->parser, "expected a number");
		return 0;
	}
	run->parser.at++;
	return atoi(token->text);
}

static void
take_charset(TriggerRun *run, ColumnType *type)
{
	if (mm_expr_take_word(&run->parser, "charset"))
		mm_expr_need_name(&run->parser);
	else if (mm_expr_take_word(&run->parser, "character"))
	{
		mm_expr_need_word(&run->parser, "set");
		mm_expr_need_name(&run->parser);
	}
	if (mm_expr_take_word(&run->parser, "collate"))
		type->collation = mm_expr_need_name(&run->parser);
}

/* int unsigned, decimal(10, 2), varchar(20) CHARACTER SET utf8mb4 */
static void
take_type(TriggerRun *run, ColumnType *type)
{
	char *name = mm_expr_need_name(&run->parser);
	bool is_text;

	for (int i = 0; declared_types[i][0] != NULL; i++)
	{
		if (pg_strcasecmp(declared_types[i][0], name) == 0)
			type->data_type = declared_types[i][1];
	}
	if (type->data_type == NULL)
	{
		mm_expr_fail(&run->parser, psprintf("variable of type %s", name));
		return;
	}
	is_text = strcmp(type->data_type, "varchar") == 0 ||
			  strcmp(type->data_type, "text") == 0;
	type->column_type = type->data_type;
	type->display_width = -1;
	type->char_length = is_text ? 1 : -1;
	type->precision = 10;
	mm_expr_take_word(&run->parser, "precision");
	if (mm_expr_take_operator(&run->parser, "("))
	{
		type->precision = need_number(run);
		if (is_text)
			type->char_length = type->precision;
		else if (strncmp(type->data_type, "date", 4) == 0 ||
				 strcmp(type->data_type, "timestamp") == 0)
			type->fraction = type->precision;
		if (mm_expr_take_operator(&run->parser, ","))
			type->scale = need_number(run);
		mm_expr_need_operator(&run->parser, ")");
	}
	type->is_unsigned = mm_expr_take_word(&run->parser, "unsigned");
	/* 2^64 - 1 has to fit whatever comes */
	if (type->is_unsigned)
		type->decision = DECISION_WIDE;
	if (!is_text)
		return;
	type->charset = run->printer.schema->charset;
	type->collation = run->printer.schema->collation;
	take_charset(run, type);
}

static void
add_variable(TriggerRun *run, const char *name, const RemoteColumn *like)
{
	RemoteColumn *column = palloc(sizeof(RemoteColumn));
	ExprViewColumn *variable = palloc0(sizeof(ExprViewColumn));
	ListCell *lc;

	foreach(lc, run->variables.columns)
	{
		if (pg_strcasecmp(((ExprViewColumn *) lfirst(lc))->name, name) == 0)
			mm_expr_fail(&run->parser, "variable declared twice");
	}
	*column = *like;
	column->name = name;
	column->local_name = mm_ident_clip(psprintf("v_%s",
												mm_ident_fold(name, IDENT_LOWER)));
	variable->name = name;
	variable->local_name = column->local_name;
	variable->value = mm_print_column_value(column);
	variable->column = column;
	run->variables.columns = lappend(run->variables.columns, variable);
	appendStringInfo(&run->declarations, "    %s %s;\n",
					 mm_quote_local_name(NULL, column->local_name),
					 mm_ddl_column_type(run->table, column));
}

static ExprViewColumn *
find_variable(const TriggerRun *run, const char *name)
{
	ListCell *lc;

	foreach(lc, run->variables.columns)
	{
		ExprViewColumn *variable = lfirst(lc);

		if (pg_strcasecmp(variable->name, name) == 0)
			return variable;
	}
	return NULL;
}

/* a, b INT DEFAULT 0 */
void
mm_trigger_declare(TriggerRun *run)
{
	List *names = NIL;
	RemoteColumn like;
	char *value = NULL;
	ListCell *lc;

	memset(&like, 0, sizeof(like));
	do
		names = lappend(names, mm_expr_need_name(&run->parser));
	while (mm_expr_take_operator(&run->parser, ","));
	take_type(run, &like.type);
	if (run->parser.error != NULL)
		return;
	if (mm_expr_take_word(&run->parser, "default"))
		value = mm_trigger_value(run, run->table, &like);
	foreach(lc, names)
	{
		add_variable(run, lfirst(lc), &like);
		/* a block that is entered again begins anew */
		mm_trigger_start_line(run);
		appendStringInfo(&run->sql, "%s := %s;\n",
						 mm_quote_local_name(NULL,
											 find_variable(run, lfirst(lc))->local_name),
						 value != NULL ? value : "NULL");
	}
}

/* NEW.a = x, b = y */
void
mm_trigger_set(TriggerRun *run)
{
	do
	{
		const RemoteColumn *column = NULL;
		char *target;
		char *value;

		if (mm_expr_is_word(&run->parser, 0, "new") &&
			mm_expr_is_operator(&run->parser, 1, "."))
		{
			run->parser.at += 2;
			column = mm_trigger_need_column(run, run->table,
											mm_expr_need_name(&run->parser));
			target = "NEW.";
		}
		else
		{
			ExprViewColumn *variable = find_variable(run,
													 mm_expr_need_name(&run->parser));

			if (variable == NULL)
				mm_expr_fail(&run->parser, "assignment to something else than "
										   "NEW or a variable");
			else
				column = variable->column;
			target = "";
		}
		if (!mm_expr_take_operator(&run->parser, ":="))
			mm_expr_need_operator(&run->parser, "=");
		if (column == NULL || run->parser.error != NULL)
			return;
		value = mm_trigger_value(run, run->table, column);
		mm_trigger_start_line(run);
		appendStringInfo(&run->sql, "%s%s := %s;\n", target,
						 mm_quote_local_name(NULL, column->local_name), value);
	} while (mm_expr_take_operator(&run->parser, ","));
}

/* Aggregates without GROUP BY: one row whatever there is. */
static bool
gives_one_row(const ExprQuery *query)
{
	return query->set_operation == NULL && query->group_by == NIL &&
		   query->having == NULL && query->limit == NULL &&
		   (query->from == NULL || mm_expr_is_grouped(query));
}

/*
 * SELECT a, b INTO x, y FROM ..: without a row the variables stay what they
 * are, and more than one is an error.
 */
void
mm_trigger_select(TriggerRun *run)
{
	ExprQuery *query = mm_expr_parse_select(&run->parser);
	List *columns = NIL;
	StringInfoData values;
	StringInfoData targets;
	bool is_plain;
	char *sql;
	int i = 0;

	if (run->parser.error != NULL)
		return;
	is_plain = gives_one_row(query);
	sql = mm_print_query(&run->printer, query, NIL, &columns);
	if (run->printer.reason != NULL)
		return;
	if (query->into == NIL || list_length(query->into) != list_length(columns))
	{
		mm_expr_fail(&run->parser, "SELECT whose columns go nowhere");
		return;
	}
	initStringInfo(&values);
	initStringInfo(&targets);
	for (i = 0; i < list_length(columns); i++)
	{
		ExprValue value = ((ExprViewColumn *) list_nth(columns, i))->value;
		ExprViewColumn *variable = find_variable(run, list_nth(query->into, i));

		if (variable == NULL)
		{
			mm_expr_fail(&run->parser, "SELECT INTO something else than a "
									   "variable");
			return;
		}
		value.sql = psprintf("q.c%d", i + 1);
		value.is_compound = false;
		appendStringInfo(&values, "%s%s", i == 0 ? "" : ", ",
						 mm_print_assign(&run->printer, value, run->table,
										 variable->column));
		appendStringInfo(&targets, "%s%s", i == 0 ? "" : ", ",
						 mm_quote_local_name(NULL, variable->local_name));
	}
	mm_trigger_start_line(run);
	appendStringInfo(&run->sql, "%sSELECT %s INTO %s%s FROM (%s) AS q(",
					 is_plain ? "" : "BEGIN ", values.data,
					 is_plain ? "" : "STRICT ", targets.data, sql);
	for (i = 0; i < list_length(columns); i++)
		appendStringInfo(&run->sql, "%sc%d", i == 0 ? "" : ", ", i + 1);
	appendStringInfo(&run->sql, ");%s\n",
					 is_plain ? "" :
								" EXCEPTION WHEN no_data_found THEN NULL; END;");
}
