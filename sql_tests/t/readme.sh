#!/bin/bash
# sql_tests/t/readme.sh
#   What the README says is so: its statements run as they stand, its tables
#   hold what the code holds; and every hint is a statement that can be pasted.
. "$(dirname "$0")/../tools/testlib.sh"

README=$PROJECT/README.md

# ---- its statements, in their order, on the sample shop

tl_mysql_database shop
sv_mysql shop <"$PROJECT/sql_tests/data/shop.sql"
PGDATABASE=postgres q "DROP DATABASE IF EXISTS readme" >/dev/null
PGDATABASE=postgres q "CREATE DATABASE readme" >/dev/null
export PGDATABASE=readme

# block N: the Nth block of SQL, with our servers for those of the reader.
blocks=$(grep -c '^```sql' "$README")
block()
{
	awk -v n="$1" '/^```sql/ { i++; next } /^```/ { i += 0; if (on) exit }
		{ on = (i == n) } on' "$README" |
		sed "s/host 'db1', port '3306'/host '$MYSQL_HOST', port '$MYSQL_PORT'/
			s/username 'mover', password 'secret'/username '$MYSQL_USER', password '$MYSQL_PASSWORD'/
			s/ *\\\\watch.*/;/"
}
ok $((blocks > 5 ? 0 : 1)) "the README has statements" "$blocks blocks"
for n in $(seq "$blocks"); do
	block "$n" >"$TL_DIR/block.sql"
	if grep -q 'cron\.' "$TL_DIR/block.sql"; then
		continue				# t/cron.sh
	fi
	sv_psql -q -v ON_ERROR_STOP=1 -f "$TL_DIR/block.sql" >"$TL_DIR/block.out" 2>&1
	ok $? "block $n runs: $(head -n 1 "$TL_DIR/block.sql" | cut -c 1-60)" \
		"$(grep -A3 ERROR "$TL_DIR/block.out")"
done

# ---- its reference

# every function, with each argument and its default
while IFS='|' read -r name arguments; do
	row=$(grep "^| \`$name(" "$README")
	[ -n "$row" ]
	ok $? "function $name has a row" || continue
	missing=
	while IFS= read -r argument; do
		[ -z "$argument" ] || grep -qF "$argument" <<<"$row" ||
			missing="$missing '$argument'"
	done <<<"$(tr ';' '\n' <<<"$arguments")"
	is "$missing" "" "function $name: arguments and defaults are told"
done < <(q "SELECT proname, string_agg(a.name || CASE WHEN a.value IN ('', 'NULL') THEN '' ELSE ' => ' || a.value END, ';')
	FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND extname = 'mysql_migrate'
	LEFT JOIN LATERAL (SELECT split_part(btrim(x), ' ', 1) AS name,
			regexp_replace(coalesce(substring(x FROM ' DEFAULT (.*)\$'), ''), '::[a-z\\[\\]]+', '') AS value
		FROM regexp_split_to_table(pg_get_function_arguments(p.oid), ', ') AS x
		WHERE x NOT LIKE 'OUT %' AND x <> '') AS a ON true
	WHERE pronamespace <> 'mysql_migrate'::regnamespace
	  AND proname NOT IN ('mysql_migrate_handler', 'mysql_migrate_validator')
	GROUP BY p.oid, proname ORDER BY 1")

# told NAME KIND: is a name in a table of the reference
told()
{
	grep -qE "^\|[^|]*\`$1\`" "$README"
	ok $? "$2 $1 is told"
}
for option in $(sed -n '/^static const Option option_table/,/^};/s/^	{"\([a-z_]*\)",.*/\1/p' \
		"$PROJECT/src/migrate/spec_options.c"); do
	told "$option" "option"
done
for option in $(sed -n '/^static const OptionRule/,/^};/s/^	{"\([a-z_]*\)",.*/\1/p' \
		"$PROJECT/src/source/options.c"); do
	sed -n '/^### Options of server/,/^### /p' "$README" | grep -qF "\`$option\`"
	ok $? "option $option of servers, mappings or tables is told"
done
for relation in $(q "SELECT relname FROM pg_class
		WHERE relnamespace = 'mysql_migrate'::regnamespace AND relkind IN ('r', 'v')"); do
	told "mysql_migrate.$relation" "relation"
done
for setting in $(q "LOAD 'mysql_migrate'; SELECT name FROM pg_settings WHERE name LIKE 'mysql_migrate.%'"); do
	grep -qF "\`$setting\`" "$README"
	ok $? "setting $setting is told"
done
for word in $(sed -n "/CREATE TABLE mysql_migrate.job /,/);/s/.*state IN (\(.*\))).*/\1/p" \
		"$PROJECT"/sql/mysql_migrate--1.0.sql | tr -d "',"); do
	told "$word" "status"
done

# messages of the troubleshooting are those of the code
sed -n '/^## Troubleshooting/,/^## /s/^| `\([^`]*\)`.*/\1/p' "$README" >"$TL_DIR/messages"
ok $(($(wc -l <"$TL_DIR/messages") > 10 ? 0 : 1)) "there are messages"
cat "$PROJECT"/src/*/*.c | tr -d '\\' >"$TL_DIR/sources"
while IFS= read -r message; do
	# the longest piece without names and numbers
	piece=$(sed 's/\.\.\./\n/g; s/"/\n/g' <<<"$message" |
		awk '{ gsub(/^ +| +$/, "") } length > length(best) { best = $0 } END { print best }')
	grep -qF "$piece" "$TL_DIR/sources"
	ok $? "message: $message" "not in the code: $piece"
done <"$TL_DIR/messages"

# ---- hints

# The statements in a text: from a verb to the semicolon.
statements()
{
	grep -v 'in MySQL: ' | grep -oE '\b(SELECT|DELETE FROM|INSERT INTO|UPDATE|ALTER|GRANT|CREATE) [^;]*;'
}

# All that the servers of this run have said so far can be parsed.
parses()				# STATEMENT
{
	q "DO \$do\$ BEGIN EXECUTE \$x\$DO \$y\$ BEGIN IF false THEN $1 END IF; END \$y\$\$x\$; END \$do\$"
}
sed -n 's/.*HINT:  //p' "$RUN/pg/log" | statements | sort -u |
	grep -v '\.\.\.' >"$TL_DIR/hints"
while IFS= read -r statement; do
	parses "$statement" >"$TL_DIR/parsed" 2>&1
	ok $? "hint can be pasted: $statement" "$(cat "$TL_DIR/parsed")"
done <"$TL_DIR/hints"

# What migration_check, todo, and validate say to do works here and now.
q "SET client_min_messages = warning;
	SELECT \"what to do\" FROM migration_check('mysql_srv', local_schema => 'elsewhere', depth => 'data')
	UNION ALL SELECT \"next step\" FROM mysql_migrate.todo
	UNION ALL SELECT next_step FROM validate('mysql_srv')
	UNION ALL SELECT note FROM mysql_migrate.result" |
	statements | sort -u | grep -v '\.\.\.' >"$TL_DIR/steps"
while IFS= read -r statement; do
	q "BEGIN; $statement ROLLBACK" >"$TL_DIR/done" 2>&1
	ok $? "next step works: $statement" "$(cat "$TL_DIR/done")"
done <"$TL_DIR/steps"

# Errors whose hint is the way out: done, and the call succeeds.
pasted()				# NAME CALL [CALL that succeeds then]
{
	local statement

	tl_error "$2"
	statement=$(statements <<<"$HINT" | tail -n 1)
	q "$statement" >"$TL_DIR/done" 2>&1
	ok $? "$1: the hint works: $statement" "$OUTPUT
$(cat "$TL_DIR/done")"
	q "${3:-$2}" >"$TL_DIR/done" 2>&1
	ok $? "$1: and was the way out" "$(cat "$TL_DIR/done")"
}
q "DELETE FROM mysql_migrate.switched" >/dev/null
q "CREATE ROLE readme; GRANT USAGE ON FOREIGN SERVER mysql_srv TO readme;
	CREATE USER MAPPING FOR readme SERVER mysql_srv OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD');
	CREATE SCHEMA readme; GRANT USAGE ON SCHEMA readme TO readme" >/dev/null
tl_error "SET ROLE readme; SELECT * FROM migrate_table('mysql_srv', 'counters', 'readme.counters');"
q "$(statements <<<"$HINT" | tail -n 1)" >/dev/null
is "$(q "SET ROLE readme; SELECT status FROM migrate_table('mysql_srv', 'counters', 'readme.counters')" | tail -n 1)" \
	ok "no right to create: the GRANT was the way out"
q "DROP OWNED BY readme CASCADE; DROP ROLE readme" >/dev/null 2>&1
q "INSERT INTO mysql_migrate.switched (server, owner) VALUES ('mysql_srv', 'postgres'::regrole) ON CONFLICT DO NOTHING" >/dev/null
pasted "switched" "SELECT count(*) FROM fix_sequences('mysql_srv');"
q "UPDATE mysql_migrate.table_map SET source_identity = 'another'" >/dev/null
pasted "another source" "SELECT * FROM migrate_switch('mysql_srv', seconds => 1);" \
	"SELECT * FROM migrate_switch('mysql_srv', dry_run => true)"
pasted "unknown table" "SELECT * FROM validate('mysql_srv', 'nix');" "SELECT 1"
tl_done
