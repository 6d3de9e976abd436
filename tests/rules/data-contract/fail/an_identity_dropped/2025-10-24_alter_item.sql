BEGIN;
ALTER TABLE shop.item ALTER COLUMN id DROP IDENTITY; -- expect: data-contract
COMMIT;
