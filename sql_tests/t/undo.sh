#!/bin/bash
# sql_tests/t/undo.sh
#   Stopped at any moment and rolled back: the catalogs are as before the job, to
#   the last row of pg_depend, and no file is left.  For each on_existing.
#
#   UNDO_RUNS   how many times for each (default 1)
#   SEED        decides about the moments
. "$(dirname "$0")/../tools/testlib.sh"

RUNS=${UNDO_RUNS:-1}
RANDOM=${SEED:-$(date +%s)}
echo "# SEED=${SEED:-by the clock}"
tl_mysql_database undo
my "CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, e enum('x', 'y') NOT NULL,
		name varchar(60), at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
		UNIQUE KEY (name));
	INSERT INTO parent (e, name) SELECT 'x', MD5(seq) FROM seq_1_to_15000;
	CREATE TABLE child (id int PRIMARY KEY, parent int, body text, KEY (body(20)), FULLTEXT KEY (body),
		FOREIGN KEY (parent) REFERENCES parent (id));
	INSERT INTO child SELECT seq, seq, REPEAT(MD5(seq), 30) FROM seq_1_to_10000;
	CREATE TABLE parts (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at))
		(PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
	INSERT INTO parts SELECT seq, '1990-12-01' + INTERVAL seq DAY FROM seq_1_to_10000;
	CREATE TABLE nokey (a int, s set('p', 'q'));
	INSERT INTO nokey SELECT seq, 'p' FROM seq_1_to_10000;
	CREATE VIEW v AS SELECT id, name FROM parent" undo
tl_database undo
q "SELECT FROM migrate_schema('source', local_schema => 'old')" >/dev/null
q "SELECT migration_finish(max(id)) FROM mysql_migrate.job" >/dev/null
q "COMMENT ON TABLE old.parent IS 'ours'; GRANT SELECT ON old.child TO PUBLIC;
	ALTER TABLE old.child DROP CONSTRAINT child_ibfk_1; TRUNCATE old.parent, old.child, old.parts, old.nokey" >/dev/null
q "CREATE SCHEMA held; CREATE TABLE held.mine (id int PRIMARY KEY, t text)" >/dev/null

# What catalogs say, but for what VACUUM and a rewritten file change.
CATALOGS=$(q "SELECT string_agg(format('SELECT %L || (to_jsonb(t) %s)::text FROM %s AS t',
		relname || ' ', CASE relname
		WHEN 'pg_class' THEN '- ''relfilenode''::text - ''relpages''::text - ''reltuples''::text'
			' - ''relallvisible''::text - ''relfrozenxid''::text - ''relminmxid''::text'
			' - ''relhasrules''::text - ''relhastriggers''::text - ''relhassubclass''::text - ''relhasindex''::text'
		WHEN 'pg_index' THEN '- ''indcheckxmin''::text' ELSE '' END, oid::regclass), ' UNION ALL ')
	FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
	AND relname IN ('pg_class', 'pg_type', 'pg_namespace', 'pg_attribute', 'pg_attrdef', 'pg_proc',
		'pg_constraint', 'pg_index', 'pg_trigger', 'pg_rewrite', 'pg_enum', 'pg_depend', 'pg_shdepend',
		'pg_description', 'pg_collation', 'pg_default_acl', 'pg_policy', 'pg_sequence', 'pg_inherits',
		'pg_partitioned_table', 'pg_statistic_ext', 'pg_init_privs', 'pg_seclabel', 'pg_event_trigger')")

catalogs()
{
	q "SELECT * FROM ($CATALOGS) AS c (row) ORDER BY row COLLATE \"C\""
}

lost_files()
{
	q "CHECKPOINT" >/dev/null
	q "SELECT count(*) FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database
			WHERE datname = current_database())) AS f (name)
		LEFT JOIN (SELECT pg_relation_filenode(oid)::text AS node FROM pg_class) AS c
			ON node = substring(name from '^[0-9]+')
		WHERE name ~ '^[0-9]+' AND node IS NULL"
}

# Rows of the tables that were there, in those modes that leave them alone.
rows()
{
	q "SELECT (SELECT count(*) FROM old.parent), (SELECT count(*) FROM old.child),
		(SELECT count(*) FROM old.parts), (SELECT count(*) FROM old.nokey)"
}

stop_job()				# HOW
{
	case $1 in
		interrupt) kill -INT $CLIENT 2>/dev/null ;;
		cancel) q "SELECT migration_cancel(max(id)) FROM mysql_migrate.job" >/dev/null ;;
		leader) q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE backend_type = 'mysql_migrate leader'" >/dev/null ;;
		all) q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE backend_type LIKE 'mysql_migrate%'" >/dev/null ;;
	esac
}

# One job, stopped and undone; leaves what differs in $TL_DIR/wrong.
undo_once()				# SCHEMA ON_EXISTING MILLISECONDS HOW
{
	local last=$(q "SELECT coalesce(max(id), 0) FROM mysql_migrate.job")

	"$PSQL" -X -q -A -t >"$TL_DIR/out" 2>&1 -c "SELECT * FROM migrate_schema('source',
		local_schema => '$1', on_existing => '$2', workers => 2)" &
	CLIENT=$!
	sleep "$(printf '%d.%03d' $(($3 / 1000)) $(($3 % 1000)))"
	stop_job "$4"
	wait $CLIENT
	tl_wait 10 tl_is_quiet || echo "something runs on: $(tl_workers) $(tl_connections)" >>"$TL_DIR/wrong"
	JOB=$(q "SELECT max(id) FROM mysql_migrate.job WHERE id > $last AND kind = 'migrate_schema'")
	if [ -n "$JOB" ]; then
		q "SET client_min_messages = error; SELECT migration_rollback($JOB, force => true)" \
			>"$TL_DIR/undone" || cat "$TL_DIR/undone" >>"$TL_DIR/wrong"
	fi
	catalogs >"$TL_DIR/after"
	diff "$TL_DIR/before" "$TL_DIR/after" | grep '^[<>]' | cut -c1-200 >>"$TL_DIR/wrong"
	[ "$(lost_files)" = 0 ] || echo "files are left" >>"$TL_DIR/wrong"
	[ "$5" = any ] || [ "$(rows)" = "$5" ] || echo "rows: $(rows)" >>"$TL_DIR/wrong"
	[ ! -s "$TL_DIR/wrong" ] ||
		sed -i "1i after $3 ms, $4: $(tail -n 1 "$TL_DIR/out" | tr -d '\\/')" "$TL_DIR/wrong"
}

undo_many()				# NAME SCHEMA ON_EXISTING ROWS
{
	local hows=(interrupt cancel leader all) n

	: >"$TL_DIR/wrong"
	catalogs >"$TL_DIR/before"
	for n in $(seq "$RUNS"); do
		undo_once "$2" "$3" $((RANDOM % LENGTH)) "${hows[RANDOM % 4]}" "$4"
		[ ! -s "$TL_DIR/wrong" ] || break
	done
	# And one that ended by itself.
	[ -s "$TL_DIR/wrong" ] || undo_once "$2" "$3" 0 nothing "$4"
	[ ! -s "$TL_DIR/wrong" ]
	ok $? "$1: the catalogs are as before, and no file is left" "$(cat "$TL_DIR/wrong")"
}

started=$(date +%s%N)
q "SELECT migration_rollback((SELECT max(job) FROM mysql_migrate.table_map), force => true)
	FROM (SELECT count(*) FROM migrate_schema('source', local_schema => 'calm')) AS x" >/dev/null
LENGTH=$((($(date +%s%N) - started) / 1000000))
undo_many "a schema that the job makes" new error any
undo_many "a schema with other tables" held error any
undo_many "append" old append any
undo_many "truncate" old truncate any
q "SELECT count(*) FROM migrate_schema('source', local_schema => 'old', include => '{nokey}', on_existing => 'append')" >/dev/null 2>&1
like "$(q "SELECT migration_rollback(max(id), force => true) FROM mysql_migrate.job")" \
	'DETAIL:  Tables and numbers of rows: old\.nokey \(10000\)\.' "append: the rows that stay are told"
q "SET client_min_messages = error; SELECT FROM migrate_schema('source', local_schema => 'old', on_existing => 'truncate')" >/dev/null
q "DELETE FROM old.parent WHERE id > 100; DELETE FROM old.nokey WHERE a > 100"
undo_many "replace" old replace "100|10000|10000|100"
tl_nothing_left undo
tl_done
