/*
 * src/ddl/expr_trigger.h
 *		The translation of a trigger body, shared by its statements.
 */
#ifndef MM_DDL_EXPR_TRIGGER_H
#define MM_DDL_EXPR_TRIGGER_H

#include "lib/stringinfo.h"

#include "ddl/expr_parse.h"
#include "ddl/expr_print.h"

typedef struct TriggerRun
{
	ExprParser parser;
	ExprPrinter printer;
	ExprScope scope; /* NEW and OLD */
	ExprRelation variables;
	List *labels; /* of char *, remote names, those that are open */
	const RemoteTable *table;
	const RemoteProgram *program;
	StringInfoData declarations;
	StringInfoData sql;
	int indent;
} TriggerRun;

/* ---- expr_trigger.c ---- */

extern void mm_trigger_start_line(TriggerRun *run);
extern char *mm_trigger_condition(TriggerRun *run);

/* The next expression as a value of the column. */
extern char *mm_trigger_value(TriggerRun *run, const RemoteTable *table,
							  const RemoteColumn *column);
extern RemoteColumn *mm_trigger_need_column(TriggerRun *run,
											const RemoteTable *table,
											const char *name);

/* ---- expr_trigger_variable.c ---- */

/* Each after its first word. */
extern void mm_trigger_declare(TriggerRun *run);
extern void mm_trigger_set(TriggerRun *run);

/* SELECT .. INTO variables */
extern void mm_trigger_select(TriggerRun *run);

/* ---- expr_trigger_write.c ---- */

/* Each after its first word. */
extern void mm_trigger_insert(TriggerRun *run);
extern void mm_trigger_update(TriggerRun *run);
extern void mm_trigger_delete(TriggerRun *run);

#endif /* MM_DDL_EXPR_TRIGGER_H */
