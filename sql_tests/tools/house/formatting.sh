#!/bin/bash
# sql_tests/tools/house/formatting.sh
#   The source looks as .clang-format says.  Another version of clang-format
#   would see it otherwise, so the version is fixed.
set -euo pipefail
cd "$(dirname "$0")/../../.."

find src -name '*.[ch]' -print0 |
	xargs -0 clang-format-14 --dry-run --Werror --style=file
