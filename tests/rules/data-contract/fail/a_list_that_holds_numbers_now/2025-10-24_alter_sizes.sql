BEGIN;
ALTER TABLE shop.item ALTER COLUMN sizes TYPE integer[] USING sizes::integer[]; -- expect: data-contract
COMMIT;
