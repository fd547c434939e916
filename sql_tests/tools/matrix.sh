#!/bin/bash
# sql_tests/tools/matrix.sh [NAME...]
#   The core tests on servers of your own, of any version: PGHOST, PGPORT,
#   PGUSER name a PostgreSQL on which this extension is installed, MYSQL_HOST,
#   MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD a MySQL or MariaDB server.  Both
#   accounts may create databases.  The databases that are made are called
#   matrix..., shop, sakila, world, joomla3 and snapshot; existing ones of these
#   names are DROPPED.
#
# A NAME is a script of sql_tests/slow or sql_tests/t; without one it is matrix
# and sums.
# The last line is "N passed, N failed".
set -uo pipefail
. "$(dirname "$0")/clients.sh"

for variable in PGHOST PGPORT MYSQL_HOST MYSQL_PORT MYSQL_USER MYSQL_PASSWORD; do
	if [ -z "${!variable:-}" ]; then
		echo "error: $variable is not set; see the head of $0" >&2
		exit 2
	fi
done
export PGDATABASE=postgres
export "${!MYSQL_@}"

[ $# -gt 0 ] || set -- matrix sums
passed=0
failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for name in "$@"; do
	for file in "$PROJECT/sql_tests"/{slow,t}/"$name.sh"; do
		[ -f "$file" ] || continue
		timeout "${TEST_TIMEOUT:-1200}" bash "$file" 2>&1 | tee "$output"
		status=${PIPESTATUS[0]}
		passed=$((passed + $(grep -c '^ok - ' "$output")))
		failed=$((failed + $(grep -c '^not ok - ' "$output")))
		[ "$status" -eq 0 ] || grep -q '^not ok - ' "$output" ||
			failed=$((failed + 1))
	done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
