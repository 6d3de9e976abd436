BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TYPE shop.state AS ENUM ('open', 'sent');
CREATE TABLE IF NOT EXISTS shop.item (id bigint, states shop.state[]);
COMMIT;
