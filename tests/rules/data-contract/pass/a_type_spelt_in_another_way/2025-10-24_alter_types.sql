BEGIN;
ALTER TABLE shop.item ALTER COLUMN id TYPE bigint, ALTER COLUMN price TYPE numeric(10, 2), ALTER COLUMN at TYPE timestamptz, ALTER COLUMN code TYPE varchar(8);
COMMIT;
