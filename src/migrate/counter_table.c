/*
 * src/migrate/counter_table.c
 *		Numbers that no sequence is known to give: tables in which an
 *		application counts for itself, and defaults that hide what they do.
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/ident.h"
#include "base/local_sql.h"
#include "catalog/pg_type.h"
#include "migrate/counter_table.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * By the names that Hibernate, EclipseLink, OpenJPA, DataNucleus, Doctrine,
 * Spring Batch and people who imitate sequences in MySQL use.  Names that many
 * a table has ("value", "next_id") count only in a table that is called after
 * sequences.  A column named "id" counts in a table of one row.
 */
static const char counter_column_query[] =
	"SELECT a.attname::text,"
	"       CASE WHEN lower(a.attname) = 'id' THEN '1' ELSE '1000' END"
	"  FROM pg_catalog.pg_attribute AS a"
	"  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid"
	" WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped"
	"   AND a.atttypid IN (20, 21, 23, 1700)"
	"   AND NOT EXISTS ("
	"       SELECT FROM pg_catalog.pg_attribute AS o"
	"         LEFT JOIN pg_catalog.pg_attrdef AS d"
	"           ON d.adrelid = o.attrelid AND d.adnum = o.attnum"
	"        WHERE o.attrelid = a.attrelid"
	"          AND (o.attidentity <> ''"
	"               OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval'))"
	"   AND c.relnatts <= 10"
	"   AND (lower(a.attname) IN ('next_val', 'next_value', 'nextval', 'next_hi',"
	"          'sequence_next_hi_value', 'sequence_value', 'sequence_val',"
	"          'sequence_cur_value', 'seq_count', 'seq_value', 'seq_val',"
	"          'gen_value', 'gen_val')"
	"        OR (lower(c.relname) ~ '(^|_)(seq|seqs|sequence|sequences|generator|generators|gen|idgen|keygen)(_|$)'"
	"            AND lower(a.attname) IN ('id', 'value', 'val', 'sequence', 'seq',"
	"              'next', 'next_id', 'last', 'last_id', 'max_id', 'current_id',"
	"              'current_value', 'cur_value', 'last_value', 'last_number')))"
	" ORDER BY lower(a.attname) = 'id', a.attnum LIMIT 1";

/* The expression calls a function of a user's, or builds a sequence's name. */
static const char hidden_defaults_query[] =
	"SELECT a.attname::text FROM pg_catalog.pg_attribute AS a"
	"  JOIN pg_catalog.pg_attrdef AS d"
	"    ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
	" WHERE a.attrelid = $1 AND NOT a.attisdropped AND a.attgenerated = ''"
	"   AND a.atttypid IN (20, 21, 23, 1700)"
	"   AND NOT EXISTS ("
	"       SELECT FROM pg_catalog.pg_depend AS p"
	"         JOIN pg_catalog.pg_class AS s"
	"           ON s.oid = p.refobjid AND s.relkind = 'S'"
	"        WHERE p.classid = 'pg_catalog.pg_attrdef'::regclass"
	"          AND p.objid = d.oid"
	"          AND p.refclassid = 'pg_catalog.pg_class'::regclass)"
	"   AND (pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval[(]'"
	"        OR EXISTS ("
	"           SELECT FROM pg_catalog.pg_depend AS p"
	"             JOIN pg_catalog.pg_proc AS f"
	"               ON f.oid = p.refobjid AND f.provolatile = 'v'"
	"            WHERE p.classid = 'pg_catalog.pg_attrdef'::regclass"
	"              AND p.objid = d.oid"
	"              AND p.refclassid = 'pg_catalog.pg_proc'::regclass))"
	" ORDER BY a.attnum";

/*
 * The row that has a column's greatest value; NULL if the table has more rows
 * than a counter's would.
 */
static char **
read_highest(Oid relation, const char *column, const char *most_rows)
{
	char *table = mm_quote_local_relation(relation);
	List *rows = mm_local_rows(psprintf("SELECT pg_catalog.max(%s)::text FROM %s"
										" HAVING pg_catalog.count(*) <= %s",
										quote_identifier(column), table,
										most_rows),
							   0, NULL, NULL);

	return rows == NIL ? NULL : linitial(rows);
}

char *
mm_counter_table_column(Oid relation, char **highest)
{
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(relation)};
	List *columns = mm_local_rows(counter_column_query, lengthof(types), types,
								  values);
	char **column;
	char **value;

	*highest = NULL;
	if (columns == NIL)
		return NULL;
	column = linitial(columns);
	value = read_highest(relation, column[0], column[1]);
	if (value == NULL)
		return NULL;
	*highest = value[0];
	return column[0];
}

List *
mm_counter_hidden_defaults(Oid relation)
{
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(relation)};

	return mm_local_column(hidden_defaults_query, lengthof(types), types,
						   values);
}
