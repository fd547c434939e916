/*
 * src/base/search_path.c
 *		Names in our own statements mean the system's.
 *
 * Of functions and operators of one name PostgreSQL takes the one whose
 * arguments fit best, from whatever schema of the search path: lower(name) in
 * a schema that everybody may write to would be called in place of lower(text),
 * with the rights of whoever calls us.  The processes of a job have the path
 * pinned from the beginning; what runs in the caller's own session pins it.
 */
#include "postgres.h"

#include "base/search_path.h"
#include "utils/guc.h"

int
mm_search_path_pin(void)
{
	int level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	return level;
}

void
mm_search_path_unpin(int level)
{
	AtEOXact_GUC(true, level);
}
