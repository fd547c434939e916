-- source_options: what can be set where, and what is said about mistakes
\set VERBOSITY default

-- an unknown name: all valid ones are listed, the nearest first
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (hots 'db1');
-- an option of another kind of object
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (table_name 't');
ALTER USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (ADD host 'db1');
-- the wrapper itself has none
ALTER FOREIGN DATA WRAPPER mysql_migrate OPTIONS (ADD host 'db1');

-- values
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (port '0');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (port '3306x');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (port '70000');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (host '');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (compress 'perhaps');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (ssl_mode 'must');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (zero_date 'today');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (fdw_tuple_cost '-1');

-- names that users of other wrappers know are taken, and said to do nothing
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate
    OPTIONS (host 'db1', secure_auth 'true', fetch_size '100');
CREATE FOREIGN TABLE f (a int) SERVER s OPTIONS (table_name 't', query 'SELECT 1');
DROP SERVER s;

-- a file option needs a right of its own
CREATE ROLE mm_options_user;
GRANT USAGE ON FOREIGN DATA WRAPPER mysql_migrate TO mm_options_user;
SET ROLE mm_options_user;
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (socket '/tmp/s');
CREATE SERVER s FOREIGN DATA WRAPPER mysql_migrate OPTIONS (host '127.0.0.1');
-- nobody but a superuser may do without a password
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password_required 'false');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (username 'x');
SELECT * FROM mysql_query('s', 'SELECT 1') AS t(a int);
-- a server of somebody else
SELECT * FROM mysql_query('source', 'SELECT 1') AS t(a int);
RESET ROLE;
SET client_min_messages = warning;
DROP SERVER s CASCADE;
REVOKE USAGE ON FOREIGN DATA WRAPPER mysql_migrate FROM mm_options_user;
DROP ROLE mm_options_user;
