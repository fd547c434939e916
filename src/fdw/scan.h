/*
 * src/fdw/scan.h
 *		Executor callbacks of foreign scans; sampling for ANALYZE.
 */
#ifndef MM_FDW_SCAN_H
#define MM_FDW_SCAN_H

#include "commands/explain.h"
#include "foreign/fdwapi.h"

extern void mm_scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *mm_scan_iterate(ForeignScanState *node);
extern void mm_scan_rescan(ForeignScanState *node);
extern void mm_scan_end(ForeignScanState *node);
extern void mm_scan_explain(ForeignScanState *node, struct ExplainState *es);

#endif /* MM_FDW_SCAN_H */
