# sql_tests/tools/testlib.sh
#   What the scripts in sql_tests/t and sql_tests/slow share.  Sourced by them;
#   PG* and MYSQL_* name the servers, RUN a directory to write into.
#
#   tl_database NAME    a PostgreSQL database with extension and server "source"
#   ok, is, like        one check each; tl_done ends the script
#   q, my               one value from PostgreSQL, from MySQL
#   tl_error            the error of a statement: SQLSTATE, message, hint
#   tl_nothing_left     no worker, no MySQL connection of ours, after a moment

. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

TL_FAILED=0
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

like()					# GOT PATTERN NAME
{
	local same=1

	[[ $1 =~ $2 ]] && same=0
	ok $same "$3" "got:      $1
expected: $2"
}

skip()
{
	echo "skip - $TL_NAME: $1"
}

tl_done()
{
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

# ---------------------------------------------------------------- waiting

# tl_wait SECONDS COMMAND...: until it is true.
tl_wait()
{
	local end=$(($(date +%s%N) + $1 * 1000000000))
	shift

	until "$@"; do
		[ "$(date +%s%N)" -lt $end ] || return 1
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

# Rows have begun to arrive.
tl_is_loading()
{
	[ "$(q "SELECT count(*) FROM pg_stat_progress_copy" 2>/dev/null)" != x ] &&
		[ "$(my "SELECT count(*) FROM information_schema.processlist
			WHERE user = 'mover' AND command IN ('Execute', 'Query')
			AND info LIKE 'SELECT%' AND id <> CONNECTION_ID()")" -gt 0 ]
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
