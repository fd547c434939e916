#!/usr/bin/env python3
# sql_tests/tools/fuzz.py ROUNDS [SEED]
#   Random changes to a MySQL database; what validate and migrate_missing make
#   of them is compared with what compare.py sees, with which they share no
#   line.
#
# Each round changes rows of every table (one of each kind of key), and then
#   - validate must name exactly the rows that differ, by key and kind;
#   - migrate_missing, in a mode drawn for the round, must leave exactly the
#     rows that the mode promises, and say "equal" if and only if they are.
# Every tenth round the changes go on while a mirror runs; after they have
# stopped, one more mirror must leave no difference.
#
# A failure prints the seed, the round and what is wrong; status 1.

import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

import compare

DATABASE = "fuzz"
LABELS = ["label %d" % n for n in range(60)]
PALETTE = "abcXYZ äÖß€日本😀_%'\"\\\t"
SWAPPED = "k_unique"
BLOCKED = (SWAPPED, "f_parent", "f_child")  # by values that must be unique
FOLDS_ALL = True


# ---------------------------------------------------------------- clients

class Client:
    """A client that stays, fed with statements."""

    def __init__(self, command, environment, end):
        self.end = end
        self.number = 0
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=environment)

    def run(self, statement):
        self.number += 1
        mark = "end-of-%d" % self.number
        self.process.stdin.write(
            (statement + self.end % mark).encode("utf-8"))
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("a client ended: %s" % b"".join(lines[-5:]))
            if line.rstrip(b"\n") == mark.encode():
                return lines
            lines.append(line.rstrip(b"\n"))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def mysql_client():
    return Client(
        ["mariadb", "--no-defaults", "--batch", "--quick", "--unbuffered",
         "--force", "--skip-column-names", "--default-character-set=utf8mb4",
         "--protocol=tcp", "-u", os.environ["MYSQL_USER"],
         "-h", os.environ["MYSQL_HOST"], "-P", os.environ["MYSQL_PORT"],
         DATABASE],
        dict(os.environ, MYSQL_PWD=os.environ["MYSQL_PASSWORD"]),
        ";\nSELECT '%s';\n")


def psql_client():
    config = os.environ.get("PG_CONFIG", "pg_config")
    bindir = subprocess.check_output([config, "--bindir"], text=True).strip()
    return Client([bindir + "/psql", "-X", "-q", "-A", "-t"],
                  dict(os.environ, PGTZ="UTC", PGDATESTYLE="ISO",
                       PGCLIENTENCODING="UTF8"),
                  ";\n\\echo %s\n")


class Sides:
    """Both servers; compare.py reads through them."""

    def __init__(self):
        self.remote = mysql_client()
        self.local = psql_client()
        self.local.run("SET client_min_messages = error")
        global FOLDS_ALL
        FOLDS_ALL = self.local.run("SELECT lower('Ä')") == ["ä".encode()]
        compare.mysql = lambda sql, database=None: (
            line.split(b"\t") for line in self.remote.run(sql))
        compare.psql = lambda sql: (
            line.split(b"\t")
            for line in self.local.run("COPY (%s) TO STDOUT" % sql))

    def rows(self, sql):
        lines = [line.decode("utf-8")
                 for line in self.local.run("COPY (%s) TO STDOUT" % sql)]
        if any("ERROR:" in line for line in lines):
            raise Wrong("%s\n%s" % (sql, "\n".join(lines)))
        return [line.split("\t") for line in lines]


class Wrong(Exception):
    pass


# ---------------------------------------------------------------- tables

class Table:
    def __init__(self, name, key, definition, draw, unique="", ring=None):
        self.ring = ring            # column that refers to a table, and which
        self.name = name
        self.key = key              # names of its columns
        self.definition = definition
        self.draw = draw            # SQL literals of a new key
        self.unique = unique
        self.columns = None

    def create(self):
        keys = ""
        if self.key and self.name != "k_null":
            keys = ", PRIMARY KEY (%s)" % ", ".join(self.key)
        elif self.key:
            keys = ", UNIQUE KEY (%s)" % ", ".join(self.key)
        partition = " PARTITION BY HASH (a) PARTITIONS 4" \
            if self.name == "k_part" else ""
        return ("CREATE TABLE %s (%s, v varchar(60) NULL, b blob NULL,"
                " n decimal(12,3) NULL, j json NULL, t text NULL,"
                " changed datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)"
                " ON UPDATE CURRENT_TIMESTAMP(6)%s%s) CHARACTER SET utf8mb4%s"
                % (self.name, self.definition, keys, self.unique, partition))


def quoted(text):
    return "_utf8mb4 X'%s'" % text.encode("utf-8").hex()


def word(draw, length):
    return "".join(draw.choice(PALETTE) for _ in range(length))


def letters(draw, length):
    return "".join(draw.choice("abcdefgABCDEFG_-äÄ ") for _ in range(length)) \
        + draw.choice("xyz")


TABLES = [
    Table("k_int", ["a"], "a int",
          lambda d: [str(d.randint(-500, 500))]),
    Table("k_big", ["a"], "a bigint unsigned",
          lambda d: [str(d.choice([d.randint(0, 300), 2 ** 64 - 1
                                   - d.randint(0, 300), 2 ** 63
                                   + d.randint(-50, 50)]))]),
    Table("k_decimal", ["a"], "a decimal(20,5)",
          lambda d: ["%d.%05d" % (d.randint(-99, 99), d.randint(0, 9))]),
    Table("k_date", ["a"], "a date",
          lambda d: ["'%04d-%02d-%02d'" % (d.choice([1000, 1999, 2024, 9999]),
                                           d.randint(1, 12),
                                           d.randint(1, 28))]),
    Table("k_moment", ["a"], "a datetime(6)",
          lambda d: ["'2024-02-%02d 11:00:%02d.%06d'"
                     % (d.randint(1, 29), d.randint(0, 59),
                        d.choice([0, 1, 999999, 500000]))]),
    Table("k_enum", ["a"], "a enum(%s)" % ", ".join("'%s'" % label
                                                    for label in LABELS),
          lambda d: ["'%s'" % d.choice(LABELS)]),
    Table("k_ci", ["a"], "a varchar(40) COLLATE utf8mb4_general_ci",
          lambda d: [quoted(letters(d, d.randint(0, 4)))]),
    Table("k_bin", ["a"], "a varchar(40) COLLATE utf8mb4_bin",
          lambda d: [quoted(letters(d, d.randint(0, 3)))]),
    Table("k_nopad", ["a"], "a varchar(40) COLLATE utf8mb4_nopad_bin",
          lambda d: [quoted(word(d, d.randint(0, 2)))]),
    Table("k_char", ["a"], "a char(36)",
          lambda d: ["'%032x'" % d.randint(0, 400)]),
    Table("k_bytes", ["a"], "a binary(16)",
          lambda d: ["X'%032x'" % (d.randint(0, 400) << d.choice([0, 64]))]),
    Table("k_pair", ["a", "c"], "a int, c varchar(20)",
          lambda d: [str(d.randint(0, 5)),
                     quoted(letters(d, d.randint(0, 3)))]),
    Table("k_three", ["a", "c", "d"],
          "a varchar(10) COLLATE utf8mb4_bin, c int, d date",
          lambda d: ["'%s'" % d.choice("uvw"), str(d.randint(0, 40)),
                     "'2024-01-%02d'" % d.randint(1, 4)]),
    Table("k_null", ["a"], "a int NULL",
          lambda d: [d.choice(["NULL", str(d.randint(0, 300))])]),
    Table("k_none", [], "a int NULL, c varchar(10)",
          lambda d: [str(d.randint(0, 12)), "'%s'" % d.choice("pqr")]),
    Table("k_part", ["a", "c"], "a int, c varchar(10)",
          lambda d: [str(d.randint(0, 100)), "'%s'" % d.choice("pq")]),
    Table("k_varbin", ["a"], "a varbinary(20)",
          lambda d: ["X'%s'" % (d.randbytes(d.randint(0, 2)).hex()
                                + d.choice(["", "00", "20", "0000"]))]),
    Table("k_uuid", ["a"], "a uuid",
          lambda d: ["'%08x-0000-1000-8000-%012x'"
                     % (d.randint(0, 20), d.randint(0, 20))]),
    Table("k_auto", ["a"], "a int AUTO_INCREMENT",
          lambda d: [d.choice(["NULL", str(d.randint(1, 300))])],
          ", twice decimal(13,3) GENERATED ALWAYS AS (n * 2) STORED,"
          " named varchar(70) GENERATED ALWAYS AS (CONCAT('v', v)) VIRTUAL"),
    Table("f_parent", ["a"], "a int, u varchar(20) NULL",
          lambda d: [str(d.randint(0, 200)),
                     d.choice(["NULL", "'%d'" % d.randint(0, 200)])],
          ", UNIQUE KEY (u)"),
    Table("f_child", ["a"], "a int, p int NULL, q int NULL",
          lambda d: [str(d.randint(0, 400)), str(d.randint(0, 200)),
                     d.choice(["NULL", str(d.randint(0, 200))])],
          ", FOREIGN KEY (p) REFERENCES f_parent (a) ON DELETE CASCADE,"
          " FOREIGN KEY (q) REFERENCES f_parent (a)"),
    Table("f_tree", ["a"], "a int, o int NULL",
          lambda d: [str(d.randint(0, 200)),
                     d.choice(["NULL", str(d.randint(0, 200))])],
          ", FOREIGN KEY (o) REFERENCES f_tree (a)", ("o", "f_tree")),
    Table("f_left", ["a"], "a int, o int NULL",
          lambda d: [str(d.randint(0, 200)),
                     d.choice(["NULL", str(d.randint(0, 200))])],
          "", ("o", "f_right")),
    Table("f_right", ["a"], "a int, o int NULL",
          lambda d: [str(d.randint(0, 200)),
                     d.choice(["NULL", str(d.randint(0, 200))])],
          ", FOREIGN KEY (o) REFERENCES f_left (a)", ("o", "f_left")),
    Table(SWAPPED, ["a"], "a int, u varchar(20) NULL, w int NOT NULL",
          lambda d: [str(d.randint(0, 300)), "NULL",
                     str(d.randint(-10 ** 9, 10 ** 9))],
          ", UNIQUE KEY (u), UNIQUE KEY (w)"),
]


# ---------------------------------------------------------------- changes

class Writer:
    """Random statements for MySQL."""

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def values(self):
        d = self.draw
        return [
            d.choice(["NULL", "''", quoted(word(d, d.randint(1, 12)))]),
            d.choice(["NULL", "''", "X'%s'" % d.randbytes(
                d.choice([1, 3, 200, 9000])).hex()]),
            d.choice(["NULL", "0", "%d.%03d" % (d.randint(-999, 999),
                                                d.randint(0, 999))]),
            d.choice(["NULL", "'{}'", "'{\"k\": %d, \"l\": [1.50, \"%s\"]}'"
                      % (d.randint(0, 9), d.choice("xyz"))]),
            d.choice(["NULL", "''", quoted(word(d, d.choice([3, 40, 3000])))]),
        ]

    def insert(self, table, number):
        names = [part.split()[0] for part in table.definition.split(", ")] \
            if table.name != "k_enum" else ["a"]
        rows = ", ".join("(%s)" % ", ".join(table.draw(self.draw)
                                            + self.values())
                         for _ in range(number))
        return "INSERT IGNORE INTO %s (%s, v, b, n, j, t) VALUES %s" % (
            table.name, ", ".join(names), rows)

    def some(self, limit=3):
        d = self.draw
        return "ORDER BY CRC32(CONCAT(%d, COALESCE(a, ''), COALESCE(n, '')," \
            " COALESCE(v, ''))) LIMIT %d" % (d.randint(0, 10 ** 9),
                                             d.randint(1, limit))

    def change(self, table):
        d = self.draw
        what = d.choice([
            "v = CONCAT(v, ' ')", "v = RTRIM(v)", "v = UPPER(v)",
            "v = LOWER(v)", "v = IF(v IS NULL, '', NULL)",
            "b = CONCAT(LEFT(b, LENGTH(b) - 1), X'%02x')" % d.randint(0, 255),
            "b = IF(b IS NULL, '', NULL)", "n = n + 0.001", "n = NULL",
            "j = '{\"k\": 1, \"l\": [1.5, \"é\"]}'", "j = NULL",
            "t = CONCAT(t, ' ')", "t = UPPER(t)", "t = IF(t IS NULL, '', NULL)",
            "v = %s" % quoted(word(d, 5))])
        return "UPDATE %s SET %s %s" % (table.name, what, self.some())

    def change_key(self, table):
        d = self.draw
        if not table.key:
            return "UPDATE k_none SET a = %d %s" % (d.randint(0, 12),
                                                    self.some())
        if table.name == SWAPPED:
            return d.choice([
                "UPDATE IGNORE k_unique SET u = NULL, w = -w %s" % self.some(),
                "UPDATE IGNORE k_unique SET u = %s WHERE u IS NULL %s"
                % (quoted(letters(d, 6)), self.some(1)),
                "UPDATE IGNORE k_unique SET a = %d %s" % (d.randint(0, 300),
                                                   self.some(1))])
        if table.name in ("k_ci", "k_pair") and d.random() < 0.5:
            column = table.key[-1]
            return "UPDATE IGNORE %s SET %s = %s(%s) %s" % (
                table.name, column, d.choice(["UPPER", "LOWER"]), column,
                self.some())
        return "UPDATE IGNORE %s SET %s %s" % (
            table.name, ", ".join("%s = %s" % pair for pair in
                                  zip(table.key, table.draw(d))),
            self.some(1))

    # Two rows, or a ring of three, exchange values that must be unique.
    def swap(self):
        n = self.draw.choice([2, 3])
        pick = "ORDER BY CRC32(CONCAT(%d, a)) LIMIT %d" % (
            self.draw.randint(0, 10 ** 9), n)
        return [
            "CREATE TEMPORARY TABLE ring AS SELECT a, u, w,"
            " ROW_NUMBER() OVER (ORDER BY a) AS p, COUNT(*) OVER () AS m"
            " FROM (SELECT a, u, w FROM k_unique %s) AS x" % pick,
            "UPDATE IGNORE k_unique SET u = NULL, w = -2000000000 + a"
            " WHERE a IN (SELECT a FROM ring)",
            "CREATE TEMPORARY TABLE turned AS SELECT a,"
            " COALESCE(LEAD(u) OVER (ORDER BY p), FIRST_VALUE(u)"
            " OVER (ORDER BY p)) AS u, COALESCE(LEAD(w) OVER (ORDER BY p),"
            " FIRST_VALUE(w) OVER (ORDER BY p)) AS w FROM ring",
            "UPDATE IGNORE k_unique AS k JOIN turned AS t ON t.a = k.a"
            " SET k.u = t.u, k.w = t.w",
            "DROP TEMPORARY TABLE ring, turned"]

    # Two rows that refer to each other come, or such as do go.
    def ring(self, table):
        d = self.draw
        column, other = table.ring
        a, b = d.randint(201, 230), d.randint(231, 260)
        if d.random() < 0.6:
            return ["INSERT IGNORE INTO %s (a) VALUES (%d)" % (table.name, a),
                    "INSERT IGNORE INTO %s (a, o) VALUES (%d, %d)"
                    % (other, b, a),
                    "UPDATE IGNORE %s SET %s = %d WHERE a = %d"
                    % (table.name, column, b, a)]
        return ["UPDATE IGNORE %s SET %s = NULL WHERE a = %d"
                % (table.name, column, a),
                "DELETE IGNORE FROM %s WHERE o = %d" % (other, a),
                "DELETE IGNORE FROM %s WHERE a = %d" % (table.name, a)]

    # A value that refers to another row.
    def refer(self, table):
        d = self.draw
        column = table.ring[0] if table.ring else d.choice("pq")
        return "UPDATE IGNORE %s SET %s = %s %s" % (
            table.name, column, d.choice(["NULL", str(d.randint(0, 200)),
                                          str(d.randint(0, 260))]),
            self.some())

    def statements(self, table):
        d = self.draw
        result = []
        for _ in range(d.randint(0, 4)):
            result.append(d.choice([
                lambda: self.insert(table, d.randint(1, 6)),
                lambda: self.change(table), lambda: self.change(table),
                lambda: self.change_key(table),
                lambda: "DELETE IGNORE FROM %s %s" % (table.name,
                                                      self.some())])())
        if table.name == SWAPPED:
            result += self.swap()
        if table.ring:
            result += self.ring(table)
        if table.ring or table.name == "f_child":
            result.append(self.refer(table))
        return result


# ---------------------------------------------------------------- what there is

def learn_columns():
    local = compare.local_columns("public")
    remote = compare.remote_columns(DATABASE)
    for table in TABLES:
        table.columns = [(name, kind, is_json, local[table.name][name])
                         for name, kind, is_json in remote[table.name]]


def read(side, table, is_remote):
    """All rows of a table: list of tuples of normal values, key first."""
    if table.columns is None:
        learn_columns()
    if is_remote:
        sql = "SELECT %s FROM `%s`" % (", ".join(
            compare.remote_expression(name, kind)
            for name, kind, _, _ in table.columns), table.name)
        raw = compare.mysql(sql)
    else:
        sql = "SELECT %s FROM %s" % (", ".join(
            compare.local_expression(name, kind, local)
            for name, kind, _, local in table.columns), table.name)
        raw = compare.psql(sql)
    return [tuple(compare.value_of(value, kind, is_json, local, is_remote)
                  for value, (_, kind, is_json, local)
                  in zip(row, table.columns)) for row in raw]


class State:
    """Rows by key, and those without one as a multiset."""

    def __init__(self, table, rows):
        places = [[c[0] for c in table.columns].index(name)
                  for name in table.key]
        self.keyed = {}
        self.loose = collections.Counter()
        for row in rows:
            key = tuple(row[place] for place in places)
            if not key or None in key:
                self.loose[row] += 1
            else:
                self.keyed[key] = row

    def same(self, other):
        return self.keyed == other.keyed and self.loose == other.loose


def differences(remote, local):
    """Counter of (kind, key) as validate should tell them."""
    result = collections.Counter()
    for key, row in remote.keyed.items():
        if key not in local.keyed:
            result["missing", key] += 1
        elif local.keyed[key] != row:
            result["changed", key] += 1
    for key in local.keyed:
        if key not in remote.keyed:
            result["extra", key] += 1
    result["missing", None] += sum((remote.loose - local.loose).values())
    result["extra", None] += sum((local.loose - remote.loose).values())
    return +result


def folded(table, key):
    """What the second unique index makes of a key: lower(column)."""
    if table.name not in ("k_ci", "k_char", "k_pair"):
        return key
    kinds = {name: kind for name, kind, _, _ in table.columns}
    return tuple(lower(bytes.fromhex(value).decode("utf-8"))
                 if kinds[name] in compare.TEXTS else value
                 for name, value in zip(table.key, key))


def lower(text):
    """As the local database does it: in some locales ASCII only."""
    return text.lower() if FOLDS_ALL else text.encode().lower().decode()


# "new" looks back far enough to see all rows, however many they become.
CALLS = {"watermark": "watermark => 'changed'",
         "new": "mode => 'new',"
                " options => '{\"look_back\": \"1000000\"}'"}


def promised(table, remote, local, mode, since=None):
    """What a mode makes of `local`; since: of "watermark", where it begins."""
    if mode == "mirror":
        return remote
    if mode == "watermark" and table.key:
        place = [c[0] for c in table.columns].index("changed")
        result = State(table, [])
        result.loose = local.loose | remote.loose
        result.keyed = dict(local.keyed)
        taken = {folded(table, key) for key in local.keyed}
        for key, row in remote.keyed.items():
            if row[place] >= since and (key in result.keyed or
                                        folded(table, key) not in taken):
                result.keyed[key] = row
        return result
    result = State(table, [])
    result.loose = local.loose | remote.loose
    result.keyed = dict(local.keyed)
    taken = {folded(table, key) for key in local.keyed}
    for key, row in remote.keyed.items():
        if key in result.keyed:
            if mode == "changed":
                result.keyed[key] = row
        elif folded(table, key) not in taken:
            result.keyed[key] = row
    return result


# ---------------------------------------------------------------- rounds

def normal_key(table, text):
    """A key of mysql_migrate.difference, as compare.py writes values."""
    if text == "\\N":
        return None
    kinds = {name: kind for name, kind, _, _ in table.columns}
    result = []
    for name in table.key:
        value = str(json.loads(text)[name])
        kind = kinds[name]
        if kind in compare.TEXTS:
            value = value.encode("utf-8").hex()
        elif kind in compare.BYTES or kind == "uuid":
            value = value.lower()
        elif kind in compare.MOMENTS:
            value = compare.moment(value)
        else:
            value = compare.number(value)
        result.append(value)
    return tuple(result)


class Fuzz:
    def __init__(self, seed):
        self.seed = seed
        self.draw = random.Random(seed)
        self.writer = Writer(seed)
        self.sides = Sides()
        self.round = 0
        self.seen = 0

    def remote(self, statement):
        output = self.sides.remote.run(statement)
        if any(b"ERROR" in line for line in output):
            sys.exit("%s\n%s" % (statement, output))

    def create(self):
        for table in TABLES:
            self.remote(table.create())
        self.remote("ALTER TABLE f_left ADD FOREIGN KEY (o)"
                    " REFERENCES f_right (a)")
        for table in TABLES:
            self.remote(self.writer.insert(table, 120))
        rows = self.sides.rows("SELECT \"table\", status FROM"
                               " migrate_schema('source')")
        if len(rows) != len(TABLES) or any(row[1] not in ("ok", "warning")
                                           for row in rows):
            raise Wrong("migrate_schema: %s" % rows)

    def states(self, table):
        return (State(table, read(self.sides, table, True)),
                State(table, read(self.sides, table, False)))

    def check_validate(self, before):
        depth = self.draw.choice(["checksum", "checksum", "full"])
        rows = {row[0]: row for row in self.sides.rows(
            "SELECT \"table\", rows_local, rows_remote, missing, changed,"
            " extra, status FROM validate('source', mode => '%s')" % depth)}
        found = collections.defaultdict(collections.Counter)
        for name, state, key in self.sides.rows(
                "SELECT table_name, state, key FROM mysql_migrate.difference"):
            table = next(t for t in TABLES if t.name == name)
            key = key.replace("\\\\", "\\")
            found[name][state, normal_key(table, key)] += 1
        for table in TABLES:
            remote, local = before[table.name]
            expected = differences(remote, local)
            self.seen += sum(expected.values())
            if found[table.name] != expected:
                raise Wrong("validate (%s) of %s: not found %s, found %s"
                            % (depth, table.name,
                               list((expected - found[table.name]).items())[:5],
                               list((found[table.name] - expected).items())[:5]))
            status = "differs" if expected else "equal"
            if rows[table.name][6] != status:
                raise Wrong("validate of %s: %s" % (table.name,
                                                    rows[table.name]))

    def check_mode(self, before, mode):
        since = self.watermarks() if mode == "watermark" else {}
        rows = {row[0]: row for row in self.sides.rows(
            "SELECT \"table\", scanned, inserted, updated, deleted, rejected,"
            " status, next_step FROM migrate_missing('source', %s,"
            " force => true)" % CALLS.get(mode, "mode => '%s'" % mode))}
        for table in TABLES:
            remote, local = before[table.name]
            expected = promised(table, remote, local, mode,
                                since.get(table.name, ""))
            after = State(table, read(self.sides, table, False))
            if table.name in BLOCKED and mode != "mirror":
                # What another row stands in the way of may stay behind.
                allowed = all(row in (local.keyed.get(key),
                                      remote.keyed.get(key))
                              for key, row in after.keyed.items())
                if not allowed:
                    raise Wrong("%s of %s: a row that nobody has"
                                % (mode, table.name))
            elif not after.same(expected):
                raise Wrong("%s of %s: %s" % (
                    mode, table.name,
                    list(differences(expected, after).items())[:5]))
            status = "equal" if after.same(remote) else "differs"
            if mode in ("new", "watermark") and rows[table.name][6] == "ok":
                continue    # it has not looked at all rows, and says so
            if rows[table.name][6] != status:
                raise Wrong("%s of %s is %s: %s" % (mode, table.name, status,
                                                    rows[table.name]))

    # Where "watermark" begins: the last position, or the highest value here,
    # less ten minutes.
    def watermarks(self):
        result = {}
        for table in TABLES:
            result[table.name] = compare.moment(self.sides.rows(
                "SELECT coalesce((SELECT watermark::timestamp FROM"
                " mysql_migrate.table_map WHERE local_table = '%s'"
                " AND watermark_column = 'changed'),"
                " (SELECT max(changed) FROM %s)) - interval '10 minutes'"
                % (table.name, table.name))[0][0])
        return result

    def one(self):
        self.round += 1
        for table in TABLES:
            for statement in self.writer.statements(table):
                self.remote(statement)
        before = {table.name: self.states(table) for table in TABLES}
        self.check_validate(before)
        self.check_mode(before, self.draw.choice([
            "missing", "changed", "new", "watermark", "mirror", "mirror"]))

    def write_on(self, stop):
        client = mysql_client()
        writer = Writer(self.seed * 1000 + self.round)
        while not stop.is_set():
            for table in TABLES:
                for statement in writer.statements(table):
                    client.run(statement)
        client.close()

    # The application goes on writing; what comes out is checked afterwards.
    def busy(self):
        stop = threading.Event()
        thread = threading.Thread(target=self.write_on, args=(stop,))
        thread.start()
        try:
            for mode in ("missing", "changed", "mirror", "mirror"):
                self.sides.rows(
                    "SELECT * FROM migrate_missing('source', mode => '%s',"
                    " force => true)" % mode)
        finally:
            stop.set()
            thread.join()
        before = {table.name: self.states(table) for table in TABLES}
        self.check_mode(before, "mirror")

    def close(self):
        self.sides.remote.close()
        self.sides.local.close()


def main():
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    fuzz = Fuzz(seed)
    begin = time.time()
    try:
        fuzz.create()
        for n in range(rounds):
            fuzz.one()
            if n % 10 == 9:
                fuzz.busy()
    except Wrong as wrong:
        print("seed %d, round %d: %s" % (seed, fuzz.round, wrong))
        return 1
    finally:
        fuzz.close()
    print("%d rounds in %.1f s, %d differences, seed %d"
          % (rounds, time.time() - begin, fuzz.seen, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
