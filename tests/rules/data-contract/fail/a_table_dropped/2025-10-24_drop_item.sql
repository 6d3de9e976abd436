BEGIN;
DROP TABLE IF EXISTS shop.item; -- expect: data-contract
COMMIT;
