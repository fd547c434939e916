#!/bin/bash
# sql_tests/t/switch.sh
#   The switch, and the guards around it: each of them keeps rows from being
#   lost that would be lost without it.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database switch
my "CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(20));
	INSERT INTO orders (v) SELECT CONCAT('order ', seq) FROM seq_1_to_1000;
	CREATE TABLE customers (id int PRIMARY KEY, name varchar(20));
	INSERT INTO customers SELECT seq, CONCAT('customer ', seq)
		FROM seq_1_to_100" switch
tl_database switch
is "$(q "SELECT sum(loaded) FROM migrate_schema('source')" | tail -n 1)" 1100 \
	"two tables are here"

# ---- whose rows these are

identity=$(q "SELECT DISTINCT source_identity FROM mysql_migrate.table_map")
like "$identity" '^server_(uuid|id) .+' "the source's identity is recorded"
is "$(q "SELECT source_identity FROM mysql_migrate.job WHERE id = 1")" \
	"$identity" "the job has it too"
my "CREATE TABLE fresh (id int PRIMARY KEY)" switch
is "$(q "SELECT migration_accept_source('source')")" "$identity" \
	"a table more does not make it another source"
my "DROP TABLE fresh" switch

# ---- after the switch

q "INSERT INTO mysql_migrate.switched (server, owner)
	VALUES ('source', 'postgres'::regrole)" >/dev/null
for call in "migrate_schema('source', local_schema => 'again')" \
	"migrate_table('source', 'orders', on_existing => 'truncate')" \
	"fix_sequences('source')"; do
	tl_fails "switched: ${call%%(*}" 55000 'was switched: nothing is written' \
		"SELECT * FROM $call;"
done
is "$(q "SELECT count(*) FROM orders")" 1000 "switched: no row is gone"
is "$(q "SELECT sum(loaded) FROM migrate_table('source', 'orders', 'again',
	force => true)" | tail -n 1)" 1000 "switched: force is followed"
q "DROP TABLE again" >/dev/null
tl_fails "switched: migration_rollback" 55000 'nothing .* is dropped' \
	"SELECT migration_rollback(1, force => true);"
q "DELETE FROM mysql_migrate.switched WHERE server = 'source'" >/dev/null
is "$(q "SELECT count(*) FROM fix_sequences('source')")" 1 \
	"a switch can be lifted"

# ---- the dry run changes nothing

switch()				# ARGUMENTS, after the server
{
	q "SET client_min_messages = warning;
		SELECT step, what, result FROM migrate_switch('source'${1:+, $1})" -F ': '
}

is "$(switch 'dry_run => true' | cut -d: -f2- | sed 's/: .*//')" " writers off
 last mirror
 validate
 sequences
 open" "dry_run: a row for each step"
is "$(switch 'dry_run => true' | sed -n 's/^5: //p')" \
	"open: ready to be switched" "dry_run: all is ready"
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 \
	"dry_run: nothing is switched"

# refused NAME PATTERN [ARGUMENTS]: and nothing is switched.
refused()
{
	tl_fails "$1" "${4:-55000}" "$2" \
		"SELECT * FROM migrate_switch('source', seconds => 1${3:+, $3});"
	is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 \
		"$1: not switched"
	like "$(switch 'dry_run => true' | sed -n 's/^5: open: //p')" \
		"${5:-not ready}" "$1: the dry run says so"
}

# ---- what is not here, or not whole

my "CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)" switch
refused "table not migrated" '1 table of "switch" was not migrated'
my "DROP TABLE late" switch
q "UPDATE mysql_migrate.table_map SET rows_rejected = 2, status = 'incomplete'
	WHERE local_table = 'customers'" >/dev/null
refused "rejected rows" '1 table is not whole'
q "UPDATE mysql_migrate.table_map SET rows_rejected = 0, status = 'ok'" >/dev/null

# ---- another source

q "UPDATE mysql_migrate.table_map SET source_identity = 'server_uuid of another'" >/dev/null
refused "another source" 'is not the source that table'
eval "$(sed 's/.*: \(SELECT .*;\)$/q "\1"/' <<<"$HINT")" >"$TL_DIR/accepted"
is "$(cat "$TL_DIR/accepted")" "$identity" "another source: the hint accepts it"

# ---- somebody writes

# lost NAME QUERY: what the guard was for: MySQL has something that is not here,
# and after a switch would never have come.
lost()
{
	local remote local

	remote=$(my "$2" switch)
	local=$(q "$2")
	[ "$remote" != "$local" ]
	ok $? "$1: switched all the same, it would have stayed behind" \
		"$remote there, $local here"
}

writer()				# SECONDS between two writes
{
	while :; do
		my "INSERT INTO orders (v) VALUES ('late')" switch
		sleep $1
	done
}
writer 0.2 &
writer=$!
refused "a writer" 'somebody still writes' '' 55000 'ready'
kill $writer
wait $writer 2>/dev/null
lost "a writer" "SELECT COUNT(*) FROM orders"

# One that the binary log knows nothing of.
quiet_writer()
{
	while :; do
		my "SET sql_log_bin = 0; INSERT INTO orders (v) VALUES ('quiet')" switch
		sleep 0.2
	done
}
quiet_writer &
writer=$!
tl_fails "a writer past the log" 55000 'somebody still writes' \
	"SELECT * FROM migrate_switch('source', seconds => 3);"
kill $writer
wait $writer 2>/dev/null
lost "a writer past the log" "SELECT COUNT(*) FROM orders WHERE v = 'quiet'"

my "TRUNCATE orders; INSERT INTO orders (v) SELECT CONCAT('order ', seq) FROM seq_1_to_1000" switch
q "SELECT count(*) FROM migrate_table('source', 'orders', on_existing => 'truncate')" >/dev/null

# A change that is not committed yet.
mkfifo "$TL_DIR/holder"
sv_mysql -N --unbuffered switch <"$TL_DIR/holder" >"$TL_DIR/held" &
holder=$!
exec 3>"$TL_DIR/holder"
echo "BEGIN; UPDATE customers SET name = 'half' WHERE id = 2; SELECT 'held';" >&3
tl_wait 10 grep -q held "$TL_DIR/held"
refused "an open transaction" 'changes that are not committed' '' 55000 'ready'
echo "COMMIT;" >&3
exec 3>&-
wait $holder
lost "an open transaction" "SELECT name FROM customers WHERE id = 2"
my "UPDATE customers SET name = 'customer 2' WHERE id = 2" switch

# ---- between the first look and the last one

# hold: the switch has to wait before its last step; go_on ends that.
hold()
{
	tl_close_gate "BEGIN; LOCK TABLE mysql_migrate.switched IN SHARE MODE"
	q "SELECT * FROM migrate_switch('source', seconds => 1${1:+, $1})" \
		>"$TL_DIR/switched" 2>&1 &
	switching=$!
	tl_wait 30 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE NOT granted
		AND mode = '"'AccessExclusiveLock'"'")" = 1 ]'
}

go_on()
{
	tl_open_gate COMMIT
	wait $switching
}

hold
my "UPDATE customers SET name = 'too late' WHERE id = 3" switch
go_on
like "$(cat "$TL_DIR/switched")" 'ERROR:  somebody still writes' \
	"a write after the comparison is found"
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 \
	"a write after the comparison: not switched"
lost "a write after the comparison" "SELECT name FROM customers WHERE id = 3"
my "UPDATE customers SET name = 'customer 3' WHERE id = 3" switch

# ---- the switch

my "INSERT INTO orders (v) VALUES ('last one'); DELETE FROM orders WHERE id = 3;
	UPDATE customers SET name = 'moved' WHERE id = 4" switch
hold 'lock => true'
like "$(my "SET lock_wait_timeout = 1; INSERT INTO orders (v) VALUES ('late')" switch 2>&1)" \
	'ERROR 1205' "lock: nobody can write meanwhile"
go_on
like "$(cat "$TL_DIR/switched")" \
	'1.writers off.read lock held, read_only = OFF, binlog.*has not moved for 1 s' \
	"switch: writers are off"
like "$(cat "$TL_DIR/switched")" \
	'2.last mirror.2 tables: 1 inserted, 1 updated, 1 deleted' \
	"switch: the last changes are brought over"
like "$(cat "$TL_DIR/switched")" '3.validate.1,100 rows, every table equal' \
	"switch: every row was compared"
like "$(cat "$TL_DIR/switched")" '4.sequences.1 set, next value \+ 1000' \
	"switch: next values are set"
like "$(cat "$TL_DIR/switched")" '5.open.ready at [0-9:]*\. Point the application here' \
	"switch: open"
is "$(q "INSERT INTO orders (v) VALUES ('here') RETURNING id > 2000")" t \
	"switch: the next row has the margin"
is "$(q "SELECT kind, state FROM mysql_migrate.job ORDER BY id DESC LIMIT 1")" \
	"migrate_switch|switched" "switch: the job says so"
my "INSERT INTO orders (v) VALUES ('there')" switch
ok $? "switch: the lock is given back"
is "$(switch | sed 's/ at .* already/ already/')" \
	"1: open: switched already: nothing was done" "a second call does nothing"

# What was written here since then would be lost by any of these.
for call in "migrate_table('source', 'orders', on_existing => 'truncate')" \
	"migrate_schema('source', on_existing => 'truncate')" \
	"migrate_missing('source', mode => 'mirror')" \
	"migration_resume(1)"; do
	tl_fails "after the switch: ${call%%(*}" 55000 'was switched' \
		"SELECT * FROM $call;"
done
is "$(q "SELECT count(*) FROM orders WHERE v = 'here'")" 1 \
	"after the switch: the row that was written here is here"
eval "$(sed 's/.*: \(DELETE .*;\)$/q "\1"/' <<<"$HINT")" >/dev/null
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 \
	"the hint lifts the switch"
q "BEGIN; SELECT count(*) FROM migrate_missing('source', 'orders', mode => 'mirror'); ROLLBACK" >/dev/null
is "$(q "SELECT count(*) FROM orders WHERE v = 'here'")" 0 \
	"without the mark, what was written here is lost"

# ---- the server's name leads to another machine: its tables are others

q "SELECT count(*) FROM migrate_missing('source', mode => 'mirror', force => true)" >/dev/null
server_id=$(my "SELECT @@server_id")
my "SET GLOBAL server_id = 4711; UPDATE customers SET name = 'of another shop'" switch
for call in "migrate_missing('source', mode => 'mirror')" \
	"migrate_switch('source', seconds => 1)"; do
	tl_fails "another machine: ${call%%(*}" 55000 'is not the source that table' \
		"SELECT * FROM $call;"
done
is "$(q "SELECT count(*) FROM customers WHERE name = 'of another shop'")" 0 \
	"another machine: nothing of it is here"
q "$(sed 's/.*: \(SELECT .*;\)$/\1/' <<<"$HINT")" >/dev/null
q "SELECT count(*) FROM migrate_missing('source', 'customers', mode => 'mirror')" >/dev/null
like "$(q "SELECT count(*) FROM customers WHERE name = 'of another shop'")" '^[1-9]' \
	"another machine: accepted, its rows overwrite what was here"
my "SET GLOBAL server_id = $server_id"
q "SELECT migration_accept_source('source')" >/dev/null

# ---- two at once, and one that is undone

q "BEGIN; SELECT count(*) FROM migrate_switch('source', seconds => 1, accept => '{kept}'); ROLLBACK" >/dev/null 2>&1
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 "a switch that is rolled back is none"
q "SELECT * FROM migrate_switch('source', seconds => 4)" >"$TL_DIR/switched" 2>&1 &
switching=$!
tl_wait 5 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE locktype = '"'advisory'"'")" -gt 0 ]'
tl_fails "two at once" 55006 'migrate_switch is running already' \
	"SELECT * FROM migrate_switch('source', seconds => 1);"
wait $switching
like "$(cat "$TL_DIR/switched")" 'ready at' "two at once: the first goes on"
q "DELETE FROM mysql_migrate.switched" >/dev/null
for call in "seconds => 0" "margin => -1" "seconds => -5"; do
	tl_fails "$call" 22023 'invalid value for "(seconds|margin)"' \
		"SELECT * FROM migrate_switch('source', $call);"
done

# ---- an account that may see neither the position nor transactions

tl_server plain switch reader >/dev/null
q "SELECT count(*) FROM migrate_schema('plain', local_schema => 'plain')" >/dev/null
writer 0.2 &
writer=$!
tl_fails "reader: a writer" 55000 'somebody still writes' \
	"SELECT * FROM migrate_switch('plain', seconds => 1);"
kill $writer
wait $writer 2>/dev/null
tl_fails "reader: lock" 55000 'could not lock' \
	"SELECT * FROM migrate_switch('plain', seconds => 1, lock => true);"
q "SELECT count(*) FROM migrate_schema('plain', local_schema => 'plain', on_existing => 'truncate')" >/dev/null
like "$(q "SELECT result FROM migrate_switch('plain', seconds => 1) WHERE step = 1")" \
	'no binary log to be seen, .*without the privilege PROCESS' \
	"reader: what is not proven is said"
tl_nothing_left "at the end" 5
tl_done
