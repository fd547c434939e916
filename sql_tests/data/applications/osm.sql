-- sql_tests/data/applications/osm.sql
-- only: MariaDB
-- left: v_points
CREATE TABLE `current_nodes` (`id` bigint NOT NULL AUTO_INCREMENT, `latitude` int(11) NOT NULL, `longitude` int(11) NOT NULL, `changeset_id` bigint(20) NOT NULL, `visible` tinyint(1) NOT NULL, `timestamp` datetime NOT NULL, `tile` int(10) unsigned NOT NULL, `version` bigint(20) NOT NULL, PRIMARY KEY (`id`), KEY `current_nodes_timestamp_idx` (`timestamp`), KEY `current_nodes_tile_idx` (`tile`));
CREATE TABLE `current_node_tags` (`node_id` bigint NOT NULL, `k` varchar(255) NOT NULL DEFAULT '', `v` varchar(255) NOT NULL DEFAULT '', PRIMARY KEY (`node_id`,`k`), CONSTRAINT fk_tags FOREIGN KEY (node_id) REFERENCES current_nodes (id)) COLLATE utf8mb4_bin;
CREATE TABLE `changesets` (`id` bigint AUTO_INCREMENT PRIMARY KEY, `min_lat` int, `max_lat` int, `closed_at` datetime, `num_changes` int NOT NULL DEFAULT '0', KEY changesets_bbox_idx (min_lat, max_lat));
CREATE TABLE `poi` (`id` int AUTO_INCREMENT PRIMARY KEY, `name` varchar(100), `loc` point NOT NULL, `area` polygon, `lat` double AS (latd) VIRTUAL, `latd` double NOT NULL DEFAULT 0, `lon` double NOT NULL DEFAULT 0, SPATIAL KEY loc (loc));
CREATE TABLE `gpx_points` (`gpx_id` bigint NOT NULL, `trackid` int NOT NULL, `altitude` float, `latitude` int NOT NULL, `timestamp` datetime, `tile` int unsigned, KEY `points_gpxid_idx` (`gpx_id`), KEY `points_tile_idx` (`tile`));
INSERT INTO current_nodes VALUES (1,515000000,-1200000,7,1,'2010-01-01 00:00:00',3221331576,2),(2,-900000000,1799999999,8,0,'2011-01-01 00:00:00',4294967295,1);
INSERT INTO current_node_tags VALUES (1,'amenity','café'),(1,'Amenity','x'); INSERT INTO changesets VALUES (7,1,2,'2010-01-01 01:00:00',5),(8,NULL,NULL,NULL,0);
INSERT INTO poi (name, loc, area, latd, lon) VALUES ('x', ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), 48.1, 11.5);
INSERT INTO gpx_points VALUES (1,0,1.5,1,'2010-01-01 00:00:00',4294967295),(1,0,NULL,2,NULL,NULL);
CREATE VIEW v_nodes AS SELECT id, latitude / 10000000 AS lat, longitude / 10000000.0 AS lon, latitude * 0.0000001 AS lat2, tile & 65535 AS low, tile >> 16 AS high, POW(2, 3) AS p, ABS(longitude) AS al, SIGN(latitude) AS sg FROM current_nodes;
CREATE VIEW v_dist AS SELECT id, ROUND(6371 * ACOS(LEAST(1, COS(RADIANS(48)) * COS(RADIANS(latd)) * COS(RADIANS(lon) - RADIANS(11)) + SIN(RADIANS(48)) * SIN(RADIANS(latd)))), 3) AS km FROM poi;
CREATE VIEW v_tags AS SELECT n.id, MAX(CASE WHEN t.k = 'amenity' THEN t.v END) AS amenity, COUNT(t.k) AS tags FROM current_nodes n LEFT JOIN current_node_tags t ON t.node_id = n.id GROUP BY n.id;
CREATE VIEW v_points AS SELECT id, X(loc) AS x, ST_AsText(loc) AS w FROM poi;
