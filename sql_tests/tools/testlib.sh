# sql_tests/tools/testlib.sh
#   What the scripts in sql_tests/t and sql_tests/slow share.  Sourced by them;
#   PG* and MYSQL_* name the servers, RUN a directory to write into.
#
#   tl_database NAME    a PostgreSQL database with extension and server "source"
#   ok, is, like        one check each; tl_done ends the script
#   q, my               one value from PostgreSQL, from MySQL
#   tl_error            the error of a statement: SQLSTATE, message, hint
#   tl_nothing_left     no worker, no MySQL connection of ours, after a moment
#   tl_log, tl_reads    what is read of the tables of a MySQL database

. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

# For a client that gets a signal: a function in the background is a shell.
PSQL=$("$PG_CONFIG" --bindir)/psql
TL_FAILED=0
TL_DATABASES=()
TL_NAME=$(basename "$0" .sh)
TL_DIR=$(mktemp -d "${RUN:-/tmp}/$TL_NAME.XXXXXX")
trap 'rm -rf "$TL_DIR"' EXIT

ok()					# STATUS NAME [DIAGNOSTIC]
{
	if [ "$1" -eq 0 ]; then
		echo "ok - $TL_NAME: $2"
	else
		echo "not ok - $TL_NAME: $2"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | head -n 20 | sed 's/^/#   /'
		TL_FAILED=$((TL_FAILED + 1))
	fi
}

is()					# GOT EXPECTED NAME
{
	local same=1

	[ "$1" = "$2" ] && same=0
	ok $same "$3" "got:      $1
expected: $2"
}

like()					# GOT PATTERN NAME [DIAGNOSTIC]
{
	local same=1

	[[ $1 =~ $2 ]] && same=0
	ok $same "$3" "got:      $1
expected: $2
${4:-}"
}

skip()
{
	echo "skip - $TL_NAME: $1"
}

# The databases here go, so that no later script has to copy or recover them.
tl_done()
{
	local database

	[ -z "${KEEP:-}" ] || TL_DATABASES=()
	for database in ${TL_DATABASES[@]+"${TL_DATABASES[@]}"}; do
		PGDATABASE=postgres q "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)" >&2
	done
	[ $TL_FAILED -eq 0 ]
	exit $?
}

# -------------------------------------------------------------- PostgreSQL

q()						# STATEMENT [psql options]
{
	local statement=$1
	shift

	sv_psql -q -A -t -v ON_ERROR_STOP=1 "$@" -c "$statement" 2>&1
}

tl_server()				# NAME DBNAME [USER]
{
	q "CREATE SERVER $1 FOREIGN DATA WRAPPER mysql_migrate
		OPTIONS (host '$MYSQL_HOST', port '$MYSQL_PORT', dbname '$2')"
	q "CREATE USER MAPPING FOR CURRENT_USER SERVER $1
		OPTIONS (username '${3:-$MYSQL_USER}', password '$MYSQL_PASSWORD')"
}

tl_database()			# NAME [MYSQL DATABASE]
{
	PGDATABASE=postgres q "DROP DATABASE IF EXISTS $1" >/dev/null
	PGDATABASE=postgres q "CREATE DATABASE $1"
	export PGDATABASE=$1
	TL_DATABASES+=("$1")
	q "CREATE EXTENSION mysql_migrate"
	tl_server source "${2:-$1}"
}

# Sets SQLSTATE, ERROR and HINT; all empty when the statement succeeds.
tl_error()				# STATEMENT [psql options]
{
	local output statement=$1
	shift

	output=$(printf '%s\n' '\set VERBOSITY verbose' "$statement" |
			 sv_psql -q -A -t "$@" 2>&1)
	# The first error, or what a script before it printed.
	ERROR=$(sed -n 's/^\(psql:[^ ]* \)\{0,1\}ERROR:  [0-9A-Z]\{5\}: //p' \
			<<<"$output" | head -n 1)
	SQLSTATE=$(sed -n 's/^\(psql:[^ ]* \)\{0,1\}ERROR:  \([0-9A-Z]\{5\}\): .*/\2/p' \
			   <<<"$output" | head -n 1)
	HINT=$(sed -n '/ERROR:  /,$ s/^HINT:  //p' <<<"$output" | head -n 1)
	OUTPUT=$output
}

# One statement that must fail: its SQLSTATE, what it says, that it hints.
tl_fails()				# NAME SQLSTATE PATTERN STATEMENT [psql options]
{
	local name=$1 state=$2 pattern=$3
	shift 3

	tl_error "$@"
	is "$SQLSTATE" "$state" "$name: SQLSTATE"
	like "$ERROR" "$pattern" "$name: message"
	like "${HINT:-none: $OUTPUT}" '^(.*[.;]|SELECT .*)$' "$name: hint"
}

# ------------------------------------------------------------------- MySQL

my()					# STATEMENT [DATABASE]
{
	sv_mysql -N -e "$1" ${2:+"$2"}
}

tl_mysql_database()		# NAME
{
	my "DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` CHARACTER SET utf8mb4"
}

# A real database of other people, which is no part of this project, into
# MySQL under its name or another one; false where it is not there.
tl_dataset()			# NAME [AS]
{
	local from=$PROJECT/../shared/data/$1 as=${2:-$1}

	if [ ! -d "$from" ]; then
		skip "$1 is not in ../shared/data"
		return 1
	fi
	tl_mysql_database "$as"
	{
		echo "SET foreign_key_checks = 0; SET sql_mode = '';"
		cat "$from"/*.sql
	} | sed "s/\`$1\`/\`$as\`/g; s/\b$1\./$as./g; s/^USE $1;/USE $as;/" |
		sv_mysql "$as" >"$TL_DIR/load" 2>&1
	ok $? "$1: is in MySQL" "$(cat "$TL_DIR/load")"
}

# From here on MySQL writes down what it is asked.
tl_log()
{
	my "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 0;
		TRUNCATE mysql.general_log; SET GLOBAL general_log = 1"
}

# Ends it.  One line for each statement on a table but those for the ends of its
# key: "sum TABLE" when checksums were asked for, else "rows TABLE".  The same
# statement twice is "again TABLE".
tl_reads()				# DATABASE
{
	my "SET GLOBAL general_log = 0"
	my "SELECT CONCAT(CASE WHEN n > 1 THEN 'again'
			WHEN asked LIKE '%BIT\_XOR(CRC32(%' OR asked LIKE '%SUM(CRC32(%'
			THEN 'sum' ELSE 'rows' END, ' ',
			SUBSTRING_INDEX(SUBSTRING_INDEX(asked, 'FROM \`$1\`.\`', -1), '\`', 1))
		FROM (SELECT CONVERT(argument USING utf8mb4) AS asked, COUNT(*) AS n
			FROM mysql.general_log WHERE command_type IN ('Query', 'Execute')
			GROUP BY 1) AS log
		WHERE asked LIKE '%FROM \`$1\`.\`%'
		  AND asked NOT LIKE 'SELECT CAST(M__(%' ORDER BY 1"
}

# Does the MySQL server know this type?
tl_has_type()			# TYPE
{
	my "CREATE TEMPORARY TABLE probe (v $1)" mysql >"$TL_DIR/probe" 2>&1
}

# ---------------------------------------------------------------- waiting

# tl_wait SECONDS COMMAND...: until it is true.
tl_wait()
{
	local seconds=$1
	local end=$(($(date +%s%N) + seconds * 1000000000))
	shift

	until "$@"; do
		if [ "$(date +%s%N)" -ge $end ]; then
			echo "# waited $seconds s in vain: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

tl_workers()
{
	q "SELECT count(*) FROM pg_stat_activity
		WHERE backend_type LIKE 'mysql_migrate%'"
}

tl_connections()		# of ours in MySQL, but for cached ones of sessions
{
	my "SELECT count(*) FROM information_schema.processlist
		WHERE id <> CONNECTION_ID() AND user IN ('mover', 'reader')"
}

tl_is_quiet()
{
	[ "$(tl_workers)" = 0 ] && [ "$(tl_connections)" = 0 ]
}

tl_is_busy()
{
	[ "$(tl_workers)" -gt 0 ] 2>/dev/null
}

# MySQL has begun to send the rows of a table.
tl_is_reading()			# TABLE
{
	[ "$(my "SELECT COUNT(*) FROM information_schema.processlist
		WHERE id <> CONNECTION_ID() AND user = 'mover'
		  AND info LIKE 'SELECT %\`$1\`%'")" -gt 0 ]
}

# A lock in MySQL: jobs that read the table wait until it is let go.
tl_lock()				# DATABASE TABLE
{
	rm -f "$TL_DIR/locker"
	mkfifo "$TL_DIR/locker"
	sv_mysql -N --unbuffered "$1" <"$TL_DIR/locker" >"$TL_DIR/locked" &
	LOCKER=$!
	exec 3>"$TL_DIR/locker"
	echo "LOCK TABLES \`$2\` WRITE; SELECT 'locked';" >&3
	tl_wait 10 grep -q locked "$TL_DIR/locked"
}

tl_unlock()
{
	echo "UNLOCK TABLES;" >&3
	exec 3>&-
	wait $LOCKER
}

# A session here that holds what its statements lock, until the gate is opened.
tl_close_gate()			# STATEMENTS
{
	rm -f "$TL_DIR/gate"
	mkfifo "$TL_DIR/gate"
	"$PSQL" -X -q -A -t <"$TL_DIR/gate" >"$TL_DIR/gate.out" 2>&1 &
	GATE=$!
	exec 4>"$TL_DIR/gate"
	echo "$1; SELECT 'closed';" >&4
	tl_wait 10 grep -q closed "$TL_DIR/gate.out"
}

tl_open_gate()			# ITS LAST STATEMENTS
{
	echo "$1;" >&4
	exec 4>&-
	wait $GATE
}

tl_nothing_left()		# NAME [SECONDS]
{
	local status=0

	tl_wait "${2:-2}" tl_is_quiet || status=1
	ok $status "$1: no worker and no connection is left" \
		"workers: $(tl_workers), connections: $(tl_connections)"
	is "$(q "SELECT count(*) FROM mysql_migrate.job WHERE state = 'running'")" \
		0 "$1: no job is left running"
}

# ------------------------------------------------- a migrated MySQL database

# Columns with a sequence whose next value exists already.
tl_stale_sequences()	# SCHEMA
{
	q "SET client_min_messages = notice;
	DO \$\$
	DECLARE r record; highest numeric; next numeric;
	BEGIN
		FOR r IN SELECT a.attrelid::regclass AS rel, a.attname,
			pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) AS seq
			FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			WHERE relnamespace = '$1'::regnamespace AND attnum > 0
			  AND relkind IN ('r', 'p') AND NOT attisdropped
			  AND pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)
			      IS NOT NULL
		LOOP
			EXECUTE format('SELECT max(%I) FROM %s', r.attname, r.rel)
				INTO highest;
			next := nextval(r.seq);
			IF next <= highest THEN
				RAISE NOTICE '%.%: next % after %', r.rel, r.attname, next,
					highest;
			END IF;
		END LOOP;
	END \$\$"
}

# Objects of a kind in MySQL that are neither here nor in mysql_migrate.note.
tl_unaccounted()		# REMOTE SCHEMA, LOCAL SCHEMA, REMOTE QUERY, LOCAL QUERY
{
	local name

	while IFS= read -r name; do
		[ -n "$name" ] || continue
		[ "$(q "SELECT count(*) FROM (
			SELECT name FROM ($4) AS here (name)
			 WHERE lower(name) = lower(\$q\$$name\$q\$)
			UNION ALL
			SELECT object FROM mysql_migrate.note
			 WHERE object ILIKE \$q\$%$name%\$q\$
			    OR original ILIKE \$q\$%$name%\$q\$) AS x")" -gt 0 ] ||
			echo "$name"
	done < <(my "$3")
}

# A comparison that shares nothing with validate.
tl_same_rows()			# NAME REMOTE LOCAL SCHEMA [TABLE...]
{
	local name=$1 output status
	shift

	output=$("$PROJECT/sql_tests/tools/compare.py" "$@" 2>&1)
	status=$?
	ok $status "$name" "$(grep -v ': equal$' <<<"$output")"
}

tl_missing()			# FURTHER ARGUMENTS: the rows, without their times
{
	q "SELECT \"table\", inserted, updated, deleted, rejected, status
		FROM migrate_missing('source'$1) ORDER BY 1" -F ' ' | grep -v '^[NHWD]'
}

# Everything that can be said of a database that was migrated whole.
tl_migrated_whole()		# REMOTE SCHEMA, LOCAL SCHEMA
{
	local remote=$1 local=$2

	tl_same_rows "$remote: every row of every table is here and equal" \
		"$remote" "$local"

	is "$(q "SELECT count(*), bool_and(convalidated) FROM pg_constraint
		WHERE contype = 'f' AND connamespace = '$local'::regnamespace")" \
		"$(my "SELECT CONCAT(COUNT(*), '|', IF(COUNT(*) > 0, 't', ''))
		FROM information_schema.referential_constraints
		WHERE constraint_schema = '$remote'")" \
		"$remote: all foreign keys are here and valid"

	is "$(q "SELECT count(*) FROM pg_index
		WHERE NOT indisvalid OR NOT indisready")" 0 \
		"$remote: no index is invalid"

	is "$(tl_stale_sequences "$local")" "" \
		"$remote: every next number is a new one"

	is "$(tl_unaccounted "$remote" "$local" "SELECT table_name
			FROM information_schema.views WHERE table_schema = '$remote'" \
		"SELECT relname FROM pg_class WHERE relkind IN ('v', 'm')
			AND relnamespace = '$local'::regnamespace")" "" \
		"$remote: every view is here or in the notes"
	is "$(tl_unaccounted "$remote" "$local" "SELECT trigger_name
			FROM information_schema.triggers WHERE trigger_schema = '$remote'" \
		"SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")" "" \
		"$remote: every trigger is here or in the notes"
	is "$(tl_unaccounted "$remote" "$local" "SELECT routine_name
			FROM information_schema.routines WHERE routine_schema = '$remote'" \
		"SELECT proname FROM pg_proc
			WHERE pronamespace = '$local'::regnamespace")" "" \
		"$remote: every routine is here or in the notes"
	is "$(tl_unaccounted "$remote" "$local" "SELECT event_name
			FROM information_schema.events WHERE event_schema = '$remote'" \
		"SELECT NULL::text")" "" "$remote: every event is in the notes"
}

# The result of migrate_schema must add up: read = loaded + rejected.
tl_migrate_schema()		# ARGUMENTS of migrate_schema: one row per table kept
{
	q "SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema($1)" -F ' ' >"$TL_DIR/result" 2>"$TL_DIR/messages"
}
