-- What only MySQL from 8 on has: invisible keys and columns, functional and
-- multi-valued indexes, expressions as defaults, CHECK, the collations of
-- Unicode 9, vectors, SRIDs, recursive and windowed views.

SET sql_generate_invisible_primary_key = 1;
CREATE TABLE gipk (a int, b varchar(20) COLLATE utf8mb4_0900_ai_ci, UNIQUE KEY (b));
SET sql_generate_invisible_primary_key = 0;
INSERT INTO gipk (a, b) VALUES (1, 'Ä'), (2, 'b'), (3, NULL), (4, 'ß'), (5, 'Zz');
CREATE TABLE inv (id int PRIMARY KEY, v int INVISIBLE DEFAULT 7, w int AS (id * 2) VIRTUAL INVISIBLE);
INSERT INTO inv (id, v) VALUES (1, 2), (2, NULL), (3, 9);
CREATE TABLE func (id int PRIMARY KEY, j json, name varchar(50), d datetime(6) DEFAULT (now(6) + interval 1 day),
  u char(36) DEFAULT (uuid()), b binary(16) DEFAULT (uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db')),
  arr json DEFAULT (json_array(1, 2)), pt point DEFAULT (point(1, 2)),
  KEY f1 ((upper(name))), KEY f2 ((id + 1) DESC, name), UNIQUE KEY f3 ((concat(name, '-', id))),
  KEY mv ((CAST(j->'$.tags' AS CHAR(20) ARRAY))), KEY jx ((CAST(j->>'$.n' AS UNSIGNED))),
  CONSTRAINT c1 CHECK (id > 0 AND name REGEXP '^[a-zA-Z]'), CONSTRAINT c2 CHECK (json_valid(arr)), CHECK (length(name) < 40) NOT ENFORCED);
INSERT INTO func (id, j, name) VALUES (1, '{"tags": ["a", "b"], "n": 5}', 'abc'), (2, '{"n": 184467, "f": 1.10, "big": 123456789012345678901234567890}', 'x'), (3, NULL, 'Yy');
CREATE TABLE coll (k varchar(30) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, a varchar(30) COLLATE utf8mb4_0900_as_cs, b varchar(30) COLLATE utf8mb4_0900_bin, c varchar(30) COLLATE utf8mb4_ja_0900_as_cs, t text COLLATE utf8mb4_de_pb_0900_ai_ci, UNIQUE KEY (a), KEY (b));
INSERT INTO coll VALUES ('a', 'x', 'x ', 'あ', 'ß'), ('É', 'é', 'e', NULL, ''), ('b', '', '', '', NULL), ('qq', 'q', '\t', '漢', '😀'), ('Z', 'z', 'z', 'z', 'z'), ('f2', 'É', 'É', 'x', 'y');
CREATE TABLE composite (a varchar(10) COLLATE utf8mb4_0900_ai_ci, b int unsigned, c binary(4), v int, PRIMARY KEY (a, b DESC, c));
INSERT INTO composite SELECT elt(1 + n % 5, 'a', 'B', 'ä2', 'Ü', 'z'), n, unhex(lpad(hex(n), 8, '0')), n FROM (WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) x;
CREATE TABLE vec (id int PRIMARY KEY, v vector(3));
INSERT INTO vec VALUES (1, string_to_vector('[1,2.5,-3]')), (2, NULL);
CREATE TABLE geo (id int PRIMARY KEY, p point NOT NULL SRID 4326, g geometry, SPATIAL INDEX (p));
INSERT INTO geo VALUES (1, ST_GeomFromText('POINT(52.5 13.4)', 4326), ST_GeomFromText('LINESTRING(0 0, 1 1)'));
CREATE TABLE sub (id int, d date, v int, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE));
INSERT INTO sub VALUES (1, '2019-05-05', 1), (2, '2021-01-01', 2), (3, '2020-01-01', 3);
CREATE TABLE lp (id int, c varchar(10), PRIMARY KEY (id, c)) PARTITION BY LIST COLUMNS (c) (PARTITION a VALUES IN ('a', 'B'), PARTITION b VALUES IN ('c', 'd'));
INSERT INTO lp VALUES (1, 'a'), (2, 'b'), (3, 'D');
CREATE TABLE fk (id int PRIMARY KEY, f int, fb int, CONSTRAINT fk1 FOREIGN KEY (f) REFERENCES func (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (fb) REFERENCES inv (id));
INSERT INTO fk VALUES (1, 1, 2), (2, NULL, 3), (3, 3, NULL);
CREATE TABLE `wéird "na me` (`a"b` int PRIMARY KEY, `c'd\\e` text, `%s` int);
INSERT INTO `wéird "na me` VALUES (1, 'x\\y', 2);
CREATE VIEW v1 AS WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5) SELECT n, row_number() OVER (ORDER BY n DESC) r FROM s;
CREATE VIEW v2 AS SELECT f.id, jt.x FROM func f, json_table(f.j, '$.tags[*]' COLUMNS (x varchar(10) PATH '$')) jt;
CREATE VIEW v3 AS SELECT upper(name) n, json_extract(j, '$.n') x, j->>'$.n' y, date_format(d, '%Y') yy, if(id > 1, 'a', 'b') z, group_concat(name ORDER BY id SEPARATOR '|') gc FROM func GROUP BY id, name, j, d;
CREATE VIEW v4 AS SELECT a, count(*) c, sum(v) s, rank() OVER (ORDER BY count(*)) rk FROM composite GROUP BY a HAVING count(*) > 1;
CREATE VIEW v5 AS (SELECT id FROM inv) UNION (SELECT id FROM fk) ORDER BY 1 LIMIT 3;
CREATE VIEW v6 AS SELECT id FROM inv INTERSECT SELECT id FROM fk;
CREATE VIEW v7 AS SELECT t.* FROM (VALUES ROW(1, 'x'), ROW(2, 'y')) AS t (a, b);
CREATE VIEW v8 AS SELECT id, (SELECT max(b) FROM composite c WHERE c.v > i.id) m, x.q FROM inv i, LATERAL (SELECT count(*) q FROM fk WHERE fk.fb = i.id) x;
DELIMITER //
CREATE TRIGGER tr BEFORE INSERT ON inv FOR EACH ROW BEGIN IF NEW.v IS NULL THEN SET NEW.v = 1; END IF; END//
