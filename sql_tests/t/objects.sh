#!/bin/bash
# sql_tests/t/objects.sh
#   Every object of a MySQL database is accounted for by name: it is here, or
#   in mysql_migrate.note.
. "$(dirname "$0")/../tools/testlib.sh"

account()				# NAME
{
	local output

	tl_database "$1"
	output=$(q "SELECT count(*) FROM migrate_schema('source')")
	output=$(python3 "$PROJECT/sql_tests/tools/account.py" "$1" public 2>&1)
	ok $? "$1: $(tail -n 1 <<<"$output")" "$output"
}

# Everything at once, with names that fold, collide and are long.
tl_mysql_database objects
sv_mysql objects <<'EOF'
CREATE TABLE Parent (Id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
	code varchar(20) NOT NULL, note text, body longtext, shape point NOT NULL,
	UNIQUE KEY code (code), KEY note (note(20)), KEY down (Id DESC, code),
	FULLTEXT KEY words (note, body), SPATIAL KEY shape (shape),
	CONSTRAINT code_is_long CHECK (char_length(code) > 1));
CREATE TABLE child (id bigint PRIMARY KEY, parent_id int unsigned, code char(3),
	amount decimal(10,2), vat decimal(12,4) AS (amount * 0.2) STORED,
	odd varchar(100) AS (SOUNDEX(code)) VIRTUAL,
	KEY code (code), KEY note (amount),
	CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES Parent (Id)
		ON DELETE SET NULL,
	CONSTRAINT odd_check CHECK (SOUNDEX(code) <> 'x'));
CREATE TABLE by_range (id int, at date NOT NULL, PRIMARY KEY (id, at))
	PARTITION BY RANGE (YEAR(at)) (PARTITION p2020 VALUES LESS THAN (2021),
		PARTITION p_later VALUES LESS THAN MAXVALUE);
CREATE TABLE by_hash (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE a_table_with_a_name_that_is_quite_long_and_reaches_63_bytes_xyz
	(id int PRIMARY KEY, KEY an_index_with_a_name_that_is_quite_long_and_reaches_64_bytes_xyz (id));
CREATE TABLE versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING;
CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 5;
CREATE VIEW easy AS SELECT id, amount FROM child WHERE amount > 1;
CREATE VIEW hard AS SELECT SOUNDEX(code) AS s FROM child;
CREATE TRIGGER simple BEFORE INSERT ON child FOR EACH ROW SET NEW.code = 'abc';
DELIMITER //
CREATE TRIGGER looping AFTER INSERT ON child FOR EACH ROW
BEGIN
	DECLARE i int DEFAULT 0;
	WHILE i < 3 DO SET i = i + 1; END WHILE;
END//
DELIMITER ;
CREATE PROCEDURE proc () SELECT 1;
CREATE FUNCTION func () RETURNS int DETERMINISTIC RETURN 1;
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM child WHERE id = 0;
EOF
ok $? "objects: is in MySQL"
account objects

tl_mysql_database nasty
sv_mysql nasty <"$PROJECT/sql_tests/data/nasty.sql"
ok $? "nasty: is in MySQL"
account nasty
like "$(q "SELECT state FROM mysql_migrate.job")" '^(ok|warning)$' "nasty: the job ends well"
is "$(q "SELECT object, what, regexp_replace(why, '^.*; ', '') FROM mysql_migrate.note
	WHERE why LIKE '% in the way: %' ORDER BY object COLLATE \"C\"")" \
	"case_twins.twins_ci|index not made|2 in the way: (mi,2), (i,2)
checked.a|stays NOT VALID|1 in the way: (-1,2)
checked.ab|stays NOT VALID|1 in the way: (5,4)
orphan_c.orphaned|stays NOT VALID|2 in the way: (2,7), (3,8)" "nasty: the notes count what the data breaks, and show it"
is "$(q "SELECT bool_and(q.x IS NOT NULL) FROM mysql_migrate.note, LATERAL (SELECT
	query_to_xml(substring(next_step FROM '^List the rows: (.*); mend them'), true, false, '') AS x) q
	WHERE what = 'stays NOT VALID'" | tail -n 1)" t "nasty: the queries of the notes run as they are"
is "$(q "SELECT indexdef FROM pg_indexes WHERE tablename = 'too_long' AND indexname LIKE '%long' ORDER BY 1")" \
	"CREATE INDEX v_long ON public.too_long USING hash (v)
CREATE UNIQUE INDEX w_long ON public.too_long USING btree (md5((w)::text))" \
	"nasty: indexes whose rows are too long are made in another way"

for name in sakila world joomla3; do
	tl_dataset $name && account $name
done
tl_done
