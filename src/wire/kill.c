/*
 * src/wire/kill.c
 *		Stop what a connection runs, through a second one.
 *
 * MySQL has no out-of-band cancel: closing the socket ends a statement only
 * when the server next writes to it, which a sort or a SLEEP may not do for
 * hours.  The second connection lives for a second at most and never raises,
 * so it may be used while an error is handled and while a process exits.
 *
 * Behind a load balancer or a proxy it may reach another server, where the
 * same number is somebody else's connection; so may it be after a restart.  It
 * goes to the address the first one is connected to, asks that server who it
 * is and how long it is up, and kills only there.
 */
#include "postgres.h"

#include <netdb.h>
#include <sys/socket.h>

#include "storage/fd.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

#define KILL_TIMEOUT_MS 1000
#define UPTIME_SLACK_S	2

/*
 * peer_address
 *		The numeric address of the other end; false for a unix socket.
 */
static bool
peer_address(WireConn *conn, char *address, Size len)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);

	if (getpeername(mysql_get_socket(conn->mysql),
					(struct sockaddr *) &peer, &peer_len) != 0 ||
		peer.ss_family == AF_UNIX)
		return false;
	return getnameinfo((struct sockaddr *) &peer, peer_len, address, len,
					   NULL, 0, NI_NUMERICHOST) == 0;
}

/*
 * fetch_value
 *		One value of a one-row result, copied to `value`; false without one.
 */
static bool
fetch_value(MYSQL *mysql, const char *sql, int column, char *value, Size len)
{
	MYSQL_RES *result;
	MYSQL_ROW row;
	bool found = false;

	if (mysql_query(mysql, sql) != 0)
		return false;
	result = mysql_store_result(mysql);
	if (result == NULL)
		return false;
	row = mysql_fetch_row(result);
	if (row != NULL && row[column] != NULL)
	{
		strlcpy(value, row[column], len);
		found = true;
	}
	mysql_free_result(result);
	return found;
}

/*
 * is_same_server
 *		Does this connection end where the first one does, and in the same life
 *		of that server?  Thread numbers start again with each.
 */
static bool
is_same_server(MYSQL *mysql, WireConn *conn)
{
	char identity[sizeof(conn->identity)];
	char uptime[32];
	instr_time age;

	if (!fetch_value(mysql, "SELECT CONCAT_WS('/', @@hostname, @@port,"
							" @@server_id, @@datadir)",
					 0,
					 identity, sizeof(identity)) ||
		strcmp(identity, conn->identity) != 0)
		return false;
	if (!fetch_value(mysql, "SHOW GLOBAL STATUS LIKE 'Uptime'", 1,
					 uptime, sizeof(uptime)))
		return false;
	INSTR_TIME_SET_CURRENT(age);
	INSTR_TIME_SUBTRACT(age, conn->opened);
	return strtod(uptime, NULL) + UPTIME_SLACK_S >= INSTR_TIME_GET_DOUBLE(age);
}

/*
 * mm_kill_remote
 *		KILL QUERY or KILL CONNECTION; true if the server agreed.
 */
bool
mm_kill_remote(WireConn *conn, bool whole_connection)
{
	ConnInfo info = conn->info;
	char address[NI_MAXHOST];
	char sql[64];
	const char *host = NULL;
	MYSQL *mysql;
	bool done = false;

	if (conn->mysql == NULL || conn->server.thread_id == 0 ||
		conn->identity[0] == '\0')
		return false;

	/* A verified certificate names the host, not its address. */
	if (info.ssl_mode != SSL_MODE_VERIFY_FULL_ &&
		peer_address(conn, address, sizeof(address)))
		host = address;
	info.dbname = NULL;
	info.compress = false;
	snprintf(sql, sizeof(sql), "KILL %s %lu",
			 whole_connection ? "CONNECTION" : "QUERY",
			 conn->server.thread_id);

	ReserveExternalFD();
	mm_wait_begin(KILL_TIMEOUT_MS, 0, true);
	mysql = mm_handshake_quiet(&info, host, KILL_TIMEOUT_MS);
	if (mysql != NULL)
	{
		if (is_same_server(mysql, conn))
			done = mysql_query(mysql, sql) == 0;
		mysql_close(mysql);
	}
	ReleaseExternalFD();
	return done;
}

#endif /* MARIADB_BASE_VERSION */
