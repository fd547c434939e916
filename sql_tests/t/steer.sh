#!/bin/bash
# sql_tests/t/steer.sh
#   Steering jobs: cancel, resume, roll back, finish, other limits; who may what
#   in which state; several jobs at once.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database steer
my "CREATE TABLE big (id int PRIMARY KEY, a int, b varchar(64), KEY (a));
	INSERT INTO big SELECT seq, seq % 100, MD5(seq) FROM seq_1_to_300000;
	CREATE TABLE small (id int AUTO_INCREMENT PRIMARY KEY, e enum('x', 'y'),
		big int, UNIQUE KEY (big), FOREIGN KEY (big) REFERENCES big (id));
	INSERT INTO small SELECT seq, 'x', seq FROM seq_1_to_100;
	CREATE TABLE nokey (a int);
	INSERT INTO nokey SELECT seq FROM seq_1_to_1000;
	CREATE VIEW v AS SELECT id FROM small" steer
tl_database steer

# Starts a migration that does not end; sets CLIENT and JOB.
start_stuck()			# SCHEMA [arguments]
{
	"$PSQL" -X -q -A -t >"$TL_DIR/$1" 2>&1 -c "SELECT * FROM migrate_schema(
		'source', local_schema => '$1', workers => 2 ${2:-})" &
	CLIENT=$!
	tl_wait 20 tl_is_reading big
	JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
}

state()
{
	q "SELECT state FROM mysql_migrate.jobs WHERE id = $1"
}

is_state()				# JOB STATE
{
	[ "$(state "$1")" = "$2" ]
}

catalog()
{
	q "SELECT 'namespace', nspname FROM pg_namespace WHERE nspname !~ '^pg_'
		UNION ALL SELECT 'class', oid::regclass::text FROM pg_class
		UNION ALL SELECT 'type', oid::regtype::text FROM pg_type
		UNION ALL SELECT 'proc', oid::regprocedure::text FROM pg_proc
		ORDER BY 1, 2"
}

# Files of relations that no catalog knows.
lost_files()
{
	q "CHECKPOINT" >/dev/null
	q "SELECT count(*) FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database
			WHERE datname = current_database())) AS f (name)
		WHERE name ~ '^[0-9]+' AND NOT EXISTS (SELECT FROM pg_class
			WHERE pg_relation_filenode(oid)::text =
				substring(name from '^[0-9]+'))"
}

# ---- states

tl_fails "unknown job" 42704 'does not exist' \
	"SELECT * FROM migration_resume(4711);"
tl_fails "unknown job, cancel" 42704 'does not exist' \
	"SELECT migration_cancel(4711);"

before=$(catalog)
tl_lock steer big
start_stuck one
tl_fails "running: resume" 55006 "job $JOB is running" \
	"SELECT * FROM migration_resume($JOB);"
tl_fails "running: roll back" 55006 "job $JOB is running" \
	"SELECT migration_rollback($JOB);"
tl_fails "running: finish" 55006 "job $JOB is running" \
	"SELECT migration_finish($JOB);"
tl_fails "the same tables" 55006 "job $JOB is loading local table \"one\\.(big|nokey|small)\"" \
	"SELECT * FROM migrate_schema('source', local_schema => 'one');"
tl_fails "one of its tables" 55006 "job $JOB is loading local table \"one.small\"" \
	"SELECT * FROM migrate_table('source', 'small', 'one.small');"

# Another job at the same time, in another schema.
q "SELECT sum(loaded) FROM migrate_schema('source', local_schema => 'two',
	include => '{small,nokey}')" >"$TL_DIR/out" 2>&1
is "$(tail -n 1 "$TL_DIR/out")" 1100 "two jobs at once do not disturb one another"

is "$(q "SELECT migration_cancel($JOB)")" t "cancel: the job is asked"
wait $CLIENT
is "$(state $JOB)" cancelled "cancel: it is cancelled"
tl_fails "cancelled: cancel" 55000 "job $JOB is not running" \
	"SELECT migration_cancel($JOB);"
tl_fails "cancelled: finish" 55000 "job $JOB has not ended well" \
	"SELECT migration_finish($JOB);"

# Two resumes at the same moment: one of them does it.
for n in 1 2; do
	"$PSQL" -X -q -A -t -c "SELECT * FROM migration_resume($JOB)" \
		>"$TL_DIR/resume$n" 2>&1 &
	eval "r$n=\$!"
done
tl_wait 10 grep -q 'ERROR' "$TL_DIR/resume1" "$TL_DIR/resume2"
tl_unlock
wait $r1 $r2
is "$(cat "$TL_DIR"/resume[12] | grep -c "ERROR:  job $JOB is running")" 1 \
	"two resumes: one is refused"
like "$(state $JOB)" '^(ok|warning)$' "two resumes: the other one ends the job"
is "$(q "SELECT count(*), sum(id) FROM one.big")" "300000|45000150000" \
	"two resumes: every row is here once"

tl_fails "ended: resume" 55000 "job $JOB has ended" \
	"SELECT * FROM migration_resume($JOB);"
tl_fails "ended: roll back without force" 55000 "job $JOB has ended" \
	"SELECT migration_rollback($JOB);"
tl_fails "ended: other limits" 55000 "job $JOB has ended" \
	"SELECT migration_set($JOB, '{\"workers\": 1}');"
q "SELECT migration_rollback(id, force => true) FROM mysql_migrate.job
	WHERE state <> 'cancelled'" >/dev/null 2>&1
is "$(diff <(echo "$before") <(catalog))" "" \
	"roll back: the catalogs are as before"
is "$(lost_files)" 0 "roll back: no file is left"

# ---- cancelled and rolled back

tl_lock steer big
start_stuck three
kill -INT $CLIENT
wait $CLIENT
tl_unlock
is "$(state $JOB)" cancelled "Ctrl-C: the job is cancelled"
q "SELECT migration_rollback($JOB)" >/dev/null
is "$(diff <(echo "$before") <(catalog))" "" \
	"cancelled and rolled back: the catalogs are as before"
is "$(lost_files)" 0 "cancelled and rolled back: no file is left"

# ---- a leader that died

tl_lock steer big
start_stuck four
q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE backend_type = 'mysql_migrate leader'" >/dev/null
wait $CLIENT
tl_unlock
is "$(q "SELECT state, message, \"next step\" FROM mysql_migrate.jobs
	WHERE id = $JOB")" \
	"failed|its leader process has died|SELECT * FROM migration_resume($JOB);" \
	"dead leader: the job is shown as failed, with the next step"
is "$(q "SELECT count(*) FROM mysql_migrate.progress WHERE job = $JOB")" 0 \
	"dead leader: no progress is shown"
tl_fails "dead leader: cancel" 55000 "job $JOB is not running" \
	"SELECT migration_cancel($JOB);"
# Its tables are free.
is "$(q "SELECT sum(loaded) FROM migrate_table('source', 'nokey', 'four2')" |
	tail -n 1)" 1000 "dead leader: others can load"
q "SELECT migration_rollback($JOB)" >/dev/null
q "DROP TABLE four2" >/dev/null
is "$(diff <(echo "$before") <(catalog))" "" \
	"dead leader and rolled back: the catalogs are as before"

# ---- a task that kills its worker

q "CREATE SCHEMA poison;
	CREATE TABLE poison.small (id int, e text, big int);
	CREATE FUNCTION poison.die() RETURNS trigger LANGUAGE plpgsql AS \$\$
	BEGIN
		PERFORM pg_terminate_backend(pg_backend_pid());
		PERFORM pg_sleep(10);
		RETURN NEW;
	END \$\$;
	CREATE TRIGGER die BEFORE INSERT ON poison.small
		FOR EACH ROW EXECUTE FUNCTION poison.die()" >/dev/null
tl_error "SELECT * FROM migrate_schema('source', local_schema => 'poison',
	include => '{small,nokey}', on_existing => 'append', workers => 2,
	options => '{\"phases\": [\"schema\", \"data\"]}');"
like "$OUTPUT" 'died 3 times' "poison: the error says what happened"
is "$(q "SELECT attempts, state FROM mysql_migrate.task
	WHERE object = 'small' AND kind = 'load' ORDER BY job DESC LIMIT 1")" \
	"3|failed" "poison: three attempts, then it has failed"
is "$(q "SELECT count(*) FROM poison.nokey")" 1000 \
	"poison: the other table is here"
is "$(q "SELECT count(*) FROM poison.small")" 0 "poison: nothing half loaded"

# ---- NOTIFY

lines=$("$PSQL" -X -q -A -t -c "LISTEN mysql_migrate" \
	-c "SELECT count(*) FROM migrate_table('source', 'nokey', 'heard',
		options => '{\"notify\": true}')" -c "SELECT 1" 2>&1)
like "$lines" '"mysql_migrate" with payload "[0-9]+ (ok|warning)"' \
	"notify: the end is heard"
is "$(grep -c 'payload "[0-9]* running"' <<<"$lines")" 1 \
	"notify: the beginning is heard"
lines=$("$PSQL" -X -q -A -t -c "LISTEN mysql_migrate" \
	-c "SELECT count(*) FROM migrate_table('source', 'nokey', 'not_heard')" \
	-c "SELECT 1" 2>&1)
is "$(grep -c payload <<<"$lines")" 0 "notify: only on request"

# ---- other limits while it runs

is_said()				# TEXT
{
	grep -q "$1" "$TL_DIR/held"
}

q "SELECT pg_create_physical_replication_slot('keeper', true)" >/dev/null
"$PSQL" -X -q -A -t >"$TL_DIR/held" 2>&1 -c "SET mysql_migrate.max_piece_rows = 1000" \
	-c "SELECT * FROM migrate_schema('source', local_schema => 'held',
	workers => 2, options => '{\"max_slot_wal\": \"16kB\"}')" &
CLIENT=$!
tl_wait 20 is_said 'waits: replication slot "keeper" keeps'
ok $? "max_slot_wal: the job waits, and says why" "$(cat "$TL_DIR/held")"
JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
is "$(state $JOB)" running "max_slot_wal: it runs all the same"
tl_fails "migration_set: unknown" 22023 'cannot be changed' \
	"SELECT migration_set($JOB, '{\"on_error\": \"reject\"}');"
tl_error "SELECT migration_set($JOB, '{\"workers\": 0}');"
is "$SQLSTATE" 22023 "migration_set: bad value"
q "SELECT migration_set($JOB, '{\"max_slot_wal\": null, \"workers\": 1}')" \
	>/dev/null
wait $CLIENT
like "$(state $JOB)" '^(ok|warning)$' "migration_set: it goes on, and ends well"
is "$(q "SELECT count(*), sum(id) FROM held.big")" "300000|45000150000" \
	"migration_set: every row is here once"
is "$(q "SELECT workers, arguments->'options' FROM mysql_migrate.job
	WHERE id = $JOB")" '1|{"max_slot_wal": null}' \
	"migration_set: the job's row says so"
q "SELECT pg_drop_replication_slot('keeper')" >/dev/null
tl_nothing_left steer
tl_done
