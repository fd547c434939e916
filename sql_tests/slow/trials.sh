#!/bin/bash
# sql_tests/slow/trials.sh
#   Trials of faults, see tools/faults/trials.py for SEED, TRIALS, BIG and KIND.
. "$(dirname "$0")/../tools/testlib.sh"

python3 -B "$PROJECT/sql_tests/tools/faults/trials.py" "$TL_DIR"
exit $?
