#!/bin/bash
# sql_tests/t/standby.sh
#   A standby: reading MySQL works there, everything that writes is refused; and
#   a job on the primary waits for one that does not keep up.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database standby
my "CREATE TABLE t (id int PRIMARY KEY, body varchar(200));
	INSERT INTO t SELECT seq, REPEAT(MD5(seq), 6) FROM seq_1_to_100000" standby
tl_database standby
q "CREATE SCHEMA remote; IMPORT FOREIGN SCHEMA standby FROM SERVER source INTO remote"

# As the account that PostgreSQL runs as.
as_postgres()
{
	local command=()

	[ "$(id -u)" -ne 0 ] || command=(setpriv --reuid "$(stat -c %u "$PGHOST/data")"
		--regid "$(stat -c %g "$PGHOST/data")" --clear-groups --)
	(cd / && ${command[@]+"${command[@]}"} "$@")
}

STANDBY=$PGHOST/standby
STANDBY_PORT=$((PGPORT + 1))
PG_CTL=$RUN/root$("$PG_CONFIG" --bindir)/pg_ctl
as_postgres "$("$PG_CONFIG" --bindir)/pg_basebackup" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" \
	-D "$STANDBY" -R -c fast >"$TL_DIR/backup" 2>&1
ok $? "a standby is made" "$(cat "$TL_DIR/backup")"
as_postgres "$PG_CTL" -w -D "$STANDBY" -l "$PGHOST/standby.log" -o "-p $STANDBY_PORT" \
	start >/dev/null 2>&1 </dev/null
ok $? "it runs" "$(tail -n 20 "$PGHOST/standby.log")"
trap 'as_postgres "$PG_CTL" -w -m immediate -D "$STANDBY" stop >/dev/null 2>&1
	rm -rf "$STANDBY" "$PGHOST/standby.log" "$TL_DIR"' EXIT

on_standby()
{
	PGPORT=$STANDBY_PORT "$@"
}

is "$(on_standby q "SELECT pg_is_in_recovery()")" t "it is a standby"

# ---- what it may

is "$(on_standby q "SELECT count(*), sum(id) FROM remote.t")" "100000|5000050000" \
	"a foreign table is read there"
is "$(on_standby q "SELECT * FROM mysql_query('source', 'SELECT COUNT(*) FROM t') AS r (n bigint)")" \
	100000 "mysql_query works there"

# ---- what it may not

for call in "migrate_schema('source')" "migrate_table('source', 't')" \
	"migrate_missing('source')" "validate('source')" "fix_sequences('source')" \
	"migrate_switch('source')"; do
	on_standby tl_fails "standby: ${call%%(*}" 25006 \
		'(recovery|read-only)' "SELECT * FROM $call;"
done
like "$(on_standby q "SELECT severity, object, finding FROM migration_check('source')")" \
	'blocker\|target\|this server is a standby' "standby: migration_check says so"
is "$(on_standby tl_workers)" 0 "standby: no process was started"

# ---- a job that waits for it

is_said()				# TEXT
{
	grep -q "$1" "$TL_DIR/held"
}

on_standby q "SELECT pg_wal_replay_pause()" >/dev/null
"$PSQL" -X -q -A -t >"$TL_DIR/held" 2>&1 -c "SELECT * FROM migrate_schema('source',
	local_schema => 'held', workers => 2,
	options => '{\"max_replica_lag\": 1, \"rate_limit\": \"4MB\"}')" &
CLIENT=$!
tl_wait 30 is_said 'waits: standby "[a-z]*" is .* behind'
ok $? "max_replica_lag: the job waits, and says why" "$(cat "$TL_DIR/held")"
JOB=$(q "SELECT max(id) FROM mysql_migrate.job")
is "$(q "SELECT state FROM mysql_migrate.jobs WHERE id = $JOB")" running \
	"max_replica_lag: it runs all the same"
on_standby q "SELECT pg_wal_replay_resume()" >/dev/null
wait $CLIENT
like "$(q "SELECT state FROM mysql_migrate.jobs WHERE id = $JOB")" '^(ok|warning)$' \
	"max_replica_lag: it goes on by itself, and ends well" "$(cat "$TL_DIR/held")"
on_all_replayed()
{
	[ "$(on_standby q "SELECT count(*) FROM held.t")" = 100000 ]
}
tl_wait 20 on_all_replayed
ok $? "what was loaded is on the standby too"
tl_nothing_left standby
tl_done
