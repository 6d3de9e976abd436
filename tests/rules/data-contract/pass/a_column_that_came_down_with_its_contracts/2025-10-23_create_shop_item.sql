BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.thing (id bigint);
CREATE TABLE IF NOT EXISTS shop.item (size text) INHERITS (shop.thing);
COMMIT;
