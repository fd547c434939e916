#!/bin/bash
# bench/run.sh [ROWS] [REPETITIONS]
#   How fast is migrate_table beside the pipe everybody knows,
#   mariadb --quick | psql COPY, on the same servers in the same run?
#
# Two generated tables: "votes" is narrow (three numbers and a time), "posts" is
# wide (a title and two kB of text).  Both ways end with the same table: rows,
# primary key, one index.  The pipe runs once as one stream and once as four
# streams by key range; the table is created for it beforehand.  Each way runs
# REPETITIONS times in turn; the best time counts.
set -euo pipefail
. "$(dirname "$0")/shared.sh"

ROWS=${1:-4000000}
REPETITIONS=${2:-3}
STREAMS=4
# As a careful owner would have it: what is committed is on disk.
POSTGRES_OPTIONS=("fsync = on" "shared_buffers = 1GB"
	"maintenance_work_mem = 512MB")

generate_posts()
{
	sv_mysql bench >/dev/null <<-SQL
		SET sql_log_bin = 0;
		CREATE TABLE posts (
		  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, owner_id int NOT NULL,
		  title varchar(255) NOT NULL, body mediumtext NOT NULL,
		  score decimal(12,4) NOT NULL, created_at datetime(6) NOT NULL,
		  KEY owner_id (owner_id));
		INSERT INTO posts SELECT seq, CRC32(seq) % 100000,
		  CONCAT('How do I ', MD5(seq), ' in ', ELT(1 + seq % 3, 'C:\\\\temp',
		    '"quotes"', '日本語')),
		  REPEAT(CONCAT(MD5(seq), ' lorem ipsum\\n\\tdolor '), 20 + seq % 40),
		  (CAST(CRC32(seq) AS signed) - 2147483648) / 10000,
		  '2008-07-31' + INTERVAL seq * 1001 MICROSECOND
		  FROM seq_1_to_$((ROWS / 20));
		ANALYZE TABLE posts;
	SQL
}

# The pipe, with as many streams as asked for.
stream()				# TABLE FIRST LAST
{
	sv_mysql -N --quick bench \
		-e "SELECT * FROM $1 WHERE id BETWEEN $2 AND $3" |
		sv_psql -q -c "COPY pipe.$1 FROM STDIN"
}

pipe()					# TABLE STREAMS
{
	local table=$1 streams=$2 last step first pids=() pid

	last=$(sv_mysql -N bench -e "SELECT MAX(id) FROM $table")
	step=$(((last + streams - 1) / streams))
	for first in $(seq 1 $step "$last"); do
		stream "$table" "$first" $((first + step - 1)) &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	sv_psql -q -c "ALTER TABLE pipe.$table ADD PRIMARY KEY (id)" \
		-c "CREATE INDEX ON pipe.$table (${INDEX[$table]})" \
		-c "ANALYZE pipe.$table"
}

ours()					# TABLE
{
	sv_psql -q -A -t -o /dev/null -c "SET client_min_messages = error" \
		-c "SELECT * FROM migrate_table('bench', '$1', 'ours.$1')"
}

prepare()				# TABLE: empty tables, nothing waiting to be written
{
	sv_psql -q -c "SET client_min_messages = error" \
		-c "DROP SCHEMA IF EXISTS pipe, ours CASCADE" \
		-c "CREATE SCHEMA pipe CREATE TABLE votes (id bigint NOT NULL,
			post_id int NOT NULL, vote_type smallint NOT NULL,
			created_at timestamp(0) NOT NULL)
			CREATE TABLE posts (id int NOT NULL, owner_id int NOT NULL,
			title varchar(255) NOT NULL, body text NOT NULL,
			score numeric(12,4) NOT NULL, created_at timestamp(6) NOT NULL)" \
		-c "CREATE SCHEMA ours" -c "CHECKPOINT"
}

same_rows()				# TABLE
{
	local count

	count=$(sv_mysql -N bench -e "SELECT COUNT(*) FROM $1")
	[ "$(sv_psql -A -t -c "SELECT count(*) FROM $2.$1")" = "$count" ] ||
		sv_die "$2.$1 does not hold all $count rows"
}

declare -A INDEX=([votes]=post_id [posts]=owner_id)

sv_packages run
sv_create_run
sv_build
sv_start
generate_votes "KEY post_id (post_id)"
generate_posts
connect

for _ in $(seq "$REPETITIONS"); do
	for table in votes posts; do
		for streams in 1 $STREAMS; do
			prepare
			measure "$table pipe $streams" pipe $table $streams
			same_rows $table pipe
		done
		prepare
		measure "$table ours" ours $table
		same_rows $table ours
	done
done

echo "$(nproc) cores, PostgreSQL $("$PG_CONFIG" --version | cut -d' ' -f2)," \
	"$(sv_mysql -N -e 'SELECT VERSION()'); best of $REPETITIONS"
printf '%-6s %10s %12s %12s %12s %9s %9s\n' table rows "pipe, 1" \
	"pipe, $STREAMS" migrate_table "to 1" "to $STREAMS"
for table in votes posts; do
	one=${BEST[$table pipe 1]}
	four=${BEST[$table pipe $STREAMS]}
	mine=${BEST[$table ours]}
	printf '%-6s %10s %10d ms %9d ms %10d ms %8sx %8sx\n' $table \
		"$(sv_mysql -N bench -e "SELECT COUNT(*) FROM $table")" \
		"$one" "$four" "$mine" \
		"$(awk "BEGIN { printf \"%.2f\", $one / $mine }")" \
		"$(awk "BEGIN { printf \"%.2f\", $four / $mine }")"
done
