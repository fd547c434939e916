#!/bin/bash
# sql_tests/tools/house/words.sh
#   Nothing half done is in the tree: what cannot be done is refused by an
#   error, not by a remark.  No blanks at the ends of lines.
set -euo pipefail
cd "$(dirname "$0")/../../.."

! grep -rnE '\b(TO''DO|FIX''ME|X''XX)\b' src sql sql_tests bench Makefile *.md
! grep -rnE '[[:blank:]]+$' src sql Makefile
