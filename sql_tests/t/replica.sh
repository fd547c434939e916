#!/bin/bash
# sql_tests/t/replica.sh
#   The source is a replica: a switch waits for what its own source has, and
#   sees what it applies without logging it.
. "$(dirname "$0")/../tools/testlib.sh"

# As the account that MariaDB runs as.
as_mariadb()
{
	local command=()

	[ "$(id -u)" -ne 0 ] || command=(setpriv --reuid "$(stat -c %u "$RUN/my/data")"
		--regid "$(stat -c %g "$RUN/my/data")" --clear-groups --)
	(cd / && ${command[@]+"${command[@]}"} "$@")
}

REPLICA=$RUN/my/replica
REPLICA_PORT=$((MYSQL_PORT + 1))
while (exec 3<>"/dev/tcp/127.0.0.1/$REPLICA_PORT") 2>/dev/null; do
	REPLICA_PORT=$((REPLICA_PORT + 1))
done
stop_replica()
{
	[ ! -f "$REPLICA/pid" ] || {
		kill "$(cat "$REPLICA/pid")"
		tl_wait 20 eval '[ ! -f "$REPLICA/pid" ]'
	} 2>/dev/null
	rm -rf "$REPLICA" "$TL_DIR"
}
trap stop_replica EXIT

as_mariadb mkdir "$REPLICA"
as_mariadb env TMPDIR="$REPLICA" mariadb-install-db --no-defaults --datadir="$REPLICA/data" \
	--auth-root-authentication-method=normal --skip-test-db >"$TL_DIR/init" 2>&1
as_mariadb env PATH="$PATH:/usr/sbin" mariadbd --no-defaults --datadir="$REPLICA/data" --socket="$REPLICA/s" \
	--port="$REPLICA_PORT" --bind-address=127.0.0.1 --pid-file="$REPLICA/pid" --tmpdir="$REPLICA" \
	--skip-name-resolve --character-set-server=utf8mb4 --server-id=8 --log-bin=binlog \
	--innodb-buffer-pool-size=32M --innodb-log-file-size=16M >"$TL_DIR/replica.log" 2>&1 </dev/null &
tl_wait 30 [ -S "$REPLICA/s" ]
ok $? "a replica runs" "$(tail -n 20 "$TL_DIR/init" "$TL_DIR/replica.log")"

there()					# STATEMENT [DATABASE]: on the replica
{
	mariadb --no-defaults -h localhost -u root -S "$REPLICA/s" --batch -N -e "$1" ${2:+"$2"}
}

tl_mysql_database replica
position=$(my "SHOW MASTER STATUS")
there "CREATE USER mover@'%' IDENTIFIED BY '$MYSQL_PASSWORD'; GRANT ALL ON *.* TO mover@'%';
	CREATE USER reader@'%' IDENTIFIED BY '$MYSQL_PASSWORD'; GRANT SELECT ON *.* TO reader@'%';
	CREATE DATABASE replica CHARACTER SET utf8mb4;
	CHANGE MASTER TO master_host = '127.0.0.1', master_port = $MYSQL_PORT,
		master_user = '$MYSQL_USER', master_password = '$MYSQL_PASSWORD',
		master_log_file = '$(cut -f 1 <<<"$position")', master_log_pos = $(cut -f 2 <<<"$position");
	START SLAVE"
my "CREATE TABLE orders (id int PRIMARY KEY, v varchar(20));
	INSERT INTO orders SELECT seq, 'first' FROM seq_1_to_100" replica
has()					# NUMBER: rows of the replica
{
	[ "$(there "SELECT COUNT(*) FROM orders" replica 2>/dev/null)" = "$1" ]
}
tl_wait 20 has 100
ok $? "it follows" "$(there "SHOW ALL SLAVES STATUS")"

MYSQL_PORT=$REPLICA_PORT tl_database replica
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null

# behind NAME PATTERN: a row of the primary is not on the replica.
behind()
{
	like "$(q "SELECT result FROM migrate_switch('source', dry_run => true) WHERE step = 1")" \
		"behind its source: $2" "$1: the dry run says so"
	tl_fails "$1" 55000 'is a replica that is behind its source' \
		"SELECT * FROM migrate_switch('source', seconds => 1);"
	is "$(my "SELECT COUNT(*) FROM orders" replica) $(q "SELECT count(*) FROM orders") $(q "SELECT count(*) FROM mysql_migrate.switched")" \
		"101 100 0" "$1: not switched, the row does not stay behind"
	q "DELETE FROM mysql_migrate.switched" >/dev/null
}

there "STOP SLAVE"
my "INSERT INTO orders VALUES (101, 'late')" replica
behind "replication is stopped" 'replication does not run .reading: No, applying: No'
there "CHANGE MASTER TO MASTER_DELAY = 3600; START SLAVE"
tl_wait 10 eval '[[ $(there "SHOW ALL SLAVES STATUS") == *Waiting*MASTER_DELAY* ]]'
behind "replication is delayed" 'read up to .*, applied up to'

# What it applies is in no log of its own.
there "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE"
tl_wait 20 has 101
write()
{
	while [ ! -e "$TL_DIR/stop" ]; do
		my "UPDATE orders SET v = RAND() WHERE id = 7" replica
		sleep 0.1
	done
}
write &
writer=$!
tl_fails "replication at work" 55000 'somebody still writes' \
	"SELECT * FROM migrate_switch('source', seconds => 2);"
touch "$TL_DIR/stop"
wait $writer
is "$(q "SELECT count(*) FROM mysql_migrate.switched")" 0 "replication at work: not switched"

tl_server plain replica reader >/dev/null
q "ALTER SERVER plain OPTIONS (SET port '$REPLICA_PORT')" >/dev/null
q "SELECT count(*) FROM migrate_schema('plain', local_schema => 'plain')" >/dev/null
like "$(q "SELECT result FROM migrate_switch('plain', dry_run => true) WHERE step = 1")" \
	'a replica.*how far the replica is cannot be seen' "an account that may not ask: it is said"
like "$(q "SELECT string_agg(result, ' ' ORDER BY step) FROM migrate_switch('source', seconds => 1)")" \
	'a replica, binlog.* 1 inserted.*101 rows, every table equal.*ready at' "it has caught up: switched"
is "$(q "SELECT v FROM orders WHERE id IN (7, 101) ORDER BY id")" \
	"$(my "SELECT v FROM orders WHERE id IN (7, 101) ORDER BY id" replica)" "and everything is here"
tl_wait 5 eval '[ "$(tl_workers)" = 0 ]'
ok $? "no worker is left"
tl_done
