#!/bin/bash
# sql_tests/slow/cron_recipes.sh
#   The recipes of the README under pg_cron for CRON_MINUTES (10), against a
#   source that is written to all the time: no run fails, and when the writers
#   have stopped, both sides are equal.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/cron.sh"

MINUTES=${CRON_MINUTES:-10}
tl_mysql_database recipes
sv_mysql recipes <<'EOF'
CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, email varchar(60) NOT NULL UNIQUE,
	updated_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (updated_at));
CREATE TABLE orders (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, customer int NOT NULL, total decimal(10,2),
	updated_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (updated_at),
	FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE log (at datetime(6), line varchar(80));
INSERT INTO customers (email) SELECT CONCAT('c', seq, '@example.org') FROM seq_1_to_20000;
INSERT INTO orders (customer, total) SELECT 1 + seq % 20000, seq / 7 FROM seq_1_to_200000;
INSERT INTO log SELECT NOW(6), CONCAT('line ', seq) FROM seq_1_to_50000;
ALTER TABLE log ADD KEY (line);
EOF
ok $? "a shop"
cron_start >"$TL_DIR/start" 2>&1
ok $? "a cluster with pg_cron" "$(cat "$TL_DIR/start" "$CRON_DIR/log")"
tl_server mysql_srv recipes
q "SELECT count(*) FROM migrate_schema('mysql_srv')" >"$TL_DIR/load" 2>&1
ok $? "the tables are here" "$(cat "$TL_DIR/load")"

# Orders come, change, and go; so do customers and lines of the log.
writer()
{
	local n=0

	while [ ! -e "$TL_DIR/stop" ]; do
		n=$((n + 1))
		cat <<-SQL
			INSERT INTO customers (email) VALUES ('$1-$n@example.org');
			INSERT INTO orders (customer, total) SELECT LAST_INSERT_ID(), seq FROM seq_1_to_5;
			UPDATE orders SET total = total + 1 WHERE id BETWEEN $((n * 13 % 200000)) AND $((n * 13 % 200000 + 5));
			UPDATE customers SET email = CONCAT('$1-$n-', id) WHERE id = $((n * 7 % 20000 + 1));
			DELETE FROM orders WHERE id = $((n * 17 % 200000 + 1));
			INSERT INTO log VALUES (NOW(6), '$1 $n');
			DELETE FROM log WHERE line = 'line $((n * 7 % 50000))';
		SQL
		sleep 0.05
	done | sv_mysql --force recipes 2>/dev/null
}
for w in one two; do
	writer $w &
	writers="${writers:-} $!"
done

# As they stand in the README, but more often.
sed -n "/^SELECT cron.schedule/,/;\$/p" "$PROJECT/README.md" |
	sed "s|'\*/5 \* \* \* \*'|'* * * * *'|; s|'0 3 \* \* \*'|'*/2 * * * *'|; s|'0 4 \* \* \*'|'* * * * *'|" \
		>"$TL_DIR/recipes.sql"
sv_psql -q -v ON_ERROR_STOP=1 -f "$TL_DIR/recipes.sql" >"$TL_DIR/scheduled" 2>&1
ok $? "the recipes are scheduled" "$(cat "$TL_DIR/scheduled")"
is "$(q "SELECT count(*) FROM cron.job WHERE schedule ~ '^[*][ /2]*( [*]){4}$'")" 4 \
	"all of them run within minutes" "$(cat "$TL_DIR/recipes.sql")"
sleep $((MINUTES * 60))

touch "$TL_DIR/stop"
wait $writers
# Unscheduled, or not active, a run would be cut off.
q "SELECT cron.alter_job(jobid, schedule => '0 0 1 1 *') FROM cron.job" >/dev/null
all_over()
{
	[ "$(q "SELECT count(*) FROM cron.job_run_details WHERE status IN ('starting', 'running', 'sending', 'connecting')")" = 0 ]
}
tl_wait 120 all_over
ok $? "all runs have ended"
is "$(q "SELECT count(*) FROM mysql_migrate.jobs WHERE state = 'running'")" 0 \
	"and no job runs on"
runs=$(q "SELECT count(*) FROM cron.job_run_details WHERE status = 'succeeded'")
ok $((runs >= MINUTES * 2 ? 0 : 1)) "runs every minute" "$runs runs: $(q "SELECT jobname, status, date_trunc('second', start_time), end_time - start_time
	FROM cron.job_run_details NATURAL JOIN cron.job ORDER BY runid")"
is "$(q "SELECT return_message FROM cron.job_run_details WHERE status = 'failed'")" "" \
	"no run failed in $MINUTES minutes ($runs runs)"
q "SELECT \"table\", inserted, updated, deleted, status FROM migrate_missing('mysql_srv', mode => 'mirror')" \
	>"$TL_DIR/last" 2>&1
is "$(q "SELECT \"table\", status FROM validate('mysql_srv')")" "customers|equal
log|equal
orders|equal" "both sides are equal in the end"
tl_same_rows "as an independent comparison sees it" recipes public
q "SELECT result FROM migrate_switch('mysql_srv', seconds => 2)" >"$TL_DIR/switch" 2>&1
ok $? "and the switch passes" "$(cat "$TL_DIR/switch")"
tl_done
