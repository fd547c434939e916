#!/bin/bash
# sql_tests/t/zero_dates.sh
#   Joomla 3, which is full of zero dates, under each policy for them.
. "$(dirname "$0")/../tools/testlib.sh"

tl_dataset joomla3 zero_dates || tl_done
tables=$(my "SELECT count(*) FROM information_schema.tables
	WHERE table_schema = 'zero_dates' AND table_type = 'BASE TABLE'")

# Each table with a zero date, and how many of them there are.
my "SELECT CONCAT('SELECT ''', table_name, ''', ',
		GROUP_CONCAT('COALESCE(SUM(\`', column_name, '\` = 0), 0)' SEPARATOR ' + '),
		' AS n FROM \`', table_name, '\` HAVING n > 0;')
	FROM information_schema.columns WHERE table_schema = 'zero_dates'
	AND data_type IN ('date', 'datetime', 'timestamp') GROUP BY table_name" |
	sv_mysql -N zero_dates | sort >"$TL_DIR/zero"
zero_tables=$(cut -f 1 "$TL_DIR/zero")
zeros=$(awk '{ n += $2 } END { print n }' "$TL_DIR/zero")
ok $((zeros > 100 ? 0 : 1)) "there are $zeros zero dates in $(wc -w <<<"$zero_tables") tables"

# As it was read: NULL or -infinity for each of them, and for nothing else.
count_here()			# CONDITION
{
	q "SELECT sum((xpath('/row/n/text()', query_to_xml(format(
		'SELECT count(*) AS n FROM %I.%I WHERE %I $1', table_schema, table_name,
		column_name), true, true, '')))[1]::text::int)
		FROM information_schema.columns WHERE table_schema = 'public'
		AND table_name LIKE 'jos\_%' AND data_type IN ('date', 'timestamp without time zone',
			'timestamp with time zone')" | tail -n 1
}

for policy in null -infinity; do
	tl_database zero_dates
	output=$(q "SELECT count(*), sum(read) = sum(loaded), sum(rejected) FROM migrate_schema('source',
		options => '{\"zero_date\": \"$policy\"}') WHERE status IN ('ok', 'warning')")
	is "$(tail -n 1 <<<"$output")" "$tables|t|0" "zero_date $policy: all tables are whole" "$output"
	is "$(q "SELECT count(*) FROM validate('source') WHERE status <> 'equal'" | tail -n 1)" 0 \
		"zero_date $policy: validate finds every table equal"
	if [ "$policy" = null ]; then
		nulls=$(my "SELECT CONCAT('SELECT SUM(\`', column_name, '\` IS NULL) AS n FROM \`',
			table_name, '\`;') FROM information_schema.columns
			WHERE table_schema = 'zero_dates'
			AND data_type IN ('date', 'datetime', 'timestamp')" |
			sv_mysql -N zero_dates | awk '{ n += $1 } END { print n }')
		is "$(count_here 'IS NULL')" $((zeros + nulls)) "zero_date null: each of them is NULL"
		is "$(q "SELECT sum((regexp_match(what, '^\d+'))[1]::int) FROM mysql_migrate.note
			WHERE what LIKE '%changed by a policy'" | tail -n 1)" "$zeros" \
			"zero_date null: the notes count each of them"
	else
		is "$(count_here "= ''-infinity''")" "$zeros" "zero_date -infinity: each of them is that"
		is "$(q "SELECT count(*) FROM mysql_migrate.note WHERE what = 'NOT NULL not made'" | tail -n 1)" 0 \
			"zero_date -infinity: NOT NULL stays"
	fi
done

tl_database zero_dates
output=$(q "SELECT count(*) FROM migrate_schema('source', options => '{\"zero_date\": \"error\"}')" 2>&1)
like "$output" 'failed' "zero_date error: the job fails"
is "$(q "SELECT \"table\" FROM mysql_migrate.result WHERE status = 'failed' ORDER BY \"table\" COLLATE \"C\"")" \
	"$zero_tables" "zero_date error: just the tables with zero dates fail, by name"
is "$(q "SELECT count(*) FROM mysql_migrate.result WHERE status IN ('ok', 'warning') AND read = loaded" | tail -n 1)" \
	$((tables - $(wc -w <<<"$zero_tables"))) "zero_date error: all others are whole"

# A zero date that became NULL in a key is one of the rows without a date.
my "SET sql_mode = ''; CREATE TABLE moments (at datetime UNIQUE, what varchar(10));
	INSERT INTO moments VALUES (NULL, 'a'), (NULL, 'b'), (NULL, 'b'),
		('0000-00-00', 'c'), ('2020-01-01', 'd'), ('2020-01-02', 'e')" zero_dates
q "SELECT 1 FROM migrate_table('source', 'moments')" >"$TL_DIR/out" 2>&1
my "SET sql_mode = ''; DELETE FROM moments WHERE what = 'b' LIMIT 1;
	UPDATE moments SET what = 'C' WHERE what = 'c'; UPDATE moments SET at = NULL WHERE what = 'd'" zero_dates
is "$(q "SELECT status FROM migrate_missing('source', 'moments', mode => 'mirror',
	options => '{\"max_delete\": 100}')" | tail -n 1)" equal "a zero date in a key that may be NULL: mirrored"
is "$(q "SELECT at, what FROM moments ORDER BY what COLLATE \"C\"")" "|C
|a
|b
|d
2020-01-02 00:00:00|e" "a zero date in a key that may be NULL: the same rows"

tl_done
