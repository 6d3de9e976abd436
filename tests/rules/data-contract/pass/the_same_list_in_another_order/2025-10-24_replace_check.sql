BEGIN;
ALTER TABLE shop.item DROP CONSTRAINT IF EXISTS item_kind_check;
ALTER TABLE shop.item ADD CONSTRAINT item_sort_check CHECK (kind = 'used' OR kind = 'new') NOT VALID;
COMMIT;
