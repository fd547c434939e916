#!/bin/bash
# sql_tests/t/guards.sh
#   The guards around the switch.  Each call here has to be refused, and then
#   the rows are looked at: without its guard the call would overwrite, delete
#   or double rows that the application wrote here, or leave rows behind in
#   MySQL.
. "$(dirname "$0")/../tools/testlib.sh"

TABLES="orders items loose notes"

# Every row of every table, as one line per table.
here()
{
	local table query=

	for table in $TABLES; do
		query="$query${query:+ UNION ALL }SELECT '$table', count(*),
			md5(string_agg(t::text, ',' ORDER BY t::text)) FROM $table AS t"
	done
	q "$query" -F ' '
}

# save: what `intact` compares with, and brings back for the next guard.
save()
{
	local table

	q "DROP SCHEMA IF EXISTS saved CASCADE; CREATE SCHEMA saved" >/dev/null
	for table in $TABLES; do
		q "CREATE TABLE saved.$table AS TABLE $table"
	done
	SAVED=$(here)
}

intact()				# NAME
{
	local now=$(here) table

	is "$now" "$SAVED" "$1: every row is as it was"
	[ "$now" != "$SAVED" ] || return
	q "TRUNCATE orders, items, loose, notes" >/dev/null
	for table in $TABLES; do
		q "INSERT INTO $table SELECT * FROM saved.$table" >/dev/null
	done
}

# refused NAME PATTERN CALL [SQLSTATE]: and nothing is written.
refused()
{
	tl_error "SELECT * FROM $3;"
	is "$SQLSTATE" "${4:-55000}" "$1: refused" "$OUTPUT"
	like "$OUTPUT" "$2" "$1: message"
	intact "$1"
}

tl_mysql_database guards
my "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20),
		at datetime NOT NULL DEFAULT '2024-01-01');
	CREATE TABLE items (id int PRIMARY KEY, ord int NOT NULL,
		FOREIGN KEY (ord) REFERENCES orders (id));
	CREATE TABLE loose (a int, b varchar(20));
	CREATE TABLE notes (id int PRIMARY KEY, body text);
	INSERT INTO orders (v) SELECT CONCAT('order ', seq) FROM seq_1_to_200;
	INSERT INTO items SELECT seq, seq FROM seq_1_to_100;
	INSERT INTO loose SELECT seq, 'x' FROM seq_1_to_100;
	INSERT INTO notes SELECT seq, 'note' FROM seq_1_to_20" guards
tl_database guards
q "SELECT count(*) FROM migrate_schema('source', local_schema => 'rehearsal', include => '{orders}')" >/dev/null
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null
WHOLE=$(q "SELECT max(id) FROM mysql_migrate.job")

# Two jobs that failed, and could go on: a load, and a mirror.
my "UPDATE loose SET b = CONCAT('a', CHAR(0)) WHERE a = 7" guards
q "SELECT * FROM migrate_table('source', 'loose', on_existing => 'truncate')" >"$TL_DIR/load" 2>&1
LOAD=$(q "SELECT max(id) FROM mysql_migrate.job WHERE state = 'failed'")
my "UPDATE loose SET b = 'x' WHERE a = 7; INSERT INTO items VALUES (5000, 1)" guards
q "ALTER TABLE items ADD CONSTRAINT few CHECK (id < 5000)" >/dev/null
q "SELECT * FROM migrate_missing('source', 'items', 'mirror')" >"$TL_DIR/mirror" 2>&1
MIRROR=$(q "SELECT max(id) FROM mysql_migrate.job WHERE state = 'failed' AND kind = 'migrate_missing'")
q "ALTER TABLE items DROP CONSTRAINT few" >/dev/null
my "DELETE FROM items WHERE id = 5000" guards
like "$LOAD $MIRROR" '^[0-9]+ [0-9]+$' "two jobs could be resumed" "$(cat "$TL_DIR/load" "$TL_DIR/mirror")"

# ---- after the switch: what the application wrote here is in no MySQL

mark()
{
	q "INSERT INTO mysql_migrate.switched (server, owner)
		VALUES ('source', 'postgres'::regrole)" >/dev/null
}
unmark()
{
	q "DELETE FROM mysql_migrate.switched" >/dev/null
}

q "DELETE FROM notes; INSERT INTO notes SELECT n, 'mine' FROM generate_series(1, 10) AS n;
	INSERT INTO orders (id, v, at) VALUES (9001, 'here', now());
	UPDATE orders SET v = 'paid', at = now() WHERE id = 5;
	INSERT INTO items VALUES (9001, 9001); DELETE FROM items WHERE id = 8;
	DELETE FROM orders WHERE id = 108;
	INSERT INTO loose SELECT n, 'x' FROM generate_series(1, 99) AS n; INSERT INTO loose VALUES (9001, 'here')" >/dev/null
my "UPDATE orders SET v = 'stale', at = '2025-01-01' WHERE id = 6" guards
save
mark
for call in "migrate_schema('source', on_existing => 'truncate')" \
	"migrate_schema('source', on_existing => 'replace')" \
	"migrate_table('source', 'notes', on_existing => 'truncate')" \
	"migrate_table('source', 'loose', on_existing => 'append')" \
	"migrate_missing('source')" \
	"migrate_missing('source', mode => 'new')" \
	"migrate_missing('source', mode => 'changed')" \
	"migrate_missing('source', mode => 'mirror')" \
	"migrate_missing('source', watermark => 'at')" \
	"migration_resume($LOAD)" "migration_resume($MIRROR)"; do
	refused "switched: $call" 'was switched: nothing is written' "$call"
done
refused "switched: migration_rollback" 'nothing that came from it is dropped' \
	"migration_rollback($WHOLE, force => true)"

# The switch ends between the call's own look and the beginning of its job.
raced()					# CALL [PATTERN]
{
	unmark
	tl_close_gate "BEGIN; LOCK TABLE mysql_migrate.job IN SHARE MODE"
	q "SELECT * FROM $1" >"$TL_DIR/raced" 2>&1 &
	local call=$!
	tl_wait 10 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE NOT granted
		AND relation = '"'mysql_migrate.job'::regclass"'")" = 1 ]'
	tl_open_gate "INSERT INTO mysql_migrate.switched (server, owner)
		VALUES ('source', 'postgres'::regrole); COMMIT"
	wait $call
	like "$(cat "$TL_DIR/raced")" "ERROR:  .*${2:-was switched: nothing is written}" \
		"switched meanwhile: $1: refused"
	intact "switched meanwhile: $1"
}
raced "migrate_missing('source', mode => 'mirror', options => '{\"max_delete\": 60}')"
raced "migrate_table('source', 'notes', on_existing => 'truncate')"
raced "migration_resume($LOAD)"
raced "migration_resume($MIRROR)"
raced "migration_rollback($WHOLE, force => true)" 'nothing that came from it is dropped'
unmark

# ---- a mirror that would delete too much

q "SELECT count(*) FROM migrate_missing('source', mode => 'mirror', force => true)" >/dev/null 2>&1
save
my "CREATE TABLE orders_kept AS SELECT * FROM orders; CREATE TABLE loose_kept AS SELECT * FROM loose;
	DELETE FROM orders WHERE id > 170; DELETE FROM loose WHERE a > 80" guards
refused "max_delete" 'would delete 30 of 200 rows' "migrate_missing('source', 'orders', 'mirror')"
refused "max_delete, no key" 'would delete 20 of 100 rows' "migrate_missing('source', 'loose', 'mirror')"
refused "max_delete, the last mirror" 'would delete' \
	"migrate_switch('source', seconds => 1, accept => '{orders_kept,loose_kept}')"
my "DELETE FROM orders WHERE id > 100; SET foreign_key_checks = 0; DELETE FROM orders; DELETE FROM loose" guards
for table in orders loose; do
	refused "empty in MySQL: $table" 'would delete every row' \
		"migrate_missing('source', '$table', 'mirror', options => '{\"max_delete\": 100}')"
done
is "$(q "SELECT deleted FROM migrate_missing('source', 'loose', 'mirror', force => true)")" 100 \
	"empty in MySQL: with force every row goes"
q "INSERT INTO loose SELECT * FROM saved.loose" >/dev/null
my "INSERT INTO orders SELECT * FROM orders_kept; INSERT INTO loose SELECT * FROM loose_kept;
	DROP TABLE orders_kept, loose_kept" guards

# ---- rows that did not come from MySQL, and rows that cannot be seen

TABLES="loose old_orders"
q "SELECT count(*) FROM migrate_table('source', 'orders', 'old_orders',
	where_clause => 'CRC32(v) % 4 > 0')" >/dev/null 2>&1
q "INSERT INTO old_orders (id, v, at) VALUES (70001, 'our own', now())" >/dev/null
save
refused "rows of our own" 'may not come from MySQL' "migrate_missing('source', 'orders', 'mirror')"
q "DROP TABLE old_orders" >/dev/null
TABLES="orders items loose notes"
save
q "CREATE ROLE guards_me; GRANT USAGE ON FOREIGN SERVER source TO guards_me;
	GRANT USAGE ON SCHEMA public TO guards_me; GRANT ALL ON orders, items, loose TO guards_me;
	CREATE USER MAPPING FOR guards_me SERVER source
		OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	UPDATE mysql_migrate.table_map SET owner = 'guards_me'::regrole WHERE local_table = 'loose';
	ALTER TABLE loose OWNER TO guards_me; ALTER TABLE loose ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
	CREATE POLICY writes ON loose FOR INSERT WITH CHECK (true)" >/dev/null
tl_error "SET ROLE guards_me; SELECT * FROM migrate_missing('source', 'loose');"
is "$SQLSTATE" 42501 "rows that a policy hides: refused" "$OUTPUT"
intact "rows that a policy hides"
q "ALTER TABLE loose NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY; ALTER TABLE loose OWNER TO postgres" >/dev/null

# ---- another source

server_id=$(my "SELECT @@server_id")
my "SET GLOBAL server_id = 4711; UPDATE orders SET v = 'another shop'; UPDATE notes SET body = 'another shop'" guards
refused "another source: mirror" 'is not the source that table' "migrate_missing('source', mode => 'mirror')"
refused "another source: resume" 'is not the source that job' "migration_resume($LOAD)"
refused "another source: resume" 'is not the source that table' "migration_resume($MIRROR)"
for mode in truncate append; do
	refused "another source: $mode" 'is not the source that table' "migrate_table('source', 'loose', on_existing => '$mode')"
done
refused "another source: truncate" 'is not the source that table' "migrate_schema('source', on_existing => 'truncate')"
refused "another source: switch" 'is not the source that table' "migrate_switch('source', seconds => 1)"
my "SET GLOBAL server_id = $server_id; UPDATE orders SET v = CONCAT('order ', id); UPDATE notes SET body = 'note'" guards

# ---- two at the same table

my "INSERT INTO loose VALUES (101, 'once')" guards
q "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';
	CREATE TRIGGER wait BEFORE INSERT ON loose FOR EACH ROW EXECUTE FUNCTION wait()" >/dev/null
q "SELECT * FROM migrate_missing('source', 'loose')" >"$TL_DIR/first" 2>&1 &
first=$!
tl_wait 10 eval '[ "$(q "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '"'PgSleep'"'")" -gt 0 ]'
q "SELECT * FROM migrate_missing('source', 'loose')" >"$TL_DIR/second" 2>&1
wait $first
q "DROP TRIGGER wait ON loose" >/dev/null
is "$(q "SELECT count(*) FROM loose")" 101 "two runs of migrate_missing: no row comes twice"
my "DELETE FROM loose WHERE a = 101" guards
q "DELETE FROM loose WHERE a = 101" >/dev/null
refused "a table that is here" 'exist in schema' "migrate_table('source', 'loose')" 42P07

# ---- the switch: what would stay behind in MySQL

# left NAME PATTERN QUERY [ARGUMENTS] [ROLE]: the switch is refused; QUERY
# gives other rows in MySQL than here.
left()
{
	local remote local

	tl_error "${5:+SET ROLE $5; }SELECT * FROM migrate_switch('source', seconds => 1${4:+, $4});"
	like "$ERROR" "$2" "switch, $1: refused" "$OUTPUT"
	remote=$(my "$3" guards)
	local=$(q "$3" | grep -v '^LINE\|^ *^')
	[ "$remote" != "$local" ]
	ok $? "switch, $1: MySQL has what is not here" "$remote there, $local here"
	is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 \
		"switch, $1: it does not stay behind"
	unmark
}

my "CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)" guards
left "a table that was not migrated" '1 table of "guards" was not migrated' \
	"SELECT COUNT(*) FROM late"
my "DROP TABLE late" guards
my "UPDATE notes SET body = 'newer' WHERE id = 3" guards
q "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guards_me; GRANT ALL ON SCHEMA rehearsal TO guards_me;
	GRANT ALL ON ALL TABLES IN SCHEMA rehearsal TO guards_me; GRANT ALL ON ALL SEQUENCES IN SCHEMA rehearsal TO guards_me;
	UPDATE mysql_migrate.table_map SET owner = 'guards_me'::regrole WHERE local_table <> 'notes'" >/dev/null
left "tables of another role" '1 table of server "source" belongs to another role' \
	"SELECT body FROM notes WHERE id = 3" "accept => '{notes}'" guards_me
q "UPDATE mysql_migrate.table_map SET owner = 'postgres'::regrole;
	DROP USER MAPPING FOR guards_me SERVER source; DROP OWNED BY guards_me; DROP ROLE guards_me" >/dev/null
my "INSERT INTO notes VALUES (21, CONCAT('a', CHAR(0)))" guards
q "SELECT status FROM migrate_table('source', 'notes', on_existing => 'truncate', on_error => 'reject')" >"$TL_DIR/reject" 2>&1
left "rejected rows" '1 table is not whole' "SELECT COUNT(*) FROM notes" \
	"options => '{\"on_error\": \"reject\"}'"
q "UPDATE mysql_migrate.table_map SET rows_rejected = 0, status = 'ok'" >/dev/null
left "rows that the last mirror rejects" '1 of [0-9]+ tables could not be made equal' \
	"SELECT COUNT(*) FROM notes" "options => '{\"on_error\": \"reject\"}'"
my "DELETE FROM notes WHERE id = 21; ALTER TABLE notes ADD stars int; UPDATE notes SET stars = 5" guards
left "a column that is not here" '1 of [0-9]+ tables could not be made equal' \
	"SELECT SUM(stars) FROM notes"
my "ALTER TABLE notes DROP stars" guards

# Something here that deletes rows once they are brought over.
q "CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.notes WHERE id = 4; RETURN NEW; END';
	CREATE TRIGGER tidy AFTER INSERT ON mysql_migrate.job FOR EACH ROW
		WHEN (NEW.kind = 'validate') EXECUTE FUNCTION tidy()" >/dev/null
left "a row that is lost after the mirror" '1 of [0-9]+ tables are not equal on both sides' \
	"SELECT COUNT(*) FROM notes"
q "DROP TRIGGER tidy ON mysql_migrate.job" >/dev/null
my "XA START 'half'; UPDATE notes SET body = 'half' WHERE id = 5; XA END 'half'; XA PREPARE 'half'" guards
tl_error "SELECT * FROM migrate_switch('source', seconds => 1);"
my "XA COMMIT 'half'" guards
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 "switch, a prepared transaction: it does not stay behind" "$OUTPUT"
like "$ERROR" 'changes that are not committed' "switch, a prepared transaction: refused"
unmark
q "CREATE TABLE loose_kept AS TABLE loose; DROP TABLE loose" >/dev/null
left "a table that was dropped here" '1 table of "guards" was not migrated' \
	"SELECT COUNT(*) FROM loose"
q "SELECT count(*) FROM migrate_table('source', 'loose')" >/dev/null 2>&1

# ---- a job that empties a table when the application writes here already

# Nobody waits for it: no transaction of its caller is in the way of a switch.
load_late()
{
	q "SELECT * FROM migrate_schema('source', include => '{notes}', on_existing => 'truncate',
		wait => false, options => '{\"before_sql\": \"SELECT pg_sleep(3)\"}')" >"$TL_DIR/late" 2>&1
}

not_emptied()			# NAME PATTERN
{
	# The application comes when it is told to.
	[ "$(q "SELECT count(*) FROM mysql_migrate.switched")" = 0 ] ||
		q "INSERT INTO notes VALUES (500, 'here')" >/dev/null
	tl_wait 20 tl_is_quiet
	is "$(q "SELECT (SELECT count(*) FROM mysql_migrate.switched)
		- (SELECT count(*) FROM notes WHERE id = 500)")" 0 \
		"switch, $1: what the application writes here stays"
	like "$(cat "$TL_DIR/switched")" "ERROR:  $2" "switch, $1: refused"
	unmark
}

load_late
q "SELECT * FROM migrate_switch('source', seconds => 1)" >"$TL_DIR/switched" 2>&1
not_emptied "a job that runs" 'job [0-9]+ \(migrate_schema\) of server "source" is running'
for isolation in "read committed" "repeatable read"; do
	PGOPTIONS="-c default_transaction_isolation=${isolation/ /\\ }" \
		q "SELECT * FROM migrate_switch('source', seconds => 1)" >"$TL_DIR/switched" 2>&1 &
	switching=$!
	sleep 0.5
	load_late
	wait $switching
	not_emptied "a job that begins meanwhile, $isolation" '(job [0-9]+ .migrate_schema. of server "source" (is running|ran during)|migrate_switch cannot run at isolation)'
done
tl_nothing_left "at the end" 5
tl_done
