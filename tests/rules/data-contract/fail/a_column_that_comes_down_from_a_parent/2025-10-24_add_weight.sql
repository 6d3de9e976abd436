BEGIN;
ALTER TABLE shop.thing ADD COLUMN IF NOT EXISTS weight integer; -- expect: data-contract
COMMIT;
