#!/bin/bash
# sql_tests/t/snapshot.sh
#   All readers see one moment: money moves between accounts in four tables at
#   full speed, and the total of every migrated copy is the same.
#
# SNAPSHOT_RUNS says how many migrations (5); each rung of the ladder that the
# server has is climbed so often.
. "$(dirname "$0")/../tools/testlib.sh"

RUNS=${SNAPSHOT_RUNS:-5}
ROWS=500
WRITERS=3
TOTAL=$((4 * ROWS * 1000))
VERSION=$(my "SELECT VERSION()")
echo "# $(q "SHOW server_version") with $VERSION, $RUNS migrations of each kind"

tl_mysql_database snapshot
my "CREATE TABLE digit (d int NOT NULL PRIMARY KEY) ENGINE = InnoDB;
	INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
	CREATE TABLE control (stop int) ENGINE = InnoDB;
	CREATE TABLE progress (writer int PRIMARY KEY, moved bigint) ENGINE = InnoDB;
	CREATE TABLE acct0 (id int NOT NULL PRIMARY KEY, money bigint NOT NULL,
		filler varchar(200) NOT NULL DEFAULT '') ENGINE = InnoDB;
	INSERT INTO acct0 (id, money, filler)
		SELECT a.d + 10 * b.d + 100 * c.d, 1000, REPEAT('x', 200)
		  FROM digit a, digit b, digit c
		 WHERE a.d + 10 * b.d + 100 * c.d < $ROWS;
	CREATE TABLE acct1 LIKE acct0; INSERT INTO acct1 SELECT * FROM acct0;
	CREATE TABLE acct2 LIKE acct0; INSERT INTO acct2 SELECT * FROM acct0;
	CREATE TABLE acct3 LIKE acct0; INSERT INTO acct3 SELECT * FROM acct0" snapshot

# One procedure moves between two tables per turn, until it is told to stop.
sv_mysql snapshot <<SQL
DELIMITER //
CREATE PROCEDURE move_money(me int)
BEGIN
	DECLARE a, b, sum_moved int;
	DECLARE turn bigint DEFAULT 0;
	WHILE NOT EXISTS (SELECT 1 FROM control) DO BEGIN
		-- A deadlock: nothing of this turn may go on without the rest.
		DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK;
		SET turn = turn + 1;
		SET a = FLOOR(RAND() * $ROWS), b = FLOOR(RAND() * $ROWS);
		SET sum_moved = 1 + FLOOR(RAND() * 100);
		START TRANSACTION;
		CASE (turn + me) % 4
		WHEN 0 THEN
			UPDATE acct0 SET money = money - sum_moved WHERE id = a;
			UPDATE acct1 SET money = money + sum_moved WHERE id = b;
		WHEN 1 THEN
			UPDATE acct1 SET money = money - sum_moved WHERE id = a;
			UPDATE acct2 SET money = money + sum_moved WHERE id = b;
		WHEN 2 THEN
			UPDATE acct2 SET money = money - sum_moved WHERE id = a;
			UPDATE acct3 SET money = money + sum_moved WHERE id = b;
		ELSE
			UPDATE acct3 SET money = money - sum_moved WHERE id = a;
			UPDATE acct0 SET money = money + sum_moved WHERE id = b;
		END CASE;
		COMMIT;
	END; END WHILE;
	INSERT INTO progress VALUES (me, turn);
END//
SQL
ok $? "money can be moved"

tl_database snapshot
q "ALTER DATABASE snapshot SET client_min_messages = error" >/dev/null

start_writers()
{
	local i

	my "DELETE FROM control; DELETE FROM progress" snapshot
	WRITER_PIDS=()
	for ((i = 0; i < WRITERS; i++)); do
		sv_mysql -e "CALL move_money($i)" snapshot >/dev/null 2>&1 &
		WRITER_PIDS+=($!)
	done
	STARTED=$(date +%s%N)
}

stop_writers()			# prints transactions per second
{
	my "INSERT INTO control VALUES (1)" snapshot
	wait "${WRITER_PIDS[@]}"
	echo $(($(my "SELECT SUM(moved) FROM progress" snapshot) * 1000 /
			(($(date +%s%N) - STARTED) / 1000000)))
}

# One migration; prints method, consistent, total, and the tables that came.
migrate_once()			# OPTION
{
	q "DROP SCHEMA IF EXISTS copy CASCADE" >/dev/null
	q "SELECT count(*) FROM migrate_schema('source', local_schema => 'copy',
			include => ARRAY['acct*'], workers => 4,
			options => '{\"snapshot\": \"$1\", \"phases\": [\"schema\", \"data\"]}')" >"$TL_DIR/migration" ||
		cat "$TL_DIR/migration"
	q "SELECT snapshot_method, consistent,
			(SELECT sum(money) FROM (TABLE copy.acct0 UNION ALL
				TABLE copy.acct1 UNION ALL TABLE copy.acct2 UNION ALL
				TABLE copy.acct3) AS x),
			(SELECT count(*) FROM copy.acct0)
			FROM mysql_migrate.job ORDER BY id DESC LIMIT 1" | tail -n 1
}

# All of RUNS migrations by this option must agree, and come by METHOD; on a
# busy machine now and then a lock is not to be had, and one session reads.
all_agree()				# OPTION METHOD
{
	local i rate agree alone
	local -A seen=()

	start_writers
	FIRST_JOB=$(q "SELECT coalesce(max(id), 0) + 1 FROM mysql_migrate.job")
	for ((i = 0; i < RUNS; i++)); do
		result=$(migrate_once "$1")
		seen[$result]=$((${seen[$result]:-0} + 1))
	done
	rate=$(stop_writers)
	agree=${seen["$2|t|$TOTAL|$ROWS"]:-0}
	alone=0
	if [ "$2" != single_session ]; then
		alone=${seen["single_session|t|$TOTAL|$ROWS"]:-0}
	fi
	is "$((agree + alone)) of $RUNS" "$RUNS of $RUNS" \
		"$1: the sums agree, by $2, at $rate transactions/s"
	ok $((alone * 10 > RUNS)) "$1: $agree of $RUNS came by $2"
	q "SELECT format('#   writers stood %s ms at most, in the middle %s ms',
			max(lock_ms), percentile_disc(0.5) WITHIN GROUP (ORDER BY lock_ms))
		FROM mysql_migrate.job WHERE id >= $FIRST_JOB AND lock_ms IS NOT NULL
		HAVING count(*) > 0"
	for result in "${!seen[@]}"; do
		echo "#   ${seen[$result]} times $result"
	done
	# At full speed it would grow by a gigabyte a minute.
	[ -z "${RUN:-}" ] || my "PURGE BINARY LOGS BEFORE NOW()" || true
	is "$(my "SELECT SUM(money) FROM (SELECT money FROM acct0 UNION ALL
		SELECT money FROM acct1 UNION ALL SELECT money FROM acct2 UNION ALL
		SELECT money FROM acct3) AS x" snapshot)" $TOTAL \
		"$1: no money was lost in MySQL"
}

if [[ $VERSION == *MariaDB* && $(my "SELECT @@log_bin") = 1 ]]; then
	all_agree auto binlog_snapshot
else
	all_agree auto flush_tables_with_read_lock
fi
all_agree lock flush_tables_with_read_lock
[[ $VERSION == *MariaDB* ]] || all_agree no_lock single_session

# An account that may lock tables, and not the server.
# (Where an anonymous account of localhost stands before '%', two are needed.)
for host in % localhost; do
	my "DROP USER locker@'$host'" >/dev/null 2>&1
	my "CREATE USER locker@'$host' IDENTIFIED BY '$MYSQL_PASSWORD';
		GRANT SELECT, LOCK TABLES ON snapshot.* TO locker@'$host'"
done
q "ALTER USER MAPPING FOR CURRENT_USER SERVER source
	OPTIONS (SET username 'locker')" >/dev/null
all_agree lock lock_tables

# Without any privilege one session reads, and without a moment it says so.
my "REVOKE LOCK TABLES ON snapshot.* FROM locker@'%', locker@localhost"
all_agree lock single_session
start_writers
differing=0
for ((tries = 1; tries <= 100; tries++)); do
	result=$(migrate_once none)
	[[ $result == *"|$TOTAL|$ROWS" ]] || differing=$((differing + 1))
	[ $differing -eq 0 ] || [ $tries -lt "$RUNS" ] || break
done
like "$result" '^none\|f\|' "none: claims nothing"
ok $((differing == 0)) "none: the sums differ ($differing of $tries), so they can tell"
stop_writers >/dev/null
is "$(q "SELECT what FROM mysql_migrate.note WHERE job =
	(SELECT max(id) FROM mysql_migrate.job)")" \
	"rows are not of one moment" "none: a note says so"

my "DROP USER locker@'%', locker@localhost; DROP DATABASE snapshot"
tl_done
