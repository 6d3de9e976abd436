BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id bigint, n varchar(10) CHECK (char_length(n) <= 8));
COMMIT;
