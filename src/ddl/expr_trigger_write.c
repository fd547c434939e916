/*
 * src/ddl/expr_trigger_write.c
 *		INSERT, UPDATE and DELETE in trigger bodies.
 */
#include "postgres.h"

#include "ddl/expr_trigger.h"

/* The table that a statement writes to. */
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

static char *
table_name(const TriggerRun *run, const RemoteTable *table)
{
	return mm_quote_local_name(run->printer.options->local_schema,
							   table->local_name);
}

/* ---- INSERT ---- */

typedef struct TriggerInsert
{
	RemoteTable *table;
	List *columns; /* of RemoteColumn * */
	bool is_ignore;
	StringInfoData rows;
} TriggerInsert;

/* All columns, where the statement names none. */
static List *
all_columns(TriggerRun *run, const RemoteTable *table)
{
	List *columns = NIL;
	ListCell *lc;

	foreach(lc, table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (column->generated != NULL || column->is_invisible ||
			column->is_skipped)
			mm_expr_fail(&run->parser, "INSERT without a list of columns into "
									   "a table that has others as well");
		columns = lappend(columns, column);
	}
	return columns;
}

/*
 * INSERT IGNORE makes a warning of anything that is wrong with a value, and
 * stores another one; that is left out where nothing can be wrong.
 */
static void
check_ignored(TriggerRun *run, const RemoteTable *table,
			  const RemoteColumn *column, ExprValue value)
{
	bool is_same = value.column != NULL && value.is_column &&
				   strcmp(mm_ddl_column_type(table, column),
						  mm_ddl_column_type(run->table, value.column)) == 0;
	bool is_short = value.literal != NULL && value.type == VALUE_TEXT &&
					mm_ddl_kind(column) == KIND_TEXT &&
					(column->type.char_length < 0 ||
					 (int64) strlen(value.literal) <= column->type.char_length);

	if (value.is_nullable && column->not_null && !column->is_auto_increment)
		mm_print_refuse(&run->printer, "INSERT IGNORE of a value that may be "
									   "NULL into a column that may not");
	else if (!is_same && !is_short && value.type != VALUE_NULL &&
			 !(value.literal != NULL && value.type == VALUE_INTEGER))
		mm_print_refuse(&run->printer, "INSERT IGNORE of a value that may not "
									   "fit");
}

/* One value of a row; NULL and DEFAULT of an AUTO_INCREMENT number it. */
static char *
take_insert_value(TriggerRun *run, TriggerInsert *insert,
				  const RemoteColumn *column)
{
	ExprNode *node;
	ExprValue value;

	if (mm_expr_is_word(&run->parser, 0, "default") &&
		!mm_expr_is_operator(&run->parser, 1, "("))
	{
		run->parser.at++;
		return pstrdup("DEFAULT");
	}
	node = mm_expr_parse_node(&run->parser);
	if (run->parser.error != NULL)
		return pstrdup("");
	value = mm_print_node(&run->printer, node);
	if (column->is_auto_increment)
	{
		int64 number;

		if (value.type == VALUE_NULL ||
			(mm_value_int_literal(value, &number) && number == 0))
			return pstrdup("DEFAULT");
		if (value.is_nullable)
			mm_print_refuse(&run->printer, "a value that may be NULL for an "
										   "AUTO_INCREMENT column");
	}
	if (insert->is_ignore)
		check_ignored(run, insert->table, column, value);
	return mm_print_assign(&run->printer, value, insert->table, column);
}

/* (x, y), (z, w) */
static void
take_rows(TriggerRun *run, TriggerInsert *insert)
{
	do
	{
		ListCell *lc;

		mm_expr_need_operator(&run->parser, "(");
		appendStringInfoString(&insert->rows,
							   insert->rows.len == 0 ? "VALUES (" : ", (");
		foreach(lc, insert->columns)
		{
			if (run->parser.error != NULL)
				return;
			if (lc != list_head(insert->columns))
			{
				mm_expr_need_operator(&run->parser, ",");
				appendStringInfoString(&insert->rows, ", ");
			}
			appendStringInfoString(&insert->rows,
								   take_insert_value(run, insert,
													 lfirst(lc)));
		}
		mm_expr_need_operator(&run->parser, ")");
		appendStringInfoChar(&insert->rows, ')');
	} while (mm_expr_take_operator(&run->parser, ","));
}

/* SET a = x, b = y */
static void
take_assignments(TriggerRun *run, TriggerInsert *insert)
{
	appendStringInfoString(&insert->rows, "VALUES (");
	do
	{
		RemoteColumn *column = mm_trigger_need_column(run, insert->table,
													  mm_expr_need_name(&run->parser));

		mm_expr_need_operator(&run->parser, "=");
		if (run->parser.error != NULL)
			return;
		appendStringInfo(&insert->rows, "%s%s",
						 insert->columns == NIL ? "" : ", ",
						 take_insert_value(run, insert, column));
		insert->columns = lappend(insert->columns, column);
	} while (mm_expr_take_operator(&run->parser, ","));
	appendStringInfoChar(&insert->rows, ')');
}

/* SELECT x, y FROM .. */
static void
take_query(TriggerRun *run, TriggerInsert *insert)
{
	ExprQuery *query = mm_expr_parse_select(&run->parser);
	List *columns = NIL;
	StringInfoData names;
	char *sql;

	if (run->parser.error != NULL)
		return;
	if (insert->is_ignore)
		mm_print_refuse(&run->printer, "INSERT IGNORE .. SELECT");
	sql = mm_print_query(&run->printer, query, NIL, &columns);
	if (run->printer.reason != NULL)
		return;
	if (list_length(columns) != list_length(insert->columns))
	{
		mm_expr_fail(&run->parser, "INSERT of another number of columns");
		return;
	}
	initStringInfo(&names);
	appendStringInfoString(&insert->rows, "SELECT ");
	for (int i = 0; i < list_length(columns); i++)
	{
		ExprValue value = ((ExprViewColumn *) list_nth(columns, i))->value;

		value.sql = psprintf("q.c%d", i + 1);
		value.is_compound = false;
		value.literal = NULL;
		appendStringInfo(&insert->rows, "%s%s", i == 0 ? "" : ", ",
						 mm_print_assign(&run->printer, value, insert->table,
										 list_nth(insert->columns, i)));
		appendStringInfo(&names, "%sc%d", i == 0 ? "" : ", ", i + 1);
	}
	appendStringInfo(&insert->rows, " FROM (%s) AS q(%s)", sql, names.data);
}

/* Is the index over one AUTO_INCREMENT column that gets no value? */
static bool
is_numbering(const RemoteIndex *index, List *columns)
{
	RemoteIndexColumn *part = linitial(index->columns);

	return list_length(index->columns) == 1 && part->column != NULL &&
		   part->column->is_auto_increment &&
		   !list_member_ptr(columns, part->column);
}

/*
 * The one key that a new row can have in common with another; NULL: there are
 * several, or PostgreSQL tells other rows apart by it.
 */
static RemoteIndex *
only_key(TriggerRun *run, const TriggerInsert *insert)
{
	RemoteIndex *only = NULL;
	ListCell *lc;

	foreach(lc, insert->table->indexes)
	{
		RemoteIndex *index = lfirst(lc);

		if ((!index->is_unique && !index->is_primary) ||
			is_numbering(index, insert->columns))
			continue;
		if (only != NULL)
			return NULL;
		only = index;
	}
	if (only == NULL)
		return NULL;
	foreach(lc, only->columns)
	{
		RemoteIndexColumn *part = lfirst(lc);

		if (part->column == NULL || part->prefix_length != 0 ||
			(mm_ddl_is_case_insensitive(part->column) &&
			 !mm_ddl_has_case_collation(run->printer.options, part->column)))
			return NULL;
	}
	return only;
}

static void take_changes(TriggerRun *run, const RemoteTable *table,
						 StringInfo sql);

/* ON DUPLICATE KEY UPDATE a = a + VALUES(a) */
static char *
take_on_duplicate(TriggerRun *run, TriggerInsert *insert)
{
	RemoteIndex *key = only_key(run, insert);
	ExprScope inner = {.outer = &run->scope};
	List *columns = NIL;
	StringInfoData sql;
	ListCell *lc;

	mm_expr_need_word(&run->parser, "duplicate");
	mm_expr_need_word(&run->parser, "key");
	mm_expr_need_word(&run->parser, "update");
	if (key == NULL)
	{
		mm_print_refuse(&run->printer, "ON DUPLICATE KEY UPDATE with other "
									   "than one key, or one over text without "
									   "regard to case");
		return pstrdup("");
	}
	foreach(lc, key->columns)
		columns = lappend(columns, ((RemoteIndexColumn *) lfirst(lc))->column);
	initStringInfo(&sql);
	appendStringInfo(&sql, " ON CONFLICT (%s) DO UPDATE SET ",
					 mm_ddl_column_list(columns));
	inner.relations = list_make1(mm_print_table_relation(insert->table,
														 insert->table->name,
														 mm_quote_local_name(NULL,
																			 insert->table->local_name)));
	run->printer.scope = &inner;
	run->printer.excluded = mm_print_table_relation(insert->table, "excluded",
													"excluded");
	take_changes(run, insert->table, &sql);
	run->printer.excluded = NULL;
	run->printer.scope = &run->scope;
	return sql.data;
}

/* What INSERT IGNORE asks of the table as a whole. */
static void
check_ignoring_table(TriggerRun *run, const TriggerInsert *insert)
{
	ListCell *lc;

	if (insert->table->foreign_keys != NIL || insert->table->checks != NIL)
		mm_print_refuse(&run->printer, "INSERT IGNORE into a table with "
									   "foreign keys or checks");
	foreach(lc, insert->table->columns)
	{
		RemoteColumn *column = lfirst(lc);

		if (column->not_null && column->default_text == NULL &&
			!column->is_auto_increment && column->generated == NULL &&
			!list_member_ptr(insert->columns, column))
			mm_print_refuse(&run->printer, "INSERT IGNORE that leaves out a "
										   "column without a default");
	}
}

/* [IGNORE] [INTO] t [(a, b)] VALUES (x, y) | SET .. | SELECT .. */
void
mm_trigger_insert(TriggerRun *run)
{
	TriggerInsert insert = {0};
	char *conflict = "";

	insert.is_ignore = mm_expr_take_word(&run->parser, "ignore");
	mm_expr_take_word(&run->parser, "into");
	insert.table = need_table(run);
	if (insert.table == NULL || run->parser.error != NULL)
		return;
	initStringInfo(&insert.rows);
	if (mm_expr_take_word(&run->parser, "set"))
		take_assignments(run, &insert);
	else
	{
		if (mm_expr_is_operator(&run->parser, 0, "(") &&
			!mm_expr_is_query(&run->parser, 0))
		{
			run->parser.at++;
			do
				insert.columns = lappend(insert.columns,
										 mm_trigger_need_column(run, insert.table,
																mm_expr_need_name(&run->parser)));
			while (mm_expr_take_operator(&run->parser, ","));
			mm_expr_need_operator(&run->parser, ")");
		}
		else
			insert.columns = all_columns(run, insert.table);
		if (run->parser.error != NULL)
			return;
		if (mm_expr_is_query(&run->parser, 0))
			take_query(run, &insert);
		else
		{
			if (!mm_expr_take_word(&run->parser, "values"))
				mm_expr_need_word(&run->parser, "value");
			take_rows(run, &insert);
		}
	}
	if (run->parser.error != NULL || run->printer.reason != NULL)
		return;
	if (insert.is_ignore)
	{
		check_ignoring_table(run, &insert);
		conflict = " ON CONFLICT DO NOTHING";
	}
	if (mm_expr_take_word(&run->parser, "on"))
	{
		if (insert.is_ignore)
			mm_expr_fail(&run->parser, "INSERT IGNORE that updates");
		conflict = take_on_duplicate(run, &insert);
	}
	mm_trigger_start_line(run);
	appendStringInfo(&run->sql, "INSERT INTO %s (%s) %s%s;\n",
					 table_name(run, insert.table),
					 mm_ddl_column_list(insert.columns), insert.rows.data,
					 conflict);
}

/* ---- UPDATE and DELETE ---- */

/* Does an expression read a column that was assigned before? */
static bool
reads_assigned(const ExprNode *node, List *assigned)
{
	ListCell *lc;

	if (node == NULL)
		return false;
	/* what a subquery reads is not looked into */
	if (node->query != NULL)
		return assigned != NIL;
	if (node->kind == EXPR_COLUMN)
	{
		const char *qualifier = list_length(node->parts) < 2 ?
									"" :
									list_nth(node->parts,
											 list_length(node->parts) - 2);

		if (pg_strcasecmp(qualifier, "new") == 0 ||
			pg_strcasecmp(qualifier, "old") == 0)
			return false;
		foreach(lc, assigned)
		{
			if (pg_strcasecmp(lfirst(lc), llast(node->parts)) == 0)
				return true;
		}
	}
	/* VALUES(a) is what was to be inserted */
	if (node->kind == EXPR_FUNCTION && strcmp(node->text, "values") == 0)
		return false;
	foreach(lc, node->args)
	{
		if (reads_assigned(lfirst(lc), assigned))
			return true;
	}
	return false;
}

/* a = x, b = y */
static void
take_changes(TriggerRun *run, const RemoteTable *table, StringInfo sql)
{
	List *assigned = NIL;

	do
	{
		char *name = mm_expr_need_name(&run->parser);
		RemoteColumn *column;
		ExprNode *node;

		if (mm_expr_take_operator(&run->parser, "."))
			name = mm_expr_need_name(&run->parser);
		column = mm_trigger_need_column(run, table, name);
		mm_expr_need_operator(&run->parser, "=");
		if (column == NULL || run->parser.error != NULL)
			return;
		node = mm_expr_parse_node(&run->parser);
		if (run->parser.error != NULL)
			return;
		/* MySQL assigns from left to right and sees what it has assigned */
		if (reads_assigned(node, assigned))
			mm_print_refuse(&run->printer, "UPDATE of several columns that "
										   "build on each other, which MySQL "
										   "does one by one");
		appendStringInfo(sql, "%s%s = %s", assigned == NIL ? "" : ", ",
						 mm_quote_local_name(NULL, column->local_name),
						 mm_print_assign(&run->printer,
										 mm_print_node(&run->printer, node),
										 table, column));
		assigned = lappend(assigned, (char *) column->name);
	} while (mm_expr_take_operator(&run->parser, ","));
}

/* [AS] alias; the columns of the table beside those of NEW and OLD. */
static char *
enter_table(TriggerRun *run, ExprScope *inner, RemoteTable *table)
{
	const char *name = table->name;
	char *local = mm_quote_local_name(NULL, table->local_name);

	if (mm_expr_take_word(&run->parser, "as") ||
		(mm_expr_peek(&run->parser, 0)->kind == TOKEN_QUOTED_NAME) ||
		(mm_expr_peek(&run->parser, 0)->kind == TOKEN_WORD &&
		 !mm_expr_is_word(&run->parser, 0, "set") &&
		 !mm_expr_is_word(&run->parser, 0, "where") &&
		 !mm_expr_is_word(&run->parser, 0, "order") &&
		 !mm_expr_is_word(&run->parser, 0, "limit") &&
		 !mm_expr_is_word(&run->parser, 0, "join") &&
		 !mm_expr_is_word(&run->parser, 0, "inner") &&
		 !mm_expr_is_word(&run->parser, 0, "left")))
	{
		name = mm_expr_need_name(&run->parser);
		local = mm_print_alias(&run->printer, name);
	}
	inner->outer = &run->scope;
	inner->relations = list_make1(mm_print_table_relation(table, name, local));
	run->printer.scope = inner;
	return local;
}

static void
append_where(TriggerRun *run, StringInfo sql)
{
	if (mm_expr_take_word(&run->parser, "where"))
		appendStringInfo(sql, " WHERE %s", mm_trigger_condition(run));
	if (mm_expr_is_word(&run->parser, 0, "order") ||
		mm_expr_is_word(&run->parser, 0, "limit"))
		mm_expr_fail(&run->parser, "UPDATE or DELETE with ORDER BY or LIMIT");
	run->printer.scope = &run->scope;
	mm_trigger_start_line(run);
	appendStringInfo(&run->sql, "%s;\n", sql->data);
}

/* t SET a = x, b = y WHERE .. */
void
mm_trigger_update(TriggerRun *run)
{
	RemoteTable *table = need_table(run);
	ExprScope inner = {0};
	StringInfoData sql;
	char *alias;

	if (table == NULL)
		return;
	alias = enter_table(run, &inner, table);
	mm_expr_need_word(&run->parser, "set");
	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s AS %s SET ", table_name(run, table),
					 alias);
	take_changes(run, table, &sql);
	append_where(run, &sql);
}

/* FROM t WHERE .. */
void
mm_trigger_delete(TriggerRun *run)
{
	RemoteTable *table;
	ExprScope inner = {0};
	StringInfoData sql;

	mm_expr_need_word(&run->parser, "from");
	table = need_table(run);
	if (table == NULL)
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "DELETE FROM %s AS %s", table_name(run, table),
					 enter_table(run, &inner, table));
	append_where(run, &sql);
}
