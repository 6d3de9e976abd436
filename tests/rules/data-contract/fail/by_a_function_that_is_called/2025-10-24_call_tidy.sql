BEGIN;
SELECT shop.tidy(); -- expect: data-contract
COMMIT;
