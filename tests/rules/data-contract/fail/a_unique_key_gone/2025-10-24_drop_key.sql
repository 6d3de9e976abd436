BEGIN;
ALTER TABLE shop.item DROP CONSTRAINT item_sku_key; -- expect: data-contract
COMMIT;
