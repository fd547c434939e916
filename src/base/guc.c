/*
 * src/base/guc.c
 *		Every setting of the extension, declared once.
 */
#include "postgres.h"

#include <limits.h>

#include "base/compat.h"
#include "base/guc.h"
#include "utils/guc.h"

int mm_guc_connect_timeout = 10;
int mm_guc_max_piece_rows = 5000000;

/*
 * mm_guc_define
 *		Define the settings and reserve their prefix.
 */
void
mm_guc_define(void)
{
	DefineCustomIntVariable("mysql_migrate.connect_timeout",
							"Time to wait for a connection to a MySQL server.",
							"Used where the foreign server has no option "
							"\"connect_timeout\" of its own.",
							&mm_guc_connect_timeout,
							10, 1, 3600,
							PGC_USERSET,
							GUC_UNIT_S,
							NULL, NULL, NULL);

	DefineCustomIntVariable("mysql_migrate.max_piece_rows",
							"Rows of a table that are loaded in one transaction at most.",
							"A piece grows until it takes about half a second; "
							"what is not committed when a job is killed is "
							"read again.",
							&mm_guc_max_piece_rows,
							5000000, 1, INT_MAX,
							PGC_USERSET,
							0,
							NULL, NULL, NULL);

	MarkGUCPrefixReserved("mysql_migrate");
}
