-- fdw_cursor: several readers on one connection, and such as end half-way
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS fdw_cursor');
SELECT mysql_execute('source', 'CREATE DATABASE fdw_cursor');
SELECT mysql_execute('source', 'CREATE TABLE fdw_cursor.t (a int PRIMARY KEY, b varchar(100))');
SELECT mysql_execute('source', 'INSERT INTO fdw_cursor.t VALUES (1, ''x''), (2, ''x''), (3, ''x''), (4, ''x'')');
SELECT mysql_execute('source', 'INSERT INTO fdw_cursor.t
	SELECT x.a + y.a * 4 + z.a * 16, REPEAT(x.b, 100) FROM fdw_cursor.t AS x, fdw_cursor.t AS y, fdw_cursor.t AS z');
CREATE SCHEMA fdw_cursor;
IMPORT FOREIGN SCHEMA fdw_cursor FROM SERVER source INTO fdw_cursor;

-- two in turn: the rest of the first one's rows waits here
BEGIN;
DECLARE one CURSOR FOR SELECT a FROM fdw_cursor.t;
DECLARE two CURSOR FOR SELECT a, length(b) FROM fdw_cursor.t WHERE a > 2;
FETCH 2 FROM one;
FETCH 2 FROM two;
FETCH 2 FROM one;
CLOSE two;
MOVE ALL FROM one;
COMMIT;

-- one that fails in a subtransaction, and is closed: it stands in nobody's way
BEGIN;
DECLARE one CURSOR FOR SELECT a, 1 / (a - 3) FROM fdw_cursor.t;
FETCH 1 FROM one;
SAVEPOINT here;
FETCH 2 FROM one;
ROLLBACK TO here;
FETCH 1 FROM one;
ROLLBACK TO here;
CLOSE one;
SELECT count(*), sum(a) FROM fdw_cursor.t;
SELECT count(*), sum(length(x.b)) FROM fdw_cursor.t AS x JOIN fdw_cursor.t AS y USING (a);
COMMIT;

-- one that was opened there goes with it
BEGIN;
SAVEPOINT here;
DECLARE one CURSOR FOR SELECT a FROM fdw_cursor.t;
FETCH 1 FROM one;
ROLLBACK TO here;
SELECT count(*) FROM fdw_cursor.t;
COMMIT;

SET client_min_messages = warning;
DROP SCHEMA fdw_cursor CASCADE;
RESET client_min_messages;
SELECT mysql_execute('source', 'DROP DATABASE fdw_cursor');
