#!/bin/bash
# sql_tests/tools/house/symbols.sh
#   What the library exports begins with our prefix, so that it meets no symbol
#   of the server or of another extension.
set -euo pipefail
cd "$(dirname "$0")/../../.."

symbols=$(nm -D --defined-only mysql_migrate.so | awk '{ print $NF }')
[ -n "$symbols" ]
! grep -vE '^(mm_.*|mysql_migrate_.*|pg_finfo_mysql_migrate_.*|Pg_magic_func|_PG_init|_init|_fini)$' <<<"$symbols"
