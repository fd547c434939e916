#!/bin/bash
# sql_tests/t/type_convert.sh
#   Columns of other types than the natural ones: what fits arrives, the rest
#   is an error, and never something near it.  By the loader, in a foreign
#   table, and under validate.
. "$(dirname "$0")/../tools/testlib.sh"

# MySQL type | MySQL value | type here | text here, or SQLSTATE of the refusal
CASES="
int                 | -5                      | bigint           | -5
int                 | -5                      | numeric          | -5
int                 | 5                       | numeric(3,1)     | 5.0
int                 | 500                     | numeric(3,1)     | !22003
int                 | 40000                   | smallint         | !22003
int                 | 1                       | boolean          | t
int                 | 2                       | boolean          | !22003
int                 | 7                       | text             | 7
int                 | 7                       | varchar(1)       | 7
int                 | 77                      | varchar(1)       | !22001
int                 | 7                       | double precision | 7
int                 | 7                       | positive         | 7
int                 | -7                      | positive         | !23514
int                 | 12                      | \"char\"           | !22003
int                 | 1                       | bit(1)           | 1
int                 | 11                      | bit(2)           | !22003
int                 | -1                      | oid              | !22003
int                 | 16777217                | real             | !22003
int                 | 16777216                | real             | 1.6777216e+07
bigint              | 9007199254740993        | double precision | !22003
bigint              | 9007199254740992        | double precision | 9.007199254740992e+15
bigint unsigned     | 18446744073709551615    | oid              | !22003
bigint unsigned     | 18446744073709551615    | double precision | !22003
bigint unsigned     | 18446744073709551615    | numeric          | 18446744073709551615
bigint unsigned     | 18446744073709551615    | bigint           | !22003
bigint unsigned     | 18446744073709551615    | text             | 18446744073709551615
tinyint(1)          | 2                       | integer          | 2
bit(8)              | 5                       | integer          | 5
bit(8)              | 5                       | bit varying      | 00000101
bit(8)              | 5                       | bit(3)           | 101
bit(8)              | 9                       | bit(3)           | !22003
bit(8)              | 5                       | text             | 5
bit(9)              | 257                     | bytea            | \\\\x0101
bit(64)             | 18446744073709551615    | bigint           | !22003
year                | 1999                    | integer          | 1999
year                | 1999                    | text             | 1999
decimal(10,2)       | 1.50                    | numeric          | 1.50
decimal(10,2)       | 1.50                    | numeric(10,4)    | 1.5000
decimal(10,2)       | 1.50                    | numeric(10,1)    | 1.5
decimal(10,2)       | 1.55                    | numeric(10,1)    | !22003
decimal(10,2)       | 1234.00                 | numeric(3,0)     | !22003
decimal(10,2)       | 1.50                    | double precision | 1.5
decimal(10,2)       | 1.50                    | text             | 1.50
decimal(10,2)       | 1.50                    | integer          | !22P02
decimal(10,2)       | 5.00                    | integer          | 5
decimal(10,2)       | 1.50                    | money            | \$1.50
decimal(10,4)       | 1.2345                  | money            | !22003
decimal(10,2)       | 1.55                    | tenth            | !22003
decimal(10,2)       | 1.50                    | tenth            | 1.5
decimal(20,10)      | 0.1                     | real             | 0.1
decimal(30,10)      | 12345678901234567890.1234567890 | double precision | !22003
double              | 0.1                     | real             | !22003
double              | 0.5                     | real             | 0.5
double              | 0.1                     | numeric          | 0.1
double              | 0.125                   | numeric(5,2)     | !22003
double              | 0.1                     | single           | !22003
double              | 1e300                   | text             | 1e+300
float               | 0.1                     | double precision | 0.10000000149011612
float               | 0.1                     | text             | 0.1
date                | '2020-02-29'            | timestamp        | 2020-02-29 00:00:00
date                | '2020-02-29'            | text             | 2020-02-29
date                | '2020-02-29'            | weekday          | 2020-02-29
datetime(6)         | '2020-02-29 01:02:03.5' | timestamptz      | 2020-02-29 01:02:03.5+00
datetime(6)         | '2020-02-29 01:02:03.5' | timestamp(0)     | !22008
datetime(6)         | '2020-02-29 01:02:03'   | timestamp(0)     | 2020-02-29 01:02:03
datetime(6)         | '2020-02-29 01:02:03.5' | second           | !22008
datetime            | '2020-02-28 10:00:00'   | weekday          | !22008
datetime            | '2020-02-29 00:00:00'   | date             | 2020-02-29
datetime            | '2020-02-29 00:00:01'   | date             | !22008
datetime            | '2020-02-29 00:00:01'   | text             | 2020-02-29 00:00:01
timestamp NULL      | '2020-07-01 12:00:00'   | timestamp        | 2020-07-01 12:00:00
timestamp NULL      | '2020-07-01 12:00:00'   | moment           | 2020-07-01 12:00:00+00
timestamp NULL      | '2020-07-01 12:00:00'   | text             | 2020-07-01 12:00:00
time                | '-30:00:00'             | interval         | -30:00:00
time                | '-30:00:00'             | time             | !22008
time                | '-30:00:00'             | text             | -30:00:00
time(3)             | '10:00:00.125'          | time(0)          | !22008
time(3)             | '10:00:00.125'          | interval(0)      | !22008
time(3)             | '10:00:00.5'            | interval(1)      | 10:00:00.5
time                | '10:00:01'              | interval hour    | !22008
varchar(10)         | ' ab'                   | text             |  ab
varchar(10)         | 'abc'                   | char(3)          | abc
varchar(10)         | 'abcd'                  | char(3)          | !22001
varchar(10)         | 'abcd'                  | varchar(3)       | !22001
varchar(10)         | 'abc  '                 | char(5)          | !22001
varchar(10)         | 'abcd'                  | three            | !22001
varchar(10)         | 'ab'                    | \"char\"           | !22001
varchar(80)         | REPEAT('n', 64)         | name             | !22001
varchar(80)         | 'n'                     | name             | n
varchar(10)         | '1.55'                  | numeric(10,1)    | !22003
varchar(10)         | '1.50'                  | numeric(10,1)    | 1.5
varchar(30)         | '2020-02-29 10:00:00'   | date             | !22008
varchar(30)         | '2020-02-29 10:00:00.5' | timestamp(0)     | !22008
varchar(10)         | '{a,b}'                 | text[]           | {a,b}
varchar(10)         | '12'                    | integer          | 12
varchar(10)         | 'twelve'                | integer          | !22P02
varchar(40)         | '{\"a\": 1}'            | jsonb            | {\"a\": 1}
varchar(40)         | '{\"a\": }'             | jsonb            | !22P02
varchar(40)         | '2020-02-29'            | date             | 2020-02-29
varchar(40)         | '{1,2}'                 | integer[]        | {1,2}
varchar(40)         | 'Happy'                 | mood             | !22P02
varchar(40)         | 'happy'                 | mood             | happy
varchar(40)         | '10.0.0.0/8'            | cidr             | 10.0.0.0/8
char(36)            | '123e4567-e89b-12d3-a456-426655440000' | uuid | 123e4567-e89b-12d3-a456-426655440000
binary(16)          | 0x123e4567e89b12d3a456426655440000 | uuid  | 123e4567-e89b-12d3-a456-426655440000
varbinary(20)       | 0x00                    | uuid             | !22P03
varbinary(20)       | 'text'                  | text             | text
varbinary(20)       | 0xff                    | text             | !22P05
text                | 'bytes'                 | bytea            | \\\\x6279746573
text                | CONCAT('a', X'00', CHAR(92), 'x41') | bytea  | \\\\x61005c783431
varchar(9) CHARACTER SET latin1 | X'e9'       | bytea            | \\\\xc3a9
enum('a','b')       | 'b'                     | bytea            | \\\\x62
enum('a','b')       | 'b'                     | text             | b
enum('happy','sad') | 'sad'                   | mood             | sad
enum('a','b')       | 'b'                     | mood             | !22P02
set('a','b c')      | 'a,b c'                 | text             | a,b c
set('a','b c')      | 'a,b c'                 | varchar(3)       | !22001
set('a','b c')      | 'a,b c'                 | varchar(5)[]     | {a,\"b c\"}
set('happy','sad')  | 'happy,sad'             | mood[]           | {happy,sad}
set('a','b')        | 'a'                     | mood[]           | !22P02
json                | '[1, 2]'                | text             | [1, 2]
json                | '[1, 2]'                | json             | [1, 2]
point               | POINT(1, 2)             | text             | 0101000000000000000000f03f0000000000000040
linestring          | ST_GeomFromText('LINESTRING(0 0,1 1)') | point | !22P03
inet6               | '::1'                   | text             | ::1
uuid                | '123e4567-e89b-12d3-a456-426655440000' | text | 123e4567-e89b-12d3-a456-426655440000
"

# The fields of a case; only those blanks are its own that are in the text.
fields()				# LINE
{
	MYSQL_TYPE=$(sed 's/ *|.*//' <<<"$1")
	VALUE=$(sed 's/^[^|]*| *//; s/ *|.*//' <<<"$1")
	LOCAL=$(sed 's/^[^|]*|[^|]*| *//; s/ *|.*//' <<<"$1")
	WANTED=$(sed 's/^[^|]*|[^|]*|[^|]*| //; s/\\\\/\\/g' <<<"$1")
}

tl_mysql_database type_convert
tl_database type_convert
export PGTZ=UTC PGDATESTYLE=ISO
q "CREATE TYPE mood AS ENUM ('happy', 'sad');
	CREATE DOMAIN positive AS int CHECK (VALUE > 0);
	CREATE DOMAIN weekday AS date CHECK (extract(dow FROM VALUE) <> 0);
	CREATE DOMAIN moment AS timestamptz;
	CREATE DOMAIN second AS timestamp(0); CREATE DOMAIN tenth AS numeric(10,1);
	CREATE DOMAIN single AS real; CREATE DOMAIN three AS varchar(3)"
CASES=$(while IFS= read -r line; do
	fields "$line"
	case $MYSQL_TYPE in
		'') continue ;;
		json | inet6 | uuid) tl_has_type "$MYSQL_TYPE" || continue ;;
	esac
	printf '%s\n' "$line"
done <<<"$CASES")
n=0
while IFS= read -r line; do
	fields "$line"
	n=$((n + 1))
	echo "CREATE TABLE c$n (id int PRIMARY KEY, v $MYSQL_TYPE);
		INSERT INTO c$n VALUES (1, $VALUE), (2, NULL);" >>"$TL_DIR/mysql.sql"
	echo "CREATE TABLE c$n (id int PRIMARY KEY, v $LOCAL);
		CREATE FOREIGN TABLE f$n (id int, v $LOCAL) SERVER source
			OPTIONS (table_name 'c$n');" >>"$TL_DIR/local.sql"
done <<<"$CASES"
sv_mysql type_convert <"$TL_DIR/mysql.sql" >"$TL_DIR/out" 2>&1
ok $? "the values are in MySQL" "$(cat "$TL_DIR/out")"
sv_psql -q -v ON_ERROR_STOP=1 -f "$TL_DIR/local.sql" >"$TL_DIR/out" 2>&1
ok $? "the tables are here" "$(cat "$TL_DIR/out")"

q "SELECT 1 FROM migrate_schema('source', local_schema => 'public',
	on_existing => 'append', on_error => 'reject')" >"$TL_DIR/out"

# What is in c1, c2, ... or f1, ...: one line each, as the output functions say.
shown()					# c|f
{
	local i sql=

	for i in $LOADED; do
		sql="$sql${sql:+ UNION ALL }SELECT $i, string_agg(coalesce(format('%s', v), '')
			|| CASE WHEN v IS NULL THEN 'null' ELSE '' END, ',' ORDER BY id) FROM $1$i"
	done
	q "$sql ORDER BY 1" -F ' '
}

LOADED=
n=0
: >"$TL_DIR/wanted"
while IFS= read -r line; do
	fields "$line"
	n=$((n + 1))
	if [ "${WANTED#!}" = "$WANTED" ]; then
		LOADED="$LOADED $n"
		echo "$n $WANTED,null" >>"$TL_DIR/wanted"
		continue
	fi
	name="$MYSQL_TYPE $VALUE as $LOCAL"
	is "$(q "SELECT sqlstate FROM mysql_migrate.reject WHERE table_name = 'c$n'
		UNION ALL SELECT id::text FROM c$n" | tr '\n' ' ')" "${WANTED#!} 2 " \
		"$name is refused"
	tl_error "SELECT * FROM f$n"
	is "$SQLSTATE" "${WANTED#!}" "$name is refused by a foreign table"
done <<<"$CASES"
for kind in c f; do
	shown $kind >"$TL_DIR/here"
	diff "$TL_DIR/wanted" "$TL_DIR/here" >"$TL_DIR/out" 2>&1
	ok $? "what fits is here ($kind)" "$(cat "$TL_DIR/out")"
done
loaded=$(wc -w <<<"$LOADED")

is "$(q "SELECT status, count(*), sum(missing) FROM validate('source')
	GROUP BY status ORDER BY 1")" "differs|$((n - loaded))|$((n - loaded))
equal|$loaded|0" "validate finds only the refused ones missing"
is "$(q "SELECT string_agg(table_name, ' ') FROM mysql_migrate.difference
	WHERE state <> 'missing'")" "" "and nothing else"

# ------------------------------------------------- types that say nothing
# A number of what, a day without its date: nothing is tried, a rule says it.
no_meaning()			# TYPE VALUE LOCAL EXPRESSION RESULT
{
	local name="$1 as $3"

	my "DROP TABLE IF EXISTS means; CREATE TABLE means (id int PRIMARY KEY, v $1);
		INSERT INTO means VALUES (1, $2), (2, NULL)" type_convert
	q "DROP TABLE IF EXISTS means; DROP FOREIGN TABLE IF EXISTS far_means;
		CREATE TABLE means (id int PRIMARY KEY, v $3);
		CREATE FOREIGN TABLE far_means (id int, v $3) SERVER source OPTIONS (table_name 'means')" >"$TL_DIR/out" 2>&1
	tl_fails "$name" 42804 'do not fit' \
		"SELECT FROM migrate_table('source', 'means', 'public.means', on_existing => 'append');"
	like "$HINT" 'rule "using"' "$name: what to do"
	tl_fails "$name: a foreign table" 22007 'no meaning' 'SELECT * FROM far_means;'
	q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES ('source', 'means.v', 'type', '$3')" >"$TL_DIR/out" 2>&1
	tl_fails "$name: a rule" 42804 'does not say what is meant' \
		"SELECT FROM migrate_table('source', 'means', 'public.ruled');"
	q "UPDATE mysql_migrate.rule SET action = 'using', value = \$r\$$4\$r\$" >"$TL_DIR/out" 2>&1
	is "$(q "SET client_min_messages = error; SELECT loaded, status
		FROM migrate_table('source', 'means', 'public.means', on_existing => 'append')")$(
		q 'SELECT v FROM means ORDER BY id')" "2|ok$5" "$name: with an expression"
	q 'DELETE FROM mysql_migrate.rule' >"$TL_DIR/out"
}

no_meaning bigint 5000000 interval "value * interval '1 microsecond'" 00:00:05
no_meaning 'int unsigned' 200101 date 'to_timestamp(value)::date' 1970-01-03
no_meaning 'decimal(20,3)' 1700000000.250 timestamptz 'to_timestamp(value)' '2023-11-14 22:13:20.25+00'
no_meaning year 2024 date 'make_date(value, 1, 1)' 2024-01-01
no_meaning datetime "'2020-02-29 10:00:00'" time 'value::time' 10:00:00
no_meaning time "'10:00:00'" timetz "(value::text || '+02')::timetz" 10:00:00+02

# An input function while parallel workers run.
q "CREATE TABLE many AS SELECT id FROM generate_series(1, 20000) AS id; ANALYZE many;
	CREATE DOMAIN some_json AS jsonb CHECK (VALUE IS NOT NULL);
	CREATE FOREIGN TABLE parallel (id int, v some_json) SERVER source
		OPTIONS (query 'SELECT 5 AS id, ''[1, 2]'' AS v UNION ALL SELECT 6, ''[]''')" >"$TL_DIR/out"
output=$(q "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET enable_hashjoin = off;
	SET min_parallel_table_scan_size = 0; SET enable_nestloop = off;
	EXPLAIN (COSTS OFF) SELECT id, v FROM many JOIN (SELECT * FROM parallel OFFSET 0) AS p USING (id)
		WHERE id % 2 = 1;
	SELECT id, v FROM many JOIN (SELECT * FROM parallel OFFSET 0) AS p USING (id) WHERE id % 2 = 1")
like "$output" 'Gather' "a plan with parallel workers and a foreign table"
is "$(tail -n 1 <<<"$output")" '5|[1, 2]' "input functions work while they run"
tl_done
