/*
 * src/job/launch.c
 *		Registering background workers, and becoming the caller in them.
 *
 * A worker connects as the role that authenticated the caller's session (which
 * may log in, so that NOLOGIN roles work before PostgreSQL 17 too) and then
 * takes the caller's current role, as parallel workers do.  The security
 * context forbids SET ROLE from then on: code that runs in the worker (an
 * index expression, a user's hook) must not climb back to the session's role.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/compat.h"
#include "base/transaction.h"
#include "commands/tablespace.h"
#include "job/launch.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#define SLOT_WAIT_MS 500
#define SLOT_LOOK_MS 10

/* What the caller's session says about these holds for the job too. */
static const char *const followed_settings[] = {
	"maintenance_work_mem",
	"max_parallel_maintenance_workers",
	"work_mem",
	"temp_buffers",
	"default_tablespace",
	"temp_tablespaces",
	"default_toast_compression",
	"default_table_access_method",
	"lock_timeout",
	"synchronous_commit",
	"wal_compression",
	"mysql_migrate.connect_timeout",
	"mysql_migrate.max_piece_rows",
};

/*
 * These decide about meaning and are the same in every job, whatever the role
 * or the database has been given as its default.
 */
static const struct
{
	const char *name;
	const char *value;
} pinned_settings[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"xmloption", "content"},
	{"standard_conforming_strings", "on"},
	{"check_function_bodies", "on"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},
	{"transform_null_equals", "off"},
	{"quote_all_identifiers", "off"},
	{"array_nulls", "on"},
	{"backslash_quote", "safe_encoding"},
	{"xmlbinary", "base64"},
	{"session_replication_role", "origin"},
	{"statement_timeout", "0"},
	{"transaction_timeout", "0"}, /* since PostgreSQL 17 */
	{"idle_in_transaction_session_timeout", "0"},
	{"row_security", "on"},
};

static char *
setting_value(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value == NULL ? NULL : pstrdup(value);
}

char *
mm_launch_settings(void)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(followed_settings); i++)
	{
		char *value = setting_value(followed_settings[i]);

		/* A line break in a value would need quoting, and none has one. */
		if (value != NULL && strchr(value, '\n') == NULL)
			appendStringInfo(&out, "%s=%s\n", followed_settings[i], value);
	}
	return out.data;
}

/*
 * A setting that this role may not change keeps its value: the caller's own
 * session could not have changed it either.
 */
static void
apply_setting(const char *name, const char *value)
{
	(void) set_config_option(name, value,
							 superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, WARNING,
							 false);
}

static void
apply_followed(const char *settings)
{
	char *copy = pstrdup(settings);
	char *position = NULL;

	for (char *line = strtok_r(copy, "\n", &position); line != NULL;
		 line = strtok_r(NULL, "\n", &position))
	{
		char *equals = strchr(line, '=');
		const char *now;

		if (equals == NULL)
			elog(ERROR, "malformed setting \"%s\"", line);
		*equals = '\0';
		now = GetConfigOption(line, true, false);
		if (now == NULL || strcmp(now, equals + 1) != 0)
			apply_setting(line, equals + 1);
	}
	pfree(copy);
}

/*
 * PostgreSQL refuses to make a partitioned table while default_tablespace names
 * the database's own tablespace; left empty, it means the same.
 */
static void
name_no_own_tablespace(void)
{
	const char *name = GetConfigOption("default_tablespace", false, false);

	if (name[0] != '\0' && get_tablespace_oid(name, true) == MyDatabaseTableSpace)
		apply_setting("default_tablespace", "");
}

static void
init_worker(BackgroundWorker *worker, const char *entry)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS |
						BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_ConsistentState;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	worker->bgw_notify_pid = MyProcPid;
	snprintf(worker->bgw_library_name, BGW_MAXLEN, "mysql_migrate");
	snprintf(worker->bgw_function_name, BGW_MAXLEN, "%s", entry);
}

bool
mm_launch_wait(int *waited)
{
	if (*waited >= SLOT_WAIT_MS)
		return false;
	(void) WaitLatch(MyLatch, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, SLOT_LOOK_MS,
					 PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();
	*waited += SLOT_LOOK_MS;
	return true;
}

BackgroundWorkerHandle *
mm_launch_leader(dsm_segment *segment)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	int waited = 0;

	init_worker(&worker, LEADER_ENTRY);
	snprintf(worker.bgw_name, BGW_MAXLEN, "mysql_migrate leader");
	snprintf(worker.bgw_type, BGW_MAXLEN, "mysql_migrate leader");
	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(segment));
	while (!RegisterDynamicBackgroundWorker(&worker, &handle))
	{
		if (!mm_launch_wait(&waited))
			ereport(ERROR,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("no background worker slot is free for the job"),
					 errdetail("All %d slots of max_worker_processes are in use.",
							   max_worker_processes),
					 errhint("Wait until other workers end, or raise max_worker_processes and restart PostgreSQL.")));
	}
	return handle;
}

bool
mm_launch_worker(dsm_segment *segment, int slot,
				 BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;
	dsm_handle segment_handle = dsm_segment_handle(segment);

	init_worker(&worker, WORKER_ENTRY);
	snprintf(worker.bgw_name, BGW_MAXLEN, "mysql_migrate worker %d", slot + 1);
	snprintf(worker.bgw_type, BGW_MAXLEN, "mysql_migrate worker");
	worker.bgw_main_arg = UInt32GetDatum(segment_handle);
	memcpy(worker.bgw_extra, &slot, sizeof(slot));
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

void
mm_launch_set_signals(void)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
}

void
mm_launch_become_caller(const JobArguments *arguments)
{
	BackgroundWorkerInitializeConnectionByOid(arguments->database_id,
											  arguments->authenticated_user,
											  0);
	mm_transaction_role(arguments->current_user);
	mm_transaction_start();
	apply_followed(arguments->settings);
	name_no_own_tablespace();
	for (int i = 0; i < lengthof(pinned_settings); i++)
	{
		/* What this version does not know needs no pinning. */
		if (GetConfigOption(pinned_settings[i].name, true, false) == NULL)
			continue;
		SetConfigOption(pinned_settings[i].name, pinned_settings[i].value,
						PGC_SUSET, PGC_S_SESSION);
	}
	CommitTransactionCommand();
}
