BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (low integer, high integer, CONSTRAINT in_order CHECK (low <= high));
COMMIT;
