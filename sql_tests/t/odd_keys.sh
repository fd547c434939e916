#!/bin/bash
# sql_tests/t/odd_keys.sh
#   Keys, and other values, that cannot be here as they are in MySQL: each is a
#   row rejected and a row missing, never the end of a load or a comparison.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"
any_version

tl_mysql_database odd_keys
sv_mysql odd_keys <<'SQL'
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE TABLE wide (id bigint unsigned PRIMARY KEY, v int);
INSERT INTO wide VALUES (1, 1), (3000000000, 2), (18446744073709551615, 3);
CREATE TABLE label (e enum('a', 'b', 'zz') PRIMARY KEY, v int); INSERT INTO label VALUES ('a', 1), ('zz', 2);
CREATE TABLE flag (f tinyint(1) PRIMARY KEY, v int); INSERT INTO flag VALUES (0, 1), (1, 2), (2, 3);
CREATE TABLE clock (t time PRIMARY KEY, v int); INSERT INTO clock VALUES ('10:00:00', 1), ('100:00:00', 2);
CREATE TABLE short (t varchar(30) PRIMARY KEY, v int); INSERT INTO short VALUES ('a', 1), ('too long', 2), ('B', 3);
CREATE TABLE blanks (t varchar(30) PRIMARY KEY, v int); INSERT INTO blanks VALUES ('a', 1), ('B  ', 2);
CREATE TABLE nul (t varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v int);
CREATE TABLE nul_bin (t varchar(20) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY, v int);
INSERT INTO nul VALUES (CONCAT('a', CHAR(0)), 1), ('a', 2), (CONCAT('b', CHAR(0)), 3);
INSERT INTO nul_bin SELECT * FROM nul;
CREATE TABLE no_uuid (u char(36) PRIMARY KEY, v int); INSERT INTO no_uuid VALUES ('00112233-4455-6677-8899-aabbccddeeff', 1), ('nonsense', 2);
CREATE TABLE bytes (u varbinary(16) PRIMARY KEY, v int); INSERT INTO bytes VALUES (X'00112233445566778899aabbccddeeff', 1), ('short', 2);
CREATE TABLE bits (b bit(9) PRIMARY KEY, v int); INSERT INTO bits VALUES (7, 1), (511, 2);
CREATE TABLE domain (i int PRIMARY KEY, v int); INSERT INTO domain VALUES (7, 1), (-7, 2);
CREATE TABLE floats (f double PRIMARY KEY, v int); INSERT INTO floats VALUES (0.5, 1), (1e300, 2), (0.1, 3);
CREATE TABLE decimals (d decimal(20,5) PRIMARY KEY, v int); INSERT INTO decimals VALUES (0.5, 1), (12345678.12345, 2), (1.10, 3);
CREATE TABLE moments (d datetime(6), i int, v int, PRIMARY KEY (i, d));
INSERT INTO moments VALUES ('2020-01-01', 1, 1), ('2020-01-01 00:00:00.5', 2, 2), ('2020-00-01', 3, 3), (0, 4, 4);
SQL
ok $? 'the keys are in MySQL'
tl_database odd_keys
q "CREATE TYPE two AS ENUM ('a', 'b'); CREATE DOMAIN positive AS int CHECK (value > 0); CREATE SCHEMA s;
	CREATE TABLE s.wide (id int PRIMARY KEY, v int); CREATE TABLE s.label (e two PRIMARY KEY, v int);
	CREATE TABLE s.flag (f boolean PRIMARY KEY, v int); CREATE TABLE s.clock (t time PRIMARY KEY, v int);
	CREATE TABLE s.short (t varchar(5) PRIMARY KEY, v int); CREATE TABLE s.blanks (t char(5) PRIMARY KEY, v int);
	CREATE TABLE s.nul (t text PRIMARY KEY, v int); CREATE TABLE s.nul_bin (t text PRIMARY KEY, v int);
	CREATE TABLE s.no_uuid (u uuid PRIMARY KEY, v int); CREATE TABLE s.bytes (u uuid PRIMARY KEY, v int);
	CREATE TABLE s.bits (b bit(3) PRIMARY KEY, v int); CREATE TABLE s.domain (i positive PRIMARY KEY, v int);
	CREATE TABLE s.floats (f real PRIMARY KEY, v int); CREATE TABLE s.decimals (d numeric(5,1) PRIMARY KEY, v int);
	CREATE TABLE s.moments (d timestamp(0), i int, v int, PRIMARY KEY (i, d))"

is "$(q "SET client_min_messages = error; SELECT \"table\", read, loaded, rejected
	FROM migrate_schema('source', local_schema => 's', on_existing => 'append', on_error => 'reject')
	ORDER BY 1" -F ' ')" 'bits 2 1 1
blanks 2 1 1
bytes 2 1 1
clock 2 1 1
decimals 3 2 1
domain 2 1 1
flag 3 2 1
floats 3 1 2
label 2 1 1
moments 4 1 3
no_uuid 2 1 1
nul 3 1 2
nul_bin 3 1 2
short 3 2 1
wide 3 1 2' 'a key that cannot be here is a row rejected'
MISSING="$(q "SELECT \"table\", rejected FROM mysql_migrate.result ORDER BY 1" -F ' ')"
for mode in checksum full; do
	is "$(q "SET client_min_messages = error; SELECT \"table\", missing FROM validate('source', mode => '$mode')
		WHERE changed = 0 AND extra = 0 AND status = 'differs' ORDER BY 1" -F ' ')" "$MISSING" \
		"$mode: it is a row missing, and nothing else differs"
done
is "$(q "SELECT table_name, string_agg(key::text, ' ' ORDER BY key::text) FROM mysql_migrate.difference
	WHERE table_name IN ('nul', 'moments', 'wide') GROUP BY 1 ORDER BY 1" -F ' ')" \
	'moments {"d": "", "i": 4} {"d": "2020-00-01 00:00:00.000000", "i": 3} {"d": "2020-01-01 00:00:00.500000", "i": 2}
nul {"t": "a\\x00"} {"t": "b\\x00"}
wide {"id": 18446744073709551615} {"id": 3000000000}' 'by its key'

# ------------------------------------- keys of one type in a column of another
# MySQL type | a value | type here: loaded, compared, changed, brought back.
PAIRS="
int|5|char(4)
int|5|varchar(4)
int|5|numeric(10,2)
int|5|name
int|5|double precision
int|1|boolean
int|5|jsonb
datetime(6)|'2020-01-01 01:02:03.5'|text
datetime|'2020-01-01 01:02:03'|varchar(30)
datetime|'2020-01-01 01:02:03'|char(30)
datetime|'2020-01-01 01:02:03'|timestamptz
timestamp(3) DEFAULT '2001-01-01'|'2020-01-01 01:02:03.5'|text
timestamp DEFAULT '2001-01-01'|'2020-01-01 01:02:03'|timestamp
date|'2020-01-01'|text
date|'2020-01-01'|timestamp
date|'2020-01-01'|timestamptz
date|'2020-01-01'|moment
decimal(10,2)|1.50|tenth
time(3)|'10:00:00.5'|text
time|'10:00:00'|interval
float|0.1|text
float|0.1|double precision
float|0.5|numeric
double|0.1|text
double|1e300|numeric
double|0.5|real
decimal(10,2)|1.50|text
decimal(10,2)|1.50|double precision
decimal(10,2)|5.00|integer
decimal(10,2)|1.50|money
bit(9)|5|text
bit(9)|5|integer
bit(9)|5|bytea
year|1999|text
year|0|text
int(5) unsigned zerofill|7|text
varchar(40)|'123e4567-e89b-12d3-a456-426655440000'|uuid
varchar(40)|'5'|integer
char(36)|'123E4567-E89B-12D3-A456-426655440000'|uuid
char(36) COLLATE utf8mb4_bin|'123E4567-E89B-12D3-A456-426655440000'|uuid
varchar(40)|'1.50'|numeric
varchar(40)|'2020-01-01'|date
varchar(40)|'[1]'|jsonb
varchar(40)|'ab'|char(5)
varchar(40)|'ab'|bytea
varchar(40)|'ab'|name
varchar(40)|'10.0.0.1'|inet
varbinary(16)|'text'|text
binary(16)|0x123e4567e89b12d3a456426655440000|uuid
enum('a','b')|'b'|text
enum('a','b')|'b'|char(3)
set('a','b')|'a,b'|text
set('a','b')|'a,b'|varchar(5)[]
bigint unsigned|18446744073709551615|text
bigint unsigned|5|bigint
tinyint(1)|1|boolean
tinyint(1)|5|text
"
n=0
while IFS='|' read -r type value here; do
	[ -n "$here" ] || continue
	n=$((n + 1))
	echo "CREATE TABLE k$n (k $type PRIMARY KEY, v int); INSERT INTO k$n VALUES ($value, 1);" >>"$TL_DIR/pairs.my"
	echo "CREATE TABLE pairs.k$n (k $here PRIMARY KEY, v int);" >>"$TL_DIR/pairs.pg"
done <<<"$PAIRS"
tl_mysql_database odd_pairs
sv_mysql odd_pairs <"$TL_DIR/pairs.my" >"$TL_DIR/out" 2>&1
ok $? 'pairs: in MySQL' "$(cat "$TL_DIR/out")"
q 'CREATE SCHEMA pairs; CREATE DOMAIN moment AS timestamp(0); CREATE DOMAIN tenth AS numeric(10,1)'
sv_psql -q -f "$TL_DIR/pairs.pg" >"$TL_DIR/out" 2>&1
unlike()				# what is not equal
{
	q "SET client_min_messages = error; SELECT \"table\", status, next_step FROM validate('source') WHERE \"table\" ~ '^k[0-9]' AND status <> 'equal'"
}
is "$(q "SET client_min_messages = error; SELECT count(*), sum(loaded), sum(rejected)
	FROM migrate_schema('source', 'odd_pairs', 'pairs', on_existing => 'append')")" "$n|$n|0" 'pairs: every key fits'
is "$(unlike)" '' 'pairs: and is equal'
for i in $(seq $n); do echo "UPDATE pairs.k$i SET v = 2;"; done | sv_psql -q
is "$(unlike | wc -l)" "$n" 'pairs: every change is found'
is "$(for i in $(seq $n); do
	q "SET client_min_messages = error; SELECT status, next_step FROM migrate_missing('source', 'pairs.k$i', mode => 'mirror', force => true)"
done | sort | uniq -c | sed 's/^ *//')" "$n equal|" 'pairs: and mended'

# -------------------------------------------- two keys that become the same
q "TRUNCATE s.nul, s.nul_bin"
for table in nul nul_bin; do
	is "$(q "SET client_min_messages = error; SELECT read, loaded, rejected FROM migrate_table('source', '$table', 's.$table',
		on_existing => 'append', on_error => 'reject', options => '{\"nul\": \"strip\"}')")" '3|2|1' \
		"$table: two keys that a policy makes one"
	is "$(q "SET client_min_messages = error; SELECT rows_local, rows_remote, missing, status
		FROM validate('source', 's.$table')")" '2|3|1|differs' "$table: one of them is missing"
	like "$(q "SET client_min_messages = error; SELECT status || ' ' || next_step FROM migrate_missing('source', 's.$table', mode => 'mirror')")" \
		'differs.*duplicate key' "$table: and cannot be mended"
done
my "CREATE TABLE lowered (t varchar(20) COLLATE utf8mb4_bin PRIMARY KEY, v int);
	INSERT INTO lowered VALUES ('A', 1), ('a', 1), ('b', 2)" odd_keys
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES ('source', 'lowered.t', 'using', 'lower(value)');
	CREATE TABLE s.lowered (t text PRIMARY KEY, v int)"
is "$(q "SET client_min_messages = error; SELECT read, loaded, rejected
	FROM migrate_table('source', 'lowered', 's.lowered', on_existing => 'append', on_error => 'reject')")|$(
	q "SET client_min_messages = error; SELECT rows_local, rows_remote, status FROM validate('source', 's.lowered')")" \
	'3|2|1|2|3|differs' 'two keys that an expression makes one'

# ---------------------------------- values that came after the load, and do not fit
my "CREATE TABLE later (id int PRIMARY KEY, t text, l varchar(20) CHARACTER SET latin1, d date,
	at datetime, f tinyint(1), e enum('a', 'b'), c time, u bigint unsigned, j json, y varbinary(9));
	INSERT INTO later VALUES (1, 'a', 'b', '2020-01-01', '2020-01-01', 1, 'a', '10:00:00', 1, '{}', 'y'), (2, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL)" odd_keys
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES ('source', 'later.y', 'type', 'text')"
q "SET client_min_messages = error; SELECT FROM migrate_table('source', 'later', 's.later')"
my "SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE later SET t = CONCAT('a', CHAR(0)), l = CONCAT('l', CHAR(0)), d = '2020-02-31',
	at = '2020-00-00', f = 7, e = 0, c = '100:00:00', u = 18446744073709551615, j = '[\"\\\\u0000\"]', y = X'FF' WHERE id = 1" odd_keys
is "$(q "SET client_min_messages = error; SELECT changed, status FROM validate('source', 's.later')")" '1|differs' \
	'values that cannot be here are a row changed'
is "$(q "SELECT columns, remote - 'j' - 'y' FROM mysql_migrate.difference WHERE table_name = 'later'")" \
	'{t,l,d,at,f,e,c,u,j,y}|{"c": "100:00:00", "d": "2020-02-31", "e": "", "f": "7", "l": "l\\x00", "t": "a\\x00", "u": "18446744073709551615", "at": "2020-00-00 00:00:00"}' \
	'and are shown'
tl_done
