#!/bin/bash
# sql_tests/t/expressions.sh
#   Expressions and queries give the same in PostgreSQL as in MySQL, or are
#   left to the user by name (see tools/expressions.py).
. "$(dirname "$0")/../tools/testlib.sh"

DATA=$PROJECT/sql_tests/data
TOOL=$PROJECT/sql_tests/tools/expressions.py

tl_database expressions
tl_mysql_database expressions
export MYSQL_DATABASE=expressions
sv_mysql expressions <"$DATA/expressions.sql"
ok $? "the tables are in MySQL"
output=$(python3 "$TOOL" views "$DATA" | sv_mysql expressions 2>&1)
ok $? "MySQL knows every line" "$output"
sv_mysql expressions -e "CREATE VIEW merged AS
	SELECT id, x * 3 AS y FROM (SELECT id, i / n AS x FROM ev) AS q"
ok $? "a query that MySQL merges with another one"
output=$(q "SELECT count(*) FROM migrate_schema('source')
	WHERE status NOT IN ('ok', 'warning')")
is "$(tail -n 1 <<<"$output")" 0 "all of it is migrated"
is "$(q "SELECT count(*) FROM mysql_migrate.note
	WHERE object = 'merged' AND why LIKE 'A quotient has the digits%'")" 1 \
	"that MySQL may calculate with more digits is told"
output=$(python3 "$TOOL" compare "$DATA" public 2>&1)
ok $? "$(tail -n 1 <<<"$output")" "$output"
tl_done
