-- sql_tests/data/applications/magento.sql
CREATE TABLE `eav_entity_type` (`entity_type_id` smallint(5) unsigned NOT NULL AUTO_INCREMENT COMMENT 'Entity Type ID', `entity_type_code` varchar(50) NOT NULL COMMENT 'Entity Type Code', PRIMARY KEY (`entity_type_id`), KEY `EAV_ENTITY_TYPE_ENTITY_TYPE_CODE` (`entity_type_code`)) COMMENT='Eav Entity Type';
CREATE TABLE `eav_attribute` (`attribute_id` smallint(5) unsigned NOT NULL AUTO_INCREMENT COMMENT 'Attribute ID', `entity_type_id` smallint(5) unsigned NOT NULL DEFAULT 0 COMMENT 'Entity Type ID', `attribute_code` varchar(255) NOT NULL COMMENT 'Attribute Code', `backend_type` varchar(8) NOT NULL DEFAULT 'static' COMMENT 'Backend Type', `is_required` smallint(5) unsigned NOT NULL DEFAULT 0, PRIMARY KEY (`attribute_id`), UNIQUE KEY `EAV_ATTRIBUTE_ENTITY_TYPE_ID_ATTRIBUTE_CODE` (`entity_type_id`,`attribute_code`), CONSTRAINT `EAV_ATTRIBUTE_ENTITY_TYPE_ID_EAV_ENTITY_TYPE_ENTITY_TYPE_ID` FOREIGN KEY (`entity_type_id`) REFERENCES `eav_entity_type` (`entity_type_id`) ON DELETE CASCADE) COMMENT='Eav Attribute';
CREATE TABLE `store` (`store_id` smallint(5) unsigned NOT NULL AUTO_INCREMENT, `code` varchar(32) DEFAULT NULL, `name` varchar(255) NOT NULL, `is_active` smallint(5) unsigned NOT NULL DEFAULT 0, PRIMARY KEY (`store_id`), UNIQUE KEY `STORE_CODE` (`code`), KEY `STORE_IS_ACTIVE_SORT_ORDER` (`is_active`)) COMMENT='Stores';
CREATE TABLE `catalog_product_entity` (`entity_id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT 'Entity ID', `type_id` varchar(32) NOT NULL DEFAULT 'simple', `sku` varchar(64) NOT NULL, `has_options` smallint(6) NOT NULL DEFAULT 0, `created_at` timestamp NOT NULL DEFAULT current_timestamp(), `updated_at` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), PRIMARY KEY (`entity_id`), UNIQUE KEY `CATALOG_PRODUCT_ENTITY_SKU` (`sku`)) COMMENT='Catalog Product Table';
CREATE TABLE `catalog_product_entity_int` (`value_id` int(11) NOT NULL AUTO_INCREMENT, `attribute_id` smallint(5) unsigned NOT NULL DEFAULT 0, `store_id` smallint(5) unsigned NOT NULL DEFAULT 0, `entity_id` int(10) unsigned NOT NULL DEFAULT 0, `value` int(11) DEFAULT NULL, PRIMARY KEY (`value_id`), UNIQUE KEY `CATALOG_PRODUCT_ENTITY_INT_ENTITY_ID_ATTRIBUTE_ID_STORE_ID` (`entity_id`,`attribute_id`,`store_id`), KEY `K1` (`attribute_id`), CONSTRAINT `CAT_PRD_ENTT_INT_ATTR_ID_EAV_ATTR_ATTR_ID` FOREIGN KEY (`attribute_id`) REFERENCES `eav_attribute` (`attribute_id`) ON DELETE CASCADE, CONSTRAINT `CAT_PRD_ENTT_INT_ENTT_ID` FOREIGN KEY (`entity_id`) REFERENCES `catalog_product_entity` (`entity_id`) ON DELETE CASCADE, CONSTRAINT `CAT_INT_STORE` FOREIGN KEY (`store_id`) REFERENCES `store` (`store_id`) ON DELETE CASCADE);
CREATE TABLE `catalog_product_entity_varchar` LIKE `catalog_product_entity_int`;
ALTER TABLE `catalog_product_entity_varchar` MODIFY `value` varchar(255);
CREATE TABLE `catalog_product_entity_decimal` LIKE `catalog_product_entity_int`;
ALTER TABLE `catalog_product_entity_decimal` MODIFY `value` decimal(20,6);
CREATE TABLE `catalog_product_price_cl` (`version_id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT 'Version ID', `entity_id` int(10) unsigned NOT NULL DEFAULT 0, PRIMARY KEY (`version_id`), KEY `CL_E` (`entity_id`));
CREATE TABLE `inventory` (`sku` varchar(64) NOT NULL, `source_code` varchar(32) NOT NULL, `quantity` decimal(12,4) NOT NULL DEFAULT 0.0000, `status` smallint(5) unsigned DEFAULT NULL, PRIMARY KEY (`sku`,`source_code`), CONSTRAINT inv_sku FOREIGN KEY (sku) REFERENCES catalog_product_entity (sku) ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE `quote` (`entity_id` int unsigned AUTO_INCREMENT PRIMARY KEY, `grand_total` decimal(20,4) DEFAULT 0.0000, `base_to_quote_rate` decimal(20,4), `items_qty` decimal(12,4) DEFAULT 0.0000, `is_active` smallint unsigned DEFAULT 1, remote_ip varchar(45), created_at timestamp NOT NULL DEFAULT current_timestamp(), converted_at timestamp NULL);
INSERT INTO eav_entity_type VALUES (4,'catalog_product'); INSERT INTO eav_attribute VALUES (73,4,'name','varchar',1),(77,4,'price','decimal',0),(97,4,'status','int',0);
INSERT INTO store VALUES (1,'default','Default',1),(2,'de','Deutsch',0); UPDATE store SET store_id = 0 WHERE store_id = 1;
INSERT INTO catalog_product_entity (entity_id,sku) VALUES (1,'A-1'),(2,'B-2'),(3,'c 3');
INSERT INTO catalog_product_entity_int (attribute_id,store_id,entity_id,value) VALUES (97,0,1,1),(97,2,1,2),(97,0,2,2);
INSERT INTO catalog_product_entity_varchar (attribute_id,store_id,entity_id,value) VALUES (73,0,1,'Shirt'),(73,2,1,'Hemd'),(73,0,2,'Shoe');
INSERT INTO catalog_product_entity_decimal (attribute_id,store_id,entity_id,value) VALUES (77,0,1,19.99),(77,0,2,100);
INSERT INTO inventory VALUES ('A-1','default',5,1),('B-2','default',0,0),('A-1','east',2.5,1);
INSERT INTO quote (grand_total, base_to_quote_rate, items_qty, remote_ip, converted_at) VALUES (10.5, 1.1, 2, '1.2.3.4', '2020-01-01 00:00:00'), (20, 0, 0, NULL, NULL);
DELIMITER //
CREATE TRIGGER trg_catalog_product_entity_after_update AFTER UPDATE ON catalog_product_entity FOR EACH ROW BEGIN IF (NOT(NEW.`entity_id` <=> OLD.`entity_id`) OR NOT(NEW.`sku` <=> OLD.`sku`)) THEN INSERT IGNORE INTO `catalog_product_price_cl` (`entity_id`) VALUES (NEW.`entity_id`); END IF; END//
CREATE TRIGGER trg_cpe_decimal_after_insert AFTER INSERT ON catalog_product_entity_decimal FOR EACH ROW BEGIN
 INSERT INTO `catalog_product_price_cl` (`entity_id`) VALUES (NEW.`entity_id`);
END//
CREATE TRIGGER trg_cpe_decimal_after_delete AFTER DELETE ON catalog_product_entity_decimal FOR EACH ROW
 INSERT INTO `catalog_product_price_cl` (`entity_id`) VALUES (OLD.`entity_id`)//
CREATE TRIGGER trg_inv BEFORE UPDATE ON inventory FOR EACH ROW SET NEW.status = IF(NEW.quantity > 0, 1, 0)//
DELIMITER ;
CREATE VIEW v_flat AS SELECT e.entity_id, e.sku, COALESCE(vs.value, vd.value) AS name, d.value AS price, IF(i.value = 1, 'enabled', 'disabled') AS status
 FROM catalog_product_entity e
 LEFT JOIN catalog_product_entity_varchar vd ON vd.entity_id = e.entity_id AND vd.store_id = 0 AND vd.attribute_id = (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND entity_type_id = 4)
 LEFT JOIN catalog_product_entity_varchar vs ON vs.entity_id = e.entity_id AND vs.store_id = 2 AND vs.attribute_id = vd.attribute_id
 LEFT JOIN catalog_product_entity_decimal d ON d.entity_id = e.entity_id AND d.attribute_id = 77 AND d.store_id = 0
 LEFT JOIN catalog_product_entity_int i ON i.entity_id = e.entity_id AND i.attribute_id = 97 AND i.store_id = 0;
CREATE VIEW inventory_stock_1 AS SELECT DISTINCT legacy.sku AS sku, SUM(legacy.quantity) AS quantity, SUM(legacy.quantity) > 0 AS is_salable, MAX(legacy.status) AS website_id FROM inventory legacy JOIN catalog_product_entity product ON product.sku = legacy.sku GROUP BY legacy.sku;
CREATE VIEW v_quote AS SELECT entity_id, ROUND(grand_total / NULLIF(base_to_quote_rate, 0), 2) AS base, TIMESTAMPDIFF(DAY, converted_at, '2020-03-01') AS days, grand_total * 1.19 AS gross, items_qty DIV 1 AS q, is_active = 1 AS act FROM quote;
