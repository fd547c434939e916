/*
 * src/base/search_path.c
 *		Our own statements mean the same in every session.
 *
 * Of functions and operators of one name PostgreSQL takes the one whose
 * arguments fit best, from whatever schema of the search path: lower(name) in
 * a schema that everybody may write to would be called in place of lower(text),
 * with the rights of whoever calls us.  The processes of a job have the path
 * pinned from the beginning; what runs in the caller's own session pins it,
 * and with it what a backslash in a string means.
 */
#include "postgres.h"

#include "base/search_path.h"
#include "utils/guc.h"

static void
pin(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

int
mm_search_path_pin(void)
{
	int level = NewGUCNestLevel();

	pin("search_path", "pg_catalog, pg_temp");
	pin("standard_conforming_strings", "on");
	return level;
}

void
mm_search_path_unpin(int level)
{
	AtEOXact_GUC(true, level);
}
