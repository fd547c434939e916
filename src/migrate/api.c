/*
 * src/migrate/api.c
 *		SQL functions that start jobs: check, translate, call, return.
 */
#include "postgres.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/json_object.h"
#include "fmgr.h"
#include "migrate/arguments.h"
#include "migrate/job_rows.h"
#include "migrate/spec.h"
#include "source/options.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

static int
worker_count(FunctionCallInfo fcinfo, int n)
{
	int workers;

	if (PG_ARGISNULL(n))
		return mm_arguments_default_workers();
	workers = PG_GETARG_INT32(n);
	mm_arguments_check_workers(workers);
	return workers;
}

/*
 * Run a job whose rows have the shape of the calling function's result; its
 * argument number `options` has the options.  The payload is parsed here
 * already, so that a bad one is told at once.
 */
static void
run_job(FunctionCallInfo fcinfo, StringInfo payload, const char *server,
		int options, int workers, bool wait)
{
	mm_json_add_raw(payload, "workers", psprintf("%d", workers));
	mm_arguments_end(fcinfo, options, server, payload);
	(void) mm_spec_parse(payload->data);
	(void) mm_options_server(server, true);
	mm_job_rows_run(fcinfo, payload->data, workers, wait, mm_job_rows_put);
}

PG_FUNCTION_INFO_V1(mysql_migrate_migrate_schema);

/*
 * migrate_schema(server, remote_schema, local_schema, include, exclude,
 *				  workers, on_existing, on_error, wait, options, force)
 */
Datum
mysql_migrate_migrate_schema(PG_FUNCTION_ARGS)
{
	StringInfoData payload;
	char *server = mm_arguments_begin(fcinfo, "migrate_schema", &payload);
	int workers = worker_count(fcinfo, 5);
	bool wait = PG_ARGISNULL(8) || PG_GETARG_BOOL(8);

	mm_arguments_refuse_read_only("migrate_schema");
	mm_arguments_add_schemas(fcinfo, &payload);
	mm_arguments_add_lists(fcinfo, &payload);
	mm_arguments_add_text(fcinfo, 6, "on_existing", &payload);
	mm_arguments_add_text(fcinfo, 7, "on_error", &payload);
	mm_arguments_guard(fcinfo, 10, server, &payload);
	run_job(fcinfo, &payload, server, 9, workers, wait);
	PG_RETURN_NULL();
}

/* "sales.orders" is a table in a schema, unless there is no dot. */
static void
add_local_table(StringInfo payload, const char *name)
{
	List *parts;

	if (name == NULL)
	{
		mm_json_add_text(payload, "local_schema", mm_arguments_schema());
		return;
	}
	parts = textToQualifiedNameList(cstring_to_text(name));
	if (list_length(parts) > 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("improper qualified name: \"%s\"", name),
				 errhint("Give a table, or schema.table.")));
	mm_json_add_text(payload, "local_schema",
					 list_length(parts) == 2 ? strVal(linitial(parts)) :
											   mm_arguments_schema());
	mm_json_add_text(payload, "local_table", strVal(llast(parts)));
}

PG_FUNCTION_INFO_V1(mysql_migrate_migrate_table);

/*
 * migrate_table(server, remote_table, local_table, where_clause, on_existing,
 *				 on_error, options, force)
 */
Datum
mysql_migrate_migrate_table(PG_FUNCTION_ARGS)
{
	StringInfoData payload;
	char *server = mm_arguments_begin(fcinfo, "migrate_table", &payload);
	char *remote_table = mm_argument_text(fcinfo, 1, "remote_table");

	mm_arguments_refuse_read_only("migrate_table");
	mm_json_add_text(&payload, "remote_table", remote_table);
	add_local_table(&payload, mm_arguments_text(fcinfo, 2));
	mm_arguments_add_text(fcinfo, 3, "where_clause", &payload);
	mm_arguments_add_text(fcinfo, 4, "on_existing", &payload);
	mm_arguments_add_text(fcinfo, 5, "on_error", &payload);
	mm_arguments_guard(fcinfo, 7, server, &payload);
	run_job(fcinfo, &payload, server, 6, mm_arguments_default_workers(), true);
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(mysql_migrate_validate);

/*
 * validate(server, table_name, mode, options)
 *		Are the migrated tables equal on both sides?
 */
Datum
mysql_migrate_validate(PG_FUNCTION_ARGS)
{
	StringInfoData payload;
	char *server = mm_arguments_begin(fcinfo, "validate", &payload);

	mm_arguments_add_text(fcinfo, 1, "remote_table", &payload);
	if (PG_ARGISNULL(2))
		mm_json_add_text(&payload, "mode", "checksum");
	mm_arguments_add_text(fcinfo, 2, "mode", &payload);
	run_job(fcinfo, &payload, server, 3, mm_arguments_default_workers(), true);
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(mysql_migrate_migrate_missing);

/*
 * migrate_missing(server, table_name, mode, watermark, options, force)
 *		What was written to MySQL since, into the tables that are here.
 */
Datum
mysql_migrate_migrate_missing(PG_FUNCTION_ARGS)
{
	StringInfoData payload;
	char *server = mm_arguments_begin(fcinfo, "migrate_missing", &payload);

	mm_arguments_refuse_read_only("migrate_missing");
	mm_arguments_add_text(fcinfo, 1, "remote_table", &payload);
	mm_arguments_add_text(fcinfo, 2, "mode", &payload);
	mm_arguments_add_text(fcinfo, 3, "watermark", &payload);
	mm_json_add_text(&payload, "search_path",
					 GetConfigOption("search_path", false, false));
	mm_arguments_guard(fcinfo, 5, server, &payload);
	run_job(fcinfo, &payload, server, 4, mm_arguments_default_workers(), true);
	PG_RETURN_NULL();
}
