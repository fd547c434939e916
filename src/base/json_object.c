/*
 * src/base/json_object.c
 *		A JSON object as text, built member by member.
 */
#include "postgres.h"

#include "base/json_object.h"
#include "utils/json.h"

static void
add_key(StringInfo json, const char *key)
{
	appendStringInfoString(json, json->len == 0 ? "{" : ", ");
	escape_json(json, key);
	appendStringInfoString(json, ": ");
}

void
mm_json_add_text(StringInfo json, const char *key, const char *value)
{
	if (value == NULL)
		return;
	add_key(json, key);
	escape_json(json, value);
}

void
mm_json_add_raw(StringInfo json, const char *key, const char *value)
{
	if (value == NULL)
		return;
	add_key(json, key);
	appendStringInfoString(json, value);
}

void
mm_json_end(StringInfo json)
{
	appendStringInfoString(json, json->len == 0 ? "{}" : "}");
}
