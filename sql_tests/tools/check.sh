#!/bin/bash
# sql_tests/tools/check.sh [NAME...]
#   Build, start two private servers, run the tests and the house checks; the
#   last line is "N passed, N failed".
#
# A NAME is a file of sql_tests/sql, sql_tests/t or sql_tests/slow, without
# its ending; "house" stands for the checks of the source itself.  Without
# names everything runs that is quick.  KEEP=1 keeps the run's directory (the
# servers end all the same).
set -uo pipefail
. "$(dirname "$0")/servers.sh"

PASSED=0
FAILED=0
SKIPPED=0
FAILURES=()
CHILD=

# run COMMAND...: so that a signal is not held up until the command ends.
run()
{
	"$@" &
	CHILD=$!
	wait $CHILD
	local status=$?
	CHILD=
	return $status
}

clean_up()
{
	local status=$?

	trap '' INT TERM
	[ -z "$CHILD" ] || kill -TERM $CHILD 2>/dev/null
	if [ -n "${KEEP:-}" ] && [ -n "$RUN" ]; then
		sv_stop_servers
		echo "kept: $RUN"
	else
		sv_stop
	fi
	trap - EXIT
	exit $status
}

note_result()			# ok|not ok, name
{
	if [ "$1" = ok ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		FAILURES+=("$2")
	fi
}

# check NAME COMMAND...: one check, its output shown when it fails.
check()
{
	local name=$1 status
	shift

	run "$@" >"$RUN/check.out" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		echo "ok - $name"
		note_result ok "$name"
	else
		echo "not ok - $name"
		sed 's/^/    /' "$RUN/check.out" | tail -n 60
		note_result "not ok" "$name"
	fi
	return $status
}

wanted()				# nothing named, or this one
{
	local name

	[ ${#NAMES[@]} -gt 0 ] || return 0
	for name in "${NAMES[@]}"; do
		[ "$name" = "$1" ] && return 0
	done
	return 1
}

# ---------------------------------------------------------------- SQL suites

regress()				# NAME, which "setup" has gone before
{
	local pgxs driver options=()

	pgxs=$("$PG_CONFIG" --pgxs)
	driver=${pgxs%/makefiles/pgxs.mk}/test/regress/pg_regress
	if [ "$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 16 ]; then
		options=(--expecteddir=.)
	elif [ ! -e "$RUN/regress/expected" ]; then
		mkdir -p "$RUN/regress"
		ln -s "$PROJECT/expected" "$RUN/regress/expected"
	fi
	cd "$PROJECT" && "$driver" --use-existing --dbname=regression \
		--inputdir=sql_tests --outputdir="$RUN/regress" \
		${options[@]+"${options[@]}"} --bindir="$("$PG_CONFIG" --bindir)" \
		--host="$PGHOST" --port="$PGPORT" --user="$PGUSER" "$1" && return 0
	cat "$RUN/regress/regression.diffs"
	return 1
}

run_regress()
{
	local file name

	sv_psql -q -c "CREATE DATABASE regression" || return
	check "sql setup" regress setup
	for file in "$PROJECT"/sql_tests/sql/*.sql; do
		name=$(basename "$file" .sql)
		[ "$name" != setup ] || continue
		wanted "$name" && check "sql $name" regress "$name"
	done
}

# -------------------------------------------------------------- shell suites

# A script prints "ok - ...", "not ok - ..." and "skip - ..." lines.
run_script()
{
	local file=$1 name line status
	local output=$RUN/script.out
	local began=$SECONDS

	name=$(basename "$file" .sh)
	run timeout --kill-after=10 "${TEST_TIMEOUT:-300}" bash "$file" \
		>"$output" 2>"$RUN/script.err"
	status=$?
	echo "# $name, $((SECONDS - began)) s"
	grep '^# waited' "$RUN/script.err"
	cat "$output"
	while IFS= read -r line; do
		case $line in
			"ok - "*) note_result ok "$line" ;;
			"not ok - "*) note_result "not ok" "$name: ${line#not ok - }" ;;
			"skip - "*) SKIPPED=$((SKIPPED + 1)) ;;
		esac
	done <"$output"
	if [ $status -ne 0 ] && ! grep -q '^not ok - ' "$output"; then
		echo "not ok - $name ended with status $status"
		tail -n 20 "$RUN/script.err" | sed 's/^/    /'
		note_result "not ok" "$name: status $status"
	fi
}

run_scripts()			# FOLDER
{
	local file

	for file in "$PROJECT/sql_tests/$1"/*.sh; do
		[ -f "$file" ] || continue
		wanted "$(basename "$file" .sh)" && run_script "$file"
	done
}

# ---------------------------------------------------------------------- main

NAMES=("$@")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sv_packages check
sv_create_run
check "build without warnings" sv_build || { NAMES=(none); }
if [ "${NAMES[*]:-}" != none ]; then
	sv_start
	run_regress
	run_scripts t
	[ ${#NAMES[@]} -eq 0 ] || run_scripts slow
fi
if wanted house; then
	for file in "$PROJECT"/sql_tests/tools/house/*; do
		check "house $(basename "$file" | sed 's/\..*//; s/_/ /g')" "$file"
	done
fi

sv_stop_servers
check "no process is left behind" [ "$(sv_leftovers)" -eq 0 ]

[ $SKIPPED -eq 0 ] || echo "$SKIPPED skipped"
[ $FAILED -eq 0 ] || printf 'failed: %s\n' "${FAILURES[@]}"
echo "$PASSED passed, $FAILED failed"
[ $FAILED -eq 0 ]
