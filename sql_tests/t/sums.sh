#!/bin/bash
# sql_tests/t/sums.sh
#   The two halves of validate's checksums come to the same, whatever the server
#   and the type: what is equal is read once, and what is not is named.
#
# It needs no particular server, see sql_tests/tools/matrix.sh.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"

load matrix_sums "$PROJECT/sql_tests/data/matrix.sql"
tl_database matrix_sums
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null 2>&1
tables=$(q "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
	  AND NOT relispartition")
by_value=$(q "SELECT DISTINCT 'rows ' || attrelid::regclass FROM pg_attribute
	WHERE atttypid = 'jsonb'::regtype AND attrelid IN (SELECT oid FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')")

verdicts()
{
	q "SELECT \"table\", missing, changed, extra, status
		FROM validate('source') ORDER BY 1" -F ' ' | grep -v '^[NHWD]'
}

# ---- equal

tl_log
verdicts=$(verdicts)
reads=$(tl_reads matrix_sums | tr '[:upper:]' '[:lower:]')
is "$verdicts" "$(printf '%s 0 0 0 equal\n' $tables)" "every table is equal"
# But for jsonb, whose text is not MySQL's: it is compared value by value.
is "$reads" "${by_value:+$by_value
}$(printf 'sum %s\n' $tables)" \
	"one statement for each table says so, and no row is read"

# ---- a value of each column is another

# One row gets NULL, then the value of another row, if there is another.  Each
# time validate has to name it, and that column; columns that are computed from
# it may be named too.  What it did not is printed.
q "ALTER TABLE features DROP CONSTRAINT by_name; DROP INDEX by_name_ci" >/dev/null
printf "CREATE VIEW columns AS
	SELECT relname, attname, format_type(a.atttypid, a.atttypmod) AS type,
		(SELECT string_agg(format('%%1\$L, %%1\$I', k.attname), ', ')
		   FROM pg_index, pg_attribute AS k
		  WHERE indrelid = c.oid AND indisprimary
		    AND k.attrelid = c.oid AND k.attnum = ANY (indkey)) AS key,
		(SELECT coalesce(array_agg(g.attname::text), '{}') FROM pg_attribute AS g
		  WHERE g.attrelid = c.oid AND g.attgenerated <> '') AS computed
	  FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid
	 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
	   AND NOT relispartition AND attnum > 0 AND attgenerated = ''
	   AND NOT EXISTS (SELECT 1 FROM pg_index
		WHERE indrelid = c.oid AND indisprimary AND attnum = ANY (indkey))" |
	sv_psql -q
changes()
{
	sv_psql -q -A -t -v ON_ERROR_STOP=1 2>&1 <<'SQL'
SET client_min_messages = notice;
SET session_replication_role = replica;
DO $$
DECLARE
	c record; word text; place text; was record; v record; d record; n int := 0;
BEGIN
	FOR c IN SELECT * FROM columns WHERE key IS NOT NULL LOOP
	EXECUTE format('ALTER TABLE %I ALTER %I DROP NOT NULL', c.relname, c.attname);
	FOREACH word IN ARRAY ARRAY['NULL', format(
		'(SELECT o.%2$I FROM %1$I AS o WHERE o.%2$I::text <> t.%2$I::text LIMIT 1)',
		c.relname, c.attname)]
	LOOP
		EXECUTE format('SELECT jsonb_build_object(%3$s) AS key, %2$I::text AS value
			FROM %1$I WHERE %2$I IS NOT NULL LIMIT 1',
			c.relname, c.attname, c.key) INTO was;
		CONTINUE WHEN was IS NULL;
		place := format('WHERE jsonb_build_object(%s) = %L', c.key, was.key);
		EXECUTE format('UPDATE %I AS t SET %I = %s %s', c.relname, c.attname, word, place);
		COMMIT;
		SELECT * INTO v FROM validate('source', c.relname);
		SELECT * INTO d FROM mysql_migrate.difference WHERE table_name = c.relname;
		n := n + 1;
		IF (v.missing, v.changed, v.extra) <> (0, 1, 0)
			OR lower(d.key::text) IS DISTINCT FROM was.key::text
			OR d.columns[1] IS NULL
			OR NOT c.attname = ANY (lower(d.columns::text)::text[])
			OR NOT lower(d.columns::text)::text[] <@ (c.computed || c.attname::text)
		THEN
			RAISE NOTICE '%.% of %: % %', c.relname, c.attname, was, v, d;
		END IF;
		EXECUTE format('UPDATE %I SET %I = %L::%s %s', c.relname, c.attname,
			was.value, c.type, place);
		COMMIT;
	END LOOP;
	END LOOP;
	RAISE NOTICE '% changes', n;
END
$$
SQL
}
changes >"$TL_DIR/changes"
like "$(cat "$TL_DIR/changes")" '^NOTICE:  1?[0-9][0-9] changes$' \
	"each change of a value is named, by its row and column"
is "$(verdicts)" "$verdicts" "and is undone"
q "UPDATE keyless SET b = b || ' ' WHERE ctid = (SELECT min(ctid) FROM keyless)" >/dev/null
is "$(verdicts | grep -v equal)" "keyless 1 0 1 differs" "a row without a key"
my "DROP DATABASE matrix_sums"
tl_done
