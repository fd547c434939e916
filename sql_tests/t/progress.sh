#!/bin/bash
# sql_tests/t/progress.sh
#   mysql_migrate.progress, watched while two million rows move: no number goes
#   backwards, the last row is the whole job, nothing is wider than a screen.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database progress
sv_mysql progress <<'SQL'
CREATE TABLE `a table with quite a long name indeed` (id int PRIMARY KEY, a int, b varchar(80), c varchar(80), KEY (a), KEY (b));
INSERT INTO `a table with quite a long name indeed` SELECT seq, CRC32(seq) % 1000000, REPEAT(MD5(seq), 2), MD5(-seq) FROM seq_1_to_1200000;
CREATE TABLE `größe` (id varchar(40) PRIMARY KEY, v int);
INSERT INTO `größe` SELECT MD5(seq), seq FROM seq_1_to_400000;
CREATE TABLE no_key (a int, b int);
INSERT INTO no_key SELECT seq, seq FROM seq_1_to_400000;
CREATE TABLE child (id int PRIMARY KEY, v varchar(40), FOREIGN KEY (v) REFERENCES `größe` (id), CHECK (id > 0));
INSERT INTO child SELECT seq, MD5(seq) FROM seq_1_to_50000;
SQL
for n in $(seq 1 30); do
	echo "CREATE TABLE small_$n (id int PRIMARY KEY); INSERT INTO small_$n VALUES (1), (2), (3);"
done | sv_mysql progress
my "ANALYZE TABLE $(my "SELECT GROUP_CONCAT('progress.\`', table_name, '\`')
	FROM information_schema.tables WHERE table_schema = 'progress'")" >/dev/null
tl_database progress

is "$(q "SELECT count(*) FROM mysql_migrate.progress")" 0 \
	"without a job there is no row"

# A job has its row some time after its leader has begun.
is_running()
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.jobs
		WHERE state = 'running'")" -gt 0 ]
}

# Leaves a psql script once no job runs.
until_over()
{
	echo "SELECT count(*) = 0 AS over FROM mysql_migrate.jobs WHERE state = 'running' \\gset"
	printf '%s\n' '\if :over' '\q' '\endif'
}

# One session looks all the time, until the job is over.
for _ in $(seq 1 2000); do
	echo "SELECT CASE WHEN count(*) > 0 THEN 'look' ELSE 'end' END FROM mysql_migrate.jobs WHERE state = 'running';"
	echo "SELECT * FROM mysql_migrate.progress;"
	echo "SELECT 'raw', p.\"table\", p.phase, p.rows, p.bytes, p.of_rows FROM mysql_migrate.jobs AS j, LATERAL (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') AS slots FROM mysql_migrate.job_slots(j.id) AS s) AS s, LATERAL mysql_migrate.job_tables(j.id, s.slots) AS p WHERE j.state = 'running';"
	echo "SELECT 'who', application_name FROM pg_stat_activity WHERE backend_type = 'mysql_migrate worker';"
	echo "SELECT pg_sleep(0.02) \\gset"
	until_over
done >"$TL_DIR/looks.sql"
"$PSQL" -X -q -A -t -o /dev/null -c "SET client_min_messages = error" \
	-c "SELECT * FROM migrate_schema('source', workers => 3)" &
client=$!
tl_wait 20 is_running
"$PSQL" -X -q -A -t -f "$TL_DIR/looks.sql" >"$TL_DIR/seen" 2>&1 &
watcher=$!
"$PSQL" -X -q -f <(for _ in $(seq 1 600); do
	echo "SELECT * FROM mysql_migrate.progress; SELECT pg_sleep(0.1) \\gset"
	until_over
done) >"$TL_DIR/screen" 2>&1
wait $client $watcher

looks=$(grep -c '^look' "$TL_DIR/seen")
ok $((looks < 10)) "the job was looked at" "$looks times"
is "$(grep -c ERROR "$TL_DIR/seen" "$TL_DIR/screen" | paste -sd ' ')" \
	"$TL_DIR/seen:0 $TL_DIR/screen:0" "no look failed"
is "$(awk '{ if (length($0) > 120) print length($0) ": " $0 }' \
	"$TL_DIR/screen" | head -n 3)" "" "no line is wider than 120 columns"
is "$(awk '/^\([0-9]+ row/ { if (substr($1, 2) > 7) print }' \
	"$TL_DIR/screen" | head -n 3)" "" "34 tables take few lines"

# What was seen of each table and of the job, in the order of time.
backwards=$(awk -F '|' '
	function number(text) { gsub(/[^0-9]/, "", text); return text + 0 }
	$1 == "raw" { key = $2; value = $4; also = $5 }
	$1 ~ /^[0-9]+$/ && $2 == "whole job" { key = "whole job"; value = number($4); also = 0 }
	key != "" {
		if (value + 0 < rows[key] || also + 0 < bytes[key])
			print key ": " rows[key] " then " value
		rows[key] = value + 0; bytes[key] = also + 0; key = ""
	}' "$TL_DIR/seen" | head -n 5)
is "$backwards" "" "no counter goes backwards"
is "$(awk -F '|' '$2 == "whole job" && $3 != "plan" { gsub(/[^0-9]/, "", $4)
	if ($4 > last) last = $4 } END { print (last > 2000000) }' "$TL_DIR/seen")" \
	1 "the whole job comes to all of its rows"
# Within one look: the whole job is the sum of all other rows.
is "$(awk -F '|' '
	function number(text) { gsub(/[^0-9]/, "", text); return text + 0 }
	/^look/ { sum = 0 }
	$1 ~ /^[0-9]+$/ && $2 != "whole job" { sum += number($4) }
	$1 ~ /^[0-9]+$/ && $2 == "whole job" && number($4) != sum { print sum " in " $0 }' \
	"$TL_DIR/seen" | head -n 3)" "" "the whole job is the sum of the other rows"
# 2.3 seconds are not over after two.  An estimate is shown rounded.
is "$(awk -F '|' '
	function number(text) { gsub(/[^0-9]/, "", text); return text + 0 }
	function rounded(n) { unit = n >= 1e5 ? 1000 : n >= 1e4 ? 100 : 10
		return int(n / unit + 0.5) * unit }
	$1 ~ /^[0-9]+$/ && $3 == "load" && $9 ~ /^ *00:00$/ &&
		($5 ~ /~/ ? rounded(number($4)) : number($4)) < number($5)' \
	"$TL_DIR/seen" | head -n 3)" "" \
	"no time is left only when no row is"
is "$(q "SELECT string_agg(mysql_migrate.duration_text(d::interval), ' ')
	FROM unnest('{0,1.9,59:59.9,1:59:59.9,1 day 2:00:00}'::text[]) AS d")" \
	"00:00 00:01 59:59 1:59:59 26:00:00" "durations as text"
for phase in load index constraint queued done; do
	ok $(($(grep -c "^[0-9]*|[^|]*|$phase|" "$TL_DIR/seen") < 1)) \
		"phase \"$phase\" was seen"
done
like "$(grep '^[0-9]*|[^|]*|index|' "$TL_DIR/seen")" \
	'\|(b|.*_pkey|.*_idx|a|.*), (scanning|sorting|writing)' \
	"an index says how far it is"
like "$(grep '^[0-9]*|.*|load|' "$TL_DIR/seen")" 'readers?, to id [0-9]+' \
	"a reader says how far it is"
like "$(grep '^who' "$TL_DIR/seen")" \
	'who\|mysql_migrate job 1 worker [1-3]: load ' \
	"pg_stat_activity says job and task"
is "$(q "SELECT sum(loaded) FROM mysql_migrate.result")" 2050090 \
	"every row is here"

# ------------------------------------------- validate and migrate_missing

# NAME PHASE STATEMENT: looks while it runs.
look_at()
{
	"$PSQL" -X -q -A -t -o /dev/null -c "SET client_min_messages = error" \
		-c "$3" &
	client=$!
	tl_wait 20 is_running
	"$PSQL" -X -q -f <(for _ in $(seq 1 1000); do
		echo "SELECT * FROM mysql_migrate.progress; SELECT pg_sleep(0.03) \\gset"
		until_over
	done) >"$TL_DIR/screen" 2>&1
	wait $client
	is "$(awk '{ if (length($0) > 120) print length($0) ": " $0 }' \
		"$TL_DIR/screen" | head -n 3)" "" "$1: no line is wider than 120 columns"
	ok $(($(awk -F '|' -v phase="$2" '$3 ~ phase && $4 ~ /[1-9]/ &&
		$7 ~ /[1-9]/ && $9 ~ /[0-9]:[0-9]/ && $10 ~ /[1-9] reader/' \
		"$TL_DIR/screen" | wc -l) < 1)) \
		"$1: tells rows, speed and the time left" "$(tail -n 20 "$TL_DIR/screen")"
	is "$(awk -F '|' '$2 ~ /whole job/ { gsub(/[^0-9]/, "", $4)
		if ($4 + 0 < rows) print rows " then " $4; rows = $4 + 0 }' \
		"$TL_DIR/screen" | head -n 3)" "" "$1: no counter goes backwards"
}
look_at validate compare "SELECT * FROM validate('source')"
look_at migrate_missing sync \
	"SELECT * FROM migrate_missing('source', mode => 'mirror')"

my "DROP DATABASE progress"
tl_done
