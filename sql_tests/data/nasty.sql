-- sql_tests/data/nasty.sql
--   One of every object that MariaDB knows, each a little more awkward than
--   anybody would want, and tables in the manner of well-known applications.
SET sql_mode = '';

-- names: quotes, reserved words, system columns, 64 characters, collisions
CREATE TABLE `Order` (`ID` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, `select` varchar(10) DEFAULT 'it''s',
    `From Where` text COMMENT 'c''omment', ctid int, `xmin` int DEFAULT 5, KEY `idx` (`select`)) COMMENT = 'quo''te \\ back';
CREATE TABLE `longnäme_abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_`
    (`Cölumn_abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123` int AUTO_INCREMENT PRIMARY KEY, ` x` int, `col"umn` int,
    UNIQUE `Ünique_long_index_name_abcdefghijklmnopqrstuvwxyz_abcdefghijklm1` (`col"umn`), `enumcol` enum('z'));
CREATE TABLE collide_enum (x enum('a'));
CREATE TABLE collide_enum_x (id int);
CREATE TABLE parent_pkey (id int);
CREATE TABLE child_id_seq (x int);
CREATE TABLE `a b` (`x y` int, `x``z` int, PRIMARY KEY (`x y`));
CREATE TABLE `semi;colon` (`a'b` varchar(10) DEFAULT ';--' COMMENT ';"''');
CREATE TABLE `user` (`user` varchar(20), `current_user` int, `table` int, `column` int, `group` int, KEY `key` (`group`), KEY `primary_` (`user`));
CREATE TABLE `pg_class` (id int PRIMARY KEY);
CREATE TABLE `percent%s` (`%d` int, `{x}` int, `$1` int, `$mm$` varchar(10) DEFAULT '$mm$');

-- foreign keys: actions, self-reference, circle, wider types, broken by data, without a unique key
CREATE TABLE parent (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, flag tinyint(1) NOT NULL DEFAULT 1,
    e enum('a','b''c','D d') DEFAULT 'b''c', UNIQUE KEY idx (flag, e));
CREATE TABLE child (id tinyint AUTO_INCREMENT PRIMARY KEY, pid bigint unsigned, ord int unsigned, self tinyint,
    CONSTRAINT fk1 FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL,
    CONSTRAINT fk2 FOREIGN KEY (ord) REFERENCES `Order` (ID) ON DELETE RESTRICT,
    CONSTRAINT fk3 FOREIGN KEY (self) REFERENCES child (id) ON DELETE NO ACTION ON UPDATE CASCADE);
CREATE TABLE circle_a (id int PRIMARY KEY, b int);
CREATE TABLE circle_b (id int PRIMARY KEY, a int, CONSTRAINT b_to_a FOREIGN KEY (a) REFERENCES circle_a (id));
ALTER TABLE circle_a ADD CONSTRAINT a_to_b FOREIGN KEY (b) REFERENCES circle_b (id) ON DELETE SET NULL;
CREATE TABLE ftree (a int, b int, KEY ab (a), KEY b (b));
CREATE TABLE fchild (x int, CONSTRAINT fknonuniq FOREIGN KEY (x) REFERENCES ftree (a));
CREATE TABLE pair (a int, b varchar(10), PRIMARY KEY (a, b));
CREATE TABLE pair_of (b varchar(10), a int, CONSTRAINT to_pair FOREIGN KEY (a, b) REFERENCES pair (a, b) ON UPDATE CASCADE);
CREATE TABLE e1 (k enum('a','b') PRIMARY KEY);
CREATE TABLE e2 (k enum('a','b'), FOREIGN KEY (k) REFERENCES e1 (k));
CREATE TABLE e3 (k enum('b','a'), FOREIGN KEY (k) REFERENCES e1 (k));
CREATE TABLE boolfk_p (id tinyint(1) PRIMARY KEY);
CREATE TABLE boolfk_c (p tinyint(1), FOREIGN KEY (p) REFERENCES boolfk_p (id));
CREATE TABLE orphan_p (id int PRIMARY KEY);
CREATE TABLE orphan_c (id int PRIMARY KEY, p int, CONSTRAINT orphaned FOREIGN KEY (p) REFERENCES orphan_p (id));
SET foreign_key_checks = 0;
INSERT INTO orphan_p VALUES (1);
INSERT INTO orphan_c VALUES (1, 1), (2, 7), (3, 8), (4, NULL);
SET foreign_key_checks = 1;

-- defaults
CREATE TABLE defs (a tinyint(1) DEFAULT 0, b bit(1) DEFAULT b'1', c bit(8) DEFAULT b'1010', d varbinary(10) DEFAULT 'ab',
    e binary(4) DEFAULT 'x', f decimal(10,3) DEFAULT 1.5, g double DEFAULT 1e10, h date DEFAULT '2020-01-02',
    i datetime(3) DEFAULT current_timestamp(3), j timestamp NULL DEFAULT NULL ON UPDATE current_timestamp,
    k timestamp(6) NOT NULL DEFAULT '2020-01-01 10:00:00.5', l time DEFAULT '10:11:12', m year DEFAULT 2020,
    n enum('x','y') DEFAULT 'y', o set('r','g','b') DEFAULT 'r,b', p json DEFAULT '{"a": [1,2,{"b":null}]}',
    q varchar(36) DEFAULT uuid(), r int DEFAULT (1+2*3), s datetime DEFAULT '0000-00-00 00:00:00', t date NOT NULL DEFAULT '0000-00-00',
    u text DEFAULT 'tx', v varchar(20) DEFAULT concat('a','b'), w int DEFAULT (r+1), x char(5) DEFAULT '', y time DEFAULT '-10:00:00',
    z blob DEFAULT x'00ff', aa varchar(10) COLLATE utf8mb4_bin DEFAULT 'é"\\', ab timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    ac datetime DEFAULT now() ON UPDATE now(), ad float DEFAULT -0.5, ae set('','q') DEFAULT '', af uuid DEFAULT uuid(),
    ag inet6 DEFAULT '::1', ah date DEFAULT curdate(), ai bigint DEFAULT -9223372036854775808, aj varchar(10) DEFAULT _utf8mb4'x' COLLATE utf8mb4_bin,
    ak int DEFAULT 0x1f, al varchar(10) DEFAULT NULL, am decimal(5,2) NOT NULL DEFAULT 0, an bigint unsigned DEFAULT 18446744073709551615,
    ao datetime DEFAULT (now() + interval 1 day), ap int DEFAULT (unix_timestamp()), aq varchar(100) DEFAULT (concat(user(), '!')));

-- generated columns and checks
CREATE TABLE gens (id int PRIMARY KEY, first varchar(20), last varchar(20), price decimal(10,2), qty int, active tinyint(1), d datetime,
    ts timestamp NULL, j json, `full` varchar(50) AS (concat(first,' ',last)) STORED, total decimal(12,2) AS (price*qty) VIRTUAL,
    y int AS (year(d)) VIRTUAL, yt int AS (year(ts)) VIRTUAL, up varchar(20) AS (ucase(first)) STORED, ratio decimal(12,6) AS (price/qty) STORED,
    act int AS (if(active,10,20)) STORED, fmt varchar(20) AS (date_format(d,'%Y-%m')) VIRTUAL,
    jn varchar(30) AS (json_unquote(json_extract(j,'$.name'))) VIRTUAL, isbig tinyint(1) AS (qty > 10) STORED,
    nn varchar(20) AS (ifnull(first,'none')) STORED, md char(32) AS (md5(first)) STORED, ch char(10) AS (left(first,3)) STORED,
    rest varchar(20) AS (substring_index(first, '@', -1)) STORED,
    CHECK (price >= 0), CONSTRAINT chk2 CHECK (qty BETWEEN 1 AND 1000 OR qty IS NULL), CONSTRAINT chk_like CHECK (first LIKE 'a%' OR first <> ''),
    CONSTRAINT chk_in CHECK (last IN ('x','Y','z') OR length(last) > 0), CONSTRAINT chk_re CHECK (first REGEXP '^[a-zA-Z ]+$'),
    CONSTRAINT chk_act CHECK (active = 1 OR active = 0), CONSTRAINT chk_unknown CHECK (soundex(first) <> 'x'), CONSTRAINT chk_j CHECK (json_valid(j)),
    CONSTRAINT chk_date CHECK (d < '2999-01-01'), CONSTRAINT chk_date2 CHECK (date(d) <= cast(ts AS date) OR ts IS NULL));
INSERT INTO gens (id, first, last, price, qty, active, d, ts, j) VALUES (1, 'Ann', 'y', 2.50, 20, 1, '2020-02-03 04:05:06', '2021-01-01 00:00:00', '{"name":"x"}');
CREATE TABLE checked (a int CHECK (a > 0), b int CHECK (b <> 3), CONSTRAINT ab CHECK (a < b));
SET check_constraint_checks = 0;
INSERT INTO checked VALUES (1, 2), (-1, 2), (5, 4);
SET check_constraint_checks = 1;

-- indexes
CREATE TABLE idxs (id int NOT NULL, name varchar(100), body longtext, bin varbinary(300), bl blob, j json, pt point NOT NULL, a int, b int,
    u varchar(50) UNIQUE, KEY pfx (name(10)), KEY body_pfx (body(20)), KEY bin_pfx (bin(5)), KEY bl_pfx (bl(7)), KEY dsc (a DESC, b),
    UNIQUE KEY uq_pfx (body(100)), UNIQUE ucase (name, a), FULLTEXT KEY ft (name, body), SPATIAL KEY sp (pt),
    KEY hashy USING HASH (a) COMMENT 'idx comment', PRIMARY KEY (id, u));
CREATE TABLE too_long (id int PRIMARY KEY, v varchar(3000) CHARACTER SET ascii COLLATE ascii_bin, w varchar(3000) CHARACTER SET ascii COLLATE ascii_bin, KEY v_long (v), UNIQUE KEY w_long (w));
INSERT INTO too_long SELECT x.seq, (SELECT replace(group_concat(left(to_base64(unhex(md5(s.seq * 10 + x.seq))), 22) SEPARATOR ''), '\n', '') FROM seq_1_to_130 AS s),
    (SELECT group_concat(left(to_base64(unhex(md5(s.seq * 10 + x.seq))), 22) SEPARATOR '') FROM seq_1_to_131 AS s) FROM seq_1_to_3 AS x;
CREATE TABLE duplicates (id int PRIMARY KEY, v varchar(20), UNIQUE KEY v (v));
INSERT INTO duplicates VALUES (1, 'a'), (2, 'b');
CREATE TABLE case_twins (id int PRIMARY KEY, v varchar(20) COLLATE utf8mb4_turkish_ci, UNIQUE KEY twins (v));
INSERT INTO case_twins VALUES (1, 'I'), (2, 'i'), (3, 'MI'), (4, 'mi');
CREATE TABLE pkprefix (t text NOT NULL, PRIMARY KEY (t(20)));
CREATE TABLE no_key (a int, b text);
CREATE TABLE multi (a int, b int, c int, d int, PRIMARY KEY (a, b, c), UNIQUE KEY d (d), KEY (c, b), KEY same1 (d, a), KEY same2 (d, a)) COMMENT = '';
CREATE TABLE ignored_index (a int, KEY a (a) IGNORED);
CREATE TABLE hash_unique (t longtext, UNIQUE KEY t (t));
CREATE TABLE many_columns (c0 int, c1 varchar(5), c2 varchar(5), c3 varchar(5), c4 varchar(5), KEY all_of_them (c0, c1, c2, c3, c4 DESC));

-- partitions
CREATE TABLE parts (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (year(d)) (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE parts_plain (id int, d date, UNIQUE KEY (id, d)) PARTITION BY LIST (month(d)) (PARTITION p0 VALUES IN (1,2,3,4,5,6), PARTITION p1 VALUES IN (7,8,9,10,11,12));
CREATE TABLE subparts (id int, d date NOT NULL) PARTITION BY RANGE (to_days(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
    (PARTITION p0 VALUES LESS THAN (737000), PARTITION p1 VALUES LESS THAN MAXVALUE);

-- numbers that count up
CREATE TABLE many (id bigint unsigned AUTO_INCREMENT, uid int unsigned, PRIMARY KEY (id)) AUTO_INCREMENT = 18446744073709551615;
CREATE TABLE tiny (id tinyint(1) AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE fl (id float AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 7;
CREATE TABLE ser (id serial, x int);
CREATE TABLE second_of_key (a int, n int AUTO_INCREMENT, PRIMARY KEY (a, n)) ENGINE = MyISAM;
CREATE SEQUENCE seq1 START WITH 100 INCREMENT BY 5 MINVALUE 10 MAXVALUE 1000 CACHE 20 CYCLE;
DO nextval(seq1);
CREATE SEQUENCE seq2;
CREATE SEQUENCE seqdown START WITH -1 INCREMENT BY -1 MINVALUE -5 MAXVALUE -1;
DO nextval(seqdown), nextval(seqdown), nextval(seqdown), nextval(seqdown), nextval(seqdown);

-- odds and ends
CREATE TABLE zd (id int PRIMARY KEY, z datetime NOT NULL DEFAULT '0000-00-00', kk date NOT NULL DEFAULT '0000-00-00', KEY (kk));
CREATE TABLE onup (id int PRIMARY KEY, v varchar(10), lu timestamp DEFAULT current_timestamp ON UPDATE current_timestamp,
    lu2 datetime(6) DEFAULT NULL ON UPDATE current_timestamp(6), g varchar(20) AS (concat(v,'!')) STORED);
CREATE TABLE sv (id int, v int) WITH SYSTEM VERSIONING;
CREATE TABLE inv (id int, hidden int INVISIBLE DEFAULT 5);
CREATE TABLE longenum (id int PRIMARY KEY, e enum('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','b') DEFAULT 'b',
    a enum('') DEFAULT '', j json DEFAULT '[1, {"a": "\\"x"}]', j2 json DEFAULT 'nojson');
CREATE TABLE gci (id int PRIMARY KEY, t varchar(20), isabc tinyint(1) AS (t = 'abc') STORED, CHECK (t <> 'foo'));
CREATE TABLE spatial_all (id int PRIMARY KEY, g geometry NOT NULL, l linestring, p polygon, mp multipoint, SPATIAL KEY (g));
CREATE TABLE memory_table (id int PRIMARY KEY, KEY USING HASH (id)) ENGINE = MEMORY;
CREATE TABLE compressed (id int PRIMARY KEY, t text COMPRESSED) ROW_FORMAT = COMPRESSED;
CREATE TABLE latin (id int PRIMARY KEY, t varchar(20) DEFAULT 'é', KEY (t)) CHARACTER SET latin1;
CREATE TABLE empty_comment (a int COMMENT '', b int COMMENT 'tab\tnew\nline', c int COMMENT 'é😀') COMMENT = 'x\\\'y';

-- views
CREATE VIEW v1 AS SELECT id, flag, e, flag+1 AS f1, flag=1 AS eq, if(flag,'y','n') AS yn FROM parent;
CREATE VIEW v2 AS SELECT v1.id, v1.eq, v1.yn, count(*) c FROM v1 GROUP BY v1.id, v1.eq, v1.yn HAVING c > 0;
CREATE VIEW a_first AS SELECT * FROM v2 WHERE c >= 1 UNION ALL SELECT id, 1, 'x', 2 FROM parent LIMIT 3, 5;
CREATE VIEW vunk AS SELECT soundex(`select`) s FROM `Order`;
CREATE VIEW on_vunk AS SELECT s FROM vunk;
CREATE VIEW vroll AS SELECT flag, count(*) n FROM parent GROUP BY flag WITH ROLLUP;
CREATE VIEW vcte AS WITH c AS (SELECT id, flag FROM parent) SELECT c.id, x.mx FROM c JOIN (SELECT max(id) mx FROM parent) x ON x.mx >= c.id;
CREATE VIEW vwin AS SELECT id, row_number() OVER (PARTITION BY flag ORDER BY id DESC) rn, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s FROM parent;
CREATE VIEW vorder AS SELECT `From Where` AS `Col With "Quote"`, `ID`/3 AS q, avg(`ID`) OVER () av FROM `Order` ORDER BY q DESC;
CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW vinv AS SELECT id, t FROM gci WHERE t LIKE 'x%' WITH CHECK OPTION;
CREATE VIEW vbroken AS SELECT b FROM no_key;
CREATE VIEW on_vbroken AS SELECT b FROM vbroken;
ALTER TABLE no_key RENAME COLUMN b TO c;

-- triggers, routines, events
DELIMITER //
CREATE TRIGGER trg_bad BEFORE INSERT ON parent FOR EACH ROW BEGIN DECLARE x int; SET x = 1; END//
CREATE TRIGGER trg_if BEFORE UPDATE ON parent FOR EACH ROW BEGIN IF new.flag = 0 THEN SIGNAL SQLSTATE '45000' SET message_text = 'no $mm$ zero'; ELSEIF new.e = 'a' THEN SET new.flag = old.flag; ELSE SET new.e = 'D d'; END IF; END//
CREATE TRIGGER trg_two AFTER INSERT ON child FOR EACH ROW INSERT INTO `Order` (`select`, ctid) VALUES (concat('c', new.id), new.id + 1)//
CREATE TRIGGER trg_three AFTER INSERT ON child FOR EACH ROW FOLLOWS trg_two UPDATE parent SET flag = 1 WHERE id = new.pid//
CREATE PROCEDURE pr () BEGIN SELECT 1; END//
CREATE FUNCTION fn (a int) RETURNS int DETERMINISTIC RETURN a + 1//
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM parent WHERE id = 0//
DELIMITER ;
CREATE VIEW on_function AS SELECT fn(id) AS f FROM parent;
CREATE TABLE by_function (id int PRIMARY KEY, n int);

-- in the manner of WordPress
CREATE TABLE wp_posts (ID bigint(20) unsigned NOT NULL auto_increment, post_author bigint(20) unsigned NOT NULL default '0',
    post_date datetime NOT NULL default '0000-00-00 00:00:00', post_content longtext NOT NULL, post_title text NOT NULL,
    post_status varchar(20) NOT NULL default 'publish', post_name varchar(200) NOT NULL default '', post_parent bigint(20) unsigned NOT NULL default '0',
    menu_order int(11) NOT NULL default '0', comment_count bigint(20) NOT NULL default '0', PRIMARY KEY (ID), KEY post_name (post_name(191)),
    KEY type_status_date (post_status, post_date, ID), KEY post_parent (post_parent)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE wp_postmeta (meta_id bigint(20) unsigned NOT NULL auto_increment, post_id bigint(20) unsigned NOT NULL default '0',
    meta_key varchar(255) default NULL, meta_value longtext, PRIMARY KEY (meta_id), KEY post_id (post_id), KEY meta_key (meta_key(191))) COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE wp_options (option_id bigint(20) unsigned NOT NULL auto_increment, option_name varchar(191) NOT NULL default '',
    option_value longtext NOT NULL, autoload varchar(20) NOT NULL default 'yes', PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name), KEY autoload (autoload));
INSERT INTO wp_posts (post_content, post_title) VALUES ('a', 'b');
INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', 'x'), ('Active', 'y');
-- of Drupal
CREATE TABLE node_field_data (nid int(10) unsigned NOT NULL, vid int(10) unsigned NOT NULL, type varchar(32) CHARACTER SET ascii NOT NULL COMMENT 'The ID of the target entity.',
    langcode varchar(12) CHARACTER SET ascii NOT NULL, status tinyint(4) NOT NULL, title varchar(255) NOT NULL, created int(11) NOT NULL, changed int(11) NOT NULL,
    default_langcode tinyint(4) NOT NULL, PRIMARY KEY (nid, langcode), KEY node__id__default_langcode__langcode (nid, default_langcode, langcode),
    KEY node__title_type (title(191), type(4)), KEY node_field__type__target_id (type)) COMMENT = 'The data table for node entities.';
CREATE TABLE cache_config (cid varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '', data longblob, expire bigint NOT NULL DEFAULT 0,
    created decimal(14,3) NOT NULL DEFAULT 0.000, serialized smallint NOT NULL DEFAULT 0, tags longtext, checksum varchar(255) CHARACTER SET ascii NOT NULL,
    PRIMARY KEY (cid), KEY expire (expire), KEY created (created));
-- of MediaWiki
CREATE TABLE `page` (page_id INT UNSIGNED AUTO_INCREMENT NOT NULL, page_namespace INT NOT NULL, page_title VARBINARY(255) NOT NULL,
    page_is_redirect TINYINT UNSIGNED DEFAULT 0 NOT NULL, page_random DOUBLE PRECISION UNSIGNED NOT NULL, page_touched BINARY(14) NOT NULL,
    page_links_updated BINARY(14) DEFAULT NULL, page_content_model VARBINARY(32) DEFAULT NULL, UNIQUE INDEX page_name_title (page_namespace, page_title),
    INDEX page_random (page_random), PRIMARY KEY (page_id)) CHARACTER SET binary;
CREATE TABLE searchindex (si_page int unsigned NOT NULL, si_title varchar(255) NOT NULL default '', si_text mediumtext NOT NULL, UNIQUE KEY (si_page),
    FULLTEXT si_title (si_title), FULLTEXT si_text (si_text)) ENGINE = MyISAM DEFAULT CHARSET = utf8mb4;
INSERT INTO `page` (page_namespace, page_title, page_random, page_touched) VALUES (0, 'Main', 0.5, '20200101000000'), (0, 'main', 0.25, '20200101000000');
-- of Magento
CREATE TABLE eav_attribute (attribute_id smallint(5) unsigned NOT NULL AUTO_INCREMENT COMMENT 'Attribute Id', entity_type_id smallint(5) unsigned NOT NULL DEFAULT 0,
    attribute_code varchar(255) NOT NULL COMMENT 'Attribute Code', is_unique smallint(5) unsigned NOT NULL DEFAULT 0, PRIMARY KEY (attribute_id),
    UNIQUE KEY EAV_ATTRIBUTE_ENTITY_TYPE_ID_ATTRIBUTE_CODE (entity_type_id, attribute_code)) COMMENT = 'Eav Attribute';
CREATE TABLE catalog_product_entity_decimal (value_id int(11) NOT NULL AUTO_INCREMENT, attribute_id smallint(5) unsigned NOT NULL DEFAULT 0, store_id smallint(5) unsigned NOT NULL DEFAULT 0,
    entity_id int(10) unsigned NOT NULL DEFAULT 0, value decimal(20,6) DEFAULT NULL, PRIMARY KEY (value_id),
    UNIQUE KEY CATALOG_PRODUCT_ENTITY_DECIMAL_ENTITY_ID_ATTRIBUTE_ID_STORE_ID (entity_id, attribute_id, store_id), KEY CATALOG_PRODUCT_ENTITY_DECIMAL_STORE_ID (store_id),
    CONSTRAINT CAT_PRD_ENTT_DEC_ATTR_ID_EAV_ATTR_ATTR_ID FOREIGN KEY (attribute_id) REFERENCES eav_attribute (attribute_id) ON DELETE CASCADE);
CREATE TABLE sales_order (entity_id int(10) unsigned NOT NULL AUTO_INCREMENT, state varchar(32) DEFAULT NULL, grand_total decimal(20,4) DEFAULT NULL,
    created_at timestamp NOT NULL DEFAULT current_timestamp(), updated_at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    increment_id varchar(50) DEFAULT NULL, PRIMARY KEY (entity_id), UNIQUE KEY SALES_ORDER_INCREMENT_ID_STORE_ID (increment_id), KEY SALES_ORDER_CREATED_AT (created_at));
-- of Django
CREATE TABLE django_content_type (id int(11) NOT NULL AUTO_INCREMENT, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL, PRIMARY KEY (id),
    UNIQUE KEY django_content_type_app_label_model_76bd3d3b_uniq (app_label, model));
CREATE TABLE auth_user (id int(11) NOT NULL AUTO_INCREMENT, password varchar(128) NOT NULL, last_login datetime(6) DEFAULT NULL, is_superuser tinyint(1) NOT NULL,
    username varchar(150) NOT NULL, date_joined datetime(6) NOT NULL, PRIMARY KEY (id), UNIQUE KEY username (username));
CREATE TABLE django_admin_log (id int(11) NOT NULL AUTO_INCREMENT, action_time datetime(6) NOT NULL, object_id longtext DEFAULT NULL,
    action_flag smallint(5) unsigned NOT NULL CHECK (`action_flag` >= 0), content_type_id int(11) DEFAULT NULL, user_id int(11) NOT NULL, PRIMARY KEY (id),
    KEY django_admin_log_content_type_id_c4bce8eb_fk_django_co (content_type_id), KEY django_admin_log_user_id_c564eba6_fk_auth_user_id (user_id),
    CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES django_content_type (id),
    CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES auth_user (id));
-- of Rails
CREATE TABLE schema_migrations (version varchar(255) NOT NULL PRIMARY KEY);
CREATE TABLE active_storage_blobs (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, `key` varchar(255) NOT NULL, filename varchar(255) NOT NULL, metadata text,
    byte_size bigint NOT NULL, created_at datetime(6) NOT NULL, UNIQUE INDEX index_active_storage_blobs_on_key (`key`));
CREATE TABLE taggings (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, taggable_type varchar(255), taggable_id bigint, context varchar(128),
    INDEX index_taggings_on_taggable_type_and_taggable_id_and_context (taggable_type, taggable_id, context), INDEX taggings_idy (taggable_id, taggable_type, context));
-- of Laravel
CREATE TABLE users (id bigint unsigned NOT NULL AUTO_INCREMENT, name varchar(255) NOT NULL, email varchar(255) NOT NULL, email_verified_at timestamp NULL DEFAULT NULL,
    remember_token varchar(100) DEFAULT NULL, created_at timestamp NULL DEFAULT NULL, settings longtext DEFAULT NULL CHECK (json_valid(settings)), PRIMARY KEY (id), UNIQUE KEY users_email_unique (email));
CREATE TABLE personal_access_tokens (id bigint unsigned NOT NULL AUTO_INCREMENT, tokenable_type varchar(255) NOT NULL, tokenable_id bigint unsigned NOT NULL, token varchar(64) NOT NULL,
    abilities text DEFAULT NULL, PRIMARY KEY (id), UNIQUE KEY personal_access_tokens_token_unique (token),
    KEY personal_access_tokens_tokenable_type_tokenable_id_index (tokenable_type, tokenable_id));
INSERT INTO users (name, email, settings) VALUES ('a', 'A@x', '{"a":1}'), ('b', 'b@x', NULL);
