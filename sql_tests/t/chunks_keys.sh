#!/bin/bash
# sql_tests/t/chunks_keys.sh
#   Keys that are hard to walk by: at the ends of their types, in the order of
#   every collation, of several columns and directions.  Loaded in small pieces
#   by four workers; killed in the middle, again and again, and resumed; and
#   loaded while rows come and go everywhere in the key.
. "$(dirname "$0")/../tools/testlib.sh"

PIECES="SET mysql_migrate.max_piece_rows = 4;"

tl_mysql_database chunk_keys
tl_mysql_database chunk_numbers

# Numbers from 1 to 1000, on every server.
sv_mysql chunk_numbers <<'SQL'
CREATE TABLE d (i int);
INSERT INTO d VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE n (i int PRIMARY KEY);
INSERT INTO n SELECT 1 + a.i + 10 * b.i + 100 * c.i FROM d AS a, d AS b, d AS c;
SQL

sv_mysql chunk_keys >"$TL_DIR/load" 2>&1 <<'SQL'
SET sql_mode = '';
SET time_zone = '+00:00';
-- numbers at the ends of their types
CREATE TABLE n_bigint (id bigint unsigned PRIMARY KEY, v int);
INSERT INTO n_bigint SELECT 18446744073709551615 - i, i FROM chunk_numbers.n;
INSERT INTO n_bigint VALUES (18446744073709551615, 1), (0, 2), (9223372036854775807, 3), (9223372036854775808, 4);
CREATE TABLE n_signed (id bigint PRIMARY KEY, v int);
INSERT INTO n_signed SELECT -9223372036854775808 + i, i FROM chunk_numbers.n;
INSERT INTO n_signed VALUES (9223372036854775807, 1), (5, 2), (-9223372036854775808, 3);
CREATE TABLE n_decimal (id decimal(65, 30) PRIMARY KEY, v int);
INSERT INTO n_decimal SELECT (i - 500) * 0.000000000000000000000000000001, i FROM chunk_numbers.n;
INSERT INTO n_decimal SELECT (i - 500) * 10000000000000000000000000000000 + 0.5, i FROM chunk_numbers.n;
INSERT INTO n_decimal VALUES (99999999999999999999999999999999999.999999999999999999999999999999, 1), (-99999999999999999999999999999999999.999999999999999999999999999999, 2);
CREATE TABLE n_float (id float PRIMARY KEY, v int);
INSERT INTO n_float SELECT (i - 500) / 3e0, i FROM chunk_numbers.n;
INSERT INTO n_float VALUES (3.4028234e38, 1), (-3.4028234e38, 2), (1.17549435e-38, 3), (0.1, 4), (16777216, 5), (1e-45, 6);
CREATE TABLE n_double (id double PRIMARY KEY, v int);
INSERT INTO n_double SELECT (i - 500) * 1e-300, i FROM chunk_numbers.n;
INSERT INTO n_double SELECT 9007199254740992e0 + 2 * i, i FROM chunk_numbers.n;
INSERT INTO n_double VALUES (1.7976931348623157e308, 1), (-1.7976931348623157e308, 2), (2.2250738585072014e-308, 3), (0.1, 4), (0.30000000000000004, 5), (0.3, 6), (-5e-324, 7);
CREATE TABLE n_bit (id bit(64) PRIMARY KEY, v int);
INSERT INTO n_bit SELECT 18446744073709551615 - i * i, i FROM chunk_numbers.n;
INSERT INTO n_bit VALUES (0, 1), (255, 2), (256, 3), (9223372036854775808, 4), (18446744073709551615, 5);
CREATE TABLE n_year (y year NOT NULL, n smallint NOT NULL, v int, PRIMARY KEY (y, n));
INSERT INTO n_year SELECT IF(i % 16 = 0, 0, 1901 + i % 255), i, i FROM chunk_numbers.n;
CREATE TABLE n_time (t time(6) PRIMARY KEY, v int);
INSERT INTO n_time SELECT SEC_TO_TIME(-i * 1234.567891 - 0.000001), i FROM chunk_numbers.n;
INSERT INTO n_time VALUES ('-838:59:59', 1), ('838:59:59', 2), ('00:00:00', 3), ('-00:00:00.000001', 4), ('00:00:00.000001', 5);
CREATE TABLE n_set (s set('a', 'b', 'c d', 'e''f', '\\', 'ä', '7', '8', '9') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (s, n));
INSERT INTO n_set SELECT i % 512, i, i FROM chunk_numbers.n;
CREATE TABLE n_enum (e enum('b', 'B2', 'a', '', '10', '9') NOT NULL, d date NOT NULL, v int, PRIMARY KEY (e, d));
INSERT INTO n_enum SELECT 1 + i % 6, '2020-02-01' + INTERVAL i DAY, i FROM chunk_numbers.n;
-- one cluster, two ends
CREATE TABLE n_cluster (id bigint PRIMARY KEY, v int);
INSERT INTO n_cluster SELECT 5000000000000 + i, i FROM chunk_numbers.n;
INSERT INTO n_cluster VALUES (-9223372036854775808, 1), (9223372036854775807, 2);
-- text: what a collation takes for equal, for a blank, for nothing
CREATE TABLE words (w varchar(40) COLLATE utf8mb4_bin);
INSERT INTO words VALUES (''), (' '), ('a'), ('A'), ('a '), ('a  b'), ('á'), ('à'), ('a\'b'), ('a\\b'), ('a\\\'b'), ('"'), ('%'), ('_'), ('\t'), ('\n'), ('\r\n'), (X'01'), (X'6101'), (X'7F'), ('ß'), ('ss'), ('œ'), ('oe'), ('ﬀ'), ('ff'), ('ch'), ('cz'), ('ij'), ('ĳ'), ('ñ'), ('n'), ('ı'), ('I'), ('i'), ('İ'), ('😀'), ('😁'), ('👩‍👩‍👧'), ('日本'), ('한글'), ('ｶﾞ'), ('カ'), ('が'), ('א'), ('Ω'), ('ώ'), ('\\0'), ('\\N'), ('NULL'), (X'EFBFBD'), (X'E2808B'), (X'F48FBFBF'), (X'EFBFBF'), (X'C2A0'), (X'E38080'), ('--'), ('/*'), (';'), ('`'), ('$1'), ('?'), (X'CC81'), (X'65CC81'), ('é'), ('ǅ'), ('zzz'), ('ZZZ'), ('Å'), (X'E284AB'), ('0'), ('00'), ('1e3');
CREATE TABLE t_bin (id varchar(60) COLLATE utf8mb4_bin PRIMARY KEY, v int);
CREATE TABLE t_general (id varchar(60) COLLATE utf8mb4_general_ci PRIMARY KEY, v int);
CREATE TABLE t_unicode (id varchar(60) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v int);
CREATE TABLE t_char (id char(60) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v int);
CREATE TABLE t_spanish (id varchar(60) COLLATE utf8mb4_spanish2_ci PRIMARY KEY, v int);
CREATE TABLE t_turkish (id varchar(60) COLLATE utf8mb4_turkish_ci PRIMARY KEY, v int);
CREATE TABLE t_danish (id varchar(60) COLLATE utf8mb4_danish_ci PRIMARY KEY, v int);
CREATE TABLE t_swedish (id varchar(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY, v int);
CREATE TABLE t_german (id varchar(60) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY, v int);
CREATE TABLE t_ucs2 (id varchar(60) CHARACTER SET ucs2 PRIMARY KEY, v int);
CREATE TABLE t_utf32 (id char(60) CHARACTER SET utf32 PRIMARY KEY, v int);
CREATE TABLE t_gbk (id varchar(60) CHARACTER SET gbk PRIMARY KEY, v int);
CREATE TABLE t_sjis (id varchar(60) CHARACTER SET sjis PRIMARY KEY, v int);
/*M! CREATE TABLE t_nopad (id varchar(60) COLLATE utf8mb4_unicode_520_nopad_ci PRIMARY KEY, v int) */;
/*M! CREATE TABLE t_nopad_char (id char(60) COLLATE utf8mb4_nopad_bin PRIMARY KEY, v int) */;
/*M!101000 CREATE TABLE t_1400 (id varchar(60) COLLATE utf8mb4_uca1400_as_cs PRIMARY KEY, v int) */;
/*!80000 CREATE TABLE t_0900 (id varchar(60) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v int) */;
/*!80000 CREATE TABLE t_0900_cs (id varchar(60) COLLATE utf8mb4_0900_as_cs PRIMARY KEY, v int) */;
/*!80000 CREATE TABLE t_0900_bin (id varchar(60) COLLATE utf8mb4_0900_bin PRIMARY KEY, v int) */;
/*!80000 CREATE TABLE t_0900_char (id char(60) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v int) */;
/*!80000 CREATE TABLE t_japanese (id varchar(60) COLLATE utf8mb4_ja_0900_as_cs_ks PRIMARY KEY, v int) */;
-- bytes
CREATE TABLE b_fixed (id binary(20) PRIMARY KEY, v int);
INSERT INTO b_fixed SELECT UNHEX(LEFT(SHA2(i, 256), 40)), i FROM chunk_numbers.n;
INSERT INTO b_fixed VALUES ('', 1), (X'20', 2), (REPEAT(X'FF', 20), 3), (X'5C00', 4), (X'2700', 5);
CREATE TABLE b_long (id varbinary(700) PRIMARY KEY, v int);
INSERT INTO b_long SELECT CONCAT(REPEAT(X'00', i % 600), CHAR(i % 256), UNHEX(LEFT(SHA2(i, 256), 32))), i FROM chunk_numbers.n;
INSERT INTO b_long VALUES ('', 1), (X'00', 2), (X'0000', 3), (X'20', 4), (X'FF', 5);
-- several columns
CREATE TABLE m_constant (a varchar(20) COLLATE utf8mb4_unicode_ci NOT NULL, b decimal(20, 5) NOT NULL, c datetime(6) NOT NULL, v int, PRIMARY KEY (a, b, c));
INSERT INTO m_constant SELECT ELT(1 + i % 3, 'éa', 'EA', 'eA '), (i - 500) DIV 7 / 8, '2020-01-01' + INTERVAL i * 777 MICROSECOND, i FROM chunk_numbers.n;
CREATE TABLE m_two (a tinyint(1) NOT NULL, b binary(4) NOT NULL, c time NOT NULL, v int, PRIMARY KEY (a, b, c));
INSERT INTO m_two SELECT i % 2, UNHEX(LPAD(HEX(i DIV 9), 8, '0')), SEC_TO_TIME(i - 500), i FROM chunk_numbers.n;
CREATE TABLE m_skewed (a int NOT NULL, b bigint unsigned NOT NULL, v int, PRIMARY KEY (a, b));
INSERT INTO m_skewed SELECT IF(i < 950, 7, i - 975), 18446744073709551615 - i, i FROM chunk_numbers.n;
CREATE TABLE m_down (a int NOT NULL, b int NOT NULL, c int NOT NULL, v int, PRIMARY KEY (a, b DESC, c));
INSERT INTO m_down SELECT i % 3, i % 50, i, i FROM chunk_numbers.n;
CREATE TABLE m_down_text (a varchar(20) COLLATE utf8mb4_general_ci NOT NULL, b datetime NOT NULL, c varbinary(8) NOT NULL, v int, PRIMARY KEY (a DESC, b, c DESC));
INSERT INTO m_down_text SELECT ELT(1 + i % 4, 'ä', 'B', 'c\\', ''), '2020-01-01' + INTERVAL i DIV 10 DAY, UNHEX(HEX(1000 - i)), i FROM chunk_numbers.n;
CREATE TABLE m_labels (s set('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k') NOT NULL, n int NOT NULL, v int, PRIMARY KEY (s, n));
INSERT INTO m_labels SELECT i, i, i FROM chunk_numbers.n;
CREATE TABLE m_four (a enum('x', 'y') NOT NULL, `b``c` year NOT NULL, `select` float NOT NULL, `ü` varchar(9) CHARACTER SET latin1 NOT NULL, v int, PRIMARY KEY (a, `b``c`, `select`, `ü`));
INSERT INTO m_four SELECT 1 + i % 2, 2000 + i % 3, (i % 10) / 10, CONCAT('é', i), i FROM chunk_numbers.n;
-- keys with NULLs, and indexes that are none
CREATE TABLE u_nulls (id varchar(30) COLLATE utf8mb4_unicode_ci NULL UNIQUE, v int);
INSERT INTO u_nulls SELECT IF(i % 4 = 0, NULL, CONCAT('Ä', i)), i FROM chunk_numbers.n;
CREATE TABLE u_mixed (a varchar(10) NULL, b date NULL, c int NOT NULL, v int, UNIQUE (a, b, c));
INSERT INTO u_mixed SELECT IF(i % 3 = 0, NULL, i % 9), IF(i % 4 = 0, NULL, '2020-01-01'), IF(i % 12 = 0, 5, i), i % 10 FROM chunk_numbers.n;
CREATE TABLE u_prefix (a varchar(200) NOT NULL, v int, UNIQUE (a(10)));
INSERT INTO u_prefix SELECT CONCAT(LPAD(i, 10, '0'), REPEAT('x', i % 100)), i FROM chunk_numbers.n;
CREATE TABLE u_prefix_part (a blob NOT NULL, b int NOT NULL, v int, PRIMARY KEY (b, a(5)));
INSERT INTO u_prefix_part SELECT CONCAT(CHAR(i % 256), i), i % 20, i FROM chunk_numbers.n;
CREATE TABLE u_plain (a int NOT NULL, v int, KEY (a));
INSERT INTO u_plain SELECT i % 100, i FROM chunk_numbers.n;
-- partitions
CREATE TABLE p_list (id int NOT NULL, region char(2) NOT NULL, v int, PRIMARY KEY (region, id)) PARTITION BY LIST COLUMNS (region)
	(PARTITION de VALUES IN ('de', 'at'), PARTITION us VALUES IN ('us'), PARTITION leer VALUES IN ('xx'));
INSERT INTO p_list SELECT i, ELT(1 + i % 3, 'de', 'at', 'us'), i FROM chunk_numbers.n;
CREATE TABLE p_key (id varchar(20) NOT NULL PRIMARY KEY, v int) PARTITION BY KEY (id) PARTITIONS 5;
INSERT INTO p_key SELECT LEFT(SHA2(i, 256), 20), i FROM chunk_numbers.n;
SQL
ok $? "tables with hard keys are in MySQL" "$(cat "$TL_DIR/load")"

# Each collation takes the words that it can tell apart, alone and in front of
# a number.
for table in $(my "SELECT table_name FROM information_schema.tables
	WHERE table_schema = 'chunk_keys' AND table_name LIKE 't\\_%'"); do
	echo "SET sql_mode = '';"
	echo "INSERT IGNORE INTO $table SELECT w, LENGTH(w) FROM words WHERE CONVERT(CONVERT(w USING $(
		my "SELECT character_set_name FROM information_schema.columns
			WHERE table_schema = 'chunk_keys' AND table_name = '$table'
			  AND column_name = 'id'")) USING utf8mb4) = w COLLATE utf8mb4_bin;"
	echo "INSERT IGNORE INTO $table SELECT CONCAT(id, i % 17), i FROM (SELECT * FROM $table) AS t, chunk_numbers.n WHERE i <= 17;"
done | sv_mysql chunk_keys >"$TL_DIR/load" 2>&1
ok $? "words in the order of every collation are in MySQL" \
	"$(cat "$TL_DIR/load")"

tables=$(my "SELECT COUNT(*) FROM information_schema.tables
	WHERE table_schema = 'chunk_keys'")

# The rows of each table of a schema against those in "public", which have been
# compared with MySQL's.
equal()					# SCHEMA NAME
{
	is "$(q "SET client_min_messages = notice;
		DO \$\$
		DECLARE
			name text;
			differing bigint;
		BEGIN
			FOR name IN SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')
				AND NOT relispartition AND relnamespace = 'public'::regnamespace
			LOOP
				EXECUTE format('SELECT count(*) FROM (
					(SELECT t::text FROM public.%1\$I AS t EXCEPT ALL
					 SELECT t::text FROM %2\$I.%1\$I AS t) UNION ALL
					(SELECT t::text FROM %2\$I.%1\$I AS t EXCEPT ALL
					 SELECT t::text FROM public.%1\$I AS t)) AS x',
					name, '$1') INTO differing;
				IF differing > 0 THEN
					RAISE NOTICE '%: % rows differ', name, differing;
				END IF;
			END LOOP;
		END \$\$")" "" "$2"
}

# MariaDB looks for some of them where its index does not have them.
nopad=$(my "SELECT IF(VERSION() LIKE '%MariaDB%', 't_nopad_char,', '')")

tl_database chunk_keys
is "$(q "$PIECES SELECT count(*), sum(read) = sum(loaded), sum(rejected),
	count(*) FILTER (WHERE status NOT IN ('ok', 'warning'))
	FROM migrate_schema('source', workers => 4)" | tail -n 1)" \
	"$tables|t|0|0" "every table is loaded in pieces of four rows"
tl_same_rows "every row is here once" chunk_keys public
is "$(q "SELECT string_agg(object, ',' ORDER BY object) FROM (
	SELECT object FROM mysql_migrate.task WHERE kind = 'load'
	 GROUP BY object HAVING bool_and(position IS NULL)) AS x")" \
	"m_labels,${nopad}u_mixed,u_plain,u_prefix,u_prefix_part,words" \
	"all but those without a whole key were walked by key"
is "$(q "SELECT count(*) FROM validate('source') WHERE status <> 'equal'")" 0 \
	"validate finds them equal"

# ------------------------------------------------------- what MySQL believes

# Statistics that say: no rows; and: far too many.
if my "SELECT COUNT(*) FROM mysql.innodb_table_stats" >/dev/null 2>&1; then
	for believed in 0 1000000000; do
		my "UPDATE mysql.innodb_table_stats SET n_rows = $believed
			WHERE database_name = 'chunk_keys'"
		my "SET SESSION sql_mode = ''; FLUSH TABLES"
		q "CREATE SCHEMA believed_$believed"
		is "$(q "$PIECES SELECT sum(read) = sum(loaded), sum(rejected)
			FROM migrate_schema('source', workers => 4,
			local_schema => 'believed_$believed')" | tail -n 1)" "t|0" \
			"statistics that say $believed rows: loaded"
		equal "believed_$believed" \
			"statistics that say $believed rows: every row is here once"
	done
fi

# ------------------------------------------------------------------ killed

# Processes of the job, one after the other, the leader last.
kill_some()				# PATTERN
{
	q "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid
		FROM pg_stat_activity WHERE backend_type LIKE '$1'
		ORDER BY random() LIMIT 1) AS x"
}

q "CREATE SCHEMA killed"
q "$PIECES SELECT count(*) FROM migrate_schema('source', workers => 4,
	local_schema => 'killed', wait => false)" >/dev/null
job=$(q "SELECT max(id) FROM mysql_migrate.job")
resumed=0 halfway=0 resumes=()
for _ in 1 2 3 4; do
	for _ in 1 2 3; do
		sleep 0.15
		kill_some 'mysql_migrate worker' >/dev/null
	done
	kill_some 'mysql_migrate leader' >/dev/null
	tl_wait 10 tl_is_quiet
	[ "$(q "SELECT state FROM mysql_migrate.job WHERE id = $job")" != ok ] ||
		break
	halfway=$((halfway + $(q "SELECT count(*) FROM mysql_migrate.task
		WHERE job = $job AND kind = 'load' AND position IS NOT NULL
		  AND state <> 'done'")))
	q "$PIECES SELECT count(*) FROM migration_resume($job)" \
		>"$TL_DIR/resume" 2>&1 &
	resumes+=($!)
	resumed=$((resumed + 1))
	tl_wait 5 eval 'tl_is_busy || ! kill -0 ${resumes[-1]} 2>/dev/null'
done
wait "${resumes[@]}"
q "$PIECES SELECT count(*) FROM migration_resume($job)" >"$TL_DIR/resume" 2>&1
ok $((resumed < 2)) "the job was killed and resumed" "$resumed times"
ok $((halfway < 3)) "ranges were left in the middle" "$halfway"
is "$(q "SELECT count(*), sum(read) = sum(loaded), sum(rejected)
	FROM mysql_migrate.result WHERE job = $job")" "$tables|t|0" \
	"all tables are over"
equal killed "killed and resumed: every row is here once"

# ------------------------------------------------- not walked, but known by

# A table that was here and refers to itself is one stream, whose rows have no
# key or have one.
tl_mysql_database chunk_tree
sv_mysql chunk_tree <<'SQL'
CREATE TABLE tree (id int NULL UNIQUE, parent int NULL, FOREIGN KEY (parent) REFERENCES tree (id));
INSERT INTO tree VALUES (NULL, NULL), (2, NULL), (1, 2), (NULL, 1);
SQL
tl_database chunk_tree
q "CREATE TABLE tree (id int UNIQUE, parent int REFERENCES tree (id) DEFERRABLE)"
is "$(q "SELECT read, loaded, rejected, status FROM migrate_table('source',
	'tree', on_existing => 'append')" | tail -n 1)" "4|4|0|ok" \
	"a table that refers to itself: rows without a key are loaded too"

# ---------------------------------------------- rows come and go meanwhile

# Each transaction puts a row somewhere into the key, takes one away, changes
# the keys of others, and counts itself.
tl_mysql_database chunk_writes
sv_mysql chunk_writes <<'SQL'
CREATE TABLE written (id varchar(40) NOT NULL PRIMARY KEY, n int NOT NULL);
INSERT INTO written SELECT LEFT(SHA2(-i, 256), 40), -1000 - i FROM chunk_numbers.n;
CREATE TABLE moved (id bigint NOT NULL PRIMARY KEY, n int NOT NULL);
INSERT INTO moved SELECT i * 1000000, i FROM chunk_numbers.n;
CREATE TABLE counted (n int PRIMARY KEY);
INSERT INTO counted VALUES (0);
SQL
for n in $(seq 1 40000); do
	echo "BEGIN; INSERT INTO written VALUES (LEFT(SHA2($n, 256), 40), $n);
		DELETE FROM written WHERE n = $n - 100 AND id = LEFT(SHA2($n - 100, 256), 40);
		UPDATE moved SET id = (id + 499000001) % 1000000000 + $n
		 WHERE id = (SELECT id FROM (SELECT id FROM moved
			ORDER BY id LIMIT 1 OFFSET $((n % 1000))) AS x);
		UPDATE counted SET n = $n; COMMIT;"
done >"$TL_DIR/writes.sql"
sv_mysql chunk_writes <"$TL_DIR/writes.sql" >"$TL_DIR/writes" 2>&1 &
writer=$!
tl_database chunk_writes
tl_is_written()
{
	[ "$(my "SELECT n FROM chunk_writes.counted")" -gt 50 ]
}
tl_wait 10 tl_is_written
is "$(q "$PIECES SELECT sum(read) = sum(loaded), sum(rejected)
	FROM migrate_schema('source', workers => 4)" | tail -n 1)" "t|0" \
	"loaded while rows come and go"
ok $(($(my "SELECT n FROM chunk_writes.counted") <=
	$(q "SELECT n FROM counted"))) "rows came and went during the load"
kill $writer 2>/dev/null
wait $writer 2>/dev/null
is "$(q "WITH moment AS (SELECT n FROM counted)
	SELECT count(*), count(DISTINCT id),
		count(*) FILTER (WHERE w.n < 0),
		count(*) FILTER (WHERE w.n > m.n - 100 AND w.n <= m.n)
	FROM written AS w, moment AS m")" \
	"$((1000 + $(q "SELECT least(n, 100) FROM counted")))|$((1000 +
	$(q "SELECT least(n, 100) FROM counted")))|1000|$(
	q "SELECT least(n, 100) FROM counted")" \
	"the rows of one moment are here, each once"
is "$(q "SELECT count(*), count(DISTINCT n), min(n), max(n) FROM moved")" \
	"1000|1000|1|1000" "a row that moved in the key is here once"

for database in chunk_keys chunk_numbers chunk_tree chunk_writes; do
	my "DROP DATABASE $database"
done
tl_done
