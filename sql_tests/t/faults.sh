#!/bin/bash
# sql_tests/t/faults.sh
#   A few trials of faults, one of each of these kinds; "make check-faults" does
#   hundreds, of all kinds.
. "$(dirname "$0")/../tools/testlib.sh"

export EACH=1
export SEED=${SEED:-1}
export KIND=worker_terminated,backend_killed,mysql_killed,network_cut
python3 -B "$PROJECT/sql_tests/tools/faults/trials.py" "$TL_DIR"
exit $?
