-- sql_tests/data/applications/opencart.sql
-- only: MariaDB
SET sql_mode = '';
CREATE TABLE `oc_product` (`product_id` int(11) NOT NULL AUTO_INCREMENT, `model` varchar(64) NOT NULL, `quantity` int(4) NOT NULL DEFAULT '0', `price` decimal(15,4) NOT NULL DEFAULT '0.0000', `date_available` date NOT NULL DEFAULT '0000-00-00', `weight` decimal(15,8) NOT NULL DEFAULT '0.00000000', `subtract` tinyint(1) NOT NULL DEFAULT '1', `status` tinyint(1) NOT NULL DEFAULT '0', `viewed` int(5) NOT NULL DEFAULT '0', `date_added` datetime NOT NULL, PRIMARY KEY (`product_id`)) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_general_ci;
CREATE TABLE `oc_product_special` (`product_special_id` int(11) NOT NULL AUTO_INCREMENT, `product_id` int(11) NOT NULL, `customer_group_id` int(11) NOT NULL, `priority` int(5) NOT NULL DEFAULT '1', `price` decimal(15,4) NOT NULL DEFAULT '0.0000', `date_start` date NOT NULL DEFAULT '0000-00-00', `date_end` date NOT NULL DEFAULT '0000-00-00', PRIMARY KEY (`product_special_id`), KEY `product_id` (`product_id`)) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_general_ci;
CREATE TABLE `oc_category_path` (`category_id` int(11) NOT NULL, `path_id` int(11) NOT NULL, `level` int(11) NOT NULL, PRIMARY KEY (`category_id`,`path_id`)) ENGINE=MyISAM DEFAULT CHARSET=utf8;
CREATE TABLE `oc_category_description` (`category_id` int(11) NOT NULL, `language_id` int(11) NOT NULL, `name` varchar(255) NOT NULL, PRIMARY KEY (`category_id`,`language_id`), KEY `name` (`name`)) ENGINE=MyISAM DEFAULT CHARSET=utf8;
CREATE TABLE `oc_order` (`order_id` int AUTO_INCREMENT PRIMARY KEY, `total` decimal(15,4) NOT NULL DEFAULT '0.0000', `currency_value` decimal(15,8) NOT NULL DEFAULT '1.00000000', `ip` varchar(40) NOT NULL, `order_status_id` int NOT NULL DEFAULT '0', `date_added` datetime NOT NULL, custom_field text NOT NULL);
INSERT INTO oc_product VALUES (1,'M1',5,10,'2020-01-01',1.5,1,1,100,'2020-01-01 00:00:00'),(2,'m2',0,20.5,'0000-00-00',0,0,0,0,'0000-00-00 00:00:00');
INSERT INTO oc_product_special VALUES (1,1,1,1,8,'0000-00-00','0000-00-00'),(2,1,1,2,7.5,'2020-01-01','2099-01-01');
INSERT INTO oc_category_path VALUES (1,1,0),(2,1,0),(2,2,1); INSERT INTO oc_category_description VALUES (1,1,'Tools'),(2,1,'Hammers');
INSERT INTO oc_order VALUES (1,99.99,1.1,'1.1.1.1',5,'2020-02-03 04:05:06','[]'),(2,0,1,'','0','2020-02-04 00:00:00','');
CREATE VIEW v_paths AS SELECT cp.category_id, GROUP_CONCAT(cd.name ORDER BY cp.level SEPARATOR '&nbsp;&nbsp;&gt;&nbsp;&nbsp;') AS name FROM oc_category_path cp LEFT JOIN oc_category_description cd ON (cp.path_id = cd.category_id) GROUP BY cp.category_id;
CREATE VIEW v_sales AS SELECT DATE(date_added) AS d, COUNT(*) AS orders, SUM(total * currency_value) AS total, ROUND(AVG(total), 2) AS av FROM oc_order WHERE order_status_id > '0' GROUP BY DATE(date_added);
CREATE VIEW v_special AS SELECT product_id, MIN(price) AS price FROM oc_product_special WHERE (date_start = '0000-00-00' OR date_start < NOW()) AND (date_end = '0000-00-00' OR date_end > NOW()) GROUP BY product_id;
CREATE VIEW z1 AS SELECT product_special_id FROM oc_product_special WHERE date_end < '2020-05-05';
CREATE VIEW z2 AS SELECT product_special_id, date_end > 0 AS given, NULLIF(date_end, '0000-00-00') AS e FROM oc_product_special WHERE NOT (date_end > 0) OR date_start <> '2020-01-01';
CREATE VIEW z3 AS SELECT product_special_id, CASE date_end WHEN '0000-00-00' THEN 'never' ELSE 'some day' END AS x, date_start <= CURDATE() AS s FROM oc_product_special ORDER BY date_end;
CREATE VIEW z4 AS SELECT p.product_id, p.date_available, s.date_end FROM oc_product p LEFT JOIN oc_product_special s ON s.product_id = p.product_id AND s.date_end >= '0000-00-00' AND s.date_start = '0000-00-00';
