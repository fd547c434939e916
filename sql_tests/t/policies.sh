#!/bin/bash
# sql_tests/t/policies.sh
#   Values that PostgreSQL does not hold, by every policy: what the loader
#   makes of them, foreign tables, and validate.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database policies
sv_mysql policies <<'SQL'
SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';
CREATE TABLE zero (id int PRIMARY KEY, d date NOT NULL, dt datetime(3),
	ts timestamp NOT NULL DEFAULT '2001-01-01');
INSERT INTO zero VALUES (1, 0, 0, 0), (2, '2020-02-29', '2020-02-29 10:00:00.125', '2020-02-29 10:00:00'),
	(3, '2020-02-29', '0000-00-00 10:00:00.5', '2001-01-01');
CREATE TABLE partial (id int PRIMARY KEY, d date NOT NULL, dt datetime(3));
INSERT INTO partial VALUES (1, '2020-00-00', '2020-00-00 01:02:03.5'),
	(2, '2020-11-00', '2020-00-17 23:59:59.999'), (3, '1999-12-31', NULL);
CREATE TABLE impossible (id int PRIMARY KEY, d date, dt datetime(3));
INSERT INTO impossible VALUES (1, '2019-02-29', '0000-01-01 00:00:00'),
	(2, '2020-02-29', '2020-06-31 00:00:00'), (3, NULL, '2024-06-30 00:00:00');
CREATE TABLE nul (id int PRIMARY KEY, a varchar(20), b text CHARACTER SET latin1,
	c longtext CHARACTER SET utf16, e char(20) CHARACTER SET sjis);
INSERT INTO nul VALUES (1, CONCAT('a', CHAR(0 USING utf8mb4), 'b'), CONCAT('é', CHAR(0 USING utf8mb4)), CONCAT(CHAR(0 USING utf8mb4), 'ü😀'), CONCAT('表', CHAR(0 USING utf8mb4), '.')),
	(2, 'a', '€', 'c', '表'), (3, CHAR(0 USING utf8mb4), NULL, '', CHAR(0 USING utf8mb4));
CREATE TABLE twice (id int PRIMARY KEY, a varchar(40), b text CHARACTER SET latin1, c varchar(40) CHARACTER SET latin1);
INSERT INTO twice VALUES (1, CONVERT(CAST(CONVERT('é€ü😀' USING utf8mb4) AS BINARY) USING latin1),
	CONVERT(CAST(CONVERT('é€ü😀' USING utf8mb4) AS BINARY) USING latin1), 'é'),
	(2, 'plain', 'é€', CONVERT(CAST(CONVERT('Ý' USING utf8mb4) AS BINARY) USING latin1)),
	(3, 'Привет', NULL, CONVERT(CAST(CONVERT('Ý' USING utf8mb4) AS BINARY) USING latin1));
CREATE TABLE gaps (id int PRIMARY KEY, v varchar(10) CHARACTER SET sjis, c text CHARACTER SET cp1251);
INSERT INTO gaps VALUES (1, CONVERT(X'838D8740' USING sjis), 'я?'), (2, 'ロ?', CONVERT(X'3F983F' USING cp1251)), (3, '', NULL);
CREATE TABLE gaps_nul (id int PRIMARY KEY, c text CHARACTER SET cp1251);
INSERT INTO gaps_nul VALUES (1, CONVERT(X'6100629862' USING cp1251)), (2, 'a');
CREATE TABLE escape (id int PRIMARY KEY, j longtext);
INSERT INTO escape VALUES (1, '{"a\\u0000b": "\\\\u0000\\u0000"}'), (2, '["\\ud83d\\ude00", "x"]'), (3, NULL);
CREATE TABLE surrogate (id int PRIMARY KEY, j longtext);
INSERT INTO surrogate VALUES (1, '["\\ud83dx", "\\ude00", "\\ud83d\\ud83d\\ude00", "\\ud83d"]'), (2, '{}');
CREATE TABLE bad_json (id int PRIMARY KEY, j longtext);
INSERT INTO bad_json VALUES (1, '{"a": }'), (2, '[1]'), (3, NULL), (4, '[1e999999]');
SQL
ok $? "the values are in MySQL"
tl_database policies
# MariaDB takes neither for JSON; a rule makes them jsonb all the same.
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value)
	VALUES ('source', 'surrogate.j', 'type', 'jsonb'),
	       ('source', 'escape.j', 'type', 'jsonb'),
	       ('source', 'bad_json.j', 'type', 'jsonb')"

NUMBER=0
rows()					# TABLE: of the last run
{
	PGTZ=UTC q "SET datestyle = iso; SELECT * FROM $1 ORDER BY id" -P null=NULL
}

# accepts TABLE OPTIONS ROWS [CONVERTED]: loaded, read, and what the notes say.
accepts()
{
	local name="$1 $2" schema counts

	NUMBER=$((NUMBER + 1))
	schema=accepts_$NUMBER
	q "CREATE SCHEMA $schema"
	is "$(q "SELECT read - loaded FROM migrate_schema('source',
			local_schema => '$schema', include => '{$1}', options => '$2')" |
			tail -n 1)" 0 "$name: every row is loaded"
	is "$(rows "$schema.$1")" "$3" "$name: as the policy says"
	foreign "$schema" "$1" "$2"
	is "$(rows "$schema.f")" "$3" "$name: foreign tables, too"
	counts=$(q "SELECT string_agg(replace(object, '$1.', '') || ' ' || substring(what from '[0-9]+'), ', ' ORDER BY object)
		FROM mysql_migrate.note WHERE object LIKE '$1.%'
		 AND job = (SELECT max(id) FROM mysql_migrate.job)
		 AND what ~ '^[0-9]+ values'")
	is "$counts" "${4:-}" "$name: converted values are counted"
}

# A foreign table of the same columns, with the policies as its options.
foreign()				# SCHEMA TABLE OPTIONS
{
	sv_psql -q >/dev/null 2>&1 <<-SQL
	SELECT format('CREATE FOREIGN TABLE $1.f (%s) SERVER source OPTIONS (table_name ''$2''%s)',
		string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum),
		(SELECT string_agg(format(', %I %L', key, value), '') FROM jsonb_each_text('$3') WHERE key <> 'json'))
		FROM pg_attribute WHERE attrelid = '$1.$2'::regclass AND attnum > 0 \\gexec
	SQL
}

# refuses TABLE OPTIONS SQLSTATE PATTERN HINT: stopped, and nothing is here.
refuses()
{
	local name="$1 $2" schema

	NUMBER=$((NUMBER + 1))
	schema=refuses_$NUMBER
	q "CREATE SCHEMA $schema"
	q "SELECT 1 FROM migrate_schema('source', local_schema => '$schema',
		include => '{$1}', options => '$2')" >/dev/null
	is "$(q "SELECT error_sqlstate FROM mysql_migrate.task
		WHERE job = (SELECT max(id) FROM mysql_migrate.job) AND state = 'failed'")" "$3" \
		"$name: SQLSTATE"
	like "$(q "SELECT error_message || '|' || error_hint FROM mysql_migrate.task
		WHERE job = (SELECT max(id) FROM mysql_migrate.job) AND state = 'failed'")" "$4" \
		"$name: what is wrong, and which option helps"
	is "$(q "SELECT to_regclass('$schema.$1')")" "" "$name: no table"
}

# --------------------------------------------------------------- dates

accepts zero '{}' '1|NULL|NULL|NULL
2|2020-02-29|2020-02-29 10:00:00.125|2020-02-29 10:00:00+00
3|2020-02-29|NULL|2001-01-01 00:00:00+00' 'd 1, dt 2, ts 1'
accepts zero '{"zero_date": "-infinity"}' '1|-infinity|-infinity|-infinity
2|2020-02-29|2020-02-29 10:00:00.125|2020-02-29 10:00:00+00
3|2020-02-29|-infinity|2001-01-01 00:00:00+00' 'd 1, dt 2, ts 1'
refuses zero '{"zero_date": "error"}' 22008 'zero date.*"zero_date" to "null" or'
refuses partial '{}' 22008 'incomplete or impossible date.*"partial_date" to "null" or "first"'
accepts partial '{"partial_date": "null"}' '1|NULL|NULL
2|NULL|NULL
3|1999-12-31|NULL' 'd 2, dt 2'
accepts partial '{"partial_date": "null", "zero_date": "error"}' '1|NULL|NULL
2|NULL|NULL
3|1999-12-31|NULL' 'd 2, dt 2'
accepts partial '{"partial_date": "first"}' '1|2020-01-01|2020-01-01 01:02:03.5
2|2020-11-01|2020-01-17 23:59:59.999
3|1999-12-31|NULL' 'd 2, dt 2'
accepts impossible '{"partial_date": "null"}' '1|NULL|NULL
2|2020-02-29|NULL
3|NULL|2024-06-30 00:00:00' 'd 1, dt 2'
refuses impossible '{"partial_date": "first"}' 22008 'incomplete or impossible date'

# ---------------------------------------------------------------- text

refuses nul '{}' 22P05 'byte 00.*"nul" to "strip" or "replace"'
accepts nul '{"nul": "strip"}' '1|ab|é|ü😀|表.
2|a|€|c|表
3||NULL||' 'a 2, b 1, c 1, e 2'
accepts nul '{"nul": "replace"}' '1|a�b|é�|�ü😀|表�.
2|a|€|c|表
3|�|NULL||�' 'a 2, b 1, c 1, e 2'
accepts twice '{"encoding": "latin1"}' '1|é€ü😀|é€ü😀|é
2|plain|é€|Ý
3|Привет|NULL|Ý' 'a 1, b 1, c 2'

refuses gaps '{}' 22P05 'characters that MySQL.s (sjis|cp1251) cannot convert.*"encoding" to "replace"'
# A foreign table knows nothing of the column's charset, and shows MySQL's "?".
accepts gaps '{"encoding": "replace"}' '1|ロ?|я?
2|ロ?|???
3||NULL' 'c 1, v 1'
# Byte 00 beside such a character is byte 00 still.
refuses gaps_nul '{"encoding": "replace"}' 22P05 'byte 00.*"nul" to "strip" or "replace"'
accepts gaps_nul '{"encoding": "replace", "nul": "strip"}' '1|ab?b
2|a' 'c 1'
accepts gaps_nul '{"encoding": "replace", "nul": "replace"}' '1|a�b?b
2|a' 'c 1'

# ---------------------------------------------------------------- JSON

refuses escape '{}' 22P05 'u0000.*"nul" to'
accepts escape '{"nul": "strip"}' '1|{"ab": "\\u0000"}
2|["😀", "x"]
3|NULL' 'j 1'
accepts escape '{"nul": "replace"}' '1|{"a�b": "\\u0000�"}
2|["😀", "x"]
3|NULL' 'j 1'
refuses surrogate '{}' 22P05 'half a surrogate pair.*"encoding" to'
accepts surrogate '{"encoding": "replace"}' '1|["�x", "�", "�😀", "�"]
2|{}' 'j 1'
accepts surrogate '{"encoding": "strip"}' '1|["x", "", "😀", ""]
2|{}' 'j 1'
refuses bad_json '{}' 22P02 '.*"bad_json" to "replace"'
accepts bad_json '{"bad_json": "replace"}' '1|NULL
2|[1]
3|NULL
4|NULL' 'j 2'

# ------------------------------------------------------------ validate

is "$(q "SELECT status, count(*) FROM validate('source') GROUP BY status")" \
	"equal|$(q "SELECT count(*) FROM pg_class WHERE relkind = 'r'
		AND relnamespace::regnamespace::text LIKE 'accepts\_%'")" \
	"validate follows the policies: every table is equal"
tl_done
