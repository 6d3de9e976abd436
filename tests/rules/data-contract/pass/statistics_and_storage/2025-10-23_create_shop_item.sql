BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (
    id bigint PRIMARY KEY,
    name varchar(20) NOT NULL,
    kind text CHECK (kind IN ('new', 'used'))
);
COMMIT;
