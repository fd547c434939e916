#!/bin/bash
# sql_tests/slow/skew.sh
#   One table whose rows are narrow, then fat, with a gap of 10^14 between: all
#   four workers have something to do until it is nearly over, and the time left
#   that is told on the way is about right.
. "$(dirname "$0")/../tools/testlib.sh"

WORKERS=4

tl_mysql_database skew
sv_mysql skew <<'SQL'
CREATE TABLE skewed (id bigint PRIMARY KEY, body text);
INSERT INTO skewed SELECT seq, 'x' FROM seq_1_to_2000000;
INSERT INTO skewed SELECT 1000000000 + seq, REPEAT(MD5(seq), 30) FROM seq_1_to_500000;
INSERT INTO skewed SELECT 100000000000000 - seq, 'x' FROM seq_1_to_200000;
ANALYZE TABLE skewed;
SQL
tl_database skew

# Seconds since the epoch, seconds left of the whole job.
watch()
{
	while sleep 0.2; do
		q "SELECT extract(epoch FROM clock_timestamp()),
			extract(epoch FROM ('00:' || trim(\"left\"))::interval)
			FROM mysql_migrate.progress
			WHERE \"table\" = 'whole job' AND phase = 'load'
			  AND \"left\" ~ '^ *[0-9]+:[0-9]+$'" -F ' '
	done
}
watch >"$TL_DIR/left" 2>/dev/null &
watcher=$!
is "$(q "SELECT loaded, status FROM migrate_schema('source',
	workers => $WORKERS)" | tail -n 1)" "2700000|ok" "a skewed table is loaded"
over=$(date +%s.%N)
kill $watcher

load="SELECT extract(epoch FROM max(finished) - min(started)) AS span,
	sum(extract(epoch FROM finished - started)) AS busy
	FROM mysql_migrate.task WHERE kind = 'load'"
echo "# $(q "SELECT round(span, 1) || ' s, busy '
	|| round(100 * busy / span / $WORKERS, 1) || ' %' FROM ($load) AS x")"
is "$(q "SELECT busy > 0.9 * $WORKERS * span FROM ($load) AS x")" t \
	"the workers are idle for less than a tenth of it"
echo "# in the middle: $(awk -v over="$over" '{
	line[NR] = $2 " s left, really " over - $1 " s" } END { print line[int(NR / 2) + 1] }' \
	"$TL_DIR/left")"

my "DROP DATABASE skew"
tl_done
