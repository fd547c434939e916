#!/bin/bash
# sql_tests/t/callers.sh
#   Whoever calls, and whatever his session has set: a migration gives the same
#   tables, rows, notes; where it cannot run it says so and hangs nowhere.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database callers
my "CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, flag tinyint(1) NOT NULL DEFAULT 1,
		name varchar(40) DEFAULT 'it''s \\\\ back', e enum('a', 'b''c') DEFAULT 'b''c',
		s set('x', 'y z') DEFAULT 'x,y z', UNIQUE KEY (name));
	INSERT INTO parent (flag, name, e, s) SELECT seq % 2, CONCAT('näme \\\\', seq, ''''),
		ELT(1 + seq % 2, 'a', 'b''c'), 'x,y z' FROM seq_1_to_200;
	CREATE TABLE \`child Of\` (id bigint unsigned PRIMARY KEY, parent int, f float, d double,
		n decimal(20, 4), b varbinary(20) DEFAULT 'a\\\\b', bits bit(9), at datetime(3), ts timestamp(6) NULL, day date,
		t time, y year, j json, body text, total decimal(22, 4) AS (n * 2) STORED,
		changed timestamp NOT NULL DEFAULT '2020-03-29 02:30:00' ON UPDATE CURRENT_TIMESTAMP,
		KEY (at), FULLTEXT KEY (body), CHECK (n > -1.5), CHECK (at > '1970-01-02 03:04:05'),
		FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);
	INSERT INTO \`child Of\` (id, parent, f, d, n, b, bits, at, ts, day, t, y, j, body)
		SELECT 18446744073709551615 - seq, 1 + seq % 200, seq / 3, SQRT(seq), seq / 7,
			UNHEX(MD5(seq)), seq % 512, '2020-03-29 01:00:00' + INTERVAL seq MINUTE,
			'2020-03-29 01:30:00' + INTERVAL seq MINUTE, '0099-01-02' + INTERVAL seq DAY,
			SEC_TO_TIME(CAST(seq AS SIGNED) * 100 - 50000), 1901 + seq % 200,
			JSON_OBJECT('a', seq, 'b', 'ü\"'), CONCAT('a text of ', seq) FROM seq_1_to_2000;
	CREATE TABLE parts (id int, at date NOT NULL) PARTITION BY RANGE (YEAR(at))
		(PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
	INSERT INTO parts SELECT seq, '1999-12-01' + INTERVAL seq DAY FROM seq_1_to_100;
	CREATE VIEW v AS SELECT p.id, DATE_FORMAT(c.at, '%Y-%m') AS month, c.n / 3 AS third
		FROM parent AS p JOIN \`child Of\` AS c ON c.parent = p.id
		WHERE c.at >= '2020-03-29 01:10:00'" callers
tl_database callers
q "CREATE SERVER other FOREIGN DATA WRAPPER mysql_migrate
		OPTIONS (host '$MYSQL_HOST', port '$MYSQL_PORT', dbname 'callers');
	CREATE USER MAPPING FOR PUBLIC SERVER other
		OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD')" >/dev/null
ALL="SELECT * FROM public.migrate_schema('source', local_schema => 'moved', workers => 2)"

# All of what became of schema "moved", with the settings of a fresh session.
what_is_here()
{
	q "SELECT * FROM (SELECT concat_ws(' ', c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod),
			a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND attnum > 0
		LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE relnamespace = 'moved'::regnamespace
	UNION ALL SELECT pg_get_constraintdef(oid) || convalidated FROM pg_constraint
		WHERE connamespace = 'moved'::regnamespace
	UNION ALL SELECT pg_get_viewdef(oid) FROM pg_class
		WHERE relnamespace = 'moved'::regnamespace AND relkind = 'v'
	UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger AS t JOIN pg_class AS c
		ON c.oid = tgrelid WHERE relnamespace = 'moved'::regnamespace AND NOT tgisinternal
	UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
		WHERE pronamespace = 'moved'::regnamespace
	UNION ALL SELECT enumlabel FROM pg_enum JOIN pg_type AS t ON t.oid = enumtypid
		WHERE typnamespace = 'moved'::regnamespace
	UNION ALL SELECT format('next %s %s', sequencename, last_value) FROM pg_sequences
		WHERE schemaname = 'moved'
	UNION ALL SELECT concat_ws(' ', object, severity, what, why, original, next_step)
		FROM mysql_migrate.note WHERE job = (SELECT max(id) FROM mysql_migrate.job
			WHERE kind = 'migrate_schema')
) AS x (line) ORDER BY line COLLATE \"C\""
	q "SELECT 'rows', count(*), sum(hashtextextended(t::text, 0)) FROM moved.parent AS t
	UNION ALL SELECT 'rows', count(*), sum(hashtextextended(t::text, 0)) FROM moved.\"child of\" AS t
	UNION ALL SELECT 'rows', count(*), sum(hashtextextended(t::text, 0)) FROM moved.parts AS t
	UNION ALL SELECT 'rows', count(*), sum(hashtextextended(t::text, 0)) FROM moved.v AS t"
}

drop_moved()
{
	q "SET client_min_messages = error; DROP SCHEMA IF EXISTS moved CASCADE" >/dev/null
}

# The whole of a migration, from check to the comparison of rows.
ALL_OF_IT="SELECT count(*) > 0 FROM public.migration_check('source');
	SELECT \"table\", read, loaded, status FROM public.migrate_schema('source',
		local_schema => 'moved', workers => 2) ORDER BY 1;
	SELECT \"table\", status FROM public.validate('source') ORDER BY 1;
	SELECT \"table\", status FROM public.validate('source', mode => 'full') ORDER BY 1;
	SELECT \"table\", status FROM public.migrate_missing('source', mode => 'mirror') ORDER BY 1;
	SELECT * FROM public.fix_sequences('source') ORDER BY 1;
	SET search_path = moved;
	SELECT status FROM public.compare_queries('source', '{SELECT COUNT(*) FROM parent}');"

AFTER=true				# between the migration and the look at it
moves()					# NAME [psql options]: the same as the first time
{
	local name=$1 output
	shift

	drop_moved
	output=$("$PSQL" -X -q -A -t -v ON_ERROR_STOP=1 "$@" -f - <<<"$ALL_OF_IT" 2>&1)
	grep -v 'NOTICE\|HINT\|DETAIL' <<<"$output" | tr -d '"' >"$TL_DIR/output"
	$AFTER
	what_is_here >"$TL_DIR/here" 2>&1
	if [ ! -e "$TL_DIR/first" ]; then
		cp "$TL_DIR/here" "$TL_DIR/first"
		cp "$TL_DIR/output" "$TL_DIR/first.output"
	fi
	is "$(diff "$TL_DIR/first.output" "$TL_DIR/output")" "" "$name: what it says"
	is "$(diff "$TL_DIR/first" "$TL_DIR/here")" "" "$name: what is here"
}

moves first

[ "$(wc -l <"$TL_DIR/first")" -gt 40 ]
ok $? "first: there is something to compare" "$(cat "$TL_DIR/first.output" "$TL_DIR/first")"
grep -q '^ERROR' "$TL_DIR/first"
is $? 1 "first: it can be compared" "$(cat "$TL_DIR/first")"
like "$(cat "$TL_DIR/first.output")" 'child of\|2000\|2000\|(ok|warning)' "first: it is loaded" "$(cat "$TL_DIR/first.output")"

# ---- settings of the session

moves "formats" -c "SET DateStyle = 'SQL, DMY'" -c "SET IntervalStyle = sql_standard" \
	-c "SET TimeZone = 'Europe/Berlin'" -c "SET bytea_output = escape" \
	-c "SET extra_float_digits = -15" -c "SET xmlbinary = hex" \
	-c "SET lc_monetary = 'C'" -c "SET array_nulls = off"
moves "strings" -c "SET standard_conforming_strings = off" \
	-c "SET escape_string_warning = off" -c "SET backslash_quote = on" \
	-c "SET quote_all_identifiers = on" -c "SET transform_null_equals = on" \
	-c "SET check_function_bodies = off" -c "SET client_encoding = LATIN1"
moves "transactions" -c "SET default_transaction_isolation = serializable" \
	-c "SET default_transaction_deferrable = on" \
	-c "SET idle_in_transaction_session_timeout = '1s'" \
	-c "SET lock_timeout = '1s'" -c "SET deadlock_timeout = '10ms'" \
	-c "SET synchronous_commit = off"
moves "privileges" -c "SET session_replication_role = replica" \
	-c "SET row_security = off" -c "SET default_tablespace = pg_default" \
	-c "SET temp_tablespaces = pg_default" \
	-c "SET default_table_access_method = heap" \
	-c "SET allow_system_table_mods = on"
moves "planner" -c "SET enable_seqscan = off" -c "SET enable_hashjoin = off" \
	-c "SET from_collapse_limit = 1" -c "SET join_collapse_limit = 1" \
	-c "SET work_mem = '64kB'" -c "SET maintenance_work_mem = '1MB'" \
	-c "SET force_parallel_mode = on" -c "SET jit_above_cost = 0" \
	-c "SET plan_cache_mode = force_generic_plan" -c "SET constraint_exclusion = on"

# ---- the same as defaults of the database, which the job's processes get too

hostile_database()		# [reset]
{
	local setting

	for setting in "session_replication_role = replica" \
		"quote_all_identifiers = on" "transform_null_equals = on" \
		"standard_conforming_strings = off" "DateStyle = 'SQL, DMY'" \
		"IntervalStyle = iso_8601" "TimeZone = 'Asia/Tokyo'" \
		"bytea_output = escape" "client_encoding = LATIN1" "array_nulls = off" \
		"check_function_bodies = off" "row_security = off" \
		"default_transaction_isolation = serializable" \
		"search_path = nowhere, public" "default_tablespace = pg_default" \
		"idle_in_transaction_session_timeout = '50ms'" \
		"statement_timeout = '20s'" "lock_timeout = '5s'"; do
		if [ -n "${1:-}" ]; then
			q "ALTER DATABASE callers RESET ${setting%% *}"
		else
			q "ALTER DATABASE callers SET $setting"
		fi
	done
}

hostile_database
AFTER="hostile_database reset"
moves "a hostile database"
AFTER=true

# ---- event triggers, one that writes and one that makes objects of its own

q "CREATE TABLE public.ddl_log (tag text, object text);
	CREATE FUNCTION public.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS \$\$
	BEGIN
		INSERT INTO public.ddl_log SELECT command_tag, object_identity
			FROM pg_event_trigger_ddl_commands();
		DROP TABLE IF EXISTS pg_temp.seen;
		CREATE TEMP TABLE seen (t text);
	END \$\$;
	CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN tag IN ('CREATE INDEX', 'ALTER TABLE')
		EXECUTE FUNCTION public.log_ddl()" >/dev/null
moves "event trigger"
is "$(q "SELECT count(*) > 0 FROM public.ddl_log WHERE object LIKE 'moved.%'")" t \
	"event trigger: it has fired"
q "DROP EVENT TRIGGER log_ddl;
	CREATE OR REPLACE FUNCTION public.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
		'BEGIN RAISE EXCEPTION ''no tables today''; END';
	CREATE EVENT TRIGGER log_ddl ON ddl_command_start WHEN tag IN ('CREATE TABLE')
		EXECUTE FUNCTION public.log_ddl()" >/dev/null
drop_moved
tl_error "$ALL;"
like "$OUTPUT" 'no tables today' "event trigger: what it raises is told"
like "$HINT" 'migration_' "event trigger: how to go on"
q "DROP EVENT TRIGGER log_ddl; DROP FUNCTION public.log_ddl" >/dev/null
q "SELECT migration_rollback(max(id)) FROM mysql_migrate.job WHERE state = 'failed'" >/dev/null

# ---- wherever it is called

SUM="SELECT sum(loaded) FROM migrate_schema('source', local_schema => 'moved', workers => 2)"
called()				# NAME EXPECTED LAST LINE [psql options]
{
	local name=$1 expected=$2 output
	shift 2

	drop_moved
	output=$("$PSQL" -X -q -A -t "$@" 2>&1)
	is "$(tail -n 1 <<<"$output")" "$expected" "$name" "$output"
	is "$(q "SELECT (SELECT count(*) FROM moved.parent),
		(SELECT count(*) FROM moved.\"child of\")")" "200|2000" "$name: it is here"
}

called "in a transaction" 200 -c BEGIN -c "$SUM" -c "SELECT count(*) FROM moved.parent" -c COMMIT
# The job is no part of it.
called "in a transaction that is rolled back" 200 -c BEGIN -c "$SUM" \
	-c ROLLBACK -c "SELECT count(*) FROM moved.parent"
called "behind a savepoint" 200 -c BEGIN -c "SAVEPOINT s" -c "$SUM" \
	-c "ROLLBACK TO s" -c "SELECT count(*) FROM moved.parent" -c COMMIT
called "in a serializable transaction" 2300 -c "BEGIN ISOLATION LEVEL SERIALIZABLE" \
	-c "SELECT 1 FROM pg_class LIMIT 1" -c "$SUM" -c COMMIT
called "in a DO block, behind an exception" "NOTICE:  42704, then 2300" \
	-c "SET client_min_messages = warning" -c "DO \$\$
	BEGIN
		BEGIN
			PERFORM * FROM migrate_schema('nowhere', local_schema => 'moved');
		EXCEPTION WHEN undefined_object THEN
			SET LOCAL client_min_messages = warning;
			DECLARE loaded bigint := (SELECT sum(m.loaded) FROM
				migrate_schema('source', local_schema => 'moved') AS m);
			BEGIN
				SET LOCAL client_min_messages = notice;
				RAISE NOTICE '%, then %', SQLSTATE, loaded;
			END;
		END;
	END \$\$"
called "in a function" 2300 \
	-c "CREATE OR REPLACE FUNCTION public.moves() RETURNS bigint LANGUAGE sql AS
		'$(sed "s/'/''/g" <<<"$SUM")'" -c "SELECT public.moves()"
called "by a cursor" "child of|2000" -c BEGIN \
	-c "DECLARE c CURSOR FOR SELECT \"table\", loaded FROM migrate_schema('source', local_schema => 'moved')" \
	-c "FETCH 1 FROM c" -c COMMIT
called "by EXECUTE" 2300 -c "PREPARE p AS $SUM" -c "EXECUTE p"
called "into a table" 2300 -c "CREATE TEMP TABLE r AS $SUM" -c "TABLE r"
called "by COPY" 2300 -c "COPY ($SUM) TO STDOUT"

# ---- where it must not write

for call in "migrate_schema('source', local_schema => 'moved')" \
	"migrate_table('source', 'parent', 'moved.parent')" "migrate_missing('source')" \
	"migration_resume(1)" "migration_rollback(1)" "migration_finish(1)" \
	"fix_sequences('source')"; do
	tl_error "BEGIN READ ONLY; SELECT * FROM $call;"
	is "$SQLSTATE" 25006 "read-only transaction: ${call%%(*}" "$OUTPUT"
done
tl_fails "read-only by default" 25006 'cannot execute migrate_schema in a read-only transaction' \
	"SET default_transaction_read_only = on; $ALL;"
is "$(q "SELECT status FROM validate('source', 'parent')" -c "BEGIN READ ONLY")" \
	equal "read-only transaction: validate"

# ---- its own locks

tl_fails "a lock of its own" 55000 'waits for a lock that this transaction holds' \
	"BEGIN; LOCK TABLE moved.parent; SELECT * FROM migrate_table('source', 'parent', 'moved.parent', on_existing => 'append');"
drop_moved
tl_fails "a schema of its own" 55000 'waits for a lock that this transaction holds' \
	"BEGIN; CREATE SCHEMA moved; $ALL;"

# ---- somebody else's lock

drop_moved
q "$SUM" >/dev/null
tl_close_gate "BEGIN; LOCK TABLE moved.parts IN SHARE MODE"
tl_error "SET lock_timeout = '300ms'; SELECT * FROM migrate_table('source', 'parts',
	'moved.parts', on_existing => 'truncate');"
like "$OUTPUT" 'lock timeout' "lock_timeout: the job gives up" "$OUTPUT"
tl_open_gate COMMIT
is "$(q "SELECT count(*) FROM moved.parts")" 100 "lock_timeout: nothing is lost"

# ---- Ctrl-C, and once more

my "CREATE TABLE slow (id int PRIMARY KEY, a varchar(200));
	INSERT INTO slow SELECT seq, REPEAT(MD5(seq), 6) FROM seq_1_to_500000" callers
drop_moved
"$PSQL" -X -q -A -t -c "$ALL" >"$TL_DIR/twice" 2>&1 &
client=$!
tl_wait 20 tl_is_reading slow
kill -INT $client
kill -INT $client
sleep 0.05
kill -INT $client 2>/dev/null
tl_nothing_left "Ctrl-C twice" 3
wait $client
is "$(q "SELECT state FROM mysql_migrate.jobs ORDER BY id DESC LIMIT 1")" cancelled \
	"Ctrl-C twice: the job is cancelled"
is "$(grep -c 'ERROR' "$TL_DIR/twice")" 1 "Ctrl-C twice: one error" "$(cat "$TL_DIR/twice")"

drop_moved
tl_nothing_left callers
tl_done
