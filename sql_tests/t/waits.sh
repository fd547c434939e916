#!/bin/bash
# sql_tests/t/waits.sh
#   Who has to wait for validate, migrate_missing and the others: each is held
#   up in the middle of its work, and then others read, write and alter the
#   tables on both sides.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database waits
my "CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, v varchar(40), at int NOT NULL, KEY (at));
	INSERT INTO big (v, at) SELECT MD5(seq), seq FROM seq_1_to_20000;
	CREATE TABLE loose (a int, v varchar(40)); INSERT INTO loose SELECT seq, MD5(seq) FROM seq_1_to_5000" waits
tl_database waits
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null

# Strong modes of locks on the tables here, of anybody but the one who asks
# and autovacuum, which analyzes what was just filled and gives way by itself.
STRONG="SELECT string_agg(DISTINCT mode, ' ') FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE granted
	AND relation IN ('big'::regclass, 'loose'::regclass) AND pid <> pg_backend_pid()
	AND backend_type <> 'autovacuum worker'
	AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')"

# The same in MySQL: rows and tables that InnoDB holds locked for our accounts.
HELD="SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist AS p
		ON p.id = trx_mysql_thread_id
	WHERE p.user = 'mover' AND p.id <> CONNECTION_ID()
	  AND (trx_tables_locked > 0 OR trx_rows_locked > 0 OR trx_rows_modified > 0)"

# ---- validate: MySQL lets it wait

for mode in count checksum full; do
	tl_lock waits big
	q "SELECT * FROM validate('source', 'big', '$mode')" >"$TL_DIR/job" 2>&1 &
	job=$!
	tl_wait 10 eval '[ "$(my "SELECT COUNT(*) FROM information_schema.processlist
		WHERE user = '"'mover'"' AND state LIKE '"'Waiting for table metadata lock'"'")" -gt 0 ]'
	is "$(q "$STRONG")" "" "validate $mode: no lock on our table that others wait for"
	is "$(q "SET lock_timeout = '200ms'; UPDATE big SET v = v WHERE id % 100 = 1;
		SELECT count(*) FROM big")" 20000 "validate $mode: others read and write"
	tl_unlock
	wait $job
	like "$(cat "$TL_DIR/job")" 'big\|20000\|20000\|.*equal' "validate $mode: it goes on" "$(cat "$TL_DIR/job")"
done

# ---- migrate_missing: a row lets it wait

q "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
		IF (CASE TG_OP WHEN ''DELETE'' THEN OLD ELSE NEW END)::text LIKE ''%gate%'' THEN
			PERFORM pg_advisory_xact_lock_shared(77);
		END IF;
		RETURN CASE TG_OP WHEN ''DELETE'' THEN OLD ELSE NEW END;
	END';
	CREATE TRIGGER gate BEFORE INSERT OR UPDATE OR DELETE ON big FOR EACH ROW EXECUTE FUNCTION gate();
	CREATE TRIGGER gate BEFORE INSERT OR UPDATE OR DELETE ON loose FOR EACH ROW EXECUTE FUNCTION gate()" >/dev/null

# held NAME TABLE ROWS ARGUMENTS: the run stops within a batch of ROWS rows.
held()
{
	local locked

	tl_close_gate "SELECT pg_advisory_lock(77)"
	q "SELECT inserted, updated, deleted, status FROM migrate_missing('source', '$2', $4)" >"$TL_DIR/job" 2>&1 &
	local job=$!
	tl_wait 20 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE locktype = '"'advisory'"' AND objid = 77 AND NOT granted")" -gt 0 ]'
	ok $? "$1: it is held up" "$(cat "$TL_DIR/job")"
	locked=$(q "SELECT (SELECT count(*) FROM $2) - (SELECT count(*) FROM (SELECT FROM $2 FOR UPDATE SKIP LOCKED) AS free)")
	[ "$locked" -le "$3" ]
	ok $? "$1: the rows of a batch are locked here, no others" "$locked rows"
	is "$(q "$STRONG")" "" "$1: no lock on our table that others wait for"
	is "$(q "SET lock_timeout = '200ms'; INSERT INTO $2 SELECT * FROM $2 WHERE false; SELECT count(*) >= 0 FROM $2")" t \
		"$1: others read and write here"
	is "$(my "$HELD")" 0 "$1: nothing is locked in MySQL"
	my "SET lock_wait_timeout = 2, innodb_lock_wait_timeout = 2; UPDATE $2 SET v = v;
		ALTER TABLE $2 COMMENT = '$1'" waits >"$TL_DIR/altered" 2>&1
	ok $? "$1: others write and alter the table in MySQL" "$(cat "$TL_DIR/altered")"
	tl_open_gate "SELECT pg_advisory_unlock(77)"
	wait $job
	RESULT=$(grep -v NOTICE "$TL_DIR/job")
}

my "DELETE FROM loose; INSERT INTO big VALUES (30000, 'gate', 30000);
	INSERT INTO big (id, v, at) SELECT seq, MD5(seq), seq FROM seq_30001_to_35000" waits
held "missing" big 200 "'missing'"
is "$RESULT" "5001|0|0|equal" "missing: it goes on"
my "INSERT INTO big VALUES (40000, 'gate', 40000); INSERT INTO big (id, v, at) SELECT seq, MD5(seq), seq FROM seq_40001_to_45000" waits
held "new" big 200 "'new'"
is "$RESULT" "5001|0|0|ok" "new: it goes on"
my "UPDATE big SET v = CONCAT(IF(id = 12000, 'gate', ''), MD5(v))" waits
held "changed" big 200 "'changed'"
is "$RESULT" "0|30002|0|equal" "changed: it goes on"
my "UPDATE big SET v = CONCAT(IF(id = 50, 'gate', ''), LEFT(v, 20)), at = at + 50000 WHERE id <= 10000" waits
q "SELECT count(*) FROM migrate_missing('source', 'loose', 'mirror', force => true)" >/dev/null
held "watermark" big 200 "watermark => 'at'"
is "$RESULT" "0|10000|0|ok" "watermark: it goes on"
q "UPDATE big SET v = 'gate' WHERE id = 7000" >/dev/null
my "DELETE FROM big WHERE id <= 10000" waits
held "mirror" big 200 "'mirror', options => '{\"max_delete\": 50}'"
is "$RESULT" "0|0|10000|equal" "mirror: it goes on"
my "INSERT INTO loose SELECT seq, IF(seq = 3000, 'gate', 'x') FROM seq_1_to_5000" waits
held "no key" loose 5000 "'mirror'"
is "$RESULT" "5000|0|0|equal" "no key: it goes on"
my "DELETE FROM loose WHERE a > 2500" waits
# Finding a row without a key takes a reading of the table: larger batches.
held "no key, deletes" loose 2500 "'mirror', options => '{\"max_delete\": 60}'"
is "$RESULT" "0|0|2500|equal" "no key, deletes: it goes on"

# ---- those that only look, and the next values

for call in "fix_sequences('source')" "compare_queries('source', ARRAY['SELECT count(*) FROM big', 'SELECT v FROM big ORDER BY v'])" \
	"migrate_switch('source', dry_run => true)"; do
	is "$(q "BEGIN; DO \$\$ BEGIN PERFORM * FROM $call; END \$\$;
		SELECT string_agg(DISTINCT mode, ' ') FROM pg_locks JOIN pg_class AS c ON c.oid = relation
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND granted
		  AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'); ROLLBACK" | grep -v '^NOTICE\|^HINT\|^DETAIL')" "" \
		"${call%%(*}: no lock on a table that others wait for"
done
is "$(my "$HELD")" 0 "nothing stays locked in MySQL"
tl_nothing_left "at the end" 5
tl_done
