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
 * same number is somebody else's connection.  So it goes to the address the
 * first one is connected to, asks that server who it is, and kills only there.
 */
#include "postgres.h"

#include <netdb.h>
#include <sys/socket.h>

#include "storage/fd.h"
#include "wire/mysql_client.h"

#define KILL_TIMEOUT_MS 1000

/*
 * peer_address
 *		The numeric address of the other end; false for a unix socket.
 */
static bool
peer_address(WireConn *conn, char *address, Size len)
{
	struct sockaddr_storage peer;
	socklen_t	peer_len = sizeof(peer);

	if (getpeername(mysql_get_socket(conn->mysql),
					(struct sockaddr *) &peer, &peer_len) != 0 ||
		peer.ss_family == AF_UNIX)
		return false;
	return getnameinfo((struct sockaddr *) &peer, peer_len, address, len,
					   NULL, 0, NI_NUMERICHOST) == 0;
}

/*
 * is_same_server
 *		Does this connection end where the first one does?
 */
static bool
is_same_server(MYSQL *mysql, WireConn *conn)
{
	MYSQL_RES  *result;
	MYSQL_ROW	row;
	bool		same = false;

	if (mysql_query(mysql, "SELECT CONCAT_WS('/', @@hostname, @@port,"
					" @@server_id, @@datadir)") != 0)
		return false;
	result = mysql_store_result(mysql);
	if (result == NULL)
		return false;
	row = mysql_fetch_row(result);
	if (row != NULL && row[0] != NULL)
		same = strncmp(row[0], conn->identity,
					   sizeof(conn->identity) - 1) == 0;
	mysql_free_result(result);
	return same;
}

/*
 * mm_kill_remote
 *		KILL QUERY or KILL CONNECTION; true if the server agreed.
 */
bool
mm_kill_remote(WireConn *conn, bool whole_connection)
{
	ConnInfo	info = conn->info;
	char		address[NI_MAXHOST];
	char		sql[64];
	const char *host = NULL;
	MYSQL	   *mysql;
	bool		done = false;

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
	mm_wait_begin(KILL_TIMEOUT_MS, true);
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
