/*
 * src/migrate/arguments.c
 *		Arguments of the SQL functions into the payload of a job.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/xact.h"
#include "base/argument.h"
#include "base/compat.h"
#include "base/json_object.h"
#include "base/local_sql.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "job/job_shared.h"
#include "migrate/arguments.h"
#include "migrate/identity.h"
#include "migrate/rule.h"
#include "source/options.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#define DEFAULT_WORKER_LIMIT 8

char *
mm_arguments_text(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* text[] as a JSON array; NULL for SQL NULL. */
static char *
string_array(FunctionCallInfo fcinfo, int n, const char *name)
{
	ArrayType *array;
	Datum *elements;
	bool *nulls;
	int count;
	StringInfoData json;

	if (PG_ARGISNULL(n))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(n);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &count);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("\"%s\" must not contain nulls", name),
					 errhint("Give the name of a table in every element.")));
		if (i > 0)
			appendStringInfoString(&json, ", ");
		escape_json(&json, TextDatumGetCString(elements[i]));
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

char *
mm_arguments_json(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL :
							 DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(n)));
}

void
mm_arguments_guard(FunctionCallInfo fcinfo, int n, const char *server,
				   StringInfo payload)
{
	bool force = !PG_ARGISNULL(n) && PG_GETARG_BOOL(n);

	mm_identity_refuse_switched(server, force);
	if (force)
		mm_json_add_raw(payload, "force", "true");
}

/*
 * The work is done in other transactions, which do not know that the caller's
 * promised to write nothing.
 */
void
mm_arguments_refuse_read_only(const char *function)
{
	if (XactReadOnly)
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s in a read-only transaction",
						function),
				 errhint("SET default_transaction_read_only = off, or BEGIN READ WRITE; on a standby, call it on the primary server.")));
}

/* More readers rarely pay on one machine. */
int
mm_arguments_default_workers(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : (int) Min(cores, DEFAULT_WORKER_LIMIT);
}

void
mm_arguments_check_workers(int workers)
{
	if (workers < 1 || workers > JOB_MAX_WORKERS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of workers: %d", workers),
				 errhint("Use a number from 1 to %d.", JOB_MAX_WORKERS)));
}

int64
mm_arguments_query_bigint(const char *sql)
{
	char *value = linitial(mm_local_column(sql, 0, NULL, NULL));

	return value == NULL ? 0 : strtoll(value, NULL, 10);
}

char *
mm_arguments_schema(void)
{
	List *path = fetch_search_path(false);
	char *name = path == NIL ? NULL : get_namespace_name(linitial_oid(path));

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("no schema has been selected to migrate into"),
				 errhint("Give the argument local_schema, or set search_path.")));
	return name;
}

char *
mm_arguments_begin(FunctionCallInfo fcinfo, const char *kind,
				   StringInfo payload)
{
	char *server = mm_argument_text(fcinfo, 0, "server");

	initStringInfo(payload);
	mm_json_add_text(payload, "kind", kind);
	mm_json_add_text(payload, "server", server);
	return server;
}

void
mm_arguments_add_text(FunctionCallInfo fcinfo, int n, const char *key,
					  StringInfo payload)
{
	mm_json_add_text(payload, key, mm_arguments_text(fcinfo, n));
}

void
mm_arguments_add_schemas(FunctionCallInfo fcinfo, StringInfo payload)
{
	char *local_schema = mm_arguments_text(fcinfo, 2);

	mm_arguments_add_text(fcinfo, 1, "remote_schema", payload);
	mm_json_add_text(payload, "local_schema",
					 local_schema ? local_schema : mm_arguments_schema());
}

void
mm_arguments_add_lists(FunctionCallInfo fcinfo, StringInfo payload)
{
	if (!PG_ARGISNULL(3) &&
		ARR_NDIM(PG_GETARG_ARRAYTYPE_P(3)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"include\" names no table"),
				 errhint("Leave it out to take all tables.")));
	mm_json_add_raw(payload, "include",
					string_array(fcinfo, 3, "include"));
	mm_json_add_raw(payload, "exclude",
					string_array(fcinfo, 4, "exclude"));
}

void
mm_arguments_end(FunctionCallInfo fcinfo, int options, const char *server,
				 StringInfo payload)
{
	mm_json_add_raw(payload, "options", mm_arguments_json(fcinfo, options));
	mm_json_add_raw(payload, "rules", mm_rules_payload(server));
	mm_json_end(payload);
}

StringInfo
mm_arguments_preview(FunctionCallInfo fcinfo, const char *kind, int options)
{
	StringInfo payload = makeStringInfo();
	char *server = mm_arguments_begin(fcinfo, kind, payload);

	(void) mm_options_server(server, false);
	mm_arguments_add_schemas(fcinfo, payload);
	if (options > 4)
		mm_arguments_add_lists(fcinfo, payload);
	mm_arguments_end(fcinfo, options, server, payload);
	return payload;
}
