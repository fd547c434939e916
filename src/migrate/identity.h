/*
 * src/migrate/identity.h
 *		Guards: is this the source the tables came from, has the application
 *		left it, and is a mirror about to empty a table?
 *
 * Each raises or returns; each runs in the caller's transaction.
 */
#ifndef MM_MIGRATE_IDENTITY_H
#define MM_MIGRATE_IDENTITY_H

#include "nodes/pg_list.h"
#include "wire/connection.h"

/*
 * Who the server is, as text that another server does not have: server_uuid,
 * or MariaDB's server_id with server_uid or the place where it runs.
 */
extern char *mm_identity_read(WireConn *conn);

/* Remember it for a job and for all of the job's tables. */
extern void mm_identity_record(int64 job_id, const char *identity);

/*
 * Raises 55000 unless every one of these tables (List of TableMap *) came from
 * the server that answers now.  Before anything is written to them.
 */
extern void mm_identity_check_tables(WireConn *conn, List *maps);

/* The same for a job that goes on. */
extern void mm_identity_check_job(WireConn *conn, int64 job_id);

/*
 * Raises 55000 after migrate_switch, unless forced.  SQL functions ask before
 * they start anything.  A job asks again once its row is committed: a switch
 * that ends in between either sees that row, or is seen here.
 */
extern void mm_identity_refuse_switched(const char *server, bool force);

/* What the application uses now is not dropped, forced or not. */
extern void mm_identity_refuse_rollback(const char *server);

/*
 * A mirror is about to delete `doomed` of `local_rows` rows, and the remote
 * table has `remote_rows`.  Raises 55000 for more than max_delete percent
 * (negative: the default), and for any when the remote table is empty, unless
 * forced.
 */
#define DEFAULT_MAX_DELETE 10.0

extern void mm_identity_refuse_deletes(const char *table, uint64 local_rows,
									   uint64 remote_rows, uint64 doomed,
									   double max_delete, bool force);

#endif /* MM_MIGRATE_IDENTITY_H */
