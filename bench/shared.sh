# bench/shared.sh
#   What the benchmarks share: the table "votes" in MySQL, the way to it, and
#   the stopwatch.  To be sourced by bash scripts, with ROWS set.
. "$(dirname "${BASH_SOURCE[0]}")/../sql_tests/tools/servers.sh"

trap 'sv_stop' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Three numbers and a time, in MySQL's database "bench".
generate_votes()		# [FURTHER DEFINITION...]: of the table, like an index
{
	local definition further=

	for definition in "$@"; do
		further+=", $definition"
	done
	sv_mysql -e "CREATE DATABASE bench CHARACTER SET utf8mb4"
	sv_mysql bench >/dev/null <<-SQL
		SET sql_log_bin = 0;
		CREATE TABLE votes (
		  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
		  post_id int NOT NULL, vote_type tinyint NOT NULL,
		  created_at datetime NOT NULL$further);
		INSERT INTO votes SELECT seq, 1 + CRC32(seq) % 100000,
		  1 + CRC32(CONCAT('t', seq)) % 16,
		  '2008-07-31' + INTERVAL (CRC32(CONCAT('d', seq)) % 500000000) SECOND
		  FROM seq_1_to_$ROWS;
		ANALYZE TABLE votes;
	SQL
}

# The extension, and the server "bench".
connect()
{
	sv_psql -q -c "CREATE EXTENSION mysql_migrate" \
		-c "CREATE SERVER bench FOREIGN DATA WRAPPER mysql_migrate
			OPTIONS (host '$MYSQL_HOST', port '$MYSQL_PORT', dbname 'bench')" \
		-c "CREATE USER MAPPING FOR CURRENT_USER SERVER bench
			OPTIONS (username '$MYSQL_USER', password '$MYSQL_PASSWORD')"
}

# Milliseconds of a command; the shortest of all runs is kept in BEST.
measure()				# KEY COMMAND...
{
	local key=$1 begin took
	shift

	begin=$(date +%s%N)
	"$@"
	took=$((($(date +%s%N) - begin) / 1000000))
	[ -n "${BEST[$key]:-}" ] && [ "${BEST[$key]}" -le $took ] ||
		BEST[$key]=$took
}

declare -A BEST
