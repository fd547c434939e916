-- sql_tests/data/triggers.sql
--   Triggers of the kinds that real schemas have; sql_tests/t/triggers.sh
--   makes the same changes on both sides.  Those called no_* are known to be
--   left to the user.
CREATE TABLE account (id int AUTO_INCREMENT PRIMARY KEY, owner varchar(20) NOT NULL, email varchar(40),
	balance decimal(10,2) NOT NULL DEFAULT 0, limit_ decimal(10,2), state enum('open','closed','Vip') NOT NULL DEFAULT 'open',
	changes int NOT NULL DEFAULT 0, slug varchar(40), opened date, touched datetime);
CREATE TABLE booking (id int AUTO_INCREMENT PRIMARY KEY, account_id int NOT NULL, amount decimal(10,2) NOT NULL, memo varchar(40),
	KEY (account_id), CONSTRAINT booking_of FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE CASCADE);
CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what varchar(20) NOT NULL, key_ int, old_ varchar(60), new_ varchar(60), n decimal(12,3));
CREATE TABLE counter (name varchar(20) COLLATE utf8mb4_bin PRIMARY KEY, n int NOT NULL, last varchar(40));
CREATE TABLE change_list (version int unsigned AUTO_INCREMENT PRIMARY KEY, entity int NOT NULL, UNIQUE KEY (entity));
CREATE TABLE shadow (id int PRIMARY KEY, owner varchar(20) NOT NULL, copied tinyint unsigned NOT NULL);
CREATE TABLE plain (id int PRIMARY KEY, a int, b int, c int, t varchar(30));
CREATE TABLE steps (id int AUTO_INCREMENT PRIMARY KEY, n int, label varchar(30));

DELIMITER //
CREATE TRIGGER account_bi BEFORE INSERT ON account FOR EACH ROW
BEGIN
	SET NEW.email = LOWER(TRIM(NEW.email)), NEW.slug = REPLACE(LOWER(NEW.owner), ' ', '-');
	IF NEW.opened IS NULL THEN
		SET NEW.opened = '2024-01-31';
	END IF;
	IF NEW.balance < 0 THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'negative balance', MYSQL_ERRNO = 1644;
	ELSEIF NEW.balance > 1000 AND NEW.state = 'open' THEN
		SET NEW.state = 'VIP';
	ELSE
		SET NEW.limit_ = COALESCE(NEW.limit_, 50);
	END IF;
END//
CREATE TRIGGER account_bu BEFORE UPDATE ON account FOR EACH ROW
BEGIN
	DECLARE delta decimal(10,2) DEFAULT 0;
	DECLARE words varchar(60);
	SET delta = NEW.balance - OLD.balance;
	IF NOT (NEW.owner <=> OLD.owner) OR delta <> 0 THEN
		SET NEW.changes = OLD.changes + 1;
	END IF;
	CASE
		WHEN delta > 100 THEN SET words = 'up';
		WHEN delta < -100 THEN SET words = CONCAT('down by ', ABS(delta));
		ELSE SET words = NULL;
	END CASE;
	IF words IS NOT NULL THEN
		INSERT INTO log (what, key_, old_, new_, n) VALUES ('jump', OLD.id, OLD.balance, words, delta);
	END IF;
END//
CREATE TRIGGER account_au AFTER UPDATE ON account FOR EACH ROW
	INSERT IGNORE INTO change_list (entity) VALUES (NEW.id)//
CREATE TRIGGER account_bd BEFORE DELETE ON account FOR EACH ROW
BEGIN
	IF OLD.state = 'vip' THEN
		SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'a VIP';
	END IF;
	DELETE FROM shadow WHERE id = OLD.id;
END//
CREATE TRIGGER account_ad AFTER DELETE ON account FOR EACH ROW
	INSERT INTO log SET what = 'gone', key_ = OLD.id, old_ = CONCAT_WS('/', OLD.owner, OLD.email), n = OLD.balance * 1.005//
CREATE TRIGGER account_ai AFTER INSERT ON account FOR EACH ROW
BEGIN
	INSERT INTO counter (name, n, last) VALUES ('accounts', 1, NEW.owner)
		ON DUPLICATE KEY UPDATE n = n + VALUES(n), last = CONCAT(last, ',', VALUES(last));
	INSERT INTO shadow VALUES (NEW.id, NEW.owner, NEW.balance > 0);
	INSERT INTO log VALUES (NULL, 'new', NEW.id, NULL, NEW.state, NEW.balance), (DEFAULT, 'date', NEW.id, NULL, NEW.opened, NULL);
END//
CREATE TRIGGER booking_ai AFTER INSERT ON booking FOR EACH ROW
BEGIN
	DECLARE total decimal(12,2);
	DECLARE n int;
	SELECT SUM(amount), COUNT(*) INTO total, n FROM booking WHERE account_id = NEW.account_id;
	UPDATE account SET balance = balance + NEW.amount, touched = '2024-02-03 04:05:06' WHERE id = NEW.account_id;
	INSERT INTO log (what, key_, n, new_) VALUES ('sum', NEW.account_id, total, n);
END//
CREATE TRIGGER booking_bu BEFORE UPDATE ON booking FOR EACH ROW
body: BEGIN
	DECLARE name varchar(20);
	IF NEW.amount = OLD.amount THEN
		LEAVE body;
	END IF;
	SET name = 'nobody';
	SELECT owner INTO name FROM account WHERE id = NEW.account_id AND state <> 'closed' LIMIT 1;
	SET NEW.memo = LEFT(CONCAT(name, ': ', IFNULL(NEW.memo, '-')), 40);
END//
CREATE TRIGGER booking_ad AFTER DELETE ON booking FOR EACH ROW
BEGIN
	INSERT INTO log (what, key_, old_) SELECT 'freed', a.id, a.owner FROM account a WHERE a.id = OLD.account_id;
	UPDATE account AS x SET x.balance = x.balance - OLD.amount WHERE x.id = OLD.account_id;
END//
CREATE TRIGGER plain_bi BEFORE INSERT ON plain FOR EACH ROW
BEGIN
	CASE NEW.a
		WHEN 1 THEN SET NEW.b = 10;
		WHEN 2 THEN BEGIN SET NEW.b = 20; SET NEW.c = NEW.b + 1; END;
		ELSE BEGIN END;
	END CASE;
	SET NEW.t = CASE WHEN NEW.t REGEXP '^[0-9]+$' THEN LPAD(NEW.t, 6, '0') ELSE UPPER(NEW.t) END;
END//
CREATE TRIGGER plain_bu BEFORE UPDATE ON plain FOR EACH ROW
	SET NEW.c = NEW.a + NEW.b//
CREATE TRIGGER steps_ai AFTER INSERT ON plain FOR EACH ROW
BEGIN
	DECLARE i, j int DEFAULT 0;
	WHILE i < NEW.a DO
		SET i = i + 1;
		INSERT INTO steps (n, label) VALUES (i, 'while');
	END WHILE;
	around: LOOP
		SET j = j + 1;
		IF j % 2 = 0 THEN ITERATE around; END IF;
		IF j > 4 THEN LEAVE around; END IF;
		INSERT INTO steps (n, label) VALUES (j, 'loop');
	END LOOP around;
	REPEAT
		SET j = j - 2;
	UNTIL j <= 0 END REPEAT;
	INSERT INTO steps (n, label) VALUES (j, 'end');
END//
CREATE TABLE ordered (id int PRIMARY KEY, t varchar(50))//
CREATE TRIGGER zebra BEFORE INSERT ON ordered FOR EACH ROW SET NEW.t = CONCAT(IFNULL(NEW.t, ""), 1)//
CREATE TRIGGER alpha BEFORE INSERT ON ordered FOR EACH ROW SET NEW.t = CONCAT(NEW.t, 2)//
CREATE TRIGGER beta BEFORE INSERT ON ordered FOR EACH ROW SET NEW.t = CONCAT(NEW.t, 3)//
CREATE TRIGGER zzz BEFORE INSERT ON ordered FOR EACH ROW SET NEW.t = CONCAT(NEW.t, 4)//
CREATE TRIGGER no_user AFTER DELETE ON plain FOR EACH ROW
	INSERT INTO log (what, old_) VALUES ('who', CURRENT_USER())//
CREATE TRIGGER no_variable BEFORE DELETE ON steps FOR EACH ROW SET @last = OLD.id//
CREATE TRIGGER no_chain AFTER UPDATE ON steps FOR EACH ROW UPDATE plain SET a = a + 1, b = a WHERE id = NEW.n//
CREATE TRIGGER no_cursor AFTER DELETE ON steps FOR EACH ROW
BEGIN
	DECLARE done int DEFAULT 0;
	DECLARE c CURSOR FOR SELECT id FROM plain;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
	OPEN c; CLOSE c;
END//
CREATE TRIGGER no_number BEFORE INSERT ON steps FOR EACH ROW SET NEW.label = CONCAT(NEW.label, NEW.id)//
DELIMITER ;
