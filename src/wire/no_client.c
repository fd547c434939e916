/*
 * src/wire/no_client.c
 *		The room without MariaDB Connector/C: it builds, and says what it lacks.
 *
 * Oracle's libmysqlclient has no callback for waits and no interruptible form
 * of prepared statements.  Reading with it would hang on a cancel and lose
 * digits of FLOAT values, which this extension does not do.
 */
#include "postgres.h"

#include "wire/mysql_client.h"

#ifndef MARIADB_BASE_VERSION

static void
refuse(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("this build of mysql_migrate cannot connect to a MySQL server"),
			 errdetail("It was built with a client library other than MariaDB Connector/C."),
			 errhint("Install MariaDB Connector/C (it connects to MySQL servers, too) and build again.")));
}

WireConn *
mm_conn_open(const ConnInfo *info, MemoryContext context)
{
	refuse();
	return NULL;
}

void
mm_conn_close(WireConn *conn)
{
}

bool
mm_conn_refusal_may_pass(void)
{
	return false;
}

const RemoteServerInfo *
mm_conn_server(const WireConn *conn)
{
	refuse();
	return NULL;
}

bool
mm_conn_is_usable(const WireConn *conn)
{
	return false;
}

uint64
mm_conn_execute(WireConn *conn, const char *sql)
{
	refuse();
	return 0;
}

bool
mm_conn_try_execute(WireConn *conn, const char *sql, int timeout_ms)
{
	return false;
}

void
mm_conn_send(WireConn *conn, const char *sql)
{
	refuse();
}

void
mm_conn_receive(WireConn *conn)
{
	refuse();
}

bool
mm_conn_answers(WireConn *conn, int timeout_ms)
{
	refuse();
	return false;
}

char *
mm_conn_query_value(WireConn *conn, const char *sql)
{
	refuse();
	return NULL;
}

void
mm_conn_name(const WireConn *conn, char *name, Size size)
{
	refuse();
}

void
mm_conn_end_other(WireConn *conn, const char *name)
{
}

WireResult *
mm_result_open(WireConn *conn, const char *sql, MemoryContext context)
{
	refuse();
	return NULL;
}

WireResult *
mm_result_send(WireConn *conn, const char *sql, MemoryContext context)
{
	refuse();
	return NULL;
}

void
mm_result_receive(WireResult *result)
{
	refuse();
}

int
mm_result_nfields(const WireResult *result)
{
	return 0;
}

const WireField *
mm_result_fields(const WireResult *result)
{
	refuse();
	return NULL;
}

const WireRow *
mm_result_next(WireResult *result)
{
	refuse();
	return NULL;
}

void
mm_result_close(WireResult *result)
{
}

uint64
mm_result_bytes(const WireResult *result)
{
	return 0;
}

#else

/* A translation unit must hold something. */
typedef int mm_no_client_unused;

#endif /* MARIADB_BASE_VERSION */
