/*
 * src/migrate/spec.c
 *		The payload of a job into its arguments and options.
 */
#include "postgres.h"

#include "base/compat.h"
#include "migrate/spec_internal.h"
#include "source/rule.h"
#include "utils/builtins.h"

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
static const Choice on_existing_choices[] = {
	{"error", EXISTING_ERROR},
	{"append", EXISTING_APPEND},
	{"truncate", EXISTING_TRUNCATE},
	{"replace", EXISTING_REPLACE},
	{NULL},
};

static JsonbValue *
member(JsonbContainer *object, const char *key, JsonbValue *found)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), found);
}

static char *
text_member(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return member(object, key, &value) == NULL ?
			   NULL :
			   mm_spec_value_text(key, &value);
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
		JsonbContainer *rule;

		if (token != WJB_ELEM)
			continue;
		rule = element.val.binary.data;
		list = lappend(list,
					   mm_rule_create(strtoll(text_member(rule, "id"), NULL, 10),
									  text_member(rule, "pattern"),
									  text_member(rule, "action"),
									  text_member(rule, "value")));
	}
	return list;
}

static void
set_defaults(JobSpec *spec)
{
	mm_spec_default_policies(&spec->policies);
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
	spec->sync_mode = mm_spec_choose("mode", mode, sync_choices);
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
	Datum parsed = DirectFunctionCall1(jsonb_in, CStringGetDatum(payload));
	JsonbContainer *object = &DatumGetJsonbP(parsed)->root;
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
		spec->include = mm_spec_value_list("include", &value);
	if (member(object, "exclude", &value) != NULL)
		spec->exclude = mm_spec_value_list("exclude", &value);
	if (member(object, "workers", &value) != NULL)
		spec->workers = mm_spec_value_integer("workers", &value, 1);
	if (member(object, "resumed_job", &value) != NULL)
		spec->resumed_job = mm_spec_value_integer("resumed_job", &value, 1);
	if (member(object, "rolled_back_job", &value) != NULL)
		spec->rolled_back_job = mm_spec_value_integer("rolled_back_job",
													  &value, 1);
	if (member(object, "force", &value) != NULL)
		spec->force = mm_spec_value_bool("force", &value);
	spec->search_path = text_member(object, "search_path");
	spec->watermark = text_member(object, "watermark");
	if (spec->watermark != NULL)
		spec->sync_mode = SYNC_WATERMARK;
	text = text_member(object, "mode");
	if (text != NULL && spec->kind != NULL &&
		strcmp(spec->kind, "migrate_missing") == 0)
		set_sync_mode(spec, text);
	else if (text != NULL)
		spec->validate = mm_spec_choose("mode", text, mode_choices);
	if ((text = text_member(object, "on_existing")) != NULL)
		spec->on_existing = mm_spec_choose("on_existing", text,
										   on_existing_choices);
	if (member(object, "on_error", &value) != NULL)
		mm_spec_set_option(spec, "on_error", &value);
	if (member(object, "options", &value) != NULL)
		mm_spec_set_options(spec, &value);
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
