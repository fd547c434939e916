#!/bin/bash
# sql_tests/t/gentle.sh
#   What a job costs the source: writers never stand behind a lock, nothing
#   stays open longer than it is needed, and the limits hold.
. "$(dirname "$0")/../tools/testlib.sh"

VERSION=$(my "SELECT VERSION()")
echo "# $(q "SHOW server_version") with $VERSION"

tl_mysql_database gentle
my "CREATE TABLE digit (d int NOT NULL PRIMARY KEY) ENGINE = InnoDB;
	INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
	CREATE TABLE busy (id int NOT NULL PRIMARY KEY, v int) ENGINE = InnoDB;
	INSERT INTO busy SELECT d, 0 FROM digit;
	CREATE TABLE latency (worst bigint) ENGINE = InnoDB;
	CREATE TABLE control (stop int) ENGINE = InnoDB;
	CREATE TABLE wide (id int NOT NULL PRIMARY KEY, a int, b varchar(1000),
		KEY a (a), KEY b (b(20), a)) ENGINE = InnoDB;
	INSERT INTO wide SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d
		+ 10000 * f.d, a.d, REPEAT('x', 900)
		FROM digit a, digit b, digit c, digit e, digit f
		WHERE f.d < 2;
	CREATE TABLE other (id int NOT NULL PRIMARY KEY, v varchar(1000))
		ENGINE = InnoDB;
	INSERT INTO other SELECT id, REPEAT('y', 1000) FROM wide WHERE id < 4000;
	ANALYZE TABLE wide, other" gentle >/dev/null
sv_mysql gentle <<SQL
DELIMITER //
CREATE PROCEDURE write_on()
BEGIN
	DECLARE began datetime(6);
	DECLARE took, worst bigint DEFAULT 0;
	WHILE NOT EXISTS (SELECT 1 FROM control) DO
		SET began = SYSDATE(6);
		UPDATE busy SET v = v + 1 WHERE id = FLOOR(RAND() * 10);
		SET took = TIMESTAMPDIFF(MICROSECOND, began, SYSDATE(6));
		IF took > worst THEN SET worst = took; END IF;
	END WHILE;
	INSERT INTO latency VALUES (worst);
END//
SQL
tl_database gentle
q "ALTER DATABASE gentle SET client_min_messages = error" >/dev/null

migrate()				# SCHEMA OPTIONS [WORKERS]
{
	q "SELECT sum(read) = sum(loaded), sum(loaded) FROM migrate_schema('source',
		local_schema => '$1', include => ARRAY['wide', 'busy', 'digit'],
		workers => ${3:-3}, options => '$2')" | tail -n 1
}

last_job()				# COLUMNS
{
	q "SELECT $1 FROM mysql_migrate.job ORDER BY id DESC LIMIT 1"
}

# ---- a long query in the way of the lock

sv_mysql -e "SELECT COUNT(*), SLEEP(30) FROM digit" gentle >/dev/null 2>&1 &
sleeper=$!
sv_mysql -e "CALL write_on()" gentle >/dev/null 2>&1 &
writer=$!
sleeping()
{
	my "SELECT id FROM information_schema.processlist
		WHERE info LIKE 'SELECT COUNT(*), SLEEP%'"
}
tl_wait 10 eval '[ -n "$(sleeping)" ]'
migrate stuck '{"snapshot": "lock", "phases": ["schema"]}' >/dev/null
like "$(last_job "snapshot_method, consistent")" \
	'^(lock_tables|flush_tables_with_read_lock|single_session)\|t$' \
	"stuck query: there is one moment all the same" "$(last_job "*")"
my "INSERT INTO control VALUES (1)" gentle
wait $writer
worst=$(my "SELECT worst FROM latency" gentle)
ok $((worst > 600000)) "stuck query: no writer stood for long ($((worst / 1000)) ms)"
my "KILL $(sleeping)"
wait $sleeper 2>/dev/null

# ---- an ALTER TABLE at the source while the job reads other tables

open_transactions()
{
	my "SELECT COUNT(*) FROM information_schema.innodb_trx
		JOIN information_schema.processlist ON id = trx_mysql_thread_id
		WHERE db = 'gentle' AND id <> CONNECTION_ID()"
}

# Each index takes its time: an event trigger holds it up.
q "CREATE FUNCTION slowly() RETURNS event_trigger LANGUAGE plpgsql
	AS 'BEGIN PERFORM pg_sleep(2); END';
	CREATE EVENT TRIGGER slowly ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
	EXECUTE FUNCTION slowly()" >/dev/null
q "SELECT * FROM migrate_schema('source', local_schema => 'altered',
	workers => 2, wait => false, options => '{\"rate_limit\": \"10MB\"}')" >/dev/null
job=$(last_job id)
other_is_done()
{
	[ "$(q "SELECT count(*) > 0 AND bool_and(state = 'done')
		FROM mysql_migrate.task WHERE job = $job AND kind = 'load'
		AND object = 'other'")" = t ]
}
tl_wait 20 other_is_done
is "$(open_transactions)" 3 "alter: leader and workers still have their snapshot"
if [[ $VERSION == *MariaDB* && $(my "SELECT @@log_bin") = 1 ]]; then
	skip "alter: MariaDB keeps metadata locks to the end when it writes a binary log"
else
	my "SET lock_wait_timeout = 10; ALTER TABLE other ADD COLUMN w int" gentle
	ok $? "alter: a table that was read can be altered at once"
	is "$(open_transactions)" 3 "alter: they still have it after it"
fi

# ---- nothing stays open for the indexes

reads_are_over()
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.task WHERE job = $job
		AND kind = 'load' AND state <> 'done'")" = 0 ]
}
tl_wait 60 reads_are_over
tl_wait 1 eval '[ "$(open_transactions)" = 0 ]'
ok $? "release: no transaction is open once all rows are read" \
	"$(my "SELECT * FROM information_schema.innodb_trx\G" | head -40)"
is "$(last_job state)" running "release: while indexes are made"
tl_wait 60 eval '[ "$(last_job state)" != running ]'
is "$(last_job state)" ok "release: the job ends well"
q "DROP EVENT TRIGGER slowly" >/dev/null

# ---- limits

# What the readers of the last job came to in a second, in percent of RATE.
percent_of()			# bytes_read|rows_read RATE
{
	q "SELECT round(100 * sum($1) / $2
			/ extract(epoch FROM max(finished) - min(started))::numeric)
		FROM mysql_migrate.task WHERE kind = 'load' AND rows_read > 0
		  AND job = (SELECT max(id) FROM mysql_migrate.job)"
}

is "$(migrate slow '{"rate_limit": "8MB", "phases": ["schema", "data"]}' 4)" \
	"t|20020" "rate_limit: every row comes"
percent=$(percent_of bytes_read 8388608)
ok $((percent > 110 || percent < 40)) "rate_limit: 8 MB in a second ($percent %)"
is "$(migrate rows '{"rate_limit": "10000 rows", "phases": ["schema", "data"]}' 4)" \
	"t|20020" "rate_limit: every row comes, counted"
percent=$(percent_of rows_read 10000)
ok $((percent > 110 || percent < 40)) "rate_limit: 10000 rows in a second ($percent %)"
for limit in '"8 bananas"' '"0 rows"' 12 '"-1MB"'; do
	tl_error "SELECT * FROM migrate_schema('source', local_schema => 'bad',
		options => '{\"rate_limit\": $limit}')"
	is "$SQLSTATE" 22023 "rate_limit: $limit is none"
done

q "SELECT * FROM migrate_schema('source', local_schema => 'changed', workers => 2,
	include => ARRAY['wide'], wait => false, options => '{\"rate_limit\": \"500 rows\"}')" >/dev/null
job=$(last_job id)
tl_wait 20 eval '[ "$(q "SELECT count(*) FROM pg_stat_activity
	WHERE application_name LIKE '"'mysql_migrate%load%'"'")" -gt 0 ]'
q "SELECT migration_set($job, '{\"rate_limit\": null}')" >/dev/null
tl_wait 20 eval '[ "$(last_job state)" != running ]'
is "$(last_job state)" ok "rate_limit: taken away while it runs (else 40 seconds)"

# validate and migrate_missing, whose rows are read by MySQL and hardly sent.
# Four thirds of it, at most: a part that is under way is not broken off.
keeps_pace()			# NAME ROWS RATE STATEMENT
{
	local started ended
	started=$(date +%s%N)
	q "SET client_min_messages = error; $4" >"$TL_DIR/pace"
	ended=$(date +%s%N)
	percent=$((100 * $2 * 1000000000 / $3 / (ended - started)))
	ok $((percent > 133 || percent < 20)) "$1 ($percent %)" "$(cat "$TL_DIR/pace")"
}
rows=$(q "SELECT count(*) FROM slow.wide")
keeps_pace "rate_limit: validate" "$rows" 10000 "SELECT * FROM validate('source',
	'slow.wide', options => '{\"rate_limit\": \"10000 rows\"}')"
keeps_pace "rate_limit: validate, row by row" "$((2 * rows))" 20000 "SELECT * FROM validate(
	'source', 'slow.wide', 'full', '{\"rate_limit\": \"20000 rows\"}')"
q "DELETE FROM slow.wide WHERE id % 2 = 0" >/dev/null
keeps_pace "rate_limit: migrate_missing" "$((2 * rows + rows / 2))" 20000 "SELECT * FROM migrate_missing(
	'source', 'slow.wide', options => '{\"rate_limit\": \"20000 rows\"}')"
is "$(q "SELECT count(*) FROM slow.wide")" "$rows" "rate_limit: migrate_missing brings all rows"

for limit in 1 2 3; do
	is "$(migrate connections_$limit "{\"max_source_connections\": $limit}" 4)" \
		"t|20020" "max_source_connections $limit: every row comes"
done
q "SELECT * FROM migrate_schema('source', local_schema => 'watched',
	include => ARRAY['wide'], workers => 4, wait => false,
	options => '{\"rate_limit\": \"8MB\",
	\"max_source_connections\": 2}')" >/dev/null
most=0
while [ "$(last_job state)" = running ]; do
	now=$(my "SELECT COUNT(*) FROM information_schema.processlist
		WHERE db = 'gentle' AND id <> CONNECTION_ID()")
	[ "$now" -le $most ] || most=$now
	sleep 0.1
done
like "$most" '^[12]$' "max_source_connections 2: so many connections"

my "DROP USER few@'%'" >/dev/null 2>&1
my "DROP USER few@localhost" >/dev/null 2>&1
for host in % localhost; do
	my "CREATE USER few@'$host' IDENTIFIED BY '$MYSQL_PASSWORD';
		GRANT SELECT, LOCK TABLES ON gentle.* TO few@'$host'"
done
if [[ $VERSION == 5.* ]]; then
	my "GRANT USAGE ON *.* TO few@'%' WITH MAX_USER_CONNECTIONS 2;
		GRANT USAGE ON *.* TO few@localhost WITH MAX_USER_CONNECTIONS 2"
else
	my "ALTER USER few@'%' WITH MAX_USER_CONNECTIONS 2;
		ALTER USER few@localhost WITH MAX_USER_CONNECTIONS 2"
fi
q "ALTER USER MAPPING FOR CURRENT_USER SERVER source
	OPTIONS (SET username 'few')" >/dev/null
q "SET client_min_messages = warning; SELECT sum(loaded)
	FROM migrate_schema('source', local_schema => 'few', workers => 4,
	include => ARRAY['wide', 'busy', 'digit'])" \
	>"$TL_DIR/few" 2>&1
like "$(cat "$TL_DIR/few")" 'runs with [01] of 4 workers' \
	"max_user_connections: fewer readers, and a warning"
is "$(tail -n 1 "$TL_DIR/few")" 20020 "max_user_connections: every row comes"
is "$(last_job "state, consistent")" "ok|t" "max_user_connections: the job ends well"

my "DROP USER few@'%'; DROP USER few@localhost; DROP DATABASE gentle"
tl_done
