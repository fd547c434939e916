/*
 * src/fdw/analyze.h
 *		ANALYZE of foreign tables.
 */
#ifndef MM_FDW_ANALYZE_H
#define MM_FDW_ANALYZE_H

#include "foreign/fdwapi.h"

extern bool mm_analyze_table(Relation relation, AcquireSampleRowsFunc *acquire,
							 BlockNumber *pages);

#endif /* MM_FDW_ANALYZE_H */
