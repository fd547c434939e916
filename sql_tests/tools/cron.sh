# sql_tests/tools/cron.sh
#   A PostgreSQL of its own with pg_cron, for the tests of the recipes.  Sourced
#   after testlib.sh, inside the servers of check.sh.
#
#   cron_start        a cluster in $RUN/cron.*, database "cron" with both extensions
#   cron_restart      the jobs that are scheduled @reboot run now
#   cron_schedule     NAME SCHEDULE COMMAND
#   cron_runs         NAME STATUS: how many runs of a job ended so
#   cron_message      NAME: what cron.job_run_details says of its last run
#   cron_stop

CRON_DIR=$(mktemp -d "$RUN/cron.XXXXXX")
CRON_BIN=$RUN/root$("$PG_CONFIG" --bindir)
CRON_AS=()

if [ "$(id -u)" -eq 0 ]; then
	CRON_ACCOUNT=$(stat -c %U "$RUN/pg")
	chown "$CRON_ACCOUNT" "$CRON_DIR"
	CRON_AS=(setpriv --reuid "$CRON_ACCOUNT" --regid "$(id -g "$CRON_ACCOUNT")"
		--clear-groups -- env HOME="$CRON_DIR")
fi

# A server must not hold on to the pipes of a test.
cron_as()
{
	(cd "$CRON_DIR" && exec ${CRON_AS[@]+"${CRON_AS[@]}"} "$@" 3>&- 4>&-)
}

cron_stop()
{
	[ -f "$CRON_DIR/data/postmaster.pid" ] &&
		cron_as "$CRON_BIN/pg_ctl" -D "$CRON_DIR/data" -m fast -w stop >/dev/null
	rm -rf "$CRON_DIR"
}
trap 'cron_stop; rm -rf "$TL_DIR"' EXIT
trap 'exit 143' TERM INT

cron_start()
{
	cron_as "$CRON_BIN/initdb" -D "$CRON_DIR/data" -U postgres -A trust \
		--no-locale -E UTF8 -N >"$CRON_DIR/init" 2>&1 || return 1
	cat >>"$CRON_DIR/data/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$CRON_DIR'
		fsync = off
		shared_buffers = 64MB
		max_worker_processes = 16
		shared_preload_libraries = 'pg_cron'
		cron.database_name = 'cron'
		cron.host = '$CRON_DIR'
		jit = off
	CONF
	cron_as "$CRON_BIN/pg_ctl" -D "$CRON_DIR/data" -l "$CRON_DIR/log" -w start \
		>/dev/null </dev/null || return 1
	export PGHOST=$CRON_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
	q "CREATE DATABASE cron" || return 1
	export PGDATABASE=cron
	q "CREATE EXTENSION pg_cron" && q "CREATE EXTENSION mysql_migrate"
}

cron_restart()
{
	cron_as "$CRON_BIN/pg_ctl" -D "$CRON_DIR/data" -l "$CRON_DIR/log" -m fast \
		-w restart >/dev/null </dev/null
}

cron_schedule()			# NAME SCHEDULE COMMAND
{
	q "SELECT cron.schedule('$1', '$2', \$cron\$$3\$cron\$)" >/dev/null
}

cron_runs()				# NAME STATUS
{
	q "SELECT count(*) FROM cron.job_run_details NATURAL JOIN cron.job
		WHERE jobname = '$1' AND status = '$2'"
}

cron_message()			# NAME
{
	q "SELECT return_message FROM cron.job_run_details NATURAL JOIN cron.job
		WHERE jobname = '$1' ORDER BY runid DESC LIMIT 1"
}
