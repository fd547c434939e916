#!/bin/bash
# sql_tests/tools/house/stand_ins.sh
#   With another client library than MariaDB's, no_client.c stands in: it has
#   every function of the room wire/, else the library could not be loaded.
set -euo pipefail
cd "$(dirname "$0")/../../../src/wire"

declared=$(grep -hoE '\bmm_[a-z0-9_]+\(' connection.h result.h | sort -u)
defined=$(grep -hoE '^mm_[a-z0-9_]+\(' no_client.c result_value.c | sort -u)
[ -n "$declared" ]
missing=$(comm -23 <(echo "$declared") <(echo "$defined"))
echo "$missing"
[ -z "$missing" ]
