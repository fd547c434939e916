#!/usr/bin/env python3
# sql_tests/tools/compare.py REMOTE_DATABASE LOCAL_SCHEMA [TABLE...]
#   Compare every row of every table of a MySQL database with its copy in
#   PostgreSQL, without a line of code in common with the extension.
#
# Both sides are read with their own command-line clients.  Each value is
# brought to one form here, each row to a digest, and the digests are compared
# as multisets.  Prints a line per table; ends with status 1 if one differs.
#
# What the extension does by default is taken for granted: zero dates are NULL,
# names are in lower case.

import collections
import decimal
import functools
import hashlib
import ipaddress
import json
import multiprocessing
import os
import re
import struct
import subprocess
import sys

decimal.getcontext().prec = 200

INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext",
         "enum", "set"}
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
MOMENTS = {"date", "datetime", "timestamp"}
SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint",
          "multilinestring", "multipolygon", "geometrycollection",
          "geomcollection"}


# ---------------------------------------------------------------- clients

def mysql(sql, database=None):
    command = ["mariadb", "--no-defaults", "--batch", "--quick",
               "--skip-column-names", "--default-character-set=utf8mb4",
               "--max-allowed-packet=1G", "--protocol=tcp",
               "-u", os.environ["MYSQL_USER"], "-h", os.environ["MYSQL_HOST"],
               "-P", os.environ["MYSQL_PORT"]]
    if database:
        command.append(database)
    return lines(command + ["-e", sql],
                 dict(os.environ, MYSQL_PWD=os.environ["MYSQL_PASSWORD"]))


BINDIR = subprocess.check_output(
    [os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], text=True).strip()


def psql(sql):
    return lines([BINDIR + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
                  "COPY (%s) TO STDOUT" % sql],
                 dict(os.environ, PGTZ="UTC", PGDATESTYLE="ISO",
                      PGCLIENTENCODING="UTF8"))


def lines(command, environment):
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          env=environment) as process:
        for line in process.stdout:
            yield line.rstrip(b"\n").split(b"\t")
    if process.returncode != 0:
        raise RuntimeError("client failed: %s" % command[-1][:300])


VERSION = next(iter(mysql("SELECT VERSION()")))[0].decode()
IS_MARIADB = "MariaDB" in VERSION

# MySQL 8 shows latitude first where a reference system says so; stored, and
# migrated, is x, y.
AXES = "" if IS_MARIADB or VERSION.startswith("5.") else \
    ", 'axis-order=long-lat'"


# ---------------------------------------------------------------- expressions

def remote_expression(name, kind):
    name = "`%s`" % name.replace("`", "``")
    if kind in TEXTS or kind == "json":
        return "HEX(CONVERT(%s USING utf8mb4))" % name
    if kind in BYTES or kind in ("bit", "vector"):
        return "HEX(%s)" % name
    if kind in SHAPES:
        return "HEX(ST_AsBinary(%s%s))" % (name, AXES)
    if kind in ("float", "double"):
        return "%s + 0e0" % name
    return "CAST(%s AS char)" % name


def local_expression(name, kind, local_type):
    name = '"%s"' % name.replace('"', '""')
    if local_type == "bytea":
        return "encode(%s, 'hex')" % name
    if local_type.endswith("[]"):
        return "encode(convert_to(array_to_string(%s, ','), 'UTF8'), 'hex')" \
            % name
    if kind in TEXTS or kind == "json":
        return "encode(convert_to(%s::text, 'UTF8'), 'hex')" % name
    if kind == "time":
        return "extract(epoch FROM %s)::numeric" % name
    if kind in SHAPES and local_type == "geometry":
        return "encode(ST_AsBinary(%s), 'hex')" % name
    if kind == "float":
        return "%s::real::double precision" % name
    if local_type == "inet":
        return "host(%s)" % name
    return "%s::text" % name


# ---------------------------------------------------------------- values

def number(text):
    if text.isdigit():
        return str(int(text))
    value = decimal.Decimal(text)
    return format(value.normalize(), "f") if value else "0"


def moment(text):
    if text.startswith("0000-00-00"):
        return None
    if text.endswith("+00"):
        text = text[:-3]
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds(text):
    if ":" not in text:
        return number(text)
    sign = -1 if text.startswith("-") else 1
    hours, minutes, rest = text.lstrip("-").split(":")
    return number(str(sign * (int(hours) * 3600 + int(minutes) * 60
                              + decimal.Decimal(rest))))


def json_value(text):
    return repr(normal(json.loads(bytes.fromhex(text).decode("utf-8"),
                                  parse_float=decimal.Decimal,
                                  parse_int=decimal.Decimal)))


def normal(value):
    if isinstance(value, decimal.Decimal):
        return number(str(value))
    if isinstance(value, dict):
        return sorted((key, normal(item)) for key, item in value.items())
    if isinstance(value, list):
        return [normal(item) for item in value]
    return ("text", value) if isinstance(value, str) else value


def point(hexadecimal):
    order = "<" if hexadecimal[:2] == "01" else ">"
    return repr(struct.unpack(order + "dd",
                              bytes.fromhex(hexadecimal)[5:21]))


def shape(hexadecimal):
    """WKB without the SRID that PostGIS puts after the type."""
    wkb = bytes.fromhex(hexadecimal)
    order = "<" if wkb[0] == 1 else ">"
    kind = struct.unpack(order + "I", wkb[1:5])[0]
    if kind & 0x20000000:
        wkb = wkb[:1] + struct.pack(order + "I", kind & ~0x20000000) + wkb[9:]
    return wkb.hex()


def vector(text, local_type):
    """MySQL's bytes: single precision, one after the other."""
    if local_type.endswith("[]"):
        text = bytes.fromhex(text).decode("ascii")
    numbers = [float(part) for part in text.strip("[]").split(",")]
    return struct.pack("<%df" % len(numbers), *numbers).hex()


def value_of(raw, kind, is_json, local_type, is_remote):
    if raw == (b"NULL" if is_remote else b"\\N"):
        return None
    text = raw.decode("ascii")
    if is_json:
        return json_value(text)
    if kind == "vector":
        return text.lower() if is_remote else vector(text, local_type)
    if kind in SHAPES and local_type == "point":
        return point(text) if is_remote else \
            repr(tuple(float(part) for part in text.strip("()").split(",")))
    if kind in SHAPES:
        return shape(text)
    if kind in TEXTS or kind in BYTES:
        return text.lower()
    if local_type == "boolean" and not is_remote:
        return {"true": "1", "false": "0"}[text]
    if kind == "bit":
        return str(int(text, 16 if is_remote else 2))
    if kind in INTEGERS or kind == "decimal":
        return number(text)
    if kind in ("float", "double"):
        return repr(float(text))
    if kind in MOMENTS:
        return moment(text)
    if kind == "time":
        return seconds(text)
    if kind in ("inet4", "inet6"):
        return ipaddress.ip_address(text).exploded
    return text.lower()


# ---------------------------------------------------------------- tables

def quote(text):
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "''")


def quote_local(text):
    return "'%s'" % text.replace("'", "''")


def plain(raw):
    """A name as it is: both clients write a backslash before some bytes."""
    escapes = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
    return re.sub(r"\\(.)", lambda m: escapes.get(m.group(1), m.group(1)),
                  raw.decode(), flags=re.S)


def remote_tables(database):
    return [plain(row[0]) for row in mysql(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = %s AND table_type = 'BASE TABLE'"
        " ORDER BY table_name" % quote(database))]


def columns_of(rows):
    """Rows that begin with the name of a table, by table."""
    tables = collections.defaultdict(list)
    for row in rows:
        tables[plain(row[0])].append(row[1:])
    return tables


# MariaDB's json is text with a check.  Of one schema at once: asked for each
# column, it would open every table of the server each time.
def json_checks(database):
    if not IS_MARIADB:
        return set()
    return {(table, clause) for table, clause in mysql(
        "SELECT table_name, check_clause"
        "  FROM information_schema.check_constraints"
        " WHERE constraint_schema = %s AND check_clause LIKE 'json_valid(%%'"
        % quote(database))}


def remote_columns(database):
    checks = json_checks(database)
    rows = [(table, name, kind, kind == b"json" or
             (table, b"json_valid(`%s`)" % name) in checks)
            for table, name, kind in mysql(
                "SELECT c.table_name, c.column_name, c.data_type"
                "  FROM information_schema.columns c"
                " WHERE c.table_schema = %s ORDER BY c.ordinal_position"
                % quote(database))]
    return {table: [(plain(name), kind.decode(), is_json)
                    for name, kind, is_json in columns]
            for table, columns in columns_of(rows).items()}


def local_columns(schema):
    rows = psql(
        "SELECT c.relname, attname, format_type(atttypid, NULL)"
        "  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
        "  JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE attnum > 0 AND NOT attisdropped AND nspname = %s"
        % quote_local(schema))
    return {table: {plain(name): kind.decode() for name, kind in columns}
            for table, columns in columns_of(rows).items()}


def found(name, names):
    return name if name in names else name.lower()


def digests(rows, columns, is_remote, shown=None):
    counts = collections.Counter()
    for raw in rows:
        row = tuple(value_of(value, kind, is_json, local_type, is_remote)
                    for value, (_, kind, is_json, local_type)
                    in zip(raw, columns))
        digest = hashlib.md5(repr(row).encode()).digest()
        counts[digest] += 1
        if shown is not None and digest in shown and len(shown[digest]) == 0:
            shown[digest].append(row)
    return counts


def compare(database, schema, table, remote, local):
    name_here = found(table, local)
    if name_here not in local:
        return ["table does not exist here"]
    names = local[name_here]
    columns = []
    for name, kind, is_json in remote[table]:
        if found(name, names) not in names:
            return ["column %s does not exist here" % name]
        columns.append((name, kind, is_json, names[found(name, names)]))

    remote_sql = "SET time_zone = '+00:00'; SELECT %s FROM `%s`" % (
        ", ".join(remote_expression(name, kind)
                  for name, kind, _, _ in columns), table.replace("`", "``"))
    local_sql = 'SELECT %s FROM "%s"."%s"' % (
        ", ".join(local_expression(found(name, names), kind, local_type)
                  for name, kind, _, local_type in columns),
        schema.replace('"', '""'), name_here.replace('"', '""'))
    here = digests(psql(local_sql), columns, False)
    there = digests(mysql(remote_sql, database), columns, True)
    if here == there:
        return []
    only = {digest: [] for digest in list((here - there) + (there - here))[:6]}
    digests(psql(local_sql), columns, False, only)
    digests(mysql(remote_sql, database), columns, True, only)
    return ["%d rows here, %d in MySQL" % (sum(here.values()),
                                           sum(there.values()))] + \
        ["%s: %s" % ("here only" if digest in here else "MySQL only", row)
         for digest, rows in only.items() for row in rows]


def main():
    database, schema = sys.argv[1:3]
    differing = 0
    tables = sys.argv[3:] or remote_tables(database)
    one = functools.partial(compare, database, schema,
                            remote=remote_columns(database),
                            local=local_columns(schema))
    with multiprocessing.Pool(min(len(tables), os.cpu_count()) or 1) as pool:
        found_here = pool.map(one, tables, chunksize=1)
    for table, complaints in zip(tables, found_here):
        print("%s: %s" % (table, "differs" if complaints else "equal"))
        for complaint in complaints:
            print("    %s" % complaint[:1000])
        differing += len(complaints) > 0
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
