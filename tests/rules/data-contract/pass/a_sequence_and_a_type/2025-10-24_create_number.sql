BEGIN;
CREATE SEQUENCE IF NOT EXISTS shop.number;
CREATE TYPE shop.size AS ENUM ('small', 'large');
CREATE OR REPLACE FUNCTION shop.next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('shop.number') $$;
COMMIT;
