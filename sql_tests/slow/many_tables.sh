#!/bin/bash
# sql_tests/slow/many_tables.sh
#   A schema of thousands of small tables: little time for each, no memory that
#   grows with them, and a lock table of the default size.
. "$(dirname "$0")/../tools/testlib.sh"

TABLES=${MANY_TABLES:-5000}
WORKERS=4

tl_mysql_database many_tables
for n in $(seq 1 "$TABLES"); do
	echo "CREATE TABLE t$n (id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
		name varchar(50), parent int, KEY (parent));
		INSERT INTO t$n (name, parent) VALUES ('a', 1), ('b', 2), ('c', 3);"
done | sv_mysql many_tables
tl_database many_tables
is "$(q "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings
	WHERE name IN ('max_connections', 'max_locks_per_transaction')")" \
	"100 64" "the lock table has its default size"

# PID, tables that are over, kilobytes; of each process, again and again.
watch()
{
	local pid over

	while sleep 0.5; do
		over=$(q "SELECT count(*) FROM mysql_migrate.task
			WHERE kind = 'finish' AND state = 'done'")
		for pid in $(q "SELECT pid FROM pg_stat_activity
			WHERE backend_type LIKE 'mysql_migrate%'"); do
			echo "$pid $over $(sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\).*/\1/p' \
				"/proc/$pid/status" 2>/dev/null)"
		done
	done
}

watch >"$TL_DIR/memory" 2>/dev/null &
watcher=$!
begin=$(date +%s%N)
is "$(q "SELECT count(*), sum(loaded), count(*) FILTER (WHERE status <> 'ok')
	FROM migrate_schema('source', workers => $WORKERS)" | tail -n 1)" \
	"$TABLES|$((3 * TABLES))|0" "$TABLES tables move with one SELECT"
took=$((($(date +%s%N) - begin) / 1000000))
kill $watcher

echo "# $TABLES tables: $took ms, $((took / TABLES)) ms each, $WORKERS workers"
ok $((took / TABLES >= 100)) "less than 100 ms for each" "$took ms"
is "$(q "SELECT count(*) FROM pg_class WHERE relkind = 'r'
	AND relnamespace = 'public'::regnamespace AND relname ~ '^t[0-9]+$'")" \
	"$TABLES" "every table has its name"

# How much the largest of them grew, from a tenth of the tables to all of them.
growth=$(awk -v from=$((TABLES / 10)) -v to="$TABLES" '
	$3 > 0 && $2 >= from && $2 < to {
		seen++
		if (!($1 in first)) first[$1] = $3
		if ($3 - first[$1] > most) most = $3 - first[$1] }
	END { if (seen > 9) print most + 0; else print "unknown" }' "$TL_DIR/memory")
echo "# processes grew by $growth kB at most"
like "$growth" '^[0-9]+$' "their memory was looked at"
ok $((growth > 16384)) "no process grows with the tables" \
	"$growth kB; $(sort -k1,1n -k2,2n "$TL_DIR/memory" | tail -n 3)"

# ------------------------------------------------- what else looks at them all

# STATEMENT EXPECTED NAME: how long it takes, and that no lock is left out.
whole()
{
	local begin got

	begin=$(date +%s%N)
	got=$(q "SET client_min_messages = warning; $1")
	echo "# $3: $((($(date +%s%N) - begin) / 1000000)) ms"
	is "$got" "$2" "$3"
}

whole "SELECT count(*) > 0 FROM migration_check('source')" t \
	"migration_check of $TABLES tables"
whole "SELECT count(*) FROM migration_plan('source', local_schema => 'planned')
	WHERE phase = 'table'" "$TABLES" "migration_plan of $TABLES tables"
whole "SELECT status, count(*) FROM validate('source') GROUP BY status" \
	"equal|$TABLES" "validate of $TABLES tables"
my "INSERT INTO t7 (name, parent) VALUES ('d', 4);
	UPDATE t$TABLES SET name = 'e' WHERE id = 1" many_tables
whole "SELECT status, count(*), sum(inserted), sum(updated)
	FROM migrate_missing('source', mode => 'mirror') GROUP BY status" \
	"equal|$TABLES|1|1" "migrate_missing of $TABLES tables"
whole "SELECT status, count(*), sum(next - old_next)
	FROM fix_sequences('source', margin => 10) GROUP BY status" \
	"ok|$TABLES|$((TABLES * 10 + 1))" "fix_sequences of $TABLES tables"
whole "SELECT count(*) FROM mysql_migrate.result" "$TABLES" \
	"the result of $TABLES tables"
whole "SELECT migration_rollback(1, force => true) >= $TABLES" t \
	"migration_rollback of $TABLES tables"
is "$(q "SELECT count(*) FROM pg_class WHERE relkind = 'r'
	AND relnamespace = 'public'::regnamespace AND relname ~ '^t[0-9]+$'")" 0 \
	"no table is left"

my "DROP DATABASE many_tables"
tl_done
