/*
 * src/base/human.c
 *		Numbers as people read them.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/human.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

char *
mm_human_number(uint64 number)
{
	char *digits = psprintf(UINT64_FORMAT, number);
	int length = strlen(digits);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < length; i++)
	{
		if (i > 0 && (length - i) % 3 == 0)
			appendStringInfoChar(&text, ',');
		appendStringInfoChar(&text, digits[i]);
	}
	return text.data;
}

char *
mm_human_duration(int64 seconds)
{
	if (seconds >= SECS_PER_HOUR)
		return psprintf("%d:%02d:%02d", (int) (seconds / SECS_PER_HOUR),
						(int) (seconds / SECS_PER_MINUTE % 60),
						(int) (seconds % 60));
	return psprintf("%02d:%02d", (int) (seconds / SECS_PER_MINUTE),
					(int) (seconds % 60));
}

char *
mm_human_size(uint64 bytes)
{
	return text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty,
															  Int64GetDatum((int64) Min(bytes, (uint64) PG_INT64_MAX)))));
}
