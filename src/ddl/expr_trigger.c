/*
 * src/ddl/expr_trigger.c
 *		Bodies of simple row triggers into PL/pgSQL.
 *
 * Understood: BEGIN ... END, SET NEW.column = value, IF ... END IF, INSERT with
 * VALUES, UPDATE and DELETE of one table, SIGNAL with a message text.  Anything
 * else (variables, cursors, loops, calls) is refused.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/expr_parse.h"
#include "ddl/expr_print.h"

typedef struct TriggerRun
{
	ExprParser parser;
	ExprPrinter printer;
	ExprScope scope; /* NEW and OLD */
	const RemoteTable *table;
	const RemoteProgram *program;
	StringInfoData sql;
	int indent;
} TriggerRun;

static void run_statement(TriggerRun *run);

static void
start_line(TriggerRun *run)
{
	for (int i = 0; i < run->indent; i++)
		appendStringInfoString(&run->sql, "    ");
}

static char *
take_value(TriggerRun *run, const RemoteTable *table,
		   const RemoteColumn *column)
{
	ExprNode *node = mm_expr_parse_node(&run->parser);

	if (run->parser.error != NULL)
		return pstrdup("");
	return mm_print_assign(&run->printer, mm_print_node(&run->printer, node),
						   table, column);
}

static char *
take_condition(TriggerRun *run)
{
	ExprNode *node = mm_expr_parse_node(&run->parser);

	if (run->parser.error != NULL)
		return pstrdup("");
	return mm_print_condition(&run->printer, node);
}

static RemoteColumn *
need_column(TriggerRun *run, const RemoteTable *table, const char *name)
{
	RemoteColumn *column = mm_catalog_find_column(table, name);

	if (column == NULL || column->is_skipped)
		mm_expr_fail(&run->parser, psprintf("unknown column %s", name));
	return column;
}

/* The table that a statement writes to, with its columns in scope. */
static RemoteTable *
need_table(TriggerRun *run)
{
	char *name = mm_expr_need_name(&run->parser);
	RemoteTable *table;

	if (mm_expr_take_operator(&run->parser, "."))
	{
		if (strcmp(name, run->printer.schema->name) != 0)
			mm_expr_fail(&run->parser, "another database");
		name = mm_expr_need_name(&run->parser);
	}
	table = mm_catalog_find_table(run->printer.schema, name);
	if (table == NULL)
		mm_expr_fail(&run->parser, psprintf("unknown table %s", name));
	return table;
}

/* SET NEW.a = x, NEW.b = y */
static void
run_set(TriggerRun *run)
{
	do
	{
		RemoteColumn *column;
		char *value;

		if (!mm_expr_take_word(&run->parser, "new"))
		{
			mm_expr_fail(&run->parser, "assignment to a variable");
			return;
		}
		mm_expr_need_operator(&run->parser, ".");
		column = need_column(run, run->table, mm_expr_need_name(&run->parser));
		if (!mm_expr_take_operator(&run->parser, ":="))
			mm_expr_need_operator(&run->parser, "=");
		if (column == NULL || run->parser.error != NULL)
			return;
		value = take_value(run, run->table, column);
		start_line(run);
		appendStringInfo(&run->sql, "NEW.%s := %s;\n",
						 mm_quote_local_name(NULL, column->local_name), value);
	} while (mm_expr_take_operator(&run->parser, ","));
}

/* Statements up to END, ELSE, ELSEIF. */
static void
run_block(TriggerRun *run)
{
	run->indent++;
	while (run->parser.error == NULL && run->printer.reason == NULL &&
		   !mm_expr_is_word(&run->parser, 0, "end") &&
		   !mm_expr_is_word(&run->parser, 0, "else") &&
		   !mm_expr_is_word(&run->parser, 0, "elseif"))
	{
		run_statement(run);
		mm_expr_need_operator(&run->parser, ";");
	}
	run->indent--;
}

static void
run_if(TriggerRun *run)
{
	char *condition = take_condition(run);

	mm_expr_need_word(&run->parser, "then");
	start_line(run);
	appendStringInfo(&run->sql, "IF %s THEN\n", condition);
	run_block(run);
	while (mm_expr_take_word(&run->parser, "elseif"))
	{
		condition = take_condition(run);
		mm_expr_need_word(&run->parser, "then");
		start_line(run);
		appendStringInfo(&run->sql, "ELSIF %s THEN\n", condition);
		run_block(run);
	}
	if (mm_expr_take_word(&run->parser, "else"))
	{
		start_line(run);
		appendStringInfoString(&run->sql, "ELSE\n");
		run_block(run);
	}
	mm_expr_need_word(&run->parser, "end");
	mm_expr_need_word(&run->parser, "if");
	start_line(run);
	appendStringInfoString(&run->sql, "END IF;\n");
}

/* INSERT INTO t (a, b) VALUES (x, y) */
static void
run_insert(TriggerRun *run)
{
	RemoteTable *table;
	List *columns = NIL;
	StringInfoData values;
	ListCell *lc;

	mm_expr_take_word(&run->parser, "into");
	table = need_table(run);
	mm_expr_need_operator(&run->parser, "(");
	if (table == NULL)
		return;
	do
	{
		RemoteColumn *column = need_column(run, table,
										   mm_expr_need_name(&run->parser));

		columns = lappend(columns, column);
	} while (mm_expr_take_operator(&run->parser, ","));
	mm_expr_need_operator(&run->parser, ")");
	if (!mm_expr_take_word(&run->parser, "values"))
		mm_expr_need_word(&run->parser, "value");
	mm_expr_need_operator(&run->parser, "(");
	initStringInfo(&values);
	foreach(lc, columns)
	{
		if (run->parser.error != NULL)
			return;
		if (lc != list_head(columns))
			mm_expr_need_operator(&run->parser, ",");
		appendStringInfo(&values, "%s%s", values.len == 0 ? "" : ", ",
						 take_value(run, table, lfirst(lc)));
	}
	mm_expr_need_operator(&run->parser, ")");
	if (run->parser.error != NULL)
		return;
	start_line(run);
	appendStringInfo(&run->sql, "INSERT INTO %s (%s) VALUES (%s);\n",
					 mm_quote_local_name(run->printer.options->local_schema,
										 table->local_name),
					 mm_ddl_column_list(columns), values.data);
}

/* The columns of a written table beside those of NEW and OLD. */
static void
enter_table(TriggerRun *run, RemoteTable *table)
{
	ExprScope *inner = palloc0(sizeof(ExprScope));
	char *local = mm_quote_local_name(NULL, table->local_name);

	inner->outer = &run->scope;
	inner->relations = list_make1(mm_print_table_relation(table, table->name,
														  local));
	run->printer.scope = inner;
}

static void
append_where(TriggerRun *run, StringInfo sql)
{
	if (mm_expr_take_word(&run->parser, "where"))
		appendStringInfo(sql, " WHERE %s", take_condition(run));
	if (mm_expr_is_word(&run->parser, 0, "order") ||
		mm_expr_is_word(&run->parser, 0, "limit"))
		mm_expr_fail(&run->parser, "UPDATE or DELETE with ORDER BY or LIMIT");
	run->printer.scope = &run->scope;
	start_line(run);
	appendStringInfo(&run->sql, "%s;\n", sql->data);
}

/* UPDATE t SET a = x, b = y WHERE .. */
static void
run_update(TriggerRun *run)
{
	RemoteTable *table = need_table(run);
	StringInfoData sql;
	bool is_first = true;

	mm_expr_need_word(&run->parser, "set");
	if (table == NULL)
		return;
	enter_table(run, table);
	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s AS %s SET ",
					 mm_quote_local_name(run->printer.options->local_schema,
										 table->local_name),
					 mm_quote_local_name(NULL, table->local_name));
	do
	{
		char *name = mm_expr_need_name(&run->parser);
		RemoteColumn *column;
		ExprNode *node;

		if (mm_expr_take_operator(&run->parser, "."))
			name = mm_expr_need_name(&run->parser);
		column = need_column(run, table, name);
		mm_expr_need_operator(&run->parser, "=");
		if (column == NULL || run->parser.error != NULL)
			return;
		node = mm_expr_parse_node(&run->parser);
		if (run->parser.error != NULL)
			return;
		/* MySQL assigns from left to right and sees what it has assigned */
		if (!is_first && node->kind != EXPR_COLUMN && node->args != NIL)
			mm_print_refuse(&run->printer, "UPDATE of several columns by "
										   "expressions, which MySQL does one by one");
		appendStringInfo(&sql, "%s%s = %s", is_first ? "" : ", ",
						 mm_quote_local_name(NULL, column->local_name),
						 mm_print_assign(&run->printer,
										 mm_print_node(&run->printer, node),
										 table, column));
		is_first = false;
	} while (mm_expr_take_operator(&run->parser, ","));
	append_where(run, &sql);
}

/* DELETE FROM t WHERE .. */
static void
run_delete(TriggerRun *run)
{
	RemoteTable *table;
	StringInfoData sql;

	mm_expr_need_word(&run->parser, "from");
	table = need_table(run);
	if (table == NULL)
		return;
	enter_table(run, table);
	initStringInfo(&sql);
	appendStringInfo(&sql, "DELETE FROM %s AS %s",
					 mm_quote_local_name(run->printer.options->local_schema,
										 table->local_name),
					 mm_quote_local_name(NULL, table->local_name));
	append_where(run, &sql);
}

/* SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '..' */
static void
run_signal(TriggerRun *run)
{
	const char *message;

	mm_expr_need_word(&run->parser, "sqlstate");
	mm_expr_take_word(&run->parser, "value");
	if (mm_expr_peek(&run->parser, 0)->kind != TOKEN_STRING)
		mm_expr_fail(&run->parser, "unknown SIGNAL");
	run->parser.at = Min(run->parser.at + 1, run->parser.count - 1);
	mm_expr_need_word(&run->parser, "set");
	mm_expr_need_word(&run->parser, "message_text");
	mm_expr_need_operator(&run->parser, "=");
	if (mm_expr_peek(&run->parser, 0)->kind != TOKEN_STRING)
	{
		mm_expr_fail(&run->parser, "SIGNAL with a variable message");
		return;
	}
	message = mm_expr_peek(&run->parser, 0)->text;
	run->parser.at++;
	start_line(run);
	appendStringInfo(&run->sql, "RAISE EXCEPTION USING MESSAGE = %s, "
								"ERRCODE = 'raise_exception';\n",
					 mm_quote_local_literal(message));
}

static void
run_statement(TriggerRun *run)
{
	if (++run->parser.depth > 100)
		mm_expr_fail(&run->parser, "statements nested too deeply");
	if (mm_expr_take_word(&run->parser, "begin"))
	{
		run->indent--;
		run_block(run);
		run->indent++;
		mm_expr_need_word(&run->parser, "end");
	}
	else if (mm_expr_take_word(&run->parser, "set"))
		run_set(run);
	else if (mm_expr_take_word(&run->parser, "if"))
		run_if(run);
	else if (mm_expr_take_word(&run->parser, "insert"))
		run_insert(run);
	else if (mm_expr_take_word(&run->parser, "update"))
		run_update(run);
	else if (mm_expr_take_word(&run->parser, "delete"))
		run_delete(run);
	else if (mm_expr_take_word(&run->parser, "signal"))
		run_signal(run);
	else
		mm_expr_fail(&run->parser, "statement that is not translated");
	run->parser.depth--;
}

/* NEW and OLD, as far as the event has them. */
static void
open_rows(TriggerRun *run)
{
	bool has_new = pg_strcasecmp(run->program->event, "DELETE") != 0;
	bool has_old = pg_strcasecmp(run->program->event, "INSERT") != 0;

	if (has_new)
		run->scope.relations = lappend(run->scope.relations,
									   mm_print_table_relation(run->table,
															   "new", "NEW"));
	if (has_old)
		run->scope.relations = lappend(run->scope.relations,
									   mm_print_table_relation(run->table,
															   "old", "OLD"));
	run->printer.scope = &run->scope;
}

ExprResult *
mm_expr_trigger_body(const RemoteSchema *schema, const DdlOptions *options,
					 const RemoteTable *table, const RemoteProgram *program)
{
	TriggerRun run;
	bool is_before = program->timing != NULL &&
					 pg_strcasecmp(program->timing, "BEFORE") == 0;

	memset(&run, 0, sizeof(run));
	run.table = table;
	run.program = program;
	mm_print_start(&run.printer, schema, options);
	if (program->definition == NULL || program->event == NULL)
	{
		mm_print_refuse(&run.printer, "Its text cannot be read.");
		return mm_print_result(&run.printer, NULL);
	}
	open_rows(&run);
	initStringInfo(&run.sql);
	appendStringInfoString(&run.sql, "BEGIN\n");
	run.indent = 1;
	if (mm_expr_parser_start(&run.parser, program->definition))
	{
		run_statement(&run);
		mm_expr_take_operator(&run.parser, ";");
		if (run.parser.error == NULL &&
			mm_expr_peek(&run.parser, 0)->kind != TOKEN_END)
			mm_expr_fail(&run.parser, "text after the end");
	}
	if (run.parser.error != NULL)
		mm_print_refuse(&run.printer, psprintf("It could not be read: %s.",
											   run.parser.error));
	appendStringInfo(&run.sql, "    RETURN %s;\nEND\n", !is_before ? "NULL" : pg_strcasecmp(program->event, "DELETE") == 0 ? "OLD" :
																															 "NEW");
	return mm_print_result(&run.printer, run.sql.data);
}
