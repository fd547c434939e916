/*
 * src/base/local_sql.h
 *		SQL on the local database, in the open transaction, as the current user.
 */
#ifndef MM_BASE_LOCAL_SQL_H
#define MM_BASE_LOCAL_SQL_H

#include "executor/spi.h"

/* SPI, with a snapshot that is taken now. */
extern void mm_local_enter(void);
extern void mm_local_leave(void);

/*
 * What a query that only reads gives, as text, in the current memory context:
 * all rows (List of char **; NULL: SQL NULL); the first value of each (List of
 * char *).
 */
extern List *mm_local_rows(const char *sql, int nargs, Oid *types,
						   Datum *values);
extern List *mm_local_column(const char *sql, int nargs, Oid *types,
							 Datum *values);

#endif /* MM_BASE_LOCAL_SQL_H */
