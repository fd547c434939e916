-- sql_tests/data/applications/mysql8.sql
-- only: MySQL
-- left: v1 v8 v9
SET NAMES utf8mb4;
CREATE TABLE a (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL COMMENT 'it''s "x" 😀', email varchar(100) DEFAULT (CONCAT('u', '@x')), j json DEFAULT (JSON_OBJECT('a', 1)), price decimal(10,2) CHECK (price > 0), qty int, hidden int INVISIBLE DEFAULT 7, u binary(16) DEFAULT (UUID_TO_BIN(UUID())), created datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), day date DEFAULT (CURRENT_DATE), code char(3) CHARACTER SET latin1 COLLATE latin1_bin, cs varchar(10) COLLATE utf8mb4_0900_as_cs, total decimal(12,2) GENERATED ALWAYS AS (price * qty) STORED, jn int GENERATED ALWAYS AS (json_extract(j, '$.n')) VIRTUAL, em varchar(10) DEFAULT '😀', bin varbinary(4) DEFAULT (x'00ff'), bin2 varbinary(4) DEFAULT 'a?',
 KEY lower_name ((LOWER(name))), KEY sum_ ((price + qty) DESC, id), KEY inv (qty) INVISIBLE, KEY descd (name DESC, qty ASC), KEY year_ ((YEAR(day))), UNIQUE KEY uf ((CONCAT(code, '-', qty))), KEY mv ((CAST(j->'$.tags' AS UNSIGNED ARRAY))), KEY jt ((CAST(j->>'$.name' AS CHAR(30)) COLLATE utf8mb4_bin)),
 CONSTRAINT c1 CHECK (name <> '' AND email LIKE '%@%'), CONSTRAINT c2 CHECK (email REGEXP '^[a-z]+@[a-z]+$'), CONSTRAINT c3 CHECK (qty < 100) NOT ENFORCED, CONSTRAINT c4 CHECK (JSON_VALID(j)), CONSTRAINT c5 CHECK (qty IN (1,2,3) OR qty IS NULL OR qty BETWEEN 10 AND 20)) COMMENT='Tab "le" ''😀''';
INSERT INTO a (name, email, j, price, qty, code, cs, day) VALUES ('Ann', 'a@b', '{"n": 5, "tags": [1,2], "name": "x"}', 1.5, 2, 'abc', 'Q', '2020-02-02'), ('Ben', 'c@d', '{"n": 8, "name": null}', 10, NULL, NULL, 'q', NULL), ('Émile', 'e@f', NULL, 2.25, 11, 'ABC', NULL, '2021-12-31');
CREATE TABLE b (id int PRIMARY KEY AUTO_INCREMENT, a_id bigint unsigned, parent int, k int NOT NULL, l varchar(5) NOT NULL, t timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, e enum('x','Y','z z') DEFAULT 'Y', s set('p','q') DEFAULT 'p,q', bt tinyint DEFAULT b'101', UNIQUE KEY kl (k, l), CONSTRAINT fka FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE SET NULL ON UPDATE CASCADE, CONSTRAINT fkp FOREIGN KEY (parent) REFERENCES b (id));
INSERT INTO b (a_id, parent, k, l) VALUES (1, NULL, 1, 'a'), (2, 1, 1, 'b'), (NULL, 2, 2, 'a');
CREATE TABLE c (k int, l varchar(5), CONSTRAINT fkkl FOREIGN KEY (k, l) REFERENCES b (k, l) ON DELETE CASCADE); INSERT INTO c VALUES (1,'a'),(NULL,'b');
CREATE TABLE p (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE COLUMNS (d) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE)); INSERT INTO p VALUES (1,'2019-01-01'),(2,'2022-01-01');
CREATE VIEW v1 AS SELECT id, name, j->>'$.name' AS jn, j->'$.n' AS n, JSON_VALUE(j, '$.n' RETURNING SIGNED) AS v, RANK() OVER w AS r, price * 1.1 AS p FROM a WINDOW w AS (ORDER BY price DESC);
CREATE VIEW v2 AS WITH RECURSIVE t (id, depth, path) AS (SELECT id, 0, CAST(id AS CHAR(100)) FROM b WHERE parent IS NULL UNION ALL SELECT b.id, t.depth + 1, CONCAT(t.path, '>', b.id) FROM b JOIN t ON b.parent = t.id) SELECT * FROM t;
CREATE VIEW v3 AS SELECT e, COUNT(*) AS n, GROUP_CONCAT(l ORDER BY k DESC, l SEPARATOR '|') AS ls, GROUPING(e) AS g FROM b GROUP BY e WITH ROLLUP;
CREATE VIEW v4 AS SELECT DISTINCT name FROM a;
CREATE VIEW v5 AS SELECT x.id, y.m FROM a x, LATERAL (SELECT MAX(k) AS m FROM b WHERE b.a_id = x.id) y;
CREATE VIEW v6 AS SELECT id, CASE WHEN e = 'y' THEN 'Y!' ELSE UPPER(e) END AS c, s + 0 AS sn, bt + 0 AS bn, FIND_IN_SET('q', s) AS f, t IS NOT NULL AS tt FROM b;
CREATE VIEW v7 AS SELECT id FROM a WHERE name REGEXP '^a' UNION SELECT id FROM b WHERE l IN ('A','B') EXCEPT SELECT 99;
CREATE VIEW v8 AS SELECT id, day MEMBER OF ('[1]') AS m FROM a;
CREATE VIEW v9 AS SELECT jt.* FROM a, JSON_TABLE(j, '$.tags[*]' COLUMNS (tag int PATH '$')) jt;
CREATE VIEW v10 AS SELECT name, ROUND(AVG(price), 2) AS av, SUM(price) / COUNT(*) AS q, SUM(price) / COUNT(*) * 100 AS q100, ANY_VALUE(email) AS em FROM a GROUP BY name;
DELIMITER //
CREATE TRIGGER tb BEFORE INSERT ON b FOR EACH ROW BEGIN DECLARE n INT DEFAULT 0; SELECT COUNT(*) INTO n FROM b WHERE k = NEW.k; IF n > 5 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too many? 😀'; END IF; SET NEW.l = LOWER(NEW.l); END//
CREATE PROCEDURE pr () SELECT 1// CREATE FUNCTION fn (x int) RETURNS int DETERMINISTIC RETURN x// CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SELECT 1//
DELIMITER ;
