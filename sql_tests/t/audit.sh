#!/bin/bash
# sql_tests/t/audit.sh
#   What a careful reader would try: values of several megabytes in tables
#   whose rows PostgreSQL puts together anew.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database audit
my "CREATE TABLE wide (id int PRIMARY KEY, a longtext, b longtext,
		n int GENERATED ALWAYS AS (id + 1) STORED);
	INSERT INTO wide (id, a, b)
		SELECT seq, REPEAT(MD5(seq), 60000), REPEAT('x', 2000000) FROM seq_1_to_4" audit
tl_database audit

# ---- large values: of a generated row, parts of others, of two columns at once

q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES
	('source', 'wide.b', 'type', 'text'),
	('source', 'wide.b', 'using', '(string_to_array(a || ''|'' || value, ''|''))[1]')" >/dev/null
is "$(q "SELECT status FROM migrate_schema('source')" | grep -v 'NOTICE\|HINT')" ok \
	"large values: loaded"
is "$(q "SELECT count(*), sum(length(a)), sum(n), bool_and(a = b) FROM wide")" \
	"4|7680000|14|t" "large values: whole"
q "UPDATE mysql_migrate.rule SET value = 'a' WHERE action = 'using';
	INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES
		('source', 'wide.a', 'using', 'value')" >/dev/null 2>&1
is "$(q "SELECT status FROM migrate_table('source', 'wide', 'twice')" | grep -v 'NOTICE\|HINT')" \
	ok "one large value in two columns: loaded"
is "$(q "SELECT count(*), sum(length(a)), bool_and(a = b) FROM twice")" \
	"4|7680000|t" "one large value in two columns: whole"

# ---- values that an existing column cannot hold as they are

my "CREATE TABLE odd (id int PRIMARY KEY, v varbinary(16), w bit(8), x bit(8), t varchar(600));
	INSERT INTO odd VALUES (1, X'0000803F0000', 5, 5, REPEAT('ä', 250)),
		(2, X'0000803F', 5, 5, '{1}'), (3, NULL, 255, 5, '{1}')" audit
q "CREATE TABLE odd (id int PRIMARY KEY, v real[], w bit varying(4), x bit(12), t int[])" >/dev/null
is "$(q "SELECT loaded, rejected FROM migrate_table('source', 'odd', on_existing => 'append',
	on_error => 'reject')" | grep '|')" "1|2" "existing column: what does not fit is rejected"
is "$(q "SELECT * FROM odd")" "2|{1}|0101|000000000101|{1}" \
	"existing column: what fits is whole"
is "$(q "SELECT key->>'id', column_name FROM mysql_migrate.reject ORDER BY 1")" "1|v
3|w" "existing column: rejected by name"
q "DELETE FROM odd; ALTER TABLE odd DROP v" >/dev/null
q "INSERT INTO mysql_migrate.rule (server, pattern, action) VALUES ('source', 'odd.v', 'skip')" >/dev/null 2>&1
q "SELECT * FROM migrate_table('source', 'odd', on_existing => 'append',
	on_error => 'reject')" >/dev/null 2>&1
is "$(q "SELECT count(*) FROM mysql_migrate.reject WHERE column_name = 't'
	AND convert_from(convert_to(reason, 'UTF8'), 'UTF8') LIKE '%malformed array%'")" 1 \
	"a long value of letters of two bytes: the reason is text"

# ---- a stream that cannot be read aside is broken, never short

my "CREATE TABLE stream (id int PRIMARY KEY, d date);
	INSERT INTO stream SELECT seq, IF(seq = 300, '0000-00-00', '2020-01-01') FROM seq_1_to_600;
	CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)" audit
q "CREATE SCHEMA remote;
	ALTER SERVER source OPTIONS (ADD zero_date 'error');
	IMPORT FOREIGN SCHEMA audit LIMIT TO (stream, other) FROM SERVER source INTO remote;
	CREATE FUNCTION walk() RETURNS int LANGUAGE plpgsql AS \$\$
	DECLARE row record; n int := 0;
	BEGIN
		FOR row IN SELECT * FROM remote.stream LOOP
			n := n + 1;
			BEGIN
				PERFORM count(*) FROM remote.other;
			EXCEPTION WHEN datetime_field_overflow THEN NULL;
			END;
		END LOOP;
		RETURN n;
	END \$\$" >/dev/null 2>&1
tl_error "SELECT walk();"
is "$SQLSTATE" 08006 "a reader whose rows could not be put aside says so"
like "$ERROR" 'not all rows of|were lost' "a reader whose rows could not be put aside: message"

# ---- what ends the remote transaction is no reading

tl_error "SELECT * FROM mysql_query('source', 'ANALYZE TABLE other') AS t (a text, b text, c text, d text);"
is "$SQLSTATE" 0A000 "mysql_query: ANALYZE TABLE is refused"
ok "$(q "SELECT count(*) FROM mysql_query('source', 'ANALYZE SELECT * FROM other')
	AS t (id int, a text, b text, c text, d text, e text, f text, g text, h text, r text, i float8, j float8, k text)" | grep -c '^1$' | sed 's/1/0/; t; s/.*/1/')" \
	"mysql_query: ANALYZE SELECT is not"

# ---- an error of this side while MySQL's answers are written down

my "CREATE TABLE asked (id int PRIMARY KEY, b tinyint(1)); INSERT INTO asked VALUES (1, 1)" audit
"$PSQL" -X -q -c "BEGIN; LOCK TABLE mysql_migrate.decision IN EXCLUSIVE MODE; SELECT pg_sleep(30)" >/dev/null 2>&1 &
locker=$!
for i in $(seq 100); do
	[ "$(q "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND granted
		AND relation = 'mysql_migrate.decision'::regclass")" = 1 ] && break
	sleep 0.05
done
is "$(q "SET lock_timeout = '300ms';
	SELECT * FROM migrate_table('source', 'asked')" | grep -c 'lock timeout')" 1 \
	"decisions: a lock that is not to be had is an error of the job"
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
wait $locker
is "$(q "SELECT to_regclass('asked') IS NULL")" t "decisions: and nothing is made"

tl_nothing_left audit
tl_done
