/*
 * src/migrate/spec_options.c
 *		The options of a job: one table, and one place that sets them.
 */
#include "postgres.h"

#include <limits.h>

#include "base/compat.h"
#include "migrate/spec_internal.h"
#include "source/options.h"
#include "pgtime.h"

static const Choice zero_date_choices[] = {
	{"null", ZERO_DATE_NULL},
	{"-infinity", ZERO_DATE_INFINITY},
	{"error", ZERO_DATE_ERROR},
	{NULL},
};
static const Choice partial_date_choices[] = {
	{"error", PARTIAL_DATE_ERROR},
	{"null", PARTIAL_DATE_NULL},
	{"first", PARTIAL_DATE_FIRST},
	{NULL},
};
static const Choice nul_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"strip", BAD_TEXT_STRIP},
	{"replace", BAD_TEXT_REPLACE},
	{NULL},
};
static const Choice encoding_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"strip", BAD_TEXT_STRIP},
	{"replace", BAD_TEXT_REPLACE},
	{"latin1", BAD_TEXT_LATIN1},
	{NULL},
};
static const Choice bad_json_choices[] = {
	{"error", BAD_TEXT_ERROR},
	{"replace", BAD_TEXT_REPLACE},
	{NULL},
};
static const Choice identifier_choices[] = {
	{"lower", IDENT_LOWER},
	{"keep", IDENT_KEEP},
	{"snake", IDENT_SNAKE},
	{NULL},
};
static const Choice case_choices[] = {
	{"unique", CASE_UNIQUE},
	{"ignore", CASE_IGNORE},
	{"collation", CASE_COLLATION},
	{"citext", CASE_CITEXT},
	{NULL},
};
static const Choice snapshot_choices[] = {
	{"auto", SNAPSHOT_AUTO},
	{"lock", SNAPSHOT_LOCK},
	{"no_lock", SNAPSHOT_NO_LOCK},
	{"none", SNAPSHOT_NONE},
	{NULL},
};
static const Choice validate_choices[] = {
	{"none", VALIDATE_NONE},
	{"count", VALIDATE_COUNT},
	{"checksum", VALIDATE_CHECKSUM},
	{NULL},
};
static const Choice enum_choices[] = {
	{"type", ENUM_AS_TYPE},
	{"text", ENUM_AS_TEXT},
	{"check", ENUM_AS_CHECK},
	{NULL},
};
static const Choice json_choices[] = {
	{"jsonb", JSON_AS_JSONB},
	{"json", JSON_AS_JSON},
	{"text", JSON_AS_TEXT},
	{NULL},
};
static const Choice set_choices[] = {
	{"array", false},
	{"text", true},
	{NULL},
};
static const Choice inspect_choices[] = {
	{"on", true},
	{"off", false},
	{NULL},
};
static const Choice partition_choices[] = {
	{"keep", false},
	{"flatten", true},
	{NULL},
};
static const Choice identity_choices[] = {
	{"identity", false},
	{"serial", true},
	{NULL},
};
static const Choice on_error_choices[] = {
	{"stop", ON_ERROR_STOP},
	{"reject", ON_ERROR_REJECT},
	{NULL},
};
static const Choice phase_choices[] = {
	{"schema", PHASE_SCHEMA},
	{"data", PHASE_DATA},
	{"indexes", PHASE_INDEXES},
	{"constraints", PHASE_CONSTRAINTS},
	{"views", PHASE_VIEWS},
	{NULL},
};
static const Choice compare_choices[] = {
	{"checksum", false},
	{"full", true},
	{NULL},
};

#define FIELD(member) offsetof(JobSpec, member)

/* Keys of the argument "options", in the order of the manual. */
static const Option option_table[] = {
	{"phases", OPTION_PHASES, FIELD(phases), phase_choices},
	{"before_sql", OPTION_TEXT, FIELD(before_sql)},
	{"after_sql", OPTION_TEXT, FIELD(after_sql)},
	{"snapshot", OPTION_CHOICE, FIELD(snapshot), snapshot_choices},
	{"inspect", OPTION_CHOICE_BOOL, FIELD(inspect), inspect_choices},
	{"identifiers", OPTION_CHOICE, FIELD(identifiers), identifier_choices},
	{"case_insensitive", OPTION_CHOICE, FIELD(case_insensitive), case_choices},
	{"partitions", OPTION_CHOICE_BOOL, FIELD(flatten_partitions), partition_choices},
	{"enum", OPTION_CHOICE, FIELD(enum_mode), enum_choices},
	{"set", OPTION_CHOICE_BOOL, FIELD(set_as_text), set_choices},
	{"json", OPTION_CHOICE, FIELD(json_mode), json_choices},
	{"auto_increment", OPTION_CHOICE_BOOL, FIELD(serial), identity_choices},
	{"owner", OPTION_TEXT, FIELD(owner)},
	{"datetime_zone", OPTION_ZONE, FIELD(datetime_zone)},
	{"text_search_config", OPTION_TEXT, FIELD(text_search_config)},
	{"strict", OPTION_BOOL, FIELD(strict)},
	{"validate", OPTION_CHOICE, FIELD(validate), validate_choices},
	{"rejected", OPTION_BOOL, FIELD(only_rejected)},
	{"max_rejects", OPTION_INT64, FIELD(max_rejects), NULL, 0},
	{"max_source_connections", OPTION_INT, FIELD(max_source_connections), NULL, 1},
	{"rate_limit", OPTION_RATE, FIELD(rate_limit)},
	{"on_error", OPTION_CHOICE, FIELD(on_error), on_error_choices},
	{"max_delete", OPTION_PERCENT, FIELD(max_delete)},
	{"compare", OPTION_CHOICE_BOOL, FIELD(compares_full), compare_choices},
	{"look_back", OPTION_TEXT, FIELD(look_back)},
	{"triggers", OPTION_BOOL, FIELD(triggers)},
	{"max_slot_wal", OPTION_SIZE, FIELD(max_slot_wal)},
	{"max_replica_lag", OPTION_LIMIT, FIELD(max_replica_lag), NULL, 0},
	{"notify", OPTION_BOOL, FIELD(notify)},
	{"zero_date", OPTION_CHOICE, FIELD(policies.zero_date), zero_date_choices},
	{"partial_date", OPTION_CHOICE, FIELD(policies.partial_date), partial_date_choices},
	{"nul", OPTION_CHOICE, FIELD(policies.nul), nul_choices},
	{"encoding", OPTION_CHOICE, FIELD(policies.encoding), encoding_choices},
	{"bad_json", OPTION_CHOICE, FIELD(policies.json), bad_json_choices},
};

const Option *
mm_spec_option_number(int n)
{
	return n < lengthof(option_table) ? &option_table[n] : NULL;
}

/* What stands beside the argument "options", not in it. */
static const char *const argument_names[] = {
	"remote_schema",
	"local_schema",
	"remote_table",
	"local_table",
	"table_name",
	"include",
	"exclude",
	"workers",
	"where_clause",
	"on_existing",
	"mode",
	"watermark",
	"depth",
	"margin",
	"wait",
	"force",
};

static void
unknown_option(const char *name)
{
	const char *names[lengthof(option_table)];
	char *hint;

	for (int i = 0; i < lengthof(option_table); i++)
		names[i] = option_table[i].name;
	hint = mm_options_name_hint(name, lengthof(names), names);
	for (int i = 0; i < lengthof(argument_names); i++)
	{
		if (strcmp(argument_names[i], name) == 0)
			hint = psprintf("It is an argument of functions that know it: %s => ...",
							name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown option \"%s\"", name),
			 errhint("%s", hint)));
}

static const Option *
find_option(const char *name)
{
	for (int i = 0; i < lengthof(option_table); i++)
	{
		if (strcmp(option_table[i].name, name) == 0)
			return &option_table[i];
	}
	unknown_option(name);
	return NULL;
}

static int
choice(const Option *option, const JsonbValue *value)
{
	const char *text = mm_spec_value_text(option->name, value);

	if (text == NULL)
		mm_spec_wrong_kind(option->name, mm_spec_choice_list(option->choices));
	return mm_spec_choose(option->name, text, option->choices);
}

static const char *
zone(const Option *option, const JsonbValue *value)
{
	const char *name = mm_spec_value_text(option->name, value);

	if (name == NULL || pg_tzset(name) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for \"%s\": \"%s\"", option->name,
						name ? name : "null"),
				 errdetail("There is no such time zone."),
				 errhint("Give a name such as \"Europe/Berlin\": SELECT name FROM pg_timezone_names;")));
	return name;
}

static int
phase_mask(const Option *option, const JsonbValue *value)
{
	ListCell *cell;
	int mask = 0;

	foreach(cell, mm_spec_value_list(option->name, value))
		mask |= mm_spec_choose(option->name, lfirst(cell), option->choices);
	if (mask == 0)
		mm_spec_wrong_kind(option->name, "a list with at least one phase");
	return mask;
}

static int64
integer(const Option *option, const JsonbValue *value)
{
	return mm_spec_value_integer(option->name, value, option->minimum);
}

static void
set_option(JobSpec *spec, const Option *option, const JsonbValue *value)
{
	void *field = (char *) spec + option->offset;
	const char *name = option->name;

	switch (option->type)
	{
		case OPTION_CHOICE:
			*(int *) field = choice(option, value);
			break;
		case OPTION_CHOICE_BOOL:
			*(bool *) field = choice(option, value);
			break;
		case OPTION_BOOL:
			*(bool *) field = mm_spec_value_bool(name, value);
			break;
		case OPTION_INT:
			*(int *) field = (int) Min(integer(option, value), INT_MAX);
			break;
		case OPTION_INT64:
			*(int64 *) field = integer(option, value);
			break;
		case OPTION_PERCENT:
			*(double *) field = mm_spec_value_percent(name, value);
			break;
		case OPTION_LIMIT:
			*(int64 *) field = value->type == jbvNull ? 0 :
														integer(option, value);
			break;
		case OPTION_SIZE:
			*(int64 *) field = mm_spec_value_size(name, value,
												  option->minimum);
			break;
		case OPTION_RATE:
			*(ThrottleRate *) field = mm_spec_value_rate(name, value);
			break;
		case OPTION_TEXT:
			*(const char **) field = mm_spec_value_text(name, value);
			break;
		case OPTION_ZONE:
			*(const char **) field = zone(option, value);
			break;
		case OPTION_PHASES:
			*(int *) field = phase_mask(option, value);
			break;
	}
}

void
mm_spec_set_option(JobSpec *spec, const char *name, const JsonbValue *value)
{
	set_option(spec, find_option(name), value);
}

void
mm_spec_set_options(JobSpec *spec, const JsonbValue *options)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbIteratorToken token;

	if (options->type == jbvNull)
		return;
	if (options->type != jbvBinary ||
		!JsonContainerIsObject(options->val.binary.data))
		mm_spec_wrong_kind("options", "a JSON object");
	it = JsonbIteratorInit(options->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		JsonbValue value;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		mm_spec_set_option(spec, mm_spec_value_string(&key), &value);
	}
}
