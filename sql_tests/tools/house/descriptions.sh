#!/bin/bash
# sql_tests/tools/house/descriptions.sh
#   Every object of the extension has a comment, and so has every column of its
#   tables and views.  Needs the servers.
set -euo pipefail
. "$(dirname "$0")/../clients.sh"

export PGDATABASE=house_descriptions
sv_psql -q -d postgres -c "CREATE DATABASE $PGDATABASE"
sv_psql -q -c "CREATE EXTENSION mysql_migrate"
bare=$(sv_psql -q -A -t <<'SQL'
WITH member AS (
    SELECT classid, objid FROM pg_depend
     WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
       AND refobjid = (SELECT oid FROM pg_extension
                        WHERE extname = 'mysql_migrate')
), part AS (
    SELECT classid, objid, 0 AS objsubid FROM member
    UNION ALL
    SELECT m.classid, m.objid, a.attnum
      FROM member m JOIN pg_class c ON c.oid = m.objid
      JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'v')
       AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT pg_describe_object(classid, objid, objsubid) FROM part p
 WHERE NOT (classid = 'pg_class'::regclass
            AND objid IN (SELECT oid FROM pg_class WHERE relkind IN ('i', 'S', 't')))
   AND NOT (classid = 'pg_type'::regclass
            AND objid IN (SELECT oid FROM pg_type
                           WHERE typrelid <> 0 OR typelem <> 0))
   AND NOT EXISTS (SELECT FROM pg_description d
                    WHERE (d.classoid, d.objoid, d.objsubid)
                          = (p.classid, p.objid, p.objsubid))
   -- there is no such thing as a comment on these
   AND classid NOT IN ('pg_default_acl'::regclass,
                       'pg_user_mapping'::regclass);
SQL
)
sv_psql -q -d postgres -c "DROP DATABASE $PGDATABASE"
echo "$bare"
[ -z "$bare" ]
