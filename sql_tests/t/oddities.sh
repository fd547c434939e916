#!/bin/bash
# sql_tests/t/oddities.sh
#   A database that nobody would make, and rules that get into each other's
#   way: everything arrives, or is named.
. "$(dirname "$0")/../tools/testlib.sh"

rule()					# PATTERN ACTION [VALUE]
{
	q "SET client_min_messages = warning; INSERT INTO mysql_migrate.rule (server, pattern, action, value)
		VALUES ('source', \$p\$$1\$p\$, '$2', nullif(\$p\$${3:-}\$p\$, ''))"
}

# What is not as it should be of a migration: tables, then differences.
migrate()				# DATABASE SCHEMA [ARGUMENTS]
{
	q "SET client_min_messages = error; SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema('source', '$1', '$2'${3:+, $3})
		WHERE read <> loaded + rejected OR rejected > 0 OR status NOT IN ('ok', 'warning')"
	for mode in checksum full; do
		q "SET client_min_messages = error; SELECT \"table\", rows_local, rows_remote, status, next_step
			FROM validate('source', mode => '$mode') WHERE status <> 'equal' OR rows_local <> rows_remote"
	done
}

# ------------------------------------------------------- names, labels, widths
tl_mysql_database oddities
sv_mysql oddities <<'SQL'
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE TABLE sysnames (ctid int PRIMARY KEY, xmin int, tableoid int, oid int, cmin int, cmax int, xmax int,
	value varchar(10), `select` int, `*` int, `?` int, `a.b` int, UNIQUE KEY (xmin), KEY (tableoid));
INSERT INTO sysnames VALUES (1, 2, 3, 4, 5, 6, 7, 'v', 8, 9, 10, 11);
CREATE TABLE `Weird "Tab'le` (`a"b` int PRIMARY KEY, `c'd` int, `e%f` varchar(9), `$g` int, `日本` int, ` lead` int,
	`back\\sl` int, KEY `we"ird` (`c'd`));
INSERT INTO `Weird "Tab'le` VALUES (1, 2, 'x', 3, 5, 6, 7);
CREATE TABLE `dot.ted` (id int PRIMARY KEY, v int); INSERT INTO `dot.ted` VALUES (1, 1), (2, 2);
CREATE TABLE `pct%` (id int PRIMARY KEY, `%s` int); INSERT INTO `pct%` VALUES (1, 1);
CREATE TABLE `$$` (id int PRIMARY KEY, `$$` text); INSERT INTO `$$` VALUES (1, '$$');
CREATE TABLE `sp ace` (id int PRIMARY KEY); INSERT INTO `sp ace` VALUES (1);
CREATE TABLE `value` (`value` int PRIMARY KEY, value2 int); INSERT INTO `value` VALUES (1, 2);
CREATE TABLE norows (id int PRIMARY KEY, t tinyint(1), b bigint unsigned, tm time, e enum('a'), z date);
CREATE TABLE norows_nokey (x int);
CREATE TABLE labels (id int PRIMARY KEY,
	s set('a b', 'q''q', '"dq"', 'b\\s', '{x}', 'NULL', 'null', 'ä', '%s', ''),
	e enum('a,b', 'q''q', '"dq"', '', 'b\\s', 'NULL', ' x'),
	l enum('0123456789012345678901234567890123456789012345678901234567890123456789', 'x'));
INSERT INTO labels VALUES (1, 'a b,"dq"', 'a,b', 1), (2, '', '', 2), (3, NULL, NULL, NULL), (4, 1023, 'b\\s', 1),
	(5, 'NULL', 'NULL', 2), (6, 513, 0, 0), (7, '{x},%s', ' x', 1);
CREATE TABLE label_key (e enum('z', 'a', 'm', '') PRIMARY KEY, v int); INSERT INTO label_key VALUES ('z', 1), ('a', 2), ('', 4);
CREATE TABLE set_key (s set('z', 'a', 'm') PRIMARY KEY, v int); INSERT INTO set_key VALUES ('', 0), ('z', 1), ('z,a,m', 4);
CREATE TABLE on_on (id int PRIMARY KEY, a int, b int AS (a + 1) VIRTUAL, c int AS (b * 2) STORED, KEY (c), UNIQUE KEY (b));
INSERT INTO on_on (id, a) VALUES (1, 1), (2, 2);
CREATE TABLE float_key (f float PRIMARY KEY, v int); INSERT INTO float_key VALUES (0.1, 1), (1e10, 2), (-0.5, 3), (16777216, 4);
CREATE TABLE bit_key (b bit(9) PRIMARY KEY); INSERT INTO bit_key VALUES (1), (511), (256);
CREATE TABLE year_key (y year PRIMARY KEY); INSERT INTO year_key VALUES (0), (1901), (2155);
CREATE TABLE fill_key (id int(9) unsigned zerofill PRIMARY KEY); INSERT INTO fill_key VALUES (0), (7);
CREATE TABLE time_key (t time(6) PRIMARY KEY); INSERT INTO time_key VALUES ('-838:59:59'), ('0:0:0.000001'), ('838:59:59');
CREATE TABLE prefix_key (t text, v int, PRIMARY KEY (t(10))); INSERT INTO prefix_key VALUES ('hello world 1', 1), ('x', 2);
CREATE TABLE blob_key (t blob, v int, PRIMARY KEY (t(10))); INSERT INTO blob_key VALUES (x'00ff', 1), ('x', 2);
CREATE TABLE null_key (a int, b int, UNIQUE KEY (a)); INSERT INTO null_key VALUES (1, 1), (NULL, 2), (NULL, 3), (NULL, 3);
CREATE TABLE null_keys (a int, b int, c int, UNIQUE KEY (a, b));
INSERT INTO null_keys VALUES (1, 1, 1), (NULL, 2, 1), (NULL, 2, 2), (2, NULL, 4), (2, NULL, 4);
CREATE TABLE remark (id int PRIMARY KEY COMMENT 'a\0b'); INSERT INTO remark VALUES (1);
SQL
ok $? 'the database is in MySQL'
python3 - >"$TL_DIR/wide.sql" <<'PY'
print("CREATE TABLE wide (id int PRIMARY KEY, %s);" % ",".join("c%d int" % i for i in range(1, 1016)))
print("INSERT INTO wide (id, c1, c500, c1015) VALUES (1, 1, 500, 1015), (2, NULL, 2, 3);")
print("CREATE TABLE texts (id int PRIMARY KEY, %s) ROW_FORMAT=DYNAMIC;" % ",".join("t%d text" % i for i in range(260)))
print("INSERT INTO texts VALUES (1, %s);" % ",".join("REPEAT('ü😀', 20)" for i in range(260)))
PY
sv_mysql oddities <"$TL_DIR/wide.sql" >"$TL_DIR/out" 2>&1
ok $? 'a thousand columns, and 260 of text' "$(cat "$TL_DIR/out")"
tl_database oddities
is "$(migrate oddities here "on_error => 'reject'")" '' 'every row of every table arrives, and is equal'
is "$(q "SELECT count(*) FROM pg_class WHERE relnamespace = 'here'::regnamespace AND relkind = 'r'")" \
	"$(my "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'oddities'")" 'every table is here'
is "$(q 'SELECT s, e, l FROM here.labels ORDER BY id OFFSET 3 LIMIT 3')" \
	'{"a b",q'"'"'q,"\"dq\"","b\\s","{x}","NULL","null",ä,%s,""}|b\s|0123456789012345678901234567890123456789012345678901234567890123456789
{"NULL"}|NULL|x
{"a b",""}||' 'labels of every kind'
is "$(q "CREATE SCHEMA far; IMPORT FOREIGN SCHEMA oddities FROM SERVER source INTO far" 2>&1 | grep ERROR)" '' 'foreign tables of all'
output=$(sv_psql -q -A -t 2>&1 <<'SQL'
SELECT format('SELECT %L, count(*) FROM (SELECT %s FROM far.%I EXCEPT ALL SELECT %s FROM here.%I) AS x HAVING count(*) > 0',
	f.relname, remote, f.relname, local, h.relname)
  FROM pg_class AS f JOIN pg_class AS h ON h.relname = lower(f.relname) AND h.relnamespace = 'here'::regnamespace,
	LATERAL (SELECT string_agg(format('%I::text', a.attname), ', ' ORDER BY a.attnum) AS remote,
		string_agg(format('%I::text', b.attname), ', ' ORDER BY a.attnum) AS local
		FROM pg_attribute AS a JOIN pg_attribute AS b ON b.attrelid = h.oid AND b.attnum = a.attnum
		WHERE a.attrelid = f.oid AND a.attnum > 0 AND b.atttypid <> 'boolean'::regtype) AS columns
 WHERE f.relnamespace = 'far'::regnamespace AND f.relkind = 'f' \gexec
SQL
)
is "$output" '' 'foreign tables show the same'
is "$(q "SELECT col_description('here.remark'::regclass, 1)")" 'a\x00b' \
	'a comment with the byte 00 is shown'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM migrate_missing('source', mode => 'mirror')
	WHERE status <> 'equal' OR inserted + updated + deleted > 0")" '' 'migrate_missing has nothing to do'

# --------------------------------------------------------------------- rules
tl_mysql_database odd_rules
sv_mysql odd_rules <<'SQL'
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE TABLE k_int (id int PRIMARY KEY, v int); INSERT INTO k_int WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n, n FROM s;
CREATE TABLE k_two (a int, b varchar(10), v int, PRIMARY KEY (a, b)); INSERT INTO k_two SELECT id, CONCAT('b', id), v FROM k_int;
CREATE TABLE k_text (s varchar(20) PRIMARY KEY, v int); INSERT INTO k_text SELECT CONCAT('S', id), v FROM k_int;
CREATE TABLE k_none (x int, v int); INSERT INTO k_none SELECT id % 10, v FROM k_int;
CREATE TABLE k_part (id int, v int, PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 4; INSERT INTO k_part SELECT * FROM k_int;
CREATE TABLE k_isam (id int PRIMARY KEY, v int) ENGINE=MyISAM; INSERT INTO k_isam SELECT * FROM k_int;
CREATE TABLE k_null (u int UNIQUE, v int); INSERT INTO k_null SELECT * FROM k_int; INSERT INTO k_null VALUES (NULL, 1000), (NULL, 3);
CREATE TABLE k_zero (d date PRIMARY KEY, v int); INSERT INTO k_zero VALUES ('2020-01-01', 1), (0, 2), ('2020-02-00', 3), ('2020-03-01', 800);
CREATE TABLE k_nul (t varchar(20) PRIMARY KEY, v int); INSERT INTO k_nul VALUES (CONCAT('a', CHAR(0)), 1), ('b', 2);
CREATE TABLE gen (id int PRIMARY KEY, a int, g int AS (a * 2) STORED, h varchar(20) AS (CONCAT('x', a)) VIRTUAL);
INSERT INTO gen (id, a) VALUES (1, 1), (2, 2);
CREATE TABLE par (id int AUTO_INCREMENT PRIMARY KEY, code varchar(10) NOT NULL UNIQUE, n int, u binary(16) UNIQUE, CHECK (n > 0));
INSERT INTO par (code, n, u) VALUES ('a', 1, X'00112233445566778899AABBCCDDEE01'), ('b', 2, X'00112233445566778899AABBCCDDEE02');
CREATE TABLE chi (id int AUTO_INCREMENT PRIMARY KEY, par_id int, par_code varchar(10), par_u binary(16), z int, y int AS (z + 1) STORED,
	CHECK (z > 0), KEY z (z), KEY zz (z, par_id),
	CONSTRAINT by_id FOREIGN KEY (par_id) REFERENCES par (id) ON DELETE CASCADE,
	CONSTRAINT by_code FOREIGN KEY (par_code) REFERENCES par (code) ON UPDATE CASCADE,
	CONSTRAINT by_u FOREIGN KEY (par_u) REFERENCES par (u));
INSERT INTO chi (par_id, par_code, par_u, z) SELECT id, code, u, n + 4 FROM par; INSERT INTO chi (z) VALUES (7);
CREATE VIEW renamed AS SELECT p.id, p.code, c.par_id FROM par p JOIN chi c ON c.par_id = p.id;
CREATE VIEW cut AS SELECT id, z FROM chi;
CREATE TABLE nothing (a int, b int); INSERT INTO nothing VALUES (1, 2), (3, 4);
SQL
ok $? 'the second database is in MySQL'
q 'ALTER SERVER source OPTIONS (SET dbname $$odd_rules$$); DELETE FROM mysql_migrate.table_map'
rule 'k_*' where 'v <= 500'
rule '*.*' policy 'zero_date=-infinity, partial_date=first, nul=replace'
rule 'k_zero.v' policy 'zero_date=error'
rule gen.g using 'value * 10'
rule gen.h skip
rule par rename 'Parents'
rule par.id rename 'Par Id'
rule par.code rename 'select'
rule 'par.*' type text
rule par.id type bigint
rule par.n type numeric
rule 'binary(16)' type uuid
rule par.u type uuid
rule chi.par_id rename 'parent"x'
rule chi.par_id type bigint
rule chi.par_code type text
rule chi.z skip
rule 'nothing.*' skip
rule joined query 'SELECT c.id, p.code, c.z + 1 AS z1 FROM chi c LEFT JOIN par p ON p.id = c.par_id'
rule grouped query 'SELECT x, COUNT(*) AS n, AVG(v) AS mean, GROUP_CONCAT(v ORDER BY v) AS vs FROM k_none GROUP BY x'
is "$(migrate odd_rules ruled)" '' 'rules that overlap: every row that they want arrives, and is equal'
is "$(q "SELECT local_table, rows_loaded FROM mysql_migrate.table_map
	WHERE local_table !~ '^k_(int|two|text|none|part|isam)' ORDER BY 1" -F ' ')" 'Parents 2
chi 3
gen 2
grouped 10
joined 3
k_nul 2
k_null 501
k_zero 3
nothing 2' 'filters, queries, and a table without columns'
is "$(q "SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'ruled.chi'::regclass ORDER BY 1")" \
	'by_code|t|FOREIGN KEY (par_code) REFERENCES ruled."Parents"("select") ON UPDATE CASCADE ON DELETE RESTRICT
by_id|t|FOREIGN KEY ("parent""x") REFERENCES ruled."Parents"("Par Id") ON UPDATE RESTRICT ON DELETE CASCADE
by_u|t|FOREIGN KEY (par_u) REFERENCES ruled."Parents"(u) ON UPDATE RESTRICT ON DELETE RESTRICT' 'renamed and retyped columns of foreign keys'
is "$(q 'SELECT * FROM ruled.renamed ORDER BY 1')" '1|a|1
2|b|2' 'a view over renamed tables and columns shows what it showed'
is "$(q 'SELECT y FROM ruled.chi ORDER BY id; SELECT g FROM ruled.gen ORDER BY id; SELECT d FROM ruled.k_zero ORDER BY v')" '6
7
8
20
40
2020-01-01
-infinity
2020-02-01' 'generated columns without their base, under a rule; dates in a key'
is "$(q "SELECT object, what FROM mysql_migrate.todo WHERE severity = 'warning' AND object !~ '^(blob|prefix)_key' ORDER BY object")" \
	'chi.CONSTRAINT_1|check not made
chi.y|generated column becomes a plain column
cut|view not made
k_isam|rows are not of one moment' 'what hangs on a column that was left out is named'
my "INSERT INTO k_int VALUES (2000, 400), (2001, 900); UPDATE k_two SET v = 900 WHERE a = 5; UPDATE k_two SET v = 1 WHERE a = 900;
	DELETE FROM k_text WHERE v < 10; INSERT INTO k_part VALUES (5000, 5); UPDATE k_isam SET v = 499 WHERE id = 100;
	INSERT INTO k_null VALUES (NULL, 77); UPDATE gen SET a = 100 WHERE id = 1; INSERT INTO k_none VALUES (3, 3);
	INSERT INTO k_zero VALUES ('2021-01-05', 9); INSERT INTO par (code, n) VALUES ('c', 3);
	INSERT INTO chi (par_id, par_code, z) VALUES (3, 'c', 9); DELETE FROM nothing WHERE a = 1" odd_rules
is "$(q "SET client_min_messages = error; SELECT \"table\", status, next_step FROM migrate_missing('source', mode => 'mirror',
	options => '{\"max_delete\": 50}') WHERE status <> 'equal'")" '' 'migrate_missing under all of these rules'
is "$(q "SET client_min_messages = error; SELECT \"table\", status, next_step FROM validate('source') WHERE status <> 'equal'")" '' \
	'and everything is equal again'

# --------------------------------------------------------- endless expressions
tl_mysql_database odd_length
python3 - >"$TL_DIR/long.sql" <<'PY'
print("CREATE TABLE t (a int PRIMARY KEY, b int, d date); CREATE TABLE u (a int PRIMARY KEY, b int);")
print("INSERT INTO t VALUES (1, 2, NULL);")
print("CREATE VIEW alternatives AS SELECT a FROM t WHERE %s;" % " OR ".join("a = 1" for i in range(250000)))
print("CREATE VIEW doubled AS SELECT %sd%s AS d FROM t;" % ("MAKEDATE(YEAR(" * 7, "), 3)" * 7))
print("CREATE VIEW unions AS %s;" % " UNION ALL ".join("SELECT 1" for i in range(1200)))
print("CREATE TRIGGER sums BEFORE INSERT ON t FOR EACH ROW SET NEW.b = (SELECT MAX(%s) FROM u);" % "+".join("a" for i in range(100000)))
print("CREATE TRIGGER orders BEFORE INSERT ON u FOR EACH ROW SET NEW.b = (SELECT 1 FROM t WHERE a IN (%s));" % ",".join("1" for i in range(100000)))
PY
sv_mysql odd_length <"$TL_DIR/long.sql" >"$TL_DIR/out" 2>&1
ok $? 'the third database is in MySQL' "$(cat "$TL_DIR/out")"
q 'ALTER SERVER source OPTIONS (SET dbname $$odd_length$$); DELETE FROM mysql_migrate.table_map; DELETE FROM mysql_migrate.rule'
is "$(migrate odd_length lengths)" '' 'endless expressions: the rows arrive'
is "$(q "SELECT object, what FROM mysql_migrate.note WHERE why ~ 'nested too deeply|too many|too long' ORDER BY object")" \
	'alternatives|view not made
doubled|view not made
sums|trigger not made
unions|view not made' 'endless expressions are named'
tl_done
