-- Every common type and object that MySQL 5.6 to 9 and MariaDB 10.5 to 11.8
-- know, each server's own parts in version comments: /*!80013 */ for MySQL,
-- /*M!100205 */ for MariaDB.  A thousand rows, and the ends of every type.

SET NAMES utf8mb4;
SET SESSION time_zone = '+00:00';
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';

CREATE TABLE digits (d int NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);

CREATE TABLE numbers (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    flag tinyint(1),
    t tinyint, tu tinyint unsigned,
    s smallint, su smallint unsigned,
    m mediumint, mu mediumint unsigned,
    i int, iu int unsigned,
    l bigint, lu bigint unsigned,
    z int(8) unsigned zerofill,
    d decimal(10,3), dd decimal(65,30), du decimal(5,0) unsigned,
    f float, g double, gu double unsigned,
    b1 bit(1), b8 bit(8), b64 bit(64),
    y year(4)
) ENGINE = InnoDB;
INSERT INTO numbers VALUES
    (1, 0, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0,
     -9223372036854775808, 0, 0, -9999999.999,
     -99999999999999999999999999999999999.999999999999999999999999999999, 0,
     -3.402823e38, -1.7976931348623157e308, 0, b'0', b'0', b'0', 1901),
    (2, 1, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,
     9223372036854775807, 18446744073709551615, 42, 9999999.999,
     99999999999999999999999999999999999.999999999999999999999999999999, 99999,
     3.402823e38, 1.7976931348623157e308, 2.2250738585072014e-308, b'1',
     b'11111111', ~0, 2155),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0.001, 0.000000000000000000000000000001,
     1, 0.1, 0.1, 1e-7, b'0', b'10101010', 1, 0);
INSERT INTO numbers (flag, t, i, l, d, f, g, b64, y)
SELECT a.d % 2, a.d - 5, a.d * 1000 + b.d * 100 + c.d,
       a.d * 1000000007 * (b.d + 1), (a.d - b.d) / 7, 1 / (1 + a.d + b.d),
       (a.d - c.d) / (1 + b.d), a.d * 3 + b.d, 1990 + a.d
  FROM digits a, digits b, digits c;

CREATE TABLE texts (
    k varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    c char(10) CHARACTER SET utf8mb4, cb char(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    v varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
    l1 varchar(50) CHARACTER SET latin1, cp varchar(50) CHARACTER SET cp1251,
    u2 varchar(50) CHARACTER SET ucs2, sj varchar(50) CHARACTER SET sjis,
    tt tinytext CHARACTER SET utf8mb4, te text CHARACTER SET utf8mb4,
    tm mediumtext CHARACTER SET utf8mb4, tl longtext CHARACTER SET utf8mb4,
    e enum('', 'a', 'it''s', 'ä b', 'C') CHARACTER SET utf8mb4,
    st set('one', 'two', 'three') CHARACTER SET utf8mb4,
    bi binary(4), vb varbinary(20), bt tinyblob, bl blob, bm mediumblob, bo longblob
) ENGINE = InnoDB;
INSERT INTO texts VALUES
    ('ends', 'x  ', 'y ', '', '', '', '', '', '', '', '', '', 'a', '', x'00', x'', x'', x'', x'', x''),
    ('null', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('letters', 'äöü€😀', 'ẞ', 'Ünï\\cödé "quoted" ''so'' \n\t%_ 漢字 😀', 'äöüß€é', 'Привет', 'Ωλ漢', '日本ｱ',
     'tiny ä', 'text 😀', 'medium', 'long', 'it''s', 'one,three', x'00ff80', x'0001fe', x'00', x'5c27220a', x'ff00', x'80'),
    ('enum', 'a', 'b', 'Straße', 'ÿ', 'ё', '¡', 'あ', 'a', 'b', 'c', 'd', 'ä b', 'one,two,three', 'abcd', 'v', 'w', 'x', 'y', 'z');
INSERT INTO texts (k, v, te, bl, e, st)
SELECT CONCAT('row ', a.d, b.d, c.d), REPEAT(CHAR(97 + a.d), 1 + b.d * 9),
       CONCAT('ä', REPEAT('x', a.d * b.d * 50)), UNHEX(REPEAT(HEX(200 + c.d), 1 + a.d * 20)),
       1 + a.d % 5, 1 + b.d % 7
  FROM digits a, digits b, digits c;

CREATE TABLE times (
    id int NOT NULL PRIMARY KEY,
    d date, dt datetime, dt3 datetime(3), dt6 datetime(6),
    ts timestamp NULL, ts6 timestamp(6) NULL,
    t time, t6 time(6), t2 time(2),
    made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) ENGINE = InnoDB;
INSERT INTO times VALUES
    (1, '1000-01-01', '1000-01-01 00:00:00', '1000-01-01 00:00:00.001', '1000-01-01 00:00:00.000001',
     '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', '00:00:00', '00:00:00.000001', '00:00:00.01', '2020-01-01'),
    (2, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999',
     '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999', '838:59:59', '838:59:58.999999', '-838:59:59', '2020-01-01'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2020-01-01'),
    (4, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000', NULL, '0000-00-00 00:00:00', NULL,
     '-00:00:01', '-12:34:56.789012', '23:59:59.99', '2020-01-01'),
    (5, '2024-02-29', '2024-03-31 02:30:00', '2024-10-27 02:30:00.5', '1582-10-10 12:00:00', '2024-03-31 01:30:00',
     '2024-10-27 01:30:00.25', '12:00:00', '12:00:00', '12:00:00', '2020-01-01');
INSERT INTO times (id, d, dt6, ts, t, made)
SELECT 100 + a.d * 100 + b.d * 10 + c.d, DATE_ADD('2000-01-01', INTERVAL a.d * 100 + b.d * 10 + c.d DAY),
       DATE_ADD('2000-01-01', INTERVAL a.d * 123456789 + b.d MICROSECOND),
       DATE_ADD('2000-01-01', INTERVAL a.d * 100 + c.d HOUR), SEC_TO_TIME(a.d * 1000 + b.d),
       '2020-01-01'
  FROM digits a, digits b, digits c;

CREATE TABLE shapes (
    id int NOT NULL PRIMARY KEY,
    p point, l linestring, po polygon, g geometry
    /*!80003 , wgs point SRID 4326, plane point SRID 0 */
) ENGINE = InnoDB;
INSERT INTO shapes (id, p, l, po, g) VALUES
    (1, GeomFromText('POINT(1.5 -2.25)'), GeomFromText('LINESTRING(0 0,1 1,2 -3)'),
     GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,3 2,3 3,2 2))'), GeomFromText('POINT(3 4)')),
    (2, NULL, NULL, NULL, GeomFromText('MULTIPOINT(1 1,2 2)')),
    (3, GeomFromText('POINT(-180 90)'), NULL, NULL, GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'));
/*!80003 UPDATE shapes SET wgs = ST_GeomFromText('POINT(52.5 13.4)', 4326), plane = ST_GeomFromText('POINT(52.5 13.4)', 0) WHERE id = 1 */;

CREATE TABLE documents (
    id int NOT NULL PRIMARY KEY
    /*!50708 , j json, jn json NOT NULL */
    /*M!100205 , j json, jn json NOT NULL */
) ENGINE = InnoDB;
/*!50708 INSERT INTO documents VALUES
    (1, '{"b": 1, "a": [1.50, 1e100, -0.0, true, null, "\\u00e4\\ud83d\\ude00 \\"q\\" \\\\"], "": {"x": {}}}', '[]'),
    (2, NULL, 'null'), (3, '"text"', '1.10'), (4, '12345678901234567890', '18446744073709551615'),
    (5, JSON_OBJECT('date', CAST('2024-02-29' AS DATE), 'time', CAST('12:34:56.5' AS TIME(1)), 'moment', CAST('2024-02-29 12:00:00' AS DATETIME)),
     JSON_ARRAY(CAST(1.5 AS DECIMAL(10,5)), 1e0, 3.0)) */;
/*M!100205 INSERT INTO documents VALUES
    (1, '{"b": 1, "a": [1.50, 1e100, -0.0, true, null, "\\u00e4\\ud83d\\ude00 \\"q\\" \\\\"], "": {"x": {}}}', '[]'),
    (2, NULL, 'null'), (3, '"text"', '1.10'), (4, '12345678901234567890', '18446744073709551615') */;

CREATE TABLE features (
    id int NOT NULL AUTO_INCREMENT,
    name varchar(60) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'none',
    price decimal(10,2) NOT NULL DEFAULT '1.50',
    amount int NOT NULL DEFAULT 1,
    parent int NULL COMMENT 'who it''s from',
    bits bit(3) NOT NULL DEFAULT b'101',
    day date NOT NULL DEFAULT '2020-01-01',
    note text
    /*!50706 , total decimal(12,2) GENERATED ALWAYS AS (price * amount) STORED */
    /*!50706 , big decimal(12,2) GENERATED ALWAYS AS (amount + 1) VIRTUAL */
    /*M!100201 , total decimal(12,2) GENERATED ALWAYS AS (price * amount) STORED */
    /*M!100201 , big decimal(12,2) GENERATED ALWAYS AS (amount + 1) VIRTUAL */
    /*!80013 , code varchar(36) DEFAULT (CONCAT('x', 'y')), at datetime DEFAULT (CURRENT_TIMESTAMP + INTERVAL 1 DAY) */
    /*M!100201 , code varchar(36) DEFAULT (CONCAT('x', 'y')) */
    /*!80023 , hidden int NOT NULL DEFAULT 7 INVISIBLE */
    /*M!100303 , hidden int NOT NULL DEFAULT 7 INVISIBLE */
    , PRIMARY KEY (id)
    , UNIQUE KEY by_name (name)
    , KEY by_price (price, amount)
    , KEY by_prefix (note(20))
    /*!80001 , KEY by_desc (price DESC, id) */
    /*!80013 , KEY by_function ((lower(name)), (amount + 1)) */
    /*!80000 , KEY unseen (day) INVISIBLE */
    /*!80016 , CONSTRAINT positive CHECK (amount > 0), CONSTRAINT lax CHECK (price >= 0) NOT ENFORCED */
    /*M!100201 , CONSTRAINT positive CHECK (amount > 0) */
    , CONSTRAINT parent_fk FOREIGN KEY (parent) REFERENCES features (id) ON DELETE SET NULL
) ENGINE = InnoDB COMMENT = 'what a table can have';
INSERT INTO features (name, price, amount, parent, note)
SELECT CONCAT('thing ', a.d, b.d, c.d), a.d + b.d / 10, 1 + c.d, NULL, REPEAT('n', a.d * b.d)
  FROM digits a, digits b, digits c ORDER BY a.d, b.d, c.d;
UPDATE features SET parent = id - 1 WHERE id % 3 = 0;

CREATE TABLE pairs (
    a int NOT NULL, b varchar(20) CHARACTER SET latin1 NOT NULL, c int,
    PRIMARY KEY (a, b)
) ENGINE = InnoDB;
INSERT INTO pairs SELECT a.d, CONCAT('k', b.d, c.d), c.d FROM digits a, digits b, digits c;

CREATE TABLE keyless (a int, b varchar(20) CHARACTER SET utf8mb4) ENGINE = InnoDB;
INSERT INTO keyless SELECT a.d, 'twice' FROM digits a, digits b;

CREATE TABLE Mixed_Case (Id int NOT NULL PRIMARY KEY, `order` int, `Two Words` int) ENGINE = InnoDB;
INSERT INTO Mixed_Case VALUES (1, 2, 3);

CREATE TABLE empty_one (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v varchar(10)) ENGINE = InnoDB AUTO_INCREMENT = 1234;

CREATE TABLE parts (
    id int NOT NULL, at date NOT NULL, v int, PRIMARY KEY (id, at)
) ENGINE = InnoDB
PARTITION BY RANGE (YEAR(at)) (
    PARTITION p0 VALUES LESS THAN (2010),
    PARTITION p1 VALUES LESS THAN (2020),
    PARTITION p2 VALUES LESS THAN MAXVALUE);
INSERT INTO parts SELECT a.d * 100 + b.d * 10 + c.d, DATE_ADD('2005-01-01', INTERVAL a.d * 3 YEAR), c.d
  FROM digits a, digits b, digits c;

CREATE VIEW cheap AS SELECT id, name, price FROM features WHERE price < 3;
