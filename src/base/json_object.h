/*
 * src/base/json_object.h
 *		A JSON object as text, built member by member.
 *
 * It begins as an empty StringInfo; a member whose value is NULL is left out.
 */
#ifndef MM_BASE_JSON_OBJECT_H
#define MM_BASE_JSON_OBJECT_H

#include "lib/stringinfo.h"

extern void mm_json_add_text(StringInfo json, const char *key,
							 const char *value);

/* `value` is JSON already. */
extern void mm_json_add_raw(StringInfo json, const char *key,
							const char *value);
extern void mm_json_end(StringInfo json);

#endif /* MM_BASE_JSON_OBJECT_H */
