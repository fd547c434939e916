# sql_tests/tools/memory.sh
#   The test of memory, for two sizes of data: sourced after these are set.
#
#   WIDE_ROWS, WIDE_MB   rows of one large value
#   NARROW_ROWS          rows of a few bytes
#
# A worker may hold 3 times the largest row plus 64 MB.  What counts is the
# memory that is its own (RssAnon); shared buffers are not.

. "$(dirname "${BASH_SOURCE[0]}")/testlib.sh"

# Sorting for an index is PostgreSQL's own affair, and limited by this.
export PGOPTIONS="-c maintenance_work_mem=16MB"

# Samples all processes of jobs until told to stop; leaves the largest in kB.
sample()
{
	local process kb highest=0

	while [ ! -e "$TL_DIR/stop" ]; do
		for process in /proc/[0-9]*; do
			case $(readlink "$process/cwd" 2>/dev/null) in
				"$RUN"/pg/*) ;;
				*) continue ;;
			esac
			case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
				*mysql_migrate*) ;;
				*) continue ;;
			esac
			kb=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' \
				 "$process/status" 2>/dev/null)
			[ -n "$kb" ] && [ "$kb" -gt $highest ] && highest=$kb
		done
		sleep 0.02
	done
	echo $highest >"$TL_DIR/highest"
}

measure()				# NAME STATEMENT LIMIT_MB: sets RESULT
{
	local highest sampler

	rm -f "$TL_DIR/stop"
	sample &
	sampler=$!
	RESULT=$(q "$2" | tail -n 1)
	touch "$TL_DIR/stop"
	wait $sampler
	highest=$(($(cat "$TL_DIR/highest") / 1024))
	[ "$highest" -gt 0 ] && [ "$highest" -le "$3" ]
	ok $? "$1: at most $3 MB ($highest MB were seen)"
}

tl_mysql_database memory
my "CREATE TABLE wide (id int PRIMARY KEY, b longblob, t longtext);
	CREATE TABLE narrow (id int PRIMARY KEY, a int);
	CREATE TABLE keyless (a int, b int);
	INSERT INTO narrow SELECT seq, seq FROM seq_1_to_$NARROW_ROWS;
	INSERT INTO keyless SELECT seq, seq FROM seq_1_to_$NARROW_ROWS" memory
# Values that do not compress.
for row in $(seq "$WIDE_ROWS"); do
	if [ $((row % 2)) -eq 0 ]; then
		my "INSERT INTO wide SELECT $row, REPEAT(UNHEX(SHA2($row, 512)),
			$WIDE_MB * 1048576 DIV 64), NULL" memory
	else
		my "INSERT INTO wide SELECT $row, NULL, REPEAT(SHA2($row, 512),
			$WIDE_MB * 1048576 DIV 128)" memory
	fi
done
tl_database memory

measure "loading large rows" \
	"SELECT loaded FROM migrate_table('source', 'wide')" $((3 * WIDE_MB + 64))
is "$RESULT" "$WIDE_ROWS" "loading large rows: all of them"
is "$(q "SELECT count(*), sum(length(b)), sum(length(t)) FROM wide")" \
	"$(my "SELECT CONCAT_WS('|', COUNT(*), SUM(LENGTH(b)), SUM(LENGTH(t)))
	FROM wide" memory)" "loading large rows: whole"
measure "loading many rows" \
	"SELECT loaded FROM migrate_table('source', 'narrow')" 64
is "$RESULT" "$NARROW_ROWS" "loading many rows: all of them"
measure "loading rows without a key" \
	"SELECT loaded FROM migrate_table('source', 'keyless')" 64
is "$RESULT" "$NARROW_ROWS" "loading rows without a key: all of them"
measure "validating" \
	"SELECT count(*) FROM validate('source') WHERE status = 'equal'" \
	$((3 * WIDE_MB + 64))
is "$RESULT" 3 "validating: equal"
tl_done
