#!/bin/bash
# sql_tests/t/applications.sh
#   Schemas like those of well-known applications, and invented ones with every
#   odd thing that MySQL allows: each object is accounted for by name, each
#   table and view that is here holds the same rows, and what is left to the
#   user is what the first lines of the file say.
. "$(dirname "$0")/../tools/testlib.sh"

DATA=$PROJECT/sql_tests/data/applications
TOOLS=$PROJECT/sql_tests/tools
if my "SELECT version()" | grep -q MariaDB; then
	SERVER=MariaDB
else
	SERVER=MySQL
fi

application()			# NAME: from standard input
{
	local file=$TL_DIR/$1.sql output

	cat >"$file"
	if grep -q '^-- only: ' "$file" && ! grep -q "^-- only: $SERVER\$" "$file"; then
		skip "$1 is for another server"
		return
	fi
	tl_mysql_database "app_$1"
	sv_mysql "app_$1" <"$file" >"$TL_DIR/load" 2>&1
	ok $? "$1: is in MySQL" "$(cat "$TL_DIR/load")"
	tl_database "app_$1"
	output=$(q "SELECT count(*) FROM migrate_schema('source') WHERE status NOT IN ('ok', 'warning')" 2>&1)
	is "$(tail -n 1 <<<"$output")" 0 "$1: is migrated"
	output=$(python3 "$TOOLS/account.py" "app_$1" public 2>&1)
	ok $? "$1: $(tail -n 1 <<<"$output")" "$output"
	is "$(q "SELECT string_agg(object, ' ' ORDER BY object COLLATE \"C\") FROM mysql_migrate.note
			WHERE severity = 'warning' AND what NOT LIKE 'rows are%'")" \
		"$(sed -n "s/^-- left\( $SERVER\)\{0,1\}: //p" "$file")" "$1: what is left to the user"
	output=$(MYSQL_DATABASE="app_$1" python3 "$TOOLS/expressions.py" relations public 2>&1)
	ok $? "$1: $(tail -n 1 <<<"$output")" "$output"
}

for file in "$DATA"/*.sql; do
	application "$(basename "$file" .sql)" <"$file"
done
application erp < <(python3 "$DATA/erp.py")
my "DROP DATABASE IF EXISTS app_mariadb; DROP DATABASE IF EXISTS mariadb_other"
tl_done
