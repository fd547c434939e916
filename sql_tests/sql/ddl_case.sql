-- ddl_case: text that MySQL compares without regard to case, in each of the ways
SET client_min_messages = warning;
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS ddl_case');
SELECT mysql_execute('source', 'CREATE DATABASE ddl_case CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci');
SELECT mysql_execute('source', $$CREATE TABLE ddl_case.people (
    id int PRIMARY KEY, name varchar(20) NOT NULL UNIQUE,
    code varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, note text,
    KEY note (note(5)), FULLTEXT KEY words (note),
    CHECK (name <> 'nobody'))$$);
SELECT mysql_execute('source', $$INSERT INTO ddl_case.people VALUES
    (1, 'Anna', 'a', 'one word'), (2, 'bert', 'BERT', 'ONE thing')$$);
SELECT mysql_execute('source', $$CREATE TABLE ddl_case.visits (
    name varchar(20), FOREIGN KEY (name) REFERENCES people (name))$$);
SELECT mysql_execute('source', $$INSERT INTO ddl_case.visits VALUES ('ANNA'), ('Bert'), ('anna')$$);
-- what looks for a part of a text, and what compares the whole
SELECT mysql_execute('source', $$CREATE VIEW ddl_case.v AS SELECT id, name = 'ANNA' AS is_anna,
    name LIKE 'AN%' AS likes, LOCATE('NN', name) AS place, REPLACE(name, 'n', 'm') AS replaced,
    name REGEXP '^b' AS matches, name = code AS same, BINARY name = 'anna' AS exact,
    SUBSTRING_INDEX(note, ' ', 1) AS first, UPPER(name) AS upper FROM ddl_case.people$$);
SELECT mysql_execute('source', $$CREATE VIEW ddl_case.per_name AS SELECT COUNT(*) AS n FROM ddl_case.visits GROUP BY name$$);

-- one collation for all of them
SELECT "table", loaded, status FROM migrate_schema('source', 'ddl_case', 'collated', options => '{"case_insensitive": "collation"}') ORDER BY 1;
SELECT collname, collprovider, collisdeterministic FROM pg_collation WHERE collnamespace = 'collated'::regnamespace;
SELECT attname, collname FROM pg_attribute a JOIN pg_collation c ON c.oid = attcollation
    WHERE attrelid = 'collated.people'::regclass AND attnum > 0 ORDER BY attnum;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'collated' ORDER BY 1;
SELECT * FROM collated.v ORDER BY id;
SELECT * FROM collated.per_name ORDER BY n;
SELECT count(*) FROM collated.people WHERE name = 'BERT';
SELECT conname, convalidated FROM pg_constraint WHERE conrelid IN ('collated.people'::regclass, 'collated.visits'::regclass) ORDER BY 1;
-- the unique key knows no case
INSERT INTO collated.people VALUES (3, 'aNNa');
-- the same check, in the same words
INSERT INTO collated.people VALUES (3, 'NOBODY');
-- a second migration into the schema shares the collation
SELECT mysql_execute('source', 'CREATE TABLE ddl_case.more (name varchar(20) PRIMARY KEY)');
SELECT "table", status FROM migrate_schema('source', 'ddl_case', 'collated', include => ARRAY['more'], options => '{"case_insensitive": "collation", "phases": ["schema", "data", "indexes"]}');
SELECT count(*) FROM pg_collation WHERE collnamespace = 'collated'::regnamespace;
SELECT DISTINCT v.status FROM mysql_migrate.table_map AS m,
    LATERAL validate('source', format('%I.%I', m.local_schema, m.local_table)) AS v WHERE m.local_schema = 'collated';
SELECT mysql_execute('source', 'DROP TABLE ddl_case.more');

-- undone with the rest
DROP TABLE collated.more;
SELECT migration_rollback(min(id), force => true) > 0 AS undone FROM mysql_migrate.job WHERE local_schema = 'collated';
SELECT to_regnamespace('collated');

-- citext asks for its extension
\set VERBOSITY terse
SELECT * FROM migrate_schema('source', 'ddl_case', 'citexts', options => '{"case_insensitive": "citext"}');
\set VERBOSITY default
CREATE SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
SELECT "table", loaded, status FROM migrate_schema('source', 'ddl_case', 'citexts', options => '{"case_insensitive": "citext"}') ORDER BY 1;
SELECT attname, atttypid::regtype FROM pg_attribute
    WHERE attrelid = 'citexts.people'::regclass AND attnum > 0 ORDER BY attnum;
SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'citexts.people'::regclass ORDER BY 1;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'citexts' ORDER BY 1;
SELECT * FROM citexts.people ORDER BY id;
SET search_path = public, extensions;
SELECT count(*) FROM citexts.people WHERE name = 'BERT';
SELECT * FROM citexts.per_name ORDER BY n;
-- the unique key knows no case
INSERT INTO citexts.people VALUES (3, 'aNNa');
-- the length is kept
INSERT INTO citexts.people VALUES (3, 'a name of more than twenty characters');
SELECT DISTINCT v.status FROM mysql_migrate.table_map AS m,
    LATERAL validate('source', format('%I.%I', m.local_schema, m.local_table)) AS v WHERE m.local_schema = 'citexts';
RESET search_path;

-- left as it is
SELECT "table", status FROM migrate_schema('source', 'ddl_case', 'ignored', options => '{"case_insensitive": "ignore"}') ORDER BY 1;
SELECT indexname FROM pg_indexes WHERE schemaname = 'ignored' ORDER BY 1;

DROP SCHEMA citexts, ignored, extensions CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE ddl_case');
