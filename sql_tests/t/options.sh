#!/bin/bash
# sql_tests/t/options.sh
#   Keys of the argument "options" that belong to the plan of a migration.
. "$(dirname "$0")/../tools/testlib.sh"

migrate()				# SCHEMA OPTIONS [ARGUMENTS]
{
	q "SET client_min_messages = error;
		SELECT \"table\", read, loaded, status FROM migrate_schema('source',
			local_schema => '$1', options => '$2'${3:+, $3}) ORDER BY 1"
}

objects()				# SCHEMA: its relations and constraints
{
	q "SELECT string_agg(name, ' ' ORDER BY name COLLATE \"C\") FROM (
		SELECT relname FROM pg_class WHERE relnamespace = '$1'::regnamespace
		UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = '$1'::regnamespace) AS n (name)"
}

columns()				# SCHEMA.TABLE
{
	q "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = '$1'::regclass AND attnum > 0"
}

tl_mysql_database options
my "
CREATE TABLE OrderLine (Id int AUTO_INCREMENT PRIMARY KEY, kindOf enum('a','b') NOT NULL,
	flag tinyint(1), big bigint unsigned, UNIQUE KEY (big));
INSERT INTO OrderLine (kindOf, flag, big) VALUES ('a', 1, 5), ('b', 0, 6);
CREATE TABLE child (id int PRIMARY KEY, p int, KEY by_p (p),
	CONSTRAINT child_p FOREIGN KEY (p) REFERENCES OrderLine (Id), CONSTRAINT positive CHECK (id > 0));
INSERT INTO child VALUES (1, 1), (2, 2);
CREATE TABLE tmp_1 (i int); CREATE TABLE tmp_2 (i int);
CREATE VIEW seen AS SELECT id FROM child;
" options
tl_database options

# ------------------------------------------------------------ names and types
migrate b '{"identifiers": "snake", "enum": "check", "inspect": "off"}' >/dev/null
is "$(columns b.order_line)" \
	'id integer, kind_of text, flag smallint, big numeric(20,0)' \
	'identifiers, enum and inspect'
like "$(q "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'b.order_line'::regclass AND contype = 'c'")" \
	"'a'.*'b'" 'enum: a check of its labels'
migrate c '{"identifiers": "keep", "enum": "text"}' >/dev/null
is "$(columns 'c."OrderLine"')" 'Id integer, kindOf text, flag boolean, big bigint' \
	'identifiers keep, enum text'

# ----------------------------------------------------------------- phases
is "$(migrate whole '{}' "exclude => '{tmp_*}'")" 'child|2|2|ok
orderline|2|2|ok' 'exclude: wildcards'
is "$(migrate a '{"phases": "schema"}' "exclude => '{tmp_*}'")" 'child|0|0|ok
orderline|0|0|ok' 'phases: schema only'
is "$(objects a)" 'child orderline orderline_id_seq' 'phases: schema is tables and next values'
is "$(migrate a '{"phases": ["data"]}' "include => '{child,OrderLine}'")" 'child|2|2|ok
orderline|2|2|ok' 'phases: data only, into empty tables'
tl_fails 'data again' 42P07 'exist in schema "a" already' \
	"SELECT FROM migrate_schema('source', local_schema => 'a', include => '{child,OrderLine}', options => '{\"phases\": [\"data\"]}');"
is "$(migrate a '{"phases": ["indexes", "constraints", "views"]}' "exclude => '{tmp_*}'")" 'child|0|0|ok
orderline|0|0|ok' 'phases: the rest'
is "$(objects a)" "$(objects whole)" 'phases: one after the other make the same'
is "$(q 'SELECT count(*) FROM a.orderline')" 2 'phases: no row is loaded twice'
tl_fails 'no table' 42P01 'does not exist' \
	"SELECT FROM migrate_schema('source', local_schema => 'a', options => '{\"phases\": [\"indexes\"]}');"
is "$(migrate onlyview '{}' "include => '{child,seen}'"; objects onlyview)" \
	'child|2|2|warning
by_p child child_pkey child_pkey positive seen' 'include: tables and views by name'

# ------------------------------------------------------- statements and owner
q "DROP ROLE IF EXISTS options_owner" >/dev/null
q "CREATE ROLE options_owner; CREATE TABLE public.done (what text)"
migrate d '{"owner": "options_owner",
	"before_sql": "INSERT INTO public.done VALUES ($$before$$)",
	"after_sql": "INSERT INTO public.done SELECT $$after $$ || count(*) FROM d.child"}' >/dev/null
is "$(q 'TABLE public.done')" 'before
after 2' 'before_sql and after_sql'
is "$(q "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'd'::regnamespace
	UNION SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'd'")" options_owner 'owner'
tl_fails 'before_sql that fails' 42P01 'does not exist' \
	"SELECT FROM migrate_schema('source', local_schema => 'e', options => '{\"before_sql\": \"TABLE nope\"}');"
is "$(q "SELECT count(*) FROM pg_namespace WHERE nspname = 'e'")" 0 \
	'before_sql that fails: nothing is made'
q "DROP OWNED BY options_owner; DROP ROLE options_owner"

# ---------------------------------------------------------------- validate
is "$(migrate f '{"validate": "checksum"}' "include => '{child,OrderLine}'")" 'child|2|2|ok
orderline|2|2|ok' 'validate: checksum'
is "$(q "SELECT count(*) FROM mysql_migrate.task WHERE kind = 'compare' AND state = 'done'
	AND job = (SELECT max(id) FROM mysql_migrate.job)")" 2 'validate: every table was compared'
q "CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.p := NULL; RETURN NEW; END';
	CREATE TABLE f.spoilt (id int PRIMARY KEY, p int);
	CREATE TRIGGER spoil BEFORE INSERT ON f.spoilt FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION public.spoil()"
tl_fails 'rows that differ' HV000 'failed' \
	"SELECT FROM migrate_table('source', 'child', 'f.spoilt', on_existing => 'append', options => '{\"validate\": \"checksum\"}');"
like "$OUTPUT" 'differs from MySQL' 'validate: a table that differs has failed'
is "$(q "SELECT key, columns, local, remote FROM mysql_migrate.difference WHERE table_name = 'spoilt'")" \
	'{"id": 2}|{p}|{"p": null}|{"p": "2"}' 'validate: and the row is named'
is "$(q "SET client_min_messages = error; SELECT status FROM migrate_table('source', 'child', 'f.counted', options => '{\"validate\": \"count\"}')")" \
	warning 'validate: count'

# ------------------------------------------------------------------- mistakes
bad()					# NAME SQLSTATE MESSAGE HINT OPTIONS
{
	tl_fails "$1" "$2" "$3" \
		"SELECT FROM migrate_schema('source', local_schema => 'x', options => '$5');"
	like "$HINT" "$4" "$1: the hint names a good one"
}
bad 'a misspelt key' 22023 'unknown option "validat"' '"validate"' '{"validat": "count"}'
bad 'a misspelt value' 22023 'invalid value for "validate": "chcksum"' 'meant "checksum"' '{"validate": "chcksum"}'
bad 'a misspelt phase' 22023 'invalid value for "phases": "indices"' '"indexes"' '{"phases": ["indices"]}'
bad 'an unknown owner' 42704 'role "nobody_x" does not exist' 'CREATE ROLE' '{"owner": "nobody_x"}'
bad 'an unknown configuration' 42704 'text search configuration "klingon"' 'pg_ts_config' '{"text_search_config": "klingon"}'
bad 'an unknown zone' 22023 'invalid value for "datetime_zone"' 'pg_timezone_names' '{"datetime_zone": "Mars/Phobos"}'
tl_fails 'a misspelt argument' 22023 'invalid value for "on_existing": "replac"' \
	"SELECT FROM migrate_schema('source', local_schema => 'x', on_existing => 'replac');"
like "$HINT" 'meant "replace"' 'a misspelt argument: the hint names a good one'
is "$(q "SELECT count(*) FROM pg_namespace WHERE nspname = 'x'")" 0 'no mistake makes anything'
tl_done
