# sql_tests/tools/clients.sh
#   The two command-line clients, as all scripts call them.  Sourced.
#
# PGHOST, PGPORT, PGUSER, PGDATABASE and MYSQL_HOST, MYSQL_PORT, MYSQL_USER,
# MYSQL_PASSWORD say where the servers are.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PG_CONFIG=${PG_CONFIG:-pg_config}
export PROJECT PG_CONFIG

sv_psql()
{
	"$("$PG_CONFIG" --bindir)/psql" -X "$@"
}

# Through TCP, as the extension does.
sv_mysql()
{
	MYSQL_PWD=$MYSQL_PASSWORD mariadb --no-defaults -u "$MYSQL_USER" \
		-h "$MYSQL_HOST" -P "$MYSQL_PORT" --protocol=tcp --batch \
		--default-character-set=utf8mb4 --max-allowed-packet=512M "$@"
}
