-- migrate_rejects: values that PostgreSQL cannot hold are never lost in silence
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE SCHEMA migrate_rejects;
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS migrate_rejects');
SELECT mysql_execute('source', 'CREATE DATABASE migrate_rejects CHARACTER SET utf8mb4');
SELECT mysql_execute('source', $$CREATE TABLE migrate_rejects.nul (id int PRIMARY KEY, t text)$$);
SELECT mysql_execute('source', $$INSERT INTO migrate_rejects.nul VALUES (1, 'good'), (2, CONCAT('a', CHAR(0), 'b')), (3, 'good too')$$);

ALTER SERVER source OPTIONS (ADD dbname 'migrate_rejects');
-- the messages hold the number of the job
\set VERBOSITY sqlstate

-- by default the table is stopped, and an error says why
SELECT * FROM migrate_table('source', 'nul', 'migrate_rejects.stopped');
SELECT to_regclass('migrate_rejects.stopped');

-- rejected: listed with key, column and bytes
SELECT read, loaded, rejected, status FROM migrate_table('source', 'nul', 'migrate_rejects.rejected', on_error => 'reject');
SELECT * FROM migrate_rejects.rejected ORDER BY id;
SELECT table_name, key, column_name, value, sqlstate FROM mysql_migrate.reject ORDER BY id DESC LIMIT 1;

-- or changed, because the user said so
SELECT read, loaded, rejected FROM migrate_table('source', 'nul', 'migrate_rejects.stripped', options => '{"nul": "strip"}');
SELECT * FROM migrate_rejects.stripped ORDER BY id;

-- where_clause: the rest is not read
SELECT read, loaded, status FROM migrate_table('source', 'nul', 'migrate_rejects.some', where_clause => 'id <> 2');

-- into a table that is here, by the names of its columns
CREATE TABLE migrate_rejects.mine (extra int DEFAULT 5, t varchar(4), id bigint);
SELECT read, loaded, rejected, status FROM migrate_table('source', 'nul', 'migrate_rejects.mine', where_clause => 'id = 1', on_existing => 'append');
SELECT * FROM migrate_rejects.mine;
-- a value that is too long for it is rejected, not cut
SELECT read, loaded, rejected, status FROM migrate_table('source', 'nul', 'migrate_rejects.mine', where_clause => 'id = 3', on_existing => 'append', on_error => 'reject');
SELECT count(*) FROM migrate_rejects.mine;

-- a zero date in a key can be neither loaded nor NULL: named, and missing here
SELECT mysql_execute('source', $$CREATE TABLE migrate_rejects.days (day date PRIMARY KEY, n int)$$);
SELECT mysql_execute('source', $$INSERT INTO migrate_rejects.days VALUES ('2024-02-29', 1), ('0000-00-00', 2)$$);
SELECT read, loaded, rejected, status FROM migrate_table('source', 'days', 'migrate_rejects.days', on_error => 'reject');
SELECT key, column_name, value, sqlstate, reason FROM mysql_migrate.reject ORDER BY id DESC LIMIT 1;
SELECT rows_local, rows_remote, missing, changed, extra, status FROM validate('source', 'migrate_rejects.days');
SELECT key, state FROM mysql_migrate.difference WHERE table_name = 'days';

ALTER SERVER source OPTIONS (DROP dbname);
DROP SCHEMA migrate_rejects CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE migrate_rejects');
