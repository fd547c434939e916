#!/bin/bash
# sql_tests/t/type_fuzz.sh
#   Random values of every type: loaded, compared from outside, validated.
#
# SEED=n for other values, ROWS and FLOATS for more of them.
. "$(dirname "$0")/../tools/testlib.sh"

SEED=${SEED:-1}
BITS=$TL_DIR/bits
export BITS

UNKNOWN=
for type in json inet4 inet6 uuid; do
	tl_has_type $type || UNKNOWN="$UNKNOWN $type"
done
tl_mysql_database type_fuzz
"$PROJECT/sql_tests/tools/type_fuzz.py" "$SEED" "${ROWS:-1000}" \
	"${FLOATS:-100000}" $UNKNOWN >"$TL_DIR/create.sql" &&
	sv_mysql type_fuzz <"$TL_DIR/create.sql" >"$TL_DIR/create" 2>&1
ok $? "seed $SEED: the values are in MySQL" "$(head -c 1000 "$TL_DIR/create")"
tl_database type_fuzz

is "$(q "SELECT count(*), sum(read - loaded), sum(rejected)
	FROM migrate_schema('source')" | tail -n 1)" "5|0|0" \
	"seed $SEED: every row is loaded"
tl_same_rows "seed $SEED: every value is what it was" type_fuzz public \
	integers moments texts others
q "SELECT id, encode(float8send(d), 'hex'), encode(float4send(f), 'hex')
	FROM floats ORDER BY id" >"$TL_DIR/here"
cmp "$BITS" "$TL_DIR/here" >"$TL_DIR/out" 2>&1
ok $? "seed $SEED: every bit of every float is what it was" \
	"$(diff "$BITS" "$TL_DIR/here" | head -n 6)"
for table in floats integers moments texts others; do
	q "SELECT format('CREATE FOREIGN TABLE f_%s (%s) SERVER source OPTIONS (table_name ''%s'')',
		'$table', string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum), '$table')
		FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0" >"$TL_DIR/foreign"
	q "$(cat "$TL_DIR/foreign")" >"$TL_DIR/out"
	is "$(q "SELECT count(*) FROM (SELECT id, r::text FROM f_$table AS r
		EXCEPT ALL SELECT id, r::text FROM $table AS r) AS different")" 0 \
		"seed $SEED: the foreign table $table shows the same"
done
tl_log
is "$(q "SELECT string_agg(\"table\" || ' ' || status, ', ')
	FROM validate('source')")" \
	"floats equal, integers equal, moments equal, others equal, texts equal" \
	"seed $SEED: validate finds every table equal" \
	"$(q "SELECT table_name, key, columns, local, remote
		FROM mysql_migrate.difference LIMIT 10")"
# Only jsonb is compared value by value.
is "$(tl_reads type_fuzz | grep -v '^sum ')" \
	"$(q "SELECT DISTINCT 'rows ' || attrelid::regclass FROM pg_attribute
		WHERE atttypid = 'jsonb'::regtype AND attrelid IN ('floats'::regclass,
			'integers'::regclass, 'moments'::regclass, 'texts'::regclass,
			'others'::regclass)")" "seed $SEED: and reads what is equal once"
moved=$(q "WITH changed AS (UPDATE floats SET d = d * (1 + 2.3e-16)
	WHERE id % 50 = 0 AND d BETWEEN 1e-300 AND 1e300 RETURNING 1)
	SELECT count(*) FROM changed")
is "$(q "SELECT changed FROM validate('source', 'floats')")" "$moved" \
	"seed $SEED: validate sees the last bit of a double"
tl_done
