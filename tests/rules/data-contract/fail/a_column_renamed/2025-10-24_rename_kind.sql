BEGIN;
ALTER TABLE IF EXISTS shop.item RENAME COLUMN kind TO sort; -- expect: data-contract
COMMIT;
