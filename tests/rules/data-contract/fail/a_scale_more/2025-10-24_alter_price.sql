BEGIN;
ALTER TABLE shop.item ALTER COLUMN price TYPE numeric(12, 4); -- expect: data-contract
COMMIT;
