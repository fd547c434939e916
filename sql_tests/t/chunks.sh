#!/bin/bash
# sql_tests/t/chunks.sh
#   Tables are cut by any kind of key: the ranges together are the table, no
#   row is in two of them, and a gap costs nothing.
#
# Pieces of a few rows and four workers make every range end, begin and divide
# as often as can be.
. "$(dirname "$0")/../tools/testlib.sh"

PIECES="SET mysql_migrate.max_piece_rows = 7;"

tl_mysql_database chunks
sv_mysql chunks >"$TL_DIR/load" 2>&1 <<'SQL'
SET sql_mode = '';
SET time_zone = '+00:00';
-- integers: negative, zero, beyond 2^63, sparse
CREATE TABLE k_int (id int PRIMARY KEY, v int);
INSERT INTO k_int SELECT (seq - 400.0) * 7, seq FROM seq_1_to_800;
INSERT INTO k_int VALUES (-2147483648, 1), (2147483647, 2);
CREATE TABLE k_bigint (id bigint unsigned PRIMARY KEY, v int);
INSERT INTO k_bigint SELECT 18446744073709551615.0 - seq * seq, seq FROM seq_0_to_800;
INSERT INTO k_bigint VALUES (0, 1), (9223372036854775807, 2), (9223372036854775808, 3);
CREATE TABLE k_tiny (id tinyint unsigned zerofill PRIMARY KEY, v int);
INSERT INTO k_tiny SELECT seq, seq FROM seq_0_to_255;
CREATE TABLE k_down (id int, v int, PRIMARY KEY (id DESC));
INSERT INTO k_down SELECT seq, seq FROM seq_1_to_600;
-- decimals of 30 digits, doubles, floats
CREATE TABLE k_decimal (id decimal(40, 10) PRIMARY KEY, v int);
INSERT INTO k_decimal SELECT (seq - 300.0) * 1234567890123456789012345678.0000000001, seq FROM seq_1_to_600;
CREATE TABLE k_double (id double PRIMARY KEY, v int);
INSERT INTO k_double SELECT (seq - 300e0) / 7, seq FROM seq_1_to_600;
INSERT INTO k_double VALUES (1e300, 1), (-1e300, 2), (1e-300, 3);
CREATE TABLE k_float (id float PRIMARY KEY, v int);
INSERT INTO k_float SELECT (seq - 300e0) / 7, seq FROM seq_1_to_600;
-- temporal
CREATE TABLE k_date (id date PRIMARY KEY, v int);
INSERT INTO k_date SELECT '1999-12-01' + INTERVAL seq DAY, seq FROM seq_1_to_600;
INSERT INTO k_date VALUES ('1000-01-01', 1), ('9999-12-31', 2);
CREATE TABLE k_datetime (id datetime(6) PRIMARY KEY, v int);
INSERT INTO k_datetime SELECT '2026-01-01' + INTERVAL seq * 13 MICROSECOND, seq FROM seq_1_to_600;
INSERT INTO k_datetime VALUES ('1000-01-01 00:00:00.000001', 1), ('9999-12-31 23:59:59.999999', 2);
CREATE TABLE k_timestamp (id timestamp(3) PRIMARY KEY, v int);
INSERT INTO k_timestamp SELECT '2026-03-29 00:00:00' + INTERVAL seq * 11 SECOND, seq FROM seq_1_to_600;
CREATE TABLE k_time (id time(2) PRIMARY KEY, v int);
INSERT INTO k_time SELECT SEC_TO_TIME((seq - 300.0) * 99.25), seq FROM seq_1_to_600;
INSERT INTO k_time VALUES ('-838:59:59', 1), ('838:59:59', 2);
CREATE TABLE k_year (id year PRIMARY KEY, v int);
INSERT INTO k_year SELECT 1901 + seq, seq FROM seq_0_to_254;
INSERT INTO k_year VALUES (0, -1);
-- labels, sorted by their numbers
CREATE TABLE k_enum (e enum('z', 'y', 'x', 'a') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (e, n));
INSERT INTO k_enum SELECT 1 + seq % 4, seq, seq FROM seq_1_to_800;
CREATE TABLE k_set (s set('c', 'b', 'a') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (s, n));
INSERT INTO k_set SELECT seq % 8, seq, seq FROM seq_1_to_600;
CREATE TABLE k_bit (id bit(20) PRIMARY KEY, v int);
INSERT INTO k_bit SELECT seq * 1001, seq FROM seq_1_to_600;
-- text in the order of its own collation
CREATE TABLE k_text_ci (id varchar(30) COLLATE utf8mb4_general_ci PRIMARY KEY, v int);
INSERT INTO k_text_ci SELECT CONCAT(ELT(1 + seq % 6, 'a', 'B', 'ä', 'Z', '_', 'é'), seq), seq FROM seq_1_to_600;
INSERT IGNORE INTO k_text_ci VALUES ('a', 1), ('A', 2), ('á', 3), ('a ', 4), ('', 5), (' ', 6), ('ß', 7), ('ss', 8), ("it's", 9), ('back\\slash', 10), ('percent%', 11);
CREATE TABLE k_text_bin (id varchar(30) COLLATE utf8mb4_bin PRIMARY KEY, v int);
INSERT INTO k_text_bin SELECT CONCAT(ELT(1 + seq % 5, 'a', 'A', 'á', '😀', 'ﬀ'), seq), seq FROM seq_1_to_600;
INSERT INTO k_text_bin VALUES ('a', 1), ('A', 2), ('á', 3), ('', 4);
CREATE TABLE k_text_nopad (id varchar(30) COLLATE utf8mb4_unicode_nopad_ci PRIMARY KEY, v int);
INSERT INTO k_text_nopad SELECT CONCAT('k', seq), seq FROM seq_1_to_600;
INSERT INTO k_text_nopad VALUES ('a', 1), ('a ', 2), ('a  ', 3), ('b', 4), ('B ', 5);
CREATE TABLE k_text_swedish (id char(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY, v int);
INSERT INTO k_text_swedish SELECT CONCAT(ELT(1 + seq % 4, 'å', 'ä', 'ö', 'y'), seq), seq FROM seq_1_to_600;
CREATE TABLE k_text_japanese (id varchar(20) CHARACTER SET cp932 PRIMARY KEY, v int);
INSERT INTO k_text_japanese SELECT CONCAT(ELT(1 + seq % 3, '日', '本', 'ｱ'), seq), seq FROM seq_1_to_600;
CREATE TABLE k_text_utf16 (id varchar(20) CHARACTER SET utf16 PRIMARY KEY, v int);
INSERT INTO k_text_utf16 SELECT CONCAT(ELT(1 + seq % 3, '日', 'x', '😀'), seq), seq FROM seq_1_to_600;
-- bytes
CREATE TABLE k_binary (id binary(16) PRIMARY KEY, v int);
INSERT INTO k_binary SELECT UNHEX(MD5(seq)), seq FROM seq_1_to_600;
CREATE TABLE k_varbinary (id varbinary(20) PRIMARY KEY, v int);
INSERT INTO k_varbinary SELECT CONCAT(CHAR(seq % 256), UNHEX('00ff'), CHAR(seq DIV 256)), seq FROM seq_1_to_600;
INSERT INTO k_varbinary VALUES ('', 1), (X'00', 2), (X'0000', 3), (X'FF', 4), (X'FF00', 5);
-- uuids in their three forms
CREATE TABLE k_uuid (id uuid PRIMARY KEY, v int);
INSERT INTO k_uuid SELECT CONCAT_WS('-', LEFT(MD5(seq), 8), MID(MD5(seq), 9, 4), CONCAT(4, MID(MD5(seq), 13, 3)), CONCAT(8, MID(MD5(seq), 16, 3)), RIGHT(MD5(seq), 12)), seq FROM seq_1_to_600;
INSERT INTO k_uuid SELECT UUID(), seq FROM seq_1_to_100;
CREATE TABLE k_uuid_text (id char(36) PRIMARY KEY, v int);
INSERT INTO k_uuid_text SELECT id, v FROM k_uuid;
CREATE TABLE k_inet6 (id inet6 PRIMARY KEY, v int);
INSERT INTO k_inet6 SELECT CONCAT('2001:db8::', HEX(seq * 77)), seq FROM seq_1_to_600;
-- several columns
CREATE TABLE k_columns (a varchar(10) NOT NULL, b int NOT NULL, c datetime(3) NOT NULL, v int, PRIMARY KEY (a, b, c));
INSERT INTO k_columns SELECT ELT(1 + seq % 3, 'one', 'Two', 'ten'), seq % 5, '2026-01-01' + INTERVAL seq SECOND, seq FROM seq_1_to_900;
-- keys with NULLs: one range for them, or no key at all
CREATE TABLE k_null (id int NULL UNIQUE, v int);
INSERT INTO k_null SELECT IF(seq % 3 = 0, NULL, seq - 100.0), seq FROM seq_1_to_600;
CREATE TABLE k_null_part (a int NOT NULL, b int NULL, v int, UNIQUE (a, b));
INSERT INTO k_null_part SELECT seq % 9, IF(seq % 4 = 0, NULL, seq), seq FROM seq_1_to_600;
CREATE TABLE k_none (a int, b text);
INSERT INTO k_none SELECT seq % 50, 'twice' FROM seq_1_to_600;
CREATE TABLE k_none_parts (a int, b text) PARTITION BY RANGE (a) SUBPARTITION BY HASH (a) SUBPARTITIONS 2
	(PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (400), PARTITION p2 VALUES LESS THAN MAXVALUE);
INSERT INTO k_none_parts SELECT seq % 500, 'again' FROM seq_1_to_1500;
CREATE TABLE k_parts (id int PRIMARY KEY, v int) PARTITION BY HASH (id) PARTITIONS 7;
INSERT INTO k_parts SELECT seq * 3, seq FROM seq_1_to_600;
-- a generated key, a key that is not in front, no rows, one row
CREATE TABLE k_generated (n int, id int AS (n * 2) STORED, UNIQUE (id));
INSERT INTO k_generated (n) SELECT seq FROM seq_1_to_600;
CREATE TABLE k_last (v text, `order` int, `sélect` int, PRIMARY KEY (`sélect`, `order`));
INSERT INTO k_last SELECT seq, seq % 10, seq FROM seq_1_to_600;
CREATE TABLE k_empty (id int PRIMARY KEY);
CREATE TABLE k_one (id int PRIMARY KEY);
INSERT INTO k_one VALUES (7);
CREATE TABLE k_seven (id int PRIMARY KEY);
INSERT INTO k_seven SELECT seq FROM seq_1_to_7;
SQL
ok $? "tables with every kind of key are in MySQL" "$(cat "$TL_DIR/load")"
my "ANALYZE TABLE $(my "SELECT GROUP_CONCAT('chunks.', table_name)
	FROM information_schema.tables WHERE table_schema = 'chunks'")" >/dev/null

tl_database chunks
tables=$(my "SELECT COUNT(*) FROM information_schema.tables
	WHERE table_schema = 'chunks'")
is "$(q "$PIECES SELECT count(*), sum(read) = sum(loaded), sum(rejected),
	count(*) FILTER (WHERE status NOT IN ('ok', 'warning'))
	FROM migrate_schema('source', workers => 4)" | tail -n 1)" \
	"$tables|t|0|0" "every table is loaded in pieces of seven rows"
tl_same_rows "every row is here once" chunks public

# Ranges are done, and their rows are those of the tables.
is "$(q "SELECT string_agg(DISTINCT state, ',') FROM mysql_migrate.task
	WHERE kind = 'load'")" done "every range is done"
is "$(q "SELECT count(*) FROM mysql_migrate.task AS t
	WHERE kind = 'load' AND rows_read <> rows_loaded + rows_rejected")" 0 \
	"in every range, read = loaded + rejected"
is "$(q "SELECT string_agg(object, ',' ORDER BY object) FROM (
	SELECT object FROM mysql_migrate.task WHERE kind = 'load'
	 GROUP BY object HAVING bool_and(position IS NULL)) AS x")" \
	k_empty,k_none,k_none_parts,k_null_part,k_one \
	"all but those without a key or with few rows were walked by key"
is "$(q "SELECT count(*), sum(rows_read) FROM mysql_migrate.task
	WHERE kind = 'load' AND partition IS NOT NULL")" "6|1500" \
	"without a key, each partition is a stream of its own"
is "$(q "SELECT rows_read FROM mysql_migrate.task
	WHERE object = 'k_null' AND is_null_chunk")" 200 \
	"rows whose key is NULL are a range"

# ---------------------------------------------------------------- dividing

# One table, four workers: three of them get their part from the first.
q "CREATE SCHEMA divided"
for table in k_int k_bigint k_decimal k_datetime k_time k_enum k_set k_text_ci \
	k_text_bin k_text_japanese k_binary k_uuid k_uuid_text k_columns k_parts; do
	is "$(q "SET mysql_migrate.max_piece_rows = 1;
		SELECT read = loaded, status FROM migrate_table('source', '$table',
			'divided.$table')" | tail -n 1)" "t|ok" "$table: one row at a time"
	is "$(q "SELECT (SELECT count(*) FROM divided.$table)
			= (SELECT count(*) FROM public.$table),
		(SELECT count(*) FROM (SELECT x::text FROM public.$table AS x
			EXCEPT SELECT x::text FROM divided.$table AS x) AS y)")" "t|0" \
		"$table: every row is here once"
	ok $(($(q "SELECT count(*) FROM mysql_migrate.task WHERE kind = 'load'
		AND job = (SELECT max(id) FROM mysql_migrate.job)") < 3)) \
		"$table: was divided while it was loaded"
done

# ------------------------------------------------------------------- a gap

my "CREATE DATABASE IF NOT EXISTS chunks_gap; USE chunks_gap;
	DROP TABLE IF EXISTS gap;
	CREATE TABLE gap (id bigint PRIMARY KEY, filler char(100)) ;
	INSERT INTO gap SELECT seq + 1, 'x' FROM seq_1_to_300000;
	INSERT INTO gap SELECT 100000000000000 - seq, 'x' FROM seq_0_to_100000;
	ANALYZE TABLE gap" >/dev/null
questions()
{
	my "SHOW GLOBAL STATUS LIKE 'Questions'" | cut -f 2
}
tl_server gap chunks_gap
before=$(questions)
is "$(q "SELECT loaded FROM migrate_schema('gap', local_schema => 'gap')" |
	tail -n 1)" 400001 "keys from 2 to 10^14: every row is here"
asked=$(($(questions) - before))
ok $((asked > 250)) "a gap of 10^14 takes few queries" "it took $asked"
is "$(q "SELECT count(*) FROM mysql_migrate.task
	WHERE object = 'gap' AND kind = 'load' AND rows_read = 0
	  AND position IS NULL")" 0 "no range of it is empty"
is "$(q "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM gap.gap")" \
	"400001|400001|2|100000000000000" "each of them once"

# ---------------------------------------------- rows that become fat at once

# A piece that is right for narrow rows ends in time all the same: positions
# between the fat ones are committed.
my "CREATE DATABASE chunks_fat; USE chunks_fat;
	CREATE TABLE fat (id int PRIMARY KEY, v mediumtext);
	INSERT INTO fat SELECT seq, 'x' FROM seq_1_to_50000;
	INSERT INTO fat SELECT 50000 + seq, REPEAT('x', 10000) FROM seq_1_to_1200;
	ANALYZE TABLE fat" >/dev/null
tl_server fat chunks_fat
q "SELECT loaded FROM migrate_schema('fat', local_schema => 'fat', workers => 1,
	options => '{\"rate_limit\": \"2MB\"}')" >"$TL_DIR/fat" 2>&1 &
client=$!
while kill -0 $client 2>/dev/null; do
	q "SELECT position FROM mysql_migrate.task WHERE object = 'fat'
		AND kind = 'load' AND position::int BETWEEN 50001 AND 51199"
	sleep 0.1
done >"$TL_DIR/positions"
wait $client
is "$(tail -n 1 "$TL_DIR/fat")" 51200 "rows that become fat at once are loaded"
positions=$(sort -u "$TL_DIR/positions" | grep -c '^[0-9]')
ok $((positions < 2)) "pieces of them are committed in between" \
	"$(sort -u "$TL_DIR/positions" | head)"
is "$(q "SELECT count(*), count(DISTINCT id), sum(length(v)) FROM fat.fat")" \
	"51200|51200|12050000" "each of them once"

my "DROP DATABASE chunks; DROP DATABASE chunks_gap; DROP DATABASE chunks_fat"
tl_done
