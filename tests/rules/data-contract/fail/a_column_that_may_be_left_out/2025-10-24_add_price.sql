BEGIN;
ALTER TABLE shop.item
    ADD COLUMN IF NOT EXISTS price numeric(8, 2), -- expect: data-contract
    ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'blue'; -- expect: data-contract
COMMIT;
