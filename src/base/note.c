/*
 * src/base/note.c
 *		A list of things that were not carried over, or carried over changed.
 */
#include "postgres.h"

#include "base/note.h"
#include "utils/memutils.h"

/*
 * mm_note_list_create
 *		An empty list whose notes live in the current memory context.
 */
NoteList *
mm_note_list_create(void)
{
	NoteList *list = palloc(sizeof(NoteList));

	list->context = CurrentMemoryContext;
	list->notes = NIL;
	return list;
}

static const char *
copy_string(NoteList *list, const char *text)
{
	return text != NULL ? MemoryContextStrdup(list->context, text) : NULL;
}

/*
 * mm_note_add
 *		Add a note; strings are copied.
 *
 * "What to do next" is empty, not NULL, until mm_note_explain fills it.
 */
Note *
mm_note_add(NoteList *list, NoteSeverity severity, const char *table_name,
			const char *object, const char *what)
{
	MemoryContext caller = MemoryContextSwitchTo(list->context);
	Note *note = palloc0(sizeof(Note));

	note->severity = severity;
	note->table_name = copy_string(list, table_name);
	note->object = copy_string(list, object != NULL ? object : "");
	note->what = copy_string(list, what != NULL ? what : "");
	note->next_step = copy_string(list, "");
	list->notes = lappend(list->notes, note);
	MemoryContextSwitchTo(caller);
	return note;
}

/*
 * mm_note_explain
 *		Say why, what next, and how MySQL had it.  NULL leaves a field alone.
 */
void
mm_note_explain(NoteList *list, Note *note, const char *why,
				const char *next_step, const char *original)
{
	if (why != NULL)
		note->why = copy_string(list, why);
	if (next_step != NULL)
		note->next_step = copy_string(list, next_step);
	if (original != NULL)
		note->original = copy_string(list, original);
}

/*
 * mm_note_severity_name
 *		The word that stands in mysql_migrate.note and in the check's rows.
 */
const char *
mm_note_severity_name(NoteSeverity severity)
{
	switch (severity)
	{
		case NOTE_BLOCKER:
			return "blocker";
		case NOTE_WARNING:
			return "warning";
		case NOTE_NOTE:
			return "note";
	}
	elog(ERROR, "unknown severity %d", (int) severity);
	return NULL; /* keep the compiler quiet */
}
