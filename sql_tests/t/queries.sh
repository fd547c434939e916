#!/bin/bash
# sql_tests/t/queries.sh
#   compare_queries: the same rows on both sides, or what differs.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database queries
sv_mysql queries <<'EOF'
CREATE TABLE items (id int AUTO_INCREMENT PRIMARY KEY, name varchar(30), code char(6),
	price decimal(10,2), weight double, size float, is_new tinyint(1), sold datetime,
	day date, stamp timestamp NULL, raw varbinary(8), doc json, kind enum('a','b'), tags set('x','y'),
	big bigint unsigned, took time);
INSERT INTO items VALUES
	(1, 'Äpfel 🍎', 'A1', 1.50, 0.1, 0.3, 1, '2026-01-02 03:04:05', '2026-01-02', '2026-01-02 03:04:05', X'00FF', '{"a": [1, 2.50], "b": null}', 'a', 'x,y', 12345678901, '10:11:12'),
	(2, 'birne', NULL, 2.25, 1e10, 1.5, 0, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL),
	(3, 'Cherry', 'c', NULL, -2.5e-8, 0, NULL, '2026-06-01 00:00:00', '1999-12-31', '2020-01-01 00:00:00', X'', '[]', 'b', NULL, 0, '00:00:00'),
	(4, NULL, '', 3.00, NULL, NULL, 1, '2026-01-02 03:04:05', '2026-01-02', NULL, X'41', 'true', 'a', 'y', 7, '23:59:59');
EOF
tl_database queries
q "SELECT count(*) FROM migrate_schema('source', options => '{\"case_insensitive\": \"ignore\"}')" >/dev/null 2>&1

# status NAME STATUS [QUERY [LOCAL QUERY]]
status()
{
	local queries="ARRAY[\$q\$$3\$q\$]"

	[ $# -lt 4 ] || queries="ARRAY[[\$q\$$3\$q\$, \$q\$$4\$q\$]]"
	q "SELECT status FROM compare_queries('source', $queries, 0)" >"$TL_DIR/out" 2>&1
	is "$(cat "$TL_DIR/out")" "$2" "$1"
	q "SELECT note FROM compare_queries('source', $queries, 0)" >"$TL_DIR/note" 2>&1
}

# noted NAME PATTERN: what the query before was said to differ in.
noted()
{
	like "$(cat "$TL_DIR/note")" "$2" "$1"
}

status "every type" equal "SELECT * FROM items"
status "no row" equal "SELECT * FROM items WHERE id < 0"
status "a count" equal "SELECT count(*) FROM items"
status "sums: DECIMAL there, bigint here" equal "SELECT sum(id), sum(price), min(day) FROM items"
status "averages: fewer digits there" equal "SELECT avg(id), avg(price) FROM items"
status "sums of floating point numbers" equal "SELECT sum(weight), avg(weight) FROM items"
status "sorted by number" equal "SELECT id, price FROM items ORDER BY id DESC"
status "joins and groups" equal "SELECT a.kind, count(*) AS n FROM items a JOIN items b ON a.id <= b.id GROUP BY a.kind ORDER BY n"
status "ties in another order" differs "SELECT id, kind FROM items ORDER BY id" \
	"SELECT id, kind FROM items ORDER BY -id"
noted "that is said" 'the same rows in another order'
status "without ORDER BY the order is not compared" equal "SELECT id FROM items ORDER BY id" \
	"SELECT id FROM items"
status "pairs, each side in its own words" equal \
	"SELECT IFNULL(name, '-') AS n, DATE_FORMAT(sold, '%Y') AS y FROM items" \
	"SELECT coalesce(name, '-') AS n, to_char(sold, 'YYYY') AS y FROM items"

# ---- what differs

status "one value" differs "SELECT id, price FROM items" \
	"SELECT id, CASE id WHEN 1 THEN price + 0.01 ELSE price END AS price FROM items"
noted "the column is named" '^other values in "price"$'
status "a row more" differs "SELECT id FROM items" \
	"SELECT id FROM items UNION ALL SELECT 5"
noted "the rows are counted" '^5 rows here, 4 in MySQL$'
status "the same number of other rows" differs "SELECT 1 UNION ALL SELECT 1 UNION ALL SELECT 2" \
	"SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2"
status "values that changed places" differs "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y'" \
	"SELECT 1 AS a, 'y' AS b UNION ALL SELECT 2, 'x'"
noted "that is said" 'combined to other rows'
status "NULL is not an empty text" differs "SELECT ''" "SELECT NULL::text"
status "NULL and the end of a text" differs "SELECT 'a', NULL" "SELECT 'aN', ''"
status "numbers: a digit more here" differs "SELECT CAST(1.25 AS decimal(5,2))" "SELECT 1.259"
status "another number of columns" failed "SELECT 1, 2" "SELECT 1"
noted "that is said" 'has 1 columns here and 2 in MySQL'

# ---- what cannot be run: a row, and the others go on

is "$(q "SELECT status FROM compare_queries('source', ARRAY['SELECT count(*) FROM nix',
	'SELECT 1', 'SELECT FROM WHERE', 'SELECT id / 0 FROM items', 'SELECT 2'], 1)" |
	tr '\n' ' ')" "failed equal failed failed equal " "a failing query is a row"
status "a table that is in MySQL only" failed "SELECT 1 FROM items" "SELECT 1 FROM nix"
noted "with its SQLSTATE" '^42P01: '
status "syntax of MySQL only" failed "SELECT IFNULL(NULL, 1)"
noted "with its message" 'function ifnull'
status "a local lost value" failed "SELECT name FROM items" "SELECT id FROM items"

# ---- nothing is written on either side

status "INSERT" failed "INSERT INTO items (id) VALUES (9)"
status "two statements" failed "SELECT 1" "SELECT 1; DROP TABLE items"
status "COMMIT there" failed "COMMIT" "SELECT 1"
q "CREATE SEQUENCE counted; CREATE TABLE log (id int);
	CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO log VALUES (1) RETURNING id'" >/dev/null
status "a sequence here" failed "SELECT 1" "SELECT nextval('counted')"
noted "it is read-only" '25006'
status "a function that writes here" failed "SELECT 1" "SELECT writes()"
printf 'DELIMITER //\n%s//\n' "CREATE FUNCTION writes() RETURNS int
	DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM items; RETURN 1; END" | sv_mysql queries
status "a function that writes there" failed "SELECT writes()" "SELECT 1"
noted "it is read-only" 'READ ONLY'
my "CREATE SEQUENCE numbers" queries
status "a sequence there" failed "SELECT NEXT VALUE FOR numbers" "SELECT 1"
noted "it is read-only" 'READ ONLY'
for text in "SELECT id INTO OUTFILE '/tmp/out' FROM items" "SELECT id FROM items INTO @x" \
	"SELECT 1 /*! INTO OUTFILE '/tmp/out' */" "SELECT id FROM items LOCK IN SHARE MODE"; do
	status "refused: $text" failed "$text" "SELECT 1"
	noted "refused: it says why" '^0A000: only queries.*word "(into|lock)"'
done
status "FOR UPDATE there" failed "SELECT id FROM items FOR UPDATE" "SELECT 1"
status "the words in a text, or a name" equal \
	"SELECT 'lock into' AS a, 1 AS \`into\`, 'x' AS blocks /* into */" "SELECT 'lock into', 1, 'x'"
status "DELETE in WITH here" failed "SELECT 1" "WITH d AS (DELETE FROM items RETURNING id) SELECT id FROM d"
is "$(my "SELECT COUNT(*) FROM items" queries)" 4 "no row is gone there"
is "$(q "SELECT count(*) FROM log")" 0 "no row was written here"
is "$(q "BEGIN; SELECT count(*) FROM compare_queries('source', ARRAY['SELECT 1'], 1);
	INSERT INTO log VALUES (2); COMMIT; SELECT count(*) FROM log" | tail -n 1)" 1 \
	"the transaction around it may go on writing"

# ---- columns of one name, floating point, NULLs

status "columns of one name" equal "SELECT id AS a, name AS a, code AS a FROM items"
status "columns of one name, one of which differs" differs "SELECT id AS a, name AS a FROM items" \
	"SELECT id AS a, name || '' || CASE WHEN id = 1 THEN 'x' ELSE '' END AS a FROM items"
status "NULLs against values" differs "SELECT price FROM items" "SELECT coalesce(price, 0) FROM items"
status "NaN, which MySQL does not have" differs "SELECT weight FROM items WHERE id = 1" \
	"SELECT 'NaN'::float8"
status "the last digits of a sum" equal "SELECT SUM(0.1e0) FROM seq_1_to_1000" \
	"SELECT sum(0.1::float8) FROM generate_series(1, 1000)"
status "a digit that counts" differs "SELECT 0.1e0" "SELECT 0.10000001::float8"
status "integer division" differs "SELECT 5 / 2"

# ---- times

is "$(q "SELECT ms_local BETWEEN 50 AND 5000, ms_remote BETWEEN 100 AND 5000,
	ratio < 1 FROM compare_queries('source',
	ARRAY[['SELECT SLEEP(0.1)', 'SELECT 0 FROM pg_sleep(0.05)']], 3)")" "t|t|t" \
	"medians and their ratio"
is "$(q "SELECT ms_local IS NULL FROM compare_queries('source', ARRAY['SELECT 1'], 0)")" \
	t "runs => 0 measures nothing"

# ---- memory: a million rows each

"$PSQL" -X -q -A -t -c "SELECT pg_backend_pid()" -c "SELECT status, rows_local,
	rows_remote FROM compare_queries('source', ARRAY[[
	'SELECT seq, REPEAT(''x'', 200) FROM seq_1_to_500000',
	'SELECT i, repeat(''x'', 200) FROM generate_series(1, 500000) AS i']], 1)" \
	-c "SELECT sum(total_bytes) < 30000000 FROM pg_backend_memory_contexts" \
	>"$TL_DIR/big" 2>&1
is "$(tail -n 2 "$TL_DIR/big" | head -n 1)" "equal|500000|500000" \
	"half a million rows"
is "$(tail -n 1 "$TL_DIR/big")" t "in little memory" "$(cat "$TL_DIR/big")"

# ---- what a caller can get wrong

tl_fails "no queries" 22004 'queries' "SELECT * FROM compare_queries('source', NULL);"
tl_fails "triples" 2202E 'wrong form' \
	"SELECT * FROM compare_queries('source', ARRAY[['a', 'b', 'c']]);"
tl_fails "runs" 22023 'number of runs' \
	"SELECT * FROM compare_queries('source', ARRAY['SELECT 1'], -1);"
q "SET statement_timeout = '500ms'; SELECT * FROM compare_queries('source', ARRAY[['SELECT SLEEP(20)', 'SELECT 0']])" >"$TL_DIR/timeout" 2>&1
like "$(cat "$TL_DIR/timeout")" 'statement timeout' "it can be cancelled"
tl_nothing_left "at the end" 5
tl_done
