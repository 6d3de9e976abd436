BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TYPE shop.place AS (street text, city text);
CREATE TABLE IF NOT EXISTS shop.item (id bigint, place shop.place);
COMMIT;
