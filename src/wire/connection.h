/*
 * src/wire/connection.h
 *		One connection to a MySQL or MariaDB server.
 *
 * wire/ is the only folder that sees <mysql.h>.  It takes strings and numbers,
 * never a List and never a ForeignServer.
 */
#ifndef MM_WIRE_CONNECTION_H
#define MM_WIRE_CONNECTION_H

typedef enum SslMode
{
	SSL_MODE_DISABLED_,
	SSL_MODE_PREFERRED_,
	SSL_MODE_REQUIRED_, /* refuses a plain connection, really */
	SSL_MODE_VERIFY_CA_,
	SSL_MODE_VERIFY_FULL_
} SslMode;

/* Everything needed to connect; strings may be NULL, owned by the caller. */
typedef struct ConnInfo
{
	const char *host; /* "localhost" means TCP unless socket is set */
	int port;		  /* 0: 3306 */
	const char *socket;
	const char *user;
	const char *password;
	const char *dbname;
	const char *default_file; /* mysql_default_file */
	const char *init_command;
	const char *sql_mode;	   /* the user's, added to ours */
	const char *character_set; /* accepted; we always speak utf8mb4 */
	const char *ssl_key;
	const char *ssl_cert;
	const char *ssl_ca;
	const char *ssl_capath;
	const char *ssl_cipher;
	SslMode ssl_mode;
	bool compress;
	int connect_timeout; /* seconds; 0: 10 */
	int read_timeout;	 /* seconds without a byte; 0: none */
} ConnInfo;

typedef enum RemoteFlavour
{
	FLAVOUR_MARIADB,
	FLAVOUR_MYSQL
} RemoteFlavour;

typedef struct RemoteServerInfo
{
	RemoteFlavour flavour;
	int version;			 /* 101106 for 10.11.6, 90704 for 9.7.4 */
	char version_text[64];	 /* "10.11.6-MariaDB", no "5.5.5-" prefix */
	unsigned long thread_id; /* CONNECTION_ID() */
	char tls_cipher[64];	 /* "" for a plain connection */
} RemoteServerInfo;

typedef struct WireConn WireConn;

/*
 * Opens a connection, sets the session up (DESIGN: time zone +00:00, NAMES
 * utf8mb4, sql_mode, timeouts, sql_select_limit = DEFAULT, ...) and reads the
 * settings back.  Raises on failure (08001 with a hint); never returns NULL.
 * The connection is closed when `context` is reset or deleted, or by
 * mm_conn_close.  Interruptible.
 */
extern WireConn *mm_conn_open(const ConnInfo *info, MemoryContext context);
extern void mm_conn_close(WireConn *conn);

/*
 * After mm_conn_open has raised 08001: is it a matter of time (no server there,
 * too many connections), not of the password or another setting?
 */
extern bool mm_conn_refusal_may_pass(void);

extern const RemoteServerInfo *mm_conn_server(const WireConn *conn);

/* False once the connection was lost or left in an unknown state. */
extern bool mm_conn_is_usable(const WireConn *conn);

/* A statement without a result set; returns the affected rows.  Raises. */
extern uint64 mm_conn_execute(WireConn *conn, const char *sql);

/*
 * The same for error handling: never raises, does not look at interrupts, and
 * takes at most `timeout_ms` (0: no limit).  False when the statement failed;
 * the connection is then closed unless the server itself refused it.
 */
extern bool mm_conn_try_execute(WireConn *conn, const char *sql,
								int timeout_ms);

/*
 * Send without waiting for the answer, so that a caller can do something at
 * the last moment; mm_conn_receive waits and raises.
 */
extern void mm_conn_send(WireConn *conn, const char *sql);
extern void mm_conn_receive(WireConn *conn);

/* Does the answer begin to arrive within that time?  Interruptible. */
extern bool mm_conn_answers(WireConn *conn, int timeout_ms);

/*
 * The first column of the first row as text (palloc'ed), or NULL when there
 * is no row or the value is NULL.  Raises.
 */
extern char *mm_conn_query_value(WireConn *conn, const char *sql);

/*
 * A name for the session at the server, and the end of a session by its name:
 * only where it is one of the server that `conn` leads to.  Never raises.
 */
extern void mm_conn_name(const WireConn *conn, char *name, Size size);
extern void mm_conn_end_other(WireConn *conn, const char *name);

#endif /* MM_WIRE_CONNECTION_H */
