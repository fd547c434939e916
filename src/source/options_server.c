/*
 * src/source/options_server.c
 *		From a server's name, or a server and a user, to what is needed to
 *		connect; and whether the caller may.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "source/options.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/* The handler of our foreign data wrapper is the C function of this name. */
#define HANDLER_SYMBOL "mysql_migrate_handler"

/*
 * is_our_wrapper
 *		Is the handler of this foreign data wrapper ours?
 *
 * Its name in SQL may be anything and in any schema; the symbol is not.
 */
static bool
is_our_wrapper(Oid wrapper_id)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(wrapper_id);
	HeapTuple tuple;
	Datum symbol;
	bool isnull;
	bool is_ours;

	if (!OidIsValid(wrapper->fdwhandler))
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(wrapper->fdwhandler));
	if (!HeapTupleIsValid(tuple))
		return false;
	symbol = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &isnull);
	is_ours = !isnull &&
			  strcmp(TextDatumGetCString(symbol), HANDLER_SYMBOL) == 0;
	ReleaseSysCache(tuple);
	return is_ours;
}

/*
 * is_uncommitted
 *		Was this catalog row written by the current transaction?  Releases it.
 */
static bool
is_uncommitted(HeapTuple tuple)
{
	TransactionId xmin;

	if (!HeapTupleIsValid(tuple))
		return false;
	xmin = HeapTupleHeaderGetXmin(tuple->t_data);
	ReleaseSysCache(tuple);
	return TransactionIdIsCurrentTransactionId(xmin);
}

/*
 * mapping_tuple
 *		The user mapping that applies to a user, or an invalid tuple.
 */
static HeapTuple
mapping_tuple(Oid server_id, Oid user_id)
{
	HeapTuple tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
									  ObjectIdGetDatum(user_id),
									  ObjectIdGetDatum(server_id));

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
								ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(server_id));
	return tuple;
}

/*
 * check_mapping
 *		Raise when no user mapping applies to the user.
 */
static void
check_mapping(ForeignServer *server, Oid user_id)
{
	HeapTuple tuple = mapping_tuple(server->serverid, user_id);
	const char *user;

	if (HeapTupleIsValid(tuple))
	{
		ReleaseSysCache(tuple);
		return;
	}
	user = quote_identifier(GetUserNameFromId(user_id, false));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("user mapping of \"%s\" for server \"%s\" does not exist",
					GetUserNameFromId(user_id, false), server->servername),
			 errhint("CREATE USER MAPPING FOR %s SERVER %s OPTIONS (username '...', password '...');",
					 user, quote_identifier(server->servername))));
}

static void
check_committed(ForeignServer *server)
{
	const char *what = NULL;

	check_mapping(server, GetUserId());
	if (is_uncommitted(SearchSysCache1(FOREIGNDATAWRAPPEROID,
									   ObjectIdGetDatum(server->fdwid))))
		what = "foreign data wrapper";
	else if (is_uncommitted(SearchSysCache1(FOREIGNSERVEROID,
											ObjectIdGetDatum(server->serverid))))
		what = "foreign server";
	else if (is_uncommitted(mapping_tuple(server->serverid, GetUserId())))
		what = "user mapping";
	if (what != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" cannot be used by background workers yet",
						server->servername),
				 errdetail("Its %s was created or altered in this transaction, which other processes cannot see.",
						   what),
				 errhint("COMMIT first, then call the function again.")));
}

ForeignServer *
mm_options_server(const char *name, bool must_be_committed)
{
	Oid server_id = get_foreign_server_oid(name, true);
	ForeignServer *server;
	AclResult acl;

	if (!OidIsValid(server_id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" does not exist", name),
				 errhint("CREATE SERVER %s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (host '...', dbname '...');",
						 quote_identifier(name))));
	server = GetForeignServer(server_id);

	acl = mm_server_aclcheck(server_id, GetUserId(), ACL_USAGE);
	if (acl != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for foreign server \"%s\"",
						server->servername),
				 errhint("GRANT USAGE ON FOREIGN SERVER %s TO %s;",
						 quote_identifier(server->servername),
						 quote_identifier(GetUserNameFromId(GetUserId(), false)))));

	if (!is_our_wrapper(server->fdwid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" belongs to another foreign data wrapper",
						server->servername),
				 errdetail("Its foreign data wrapper is \"%s\".",
						   GetForeignDataWrapper(server->fdwid)->fdwname),
				 errhint("Create a server with FOREIGN DATA WRAPPER mysql_migrate; both may exist side by side.")));

	if (must_be_committed)
		check_committed(server);
	return server;
}

const char *
mm_options_dbname(ForeignServer *server)
{
	return mm_option_get(server->options, "dbname");
}

/*
 * check_password
 *		A user who is no superuser must bring a password of its own: it shall
 *		not get in with what belongs to the server (a default file, the
 *		operating system user on a socket, an account without a password).
 */
static void
check_password(ForeignServer *server, UserMapping *mapping, Oid user_id)
{
	const char *password = mm_option_get(mapping->options, "password");

	if (password != NULL && password[0] != '\0')
		return;
	if (superuser_arg(user_id) ||
		!mm_option_bool(mapping->options, "password_required", true))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("password is required to use server \"%s\"",
					server->servername),
			 errdetail("User \"%s\" is not a superuser and its user mapping has no password.",
					   GetUserNameFromId(user_id, false)),
			 errhint("Add the option \"password\" to the user mapping, or let a superuser set \"password_required\" to \"false\" in it.")));
}

ConnInfo *
mm_options_conn_info(ForeignServer *server, Oid user_id)
{
	ConnInfo *info = palloc0(sizeof(ConnInfo));
	UserMapping *mapping;

	check_mapping(server, user_id);
	mapping = GetUserMapping(user_id, server->serverid);
	check_password(server, mapping, user_id);

	info->ssl_mode = SSL_MODE_PREFERRED_;
	mm_options_fill_conn_info(server->options, info);
	mm_options_fill_conn_info(mapping->options, info);
	if (info->host == NULL && info->socket == NULL)
		info->host = "127.0.0.1";
	return info;
}
