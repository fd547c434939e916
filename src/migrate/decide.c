/*
 * src/migrate/decide.c
 *		What the data decides: boolean or smallint, bigint or numeric, time or
 *		interval, and whether a NOT NULL date column holds zero dates.
 *
 * One query per table that has such columns, inside the leader's snapshot.
 * The answer is kept in mysql_migrate.decision and holds for every later run,
 * so that the rehearsal and the night itself give the same schema.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/ident.h"
#include "base/transaction.h"
#include "migrate/book.h"
#include "migrate/migration.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "wire/refusal.h"
#include "wire/result.h"

#define PROFILE_SECONDS 300

typedef enum QuestionKind
{
	QUESTION_TYPE,
	QUESTION_ZERO_DATE
} QuestionKind;

typedef struct Question
{
	RemoteColumn *column;
	QuestionKind kind;
	const char *predicate; /* true for a value that stands against it */
} Question;

static const char *
kind_name(QuestionKind kind)
{
	return kind == QUESTION_TYPE ? "type" : "zero_date";
}

static void
apply(const Migration *migration, const Question *question, bool wide)
{
	RemoteColumn *column = question->column;

	if (!wide)
		return;
	if (question->kind == QUESTION_TYPE)
		column->type.decision = DECISION_WIDE;
	else
	{
		const ValuePolicies *policies =
			mm_type_policies(&column->type, &migration->spec->policies);

		if (policies->zero_date == ZERO_DATE_NULL ||
			policies->partial_date == PARTIAL_DATE_NULL)
			column->is_nullable_here = true;
	}
}

static bool
is_key_column(const RemoteTable *table, const RemoteColumn *column)
{
	ListCell *index_cell;

	foreach(index_cell, table->indexes)
	{
		RemoteIndex *index = lfirst(index_cell);
		ListCell *cell;

		if (!index->is_primary)
			continue;
		foreach(cell, index->columns)
		{
			if (((RemoteIndexColumn *) lfirst(cell))->column == column)
				return true;
		}
	}
	return false;
}

static List *
add_question(List *questions, RemoteColumn *column, QuestionKind kind,
			 const char *format)
{
	Question *question = palloc(sizeof(Question));

	question->column = column;
	question->kind = kind;
	question->predicate = mm_type_expand(format,
										 mm_quote_remote_ident(column->name));
	return lappend(questions, question);
}

static List *
questions_of(const RemoteTable *table)
{
	List *questions = NIL;
	ListCell *cell;

	foreach(cell, table->columns)
	{
		RemoteColumn *column = lfirst(cell);
		const TypeRule *rule = mm_type_rule(&column->type);
		const char *zero_dates = mm_type_zero_date_question(&column->type);

		if (rule == NULL || column->is_skipped)
			continue;
		/* An AUTO_INCREMENT column has to stay an integer. */
		if (rule->question != NULL && !column->is_auto_increment &&
			column->type.local_type == NULL)
			questions = add_question(questions, column, QUESTION_TYPE,
									 rule->question);
		if (zero_dates != NULL && column->not_null &&
			!is_key_column(table, column))
			questions = add_question(questions, column, QUESTION_ZERO_DATE,
									 zero_dates);
	}
	return questions;
}

/*
 * Types that foreign keys gave columns in an earlier run: a table that is
 * migrated alone has the same ones.
 */
static void
apply_ties(const Migration *migration, const RemoteTable *table)
{
	ListCell *cell;

	foreach(cell, mm_book_tied_columns(GetUserId(), migration->spec->server,
									   table))
	{
		char **tied = lfirst(cell);
		RemoteColumn *column = mm_catalog_find_column(table, tied[0]);

		if (column == NULL || column->type.local_type != NULL)
			continue;
		column->type.local_type = tied[1];
	}
}

static DecisionKey
decision_about(const Migration *migration, const RemoteTable *table,
			   const RemoteColumn *column, const char *question)
{
	DecisionKey key = {GetUserId(), migration->spec->server, table,
					   column->name, question};

	return key;
}

static const char *
width_name(bool is_wide)
{
	return is_wide ? "wide" : "narrow";
}

static void
remember_column(const Migration *migration, const RemoteTable *table,
				const RemoteColumn *column)
{
	const char *reason = "columns tied by foreign keys have one type";
	DecisionKey tied = decision_about(migration, table, column, "tied");
	DecisionKey width = decision_about(migration, table, column,
									   kind_name(QUESTION_TYPE));

	if (!column->is_tied)
		return;
	if (column->type.local_type != NULL)
		mm_book_set_decision(&tied, column->type.local_type, reason);
	else if (mm_book_get_decision(&width) != NULL)
		mm_book_set_decision(&width,
							 width_name(column->type.decision == DECISION_WIDE),
							 reason);
}

/*
 * mm_decide_remember
 *		What foreign keys made of the types, for later runs.
 */
void
mm_decide_remember(const Migration *migration)
{
	ListCell *table_cell;

	foreach(table_cell, migration->schema->tables)
	{
		const RemoteTable *table = lfirst(table_cell);
		ListCell *cell;

		foreach(cell, table->columns)
			remember_column(migration, table, lfirst(cell));
	}
}

/* Those that were decided by an earlier run are applied and left out. */
static List *
open_questions(const Migration *migration, const RemoteTable *table,
			   List *questions)
{
	List *open = NIL;
	ListCell *cell;

	apply_ties(migration, table);
	foreach(cell, questions)
	{
		Question *question = lfirst(cell);
		DecisionKey key = decision_about(migration, table, question->column,
										 kind_name(question->kind));
		const char *answer = mm_book_get_decision(&key);

		if (answer == NULL)
			open = lappend(open, question);
		else
			apply(migration, question, strcmp(answer, "wide") == 0);
	}
	return open;
}

static char *
profile_query(const Migration *migration, const RemoteTable *table,
			  List *questions)
{
	const RemoteServerInfo *server = mm_conn_server(migration->conn);
	StringInfoData sql;
	ListCell *cell;

	initStringInfo(&sql);
	if (server->flavour == FLAVOUR_MARIADB)
		appendStringInfo(&sql, "SET STATEMENT max_statement_time = %d FOR SELECT ",
						 PROFILE_SECONDS);
	else
		appendStringInfo(&sql, "SELECT /*+ MAX_EXECUTION_TIME(%d) */ ",
						 PROFILE_SECONDS * 1000);
	appendStringInfoString(&sql, "COUNT(*)");
	foreach(cell, questions)
		appendStringInfo(&sql, ", MAX(%s)",
						 ((Question *) lfirst(cell))->predicate);
	appendStringInfo(&sql, " FROM %s", mm_catalog_from(table));
	if (table->filter != NULL)
		appendStringInfo(&sql, " WHERE %s", table->filter);
	return sql.data;
}

static void
decide(const Migration *migration, const RemoteTable *table,
	   const Question *question, bool wide, const char *reason)
{
	DecisionKey key = decision_about(migration, table, question->column,
									 kind_name(question->kind));

	apply(migration, question, wide);
	mm_book_add_decision(&key, width_name(wide), reason);
}

/* MySQL's answers, a boolean for each question; *empty: the table is. */
static bool *
ask(const Migration *migration, const RemoteTable *table, List *questions,
	MemoryContext context, bool *empty)
{
	WireResult *result = mm_result_open(migration->conn,
										profile_query(migration, table,
													  questions),
										context);
	const WireRow *row = mm_result_next(result);
	int nquestions = list_length(questions);
	bool *wide = MemoryContextAllocZero(context, nquestions * sizeof(bool));

	*empty = mm_result_int64(result, row, 0) == 0;
	for (int i = 0; i < nquestions; i++)
		wide[i] = mm_result_int64(result, row, i + 1) != 0;
	mm_result_close(result);
	return wide;
}

static void
decide_all(const Migration *migration, const RemoteTable *table,
		   List *questions, const bool *wide, bool empty)
{
	ListCell *cell;
	int i = 0;

	foreach(cell, questions)
	{
		decide(migration, table, lfirst(cell), wide[i],
			   wide[i] ? "a value stands against it" :
			   empty   ? "the table was empty" :
						 "every value was looked at");
		i++;
	}
}

/* No answer (time limit, a lost connection): the wide type takes everything. */
static void
assume_wide(Migration *migration, const RemoteTable *table, List *questions,
			const char *why)
{
	ListCell *cell;

	foreach(cell, questions)
	{
		Question *question = lfirst(cell);
		Note *note;

		apply(migration, question, true);
		note = mm_note_add(migration->notes, NOTE_NOTE, table->local_name,
						   psprintf("%s.%s", table->local_name,
									question->column->local_name),
						   "the data was not asked, the wide type was taken");
		mm_note_explain(migration->notes, note, why,
						"Run migration_check with depth => 'data', or set a rule.",
						NULL);
	}
}

/*
 * Ask; a question that cannot be answered does not stop the job.  Only MySQL is
 * asked in here: an error of this side would leave a transaction half-way.
 */
static void
ask_or_assume(JobProcess *process, const RemoteTable *table, List *questions,
			  MemoryContext context)
{
	Migration *migration = process->state;
	bool *volatile wide = NULL;
	volatile bool empty = false;

	PG_TRY();
	{
		bool is_empty;

		wide = ask(migration, table, questions, context, &is_empty);
		empty = is_empty;
	}
	PG_CATCH();
	{
		assume_wide(migration, table, questions,
					mm_refusal_take(migration->conn, process->context, NULL));
	}
	PG_END_TRY();
	if (wide != NULL)
		decide_all(migration, table, questions, wide, empty);
}

static void
decide_table(JobProcess *process, const RemoteTable *table)
{
	Migration *migration = process->state;
	List *questions = open_questions(migration, table,
									 questions_of(table));
	MemoryContext context;

	/* The columns of a table that is here already are what they are. */
	if (questions == NIL || table->exists_here)
		return;
	if (!migration->spec->inspect)
	{
		assume_wide(migration, table, questions, "option \"inspect\" is off");
		return;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "profile",
									ALLOCSET_DEFAULT_SIZES);
	ask_or_assume(process, table, questions, context);
	MemoryContextDelete(context);
}

/*
 * mm_decide_from_store
 *		Apply what earlier runs decided; ask nothing.  Returns the number of
 *		questions that are still open.
 */
int
mm_decide_from_store(Migration *migration)
{
	int open = 0;
	ListCell *cell;

	foreach(cell, migration->schema->tables)
		open += list_length(open_questions(migration, lfirst(cell),
										   questions_of(lfirst(cell))));
	return open;
}

/*
 * mm_decide_here
 *		As mm_decide_schema, within the open transaction.
 */
void
mm_decide_here(JobProcess *process)
{
	Migration *migration = process->state;
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		CHECK_FOR_INTERRUPTS();
		decide_table(process, lfirst(cell));
	}
}

/*
 * mm_decide_schema
 *		Fill in the decisions of all columns of the job's tables.
 */
void
mm_decide_schema(JobProcess *process)
{
	Migration *migration = process->state;
	ListCell *cell;

	foreach(cell, migration->schema->tables)
	{
		CHECK_FOR_INTERRUPTS();
		mm_transaction_start();
		MemoryContextSwitchTo(process->context);
		mm_moment_hold(migration);
		decide_table(process, lfirst(cell));
		mm_moment_let_go(migration);
		CommitTransactionCommand();
		MemoryContextSwitchTo(process->context);
	}
}
