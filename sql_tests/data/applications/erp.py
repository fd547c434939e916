# sql_tests/data/applications/erp.py
#   Forty tables whose keys point at each other, 156 reports over them, and
#   views over these, up to fifty deep.  The same statements each time.
import random

TABLES = 40
REPORTS = [
    "SELECT id, no, net, ROUND(net * (1 + IFNULL(vat, 0)), 2) AS gross, paid,"
    " kind FROM {a}",
    "SELECT kind, COUNT(*) AS n, SUM(net) AS net, AVG(net) AS av,"
    " MIN(day) AS d1, MAX(day) AS d2 FROM {a} GROUP BY kind",
    "SELECT a.id, a.no, b.no AS pno, CONCAT(a.no, '/', IFNULL(b.no, '-')) AS"
    " both_no FROM {a} a LEFT JOIN {b} b ON b.id = a.parent_id",
    "SELECT YEAR(day) AS y, MONTH(day) AS m, SUM(CASE WHEN paid THEN net ELSE 0"
    " END) AS paid, SUM(IF(paid = 0, net, 0)) AS open FROM {a} WHERE day IS NOT"
    " NULL GROUP BY YEAR(day), MONTH(day) HAVING SUM(net) > 0"
    " ORDER BY y DESC, m",
    "SELECT id, CASE WHEN net > 1000 THEN 'big' WHEN net BETWEEN 100 AND 1000"
    " THEN 'mid' ELSE 'small' END AS size, DATEDIFF(day, '2020-01-01') AS age,"
    " DATE_ADD(day, INTERVAL 30 DAY) AS due FROM {a}"
    " WHERE no LIKE 're%' OR kind = 'order'",
    "SELECT id, no, net, SUM(net) OVER (PARTITION BY kind ORDER BY id) AS run,"
    " RANK() OVER (ORDER BY net DESC) AS rk FROM {a}",
    "SELECT t.id, (SELECT SUM(x.net) FROM {b} x WHERE x.parent_id = t.id) AS"
    " sub, EXISTS (SELECT 1 FROM {b} x WHERE x.id = t.id AND x.paid = 1) AS pd"
    " FROM {a} t",
    "SELECT no, GROUP_CONCAT(DISTINCT kind ORDER BY kind SEPARATOR '; ') AS"
    " kinds, BIT_OR(paid) AS bo, STD(net) AS sd FROM {a} GROUP BY no",
    "SELECT id, UPPER(no) AS u, LPAD(id, 6, '0') AS p,"
    " SUBSTRING_INDEX(no, '-', -1) AS tail, LEFT(no, 2) = 'RE' AS is_re,"
    " LOCATE('-', no) AS pos, REPLACE(COALESCE(memo, 'n/a'), ' ', '_') AS mm"
    " FROM {a}",
    "SELECT id, TIMESTAMPDIFF(MONTH, at, '2024-06-30') AS mon,"
    " DATE_FORMAT(at, '%d.%m.%Y %H:%i') AS f, UNIX_TIMESTAMP(stamp) AS ux,"
    " EXTRACT(YEAR_MONTH FROM at) AS ym, DATE(at) = day AS same,"
    " WEEK(day, 1) AS wk FROM {a}",
    "SELECT id, no FROM {a} WHERE paid UNION SELECT id, no FROM {b}"
    " WHERE NOT paid",
    "SELECT m.kind, m.mx, t.id FROM {a} t JOIN (SELECT kind, MAX(net) AS mx FROM"
    " {a} GROUP BY kind) m ON m.kind = t.kind AND m.mx = t.net",
    "SELECT id, net / 3 AS third, net DIV 7 AS dv, net % 7 AS md,"
    " net * qty AS pq, FLOOR(net) AS fl, CEIL(net / 2) AS ce,"
    " TRUNCATE(net, 1) AS tr, net / NULLIF(vat, 0) AS nv FROM {a}",
]
OVER = [
    (0, "SELECT id, no, gross - net AS tax FROM {v}"),
    (1, "SELECT kind, n, net / n AS mean, ROUND(av, 1) AS r FROM {v}"
        " WHERE n > 1"),
    (2, "SELECT COUNT(*) AS n, MAX(CHAR_LENGTH(both_no)) AS m FROM {v}"),
    (3, "SELECT y, SUM(paid) AS p, SUM(open) AS o FROM {v} GROUP BY y"),
    (4, "SELECT size, COUNT(*) AS n, AVG(age) AS a, MAX(due) AS d FROM {v}"
        " GROUP BY size"),
    (5, "SELECT a.*, b.id AS other FROM {v} a JOIN {v} b ON a.rk = b.rk + 1"),
    (6, "SELECT SUM(sub) AS s, SUM(pd) AS p FROM {v}"),
    (8, "SELECT id, CONCAT(u, p) AS up, pos * 2 AS p2, is_re + 1 AS r"
        " FROM {v}"),
    (9, "SELECT MIN(f) AS f, MAX(ym) AS ym, SUM(ux) AS ux, MAX(wk) AS w"
        " FROM {v}"),
    (12, "SELECT * FROM {v} WHERE third > 100"),
]
random.seed(7)


def row(table, number):
    def pick(*values):
        return random.choice(values)

    return "(%d, %s, '%s-%04d', '%s', %.2f, %s, %s, %d, %s, %s, %s, %s)" % (
        number, "NULL" if table == 0 or number % 4 == 0 else number,
        pick("RE", "re", "AB", "Zz"), random.randrange(100),
        pick("invoice", "Order", "note"), random.uniform(-50, 5000),
        pick("0.19", "0.07", "NULL"), pick("1.5", "0.1", "NULL", "3"),
        random.randrange(2),
        pick("'2020-02-29'", "'2021-12-31'", "NULL", "'2024-01-01'"),
        pick("'2020-02-29 23:59:59'", "'2021-12-31 00:00:00'", "NULL"),
        pick("'2022-05-05 05:05:05'", "NULL"),
        pick("'memo text'", "''", "NULL", "'Ünïcode'"))


for t in range(TABLES):
    key = "" if t == 0 else (
        ", CONSTRAINT fk_%d FOREIGN KEY (parent_id) REFERENCES doc_%d (id)" %
        (t, random.randrange(t)))
    print("CREATE TABLE doc_%d (id int unsigned AUTO_INCREMENT PRIMARY KEY,"
          " parent_id int unsigned, no varchar(20) NOT NULL,"
          " kind enum('invoice','Order','note') NOT NULL,"
          " net decimal(12,2) NOT NULL DEFAULT 0, vat decimal(5,4), qty float,"
          " paid tinyint(1) NOT NULL DEFAULT 0, day date, at datetime,"
          " stamp timestamp NULL, memo text, KEY no_idx (no),"
          " KEY day_idx (day, kind)%s);" % (t, key))
    print("INSERT INTO doc_%d VALUES %s;" %
          (t, ", ".join(row(t, n) for n in range(1, 9))))
for v in range(12 * len(REPORTS)):
    print("CREATE VIEW rep_%03d AS %s;" % (v, REPORTS[v % len(REPORTS)].format(
        a="doc_%d" % random.randrange(TABLES),
        b="doc_%d" % random.randrange(TABLES))))
for v in range(5 * len(OVER)):
    first, text = OVER[v % len(OVER)]
    print("CREATE VIEW over_%03d AS %s;" % (v, text.format(
        v="rep_%03d" % (first + len(REPORTS) * (v // len(OVER))))))
# the first by name build on the last
for v in range(50):
    print("CREATE VIEW deep_%03d AS SELECT x.* FROM %s x;" %
          (49 - v, "over_000" if v == 0 else "deep_%03d" % (50 - v)))
