BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE DOMAIN shop.amount AS integer;
CREATE TABLE IF NOT EXISTS shop.item (id bigint, stock shop.amount);
COMMIT;
