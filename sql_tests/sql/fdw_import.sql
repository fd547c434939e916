-- fdw_import: IMPORT FOREIGN SCHEMA and what it says when it cannot
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS fdw_import');
SELECT mysql_execute('source', 'CREATE DATABASE fdw_import CHARACTER SET utf8mb4');
SELECT mysql_execute('source', 'CREATE TABLE fdw_import.a (id int unsigned NOT NULL PRIMARY KEY, `Mixed Name` varchar(5), `select` int)');
SELECT mysql_execute('source', 'CREATE TABLE fdw_import.b (id int)');
SELECT mysql_execute('source', 'CREATE TABLE fdw_import.`C d` (id int)');
SELECT mysql_execute('source', 'INSERT INTO fdw_import.a VALUES (1, ''one'', 10), (4294967295, NULL, NULL)');
SELECT mysql_execute('source', 'CREATE VIEW fdw_import.v AS SELECT id, `select` + 1 AS more FROM fdw_import.a');
SET client_min_messages = warning;
CREATE SCHEMA fdw_import;

-- all of it
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER source INTO fdw_import;
SELECT relname FROM pg_class WHERE relnamespace = 'fdw_import'::regnamespace ORDER BY relname COLLATE "C";
\d fdw_import.a
SELECT * FROM fdw_import.a ORDER BY id;
SELECT * FROM fdw_import.v ORDER BY id;
DROP SCHEMA fdw_import CASCADE;

-- some of it
CREATE SCHEMA fdw_import;
IMPORT FOREIGN SCHEMA fdw_import LIMIT TO (b) FROM SERVER source INTO fdw_import;
SELECT relname FROM pg_class WHERE relnamespace = 'fdw_import'::regnamespace;
DROP SCHEMA fdw_import CASCADE;
CREATE SCHEMA fdw_import;
IMPORT FOREIGN SCHEMA fdw_import EXCEPT (a, v) FROM SERVER source INTO fdw_import;
SELECT relname FROM pg_class WHERE relnamespace = 'fdw_import'::regnamespace ORDER BY relname COLLATE "C";

-- a database that is not there
IMPORT FOREIGN SCHEMA fdw_import_none FROM SERVER source INTO fdw_import;
-- an option that is not there
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER source INTO fdw_import OPTIONS (import_defualt 'true');

\set VERBOSITY sqlstate
-- a table that went away after it was imported
SELECT mysql_execute('source', 'DROP TABLE fdw_import.b');
SELECT * FROM fdw_import.b;
-- a column that went away
CREATE FOREIGN TABLE fdw_import.a (id bigint, gone int) SERVER source OPTIONS (dbname 'fdw_import', table_name 'a');
SELECT gone FROM fdw_import.a;
-- one that does not matter for the query
SELECT count(*) FROM fdw_import.a;

DROP SCHEMA fdw_import CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE fdw_import');
