-- migrate_schema: a small database as a whole, and what it looks like here
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS migrate_schema');
SELECT mysql_execute('source', 'CREATE DATABASE migrate_schema CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
SELECT mysql_execute('source', $$CREATE TABLE migrate_schema.parents (
    id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'the number',
    name varchar(20) NOT NULL DEFAULT 'it''s', kind enum('a','b c') DEFAULT 'a',
    price decimal(8,2) NOT NULL DEFAULT 1.50, flag tinyint(1) NOT NULL DEFAULT 1,
    day date DEFAULT NULL, changed timestamp NOT NULL DEFAULT current_timestamp()
        ON UPDATE current_timestamp(),
    gross decimal(10,4) AS (price * 1.19) STORED,
    UNIQUE KEY name (name), KEY kind (kind, price DESC)) COMMENT 'they have children'$$);
SELECT mysql_execute('source', $$CREATE TABLE migrate_schema.Children (
    parent_id int unsigned NOT NULL, `order` smallint NOT NULL, note text,
    PRIMARY KEY (parent_id, `order`), KEY note (note(10)),
    CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES parents (id) ON DELETE CASCADE)$$);
SELECT mysql_execute('source', $$INSERT INTO migrate_schema.parents (id, name, kind, flag, day, changed)
    VALUES (1, 'one', 'a', 1, '2024-02-29', '2024-01-01 00:00:00'),
           (7, 'Seven', 'b c', 0, NULL, '2024-01-01 00:00:00')$$);
SELECT mysql_execute('source', $$INSERT INTO migrate_schema.Children VALUES (1, 1, 'x'), (1, 2, NULL), (7, 1, 'é')$$);
SELECT mysql_execute('source', 'CREATE VIEW migrate_schema.families AS SELECT p.name, COUNT(c.`order`) AS n FROM migrate_schema.parents p LEFT JOIN migrate_schema.Children c ON c.parent_id = p.id GROUP BY p.name');

-- reads nothing, makes nothing
SELECT count(*) > 0 AS some_steps FROM migration_plan('source', 'migrate_schema', 'moved');
SELECT to_regnamespace('moved');

SELECT "table", read, loaded, rejected, status FROM migrate_schema('source', 'migrate_schema', 'moved') ORDER BY 1;

\d moved.parents
\d moved.children
SELECT enumlabel FROM pg_enum WHERE enumtypid = 'moved.parents_kind'::regtype ORDER BY enumsortorder;
SELECT obj_description('moved.parents'::regclass), col_description('moved.parents'::regclass, 1);
SELECT * FROM moved.parents ORDER BY id;
SELECT * FROM moved.children ORDER BY 1, 2;
SELECT * FROM moved.families ORDER BY name;

-- the next number is a new one
INSERT INTO moved.parents (name) VALUES ('eight') RETURNING id, kind, price, flag, gross;
-- the second unique index knows no case, as MySQL did
INSERT INTO moved.parents (name) VALUES ('SEVEN');
-- ON UPDATE: only when something changes, and not when the statement says what
UPDATE moved.parents SET name = name WHERE id = 1 RETURNING changed;
UPDATE moved.parents SET name = 'uno' WHERE id = 1 RETURNING changed > '2024-01-01 00:00:00';
UPDATE moved.parents SET name = 'one', changed = '2001-01-01' WHERE id = 1 RETURNING changed;
DELETE FROM moved.parents WHERE id = 7;
SELECT count(*) FROM moved.children;

-- the tables are here now
\set VERBOSITY terse
SELECT "table" FROM migrate_schema('source', 'migrate_schema', 'moved');

-- a part of it
SELECT "table", loaded, status FROM migrate_schema('source', 'migrate_schema', 'part', include => ARRAY['parents']);
SELECT relname FROM pg_class WHERE relnamespace = 'part'::regnamespace AND relkind = 'r';

DROP SCHEMA moved, part CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE migrate_schema');
