BEGIN;
ALTER TABLE shop.item DROP CONSTRAINT IF EXISTS item_kind_check; -- expect: data-contract
ALTER TABLE shop.item ALTER COLUMN name SET DEFAULT 'x'; -- expect: data-contract
COMMIT;
