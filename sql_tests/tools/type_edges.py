#!/usr/bin/env python3
# sql_tests/tools/type_edges.py COMMAND VERSION [ARGUMENT...]
#   The corpus sql_tests/data/type_edges.txt as tables, and what they must look
#   like in PostgreSQL.  VERSION is SELECT VERSION() of the MySQL server.
#
#   rules                  type and condition of each rule that has edges
#   tables RUN             names of the tables of a run ("default", "json", ...)
#   create                 SQL for MySQL: every table with its rows
#   check SCHEMA RUN       compares values and column types of a migrated
#                          schema with the corpus; differences on stdout
#   values SCHEMA RUN      as check, values only
#
# Each rule is a table; each of its columns is filled from the top, what is
# left over is NULL, and the last row is NULL in every column.

import json
import os
import re
import subprocess
import sys

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "data", "type_edges.txt")


class Rule:
    def __init__(self, number, title):
        self.kind, _, self.condition = title.partition(" ")
        self.table = "e%02d_%s" % (number, self.kind)
        self.run = "default"
        self.only = ""
        self.columns = []               # (definition, local type, edges)

    def add(self, definition, local_type, edges):
        self.columns.append((definition, local_type, edges))

    def rows(self):
        return max(len(edges) for _, _, edges in self.columns) + 1

    def exists(self, version):
        """Does a server of this version have the type?"""
        return is_there(self.only, version)


def is_there(condition, version):
    """Is it "mariadb 10.7" or later, for example?"""
    flavour, _, minimum = condition.partition(" ")
    if flavour == "":
        return True
    if ("MariaDB" in version) != (flavour == "mariadb"):
        return False
    numbers = [int(n) for n in re.findall(r"\d+", version)[:2]]
    return numbers >= [int(n) for n in minimum.split(".") if n]


def expected(text):
    if text.startswith('"'):
        return json.loads(text)
    return None if text == "NULL" else text


def read_corpus(version):
    rules = []
    edges = None
    with open(CORPUS, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("#") or not line:
                continue
            if line.startswith("["):
                rules.append(Rule(len(rules) + 1, line[1:line.rindex("]")]))
            elif line.startswith("run: "):
                rules[-1].run = line[5:]
            elif line.startswith("only: "):
                rules[-1].only = line[6:]
            elif line.startswith("column: "):
                definition, local_type = line[8:].split(" -> ")
                edges = []
                rules[-1].add(definition, local_type, edges)
            else:
                only, line = re.match(r" *(?:{(.*?)} )?(.*)", line).groups()
                expression, text = line.split(" => ")
                if is_there(only or "", version):
                    edges.append((expression, expected(text)))
    for rule in rules:
        add_families(rule)
    return rules


def add_families(rule):
    """Columns that are there once per width or per number of digits."""
    if rule.kind == "bit" and rule.condition == "":
        for n in range(2, 65):
            rule.add("bit(%d)" % n, "bit(%d)" % n,
                     [("b'%s'" % bits, bits) for bits in
                      ("0" * n, "1" * n, "1" + "0" * (n - 1),
                       "0" * (n - 1) + "1", ("10" * n)[:n])])
    moments = {"datetime": "timestamp(%d) without time zone",
               "timestamp": "timestamp(%d) with time zone"}
    if rule.kind in moments:
        zone = "+00" if rule.kind == "timestamp" else ""
        for n in range(1, 6):
            second = "2024-02-29 23:59:59"
            rule.add("%s(%d) NULL" % (rule.kind, n), moments[rule.kind] % n,
                     [("'%s.%s'" % (second, "9" * n),
                       "%s.%s%s" % (second, "9" * n, zone)),
                      ("'%s.%s1'" % (second, "0" * (n - 1)),
                       "%s.%s1%s" % (second, "0" * (n - 1), zone)),
                      ("'%s'" % second, second + zone)])
    if rule.kind == "time":
        wide = rule.condition != ""
        for n in range(1, 6):
            rule.add("time(%d)" % n,
                     "interval" if wide else "time(%d) without time zone" % n,
                     [("'%s.%s'" % (t, "9" * n), "%s.%s" % (t, "9" * n))
                      for t in (("-838:59:58", "838:59:58", "23:59:59")
                                if wide else ("23:59:59", "00:00:00"))])
    if rule.kind == "set":
        members = ["m%d" % n for n in range(64)]
        rule.add("set(%s)" % ",".join("'%s'" % m for m in members),
                 "text" if rule.run == "text" else "text[]",
                 [("18446744073709551615", ",".join(members)
                   if rule.run == "text" else "{%s}" % ",".join(members)),
                  ("9223372036854775808",
                   "m63" if rule.run == "text" else "{m63}")])
    big = {"text": "text", "mediumtext": "text", "longtext": "text",
           "blob": "bytea", "mediumblob": "bytea", "longblob": "bytea"}
    if rule.kind in big and rule.condition == "":
        size = 65535 if rule.kind in ("text", "blob") else 1000000
        text = "x" * size if big[rule.kind] == "text" else \
            "\\x" + "00" * size
        rule.add(rule.kind, big[rule.kind],
                 [("REPEAT(%s, %d)" % ("'x'" if big[rule.kind] == "text"
                                       else "0x00", size), text)])


def create(rules):
    print("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';")
    print("SET time_zone = '+00:00';")
    for rule in rules:
        columns = ["v%d %s" % (i + 1, definition)
                   for i, (definition, _, _) in enumerate(rule.columns)]
        print("CREATE TABLE %s (id int PRIMARY KEY, %s) ROW_FORMAT=DYNAMIC;"
              % (rule.table, ", ".join(columns)))
        for row in range(rule.rows()):
            values = [edges[row][0] if row < len(edges) else
                      edges[0][0] if "NOT NULL" in definition else "NULL"
                      for definition, _, edges in rule.columns]
            print("INSERT INTO %s VALUES (%d, %s);"
                  % (rule.table, row + 1, ", ".join(values)))


# ---------------------------------------------------------------- PostgreSQL

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape(field):
    if field == "\\N":
        return None
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)),
                  field, flags=re.S)


def psql(sql):
    config = os.environ.get("PG_CONFIG", "pg_config")
    bindir = subprocess.check_output([config, "--bindir"], text=True).strip()
    done = subprocess.run(
        [bindir + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
         "COPY (%s) TO STDOUT" % sql], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ, PGTZ="UTC", PGDATESTYLE="ISO",
                 PGCLIENTENCODING="UTF8",
                 PGOPTIONS="-c extra_float_digits=1 -c bytea_output=hex "
                           "-c intervalstyle=postgres"))
    if done.returncode != 0:
        return None, done.stderr.decode().strip()
    text = done.stdout.decode("utf-8")
    return [[unescape(field) for field in line.split("\t")]
            for line in text.split("\n")[:-1]], None


def clipped(text):
    return repr(text)[:120]


def check_values(schema, rule):
    names = ["v%d" % (i + 1) for i in range(len(rule.columns))]
    rows, error = psql("SELECT %s FROM %s.%s ORDER BY id"
                       % (", ".join(names), schema, rule.table))
    if error:
        return ["%s: %s" % (rule.table, error)]
    if len(rows) != rule.rows():
        return ["%s: %d rows instead of %d"
                % (rule.table, len(rows), rule.rows())]
    complaints = []
    for i, (definition, _, edges) in enumerate(rule.columns):
        for n, row in enumerate(rows):
            wanted = edges[n][1] if n < len(edges) else \
                edges[0][1] if "NOT NULL" in definition else None
            if row[i] != wanted:
                complaints.append("%s %s row %d: %s instead of %s" %
                                  (rule.table, definition, n + 1,
                                   clipped(row[i]), clipped(wanted)))
    return complaints


def check_types(schema, rule):
    rows, error = psql(
        "SELECT CASE typtype WHEN 'e' THEN 'enum'"
        "       ELSE format_type(atttypid, atttypmod) END"
        "  FROM pg_attribute JOIN pg_type t ON t.oid = atttypid"
        " WHERE attrelid = '%s.%s'::regclass AND attnum > 1"
        " ORDER BY attnum" % (schema, rule.table))
    if error:
        return ["%s: %s" % (rule.table, error)]
    return ["%s %s: column of type %s instead of %s" %
            (rule.table, definition, row[0], local_type)
            for row, (definition, local_type, _) in zip(rows, rule.columns)
            if row[0] != local_type]


def main():
    command, version = sys.argv[1:3]
    rules = read_corpus(version)
    if command == "rules":
        for rule in rules:
            print("%s|%s" % (rule.kind, rule.condition))
        return 0
    rules = [rule for rule in rules if rule.exists(version)]
    if command == "create":
        create(rules)
    elif command == "tables":
        print(",".join(r.table for r in rules if r.run == sys.argv[3]))
    else:
        complaints = []
        for rule in rules:
            if rule.run != sys.argv[4]:
                continue
            if command == "check":
                complaints += check_types(sys.argv[3], rule)
            complaints += check_values(sys.argv[3], rule)
        print("\n".join(complaints))
        return 1 if complaints else 0
    return 0


sys.exit(main())
