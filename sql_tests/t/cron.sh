#!/bin/bash
# sql_tests/t/cron.sh
#   migrate_missing under pg_cron: the recipes of the README, an overlap, a
#   failure, and a line that was forgotten after the switch.
#
# Jobs are scheduled @reboot, so that a restart runs them at once.
. "$(dirname "$0")/../tools/testlib.sh"
if [ ! -f "$("$PG_CONFIG" --sharedir)/extension/pg_cron.control" ]; then
	skip "pg_cron is not installed"
	tl_done
fi
. "$(dirname "$0")/../tools/cron.sh"

tl_mysql_database cron
sv_mysql cron <<'EOF'
CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20),
	updated_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
	KEY (updated_at));
INSERT INTO orders (v) SELECT CONCAT('order ', seq) FROM seq_1_to_2000;
CREATE TABLE slow (id int PRIMARY KEY, v int);
INSERT INTO slow SELECT seq, seq FROM seq_1_to_100;
EOF
cron_start >"$TL_DIR/start" 2>&1
ok $? "a cluster with pg_cron" "$(cat "$TL_DIR/start" "$CRON_DIR/log")"
tl_server source cron
tl_server broken nowhere
q "SELECT count(*) FROM migrate_schema('source')" >"$TL_DIR/load" 2>&1
ok $? "the tables are here" "$(cat "$TL_DIR/load")"

ended()					# NAME: one run is over
{
	[ "$(($(cron_runs "$1" succeeded) + $(cron_runs "$1" failed)))" -ge "${2:-1}" ]
}

# ---- every few minutes, and at night

sv_mysql cron <<'EOF'
INSERT INTO orders (v) VALUES ('new');
UPDATE orders SET v = 'changed' WHERE id IN (5, 6);
EOF
cron_schedule 'catch up' '@reboot' \
	"SELECT * FROM migrate_missing('source', 'orders', watermark => 'updated_at')"
cron_schedule 'wrong' '@reboot' "SELECT * FROM migrate_missing('broken')"
cron_restart
tl_wait 20 ended 'catch up'
is "$(cron_runs 'catch up' succeeded)" 1 "catch up: it ran"
is "$(q "SELECT count(*), sum((v = 'changed')::int) FROM orders")" "2001|2" \
	"catch up: what was written is here"
tl_wait 20 ended 'wrong'
is "$(cron_runs wrong failed)" 1 "a run that fails has failed"
like "$(cron_message wrong)" 'could not connect to MySQL.*Unknown database' \
	"its message says why"
like "$(cron_message wrong)" 'HINT: .*"dbname"' "and what to look at"
q "SELECT cron.unschedule('catch up'), cron.unschedule('wrong')" >/dev/null

# ---- two runs at once: the second goes at once

my "DELETE FROM orders WHERE id = 7" cron
tl_lock cron slow
for n in one two; do
	cron_schedule "mirror $n" '@reboot' \
		"SELECT * FROM migrate_missing('source', 'slow', mode => 'mirror')"
done
cron_restart
either()
{
	ended 'mirror one' || ended 'mirror two'
}
tl_wait 20 either
is "$(q "SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'running')
	FROM cron.job_run_details NATURAL JOIN cron.job WHERE jobname LIKE 'mirror %'")" "1|1" \
	"of two runs one goes on and one returns at once"
like "$(grep -c 'another run of migrate_missing' "$CRON_DIR/log")" '^[1-9]' \
	"with a notice" "$(tail -n 20 "$CRON_DIR/log")"
tl_unlock
tl_wait 20 ended 'mirror one'
tl_wait 20 ended 'mirror two'
is "$(cron_runs 'mirror one' succeeded)|$(cron_runs 'mirror two' succeeded)" "1|1" \
	"both have ended well"
q "SELECT cron.unschedule('mirror one'), cron.unschedule('mirror two')" >/dev/null

# ---- a forgotten line after the switch

cron_schedule forgotten '@reboot' \
	"SELECT * FROM migrate_missing('source', mode => 'mirror')"
q "SELECT * FROM migrate_switch('source', seconds => 1)" >"$TL_DIR/switch" 2>&1
ok $? "the switch" "$(cat "$TL_DIR/switch")"
q "INSERT INTO orders (v) VALUES ('written here')" >/dev/null
cron_restart
tl_wait 20 ended forgotten
like "$(cron_message forgotten)" 'was switched: nothing is written' \
	"forgotten: it is refused, and says why"
is "$(q "SELECT count(*) FROM orders WHERE v = 'written here'")" 1 \
	"forgotten: what was written here is here"
tl_done
