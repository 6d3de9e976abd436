BEGIN;
ALTER DOMAIN shop.amount ADD CONSTRAINT amount_check CHECK (VALUE >= 0); -- expect: data-contract
ALTER TABLE shop.item ALTER COLUMN id SET DEFAULT 1;
COMMIT;
