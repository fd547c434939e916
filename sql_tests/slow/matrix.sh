#!/bin/bash
# sql_tests/slow/matrix.sh
#   What has to work on every pair of servers: all types and objects of
#   sql_tests/data/matrix.sql, the shop, other people's databases, foreign
#   tables, cancel and resume.
#
# "make check-matrix" runs it on servers of your own; nothing here needs a
# particular version, an account of a particular name, or MariaDB.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"

DATA=$PROJECT/../shared/data
echo "# $(q "SHOW server_version") with $VERSION"

tables_of()				# DATABASE
{
	my "SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = '$1' AND table_type = 'BASE TABLE'"
}

migrate()				# DATABASE [OPTIONS]
{
	local tables output

	tables=$(tables_of "$1")
	tl_database "$1"
	output=$(q "SELECT count(*), sum(read) = sum(loaded), sum(rejected),
		count(*) FILTER (WHERE status NOT IN ('ok', 'warning'))
		FROM migrate_schema('source', workers => 3)")
	is "$(tail -n 1 <<<"$output")" "$tables|t|0|0" \
		"$1: one SELECT migrates all of its tables"
	[ "$(tail -n 1 <<<"$output")" = "$tables|t|0|0" ] || printf '%s\n' "$output"
	tl_migrated_whole "$1" public
	output=$(q "SELECT \"table\", status FROM validate('source')" -F ' ')
	is "$(grep -c ' equal$' <<<"$output")" "$tables" \
		"$1: validate finds every table equal"
	grep -v ' equal$' <<<"$output" | sed 's/^/#   /'
}

# ---- every type and object

load matrix "$PROJECT/sql_tests/data/matrix.sql"
migrate matrix
is "$(q "SELECT status FROM migration_check('source', local_schema => 'fresh')
	WHERE severity = 'blocker'" | grep -c blocker)" 0 "matrix: no blocker"
is "$(q "SELECT consistent FROM mysql_migrate.job
	WHERE kind = 'migrate_schema'")" t "matrix: all as of one moment"

# ---- foreign tables

q "CREATE SCHEMA remote; IMPORT FOREIGN SCHEMA matrix FROM SERVER source
	INTO remote" >/dev/null
is "$(q "SELECT count(*) FROM pg_class WHERE relkind = 'f'")" \
	"$(my "SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = 'matrix'")" "foreign: one for each table and view"
same()					# TABLE COLUMNS
{
	is "$(q "WITH here AS (SELECT $2 FROM $1),
		there AS (SELECT $2 FROM remote.$1)
		SELECT count(*) FROM ((TABLE here EXCEPT ALL TABLE there)
			UNION ALL (TABLE there EXCEPT ALL TABLE here)) AS x" | tail -n 1)" \
		0 "foreign: $1 holds the same rows as its copy"
}
same numbers "id, t, tu, s, su, m, mu, i, iu, l, lu, z, d, dd, du, f, g, gu, b64, y"
same texts "k, c, cb, v, l1, cp, u2, sj, tt, te, tm, tl, e::text, bi, vb, bl"
same times "id, d, dt, dt3, dt6, ts, ts6, t, t6, t2, made"
same documents "*"
same features "id, name, price, amount, parent, bits, day, note"
same pairs "*"
is "$(q "SELECT count(*), min(name) FROM remote.features
	WHERE price >= 5 AND name LIKE 'thing 6%'")" \
	"$(my "SELECT CONCAT(COUNT(*), '|', MIN(name)) FROM matrix.features
		WHERE price >= 5 AND name LIKE 'thing 6%'")" "foreign: conditions"

# ---- the shop, and other people's databases

load shop "$PROJECT/sql_tests/data/shop.sql"
migrate shop
if [[ $VERSION != *MariaDB* ]] && ! is_mysql56; then
	load matrix_9 "$PROJECT/sql_tests/data/mysql9.sql"
	migrate matrix_9
	q "DELETE FROM coll WHERE k IN ('a', 'Z'); DELETE FROM gipk WHERE a = 2;
		UPDATE composite SET v = -1 WHERE b < 5" >/dev/null
	q "SELECT * FROM migrate_missing('source', mode => 'mirror',
		options => '{\"max_delete\": 100}')" >/dev/null 2>&1
	is "$(q "SELECT DISTINCT status FROM validate('source', mode => 'full')")" \
		equal "matrix_9: what is missing or changed is mended"
	my "DROP DATABASE matrix_9"
fi
for name in sakila world joomla3; do
	if [ -d "$DATA/$name" ]; then
		load $name "$DATA/$name"/*.sql
		migrate $name
	else
		skip "$name is not in ../shared/data"
	fi
done

# ---- cancel, and a resume after a worker's end

tl_mysql_database matrix_big
my "CREATE TABLE big (id int PRIMARY KEY, a varchar(200)) ENGINE = InnoDB;
	CREATE TABLE d (d int);
	INSERT INTO d VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
	INSERT INTO big SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d
		+ 10000 * f.d + 100000 * g.d, REPEAT('x', 150)
	  FROM d a, d b, d c, d e, d f, d g;
	DROP TABLE d" matrix_big
tl_database matrix_big

start()
{
	"$PSQL" -X -q -A -t -c "SELECT * FROM migrate_schema('source', workers => 2)" \
		>"$TL_DIR/client" 2>&1 &
	CLIENT=$!
	tl_wait 20 is_running
	ok $? "$1: the job runs" "$(cat "$TL_DIR/client")"
}

is_running()
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.job
		WHERE state = 'running'")" = 1 ]
}

start cancel
kill -INT $CLIENT
wait $CLIENT
tl_wait 3 eval '[ "$(tl_workers)" = 0 ]'
ok $? "cancel: no worker is left"
is "$(q "SELECT state FROM mysql_migrate.job ORDER BY id DESC LIMIT 1")" \
	cancelled "cancel: the job is cancelled"
q "SELECT status FROM migration_resume((SELECT max(id) FROM mysql_migrate.job))" \
	>"$TL_DIR/resume" 2>&1
is "$(q "SELECT count(*), sum(id) FROM big")" "1000000|499999500000" \
	"resume: every row is here"

q "DROP TABLE big" >/dev/null
start terminate
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE application_name LIKE '%worker 1%'" >/dev/null
wait $CLIENT
is "$(q "SELECT count(*), sum(id) FROM big")" "1000000|499999500000" \
	"terminate: the job ends well, with every row"
tl_wait 3 eval '[ "$(tl_workers)" = 0 ]'
ok $? "terminate: no worker is left"

for name in matrix shop matrix_big; do
	my "DROP DATABASE $name"
done
tl_done
