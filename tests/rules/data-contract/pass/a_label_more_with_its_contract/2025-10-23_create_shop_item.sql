BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TYPE shop.state AS ENUM ('open', 'sent');
CREATE TABLE IF NOT EXISTS shop.item (id bigint, state shop.state NOT NULL DEFAULT 'open');
COMMIT;
