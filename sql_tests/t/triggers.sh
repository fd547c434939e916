#!/bin/bash
# sql_tests/t/triggers.sh
#   Translated triggers do what they did: the same statements on both sides
#   succeed or fail together, and leave the same rows.
. "$(dirname "$0")/../tools/testlib.sh"

TOOL=$PROJECT/sql_tests/tools/expressions.py

tl_mysql_database triggers
export MYSQL_DATABASE=triggers
sv_mysql triggers <"$PROJECT/sql_tests/data/triggers.sql"
ok $? "the triggers are in MySQL"
tl_database triggers
q "SELECT count(*) FROM migrate_schema('source')" >"$TL_DIR/migrate" 2>&1
ok $? "they are migrated" "$(cat "$TL_DIR/migrate")"
is "$(q "SELECT object FROM mysql_migrate.note WHERE what = 'trigger not made'
	AND object NOT LIKE 'no\_%' ORDER BY 1")" "" "none is left out that should not be"
is "$(q "SELECT count(*) FROM mysql_migrate.note WHERE what = 'trigger not made'
	AND original <> '' AND why <> '' AND next_step <> ''")" \
	"$(my "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = 'triggers'
		AND trigger_name LIKE 'no\_%'")" "each that is left out is noted with its text"
# what is left out would make a difference
my "DROP TRIGGER no_user; DROP TRIGGER no_variable; DROP TRIGGER no_chain;
	DROP TRIGGER no_cursor; DROP TRIGGER no_number" triggers

# both STATEMENT [fails]: it succeeds on both sides, or fails on both
both()
{
	local there here there_status here_status

	there=$(my "$1" triggers 2>&1)
	there_status=$?
	here=$(q "$1" 2>&1)
	here_status=$?
	is "$((there_status != 0)) $((here_status != 0))" "$([ "${2:-}" = fails ] && echo 1 1 || echo 0 0)" "$1"
	[ $((there_status != 0)) -eq $((here_status != 0)) ] ||
		printf '# %s\n' "$there" "$here"
}

same()					# NAME
{
	local output

	output=$(python3 "$TOOL" relations public)
	ok $? "$1: $(tail -n 1 <<<"$output")" "$output"
}

both "INSERT INTO account (owner, email, balance) VALUES ('Ann Lee', '  ANN@X.org ', 10.5), ('Bob', NULL, 2000), ('Cy', 'c@x', 0)"
both "INSERT INTO account (owner, balance) VALUES ('Minus', -1)" fails
both "INSERT INTO account (id, owner, balance, state, opened) VALUES (4, 'Dan', 5000, 'closed', '2020-02-29')"
same "after INSERT"
both "UPDATE account SET balance = balance + 500 WHERE id <= 2"
both "UPDATE account SET balance = balance - 300.25 WHERE owner = 'Bob'"
both "UPDATE account SET owner = 'Ann L.' WHERE id = 1"
both "UPDATE account SET email = NULL WHERE id = 3"
same "after UPDATE"
both "INSERT INTO booking (account_id, amount) VALUES (1, 20.5)"
both "INSERT INTO booking (account_id, amount, memo) VALUES (1, -5, 'fee')"
both "INSERT INTO booking (account_id, amount) VALUES (3, 1)"
both "INSERT INTO booking (account_id, amount) VALUES (99, 1)" fails
same "after bookings"
both "UPDATE booking SET amount = amount + 1 WHERE id = 1"
both "UPDATE booking SET amount = amount, memo = 'same' WHERE id = 2"
both "UPDATE account SET state = 'closed' WHERE id = 3"
both "UPDATE booking SET amount = 7 WHERE id = 3"
same "after their changes"
both "DELETE FROM booking WHERE id = 2"
both "DELETE FROM account WHERE id = 2" fails
both "DELETE FROM account WHERE id IN (4, 5)"
same "after DELETE"
both "INSERT INTO plain (id, a, t) VALUES (1, 1, 'abc'), (2, 2, '42'), (3, 3, NULL), (4, NULL, '')"
both "UPDATE plain SET a = 5 WHERE id IN (1, 2, 4)"
both "INSERT INTO ordered (id, t) VALUES (1, NULL), (2, 'x')"
same "after loops"
is "$(q "DO \$\$ BEGIN INSERT INTO account (owner, balance) VALUES ('x', -1);
	EXCEPTION WHEN SQLSTATE '45000' THEN RAISE NOTICE 'caught: %', SQLERRM; END \$\$" | sed 's/^NOTICE:  //')" \
	"caught: negative balance" "SIGNAL has its SQLSTATE and message"
is "$(q "DROP EXTENSION mysql_migrate CASCADE; UPDATE plain SET a = 6 WHERE id = 1;
	SELECT c FROM plain WHERE id = 1" | tail -n 1)" 16 "they need no extension"
tl_done
