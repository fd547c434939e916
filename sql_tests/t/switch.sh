#!/bin/bash
# sql_tests/t/switch.sh
#   The switch, and the guards around it: each of them keeps rows from being
#   lost that would be lost without it.
. "$(dirname "$0")/../tools/testlib.sh"

tl_mysql_database switch
my "CREATE TABLE orders (id int unsigned AUTO_INCREMENT PRIMARY KEY, v varchar(20));
	INSERT INTO orders (v) SELECT CONCAT('order ', seq) FROM seq_1_to_1000;
	CREATE TABLE customers (id int PRIMARY KEY, name varchar(20));
	INSERT INTO customers SELECT seq, CONCAT('customer ', seq)
		FROM seq_1_to_100" switch
tl_database switch
is "$(q "SELECT sum(loaded) FROM migrate_schema('source')" | tail -n 1)" 1100 \
	"two tables are here"

# ---- whose rows these are

identity=$(q "SELECT DISTINCT source_identity FROM mysql_migrate.table_map")
like "$identity" '^server_(uuid|id) .+' "the source's identity is recorded"
is "$(q "SELECT source_identity FROM mysql_migrate.job WHERE id = 1")" \
	"$identity" "the job has it too"

# ---- after the switch

q "INSERT INTO mysql_migrate.switched (server, owner)
	VALUES ('source', 'postgres'::regrole)" >/dev/null
for call in "migrate_schema('source', local_schema => 'again')" \
	"migrate_table('source', 'orders', on_existing => 'truncate')" \
	"fix_sequences('source')"; do
	tl_fails "switched: ${call%%(*}" 55000 'was switched: nothing is written' \
		"SELECT * FROM $call;"
done
is "$(q "SELECT count(*) FROM orders")" 1000 "switched: no row is gone"
is "$(q "SELECT sum(loaded) FROM migrate_table('source', 'orders', 'again',
	force => true)" | tail -n 1)" 1000 "switched: force is followed"
tl_fails "switched: migration_rollback" 55000 'nothing .* is dropped' \
	"SELECT migration_rollback(1, force => true);"
q "DELETE FROM mysql_migrate.switched WHERE server = 'source'" >/dev/null
is "$(q "SELECT count(*) FROM fix_sequences('source')")" 2 \
	"a switch can be lifted"
tl_done
