#!/bin/bash
# sql_tests/t/datasets.sh
#   Real databases of other people: each migrated with one SELECT, then
#   compared from outside.
. "$(dirname "$0")/../tools/testlib.sh"

migrate()				# NAME
{
	local tables output

	tables=$(my "SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = '$1' AND table_type = 'BASE TABLE'")
	tl_database "$1"
	output=$(q "SELECT count(*), sum(read) = sum(loaded), sum(rejected),
		count(*) FILTER (WHERE status NOT IN ('ok', 'warning'))
		FROM migrate_schema('source')")
	is "$(tail -n 1 <<<"$output")" "$tables|t|0|0" \
		"$1: one SELECT migrates all of its tables"
	tl_migrated_whole "$1" public
	is "$(q "SELECT count(*), count(*) FILTER (WHERE status <> 'equal')
		FROM validate('source')" | tail -n 1)" "$tables|0" \
		"$1: validate finds every table equal"
}

for name in sakila world joomla3; do
	tl_dataset $name && migrate $name
done
tl_done
