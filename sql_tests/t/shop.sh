#!/bin/bash
# sql_tests/t/shop.sh
#   The sample shop, whole: one SELECT, every row compared from outside.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database shop
sv_mysql shop <"$PROJECT/sql_tests/data/shop.sql"
tl_database shop

output=$(q "SELECT sum(read) = sum(loaded), sum(rejected), count(*),
	count(*) FILTER (WHERE status NOT IN ('ok', 'warning'))
	FROM migrate_schema('source')" | tail -n 1)
is "$output" "t|0|15|0" "one SELECT migrates 15 tables"
tl_migrated_whole shop public
output=$(python3 "$PROJECT/sql_tests/tools/account.py" shop public 2>&1)
ok $? "objects: $(tail -n 1 <<<"$output")" "$output"

is "$(q "SELECT count(*) FROM validate('source') WHERE status <> 'equal'" |
	tail -n 1)" 0 "validate finds every table equal"
is "$(q "SELECT state FROM mysql_migrate.job WHERE kind = 'migrate_schema'" |
	sed 's/^warning$/ok/')" ok "the job says how it ended"

# What a validation is for: one changed, one missing, one row too many.
q "UPDATE counters SET ratio = 4 WHERE name = 'pi';
	DELETE FROM search_log WHERE id = 17;
	INSERT INTO categories (id, title) VALUES (999, 'new')" >/dev/null
is "$(q "SELECT \"table\", missing, changed, extra FROM validate('source')
	WHERE status = 'differs' ORDER BY 1" | grep '|')" \
	"categories|0|0|1
counters|0|1|0
search_log|1|0|0" "validate finds the three rows that were changed since"

# Nothing that was migrated needs the extension.
q "DROP EXTENSION mysql_migrate CASCADE" >/dev/null
is "$(q "SELECT count(*) FROM customer_totals")" 60000 \
	"views work without the extension"
is "$(q "INSERT INTO customers (email, country) VALUES ('x@y', 'DE')
	RETURNING id > 60000")" t "rows can be added without the extension"
tl_done
