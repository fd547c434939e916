#!/bin/bash
# sql_tests/t/rejects.sh
#   A bad row costs one row; what is rejected is known by key, column, bytes
#   and reason, and can be loaded when its cause is mended.
. "$(dirname "$0")/../tools/testlib.sh"

load()					# TABLE LOCAL [ARGUMENTS]
{
	q "SET client_min_messages = error; SELECT read, loaded, rejected, status
		FROM migrate_table('source', '$1', '$2', on_error => 'reject'${3:+, $3})"
}

rejects()				# of the last job
{
	q "SELECT key, column_name, value, sqlstate FROM mysql_migrate.reject
		WHERE job = (SELECT max(job) FROM mysql_migrate.reject) ORDER BY key::text"
}

tl_mysql_database rejects
my "
CREATE TABLE bin (k binary(4) PRIMARY KEY, t text);
INSERT INTO bin VALUES (x'ff00fe01', CONCAT('a', CHAR(0))), (x'01020304', 'fine');
CREATE TABLE comp (a varchar(10) COLLATE utf8mb4_bin, b decimal(5,2), d date, t text, PRIMARY KEY (a, b, d));
INSERT INTO comp VALUES ('x\"y\\\\z''', 1.50, '2020-01-01', CONCAT('b', CHAR(0))), ('q', 2, '2020-01-02', 'ok');
CREATE TABLE fill (id int(5) unsigned zerofill, y year, t text, PRIMARY KEY (id, y));
INSERT INTO fill VALUES (7, 0, CONCAT('a', CHAR(0))), (8, 0, 'ok');
CREATE TABLE nokey (t text, n int);
INSERT INTO nokey VALUES (CONCAT('a', CHAR(0)), 1), ('ok', 2);
CREATE TABLE mixed (id int PRIMARY KEY, code varchar(10), n int, t text);
INSERT INTO mixed SELECT seq, CONCAT('c', seq), seq, 'good' FROM seq_1_to_3000;
UPDATE mixed SET code = 'C7' WHERE id = 1007; UPDATE mixed SET n = NULL WHERE id = 1500;
UPDATE mixed SET n = -5 WHERE id = 2000; UPDATE mixed SET t = CONCAT('x', CHAR(0)) WHERE id = 2500;
" rejects
tl_database rejects
q "CREATE SCHEMA s;
	CREATE TABLE s.mixed (id int PRIMARY KEY, code text NOT NULL, n int NOT NULL CHECK (n > 0), t text);
	CREATE UNIQUE INDEX ON s.mixed (lower(code))"

# ------------------------------------------------------------------- keys
is "$(load bin s.bin)" '2|1|1|incomplete' 'a binary key: one row'
is "$(rejects)" '{"k": "FF00FE01"}|t|\x6100|22P05' 'a binary key: in hexadecimal'
is "$(load comp s.comp)" '2|1|1|incomplete' 'a composite key: one row'
is "$(q "SELECT key ->> 'a', key ->> 'b', key ->> 'd' FROM mysql_migrate.reject ORDER BY id DESC LIMIT 1")" \
	"x\"y\\z'|1.50|2020-01-01" 'a composite key: each part'
is "$(load fill s.fill)" '2|1|1|incomplete' 'a key with ZEROFILL: one row'
is "$(rejects)" '{"y": 0, "id": 7}|t|\x6100|22P05' 'a key with ZEROFILL: as a number'
is "$(load nokey s.nokey)" '2|1|1|incomplete' 'no key: one row'
is "$(rejects)" '|t|\x6100|22P05' 'no key: column and bytes'

# ------------------------------------- one row each, among thousands of good ones
is "$(load mixed s.mixed "on_existing => 'append'")" '3000|2996|4|incomplete' \
	'constraints: a bad row costs one row'
is "$(rejects)" '{"id": 1007}|||23505
{"id": 1500}|n||23502
{"id": 2000}|||23514
{"id": 2500}|t|\x7800|22P05' 'constraints: each with its reason'
is "$(q 'SELECT count(*), sum(id) FROM s.mixed')" "2996|$((3000 * 3001 / 2 - 1007 - 1500 - 2000 - 2500))" \
	'constraints: every good row is here'
like "$(q "SELECT what || ': ' || \"next step\" FROM mysql_migrate.todo ORDER BY id DESC LIMIT 1")" \
	"^4 rows rejected: .*migrate_table\('source', 'mixed', 's.mixed', on_existing => 'append', options => '\{\"rejected\": true\}'\)" \
	'what is left to do names the statement'
tl_fails 'too many' HV000 'failed' \
	"SELECT FROM migrate_table('source', 'mixed', 's.mixed', on_existing => 'truncate', on_error => 'reject', options => '{\"max_rejects\": 2}');"
like "$OUTPUT" 'too many rows were rejected' 'max_rejects stops the table'
load mixed s.mixed "on_existing => 'truncate'" >/dev/null

# ---------------------------------------------------------- loaded again
my "UPDATE mixed SET code = 'c1007' WHERE id = 1007; UPDATE mixed SET n = 1500 WHERE id = 1500;
	UPDATE mixed SET t = 'mended' WHERE id = 2500" rejects
is "$(load mixed s.mixed "on_existing => 'append', options => '{\"rejected\": true}'")" '4|3|1|incomplete' \
	'rejected: only the rejected rows are read'
is "$(rejects)" '{"id": 2000}|||23514' 'rejected: what is rejected again stays'
is "$(q "SELECT count(*) FROM mysql_migrate.reject AS r JOIN mysql_migrate.table_map AS m ON m.id = table_map
	WHERE relation = 's.mixed'::regclass")" 1 'rejected: the rest is forgotten'
is "$(q 'SELECT count(*) FROM s.mixed')" 2999 'rejected: and here'
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES ('source', 'mixed.n', 'using', 'abs(n)')"
is "$(load mixed s.mixed "on_existing => 'append', options => '{\"rejected\": true}'")" '1|1|0|ok' \
	'rejected: mended by a rule'
is "$(load mixed s.mixed "on_existing => 'append', options => '{\"rejected\": true}'")" '0|0|0|ok' \
	'rejected: none is left'
is "$(q "SET client_min_messages = error; SELECT rows_local, rows_remote FROM validate('source', 's.mixed')")" '3000|3000' \
	'rejected: the table is still known whole'
for table in bin comp fill; do
	is "$(load $table s.$table "on_existing => 'append', options => '{\"rejected\": true, \"nul\": \"strip\"}'")" '1|1|0|ok' \
		"rejected: the key of $table"
done
tl_fails 'rejected rows without a key' 0A000 'cannot be loaded by themselves' \
	"SELECT FROM migrate_table('source', 'nokey', 's.nokey', on_existing => 'append', options => '{\"rejected\": true}');"
tl_fails 'rejected rows of a new table' 22023 'is for a table that is here' \
	"SELECT FROM migrate_table('source', 'bin', 's.other', options => '{\"rejected\": true}');"
tl_done
