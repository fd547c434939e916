# sql_tests/tools/versions.sh
#   SQL files that every version reads.  Sourced after testlib.sh.
#
#   VERSION             what the MySQL or MariaDB server says of itself
#   load DATABASE FILE...   a database of its own, from files written for MariaDB
#   any_version         from now on my takes statements written for MariaDB

VERSION=$(my "SELECT VERSION()")

is_mysql56()
{
	[[ $VERSION == 5.6.* ]]
}

# What other servers lack of MariaDB: tables of numbers under the names that its
# sequence engine has, and, in MySQL 9, the functions MD5 and SHA1.
stand_ins()			# DATABASE SQL FILE
{
	local table from to

	[[ $VERSION == *MariaDB* ]] && return
	my "SELECT MD5('')" >/dev/null 2>&1 ||
		my "CREATE FUNCTION md5(t text) RETURNS char(32) DETERMINISTIC
			RETURN LEFT(SHA2(t, 256), 32);
			CREATE FUNCTION sha1(t text) RETURNS char(40) DETERMINISTIC
			RETURN LEFT(SHA2(t, 256), 40)" "$1"
	my "CREATE TABLE digit (d int);
		INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)" "$1"
	grep -o 'seq_[0-9]*_to_[0-9]*' "$2" | sort -u | while read -r table; do
		from=${table#seq_}
		from=${from%_to_*}
		to=${table##*_}
		my "CREATE TABLE $table (seq int PRIMARY KEY);
			INSERT INTO $table SELECT n FROM (
				SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d
					+ 100000 * g.d AS n
				  FROM digit a, digit b, digit c, digit e, digit f, digit g
				 WHERE g.d < 3) AS x WHERE n BETWEEN $from AND $to" "$1"
	done
}

drop_stand_ins()	# DATABASE
{
	local table

	for table in $(my "SELECT table_name FROM information_schema.tables
		WHERE table_schema = '$1'
		  AND (table_name LIKE 'seq\\_%' OR table_name = 'digit')"); do
		my "DROP TABLE \`$table\`" "$1"
	done
	my "DROP FUNCTION IF EXISTS \`$1\`.md5; DROP FUNCTION IF EXISTS \`$1\`.sha1"
}

# SQL that this version reads: 5.6 has neither JSON nor generated columns, and
# with GTIDs a transaction may not mix engines; 8 dropped names of functions.
adapted()				# FILE...
{
	if is_mysql56; then
		sed -E 's/ json( |,)/ longtext\1/Ig; s/MyISAM/InnoDB/Ig
			s/ GENERATED ALWAYS AS \(.*\) (STORED|VIRTUAL)//' "$@"
	elif [[ $VERSION == *MariaDB* ]]; then
		cat "$@"
	else
		sed -E 's/MyISAM/InnoDB/Ig; s/GeomFromText\(/ST_GeomFromText(/Ig; s/ST_ST_/ST_/g;
			s/ year\(4\)/ year/I' "$@"
	fi
}

# What MariaDB calls seq_FROM_to_TO; without LIMIT their order is lost.
numbers()				# FROM TO
{
	local digit number= tables= place=1
	local digits="SELECT 0 AS d $(printf 'UNION ALL SELECT %s ' 1 2 3 4 5 6 7 8 9)"

	for digit in a b c d e f g; do
		number="$number + $place * $digit.d"
		tables="$tables${tables:+, }($digits) AS $digit"
		place=$((place * 10))
		[ $place -le "$2" ] || break
	done
	echo "(SELECT 0 $number AS seq FROM $tables
		HAVING seq BETWEEN $1 AND $2
		ORDER BY seq LIMIT 10000000) AS numbers_$1_$2"
}

any_version()
{
	[[ $VERSION == *MariaDB* ]] && return
	my()				# STATEMENT [DATABASE]
	{
		local statement=$1

		while [[ $statement =~ seq_([0-9]+)_to_([0-9]+) ]]; do
			statement=${statement//"$BASH_REMATCH"/$(numbers "${BASH_REMATCH[@]:1}")}
		done
		sv_mysql -N -e "$(adapted <<<"$statement")" ${2:+"$2"}
	}
}

load()					# DATABASE FILE...
{
	local database=$1
	shift

	tl_mysql_database "$database"
	stand_ins "$database" "$1"
	{
		echo "SET foreign_key_checks = 0; SET SESSION sql_mode = '';"
		adapted "$@"
	} | sv_mysql "$database" >"$TL_DIR/load" 2>&1
	ok $? "$database: is in MySQL" "$(cat "$TL_DIR/load")"
	drop_stand_ins "$database"
}
