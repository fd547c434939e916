#!/bin/bash
# sql_tests/t/objects.sh
#   Every object of a MySQL database is accounted for by name: it is here, or
#   in mysql_migrate.note.
. "$(dirname "$0")/../tools/testlib.sh"

DATA=$PROJECT/../shared/data

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

for name in sakila world joomla3; do
	if [ ! -d "$DATA/$name" ]; then
		skip "$name is not in ../shared/data"
		continue
	fi
	tl_mysql_database $name
	{
		echo "SET foreign_key_checks = 0; SET sql_mode = '';"
		cat "$DATA/$name"/*.sql
	} | sv_mysql $name >/dev/null
	account $name
done
tl_done
