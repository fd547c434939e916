#!/bin/bash
# sql_tests/t/roles.sh
#   Who may do what: a role without privileges moves a database with USAGE on
#   the server and CREATE on the schema; nobody sees or steers the job of
#   another; the password is nowhere to be read.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database roles
my "CREATE TABLE big (id int PRIMARY KEY, a varchar(64), e enum('x', 'y'), KEY (a));
	INSERT INTO big SELECT seq, MD5(seq), 'x' FROM seq_1_to_50000;
	CREATE TABLE small (id int AUTO_INCREMENT PRIMARY KEY, big int,
		FOREIGN KEY (big) REFERENCES big (id));
	INSERT INTO small SELECT seq, seq FROM seq_1_to_100;
	CREATE TABLE broken (id int PRIMARY KEY, t text);
	INSERT INTO broken VALUES (1, 'good'), (2, 'bad');
	CREATE VIEW v AS SELECT id FROM small" roles
tl_database roles
for role in app eve; do
	q "DROP ROLE IF EXISTS roles_$role; CREATE ROLE roles_$role LOGIN" >/dev/null 2>&1
done
q "DROP ROLE IF EXISTS roles_owner; CREATE ROLE roles_owner NOLOGIN;
	GRANT roles_owner TO roles_app" >/dev/null 2>&1

as()					# ROLE STATEMENT...: each in the same session
{
	local role=$1 statement commands=()
	shift

	for statement in "$@"; do
		commands+=(-c "$statement")
	done
	PGUSER=$role "$PSQL" -X -q -A -t -v ON_ERROR_STOP=1 "${commands[@]}" 2>&1
}

fails_as()				# NAME ROLE SQLSTATE PATTERN STATEMENT
{
	local name=$1 role=$2 state=$3 pattern=$4

	PGUSER=$role tl_error "$5"
	is "$SQLSTATE" "$state" "$name: SQLSTATE"
	like "$ERROR" "$pattern" "$name: message"
}

# ---- nothing without a grant

fails_as "no USAGE" roles_app 42501 'permission denied for foreign server' \
	"SELECT * FROM migrate_schema('source');"
q "GRANT USAGE ON FOREIGN SERVER source TO roles_app, roles_owner;
	CREATE SCHEMA work; GRANT CREATE, USAGE ON SCHEMA work TO roles_app" >/dev/null
as roles_app "CREATE USER MAPPING FOR roles_app SERVER source
	OPTIONS (username 'mover', password '$MYSQL_PASSWORD')" >/dev/null
fails_as "no CREATE" roles_app 42501 'permission denied for schema' \
	"SELECT * FROM migrate_schema('source', local_schema => 'public');"

# ---- a plain role does everything

watch_activity()
{
	while [ -e "$TL_DIR/watch" ]; do
		q "SELECT backend_type, application_name, query FROM pg_stat_activity"
		ps -eo args | grep '^postgres: '
	done >"$TL_DIR/activity" 2>&1
}

touch "$TL_DIR/watch"
watch_activity &
watcher=$!
as roles_app "SELECT \"table\", read, loaded, status FROM migrate_schema('source',
	local_schema => 'work', workers => 2) ORDER BY 1" >"$TL_DIR/app"
rm "$TL_DIR/watch"
wait $watcher
is "$(grep '|' "$TL_DIR/app")" "big|50000|50000|ok
broken|2|2|ok
small|100|100|ok" "plain role: everything is loaded"
is "$(q "SELECT DISTINCT relowner::regrole FROM pg_class
	WHERE relnamespace = 'work'::regnamespace")" roles_app \
	"plain role: it owns what it made"
like "$(cat "$TL_DIR/activity")" 'mysql_migrate (worker|leader)\|mysql_migrate job [0-9]+ (worker|leader)' \
	"activity: processes say whose they are"
JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
is "$(as roles_app "SELECT state FROM mysql_migrate.jobs WHERE id = $JOB" \
	"SELECT count(*) FROM mysql_migrate.result WHERE job = $JOB" \
	"SELECT count(*) > 0 FROM mysql_migrate.task" \
	"SELECT status FROM validate('source', 'big')" \
	"SELECT count(*) > 0 FROM fix_sequences('source')" \
	"SELECT migration_rollback($JOB, force => true) > 0" | grep -v NOTICE)" "ok
3
t
equal
t
t" "plain role: it watches, validates, rolls back"

# ---- an owner that cannot log in

q "CREATE SCHEMA owned AUTHORIZATION roles_owner" >/dev/null
is "$(as roles_app "SET ROLE roles_owner" \
	"CREATE USER MAPPING FOR roles_owner SERVER source
		OPTIONS (username 'mover', password '$MYSQL_PASSWORD')" \
	"SELECT sum(loaded) FROM migrate_schema('source', local_schema => 'owned')" |
	tail -n 1)" 50102 "NOLOGIN owner: loaded by SET ROLE"
is "$(q "SELECT DISTINCT relowner::regrole FROM pg_class
	WHERE relnamespace = 'owned'::regnamespace")" roles_owner \
	"NOLOGIN owner: it owns the tables"

# ---- somebody else

JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
for table in job task made table_map note decision reject difference rule \
	jobs result todo progress; do
	is "$(as roles_eve "SELECT count(*) FROM mysql_migrate.$table")" 0 \
		"somebody else: sees no row of $table"
done
for call in "SELECT migration_cancel($JOB)" "SELECT * FROM migration_resume($JOB)" \
	"SELECT migration_rollback($JOB, force => true)" \
	"SELECT migration_finish($JOB)" "SELECT migration_set($JOB, '{}')" \
	"SELECT * FROM mysql_migrate.job_slots($JOB)" \
	"SELECT mysql_migrate.job_is_running($JOB)"; do
	fails_as "somebody else: ${call#SELECT }" roles_eve 42704 'does not exist' "$call;"
done
for statement in "UPDATE mysql_migrate.job SET owner = 'roles_eve'::regrole" \
	"DELETE FROM mysql_migrate.task" \
	"INSERT INTO mysql_migrate.made (job, class, object)
		VALUES ($JOB, 'pg_class'::regclass, 'owned.big'::regclass)" \
	"INSERT INTO mysql_migrate.rule (owner, server, pattern, action, value)
		VALUES ('roles_app'::regrole, 'source', 'big', 'skip', NULL)" \
	"UPDATE mysql_migrate.note SET next_step = 'x'"; do
	fails_as "somebody else: ${statement%% (*}" roles_eve 42501 'denied|policy' \
		"$statement;"
done
as roles_eve "UPDATE mysql_migrate.note SET done = true" \
	"DELETE FROM mysql_migrate.decision" "DELETE FROM mysql_migrate.rule" >/dev/null
is "$(q "SELECT count(*) FROM mysql_migrate.note WHERE done")" 0 \
	"somebody else: marks no note as done"

# ---- several at once, each for himself

q "CREATE SCHEMA at_once; CREATE SCHEMA owned_at_once AUTHORIZATION roles_owner;
	GRANT CREATE, USAGE ON SCHEMA at_once TO roles_app" >/dev/null
MOVE="SELECT sum(loaded) FROM migrate_schema('source', workers => 2, local_schema =>"
as roles_app "$MOVE 'at_once')" >"$TL_DIR/once1" &
pids=$!
as roles_app "SET ROLE roles_owner" "$MOVE 'owned_at_once')" >"$TL_DIR/once2" &
pids="$pids $!"
q "$MOVE 'mine_at_once')" >"$TL_DIR/once3" &
pids="$pids $!"
as roles_app "SELECT sum(loaded) FROM migrate_table('source', 'big', 'at_once.big2')" >"$TL_DIR/once4" &
pids="$pids $!"
wait $pids
is "$(tail -q -n 1 "$TL_DIR"/once[1-4] | tr '\n' ' ')" "50102 50102 50102 50000 " \
	"at once: every job loads its own" "$(cat "$TL_DIR"/once[1-4])"
is "$(q "SELECT relnamespace::regnamespace, relowner::regrole, count(*) FROM pg_class
	WHERE relkind = 'r' AND relnamespace::regnamespace::text LIKE '%at_once' GROUP BY 1, 2, relnamespace ORDER BY relnamespace::regnamespace::text COLLATE \"C\"")" \
	"at_once|roles_app|4
mine_at_once|postgres|3
owned_at_once|roles_owner|3" "at once: every role owns its own"
is "$(as roles_eve "SELECT count(*) FROM mysql_migrate.jobs")" 0 "at once: somebody else sees none"
is "$(as roles_app "SET ROLE roles_owner" "SELECT DISTINCT local_schema FROM mysql_migrate.jobs
	WHERE local_schema LIKE '%at_once'")" owned_at_once "at once: a role sees its own"

# ---- names that look like the catalog's

q "CREATE SCHEMA trap AUTHORIZATION roles_eve; GRANT USAGE, CREATE ON SCHEMA trap TO PUBLIC" >/dev/null
as roles_eve "CREATE FUNCTION trap.stolen() RETURNS text LANGUAGE plpgsql AS
	'BEGIN CREATE TABLE IF NOT EXISTS trap.loot (who name); RETURN current_user; END'" \
	"CREATE FUNCTION trap.coalesce_text(text, text) RETURNS text LANGUAGE sql AS
		'SELECT trap.stolen()'" \
	"CREATE FUNCTION trap.psprintf(text) RETURNS text LANGUAGE sql AS
		'SELECT trap.stolen()'" \
	"CREATE FUNCTION trap.pg_size_pretty(numeric) RETURNS text LANGUAGE sql AS
		'SELECT trap.stolen()'" \
	"CREATE FUNCTION trap.eq(text, text) RETURNS boolean LANGUAGE sql AS
		'SELECT trap.stolen() IS NOT NULL'" \
	"CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.eq)" \
	"CREATE FUNCTION trap.lower(name) RETURNS text LANGUAGE sql AS
		'SELECT trap.stolen()'" \
	"CREATE FUNCTION trap.gt(int, numeric) RETURNS boolean LANGUAGE sql AS
		'SELECT trap.stolen() IS NOT NULL'" \
	"CREATE OPERATOR trap.> (LEFTARG = int, RIGHTARG = numeric, FUNCTION = trap.gt)" \
	"CREATE FUNCTION trap.same(int, int) RETURNS boolean LANGUAGE sql AS
		'SELECT trap.stolen() IS NOT NULL'" \
	"CREATE OPERATOR trap.= (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.same)" \
	"CREATE DOMAIN trap.text AS pg_catalog.text" >/dev/null
as roles_app "SET search_path = trap, public, pg_catalog" \
	"SELECT count(*) FROM public.migrate_schema('source', local_schema => 'work')" \
	"SELECT count(*) FROM public.validate('source', 'small')" \
	"DELETE FROM work.small WHERE id OPERATOR(pg_catalog.<) 50" \
	"SELECT count(*) FROM public.migrate_missing('source', 'small', mode => 'changed')" \
	"SELECT count(*) FROM public.fix_sequences('source')" \
	"SELECT count(*) FROM public.fix_sequences('source', 'work.*')" \
	"SELECT count(*) FROM public.migration_check('source', local_schema => 'work')" \
	"SELECT count(*) FROM public.migration_plan('source', local_schema => 'trap')" \
	"SELECT count(*) FROM mysql_migrate.progress" \
	"SELECT count(*) FROM mysql_migrate.jobs" >"$TL_DIR/trapped"
is "$(grep -c ERROR "$TL_DIR/trapped")" 0 "search_path: all functions are called" \
	"$(cat "$TL_DIR/trapped")"
is "$(q "SELECT to_regclass('trap.loot') IS NULL")" t \
	"search_path: functions of somebody else are not called" "$(cat "$TL_DIR/trapped")"

# ---- one role's trigger does not run as another

q "CREATE SCHEMA shared; GRANT USAGE, CREATE ON SCHEMA shared TO roles_app;
	CREATE TABLE shared.who (name text); GRANT INSERT ON shared.who TO PUBLIC;
	CREATE TABLE shared.small (id int, big int); ALTER TABLE shared.small OWNER TO roles_app;
	CREATE FUNCTION shared.note_user() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN INSERT INTO shared.who VALUES (current_user || '' '' || session_user); RETURN NEW; END';
	CREATE TRIGGER t AFTER INSERT ON shared.small
		FOR EACH STATEMENT EXECUTE FUNCTION shared.note_user();
	CREATE TRIGGER r BEFORE INSERT ON shared.small
		FOR EACH ROW EXECUTE FUNCTION shared.note_user()" >/dev/null
as roles_app "SELECT * FROM migrate_table('source', 'small', 'shared.small',
	on_existing => 'append')" >"$TL_DIR/append"
is "$(q "SELECT DISTINCT name FROM shared.who")" "roles_app roles_app" \
	"triggers run as the role that called" "$(cat "$TL_DIR/append")"

# ---- what a role wrote runs as that role, whoever goes on with it

q "GRANT CREATE ON DATABASE $PGDATABASE TO roles_app" >/dev/null
as roles_app "CREATE SCHEMA own" \
	"CREATE TABLE own.who (name text)" \
	"CREATE FUNCTION own.tell(v text) RETURNS text LANGUAGE plpgsql STABLE AS
		'BEGIN IF current_user <> ''roles_app'' THEN RAISE ''%'', current_user; END IF;
			RETURN v; END'" >/dev/null
as roles_app "SELECT * FROM migrate_schema('source', local_schema => 'own',
	include => ARRAY['small'], options => '{\"after_sql\": \"INSERT INTO own.who SELECT current_user; SELECT 1 / 0\"}')" \
	>"$TL_DIR/own"
JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
fails_as "a job of somebody else resumed by a superuser" "$PGUSER" 42501 \
	'belongs to role "roles_app"' "SELECT * FROM migration_resume($JOB);"
is "$(q "SELECT count(*) FROM own.who")" 0 "its statements do not run as the superuser" \
	"$(cat "$TL_DIR/own")"
as roles_app "SELECT migration_rollback($JOB)" \
	"INSERT INTO mysql_migrate.rule (server, pattern, action, value)
		VALUES ('source', 'broken.t', 'using', 'own.tell(value)')" \
	"SELECT status FROM migrate_table('source', 'broken', 'own.broken')" \
	"DELETE FROM mysql_migrate.rule" >"$TL_DIR/own"
for call in "validate('source', 'own.broken')" "migrate_missing('source', 'own.broken')"; do
	fails_as "a rule of somebody else in $call" "$PGUSER" 42501 \
		'expressions of its own' "SELECT * FROM $call;"
	like "$(as roles_app "SELECT status FROM $call")" '^(equal|ok)$' \
		"its owner calls $call"
done

# ---- the bookkeeping's triggers are for its tables only

as roles_app "CREATE TABLE own.victim (state int, relation text, server text, pattern text,
		action text, value bigint, local_table text, local_schema text)" \
	"CREATE TRIGGER a BEFORE INSERT ON own.victim FOR EACH ROW
		EXECUTE FUNCTION mysql_migrate.bind_table()" >/dev/null
fails_as "bind_table on another table" roles_app 39P01 'is the trigger of' \
	"INSERT INTO own.victim DEFAULT VALUES;"
as roles_app "DROP TRIGGER a ON own.victim" \
	"CREATE TRIGGER a AFTER INSERT ON own.victim FOR EACH STATEMENT
		EXECUTE FUNCTION mysql_migrate.rule_check()" >/dev/null
fails_as "rule_check on another table" roles_app 39P01 'is the trigger of' \
	"INSERT INTO own.victim DEFAULT VALUES;"

# ---- secrets

as roles_app "SELECT * FROM mysql_query('source', 'SELECT broken syntax') AS t (a int)" \
	>>"$TL_DIR/errors"
as roles_app "ALTER USER MAPPING FOR roles_app SERVER source OPTIONS (SET password 'wr0ng-$MYSQL_PASSWORD')" \
	"SELECT * FROM migrate_schema('source', local_schema => 'work')" >>"$TL_DIR/errors"
like "$(cat "$TL_DIR/errors")" 'Access denied' "secrets: a wrong password is told"
is "$(grep -c "$MYSQL_PASSWORD" "$TL_DIR/errors" "$TL_DIR/activity" |
	grep -v ':0$')" "" "secrets: not in errors, not in pg_stat_activity"
# PostgreSQL itself logs a statement that fails; none of ours had a password.
is "$(grep -c "$MYSQL_PASSWORD" "$PGHOST/log")" 0 "secrets: not in the server log"
is "$(for table in job task table_map made note decision reject difference rule; do
	q "SELECT t::text FROM mysql_migrate.$table AS t"
done | grep -c "$MYSQL_PASSWORD")" 0 "secrets: not in the bookkeeping"

q "DROP OWNED BY roles_app, roles_eve, roles_owner CASCADE;
	DROP ROLE roles_app, roles_eve, roles_owner" >/dev/null 2>&1
tl_nothing_left roles
tl_done
