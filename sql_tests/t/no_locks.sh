#!/bin/bash
# sql_tests/t/no_locks.sh
#   MySQL's own log of a whole migration: nothing is locked or flushed, nothing
#   is written.  The lock that migrate_switch takes when it is asked to is given
#   back on every way out.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database no_locks
my "CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(20), f tinyint(1),
		at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6));
	INSERT INTO orders (v, f) SELECT CONCAT('order ', seq), seq % 2 FROM seq_1_to_5000;
	CREATE TABLE items (id int PRIMARY KEY, ord int unsigned NOT NULL, FOREIGN KEY (ord) REFERENCES orders (id));
	INSERT INTO items SELECT seq, seq FROM seq_1_to_500;
	CREATE TABLE no_key (a int, b varchar(20)); INSERT INTO no_key SELECT seq, 'x' FROM seq_1_to_100;
	CREATE TABLE codes (code varchar(20) PRIMARY KEY); INSERT INTO codes SELECT CONCAT('c', seq) FROM seq_1_to_100;
	CREATE SEQUENCE numbers; CREATE VIEW seen AS SELECT id FROM orders" no_locks
tl_database no_locks

LOG=$RUN/my/no_locks.log
log_on()
{
	: >"$TL_DIR/log"
	my "SET GLOBAL log_output = 'FILE'; SET GLOBAL general_log_file = '$LOG'; SET GLOBAL general_log = ON"
}

# What was logged since log_on, without what this script says.
log_off()
{
	my "SET GLOBAL general_log = OFF"
	cat "$LOG" >"$TL_DIR/log"
	rm -f "$LOG"
}

# Statements that lock, flush or write; comments and strings aside.
log_offenders()
{
	grep -aE '(Query|Prepare|Execute)	' "$TL_DIR/log" |
		sed -E "s/'[^']*'/''/g; s/\`[^\`]*\`/name/g" |
		grep -aiE '\b(LOCK|UNLOCK|FLUSH|GET_LOCK|INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|CREATE|ALTER|DROP|GRANT|HANDLER|BACKUP|FOR UPDATE|SHARE MODE)\b' |
		grep -aiE '	(LOCK|UNLOCK|FLUSH|INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|CREATE|ALTER|DROP|GRANT|HANDLER|BACKUP)\b|GET_LOCK|FOR UPDATE|SHARE MODE' |
		grep -avE 'SET GLOBAL general_log'
}

life_cycle()
{
	q "SELECT count(*) FROM migration_check('source', depth => 'data')"
	q "SELECT count(*) FROM migration_plan('source')"
	q "SELECT count(*) FROM migrate_schema('source')"
	q "SELECT count(*) FROM migrate_table('source', 'orders', 'again', where_clause => 'id < 100')"
	for mode in count checksum full; do
		q "SELECT count(*) FROM validate('source', mode => '$mode')"
	done
	q "DELETE FROM items WHERE id < 10; UPDATE orders SET v = 'x' WHERE id = 400;
		INSERT INTO codes VALUES ('extra')"
	for mode in new missing changed mirror; do
		q "SELECT count(*) FROM migrate_missing('source', mode => '$mode')"
	done
	q "SELECT count(*) FROM migrate_missing('source', 'orders', watermark => 'at')"
	q "SELECT count(*) FROM fix_sequences('source')"
	q "SELECT count(*) FROM compare_queries('source', ARRAY['SELECT count(*) FROM orders'])"
	q "CREATE SCHEMA far; IMPORT FOREIGN SCHEMA no_locks FROM SERVER source INTO far;
		SELECT count(*) FROM far.orders JOIN far.items ON ord = orders.id; ANALYZE far.orders"
	q "SELECT count(*) FROM migrate_switch('source', dry_run => true)"
	q "SELECT count(*) FROM migrate_switch('source', seconds => 1)"
}

log_on
my "SELECT 'log is written'" >/dev/null
life_cycle >"$TL_DIR/life" 2>&1
log_off
is "$(grep -c ERROR "$TL_DIR/life")" 0 "a whole migration" "$(grep ERROR "$TL_DIR/life")"
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 1 "it ends with the switch" "$(tail -n 5 "$TL_DIR/life")"
like "$(grep -ac 'Prepare\|Execute\|Query' "$TL_DIR/log")" '^[1-9][0-9][0-9]' \
	"MySQL has logged what was said to it"
like "$(grep -a 'general_log\|CONSISTENT SNAPSHOT' "$TL_DIR/log")" 'CONSISTENT SNAPSHOT' \
	"all readers have one moment"
is "$(log_offenders)" "" "nothing is locked, flushed or written in MySQL"

# The filter finds what it is there for.
log_on
my "LOCK TABLES items READ; UNLOCK TABLES; INSERT INTO codes VALUES ('seen'); DELETE FROM codes WHERE code = 'seen';
	SELECT * FROM codes FOR UPDATE; FLUSH STATUS" no_locks >/dev/null
log_off
is "$(log_offenders | grep -c .)" 6 "a lock would have been seen" "$(log_offenders)"

# Asked for: the lock of a millisecond, and only that.
q "DELETE FROM mysql_migrate.switched" >/dev/null
log_on
q "SELECT count(*) FROM migrate_table('source', 'items', 'locked', options => '{\"snapshot\": \"lock\"}')" >"$TL_DIR/out" 2>&1
log_off
is "$(log_offenders | sed 's/.*	//' | tr 'a-z' 'A-Z' | sort -u | tr '\n' ';')" \
	"FLUSH TABLES WITH READ LOCK;UNLOCK TABLES;" \
	"snapshot by lock: one lock, given back" "$(cat "$TL_DIR/out")"

# ---- migrate_switch(lock => true): given back on every way out

can_write()
{
	my "SET lock_wait_timeout = 1; UPDATE codes SET code = code WHERE code = 'c1'" no_locks \
		>/dev/null 2>&1
}

is_locked()
{
	! my "SET lock_wait_timeout = 0; UPDATE codes SET code = code WHERE code = 'c1'" no_locks \
		>/dev/null 2>&1
}

# free NAME: writers go on at once.
free()
{
	tl_wait 2 can_write
	ok $? "lock: $1: writers go on"
	is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 "lock: $1: not switched"
}

# switching PSQL-COMMAND...: in the background, up to the lock; sets SWITCHING.
switching()
{
	"$PSQL" -X -q -A -t -c "$1" >"$TL_DIR/switching" 2>&1 &
	SWITCHING=$!
	tl_wait 10 is_locked
	ok $? "$2: it holds the lock" "$(cat "$TL_DIR/switching")"
}
LONG="SELECT * FROM migrate_switch('source', seconds => 60, lock => true)"

switching "$LONG" "Ctrl-C"
kill -INT $SWITCHING
wait $SWITCHING
free "Ctrl-C"

switching "$LONG" "pg_terminate_backend"
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE query LIKE '%seconds => 60%' AND pid <> pg_backend_pid()" >/dev/null
wait $SWITCHING
free "pg_terminate_backend"

switching "$LONG" "a client that dies"
{ kill -KILL $SWITCHING; wait $SWITCHING; } 2>/dev/null
q "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
	WHERE query LIKE '%seconds => 60%' AND pid <> pg_backend_pid()" >/dev/null
free "a client that dies"

switching "SET statement_timeout = '1500ms'; $LONG" "statement_timeout"
wait $SWITCHING
free "statement_timeout"

my "UPDATE items SET ord = 4 WHERE id > 100" no_locks
my "DELETE FROM codes WHERE code > 'c5'" no_locks
q "SELECT * FROM migrate_switch('source', seconds => 1, lock => true)" >"$TL_DIR/out" 2>&1
like "$(cat "$TL_DIR/out")" 'would delete' "lock: the last mirror fails"
free "the last mirror fails"
q "SELECT count(*) FROM migrate_missing('source', mode => 'mirror', options => '{\"max_delete\": 100}')" >/dev/null 2>&1

q "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	CREATE TRIGGER spoil BEFORE INSERT OR UPDATE OR DELETE ON codes FOR EACH ROW EXECUTE FUNCTION spoil()" >/dev/null
my "INSERT INTO codes VALUES ('spoiled')" no_locks
q "SELECT * FROM migrate_switch('source', seconds => 1, lock => true)" >"$TL_DIR/out" 2>&1
like "$(cat "$TL_DIR/out")" 'ERROR:  1 of 6 tables' "lock: a table that does not become equal"
free "a table that does not become equal"
q "DROP TRIGGER spoil ON codes" >/dev/null

# The session goes on: the lock went with the error, not with the session.
"$PSQL" -X -q -A -t >"$TL_DIR/caught" 2>&1 <<'EOF' &
DO $$ BEGIN
	PERFORM * FROM migrate_switch('source', seconds => 1, lock => true, margin => 5, options => '{"max_delete": "x"}');
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE 'caught %', SQLERRM;
	PERFORM pg_sleep(3);
END $$;
EOF
CAUGHT=$!
tl_wait 10 grep -q caught "$TL_DIR/caught"
ok $? "lock: an error that is caught" "$(cat "$TL_DIR/caught")"
free "an error that is caught"
wait $CAUGHT

switching "$LONG" "MySQL ends the session"
my "SELECT id FROM information_schema.processlist WHERE user = 'mover' AND id <> CONNECTION_ID()" |
	while read -r id; do my "KILL $id"; done
wait $SWITCHING
like "$(cat "$TL_DIR/switching")" 'ERROR:  ' "lock: MySQL ends the session that holds it: an error"
free "MySQL ends the session"

q "SELECT result FROM migrate_switch('source', seconds => 1, lock => true)" >"$TL_DIR/out" 2>&1
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 1 "lock: a switch that passes" "$(cat "$TL_DIR/out")"
tl_wait 2 can_write
ok $? "lock: afterwards writers go on"
tl_nothing_left "at the end" 5
tl_done
