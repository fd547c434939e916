-- ddl_generated: generated columns over each other, and such that PostgreSQL refuses
SET client_min_messages = warning;
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS ddl_generated');
SELECT mysql_execute('source', 'CREATE DATABASE ddl_generated CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
SELECT mysql_execute('source', $$CREATE TABLE ddl_generated.chain (id int PRIMARY KEY, price decimal(8,2),
    tax decimal(8,2) AS (price * 0.19) STORED, gross decimal(8,2) AS (price + tax) VIRTUAL, twice decimal(9,2) AS (gross * 2) STORED, KEY (gross))$$);
SELECT mysql_execute('source', 'INSERT INTO ddl_generated.chain (id, price) VALUES (1, 10.03), (2, NULL)');
-- the expression of one column is refused; the others stay generated
SELECT mysql_execute('source', $$CREATE TABLE ddl_generated.refused (id int PRIMARY KEY, t varchar(10),
    a varchar(20) AS (concat(upper('x'), t)) STORED, b int AS (id + 1) STORED, c int DEFAULT 5, e enum('x', 'y') DEFAULT 'y')$$);
SELECT mysql_execute('source', $$INSERT INTO ddl_generated.refused (id, t) VALUES (1, 'q'), (2, 'r')$$);
-- the same of a partitioned table, whose partitions stay
SELECT mysql_execute('source', $$CREATE TABLE ddl_generated.parted (id int PRIMARY KEY, a varchar(9) AS (concat(upper('x'), id)) STORED)
    PARTITION BY HASH (id) PARTITIONS 2$$);
SELECT mysql_execute('source', 'INSERT INTO ddl_generated.parted (id) VALUES (1), (2)');
SELECT "table", read, loaded, status, note FROM migrate_schema('source', 'ddl_generated', 'made') ORDER BY 1;
SELECT attrelid::regclass AS "table", attname, pg_get_expr(adbin, adrelid) AS expression, attgenerated
    FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'made'::regnamespace) ORDER BY attrelid, attnum;
SELECT * FROM made.chain ORDER BY id;
SELECT * FROM made.refused ORDER BY id;
SELECT * FROM made.parted ORDER BY id;
SELECT object, what, why, original FROM mysql_migrate.note
    WHERE job = (SELECT max(id) FROM mysql_migrate.job WHERE local_schema = 'made') AND severity = 'warning' ORDER BY 1;
DROP SCHEMA made CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE ddl_generated');
