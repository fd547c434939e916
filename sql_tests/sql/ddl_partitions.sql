-- ddl_partitions: partitioned tables of every kind, and where their rows are
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS ddl_partitions');
SELECT mysql_execute('source', 'CREATE DATABASE ddl_partitions CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
CREATE FUNCTION my(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mysql_execute('source', replace(statement, '@', 'ddl_partitions.'));
END $$;
-- ranges: of a column, and of expressions that grow with one
SELECT my($$CREATE TABLE @r_int (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, v varchar(10))
    PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'the first ten',
        PARTITION p1 VALUES LESS THAN (20), PARTITION P_Max VALUES LESS THAN MAXVALUE)$$);
SELECT my($$CREATE TABLE @r_year (id int, at date, UNIQUE KEY (id, at)) COMMENT 'by year'
    PARTITION BY RANGE (YEAR(at)) (PARTITION p2020 VALUES LESS THAN (2021), PARTITION p2021 VALUES LESS THAN (2022))$$);
SELECT my($$CREATE TABLE @r_days (id int, at datetime(3) NOT NULL, PRIMARY KEY (id, at), KEY (at))
    PARTITION BY RANGE (TO_DAYS(at)) (PARTITION p_null VALUES LESS THAN (0),
        PARTITION p0 VALUES LESS THAN (TO_DAYS('2020-02-29')), PARTITION p1 VALUES LESS THAN MAXVALUE)$$);
SELECT my($$CREATE TABLE @r_days_null (id int, at date)
    PARTITION BY RANGE (TO_DAYS(at)) (PARTITION p_null VALUES LESS THAN (0),
        PARTITION p0 VALUES LESS THAN (TO_DAYS('2020-02-29')))$$);
SELECT my($$CREATE TABLE @r_epoch (id int, at timestamp NOT NULL DEFAULT '2020-01-01 00:00:00', PRIMARY KEY (id, at))
    PARTITION BY RANGE (UNIX_TIMESTAMP(at)) (PARTITION p0 VALUES LESS THAN (1577836800), PARTITION p1 VALUES LESS THAN MAXVALUE)$$);
SELECT my($$CREATE TABLE @r_month (at datetime)
    PARTITION BY RANGE (YEAR(at) * 100 + MONTH(at)) (PARTITION p0 VALUES LESS THAN (202002), PARTITION p1 VALUES LESS THAN (202013))$$);
SELECT my($$CREATE TABLE @r_columns (a int, b date NOT NULL, c varchar(5) COLLATE utf8mb4_bin, KEY (c))
    PARTITION BY RANGE COLUMNS (a, b, c) (PARTITION p0 VALUES LESS THAN (5, '2020-01-01', 'm'),
        PARTITION p1 VALUES LESS THAN (5, MAXVALUE, 'a'), PARTITION p2 VALUES LESS THAN (MAXVALUE, MAXVALUE, MAXVALUE))$$);
SELECT my($$CREATE TABLE @r_small (a tinyint unsigned NOT NULL) PARTITION BY RANGE (a)
    (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (100000), PARTITION p2 VALUES LESS THAN MAXVALUE)$$);
-- no unique key: the expression itself
SELECT my($$CREATE TABLE @r_expression (a int, at date) PARTITION BY RANGE (a * 2 + 1)
    (PARTITION p0 VALUES LESS THAN (11), PARTITION p1 VALUES LESS THAN MAXVALUE)$$);
-- lists
SELECT my($$CREATE TABLE @l_int (a int, flag tinyint(1) NOT NULL DEFAULT 0, KEY (flag)) PARTITION BY LIST (a)
    (PARTITION p0 VALUES IN (1, 2, NULL), PARTITION p1 VALUES IN (-3, 4))$$);
SELECT my($$CREATE TABLE @l_flag (flag tinyint(1)) PARTITION BY LIST (flag)
    (PARTITION off VALUES IN (0), PARTITION `on` VALUES IN (1, NULL))$$);
SELECT my($$CREATE TABLE @l_text (id int, region varchar(10), PRIMARY KEY (id, region)) PARTITION BY LIST COLUMNS (region)
    (PARTITION east VALUES IN ('Boston', 'it''s'), PARTITION west VALUES IN ('LA'))$$);
SELECT my($$CREATE TABLE @l_plain (region varchar(10)) PARTITION BY LIST COLUMNS (region)
    (PARTITION east VALUES IN ('Boston', 'it''s'), PARTITION west VALUES IN ('LA'))$$);
SELECT my($$CREATE TABLE @l_date (at date) PARTITION BY LIST COLUMNS (at)
    (PARTITION p0 VALUES IN ('2020-01-01', '2020-01-02'), PARTITION p1 DEFAULT)$$);
-- hashes
SELECT my($$CREATE TABLE @h_hash (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY HASH (YEAR(at)) PARTITIONS 3$$);
SELECT my($$CREATE TABLE @h_linear (id int) PARTITION BY LINEAR HASH (id) PARTITIONS 2$$);
SELECT my($$CREATE TABLE @h_key (name varchar(20) PRIMARY KEY, note text, KEY (note(10))) PARTITION BY KEY () PARTITIONS 2$$);
SELECT my($$CREATE TABLE @h_linear_key (a int, b enum('x','y')) PARTITION BY LINEAR KEY (a, b) PARTITIONS 2$$);
-- subpartitions
SELECT my($$CREATE TABLE @s_hash (id bigint unsigned NOT NULL, at date NOT NULL, n int AS (id + 1) STORED, CHECK (id > 0), PRIMARY KEY (id, at))
    PARTITION BY RANGE (YEAR(at)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
    (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE)$$);
SELECT my($$CREATE TABLE @s_named (a int NOT NULL, b int) PARTITION BY LIST (a) SUBPARTITION BY KEY (b)
    (PARTITION p0 VALUES IN (1) (SUBPARTITION one COMMENT 'a part', SUBPARTITION two),
     PARTITION p1 VALUES IN (2) (SUBPARTITION three, SUBPARTITION four))$$);
-- these cannot be kept
SELECT my($$CREATE TABLE @x_month (id int, at date, UNIQUE KEY (id, at)) PARTITION BY LIST (MONTH(at))
    (PARTITION p0 VALUES IN (1,2,3,4,5,6), PARTITION p1 VALUES IN (7,8,9,10,11,12,NULL))$$);
SELECT my($$CREATE TABLE @x_text (name varchar(10)) PARTITION BY RANGE COLUMNS (name)
    (PARTITION p0 VALUES LESS THAN ('m'), PARTITION p1 VALUES LESS THAN (MAXVALUE))$$);
SELECT my($$CREATE TABLE @x_touched (id int, at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp())
    PARTITION BY RANGE (UNIX_TIMESTAMP(at)) (PARTITION p0 VALUES LESS THAN MAXVALUE)$$);
SELECT my($$CREATE TABLE @x_pairs (a int, b int) PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((1, 2), (3, 4)))$$);
SELECT my($$CREATE TABLE @x_time (a int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pn CURRENT)$$);

SELECT my($$INSERT INTO @r_int VALUES (1, 'a'), (9, 'b'), (10, 'c'), (20, 'd'), (4000000000, 'e')$$);
SELECT my($$INSERT INTO @r_year VALUES (1, '2020-12-31'), (2, '2021-01-01'), (3, NULL), (3, NULL)$$);
SELECT my($$INSERT INTO @r_days VALUES (1, '2020-02-28 23:59:59.999'), (2, '2020-02-29')$$);
SELECT my($$INSERT INTO @r_days_null VALUES (1, '2020-02-28'), (2, NULL)$$);
SELECT my($$INSERT INTO @r_epoch VALUES (1, '2019-12-31 23:59:59'), (2, '2020-01-01 00:00:00')$$);
SELECT my($$INSERT INTO @r_month VALUES ('2020-01-31 12:00:00'), ('2020-02-01'), ('2020-12-31 23:59:59'), (NULL)$$);
SELECT my($$INSERT INTO @r_columns VALUES (4, '2030-01-01', 'z'), (5, '2020-01-01', 'l'), (5, '2020-01-01', 'm'), (6, '2020-01-01', 'm'), (NULL, '2020-01-01', NULL), (5, '2019-01-01', NULL)$$);
SELECT my($$INSERT INTO @r_small VALUES (99), (100), (255)$$);
SELECT my($$INSERT INTO @r_expression VALUES (4, NULL), (5, NULL), (NULL, NULL)$$);
SELECT my($$INSERT INTO @l_int VALUES (1, 0), (4, 1), (-3, 0), (NULL, 1)$$);
SELECT my($$INSERT INTO @l_flag VALUES (0), (1), (NULL)$$);
SELECT my($$INSERT INTO @l_text VALUES (1, 'Boston'), (2, 'BOSTON'), (3, 'it''s'), (4, 'LA')$$);
SELECT my($$INSERT INTO @l_plain VALUES ('Boston'), ('BOSTON'), ('LA')$$);
SELECT my($$INSERT INTO @l_date VALUES ('2020-01-01'), ('2020-01-03'), (NULL)$$);
SELECT my($$INSERT INTO @h_hash VALUES (1, '2020-01-01'), (2, '2021-01-01'), (3, '2022-01-01')$$);
SELECT my($$INSERT INTO @h_linear VALUES (1), (2), (NULL)$$);
SELECT my($$INSERT INTO @h_key VALUES ('a', 'one word'), ('b', NULL)$$);
SELECT my($$INSERT INTO @h_linear_key VALUES (1, 'x'), (NULL, NULL)$$);
SELECT my($$INSERT INTO @s_hash (id, at) VALUES (1, '2019-01-01'), (2, '2019-01-01'), (3, '2020-01-01'), (4, '2021-01-01')$$);
SELECT my($$INSERT INTO @s_named VALUES (1, 1), (1, NULL), (2, 2)$$);
SELECT my($$INSERT INTO @x_month VALUES (1, '2020-01-01'), (2, '2020-08-01'), (3, NULL)$$);
SELECT my($$INSERT INTO @x_text VALUES ('a'), ('Z')$$);
SELECT my($$INSERT INTO @x_touched VALUES (1, '2020-01-01 00:00:00')$$);
SELECT my($$INSERT INTO @x_pairs VALUES (1, 2), (3, 4)$$);
SELECT my($$INSERT INTO @x_time VALUES (1), (2)$$);

SELECT "table", read, loaded, rejected, status FROM migrate_schema('source', 'ddl_partitions', 'parted') ORDER BY 1;
SELECT relname, pg_get_partkeydef(oid) AS key FROM pg_class
    WHERE relnamespace = 'parted'::regnamespace AND relkind = 'p' ORDER BY 1;
SELECT relname, pg_get_expr(relpartbound, oid) AS bound FROM pg_class
    WHERE relnamespace = 'parted'::regnamespace AND relispartition AND relkind IN ('r', 'p') ORDER BY 1;
-- where the rows are; not of the hashes, which are others here
SELECT tableoid::regclass, id FROM parted.r_int ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.r_year ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.r_days ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.r_days_null ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.r_epoch ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.r_month ORDER BY 2;
SELECT tableoid::regclass, a, b, c FROM parted.r_columns ORDER BY 2, 3, 4;
SELECT tableoid::regclass, a FROM parted.r_small ORDER BY 2;
SELECT tableoid::regclass, a FROM parted.r_expression ORDER BY 2;
SELECT tableoid::regclass, a FROM parted.l_int ORDER BY 2;
SELECT tableoid::regclass, flag FROM parted.l_flag ORDER BY 2;
SELECT tableoid::regclass, region FROM parted.l_plain ORDER BY 2;
SELECT tableoid::regclass, at FROM parted.l_date ORDER BY 2;
SELECT id, at, n, tableoid::regclass::text LIKE 'parted.s_hash_p_sp_' AS in_subpartition FROM parted.s_hash ORDER BY 1;
-- constraints, indexes, comments
SELECT conrelid::regclass AS "table", conname, contype, convalidated FROM pg_constraint
    WHERE connamespace = 'parted'::regnamespace AND conparentid = 0 AND NOT (conislocal AND contype = 'c' AND coninhcount > 0) ORDER BY 1, 2;
SELECT indrelid::regclass AS "table", indexrelid::regclass::text COLLATE "C" AS index, indisvalid FROM pg_index
    JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'parted'::regnamespace AND NOT relispartition ORDER BY 1, 2;
SELECT objoid::regclass, description FROM pg_description
    WHERE classoid = 'pg_class'::regclass AND objoid IN (SELECT oid FROM pg_class WHERE relnamespace = 'parted'::regnamespace) ORDER BY 1;
SELECT object, what, why FROM mysql_migrate.note
    WHERE job = (SELECT max(id) FROM mysql_migrate.job WHERE local_schema = 'parted') ORDER BY object, what;
SELECT DISTINCT v.status FROM mysql_migrate.table_map AS m,
    LATERAL validate('source', format('%I.%I', m.local_schema, m.local_table)) AS v WHERE m.local_schema = 'parted';
-- NULL partitions take nothing else
INSERT INTO parted.r_year VALUES (9, '2022-01-01');
-- the next number is a new one
INSERT INTO parted.r_int (id, v) VALUES (DEFAULT, 'x') RETURNING id > 4000000000 AS is_new;

-- text partitions without regard to case
SELECT "table", loaded, status FROM migrate_schema('source', 'ddl_partitions', 'collated', include => ARRAY['l_text', 'h_key'], options => '{"case_insensitive": "collation"}') ORDER BY 1;
SELECT tableoid::regclass, id, region FROM collated.l_text ORDER BY 2;
INSERT INTO collated.h_key VALUES ('A'), ('c') ON CONFLICT DO NOTHING RETURNING name;

-- all of them plain
SELECT "table", loaded, status FROM migrate_schema('source', 'ddl_partitions', 'plain', options => '{"partitions": "flatten"}') ORDER BY 1;
SELECT count(*) FROM pg_class WHERE relnamespace = 'plain'::regnamespace AND (relkind = 'p' OR relispartition);

-- into a schema that exists, and undone
CREATE SCHEMA there;
CREATE TABLE there.r_year_p2020 ();
SELECT "table", loaded, status FROM migrate_schema('source', 'ddl_partitions', 'there', include => ARRAY['r_year', 's_hash']) ORDER BY 1;
SELECT relid::regclass FROM pg_partition_tree('there.r_year') UNION ALL SELECT relid::regclass FROM pg_partition_tree('there.s_hash');
SELECT migration_rollback(max(id), force => true) > 0 AS undone FROM mysql_migrate.job WHERE local_schema = 'there';
SELECT relname FROM pg_class WHERE relnamespace = 'there'::regnamespace;

DROP SCHEMA parted, plain, there, collated CASCADE;
DROP FUNCTION my;
SELECT mysql_execute('source', 'DROP DATABASE ddl_partitions');
