BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE DOMAIN shop.amount AS integer CONSTRAINT positive CHECK (VALUE > 0);
CREATE TABLE IF NOT EXISTS shop.item (stock shop.amount);
COMMIT;
