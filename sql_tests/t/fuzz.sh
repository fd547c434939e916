#!/bin/bash
# sql_tests/t/fuzz.sh
#   Random changes: does validate name them, does migrate_missing mend them?
#   FUZZ_ROUNDS and FUZZ_SEED say how many and which; without a seed a new one
#   is taken, and printed.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database fuzz
tl_database fuzz
seed=${FUZZ_SEED:-$RANDOM}
output=$("$PROJECT/sql_tests/tools/fuzz.py" "${FUZZ_ROUNDS:-5}" "$seed" 2>&1)
ok $? "${FUZZ_ROUNDS:-5} rounds of changes with seed $seed" "$output"
tl_nothing_left "after the last round" 5
tl_done
