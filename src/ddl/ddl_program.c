/*
 * src/ddl/ddl_program.c
 *		MariaDB sequences, and the programs that are carried over as notes:
 *		routines, events, triggers that cannot be translated.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "ddl/ddl_internal.h"

void
mm_ddl_sequence(DdlBuild *build, RemoteSequence *sequence)
{
	char *name = mm_quote_local_name(build->options->local_schema,
									 sequence->local_name);
	int64 increment = sequence->increment != 0 ? sequence->increment : 1;
	bool is_used_up = increment > 0 ?
						  sequence->next_value > sequence->maximum :
						  sequence->next_value < sequence->minimum;

	mm_ddl_emit(build, DDL_SEQUENCE, NULL, sequence->local_name,
				psprintf("CREATE SEQUENCE %s AS bigint INCREMENT BY " INT64_FORMAT " MINVALUE " INT64_FORMAT " MAXVALUE " INT64_FORMAT " START WITH " INT64_FORMAT " CACHE " INT64_FORMAT "%s", name, increment,
						 sequence->minimum, sequence->maximum,
						 sequence->start_value, Max(sequence->cache, 1),
						 sequence->cycles ? " CYCLE" : ""));
	if (is_used_up)
		mm_ddl_emit(build, DDL_SEQUENCE, NULL, sequence->local_name,
					psprintf("SELECT setval(%s::regclass, " INT64_FORMAT
							 ", true)",
							 mm_quote_local_literal(name),
							 increment > 0 ? sequence->maximum :
											 sequence->minimum));
	else if (sequence->next_value != sequence->start_value)
		mm_ddl_emit(build, DDL_SEQUENCE, NULL, sequence->local_name,
					psprintf("ALTER SEQUENCE %s RESTART WITH " INT64_FORMAT,
							 name, sequence->next_value));
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_COMMENT, NULL, sequence->local_name,
					psprintf("ALTER SEQUENCE %s OWNER TO %s", name,
							 mm_quote_local_name(NULL,
												 build->options->owner)));
}

/* What a kind of program is called, and what to do with it. */
typedef struct ProgramWords
{
	RemoteProgramKind kind;
	NoteSeverity severity;
	const char *what;
	const char *why;
	const char *next_step;
} ProgramWords;

static const ProgramWords program_words[] = {
	{REMOTE_PROCEDURE, NOTE_NOTE, "procedure not made",
	 "Stored routines are not translated.",
	 "Rewrite it in PL/pgSQL, or move it into the application."},
	{REMOTE_FUNCTION, NOTE_NOTE, "function not made",
	 "Stored routines are not translated.",
	 "Rewrite it in PL/pgSQL, or move it into the application."},
	{REMOTE_PACKAGE, NOTE_NOTE, "package not made",
	 "PostgreSQL has no packages.",
	 "Rewrite it as a schema of functions."},
	{REMOTE_EVENT, NOTE_NOTE, "event not made",
	 "PostgreSQL has no event scheduler of its own.",
	 "Rewrite its body and schedule it with pg_cron or cron."},
	{REMOTE_TRIGGER, NOTE_WARNING, "trigger not made",
	 "Its body could not be translated.",
	 "Rewrite it as a PL/pgSQL trigger function."},
};

/* Everything about a program as one text. */
static char *
program_text(const RemoteProgram *program)
{
	StringInfoData text;

	initStringInfo(&text);
	if (program->kind == REMOTE_TRIGGER)
		appendStringInfo(&text, "%s %s ON %s FOR EACH ROW ",
						 program->timing != NULL ? program->timing : "",
						 program->event != NULL ? program->event : "",
						 program->table != NULL ? program->table : "");
	if (program->detail != NULL)
		appendStringInfo(&text, "%s ", program->detail);
	appendStringInfoString(&text, program->definition != NULL ?
									  program->definition :
									  "(text not readable)");
	return text.data;
}

static void
note_program(DdlBuild *build, RemoteProgram *program, const char *why)
{
	for (int i = 0; i < lengthof(program_words); i++)
	{
		const ProgramWords *words = &program_words[i];
		RemoteTable *table = NULL;
		Note *note;

		if (words->kind != program->kind)
			continue;
		if (program->table != NULL)
			table = mm_catalog_find_table(build->schema, program->table);
		note = mm_note_add(build->notes, words->severity,
						   table != NULL ? table->local_name : NULL,
						   program->name, words->what);
		mm_note_explain(build->notes, note, why != NULL ? why : words->why,
						words->next_step, program_text(program));
		return;
	}
}

/* The trigger that was made last, and what it is called here. */
typedef struct LastTrigger
{
	const RemoteProgram *program;
	const char *name;
} LastTrigger;

/*
 * Several of one kind fire in their order in MySQL, by name here: a name that
 * does not follow the one before gets a beginning that does.
 */
static char *
trigger_name(DdlBuild *build, const RemoteTable *table,
			 const RemoteProgram *program, const LastTrigger *last)
{
	const RemoteProgram *other = last->program;
	char *name = mm_ddl_trigger_name(build, table, program->local_name);

	if (other == NULL || strcmp(other->table, program->table) != 0 ||
		strcmp(other->timing, program->timing) != 0 ||
		strcmp(other->event, program->event) != 0 ||
		strcmp(last->name, name) < 0)
		return name;
	name = mm_ddl_trigger_name(build, table,
							   psprintf("z%02d_%s", program->action_order,
										program->local_name));
	if (strcmp(last->name, name) < 0)
		return name;
	return mm_ddl_trigger_name(build, table,
							   psprintf("%s_%02d", last->name,
										program->action_order));
}

/* One row trigger: its function and itself, or a note. */
static void
make_trigger(DdlBuild *build, RemoteProgram *program, LastTrigger *last)
{
	RemoteTable *table = program->table == NULL ? NULL :
												  mm_catalog_find_table(build->schema, program->table);
	ExprResult *result;
	char *function;
	char *name;
	ListCell *lc;

	if (table == NULL)
	{
		note_program(build, program,
					 "Its table is not part of this migration.");
		return;
	}
	result = mm_expr_trigger_body(build->schema, build->options, table,
								  program);
	if (result->sql == NULL)
	{
		note_program(build, program, result->reason);
		return;
	}
	name = mm_ddl_function_name(build, table, program->local_name);
	function = mm_quote_local_name(table->local_schema, name);
	mm_ddl_emit(build, DDL_TRIGGER, table, name,
				psprintf("CREATE FUNCTION %s() RETURNS trigger LANGUAGE "
						 "plpgsql AS %s",
						 function,
						 mm_ddl_dollar_quote(psprintf("\n%s",
													  result->sql))));
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_TRIGGER, table, name,
					psprintf("ALTER FUNCTION %s() OWNER TO %s", function,
							 mm_quote_local_name(NULL,
												 build->options->owner)));
	name = trigger_name(build, table, program, last);
	if (strcmp(name, program->local_name) != 0)
		mm_ddl_note(build->notes, NOTE_NOTE, table, program->name,
					psprintf("renamed to \"%s\"", name),
					"Triggers of one kind fire in the order of their names, "
					"which are unique on a table.",
					"Use the new name in scripts.", NULL);
	mm_ddl_emit(build, DDL_TRIGGER, table, name,
				psprintf("CREATE TRIGGER %s %s %s ON %s FOR EACH ROW EXECUTE "
						 "FUNCTION %s()",
						 mm_quote_local_name(NULL, name),
						 program->timing, program->event,
						 mm_ddl_final_name(table),
						 function))
		->original = program->definition;
	foreach(lc, result->remarks)
		mm_ddl_note(build->notes, NOTE_NOTE, table, program->name,
					"trigger may differ", lfirst(lc),
					"Look at its function, and change it if it matters.",
					program->definition);
	last->program = program;
	last->name = name;
}

void
mm_ddl_programs(DdlBuild *build)
{
	LastTrigger last = {NULL, NULL};
	ListCell *lc;

	foreach(lc, build->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind == REMOTE_TRIGGER)
			make_trigger(build, program, &last);
		else if (program->kind != REMOTE_VIEW)
			note_program(build, program, NULL);
	}
}
