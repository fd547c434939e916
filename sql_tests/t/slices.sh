#!/bin/bash
# sql_tests/t/slices.sh
#   Tables that are compared in several ranges, of which this side reads all in
#   one go, block by block: every row that differs is named, wherever it lies;
#   and those tables that cannot be read so give the same.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"
any_version

ROWS=300000
tl_mysql_database slices
# Numbers as wide apart as they may be; below and above 0; beyond bigint; with
# rows that have none; in pieces.
my "CREATE TABLE even (id int PRIMARY KEY, v int, w varchar(20));
	INSERT INTO even SELECT CAST(seq AS SIGNED) * 7 - 1000000, seq % 1000, CONCAT('w', seq % 13) FROM seq_1_to_$ROWS;
	CREATE TABLE far (id bigint unsigned PRIMARY KEY, v int);
	INSERT INTO far SELECT 18446744073709551615 - seq, seq FROM seq_1_to_$ROWS;
	CREATE TABLE loose (id bigint UNIQUE, v int, KEY (v));
	INSERT INTO loose SELECT IF(seq % 1000 = 0, NULL, seq), seq FROM seq_1_to_$ROWS;
	CREATE TABLE pieces (id int PRIMARY KEY, v int)
		PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (100000), PARTITION b VALUES LESS THAN MAXVALUE);
	INSERT INTO pieces SELECT seq, seq FROM seq_1_to_$ROWS;
	ANALYZE TABLE even, far, loose, pieces" slices >/dev/null
tl_database slices
q "SELECT count(*) FROM migrate_schema('source')" >"$TL_DIR/load" 2>&1
ok $? "they are here" "$(cat "$TL_DIR/load")"

# Rows of a table that were read whole, and by an index.
reads()					# TABLE COLUMN
{
	q "SELECT $2 FROM pg_stat_user_tables WHERE relid = '$1'::regclass"
}

has_read_whole()		# TABLE
{
	[ "$(($(reads "$1" seq_tup_read) - WHOLE))" -ge 299000 ]
}

verdict()				# TABLE
{
	q "SELECT rows_local, rows_remote, missing, changed, extra, status FROM validate('source', '$1')" -F ' ' | grep -v '^[NHWD]'
}

# The differences that were made are those that are named.
named()					# NAME TABLE KEY
{
	is "$(q "SELECT string_agg(state || ' ' || k, ', ' ORDER BY state, k)
			FROM (SELECT state, (key->>'$3')::numeric AS k FROM mysql_migrate.difference WHERE table_name = '$2'
				EXCEPT SELECT state, k FROM made WHERE tab = '$2') AS x") and not $(q "SELECT string_agg(state || ' ' || k, ', ' ORDER BY state, k)
			FROM (SELECT state, k FROM made WHERE tab = '$2'
				EXCEPT SELECT state, (key->>'$3')::numeric FROM mysql_migrate.difference WHERE table_name = '$2') AS x")" \
		" and not " "$1: they are named"
}

# Rows at both ends, and every 2,500th and its neighbours: of each slice some.
differ()				# TABLE KEY
{
	q "INSERT INTO made WITH numbered AS (SELECT $2 AS k, row_number() OVER (ORDER BY $2) AS n FROM $1 WHERE $2 IS NOT NULL)
			SELECT '$1', CASE n % 2500 WHEN 0 THEN 'missing' ELSE 'changed' END, k FROM numbered
			WHERE n % 2500 IN (0, 1) OR n = $ROWS - 301;
		DELETE FROM $1 WHERE $2 IN (SELECT k FROM made WHERE tab = '$1' AND state = 'missing');
		UPDATE $1 SET v = v + 1 WHERE $2 IN (SELECT k FROM made WHERE tab = '$1' AND state = 'changed')" >/dev/null
}

q "CREATE TABLE made (tab name, state text, k numeric)" >/dev/null
for table in even far loose pieces; do
	WHOLE=$(reads $table seq_tup_read)
	is "$(verdict $table | cut -d ' ' -f 1-2,6)" "$ROWS $ROWS equal" "$table: equal"
	case $table in
		far | pieces) continue ;;
	esac
	tl_wait 10 has_read_whole $table
	ok $? "$table: it is read whole" "$(reads $table seq_tup_read), before $WHOLE"
	# The rows without a number are looked for in another one.
	is "$(reads $table "CASE WHEN seq_tup_read - $WHOLE <= 2 * $ROWS THEN 'once' ELSE seq_tup_read::text END")" once "$table: once"
done

for table in even far loose pieces; do
	differ $table id
	[ $table = far ] || q "INSERT INTO $table (id, v) VALUES (-2147483648, 1), (2147483647, 1);
		INSERT INTO made VALUES ('$table', 'extra', -2147483648), ('$table', 'extra', 2147483647)" >/dev/null
	is "$(verdict $table)" "$(q "SELECT $ROWS - count(*) FILTER (WHERE state = 'missing') + count(*) FILTER (WHERE state = 'extra'), $ROWS,
			count(*) FILTER (WHERE state = 'missing'), count(*) FILTER (WHERE state = 'changed'),
			count(*) FILTER (WHERE state = 'extra'), 'differs' FROM made WHERE tab = '$table'" -F ' ')" "$table: rows differ"
	named "$table" $table id
done

# ---- tables that are no longer as they were made

# Between keys, in a column that came later, in one behind a dropped one.
q "ALTER TABLE even DROP COLUMN w, ADD COLUMN w varchar(20) DEFAULT 'w0';
	DELETE FROM made WHERE tab = 'even';
	INSERT INTO even (id, v) VALUES (-999990, 1), (1099999, 2);
	INSERT INTO made VALUES ('even', 'extra', -999990), ('even', 'extra', 1099999);
	INSERT INTO made SELECT 'even', 'changed', id FROM even WHERE id BETWEEN -1000000 AND 1100000 AND (id + 1000000) % 7 = 0 AND (id + 1000000) / 7 % 13 <> 0" >/dev/null
is "$(q "SELECT count(*) FROM migrate_missing('source', 'even', 'mirror', options => '{\"max_delete\": 50}')
	WHERE status = 'equal'" | grep -v '^[NHWD]')" 1 "mirror: a column that came later"
is "$(verdict even)" "$ROWS $ROWS 0 0 0 equal" "mirror: equal"

# Few ranges differ, and are cut once more: in rows side by side, and in one.
q "DELETE FROM made WHERE tab = 'even';
	INSERT INTO made WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM even)
		SELECT 'even', CASE WHEN n < 150000 THEN 'changed' ELSE 'missing' END, id FROM numbered
		WHERE n BETWEEN 100000 AND 104500 OR n BETWEEN 200000 AND 200120 OR n IN (140000, 280000);
	DELETE FROM even WHERE id IN (SELECT k FROM made WHERE tab = 'even' AND state = 'missing');
	UPDATE even SET v = v + 1 WHERE id IN (SELECT k FROM made WHERE tab = 'even' AND state = 'changed');
	INSERT INTO even SELECT id + 3, 0, 'x' FROM even WHERE id BETWEEN -500000 AND -497000;
	INSERT INTO made SELECT 'even', 'extra', id FROM even WHERE w = 'x'" >/dev/null
is "$(verdict even | cut -d ' ' -f 6)" differs "few ranges differ"
named "few ranges differ" even id
is "$(q "SELECT status, inserted, updated, deleted FROM migrate_missing('source', 'even', 'mirror')" | grep '|')" \
	"equal|122|4502|$(q "SELECT count(*) FROM made WHERE tab = 'even' AND state = 'extra'")" "few ranges differ: mirror"
is "$(verdict even)" "$ROWS $ROWS 0 0 0 equal" "few ranges differ: equal again"

q "CREATE TABLE child () INHERITS (loose); INSERT INTO child VALUES (-5, -5)" >/dev/null
q "INSERT INTO made VALUES ('loose', 'extra', -5)" >/dev/null
verdict loose >/dev/null
named "a table with a child" loose id
q "DROP TABLE child; DELETE FROM made WHERE tab = 'loose' AND k = -5" >/dev/null

# ---- while others write here, and while workers end

q "SELECT count(*) FROM migrate_missing('source', 'loose', 'mirror')" >/dev/null 2>&1
for n in $(seq 1 20); do
	echo "UPDATE even SET v = v WHERE id % 20 = $n; UPDATE loose SET v = v WHERE v % 20 = $n;"
done >"$TL_DIR/writes.sql"
"$PSQL" -X -q -f "$TL_DIR/writes.sql" >"$TL_DIR/writes" 2>&1 &
writer=$!
n=0
while kill -0 $writer 2>/dev/null; do
	n=$((n + 1))
	is "$(verdict even); $(verdict loose)" "$ROWS $ROWS 0 0 0 equal; $ROWS $ROWS 0 0 0 equal" "others write, $n: equal"
done
wait $writer
ok $? "others have written" "$(cat "$TL_DIR/writes")"

q "UPDATE even SET v = v + 1 WHERE id % 50000 = 0" >/dev/null
for pause in 0.05 0.07 0.09 0.11 0.13 0.15; do
	q "SELECT missing, changed, extra, status FROM validate('source', 'even')" >"$TL_DIR/validate" 2>&1 &
	call=$!
	sleep $pause
	q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'mysql_migrate worker' LIMIT 1" >/dev/null
	wait $call
	is "$(grep -v '^[NHWD]' "$TL_DIR/validate")" "0|$(q "SELECT count(*) FROM even WHERE id % 50000 = 0")|0|differs" \
		"a worker ends after $pause s: nothing is lost"
done
tl_nothing_left "at the end" 5
tl_done
