/*
 * src/ddl/ddl_view.c
 *		Views, in the order in which they build on each other.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/hsearch.h"

#include "ddl/ddl_internal.h"

/* A view that was not tried yet, and what it reads. */
typedef struct OpenView
{
	RemoteProgram *program;
	List *reads; /* of char *, remote names */
} OpenView;

typedef struct ViewRun
{
	DdlBuild *build;
	List *open;		  /* of OpenView * */
	HTAB *open_names; /* of their names */
	List *made;		  /* of ExprView * */
} ViewRun;

/* MySQL's names have 64 characters at most. */
#define VIEW_NAME_SIZE 264

/* "a integer, b text": what a view that was not made looked like. */
static char *
view_columns(const RemoteProgram *program)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, program->columns)
	{
		RemoteColumn *column = lfirst(lc);

		appendStringInfo(&text, "%s%s %s",
						 lc == list_head(program->columns) ? "" : ", ",
						 column->name, column->type.column_type != NULL ? column->type.column_type : "");
	}
	return text.data;
}

static void
note_view(DdlBuild *build, const RemoteProgram *program, const char *why)
{
	Note *note = mm_note_add(build->notes, NOTE_WARNING, NULL,
							 program->name, "view not made");

	mm_note_explain(build->notes, note, why,
					psprintf("Write it by hand with CREATE VIEW %s AS ...; its "
							 "columns were: %s",
							 mm_quote_local_name(build->options->local_schema,
												 program->local_name),
							 view_columns(program)),
					program->definition);
}

/* SQL SECURITY INVOKER and WITH CHECK OPTION */
static void
set_view_options(DdlBuild *build, const RemoteProgram *program,
				 const char *name)
{
	const char *detail = program->detail != NULL ? program->detail : "";
	const char *check = strstr(detail, " CHECK OPTION") == NULL	   ? NULL :
						strstr(detail, "WITH LOCAL CHECK") != NULL ? "local" :
																	 "cascaded";

	/* only views that can be updated take it */
	if (check != NULL)
		mm_ddl_emit(build, DDL_VIEW, NULL, program->local_name,
					psprintf("ALTER VIEW %s SET (check_option = %s)", name,
							 check))
			->may_fail = true;
	if (strstr(detail, "SQL SECURITY INVOKER") == NULL)
		return;
#if PG_VERSION_NUM >= 150000
	mm_ddl_emit(build, DDL_VIEW, NULL, program->local_name,
				psprintf("ALTER VIEW %s SET (security_invoker = true)",
						 name))
		->may_fail = true;
#else
	mm_note_explain(build->notes,
					mm_note_add(build->notes, NOTE_WARNING, NULL,
								program->name,
								"view reads with the rights of its owner"),
					"PostgreSQL before 15 has no SQL SECURITY INVOKER.",
					"Look at who may read the view.", detail);
#endif
}

static void
make_view(ViewRun *run, RemoteProgram *program)
{
	DdlBuild *build = run->build;
	char *name = mm_quote_local_name(build->options->local_schema,
									 program->local_name);
	ExprView *view = NULL;
	ExprResult *result;
	DdlStatement *statement;
	ListCell *lc;

	result = mm_expr_view(build->schema, build->options, run->made, program,
						  &view);
	if (result->sql == NULL)
	{
		note_view(build, program, result->reason);
		return;
	}
	run->made = lappend(run->made, view);
	statement = mm_ddl_emit(build, DDL_VIEW, NULL, program->local_name,
							psprintf("CREATE VIEW %s AS\n%s", name,
									 result->sql));
	statement->original = program->definition;
	statement->may_fail = true;
	set_view_options(build, program, name);
	if (build->options->owner != NULL)
		mm_ddl_emit(build, DDL_VIEW, NULL, program->local_name,
					psprintf("ALTER VIEW %s OWNER TO %s", name,
							 mm_quote_local_name(NULL,
												 build->options->owner)))
			->may_fail = true;
	foreach(lc, result->remarks)
	{
		Note *note = mm_note_add(build->notes, NOTE_NOTE, NULL,
								 program->name, "view may differ");

		mm_note_explain(build->notes, note, lfirst(lc),
						"Compare it with compare_queries.",
						program->definition);
	}
}

static void
name_key(char *key, const char *name)
{
	memset(key, 0, VIEW_NAME_SIZE);
	strlcpy(key, name, VIEW_NAME_SIZE);
}

static void
open_view(ViewRun *run, RemoteProgram *program)
{
	OpenView *view = palloc0(sizeof(OpenView));
	char key[VIEW_NAME_SIZE];
	const char *error;

	view->program = program;
	if (program->definition != NULL)
		view->reads = mm_expr_query_relations(mm_expr_parse_query(program->definition,
																  &error));
	run->open = lappend(run->open, view);
	name_key(key, program->name);
	hash_search(run->open_names, key, HASH_ENTER, NULL);
}

/* Does the view read another one that was not tried yet? */
static bool
waits_for_another(const ViewRun *run, const OpenView *view)
{
	ListCell *lc;

	foreach(lc, view->reads)
	{
		char key[VIEW_NAME_SIZE];

		if (strcmp(lfirst(lc), view->program->name) == 0)
			continue;
		name_key(key, lfirst(lc));
		if (hash_search(run->open_names, key, HASH_FIND, NULL) != NULL)
			return true;
	}
	return false;
}

void
mm_ddl_views(DdlBuild *build)
{
	ViewRun run = {.build = build};
	HASHCTL control = {0};
	ListCell *lc;

	control.keysize = VIEW_NAME_SIZE;
	control.entrysize = VIEW_NAME_SIZE;
	control.hcxt = CurrentMemoryContext;
	run.open_names = hash_create("mysql_migrate views", 256, &control,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, build->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind == REMOTE_VIEW)
			open_view(&run, program);
	}
	while (run.open != NIL)
	{
		OpenView *next = NULL;
		char key[VIEW_NAME_SIZE];

		foreach(lc, run.open)
		{
			if (!waits_for_another(&run, lfirst(lc)))
			{
				next = lfirst(lc);
				break;
			}
		}
		/* a circle cannot be; if it is, the printer will say so */
		if (next == NULL)
			next = linitial(run.open);
		run.open = list_delete_ptr(run.open, next);
		name_key(key, next->program->name);
		hash_search(run.open_names, key, HASH_REMOVE, NULL);
		make_view(&run, next->program);
	}
	hash_destroy(run.open_names);
}
