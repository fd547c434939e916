#!/bin/bash
# sql_tests/t/peers.sh
#   Where other tools lose, cut or change something: here it arrives.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database peers
sv_mysql peers <<'SQL'
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE euro (id int PRIMARY KEY, t varchar(10) CHARACTER SET latin1);
INSERT INTO euro VALUES (1, _latin1 0x80), (2, _latin1 0x9f8c), (3, _latin1 0x9d);
CREATE TABLE emoji (id int AUTO_INCREMENT PRIMARY KEY, title varchar(60));
CREATE TABLE ten (n int); INSERT INTO ten VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
INSERT INTO emoji (title) SELECT '' FROM ten a, ten b, ten c, ten d, ten e, (SELECT * FROM ten LIMIT 2) f;
UPDATE emoji SET title = CONCAT('😀 ', id, ' 🧑‍🚀');
DROP TABLE ten;
CREATE TABLE digits (id int PRIMARY KEY, d double, f float);
INSERT INTO digits VALUES (1, 0.30000000000000004, 16777216), (2, 1234567.8901234567, 16777218),
	(3, 2.2250738585072014e-308, 0.1), (4, 1.7976931348623157e308, 8388609);
CREATE TABLE empty_or_null (id int PRIMARY KEY, b blob, t text, v varchar(10), c char(5));
INSERT INTO empty_or_null VALUES (1, '', '', '', ''), (2, NULL, NULL, NULL, NULL),
	(3, 'NULL', 'NULL', 'NULL', 'NULL'), (4, '\\N', '\\N', '\\N', '\\N');
CREATE TABLE bits (id int PRIMARY KEY, b8 bit(8), b1 bit(1));
INSERT INTO bits VALUES (1, b'110', 1), (2, 255, 0), (3, 0, NULL);
CREATE TABLE small (id int PRIMARY KEY, y year, flag tinyint(1), i int, u int unsigned, e enum('a', 'b'));
INSERT INTO small VALUES (1, 1901, 2, 2147483647, 4294967295, ''), (2, 2155, -128, 0, 0, 'b'), (3, 0, 1, 1, 1, NULL);
CREATE TABLE times (id int PRIMARY KEY, t time, at datetime, d date, z datetime NOT NULL, p date);
INSERT INTO times VALUES (1, '838:59:59', '2024-03-31 02:30:00', 0, 0, NULL),
	(2, '-24:00:01', '1000-01-01 00:00:00', '2024-01-01', '2024-01-01 01:01:01', '2020-01-01');
CREATE TABLE partial (id int PRIMARY KEY, p date);
INSERT INTO partial VALUES (1, '2020-00-00'), (2, '2020-01-02');
CREATE TABLE nul (id int PRIMARY KEY, t text);
INSERT INTO nul VALUES (1, CONCAT('a', CHAR(0 USING utf8mb4), 'b')), (2, 'after');
CREATE TABLE `generated` (a int, b int, sum int AS (a + b) STORED, product int AS (a * b) VIRTUAL);
INSERT INTO `generated` (a, b) VALUES (2, 3);
CREATE TABLE parent (id bigint unsigned AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE child (id int unsigned AUTO_INCREMENT PRIMARY KEY, parent bigint unsigned,
	CONSTRAINT up FOREIGN KEY (parent) REFERENCES parent (id));
CREATE TABLE grandchild (id int PRIMARY KEY, child int unsigned,
	CONSTRAINT up2 FOREIGN KEY (child) REFERENCES child (id));
INSERT INTO parent VALUES (5); INSERT INTO child VALUES (7, 5); INSERT INTO grandchild VALUES (1, 7);
CREATE TABLE long_text (id int PRIMARY KEY, body longtext, head text, same varchar(5000) CHARACTER SET latin1,
	KEY body (body(20)), UNIQUE KEY same (same(100)), FULLTEXT KEY words (body, head));
INSERT INTO long_text VALUES (1, REPEAT('long ', 30000), 'head', CONCAT(REPEAT('y', 99), 'a')),
	(2, REPEAT('other ', 30000), 'tail', CONCAT(REPEAT('y', 98), 'b'));
CREATE TABLE one (id int PRIMARY KEY, v int, KEY idx (v), KEY created (v, id));
CREATE TABLE two (id int PRIMARY KEY, v int, KEY idx (v), KEY created (v, id));
CREATE TABLE twins (id int PRIMARY KEY,
	a_column_whose_name_has_sixty_four_characters_and_a_twin_besidx int,
	a_column_whose_name_has_sixty_four_characters_and_a_twin_besidy int);
INSERT INTO twins VALUES (1, 10, 20);
CREATE TABLE `Select` (`Order` int PRIMARY KEY, `Group By` varchar(5), `key"quote` int);
INSERT INTO `Select` VALUES (1, 'x', 2);
CREATE TABLE shapes (id int PRIMARY KEY, g geometry, s set('a', 'b c'), j json);
INSERT INTO shapes VALUES (1, ST_GeomFromText('LINESTRING(0 0,1 1)'), 'a,b c', '{"a": [1, "😀"]}');
CREATE TABLE a_table_with_quite_a_long_name_one (status_of_the_thing enum('a', 'b') DEFAULT 'b');
CREATE TABLE a_table_with_quite_a_long_name_two (status_of_the_thing enum('c', 'd') DEFAULT 'd');
INSERT INTO a_table_with_quite_a_long_name_one VALUES ('a'); INSERT INTO a_table_with_quite_a_long_name_two VALUES ('d');
CREATE TABLE kept (id int unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(37) NOT NULL DEFAULT 'it''s', d decimal(12,4) DEFAULT 1.5,
	b bit(12) DEFAULT b'1010', t time(6), yes tinyint(1) DEFAULT 1, at datetime(3) DEFAULT CURRENT_TIMESTAMP(3),
	KEY flags (b), KEY down (d DESC, v)) AUTO_INCREMENT = 500;
INSERT INTO kept (id, v, t, yes) VALUES (1, 'x', '-100:00:00.123456', 0), (2, '', '12:34:56.789012', 1);
CREATE TABLE acts (id int PRIMARY KEY, k int unsigned, CONSTRAINT acts_k FOREIGN KEY (k) REFERENCES kept (id) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE null_key (u int, v int, UNIQUE KEY u (u)); INSERT INTO null_key VALUES (1, 1), (NULL, 2), (NULL, 3), (7, 4);
CREATE TABLE many_names (
	column_one_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_x int, column_two_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_x int,
	column_3_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_4_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_5_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_6_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_7_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_8_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_9_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_a_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_b_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_c_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_d_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_e_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_f_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int, column_g_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	column_h_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx int,
	KEY sixteen (column_one_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_x, column_two_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_x,
	column_3_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_4_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_5_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_6_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_7_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_8_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_9_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_a_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_b_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_c_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_d_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_e_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx,
	column_f_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx, column_g_of_an_index_with_a_name_as_long_as_mysql_lets_it_be_xxx));
CREATE TABLE wide (id int PRIMARY KEY, j longtext, v varchar(20000));
INSERT INTO wide VALUES (1, REPEAT('j', 3000000), REPEAT('v', 20000)), (2, 'short', 'short'),
	(3, REPEAT('k', 70000), REPEAT('w', 17000)), (4, 'last', 'last');
SQL
ok $? "the database is in MySQL"
tl_database peers

output=$(q "SELECT \"table\" || ' ' || status || ' ' || read - loaded
	FROM migrate_schema('source', workers => 4, exclude => '{partial, nul}')
	WHERE status NOT IN ('ok', 'warning') OR read <> loaded + rejected OR rejected > 0" \
	2>"$TL_DIR/out" | grep -v -e NOTICE: -e HINT:)
is "$output" "" "everything is loaded, nothing is rejected"

is "$(q 'SELECT t FROM euro ORDER BY id')" '€
ŸŒ
'$'\xc2\x9d' "latin1 is cp1252: the euro sign"
is "$(q "SELECT count(*), count(*) FILTER (WHERE title = '😀 ' || id || ' 🧑‍🚀')
	FROM emoji")" '200000|200000' "emoji, by four workers"
is "$(q 'SELECT d, f FROM digits ORDER BY id')" '0.30000000000000004|1.6777216e+07
1234567.8901234567|1.6777218e+07
2.2250738585072014e-308|0.1
1.7976931348623157e+308|8.388609e+06' "every digit of doubles and floats"
is "$(q 'SELECT b, t, v, c FROM empty_or_null ORDER BY id' -P null=null)" '\x|||
null|null|null|null
\x4e554c4c|NULL|NULL|NULL
\x5c4e|\N|\N|\N' "an empty string, NULL, and a string that says so"
is "$(q 'SELECT b8, b1 FROM bits ORDER BY id')" '00000110|t
11111111|f
00000000|' "bit(8) and bit(1)"
is "$(q 'SELECT y, flag, i, u, e FROM small ORDER BY id' -P null=null)" '1901|2|2147483647|4294967295|
2155|-128|0|0|b
0|1|1|1|null' "year, tinyint(1) with more than 0 and 1, an enum of index 0"
is "$(q "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = 'small'::regclass AND attnum BETWEEN 1 AND 5")" \
	'integer, smallint, smallint, integer, bigint' "int stays int"
is "$(q "SET datestyle = iso; SELECT t, at, d, z FROM times ORDER BY id" -P null=null)" \
	'838:59:59|2024-03-31 02:30:00|null|null
-24:00:01|1000-01-01 00:00:00|2024-01-01|2024-01-01 01:01:01' \
	"times of more than a day, a datetime that no clock showed, zero dates"
is "$(q "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
	WHERE attrelid = 'times'::regclass AND attname = 'at'")" \
	'timestamp(0) without time zone' "datetime has no time zone"
is "$(q 'SELECT * FROM generated')" '2|3|5|6' "generated columns: their values"
q "INSERT INTO generated (a, b) VALUES (4, 5)" >"$TL_DIR/out"
is "$(q 'SELECT sum, product FROM generated WHERE a = 4')" '9|20' \
	"generated columns stay generated"
q "DELETE FROM generated WHERE a = 4" >"$TL_DIR/out"
is "$(q "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attrelid::regclass::text, attnum)
	FROM pg_attribute WHERE attnum > 0
	 AND attrelid IN ('parent'::regclass, 'child'::regclass, 'grandchild'::regclass)")" \
	'bigint, bigint, integer, bigint, bigint' "one type on both ends of a foreign key"
is "$(q "SELECT count(*), bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'
	AND connamespace = 'public'::regnamespace")" \
	'3|t' "the foreign keys are here, and valid"
is "$(q "SELECT count(*) FROM pg_class WHERE relkind = 'S'
	AND relname IN ('parent_id_seq', 'child_id_seq')")" 2 \
	"AUTO_INCREMENT is an identity column, of unsigned types, too"
is "$(q "SELECT string_agg(pg_get_indexdef(indexrelid), E'\n' ORDER BY indexrelid::regclass::text)
	FROM pg_index WHERE indrelid = 'long_text'::regclass AND NOT indisprimary" |
	grep -c -e '"left"(body, 20)' -e 'UNIQUE.*"left".*same.*100)' -e 'to_tsvector.*body.*head')" 4 \
	"indexes on prefixes, a unique one (and its lower()), FULLTEXT over two columns" \
	"$(q "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'long_text'::regclass")"
is "$(q "SELECT indrelid::regclass, count(*) FROM pg_index
	WHERE indrelid IN ('one'::regclass, 'two'::regclass) GROUP BY 1 ORDER BY 1")" 'one|3
two|3' "names of indexes that two tables use"
is "$(q "SELECT count(DISTINCT attname), max(length(attname)) <= 63 FROM pg_attribute
	WHERE attrelid = 'twins'::regclass AND attnum > 1")|$(q 'TABLE twins')" \
	'2|t|1|10|20' "two columns whose names are the same but for character 64"
is "$(q 'SELECT * FROM "select"')" '1|x|2' "names that are words of SQL, with blanks and quotes"
is "$(q 'SELECT g, s, j FROM shapes')" \
	'\x01020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f|{a,"b c"}|{"a": [1, "😀"]}' \
	"a geometry, a set, JSON"
is "$(q 'SELECT id, length(j), length(v) FROM wide ORDER BY id')" '1|3000000|20000
2|5|5
3|70000|17000
4|4|4' "values of more than 64 kB, and the rows behind them"

is "$(q 'SELECT status_of_the_thing FROM a_table_with_quite_a_long_name_one UNION ALL
	SELECT status_of_the_thing::text::text FROM a_table_with_quite_a_long_name_two' 2>&1 | grep -c ERROR)|$(
	q "SELECT count(DISTINCT atttypid) FROM pg_attribute WHERE attname = 'status_of_the_thing' AND atttypid <> 'text'::regtype")" \
	'1|2' "two enum types whose names begin alike are two types"
is "$(q "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
	WHERE attrelid = 'kept'::regclass AND attnum > 0")" \
	'bigint, character varying(37), numeric(12,4), bit(12), interval, boolean, timestamp(3) without time zone' \
	"lengths, digits and fractions stay"
is "$(q 'SELECT t, yes FROM kept ORDER BY id')" '-100:00:00.123456|f
12:34:56.789012|t' "fractions of times, true and false"
q "INSERT INTO kept DEFAULT VALUES" >"$TL_DIR/out"
is "$(q "SELECT id >= 500, v, d, b, yes, at IS NOT NULL FROM kept WHERE id > 2")" "t|it's|1.5000|000000001010|t|t" \
	"an INSERT gets its number, and every default"
q "DELETE FROM kept WHERE id > 2" >"$TL_DIR/out"
is "$(q "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
	WHERE indrelid = 'kept'::regclass")" 'down flags kept_pkey' "indexes keep their names, on bits, too"
like "$(q "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'acts_k'")" \
	'ON UPDATE CASCADE ON DELETE SET NULL' "both actions of a foreign key"
is "$(q 'SELECT count(*), sum(v) FROM null_key')" '4|10' "rows whose key is NULL"
is "$(q "SELECT indnatts FROM pg_index WHERE indrelid = 'many_names'::regclass")" 16 \
	"an index of more than a thousand characters"

# ------------------------------------------------- what has to be decided

tl_error "SELECT * FROM migrate_table('source', 'partial')"
like "$ERROR$OUTPUT" 'incomplete or impossible date' \
	"a partial date is an error, not a row less"
is "$(q "SELECT read, loaded, rejected, status FROM migrate_table('source', 'partial',
	on_error => 'reject')" | tail -n 1)" '2|1|1|incomplete' "or a rejected row"
is "$(q "SELECT key, column_name FROM mysql_migrate.reject")" '{"id": 1}|p' \
	"which is listed"
tl_error "SELECT * FROM migrate_table('source', 'nul')"
like "$ERROR$OUTPUT" 'cannot hold the byte 00' \
	"text with a byte 00 is an error, not cut"
is "$(q "SELECT loaded FROM migrate_table('source', 'nul', options => '{\"nul\": \"strip\"}')" |
	tail -n 1)|$(q 'SELECT t FROM nul ORDER BY id')" '2|ab
after' "or without it, on request"

# ------------------------------------------------------- foreign tables

q "CREATE SCHEMA live; IMPORT FOREIGN SCHEMA peers FROM SERVER source INTO live" >"$TL_DIR/out"
is "$(q "SELECT count(*) FROM live.emoji WHERE title = '😀 ' || id || ' 🧑‍🚀'")" 200000 \
	"a foreign table shows all of its rows"
is "$(q 'SELECT sum(length(j)), sum(length(v)), count(*) FROM live.wide')" \
	'3070009|37009|4' "and whole values of any size"
is "$(q 'SELECT b8 FROM live.bits ORDER BY id')" '00000110
11111111
00000000' "bit(8) in a foreign table"
is "$(q 'SELECT u FROM live.small WHERE id = 1')" 4294967295 "unsigned stays unsigned"
is "$(q 'SELECT y FROM live.small WHERE id = 1; SELECT s, j FROM live.shapes')" '1901
{a,"b c"}|{"a": [1, "😀"]}' "year, set and JSON in foreign tables"
tl_error "SELECT * FROM live.nul"
is "$SQLSTATE" 22P05 "a byte 00 does not cut the text of a foreign table either"

is "$(q "SELECT string_agg(\"table\", ' ') FROM validate('source') WHERE status <> 'equal'")" \
	'partial' "validate finds everything equal, but for the rejected row"
tl_done
