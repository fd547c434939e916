#!/bin/bash
# sql_tests/t/reconnect.sh
#   Lost connections are the job's own business: it goes on without being
#   resumed, nothing is lost or twice, and what no waiting mends is told at once.
. "$(dirname "$0")/../tools/testlib.sh"

ROWS=80000
tl_mysql_database reconnect
my "CREATE TABLE big (id int PRIMARY KEY, a varchar(64));
	INSERT INTO big SELECT seq, MD5(seq) FROM seq_1_to_$ROWS;
	CREATE TABLE nokey (a int);
	INSERT INTO nokey SELECT seq FROM seq_1_to_50000;
	CREATE TABLE late (id int PRIMARY KEY, flag tinyint(1));
	INSERT INTO late SELECT seq, seq % 2 FROM seq_1_to_1000" reconnect
tl_database reconnect

start()					# SCHEMA [OPTIONS]
{
	"$PSQL" -X -q -A -t >"$TL_DIR/$1" 2>&1 -c "SET mysql_migrate.max_piece_rows = 1000" \
		-c "SELECT * FROM migrate_schema('source', local_schema => '$1', workers => 3,
		options => '{${2:-}}')" &
	CLIENT=$!
}

kill_connections()		# [HOW MANY AT MOST]
{
	local id

	for id in $(my "SELECT id FROM information_schema.processlist WHERE user = 'mover'
			AND id <> CONNECTION_ID() ORDER BY RAND() LIMIT ${1:-100}"); do
		my "KILL $id" 2>/dev/null
	done
}

# Some rows of "big" are committed, and some are still to be read.
is_partly_loaded()		# SCHEMA
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.task AS t JOIN mysql_migrate.job AS j ON j.id = t.job
		WHERE local_schema = '$1' AND object = 'big' AND t.state = 'running'
		  AND rows_loaded > 0")" -gt 0 ]
}

whole()					# SCHEMA: it ended well, by itself, and is whole
{
	wait $CLIENT
	is "$(q "SELECT count(*), count(DISTINCT id), sum(id) FROM $1.big")" \
		"$ROWS|$ROWS|$((ROWS * (ROWS + 1) / 2))" "$1: big is whole" "$(cat "$TL_DIR/$1")"
	is "$(q "SELECT count(*), count(DISTINCT a) FROM $1.nokey")" "50000|50000" \
		"$1: nokey is whole"
	is "$(q "SELECT count(*) FROM $1.late")" 1000 "$1: late is whole"
	like "$(q "SELECT state FROM mysql_migrate.jobs WHERE local_schema = '$1'")" \
		'^(ok|warning)$' "$1: one job, and it ended well"
	tl_nothing_left "$1" 5
}

# ---- one connection after the other, the snapshot stays

start one_by_one '"rate_limit": "2MB"'
tl_wait 20 is_partly_loaded one_by_one
for n in 1 2 3; do
	kill_connections 1
	sleep 0.3
done
whole one_by_one

# ---- all at once: a new moment, and the job says so

start all_at_once '"rate_limit": "1MB"'
tl_wait 20 is_partly_loaded all_at_once
kill_connections
whole all_at_once
is "$(q "SELECT consistent, later_position IS NOT NULL FROM mysql_migrate.job
	WHERE local_schema = 'all_at_once'")" "f|t" "all_at_once: not of one moment, and it is written"
like "$(cat "$TL_DIR/all_at_once")" "migrate_missing.*mode => 'mirror'" \
	"all_at_once: the hint mends it"

# ---- again and again while it is planned

is_planning()
{
	[ "$(q "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'mysql_migrate leader'")" = 1 ]
}

for n in 1 3; do
	start planned$n
	tl_wait 10 is_planning
	sleep 0.0$((n * 2))
	kill_connections
	sleep 0.1
	kill_connections
	whole planned$n
done

# ---- resumed while MySQL is not to be reached

start gone '"rate_limit": "1MB"'
tl_wait 20 is_partly_loaded gone
kill -INT $CLIENT
wait $CLIENT
JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
q "ALTER SERVER source OPTIONS (SET port '1')"
"$PSQL" -X -q -A -t >"$TL_DIR/gone" 2>&1 -c "SELECT * FROM migration_resume($JOB)" &
CLIENT=$!
is_waiting()
{
	grep -q "job $JOB waits for MySQL" "$TL_DIR/gone"
}
tl_wait 10 is_waiting
ok $? "resumed: it waits, and says so" "$(cat "$TL_DIR/gone")"
kill -INT $CLIENT
tl_nothing_left "resumed: Ctrl-C while it waits" 3
wait $CLIENT

# ---- what waiting does not mend

started=$SECONDS
tl_fails "never reached" 08001 'could not connect' \
	"SELECT * FROM migrate_schema('source', local_schema => 'never');"
q "ALTER SERVER source OPTIONS (SET port '$MYSQL_PORT');
	ALTER USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (SET password 'wrong')"
tl_fails "resumed with a wrong password" 08001 'could not connect' \
	"SELECT * FROM migration_resume($JOB);"
[ $((SECONDS - started)) -lt 20 ]
ok $? "both are told at once"
q "ALTER USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (SET password '$MYSQL_PASSWORD')"
"$PSQL" -X -q -A -t >"$TL_DIR/gone" 2>&1 -c "SELECT * FROM migration_resume($JOB)" &
CLIENT=$!
whole gone
tl_done
