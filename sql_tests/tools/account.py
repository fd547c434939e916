#!/usr/bin/env python3
# sql_tests/tools/account.py REMOTE_DATABASE LOCAL_SCHEMA
#   Account for every object of a MySQL database by name: it is in PostgreSQL's
#   catalogs, or mysql_migrate.note says why it is not.
#
# Objects are taken from information_schema with the mariadb client: tables,
# columns with NOT NULL, default, identity, ON UPDATE, generation and comment,
# indexes with their uniqueness and comment, constraints with the actions of
# foreign keys, views, triggers, routines, events, sequences, partitions.
# Prints one line per object that is nowhere; ends with status 1 if there is
# one, and with a count of what was accounted for.
#
# Names are expected in lower case, as the extension makes them by default.

import os
import subprocess
import sys


def mysql(sql):
    result = subprocess.run(
        ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--raw",
         "--default-character-set=utf8mb4", "--protocol=tcp",
         "-u", os.environ["MYSQL_USER"], "-h", os.environ["MYSQL_HOST"],
         "-P", os.environ["MYSQL_PORT"], "-e", sql],
        env={**os.environ, "MYSQL_PWD": os.environ["MYSQL_PASSWORD"]},
        stdout=subprocess.PIPE, check=True)
    return [line.split("\t") for line in
            result.stdout.decode("utf-8").splitlines()]


def postgres(sql):
    bindir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"),
                             "--bindir"], stdout=subprocess.PIPE,
                            check=True).stdout.decode().strip()
    result = subprocess.run([bindir + "/psql", "-X", "-q", "-A", "-t", "-F",
                             "\t", "-v", "ON_ERROR_STOP=1", "-c", sql],
                            stdout=subprocess.PIPE, check=True)
    return [line.split("\t") for line in
            result.stdout.decode("utf-8").splitlines()]


def quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Local:
    """What there is in the schema, and what the notes name."""

    def __init__(self, schema):
        s = "'" + schema.replace("'", "''") + "'"
        self.relations = {(k, n) for k, n in postgres(
            "SELECT relkind, relname FROM pg_class WHERE relnamespace = %s"
            "::regnamespace" % s)}
        self.columns = {(t, c) for t, c in postgres(
            "SELECT c.relname, a.attname FROM pg_attribute a"
            " JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relnamespace = %s::regnamespace AND a.attnum > 0"
            " AND NOT a.attisdropped" % s)}
        self.indexes = {(t, i) for t, i in postgres(
            "SELECT t.relname, i.relname FROM pg_index x"
            " JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_class t ON t.oid = x.indrelid"
            " WHERE t.relnamespace = %s::regnamespace" % s)}
        self.constraints = {(t, k, n) for t, k, n in postgres(
            "SELECT t.relname, k.contype, k.conname FROM pg_constraint k"
            " JOIN pg_class t ON t.oid = k.conrelid"
            " WHERE t.relnamespace = %s::regnamespace" % s)}
        self.triggers = {(t, n) for t, n in postgres(
            "SELECT t.relname, g.tgname FROM pg_trigger g"
            " JOIN pg_class t ON t.oid = g.tgrelid"
            " WHERE t.relnamespace = %s::regnamespace"
            " AND NOT g.tgisinternal" % s)}
        self.not_null = self.pairs(
            "a.attnotnull", "pg_attribute a JOIN pg_class c ON"
            " c.oid = a.attrelid", "a.attname", s)
        self.defaults = self.pairs(
            "a.atthasdef AND a.attgenerated = ''", "pg_attribute a JOIN"
            " pg_class c ON c.oid = a.attrelid", "a.attname", s)
        self.generated = self.pairs(
            "a.attgenerated <> ''", "pg_attribute a JOIN pg_class c ON"
            " c.oid = a.attrelid", "a.attname", s)
        self.identities = self.pairs(
            "a.attidentity <> ''", "pg_attribute a JOIN pg_class c ON"
            " c.oid = a.attrelid", "a.attname", s)
        self.comments = {(t, c): d for t, c, d in postgres(
            "SELECT c.relname, coalesce(a.attname, ''),"
            " encode(convert_to(d.description, 'UTF8'), 'hex')"
            " FROM pg_description d JOIN pg_class c ON c.oid = d.objoid"
            " LEFT JOIN pg_attribute a ON a.attrelid = c.oid"
            " AND a.attnum = d.objsubid AND d.objsubid > 0"
            " WHERE d.classoid = 'pg_class'::regclass"
            " AND c.relnamespace = %s::regnamespace" % s)}
        self.unique = {n for (n,) in postgres(
            "SELECT i.relname FROM pg_index x"
            " JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indisunique"
            " AND x.indisvalid AND i.relnamespace = %s::regnamespace" % s)}
        self.actions = {(t, n): (u, d) for t, n, u, d in postgres(
            "SELECT t.relname, k.conname, k.confupdtype, k.confdeltype"
            " FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid"
            " WHERE k.contype = 'f' AND t.relnamespace = %s::regnamespace" % s)}
        self.notes = {n.lower() for (n,) in postgres(
            "SELECT object FROM mysql_migrate.note")}

    @staticmethod
    def pairs(condition, tables, column, schema):
        return {(t, c) for t, c in postgres(
            "SELECT c.relname, %s FROM %s WHERE c.relnamespace ="
            " %s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0"
            " AND NOT a.attisdropped AND %s" % (column, tables, schema,
                                                condition))}

    def noted(self, *names):
        wanted = {name.lower() for name in names}
        return bool(wanted & self.notes)


def cut(name):
    return name.lower()


def objects(database):
    """(kind, table or None, name, detail) of everything there is."""
    d = quote(database)
    for name, kind in mysql(
            "SELECT table_name, table_type FROM information_schema.tables"
            " WHERE table_schema = " + d):
        yield kind.lower(), None, name, ""
    for table, name in mysql(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = " + d + " AND t.table_type <> 'SEQUENCE'"):
        yield "column", table, name, ""
    base = (" AND table_name IN (SELECT table_name FROM"
            " information_schema.tables WHERE table_schema = " + d +
            " AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED'))")
    for table, name, nullable, default, extra, comment in mysql(
            "SELECT table_name, column_name, is_nullable,"
            " coalesce(column_default, ''), extra, HEX(column_comment)"
            " FROM information_schema.columns WHERE table_schema = " + d + base):
        extra = extra.lower()
        if nullable == "NO":
            yield "not null", table, name, ""
        if any(word in extra for word in ("virtual", "stored generated",
                                          "persistent")):
            yield "generation", table, name, ""
        elif default not in ("", "NULL"):
            yield "default", table, name, default
        if "auto_increment" in extra:
            yield "identity", table, name, ""
        if "on update" in extra:
            yield "on update", table, name, ""
        if comment:
            yield "comment", table, name, comment
    for table, comment in mysql(
            "SELECT table_name, HEX(table_comment) FROM"
            " information_schema.tables WHERE table_comment <> '' AND"
            " table_schema = " + d + base):
        yield "comment", table, "", comment
    for table, name, comment in mysql(
            "SELECT DISTINCT table_name, index_name, HEX(index_comment) FROM"
            " information_schema.statistics WHERE index_comment <> ''"
            " AND table_schema = " + d):
        yield "index comment", table, name, comment
    for table, name in mysql(
            "SELECT DISTINCT table_name, index_name FROM"
            " information_schema.statistics WHERE non_unique = 0"
            " AND table_schema = " + d):
        yield "uniqueness", table, name, ""
    for table, name, update, delete in mysql(
            "SELECT table_name, constraint_name, update_rule, delete_rule"
            " FROM information_schema.referential_constraints"
            " WHERE constraint_schema = " + d):
        yield "actions", table, name, update + "," + delete
    for table, name in mysql(
            "SELECT DISTINCT table_name, index_name FROM"
            " information_schema.statistics WHERE table_schema = " + d):
        yield "index", table, name, ""
    for table, name, kind in mysql(
            "SELECT table_name, constraint_name, constraint_type FROM"
            " information_schema.table_constraints WHERE table_schema = " + d):
        yield "constraint", table, name, kind
    for table, name in mysql(
            "SELECT event_object_table, trigger_name FROM"
            " information_schema.triggers WHERE trigger_schema = " + d):
        yield "trigger", table, name, ""
    for name, kind in mysql(
            "SELECT routine_name, routine_type FROM"
            " information_schema.routines WHERE routine_schema = " + d):
        yield "routine", None, name, kind
    for (name,) in mysql("SELECT event_name FROM information_schema.events"
                         " WHERE event_schema = " + d):
        yield "event", None, name, ""
    for table, name in mysql(
            "SELECT table_name, partition_name FROM"
            " information_schema.partitions WHERE table_schema = " + d +
            " AND partition_name IS NOT NULL"):
        yield "partition", table, name, ""


def is_index_there(local, table, name):
    t, n = cut(table), cut(name)
    if name == "PRIMARY":
        return any(x[0] == t and x[1] == "p" for x in local.constraints)
    return (t, n) in local.indexes or (t, t + "_" + n) in local.indexes


def is_constraint_there(local, table, name, kind):
    t, n = cut(table), cut(name)
    if kind in ("PRIMARY KEY", "UNIQUE"):
        return is_index_there(local, table, name)
    letter = {"FOREIGN KEY": "f", "CHECK": "c"}[kind]
    # MariaDB shows JSON as a CHECK (json_valid(...)) named after its column.
    if kind == "CHECK" and (t, n) in local.columns:
        return True
    return (t, letter, n) in local.constraints


def index_names(table, name):
    t, n = cut(table), cut(name)
    return [t + "_pkey"] if name == "PRIMARY" else [n, t + "_" + n]


ACTIONS = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c",
           "SET NULL": "n", "SET DEFAULT": "d"}


def is_described(local, kind, table, name, detail):
    """What belongs to an object: its comment, its default, ..."""
    t, n = cut(table), cut(name)
    if kind == "not null":
        return (t, n) in local.not_null
    if kind == "default":
        return (t, n) in local.defaults
    if kind == "generation":
        return (t, n) in local.generated
    if kind == "identity":
        # a float counts with a default
        return (t, n) in local.identities or (t, n) in local.defaults
    if kind == "on update":
        return (t, "on_update_1_" + n) in local.triggers
    if kind == "comment":
        return local.comments.get((t, n), "").upper() == detail
    if kind == "index comment":
        return any(local.comments.get((i, ""), "").upper() == detail
                   for i in index_names(table, name))
    if kind == "uniqueness" and name == "PRIMARY":
        return is_index_there(local, table, name)
    if kind == "uniqueness":
        return any(i in local.unique for i in index_names(table, name))
    update, delete = detail.split(",")
    return local.actions.get((t, n)) == (ACTIONS[update], ACTIONS[delete])


def is_there(local, kind, table, name, detail):
    n = cut(name)
    if kind in ("base table", "system versioned"):
        return ("r", n) in local.relations or ("p", n) in local.relations
    if kind == "view":
        return ("v", n) in local.relations
    if kind == "sequence":
        return ("S", n) in local.relations
    if kind == "column":
        return (cut(table), n) in local.columns
    if kind == "index":
        return is_index_there(local, table, name)
    if kind == "constraint":
        return is_constraint_there(local, table, name, detail)
    if kind == "trigger":
        # of several of one kind the later ones are z2_..., z3_...
        return any(t == cut(table) and (g == n or (
            g[0] == "z" and g.partition("_")[2] == n))
            for t, g in local.triggers)
    if kind == "partition":
        return any((k, cut(table) + "_" + n) in local.relations
                   for k in "rp") and ("p", cut(table)) in local.relations
    if kind in ("routine", "event"):
        return False
    return is_described(local, kind, table, name, detail)


def is_noted(local, kind, table, name):
    if table is None:
        return local.noted(name)
    if local.noted(table + "." + name):
        return True
    # a trigger is named alone; what is part of a relation that is not here is
    # in the note about that
    if kind == "trigger":
        return local.noted(name)
    whole = kind == "partition" or not any(
        (k, cut(table)) in local.relations for k in "rpv")
    return whole and local.noted(table)


def main():
    database, schema = sys.argv[1:3]
    local = Local(schema)
    there = noted = missing = 0
    # The columns of a view that could not be made are part of its note.
    for kind, table, name, detail in objects(database):
        if is_there(local, kind, table, name, detail):
            there += 1
        elif is_noted(local, kind, table, name):
            noted += 1
        else:
            missing += 1
            print("nowhere: %s %s%s %s" % (kind, table + "." if table else "",
                                           name, detail))
    print("%d there, %d noted, %d nowhere" % (there, noted, missing))
    sys.exit(1 if missing else 0)


main()
