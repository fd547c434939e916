#!/bin/bash
# sql_tests/t/scale.sh
#   The catalog of a schema is read by a number of queries that does not grow
#   with its tables (sql_tests/slow/scale_large.sh: two thousand of them).
. "$(dirname "$0")/../tools/testlib.sh"

tables()				# FROM TO: CREATE TABLE for each, with all that they have
{
	local i

	for ((i = $1; i <= $2; i++)); do
		echo "CREATE TABLE t$i (id int AUTO_INCREMENT PRIMARY KEY, a varchar(20),
			b decimal(10,2) DEFAULT 1, c datetime, d varchar(9), e int, z tinyint(1), u bigint unsigned, f enum('x','y'),
			g int AS (e + 1), h date, i int CHECK (i > 0), KEY e (e), UNIQUE KEY a (a)) ENGINE = MyISAM;
			CREATE VIEW v$i AS SELECT id, a FROM t$i;
			CREATE TRIGGER g$i BEFORE INSERT ON t$i FOR EACH ROW SET NEW.e = 1;"
	done
}

# queries STATEMENT: how many statements MySQL gets for it
queries()
{
	local count="SELECT variable_value FROM information_schema.global_status
		WHERE variable_name = 'QUERIES'"
	local before

	before=$(my "$count")
	q "$1" >"$TL_DIR/output" 2>&1 || { echo "failed: $(cat "$TL_DIR/output")"; return; }
	echo $(($(my "$count") - before))
}

tl_mysql_database scale
tl_database scale
tables 1 5 | sv_mysql scale
check="SELECT count(*) FROM migration_check('source')"
plan="SELECT count(*) FROM migration_plan('source')"
check_few=$(queries "$check")
plan_few=$(queries "$plan")
tables 6 60 | sv_mysql scale
is "$(queries "$check")" "$check_few" "migration_check asks $check_few times, of 5 tables and of 60"
is "$(queries "$plan")" "$plan_few" "migration_plan asks $plan_few times, of 5 tables and of 60"
like "$check_few $plan_few" '^[0-9]{1,2} [0-9]{1,2}$' "and not often"
is "$(q "SELECT count(*) FROM migration_plan('source') WHERE statement ~ '^CREATE (TABLE|VIEW|TRIGGER)'" | tail -n 1)" \
	180 "the plan holds them all"
tl_done
