BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id bigint, price numeric(10, 2) NOT NULL);
INSERT INTO shop.item VALUES (1, 9.99), (2, 0);
COMMIT;
