#!/bin/bash
# sql_tests/t/missing_hard.sh
#   migrate_missing where it is not alone and not loved: local constraints and
#   actions that MySQL does not have, writers on this side, lost connections,
#   rows that are very wide.
. "$(dirname "$0")/../tools/testlib.sh"

same()					# NAME [TABLE...]
{
	tl_same_rows "$1: both sides are equal" hard public "${@:2}"
}

columns=$(seq -f 'c%.0f int NULL' -s ', ' 1 999)
tl_mysql_database hard
my "CREATE TABLE parents (id int PRIMARY KEY, v varchar(20));
	CREATE TABLE kids (id int PRIMARY KEY, parent int NULL, v varchar(20));
	CREATE TABLE twins (id int PRIMARY KEY, code int NOT NULL UNIQUE);
	CREATE TABLE parts (id int, k int, v varchar(10), PRIMARY KEY (id, k))
		PARTITION BY LIST (k) (PARTITION one VALUES IN (1),
			PARTITION two VALUES IN (2));
	CREATE TABLE wide (id int PRIMARY KEY, $columns);
	CREATE TABLE large (id int PRIMARY KEY, body longblob);
	CREATE TABLE busy (id int PRIMARY KEY, v varchar(40), n int NOT NULL);
	CREATE TABLE hens (id int PRIMARY KEY, egg int NULL);
	CREATE TABLE eggs (id int PRIMARY KEY, hen int NULL,
		FOREIGN KEY (hen) REFERENCES hens (id));
	ALTER TABLE hens ADD FOREIGN KEY (egg) REFERENCES eggs (id);
	CREATE TABLE selves (id int PRIMARY KEY, other int NULL,
		FOREIGN KEY (other) REFERENCES selves (id));
	INSERT INTO hens VALUES (1, NULL); INSERT INTO eggs VALUES (1, 1);
	UPDATE hens SET egg = 1; INSERT INTO selves VALUES (1, 1);
	INSERT INTO parents SELECT seq, 'p' FROM seq_1_to_100;
	INSERT INTO kids SELECT seq, seq DIV 10, 'k' FROM seq_1_to_100;
	INSERT INTO twins SELECT seq, seq FROM seq_1_to_100;
	INSERT INTO parts SELECT seq, 1 + seq % 2, 'x' FROM seq_1_to_100;
	INSERT INTO wide (id, c1, c500, c999) SELECT seq, seq, seq, seq FROM seq_1_to_20;
	INSERT INTO large VALUES (1, 'x');
	INSERT INTO busy SELECT seq, MD5(seq), seq FROM seq_1_to_6000" hard
tl_database hard
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null

# ---- rows that refer to each other in a circle

my "INSERT INTO hens VALUES (2, NULL); INSERT INTO eggs VALUES (2, 2);
	UPDATE hens SET egg = 2 WHERE id = 2;
	INSERT INTO selves VALUES (2, NULL), (3, 2); UPDATE selves SET other = 3 WHERE id = 2" hard
is "$(tl_missing "" | grep -v ' 0 0 0 0 equal')" "eggs 1 0 0 0 equal
hens 1 0 0 0 equal
selves 2 0 0 0 equal" "rows in a circle come"
same "rows in a circle" hens eggs selves
my "UPDATE hens SET egg = NULL WHERE id = 1; DELETE FROM eggs WHERE id = 1;
	DELETE FROM hens WHERE id = 1; UPDATE selves SET other = NULL;
	DELETE FROM selves WHERE id > 1" hard
is "$(tl_missing ", mode => 'mirror', options => '{\"max_delete\": 90}'" |
	grep -v ' 0 0 0 0 equal')" "eggs 0 0 1 0 equal
hens 0 0 1 0 equal
selves 0 1 2 0 equal" "rows in a circle go"

# ---- wide

my "UPDATE wide SET c700 = -id, c999 = NULL; INSERT INTO wide (id, c2) VALUES (99, 1);
	SET SESSION max_statement_time = 0;
	INSERT INTO large VALUES (2, REPEAT('0123456789abcdef', 4194304 - 64));
	UPDATE large SET body = CONCAT(REPEAT('x', 60000000), 'y') WHERE id = 1" hard
is "$(tl_missing ", mode => 'mirror'" | grep -v ' 0 0 0 0 equal')" "large 1 1 0 0 equal
wide 1 20 0 0 equal" "a thousand columns, 64 MB"
my "UPDATE large SET body = CONCAT(LEFT(body, 60000000), 'z') WHERE id = 1" hard
is "$(q "SELECT changed FROM validate('source', 'large')")" 1 \
	"the last byte of 60 MB"
my "DELETE FROM large" hard
tl_missing ", 'large', 'mirror', force => true" >/dev/null
sums="SELECT concat_ws(' ', count(*), sum(c1), sum(c2), sum(c700), count(c999)) FROM wide"
is "$(q "$sums")" "$(my "$sums" hard)" "a thousand columns: the sums"
# compare.py looks at every column of the database.
my "DROP TABLE wide" hard
q "DROP TABLE wide" >/dev/null
same "wide rows" large

# ---- what only this side has

q "ALTER TABLE kids ADD CONSTRAINT mine FOREIGN KEY (parent)
		REFERENCES parents (id) ON DELETE CASCADE NOT VALID;
	ALTER TABLE twins DROP CONSTRAINT IF EXISTS twins_code_key;
	ALTER TABLE twins ADD mine text NOT NULL DEFAULT 'x',
		ADD CONSTRAINT late UNIQUE (code) DEFERRABLE INITIALLY DEFERRED" >/dev/null
my "UPDATE twins SET code = -1 WHERE id = 1; UPDATE twins SET code = 1 WHERE id = 2;
	UPDATE twins SET code = 2 WHERE id = 1; INSERT INTO twins VALUES (500, 500);
	UPDATE parts SET k = 3 - k WHERE id < 10" hard
is "$(tl_missing ", mode => 'mirror', options => '{\"max_delete\": 50}'" |
	grep -v ' 0 0 0 0 equal')" "parts 9 0 9 0 equal
twins 1 2 0 0 equal" "deferred constraints, own columns, rows that change partitions"
is "$(q "SELECT mine FROM twins WHERE id = 500")" x "own columns get their default"
is "$(q "SELECT count(*) FROM parts_one WHERE id < 10 AND id % 2 = 1")" 5 \
	"rows are where MySQL has them"
my "DELETE FROM parents WHERE id = 3" hard
is "$(tl_missing ", mode => 'mirror'" | grep -v ' 0 0 0 0 equal')" \
	"kids 0 0 0 0 differs
parents 0 0 1 0 equal" "what ON DELETE CASCADE took along is not called equal"
is "$(tl_missing ", 'kids', 'mirror'")" "kids 0 0 0 0 differs" \
	"nor is it the next time: its parent is gone"
q "ALTER TABLE kids DROP CONSTRAINT mine" >/dev/null
is "$(tl_missing ", 'kids', 'mirror'")" "kids 10 0 0 0 equal" \
	"without that constraint they come back"
q "CREATE ROLE hard_reader; ALTER TABLE kids OWNER TO hard_reader;
	ALTER TABLE kids ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
	GRANT USAGE ON FOREIGN SERVER source TO hard_reader;
	GRANT USAGE ON SCHEMA public TO hard_reader;
	CREATE USER MAPPING FOR hard_reader SERVER source
		OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	UPDATE mysql_migrate.table_map SET owner = 'hard_reader'::regrole
		WHERE local_table = 'kids'" >/dev/null
for call in "validate('source', 'kids')" "migrate_missing('source', 'kids')"; do
	tl_error "SET ROLE hard_reader; SELECT status FROM $call;"
	like "$OUTPUT" 'row security hides rows|failed' \
		"$call: rows that a policy hides are not missing" "$OUTPUT"
done
q "ALTER TABLE kids NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
	ALTER TABLE kids OWNER TO postgres;
	UPDATE mysql_migrate.table_map SET owner = 'postgres'::regrole;
	DROP USER MAPPING FOR hard_reader SERVER source; DROP OWNED BY hard_reader;
	DROP ROLE hard_reader" >/dev/null
same "own constraints" parents kids twins parts

# ---- a table without a key, and a trigger that leaves rows out

my "CREATE TABLE loose (a int, b varchar(10));
	INSERT INTO loose VALUES (1, 'x'), (1, 'x')" hard
q "SELECT count(*) FROM migrate_table('source', 'loose')" >/dev/null
q "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN RETURN NULL; END';
	CREATE TRIGGER leave BEFORE INSERT OR DELETE ON loose
		FOR EACH ROW EXECUTE FUNCTION leave()" >/dev/null
my "INSERT INTO loose VALUES (1, 'x'), (2, 'y')" hard
is "$(tl_missing ", 'loose'")" "loose 0 0 0 0 differs" \
	"a row without a key that a trigger left out is not called written"
q "DROP TRIGGER leave ON loose" >/dev/null
is "$(tl_missing ", 'loose', 'mirror'")" "loose 2 0 0 0 equal" \
	"without the trigger it is"
my "DELETE FROM loose WHERE a = 1 LIMIT 1" hard
is "$(tl_missing ", 'loose', 'mirror', options => '{\"max_delete\": 50}'")" \
	"loose 0 0 1 0 equal" "one of three copies goes"
same "a table without a key" loose

# ---- interrupted, and called again

# Slow enough to be met.
q "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN PERFORM pg_sleep(0.0004); RETURN NEW; END'" >/dev/null
disturb()				# NAME COMMAND...: while a mirror writes
{
	local name=$1
	shift

	my "UPDATE busy SET v = MD5(CONCAT(v, RAND())), n = n + 1;
		DELETE FROM busy WHERE id % 97 = 5" hard
	q "CREATE TRIGGER slow BEFORE UPDATE ON busy
		FOR EACH ROW EXECUTE FUNCTION slow()" >/dev/null
	tl_missing ", 'busy', 'mirror', options => '{\"max_delete\": 50}'" \
		>"$TL_DIR/disturbed" 2>&1 &
	tl_wait 10 is_writing
	"$@" >/dev/null 2>&1
	wait $!
	tl_wait 10 tl_is_quiet
	q "DROP TRIGGER slow ON busy" >/dev/null
	tl_missing ", 'busy', 'mirror', options => '{\"max_delete\": 50}'" >/dev/null
	same "$name, and once more" busy
}
is_writing()
{
	[ "$(q "SELECT count(*) FROM mysql_migrate.progress
		WHERE activity = 'writes'" 2>/dev/null)" != 0 ]
}
cut_mysql()
{
	local id

	for id in $(my "SELECT id FROM information_schema.processlist
		WHERE user IN ('mover', 'reader') AND id <> CONNECTION_ID()"); do
		my "KILL $id"
	done
}
disturb "lost connections" cut_mysql

# ---- writers on this side

write_here()
{
	while [ ! -e "$TL_DIR/stop" ]; do
		q "UPDATE busy SET v = 'mine' WHERE id % 50 = 7;
			DELETE FROM busy WHERE id % 50 = 8;
			INSERT INTO busy SELECT id, 'early', 1
				FROM generate_series(40000, 40400) AS id ON CONFLICT DO NOTHING" >/dev/null 2>&1
	done
}
my "INSERT INTO busy SELECT seq, MD5(seq), seq FROM seq_40000_to_40500" hard
write_here &
writer=$!
for _ in 1 2 3; do
	tl_missing ", 'busy', 'mirror', options => '{\"max_delete\": 50}'" >>"$TL_DIR/writers" 2>&1
done
touch "$TL_DIR/stop"
wait $writer
is "$(grep -c 'ERROR\|failed' "$TL_DIR/writers")" 0 \
	"writers on this side: no run fails" "$(cat "$TL_DIR/writers")"
is "$(tl_missing ", 'busy', 'mirror', options => '{\"max_delete\": 50}'" |
	sed 's/.* //')" equal "writers on this side: once they stop, one run is enough"
same "after writers on this side" busy

tl_nothing_left "at the end" 5
tl_done
