-- sql_tests/data/shop.sql
--   A web shop that grew for ten years, generated inside MariaDB: 15 tables
--   and a million rows, the same on every run.
--
-- It is what the demonstration and the tests migrate, so it holds one of
-- everything that old databases hold: zero dates, a tinyint(1) with a 2 in it,
-- times over 24 hours, 2^64 - 1, a latin1 euro sign, emoji, NUL bytes, names
-- in mixed case, reserved words, foreign keys in a circle, a table without a
-- key.  All values come from the row number; nothing is random.
--
-- Feed it to the command-line client with a database selected.  The database
-- should be empty and in utf8mb4.

SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';  -- zero dates may come in
SET SESSION time_zone = '+00:00';
SET SESSION foreign_key_checks = 0;
SET SESSION unique_checks = 0;

-- ---------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------

CREATE TABLE countries (
    code char(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    name varchar(60) NOT NULL,
    vat decimal(4,2) NOT NULL DEFAULT 0.00 COMMENT 'percent',
    UNIQUE KEY name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
  COMMENT = 'where we deliver to';

CREATE TABLE categories (
    id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id smallint unsigned DEFAULT NULL,
    title varchar(80) NOT NULL DEFAULT '',
    sort_order mediumint NOT NULL DEFAULT 0,
    KEY parent_id (parent_id),
    CONSTRAINT fk_category_parent FOREIGN KEY (parent_id)
        REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_general_ci;

CREATE TABLE customers (
    id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email varchar(190) NOT NULL COMMENT 'login name',
    full_name varchar(80) CHARACTER SET latin1 DEFAULT NULL,
    country char(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'DE',
    street varchar(300) DEFAULT NULL,
    born_on date NOT NULL DEFAULT '0000-00-00' COMMENT 'zero if not told',
    newsletter tinyint(1) NOT NULL DEFAULT 1,
    vip_level tinyint(1) DEFAULT NULL COMMENT 'was a flag once; 2 is gold',
    credit decimal(12,2) NOT NULL DEFAULT 0.00,
    referred_by int unsigned DEFAULT NULL,
    favourite_id int unsigned DEFAULT NULL,
    preferences json DEFAULT NULL,
    `group` smallint DEFAULT NULL,
    created_at datetime(6) NOT NULL DEFAULT current_timestamp(6),
    updated_at timestamp NOT NULL DEFAULT current_timestamp()
        ON UPDATE current_timestamp(),
    last_login datetime DEFAULT NULL,
    UNIQUE KEY email (email),
    KEY street_prefix (street(12)),
    KEY country_created (country, created_at DESC),
    KEY referred_by (referred_by),
    KEY favourite_id (favourite_id),
    CONSTRAINT fk_customer_country FOREIGN KEY (country)
        REFERENCES countries (code),
    CONSTRAINT fk_customer_referrer FOREIGN KEY (referred_by)
        REFERENCES customers (id) ON DELETE SET NULL,
    CONSTRAINT fk_customer_favourite FOREIGN KEY (favourite_id)
        REFERENCES products (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
  COMMENT = 'people who bought, or might';

CREATE TABLE products (
    id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    category_id smallint unsigned DEFAULT NULL,
    name varchar(120) NOT NULL,
    description text DEFAULT NULL,
    kind enum('article','service','voucher','it''s "special"') NOT NULL
        DEFAULT 'article',
    labels set('new','sale','last one','export') DEFAULT NULL,
    price decimal(10,2) NOT NULL,
    price_gross decimal(12,4) GENERATED ALWAYS AS (price * 1.19) STORED,
    name_length int GENERATED ALWAYS AS (char_length(name)) VIRTUAL,
    weight_kg double DEFAULT NULL,
    rating float DEFAULT NULL,
    is_active bit(1) NOT NULL DEFAULT b'1',
    flags bit(8) NOT NULL DEFAULT b'00000101',
    released year DEFAULT NULL,
    last_buyer_id int unsigned DEFAULT NULL,
    created_at datetime NOT NULL DEFAULT current_timestamp(),
    updated_at timestamp NULL DEFAULT NULL ON UPDATE current_timestamp(),
    UNIQUE KEY sku (sku),
    KEY category_price (category_id, price DESC),
    KEY last_buyer_id (last_buyer_id),
    FULLTEXT KEY words (name, description),
    CONSTRAINT fk_product_category FOREIGN KEY (category_id)
        REFERENCES categories (id) ON DELETE SET NULL,
    CONSTRAINT fk_product_buyer FOREIGN KEY (last_buyer_id)
        REFERENCES customers (id) ON DELETE SET NULL,
    CONSTRAINT price_not_negative CHECK (price >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE product_images (
    id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id int unsigned NOT NULL,
    file_name varchar(100) NOT NULL,
    content mediumblob NOT NULL,
    sha1 binary(20) NOT NULL,
    KEY product_id (product_id),
    CONSTRAINT fk_image_product FOREIGN KEY (product_id)
        REFERENCES products (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_general_ci;

CREATE TABLE `order` (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY
        COMMENT 'has gaps: numbers of abandoned carts',
    customer_id int unsigned NOT NULL,
    status enum('open','paid','shipped','returned','') NOT NULL DEFAULT 'open',
    `select` varchar(20) DEFAULT NULL COMMENT 'picking lane; named in 2009',
    placed_at datetime NOT NULL,
    paid_at datetime DEFAULT NULL,
    shipped_on date DEFAULT NULL COMMENT 'zero date: collected in the shop',
    deliver_within time DEFAULT NULL COMMENT 'up to a week',
    total decimal(12,2) NOT NULL DEFAULT 0.00,
    remark text DEFAULT NULL,
    changed_at timestamp(3) NOT NULL DEFAULT current_timestamp(3)
        ON UPDATE current_timestamp(3),
    KEY customer_id (customer_id),
    KEY placed (placed_at DESC, status),
    CONSTRAINT fk_order_customer FOREIGN KEY (customer_id)
        REFERENCES customers (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE OrderLines (
    order_id bigint unsigned NOT NULL,
    line_no tinyint unsigned NOT NULL,
    product_id int unsigned NOT NULL,
    Quantity smallint unsigned NOT NULL DEFAULT 1,
    unitPrice decimal(20,8) NOT NULL,
    LineNote varchar(60) DEFAULT NULL,
    PRIMARY KEY (order_id, line_no),
    KEY product_id (product_id),
    CONSTRAINT fk_line_order FOREIGN KEY (order_id)
        REFERENCES `order` (id) ON DELETE CASCADE,
    CONSTRAINT fk_line_product FOREIGN KEY (product_id)
        REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE payments (
    uuid char(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    order_id bigint unsigned NOT NULL,
    amount decimal(20,8) NOT NULL,
    currency char(3) NOT NULL DEFAULT 'EUR',
    provider varchar(20) DEFAULT NULL,
    token binary(16) DEFAULT NULL,
    answer varbinary(200) DEFAULT NULL,
    booked_at timestamp NULL DEFAULT NULL,
    KEY order_id (order_id),
    KEY provider (provider, booked_at),
    CONSTRAINT fk_payment_order FOREIGN KEY (order_id)
        REFERENCES `order` (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE stock_movements (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    product_id int unsigned NOT NULL,
    delta int NOT NULL,
    reason varchar(30) DEFAULT NULL,
    moved_at datetime(3) NOT NULL,
    KEY product_moved (product_id, moved_at),
    CONSTRAINT fk_movement_product FOREIGN KEY (product_id)
        REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE page_views (
    visitor binary(16) NOT NULL,
    url varchar(700) NOT NULL,
    referrer varchar(700) DEFAULT NULL,
    viewed_at timestamp(3) NOT NULL DEFAULT current_timestamp(3),
    ms int unsigned DEFAULT NULL,
    KEY viewed_at (viewed_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
  COMMENT = 'no key: rows may repeat';

CREATE TABLE search_log (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    words varchar(100) NOT NULL,
    hits int DEFAULT NULL,
    searched_at datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    KEY words (words(8))
) ENGINE = MyISAM DEFAULT CHARSET = latin1;

CREATE TABLE counters (
    name varchar(40) NOT NULL PRIMARY KEY,
    value bigint unsigned NOT NULL DEFAULT 0,
    small_value bigint unsigned DEFAULT NULL,
    ratio double DEFAULT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE customer_notes (
    id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id int unsigned NOT NULL,
    note longtext NOT NULL,
    spent time(3) DEFAULT NULL,
    KEY customer_id (customer_id),
    CONSTRAINT fk_note_customer FOREIGN KEY (customer_id)
        REFERENCES customers (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE daily_sales (
    day date NOT NULL,
    channel enum('web','phone','shop') NOT NULL,
    orders int unsigned NOT NULL,
    turnover decimal(14,2) NOT NULL,
    PRIMARY KEY (day, channel)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE Session_Archive (
    SessionID char(40) NOT NULL PRIMARY KEY,
    Data mediumtext DEFAULT NULL,
    Expires int unsigned NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
  COMMENT = 'nothing in it since 2016';

-- ---------------------------------------------------------------------------
-- Rows
-- ---------------------------------------------------------------------------

INSERT INTO countries VALUES
    ('AT', 'Österreich', 20.00), ('CH', 'Schweiz', 8.10),
    ('DE', 'Deutschland', 19.00), ('FR', 'France', 20.00),
    ('GB', 'United Kingdom', 20.00), ('GR', 'Ελλάδα', 24.00),
    ('JP', '日本', 10.00), ('NL', 'Nederland', 21.00),
    ('PL', 'Polska', 23.00), ('US', 'United States', 0.00);

INSERT INTO categories
SELECT seq, IF(seq <= 8, NULL, 1 + (seq - 9) DIV 8), CONCAT('Category ', seq),
       CAST(seq AS signed) * 10 - 300
  FROM seq_1_to_60;

INSERT INTO customers
SELECT seq,
       CONCAT(IF(seq % 50 = 0, 'User.', 'user'), seq, '@example',
              seq % 97, '.org'),
       IF(seq % 31 = 0, NULL,
          CONCAT(ELT(1 + seq % 6, 'Jürgen', 'Zoë', 'Bob O''Neil', 'François',
                     'Ana', '€ric'), ' ', LEFT(MD5(seq), 8))),
       ELT(1 + seq % 10, 'AT', 'CH', 'DE', 'FR', 'GB', 'GR', 'JP', 'NL', 'PL',
           'US'),
       IF(seq % 9 = 0, NULL,
          CONCAT(ELT(1 + seq % 4, 'Hauptstraße', 'Rue de l''Église',
                     'Οδός Ερμού', '東京都'), ' ', seq % 200)),
       IF(seq % 7 = 0, '0000-00-00',
          '1940-01-01' + INTERVAL (CRC32(seq) % 24000) DAY),
       seq % 3 > 0,
       IF(seq % 11 = 0, NULL, IF(seq % 997 = 0, 2, seq % 2)),
       (CAST(CRC32(CONCAT('c', seq)) % 2000000 AS signed) - 1000000) / 100,
       IF(seq > 100 AND seq % 13 = 0, 1 + CRC32(seq) % (seq - 1), NULL),
       IF(seq % 17 = 0, 1 + CRC32(CONCAT('f', seq)) % 8000, NULL),
       IF(seq % 5 = 0, NULL,
          CONCAT('{"lang": "', ELT(1 + seq % 3, 'de', 'fr', 'ja'),
                 '", "size": ', seq % 12, ', "tags": ["a", "ü", "😀"]',
                 ', "ratio": ', (seq % 1000) / 1000,
                 ', "quote": "say \\"hi\\""}')),
       IF(seq % 4 = 0, NULL, CAST(seq % 40 AS signed) - 20),
       '2012-03-01 00:00:00' + INTERVAL (seq * 5311) SECOND
           + INTERVAL (CRC32(seq) % 1000000) MICROSECOND,
       '2015-01-01 00:00:00' + INTERVAL (CRC32(CONCAT('u', seq)) % 300000000)
           SECOND,
       IF(seq % 6 = 0, NULL,
          IF(seq % 89 = 0, '0000-00-00 00:00:00',
             '2020-01-01' + INTERVAL (CRC32(seq) % 150000000) SECOND))
  FROM seq_1_to_60000;

INSERT INTO products (id, sku, category_id, name, description, kind, labels,
                      price, weight_kg, rating, is_active, flags, released,
                      last_buyer_id, created_at, updated_at)
SELECT seq, CONCAT('SKU-', LPAD(seq, 6, '0')),
       IF(seq % 40 = 0, NULL, 1 + seq % 60),
       CONCAT(ELT(1 + seq % 5, 'Lamp', 'Stuhl', 'Чайник', '花瓶', 'Café ☕'),
              ' ', LEFT(MD5(seq), 6)),
       IF(seq % 12 = 0, NULL,
          CONCAT('It''s "good"\n\tcosts €', seq % 90, ' \\ C:\\temp\\new ',
                 REPEAT(CONCAT(MD5(seq), ' '), seq % 8), '🛒')),
       1 + seq % 4, IF(seq % 3 = 0, NULL, seq % 16),
       (CRC32(seq) % 100000) / 100,
       IF(seq % 10 = 0, NULL, (CRC32(CONCAT('w', seq)) % 100000) / 997),
       IF(seq % 6 = 0, NULL, (seq % 50) / 10), seq % 20 > 0, seq % 256,
       IF(seq % 15 = 0, NULL, 1995 + seq % 30),
       IF(seq % 2 = 0, 1 + CRC32(CONCAT('b', seq)) % 60000, NULL),
       '2012-01-01' + INTERVAL seq HOUR,
       IF(seq % 4 = 0, NULL,
          '2018-01-01' + INTERVAL (CRC32(seq) % 200000000) SECOND)
  FROM seq_1_to_8000;

INSERT INTO product_images
SELECT seq, 1 + CRC32(seq) % 8000, CONCAT('image ', seq, '.png'),
       UNHEX(CONCAT('89504E470D0A1A0A00', REPEAT(MD5(seq), 40 + seq % 100),
                    '00FF5C0A0D09')),
       UNHEX(SHA1(seq))
  FROM seq_1_to_1500;

INSERT INTO `order`
SELECT seq + (seq DIV 1000) * 37, 1 + CRC32(seq) % 60000,
       IF(seq % 4999 = 0, 5, 1 + seq % 4),
       IF(seq % 8 = 0, NULL, CONCAT('lane ', seq % 30)),
       '2013-01-01' + INTERVAL (seq * 1700) SECOND,
       IF(seq % 4 = 0, NULL,
          '2013-01-02' + INTERVAL (seq * 1700) SECOND),
       IF(seq % 5 = 0, NULL,
          IF(seq % 101 = 0, '0000-00-00',
             '2013-01-03' + INTERVAL (seq DIV 51) DAY)),
       IF(seq % 3 = 0, NULL, SEC_TO_TIME(3600 * (seq % 168) + seq % 60)),
       (CRC32(CONCAT('t', seq)) % 5000000) / 100,
       IF(seq % 16 > 0, NULL,
          CONCAT('line one\r\nline two\t"quoted", it''s \\N ', seq)),
       '2014-01-01 00:00:00' + INTERVAL (seq * 1699) SECOND
           + INTERVAL (seq % 1000) * 1000 MICROSECOND
  FROM seq_1_to_200000;

INSERT INTO OrderLines
SELECT o.id, l.seq, 1 + CRC32(CONCAT(o.id, '-', l.seq)) % 8000,
       1 + (o.id + l.seq) % 9,
       (CRC32(CONCAT('p', o.id, l.seq)) % 100000000) / 77777,
       IF((o.id + l.seq) % 10 = 0, CONCAT('Gift 🎁 no. ', l.seq), NULL)
  FROM `order` AS o
  JOIN seq_1_to_4 AS l ON l.seq <= 1 + o.id % 4;

INSERT INTO payments
SELECT CONCAT(LEFT(m, 8), '-', MID(m, 9, 4), '-', MID(m, 13, 4), '-',
              MID(m, 17, 4), '-', MID(m, 21, 12)),
       id, total, ELT(1 + id % 3, 'EUR', 'USD', 'JPY'),
       IF(id % 7 = 0, NULL, ELT(1 + id % 4, 'card', 'PayPal', 'Rechnung',
                                'bank')),
       IF(id % 6 = 0, NULL, UNHEX(MD5(CONCAT('k', id)))),
       IF(id % 9 = 0, NULL, CONCAT(0x00FF0A5C, 'answer ', id, 0x00)),
       IF(id % 5 = 0, NULL, placed_at + INTERVAL 1 DAY)
  FROM (SELECT id, total, placed_at, MD5(CONCAT('pay', id)) AS m
          FROM `order` WHERE id % 2 = 0) AS o;

INSERT INTO stock_movements
SELECT seq * 3, 1 + CRC32(seq) % 8000,
       CAST(CRC32(CONCAT('d', seq)) % 2000 AS signed) - 1000,
       IF(seq % 4 = 0, NULL, ELT(1 + seq % 3, 'sale', 'delivery', 'theft')),
       '2014-06-01' + INTERVAL (seq * 4001) SECOND
           + INTERVAL (seq % 1000) * 1000 MICROSECOND
  FROM seq_1_to_60000;

INSERT INTO page_views
SELECT UNHEX(MD5(seq % 9000)),
       CONCAT('/shop/', seq % 500, '?q=', MD5(seq % 2000)),
       IF(seq % 3 = 0, NULL, CONCAT('https://example', seq % 40, '.org/')),
       '2019-03-31 00:30:00' + INTERVAL (seq DIV 2) SECOND,
       IF(seq % 8 = 0, NULL, CRC32(seq % 3000) % 4000000000)
  FROM seq_1_to_60000;

INSERT INTO search_log
SELECT seq, CONCAT(ELT(1 + seq % 4, 'lamp', 'stuhl €', 'café', 'vase'), ' ',
                   seq % 1000),
       IF(seq % 10 = 0, NULL, seq % 500),
       IF(seq % 25 = 0, '0000-00-00 00:00:00',
          '2016-01-01' + INTERVAL (seq * 601) SECOND)
  FROM seq_1_to_40000;

INSERT INTO counters VALUES
    ('visits', 18446744073709551615, 9223372036854775807, 1.7976931348623157e308),
    ('Visits', 9223372036854775808, 0, 2.2250738585072014e-308),
    ('carts', 0, NULL, NULL), ('pi', 3, 3, 3.141592653589793);

INSERT INTO customer_notes
SELECT seq, 1 + CRC32(seq) % 60000,
       ELT(1 + seq % 6, '', ' leading and trailing ',
           'tab\there, newline\nthere, return\r\n', 'back\\slash \\N \\.',
           '"double" and ''single'' and `back`', '👩‍👩‍👧 ünïcödé ﷽ 𝔘'),
       ELT(1 + seq % 5, NULL, '838:59:59.000', '-00:00:00.500',
           '-100:30:00.250', '00:15:00.125')
  FROM seq_1_to_12000;

INSERT INTO daily_sales
SELECT '2013-01-01' + INTERVAL (seq DIV 3) DAY, 1 + seq % 3, CRC32(seq) % 400,
       (CRC32(CONCAT('s', seq)) % 90000000) / 100
  FROM seq_0_to_11999;

ALTER TABLE `order` AUTO_INCREMENT = 300000;
ALTER TABLE stock_movements AUTO_INCREMENT = 200000;

-- ---------------------------------------------------------------------------
-- Views, triggers, routines, an event
-- ---------------------------------------------------------------------------

CREATE VIEW open_orders AS
SELECT o.id, o.placed_at, c.email, o.total
  FROM `order` o JOIN customers c ON c.id = o.customer_id
 WHERE o.status = 'open' AND o.paid_at IS NULL;

CREATE VIEW customer_totals AS
SELECT c.id, c.email, IFNULL(c.full_name, '?') AS full_name,
       COUNT(o.id) AS orders, COALESCE(SUM(o.total), 0) AS turnover
  FROM customers c LEFT JOIN `order` o ON o.customer_id = c.id
 GROUP BY c.id, c.email, c.full_name;

CREATE VIEW good_customers AS
SELECT id, email, turnover FROM customer_totals
 WHERE turnover > 100000 AND orders >= 3;

CREATE VIEW product_list AS
SELECT p.id, p.sku, p.name, p.price,
       IF(p.price < 10, 'cheap', 'dear') AS price_class,
       CASE WHEN p.rating IS NULL THEN 'unrated' ELSE 'rated' END AS rated,
       CONCAT(p.sku, ': ', p.name) AS caption
  FROM products p;

CREATE VIEW sales_by_month AS
SELECT DATE_FORMAT(day, '%Y-%m') AS month, channel, SUM(turnover) AS turnover
  FROM daily_sales GROUP BY DATE_FORMAT(day, '%Y-%m'), channel;

DELIMITER $$

CREATE TRIGGER line_takes_stock AFTER INSERT ON OrderLines FOR EACH ROW
BEGIN
    INSERT INTO stock_movements (product_id, delta, reason, moved_at)
    VALUES (NEW.product_id, -CAST(NEW.Quantity AS signed), 'sale', NOW(3));
END$$

CREATE TRIGGER order_status BEFORE UPDATE ON `order` FOR EACH ROW
BEGIN
    IF NEW.status = 'paid' AND OLD.status = 'open' THEN
        SET NEW.paid_at = NOW();
    END IF;
END$$

CREATE FUNCTION gross(net decimal(12,2)) RETURNS decimal(14,4) DETERMINISTIC
RETURN net * 1.19$$

CREATE PROCEDURE close_day(IN for_day date)
BEGIN
    REPLACE INTO daily_sales
    SELECT for_day, 'web', COUNT(*), COALESCE(SUM(total), 0)
      FROM `order` WHERE DATE(placed_at) = for_day;
END$$

CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 03:00:00'
DISABLE COMMENT 'closes the day'
DO CALL close_day(CURRENT_DATE - INTERVAL 1 DAY)$$

DELIMITER ;
