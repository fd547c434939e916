#!/bin/bash
# sql_tests/t/types.sh
#   Every type of the type table, with the edges of its values, through the
#   foreign data wrapper, the loader and validate.
#
# The values are in sql_tests/data/type_edges.txt.  A rule of the type table
# without edges fails, and so does one that README.md does not show.
. "$(dirname "$0")/../tools/testlib.sh"

VERSION=$(my "SELECT VERSION()")

edges()
{
	"$PROJECT/sql_tests/tools/type_edges.py" "$1" "$VERSION" "${@:2}"
}

# What a command of edges says must be nothing.
clean()					# NAME COMMAND [ARGUMENT...]
{
	local output status name=$1
	shift

	output=$(edges "$@" 2>&1)
	status=$?
	ok $status "$name" "$output"
}

# ------------------------------------------------------------- the corpus

tl_mysql_database types
edges create >"$TL_DIR/create.sql"
sv_mysql types <"$TL_DIR/create.sql" >"$TL_DIR/create" 2>&1
ok $? "the corpus is in MySQL" "$(cat "$TL_DIR/create")"
tl_database types

is "$(q "SELECT mysql_type || '|' || coalesce(condition, '')
		FROM mysql_migrate.type_table()" | sort)" "$(edges rules | sort)" \
	"every rule of the type table has edges"

is "$(sed -n '/^### Types/,/^##* [^T]/ { /^| [a-z]/p }' "$PROJECT/README.md")" \
	"$(q "SELECT format('| %s%s | %s |', string_agg(mysql_type, ', ' ORDER BY rule),
			' ' || condition, coalesce(local_type, 'enum type \`table_column\`'))
		FROM mysql_migrate.type_table() GROUP BY condition, local_type
		ORDER BY min(rule)")" \
	"README.md shows the type table"

# -------------------------------------------------------- migrated, by runs

# Foreign tables with the columns of the migrated ones.
foreign_tables()		# SCHEMA OTHER
{
	sv_psql -q >"$TL_DIR/out" 2>&1 <<-SQL
	SELECT format('CREATE FOREIGN TABLE $2.%I (%s) SERVER source'
	              ' OPTIONS (table_name %L)', relname,
	              string_agg(format('%I %s', attname,
	                                format_type(atttypid, atttypmod)),
	                         ', ' ORDER BY attnum), relname)
	  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
	 WHERE relnamespace = '$1'::regnamespace AND relkind = 'r' AND attnum > 0
	 GROUP BY relname \gexec
	SQL
}

# A run is a schema, with the options that its rules ask for.
migrate()				# RUN OPTIONS
{
	local tables

	tables=$(edges tables "$1")
	[ -n "$tables" ] || return
	q "CREATE SCHEMA run_$1" >"$TL_DIR/out"
	is "$(q "SELECT count(*), sum(read - loaded), sum(rejected)
		FROM migrate_schema('source', local_schema => 'run_$1',
			include => '{$tables}', options => '$2')" | tail -n 1)" \
		"$(tr ',' '\n' <<<"$tables" | wc -l)|0|0" \
		"$1: every row of every table is loaded"
	clean "$1: every value is loaded as it was" check "run_$1" "$1"
	q "CREATE SCHEMA fdw_$1" >"$TL_DIR/out"
	foreign_tables "run_$1" "fdw_$1"
	clean "$1: foreign tables show the same" values "fdw_$1" "$1"
}

migrate default '{}'
migrate json '{"json": "json"}'
migrate text '{"json": "text", "enum": "text", "set": "text"}'
if [ "$(q "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")" = 1 ]; then
	q "CREATE SCHEMA \"Post GIS\"" >"$TL_DIR/out"
	q "CREATE EXTENSION postgis SCHEMA \"Post GIS\"" >"$TL_DIR/out"
	q "ALTER DATABASE types SET search_path = public, \"Post GIS\"" >"$TL_DIR/out"
	migrate postgis '{}'
	my "CREATE TABLE places (id int PRIMARY KEY, at point NOT NULL, SPATIAL KEY place_at (at));
		INSERT INTO places VALUES (1, ST_GeomFromText('POINT(7 47)', 4326)),
			(2, ST_GeomFromText('POINT(1 2)', 1000000))" types
	is "$(q "SELECT read, loaded, rejected FROM migrate_table('source', 'places',
			on_error => 'reject')" 2>/dev/null | tail -n 1)" "2|1|1" \
		"a SRID that PostGIS would change is rejected"
	is "$(q "SELECT ST_AsEWKT(at) FROM places;
		SELECT pg_get_indexdef('place_at'::regclass)" 2>&1)" \
		"SRID=4326;POINT(7 47)
CREATE INDEX place_at ON public.places USING gist (at)" \
		"a spatial index is a GiST index"
	q "DROP TABLE places; DELETE FROM mysql_migrate.table_map WHERE local_table = 'places'" >"$TL_DIR/out"
	my "DROP TABLE places" types
else
	skip "geometries of PostGIS: it is not installed"
fi

# ------------------------------------------------- by a rule, as text
# Everything that is no bytes; read back, it is the value it was.

q "INSERT INTO mysql_migrate.rule (server, pattern, action, value)
	VALUES ('source', 'e*.v*', 'type', 'text')" >"$TL_DIR/out" 2>&1
q "CREATE SCHEMA rule_text" >"$TL_DIR/out"
q "SELECT 1 FROM migrate_schema('source', local_schema => 'rule_text', include => '{$(
	edges tables default | tr ',' '\n' |
		grep -v -e binary -e blob -e e22_char -e e23_varchar | tr '\n' ',' | sed 's/,$//')}')" \
	>"$TL_DIR/out" 2>&1
q "DELETE FROM mysql_migrate.rule" >>"$TL_DIR/out" 2>&1
sv_psql -q -A -t >"$TL_DIR/different" 2>&1 <<-'SQL'
	CREATE FUNCTION pg_temp.different(text, text, text, text) RETURNS bigint
	LANGUAGE plpgsql AS $$
	DECLARE result bigint; back text;
	BEGIN
		back := CASE
			WHEN $3 = 'text[]' THEN format('string_to_array(t.v%s, '','') IS DISTINCT FROM d.v%s', $2, $2)
			WHEN $3 = 'bytea' THEN format('decode(t.v%s, ''hex'') IS DISTINCT FROM d.v%s', $2, $2)
			WHEN $3 = 'real[]' THEN format('translate(t.v%s, ''[]'', ''{}'')::real[] IS DISTINCT FROM d.v%s', $2, $2)
			WHEN $3 = 'point' THEN format('(t.v%s IS NULL) <> (d.v%s IS NULL)', $2, $2)
			ELSE format('t.v%s::%s::text IS DISTINCT FROM d.v%s::text', $2, $4, $2) END;
		EXECUTE format('SELECT count(*) FROM rule_text.%I AS t FULL JOIN
			run_default.%I AS d USING (id) WHERE %s', $1, $1, back) INTO result;
		RETURN result;
	END $$;
	SET timezone = 'UTC';
	SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid,
		format_type(atttypid, atttypmod) AS type
	 WHERE relnamespace = 'run_default'::regnamespace AND relkind = 'r' AND attnum > 1
	   AND to_regclass('rule_text.' || quote_ident(relname)) IS NOT NULL AND type !~ '^bit'
	   AND pg_temp.different(relname, substr(attname, 2), type, type) > 0;
SQL
is "$(cat "$TL_DIR/different")" "" "every value is the same through text"
is "$(q "SELECT count(*) > 30 FROM pg_class WHERE relnamespace = 'rule_text'::regnamespace
	AND relkind = 'r'")" t "of every type but bytes" "$(cat "$TL_DIR/out")"

# ------------------------------------------------------------------ validate

is "$(q "SELECT status, count(*) FROM validate('source') GROUP BY status")" \
	"equal|$(q "SELECT count(*) FROM pg_class WHERE relkind = 'r'
		AND relnamespace::regnamespace::text ~ '^(run|rule)_'")" \
	"validate finds every table equal"

# Every row gets the values of the next one; what is then another value is
# what validate must find, column by column.
sv_psql -q -v ON_ERROR_STOP=1 >"$TL_DIR/out" 2>&1 <<-'SQL'
	CREATE TABLE moved (schema text, "table" text, id int, "column" text);
	DO $$
	DECLARE t record; columns text; a text; number int;
	BEGIN
		FOR t IN SELECT oid::regclass AS name, relnamespace::regnamespace::text
			AS schema, relname, oid FROM pg_class WHERE relkind = 'r'
			AND relnamespace::regnamespace::text ~ '^(run|rule)_'
		LOOP
			EXECUTE format('CREATE TEMP TABLE before AS TABLE %s', t.name);
			EXECUTE 'SELECT count(*) FROM before' INTO number;
			SELECT string_agg(quote_ident(attname), ', ') INTO columns
			  FROM pg_attribute WHERE attrelid = t.oid AND attnum > 1;
			EXECUTE format('UPDATE %s AS t SET (%s) = (SELECT %s FROM before
				WHERE id = t.id %% %s + 1)', t.name, columns, columns, number);
			FOREACH a IN ARRAY string_to_array(columns, ', ')
			LOOP
				EXECUTE format('INSERT INTO moved SELECT %L, %L, id, %L
					FROM %s AS t JOIN before AS b USING (id)
					WHERE t.%I::text IS DISTINCT FROM b.%I::text',
					t.schema, t.relname, a, t.name, a, a);
			END LOOP;
			DROP TABLE before;
		END LOOP;
	END $$;
SQL
ok $? "values are moved" "$(cat "$TL_DIR/out")"
is "$(q "SELECT status, count(*) FROM validate('source') GROUP BY status")" \
	"differs|$(q 'SELECT count(DISTINCT (schema, "table")) FROM moved')" \
	"validate finds every table different"
is "$(q 'WITH found AS (
		SELECT local_schema, table_name, (key->>$$id$$)::int, unnest(columns)
		  FROM mysql_migrate.difference)
	(TABLE found EXCEPT TABLE moved) UNION ALL
	(TABLE moved EXCEPT TABLE found)')" "" \
	"validate names every value that differs, and no other"
tl_done
