#!/bin/bash
# sql_tests/t/errors.sh
#   Everything a user can get wrong: an SQLSTATE, a hint, and nothing left.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database errors
my "CREATE TABLE big (id int PRIMARY KEY, a int);
	INSERT INTO big SELECT seq, seq FROM seq_1_to_5000;
	CREATE TABLE small (id int PRIMARY KEY, a int);
	INSERT INTO small VALUES (1, 1)" errors
tl_mysql_database errors_empty
tl_database errors

# Schemas, tables, types, functions that are nobody's.
inventory()
{
	q "SELECT (SELECT count(*) FROM pg_namespace
			WHERE nspname !~ '^pg_(toast_)?temp_'),
		(SELECT count(*) FROM pg_class c JOIN pg_namespace n
			ON n.oid = relnamespace WHERE nspname !~ '^pg_'
			AND nspname <> 'information_schema'),
		(SELECT count(*) FROM pg_type), (SELECT count(*) FROM pg_proc)"
}

before=$(inventory)
leaves_nothing()		# NAME
{
	tl_nothing_left "$1" 5
	is "$(inventory)" "$before" "$1: no schema, table or type is left"
}

# ---- where from

tl_fails "unknown server" 42704 'server "nix" does not exist' \
	"SELECT * FROM migrate_schema('nix');"
tl_fails "uncommitted server" 55000 'cannot be used by background workers' \
	"BEGIN; CREATE SERVER young FOREIGN DATA WRAPPER mysql_migrate;
	CREATE USER MAPPING FOR CURRENT_USER SERVER young OPTIONS (username 'x');
	SELECT * FROM migrate_schema('young', 'errors');"
tl_fails "no user mapping" 42704 'user mapping' \
	"CREATE ROLE mm_errors; GRANT USAGE ON FOREIGN SERVER source TO mm_errors;
	SET ROLE mm_errors; SELECT * FROM migrate_schema('source');"
tl_error "REVOKE USAGE ON FOREIGN SERVER source FROM mm_errors;
	SET ROLE mm_errors; SELECT * FROM migrate_schema('source');"
is "$SQLSTATE" 42501 "no right on the server: SQLSTATE"
q "DROP ROLE mm_errors" >/dev/null
leaves_nothing "unknown server"

tl_server wrong_password errors >/dev/null
q "ALTER USER MAPPING FOR CURRENT_USER SERVER wrong_password
	OPTIONS (SET password 'secret of mine')" >/dev/null
before=$(inventory)
tl_fails "wrong password" 08001 'could not connect' \
	"SELECT * FROM migrate_schema('wrong_password');"
[[ $OUTPUT != *"secret of mine"* ]]
ok $? "wrong password: it is not shown"
leaves_nothing "wrong password"

q "ALTER SERVER wrong_password OPTIONS (SET port '1')" >/dev/null
tl_fails "server that is down" 08001 'could not connect' \
	"SELECT * FROM migrate_schema('wrong_password');"
q "ALTER SERVER wrong_password OPTIONS (SET host 'no-such-host.invalid')" \
	>/dev/null
tl_fails "host that does not exist" 08001 'could not connect' \
	"SELECT * FROM migrate_schema('wrong_password');"
leaves_nothing "server that is down"

# ---- what

tl_fails "unknown schema" HV00Q 'errors_none' \
	"SELECT * FROM migrate_schema('source', 'errors_none');"
tl_fails "schema without tables" HV00R 'no table' \
	"SELECT * FROM migrate_schema('source', 'errors_empty');"
tl_fails "unknown table" HV00R 'none' \
	"SELECT * FROM migrate_table('source', 'none');"
tl_fails "unknown option" 22023 'unknown option "identifers"' \
	"SELECT * FROM migrate_schema('source', options => '{\"identifers\": \"keep\"}');"
tl_fails "bad value" 22023 'on_existing' \
	"SELECT * FROM migrate_schema('source', on_existing => 'merge');"
tl_fails "no workers" 22023 'workers' \
	"SELECT * FROM migrate_schema('source', workers => 0);"
tl_fails "unknown tables among others" HV00R 'no table "nix"' \
	"SELECT * FROM migrate_schema('source', include => '{big,nix}');"
tl_fails "no tables" 22023 '"include" names no table' \
	"SELECT * FROM migrate_schema('source', include => '{}');"
tl_fails "bad condition" HV005 'remote statement failed' \
	"SELECT * FROM migrate_table('source', 'big', where_clause => 'idd > 1');"
like "$OUTPUT" "Unknown column 'idd'" "bad condition: MySQL's words"
tl_fails "table with its schema" HV00R 'does not exist' \
	"SELECT * FROM migrate_table('source', 'errors.big');"
like "$HINT" 'alone' "table with its schema: says so"
tl_fails "reserved schema" 42939 'unacceptable schema name' \
	"SELECT * FROM migrate_schema('source', local_schema => 'pg_mine');"
tl_fails "empty schema" 22023 'must not be empty' \
	"SELECT * FROM migrate_schema('source', local_schema => '');"
tl_fails "long schema" 42622 'too long' \
	"SELECT * FROM migrate_schema('source', local_schema => repeat('x', 64));"
is "$(q "SELECT count(*) FROM mysql_migrate.job")" 0 "what cannot work makes no job"
tl_fails "argument among options" 22023 'unknown option "workers"' \
	"SELECT * FROM migrate_schema('source', options => '{\"workers\": 4}');"
like "$HINT" 'argument' "argument among options: says so"
for option in "user 'x'|username.*user mapping" "database 'x'|dbname" "prot '1'|\"port\"" \
	"table 'x'|table_name.*foreign table" "sokket '/x'|\"socket\""; do
	tl_fails "option ${option%%|*}" HV00D 'invalid option' "CREATE SERVER bad
		FOREIGN DATA WRAPPER mysql_migrate OPTIONS (${option%%|*});"
	like "$HINT" "${option#*|}" "option ${option%%|*}: which one it is"
done
tl_fails "nothing migrated" 42P01 'no migrated table' \
	"SELECT * FROM fix_sequences('source');"
tl_fails "no queries" 22023 'no query' \
	"SELECT * FROM compare_queries('source', '{}');"
for call in "migration_check(NULL)" "migrate_schema(NULL)" "migrate_table('source', NULL)" \
	"validate(NULL)" "migrate_missing(NULL)" "fix_sequences(NULL)" "migrate_switch(NULL)" \
	"compare_queries('source', NULL)" "migration_cancel(NULL)" "migration_resume(NULL)" \
	"migration_rollback(NULL)" "migration_finish(NULL)" "migration_set(NULL, '{}')" \
	"migration_set(1, NULL)" "migration_accept_source(NULL)" "mysql_info(NULL)" \
	"mysql_execute('source', NULL)" "mysql_query('source', NULL) AS t(a int)" \
	"mysql_disconnect(NULL)"; do
	tl_error "SELECT * FROM $call;"
	[ "$SQLSTATE" = 22004 ] && [ -n "$HINT" ] ||
		echo "$call: $SQLSTATE $ERROR" >>"$TL_DIR/nulls"
done
is "$(cat "$TL_DIR/nulls" 2>/dev/null)" "" "NULL for what must not be NULL: an error"
leaves_nothing "unknown schema"

# ---- where to

q "CREATE TABLE small (id int)" >/dev/null
before=$(inventory)
tl_fails "table that exists" 42P07 'exist' \
	"SELECT * FROM migrate_schema('source');"
leaves_nothing "table that exists"
is "$(q "SELECT count(*) FROM small")" 0 "table that exists: it is untouched"

q "CREATE TABLE big (id int, a int)" >/dev/null
before=$(inventory)
tl_fails "lock of one's own" 55000 'waits for a lock' \
	"BEGIN; LOCK TABLE big;
	SELECT * FROM migrate_table('source', 'big', on_existing => 'append');"
leaves_nothing "lock of one's own"
q "DROP TABLE small, big" >/dev/null
before=$(inventory)

# ---- no background worker: everyone of them is taken by parallel queries

slots=$(q "SHOW max_worker_processes")
mode=force_parallel_mode
[ "$(q "SHOW server_version_num")" -lt 160000 ] || mode=debug_parallel_query
pids=()
for _ in $(seq "$slots"); do
	PGOPTIONS="-c $mode=on -c max_parallel_workers=$slots" \
		sv_psql -q -A -t -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
	pids+=($!)
done
slots_are_taken()
{
	[ "$(q "SELECT count(*) FROM pg_stat_activity
		WHERE backend_type = 'parallel worker'")" -ge $((slots - 1)) ]
}
tl_wait 10 slots_are_taken
tl_fails "no worker slot" 53400 'worker' \
	"SELECT * FROM migrate_schema('source');"
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE query = 'SELECT pg_sleep(60)' AND backend_type = 'client backend'" \
	>/dev/null
wait "${pids[@]}"
leaves_nothing "no worker slot"

# ---- a table that goes away on the MySQL side, while another one is read

tl_lock errors big
printf '%s\n' '\set VERBOSITY verbose' \
	"SELECT * FROM migrate_schema('source', workers => 1);" |
	sv_psql -q -A -t >"$TL_DIR/dropped" 2>&1 &
job=$!
tl_wait 20 tl_is_reading big
ok $? "table dropped meanwhile: the job waits for the other table"
my "DROP TABLE small" errors
tl_unlock
wait $job
like "$(cat "$TL_DIR/dropped")" 'ERROR:  [0-9A-Z]{5}: .*' \
	"table dropped meanwhile: an error tells"
like "$(cat "$TL_DIR/dropped")" 'HINT:' "table dropped meanwhile: with a hint"
is "$(q "SELECT count(*) FROM big")" 5000 \
	"table dropped meanwhile: the other table is here"
is "$(q "SELECT to_regclass('small') IS NULL")" t \
	"table dropped meanwhile: no empty table stands for it"
is "$(q "SELECT status FROM mysql_migrate.table_map
	WHERE remote_table = 'small' ORDER BY id DESC LIMIT 1")" failed \
	"table dropped meanwhile: it is listed as failed"
tl_nothing_left "table dropped meanwhile" 5

# ---- what a stopped job has left

q "SELECT * FROM migrate_schema('source', local_schema => 'half', wait => false,
	options => '{\"rate_limit\": \"500 rows\"}')" >/dev/null
job=$(q "SELECT max(id) FROM mysql_migrate.job")
is_loading()
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.task WHERE job = $job
		AND object = 'big' AND state = 'running'")" -gt 0 ]
}
tl_wait 20 is_loading
q "SELECT migration_cancel($job)" >/dev/null
tl_wait 10 tl_is_quiet
tl_fails "tables of a stopped job" 42P07 'exist' \
	"SELECT * FROM migrate_schema('source', local_schema => 'half');"
like "$HINT" "migration_resume\($job\).*migration_rollback\($job\)" \
	"tables of a stopped job: the hint names it"
q "SELECT migration_rollback($job)" >/dev/null

# ---- what is no error

like "$(q "SELECT * FROM migrate_schema('source', local_schema => 'all_of_it', exclude => '{bigg}')")" \
	'warnings left for you: 1' "a name of exclude that means nothing is told"
is "$(q "SELECT what FROM mysql_migrate.todo WHERE object = 'bigg'")" \
	'"bigg" of exclude matches nothing' "a name of exclude that means nothing is a note"
tl_done
