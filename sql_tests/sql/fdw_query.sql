-- fdw_query: statements of the user's own
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS fdw_query');
SELECT mysql_execute('source', 'CREATE DATABASE fdw_query CHARACTER SET utf8mb4');
SELECT mysql_execute('source', 'CREATE TABLE fdw_query.t (a int, b varchar(10))');
-- the number of rows that it touched
SELECT mysql_execute('source', 'INSERT INTO fdw_query.t VALUES (1, ''one''), (2, NULL), (3, ''é'')');
SELECT mysql_execute('source', 'UPDATE fdw_query.t SET b = ''two'' WHERE a = 2');

SELECT * FROM mysql_query('source', 'SELECT a, b FROM fdw_query.t ORDER BY a') AS t(a int, b text);
SELECT * FROM mysql_query('source', '/* comment */ (SELECT COUNT(*) FROM fdw_query.t)') AS t(n bigint);
SELECT * FROM mysql_query('source', 'SELECT NULL, 1.50, x''00ff''') AS t(a int, b numeric, c bytea);

-- the number of columns must agree
SELECT * FROM mysql_query('source', 'SELECT 1, 2') AS t(a int);
-- a value that does not fit its column
SELECT * FROM mysql_query('source', 'SELECT ''x''') AS t(a int);
-- what does not read is for mysql_execute
SELECT * FROM mysql_query('source', 'DROP TABLE fdw_query.t') AS t(a int);
SELECT * FROM mysql_query('source', '/*!50000 DROP TABLE fdw_query.t */') AS t(a int);
-- one statement, not two; MySQL's own words differ between its versions
\set VERBOSITY terse
SELECT * FROM mysql_query('source', 'SELECT 1; DROP TABLE fdw_query.t') AS t(a int);
-- remote mistakes have the SQLSTATE that PostgreSQL has for them
\set VERBOSITY sqlstate
SELECT * FROM mysql_query('source', 'SELECT nothing FROM fdw_query.t') AS t(a int);
SELECT * FROM mysql_query('source', 'SELECT * FROM fdw_query.none') AS t(a int);
SELECT mysql_execute('source', 'INSERT INTO fdw_query.t VALUES (1)');
\set VERBOSITY default
-- a server that is not there
SELECT mysql_execute('no_such_server', 'SELECT 1');
-- the table is still whole
SELECT * FROM mysql_query('source', 'SELECT COUNT(*) FROM fdw_query.t') AS t(n bigint);

SELECT mysql_execute('source', 'DROP DATABASE fdw_query');
