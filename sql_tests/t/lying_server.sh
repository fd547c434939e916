#!/bin/bash
# sql_tests/t/lying_server.sh
#   A server that breaks off, stops or sends nonsense: an error, never fewer
#   rows; and it gets neither files nor passwords.
. "$(dirname "$0")/../tools/testlib.sh"

LIAR=$PROJECT/sql_tests/tools/lying_server.py
tl_database lying_server
q "CREATE SERVER liar FOREIGN DATA WRAPPER mysql_migrate
	OPTIONS (host '127.0.0.1', port '1', connect_timeout '2')" >/dev/null
q "CREATE USER MAPPING FOR CURRENT_USER SERVER liar
	OPTIONS (username 'u', password 'a password')" >/dev/null

QUERY="SELECT count(*), sum(id) FROM mysql_query('liar',
	'SELECT id, name FROM lie') AS t(id bigint, name text)"

lie()					# MODE [options]: starts it, sets LYING
{
	local port
	rm -f "$TL_DIR/port" "$TL_DIR/report"
	python3 "$LIAR" "$@" --report "$TL_DIR/report" >"$TL_DIR/port" &
	LYING=$!
	tl_wait 5 test -s "$TL_DIR/port"
	port=$(head -n 1 "$TL_DIR/port")
	q "ALTER SERVER liar OPTIONS (SET port '$port')" >/dev/null
}

truth()
{
	kill $LYING 2>/dev/null
	wait $LYING 2>/dev/null
}

reported()				# KEY
{
	python3 -c 'import json, sys
print(json.load(open(sys.argv[1])).get(sys.argv[2], 0))' "$TL_DIR/report" "$1"
}

lie honest
HONEST=$(q "$QUERY")
like "$HONEST" '^10\|' "honest: ten rows"
truth

for mode in cut_row cut_between long_value huge_value short_row junk bad_eof \
	empty_packet error_midway; do
	lie $mode
	tl_error "$QUERY;"
	like "$SQLSTATE" '^[0-9A-Z]{5}$' "$mode: an error" "$OUTPUT"
	truth
done
for mode in trailing warnings two_results; do
	lie $mode
	tl_error "$QUERY;"
	[ -n "$SQLSTATE" ] || [ "$OUTPUT" = "$HONEST" ]
	ok $? "$mode: an error or all rows" "$OUTPUT"
	truth
done
for mode in mute mute_auth; do
	lie $mode
	begin=$SECONDS
	tl_error "$QUERY;"
	is "$SQLSTATE" 08001 "$mode: SQLSTATE"
	[ $((SECONDS - begin)) -le 5 ]
	ok $? "$mode: connect_timeout holds"
	truth
done

lie infile
tl_error "$QUERY;"
is "$(reported file_bytes)" 0 "infile: no file is sent"
truth
for mode in clear_password dialog; do
	lie $mode
	tl_error "$QUERY;"
	is "$SQLSTATE" 08001 "$mode: SQLSTATE"
	is "$(reported clear_password_bytes)" 0 "$mode: no password is sent"
	truth
done

# Ctrl-C while it stops in the middle of a row
lie stall --stall 30
"$PSQL" -X -q -A -t -c "$QUERY" >"$TL_DIR/stalled" 2>&1 &
client=$!
sleep 1
kill -INT $client
tl_wait 1 eval "! kill -0 $client 2>/dev/null"
ok $? "stall: Ctrl-C works within a second"
wait $client
like "$(cat "$TL_DIR/stalled")" 'cancel' "stall: the message says so"
truth

is "$(q "SELECT 1")" 1 "the backends are well"
tl_done
