/*
 * src/migrate/spec_policies.c
 *		The policies for values, which are options too, as a text of their own:
 *		"zero_date=null, nul=strip".
 */
#include "postgres.h"

#include "migrate/spec_internal.h"
#include "parser/scansup.h"

void
mm_spec_default_policies(ValuePolicies *policies)
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
		   option->offset >= offsetof(JobSpec, policies) &&
		   option->offset < offsetof(JobSpec, policies) + sizeof(ValuePolicies);
}

/* The next policy of the table from number *n on, or NULL. */
static const Option *
next_policy(int *n)
{
	const Option *option;

	while ((option = mm_spec_option_number((*n)++)) != NULL)
	{
		if (is_policy(option))
			return option;
	}
	return NULL;
}

/* Its place in *policies. */
static int *
policy_field(const Option *option, const ValuePolicies *policies)
{
	return (int *) ((char *) policies + option->offset -
					offsetof(JobSpec, policies));
}

static void
unknown_policy(const char *name)
{
	StringInfoData names;
	const Option *option;
	int n = 0;

	initStringInfo(&names);
	while ((option = next_policy(&n)) != NULL)
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 option->name);
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
	const Option *option;
	int n = 0;

	if (equals != NULL)
		*equals = '\0';
	name = trim(assignment);
	while ((option = next_policy(&n)) != NULL)
	{
		if (strcmp(option->name, name) != 0)
			continue;
		*policy_field(option, policies) =
			mm_spec_choose(name, equals ? trim(equals + 1) : "",
						   option->choices);
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
		mm_spec_default_policies(policies);
	while ((assignment = strsep(&rest, ",")) != NULL)
		set_policy(policies, assignment);
	return policies;
}

char *
mm_spec_policies_text(const ValuePolicies *policies)
{
	StringInfoData out;
	const Option *option;
	int n = 0;

	initStringInfo(&out);
	while ((option = next_policy(&n)) != NULL)
	{
		const Choice *choice = option->choices;

		while (choice->name != NULL &&
			   choice->value != *policy_field(option, policies))
			choice++;
		appendStringInfo(&out, "%s%s=%s", out.len > 0 ? ", " : "",
						 option->name, choice->name);
	}
	return out.data;
}
