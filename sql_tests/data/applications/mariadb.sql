-- sql_tests/data/applications/mariadb.sql
-- only: MariaDB
-- left: cross_fk.to_lookup t_case t_log t_sum to_nonunique.to_g v_cross v_func v_introducer v_seq v_values versioned
CREATE TABLE `It's a "table" ☃` (`id` int PRIMARY KEY COMMENT 'it''s "quoted" 😀 \\ back\nline', `select` int, `a b` varchar(10) DEFAULT 'x''y', `naïve` text, `UPPER` int COMMENT '$$ dollar $1', KEY `my index` (`a b`) COMMENT 'idx 😀''') COMMENT='Tab''le "😀" \\ $$';
CREATE TABLE uq (a int NOT NULL, b varchar(10) NOT NULL, c int NOT NULL, PRIMARY KEY (a), UNIQUE KEY bc (b, c), UNIQUE KEY only_c (c)) COLLATE utf8mb4_bin;
CREATE TABLE multi (id int PRIMARY KEY, x varchar(10), y int, z int, CONSTRAINT to_bc FOREIGN KEY (x, y) REFERENCES uq (b, c) ON UPDATE CASCADE, CONSTRAINT to_c FOREIGN KEY (z) REFERENCES uq (c) ON DELETE SET NULL) COLLATE utf8mb4_bin;
CREATE TABLE nonunique_parent (id int PRIMARY KEY, g int NOT NULL, KEY g (g));
CREATE TABLE to_nonunique (id int PRIMARY KEY, g int, CONSTRAINT to_g FOREIGN KEY (g) REFERENCES nonunique_parent (g));
CREATE TABLE cyc_a (id int PRIMARY KEY, b_id int); CREATE TABLE cyc_b (id int PRIMARY KEY, a_id int, CONSTRAINT b_to_a FOREIGN KEY (a_id) REFERENCES cyc_a (id)); ALTER TABLE cyc_a ADD CONSTRAINT a_to_b FOREIGN KEY (b_id) REFERENCES cyc_b (id);
CREATE TABLE selfie (id int PRIMARY KEY, up int, CONSTRAINT to_up FOREIGN KEY (up) REFERENCES selfie (id) ON DELETE CASCADE ON UPDATE NO ACTION);
CREATE TABLE defaults (id int PRIMARY KEY, a datetime DEFAULT (NOW() + INTERVAL 1 DAY), b varchar(36) DEFAULT (UUID()), c int DEFAULT (1 + 2), d date DEFAULT (CURDATE()), e double DEFAULT (RAND()), f varchar(20) DEFAULT (CONCAT('a', 'b')), g json DEFAULT (JSON_ARRAY()), h decimal(5,2) DEFAULT 1.5, i bit(3) DEFAULT b'101', j varbinary(4) DEFAULT X'00ff', k set('a','b') DEFAULT 'a,b', l time DEFAULT '-01:00:00', m year DEFAULT 2020, n timestamp NULL DEFAULT CURRENT_TIMESTAMP, o text DEFAULT 'text default', p enum('x','y') DEFAULT 'y', q float DEFAULT 1e10, r int DEFAULT NULL, s char(5) DEFAULT '', t bigint unsigned DEFAULT 18446744073709551615);
CREATE TABLE invis (id int PRIMARY KEY, a int INVISIBLE DEFAULT 5, b int, KEY ib (b) IGNORED);
CREATE TABLE versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING;
CREATE TABLE period_t (id int, s date, e date, PERIOD FOR p (s, e), UNIQUE (id, p WITHOUT OVERLAPS));
CREATE TABLE gen (id int PRIMARY KEY, a int, b int AS (a + 1) VIRTUAL, c varchar(50) AS (CONCAT(a, '-', b)) STORED, d date, y int AS (YEAR(d)) STORED, m varchar(7) AS (CONCAT(YEAR(d), '-', LPAD(MONTH(d), 2, '0'))) STORED, j json, jn int AS (JSON_VALUE(j, '$.n')) STORED, ju varchar(20) AS (JSON_UNQUOTE(JSON_EXTRACT(j, '$.name'))) VIRTUAL, h varchar(32) AS (MD5(CONCAT(a, d))) STORED, UNIQUE KEY ju (ju), KEY y (y, m));
CREATE TABLE checks (id int PRIMARY KEY, email varchar(100) CHECK (email REGEXP '^[^@]+@[^@]+$'), age tinyint unsigned CHECK (age BETWEEN 0 AND 150), s varchar(5), e int, CONSTRAINT len CHECK (CHAR_LENGTH(s) >= 2), CONSTRAINT sub CHECK (s LIKE 'a%' OR s IN ('xx', 'YY')), CONSTRAINT logic CHECK (NOT (e > 5 AND e < 3) XOR e = 100), CONSTRAINT modulo CHECK (e % 2 = 0 OR e DIV 2 > 1));
CREATE SEQUENCE s1 START WITH 100 INCREMENT BY -5 MINVALUE -1000 MAXVALUE 100 CYCLE CACHE 10;
CREATE SEQUENCE s2 START WITH 1 INCREMENT BY 0 NOCACHE;
CREATE SEQUENCE s3 MINVALUE 1 MAXVALUE 9223372036854775806 START 9223372036854775800 NOCYCLE;
DO NEXTVAL(s1); DO NEXTVAL(s1);
CREATE TABLE part_sub (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (TO_DAYS(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (TO_DAYS('2020-01-01')), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE part_list (id int PRIMARY KEY, v int) PARTITION BY LIST (id) (PARTITION l1 VALUES IN (1,2,3), PARTITION l2 VALUES IN (4,NULL));
CREATE TABLE logtab (id int AUTO_INCREMENT PRIMARY KEY, what varchar(100), at timestamp DEFAULT CURRENT_TIMESTAMP, who varchar(100));
INSERT INTO `It's a "table" ☃` VALUES (1,2,'a','b',3); INSERT INTO uq VALUES (1,'x',10),(2,'y',20); INSERT INTO multi VALUES (1,'x',10,20),(2,NULL,10,NULL); INSERT INTO nonunique_parent VALUES (1,5),(2,5); INSERT INTO to_nonunique VALUES (1,5);
INSERT INTO cyc_a VALUES (1,NULL); INSERT INTO cyc_b VALUES (1,1); UPDATE cyc_a SET b_id = 1; INSERT INTO selfie VALUES (1,NULL),(2,1),(3,3);
INSERT INTO gen (id,a,d,j) VALUES (1,1,'2020-02-29','{"n":5,"name":"Bob"}'),(2,NULL,NULL,NULL); INSERT INTO checks VALUES (1,'a@b',5,'abc',4),(2,NULL,NULL,'XX',NULL);
INSERT INTO invis (id,b) VALUES (1,2); INSERT INTO versioned VALUES (1,1); UPDATE versioned SET v = 2; INSERT INTO period_t VALUES (1,'2020-01-01','2020-02-01'); INSERT INTO part_sub VALUES (1,'2019-01-01'),(2,'2021-01-01'); INSERT INTO part_list VALUES (1,1),(4,4);
CREATE DATABASE IF NOT EXISTS mariadb_other; CREATE TABLE IF NOT EXISTS mariadb_other.lookup (id int PRIMARY KEY, name varchar(20)); INSERT IGNORE INTO mariadb_other.lookup VALUES (1,'one');
CREATE TABLE cross_fk (id int PRIMARY KEY, l int, CONSTRAINT to_lookup FOREIGN KEY (l) REFERENCES mariadb_other.lookup (id)); INSERT INTO cross_fk VALUES (1,1);
CREATE VIEW v_cross AS SELECT c.id, l.name FROM cross_fk c JOIN mariadb_other.lookup l ON l.id = c.l;
CREATE ALGORITHM=MERGE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW v_check AS SELECT a, b, c FROM uq WHERE c > 5 WITH CASCADED CHECK OPTION;
CREATE VIEW v_local AS SELECT a, b FROM v_check WHERE a < 100 WITH LOCAL CHECK OPTION;
CREATE ALGORITHM=TEMPTABLE VIEW `v "quoted" ☃` AS SELECT `a b` AS `c d`, `select` FROM `It's a "table" ☃`;
CREATE VIEW v_nocols AS SELECT 1, 'a', NOW() IS NOT NULL, id + 1 FROM selfie;
CREATE VIEW v_dup AS SELECT id AS `Id`, up AS `ID2` FROM selfie;
CREATE VIEW v_joinusing AS SELECT * FROM cyc_a JOIN selfie USING (id);
CREATE VIEW v_natural AS SELECT * FROM cyc_a NATURAL JOIN selfie;
CREATE VIEW v_seq AS SELECT LASTVAL(s1) AS l;
CREATE VIEW v_limit AS SELECT id FROM gen ORDER BY id DESC LIMIT 1, 1;
CREATE VIEW v_values AS SELECT id, IFNULL(a, 0) + IFNULL(b, 0) AS s, NULLIF(a, 1) AS n, GREATEST(id, 2, COALESCE(a, 0)) AS g, a <=> NULL AS isn, NOT a AS na, -a AS neg, a IS TRUE AS t, ISNULL(a) i, INTERVAL(id, 1, 2) AS iv FROM gen;
CREATE VIEW v_union AS SELECT id, 'a' AS src FROM cyc_a UNION SELECT id, 'b' FROM cyc_b UNION ALL SELECT NULL, 'c' ORDER BY id, src LIMIT 10;
CREATE VIEW v_introducer AS SELECT _utf8mb4'é' AS a, _latin1 X'E9' AS b, N'nat' AS c, 'a' 'b' AS d, "dq" AS e, 0x41 AS f, b'1000001' + 0 AS g, 1e3 AS h, .5 AS i, TRUE AS j, DATE'2020-01-01' AS k, TIMESTAMP'2020-01-01 00:00:00' AS l;
CREATE VIEW v_full AS SELECT a.id FROM cyc_a a RIGHT JOIN (cyc_b b CROSS JOIN selfie s) ON a.id = b.a_id AND s.id > 1 WHERE EXISTS (SELECT * FROM gen g WHERE g.id = b.id) AND b.id NOT IN (SELECT id FROM selfie WHERE up = 99);
DELIMITER //
CREATE TRIGGER t_log AFTER INSERT ON selfie FOR EACH ROW INSERT INTO logtab (what, who) VALUES (CONCAT('ins ', NEW.id, ':', IFNULL(NEW.up, 'none')), SUBSTRING_INDEX(USER(), '@', 1))//
CREATE TRIGGER t_log2 AFTER UPDATE ON selfie FOR EACH ROW BEGIN DECLARE d int; SET d = NEW.id - OLD.id; IF d <> 0 THEN INSERT INTO logtab (what) VALUES (CONCAT('moved ', d)); END IF; END//
CREATE TRIGGER t_log3 AFTER DELETE ON selfie FOR EACH ROW INSERT INTO logtab SET what = CONCAT('del ', OLD.id)//
CREATE TRIGGER t_case BEFORE UPDATE ON checks FOR EACH ROW BEGIN CASE NEW.e WHEN 1 THEN SET NEW.e = 10; WHEN 2 THEN SET NEW.e = 20; ELSE BEGIN END; END CASE; SET @last = NEW.id; END//
CREATE TRIGGER t_sum BEFORE INSERT ON logtab FOR EACH ROW SET NEW.who = COALESCE(NEW.who, (SELECT MAX(name) FROM mariadb_other.lookup))//
CREATE PROCEDURE proc_a (IN x int, OUT y int) BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK; SET y = x * 2; END//
CREATE FUNCTION func_a (x int) RETURNS int DETERMINISTIC RETURN x * 2//
CREATE EVENT ev_a ON SCHEDULE EVERY 1 HOUR STARTS '2020-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'ev' DO DELETE FROM logtab WHERE at < NOW() - INTERVAL 1 DAY//
DELIMITER ;
CREATE VIEW v_func AS SELECT id, func_a(id) AS f FROM selfie;
