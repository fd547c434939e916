-- sql_tests/tools/demo.sql
--   What the demonstration types.  Variables: port and password of MariaDB.

\pset format wrapped
\pset columns 120
\set ECHO queries
CREATE EXTENSION mysql_migrate;

CREATE SERVER mysql_srv FOREIGN DATA WRAPPER mysql_migrate
    OPTIONS (host '127.0.0.1', port :'port', dbname 'shop');

\set ECHO none
\echo 'CREATE USER MAPPING FOR CURRENT_USER SERVER mysql_srv'
\echo '    OPTIONS (username ''mover'', password ''...'');'
CREATE USER MAPPING FOR CURRENT_USER SERVER mysql_srv
    OPTIONS (username 'mover', password :'password');
\echo
\set ECHO queries
\timing on

SELECT severity, object, finding FROM migration_check('mysql_srv');

SELECT * FROM migrate_schema('mysql_srv');

SELECT * FROM validate('mysql_srv');

\timing off
SELECT * FROM fix_sequences('mysql_srv');

SELECT severity, object, what FROM mysql_migrate.todo;

SELECT o.id, c.full_name, o.status, o.total, o.deliver_within
  FROM "order" AS o JOIN customers AS c ON c.id = o.customer_id
 ORDER BY o.placed_at DESC LIMIT 3;
\set ECHO none
