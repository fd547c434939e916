#!/bin/bash
# sql_tests/slow/scale_large.sh
#   Two thousand tables of ten columns: migration_check and migration_plan take
#   ten seconds together at most.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database scale_large
tl_database scale_large
for ((i = 1; i <= 2000; i++)); do
	echo "CREATE TABLE t$i (id int AUTO_INCREMENT PRIMARY KEY, a varchar(20), b decimal(10,2) DEFAULT 1,
		c datetime, d text, e int, f enum('x','y'), g tinyint(1), h date, i int,
		KEY e (e), UNIQUE KEY a (a)) ENGINE = MyISAM;"
done | sv_mysql scale_large
before=$(date +%s%N)
q "SELECT * FROM migration_check('source')" >"$TL_DIR/check" 2>&1
ok $? "migration_check" "$(cat "$TL_DIR/check")"
statements=$(q "SELECT count(*) FROM migration_plan('source')" | tail -n 1)
ms=$((($(date +%s%N) - before) / 1000000))
ok $((statements > 10000 ? 0 : 1)) "migration_plan has $statements rows"
ok $((ms < 10000 ? 0 : 1)) "they take $ms ms together"
tl_done
