BEGIN;
ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric(8, 2) NOT NULL; -- expect: data-contract
CREATE INDEX IF NOT EXISTS item_kind_idx ON shop.item (kind);
COMMIT;
