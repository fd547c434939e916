/*
 * src/base/integer.c
 *		Integers as both servers have them.
 */
#include "postgres.h"

#include "base/integer.h"

int128
mm_integer_of(const char *text)
{
	return *text == '-' ? (int128) strtoll(text, NULL, 10) :
						  (int128) strtoull(text, NULL, 10);
}

char *
mm_integer_text(int128 number)
{
	return number < 0 ? psprintf(INT64_FORMAT, (int64) number) :
						psprintf(UINT64_FORMAT, (uint64) number);
}
