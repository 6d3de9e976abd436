BEGIN;
ALTER TABLE shop.sale ALTER COLUMN total DROP NOT NULL; -- expect: data-contract
COMMIT;
