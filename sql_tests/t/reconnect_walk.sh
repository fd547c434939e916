#!/bin/bash
# sql_tests/t/reconnect_walk.sh
#   validate and migrate_missing, whose connection is lost at a statement of
#   their choice: while they are planned, while a table is cut into parts, while
#   one is compared.
. "$(dirname "$0")/../tools/testlib.sh"

# Ids that lie far apart, more than one part of rows.
tl_mysql_database walk
my "CREATE TABLE wide (id int PRIMARY KEY, pad varchar(2000) CHARACTER SET latin1);
	INSERT INTO wide SELECT seq * 50000, REPEAT(MD5(seq), 60) FROM seq_1_to_36000;
	CREATE TABLE thin (id int PRIMARY KEY, k int NULL UNIQUE);
	INSERT INTO thin VALUES (1, 1), (2, NULL);
	ANALYZE TABLE wide, thin" walk >/dev/null
tl_database walk
q "SELECT count(*) FROM migrate_schema('source')" >/dev/null

# NAME WORDS TIMES STATEMENT: its result, with the connection cut at WORDS.
cut_at()
{
	local port

	rm -f "$TL_DIR/in"
	mkfifo "$TL_DIR/in"
	"$PROJECT/sql_tests/tools/cutting_proxy.py" "$MYSQL_PORT" "$2" "$3" \
		<"$TL_DIR/in" >"$TL_DIR/proxy" &
	exec 4>"$TL_DIR/in"
	tl_wait 10 test -s "$TL_DIR/proxy"
	port=$(head -n 1 "$TL_DIR/proxy")
	q "ALTER SERVER source OPTIONS (SET port '$port')"
	RESULT=$(q "$4")
	exec 4>&-
	wait $!
	q "ALTER SERVER source OPTIONS (SET port '$MYSQL_PORT')"
	is "$(grep -c cut "$TL_DIR/proxy")" "$3" "$1: the connection was cut"
}
rows()
{
	grep -v '^[A-Z]*:' <<<"$RESULT"
}

VALIDATE="SELECT \"table\", rows_local, rows_remote, missing, changed, extra, status FROM validate('source')"
for words in avg_row_length data_type, 'CAST(MIN(' 'FORCE INDEX' 'COUNT(*), '; do
	cut_at "validate, $words" "$words" 2 "$VALIDATE"
	is "$(rows)" "thin|2|2|0|0|0|equal
wide|36000|36000|0|0|0|equal" "validate, $words: goes on by itself"
done
MISSING="SELECT \"table\", inserted, status FROM migrate_missing('source')"
for words in avg_row_length 'FORCE INDEX' 'COUNT(*), '; do
	q "DELETE FROM wide WHERE id > 1790000000 OR id = 50000; DELETE FROM thin" >/dev/null
	cut_at "migrate_missing, $words" "$words" 2 "$MISSING"
	is "$(rows)" "thin|2|equal
wide|201|equal" "migrate_missing, $words: goes on by itself"
done
my "DROP DATABASE walk"
tl_done
