/*
 * src/module.c
 *		The roof: module magic and _PG_init.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/guc.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	mm_guc_define();
}
