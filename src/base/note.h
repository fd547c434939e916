/*
 * src/base/note.h
 *		A list of things that were not carried over, or carried over changed.
 *
 * Rooms that produce DDL text cannot write to tables; they collect notes here
 * and migrate/ stores them in mysql_migrate.note.
 */
#ifndef MM_BASE_NOTE_H
#define MM_BASE_NOTE_H

#include "nodes/pg_list.h"

/* The closed list of severities, most severe first. */
typedef enum NoteSeverity
{
	NOTE_BLOCKER,
	NOTE_WARNING,
	NOTE_NOTE
} NoteSeverity;

typedef struct Note
{
	NoteSeverity severity;
	const char *table_name; /* local name of the table, or NULL */
	const char *object;		/* "orders.fk_user", "trg_stock" */
	const char *what;		/* "trigger not made" */
	const char *why;		/* "uses a cursor" */
	const char *next_step;	/* what the user can do, never NULL */
	const char *original;	/* MySQL's own text, or NULL */
} Note;

typedef struct NoteList
{
	MemoryContext context; /* where the copies live */
	List *notes;		   /* of Note * */
} NoteList;

extern NoteList *mm_note_list_create(void);

/* Strings are copied; any but "object", "what" and "next_step" may be NULL. */
extern Note *mm_note_add(NoteList *list, NoteSeverity severity,
						 const char *table_name, const char *object,
						 const char *what);
extern void mm_note_explain(NoteList *list, Note *note, const char *why,
							const char *next_step, const char *original);
extern const char *mm_note_severity_name(NoteSeverity severity);

#endif /* MM_BASE_NOTE_H */
