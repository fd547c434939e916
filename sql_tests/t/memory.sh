#!/bin/bash
# sql_tests/t/memory.sh
#   Bounded memory, with sizes that do not take long.
WIDE_ROWS=10
WIDE_MB=16
NARROW_ROWS=1000000
. "$(dirname "$0")/../tools/memory.sh"
