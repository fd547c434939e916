/*
 * src/fdw/estimate.h
 *		What MySQL knows about the size of a table.
 */
#ifndef MM_FDW_ESTIMATE_H
#define MM_FDW_ESTIMATE_H

#include "fdw/deparse.h"

typedef struct RemoteSize
{
	double rows;
	double bytes; /* DATA_LENGTH; 0: not known */
} RemoteSize;

/*
 * Size as information_schema tells it, asked for at most once in a while per
 * table and backend.  False when it is not known (a view, a query).
 */
extern bool mm_estimate_size(const RemoteRelation *remote, Oid user_id,
							 RemoteSize *size);

/* Rows that `sql` gives according to the remote planner; -1: not known. */
extern double mm_estimate_query(const RemoteRelation *remote, Oid user_id,
								const char *sql);

#endif /* MM_FDW_ESTIMATE_H */
