-- fdw_types: both ends of every type arrive unchanged through a foreign table
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;
SET extra_float_digits = 1;
SELECT mysql_execute('source', 'DROP DATABASE IF EXISTS fdw_types');
SELECT mysql_execute('source', 'CREATE DATABASE fdw_types CHARACTER SET utf8mb4');
CREATE SCHEMA fdw_types;

-- integers
SELECT mysql_execute('source', $$CREATE TABLE fdw_types.integers (
    id int PRIMARY KEY, t tinyint, tu tinyint unsigned, s smallint,
    su smallint unsigned, m mediumint, mu mediumint unsigned, i int,
    iu int unsigned, b bigint, bu bigint unsigned, flag tinyint(1), y year,
    b1 bit(1), b8 bit(8), b64 bit(64))$$);
SELECT mysql_execute('source', $$INSERT INTO fdw_types.integers VALUES
    (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0,
     -9223372036854775808, 0, 0, 1901, b'0', b'0', 0),
    (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,
     9223372036854775807, 18446744073709551615, 2, 2155, b'1', b'11111111',
     18446744073709551615),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL)$$);

-- numbers with fractions
SELECT mysql_execute('source', $$CREATE TABLE fdw_types.fractions (
    id int PRIMARY KEY, d decimal(65,30), p decimal(5,0), f float, g double)$$);
SELECT mysql_execute('source', $$INSERT INTO fdw_types.fractions VALUES
    (1, 99999999999999999999999999999999999.999999999999999999999999999999,
     -99999, 3.40282e38, 1.7976931348623157e308),
    (2, -0.000000000000000000000000000001, 0, 1.17549e-38,
     2.2250738585072014e-308),
    (3, 0, 7, 16777216, 0.1), (4, NULL, NULL, 0.1, 0.30000000000000004)$$);

-- dates and times; "TIME" is a duration of up to 838:59:59
SELECT mysql_execute('source', $$CREATE TABLE fdw_types.moments (
    id int PRIMARY KEY, d date, dt datetime, dt6 datetime(6),
    ts timestamp NULL, ts3 timestamp(3) NULL, t time, t6 time(6))$$);
SELECT mysql_execute('source', $$INSERT INTO fdw_types.moments VALUES
    (1, '1000-01-01', '1000-01-01 00:00:00', '9999-12-31 23:59:59.999999',
     '1970-01-02 00:00:01', '2038-01-19 03:14:07.999', '-838:59:59',
     '838:59:58.000001'),
    (2, '2024-02-29', '2024-02-29 23:59:59', '2024-02-29 00:00:00.000001',
     '2024-03-31 01:30:00', '2024-10-27 00:30:00.5', '00:00:00',
     '-00:00:00.000001'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$);

-- text and bytes
SELECT mysql_execute('source', $$CREATE TABLE fdw_types.strings (
    id int PRIMARY KEY, c char(10), v varchar(40),
    l varchar(10) CHARACTER SET latin1, t mediumtext, e enum('a','b c',''),
    s set('x','y z'), j json, b binary(4), vb varbinary(10), bl blob)$$);
SELECT mysql_execute('source', $$INSERT INTO fdw_types.strings VALUES
    (1, 'ab', 'tab	quote'' "x" 😀', 'é€', REPEAT('ü', 40), 'b c', 'x,y z',
     '{"a": [1, null, "ü"]}', 0x00FF, 0x5C00, 0x000102FF),
    (2, '', '', '', '', '', '', '[]', 0x00000000, '', ''),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$);

IMPORT FOREIGN SCHEMA fdw_types FROM SERVER source INTO fdw_types;

\d fdw_types.integers
SELECT * FROM fdw_types.integers ORDER BY id \gx
\d fdw_types.fractions
SELECT * FROM fdw_types.fractions ORDER BY id \gx
\d fdw_types.moments
SELECT * FROM fdw_types.moments ORDER BY id \gx
\d fdw_types.strings
SELECT * FROM fdw_types.strings ORDER BY id \gx

-- conditions mean here what they mean in PostgreSQL, wherever they run
SELECT id FROM fdw_types.integers WHERE bu > 9223372036854775807;
SELECT id FROM fdw_types.integers WHERE i = -2147483648 OR iu IS NULL ORDER BY id;
SELECT id FROM fdw_types.strings WHERE v = 'TAB	QUOTE'' "X" 😀';
SELECT id FROM fdw_types.strings WHERE c = 'ab';
SELECT id FROM fdw_types.moments WHERE dt < '2000-01-01';
SELECT id FROM fdw_types.moments WHERE ts3 = '2024-10-27 00:30:00.5+00';
SELECT count(*) FROM fdw_types.strings;

DROP SCHEMA fdw_types CASCADE;
SELECT mysql_execute('source', 'DROP DATABASE fdw_types');
