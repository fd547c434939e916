#!/bin/bash
# sql_tests/t/replace.sh
#   on_existing => 'replace': a swap by rename, its way back, and its end.
. "$(dirname "$0")/../tools/testlib.sh"

load()					# [ARGUMENTS]: one line per table
{
	q "SET client_min_messages = error;
		SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema('source', local_schema => 'app',
			on_existing => 'replace'${1:+, $1}) ORDER BY 1"
}

job()
{
	q "SELECT max(id) FROM mysql_migrate.job"
}

# Every name in the schema, sorted: relations, types, functions, constraints.
names()
{
	q "SELECT string_agg(name, ' ' ORDER BY name COLLATE \"C\") FROM (
		SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace
		UNION ALL SELECT typname FROM pg_type WHERE typtype = 'e'
			AND typnamespace = 'app'::regnamespace
		UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace
		UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'app'::regnamespace
			AND conrelid::regclass::text NOT LIKE '%\\_\\_old\\_%'
		) AS n (name) WHERE name NOT LIKE '%\\_\\_old\\_%'"
}

tl_mysql_database replace
my "
CREATE TABLE customer (id int AUTO_INCREMENT PRIMARY KEY, name varchar(30),
	kind enum('a','b') NOT NULL, touched timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
	UNIQUE KEY by_name (name));
INSERT INTO customer (name, kind) VALUES ('Ann', 'a'), ('Bob', 'b');
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, at date NOT NULL,
	KEY by_customer (customer_id),
	CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customer (id));
INSERT INTO orders VALUES (1, 1, '2024-01-01'), (2, 2, '2024-01-02');
CREATE TABLE day (id int, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d))
	(PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO day VALUES (1, '2019-01-01'), (2, '2024-01-01');
CREATE VIEW who AS SELECT name, COUNT(*) AS orders FROM customer JOIN orders ON customer.id = customer_id GROUP BY name;
" replace
tl_database replace
q "DROP ROLE IF EXISTS replace_reader, replace_owner" >/dev/null
q "CREATE ROLE replace_reader; CREATE ROLE replace_owner; GRANT CREATE ON DATABASE replace TO replace_owner"
q "SET client_min_messages = error; SELECT FROM migrate_schema('source', local_schema => 'app')" >/dev/null
first=$(job)
before=$(names)
q "GRANT SELECT ON app.customer TO replace_reader;
	GRANT UPDATE (name) ON app.customer TO replace_reader WITH GRANT OPTION;
	COMMENT ON TABLE app.customer IS 'ours';
	COMMENT ON COLUMN app.customer.name IS 'the name';
	ALTER TABLE app.orders SET (fillfactor = 70);
	ALTER TABLE app.customer ALTER COLUMN name SET STORAGE EXTERNAL;
	GRANT USAGE, CREATE ON SCHEMA app TO replace_owner;
	ALTER TABLE app.orders OWNER TO replace_owner"
my "INSERT INTO customer (name, kind) VALUES ('Cid', 'a')" replace

# ------------------------------------------------------------------ the swap
is "$(load)" "customer|3|3|0|ok
day|2|2|0|ok
orders|2|2|0|ok" 'replace: rows'
job=$(job)
is "$(names)" "$before" 'replace: every name is as it was'
is "$(q 'SELECT count(*) FROM app.customer')" 3 'replace: the new rows are there'
is "$(q "SELECT count(*) FROM app.customer__old_$job")" 2 'replace: so are the old ones'
is "$(q 'SELECT name, orders FROM app.who ORDER BY 1')" 'Ann|1
Bob|1' 'replace: the view reads the new tables'
is "$(q "SELECT has_table_privilege('replace_reader', 'app.customer', 'SELECT'),
	has_column_privilege('replace_reader', 'app.customer', 'name', 'UPDATE WITH GRANT OPTION'),
	has_table_privilege('replace_reader', 'app.orders', 'SELECT')")" 't|t|f' \
	'replace: grants are copied'
is "$(q "SELECT obj_description('app.customer'::regclass), col_description('app.customer'::regclass, 2)")" \
	'ours|the name' 'replace: comments are copied'
is "$(q "SELECT relowner::regrole, reloptions FROM pg_class WHERE oid = 'app.orders'::regclass")" \
	'replace_owner|{fillfactor=70}' 'replace: owner and storage are copied'
is "$(q "SELECT attstorage FROM pg_attribute WHERE attrelid = 'app.customer'::regclass AND attname = 'name'")" \
	e 'replace: storage of columns is copied'
is "$(q "SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint
	WHERE conname = 'orders_customer' AND conrelid = 'app.orders'::regclass")" \
	'app.orders|app.customer|t' 'replace: the foreign key joins the new tables'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM validate('source')")" 'customer|equal
day|equal
orders|equal' 'replace: validate looks at the new tables only'
is "$(q "UPDATE app.customer SET name = 'Ann2' WHERE id = 1 RETURNING touched > now() - interval '1 minute'")" \
	t 'replace: the trigger works'

# ----------------------------------------------------------------- the way back
tl_fails 'a rollback of what ended well' 55000 'has ended' "SELECT migration_rollback($job);"
q "SELECT migration_rollback($job, force => true)" >/dev/null
is "$(names)" "$before" 'rollback: every name is as it was'
is "$(q "SELECT count(*) FROM app.customer")" 2 'rollback: the old rows are back'
is "$(q "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_\\_old\\_%'")" 0 \
	'rollback: nothing has its other name'
is "$(q 'SELECT name, orders FROM app.who ORDER BY 1')" 'Ann|1
Bob|1' 'rollback: the old view reads the old tables'
is "$(q "SET client_min_messages = error; SELECT \"table\", status FROM validate('source') WHERE status = 'differs'")" \
	'customer|differs' 'rollback: validate looks at the old tables again'

# ---------------------------------------------------------------------- the end
load >/dev/null
q "SELECT migration_finish($(job))" >/dev/null
is "$(names)" "$before" 'finish: every name is as it was'
is "$(q "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_\\_old\\_%'")" 0 \
	'finish: the old tables are gone'
is "$(q "SELECT count(*) FROM pg_type WHERE typname LIKE '%\\_\\_old\\_%'") $(q "SELECT count(*) FROM pg_proc WHERE proname LIKE '%\\_\\_old\\_%'")" \
	'0 0' 'finish: so are their types and functions'
is "$(q 'SELECT count(*) FROM app.customer')" 3 'finish: the new ones are not'

# ------------------------------------------------------------------- one table
one()					# [ARGUMENTS]
{
	q "SET client_min_messages = error; SELECT loaded, status
		FROM migrate_table('source', 'orders', 'app.orders', on_existing => 'replace'${1:+, $1})"
}

tl_fails 'a view hangs on it' 2BP01 'do not fit' \
	"SELECT FROM migrate_table('source', 'orders', 'app.orders', on_existing => 'replace');"
like "$OUTPUT" 'orders: view app.who would stay with the old table' \
	'the view is named'
q "SET client_min_messages = error; DROP VIEW app.who; CREATE POLICY p ON app.orders;
	CREATE PUBLICATION replace_p FOR TABLE app.orders;
	CREATE TABLE app.line (o int REFERENCES app.orders);
	CREATE FUNCTION app.first(o app.orders) RETURNS int LANGUAGE sql AS 'SELECT 1'"
tl_fails 'more that hangs on it' 2BP01 'for 4 reasons' \
	"SELECT FROM migrate_table('source', 'orders', 'app.orders', on_existing => 'replace');"
like "$OUTPUT" 'constraint line_o_fkey.*function app.first.*policy p.*publication replace_p' \
	'each is named'
q "DROP POLICY p ON app.orders; DROP PUBLICATION replace_p; DROP TABLE app.line; DROP FUNCTION app.first;
	CREATE INDEX mine ON app.orders (at)"
is "$(one)" '2|warning' 'one table: rows'
is "$(q "SELECT conname, confrelid::regclass, convalidated FROM pg_constraint
	WHERE conrelid = 'app.orders'::regclass AND contype = 'f'")" \
	'orders_customer|app.customer|t' 'one table: its key to a table that stays'
is "$(q "SELECT object, what FROM mysql_migrate.todo WHERE job = $(job)")" \
	'orders.mine|index of the replaced table is not on the new one' 'one table: what only the old one had is a note'

# ------------------------------------------------- what failed replaces nothing
my "CREATE TABLE memo (id int PRIMARY KEY, t text); INSERT INTO memo VALUES (1, 'a')" replace
q "SET client_min_messages = error; SELECT FROM migrate_table('source', 'memo', 'app.memo')" >/dev/null
my "INSERT INTO memo VALUES (2, CONCAT('b', CHAR(0)))" replace
before=$(names)
tl_fails 'a value that does not fit' HV000 'failed' \
	"SELECT FROM migrate_table('source', 'memo', 'app.memo', on_existing => 'replace');"
is "$(q 'SELECT count(*) FROM app.memo')" 1 'failed: the old table has its name'
my "UPDATE memo SET t = 'b' WHERE id = 2" replace
is "$(q "SET client_min_messages = error; SELECT loaded, status FROM migration_resume($(job))")" \
	'2|ok' 'failed: resumed'
is "$(names)" "$before" 'failed: after the resume every name is as it was'
is "$(q 'SELECT count(*) FROM app.memo')" 2 'failed: after the resume it is replaced'
my "INSERT INTO memo VALUES (3, CONCAT('b', CHAR(0)))" replace
tl_error "SELECT FROM migrate_table('source', 'memo', 'app.memo', on_existing => 'replace');"
q "SELECT migration_rollback($(job))" >/dev/null
is "$(names)" "$before" 'failed: after a rollback every name is as it was'
is "$(q 'SELECT count(*) FROM app.memo')" 2 'failed: after a rollback the table is untouched'

q "REVOKE ALL ON SCHEMA app FROM replace_owner; REVOKE ALL ON DATABASE replace FROM replace_owner;
	REASSIGN OWNED BY replace_owner TO CURRENT_USER; DROP OWNED BY replace_owner, replace_reader;
	DROP ROLE replace_owner, replace_reader"
tl_done
