#!/bin/bash
# sql_tests/t/lifecycle.sh
#   What administrators do to databases, servers, roles and the extension, while
#   jobs run and afterwards: the bookkeeping follows, nothing dangles, nothing
#   that was migrated is harmed.
. "$(dirname "$0")/../tools/testlib.sh"

PG_DUMP=$("$PG_CONFIG" --bindir)/pg_dump
PG_RESTORE=$("$PG_CONFIG" --bindir)/pg_restore

tl_mysql_database lifecycle
my "CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(20), f tinyint(1));
	INSERT INTO orders (v, f) SELECT CONCAT('order ', seq), seq % 2 FROM seq_1_to_1000;
	CREATE TABLE customers (id int PRIMARY KEY, name text);
	INSERT INTO customers SELECT seq, CONCAT('customer ', seq) FROM seq_1_to_100;
	INSERT INTO customers VALUES (101, 'a\\0b');
	CREATE TABLE renamed (id int PRIMARY KEY); INSERT INTO renamed VALUES (1), (2);
	CREATE TABLE dropped (id int PRIMARY KEY); INSERT INTO dropped VALUES (1);
	CREATE TABLE held (id int PRIMARY KEY, v int);
	INSERT INTO held SELECT seq, seq FROM seq_1_to_100;
	CREATE TRIGGER kept_as_text BEFORE INSERT ON held FOR EACH ROW
		SET NEW.v = (SELECT COUNT(*) FROM orders, customers, mysql.user)" lifecycle
tl_database lifecycle
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value)
	VALUES ('source', 'customers.name', 'rename', 'full_name')" >/dev/null
q "SELECT count(*) FROM migrate_schema('source', on_error => 'reject')" >"$TL_DIR/load" 2>&1
is "$(q "SELECT sum(loaded), sum(rejected) FROM mysql_migrate.result")" "1203|1" \
	"the tables are here" "$(cat "$TL_DIR/load")"
q "ALTER TABLE renamed RENAME TO \"New Name\"; DROP TABLE dropped" >/dev/null

crashes()
{
	grep -c 'was terminated by signal' "$RUN/pg/log"
}
CRASHES=$(crashes)

# A job that waits for MySQL, until go_on.
hold()					# CALL, in background; sets BLOCKED
{
	tl_lock lifecycle held
	sv_psql -q -A -t -c "$1" >"$TL_DIR/held.out" 2>&1 &
	HELD=$!
	tl_wait 10 waits_for_mysql
}

waits_for_mysql()
{
	[ "$(my "SELECT COUNT(*) FROM information_schema.processlist
		WHERE user = 'mover' AND state LIKE 'Waiting for table%'
		  AND info LIKE '%held%'")" -gt 0 ]
}

go_on()
{
	tl_unlock
	wait $HELD
}

newest_state()
{
	q "SELECT state FROM mysql_migrate.jobs ORDER BY id DESC LIMIT 1"
}

# ---- a dump, taken while a job runs, restored beside the database

hold "SELECT * FROM migrate_table('source', 'held', 'again')"
"$PG_DUMP" -Fc lifecycle -f "$TL_DIR/dump" 2>"$TL_DIR/dump.err"
ok $? "pg_dump while a job runs" "$(cat "$TL_DIR/dump.err")"
PGDATABASE=postgres q "DROP DATABASE IF EXISTS lifecycle_restored" >/dev/null
PGDATABASE=postgres q "CREATE DATABASE lifecycle_restored" >/dev/null
export PGDATABASE=lifecycle_restored
# Other tables have these numbers now.
q "CREATE TABLE stranger (id int PRIMARY KEY, v text)" >/dev/null
"$PG_RESTORE" -d lifecycle_restored "$TL_DIR/dump" >"$TL_DIR/restore" 2>&1
ok $? "pg_restore" "$(cat "$TL_DIR/restore")"
is "$(q "SELECT state FROM mysql_migrate.jobs WHERE kind = 'migrate_table'")" failed \
	"restored: a job that ran elsewhere does not run"
tl_fails "restored: it cannot be cancelled from here" 55000 'is not running' \
	"SELECT migration_cancel(2);"
is "$(q "SELECT count(*) FROM mysql_migrate.progress")" 0 \
	"restored: nor is its progress seen"
is "$(PGDATABASE=lifecycle newest_state)" running "the job itself goes on"
PGDATABASE=lifecycle go_on
is "$(PGDATABASE=lifecycle newest_state)" ok "and ends well" "$(cat "$TL_DIR/held.out")"
is "$(q "SELECT count(*) FROM mysql_migrate.table_map
	WHERE relation IS NOT NULL AND state = 'published'
	  AND relation <> to_regclass(quote_ident(local_schema) || '.' || quote_ident(local_table))")" 0 \
	"restored: no table is taken for another one"
is "$(q "SELECT string_agg(remote_table, ' ' ORDER BY remote_table) FROM mysql_migrate.table_map
	WHERE relation IS NULL AND job = 1")" "dropped renamed" \
	"restored: tables that have another name, or are gone, are not guessed"
is "$(q "SELECT string_agg(\"table\" || ' ' || status, ', ' ORDER BY \"table\")
	FROM validate('source')")" "customers differs, dropped differs, held equal, orders equal, renamed differs" \
	"restored: validate knows the tables, and those that are not here"
is "$(q "SELECT pattern, value FROM mysql_migrate.rule")" "customers.name|full_name" \
	"restored: rules"
like "$(q "SELECT count(*) FROM mysql_migrate.decision")" '^[1-9]' "restored: decisions"
is "$(q "SELECT count(*) FROM mysql_migrate.reject")" 1 "restored: rejected rows"
is "$(q "SELECT count(*) FROM mysql_migrate.todo WHERE object LIKE '%kept_as_text%'")" 1 \
	"restored: what is left to do"
is "$(q "SELECT position = (SELECT position FROM mysql_migrate.job WHERE id = 1)
	FROM mysql_migrate.jobs WHERE id = 1")" t "restored: the position of the moment"
for call in "migration_resume(2)" "migration_rollback(1, force => true)" \
	"migration_finish(1)"; do
	tl_fails "restored: ${call%%(*}" 55000 'ran in another database' \
		"SELECT * FROM $call;"
done
is "$(q "SELECT count(*) FROM orders")" 1000 "restored: nothing was dropped"
my "DELETE FROM orders WHERE id = 7; INSERT INTO orders (v) VALUES ('new')" lifecycle
is "$(q "SELECT inserted, deleted FROM migrate_missing('source', 'orders', mode => 'mirror')")" \
	"1|1" "restored: migrate_missing goes on"
is "$(q "SELECT count(*) FROM stranger")" 0 "restored: a table of nobody's is left alone"
is "$(q "SELECT DISTINCT job FROM mysql_migrate.job AS j JOIN mysql_migrate.table_map AS m ON m.job = j.id
	WHERE m.remote_table = 'orders'")" 1 "restored: job numbers are not given again"
q "SELECT count(*) FROM migrate_table('source', 'dropped', on_existing => 'append')" >"$TL_DIR/out" 2>&1
ok $? "restored: tables are migrated on" "$(cat "$TL_DIR/out")"

# ---- a copy

export PGDATABASE=postgres
q "DROP DATABASE IF EXISTS lifecycle_copy" >/dev/null
q "CREATE DATABASE lifecycle_copy TEMPLATE lifecycle_restored" >"$TL_DIR/out" 2>&1
ok $? "CREATE DATABASE ... TEMPLATE" "$(cat "$TL_DIR/out")"
q "ALTER DATABASE lifecycle_copy RENAME TO \"Lifecycle 2\"" >/dev/null
export PGDATABASE="Lifecycle 2"
my "UPDATE orders SET v = 'changed' WHERE id = 8" lifecycle
is "$(q "SELECT updated FROM migrate_missing('source', 'orders', mode => 'changed')")" 1 \
	"a copy under another name goes on by itself"
is "$(PGDATABASE=lifecycle_restored q "SELECT v FROM orders WHERE id = 8")" "order 8" \
	"and touches no other"
PGDATABASE=postgres q "DROP DATABASE \"Lifecycle 2\"" >/dev/null
PGDATABASE=postgres q "DROP DATABASE lifecycle_restored" >/dev/null
export PGDATABASE=lifecycle

# ---- a server that is renamed

q "INSERT INTO mysql_migrate.switched (server, owner)
	VALUES ('source', 'postgres'::regrole)" >/dev/null
q "BEGIN; ALTER SERVER source RENAME TO elsewhere; ROLLBACK" >/dev/null
tl_fails "rename rolled back: switched" 55000 'was switched' \
	"SELECT * FROM migrate_table('source', 'orders', on_existing => 'truncate');"
q "ALTER SERVER source RENAME TO \"new Name\"" >"$TL_DIR/out" 2>&1
ok $? "ALTER SERVER RENAME" "$(cat "$TL_DIR/out")"
q "INSERT INTO orders (v) VALUES ('written here')" >/dev/null
tl_fails "renamed: switched" 55000 'was switched' \
	"SELECT * FROM migrate_table('new Name', 'orders', on_existing => 'truncate');"
is "$(q "SELECT count(*) FROM orders WHERE v = 'written here'")" 1 \
	"renamed: what the application wrote is here"
is "$(q "DELETE FROM mysql_migrate.switched RETURNING server")" "new Name" \
	"renamed: the mark has the new name"
is "$(q "SELECT string_agg(DISTINCT server, ' ') FROM (SELECT server FROM mysql_migrate.job
	UNION ALL SELECT server FROM mysql_migrate.table_map
	UNION ALL SELECT server FROM mysql_migrate.rule
	UNION ALL SELECT server FROM mysql_migrate.decision) AS s")" "new Name" \
	"renamed: so have jobs, tables, rules and decisions"
is "$(q "SELECT status FROM migrate_missing('new Name', 'orders', mode => 'mirror');
	SELECT count(*) FROM orders WHERE v = 'written here'")" "equal
0" "without the mark it is lost"
q "INSERT INTO mysql_migrate.decision (owner, server, remote_schema, remote_table, remote_column, question, answer, reason)
	SELECT owner, 'another', remote_schema, remote_table, remote_column, question, 'wide', 'of a server that was dropped'
	  FROM mysql_migrate.decision" >/dev/null
q "BEGIN; ALTER SERVER \"new Name\" RENAME TO another; SELECT count(*) FROM mysql_migrate.decision WHERE reason ~ 'dropped'; ROLLBACK" >"$TL_DIR/out" 2>&1
is "$(cat "$TL_DIR/out")" 0 "renamed to a name that was used before: its own decisions hold"
q "CREATE SERVER other FOREIGN DATA WRAPPER mysql_migrate; ALTER SERVER other RENAME TO another;
	DROP SERVER another" >/dev/null
like "$(q "DELETE FROM mysql_migrate.decision WHERE server = 'another' RETURNING 1" | grep -c 1)" '^[1-9]' \
	"renamed: decisions that stand in nobody's way stay"
is "$(q "SELECT count(*) FROM mysql_migrate.table_map WHERE server = 'another'")" 0 \
	"another server's new name concerns it alone"
q "DROP TABLE again" >/dev/null
hold "SELECT * FROM migrate_table('new Name', 'held', 'again')"
q "ALTER SERVER \"new Name\" RENAME TO source" >/dev/null
go_on
like "$(newest_state)" '^(ok|failed)$' "a job whose server is renamed ends" "$(cat "$TL_DIR/held.out")"
if [ "$(newest_state)" = failed ]; then
	is "$(q "SELECT status FROM migration_resume((SELECT max(id) FROM mysql_migrate.job))" | tail -n 1)" \
		ok "it can be resumed under the new name"
fi
is "$(q "SELECT count(*) FROM again")" 100 "its table is whole"

# ---- options, mappings and servers that go while a job runs

q "DROP TABLE again" >/dev/null
hold "SELECT * FROM migrate_table('source', 'held', 'again')"
q "ALTER SERVER source OPTIONS (SET port '1')" >/dev/null
go_on
is "$(q "SELECT count(*) FROM again")" 100 \
	"options that change meanwhile are for the next job" "$(cat "$TL_DIR/held.out")"
q "ALTER SERVER source OPTIONS (SET port '$MYSQL_PORT'); DROP TABLE again" >/dev/null
hold "SELECT * FROM migrate_table('source', 'held', 'again')"
q "DROP USER MAPPING FOR CURRENT_USER SERVER source; DROP SERVER source CASCADE" >"$TL_DIR/out" 2>&1
ok $? "DROP USER MAPPING and DROP SERVER while a job runs" "$(cat "$TL_DIR/out")"
go_on
tl_nothing_left "after DROP SERVER" 5
is "$(q "SELECT count(*) FROM orders")" "$(my "SELECT COUNT(*) FROM orders" lifecycle)" \
	"DROP SERVER: migrated tables stay"
like "$(q "SELECT count(*) FROM mysql_migrate.jobs")" '^[1-9]' "DROP SERVER: so do jobs"
tl_fails "DROP SERVER: a call says so" 42704 'server "source" does not exist' \
	"SELECT * FROM migrate_missing('source');"
tl_server source lifecycle
is "$(q "SELECT status FROM migrate_missing('source', 'orders', mode => 'mirror')")" equal \
	"a server of the same name goes on"

# ---- roles

q "DROP TABLE IF EXISTS again; DROP ROLE IF EXISTS lifecycle_one; DROP ROLE IF EXISTS lifecycle_two" >/dev/null 2>&1
q "CREATE ROLE lifecycle_one; CREATE ROLE lifecycle_two;
	CREATE SCHEMA one AUTHORIZATION lifecycle_one;
	GRANT USAGE ON FOREIGN SERVER source TO lifecycle_one, lifecycle_two;
	CREATE USER MAPPING FOR lifecycle_one SERVER source OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	CREATE USER MAPPING FOR lifecycle_two SERVER source OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD')" >/dev/null
is "$(q "SET ROLE lifecycle_one; SELECT loaded FROM migrate_table('source', 'orders', 'one.orders')" | tail -n 1)" \
	1000 "a role migrates a table of its own"
hold "SET ROLE lifecycle_one; SELECT * FROM migrate_table('source', 'held', 'one.held')"
tl_error "DROP ROLE lifecycle_one;"
is "$SQLSTATE" 2BP01 "DROP ROLE while its job runs: its tables stand in its way"
tl_error "SET lock_timeout = '100ms'; REASSIGN OWNED BY lifecycle_one TO lifecycle_two;"
is "$SQLSTATE" 55P03 "REASSIGN OWNED waits for the job"
q "DROP USER MAPPING FOR lifecycle_one SERVER source" >/dev/null
go_on
tl_nothing_left "a job whose user mapping goes" 5
q "REASSIGN OWNED BY lifecycle_one TO lifecycle_two; DROP OWNED BY lifecycle_one; DROP ROLE lifecycle_one" >"$TL_DIR/out" 2>&1
ok $? "REASSIGN OWNED, DROP OWNED, DROP ROLE" "$(cat "$TL_DIR/out")"
is "$(q "SELECT count(*) FROM pg_roles WHERE rolname = 'lifecycle_one'")" 0 \
	"no job keeps a role from being dropped"
is "$(q "SELECT count(*) FROM one.orders")" 1000 "the table is its heir's"
q "SELECT count(*) FROM mysql_migrate.jobs" >"$TL_DIR/out" 2>&1
ok $? "the views show jobs of a role that is gone" "$(cat "$TL_DIR/out")"
is "$(q "SELECT count(*) FROM mysql_migrate.table_map AS m WHERE local_schema = 'one'
	AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = m.owner)")" \
	"$(q "SELECT count(*) FROM mysql_migrate.table_map WHERE local_schema = 'one'")" \
	"they are nobody's"
tl_fails "its heir" 42P01 'no migrated table' \
	"SET ROLE lifecycle_two; SELECT * FROM migrate_missing('source', 'one.orders');"
q "UPDATE mysql_migrate.table_map SET owner = 'lifecycle_two' WHERE local_schema = 'one'" >/dev/null
is "$(q "SET ROLE lifecycle_two; SELECT status FROM migrate_missing('source', 'one.orders', mode => 'changed')")" \
	equal "an administrator hands them over"
q "DROP OWNED BY lifecycle_two CASCADE; DROP ROLE lifecycle_two" >"$TL_DIR/out" 2>&1
ok $? "DROP OWNED with tables of a job" "$(cat "$TL_DIR/out")"
is "$(q "SELECT count(*) FROM validate('source') WHERE \"table\" = 'orders'")" 1 \
	"a table that is gone is not looked for"

# ---- the extension

tl_error "CREATE SCHEMA s; ALTER EXTENSION mysql_migrate SET SCHEMA s;"
is "$SQLSTATE" 0A000 "ALTER EXTENSION SET SCHEMA is refused"
tl_error "DROP EXTENSION mysql_migrate;"
is "$SQLSTATE" 2BP01 "DROP EXTENSION: the server stands in its way"
hold "SELECT * FROM migrate_table('source', 'held', 'again')"
tl_error "SET lock_timeout = '100ms'; DROP EXTENSION mysql_migrate CASCADE;"
is "$SQLSTATE" 55P03 "DROP EXTENSION waits for who waits for a job"
go_on
like "$(cat "$TL_DIR/held.out")" 'again.100.100' "and the job ends well"
q "DROP TABLE again" >/dev/null
hold "SELECT * FROM migrate_schema('source', include => '{held}', local_schema => 'beside', wait => false)"
q "DROP EXTENSION mysql_migrate CASCADE" >"$TL_DIR/out" 2>&1 &
dropping=$!
tl_wait 10 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = '"'AccessExclusiveLock'"'")" -gt 0 ]'
go_on
wait $dropping
ok $? "DROP EXTENSION CASCADE while a job runs by itself" "$(cat "$TL_DIR/out")"
tl_wait 5 tl_is_quiet
ok $? "DROP EXTENSION: no worker and no connection is left" "$(tl_workers) $(tl_connections)"
is "$(q "SELECT count(*) FROM orders")" "$(my "SELECT COUNT(*) FROM orders" lifecycle)" \
	"DROP EXTENSION: migrated tables stay"
is "$(q "SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'mysql%'")" 0 \
	"DROP EXTENSION: nothing of it is left"
q "CREATE SCHEMA IF NOT EXISTS \"My Tools\"; CREATE EXTENSION mysql_migrate SCHEMA \"My Tools\"" >"$TL_DIR/out" 2>&1
ok $? "CREATE EXTENSION in a schema of its own" "$(cat "$TL_DIR/out")"
tl_server source lifecycle
is "$(q "SELECT loaded FROM \"My Tools\".migrate_table('source', 'held', 'again2')" | tail -n 1)" \
	100 "its functions are there and work"
is "$(q "SELECT status FROM \"My Tools\".validate('source', 'again2')")" equal \
	"and find what was migrated"
is "$(q "SELECT count(*) FROM mysql_migrate.progress")" 0 "and the views work"
is "$(crashes)" "$CRASHES" "no process has crashed"
PGDATABASE=postgres q "DROP DATABASE lifecycle" >/dev/null
tl_done
