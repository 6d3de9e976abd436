BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id bigint, sizes text[]);
INSERT INTO shop.item VALUES (1, '{36,38}');
COMMIT;
