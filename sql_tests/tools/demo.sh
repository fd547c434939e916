#!/bin/bash
# sql_tests/tools/demo.sh [stop]
#   A sample shop in MariaDB, migrated and validated before your eyes.
#
# The two servers stay, to look around; "make demo-stop" ends them, and so does
# the next "make demo".  Where they are is kept in build/demo.
set -euo pipefail
. "$(dirname "$0")/servers.sh"

STATE=$PROJECT/build/demo

step()
{
	printf '\n== %s\n' "$1"
}

stop_earlier_demo()
{
	[ -f "$STATE" ] || return 0
	RUN=$(cat "$STATE")
	case $RUN in
		*/mysql_migrate.??????) sv_stop ;;
	esac
	RUN=
	rm -f "$STATE"
}

# The servers outlive this script only when all went well.
clean_up()
{
	local status=$?

	trap - EXIT
	[ $status -eq 0 ] || sv_stop
	exit $status
}

if [ "${1:-}" = stop ]; then
	[ -f "$STATE" ] && said="the servers of the demonstration are stopped" ||
		said="no demonstration is running"
	stop_earlier_demo
	echo "$said"
	exit 0
fi
stop_earlier_demo

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "packages, build, servers"
sv_packages run
sv_create_run
sv_build
sv_start
mkdir -p "${STATE%/*}"
echo "$RUN" >"$STATE"
echo "MariaDB on 127.0.0.1:$MYSQL_PORT, PostgreSQL on socket $PGHOST"

step "a shop of ten years in MariaDB"
sv_mysql -e "CREATE DATABASE shop CHARACTER SET utf8mb4"
sv_mysql shop <"$PROJECT/sql_tests/data/shop.sql"
sv_mysql -N shop -e "SELECT CONCAT(COUNT(*), ' tables, about ',
	FORMAT(SUM(table_rows), 0), ' rows, ',
	ROUND(SUM(data_length + index_length) / 1048576), ' MB')
	FROM information_schema.tables
	WHERE table_schema = 'shop' AND table_type = 'BASE TABLE'"

step "PostgreSQL: what a DBA types"
sv_psql -q -c "CREATE DATABASE shop"
sv_psql -q -d shop -v ON_ERROR_STOP=1 -P pager=off -v port="$MYSQL_PORT" \
	-v password="$MYSQL_PASSWORD" <"$PROJECT/sql_tests/tools/demo.sql"

cat <<END

Both servers are running. To look around:

  $("$PG_CONFIG" --bindir)/psql -h $PGHOST -U postgres shop
  MYSQL_PWD=$MYSQL_PASSWORD mariadb -u $MYSQL_USER -h $MYSQL_HOST -P $MYSQL_PORT shop

To end them:

  make demo-stop
END
