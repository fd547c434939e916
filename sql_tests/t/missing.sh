#!/bin/bash
# sql_tests/t/missing.sh
#   migrate_missing: rows that refer to each other, values that change places,
#   columns that are computed, triggers, guards, runs that meet.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"
any_version

same()					# NAME [TABLE...]
{
	tl_same_rows "$1: both sides are equal" missing public "${@:2}"
}

tl_mysql_database missing
my "CREATE TABLE parents (id int AUTO_INCREMENT PRIMARY KEY,
		code varchar(20) UNIQUE, n int NOT NULL UNIQUE);
	CREATE TABLE kids (id int AUTO_INCREMENT PRIMARY KEY, parent int NOT NULL,
		v varchar(20), FOREIGN KEY (parent) REFERENCES parents (id));
	CREATE TABLE tree (id int PRIMARY KEY, up int NULL,
		FOREIGN KEY (up) REFERENCES tree (id));
	CREATE TABLE sums (id int PRIMARY KEY, a int NOT NULL,
		twice int GENERATED ALWAYS AS (a * 2) STORED,
		changed datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
			ON UPDATE CURRENT_TIMESTAMP(6));
	CREATE TABLE events (id int PRIMARY KEY, v varchar(20),
		updated_at datetime NOT NULL, KEY (updated_at));
	INSERT INTO parents (code, n) SELECT CONCAT('c', seq), seq FROM seq_1_to_200;
	INSERT INTO kids (parent, v) SELECT seq, CONCAT('v', seq) FROM seq_1_to_200;
	INSERT INTO tree SELECT seq, IF(seq = 1, NULL, seq DIV 2)
		FROM seq_1_to_200;
	INSERT INTO sums (id, a) SELECT seq, seq FROM seq_1_to_200;
	INSERT INTO events SELECT seq, 'x', '2024-01-01' + INTERVAL seq MINUTE
		FROM seq_1_to_1000" missing
tl_database missing
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null
is "$(tl_missing "")" "events 0 0 0 0 equal
kids 0 0 0 0 equal
parents 0 0 0 0 equal
sums 0 0 0 0 equal
tree 0 0 0 0 equal" "nothing has changed: nothing is done"

# ---- rows that refer to each other

my "INSERT INTO parents (id, code, n) VALUES (901, 'c901', 901), (902, NULL, 902);
	INSERT INTO kids (parent, v) VALUES (901, 'of 901'), (902, 'of 902');
	INSERT INTO tree VALUES (903, 1), (902, 903), (901, 902);
	UPDATE tree SET up = 901 WHERE id = 5;
	DELETE FROM kids WHERE parent IN (20, 21);
	DELETE FROM parents WHERE id IN (20, 21);
	DELETE FROM tree WHERE id IN (200, 199)" missing
is "$(tl_missing ", 'kids'")" "kids 0 0 0 0 differs" \
	"a row without the row that it refers to waits"
is "$(tl_missing "")" "events 0 0 0 0 equal
kids 2 0 0 0 differs
parents 2 0 0 0 differs
sums 0 0 0 0 equal
tree 3 0 0 0 differs" "missing inserts parents first, and nothing else"
is "$(tl_missing ", mode => 'changed'" | grep tree)" "tree 0 1 0 0 differs" \
	"changed updates"
is "$(tl_missing ", mode => 'mirror'")" "events 0 0 0 0 equal
kids 0 0 2 0 equal
parents 0 0 2 0 equal
sums 0 0 0 0 equal
tree 0 0 2 0 equal" "mirror deletes children first"
same "rows that refer to each other"

# ---- values that change places, keys that change

my "UPDATE parents SET code = 'x' WHERE id = 1;
	UPDATE parents SET code = 'c1' WHERE id = 2;
	UPDATE parents SET code = 'c2' WHERE id = 1;
	UPDATE parents SET n = -1 WHERE id = 11;
	UPDATE parents SET n = 11 WHERE id = 12;
	UPDATE parents SET n = 12 WHERE id = 13;
	UPDATE parents SET n = 13 WHERE id = 11;
	UPDATE parents SET code = NULL WHERE id = 30;
	INSERT INTO parents (id, code, n) VALUES (910, 'c30', 910);
	DELETE FROM kids WHERE parent IN (40, 41);
	DELETE FROM parents WHERE id IN (40, 41);
	INSERT INTO parents (id, code, n) VALUES (940, 'c40', 40), (941, 'C41', 41);
	UPDATE tree SET id = 1000 WHERE id = 190" missing
is "$(tl_missing ", mode => 'changed'" | grep -v equal)" \
	"kids 0 0 0 0 differs
parents 1 6 0 0 differs
tree 1 0 0 0 differs" "values change places, in twos and threes"
is "$(tl_missing ", mode => 'mirror'" | grep -v ' 0 0 0 0 equal')" \
	"kids 0 0 2 0 equal
parents 2 0 2 0 equal
tree 0 0 1 0 equal" "keys change: the old row goes, the new one comes"
same "values that change places"

# ---- identity, generated columns, triggers

q "CREATE TABLE seen (what text);
	CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN INSERT INTO seen VALUES (TG_OP); RETURN NULL; END';
	CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON sums
		FOR EACH ROW EXECUTE FUNCTION see();
	ALTER TABLE parents ALTER id SET GENERATED ALWAYS" >/dev/null
my "UPDATE sums SET a = -a WHERE id IN (3, 4); DELETE FROM sums WHERE id = 5;
	INSERT INTO sums (id, a) VALUES (500, 5);
	UPDATE parents SET code = 'z' WHERE id = 7;
	INSERT INTO parents (code, n) VALUES ('new', 5000)" missing
is "$(tl_missing ", mode => 'mirror'" | grep -v ' 0 0 0 0 equal')" \
	"parents 1 1 0 0 equal
sums 1 2 1 0 equal" "identity ALWAYS and generated columns are filled"
is "$(q "SELECT string_agg(what, ' ' ORDER BY what) FROM seen")" \
	"DELETE INSERT UPDATE UPDATE" "triggers of the table fire"
my "UPDATE sums SET a = 70 WHERE id = 7" missing
is "$(tl_missing ", 'sums', 'mirror', options => '{\"triggers\": false}'")" \
	"sums 0 1 0 0 equal" "triggers => false"
is "$(q "SELECT count(*) FROM seen")" 4 "triggers => false: they are silent"
same "computed columns"
q "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN NEW.a := 0; RETURN NEW; END';
	CREATE TRIGGER spoil BEFORE UPDATE ON sums
		FOR EACH ROW EXECUTE FUNCTION spoil()" >/dev/null
my "UPDATE sums SET a = 80 WHERE id = 8" missing
is "$(tl_missing ", 'sums', 'mirror'")" "sums 0 1 0 0 differs" \
	"what a trigger has changed is no success"
q "DROP TRIGGER spoil ON sums" >/dev/null
tl_missing ", 'sums', 'mirror'" >/dev/null

# ---- new, watermark

my "INSERT INTO events VALUES (1001, 'new', '2024-02-01'), (-5, 'below', '2024-02-01');
	UPDATE events SET v = 'changed', updated_at = '2024-02-02' WHERE id = 3;
	UPDATE events SET v = 'unseen' WHERE id = 4" missing
is "$(tl_missing ", 'events', 'new', options => '{\"look_back\": 10}'")" \
	"events 1 0 0 0 ok" "new: what is beyond the highest key"
is "$(tl_missing ", 'events', watermark => 'updated_at'")" \
	"events 1 1 0 0 ok" "watermark: what its column says is newer"
is "$(q "SELECT watermark FROM mysql_migrate.table_map
	WHERE watermark_column = 'updated_at'")" "2024-02-02 00:00:00" \
	"watermark: the position is kept"
my "INSERT INTO events VALUES (1002, 'late', '2024-02-01 23:59:30'),
		(1003, 'too late', '2024-02-01 12:00:00')" missing
is "$(tl_missing ", 'events', watermark => 'updated_at',
	options => '{\"look_back\": \"1 minute\"}'")" \
	"events 1 0 0 0 ok" "watermark: it looks back, so far and no further"
is "$(tl_missing ", watermark => 'updated_at'" | grep -c ' 0 0 0 0 equal$')" 4 \
	"watermark: tables without the column are compared whole"
tl_fails "watermark that is none" 0A000 'cannot be the watermark' \
	"SELECT * FROM migrate_missing('source', 'events', watermark => 'nix');"
tl_fails "two modes" 22023 'takes no watermark' \
	"SELECT * FROM migrate_missing('source', mode => 'new', watermark => 'v');"
is "$(tl_missing ", 'events', 'mirror'")" "events 1 1 0 0 equal" \
	"mirror: what neither of them saw"
same "new and watermark"

# ---- rows that cannot be written

q "ALTER TABLE events ADD CHECK (v <> 'bad')" >/dev/null
my "INSERT INTO events VALUES (2001, 'bad', '2024-03-01'), (2002, 'good', '2024-03-01')" missing
tl_error "SELECT * FROM migrate_missing('source');"
is "$SQLSTATE" 23514 "a row that breaks a CHECK: SQLSTATE"
like "$HINT" "state = 'failed';$" "a row that breaks a CHECK: hint"
like "$OUTPUT" 'DETAIL: .*The other [0-9]+ tables are done' "a row that breaks a CHECK: detail"
is "$(tl_missing ", 'events', options => '{\"on_error\": \"reject\"}'")" \
	"events 1 0 0 1 incomplete" "on_error reject: the others are written"
is "$(q "SELECT key, sqlstate FROM mysql_migrate.reject")" \
	'{"id": 2001}|23514' "on_error reject: the row is listed by its key"
my "DELETE FROM events WHERE id = 2001" missing

# ---- guards

my "DELETE FROM events WHERE id BETWEEN 100 AND 300" missing
tl_fails "mirror: many deletes" 55000 'would delete 201 of 1005 rows' \
	"SELECT * FROM migrate_missing('source', 'events', 'mirror');"
is "$(q "SELECT count(*) FROM events")" 1005 "mirror: nothing is deleted"
is "$(tl_missing ", 'events', 'mirror', options => '{\"max_delete\": 20}'")" \
	"events 0 0 201 0 equal" "mirror: max_delete"
my "CREATE TABLE kept LIKE events; INSERT INTO kept SELECT * FROM events" missing
my "DELETE FROM events" missing
tl_fails "mirror: empty table" 55000 'would delete every row' \
	"SELECT * FROM migrate_missing('source', 'events', 'mirror',
		options => '{\"max_delete\": 100}');"
my "INSERT INTO events SELECT * FROM kept; DROP TABLE kept" missing
q "INSERT INTO mysql_migrate.switched (server, owner)
	VALUES ('source', 'postgres'::regrole)" >/dev/null
tl_fails "switched" 55000 'was switched: nothing is written' \
	"SELECT * FROM migrate_missing('source');"
is "$(tl_missing ", 'kids', force => true")" "kids 0 0 0 0 equal" \
	"switched: force is followed"
q "DELETE FROM mysql_migrate.switched" >/dev/null

# ---- who may

q "CREATE ROLE mm_missing; GRANT postgres TO mm_missing;
	REVOKE postgres FROM mm_missing" >/dev/null
q "GRANT USAGE ON FOREIGN SERVER source TO mm_missing;
	CREATE USER MAPPING FOR mm_missing SERVER source
		OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	GRANT SELECT, INSERT ON kids TO mm_missing;
	UPDATE mysql_migrate.table_map SET owner = 'mm_missing'::regrole" >/dev/null
is "$(q "SET ROLE mm_missing; SELECT status
	FROM migrate_missing('source', 'kids')")" equal \
	"who may insert may bring what is missing"
tl_fails "who may not delete" 42501 'permission denied for table' \
	"SET ROLE mm_missing; SELECT * FROM migrate_missing('source', 'kids', 'mirror');"
q "UPDATE mysql_migrate.table_map SET owner = 'postgres'::regrole;
	DROP USER MAPPING FOR mm_missing SERVER source;
	REVOKE ALL ON kids FROM mm_missing;
	REVOKE USAGE ON FOREIGN SERVER source FROM mm_missing;
	DROP ROLE mm_missing" >/dev/null

# ---- two runs

my "INSERT INTO kids (parent, v) VALUES (1, 'slow')" missing
q "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN PERFORM pg_sleep(2); RETURN NEW; END';
	CREATE TRIGGER wait BEFORE INSERT ON kids
		FOR EACH ROW EXECUTE FUNCTION wait()" >/dev/null
tl_missing ", 'kids'" >"$TL_DIR/first" &
tl_is_waiting()
{
	[ "$(q "SELECT count(*) FROM pg_stat_activity
		WHERE wait_event = 'PgSleep'")" -gt 0 ]
}
tl_wait 5 tl_is_waiting
begin=$(date +%s%N)
output=$(q "SELECT count(*) FROM migrate_missing('source', 'kids')")
[ $((($(date +%s%N) - begin) / 1000000)) -lt 1500 ]
ok $? "a second run does not wait"
like "$output" 'NOTICE: +another run of migrate_missing is at table' \
	"a second run says so" "$output"
is "$(tail -n 1 <<<"$output")" 0 "a second run leaves the table alone"
wait
is "$(cat "$TL_DIR/first")" "kids 1 0 0 0 equal" "the first run is done"
is "$(for n in $(seq 1 20); do echo "SELECT status FROM migrate_missing('source', 'kids');"; done |
	sv_psql -q -A -t 2>&1 | sort | uniq -c | xargs)" "20 equal" \
	"run after run: each finds the table free again"

# ---- more differences than are kept in memory

my "CREATE TABLE many (id int PRIMARY KEY, v int, at int, KEY (at));
	INSERT INTO many SELECT seq, seq, seq FROM seq_1_to_60000" missing
q "SELECT count(*) FROM migrate_table('source', 'many')" >/dev/null 2>&1
my "UPDATE many SET v = v + 1, at = at + 60000" missing
is "$(q "SELECT changed, status FROM validate('source', 'many')")" "60000|differs" \
	"many differences are found"
is "$(tl_missing ", 'many', watermark => 'at'")" "many 0 60000 0 0 ok" \
	"many rows beyond the watermark"
my "DELETE FROM many WHERE id > 30000; UPDATE many SET v = v + 1" missing
is "$(tl_missing ", 'many', mode => 'mirror', force => true")" "many 0 30000 30000 0 equal" \
	"many rows are updated and deleted"
same "at the end"
tl_nothing_left "at the end" 5
tl_done
