/*
 * src/migrate/check.c
 *		migration_check: one screen of what will hurt, and what to do about it.
 *
 * Findings only, blockers first.  Notes of one kind are one row ("customers.
 * born_on + 36"), and what does not fit on the screen is counted in a last
 * one: migration_plan has it all.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/human.h"
#include "base/materialize.h"
#include "funcapi.h"
#include "migrate/arguments.h"
#include "migrate/check.h"
#include "utils/builtins.h"

/* Rough, for the estimate of a duration: MB per second with a few readers. */
#define ESTIMATED_MB_PER_SECOND 60

#define MAX_FINDINGS 25

/* Groups of notes that say the same for different reasons. */
#define MAX_ALIKE 3

typedef struct Finding
{
	FindingSeverity severity;
	const char *object;
	const char *finding;
	const char *what_to_do;
	const char *detail;
	int count; /* objects that it stands for */
} Finding;

static const char *const severity_names[] = {
	[FINDING_BLOCKER] = "blocker",
	[FINDING_WARNING] = "warning",
	[FINDING_NOTE] = "note",
	[FINDING_OK] = "ok",
};

static void
add_finding(Check *check, FindingSeverity severity, const char *object,
			const char *finding, const char *what_to_do, const char *detail,
			int count)
{
	Finding *row = palloc(sizeof(Finding));

	*row = (Finding){severity, object, finding, what_to_do, detail, count};
	check->findings = lappend(check->findings, row);
}

void
mm_check_add(Check *check, FindingSeverity severity, const char *object,
			 const char *finding, const char *what_to_do, const char *detail)
{
	add_finding(check, severity, object, finding, what_to_do, detail, 1);
}

/* ---------------------------------------------------------------- notes in groups */

typedef struct NoteGroup
{
	NoteSeverity severity;
	const char *what;
	const char *why;
	const char *next_step;
	const char *first;
	bool same_what; /* all notes of the group say the same */
	int count;
	StringInfoData detail;
} NoteGroup;

/* The reason makes the group; what happened may hold names. */
static const char *
group_key(const char *what, const char *why)
{
	return why ? why : what;
}

static NoteGroup *
group_of(List **groups, const Note *note)
{
	NoteGroup *group;
	ListCell *cell;

	foreach(cell, *groups)
	{
		group = lfirst(cell);
		if (group->severity == note->severity &&
			strcmp(group_key(group->what, group->why),
				   group_key(note->what, note->why)) == 0)
		{
			group->same_what &= strcmp(group->what, note->what) == 0;
			return group;
		}
	}
	group = palloc0(sizeof(NoteGroup));
	group->severity = note->severity;
	group->what = note->what;
	group->why = note->why;
	group->next_step = note->next_step;
	group->first = note->object;
	group->same_what = true;
	initStringInfo(&group->detail);
	*groups = lappend(*groups, group);
	return group;
}

static List *
group_notes(const NoteList *notes)
{
	List *groups = NIL;
	ListCell *cell;

	foreach(cell, notes->notes)
	{
		Note *note = lfirst(cell);
		NoteGroup *group = group_of(&groups, note);

		group->count++;
		appendStringInfo(&group->detail, "%s%s: %s%s%s%s%s",
						 group->detail.len > 0 ? "\n" : "", note->object,
						 note->what, note->why ? ": " : "",
						 note->why ? note->why : "",
						 note->next_step ? " -- " : "",
						 note->next_step ? note->next_step : "");
	}
	return groups;
}

/* How many groups say the same of their objects, for different reasons. */
static int
count_alike(const List *groups, const NoteGroup *group)
{
	int count = 0;
	ListCell *cell;

	foreach(cell, groups)
	{
		NoteGroup *other = lfirst(cell);

		count += other->severity == group->severity && other->same_what &&
				 strcmp(other->what, group->what) == 0;
	}
	return count;
}

/* Many groups that differ in their reasons only become one. */
static List *
merge_alike(List *groups)
{
	List *merged = NIL;
	ListCell *cell;

	foreach(cell, groups)
	{
		NoteGroup *group = lfirst(cell);
		NoteGroup *first = NULL;
		ListCell *other_cell;

		foreach(other_cell, merged)
		{
			NoteGroup *other = lfirst(other_cell);

			if (other->severity == group->severity && other->why == NULL &&
				strcmp(other->what, group->what) == 0)
				first = other;
		}
		if (first != NULL && group->same_what)
		{
			first->count += group->count;
			appendStringInfo(&first->detail, "\n%s", group->detail.data);
			continue;
		}
		if (group->same_what && count_alike(groups, group) > MAX_ALIKE)
			group->why = NULL;
		merged = lappend(merged, group);
	}
	return merged;
}

static void
add_group(Check *check, const NoteGroup *group)
{
	const char *finding;
	FindingSeverity severity = group->severity == NOTE_BLOCKER ? FINDING_BLOCKER :
							   group->severity == NOTE_WARNING ? FINDING_WARNING :
																 FINDING_NOTE;

	if (group->count == 1 && group->why)
		finding = psprintf("%s: %s", group->what, group->why);
	else
		finding = group->same_what || !group->why ? group->what : group->why;
	add_finding(check, severity,
				group->count == 1 ? group->first :
									psprintf("%s + %d", group->first, group->count - 1),
				finding, group->next_step ? group->next_step : "nothing",
				group->detail.data, group->count);
}

static void
add_notes(Check *check)
{
	ListCell *cell;

	foreach(cell, merge_alike(group_notes(check->migration->notes)))
		add_group(check, lfirst(cell));
}

/* ---------------------------------------------------------------- the screen */

static void
put_finding(ReturnSetInfo *rsinfo, FindingSeverity severity,
			const char *object, const char *finding, const char *what_to_do,
			const char *detail)
{
	Datum values[5];
	bool nulls[5] = {false};

	values[0] = CStringGetTextDatum(severity_names[severity]);
	values[1] = CStringGetTextDatum(object);
	values[2] = CStringGetTextDatum(finding);
	values[3] = CStringGetTextDatum(what_to_do);
	nulls[4] = detail == NULL;
	values[4] = detail == NULL ? (Datum) 0 : CStringGetTextDatum(detail);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static int
count_severity(const Check *check, FindingSeverity severity)
{
	int count = 0;
	ListCell *cell;

	foreach(cell, check->findings)
		count += ((Finding *) lfirst(cell))->severity == severity;
	return count;
}

/* Those that there is no room for, in one row. */
typedef struct Rest
{
	FindingSeverity severity; /* of the worst */
	int count;
	StringInfoData detail;
} Rest;

static void
add_to_rest(Rest *rest, const Finding *row)
{
	if (rest->count == 0)
		rest->severity = row->severity;
	rest->count += row->count;
	appendStringInfo(&rest->detail, "%s%s: %s -- %s%s%s",
					 rest->detail.len > 0 ? "\n" : "", row->object,
					 row->finding, row->what_to_do, row->detail ? "\n" : "",
					 row->detail ? row->detail : "");
}

/* Blockers and what is well are always shown; others as long as they fit. */
static void
put_screen(ReturnSetInfo *rsinfo, const Check *check)
{
	int room = MAX_FINDINGS - count_severity(check, FINDING_OK);
	Rest rest = {FINDING_NOTE};

	initStringInfo(&rest.detail);
	if (list_length(check->findings) > MAX_FINDINGS)
		room--;
	for (FindingSeverity severity = FINDING_BLOCKER; severity <= FINDING_OK;
		 severity++)
	{
		ListCell *cell;

		if (severity == FINDING_OK && rest.count > 0)
			put_finding(rsinfo, rest.severity,
						psprintf("%d objects", rest.count), "further findings",
						"see detail, or migration_plan", rest.detail.data);
		foreach(cell, check->findings)
		{
			Finding *row = lfirst(cell);

			if (row->severity != severity)
				continue;
			if (severity == FINDING_OK || severity == FINDING_BLOCKER ||
				room > 0)
				put_finding(rsinfo, severity, row->object, row->finding,
							row->what_to_do, row->detail);
			else
				add_to_rest(&rest, row);
			room--;
		}
	}
}

/* ---------------------------------------------------------------- the call */

static void
add_size_row(Check *check)
{
	Migration *migration = check->migration;
	uint64 seconds = check->data_bytes / (ESTIMATED_MB_PER_SECOND * UINT64CONST(1048576)) + 1;

	mm_check_add(check, FINDING_OK, "size",
				 psprintf(mm_plural(list_length(migration->schema->tables), "%d table, about %s rows, %s",
									"%d tables, about %s rows, %s"),
						  list_length(migration->schema->tables),
						  mm_human_number(check->rows),
						  mm_human_size(check->data_bytes)),
				 seconds < 60 ? psprintf("about " UINT64_FORMAT " seconds", seconds) :
								psprintf("about " UINT64_FORMAT " minutes", (seconds + 59) / 60),
				 NULL);
}

static bool
wants_data(const char *depth)
{
	if (strcmp(depth, "data") == 0)
		return true;
	if (strcmp(depth, "catalog") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"depth\": \"%s\"", depth),
			 errhint("Valid values are \"catalog\" and \"data\".")));
}

static void
add_open_questions(Check *check, int open)
{
	const JobSpec *spec = check->migration->spec;

	if (open == 0)
		return;
	mm_check_add(check, FINDING_NOTE, psprintf("%d columns", open),
				 "their type depends on the data, which was not read",
				 psprintf("SELECT * FROM migration_check(%s, %s, %s, depth => 'data'); the migration asks too",
						  quote_literal_cstr(spec->server),
						  quote_literal_cstr(spec->remote_schema),
						  quote_literal_cstr(spec->local_schema)),
				 NULL);
}

static void
sum_up(Check *check)
{
	ListCell *cell;

	foreach(cell, check->migration->schema->tables)
	{
		RemoteTable *table = lfirst(cell);

		check->rows += table->estimated_rows;
		check->data_bytes += table->data_bytes;
	}
}

PG_FUNCTION_INFO_V1(mysql_migrate_migration_check);

/*
 * migration_check(server, remote_schema, local_schema, depth, options)
 *		One screen: what will hurt, and what to do about it.
 */
Datum
mysql_migrate_migration_check(PG_FUNCTION_ARGS)
{
	char *depth = PG_ARGISNULL(3) ? "catalog" :
									text_to_cstring(PG_GETARG_TEXT_PP(3));
	bool data = wants_data(depth);
	StringInfo payload = mm_arguments_preview(fcinfo, "migration_check", 4);
	Preview *preview;
	Check check;
	int open = 0;

	mm_init_materialized(fcinfo);
	preview = mm_preview_open(payload->data, EXISTING_APPEND);
	memset(&check, 0, sizeof(check));
	check.migration = preview->migration;
	sum_up(&check);
	if (data)
		mm_decide_here(&preview->process);
	else
		open = mm_decide_from_store(preview->migration);
	(void) mm_plan_statements(preview->migration);
	mm_check_source(&check);
	mm_check_target(&check);
	if (data)
		mm_check_data(&check);
	add_notes(&check);
	add_open_questions(&check, open);
	add_size_row(&check);
	put_screen((ReturnSetInfo *) fcinfo->resultinfo, &check);
	mm_preview_close(preview);
	PG_RETURN_NULL();
}
