BEGIN;
ALTER TABLE shop.item ALTER COLUMN name SET STATISTICS 200;
COMMENT ON COLUMN shop.item.name IS 'As it stands on the label'; -- expect: data-contract
COMMENT ON COLUMN shop.item.kind IS NULL;
COMMIT;
