#!/bin/bash
# sql_tests/t/sakila.sh
#   Sakila in use: its views give the same rows, full text search has its
#   index, and the columns with ON UPDATE CURRENT_TIMESTAMP behave as before.
. "$(dirname "$0")/../tools/testlib.sh"

tl_dataset sakila sakila_use || tl_done
tl_database sakila_use
q "SELECT count(*) FROM migrate_schema('source',
	options => '{\"text_search_config\": \"english\"}')" >"$TL_DIR/migrate"
is "$(tail -n 1 "$TL_DIR/migrate")" 16 "sakila is migrated"

# ------------------------------------------------------------------- views

# Lists that GROUP_CONCAT makes without an order: as sorted words.
sorted_lists()
{
	awk -F '\t' -v OFS='\t' '{
		for (i = 1; i <= NF; i++)
			if ($i ~ /[,;] /)
			{
				n = split($i, words, /[,;:] /)
				for (a = 1; a < n; a++)
					for (b = a + 1; b <= n; b++)
						if (words[b] < words[a])
						{ t = words[a]; words[a] = words[b]; words[b] = t }
				$i = words[1]
				for (a = 2; a <= n; a++) $i = $i "|" words[a]
			}
		print }' | sort
}

views=$(my "SELECT table_name FROM information_schema.views
	WHERE table_schema = 'sakila_use' ORDER BY table_name")
is "$(wc -w <<<"$views")" 7 "there are seven views"
for view in $views; do
	sv_mysql -N -r sakila_use -e "SELECT * FROM $view" >"$TL_DIR/remote"
	q "SELECT * FROM $view" -F $'\t' -P null=NULL >"$TL_DIR/local"
	cmp -s <(sort "$TL_DIR/remote") <(sort "$TL_DIR/local")
	exact=$?
	differences=$(diff <(sorted_lists <"$TL_DIR/remote") \
		<(sorted_lists <"$TL_DIR/local"))
	ok $? "view $view: $(wc -l <"$TL_DIR/remote") rows, the same$(
		[ $exact -eq 0 ] || echo ' but for the order within lists')" \
		"$differences"
done

# --------------------------------------------------------------- full text

document="to_tsvector('english', coalesce(title, '') || ' ' || coalesce(description, ''))"
plan=$(q "SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT * FROM film_text
	WHERE $document @@ websearch_to_tsquery('english', 'dogs')")
like "$plan" 'Index Scan on idx_title_description' "full text search uses its index"
like "$(q "SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_title_description'")" \
	"USING gin \(to_tsvector\('english'::regconfig" "with the configuration of the option"
for word in feminist monkey robot; do
	is "$(q "SELECT count(*) FROM film_text WHERE $document
		@@ websearch_to_tsquery('english', '$word')")" \
		"$(my "SELECT count(*) FROM film_text
		WHERE MATCH (title, description) AGAINST ('$word')" sakila_use)" \
		"full text search for $word finds as many films"
done

# ------------------------------------------- ON UPDATE CURRENT_TIMESTAMP

# Each statement on both sides, then which rows it touched.
touched()				# STATEMENT
{
	local reset="UPDATE actor SET last_update = '2006-02-15 04:34:33', first_name = CASE actor_id
		WHEN 1 THEN 'PENELOPE' WHEN 2 THEN 'NICK' WHEN 3 THEN 'ED' ELSE first_name END"
	local state="SELECT actor_id, first_name, CASE WHEN last_update > '2020-01-01' THEN 'touched'
		WHEN last_update = '2006-02-15 04:34:33' THEN 'untouched' ELSE 'given' END
		FROM actor WHERE actor_id <= 3 OR actor_id > 200 ORDER BY actor_id"

	is "$(q "SET timezone = 'UTC'; $reset; $1; $state" -F $'\t')" \
		"$(sv_mysql -N -r sakila_use -e "SET time_zone = '+00:00'; $reset; $1; $state")" \
		"ON UPDATE: $1"
}

touched "UPDATE actor SET first_name = 'X' WHERE actor_id = 1"
touched "UPDATE actor SET first_name = first_name WHERE actor_id <= 2"
touched "UPDATE actor SET first_name = 'NICK' WHERE actor_id <= 2"
touched "UPDATE actor SET last_update = last_update"
touched "UPDATE actor SET first_name = 'Y', last_update = last_update WHERE actor_id = 1"
touched "UPDATE actor SET last_update = last_update, first_name = 'Y' WHERE actor_id <= 2"
touched "UPDATE actor SET first_name = 'Z', last_update = '2001-01-01 00:00:00' WHERE actor_id = 1"
touched "UPDATE actor SET first_name = 'Z', last_update = '2006-02-15 04:34:33' WHERE actor_id = 1"
touched "UPDATE actor SET first_name = 'A', last_name = 'B' WHERE actor_id = 2"
touched "UPDATE actor SET last_update = DEFAULT WHERE actor_id = 3"
touched "UPDATE actor SET first_name = 'penelope' WHERE actor_id = 1"
touched "UPDATE actor SET actor_id = actor_id WHERE actor_id = 1"
touched "INSERT INTO actor (first_name, last_name) VALUES ('NEW', 'ONE')"
touched "DELETE FROM actor WHERE actor_id > 200"

is "$(q "DROP EXTENSION mysql_migrate CASCADE;
	UPDATE actor SET first_name = 'X' WHERE actor_id = 1;
	SELECT last_update > now() - interval '1 minute' FROM actor WHERE actor_id = 1" | tail -n 1)" \
	t "all of that without the extension, too"
tl_done
