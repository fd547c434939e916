#!/bin/bash
# sql_tests/t/rules.sh
#   mysql_migrate.rule: types, names, expressions, filters, queries, policies,
#   and whose jobs follow them.
. "$(dirname "$0")/../tools/testlib.sh"

rule()					# PATTERN ACTION [VALUE]
{
	q "INSERT INTO mysql_migrate.rule (server, pattern, action, value)
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

tl_done
