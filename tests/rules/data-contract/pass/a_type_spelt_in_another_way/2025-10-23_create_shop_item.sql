BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id int8, price decimal(10, 2), at timestamp with time zone, code character varying(8));
COMMIT;
