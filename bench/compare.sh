#!/bin/bash
# bench/compare.sh [ROWS] [REPETITIONS]
#   How long do validate and migrate_missing take, beside what one would ask
#   MySQL by hand, on the same servers in the same run?
#
# The table "votes" is narrow (three numbers and a time), which is the worst
# case: the work per row counts, not the bytes.  The yardstick is MySQL's
# SELECT COUNT(*), SUM(CRC32(CONCAT_WS(...))) over the whole table, by key range
# in four connections: one side only, and nothing compared.  Then 100 rows are
# missing here, 50 have changed and 20 are too many, all at random; the modes
# "missing" and "mirror" are measured beside validate.
#
# Each runs REPETITIONS times in turn; the best time counts.  Memory is what a
# process of the job has for itself (RssAnon) at most.
set -euo pipefail
. "$(dirname "$0")/shared.sh"

ROWS=${1:-10000000}
REPETITIONS=${2:-3}
STREAMS=4
POSTGRES_OPTIONS=("shared_buffers = 1GB" "autovacuum = off")

yardstick()
{
	local step=$(((ROWS + STREAMS - 1) / STREAMS)) first pids=() pid

	for first in $(seq 1 $step "$ROWS"); do
		sv_mysql -N bench -e "SELECT COUNT(*),
			SUM(CRC32(CONCAT_WS('#', id, post_id, vote_type, created_at)))
			FROM votes WHERE id BETWEEN $first AND $((first + step - 1))" \
			>/dev/null &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

ask()					# STATEMENT: what it says about the table
{
	SAID=$(sv_psql -q -A -t -F ' ' -c "SET client_min_messages = error" -c "$1")
}

validate()
{
	ask "SELECT missing, changed, extra FROM validate('bench')"
}

missing()				# MODE
{
	ask "SELECT inserted, updated, deleted FROM migrate_missing('bench', mode => '$1')"
}

# Differences at random, the same ones each time.
disturb()
{
	sv_psql -q -c "DELETE FROM votes WHERE id IN (SELECT 1 + (hashint4(n)::bigint
			+ 2147483648) % $ROWS FROM generate_series(1, 100) AS n)" \
		-c "UPDATE votes SET vote_type = -1 WHERE id IN (SELECT 1 + (hashint4(n)::bigint
			+ 2147483648) % $ROWS FROM generate_series(1001, 1050) AS n)" \
		-c "INSERT INTO votes SELECT -n, 1, 1, now() FROM generate_series(1, 10) AS n
			UNION ALL SELECT $ROWS + 1000 * n, 1, 1, now()
			FROM generate_series(1, 10) AS n" \
		-c "CHECKPOINT"
}

# The most that any process of a job has had, in kB.
watch_memory()
{
	local pid kb most=0

	while [ ! -e "$RUN/measured" ]; do
		for pid in $(pgrep -P "$POSTGRES_PID" -f 'mysql_migrate' || true); do
			kb=$(awk '/^RssAnon/ {print $2}' "/proc/$pid/status" 2>/dev/null || true)
			[ "${kb:-0}" -le $most ] || most=$kb
		done
		echo $most >"$RUN/memory"
		sleep 0.05
	done
}

expect()				# WHAT VALUE
{
	[ "$SAID" = "$2" ] || sv_die "$1: $SAID, not $2"
}

SAID=

sv_packages run
sv_create_run
sv_build
sv_start
generate_votes
connect
sv_psql -q -o /dev/null -c "SET client_min_messages = error" \
	-c "SELECT * FROM migrate_table('bench', 'votes')" -c "VACUUM ANALYZE votes"

watch_memory &
watcher=$!
for _ in $(seq "$REPETITIONS"); do
	measure yardstick yardstick
	measure validate validate
	expect validate "0 0 0"
	disturb
	measure differing validate
	differs=$SAID
	measure missing missing missing
	expect "mode missing" "${differs%% *} 0 0"
	measure mirror missing mirror
	expect "mode mirror" "0 ${differs#* }"
	disturb
	measure whole missing mirror
	expect "mode mirror, all at once" "$differs"
done
touch "$RUN/measured"
wait $watcher

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
echo "votes, $ROWS rows, best of $REPETITIONS; rows missing, changed, extra: $differs"
printf '%-44s %8s\n' what ms
printf '%-44s %8d\n' "SUM(CRC32(...)) in MySQL, $STREAMS connections" "${BEST[yardstick]}"
printf '%-44s %8d  %s x of it\n' "validate, all equal" "${BEST[validate]}" \
	"$(ratio "${BEST[validate]}" "${BEST[yardstick]}")"
for key in differing missing mirror whole; do
	case $key in
	differing) name="validate, with differences" ;;
	missing) name="migrate_missing, missing" ;;
	mirror) name="migrate_missing, mirror of the rest" ;;
	whole) name="migrate_missing, mirror of all" ;;
	esac
	printf '%-44s %8d  %s x of validate\n' "$name" "${BEST[$key]}" \
		"$(ratio "${BEST[$key]}" "${BEST[validate]}")"
done
echo "memory of a process, at most: $(($(cat "$RUN/memory") / 1024)) MB"
