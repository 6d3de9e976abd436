BEGIN;
ALTER TABLE shop.sale DETACH PARTITION shop.sale_2025; -- expect: data-contract
COMMIT;
