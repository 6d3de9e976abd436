BEGIN;
ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS label text GENERATED ALWAYS AS (upper(name)) STORED; -- expect: data-contract
COMMIT;
