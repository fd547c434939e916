#!/bin/bash
# sql_tests/t/cancel.sh
#   Stopping: Ctrl-C ends a job at once, losing the client does not.
. "$(dirname "$0")/../tools/testlib.sh"

ROWS=2000000
tl_mysql_database cancel
my "CREATE TABLE big (id int PRIMARY KEY, a int, b varchar(64));
	INSERT INTO big SELECT seq, seq % 100, CONCAT(MD5(seq), MD5(-seq))
		FROM seq_1_to_$ROWS;
	CREATE TABLE small (id int PRIMARY KEY, a int);
	INSERT INTO small SELECT seq, seq FROM seq_1_to_100" cancel
tl_database cancel

# Starts a migration in psql, waits until rows come; sets CLIENT.
start()					# SCHEMA [statement before]
{
	q "CREATE SCHEMA $1" >/dev/null
	"$PSQL" -X -q -A -t >"$TL_DIR/$1" 2>&1 \
		-c "${2:-SET client_min_messages = notice}" \
		-c "SELECT * FROM migrate_schema('source', local_schema => '$1', workers => 2)" &
	CLIENT=$!
	tl_wait 20 tl_is_reading big
	ok $? "$1: the job has begun to read" "$(cat "$TL_DIR/$1")"
}

state()					# SCHEMA
{
	q "SELECT state FROM mysql_migrate.job WHERE local_schema = '$1'
		ORDER BY id DESC LIMIT 1"
}

is_over()
{
	[ "$(state "$1")" != running ] && [ "$(state "$1")" != queued ]
}

goes_on()				# SCHEMA: the job ends well, and whole
{
	tl_wait 90 is_over "$1"
	like "$(state "$1")" '^(ok|warning)$' "$1: the job ends well without it"
	is "$(q "SELECT count(*), sum(id) FROM $1.big")" \
		"$ROWS|$((ROWS * (ROWS + 1) / 2))" "$1: every row is here"
	tl_nothing_left "$1" 5
}

# ---- Ctrl-C

start ctrl_c
kill -INT $CLIENT
tl_nothing_left ctrl_c 2
wait $CLIENT
is "$(state ctrl_c)" cancelled "ctrl_c: the job is cancelled"
like "$(cat "$TL_DIR/ctrl_c")" 'ERROR: .*cancel.*HINT: .*' \
	"ctrl_c: the message says how to go on"

# A new call is not hindered by the old one.
q "DROP SCHEMA ctrl_c CASCADE; CREATE SCHEMA ctrl_c" >/dev/null 2>&1
is "$(q "SELECT sum(loaded) FROM migrate_schema('source',
	local_schema => 'ctrl_c')" | tail -n 1)" "$((ROWS + 100))" \
	"ctrl_c: a new call does the whole"

# ---- Ctrl-C while MySQL does not answer

tl_lock cancel big
start stuck
kill -INT $CLIENT
tl_wait 2 eval '[ "$(tl_workers)" = 0 ]'
ok $? "stuck: no worker is left, though MySQL does not answer"
tl_unlock
wait $CLIENT
tl_nothing_left stuck 5
is "$(state stuck)" cancelled "stuck: the job is cancelled"

# ---- migration_cancel from another session

start by_function
q "SELECT migration_cancel(max(id)) FROM mysql_migrate.job" >/dev/null
tl_nothing_left by_function 2
wait $CLIENT
is "$(state by_function)" cancelled "by_function: the job is cancelled"

# ---- what only detaches

start timeout "SET statement_timeout = '700ms'"
wait $CLIENT
like "$(cat "$TL_DIR/timeout")" 'statement timeout' \
	"timeout: the statement ends"
goes_on timeout

start killed_client
kill -KILL $CLIENT
wait $CLIENT 2>/dev/null
goes_on killed_client

start terminated
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE backend_type = 'client backend' AND query LIKE '%migrate_schema%'
	  AND pid <> pg_backend_pid()" >/dev/null
wait $CLIENT
goes_on terminated

# ---- a worker dies: its work is done by another

start dead_worker
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE backend_type = 'mysql_migrate worker' LIMIT 1" >/dev/null
wait $CLIENT
goes_on dead_worker

# ---- the leader dies: resume goes on

start dead_leader
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE backend_type = 'mysql_migrate leader'" >/dev/null
wait $CLIENT
like "$(cat "$TL_DIR/dead_leader")" 'ERROR: .*HINT: .*migration_resume' \
	"dead_leader: the message says how to go on"
tl_wait 5 tl_is_quiet
q "SELECT count(*) FROM migration_resume((SELECT max(id) FROM mysql_migrate.job))" \
	>"$TL_DIR/resume" 2>&1
ok $? "dead_leader: resume goes on" "$(cat "$TL_DIR/resume")"
is "$(q "SELECT count(*), sum(id) FROM dead_leader.big")" \
	"$ROWS|$((ROWS * (ROWS + 1) / 2))" "dead_leader: every row is here once"
tl_nothing_left dead_leader 5

# ---- the connections die: nothing is lost in silence

start dead_connection
for id in $(my "SELECT id FROM information_schema.processlist
	WHERE user = 'mover' AND id <> CONNECTION_ID()"); do
	my "KILL $id" 2>/dev/null
done
wait $CLIENT
if [ "$(state dead_connection)" = ok ] ||
	[ "$(state dead_connection)" = warning ]; then
	is "$(q "SELECT count(*), sum(id) FROM dead_connection.big")" \
		"$ROWS|$((ROWS * (ROWS + 1) / 2))" \
		"dead_connection: the job mended itself, every row is here"
else
	like "$(cat "$TL_DIR/dead_connection")" 'ERROR: ' \
		"dead_connection: an error tells"
	is "$(q "SELECT to_regclass('dead_connection.big') IS NULL")" t \
		"dead_connection: no table that is not whole"
fi
tl_nothing_left dead_connection 5
tl_done
