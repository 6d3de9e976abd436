BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE DOMAIN shop.code AS text DEFAULT 'none';
CREATE TABLE IF NOT EXISTS shop.item (id bigint, code shop.code);
COMMIT;
