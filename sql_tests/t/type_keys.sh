#!/bin/bash
# sql_tests/t/type_keys.sh
#   Primary keys of every type that can be one: rows are found by them.
. "$(dirname "$0")/../tools/testlib.sh"

# MySQL type | three different values
KEYS="
tinyint(1)        | 0, 1, -128
bigint unsigned   | 0, 9223372036854775808, 18446744073709551615
int zerofill      | 0, 7, 4294967295
year              | 0, 1999, 2155
decimal(10,2) zerofill | 0, 1.5, 99999999.99
decimal(65,30)    | -1, 0.000000000000000000000000000001, 1e34
double            | 0.1, -5e-324, 1.7976931348623157e308
float             | 0.1, 16777216, 1e-45
bit(10)           | 0, 5, 1023
bit(64)           | 0, 9223372036854775808, 18446744073709551615
date              | '1000-01-01', '2020-02-29', '9999-12-31'
datetime(6)       | '1000-01-01', '2020-02-29 01:02:03.5', '9999-12-31 23:59:59.999999'
timestamp(3) DEFAULT '2001-01-01' | '1970-01-01 00:00:01', '2020-02-29 01:02:03.5', '2038-01-19 03:14:07.999'
time(3)           | '-838:59:59', '00:00:00', '100:00:00.5'
varchar(20)       | '', 'NULL', '\\\\N'
varchar(30) CHARACTER SET latin1 | '€', 'a\\'b\\\\\\\\c', '%'
varchar(40) COLLATE utf8mb4_bin | 'a', 'A', 'ä 😀'
varchar(40) CHARACTER SET utf16 | 'a', 'b', 'ä 😀'
char(10)          | '', 'x', ' x'
binary(3)         | 'a', 0x00ff, 0x5c2700
varbinary(10)     | '', 0x00, 0x0000
varchar(10) CHARACTER SET binary | '', 0x00, 0xff5c
enum('b','a,c','d''e') | 'b', 'a,c', 'd''e'
set('b','a c')    | '', 'b', 'b,a c'
inet6             | '::', '1:0:0:2::3', '::ffff:1.2.3.4'
inet4             | '0.0.0.0', '10.0.0.1', '255.255.255.255'
uuid              | '00000000-0000-0000-0000-000000000000', '123e4567-e89b-12d3-a456-426655440000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'
"

tl_mysql_database type_keys
n=0
while IFS='|' read -r type values; do
	[ -n "$type" ] || continue
	tl_has_type "$type" || continue
	n=$((n + 1))
	i=0
	echo "CREATE TABLE k$n (k $type PRIMARY KEY, v int);
		CREATE TABLE c$n (a int, k $type, b char(1), v int, PRIMARY KEY (a, k, b));"
	printf '%s\n' "${values//, /$'\n'}" | while IFS= read -r value; do
		i=$((i + 1))
		echo "INSERT INTO k$n VALUES ($value, $i); INSERT INTO c$n VALUES (1, $value, 'x', $i);"
	done
done <<<"$KEYS" >"$TL_DIR/mysql.sql"
{ echo "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';"; cat "$TL_DIR/mysql.sql"; } |
	sv_mysql type_keys >"$TL_DIR/out" 2>&1
ok $? "the keys are in MySQL" "$(cat "$TL_DIR/out")"
n=$(($(my "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'type_keys'")))

tl_database type_keys
is "$(q "SELECT count(*), sum(loaded), sum(read - loaded) FROM migrate_schema('source')" |
	tail -n 1)" "$n|$((3 * n))|0" "all rows are here"
is "$(q "SELECT status, count(*) FROM validate('source') GROUP BY status")" \
	"equal|$n" "validate finds every table equal"
# One row of three changed, one missing.
q "DO \$\$
DECLARE r record;
BEGIN
	FOR r IN SELECT relname FROM pg_class WHERE relkind = 'r'
		AND relnamespace = 'public'::regnamespace
	LOOP
		EXECUTE format('UPDATE %I SET v = 20 WHERE v = 2', r.relname);
		EXECUTE format('DELETE FROM %I WHERE v = 3', r.relname);
	END LOOP;
END \$\$" >"$TL_DIR/out"
is "$(q "SELECT \"table\", missing, changed, extra FROM validate('source')
	WHERE (missing, changed, extra) IS DISTINCT FROM (1, 1, 0)")" "" \
	"validate names one row missing, one changed"
is "$(q "SELECT count(*), count(key) FROM mysql_migrate.difference")" \
	"$((2 * n))|$((2 * n))" "by their keys"
tl_done
