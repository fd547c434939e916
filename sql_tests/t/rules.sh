#!/bin/bash
# sql_tests/t/rules.sh
#   mysql_migrate.rule: types, names, expressions, filters, queries, policies,
#   and whose jobs follow them.
. "$(dirname "$0")/../tools/testlib.sh"

rule()					# PATTERN ACTION [VALUE]
{
	q "SET client_min_messages = warning; INSERT INTO mysql_migrate.rule (server, pattern, action, value)
		VALUES ('source', \$p\$$1\$p\$, '$2', nullif(\$p\$${3:-}\$p\$, ''))"
}

no_rules()
{
	q "DELETE FROM mysql_migrate.rule"
}

migrate()				# SCHEMA [ARGUMENTS]: one line per table
{
	q "SET client_min_messages = warning;
		SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema('source', local_schema => '$1'${2:+, $2})
		ORDER BY 1" 2>"$TL_DIR/messages"
}

column_type()			# SCHEMA.TABLE COLUMN
{
	q "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
		WHERE attrelid = '$1'::regclass AND attname = '$2'"
}

tl_mysql_database rules
my "
CREATE TABLE users (
	id binary(16) PRIMARY KEY,
	Email varchar(100) NOT NULL,
	active char(1) NOT NULL,
	flags tinyint(1) NOT NULL,
	spent bigint NOT NULL,
	worked bigint,
	secret varchar(50),
	born date,
	UNIQUE KEY (Email));
INSERT INTO users VALUES
	(UNHEX('000102030405060708090A0B0C0D0E0F'), 'Ann@X.org', 'Y', 1, 5, 5400000000, 'a', '0000-00-00'),
	(UNHEX('100102030405060708090A0B0C0D0E0F'), 'Bob@X.org', 'N', 0, 7, NULL, 'b', '1980-02-03'),
	(UNHEX('200102030405060708090A0B0C0D0E0F'), 'Cid@X.org', 'N', 1, 9, 1, 'c', '1990-02-03');
CREATE TABLE visits (
	id int AUTO_INCREMENT PRIMARY KEY,
	user_id binary(16) NOT NULL,
	at datetime NOT NULL,
	page text,
	CONSTRAINT visits_user FOREIGN KEY (user_id) REFERENCES users (id));
INSERT INTO visits (user_id, at, page) SELECT id, '2024-01-02 03:04:05', CONCAT('p', active) FROM users;
INSERT INTO visits (user_id, at, page) SELECT id, '2020-01-02 03:04:05', NULL FROM users;
CREATE TABLE tmp_a (i int); CREATE TABLE tmp_b (i int);
CREATE VIEW busy AS SELECT Email, COUNT(*) AS visits FROM users JOIN visits ON user_id = users.id GROUP BY Email;
" rules
tl_database rules

# ---------------------------------------------------------- what is refused
bad()					# NAME SQLSTATE PATTERN PATTERN ACTION VALUE
{
	tl_fails "$1" "$2" "$3" "INSERT INTO mysql_migrate.rule
		(server, pattern, action, value)
		VALUES ('source', \$p\$$4\$p\$, '$5', nullif(\$p\$$6\$p\$, ''));"
}
bad 'unknown action' 22023 'unknown action' users typo uuid
bad 'no type' 22023 'invalid pattern' userz type uuid
bad 'three names' 22023 'invalid pattern' a.b.c type uuid
bad 'an empty name' 22023 'invalid pattern' users. skip ''
bad 'a filter of a column' 22023 'invalid pattern' users.id where 'id > 1'
bad 'one name for many' 22023 'invalid pattern' 'tmp_*' rename t
bad 'unknown type' 42704 'type "uuidd" does not exist' users.id type uuidd
bad 'no expression' 42601 'syntax error' users.email using 'lower('
bad 'two expressions' 42601 'is not one SQL expression' users.email using '1, 2'
bad 'two statements' 42601 'is not one SQL expression' users.email using '1; DROP TABLE t'
bad 'a query in disguise' 42601 'is not one SQL expression' users.email using '1 FROM pg_class'
bad 'unknown policy' 22023 'unknown policy' users.born policy 'zero_dat=null'
bad 'policy without value' 22023 'invalid value' users.born policy 'zero_date=nul'
bad 'no SELECT' 42601 'needs a SELECT' users query 'DELETE FROM users'
tl_fails 'unknown server' 42704 'server "nowhere" does not exist' \
	"INSERT INTO mysql_migrate.rule (server, pattern, action)
		VALUES ('nowhere', 'users', 'skip');"
is "$(q 'SELECT count(*) FROM mysql_migrate.rule')" 0 'no bad rule is kept'

# ------------------------------------------------------------------- all of them
rule 'binary(16)' type uuid
rule 'users.flags' type smallint
rule 'users.spent' type numeric
rule 'users.active' using "value = 'Y'"
rule 'users.email' using 'lower(value)'
rule 'users.worked' using "worked * interval '1 microsecond'"
rule 'users.secret' skip
rule 'users' rename people
rule 'visits.at' rename visited_at
rule '*.born' policy 'zero_date=-infinity'
rule 'visits' where "at >= '2021-01-01'"
rule 'tmp_*' skip
rule busy query 'SELECT Email, visits FROM busy'
is "$(migrate one)" "busy|3|3|0|ok
people|3|3|0|ok
visits|3|3|0|ok" 'all rules: rows'
is "$(q 'TABLE one.people ORDER BY id')" \
	"00010203-0405-0607-0809-0a0b0c0d0e0f|ann@x.org|t|1|5|01:30:00|-infinity
10010203-0405-0607-0809-0a0b0c0d0e0f|bob@x.org|f|0|7||1980-02-03
20010203-0405-0607-0809-0a0b0c0d0e0f|cid@x.org|f|1|9|00:00:00.000001|1990-02-03" \
	'all rules: values'
is "$(q "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = 'one.people'::regclass AND attnum > 0")" \
	'id uuid, email text, active boolean, flags smallint, spent numeric, worked interval, born date' \
	'all rules: types'
is "$(q "SELECT user_id, visited_at, page FROM one.visits ORDER BY 1 LIMIT 1")" \
	'00010203-0405-0607-0809-0a0b0c0d0e0f|2024-01-02 03:04:05|pY' \
	'a renamed column, and the key that points to a uuid'
is "$(q "SELECT count(*), bool_and(convalidated) FROM pg_constraint
	WHERE contype = 'f' AND connamespace = 'one'::regnamespace")" '1|t' \
	'all rules: the foreign key holds'
is "$(q 'SELECT email, visits FROM one.busy ORDER BY 1 LIMIT 1')" \
	'Ann@X.org|2' 'a view loaded as a table'
is "$(q "SELECT count(*) FROM pg_class WHERE relnamespace = 'one'::regnamespace AND relname LIKE 'tmp%'")" \
	0 'tables are skipped'
is "$(q "SELECT count(*) FROM mysql_migrate.todo WHERE what LIKE '%left out%'")" \
	3 'what is skipped is said'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM validate('source') ORDER BY 1")" \
	'busy|equal
people|equal
visits|equal' 'validate follows the rules'

is "$(q "SET client_min_messages = error; SELECT count(*) FROM validate('source') WHERE next_step LIKE '%active%'")" \
	0 'validate compares what expressions made'
q "UPDATE one.people SET active = NOT active, worked = NULL WHERE email = 'ann@x.org'"
is "$(q "SET client_min_messages = error; SELECT \"table\", changed, status FROM validate('source', 'people')")" \
	'people|1|differs' 'validate sees a value that the expression did not make'
is "$(q "SELECT columns, local, remote FROM mysql_migrate.difference WHERE table_name = 'people'")" \
	'{active,worked}|{"active": "f", "worked": null}|{"active": "t", "worked": "01:30:00"}' \
	'and shows what it should be'
my "UPDATE users SET active = 'Y' WHERE Email = 'Bob@X.org'" rules
q "SET client_min_messages = error; SELECT FROM migrate_missing('source', 'one.people', mode => 'changed')" >/dev/null
is "$(q "SELECT email, active, worked FROM one.people ORDER BY 1")" \
	'ann@x.org|t|01:30:00
bob@x.org|t|
cid@x.org|f|00:00:00.000001' 'migrate_missing follows the rules'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM validate('source', 'people')")" \
	'people|equal' 'and nothing differs then'

# ----------------------------------------------------- a filter on both sides
q "INSERT INTO one.visits (user_id, visited_at, page) SELECT user_id, '2019-01-01', 'ours' FROM one.visits LIMIT 1"
is "$(q "SET client_min_messages = error; SELECT extra, status FROM validate('source', 'visits')")" '0|equal' \
	'validate looks at the rows that the filter is about, on both sides'
q "UPDATE one.visits SET visited_at = '2018-01-01' WHERE id = 2"
is "$(q "SET client_min_messages = error; SELECT missing, changed, extra, status FROM validate('source', 'visits')")" \
	'0|1|0|differs' 'a row that does not pass it here is changed, not missing'
q "SET client_min_messages = error; SELECT FROM migrate_missing('source', 'one.visits', mode => 'mirror')" >/dev/null
is "$(q "SELECT page, to_char(visited_at, 'YYYY') FROM one.visits ORDER BY 1, 2")" 'ours|2019
pN|2024
pN|2024
pY|2024' 'mirror deletes no row that the filter is not about'
q "DELETE FROM one.visits WHERE page = 'ours'"

# ----------------------------------------------------------- foreign tables
q "CREATE SCHEMA far"
OUTPUT=$(q "IMPORT FOREIGN SCHEMA rules FROM SERVER source INTO far OPTIONS (identifiers 'lower')")
like "$OUTPUT" 'rule "using" of "users.active" is not followed for column "active"' \
	'import: what a foreign table cannot do is said'
is "$(q "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
	WHERE relnamespace = 'far'::regnamespace")" 'busy people visits' \
	'import: names, and what is skipped'
is "$(q 'SELECT id, flags, spent FROM far.people ORDER BY id LIMIT 1')" \
	'00010203-0405-0607-0809-0a0b0c0d0e0f|1|5' 'import: types'
is "$(q 'SELECT count(visited_at) FROM far.visits')" 3 'import: names of columns, filters'
is "$(q 'SELECT born FROM far.people ORDER BY id LIMIT 1')" '-infinity' 'import: policies of a column'
is "$(q "SELECT count(*) FROM pg_attribute WHERE attrelid = 'far.people'::regclass AND attname = 'secret'")" \
	0 'import: columns that are skipped'

# ------------------------------------------------------ a rule after the load
OUTPUT=$(q "INSERT INTO mysql_migrate.rule (server, pattern, action, value)
	VALUES ('source', 'visits.page', 'type', 'bytea')")
like "$OUTPUT" 'visits.page is text here: the rule takes effect when the table is loaded again' \
	'a rule after the load says that a reload is needed'
like "$OUTPUT" "SELECT \* FROM migrate_table\('source', 'visits', 'one.visits', on_existing => 'replace'\);" \
	'and how'
is "$(q "SET client_min_messages = error; SELECT loaded, rejected, status
	FROM migrate_table('source', 'visits', 'one.visits', on_existing => 'replace')")" \
	'3|0|ok' 'the reload that it names works'
is "$(column_type one.visits page)" bytea 'the reload follows the rule'

# ------------------------------------------------------- which rule counts
no_rules
my "CREATE TABLE mixed (a int, b int, c int, D int, \`e.f\` int, \`g*\` int, h bigint unsigned, i bigint)
	" rules
rule int type text
rule '*.b' type bigint
rule 'mixed.*' type numeric
rule mixed.c type smallint
rule 'MIXED.c' type 'money'
rule 'mixed.d' rename 'Dee'
rule 'mixed.`e.f`' rename ef
rule 'mixed.`g*`' type real
rule 'bigint unsigned' type 'numeric(30)'
rule 'mixed.i' type integer
rule 'mixed.i' type 'double precision'
migrate two "include => '{mixed}'" >/dev/null
is "$(q "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = 'two.mixed'::regclass AND attnum > 0")" \
	'a numeric, b numeric, c smallint, Dee numeric, ef numeric, g* real, h numeric, i double precision' \
	'the most exact pattern counts, among equals the newest'
is "$(q "SELECT object, what FROM mysql_migrate.todo WHERE severity = 'warning'")" '' \
	'rules for other tables are no mistake in a part of the schema'
no_rules
rule nothere.x type text
rule mixed.x skip
rule nothere skip
rule 'varchar(77)' type text
migrate three >/dev/null
is "$(q "SELECT string_agg(what, ', ' ORDER BY id) FROM mysql_migrate.todo WHERE severity = 'warning' AND job = (SELECT max(id) FROM mysql_migrate.job)")" \
	'"type" of "nothere.x" matches nothing, "skip" of "mixed.x" matches nothing, "skip" of "nothere" matches nothing, "type" of "varchar(77)" matches nothing' \
	'a rule that matches nothing is a warning'

# -------------------------------------------------------------- expressions
no_rules
my "CREATE TABLE conv (id int PRIMARY KEY, yn varchar(5), micros bigint, js json, e enum('x','y'),
	s set('a','b'), t time, u bigint unsigned, first varchar(10), last varchar(10), z datetime);
	INSERT INTO conv VALUES
	(1, 'Y', 1500000, '{\"a\": [1, 2]}', 'x', 'a,b', '100:00:00', 18446744073709551615, 'Ann', 'Lee', '2024-07-01 00:00:00'),
	(2, 'N', NULL, NULL, NULL, '', '-01:00:00', 5, NULL, 'Ray', NULL),
	(3, 'maybe', 7, '{\"a\": []}', 'y', 'b', '00:00:01', 6, 'Bob', 'Kay', '2024-01-01 00:00:00')" rules
rule conv.yn using "CASE value WHEN 'Y' THEN true WHEN 'N' THEN false ELSE value::boolean END"
rule conv.micros using "make_interval(secs => value / 1e6)"
rule conv.js using "jsonb_array_length(js -> 'a')"
rule conv.e using "upper(e)"
rule conv.s using "cardinality(value)"
rule conv.t using "extract(epoch FROM value)"
rule conv.t type integer
rule conv.u using "value - 1"
rule conv.last using "concat_ws(' ', first, value)"
rule conv.first using "left(first, 1)"
rule conv.z using "value AT TIME ZONE 'Europe/Berlin'"
tl_fails 'an expression that fails' HV000 'failed' \
	"SELECT FROM migrate_table('source', 'conv', 'public.conv');"
like "$OUTPUT" 'invalid input syntax for type boolean: "maybe"' 'an expression that fails: its error'
is "$(q "SELECT error_context FROM mysql_migrate.task WHERE error_context LIKE '%yn%'")" \
	'loading table "rules.conv", chunk (whole table), row 3, column "yn"' \
	'an expression that fails: where'
is "$(q "SET client_min_messages = error; SELECT read, loaded, rejected, status
	FROM migrate_table('source', 'conv', 'public.conv', on_error => 'reject')")" \
	'3|2|1|incomplete' 'an expression that fails rejects one row'
is "$(q "SELECT key, column_name, convert_from(value, 'UTF8'), sqlstate, reason FROM mysql_migrate.reject")" \
	'{"id": 3}|yn|maybe|22P02|invalid input syntax for type boolean: "maybe"' 'the rejected row has all there is to know'
is "$(q "SET timezone = 'UTC'; TABLE public.conv ORDER BY id")" \
	'1|t|00:00:01.5|2|X|2|360000|18446744073709551614|A|Ann Lee|2024-06-30 22:00:00+00
2|f||||0|-3600|4||Ray|' 'expressions over every kind of value'
q "DELETE FROM mysql_migrate.rule WHERE pattern = 'conv.yn'"
rule conv.yn using "value = 'Y'"
is "$(q "SET client_min_messages = error; SELECT read, loaded, rejected, status
	FROM migrate_table('source', 'conv', 'public.conv', on_existing => 'replace')")" \
	'3|3|0|ok' 'with the rule mended every row is loaded'

compile()				# NAME SQLSTATE PATTERN EXPRESSION
{
	no_rules
	rule conv.yn using "$4"
	tl_fails "$1" "$2" "$3" "SELECT FROM migrate_table('source', 'conv', 'public.no');"
}
compile 'an unknown column' 42703 'column "nope" does not exist in MySQL table "rules.conv"' 'nope || value'
compile 'an unknown function' 42883 'function nope' 'nope(value)'
compile 'a subquery' 0A000 'subquery' '(SELECT 1)'
compile 'an aggregate' 42803 'aggregate functions are not allowed' 'max(value)'
compile 'a set' 0A000 'set-returning functions are not allowed' 'generate_series(1, 2)'
is "$(q "SELECT to_regclass('public.no')")" '' 'an expression that does not fit makes nothing'

# ------------------------------------- text that has no other place than bytea
no_rules
my "CREATE TABLE nuls (id int PRIMARY KEY, v text CHARACTER SET latin1);
	INSERT INTO nuls VALUES (1, CONCAT('a', CHAR(0))), (2, CONCAT(CHAR(92), 'x4')), (3, X'e9')" rules
rule nuls.v type bytea
is "$(q "SET client_min_messages = error; SELECT loaded, status FROM migrate_table('source', 'nuls')")" \
	'3|ok' 'text with the byte 00 fits a rule to bytea'
is "$(q "SELECT string_agg(encode(v, 'hex'), ' ' ORDER BY id) FROM nuls")" \
	'6100 5c7834 c3a9' 'text as bytea: its bytes'
is "$(q "SELECT missing, changed, extra, status FROM validate('source', 'nuls')")" \
	'0|0|0|equal' 'text as bytea is equal'
q "DROP TABLE nuls" >/dev/null; my "DROP TABLE nuls" rules

# --------------------------------------------- defaults of a type of one's own
no_rules
my "CREATE TABLE preset (id int PRIMARY KEY, ip varchar(20) NOT NULL DEFAULT 'c',
		good varchar(20) DEFAULT '1.2.3.4', short varchar(20) DEFAULT 'abcdef',
		small decimal(6,1) DEFAULT 999, u varchar(36) DEFAULT REPEAT('-', 36),
		list varchar(20) DEFAULT '{1,2}', bad_list varchar(20) DEFAULT '1,2',
		day varchar(20) DEFAULT '2024-02-30', rate int DEFAULT 0, age int DEFAULT 7);
	ALTER TABLE preset ALTER u SET DEFAULT '------------------------------------';
	INSERT INTO preset VALUES (1, '::1', '::1', 'ab', 1,
		'00000000-0000-0000-0000-000000000000', '{}', '{}', '2024-02-03', 1, 1)" rules
q "CREATE DOMAIN positive AS integer CHECK (value > 0);
	CREATE ROLE rules_no_temp; GRANT CREATE ON SCHEMA public TO rules_no_temp;
	GRANT USAGE ON FOREIGN SERVER source TO rules_no_temp;
	REVOKE TEMPORARY ON DATABASE rules FROM PUBLIC;
	GRANT USAGE ON SCHEMA mysql_migrate TO rules_no_temp;
	CREATE USER MAPPING FOR rules_no_temp SERVER source OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD')"
q "SET ROLE rules_no_temp; INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES
	('source', 'preset.ip', 'type', 'inet'), ('source', 'preset.good', 'type', 'inet'),
	('source', 'preset.short', 'type', 'varchar(3)'), ('source', 'preset.small', 'type', 'numeric(3,1)'),
	('source', 'preset.u', 'type', 'uuid'), ('source', 'preset.list', 'type', 'int[]'),
	('source', 'preset.bad_list', 'type', 'int[]'), ('source', 'preset.day', 'type', 'date'),
	('source', 'preset.rate', 'type', 'positive'), ('source', 'preset.age', 'type', 'positive')"
is "$(q "SET client_min_messages = error; SET ROLE rules_no_temp;
	SELECT loaded, status FROM migrate_table('source', 'preset', 'public.preset')")" '1|ok' \
	'a default that is no value of the new type does not stop the job'
is "$(q "SELECT string_agg(attname || ' ' || pg_get_expr(adbin, adrelid), ', ' ORDER BY attnum)
	FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
	WHERE attrelid = 'preset'::regclass")" \
	"good '1.2.3.4'::inet, list '{1,2}'::integer[], age 7" \
	'defaults that are values of the new type are made'
is "$(q "SELECT string_agg(object, ' ' ORDER BY object) FROM mysql_migrate.todo
	WHERE what = 'default not made' AND \"next step\" LIKE '%ALTER TABLE public.preset%'")" \
	'preset.bad_list preset.day preset.ip preset.rate preset.short preset.small preset.u' \
	'the others are notes'
like "$(q "SELECT why FROM mysql_migrate.note WHERE object = 'preset.ip'")" \
	'no value of type inet' 'a note says which type it is'
q "DROP TABLE preset; DROP OWNED BY rules_no_temp; DROP ROLE rules_no_temp"

# ------------------------------------------------------------------- queries
no_rules
rule top query 'SELECT u.Email AS mail, COUNT(*) AS n, SUM(v.id) AS total, MAX(v.at) AS latest FROM users u JOIN visits v ON v.user_id = u.id GROUP BY u.Email'
rule visits query "SELECT id, at, UPPER(page) AS page FROM visits WHERE page IS NOT NULL"
is "$(migrate four "include => '{top,visits}'")" 'top|3|3|0|ok
visits|3|3|0|ok' 'queries: rows'
is "$(q "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = 'four.visits'::regclass AND attnum > 0")" \
	'id integer NOT NULL, at timestamp(0) without time zone, page text' \
	'a query of a table: its key and its types stay'
is "$(q 'SELECT mail, n, total, latest FROM four.top ORDER BY 1 LIMIT 1')" \
	'Ann@X.org|2|5|2024-01-02 03:04:05' 'a table that is a query'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM validate('source', 'four.top')")" \
	'top|equal' 'a query can be validated'

# ----------------------------------------------------------- whose rules
no_rules
q "DROP ROLE IF EXISTS rules_one, rules_two" >/dev/null
q "CREATE ROLE rules_one; CREATE ROLE rules_two IN ROLE rules_one; CREATE ROLE \"Rules Three\";
	GRANT USAGE ON FOREIGN SERVER source TO rules_one, rules_two, \"Rules Three\";
	CREATE SCHEMA one_s AUTHORIZATION rules_one; CREATE SCHEMA two_s AUTHORIZATION rules_two"
for role in rules_one rules_two; do
	q "CREATE USER MAPPING FOR $role SERVER source OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD')"
done
q "SET ROLE rules_one; INSERT INTO mysql_migrate.rule (server, pattern, action, value)
	VALUES ('source', 'visits.page', 'using', 'value || current_user')"
q "SET client_min_messages = error;
	SET ROLE rules_one; SELECT FROM migrate_table('source', 'visits', 'one_s.visits')" >/dev/null
q "SET client_min_messages = error;
	SET ROLE rules_two; SELECT FROM migrate_table('source', 'visits', 'two_s.visits')" >/dev/null
is "$(q "SELECT (SELECT page FROM one_s.visits WHERE id = 1), (SELECT page FROM two_s.visits WHERE id = 1)")" \
	'pYrules_one|pY' "a rule works for its owner's jobs, as its owner, and for no other's"
tl_error "SET ROLE rules_two; INSERT INTO mysql_migrate.rule (owner, server, pattern, action)
	VALUES ('rules_one', 'source', 'x', 'skip');"
is "$SQLSTATE" 42501 'a rule in the name of another is refused'
is "$(q "SET ROLE rules_two; UPDATE mysql_migrate.rule SET value = 'pg_sleep(1)::text' RETURNING 1")" '' \
	'a rule is changed by its owner only'
is "$(q "SET ROLE rules_two; DELETE FROM mysql_migrate.rule RETURNING 1")" '' \
	'a rule is deleted by its owner only'
is "$(q "SET ROLE \"Rules Three\"; INSERT INTO mysql_migrate.rule (server, pattern, action)
	VALUES ('source', 'x', 'skip') RETURNING owner")" '"Rules Three"' \
	'a role with a name that needs quotes'
is "$(q "SET ROLE \"Rules Three\"; SELECT count(*) FROM mysql_migrate.rule")" 1 \
	'a role sees its own rules'
"$("$PG_CONFIG" --bindir)/pg_dump" -t mysql_migrate.rule "$PGDATABASE" >"$TL_DIR/dump" 2>/dev/null
q "DROP OWNED BY rules_one, rules_two, \"Rules Three\"; DELETE FROM mysql_migrate.rule;
	DROP ROLE rules_one, rules_two, \"Rules Three\""
tl_done
