-- setup: the extension, and the server "source" that all other tests use
--
-- MYSQL_HOST, MYSQL_PORT, MYSQL_USER and MYSQL_PASSWORD name the MySQL or
-- MariaDB server; its user has to be able to create databases.
\set host `echo "${MYSQL_HOST:-127.0.0.1}"`
\set port `echo "${MYSQL_PORT:-3306}"`
\set user `echo "${MYSQL_USER:-root}"`
\set password `echo "${MYSQL_PASSWORD:-}"`
CREATE EXTENSION mysql_migrate;
CREATE SERVER source FOREIGN DATA WRAPPER mysql_migrate
    OPTIONS (host :'host', port :'port');
CREATE USER MAPPING FOR CURRENT_USER SERVER source
    OPTIONS (username :'user', password :'password');
-- it can be reached
SELECT * FROM mysql_query('source', 'SELECT 1') AS t(one int);
