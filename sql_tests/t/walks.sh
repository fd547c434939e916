#!/bin/bash
# sql_tests/t/walks.sh
#   validate and migrate_missing in each mode, stopped in the middle: a worker,
#   the leader or all processes end, the server crashes, the caller gives up.
#   What goes on ends with the right result; an independent comparison says so.
#
# WALK_FAULTS=all: every fault in every mode (make check-walks).
. "$(dirname "$0")/../tools/testlib.sh"

FAULTS="worker leader all crash cancel"

tl_mysql_database walks
# The padding makes several parts of the table, and is not sent.
my "CREATE TABLE big (id int PRIMARY KEY, v varchar(40), at int NOT NULL, pad char(250) NOT NULL DEFAULT '', KEY (at));
	INSERT INTO big (id, v, at) SELECT seq, MD5(seq), seq FROM seq_1_to_130000;
	CREATE TABLE small (id int PRIMARY KEY, v varchar(40)); INSERT INTO small SELECT seq, 'x' FROM seq_1_to_500;
	ANALYZE TABLE big, small" walks >/dev/null
tl_database walks
q "SELECT count(*) FROM migrate_schema('source')" >"$TL_DIR/load" 2>&1
q "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
		IF (CASE TG_OP WHEN ''DELETE'' THEN OLD ELSE NEW END).v LIKE ''gate%'' THEN
			PERFORM pg_advisory_xact_lock_shared(77);
		END IF;
		RETURN CASE TG_OP WHEN ''DELETE'' THEN OLD ELSE NEW END;
	END';
	CREATE TRIGGER gate BEFORE INSERT OR UPDATE OR DELETE ON big FOR EACH ROW EXECUTE FUNCTION gate()" >/dev/null

last_job()
{
	q "SELECT max(id) FROM mysql_migrate.job WHERE kind = '$1'"
}

# fault NAME: to the job that waits; it says which process waits for what.
fault()
{
	local type="backend_type LIKE 'mysql_migrate%'"

	# A crash takes along what is not in the WAL yet.
	[ $1 != crash ] || sleep 1
	case $1 in
		worker) type="backend_type = 'mysql_migrate worker'" ;;
		leader) type="backend_type = 'mysql_migrate leader'" ;;
		cancel) kill -INT $CALL ;;
		crash) kill -KILL "$(q "SELECT min(pid) FROM pg_stat_activity
			WHERE backend_type = 'mysql_migrate worker'")" ;;
	esac
	case $1 in
		worker | leader | all)
			q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $type" >/dev/null ;;
	esac
}

is_up()
{
	q "SELECT 1" >/dev/null 2>&1
}

# What ends by itself: only the loss of a worker.
must_end()				# FAULT NAME
{
	wait $CALL
	tl_wait 30 is_up
	tl_wait 30 eval '[ "$(tl_workers)" = 0 ]'
	if [ "$1" = worker ]; then
		is "$(grep -c ERROR "$TL_DIR/call")" 0 "$2: the job went on by itself" "$(cat "$TL_DIR/call")"
	else
		like "$(cat "$TL_DIR/call")" 'ERROR|connection' "$2: it was stopped"
	fi
}

# ---- migrate_missing

changes()				# MODE, number of the run: what MySQL gets
{
	local base=$((200000 + $2 * 10000)) gate=$((2000 + $2 * 100))

	case $1 in
		missing | new) my "INSERT INTO big (id, v, at) SELECT seq, IF(seq = $base + 2000, 'gate', MD5(seq)), seq
			FROM seq_${base}_to_$((base + 4000))" walks ;;
		changed) my "UPDATE big SET v = IF(id = $gate, 'gate', MD5(v)) WHERE id % 50 = 0;
			INSERT INTO big (id, v, at) SELECT seq, 'new', seq FROM seq_${base}_to_$((base + 500))" walks ;;
		watermark) my "UPDATE big SET v = IF(id = $gate, 'gate', MD5(v)), at = 1000000 + $base WHERE id % 50 = 0" walks ;;
		mirror) my "UPDATE big SET v = MD5(v) WHERE id % 50 = 0; DELETE FROM big WHERE id % 100 = $2;
			INSERT INTO big (id, v, at) SELECT seq, 'new', seq FROM seq_${base}_to_$((base + 500))" walks
			q "UPDATE big SET v = 'gate' WHERE id = $gate + $2" >/dev/null ;;
	esac
}

run=0
missing()				# MODE FAULT
{
	local name="$1, $2" gate argument="mode => '$1'"

	run=$((run + 1))
	[ "$1" != watermark ] || argument="watermark => 'at'"
	changes $1 $run
	rm -f "$TL_DIR/gate"
	mkfifo "$TL_DIR/gate"
	sv_psql -q -A -t <"$TL_DIR/gate" >"$TL_DIR/gate.out" 2>&1 &
	gate=$!
	exec 4>"$TL_DIR/gate"
	echo "SELECT pg_advisory_lock(77); SELECT 'closed';" >&4
	tl_wait 10 grep -q closed "$TL_DIR/gate.out"
	"$PSQL" -X -q -A -t -c "SELECT status FROM migrate_missing('source', 'big', $argument)" >"$TL_DIR/call" 2>&1 &
	CALL=$!
	tl_wait 20 eval '[ "$(q "SELECT count(*) FROM pg_locks WHERE locktype = '"'advisory'"' AND objid = 77 AND NOT granted")" -gt 0 ]'
	ok $? "$name: it is in the middle" "$(cat "$TL_DIR/call")"
	fault $2
	sleep 0.3
	echo "SELECT pg_advisory_unlock(77);" >&4 2>/dev/null
	exec 4>&-
	wait $gate
	must_end $2 "$name"
	[ $2 = worker ] ||
		q "SELECT status FROM migration_resume($(last_job migrate_missing))" >"$TL_DIR/call" 2>&1
	like "$(cat "$TL_DIR/call")" '^(equal|ok)$' "$name: it ends well" "$(cat "$TL_DIR/call")"
	tl_same_rows "$name: both sides are equal" walks public big
}

# ---- validate

# Rows that are missing, changed and our own; the migrated ones are some less
# than their ranges, since MySQL has deleted rows.
spoil()
{
	MISSING=$(q "WITH gone AS (DELETE FROM big WHERE id BETWEEN 50001 AND 50600 AND id % 2 = 0 RETURNING id)
		SELECT count(*) FROM gone")
	CHANGED=$(q "WITH ours AS (UPDATE big SET v = 'ours' WHERE id BETWEEN 90001 AND 90200 RETURNING id)
		SELECT count(*) FROM ours")
	q "INSERT INTO big (id, v, at) SELECT n, 'ours', n FROM generate_series(900001, 900100) AS n" >/dev/null
}

validate()				# MODE FAULT
{
	local name="validate $1, $2" expected="$MISSING\|$CHANGED\|100\|differs" job

	# Numbers tell of rows, not of which.
	[ $1 != count ] || expected=".*differs"
	tl_lock walks small
	"$PSQL" -X -q -A -t -c "SELECT missing, changed, extra, status FROM validate('source', mode => '$1') WHERE \"table\" = 'big'" \
		>"$TL_DIR/call" 2>&1 &
	CALL=$!
	tl_wait 20 eval '[ "$(q "SELECT count(*) FROM mysql_migrate.task WHERE job = (SELECT max(id) FROM mysql_migrate.job WHERE kind = '"'validate'"' AND state = '"'running'"')
		AND object = '"'big'"' AND state = '"'done'"'")" -gt 0 ]'
	ok $? "$name: it is in the middle" "$(cat "$TL_DIR/call")"
	fault $2
	sleep 0.3
	tl_wait 30 is_up
	job=$(last_job validate)
	q "DROP TABLE IF EXISTS done; CREATE TABLE done AS SELECT id, finished FROM mysql_migrate.task
		WHERE job = $job AND state = 'done'" >/dev/null
	tl_unlock
	must_end $2 "$name"
	[ $2 = worker ] ||
		q "SELECT read - loaded, rejected, status FROM migration_resume($job) WHERE \"table\" = 'big'" >"$TL_DIR/call" 2>&1
	[ $2 = worker ] || expected=".*differs"
	like "$(grep -v '^NOTICE\|^HINT\|^DETAIL\|^WARNING' "$TL_DIR/call")" "^$expected$" "$name: it ends well"
	is "$(q "SELECT count(*) > 0, bool_and(t.finished = d.finished) FROM done AS d
		JOIN mysql_migrate.task AS t ON t.job = $job AND t.id = d.id")" "t|t" \
		"$name: what was compared stays compared"
	[ $1 = count ] || is "$(q "SELECT state, count(*), count(DISTINCT key) FROM mysql_migrate.difference
		WHERE table_name = 'big' GROUP BY 1 ORDER BY 1")" "changed|$CHANGED|$CHANGED
extra|100|100
missing|$MISSING|$MISSING" "$name: every difference is told once"
}

if [ "${WALK_FAULTS:-}" = all ]; then
	for mode in missing new changed watermark mirror; do
		for fault in $FAULTS; do
			missing $mode $fault
		done
	done
else
	missing missing worker
	missing new leader
	missing changed crash
	missing watermark cancel
	missing mirror all
fi
spoil
if [ "${WALK_FAULTS:-}" = all ]; then
	for mode in count checksum full; do
		for fault in $FAULTS; do
			validate $mode $fault
		done
	done
else
	validate count worker
	validate checksum crash
	validate full leader
fi
tl_nothing_left "at the end" 5
tl_done
