/*
 * src/wire/handshake.c
 *		Connecting: options of the client library, TLS, authentication, and
 *		what to tell the user when it does not work.
 *
 * Rules kept here:
 *	 - no option file is read unless the user named one;
 *	 - "localhost" means TCP, a unix socket only where one is given;
 *	 - LOCAL INFILE is off, and refused again should the server ask anyway;
 *	 - where TLS is required, nothing that depends on the password is sent to
 *	   a server without it, or whose certificate did not pass;
 *	 - no plugin that sends the password as it is runs without TLS.
 *
 * The library alone does not keep the fourth one: told to enforce TLS without
 * verifying a certificate, it talks to a server without TLS in clear text, and
 * it knows no "verify the chain but not the host name".  So we name as default
 * authentication plugin one of our own, the gate below.  The library calls it
 * after the server's greeting and before its first byte; the gate answers with
 * no data, looks at the encrypted channel that came up meanwhile, and lets
 * the server switch to the account's real plugin.  That is one more round trip.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/guc.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "wire/mysql_client.h"

#ifdef MARIADB_BASE_VERSION

#include <ma_pvio.h>

#define GATE_NAME "mysql_migrate_gate"

/* Values are read up to this size; more is an error, never a cut. */
#define MAX_PACKET_BYTES (1024UL * 1024 * 1024)

/* Plugins that never show the password to whoever listens. */
#define HASHING_PLUGINS                                       \
	GATE_NAME ",mysql_native_password,caching_sha2_password," \
			  "sha256_password,client_ed25519,parsec,auth_gssapi_client"

/* These two send it as it is. */
#define CLEAR_TEXT_PLUGINS ",mysql_clear_password,dialog"

#define X509_OK			   0	/* X509_V_OK */
#define PLUGIN_NOT_ALLOWED 5010 /* CR_PLUGIN_NOT_ALLOWED of newer headers */

/*
 * The plugin interface as the manual documents it.  The library's own header
 * for it, mysql/client_plugin.h, includes a file that is not installed.
 */
#define AUTHENTICATION_PLUGIN		  2
#define AUTHENTICATION_PLUGIN_VERSION 0x0100
#define PLUGIN_ERROR				  0
#define PLUGIN_OK					  (-1)

typedef struct PluginVio
{
	int (*read_packet)(struct PluginVio *vio, unsigned char **bytes);
	int (*write_packet)(struct PluginVio *vio,
						const unsigned char *bytes, size_t len);
	void (*info)(struct PluginVio *vio, void *info);
} PluginVio;

typedef struct AuthenticationPlugin
{
	int type;
	unsigned int interface_version;
	const char *name;
	const char *author;
	const char *description;
	unsigned int version[3];
	const char *license;
	void *mysql_api;
	int (*init)(char *, size_t, int, va_list);
	int (*deinit)(void);
	int (*options)(const char *option, const void *);
	int (*authenticate_user)(PluginVio *vio, MYSQL *mysql);
	/* newer libraries have one more, and look at it only in later versions */
	int (*hash_password)(MYSQL *, unsigned char *, size_t *);
} AuthenticationPlugin;

/*
 * How the library's struct of an encrypted channel begins, in all its versions.
 * Its header includes, from 3.4 on, a file that is not installed.
 */
typedef struct TlsChannel
{
	void *data;
	MARIADB_PVIO *pvio;
	void *ssl; /* the TLS library's own */
} TlsChannel;

static bool gate_is_registered = false;
static SslMode gate_ssl_mode; /* of the connection being made */

/*
 * refuse
 *		Leave an error in the library's own place.
 */
static int
refuse(MYSQL *mysql, const char *why)
{
	mysql->net.last_errno = CR_SSL_CONNECTION_ERROR;
	strlcpy(mysql->net.sqlstate, "HY000", sizeof(mysql->net.sqlstate));
	strlcpy(mysql->net.last_error, why, sizeof(mysql->net.last_error));
	return PLUGIN_ERROR;
}

static void
make_nonblocking(my_socket fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK))
		(void) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/*
 * certificate_is_trusted
 *		Did the server's chain verify?  The TLS library has computed the answer
 *		whether or not the client library was told to look at it.
 */
static bool
certificate_is_trusted(MYSQL *mysql)
{
	const TlsChannel *channel = (const TlsChannel *) mysql->net.pvio->ctls;
	long (*verify_result)(const void *);

	verify_result = (long (*)(const void *))
		dlsym(RTLD_DEFAULT, "SSL_get_verify_result");
	if (verify_result == NULL || channel == NULL)
		return false;
	return verify_result(channel->ssl) == X509_OK;
}

/*
 * pass_gate
 *		The gate: see the file header.
 */
static int
pass_gate(PluginVio *vio, MYSQL *mysql)
{
	bool must_have_tls = gate_ssl_mode >= SSL_MODE_REQUIRED_;

	if (must_have_tls && !(mysql->server_capabilities & CLIENT_SSL))
		return refuse(mysql, "TLS is required, but the server does not offer it");

	/* Sends the user name, after the TLS handshake if there is one. */
	if (vio->write_packet(vio, NULL, 0))
		return PLUGIN_ERROR;
	make_nonblocking(mysql_get_socket(mysql));

	if (must_have_tls && mysql_get_ssl_cipher(mysql) == NULL)
		return refuse(mysql, "TLS is required, but the connection is not encrypted");
	if (gate_ssl_mode == SSL_MODE_VERIFY_CA_ && !certificate_is_trusted(mysql))
		return refuse(mysql, "the server's certificate is not signed by a trusted authority");
	return PLUGIN_OK;
}

static AuthenticationPlugin gate_plugin = {
	.type = AUTHENTICATION_PLUGIN,
	.interface_version = AUTHENTICATION_PLUGIN_VERSION,
	.name = GATE_NAME,
	.author = "mysql_migrate",
	.description = "waits for TLS before any authentication",
	.version = {1, 0, 0},
	.license = "",
	.authenticate_user = pass_gate,
};

/*
 * forbid_clear_text
 *		See that no plugin that sends the password as it is runs without TLS.
 *		False when that cannot be had.
 *
 * Before 3.3 the library has no list of allowed plugins; there these two are
 * ours, and refuse.
 */
#if MARIADB_PACKAGE_VERSION_ID >= 30300
static bool
forbid_clear_text(MYSQL *mysql, bool may_show_password)
{
	return mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH,
						  may_show_password ?
							  HASHING_PLUGINS CLEAR_TEXT_PLUGINS :
							  HASHING_PLUGINS) == 0;
}
#else
static int
refuse_clear_text(PluginVio *vio, MYSQL *mysql)
{
	return refuse(mysql, "the server asks for the password in clear text, which needs MariaDB Connector/C 3.3 or later");
}

static bool
forbid_clear_text(MYSQL *mysql, bool may_show_password)
{
	static AuthenticationPlugin plugins[] = {
		{.name = "mysql_clear_password"},
		{.name = "dialog"},
	};
	static int nregistered = 0;
	my_bool on = 1;

	/* The plugin of servers before 4.1 is part of the library. */
	mysql_optionsv(mysql, MYSQL_SECURE_AUTH, &on);
	for (; nregistered < lengthof(plugins); nregistered++)
	{
		AuthenticationPlugin *plugin = &plugins[nregistered];

		plugin->type = AUTHENTICATION_PLUGIN;
		plugin->interface_version = AUTHENTICATION_PLUGIN_VERSION;
		plugin->author = gate_plugin.author;
		plugin->description = "refuses";
		plugin->license = "";
		plugin->authenticate_user = refuse_clear_text;
		if (mysql_client_register_plugin(mysql,
										 (struct st_mysql_client_plugin *) plugin) == NULL)
			return false;
	}
	return true;
}
#endif

/* A server that asks for a file gets none. */
static int
infile_init(void **handle, const char *name, void *userdata)
{
	*handle = NULL;
	return 1;
}

static int
infile_read(void *handle, char *buffer, unsigned int len)
{
	return -1;
}

static void
infile_end(void *handle)
{
}

static int
infile_error(void *handle, char *buffer, unsigned int len)
{
	strlcpy(buffer, "the server asked for a local file, which is never sent", len);
	return CR_UNKNOWN_ERROR;
}

/*
 * set_tls
 *		The TLS options.  Only "verify_full" uses the library's own check.
 */
static void
set_tls(MYSQL *mysql, const ConnInfo *info)
{
	my_bool wanted = info->ssl_mode != SSL_MODE_DISABLED_;
	my_bool verify = info->ssl_mode == SSL_MODE_VERIFY_FULL_;

	mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &wanted);
	mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	if (!wanted)
		return;
	if (info->ssl_key != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_KEY, info->ssl_key);
	if (info->ssl_cert != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CERT, info->ssl_cert);
	if (info->ssl_ca != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, info->ssl_ca);
	if (info->ssl_capath != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CAPATH, info->ssl_capath);
	if (info->ssl_cipher != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CIPHER, info->ssl_cipher);
}

/*
 * configure
 *		Set every option of a connection that is to be made; false when the
 *		library is out of memory or refuses the gate.  Does not raise.
 */
static bool
configure(MYSQL *mysql, const ConnInfo *info, int timeout_s)
{
	unsigned int protocol = info->socket != NULL ?
								MYSQL_PROTOCOL_SOCKET :
								MYSQL_PROTOCOL_TCP;
	unsigned int timeout = timeout_s;
	unsigned int off = 0;
	my_bool no = 0;
	unsigned long max_packet = MAX_PACKET_BYTES;
	bool may_show_password = info->socket != NULL ||
							 info->ssl_mode >= SSL_MODE_REQUIRED_;

	if (!gate_is_registered)
	{
		if (mysql_client_register_plugin(mysql,
										 (struct st_mysql_client_plugin *) &gate_plugin) == NULL)
			return false;
		gate_is_registered = true;
	}
	gate_ssl_mode = info->ssl_mode;

	/*
	 * The library reads the file when it connects, so the file may change
	 * what is set below.  It is the administrator's, and what the library's
	 * options keep out is refused in other places again.
	 */
	if (info->default_file != NULL)
	{
		mysql_optionsv(mysql, MYSQL_READ_DEFAULT_FILE, info->default_file);
		mysql_optionsv(mysql, MYSQL_READ_DEFAULT_GROUP, "mysql_migrate");
	}
	mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
	mysql_optionsv(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
	mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &no);
	mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(mysql, MYSQL_DEFAULT_AUTH, GATE_NAME);
	mysql_optionsv(mysql, MARIADB_OPT_IO_WAIT, mm_wait_callback);
	if (!forbid_clear_text(mysql, may_show_password))
		return false;
	if (info->compress)
		mysql_optionsv(mysql, MYSQL_OPT_COMPRESS, NULL);
	set_tls(mysql, info);
	mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_set_local_infile_handler(mysql, infile_init, infile_read,
								   infile_end, infile_error, NULL);
	return true;
}

/*
 * set_socket_options
 *		After the connection stands: see wait.c for O_NONBLOCK.  The keepalive
 *		finds out within minutes that the other machine is gone.
 */
static void
set_socket_options(MYSQL *mysql)
{
	my_socket fd = mysql_get_socket(mysql);
	int on = 1;
	int idle = 60;
	int interval = 15;
	int count = 6;

	make_nonblocking(fd);
	/* On a unix socket the last three fail, and are not needed. */
	(void) setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
	(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	(void) setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
#endif
}

/*
 * real_connect
 *		The call itself.  `address`, if given, stands for the host.
 */
static bool
real_connect(MYSQL *mysql, const ConnInfo *info, const char *address)
{
	const char *host = address != NULL ? address : info->host;
	unsigned int port = info->port;

	/* What an option file may say, and the user did not. */
	if (host == NULL && info->default_file == NULL)
		host = "localhost";
	if (port == 0 && info->default_file == NULL)
		port = 3306;

	if (mysql_real_connect(mysql, info->socket != NULL ? NULL : host,
						   info->user, info->password, info->dbname,
						   port, info->socket, 0) == NULL)
		return false;
	set_socket_options(mysql);
	if (info->ssl_mode >= SSL_MODE_REQUIRED_ &&
		mysql_get_ssl_cipher(mysql) == NULL)
	{
		refuse(mysql, "TLS is required, but the connection is not encrypted");
		return false;
	}
	return true;
}

/*
 * mm_handshake_quiet
 *		A short-lived connection, or NULL.  Does not raise and does not look at
 *		interrupts; the caller has called mm_wait_begin in cleanup mode.
 */
MYSQL *
mm_handshake_quiet(const ConnInfo *info, const char *address, int timeout_ms)
{
	MYSQL *mysql = mysql_init(NULL);

	if (mysql == NULL)
		return NULL;
	if (!configure(mysql, info, (timeout_ms + 999) / 1000) ||
		!real_connect(mysql, info, address))
	{
		mysql_close(mysql);
		return NULL;
	}
	return mysql;
}

/*
 * hint_for
 *		What the user can do about it.
 */
static const char *
hint_for(const ConnInfo *info, const RemoteError *error)
{
	switch (error->number)
	{
		case 1044:
			return "Grant the account access to the database named by the server option \"dbname\".";
		case 1045:
		case 1698:
			return "Check the options \"username\" and \"password\" of the user mapping, and that the account may connect from this machine.";
		case 1049:
			return "Check the server option \"dbname\": the database does not exist, or the account may not see it.";
		case 1040:
		case 1203:
		case 1226:
			return "The server or the account has reached its limit of connections; close some, or raise max_connections.";
		case 1129:
			return "The server blocks this machine after too many failed connections; FLUSH HOSTS on the server lifts that.";
		case 1130:
			return "The server has no account for this machine; create the account for this host, or for '%'.";
		case 1862:
		case 1820:
			return "The account's password has expired; set a new one on the MySQL side.";
		case CR_UNKNOWN_HOST:
			return "Check the server option \"host\".";
		case CR_CONNECTION_ERROR:
		case CR_CONN_HOST_ERROR:
			if (info->socket != NULL)
				return "Check the server option \"socket\", and that the server runs.";
			return "Check the server options \"host\" and \"port\", that the server runs, listens on that address (bind_address, skip_networking), and that no firewall stands between.";
		case CR_SERVER_LOST:
			return "The server closed the connection while it was being made; its error log may say why.";
		case CR_SSL_CONNECTION_ERROR:
			return info->ssl_mode >= SSL_MODE_VERIFY_CA_ ?
					   "Check the server options \"ssl_mode\", \"ssl_ca\" and \"host\": the certificate must be signed by that authority and, with \"verify_full\", name the host." :
					   "Check the server option \"ssl_mode\" and that the server has TLS switched on.";
		case CR_AUTH_PLUGIN_CANNOT_LOAD:
			return "Install the authentication plugin for the client library, or give the account another one.";
		case PLUGIN_NOT_ALLOWED:
			return "Set the server option \"ssl_mode\" to \"verify_ca\" or \"verify_full\", or give the account another authentication plugin.";
		default:
			return NULL;
	}
}

/* The last one of this process; see connection.h. */
static bool refusal_may_pass = false;

bool
mm_conn_refusal_may_pass(void)
{
	return refusal_may_pass;
}

/*
 * explain
 *		Raise 08001 with the server's message and a hint.
 */
static void
explain(const ConnInfo *info, const RemoteError *error)
{
	const char *hint = hint_for(info, error);
	const char *message = error->message;
	char target[300];

	refusal_may_pass = mm_error_is_transient(error) &&
					   error->number != CR_SSL_CONNECTION_ERROR;
	/* The library's own words name the wrong plugin. */
	if (error->number == PLUGIN_NOT_ALLOWED)
		message = "The server asks for an authentication plugin that would send the password unencrypted, or that is not known.";

	if (info->socket != NULL)
		snprintf(target, sizeof(target), "%s", info->socket);
	else
		snprintf(target, sizeof(target), "%s:%d",
				 info->host != NULL ? info->host : "localhost",
				 info->port != 0 ? info->port : 3306);

	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 errmsg("could not connect to MySQL server \"%s\"", target),
			 errdetail("MySQL error %u: %s", error->number, message),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/*
 * drop_stale_errno
 *		A refused connection is reported with the errno of the connect() call,
 *		which says "in progress" for every socket that does not block.
 */
static void
drop_stale_errno(char *message)
{
	char stale[16];
	char *found;

	snprintf(stale, sizeof(stale), " (%d)", EINPROGRESS);
	found = strstr(message, stale);
	if (found != NULL && found[strlen(stale)] == '\0')
		*found = '\0';
}

/*
 * resolve_host
 *		Raise when the name is unknown.
 *
 * The library would try a name server that does not answer again and again
 * for half a minute, deaf to interrupts.
 */
static void
resolve_host(const ConnInfo *info)
{
	struct addrinfo hints;
	struct addrinfo *found = NULL;
	RemoteError error;
	int rc;

	if (info->socket != NULL || info->host == NULL)
		return;
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(info->host, NULL, &hints, &found);
	if (rc == 0)
	{
		freeaddrinfo(found);
		return;
	}
	CHECK_FOR_INTERRUPTS();
	memset(&error, 0, sizeof(error));
	error.number = CR_UNKNOWN_HOST;
	snprintf(error.message, sizeof(error.message),
			 "Unknown MySQL server host '%s' (%s)", info->host,
			 gai_strerror(rc));
	explain(info, &error);
}

/*
 * check_info
 *		What cannot work is said before anything is sent.
 */
static void
check_info(const ConnInfo *info)
{
	if (info->ssl_mode >= SSL_MODE_VERIFY_CA_ &&
		info->ssl_ca == NULL && info->ssl_capath == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("verifying a server certificate needs a certificate authority"),
				 errdetail("The server option \"ssl_mode\" asks for a verified certificate, and neither \"ssl_ca\" nor \"ssl_capath\" is set."),
				 errhint("Set \"ssl_ca\" to the file that holds the authority's certificate.")));
	if (info->ssl_ca != NULL && access(info->ssl_ca, R_OK) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", info->ssl_ca),
				 errhint("Check the server option \"ssl_ca\".")));
}

/*
 * mm_handshake_connect
 *		Connect conn->mysql.  Raises; on error the connection is closed.
 */
void
mm_handshake_connect(WireConn *conn)
{
	const ConnInfo *info = &conn->info;
	int timeout_s = info->connect_timeout > 0 ?
						info->connect_timeout :
						mm_guc_connect_timeout;
	WaitOutcome outcome;
	RemoteError error;
	bool done;

	check_info(info);
	resolve_host(info);

	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not connect to MySQL server"),
				 errdetail("There are too many open files."),
				 errhint("Raise \"max_files_per_process\" or the operating system's limit of open files.")));
	conn->mysql = mysql_init(NULL);
	if (conn->mysql == NULL ||
		!configure(conn->mysql, info, timeout_s))
	{
		if (conn->mysql == NULL)
			ReleaseExternalFD();
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not set up the MySQL client library")));
	}

	mm_wait_begin(timeout_s * 1000, 0, false);
	conn->is_in_call = true;
	done = real_connect(conn->mysql, info, NULL);
	conn->is_in_call = false;
	outcome = *mm_wait_end();
	if (done)
		return;

	memset(&error, 0, sizeof(error));
	error.number = mysql_errno(conn->mysql);
	strlcpy(error.message, mysql_error(conn->mysql), sizeof(error.message));
	drop_stale_errno(error.message);
	if (outcome.timed_out)
	{
		error.number = CR_CONN_HOST_ERROR;
		snprintf(error.message, sizeof(error.message),
				 "no answer within %d s", timeout_s);
	}
	mm_conn_discard(conn);
	if (outcome.postmaster_died)
		proc_exit(1);
	if (outcome.error != NULL)
		ReThrowError(outcome.error);
	CHECK_FOR_INTERRUPTS();
	explain(info, &error);
}

#endif /* MARIADB_BASE_VERSION */
