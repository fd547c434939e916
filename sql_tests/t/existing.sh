#!/bin/bash
# sql_tests/t/existing.sh
#   Tables that somebody else made: how they are filled, and what is refused
#   before anything is.
. "$(dirname "$0")/../tools/testlib.sh"

load()					# SCHEMA [ARGUMENTS]: one line per table
{
	q "SET client_min_messages = error;
		SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema('source', local_schema => '$1'${2:+, $2})
		ORDER BY 1"
}

tl_mysql_database existing
my "
CREATE TABLE Customer (
	id int AUTO_INCREMENT PRIMARY KEY,
	firstName varchar(30) NOT NULL,
	EMail varchar(60) NOT NULL,
	balance decimal(10,2) NOT NULL DEFAULT 0,
	kind enum('person','company') NOT NULL,
	isActive tinyint(1) NOT NULL,
	token binary(16),
	created datetime NOT NULL,
	touched timestamp NOT NULL DEFAULT '2024-01-01 00:00:00',
	full_name varchar(60) AS (CONCAT(firstName, '!')) STORED);
INSERT INTO Customer (firstName, EMail, balance, kind, isActive, token, created, touched) VALUES
	('Ann', 'ann@x.org', 1.50, 'person', 1, UNHEX('000102030405060708090A0B0C0D0E0F'), '2024-07-01 12:00:00', '2024-07-01 12:00:00'),
	('Bob', 'bob@x.org', 0, 'company', 0, NULL, '2024-01-01 12:00:00', '2024-01-01 12:00:00');
CREATE TABLE node (id int PRIMARY KEY, parent int, name varchar(10));
INSERT INTO node VALUES (1, 3, 'a'), (2, 1, 'b'), (3, NULL, 'c');
CREATE TABLE orders (
	id int PRIMARY KEY,
	customer_id int NOT NULL,
	note text);
INSERT INTO orders SELECT seq, 1 + seq % 2, CONCAT('n', seq) FROM seq_1_to_20;
" existing
tl_database existing
q "
CREATE SCHEMA app;
CREATE TYPE app.kind AS ENUM ('person', 'company');
CREATE TABLE app.customer (
	zone text DEFAULT 'none',
	email text NOT NULL UNIQUE,
	first_name varchar(30) NOT NULL,
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	gone int,
	balance double precision NOT NULL,
	kind app.kind NOT NULL,
	\"isActive\" smallint NOT NULL,
	token uuid,
	created timestamp with time zone NOT NULL,
	touched timestamp without time zone,
	full_name text GENERATED ALWAYS AS (first_name || '?') STORED);
ALTER TABLE app.customer DROP COLUMN gone;
CREATE TABLE app.node (id int PRIMARY KEY,
	parent int REFERENCES app.node DEFERRABLE INITIALLY DEFERRED, name text);
CREATE TABLE app.orders (
	id int NOT NULL,
	customer_id bigint NOT NULL REFERENCES app.customer DEFERRABLE INITIALLY DEFERRED,
	note text) PARTITION BY RANGE (id);
CREATE TABLE app.orders_1 PARTITION OF app.orders FOR VALUES FROM (0) TO (10);
CREATE TABLE app.orders_2 PARTITION OF app.orders FOR VALUES FROM (10) TO (100);
CREATE TABLE app.log (n int);
CREATE FUNCTION app.log_it() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN INSERT INTO app.log VALUES (NEW.id); RETURN NULL; END';
CREATE TRIGGER log_it AFTER INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.log_it();
CREATE TABLE app.outside (customer bigint REFERENCES app.customer);
"

# ------------------------------------------------------------ not without asking
tl_fails 'on_existing is error' 42P07 '3 of the tables exist in schema "app"' \
	"SELECT * FROM migrate_schema('source', local_schema => 'app');"

like "$(q "SELECT severity, object, \"what to do\" FROM migration_check('source', local_schema => 'app') WHERE finding LIKE '%in schema \"app\" already%'")" \
	"^blocker.3 tables.another local_schema, or on_existing => 'append'\$" \
	'migration_check says what can be done'
like "$(q "SELECT detail FROM migration_check('source', local_schema => 'app') WHERE finding LIKE '%in schema \"app\" already%'")" \
	"on_existing => 'truncate':.*table app.outside, which is not in the job" \
	'and what stands against the rest'

# ------------------------------------------------------------------- append
is "$(load app "on_existing => 'append', options => '{\"datetime_zone\": \"Europe/Berlin\"}'")" \
	"customer|2|2|0|ok
node|3|3|0|ok
orders|20|20|0|ok" 'append: rows'
is "$(q "SET timezone = 'UTC'; TABLE app.customer ORDER BY id")" \
	'none|ann@x.org|Ann|1|1.5|person|1|00010203-0405-0607-0809-0a0b0c0d0e0f|2024-07-01 10:00:00+00|2024-07-01 14:00:00|Ann?
none|bob@x.org|Bob|2|0|company|0||2024-01-01 11:00:00+00|2024-01-01 13:00:00|Bob?' \
	'append: columns by name, local types decide, the stated zone'
q "SET client_min_messages = error; SELECT FROM validate('source', 'app.customer')" >/dev/null
is "$(q "SELECT DISTINCT columns FROM mysql_migrate.difference")" '{full_name}' \
	'validate knows the zone; what PostgreSQL computes itself may differ'
is "$(q 'SELECT count(*), sum(n) FROM app.log')" '20|210' 'append: triggers fire'
is "$(q 'SELECT count(*) FROM app.orders_2')" 11 'append: rows find their partition'
is "$(q "INSERT INTO app.customer (email, first_name, balance, kind, \"isActive\", created)
	VALUES ('c', 'c', 0, 'person', 1, now()) RETURNING id")" 3 \
	'append: the next number is a new one'
tl_fails 'rows that are there already' HV000 'failed' \
	"SELECT * FROM migrate_table('source', 'Customer', 'app.customer', on_existing => 'append');"
like "$OUTPUT" 'duplicate key' 'append: the duplicate is named'
is "$(q "SET client_min_messages = error; SELECT loaded, rejected, status
	FROM migrate_table('source', 'Customer', 'app.customer', on_existing => 'append',
		on_error => 'reject', options => '{\"datetime_zone\": \"UTC\"}')")" \
	'0|2|incomplete' 'append: duplicates are rejected one by one'

# ----------------------------------------------------------------- truncate
tl_fails 'a key from outside' 2BP01 'do not fit' \
	"SELECT * FROM migrate_schema('source', local_schema => 'app', on_existing => 'truncate');"
like "$OUTPUT" 'table app.outside, which is not in the job' \
	'truncate: the table outside is named'
is "$(q 'SELECT count(*) FROM app.orders')" 20 'truncate: nothing was emptied'
q 'DROP TABLE app.outside'
is "$(load app "on_existing => 'truncate'")" \
	"customer|2|2|0|warning
node|3|3|0|ok
orders|20|20|0|ok" 'truncate: rows'
is "$(q "SELECT DISTINCT what FROM mysql_migrate.todo WHERE object = 'Customer.created'")" \
	'a time without zone becomes one with zone' 'a zone that nobody stated is a warning'
is "$(q "SELECT to_char(created AT TIME ZONE 'UTC', 'HH24') FROM app.customer WHERE id = 1")" \
	12 'and UTC is meant then'

# ------------------------------------------------------------ what does not fit
q "CREATE SCHEMA bad;
	CREATE TABLE bad.customer (LIKE app.customer INCLUDING ALL EXCLUDING GENERATED);
	ALTER TABLE bad.customer DROP COLUMN token, DROP COLUMN full_name,
		ADD COLUMN must text NOT NULL;
	CREATE VIEW bad.node AS SELECT 1 AS id;
	CREATE TABLE bad.orders (LIKE app.orders)"
tl_fails 'tables that do not fit' HV005 'do not fit, for 4 reasons' \
	"SELECT * FROM migrate_schema('source', local_schema => 'bad', on_existing => 'append');"
like "$OUTPUT" 'Customer.token: there is no column for it here.*Customer.full_name.*customer.must: it is NOT NULL here.*node: it is a view here' \
	'every problem is named at once'
like "$HINT" "INSERT INTO mysql_migrate.rule .*'skip'" 'the hint is a rule'
is "$(q 'SELECT count(*) FROM bad.orders')" 0 'nothing was loaded'
q "${HINT#*: }"
q "INSERT INTO mysql_migrate.rule (server, pattern, action, value) VALUES
	('source', 'Customer.full_name', 'rename', 'must')"
q "DROP VIEW bad.node"
is "$(load bad "on_existing => 'append', exclude => '{node}'")" \
	"customer|2|2|0|warning
orders|20|20|0|ok" 'rules mend what did not fit'
is "$(q 'SELECT must FROM bad.customer ORDER BY id')" 'Ann!
Bob!' 'a column that MySQL computes goes into a plain one'

# --------------------------------------------------- somebody else's rights
q "CREATE ROLE existing_app; GRANT USAGE ON FOREIGN SERVER source TO existing_app;
	CREATE USER MAPPING FOR existing_app SERVER source
		OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	GRANT USAGE ON SCHEMA bad TO existing_app; GRANT SELECT ON bad.orders TO existing_app"
tl_fails 'no right to insert' 42501 'do not fit' \
	"SET ROLE existing_app; SELECT * FROM migrate_table('source', 'orders', 'bad.orders', on_existing => 'append');"
q "${HINT%;}"
is "$(q "SET client_min_messages = error; SET ROLE existing_app; SELECT loaded, status
	FROM migrate_table('source', 'orders', 'bad.orders', on_existing => 'append')")" \
	'20|ok' 'INSERT is enough to fill a table of somebody else'
q "DROP OWNED BY existing_app; DROP ROLE existing_app"
tl_done
