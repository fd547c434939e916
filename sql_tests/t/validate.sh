#!/bin/bash
# sql_tests/t/validate.sh
#   validate: what it must not call equal, and what it must not call different.
#
# The local copy is changed behind the extension's back, in ways that a
# checksum of careless text, or a comparison of values by the wrong rules,
# would not see; each time exactly that difference has to be named.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"
any_version

verdict()				# TABLE [MODE]: missing changed extra status
{
	q "SELECT coalesce(missing, -1), coalesce(changed, -1),
			coalesce(extra, -1), status
		FROM validate('source', '$1', '${2:-checksum}')" -F ' ' |
		grep -v '^[NHWD]'
}

differing()				# TABLE: state, key and columns
{
	q "SELECT state, key, array_to_string(columns, ',')
		FROM mysql_migrate.difference WHERE table_name = '$1'
		ORDER BY id" -F ' '
}

# Row ID is put as the local statement says; COLUMNS is what must differ.
seen()					# NAME SET COLUMNS [ID] [TABLE]
{
	local name=$1 id=${4:-1} table=${5:-forms}

	q "CREATE TABLE before AS SELECT * FROM $table" >/dev/null
	q "UPDATE $table SET $2 WHERE id OPERATOR(pg_catalog.=) $id" >/dev/null
	is "$(verdict "$table" "${DEPTH:-checksum}")
$(differing "$table")" "0 1 0 differs
changed {\"id\": $id} $3" "$name"
	q "TRUNCATE $table; INSERT INTO $table OVERRIDING SYSTEM VALUE
		SELECT * FROM before; DROP TABLE before" >/dev/null
}

equal()					# NAME [TABLE] [MODE]
{
	is "$(verdict "${2:-forms}" "${3:-checksum}")
$(differing "${2:-forms}")" "0 0 0 equal
" "$1"
}

tl_mysql_database validate
my "CREATE TABLE forms (id int PRIMARY KEY, v varchar(40), w varchar(40),
		x varchar(40), c char(10), t text, b varbinary(40), bl blob, f float,
		d double, n decimal(12,4), dt datetime(6), ts timestamp(6) NULL,
		ti time(6), j json, e enum('x', 'y#', 'Y#') COLLATE utf8mb4_bin, s set('p', 'q'),
		bi bit(8), y year, u binary(16), bo tinyint(1), h char(3));
	INSERT INTO forms VALUES
		(1, 'a#b', 'c', '#', 'pad', 'long', 'bytes', 'blob', 0, 0, 1.5,
		 '2024-05-06 07:08:09.123456', '2024-05-06 07:08:09.123456',
		 '24:00:00', '{\"a\": 1, \"b\": [1.50, \"x\"]}', 'y#', 'p,q', 5, 2024,
		 X'00', 1, 'é'),
		(2, '', NULL, 'NULL', '', '', '', '', -0.0, -0e0, 0,
		 '1000-01-01', '1970-01-01 00:00:01', '-838:59:59', '[]', 'x', '', 0,
		 1901, X'', 0, ''),
		(3, NULL, '', '\\\\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
		 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(4, 'plumless', 'plumless', 'x', 'x', 'plumless', 'plumless',
		 'plumless', 1e30, 0.1, -1, '9999-12-31 23:59:59.999999',
		 '2038-01-19 03:14:07', '838:59:59', '\"plumless\"', 'Y#', 'q', 255,
		 2155, 'plumless', 1, 'x');
	CREATE TABLE bags (a int, b varchar(10));
	INSERT INTO bags VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, 'y'), (2, 'y'),
		(NULL, NULL), (NULL, NULL);
	CREATE TABLE parts (id int, k int, v varchar(10), PRIMARY KEY (id, k))
		PARTITION BY LIST (k) (PARTITION one VALUES IN (1),
			PARTITION two VALUES IN (2));
	INSERT INTO parts VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'z');
	CREATE TABLE halves (id int, v varchar(10), k int NULL UNIQUE);
	INSERT INTO halves VALUES (1, 'x', NULL), (1, 'x', NULL), (2, 'y', 2)" validate
tl_database validate
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null
is "$(q "SELECT string_agg(status, ' ') FROM validate('source')" | tail -n 1)" \
	"equal equal equal equal" "all is equal"

# ---- text

seen "a separator inside of two values" "v = 'a', w = 'b#c'" v,w
seen "a separator over three values" "v = 'a#b#c', w = '', x = '#'" v,w
seen "values of two columns change places" "v = w, w = v" v,w
seen "an empty string instead of NULL" "w = ''" w 2
seen "NULL instead of an empty string" "v = NULL" v 2
seen "the word NULL" "x = NULL" x 2
seen "NULL moves to another column" "v = '', w = NULL" v,w 3
seen "a backslash less" "x = 'N'" x 3
seen "letter case" "v = 'A#b'" v
seen "letter case of an enum" "e = 'Y#'" e
seen "a trailing blank" "w = 'c '" w
seen "a trailing tab" "w = E'c\\t'" w
seen "a trailing zero byte's escape" "w = 'c\\0'" w
seen "another form of an accent" "h = U&'e\\0301'" h
seen "a blank in a text" "t = 'long '" t
seen "an empty text" "t = NULL" t 2

# ---- numbers, times, bytes

seen "the sign of a zero (float)" "f = '-0'" f
seen "the sign of a zero (double)" "d = '-0'" d
seen "the last bit of a double" "d = 0.10000000000000002" d 4
seen "the last bit of a float" "f = 1.0000001e30" f 4
seen "the last digit of a decimal" "n = 1.5001" n
seen "a microsecond" "dt = dt + interval '1 microsecond'" dt
seen "an hour, as of a time zone" "ts = ts + interval '1 hour'" ts
seen "a time beyond a day" "ti = '00:00:00'" ti
seen "the sign of a time" "ti = '838:59:59'" ti 2
seen "hexadecimal text as bytes" "b = convert_to(encode(b, 'hex'), 'UTF8')" b
seen "the last byte of a blob" "bl = '\\x626c6f63'" bl
seen "bytes without their zeros" "u = '\\x00'" u
seen "a bit" "bi = B'00000100'" bi
seen "a number in JSON, written in another way" \
	"j = '{\"a\": 1, \"b\": [1.500, \"x\"]}'" j
seen "a key of JSON" "j = '{\"A\": 1, \"b\": [1.50, \"x\"]}'" j
seen "an element of a set" "s = '{q}'" s
seen "the order of a set" "s = '{q,p}'" s

# ---- sums that are the same on purpose

# Both words have the CRC-32 4ddb0c25, whatever stands before and behind.
for column in v t c b bl u; do
	DEPTH=full seen "full: a word of the same CRC-32 in column $column" \
		"$column = 'buckeroo'" $column 4
done
DEPTH=full seen "full: a word of the same CRC-32 in JSON" \
	"j = '\"buckeroo\"'" j 4
q "UPDATE forms SET v = 'buckeroo', t = 'buckeroo' WHERE id = 4" >/dev/null
q "SELECT count(*) FROM migrate_missing('source', 'forms', 'mirror',
	options => '{\"compare\": \"full\"}')" >/dev/null
equal "migrate_missing mends what only a full comparison sees" forms full

# Two rows change places, in tables that are one bucket: the XOR of their
# CRC-32 is always the same afterwards, the sum once in 10,000 times.
my "CREATE TABLE pairs (id int PRIMARY KEY, v char(8) NOT NULL);
	INSERT INTO pairs SELECT seq, LEFT(SHA2(seq, 256), 8) FROM seq_1_to_900;
	CREATE TABLE loose (id int NOT NULL, v char(8) NOT NULL);
	INSERT INTO loose SELECT * FROM pairs" validate
q "SELECT count(*) FROM migrate_table('source', 'pairs');
	SELECT count(*) FROM migrate_table('source', 'loose')" >/dev/null
is "$(python3 - "$TL_DIR" <<'PYTHON'
import hashlib, sys, zlib
def crc(number, value):
    return zlib.crc32(b"%d#%s" % (number, value))
words = [b""] + [hashlib.sha256(b"%d" % n).hexdigest()[:8].encode()
                 for n in range(1, 901)]
def same(combine):
    return [(a, b) for a in range(1, 901) for b in range(a + 1, 901)
            if combine(crc(a, words[a]), crc(b, words[b]))
            == combine(crc(a, words[b]), crc(b, words[a]))]
def put(name, found):
    with open(sys.argv[1] + "/" + name, "w") as pairs:
        for a, b in found[::len(found) // 10]:
            pairs.write("%d %d\n" % (a, b))
xors = same(lambda a, b: a ^ b)
sums = same(lambda a, b: a + b)
put("pairs", xors)
put("loose", sums)
print(len(xors) > 100000, len(sums) > 10)
PYTHON
)" "True True" "there are pairs whose plain checksums come to the same"
for table in pairs loose; do
	expected=$([ $table = pairs ] && echo "0 2 0 differs" || echo "2 0 2 differs")
	unseen=0
	while read -r a b; do
		exchange="UPDATE $table AS p SET v = o.v FROM $table AS o
			WHERE (p.id, o.id) IN (($a, $b), ($b, $a))"
		q "$exchange" >/dev/null
		[ "$(verdict $table)" = "$expected" ] || unseen=$((unseen + 1))
		q "$exchange" >/dev/null
	done <"$TL_DIR/$table"
	is "$(wc -l <"$TL_DIR/$table") $unseen" \
		"$(awk 'END {print (NR >= 10 ? NR : "ten or more")}' "$TL_DIR/$table") 0" \
		"two rows that change places are seen nonetheless ($table)"
done

# What MySQL declares NOT NULL is taken at its word: a NULL here must not look
# like any value there.
my "CREATE TABLE certain (id int PRIMARY KEY, n int NOT NULL,
		v varchar(20) NOT NULL, w varchar(20) NOT NULL, m date NOT NULL);
	INSERT INTO certain VALUES (1, 0, 'N', 'N', '2020-01-01'),
		(2, 1, '', '#N', '2020-01-01'), (3, 2, '#N', '', '2020-01-01')" validate
q "SELECT count(*) FROM migrate_table('source', 'certain')" >/dev/null
q "ALTER TABLE certain ALTER n DROP NOT NULL, ALTER v DROP NOT NULL,
	ALTER w DROP NOT NULL, ALTER m DROP NOT NULL" >/dev/null
for column in n v w m; do
	for id in 1 2 3; do
		seen "NULL where MySQL has a value: $column of $id" "$column = NULL" \
			$column $id certain
	done
done
q "DROP TABLE certain" >/dev/null
my "DROP TABLE certain" validate

# ---- rows without a key

equal "rows that occur more than once" bags
bag()					# NAME STATEMENT VERDICT
{
	q "BEGIN; CREATE TABLE bags_before AS SELECT * FROM bags; $2; COMMIT" >/dev/null
	is "$(verdict bags)" "$3" "$1"
	q "TRUNCATE bags; INSERT INTO bags SELECT * FROM bags_before;
		DROP TABLE bags_before" >/dev/null
}
bag "a copy less" "DELETE FROM bags WHERE ctid = (SELECT min(ctid) FROM bags WHERE a = 1)" "1 0 0 differs"
bag "a copy more" "INSERT INTO bags VALUES (2, 'y')" "0 0 1 differs"
bag "a copy of one turns into a copy of another" \
	"UPDATE bags SET a = 2, b = 'y'
	WHERE ctid = (SELECT min(ctid) FROM bags WHERE a = 1)" "1 0 1 differs"
bag "two of the same turn into two others of the same" \
	"UPDATE bags SET a = 7, b = 'z'
	WHERE ctid = ANY (ARRAY(SELECT ctid FROM bags WHERE a = 1 LIMIT 2))" "2 0 2 differs"
bag "one of the rows of NULLs" \
	"UPDATE bags SET b = ''
	WHERE ctid = (SELECT min(ctid) FROM bags WHERE a IS NULL)" "1 0 1 differs"
q "UPDATE halves SET v = 'z'
	WHERE ctid = (SELECT min(ctid) FROM halves WHERE k IS NULL)" >/dev/null
is "$(verdict halves)" "1 0 1 differs" "a row whose unique key is NULL"

# Such a row has no name but its values: all of them are kept.
wide()					# FORMAT: with a letter for each of the columns
{
	printf ", $1" b c d e f g h i j k
}
my "CREATE TABLE wide (a int$(wide '%s text'));
	INSERT INTO wide VALUES (1$(wide "REPEAT('%s', 990)"))" validate
q "SELECT 1 FROM migrate_table('source', 'wide');
	UPDATE wide SET b = repeat('x', 990);
	INSERT INTO wide VALUES (2$(wide "repeat('%s#', 495)")),
		(3$(wide "left('%s', 0)"))" >/dev/null
is "$(verdict wide)" "1 0 3 differs" "wide rows without a key"
is "$(q "SELECT a, remote IS NULL, local = to_jsonb(wide) ||
			jsonb_build_object('a', a::text)
		FROM mysql_migrate.difference
		LEFT JOIN wide ON wide.a = (local->>'a')::int
		WHERE table_name = 'wide' AND state = 'extra' ORDER BY a")" "1|t|t
2|t|t
3|t|t" "wide rows without a key: the values of this side"
is "$(q "SELECT local, remote = to_jsonb(wide) ||
			jsonb_build_object('a', '1', 'b', repeat('b', 990))
		FROM mysql_migrate.difference, wide
		WHERE table_name = 'wide' AND state = 'missing' AND a = 1")" "|t" \
	"wide rows without a key: the values of MySQL's side"
q "DROP TABLE wide" >/dev/null
my "DROP TABLE wide" validate

# ---- rows elsewhere

my "UPDATE parts SET k = 2 WHERE id = 2" validate
is "$(verdict parts)" "1 0 1 differs" "a row that has moved to another partition"
q "ALTER TABLE parts ADD mine text NOT NULL DEFAULT 'x'" >/dev/null
q "INSERT INTO parts VALUES (9, 2, 'q', 'mine')" >/dev/null
is "$(verdict parts)" "1 0 2 differs" "a row here only, with a column of its own"

# ---- what is no difference

for table in forms bags parts halves pairs loose; do
	q "SELECT count(*) FROM migrate_missing('source', '$table', 'mirror',
		options => '{\"max_delete\": 100, \"compare\": \"full\"}')" >/dev/null
done
q "CREATE SCHEMA trap;
	CREATE FUNCTION trap.never(integer, integer) RETURNS boolean
		LANGUAGE sql AS 'SELECT false';
	CREATE OPERATOR trap.= (FUNCTION = trap.never, LEFTARG = int, RIGHTARG = int);
	CREATE OPERATOR trap.> (FUNCTION = trap.never, LEFTARG = int, RIGHTARG = int);
	ALTER DATABASE validate SET search_path = trap, public, pg_catalog;
	ALTER DATABASE validate SET timezone = 'Asia/Tokyo';
	ALTER DATABASE validate SET datestyle = 'German';
	ALTER DATABASE validate SET intervalstyle = 'sql_standard';
	ALTER DATABASE validate SET bytea_output = 'escape';
	ALTER DATABASE validate SET extra_float_digits = -3;
	ALTER DATABASE validate SET standard_conforming_strings = off;
	ALTER DATABASE validate SET default_transaction_read_only = off" >/dev/null
for mode in checksum full; do
	equal "settings of the session ($mode)" forms $mode
done
seen "settings of the session: a difference is one" "n = 1.25, v = 'x'" v,n
q "ALTER DATABASE validate RESET ALL; DROP SCHEMA trap CASCADE" >/dev/null
q "ALTER TABLE forms ALTER id TYPE bigint, ALTER v TYPE text,
		ALTER c TYPE char(10), ALTER f TYPE double precision,
		ALTER n TYPE numeric, ALTER bi TYPE int USING bi::int,
		ALTER y TYPE bigint, ALTER j TYPE json USING j::json,
		ALTER u TYPE uuid USING CASE WHEN octet_length(u) = 16
			THEN encode(u, 'hex')::uuid END;
	ALTER TABLE forms ADD w2 varchar(40); UPDATE forms SET w2 = w;
	ALTER TABLE forms DROP w; ALTER TABLE forms RENAME w2 TO w;
	UPDATE forms SET ti = justify_interval(ti)" >"$TL_DIR/altered"
is "$(cat "$TL_DIR/altered")" "" "local types of other names"
for mode in checksum full; do
	equal "local types of other names, another order of columns ($mode)" forms $mode
done
seen "local types of other names: a digit" "n = 1.50001" n
seen "local types of other names: the last bit of a float" "f = f + 1e-12" f
seen "local types of other names: a year" "y = y + 10000" y
q "ALTER TABLE forms ALTER v TYPE varchar(40)" >/dev/null

# Both sides make the same sums: nothing is read a second time.
my "SET sql_mode = '';
	CREATE TABLE edges (id int PRIMARY KEY, n decimal(12,4) ZEROFILL, y year,
		i int(8) ZEROFILL, d double, f float, b bit(9), dt datetime(3) NOT NULL,
		da date NOT NULL, ts timestamp(6) NOT NULL DEFAULT '2020-01-01',
		ti time(2) NOT NULL, dn datetime, e enum('a', 'b') NOT NULL,
		s set('x', 'y') NOT NULL, v varchar(10) CHARSET latin1 NOT NULL,
		w varchar(10) NOT NULL, g point, n0 decimal(20) NOT NULL,
		bu bigint unsigned NOT NULL, k boolean NOT NULL, t text, bl blob);
	INSERT INTO edges VALUES (1, 1.5, 0, 5, 1.5, 1.1, b'101', '0000-00-00',
		'0000-00-00', '0000-00-00', '-12:00:01.5', '0000-00-00', 'a', 'x,y', 'é',
		'#', POINT(1, 2), 5, 18446744073709551615, 1, '', NULL), (2, -2, 2024, 7, -0.0, 0, 0,
		'2020-01-01 00:00:00.123', '2020-02-29', '2021-01-01 00:00:00.000001',
		'00:00:00', NULL, 'b', '', '', 'a#b', NULL, -7, 0, 0, NULL, X'00')" validate
q "SELECT count(*) FROM migrate_table('source', 'edges')" >/dev/null
tl_log
equal "zero dates, zeros in front, NULLs" edges
is "$(tl_reads validate)" "sum edges" "what is equal is read once"
q "DROP TABLE edges" >/dev/null
my "DROP TABLE edges" validate

# ---- tables and columns of one side

next_steps()			# MODE: of what is not equal
{
	q "SELECT \"table\", status, next_step FROM validate('source')
		WHERE status <> 'equal' OR next_step IS NOT NULL" -F ' ' |
		grep -v '^[NHWD]'
}

for table in forms bags parts halves pairs loose; do
	q "SELECT count(*) FROM migrate_missing('source', '$table', 'mirror',
		options => '{\"max_delete\": 100, \"compare\": \"full\"}')" >/dev/null
done
is "$(next_steps)" "" "all is equal again"
my "ALTER TABLE halves ADD extra int; ALTER TABLE bags MODIFY a varchar(10);
	CREATE TABLE fresh (id int PRIMARY KEY)" validate
q "ALTER TABLE parts DROP v; DROP TABLE pairs" >/dev/null
my "CREATE TABLE strict (id int PRIMARY KEY, v int NOT NULL);
	INSERT INTO strict VALUES (1, 1)" validate
q "SELECT count(*) FROM migrate_table('source', 'strict')" >/dev/null
my "ALTER TABLE strict MODIFY v int NULL" validate
is "$(next_steps)" "bags differs columns of another type in MySQL: \"a\" (varchar, was int)
halves differs columns in MySQL only: \"extra\"
parts differs columns that are not here any more: \"v\"
strict differs columns of another type in MySQL: \"v\" (was NOT NULL)
fresh differs SELECT * FROM migrate_schema('source', 'validate', 'public', include => ARRAY['fresh']) -- table \"fresh\" is in MySQL only
pairs differs SELECT * FROM migrate_schema('source', 'validate', 'public', include => ARRAY['pairs']) -- table \"pairs\" of MySQL is not here any more" \
	"tables and columns of one side, and other types"
is "$(q "SELECT status, next_step FROM migrate_missing('source', 'halves')" |
	grep differs)" 'differs|columns in MySQL only: "extra"' \
	"migrate_missing does not call it equal, either"
like "$(q "SELECT count(*) FROM migrate_missing('source')")" \
	'NOTICE:  table "fresh" is in MySQL only' "migrate_missing names new tables"
q "SELECT count(*) FROM migrate_schema('source', 'validate', 'public',
	include => '{fresh}')" >/dev/null
q "INSERT INTO mysql_migrate.rule (server, pattern, action) VALUES
	('source', 'pairs', 'skip'), ('source', 'halves.extra', 'skip'),
	('source', 'parts.v', 'skip')" >/dev/null
my "ALTER TABLE bags MODIFY a int; DROP TABLE strict" validate
q "DROP TABLE strict" >/dev/null
is "$(next_steps)" "parts equal not compared: v" \
	"what a rule skips is no difference"
my "DROP TABLE fresh; ALTER TABLE halves DROP v" validate
output=$(q "SELECT \"table\", status, next_step FROM validate('source')
	WHERE status = 'failed'" -F ' ')
like "$output" "fresh failed .*Table 'validate.fresh' doesn't exist" \
	"a table that MySQL does not have any more"
like "$output" "halves failed .*Unknown column 'v' in" \
	"a column that MySQL does not have any more"
tl_nothing_left "at the end" 5
tl_done
