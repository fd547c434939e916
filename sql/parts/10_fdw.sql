/* ------------------------------------------------------------------------
 * Foreign data wrapper: MySQL and MariaDB tables, read where they are
 * ------------------------------------------------------------------------ */

CREATE FUNCTION @extschema@.mysql_migrate_handler() RETURNS fdw_handler
    LANGUAGE c STRICT
    AS 'MODULE_PATHNAME', 'mysql_migrate_handler';
COMMENT ON FUNCTION @extschema@.mysql_migrate_handler()
    IS 'Handler of the foreign data wrapper mysql_migrate.';

CREATE FUNCTION @extschema@.mysql_migrate_validator(text[], oid) RETURNS void
    LANGUAGE c STRICT
    AS 'MODULE_PATHNAME', 'mysql_migrate_validator';
COMMENT ON FUNCTION @extschema@.mysql_migrate_validator(text[], oid)
    IS 'Checks the options of servers, user mappings, foreign tables and their columns.';

CREATE FOREIGN DATA WRAPPER mysql_migrate
    HANDLER @extschema@.mysql_migrate_handler
    VALIDATOR @extschema@.mysql_migrate_validator;
COMMENT ON FOREIGN DATA WRAPPER mysql_migrate
    IS 'MySQL and MariaDB servers: live foreign tables, and the source of migrations.';

/* ------------------------------------------------------------------------
 * Statements of your own, and what there is to know about a server
 *
 * EXECUTE stays with PUBLIC: each function checks USAGE on the server and
 * connects with the user mapping of its caller.
 * ------------------------------------------------------------------------ */

CREATE FUNCTION @extschema@.mysql_query(server text, sql text)
    RETURNS SETOF record
    LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'mysql_migrate_mysql_query';
COMMENT ON FUNCTION @extschema@.mysql_query(text, text)
    IS 'Rows of a remote statement that reads; the column definition list gives the local types. Runs in the read-only remote transaction that the foreign tables of this transaction use, so all see one moment.';

CREATE FUNCTION @extschema@.mysql_execute(server text, sql text)
    RETURNS bigint
    LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'mysql_migrate_mysql_execute';
COMMENT ON FUNCTION @extschema@.mysql_execute(text, text)
    IS 'Runs any remote statement and returns the number of rows it affected. It is committed at MySQL at once, on a connection of its own: a ROLLBACK here does not undo it, and foreign tables already read in this transaction do not show it.';

CREATE FUNCTION @extschema@.mysql_info(server text, OUT name text, OUT value text)
    RETURNS SETOF record
    LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'mysql_migrate_mysql_info';
COMMENT ON FUNCTION @extschema@.mysql_info(text)
    IS 'The remote server: flavour, version, TLS, binlog position, settings that matter to a migration, and what the user may do (may_*: granted anywhere).';

CREATE FUNCTION @extschema@.mysql_connections(OUT server text, OUT local_user text, OUT state text, OUT in_transaction boolean, OUT thread_id bigint)
    RETURNS SETOF record
    LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'mysql_migrate_mysql_connections';
COMMENT ON FUNCTION @extschema@.mysql_connections()
    IS 'Connections to MySQL that this session keeps open. state: idle, reading (a result is not read to its end), autocommit (the one of mysql_execute), invalid (options changed; closed at the end of the transaction), lost. thread_id is MySQL''s CONNECTION_ID().';

CREATE FUNCTION @extschema@.mysql_disconnect(server text)
    RETURNS boolean
    LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'mysql_migrate_mysql_disconnect';
COMMENT ON FUNCTION @extschema@.mysql_disconnect(text)
    IS 'Closes the connections of this session to a server; true if there was one. A connection that the current transaction uses stays open, with a warning.';
