#!/bin/bash
# sql_tests/t/preflight.sh
#   migration_check: one screen, blockers first, and what it says to do works.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database preflight
sv_mysql preflight <<'EOF'
SET sql_mode = '';
SET foreign_key_checks = 0;
CREATE TABLE Parents (id int PRIMARY KEY, at datetime DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE children (id int AUTO_INCREMENT PRIMARY KEY, parent_id int, born date,
	remark varchar(20), flag tinyint(1), label varchar(20), UNIQUE KEY label (label),
	CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES Parents (id));
CREATE TABLE rewritten (id int PRIMARY KEY) ENGINE = MyISAM;
CREATE VIEW seen AS SELECT id FROM children;
INSERT INTO Parents (id) VALUES (1);
INSERT INTO children (parent_id, born, remark, flag, label) VALUES
	(1, '0000-00-00', 'x', 1, 'Ober'), (7, '0000-00-00', 'a\0b', 0, 'aB'),
	(8, '2020-01-01', 'y', 2, 'é'), (NULL, NULL, NULL, NULL, NULL);
EOF
tl_database preflight

quiet()					# STATEMENT: without notices
{
	q "SET client_min_messages = warning; $1"
}

# finding OBJECT COLUMNS [ARGUMENTS]
finding()
{
	quiet "SELECT $2 FROM migration_check('source'${3:+, $3})
		WHERE object = \$q\$$1\$q\$"
}

data="depth => 'data'"
is "$(finding 1,000 severity)" "" "nothing is said of what is not there"
is "$(finding children.fk_parent 'severity, finding' "$data")" \
	"warning|2 orphans: the key would stay NOT VALID" "orphans are counted"
is "$(my "$(finding children.fk_parent detail "$data")" | cut -f 1,2)" "2	7
3	8" "the query that lists them does"
is "$(finding children.remark 'severity, finding' "$data")" \
	"warning|1 values hold byte 00, which text cannot" "NUL bytes are found"
is "$(finding children.label 'severity, finding' "$data")" \
	"warning|unique in any case; 2 values hold capitals" "capitals are counted"
is "$(finding children.born 'severity, finding' "$data")" \
	"note|2 zero dates become NULL" "zero dates are counted"
is "$(q "SELECT reason IS NOT NULL FROM mysql_migrate.decision
	WHERE remote_column = 'flag' AND answer = 'wide'")" t \
	"what the data decided is kept"
is "$(q "SELECT severity FROM migration_check('source') WHERE detail LIKE 'rewritten%'")" \
	warning "a table that no snapshot covers"
is "$(q "SELECT object, detail FROM migration_check('source') WHERE finding LIKE 'spelled%'")" \
	"1 name|Parents is parents here" "names that change are counted"
like "$(finding target '"what to do"')" '^needs about .* of .* free, WAL ' "the room that is needed"
like "$(finding target finding)" 'schema public, role postgres, [0-9]+ worker slots' \
	"rights and workers"
like "$(finding source finding | tail -n 1)" '^MariaDB .*, zone ' "the source"
like "$(finding size 'finding, "what to do"')" '^3 tables, about .* rows, .*\|about ' "size and time"

# ---- depth catalog reads no row

reads()
{
	my "SELECT rows_read FROM information_schema.table_statistics
		WHERE table_schema = 'preflight' AND table_name = 'children'" 2>/dev/null
}
my "SET GLOBAL userstat = 1"
before=$(reads)
finding size severity >/dev/null
is "$(reads)" "$before" "depth catalog reads no row of the tables"
my "SET GLOBAL userstat = 0"

# ---- what to do is done

my "CREATE OR REPLACE USER checker@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
	GRANT SELECT ON \`preflight\`.* TO checker@'%'"
tl_server poor preflight checker >/dev/null
poor()
{
	q "SELECT $1 FROM migration_check('poor') WHERE object = 'privileges'"
}
like "$(poor 'severity, finding')" '^warning\|without SHOW VIEW, TRIGGER, EVENT on preflight' \
	"missing privileges are named"
grant=$(poor '"what to do"')
my "${grant#in MySQL: }"
ok $? "the GRANT can be pasted" "$grant"
q "SELECT mysql_disconnect('poor')" >/dev/null
is "$(poor severity)" "" "and is all that was missing"
my "DROP USER checker@'%'"

my "SET GLOBAL time_zone = '+03:00'"
is "$(q "SET timezone = 'UTC'; SELECT severity, object, finding FROM migration_check('source')
	WHERE finding LIKE 'datetime%'")" \
	"warning|1 column|datetime that is set to now(): +03:00 in MySQL, +00:00 here" \
	"clocks that differ"
q "$(q "SET timezone = 'UTC'; SELECT \"what to do\" FROM migration_check('source') WHERE finding LIKE 'datetime%'")"
is "$(q "SELECT count(*) FROM migration_check('source') WHERE finding LIKE 'datetime%'")" 0 \
	"the ALTER DATABASE mends it"
my "SET GLOBAL time_zone = 'SYSTEM'"

q "CREATE ROLE checker_here; GRANT USAGE ON FOREIGN SERVER source TO checker_here;
	CREATE USER MAPPING FOR checker_here SERVER source OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	CREATE SCHEMA closed; GRANT USAGE ON SCHEMA closed TO checker_here" >/dev/null
here()					# SCHEMA COLUMN
{
	q "SET ROLE checker_here; SELECT $2 FROM migration_check('source', local_schema => '$1')
		WHERE severity = 'blocker'"
}
for schema in closed not_there; do
	like "$(here $schema finding)" "may not create" "$schema: a missing right is a blocker"
	q "$(here $schema '"what to do"')"
	is "$(here $schema finding)" "" "$schema: the GRANT mends it"
done
q "DROP OWNED BY checker_here; DROP ROLE checker_here" >/dev/null

q "CREATE TABLE parents (other text); CREATE TABLE children (id text)" >/dev/null
is "$(q "SELECT severity FROM migration_check('source') LIMIT 1")" blocker \
	"blockers come first"
is "$(q "SELECT count(*) FROM migration_check('source') WHERE severity = 'blocker' AND finding LIKE 'exist in schema%'")" \
	1 "tables that are in the way"
q "DROP TABLE parents, children" >/dev/null

# ---- one screen, whatever there is

for i in $(seq 40); do
	printf 'CREATE TABLE Many%s (id int PRIMARY KEY, p int, g int AS (p + %s) VIRTUAL, r varchar(9) AS (SOUNDEX(id + %s)), CONSTRAINT Fk%s FOREIGN KEY (p) REFERENCES Parents (id)) COMMENT = "x";\nINSERT INTO Many%s (id, p) VALUES (1, 99);\n' $i $i $i $i $i
done | (echo "SET foreign_key_checks = 0;"; cat) | sv_mysql preflight
for f in 'soundex(v)' 'export_set(v, 1, 0)' 'make_set(v, 1)' 'compress(v)' \
	'crc32(v)' 'inet_aton(v)' 'inet6_aton(v)' 'inet_ntoa(v)' 'bit_count(v)' \
	'conv(v, 10, 3)' 'ord(v)' 'quote(v)' 'period_add(v, 1)' 'yearweek(v)' \
	'period_diff(v, 1)' 'to_days(v)' 'from_days(v)' 'sec_to_time(v)' \
	'makedate(v, 1)' 'maketime(v, 1, 1)' 'sha2(v, 256)' 'oct(v)' 'elt(v, 1)' \
	'json_type(v)' 'json_depth(v)' 'uncompress(v)' 'weight_string(v)'; do
	my "CREATE TABLE f_${f%%(*} (v varchar(9), g text AS ($f) VIRTUAL)" preflight
done 2>/dev/null
for i in $(seq 30); do
	my "CREATE PROCEDURE p$i() SELECT $i; CREATE TABLE t$i (a int, v varchar(9) DEFAULT (elt($i, 'a')), CHECK (elt($i, v) <> 'x'))" preflight
done
quiet "SELECT severity FROM migration_check('source', $data)" >"$TL_DIR/screen"
lines=$(wc -l <"$TL_DIR/screen")
ok $((lines <= 25 ? 0 : 1)) "25 rows at most" "$lines"
is "$(uniq "$TL_DIR/screen" | tr '\n' ' ')" "warning note ok " "in the order of their weight"
is "$(quiet "SELECT count(*) FROM migration_check('source', $data)
	WHERE finding = 'generated column becomes a plain column'")" 1 \
	"what differs in its reason only is one row"
tl_fails "depth" 22023 'invalid value for "depth"' \
	"SELECT * FROM migration_check('source', depth => 'deep');"

# ---- the migration itself counts them, too

q "CREATE SCHEMA counted" >/dev/null
quiet "SELECT 1 FROM migrate_schema('source', local_schema => 'counted',
	include => '{children}', on_error => 'reject')" >/dev/null 2>&1
is "$(q "SELECT object, what FROM mysql_migrate.note WHERE what LIKE 'unique in any case%'")" \
	"children.label|unique in any case; 1 values hold capitals" "capitals of the rows that came"

tl_done
