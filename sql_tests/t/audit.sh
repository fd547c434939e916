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

tl_nothing_left audit
tl_done
