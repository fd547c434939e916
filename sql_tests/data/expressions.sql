-- sql_tests/data/expressions.sql
--   The tables that sql_tests/data/expressions.txt and queries.txt are about.
CREATE TABLE ev (id int PRIMARY KEY, i int, n int NOT NULL, u int unsigned, s smallint, big bigint,
    d2 decimal(10,2), d5 decimal(12,5), f double, b tinyint(1), t varchar(50),
    tb varchar(50) COLLATE utf8mb4_bin, nt varchar(20) NOT NULL, e enum('a','B','c c'),
    st set('x','y','z'), dt date, ts datetime, ts6 datetime(6), tst timestamp NULL, tm time, j json,
    bl varbinary(20));
INSERT INTO ev VALUES
(1, 5, 3, 7, 100, 10000000000, 12.34, 1.23456, 1.5, 1, 'Hello World', 'Hello', 'abc', 'a', 'x,z', '2020-02-29', '2020-02-29 13:14:15', '2020-02-29 13:14:15.678901', '2021-01-31 23:59:59', '10:11:12', '{"name":"Bob","n":5,"a":[1,2,{"k":null}],"nul":null,"t":true}', 'ab'),
(2, -7, 2, 0, -32768, -5, -0.05, 99999.99999, -2.25, 0, 'été ñ', 'x', 'É', 'B', '', '1999-12-31', '1999-12-31 23:59:59', '1999-12-31 23:59:59.5', '1999-01-01 00:00:00', '00:00:00', '[1,2,3]', X'00ff'),
(3, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4, 2147483647, 2147483647, 4294967295, 32767, 9223372036854775806, 99999999.99, 0.00001, 1e10, 1, 'a_b%c\\d', 'A', 'x,y', 'c c', 'y', '2024-01-01', '2024-12-30 00:00:00', '2024-12-30 00:00:00', '2024-07-01 12:00:00', '23:59:59', '{"name":"x y","n":1.50}', ''),
(5, 0, 1, 1, 0, 0, 0.00, 0.00000, 0, 0, '  pad  ', '', 'ABC', 'a', 'x,y,z', '2001-03-01', '2001-03-01 12:30:00', '2001-03-01 12:30:00.000001', '2001-03-01 06:00:00', '12:00:00', '"str"', 'z'),
(6, 12, 5, 3, 9, 7, 1000.10, 3.33333, 0.1, 1, 'hello world', 'hello', 'abd', 'B', 'y,z', '2023-05-31', '2023-05-31 08:09:10', '2023-05-31 08:09:10.100000', '2023-05-31 08:09:10', '08:09:10', '{"name":null}', 'hello');
CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, name varchar(30) NOT NULL, city varchar(30),
    active tinyint(1) NOT NULL DEFAULT 1, since date NOT NULL, parent_id int, UNIQUE KEY (name));
INSERT INTO customers VALUES (1, 'Anna', 'Bonn', 1, '2019-05-01', NULL), (2, 'Bert', 'Köln', 1, '2020-01-15', 1),
    (3, 'Cleo', NULL, 0, '2020-06-30', 1), (4, 'Dora', 'Bonn', 1, '2021-12-31', 2), (5, 'Emil', 'bonn', 1, '2022-02-28', NULL);
CREATE TABLE products (id int PRIMARY KEY, name varchar(40) NOT NULL, price decimal(8,2) NOT NULL, kind enum('tool','toy','food') NOT NULL,
    tags set('new','sale','old'), weight float, data json);
INSERT INTO products VALUES (1, 'Hammer', 12.50, 'tool', 'new', 1.25, '{"color":"red","dims":[1,2,3]}'), (2, 'Ball', 3.99, 'toy', 'new,sale', 0.3, '{"color":"blue"}'),
    (3, 'Bread', 2.20, 'food', '', 0.75, NULL), (4, 'Saw', 18.00, 'tool', NULL, 0.9, '{"dims":[]}'), (5, 'Doll', 9.95, 'toy', 'old', NULL, '{"color":null}');
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, placed datetime NOT NULL, shipped datetime, note text,
    status enum('open','paid','sent') NOT NULL DEFAULT 'open', FOREIGN KEY (customer_id) REFERENCES customers (id));
INSERT INTO orders VALUES (1, 1, '2023-01-02 10:00:00', '2023-01-05 09:30:00', 'fast', 'sent'), (2, 1, '2023-02-10 11:15:00', NULL, NULL, 'paid'),
    (3, 2, '2023-02-11 00:00:00', '2023-02-11 23:59:59', '', 'sent'), (4, 4, '2023-12-31 23:59:59', NULL, 'gift, wrap it', 'open'), (5, 2, '2024-02-29 12:00:00', '2024-03-04 08:00:00', 'x', 'sent');
CREATE TABLE items (order_id int NOT NULL, product_id int NOT NULL, quantity smallint unsigned NOT NULL, discount decimal(4,3),
    PRIMARY KEY (order_id, product_id), FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_id) REFERENCES products (id));
INSERT INTO items VALUES (1, 1, 1, NULL), (1, 2, 3, 0.100), (2, 2, 10, 0.250), (3, 3, 2, NULL), (3, 1, 1, 0.050), (4, 5, 1, NULL), (5, 4, 2, 0.125), (5, 3, 7, NULL);
