-- sql_tests/data/applications/wordpress.sql
-- only: MariaDB
SET sql_mode = '';
CREATE TABLE `wp_users` (
  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `user_login` varchar(60) NOT NULL DEFAULT '',
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_nicename` varchar(50) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `user_status` int(11) NOT NULL DEFAULT 0,
  `display_name` varchar(250) NOT NULL DEFAULT '',
  PRIMARY KEY (`ID`), KEY `user_login_key` (`user_login`), KEY `user_nicename` (`user_nicename`), KEY `user_email` (`user_email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_posts` (
  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `post_author` bigint(20) unsigned NOT NULL DEFAULT 0,
  `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_date_gmt` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_content` longtext NOT NULL,
  `post_title` text NOT NULL,
  `post_excerpt` text NOT NULL,
  `post_status` varchar(20) NOT NULL DEFAULT 'publish',
  `comment_status` varchar(20) NOT NULL DEFAULT 'open',
  `post_name` varchar(200) NOT NULL DEFAULT '',
  `post_modified` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_parent` bigint(20) unsigned NOT NULL DEFAULT 0,
  `guid` varchar(255) NOT NULL DEFAULT '',
  `menu_order` int(11) NOT NULL DEFAULT 0,
  `post_type` varchar(20) NOT NULL DEFAULT 'post',
  `comment_count` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`ID`), KEY `post_name` (`post_name`(191)), KEY `type_status_date` (`post_type`,`post_status`,`post_date`,`ID`),
  KEY `post_parent` (`post_parent`), KEY `post_author` (`post_author`), FULLTEXT KEY `ft` (`post_title`,`post_content`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_postmeta` (
  `meta_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `post_id` bigint(20) unsigned NOT NULL DEFAULT 0,
  `meta_key` varchar(255) DEFAULT NULL,
  `meta_value` longtext DEFAULT NULL,
  PRIMARY KEY (`meta_id`), KEY `post_id` (`post_id`), KEY `meta_key` (`meta_key`(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_terms` (`term_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, `name` varchar(200) NOT NULL DEFAULT '', `slug` varchar(200) NOT NULL DEFAULT '', `term_group` bigint(10) NOT NULL DEFAULT 0,
  PRIMARY KEY (`term_id`), KEY `slug` (`slug`(191)), KEY `name` (`name`(191))) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_term_taxonomy` (`term_taxonomy_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, `term_id` bigint(20) unsigned NOT NULL DEFAULT 0, `taxonomy` varchar(32) NOT NULL DEFAULT '', `description` longtext NOT NULL, `parent` bigint(20) unsigned NOT NULL DEFAULT 0, `count` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`term_taxonomy_id`), UNIQUE KEY `term_id_taxonomy` (`term_id`,`taxonomy`), KEY `taxonomy` (`taxonomy`)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_term_relationships` (`object_id` bigint(20) unsigned NOT NULL DEFAULT 0, `term_taxonomy_id` bigint(20) unsigned NOT NULL DEFAULT 0, `term_order` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`object_id`,`term_taxonomy_id`), KEY `term_taxonomy_id` (`term_taxonomy_id`)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE `wp_options` (`option_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, `option_name` varchar(191) NOT NULL DEFAULT '', `option_value` longtext NOT NULL, `autoload` varchar(20) NOT NULL DEFAULT 'yes',
  PRIMARY KEY (`option_id`), UNIQUE KEY `option_name` (`option_name`), KEY `autoload` (`autoload`)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
INSERT INTO wp_users VALUES (1,'admin','x','admin','a@b.c','2019-01-01 00:00:00',0,'Admin'),(2,'Éva','y','eva','e@b.c','0000-00-00 00:00:00',0,'Éva');
INSERT INTO wp_posts (ID,post_author,post_date,post_date_gmt,post_content,post_title,post_excerpt,post_status,post_name,post_parent,post_type,comment_count) VALUES
 (1,1,'2020-01-02 03:04:05','2020-01-02 02:04:05','Hello <b>world</b>','Hello','','publish','hello',0,'post',3),
 (2,1,'2021-05-06 07:08:09','2021-05-06 05:08:09','Second 🍎','Second','ex','draft','second',1,'post',0),
 (3,2,'2021-05-07 07:08:09','0000-00-00 00:00:00','page','About','','Publish','about',0,'page',0),
 (4,2,'2022-05-07 17:08:09','0000-00-00 00:00:00','order','Order #4','','wc-completed','order-4',0,'shop_order',0);
INSERT INTO wp_postmeta (post_id,meta_key,meta_value) VALUES (1,'_price','12.50'),(1,'_edit_last','1'),(2,'_price','abc'),(4,'_order_total','100.10'),(4,'_customer_user','2'),(4,'_paid_date','2022-05-08 01:02:03'),(3,'_price',NULL),(3,'_price','7e1');
INSERT INTO wp_terms VALUES (1,'News','news',0),(2,'Uncategorized','uncategorized',0);
INSERT INTO wp_term_taxonomy VALUES (1,1,'category','',0,2),(2,2,'category','d',1,1);
INSERT INTO wp_term_relationships VALUES (1,1,0),(1,2,1),(2,1,0);
INSERT INTO wp_options (option_name,option_value) VALUES ('siteurl','http://x'),('_transient_timeout_a','1600000000'),('blogname','🍎 "quote" it''s \\ back');
CREATE VIEW v_published AS SELECT p.ID, p.post_title, u.display_name AS author, DATE_FORMAT(p.post_date, '%Y-%m') AS ym, CHAR_LENGTH(p.post_content) AS len FROM wp_posts p JOIN wp_users u ON u.ID = p.post_author WHERE p.post_status = 'publish' AND p.post_type IN ('post','page');
CREATE VIEW v_price AS SELECT p.ID AS product_id, CAST(m.meta_value AS DECIMAL(10,2)) AS price, m.meta_value + 0 AS num FROM wp_posts p LEFT JOIN wp_postmeta m ON m.post_id = p.ID AND m.meta_key = '_price';
CREATE VIEW v_orders AS SELECT p.ID AS order_id, MAX(CASE WHEN m.meta_key = '_order_total' THEN m.meta_value END) AS total, MAX(IF(m.meta_key = '_customer_user', m.meta_value, NULL)) AS customer_id, MAX(CASE WHEN m.meta_key = '_paid_date' AND p.ID = m.post_id THEN m.meta_value END) AS paid_date FROM wp_posts p JOIN wp_postmeta m ON p.ID = m.post_id WHERE p.post_type = 'shop_order' GROUP BY p.ID;
CREATE VIEW v_cats AS SELECT p.ID, GROUP_CONCAT(DISTINCT t.name ORDER BY t.name DESC SEPARATOR ' | ') AS cats, COUNT(DISTINCT t.term_id) AS n FROM wp_posts p LEFT JOIN wp_term_relationships r ON r.object_id = p.ID LEFT JOIN wp_term_taxonomy x USING (term_taxonomy_id) LEFT JOIN wp_terms t ON t.term_id = x.term_id GROUP BY p.ID;
CREATE VIEW v_months AS SELECT YEAR(post_date) AS `year`, MONTH(post_date) AS `month`, COUNT(ID) AS posts FROM wp_posts WHERE post_type = 'post' GROUP BY YEAR(post_date), MONTH(post_date) ORDER BY post_date DESC;
CREATE VIEW v_expired AS SELECT option_name, SUBSTRING(option_name, 20) AS key_name FROM wp_options WHERE option_name LIKE '\_transient\_timeout\_%' AND option_value < 1700000000;
