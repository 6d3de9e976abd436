BEGIN;
ALTER TABLE IF EXISTS shop.item RENAME TO thing; -- expect: data-contract
COMMIT;
