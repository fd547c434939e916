#!/bin/bash
# sql_tests/t/plan.sh
#   migration_plan executes as printed: its statements, run with psql in an
#   empty database, make what migrate_schema makes.
. "$(dirname "$0")/../tools/testlib.sh"

PG_DUMP=$("$PG_CONFIG" --bindir)/pg_dump

dump()					# DATABASE FILE
{
	# without what differs from run to run
	"$PG_DUMP" -s -n planned "$1" | sed '/^--/d; /^$/d; /^\\\(un\)\{0,1\}restrict /d' >"$2"
}

compare()				# NAME [OPTION, OPTION...]
{
	local options="{\"phases\": [\"schema\", \"indexes\", \"constraints\", \"views\"]${2:+, $2}}"
	local name="$1${2:+ with $2}"

	tl_database "$1"
	q "SELECT count(*) FROM migrate_schema('source', local_schema => 'planned',
		options => '$options')" >"$TL_DIR/migrate" 2>&1
	dump "$1" "$TL_DIR/migrated"
	ok $(($(grep -c 'CREATE TABLE' "$TL_DIR/migrated") > 3 ? 0 : 1)) \
		"$name: migrate_schema makes the schema" "$(cat "$TL_DIR/migrate")"
	q "DROP SCHEMA planned CASCADE" >"$TL_DIR/drop" 2>&1
	q "SELECT statement || ';' FROM migration_plan('source', local_schema => 'planned',
		options => '$options') WHERE phase <> 'data' AND statement IS NOT NULL
		ORDER BY step" >"$TL_DIR/plan.sql"
	is "$(q "SELECT count(*) FROM migration_plan('source', local_schema => 'planned',
		options => '$options') WHERE phase = '' OR object = '' OR severity NOT IN
		('ok', 'note', 'warning', 'blocker') OR (severity <> 'ok' AND reason IS NULL)")" 0 \
		"$name: each row of the plan has phase, object, severity and reason"
	PGDATABASE=postgres q "DROP DATABASE IF EXISTS plan_by_hand" >/dev/null
	PGDATABASE=postgres q "CREATE DATABASE plan_by_hand"
	PGDATABASE=plan_by_hand sv_psql -q -v ON_ERROR_STOP=1 -f "$TL_DIR/plan.sql" \
		>"$TL_DIR/run" 2>&1
	ok $? "$name: $(grep -c ';$' "$TL_DIR/plan.sql") lines of the plan run as printed" \
		"$(cat "$TL_DIR/run")"
	dump plan_by_hand "$TL_DIR/by_hand"
	output=$(diff "$TL_DIR/migrated" "$TL_DIR/by_hand")
	ok $? "$name: they make what migrate_schema makes" "$output"
	PGDATABASE=postgres q "DROP DATABASE plan_by_hand"
}

# Restored into a cluster that has never heard of the extension.
restore()				# NAME
{
	PGDATABASE=postgres q "DROP DATABASE IF EXISTS plan_restored" >/dev/null
	PGDATABASE=postgres q "CREATE DATABASE plan_restored"
	"$PG_DUMP" -n planned "$1" | PGDATABASE=plan_restored sv_psql -q -v ON_ERROR_STOP=1 \
		>"$TL_DIR/run" 2>&1
	ok $? "$1: its dump restores without the extension" "$(cat "$TL_DIR/run")"
	PGDATABASE=postgres q "DROP DATABASE plan_restored"
}

tl_mysql_database plan_nasty
sv_mysql plan_nasty <"$PROJECT/sql_tests/data/nasty.sql"
compare plan_nasty
compare plan_nasty '"case_insensitive": "collation", "identifiers": "snake"'
compare plan_nasty '"partitions": "flatten", "enum": "check", "auto_increment": "serial", "json": "json", "set": "text", "identifiers": "keep"'
q "SELECT count(*) FROM migrate_schema('source', local_schema => 'planned')" >/dev/null
restore plan_nasty
is "$(q "WITH ours AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
		AND refclassid = 'pg_extension'::regclass AND refobjid =
			(SELECT oid FROM pg_extension WHERE extname = 'mysql_migrate')
		UNION SELECT 'pg_extension'::regclass, oid FROM pg_extension
			WHERE extname = 'mysql_migrate')
	SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d
		JOIN ours ON (ours.classid, ours.objid) = (d.refclassid, d.refobjid)
	WHERE (pg_identify_object(d.classid, d.objid, 0)).schema = 'planned'")" "" \
	"nothing that was made depends on the extension"
tl_dataset sakila plan_sakila && compare plan_sakila
tl_done
