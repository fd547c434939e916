#!/bin/bash
# sql_tests/t/sequences.sh
#   fix_sequences: every next value beyond every value in use, of every kind
#   of sequence; never backwards.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database sequences
sv_mysql sequences <<'EOF'
CREATE TABLE plain (id int AUTO_INCREMENT PRIMARY KEY, v int);
INSERT INTO plain (v) SELECT seq FROM seq_1_to_100;
CREATE TABLE deleted (id int AUTO_INCREMENT PRIMARY KEY);
INSERT INTO deleted SELECT seq FROM seq_1_to_50;
DELETE FROM deleted WHERE id > 10;
CREATE TABLE nothing (id smallint AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE empty_but_counted (id int AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 700;
CREATE TABLE great (id bigint unsigned AUTO_INCREMENT PRIMARY KEY);
INSERT INTO great VALUES (5), (6);
ALTER TABLE great AUTO_INCREMENT = 9223372036854775900;
CREATE TABLE full (id tinyint unsigned AUTO_INCREMENT PRIMARY KEY);
INSERT INTO full VALUES (254);
CREATE TABLE MixedCase (Id int AUTO_INCREMENT PRIMARY KEY);
INSERT INTO MixedCase VALUES (41);
CREATE TABLE hibernate_sequence (next_val bigint);
INSERT INTO hibernate_sequence VALUES (1051);
CREATE TABLE hibernate_sequences (sequence_name varchar(20) PRIMARY KEY, next_val bigint);
INSERT INTO hibernate_sequences VALUES ('orders', 7), ('items', 12);
CREATE TABLE BATCH_JOB_SEQ (ID bigint NOT NULL, UNIQUE_KEY char(1) NOT NULL, UNIQUE KEY (UNIQUE_KEY));
INSERT INTO BATCH_JOB_SEQ VALUES (33, '0');
CREATE SEQUENCE numbers START WITH 10 INCREMENT BY 5 NOCACHE;
CREATE SEQUENCE downwards START WITH -10 INCREMENT BY -1 MINVALUE -1000 MAXVALUE -1 NOCACHE;
CREATE TABLE by_sequence (id bigint PRIMARY KEY DEFAULT NEXT VALUE FOR numbers, v int);
INSERT INTO by_sequence (v) VALUES (1), (2), (3);
EOF
ok $? "the tables are in MySQL"
tl_database sequences
q "SELECT count(*) FROM migrate_schema('source')" >"$TL_DIR/out" 2>&1
ok $? "they are here" "$(cat "$TL_DIR/out")"

fixed()					# TABLE [further arguments]: status, old, next, maximum
{
	q "SELECT status, old_next, next, maximum
		FROM fix_sequences('source', '$1'${2:+, $2})" 2>&1 |
		grep -v '^\(WARNING\|DETAIL\|HINT\)'
}

# ---- right after the load there is nothing to do
is "$(q "SELECT count(*) FROM fix_sequences('source') WHERE next <> old_next")" \
	0 "after a load no next value has to move"

# ---- rows that came later
q "INSERT INTO plain (id) SELECT generate_series(101, 150)" >/dev/null
is "$(fixed plain)" "ok|128|151|150" "identity: beyond the rows that came later"
is "$(fixed plain)" "ok|151|151|150" "a second time changes nothing"
is "$(fixed plain 1000)" "ok|151|1151|150" "the margin is kept free"
is "$(fixed plain 1000)" "ok|1151|1151|150" "a margin is not added twice"
is "$(fixed plain)" "ok|1151|1151|150" "never backwards"
is "$(q "INSERT INTO plain (v) VALUES (1) RETURNING id")" 1151 \
	"the next row gets it"

# ---- what MySQL counts itself
is "$(fixed deleted)" "ok|51|51|10" \
	"numbers of rows that MySQL deleted are not given again"
my "INSERT INTO deleted VALUES (80); DELETE FROM deleted WHERE id = 80" sequences
is "$(fixed deleted)" "ok|51|81|10" "not even of those since the load"
is "$(fixed nothing)" "ok|1|1|" "an empty table begins at the beginning"
is "$(fixed nothing 1000)" "ok|1|1001|" "or after the margin"
is "$(fixed empty_but_counted)" "ok|700|700|" "an empty table that counts on"
is "$(fixed great)" 'warning|7|7|6' "a counter beyond 2^63 is a warning"
is "$(q "SELECT note LIKE '%9223372036854775900%' FROM fix_sequences('source', 'great')")" \
	t "that says MySQL's next value"
is "$(fixed MixedCase)" "ok|42|42|41" "a remote name serves as well"

# ---- serial, and sequences that only a default uses
q "CREATE SCHEMA other;
	CREATE TABLE other.a (id serial PRIMARY KEY, s bigserial);
	INSERT INTO other.a SELECT i, 10 * i FROM generate_series(1, 7) AS i;
	CREATE SEQUENCE other.shared;
	CREATE TABLE other.b (id int DEFAULT nextval('other.shared'), n numeric DEFAULT nextval('other.shared'));
	CREATE TABLE other.c (id int DEFAULT nextval('other.shared'));
	INSERT INTO other.b VALUES (5, 5), (3, 'NaN');
	INSERT INTO other.c VALUES (77);
	CREATE SEQUENCE other.down_seq INCREMENT -2 MINVALUE -1000 MAXVALUE 100 START 100;
	CREATE TABLE other.down (id int DEFAULT nextval('other.down_seq'));
	INSERT INTO other.down VALUES (93);
	CREATE SEQUENCE other.steps INCREMENT 10;
	CREATE TABLE other.steps_table (id int DEFAULT nextval('other.steps'));
	INSERT INTO other.steps_table VALUES (25);
	CREATE SEQUENCE other.small AS smallint;
	CREATE TABLE other.small_table (id int DEFAULT nextval('other.small'));
	INSERT INTO other.small_table VALUES (32767);
	CREATE TABLE other.text_key (id text DEFAULT 'N' || nextval('other.shared'));
	CREATE TABLE other.last_one (id bigint GENERATED ALWAYS AS IDENTITY);
	INSERT INTO other.last_one OVERRIDING SYSTEM VALUE VALUES (9223372036854775807);
	CREATE DOMAIN other.number AS int;
	CREATE TABLE other.domains (id other.number DEFAULT nextval('other.steps'));
	CREATE TABLE other.parts (id int) PARTITION BY RANGE (id);
	CREATE SEQUENCE other.parts_seq;
	ALTER TABLE other.parts ALTER id SET DEFAULT nextval('other.parts_seq');
	CREATE TABLE other.parts_1 PARTITION OF other.parts DEFAULT;
	INSERT INTO other.parts VALUES (12)" >"$TL_DIR/out" 2>&1
ok $? "tables that were never migrated" "$(cat "$TL_DIR/out")"
q "SELECT \"table\" || '.' || \"column\", status, next
	FROM fix_sequences('source', 'other.*')" >"$TL_DIR/other" 2>&1
for want in 'other.a.id|ok|8' 'other.a.s|ok|71' 'other.c.id|ok|78' \
	'other.down.id|ok|92' 'other.steps_table.id|ok|31' \
	'other.small_table.id|warning|32767' 'other.text_key.id|warning|' \
	'other.last_one.id|warning|9223372036854775807' 'other.parts.id|ok|13'; do
	grep -qxF "$want" "$TL_DIR/other"
	ok $? "other.*: $want" "$(cat "$TL_DIR/other")"
done
is "$(q "SELECT nextval('other.shared')")" 78 "a shared sequence is beyond all"
is "$(q "SELECT nextval('other.down_seq')")" 92 "a descending one is below all"
tl_error "INSERT INTO other.small_table DEFAULT VALUES;"
is "$SQLSTATE" 2200H "a sequence that is used up says so, it does not collide"
tl_error "INSERT INTO other.last_one DEFAULT VALUES;"
is "$SQLSTATE" 2200H "the last bigint is not given twice"
is "$(fixed other.a)" "ok|8|8|7
ok|71|71|70" "one table that was never migrated"
tl_fails "no such table" 42P01 'there is no table "other.nix"' \
	"SELECT * FROM fix_sequences('source', 'other.nix');"
tl_fails "negative margin" 22023 'margin must not be negative' \
	"SELECT * FROM fix_sequences('source', margin => -1);"

# ---- MariaDB's sequences
is "$(q "SELECT nextval('numbers')")" 25 "a MariaDB sequence goes on"
for i in 1 2 3; do
	my "SELECT NEXT VALUE FOR numbers, NEXT VALUE FOR downwards" sequences >/dev/null
done
q "SELECT \"table\", status, next FROM fix_sequences('source')
	WHERE \"table\" IN ('numbers', 'downwards')" >"$TL_DIR/sequences" 2>&1
is "$(sort "$TL_DIR/sequences")" "downwards|ok|-13
numbers|ok|40" "it follows MariaDB's"
is "$(q "SELECT nextval('numbers'), nextval('downwards')")" "40|-13" \
	"and gives no number twice"

# ---- applications that count in tables of their own
is "$(q "SELECT \"table\", maximum FROM fix_sequences('source')
	WHERE note LIKE '%counts itself%' ORDER BY 1")" "batch_job_seq|33
hibernate_sequence|1051
hibernate_sequences|12" "tables of Hibernate and Spring are noted"

# tables that only look like it, and other ways to count in a table
sv_mysql sequences <<'EOF'
CREATE TABLE gen_table (name varchar(40) PRIMARY KEY, value bigint NOT NULL DEFAULT 0);
INSERT INTO gen_table VALUES ('orders', 50);
CREATE TABLE id_gen (gen_name varchar(80) PRIMARY KEY, gen_val int);
INSERT INTO id_gen VALUES ('x', 150);
CREATE TABLE `SEQUENCE` (SEQ_NAME varchar(40) PRIMARY KEY, SEQ_COUNT decimal(38,0));
INSERT INTO `SEQUENCE` VALUES ('SEQ_GEN', 250);
CREATE TABLE sequence_data (sequence_name varchar(100) PRIMARY KEY, sequence_increment int DEFAULT 1,
	sequence_min_value int DEFAULT 1, sequence_max_value bigint, sequence_cur_value bigint DEFAULT 1, sequence_cycle boolean DEFAULT FALSE);
INSERT INTO sequence_data (sequence_name, sequence_cur_value) VALUES ('x', 350);
CREATE TABLE linked (id int PRIMARY KEY, next int, next_id int, value int);
INSERT INTO linked VALUES (1, 2, 3, 4);
CREATE TABLE slides (id int AUTO_INCREMENT PRIMARY KEY, next_val int);
INSERT INTO slides VALUES (1, 2);
EOF
q "SELECT count(*) FROM migrate_schema('source',
	include => '{gen_table,id_gen,SEQUENCE,sequence_data,linked,slides}')" >"$TL_DIR/out" 2>&1
is "$(q "SELECT \"table\", \"column\", maximum FROM fix_sequences('source')
	WHERE note LIKE '%counts itself%' AND \"table\" !~ 'hibernate|batch' ORDER BY 1")" \
	"gen_table|value|50
id_gen|gen_val|150
sequence|seq_count|250
sequence_data|sequence_cur_value|350" "more of them, and no table of another kind"

# ---- odd names, kinds, limits, and sequences that are shared

q "CREATE SCHEMA \"Odd Schema\";
	CREATE TABLE \"Odd Schema\".\"My Table\" (\"Id\" int GENERATED ALWAYS AS IDENTITY, \"say \"\"x\"\"\" serial);
	INSERT INTO \"Odd Schema\".\"My Table\" OVERRIDING SYSTEM VALUE VALUES (50, 60);
	CREATE SEQUENCE other.\"S q\" INCREMENT 3 CACHE 20 START 100;
	CREATE TABLE \"Odd Schema\".a (id bigint DEFAULT nextval('other.\"S q\"'), u uuid DEFAULT gen_random_uuid(),
		n numeric(10,2) DEFAULT nextval('other.\"S q\"') * 10 + 1);
	INSERT INTO \"Odd Schema\".a VALUES (1000, default, 1001.50);
	CREATE SEQUENCE other.cyc MAXVALUE 100 CYCLE;
	CREATE TABLE \"Odd Schema\".cyc (id int DEFAULT nextval('other.cyc'));
	INSERT INTO \"Odd Schema\".cyc VALUES (100);
	CREATE TABLE \"Odd Schema\".inh (id serial);
	CREATE TABLE \"Odd Schema\".inh_child () INHERITS (\"Odd Schema\".inh);
	INSERT INTO \"Odd Schema\".inh_child VALUES (88);
	CREATE TABLE \"Odd Schema\".part (id int GENERATED BY DEFAULT AS IDENTITY) PARTITION BY RANGE (id);
	CREATE TABLE \"Odd Schema\".part_1 PARTITION OF \"Odd Schema\".part DEFAULT;
	INSERT INTO \"Odd Schema\".part VALUES (70);
	CREATE TABLE \"Odd Schema\".small (id smallserial);
	INSERT INTO \"Odd Schema\".small VALUES (32000);
	CREATE SEQUENCE other.wide START 40000;
	CREATE TABLE \"Odd Schema\".narrow (id smallint DEFAULT nextval('other.wide'));
	CREATE FUNCTION other.number() RETURNS bigint LANGUAGE sql AS 'SELECT nextval(''other.wide'')';
	CREATE TABLE \"Odd Schema\".hidden (id int DEFAULT other.number(), built int DEFAULT nextval('other.' || 'wide'),
		at int DEFAULT extract(epoch FROM now()), w int DEFAULT coalesce(nextval('other.wide')::int, 0));
	CREATE SEQUENCE other.low INCREMENT -1 MINVALUE -100 MAXVALUE -1;
	CREATE TABLE \"Odd Schema\".low (id int DEFAULT nextval('other.low'));
	INSERT INTO \"Odd Schema\".low VALUES (-50)" >"$TL_DIR/out" 2>&1
ok $? "odd tables" "$(cat "$TL_DIR/out")"
q "SET client_min_messages = error; SELECT replace(\"table\", '\"Odd Schema\".', ''), \"column\", next, status
	FROM fix_sequences('source', '\"Odd Schema\".*')" >"$TL_DIR/odd" 2>&1
is "$(sort "$TL_DIR/odd")" "$(sort <<'EOF'
"My Table"|Id|51|ok
"My Table"|say "x"|61|ok
a|id|1003|ok
a|n|1003|ok
cyc|id|100|warning
hidden|built||warning
hidden|id||warning
hidden|w|40000|ok
inh_child|id|89|ok
inh|id|89|ok
low|id|-51|ok
narrow|id|40000|warning
part|id|71|ok
small|id|32001|ok
EOF
)" "each of them"
is "$(q "SELECT next, status FROM fix_sequences('source', '\"Odd Schema\".small', 1000)")" "32001|warning" \
	"a margin for which there is no room does not use up what is left"
is "$(q "SELECT next, status FROM fix_sequences('source', '\"Odd Schema\".small', 100)")" "32101|ok" \
	"one for which there is room is kept"
is "$(q "SELECT next, status FROM fix_sequences('source', '\"Odd Schema\".low', 1000)")" "-51|warning" \
	"the same, downwards"
is "$(q "SELECT next, status FROM fix_sequences('source', '\"Odd Schema\".\"My Table\"', 9223372036854775807) LIMIT 1")" \
	"51|warning" "the greatest margin"
like "$(q "SELECT note FROM fix_sequences('source', '\"Odd Schema\".cyc')")" 'begins again' \
	"a sequence that begins again says so"
like "$(q "SELECT note FROM fix_sequences('source', '\"Odd Schema\".narrow')")" \
	'ALTER TABLE "Odd Schema".narrow ALTER COLUMN id TYPE bigint;' "a column that is too narrow"

# ---- who may
q "CREATE ROLE seq_owner; CREATE ROLE seq_other;
	GRANT USAGE ON FOREIGN SERVER source TO seq_owner, seq_other;
	GRANT ALL ON SCHEMA other TO seq_owner;
	GRANT USAGE ON SCHEMA other TO seq_other;
	ALTER TABLE other.a OWNER TO seq_owner" >/dev/null
q "INSERT INTO other.a VALUES (20, 200)" >/dev/null
is "$(q "SET client_min_messages = error; SET ROLE seq_other;
	SELECT DISTINCT status FROM fix_sequences('source', 'other.a')")" \
	failed "who may not read the table gets a row that says so"
is "$(q "SET ROLE seq_owner;
	SELECT status, next FROM fix_sequences('source', 'other.a')")" "ok|21
ok|201" "the owner needs no more, and no user mapping"
q "ALTER TABLE other.a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
	INSERT INTO other.a VALUES (30, 300)" >/dev/null
is "$(q "SET client_min_messages = error; SET ROLE seq_owner;
	SELECT DISTINCT status FROM fix_sequences('source', 'other.a')")" \
	failed "rows that a policy hides are not passed over"

# ---- somebody takes numbers meanwhile: never backwards
q "CREATE TABLE other.busy (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)" >/dev/null
printf 'INSERT INTO other.busy DEFAULT VALUES;\n%.0s' $(seq 3000) >"$TL_DIR/inserts"
sv_psql -q -v ON_ERROR_STOP=1 -f "$TL_DIR/inserts" >"$TL_DIR/busy" 2>&1 &
inserts=$!
for i in $(seq 20); do
	q "SELECT count(*) FROM fix_sequences('source', 'other.busy', 3)" >/dev/null
done
wait $inserts
ok $? "no number is given twice while somebody inserts" "$(cat "$TL_DIR/busy")"

# ---- MySQL is switched off
q "ALTER SERVER source OPTIONS (SET port '1')" >/dev/null
q "INSERT INTO plain (id) VALUES (5000)" >/dev/null
tl_error "SELECT status, next FROM fix_sequences('source', 'plain');"
like "$OUTPUT" 'WARNING.*could not be read' "without MySQL there is a warning"
like "$OUTPUT" 'ok\|5001' "and the values that are here count"
q "DROP OWNED BY seq_owner, seq_other; DROP ROLE seq_owner, seq_other" >/dev/null
tl_done
