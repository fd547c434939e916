-- sql_tests/data/applications/wide_characters.sql
-- left MariaDB: e4.CONSTRAINT_1 e4.v
CREATE TABLE e4 (id int PRIMARY KEY COMMENT 'c 😀', a varchar(10) DEFAULT '😀x', b enum('😀','ü') DEFAULT '😀', c varbinary(5) DEFAULT '?', d tinyint(1) DEFAULT 2, u bigint unsigned DEFAULT 18446744073709551615, f tinyint(1) DEFAULT 1, h smallint DEFAULT '12', i time DEFAULT '25:00:00', j date DEFAULT '2020-02-28', CHECK (a <> '😀'), v varchar(9) AS (CONCAT('😀', a)) STORED);
INSERT INTO e4 (id) VALUES (1);
CREATE VIEW v4 AS SELECT id, '😀' AS a, a = '😀x' AS eq FROM e4;
CREATE TRIGGER t4 BEFORE INSERT ON e4 FOR EACH ROW SET NEW.a = CONCAT(NEW.a, '😀?');
CREATE TABLE umlaut (id int PRIMARY KEY, `größe` int, gr varchar(20) AS (CONCAT('é-', `größe`, 'ß')) STORED, t varchar(9) CHECK (t <> 'ü'), d varchar(20) DEFAULT (CONCAT('ä', 'ö')));
INSERT INTO umlaut (id, `größe`, t) VALUES (1, 5, 'x'), (2, NULL, NULL);
CREATE VIEW umlauts AS SELECT id, `größe` AS `Größe`, gr = 'é-5ß' AS eq, 'äöü?' AS lit FROM umlaut;
