#!/bin/bash
# sql_tests/t/decide.sh
#   What the data decides holds for every later run: the night itself gives the
#   schema of the rehearsal, and a row that breaks it is named.
. "$(dirname "$0")/../tools/testlib.sh"

dump()					# SCHEMA: its definition, without its name
{
	"$("$PG_CONFIG" --bindir)/pg_dump" -s -n "$1" "$PGDATABASE" |
		sed -e "s/\b$1\b/schema/g" -e '/^-- Dumped/d' -e '/^--/d' -e '/^.restrict/d' -e '/^.unrestrict/d'
}

types()					# SCHEMA: types of all columns
{
	q "SELECT string_agg(format('%s.%s %s', relname, attname, format_type(atttypid, atttypmod)), ', '
			ORDER BY relname, attnum)
		FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
		WHERE relnamespace = '$1'::regnamespace AND relkind = 'r' AND attnum > 0"
}

tl_mysql_database decide
my "
CREATE TABLE node (id bigint unsigned PRIMARY KEY, small tinyint(1), t time, d date NOT NULL, e enum('x','y'));
INSERT INTO node VALUES (1, 1, '10:00:00', '2020-01-01', 'x'), (2, 0, '11:00:00', '2020-01-02', NULL);
CREATE TABLE big (id bigint unsigned PRIMARY KEY);
INSERT INTO big VALUES (18446744073709551615), (7);
CREATE TABLE level (id tinyint(1) PRIMARY KEY);
INSERT INTO level VALUES (0), (1), (5);
CREATE TABLE leaf (id int AUTO_INCREMENT PRIMARY KEY, big_id bigint unsigned, node_id bigint unsigned,
	level tinyint(1), CONSTRAINT to_level FOREIGN KEY (level) REFERENCES level (id), CONSTRAINT to_big FOREIGN KEY (big_id) REFERENCES big (id),
	CONSTRAINT to_node FOREIGN KEY (node_id) REFERENCES node (id));
INSERT INTO leaf (big_id, node_id, level) VALUES (7, 1, 1), (NULL, 2, 0);
" decide
tl_database decide
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM migrate_schema('source', local_schema => 'rehearsal') ORDER BY 1")" \
	'big|ok
leaf|ok
level|ok
node|ok' 'the rehearsal'
is "$(types rehearsal)" 'big.id numeric(20,0), leaf.id integer, leaf.big_id numeric(20,0), leaf.node_id bigint, leaf.level smallint, level.id smallint, node.id bigint, node.small boolean, node.t time(0) without time zone, node.d date, node.e rehearsal.node_e' \
	'columns tied by foreign keys have one type'
is "$(q "SELECT bool_and(convalidated), count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'rehearsal'::regnamespace")" 't|3' \
	'and the keys hold'

# --------------------------------------------------- the data changes its mind
my "SET sql_mode = ''; SET foreign_key_checks = 0;
	DELETE FROM big WHERE id > 7;
	INSERT INTO node VALUES (18446744073709551615, 1, '10:00:00', '2020-01-01', 'x'),
		(3, 2, '10:00:00', '2020-01-01', 'x'), (4, 1, '100:00:00', '2020-01-01', 'x'),
		(5, 1, '10:00:00', '0000-00-00', 'x')" decide
is "$(q "SET client_min_messages = error; SELECT \"table\", read, loaded, rejected, status
	FROM migrate_schema('source', local_schema => 'night', on_error => 'reject') ORDER BY 1")" \
	'big|1|1|0|ok
leaf|2|2|0|ok
level|3|3|0|ok
node|6|2|4|incomplete' 'the night: rows that break a decision are rejected'
ok "$(diff <(dump rehearsal) <(dump night) >"$TL_DIR/diff"; echo $?)" \
	'the night gives the schema of the rehearsal, byte for byte' "$(cat "$TL_DIR/diff")"
is "$(q "SELECT key ->> 'id', column_name FROM mysql_migrate.reject ORDER BY (key ->> 'id')::numeric")" \
	'3|small
4|t
5|d
18446744073709551615|id' 'each by its key and column'
like "$(q "SELECT reason FROM mysql_migrate.reject WHERE key ->> 'id' = '5'")" \
	'would become NULL' 'a zero date that nobody expected'

# ------------------------------------------------------------ one table alone
q "CREATE SCHEMA alone"
q "SET client_min_messages = error;
	SELECT FROM migrate_table('source', 'leaf', 'alone.leaf')" >/dev/null
is "$(types alone)" 'leaf.id integer, leaf.big_id numeric(20,0), leaf.node_id bigint, leaf.level smallint' \
	'a table that is migrated alone has the types of the whole'
is "$(q "SELECT answer, reason FROM mysql_migrate.decision WHERE remote_table = 'leaf' AND remote_column = 'big_id'")" \
	'wide|columns tied by foreign keys have one type' 'and the book says why'

# ------------------------------------------------------------ a mind of one's own
q "UPDATE mysql_migrate.decision SET answer = 'wide', reason = 'ours' WHERE remote_column IN ('small', 't')"
q "SET client_min_messages = error;
	SELECT FROM migrate_table('source', 'node', 'alone.node', where_clause => 'id < 5')" >/dev/null
is "$(q 'SELECT small, t FROM alone.node WHERE id IN (3, 4) ORDER BY id')" '2|10:00:00
1|100:00:00' 'a decision can be corrected'
tl_done
