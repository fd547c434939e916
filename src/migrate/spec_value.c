/*
 * src/migrate/spec_value.c
 *		A JSON value as what an argument or an option takes.
 */
#include "postgres.h"

#include "base/compat.h"
#include "migrate/spec_internal.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/varlena.h"

#define MIN_RATE_BYTES 1024

void
mm_spec_wrong_kind(const char *key, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\"", key),
			 errhint("The value must be %s.", wanted)));
}

char *
mm_spec_choice_list(const Choice *choices)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const Choice *choice = choices; choice->name != NULL; choice++)
		appendStringInfo(&out, "%s\"%s\"", out.len > 0 ? ", " : "",
						 choice->name);
	return out.data;
}

/* "Perhaps you meant ...", where one is near. */
static const char *
near_choice(const Choice *choices, const char *value)
{
	int length = strlen(value);
	int distance = length / 2 + 1;
	const char *nearest = NULL;

	for (const Choice *choice = choices; choice->name != NULL && length < 100;
		 choice++)
	{
		int d = varstr_levenshtein(choice->name, strlen(choice->name), value,
								   length, 1, 1, 1, false);

		if (d < distance)
		{
			distance = d;
			nearest = choice->name;
		}
	}
	return nearest == NULL ? "" :
							 psprintf("Perhaps you meant \"%s\". ", nearest);
}

int
mm_spec_choose(const char *key, const char *value, const Choice *choices)
{
	for (const Choice *choice = choices; choice->name != NULL; choice++)
	{
		if (strcmp(choice->name, value) == 0)
			return choice->value;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\": \"%s\"", key, value),
			 errhint("%sValid values are %s.", near_choice(choices, value),
					 mm_spec_choice_list(choices))));
}

char *
mm_spec_value_string(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

char *
mm_spec_value_text(const char *key, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return mm_spec_value_string(value);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNull:
			return NULL;
		default:
			mm_spec_wrong_kind(key, "a single value");
			return NULL;
	}
}

int64
mm_spec_value_integer(const char *key, const JsonbValue *value, int64 minimum)
{
	char *text = mm_spec_value_text(key, value);
	char *end;
	int64 number;

	if (text == NULL)
		mm_spec_wrong_kind(key, "a whole number");
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < minimum)
		mm_spec_wrong_kind(key, psprintf("a whole number of at least " INT64_FORMAT,
										 minimum));
	return number;
}

double
mm_spec_value_percent(const char *key, const JsonbValue *value)
{
	char *text = mm_spec_value_text(key, value);
	char *end;
	double number;

	if (text == NULL)
		mm_spec_wrong_kind(key, "a number from 0 to 100");
	number = strtod(text, &end);
	if (end == text || *end != '\0' || !(number >= 0 && number <= 100))
		mm_spec_wrong_kind(key, "a number from 0 to 100");
	return number;
}

int64
mm_spec_value_size(const char *key, const JsonbValue *value, int64 minimum)
{
	char *text = mm_spec_value_text(key, value);
	int64 bytes;

	if (text == NULL)
		return 0;
	bytes = DatumGetInt64(DirectFunctionCall1(pg_size_bytes,
											  CStringGetTextDatum(text)));
	if (bytes < minimum)
		mm_spec_wrong_kind(key, psprintf("a size of at least " INT64_FORMAT " bytes",
										 minimum));
	return bytes;
}

ThrottleRate
mm_spec_value_rate(const char *key, const JsonbValue *value)
{
	ThrottleRate rate = {0, 0};
	char *text = mm_spec_value_text(key, value);
	char *end;

	if (text == NULL)
		return rate;
	rate.rows = strtoll(text, &end, 10);
	if (end != text && pg_strcasecmp(end + strspn(end, " "), "rows") == 0)
	{
		if (rate.rows < 1)
			mm_spec_wrong_kind(key, "at least 1 row");
		return rate;
	}
	rate.rows = 0;
	rate.bytes = mm_spec_value_size(key, value, MIN_RATE_BYTES);
	return rate;
}

List *
mm_spec_value_list(const char *key, const JsonbValue *value)
{
	List *list = NIL;
	JsonbIterator *it;
	JsonbValue element;
	JsonbIteratorToken token;

	if (value->type == jbvNull)
		return NIL;
	if (value->type == jbvString)
		return list_make1(mm_spec_value_string(value));
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		mm_spec_wrong_kind(key, "a list");
	it = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (element.type != jbvString)
			mm_spec_wrong_kind(key, "a list of strings");
		list = lappend(list, mm_spec_value_string(&element));
	}
	return list;
}

bool
mm_spec_value_bool(const char *key, const JsonbValue *value)
{
	char *text = mm_spec_value_text(key, value);
	bool result = false;

	if (text == NULL || !parse_bool(text, &result))
		mm_spec_wrong_kind(key, "true or false");
	return result;
}
