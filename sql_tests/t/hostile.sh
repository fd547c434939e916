#!/bin/bash
# sql_tests/t/hostile.sh
#   Settings of the MySQL server that change what statements return, cut them
#   short, or end sessions, have no effect on anything that is read from it.
. "$(dirname "$0")/../tools/testlib.sh"
. "$(dirname "$0")/../tools/versions.sh"

echo "# $(q "SHOW server_version") with $VERSION"
load hostile "$PROJECT/sql_tests/data/matrix.sql"
my "CREATE TABLE bodies (id int NOT NULL PRIMARY KEY, body longtext) ENGINE = InnoDB;
	INSERT INTO bodies SELECT id, REPEAT(CONCAT('body ', id, ' '), id * 20)
		FROM numbers WHERE id < 1000;
	CREATE TABLE names (name varchar(190) CHARACTER SET utf8mb4 NOT NULL, n int,
		PRIMARY KEY (name)) ENGINE = InnoDB;
	INSERT INTO names SELECT CONCAT(REPEAT('x', 170), 'Ä', id), id FROM numbers;
	ANALYZE TABLE bodies, names" hostile >/dev/null

# An account as an application has it: init_connect does not spare it.
for host in % localhost; do
	my "DROP USER stranger@'$host'" >/dev/null 2>&1
	my "CREATE USER stranger@'$host' IDENTIFIED BY '$MYSQL_PASSWORD';
		GRANT SELECT, INSERT, UPDATE, DELETE, SHOW VIEW, TRIGGER, LOCK TABLES, EVENT, EXECUTE
			ON hostile.* TO stranger@'$host'"
done

# ---- settings

SETTINGS="sql_mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE,PAD_CHAR_TO_FULL_LENGTH,NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT,IGNORE_SPACE,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_TRANS_TABLES
sql_mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE,PAD_CHAR_TO_FULL_LENGTH,NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT,IGNORE_SPACE,ORACLE,EMPTY_STRING_IS_NULL
time_zone=+05:30
sql_select_limit=3
sql_auto_is_null=1
sql_safe_updates=1
sql_big_selects=0
max_join_size=2
autocommit=0
completion_type=2
group_concat_max_len=4
net_read_timeout=1
net_write_timeout=1
wait_timeout=5
interactive_timeout=5
lock_wait_timeout=3
tx_isolation=SERIALIZABLE
transaction_isolation=SERIALIZABLE
character_set_server=utf16
character_set_client=latin1
character_set_connection=utf16
character_set_results=latin1
collation_server=utf16_bin
default_collation_for_utf8mb4=utf8mb4_general_ci
max_sort_length=64
max_length_for_sort_data=4
max_allowed_packet=65536
default_week_format=3
div_precision_increment=0
lc_time_names=de_DE
max_execution_time=1
max_statement_time=0.001
idle_transaction_timeout=1
idle_readonly_transaction_timeout=1
sql_buffer_result=1
big_tables=1
tmp_table_size=1024
max_heap_table_size=16384
sort_buffer_size=32768
join_buffer_size=128
explain_format=JSON
old_mode=ZERO_DATE_TIME_CAST
local_infile=0
max_prepared_stmt_count=40
eq_range_index_dive_limit=1
show_gipk_in_create_table_and_information_schema=0
read_only=1
init_connect=SET NAMES latin1, SESSION time_zone = '-11:00', sql_mode = 'NO_BACKSLASH_ESCAPES', autocommit = 0"

quoted()				# VALUE
{
	if [[ $1 =~ ^[0-9.]+$ ]]; then
		echo "$1"
	else
		echo "'${1//\'/\'\'}'"
	fi
}

# Sets what this version knows; UNDO becomes the way back.
be_hostile()
{
	local name value old done=0

	UNDO=
	while IFS='=' read -r name value; do
		old=$(my "SELECT @@GLOBAL.$name" 2>/dev/null) || continue
		[[ $old != NULL ]] || old=
		my "SET GLOBAL $name = $(quoted "$value")" >/dev/null 2>&1 || continue
		UNDO="SET GLOBAL $name = $(quoted "$old"); $UNDO"
		done=$((done + 1))
	done <<<"$SETTINGS"
	ok $((done < 25)) "$done settings are hostile"
}

# Over one session, whose own settings are as they should be.
be_friendly()
{
	[ -z "${UNDO:-}" ] || my "SET SESSION sql_mode = ''; $UNDO" >"$TL_DIR/undo" 2>&1
	ok $? "the settings are as they were" "$(cat "$TL_DIR/undo")"
	UNDO=
}
trap 'be_friendly >/dev/null; rm -rf "$TL_DIR"' EXIT

# ---- what is the same

# All that a user does, one line for each fact.
everything()
{
	q "SELECT severity, object, finding FROM migration_check('source')
		WHERE severity = 'blocker'"
	q "SELECT \"table\", read, loaded, rejected, status
		FROM migrate_schema('source', workers => 3) ORDER BY 1"
	q "SELECT \"table\", status FROM validate('source') ORDER BY 1"
	q "SELECT \"table\", status FROM validate('source', mode => 'full') ORDER BY 1"
	q "DELETE FROM numbers WHERE id % 3 = 0; DELETE FROM names WHERE n % 2 = 1;
		UPDATE texts SET v = v || '!' WHERE k < 'row 5';
		DELETE FROM bodies WHERE id > 500"
	q "SELECT \"table\", status FROM migrate_missing('source', mode => 'mirror',
		options => '{\"max_delete\": 100}') ORDER BY 1"
	q "SELECT \"table\", status FROM validate('source') ORDER BY 1"
	q "SELECT count(*) FROM fix_sequences('source')"
	q "IMPORT FOREIGN SCHEMA hostile FROM SERVER source INTO remote"
	q "SELECT count(*), sum(i), sum(d), max(f), min(g), max(y) FROM remote.numbers"
	q "SELECT count(*), count(DISTINCT v), max(length(te)), string_agg(c, '' ORDER BY k) FROM remote.texts"
	q "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM remote.times AS t"
	q "SELECT md5(string_agg(b::text, '' ORDER BY id)) FROM remote.bodies AS b"
	q "SELECT r.id, n.name FROM remote.numbers AS r JOIN remote.names AS n ON n.n = r.id
		WHERE r.t > 0 ORDER BY n.name LIMIT 7"
	q "SELECT object, severity, what, why FROM mysql_migrate.note
		WHERE job = (SELECT min(id) FROM mysql_migrate.job) ORDER BY 1, 3, 4"
	q "SELECT state, consistent FROM mysql_migrate.job WHERE kind = 'migrate_schema'"
}

run()					# NAME
{
	tl_database hostile >"$TL_DIR/$1" 2>&1
	q "ALTER USER MAPPING FOR CURRENT_USER SERVER source
			OPTIONS (SET username 'stranger');
		CREATE SCHEMA remote;
		ALTER DATABASE hostile SET client_min_messages = error" >>"$TL_DIR/$1"
	everything >>"$TL_DIR/$1" 2>&1
}

run friendly
like "$(cat "$TL_DIR/friendly")" 'numbers\|1004\|1004\|0\|' "friendly: it is loaded" \
	"$(cat "$TL_DIR/friendly")"
is "$(grep -n 'ERROR\|differs\|failed' "$TL_DIR/friendly")" "" "friendly: no error"
be_hostile
run hostile
be_friendly
is "$(diff "$TL_DIR/friendly" "$TL_DIR/hostile")" "" "hostile: all is the same"
tl_same_rows "hostile: every row of every table is here and equal" \
	hostile public

my "DROP USER stranger@'%', stranger@localhost; DROP DATABASE hostile"
tl_done
