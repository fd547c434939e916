#!/usr/bin/env python3
# sql_tests/tools/expressions.py views|compare DATA_DIRECTORY LOCAL_SCHEMA
# sql_tests/tools/expressions.py relations LOCAL_SCHEMA
#   The same expressions and queries on both servers.
#
# expressions.txt and queries.txt hold one of them per line; each becomes a view
# in MySQL ("views" prints the statements), which is migrated like any other.
# "compare" reads every view on both sides.  A line that begins with "?" is one
# that the translator is known to leave to the user: it has to be in the notes.
# Anything else has to be here and to give the same rows.
#
# "relations" reads every table and every view of the database that is here, by
# the names in lower case; a zero date is NULL.
#
# PG* and MYSQL_* name the servers, MYSQL_DATABASE the database of the views.

import decimal
import json
import os
import re
import subprocess
import sys

NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal",
           "double", "float", "bit", "year")
FLOATS = ("double", "float")
TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
GEOMETRIES = ("geometry", "point", "linestring", "polygon", "multipoint",
              "multilinestring", "multipolygon", "geometrycollection")
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")


def corpus(directory):
    """(name, text, is_known_refusal, is_query) of every line."""
    for kind in ("expressions", "queries"):
        with open(os.path.join(directory, kind + ".txt"),
                  encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.rstrip("\n")
                if not line or line.startswith("#"):
                    continue
                refused = line.startswith("?")
                yield ("%s%04d" % (kind[0], number), line.lstrip("? "),
                       refused, kind == "queries")


def mysql(script):
    return subprocess.run(
        ["mariadb", "--no-defaults", "--batch", "--skip-column-names",
         "--raw", "--force", "--default-character-set=utf8mb4",
         "--protocol=tcp", "-u", os.environ["MYSQL_USER"],
         "-h", os.environ["MYSQL_HOST"], "-P", os.environ["MYSQL_PORT"],
         os.environ["MYSQL_DATABASE"]],
        input="SET time_zone = '+00:00';\n" + script, encoding="utf-8",
        env={**os.environ, "MYSQL_PWD": os.environ["MYSQL_PASSWORD"]},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout


def postgres(script):
    bindir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"),
                             "--bindir"], stdout=subprocess.PIPE,
                            check=True).stdout.decode().strip()
    return subprocess.run(
        [bindir + "/psql", "-X", "-q", "-A", "-t", "-F", "\t",
         "-P", "null=NULL"], encoding="utf-8",
        input="SET timezone = 'UTC'; SET datestyle = 'ISO';"
              " SET bytea_output = 'hex'; SET extra_float_digits = 1;\n" +
              script,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout


def split(output):
    """Rows by view, of output with a line "@view" before each."""
    rows = {}
    name = None
    for line in output.splitlines():
        if line.startswith("@"):
            name = line[1:]
            rows[name] = []
        elif name is not None:
            rows[name].append(line.split("\t"))
    return rows


def columns():
    types = {}
    for line in mysql(
            "SELECT table_name, column_name, data_type"
            " FROM information_schema.columns WHERE table_schema = DATABASE()"
            " ORDER BY table_name, ordinal_position;").splitlines():
        table, column, kind = line.split("\t")
        types.setdefault(table, []).append((column, kind))
    return types


def normal(value, kind):
    """A value as text that is the same on both sides."""
    if value == "NULL":
        return value
    if kind in NUMBERS:
        value = {"t": "1", "f": "0"}.get(value, value)
        try:
            number = decimal.Decimal(value)
        except decimal.InvalidOperation:
            return value
        if kind in FLOATS:
            return "%.5g" % number      # only for the order of the rows
        return format(number.normalize() + 0, "f")
    if kind in ("datetime", "timestamp", "time"):
        value = re.sub(r"\+00$", "", value)
        return re.sub(r"\.?0+$", "", value) if "." in value else value
    if kind in BYTES:
        return value[2:].upper() if value.startswith("\\x") else value
    return value


def same_json(a, b):
    try:
        return json.loads(a) == json.loads(b)
    except ValueError:
        return False


def same_value(remote, local, kind):
    if remote == local:
        return True
    if kind in FLOATS and "NULL" not in (remote, local):
        # MySQL may show fewer digits than there are
        digits = len(remote.partition(".")[2]) if "e" not in remote else 17
        difference = abs(float(remote) - float(local))
        return difference <= max(0.51 * 10 ** -digits if digits else 0,
                                 1e-12 * abs(float(remote)))
    if normal(remote, kind) == normal(local, kind):
        return True
    if local.startswith("{") and kind == "set":
        return sorted(local.strip("{}").split(",")) == sorted(
            remote.split(","))
    return same_json(remote, local)


def same_rows(remote, local, kinds):
    def order(rows):
        return sorted(rows, key=lambda row: [
            normal(value, kind) for value, kind in zip(row, kinds)
            if kind not in ("set", "json", "longtext")])

    return len(remote) == len(local) and all(
        len(a) == len(b) == len(kinds) and
        all(same_value(*values) for values in zip(a, b, kinds))
        for a, b in zip(order(remote), order(local)))


def print_views(directory):
    for name, text, _, is_query in corpus(directory):
        if is_query:
            print("CREATE VIEW %s AS %s;" % (name, text))
        else:
            print("CREATE VIEW %s AS SELECT id, %s AS x FROM ev;" %
                  (name, text))


def compare(directory, schema):
    types = columns()
    quoted = '"' + schema.replace('"', '""') + '"'
    here = set(postgres(
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND"
        " relnamespace = '%s'::regnamespace;" % quoted).split())
    noted = dict(line.split("\t", 1) for line in postgres(
        "SELECT object, string_agg(replace(why, E'\\n', ' '), ' / ') FROM"
        " mysql_migrate.note WHERE what IN ('view not made', 'not made')"
        " GROUP BY object;").splitlines())
    remote_script = local_script = ""
    for name, _, _, _ in corpus(directory):
        if name not in here:
            continue
        names = ", ".join(
            ("HEX(`%s`)" if kind in BYTES else "`%s`") % column
            for column, kind in types[name])
        remote_script += "SELECT '@%s'; SELECT %s FROM %s;\n" % (name, names,
                                                                 name)
        local_script += "\\echo @%s\nSELECT * FROM %s.%s;\n" % (name, quoted,
                                                                name)
    remote = split(mysql(remote_script))
    local = split(postgres(local_script))
    counts = {"equal": 0, "refused": 0, "wrong": 0}
    for name, text, known, _ in corpus(directory):
        kinds = [kind for _, kind in types.get(name, [])]
        if name not in types:
            counts["wrong"] += 1
            print("not in MySQL: %s: %s" % (name, text))
        elif name not in here and name not in noted:
            counts["wrong"] += 1
            print("lost: %s: %s" % (name, text))
        elif name not in here:
            counts["refused"] += 1
            if not known or os.environ.get("SHOW_REFUSED"):
                counts["wrong"] += not known
                print("refused: %s: %s: %s" % (name, text, noted[name]))
        elif not same_rows(remote[name], local[name], kinds):
            counts["wrong"] += 1
            print("differs: %s: %s\n  MySQL      %s\n  PostgreSQL %s" %
                  (name, text, remote[name], local[name]))
        else:
            counts["equal"] += 1
            if known:
                counts["wrong"] += 1
                print("not refused any more: %s: %s" % (name, text))
    print("%(equal)d equal, %(refused)d refused, %(wrong)d wrong" % counts)
    return counts["wrong"] == 0


def relations(schema):
    """Every table and view that is here holds the same rows."""
    types = columns()
    quoted = '"' + schema.replace('"', '""') + '"'
    here = set(postgres(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND"
        " relnamespace = '%s'::regnamespace;" % quoted).splitlines())
    common = {name: name.lower() for name in types if name.lower() in here}
    remote_script = local_script = ""
    for name, local in common.items():
        types[name] = [(column, kind) for column, kind in types[name]
                       if kind not in GEOMETRIES]
        remote_script += "SELECT '@%s'; SELECT %s FROM `%s`;\n" % (
            name.replace("'", "''"),
            ", ".join(("HEX(%s)" if kind in BYTES else
                       "REPLACE(%s, CHAR(10), '~')" if kind in TEXTS else
                       "%s") % ("`" + column.replace("`", "``") + "`")
                      for column, kind in types[name]),
            name.replace("`", "``"))
        local_script += "\\echo '@%s'\nSELECT %s FROM %s.\"%s\";\n" % (
            name.replace("'", "''"),
            ", ".join(("replace(%s::text, chr(10), '~')" if kind in TEXTS
                       else "%s") %
                      ('"' + column.lower().replace('"', '""') + '"')
                      for column, kind in types[name]),
            quoted, local.replace('"', '""'))
    remote = split(mysql(remote_script))
    local = split(postgres(local_script))
    wrong = 0
    for name in common:
        kinds = [kind for _, kind in types[name]]
        there = [["NULL" if value.startswith("0000-00-00") else value
                  for value in row] for row in remote.get(name, [])]
        if not same_rows(there, local.get(name, []), kinds):
            wrong += 1
            print("differs: %s\n  MySQL      %s\n  PostgreSQL %s" %
                  (name, there, local.get(name)))
    print("%d relations, %d wrong" % (len(common), wrong))
    return wrong == 0


if sys.argv[1] == "relations":
    sys.exit(0 if relations(sys.argv[2]) else 1)
if sys.argv[1] == "views":
    print_views(sys.argv[2])
elif not compare(sys.argv[2], sys.argv[3]):
    sys.exit(1)
