BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TYPE shop.colour AS ENUM ('red', 'blue');
CREATE TABLE IF NOT EXISTS shop.item (id bigint, colour shop.colour);
COMMIT;
