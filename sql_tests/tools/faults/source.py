# sql_tests/tools/faults/source.py
#   What the trials of trials.py migrate: tables, writers, and what must hold.
#
# Static tables never change.  Live tables have writers; each transaction of a
# writer keeps the invariants, so a copy of one moment has them too.

STATIC, LIVE = "static", "live"


class Table:
    def __init__(self, name, kind, columns, rows, source, keys=""):
        self.name = name
        self.kind = kind
        self.columns = columns      # name -> declaration
        self.rows = rows
        self.source = source        # SELECT list over seq
        self.keys = keys
        self.frozen = None          # condition: rows no writer touches

    def statements(self):
        body = ", ".join("`%s` %s" % item for item in self.columns.items())
        yield "CREATE TABLE `%s` (%s%s) ENGINE=InnoDB" % (
            self.name, body, self.keys and ", " + self.keys)
        if self.rows:
            yield "INSERT INTO `%s` SELECT %s FROM seq_1_to_%d" % (
                self.name, self.source, self.rows)


def remote_text(name, declaration):
    kind = declaration.split("(")[0].split()[0]
    name = "`%s`" % name
    if kind == "datetime":
        text = "DATE_FORMAT(%s, '%%Y-%%m-%%d %%H:%%i:%%s')" % name
    elif kind == "binary":
        text = "HEX(%s)" % name
    else:
        text = "CAST(%s AS CHAR CHARACTER SET utf8mb4)" % name
    return "IFNULL(%s, '(null)')" % text


def local_text(name, declaration):
    kind = declaration.split("(")[0].split()[0]
    if kind == "datetime":
        text = "to_char(%s, 'YYYY-MM-DD HH24:MI:SS')" % name
    elif kind == "binary":
        text = "upper(encode(%s, 'hex'))" % name
    else:
        text = "%s::text" % name
    return "coalesce(%s, '(null)')" % text


# Rows as a multiset: their number and the sum of 60 bits of each row's MD5.
def remote_digest(table, database, condition=None):
    row = ", '|', ".join(remote_text(*item) for item in table.columns.items())
    return ("SELECT CONCAT(COUNT(*), ' ', IFNULL(SUM(CAST(CONV(LEFT(MD5("
            "CONCAT(%s)), 15), 16, 10) AS DECIMAL(20))), 0)) FROM `%s`.`%s`%s"
            % (row, database, table.name, condition and
               " WHERE " + condition or ""))


def local_digest(table, schema, condition=None):
    row = " || '|' || ".join(local_text(*item)
                             for item in table.columns.items())
    return ("SELECT count(*) || ' ' || coalesce(sum(('x' || left(md5(%s), 15))"
            "::bit(60)::bigint::numeric), 0) FROM %s.%s%s"
            % (row, schema, table.name, condition and
               " WHERE " + condition or ""))


def static_tables():
    for number in range(1, 6):
        yield Table("s_plain%d" % number, STATIC,
                    {"id": "int NOT NULL AUTO_INCREMENT", "a": "varchar(80)",
                     "d": "decimal(12,2)", "at": "datetime"}, 15000,
                    "seq, MD5(seq * %d), seq / 7, '2020-01-01' + INTERVAL seq"
                    " MINUTE" % number,
                    "PRIMARY KEY (id), KEY (a), KEY (at, d)")
    yield Table("s_wide", STATIC, {"id": "int NOT NULL", "body": "text"},
                30000, "seq, REPEAT(MD5(seq), 70)", "PRIMARY KEY (id)")
    yield Table("s_pair", STATIC,
                {"a": "int NOT NULL", "b": "int NOT NULL", "v": "varchar(40)"},
                20000, "seq % 100, seq, CONCAT('v', seq)",
                "PRIMARY KEY (a, b), UNIQUE KEY (v)")
    yield Table("s_text", STATIC,
                {"code": "varchar(40) COLLATE utf8mb4_bin NOT NULL",
                 "n": "int"}, 20000, "SHA1(seq), seq",
                "PRIMARY KEY (code), KEY (n)")
    yield Table("s_bin", STATIC, {"k": "binary(16) NOT NULL", "n": "int"},
                15000, "UNHEX(MD5(seq)), seq", "PRIMARY KEY (k)")
    yield Table("s_nokey", STATIC, {"a": "int", "b": "varchar(40)"}, 15000,
                "seq % 5000, CONCAT('b', seq % 5000)")
    yield Table("s_nullable", STATIC, {"u": "int", "v": "varchar(40)"}, 15000,
                "IF(seq % 5 = 0, NULL, seq), CONCAT('n', seq)",
                "UNIQUE KEY (u)")
    yield Table("s_parent", STATIC, {"id": "int NOT NULL",
                                     "name": "varchar(40) NOT NULL"}, 5000,
                "seq, CONCAT('p', seq)", "PRIMARY KEY (id)")
    yield Table("s_child", STATIC,
                {"id": "int NOT NULL", "parent": "int NOT NULL",
                 "amount": "decimal(10,2) NOT NULL"}, 25000,
                "seq, 1 + seq % 5000, seq / 3",
                "PRIMARY KEY (id), CONSTRAINT child_parent FOREIGN KEY"
                " (parent) REFERENCES s_parent (id)")
    yield Table("s_enum", STATIC,
                {"id": "int NOT NULL", "e": "enum('red','green','blue')"},
                10000, "seq, ELT(1 + seq % 3, 'red', 'green', 'blue')",
                "PRIMARY KEY (id)")
    yield Table("s_empty", STATIC, {"id": "int NOT NULL"}, 0, "",
                "PRIMARY KEY (id)")


def live_tables():
    account = Table("l_account", LIVE,
                    {"id": "int NOT NULL", "balance": "bigint NOT NULL",
                     "note": "varchar(60)"}, 20000, "seq, 1000, MD5(seq)",
                    "PRIMARY KEY (id)")
    account.frozen = "id > 2000"
    entry = Table("l_entry", LIVE,
                  {"id": "bigint NOT NULL AUTO_INCREMENT",
                   "account": "int NOT NULL", "amount": "int NOT NULL"}, 25000,
                  "seq, 1 + seq % 20000, seq % 100",
                  "PRIMARY KEY (id), CONSTRAINT entry_account FOREIGN KEY"
                  " (account) REFERENCES l_account (id)")
    entry.frozen = "id <= 25000"
    total = Table("l_total", LIVE,
                  {"id": "int NOT NULL", "n": "bigint NOT NULL",
                   "amount": "bigint NOT NULL"}, 16, "seq, 0, 0",
                  "PRIMARY KEY (id)")
    queue = Table("l_queue", LIVE,
                  {"id": "bigint NOT NULL AUTO_INCREMENT",
                   "job": "varchar(60) NOT NULL"}, 15000,
                  "seq, CONCAT('job ', seq)", "PRIMARY KEY (id)")
    doc = Table("l_doc", LIVE,
                {"id": "int NOT NULL", "version": "int NOT NULL",
                 "body": "varchar(200) NOT NULL"}, 10000,
                "seq, 1, REPEAT(MD5(seq), 4)", "PRIMARY KEY (id), KEY (body)")
    doc.frozen = "id > 1000"
    return [account, entry, total, queue, doc]


def small_source():
    return list(static_tables()) + live_tables()


def big_source():
    rows = {"s_plain1": 1500000, "s_pair": 1200000, "s_text": 500000,
            "s_nokey": 300000, "s_wide": 30000, "l_account": 1000000,
            "l_entry": 470000}
    tables = [table for table in small_source()
              if table.name in rows or table.kind == LIVE]
    for table in tables:
        table.rows = rows.get(table.name, table.rows)
        if table.name == "l_entry":
            table.frozen = "id <= 470000"
    return tables


# True in every copy of one moment.
INVARIANTS = (
    ("the balances add up",
     "SELECT sum(balance) = 1000 * count(*) FROM {0}.l_account"),
    ("the entries and their totals agree",
     "SELECT (SELECT sum(n) FROM {0}.l_total) + {1} ="
     " (SELECT count(*) FROM {0}.l_entry)"
     " AND (SELECT sum(amount) FROM {0}.l_total) ="
     " (SELECT coalesce(sum(amount), 0) FROM {0}.l_entry WHERE id > {1})"),
    ("the queue has its length",
     "SELECT count(*) = 15000 FROM {0}.l_queue"),
)

# Each takes a number and runs until the flag of its database is lowered.
WRITERS = """
CREATE TABLE `{0}_control`.flag (go int NOT NULL);
INSERT INTO `{0}_control`.flag VALUES (1);
DELIMITER //
CREATE PROCEDURE `{0}_control`.transfer(start int)
BEGIN
    DECLARE i int DEFAULT start;
    WHILE (SELECT go FROM `{0}_control`.flag) = 1 DO
        START TRANSACTION;
        UPDATE `{0}`.l_account SET balance = balance - 7
         WHERE id = 1 + (i * 7919) % 1000;
        UPDATE `{0}`.l_account SET balance = balance + 7
         WHERE id = 1001 + (i * 104729) % 1000;
        INSERT INTO `{0}`.l_entry (account, amount)
            VALUES (1 + i % 20000, i % 50);
        UPDATE `{0}`.l_total SET n = n + 1, amount = amount + i % 50
         WHERE id = 1 + i % 16;
        COMMIT;
        SET i = i + 1;
        DO SLEEP(0.002);
    END WHILE;
END//
CREATE PROCEDURE `{0}_control`.serve(start int)
BEGIN
    DECLARE i int DEFAULT start;
    WHILE (SELECT go FROM `{0}_control`.flag) = 1 DO
        START TRANSACTION;
        INSERT INTO `{0}`.l_queue (job) VALUES (CONCAT('job ', i));
        DELETE FROM `{0}`.l_queue ORDER BY id LIMIT 1;
        UPDATE `{0}`.l_doc SET version = version + 1, body = MD5(i)
         WHERE id = 1 + (i * 31) % 1000;
        COMMIT;
        SET i = i + 1;
        DO SLEEP(0.002);
    END WHILE;
END//
DELIMITER ;
"""
