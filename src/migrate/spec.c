/*
 * src/migrate/spec.c
 *		Arguments and options of a job: one table of options, one parser.
 */
#include "postgres.h"

#include <limits.h>

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "migrate/spec.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "source/rule.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/varlena.h"

typedef struct Choice
{
	const char *name;
	int value;
} Choice;

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
static const Choice mode_choices[] = {
	{"count", VALIDATE_COUNT},
	{"checksum", VALIDATE_CHECKSUM},
	{"full", VALIDATE_FULL},
	{NULL},
};
static const Choice sync_choices[] = {
	{"missing", SYNC_MISSING},
	{"new", SYNC_NEW},
	{"changed", SYNC_CHANGED},
	{"mirror", SYNC_MIRROR},
	{"watermark", SYNC_WATERMARK},
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
static const Choice on_existing_choices[] = {
	{"error", EXISTING_ERROR},
	{"append", EXISTING_APPEND},
	{"truncate", EXISTING_TRUNCATE},
	{"replace", EXISTING_REPLACE},
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

typedef enum OptionType
{
	OPTION_CHOICE,
	OPTION_CHOICE_BOOL, /* a choice stored in a bool */
	OPTION_BOOL,
	OPTION_INT,
	OPTION_INT64,
	OPTION_PERCENT,
	OPTION_LIMIT, /* a number; null: 0 */
	OPTION_SIZE,  /* bytes, as a number or "10GB"; null: 0 */
	OPTION_RATE,  /* bytes likewise, or "5000 rows"; null: 0 */
	OPTION_TEXT,
	OPTION_ZONE, /* the name of a time zone */
	OPTION_PHASES
} OptionType;

typedef struct Option
{
	const char *name;
	OptionType type;
	size_t offset;
	const Choice *choices;
	int64 minimum;
} Option;

#define FIELD(member) offsetof(JobSpec, member)

static const Choice compare_choices[] = {
	{"checksum", false},
	{"full", true},
	{NULL, 0},
};

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

#define MIN_RATE_BYTES 1024

/* ---------------------------------------------------------------- errors */

static char *
choice_list(const Choice *choices)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const Choice *choice = choices; choice->name != NULL; choice++)
		appendStringInfo(&out, "%s\"%s\"", out.len > 0 ? ", " : "",
						 choice->name);
	return out.data;
}

/* Edits that make one word of the other, as far as they are worth counting. */
static int
distance(const char *candidate, const char *word)
{
	return varstr_levenshtein(candidate, strlen(candidate), word,
							  Min(strlen(word), 100), 1, 1, 1, false);
}

static int
choose(const char *option, const char *value, const Choice *choices)
{
	const Choice *nearest = choices;

	for (const Choice *choice = choices; choice->name != NULL; choice++)
	{
		if (strcmp(choice->name, value) == 0)
			return choice->value;
		if (distance(choice->name, value) < distance(nearest->name, value))
			nearest = choice;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\": \"%s\"", option, value),
			 errhint("Perhaps you meant \"%s\". Valid values are %s.",
					 nearest->name, choice_list(choices))));
}

static void
unknown_option(const char *name)
{
	const char *nearest = option_table[0].name;

	for (int i = 1; i < lengthof(option_table); i++)
	{
		if (distance(option_table[i].name, name) < distance(nearest, name))
			nearest = option_table[i].name;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown option \"%s\"", name),
			 errhint("Perhaps you meant \"%s\".", nearest)));
}

static void
wrong_kind(const char *option, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\"", option),
			 errdetail("The value must be %s.", wanted)));
}

/* ---------------------------------------------------------------- values */

static char *
json_string(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* A scalar as text; NULL for JSON null. */
static char *
json_text(const char *key, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return json_string(value);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNull:
			return NULL;
		default:
			wrong_kind(key, "a single value");
			return NULL;
	}
}

static int64
json_integer(const char *key, const JsonbValue *value, int64 minimum)
{
	char *text = json_text(key, value);
	char *end;
	int64 number;

	if (text == NULL)
		wrong_kind(key, "a whole number");
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < minimum)
		wrong_kind(key, psprintf("a whole number of at least " INT64_FORMAT,
								 minimum));
	return number;
}

static double
json_percent(const char *key, const JsonbValue *value)
{
	char *text = json_text(key, value);
	char *end;
	double number;

	if (text == NULL)
		wrong_kind(key, "a number from 0 to 100");
	number = strtod(text, &end);
	if (end == text || *end != '\0' || !(number >= 0 && number <= 100))
		wrong_kind(key, "a number from 0 to 100");
	return number;
}

/* "10GB", as the settings of PostgreSQL and pg_size_bytes have it. */
static int64
json_size(const char *key, const JsonbValue *value, int64 minimum)
{
	char *text = json_text(key, value);
	int64 bytes;

	if (text == NULL)
		return 0;
	bytes = DatumGetInt64(DirectFunctionCall1(pg_size_bytes,
											  CStringGetTextDatum(text)));
	if (bytes < minimum)
		wrong_kind(key, psprintf("a size of at least " INT64_FORMAT " bytes",
								 minimum));
	return bytes;
}

/* "20MB" or "5000 rows", in a second. */
static ThrottleRate
json_rate(const char *key, const JsonbValue *value)
{
	ThrottleRate rate = {0, 0};
	char *text = json_text(key, value);
	char *end;

	if (text == NULL)
		return rate;
	rate.rows = strtoll(text, &end, 10);
	if (end != text && pg_strcasecmp(end + strspn(end, " "), "rows") == 0)
	{
		if (rate.rows < 1)
			wrong_kind(key, "at least 1 row");
		return rate;
	}
	rate.rows = 0;
	rate.bytes = json_size(key, value, MIN_RATE_BYTES);
	return rate;
}

static List *
json_list(const char *key, const JsonbValue *value)
{
	List *list = NIL;
	JsonbIterator *it;
	JsonbValue element;
	JsonbIteratorToken token;

	if (value->type == jbvNull)
		return NIL;
	if (value->type == jbvString)
		return list_make1(json_string(value));
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		wrong_kind(key, "a list");
	it = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (element.type != jbvString)
			wrong_kind(key, "a list of strings");
		list = lappend(list, json_string(&element));
	}
	return list;
}

static bool
json_bool(const char *key, const JsonbValue *value)
{
	char *text = json_text(key, value);
	bool result = false;

	if (text == NULL || !parse_bool(text, &result))
		wrong_kind(key, "true or false");
	return result;
}

static int
phase_mask(const char *key, const JsonbValue *value)
{
	ListCell *cell;
	int mask = 0;

	foreach(cell, json_list(key, value))
		mask |= choose(key, lfirst(cell), phase_choices);
	if (mask == 0)
		wrong_kind(key, "a list with at least one phase");
	return mask;
}

static void
unknown_zone(const char *option, const char *zone)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\": \"%s\"", option,
					zone ? zone : "null"),
			 errdetail("There is no such time zone."),
			 errhint("Give a name such as \"Europe/Berlin\": SELECT name FROM pg_timezone_names;")));
}

static void
set_option(JobSpec *spec, const Option *option, const JsonbValue *value)
{
	void *field = (char *) spec + option->offset;
	const char *text;

	switch (option->type)
	{
		case OPTION_CHOICE:
		case OPTION_CHOICE_BOOL:
			text = json_text(option->name, value);
			if (text == NULL)
				wrong_kind(option->name, choice_list(option->choices));
			if (option->type == OPTION_CHOICE)
				*(int *) field = choose(option->name, text, option->choices);
			else
				*(bool *) field = choose(option->name, text, option->choices);
			break;
		case OPTION_BOOL:
			*(bool *) field = json_bool(option->name, value);
			break;
		case OPTION_INT:
			*(int *) field = (int) Min(json_integer(option->name, value,
													option->minimum),
									   INT_MAX);
			break;
		case OPTION_INT64:
			*(int64 *) field = json_integer(option->name, value,
											option->minimum);
			break;
		case OPTION_PERCENT:
			*(double *) field = json_percent(option->name, value);
			break;
		case OPTION_LIMIT:
			*(int64 *) field = value->type == jbvNull ?
								   0 :
								   json_integer(option->name, value,
												option->minimum);
			break;
		case OPTION_SIZE:
			*(int64 *) field = json_size(option->name, value, option->minimum);
			break;
		case OPTION_RATE:
			*(ThrottleRate *) field = json_rate(option->name, value);
			break;
		case OPTION_TEXT:
			*(const char **) field = json_text(option->name, value);
			break;
		case OPTION_ZONE:
			text = json_text(option->name, value);
			if (text == NULL || pg_tzset(text) == NULL)
				unknown_zone(option->name, text);
			*(const char **) field = text;
			break;
		case OPTION_PHASES:
			*(int *) field = phase_mask(option->name, value);
			break;
	}
}

static void
parse_options(JobSpec *spec, const JsonbValue *options)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbIteratorToken token;

	if (options->type == jbvNull)
		return;
	if (options->type != jbvBinary ||
		!JsonContainerIsObject(options->val.binary.data))
		wrong_kind("options", "a JSON object");
	it = JsonbIteratorInit(options->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		const char *name;
		JsonbValue value;
		int i;

		if (token != WJB_KEY)
			continue;
		name = json_string(&key);
		(void) JsonbIteratorNext(&it, &value, true);
		for (i = 0; i < lengthof(option_table); i++)
		{
			if (strcmp(option_table[i].name, name) == 0)
				break;
		}
		if (i == lengthof(option_table))
			unknown_option(name);
		set_option(spec, &option_table[i], &value);
	}
}

/* ---------------------------------------------------------------- policies */

static void
set_default_policies(ValuePolicies *policies)
{
	policies->zero_date = ZERO_DATE_NULL;
	policies->partial_date = PARTIAL_DATE_ERROR;
	policies->nul = BAD_TEXT_ERROR;
	policies->encoding = BAD_TEXT_ERROR;
	policies->json = BAD_TEXT_ERROR;
}

/* Policies are the choices whose place is within JobSpec.policies. */
static bool
is_policy(const Option *option)
{
	return option->type == OPTION_CHOICE &&
		   option->offset >= FIELD(policies) &&
		   option->offset < FIELD(policies) + sizeof(ValuePolicies);
}

static void
unknown_policy(const char *name)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(option_table); i++)
	{
		if (is_policy(&option_table[i]))
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
							 option_table[i].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown policy \"%s\"", name),
			 errhint("Policies are %s; write \"zero_date=null, nul=strip\".",
					 names.data)));
}

/* Cuts blanks off both ends, in place. */
static char *
trim(char *text)
{
	char *end;

	while (scanner_isspace(*text))
		text++;
	end = text + strlen(text);
	while (end > text && scanner_isspace(end[-1]))
		*--end = '\0';
	return text;
}

/* "name=value" into *policies. */
static void
set_policy(ValuePolicies *policies, char *assignment)
{
	char *equals = strchr(assignment, '=');
	char *name;

	if (equals != NULL)
		*equals = '\0';
	name = trim(assignment);
	for (int i = 0; i < lengthof(option_table); i++)
	{
		const Option *option = &option_table[i];

		if (!is_policy(option) || strcmp(option->name, name) != 0)
			continue;
		*(int *) ((char *) policies + (option->offset - FIELD(policies))) =
			choose(name, equals ? trim(equals + 1) : "", option->choices);
		return;
	}
	unknown_policy(name);
}

ValuePolicies *
mm_spec_policies_parse(const char *text, const ValuePolicies *base)
{
	ValuePolicies *policies = palloc0(sizeof(ValuePolicies));
	char *rest = pstrdup(text);
	char *assignment;

	if (base != NULL)
		*policies = *base;
	else
		set_default_policies(policies);
	while ((assignment = strsep(&rest, ",")) != NULL)
		set_policy(policies, assignment);
	return policies;
}

char *
mm_spec_policies_text(const ValuePolicies *policies)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(option_table); i++)
	{
		const Option *option = &option_table[i];
		const Choice *choice = option->choices;
		int value;

		if (!is_policy(option))
			continue;
		value = *(const int *) ((const char *) policies +
								(option->offset - FIELD(policies)));
		while (choice->name != NULL && choice->value != value)
			choice++;
		appendStringInfo(&out, "%s%s=%s", out.len > 0 ? ", " : "",
						 option->name, choice->name);
	}
	return out.data;
}

/* ---------------------------------------------------------------- the spec */

static JsonbValue *
member(Jsonb *object, const char *key, JsonbValue *found)
{
	return getKeyJsonValueFromContainer(&object->root, key, strlen(key), found);
}

static char *
text_member(Jsonb *object, const char *key)
{
	JsonbValue value;

	return member(object, key, &value) == NULL ? NULL : json_text(key, &value);
}

/* What mm_rules_payload wrote. */
static List *
parse_rules(const JsonbValue *rules)
{
	List *list = NIL;
	JsonbIterator *it = JsonbIteratorInit(rules->val.binary.data);
	JsonbIteratorToken token;
	JsonbValue element;

	while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		JsonbContainer *object;
		JsonbValue members[4];
		static const char *const keys[] = {"id", "pattern", "action", "value"};
		char *texts[lengthof(keys)];

		if (token != WJB_ELEM)
			continue;
		object = element.val.binary.data;
		for (int i = 0; i < lengthof(keys); i++)
			texts[i] = getKeyJsonValueFromContainer(object, keys[i],
													strlen(keys[i]),
													&members[i]) == NULL ?
						   NULL :
						   json_text(keys[i], &members[i]);
		list = lappend(list, mm_rule_create(strtoll(texts[0], NULL, 10),
											texts[1], texts[2], texts[3]));
	}
	return list;
}

static void
set_defaults(JobSpec *spec)
{
	set_default_policies(&spec->policies);
	spec->inspect = true;
	spec->phases = PHASE_ALL;
	spec->max_rejects = 1000;
	spec->max_delete = -1;
	spec->triggers = true;
	spec->workers = 1;
}

static void
set_sync_mode(JobSpec *spec, const char *mode)
{
	spec->sync_mode = choose("mode", mode, sync_choices);
	if ((spec->sync_mode == SYNC_WATERMARK) != (spec->watermark != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 spec->watermark == NULL ?
					 errmsg("mode \"watermark\" needs a column") :
					 errmsg("mode \"%s\" takes no watermark", mode),
				 errhint("Give the argument watermark alone: watermark => 'updated_at'.")));
}

JobSpec *
mm_spec_parse(const char *payload)
{
	Jsonb *object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													   CStringGetDatum(payload)));
	JobSpec *spec = palloc0(sizeof(JobSpec));
	JsonbValue value;
	const char *text;

	set_defaults(spec);
	spec->kind = text_member(object, "kind");
	spec->server = text_member(object, "server");
	spec->remote_schema = text_member(object, "remote_schema");
	spec->local_schema = text_member(object, "local_schema");
	spec->remote_table = text_member(object, "remote_table");
	spec->local_table = text_member(object, "local_table");
	spec->where = text_member(object, "where_clause");
	if (member(object, "include", &value) != NULL)
		spec->include = json_list("include", &value);
	if (member(object, "exclude", &value) != NULL)
		spec->exclude = json_list("exclude", &value);
	if (member(object, "workers", &value) != NULL)
		spec->workers = json_integer("workers", &value, 1);
	if (member(object, "resumed_job", &value) != NULL)
		spec->resumed_job = json_integer("resumed_job", &value, 1);
	if (member(object, "rolled_back_job", &value) != NULL)
		spec->rolled_back_job = json_integer("rolled_back_job", &value, 1);
	if (member(object, "force", &value) != NULL)
		spec->force = json_bool("force", &value);
	spec->search_path = text_member(object, "search_path");
	spec->watermark = text_member(object, "watermark");
	if (spec->watermark != NULL)
		spec->sync_mode = SYNC_WATERMARK;
	text = text_member(object, "mode");
	if (text != NULL && spec->kind != NULL &&
		strcmp(spec->kind, "migrate_missing") == 0)
		set_sync_mode(spec, text);
	else if (text != NULL)
		spec->validate = choose("mode", text, mode_choices);
	if ((text = text_member(object, "on_existing")) != NULL)
		spec->on_existing = choose("on_existing", text, on_existing_choices);
	if ((text = text_member(object, "on_error")) != NULL)
		spec->on_error = choose("on_error", text, on_error_choices);
	if (member(object, "options", &value) != NULL)
		parse_options(spec, &value);
	if (member(object, "rules", &value) != NULL)
		spec->rules = parse_rules(&value);
	return spec;
}

/* "*" stands for any number of characters, as in a shell. */
static bool
glob(const char *pattern, const char *name)
{
	for (; *pattern != '\0'; pattern++, name++)
	{
		if (*pattern == '*')
		{
			do
			{
				if (glob(pattern + 1, name))
					return true;
			} while (*name++ != '\0');
			return false;
		}
		if (*pattern != *name)
			return false;
	}
	return *name == '\0';
}

bool
mm_spec_matches(List *patterns, const char *name)
{
	ListCell *cell;

	foreach(cell, patterns)
	{
		if (glob(lfirst(cell), name))
			return true;
	}
	return false;
}
