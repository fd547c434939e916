#!/bin/bash
# sql_tests/t/books.sh
#   Rows read are rows loaded and rows rejected, for each chunk and each table:
#   a row that goes astray on the way is an error or a reject, never less rows.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database books
my "CREATE TABLE t (id int PRIMARY KEY, name varchar(40));
	INSERT INTO t SELECT seq, MD5(seq) FROM seq_1_to_5000;
	CREATE TABLE small (id int PRIMARY KEY);
	INSERT INTO small SELECT seq FROM seq_1_to_10" books
tl_database books

# Fills "t" of a schema, and says what became of it.
fills()					# SCHEMA ON_ERROR
{
	tl_error "SELECT * FROM migrate_table('source', 't', '$1.t', on_existing => 'append',
		on_error => '$2', options => '{\"max_rejects\": 10000}');"
	q "SELECT read, loaded, rejected, status, (SELECT count(*) FROM $1.t),
			read = loaded + rejected AS adds_up
		FROM mysql_migrate.result WHERE job = (SELECT max(id) FROM mysql_migrate.job)"
}

# ---- a trigger or a rule of the table leaves rows out

q "CREATE FUNCTION tenth() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN IF NEW.id % 10 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'"
q "CREATE SCHEMA by_trigger; CREATE TABLE by_trigger.t (id int, name text);
	CREATE TRIGGER tenth BEFORE INSERT ON by_trigger.t FOR EACH ROW EXECUTE FUNCTION tenth();
	CREATE SCHEMA by_rule; CREATE TABLE by_rule.t (id int, name text);
	CREATE RULE tenth AS ON INSERT TO by_rule.t WHERE NEW.id % 10 = 0 DO INSTEAD NOTHING;
	CREATE SCHEMA by_partition;
	CREATE TABLE by_partition.t (id int, name text) PARTITION BY RANGE (id);
	CREATE TABLE by_partition.t1 PARTITION OF by_partition.t FOR VALUES FROM (0) TO (100000);
	CREATE TRIGGER tenth BEFORE INSERT ON by_partition.t1 FOR EACH ROW EXECUTE FUNCTION tenth()"
for schema in by_trigger by_rule by_partition; do
	fills $schema stop >/dev/null
	like "$OUTPUT" 'a row was not stored in table "t' "$schema, stop: the error says so"
	like "$(q "SELECT state FROM mysql_migrate.jobs ORDER BY id DESC LIMIT 1")" failed \
		"$schema, stop: the job has failed"
	q "TRUNCATE $schema.t"
	is "$(fills $schema reject)" "5000|4500|500|incomplete|4500|t" \
		"$schema, reject: the rows are rejected, and counted" "$OUTPUT"
	is "$(q "SELECT count(*), count(DISTINCT key) FROM mysql_migrate.reject
		WHERE job = (SELECT max(id) FROM mysql_migrate.job) AND reason LIKE '%was not stored%'")" \
		"500|500" "$schema, reject: each by its key"
done

# One that stores them elsewhere takes part in the count.
q "CREATE SCHEMA redirected; CREATE TABLE redirected.t (id int, name text);
	CREATE TABLE redirected.other (id int, name text);
	CREATE RULE away AS ON INSERT TO redirected.t DO INSTEAD
		INSERT INTO redirected.other VALUES (NEW.id, NEW.name)"
is "$(fills redirected stop)" "5000|5000|0|ok|0|t" "a rule that stores rows elsewhere"
is "$(q "SELECT count(*) FROM redirected.other")" 5000 "a rule that stores rows elsewhere: they are there"

# ---- the books do not add up at the end

# A job that waits for "t" with "small" done; then somebody changes its books.
cooked()				# NAME PATTERN STATEMENT
{
	tl_lock books t
	"$PSQL" -X -q -A -t >"$TL_DIR/out" 2>&1 -c "SELECT * FROM migrate_schema('source',
		local_schema => '$1', workers => 2)" &
	CLIENT=$!
	tl_wait 20 small_is_done "$1"
	q "$3"
	tl_unlock
	wait $CLIENT
	like "$(cat "$TL_DIR/out")" "ERROR:  job [0-9]+ failed: 1 table ok, 0 warning, 0 incomplete, 1 failed" \
		"$1: the job has failed"
	like "$(q "SELECT status, note FROM mysql_migrate.result WHERE \"table\" = 'small'
		ORDER BY job DESC LIMIT 1")" "^failed\|$2" "$1: the table has failed, and says why"
}

small_is_done()
{
	[ "$(q "SELECT task.state FROM mysql_migrate.task JOIN mysql_migrate.job ON job.id = task.job
		WHERE local_schema = '$1' AND task.object = 'small' AND task.kind = 'load'")" = done ]
}

LAST="job = (SELECT max(id) FROM mysql_migrate.job) AND object = 'small' AND kind = 'load'"
cooked less_loaded 'the rows do not add up: 10 read, 9 loaded, 0 rejected' \
	"UPDATE mysql_migrate.task SET rows_loaded = rows_loaded - 1 WHERE $LAST"
cooked less_read 'the rows do not add up: 9 read, 10 loaded, 0 rejected' \
	"UPDATE mysql_migrate.task SET rows_read = rows_read - 1 WHERE $LAST"
cooked shorter_chunk 'the chunks do not make up the table' \
	"UPDATE mysql_migrate.task SET upper_bound = '[\"5\"]' WHERE $LAST"
tl_nothing_left books
tl_done
