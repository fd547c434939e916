#!/bin/bash
# sql_tests/slow/fuzz_large.sh
#   The rounds of sql_tests/t/fuzz.sh, for longer: make check-fuzz.
FUZZ_ROUNDS=${FUZZ_ROUNDS:-500}
. "$(dirname "$0")/../t/fuzz.sh"
