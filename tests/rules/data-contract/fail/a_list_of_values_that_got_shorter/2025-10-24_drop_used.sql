BEGIN;
ALTER TABLE shop.item DROP CONSTRAINT IF EXISTS item_kind_check;
ALTER TABLE shop.item ADD CONSTRAINT item_kind_check CHECK (kind = 'new'); -- expect: data-contract
COMMIT;
