#!/bin/bash
# sql_tests/slow/memory_large.sh
#   Bounded memory: 3 GB in rows of 64 MB, and 5 million small rows.
WIDE_ROWS=50
WIDE_MB=64
NARROW_ROWS=5000000
. "$(dirname "$0")/../tools/memory.sh"
