BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id bigint, kind text, name text);
COMMIT;
