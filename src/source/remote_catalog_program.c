/*
 * src/source/remote_catalog_program.c
 *		Views, triggers, routines, events and MariaDB's sequences.
 *
 * What is text in MySQL stays text here.  A definition that the MySQL user may
 * not see is NULL (SHOW VIEW for views, EXECUTE is not enough for routines);
 * triggers, routines and events without any privilege are invisible as a whole
 * and cannot be told from ones that do not exist.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "lib/stringinfo.h"
#include "source/remote_catalog_internal.h"

/* Sequences read by one statement; the parser limits the length of a UNION. */
#define SEQUENCES_PER_QUERY 200

static const char *const views_query =
	"SELECT table_name AS name, view_definition AS definition,"
	"       CONCAT('DEFINER=', definer, ' SQL SECURITY ', security_type,"
	"              IF(check_option = 'NONE', '',"
	"                 CONCAT(' WITH ', check_option, ' CHECK OPTION'))) AS detail"
	"  FROM information_schema.views"
	" WHERE %s";

static const char *const triggers_query =
	"SELECT event_object_table AS relation, trigger_name AS name,"
	"       action_timing AS timing, event_manipulation AS event,"
	"       action_statement AS definition, action_order AS action_order,"
	"       CONCAT('DEFINER=', definer, ' sql_mode=', sql_mode) AS detail"
	"  FROM information_schema.triggers"
	" WHERE %s"
	" ORDER BY event_object_table, action_timing, event_manipulation,"
	"          action_order, trigger_name";

static const char *const routines_query =
	"SELECT specific_name AS name, routine_type AS kind,"
	"       routine_definition AS definition,"
	"       IF(routine_type = 'FUNCTION', dtd_identifier, NULL) AS returns,"
	"       CONCAT(IF(is_deterministic = 'YES', 'DETERMINISTIC ', ''),"
	"              sql_data_access, ' SQL SECURITY ', security_type,"
	"              ' DEFINER=', definer, ' sql_mode=', sql_mode) AS detail"
	"  FROM information_schema.routines"
	" WHERE %s"
	" ORDER BY routine_type, specific_name";

/* Position 0 is what a function returns. */
static const char *const parameters_query =
	"SELECT specific_name AS name, routine_type AS kind,"
	"       parameter_mode AS mode, parameter_name AS parameter,"
	"       dtd_identifier AS type"
	"  FROM information_schema.parameters"
	" WHERE %s AND ordinal_position > 0"
	" ORDER BY routine_type, specific_name, ordinal_position";

static const char *const events_query =
	"SELECT event_name AS name, event_definition AS definition,"
	"       CONCAT(IF(event_type = 'ONE TIME',"
	"                 CONCAT('AT ', execute_at),"
	"                 CONCAT('EVERY ', interval_value, ' ', interval_field,"
	"                        IF(starts IS NULL, '',"
	"                           CONCAT(' STARTS ', starts)),"
	"                        IF(ends IS NULL, '',"
	"                           CONCAT(' ENDS ', ends)))),"
	"              ' ', status, ' ON COMPLETION ', on_completion,"
	"              ' TIME ZONE ', time_zone, ' DEFINER=', definer) AS detail"
	"  FROM information_schema.events"
	" WHERE %s"
	" ORDER BY event_name";

static const char *const sequence_query =
	"SELECT %d AS n, CAST(start_value AS CHAR) AS start_value,"
	"       CAST(minimum_value AS CHAR) AS minimum,"
	"       CAST(maximum_value AS CHAR) AS maximum,"
	"       CAST(increment AS CHAR) AS increment,"
	"       CAST(next_not_cached_value AS CHAR) AS next_value,"
	"       CAST(cache_size AS CHAR) AS cache, cycle_option AS cycles"
	"  FROM %s.%s";

/* A routine by kind and name, while its parameters are collected. */
typedef struct CatalogRoutine
{
	char key[CATALOG_PAIR_SIZE];
	StringInfo parameters;
} CatalogRoutine;

static void
take_view(CatalogReader *reader, const WireResult *result, const WireRow *row)
{
	CatalogRelation *relation =
		mm_catalog_relation(reader, mm_result_text(result, row, 0));

	if (relation == NULL || relation->view == NULL)
		return;
	relation->view->definition = mm_catalog_text(result, row, 1);
	relation->view->detail = mm_catalog_text(result, row, 2);
}

/* The end of `text` behind a list in parentheses and " AS ", or NULL. */
static const char *
behind_columns(const char *text)
{
	if (strncmp(text, " (`", 3) == 0)
	{
		bool is_quoted = false;

		for (text++; *text != '\0' && (is_quoted || *text != ')'); text++)
			is_quoted ^= *text == '`';
		text += *text == ')';
	}
	return strncmp(text, " AS ", 4) == 0 ? text + 4 : NULL;
}

static bool
has_wide_character(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text >= 0xf0)
			return true;
	}
	return false;
}

/* CREATE .. VIEW `name` [(`a`, `b`)] AS the query [WITH .. CHECK OPTION] */
static void
take_view_text(CatalogReader *reader, const WireResult *result,
			   const WireRow *row)
{
	static const char *const options[] = {" WITH CASCADED CHECK OPTION",
										  " WITH LOCAL CHECK OPTION"};
	char *whole = mm_catalog_text(result, row, 1);
	char *head = psprintf(" VIEW %s", mm_quote_remote_ident(reader->asked->name));
	const char *found = whole == NULL ? NULL : strstr(whole, head);
	const char *query = found == NULL ? NULL :
										behind_columns(found + strlen(head));
	char *text;

	if (query == NULL || !has_wide_character(query))
		return;
	text = pstrdup(query);
	for (int i = 0; i < lengthof(options); i++)
	{
		Size length = strlen(text);
		Size option = strlen(options[i]);

		if (length > option &&
			strcmp(text + length - option, options[i]) == 0)
			text[length - option] = '\0';
	}
	reader->asked->definition = text;
}

/* information_schema shows "?" for characters of four bytes. */
static void
read_texts(CatalogReader *reader, RemoteProgramKind kind, const char *word,
		   CatalogRow take)
{
	ListCell *lc;

	foreach(lc, reader->schema->programs)
	{
		RemoteProgram *program = lfirst(lc);

		if (program->kind != kind || program->definition == NULL ||
			strchr(program->definition, '?') == NULL)
			continue;
		reader->asked = program;
		mm_catalog_each_row(reader,
							psprintf("SHOW CREATE %s %s.%s", word,
									 mm_quote_remote_ident(reader->schema->name),
									 mm_quote_remote_ident(program->name)),
							take);
	}
	reader->asked = NULL;
}

void
mm_catalog_read_views(CatalogReader *reader)
{
	mm_catalog_each_row(reader,
						psprintf(views_query,
								 mm_catalog_condition(reader, "table_schema",
													  "table_name")),
						take_view);
	read_texts(reader, REMOTE_VIEW, "VIEW", take_view_text);
}

static RemoteProgram *
add_program(CatalogReader *reader, RemoteProgramKind kind, const char *name)
{
	RemoteProgram *program = palloc0(sizeof(RemoteProgram));

	program->kind = kind;
	program->name = name;
	reader->schema->programs = lappend(reader->schema->programs, program);
	return program;
}

static void
take_trigger(CatalogReader *reader, const WireResult *result,
			 const WireRow *row)
{
	char *table = mm_result_text(result, row, 0);
	RemoteProgram *program;

	if (mm_catalog_relation(reader, table) == NULL)
		return;
	program = add_program(reader, REMOTE_TRIGGER,
						  mm_result_text(result, row, 1));
	program->table = table;
	program->timing = mm_result_text(result, row, 2);
	program->event = mm_result_text(result, row, 3);
	program->definition = mm_catalog_text(result, row, 4);
	program->action_order = mm_result_int64(result, row, 5);
	program->detail = mm_catalog_text(result, row, 6);
}

/* Bytes of the character that ends before `end`. */
static Size
last_char(const char *start, const char *end)
{
	const char *at = end - 1;

	while (at > start && (*at & 0xc0) == 0x80)
		at--;
	return end - at;
}

/*
 * tail_like
 *		The end of `whole` that reads like `shown`, in which each character of
 *		four bytes is a "?"; NULL: it does not.
 */
static char *
tail_like(const char *whole, const char *shown)
{
	const char *w = whole + strlen(whole);
	const char *s = shown + strlen(shown);

	while (s > shown)
	{
		Size size = last_char(shown, s);
		Size there;

		if (w == whole)
			return NULL;
		there = last_char(whole, w);
		if (!(there == 4 && size == 1 && s[-1] == '?') &&
			(there != size || memcmp(w - there, s - size, size) != 0))
			return NULL;
		w -= there;
		s -= size;
	}
	return pstrdup(w);
}

static void
take_trigger_text(CatalogReader *reader, const WireResult *result,
				  const WireRow *row)
{
	char *whole = mm_catalog_text(result, row, 2);
	char *text = whole == NULL ? NULL :
								 tail_like(whole, reader->asked->definition);

	if (text != NULL)
		reader->asked->definition = text;
}

void
mm_catalog_read_triggers(CatalogReader *reader)
{
	mm_catalog_each_row(reader,
						psprintf(triggers_query,
								 mm_catalog_condition(reader, "trigger_schema",
													  "event_object_table")),
						take_trigger);
	read_texts(reader, REMOTE_TRIGGER, "TRIGGER", take_trigger_text);
}

static void
take_parameter(CatalogReader *reader, const WireResult *result,
			   const WireRow *row)
{
	char key[CATALOG_PAIR_SIZE];
	char *mode = mm_catalog_text(result, row, 2);
	char *parameter = mm_catalog_text(result, row, 3);
	CatalogRoutine *routine;
	bool found;

	mm_catalog_pair_key(key, mm_result_text(result, row, 1),
						mm_result_text(result, row, 0));
	routine = hash_search(reader->routines, key, HASH_ENTER, &found);
	if (!found)
		routine->parameters = makeStringInfo();
	else
		appendStringInfoString(routine->parameters, ", ");
	if (mode != NULL)
		appendStringInfo(routine->parameters, "%s ", mode);
	appendStringInfo(routine->parameters, "%s %s",
					 parameter == NULL ? "" : mm_quote_remote_ident(parameter),
					 mm_result_text(result, row, 4));
}

static RemoteProgramKind
routine_kind(const char *text)
{
	if (pg_strcasecmp(text, "FUNCTION") == 0)
		return REMOTE_FUNCTION;
	if (pg_strcasecmp(text, "PROCEDURE") == 0)
		return REMOTE_PROCEDURE;
	return REMOTE_PACKAGE; /* and PACKAGE BODY, of MariaDB */
}

static void
take_routine(CatalogReader *reader, const WireResult *result,
			 const WireRow *row)
{
	char *name = mm_result_text(result, row, 0);
	char *kind = mm_result_text(result, row, 1);
	char *returns = mm_catalog_text(result, row, 3);
	char *characteristics = mm_result_text(result, row, 4);
	char key[CATALOG_PAIR_SIZE];
	RemoteProgram *program = add_program(reader, routine_kind(kind), name);
	CatalogRoutine *routine;
	StringInfoData detail;

	program->definition = mm_catalog_text(result, row, 2);

	initStringInfo(&detail);
	if (program->kind != REMOTE_PACKAGE)
	{
		mm_catalog_pair_key(key, kind, name);
		routine = hash_search(reader->routines, key, HASH_FIND, NULL);
		appendStringInfo(&detail, "(%s) ",
						 routine == NULL ? "" : routine->parameters->data);
	}
	else
		appendStringInfo(&detail, "%s ", kind);
	if (returns != NULL)
		appendStringInfo(&detail, "RETURNS %s ", returns);
	if (characteristics != NULL)
		appendStringInfoString(&detail, characteristics);
	program->detail = detail.data;
}

void
mm_catalog_read_routines(CatalogReader *reader)
{
	HASHCTL control = {0};

	control.keysize = CATALOG_PAIR_SIZE;
	control.entrysize = sizeof(CatalogRoutine);
	control.hcxt = CurrentMemoryContext;
	reader->routines = hash_create("mysql_migrate remote routines", 64,
								   &control,
								   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	mm_catalog_each_row(reader,
						psprintf(parameters_query,
								 mm_catalog_condition(reader, "specific_schema",
													  NULL)),
						take_parameter);
	mm_catalog_each_row(reader,
						psprintf(routines_query,
								 mm_catalog_condition(reader, "routine_schema",
													  NULL)),
						take_routine);
	hash_destroy(reader->routines);
	reader->routines = NULL;
}

static void
take_event(CatalogReader *reader, const WireResult *result, const WireRow *row)
{
	RemoteProgram *program = add_program(reader, REMOTE_EVENT,
										 mm_result_text(result, row, 0));

	program->definition = mm_catalog_text(result, row, 1);
	program->detail = mm_catalog_text(result, row, 2);
}

void
mm_catalog_read_events(CatalogReader *reader)
{
	mm_catalog_each_row(reader,
						psprintf(events_query,
								 mm_catalog_condition(reader, "event_schema",
													  NULL)),
						take_event);
}

/*
 * sequence_number
 *		A sequence's number; those of MariaDB's unsigned types that a
 *		PostgreSQL sequence cannot hold become its own limit.
 */
static int64
sequence_number(const WireResult *result, const WireRow *row, int i)
{
	char *text = mm_result_text(result, row, i);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static void
take_sequence(CatalogReader *reader, const WireResult *result,
			  const WireRow *row)
{
	RemoteSequence *sequence = list_nth(reader->schema->sequences,
										mm_result_int64(result, row, 0));

	sequence->start_value = sequence_number(result, row, 1);
	sequence->minimum = sequence_number(result, row, 2);
	sequence->maximum = sequence_number(result, row, 3);
	sequence->increment = sequence_number(result, row, 4);
	sequence->next_value = sequence_number(result, row, 5);
	sequence->cache = sequence_number(result, row, 6);
	sequence->cycles = mm_result_int64(result, row, 7) != 0;
}

/*
 * mm_catalog_read_sequences
 *		A sequence's values are a row in itself, so many are read at once.
 */
void
mm_catalog_read_sequences(CatalogReader *reader)
{
	RemoteSchema *schema = reader->schema;
	int nsequences = list_length(schema->sequences);

	for (int first = 0; first < nsequences; first += SEQUENCES_PER_QUERY)
	{
		int end = Min(first + SEQUENCES_PER_QUERY, nsequences);
		StringInfoData sql;

		initStringInfo(&sql);
		for (int i = first; i < end; i++)
		{
			RemoteSequence *sequence = list_nth(schema->sequences, i);

			if (i > first)
				appendStringInfoString(&sql, " UNION ALL ");
			appendStringInfo(&sql, sequence_query, i,
							 mm_quote_remote_ident(schema->name),
							 mm_quote_remote_ident(sequence->name));
		}
		mm_catalog_each_row(reader, sql.data, take_sequence);
	}
}
