/*
 * src/ddl/expr_trigger.c
 *		Bodies of row triggers into PL/pgSQL.
 *
 * Understood: BEGIN .. END, DECLARE of variables, SET, SELECT .. INTO, IF, CASE,
 * WHILE, REPEAT and LOOP with LEAVE and ITERATE, SIGNAL, INSERT, UPDATE and
 * DELETE of one table.  Anything else (cursors, handlers, calls, user variables)
 * is refused, and the trigger with it.
 */
#include "postgres.h"

#include "ddl/expr_trigger.h"

static void run_statement(TriggerRun *run);

void
mm_trigger_start_line(TriggerRun *run)
{
	for (int i = 0; i < run->indent; i++)
		appendStringInfoString(&run->sql, "    ");
}

char *
mm_trigger_value(TriggerRun *run, const RemoteTable *table,
				 const RemoteColumn *column)
{
	ExprNode *node = mm_expr_parse_node(&run->parser);

	if (run->parser.error != NULL)
		return pstrdup("");
	return mm_print_assign(&run->printer, mm_print_node(&run->printer, node),
						   table, column);
}

char *
mm_trigger_condition(TriggerRun *run)
{
	ExprNode *node = mm_expr_parse_node(&run->parser);

	if (run->parser.error != NULL)
		return pstrdup("");
	return mm_print_condition(&run->printer, node);
}

RemoteColumn *
mm_trigger_need_column(TriggerRun *run, const RemoteTable *table,
					   const char *name)
{
	RemoteColumn *column = mm_catalog_find_column(table, name);

	if (column == NULL || column->is_skipped)
		mm_expr_fail(&run->parser, psprintf("unknown column %s", name));
	return column;
}

/* Does a statement list end here? */
static bool
is_end_of_block(const TriggerRun *run)
{
	static const char *const words[] = {"end", "else", "elseif", "when",
										"until", NULL};

	for (int i = 0; words[i] != NULL; i++)
	{
		if (mm_expr_is_word(&run->parser, 0, words[i]))
			return true;
	}
	return false;
}

static void
run_block(TriggerRun *run)
{
	run->indent++;
	while (run->parser.error == NULL && run->printer.reason == NULL &&
		   !is_end_of_block(run))
	{
		run_statement(run);
		mm_expr_need_operator(&run->parser, ";");
	}
	run->indent--;
}

/* One line of control, between blocks. */
static void
add_line(TriggerRun *run, const char *text)
{
	mm_trigger_start_line(run);
	appendStringInfo(&run->sql, "%s\n", text);
}

static void
run_if(TriggerRun *run)
{
	char *condition = mm_trigger_condition(run);

	mm_expr_need_word(&run->parser, "then");
	add_line(run, psprintf("IF %s THEN", condition));
	run_block(run);
	while (mm_expr_take_word(&run->parser, "elseif"))
	{
		condition = mm_trigger_condition(run);
		mm_expr_need_word(&run->parser, "then");
		add_line(run, psprintf("ELSIF %s THEN", condition));
		run_block(run);
	}
	if (mm_expr_take_word(&run->parser, "else"))
	{
		add_line(run, "ELSE");
		run_block(run);
	}
	mm_expr_need_word(&run->parser, "end");
	mm_expr_need_word(&run->parser, "if");
	add_line(run, "END IF;");
}

/* CASE [x] WHEN a THEN ..; without a match and ELSE it is an error on both. */
static void
run_case(TriggerRun *run)
{
	ExprNode *operand = NULL;

	if (!mm_expr_is_word(&run->parser, 0, "when"))
		operand = mm_expr_parse_node(&run->parser);
	add_line(run, "CASE");
	while (mm_expr_take_word(&run->parser, "when"))
	{
		ExprNode *when = mm_expr_parse_node(&run->parser);

		if (run->parser.error != NULL)
			return;
		if (operand != NULL)
			when = mm_expr_node(EXPR_BINARY, "=", list_make2(operand, when));
		mm_expr_need_word(&run->parser, "then");
		add_line(run, psprintf("WHEN %s THEN",
							   mm_print_condition(&run->printer, when)));
		run_block(run);
	}
	if (mm_expr_take_word(&run->parser, "else"))
	{
		add_line(run, "ELSE");
		run_block(run);
	}
	mm_expr_need_word(&run->parser, "end");
	mm_expr_need_word(&run->parser, "case");
	add_line(run, "END CASE;");
}

/* ---- loops ---- */

static void
run_while(TriggerRun *run)
{
	char *condition = mm_trigger_condition(run);

	mm_expr_need_word(&run->parser, "do");
	add_line(run, psprintf("WHILE %s LOOP", condition));
	run_block(run);
	mm_expr_need_word(&run->parser, "end");
	mm_expr_need_word(&run->parser, "while");
	add_line(run, "END LOOP;");
}

/* LOOP .. END LOOP, and REPEAT .. UNTIL x END REPEAT */
static void
run_loop(TriggerRun *run, bool is_repeat)
{
	add_line(run, "LOOP");
	run_block(run);
	if (is_repeat)
	{
		char *condition;

		mm_expr_need_word(&run->parser, "until");
		condition = mm_trigger_condition(run);
		run->indent++;
		add_line(run, psprintf("EXIT WHEN %s;", condition));
		run->indent--;
	}
	mm_expr_need_word(&run->parser, "end");
	mm_expr_need_word(&run->parser, is_repeat ? "repeat" : "loop");
	add_line(run, "END LOOP;");
}

static char *
label_name(const char *label)
{
	return mm_quote_local_name(NULL,
							   mm_ident_clip(psprintf("l_%s",
													  mm_ident_fold(label,
																	IDENT_LOWER))));
}

/* LEAVE label, ITERATE label */
static void
run_jump(TriggerRun *run, const char *verb)
{
	char *label = mm_expr_need_name(&run->parser);
	ListCell *lc;

	foreach(lc, run->labels)
	{
		if (pg_strcasecmp(lfirst(lc), label) == 0)
		{
			add_line(run, psprintf("%s %s;", verb, label_name(label)));
			return;
		}
	}
	mm_expr_fail(&run->parser, "unknown label");
}

/* BEGIN .. END, inside of another */
static void
run_inner_block(TriggerRun *run)
{
	add_line(run, "BEGIN");
	run_block(run);
	mm_expr_need_word(&run->parser, "end");
	add_line(run, "END;");
}

/* label: BEGIN .. END label */
static void
run_labelled(TriggerRun *run)
{
	char *label = mm_expr_need_name(&run->parser);
	List *before = run->labels;

	run->parser.at++;
	run->labels = lcons(label, list_copy(before));
	add_line(run, psprintf("<<%s>>", label_name(label)));
	if (mm_expr_take_word(&run->parser, "begin"))
		run_inner_block(run);
	else
		run_statement(run);
	if (mm_expr_peek(&run->parser, 0)->kind == TOKEN_WORD &&
		pg_strcasecmp(mm_expr_peek(&run->parser, 0)->text, label) == 0)
		run->parser.at++;
	run->labels = before;
}

/* ---- SIGNAL ---- */

/* The message: a text, or a variable. */
static char *
take_message(TriggerRun *run)
{
	ExprNode *node = mm_expr_parse_operand(&run->parser);

	if (run->parser.error != NULL)
		return pstrdup("");
	return mm_print_to_text(&run->printer,
							mm_print_node(&run->printer, node))
		.sql;
}

/* SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '..' */
static void
run_signal(TriggerRun *run)
{
	const char *state;
	char *message = pstrdup("'Unhandled user-defined exception condition'");

	mm_expr_need_word(&run->parser, "sqlstate");
	mm_expr_take_word(&run->parser, "value");
	state = mm_expr_peek(&run->parser, 0)->text;
	if (mm_expr_peek(&run->parser, 0)->kind != TOKEN_STRING ||
		strlen(state) != 5 ||
		state[strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0' ||
		(state[0] == '0' && state[1] <= '2'))
	{
		mm_expr_fail(&run->parser, "SIGNAL of something that is no error");
		return;
	}
	run->parser.at++;
	if (mm_expr_take_word(&run->parser, "set"))
	{
		do
		{
			if (mm_expr_take_word(&run->parser, "mysql_errno"))
			{
				mm_expr_need_operator(&run->parser, "=");
				mm_expr_parse_operand(&run->parser);
				continue;
			}
			mm_expr_need_word(&run->parser, "message_text");
			mm_expr_need_operator(&run->parser, "=");
			message = take_message(run);
		} while (mm_expr_take_operator(&run->parser, ","));
	}
	add_line(run, psprintf("RAISE EXCEPTION USING MESSAGE = %s, ERRCODE = %s;",
						   message, mm_quote_local_literal(state)));
}

/* ---- statements ---- */

typedef void (*RunStatement)(TriggerRun *run);

static const struct
{
	const char *word;
	RunStatement run;
} statements[] = {
	{"begin", run_inner_block},
	{"declare", mm_trigger_declare},
	{"set", mm_trigger_set},
	{"if", run_if},
	{"case", run_case},
	{"while", run_while},
	{"insert", mm_trigger_insert},
	{"update", mm_trigger_update},
	{"delete", mm_trigger_delete},
	{"signal", run_signal},
	{NULL, NULL},
};

static void
run_by_word(TriggerRun *run)
{
	for (int i = 0; statements[i].word != NULL; i++)
	{
		if (mm_expr_take_word(&run->parser, statements[i].word))
		{
			statements[i].run(run);
			return;
		}
	}
	if (mm_expr_take_word(&run->parser, "loop"))
		run_loop(run, false);
	else if (mm_expr_take_word(&run->parser, "repeat"))
		run_loop(run, true);
	else if (mm_expr_take_word(&run->parser, "leave"))
		run_jump(run, "EXIT");
	else if (mm_expr_take_word(&run->parser, "iterate"))
		run_jump(run, "CONTINUE");
	else if (mm_expr_is_query(&run->parser, 0))
		mm_trigger_select(run);
	else
		mm_expr_fail(&run->parser, "statement that is not translated");
}

static void
run_statement(TriggerRun *run)
{
	if (++run->parser.depth > 100)
		mm_expr_fail(&run->parser, "statements nested too deeply");
	if (mm_expr_is_operator(&run->parser, 1, ":"))
		run_labelled(run);
	else
		run_by_word(run);
	run->parser.depth--;
}

/* The body: its outermost BEGIN .. END is that of the function. */
static void
run_body(TriggerRun *run)
{
	if (mm_expr_take_word(&run->parser, "begin"))
	{
		run->indent--;
		run_block(run);
		run->indent++;
		mm_expr_need_word(&run->parser, "end");
	}
	else
		run_statement(run);
	mm_expr_take_operator(&run->parser, ";");
	if (run->parser.error == NULL &&
		mm_expr_peek(&run->parser, 0)->kind != TOKEN_END)
		mm_expr_fail(&run->parser, "text after the end");
}

/* A row of the table as NEW or OLD. */
static void
open_row(TriggerRun *run, const char *name, const char *local)
{
	ExprRelation *relation = mm_print_table_relation(run->table, name, local);
	ListCell *lc;

	run->scope.relations = lappend(run->scope.relations, relation);
	if (strcmp(name, "new") != 0 ||
		pg_strcasecmp(run->program->timing, "BEFORE") != 0 ||
		pg_strcasecmp(run->program->event, "INSERT") != 0)
		return;
	foreach(lc, relation->columns)
	{
		ExprViewColumn *column = lfirst(lc);

		if (column->column->is_auto_increment)
			column->refusal = "NEW has its number before the insert here, and "
							  "0 in MySQL";
		else if (column->column->generated != NULL)
			column->refusal = "a generated column of NEW before the insert";
	}
}

/* NEW and OLD, as far as the event has them. */
static void
open_rows(TriggerRun *run)
{
	run->variables.name = "";
	run->printer.variables = &run->variables;
	run->printer.written = run->table;
	if (pg_strcasecmp(run->program->event, "DELETE") != 0)
		open_row(run, "new", "NEW");
	if (pg_strcasecmp(run->program->event, "INSERT") != 0)
		open_row(run, "old", "OLD");
	run->printer.scope = &run->scope;
}

/* They become part of a statement as they are. */
static bool
is_one_of(const char *word, const char *const *words, int number)
{
	for (int i = 0; i < number; i++)
	{
		if (pg_strcasecmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

/* The sql_mode that it was written under decides how it is read. */
static bool
is_readable(TriggerRun *run)
{
	static const char *const modes[] = {"ANSI_QUOTES", "NO_BACKSLASH_ESCAPES",
										"ORACLE", NULL};
	static const char *const timings[] = {"BEFORE", "AFTER"};
	static const char *const events[] = {"INSERT", "UPDATE", "DELETE"};
	const char *mode = run->program->detail == NULL ? NULL :
													  strstr(run->program->detail, " sql_mode=");

	if (run->program->definition == NULL || run->program->event == NULL ||
		run->program->timing == NULL)
	{
		mm_print_refuse(&run->printer, "Its text cannot be read.");
		return false;
	}
	if (!is_one_of(run->program->timing, timings, lengthof(timings)) ||
		!is_one_of(run->program->event, events, lengthof(events)))
	{
		mm_print_refuse(&run->printer, "It fires at something else than "
									   "INSERT, UPDATE or DELETE.");
		return false;
	}
	for (int i = 0; mode != NULL && modes[i] != NULL; i++)
	{
		if (strstr(mode, modes[i]) != NULL)
			mm_print_refuse(&run->printer, psprintf("It is written under the "
													"sql_mode %s.",
													modes[i]));
	}
	return run->printer.reason == NULL;
}

/* Is one of the actions something that writes? */
static bool
is_cascade(const char *action)
{
	return action != NULL && (strncmp(action, "CASCADE", 7) == 0 ||
							  strncmp(action, "SET", 3) == 0);
}

/* What is done in another order here, or for other reasons. */
static void
remark_on_order(TriggerRun *run)
{
	bool is_update = pg_strcasecmp(run->program->event, "UPDATE") == 0;
	bool is_delete = pg_strcasecmp(run->program->event, "DELETE") == 0;
	ListCell *lc;

	if (run->printer.reads_written &&
		pg_strcasecmp(run->program->timing, "AFTER") == 0)
		run->printer.remarks = lappend(run->printer.remarks,
									   "It reads its own table, and runs after "
									   "the whole statement here, after each "
									   "row in MySQL.");
	foreach(lc, run->table->foreign_keys)
	{
		RemoteForeignKey *key = lfirst(lc);

		if ((is_delete && key->delete_rule != NULL &&
			 strcmp(key->delete_rule, "CASCADE") == 0) ||
			(is_update && (is_cascade(key->update_rule) ||
						   (key->delete_rule != NULL &&
							strncmp(key->delete_rule, "SET", 3) == 0))))
		{
			run->printer.remarks = lappend(run->printer.remarks,
										   "It fires for rows that a foreign key "
										   "changes as well, which MySQL's "
										   "triggers do not.");
			return;
		}
	}
}

ExprResult *
mm_expr_trigger_body(const RemoteSchema *schema, const DdlOptions *options,
					 const RemoteTable *table, const RemoteProgram *program)
{
	TriggerRun run;
	StringInfoData text;

	memset(&run, 0, sizeof(run));
	run.table = table;
	run.program = program;
	mm_print_start(&run.printer, schema, options);
	initStringInfo(&run.sql);
	initStringInfo(&run.declarations);
	initStringInfo(&text);
	if (!is_readable(&run))
		return mm_print_result(&run.printer, NULL);
	open_rows(&run);
	run.indent = 1;
	if (mm_expr_parser_start(&run.parser, program->definition))
	{
		run.parser.allows_into = true;
		run_body(&run);
	}
	if (run.parser.error != NULL)
		mm_print_refuse(&run.printer, psprintf("It could not be read: %s.",
											   run.parser.error));
	remark_on_order(&run);
	appendStringInfo(&text, "%s%sBEGIN\n%s    RETURN %s;\nEND\n",
					 run.declarations.len > 0 ? "DECLARE\n" : "",
					 run.declarations.data, run.sql.data,
					 pg_strcasecmp(program->timing, "BEFORE") != 0 ? "NULL" :
					 pg_strcasecmp(program->event, "DELETE") == 0  ? "OLD" :
																	 "NEW");
	return mm_print_result(&run.printer, text.data);
}
