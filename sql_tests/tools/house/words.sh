#!/bin/bash
# sql_tests/tools/house/words.sh
#   Nothing half done is in the tree: what cannot be done is refused by an
#   error, not by a remark.  No blanks at the ends of lines.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit

found=0
grep -rnIE '\b(TO''DO|FIX''ME|X''XX)\b' src sql sql_tests bench Makefile ./*.md &&
	found=1
grep -rnIE '[[:blank:]]+$' src sql sql_tests bench Makefile && found=1
exit $found
