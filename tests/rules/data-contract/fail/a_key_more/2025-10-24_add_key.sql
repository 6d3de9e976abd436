BEGIN;
ALTER TABLE shop.item ADD CONSTRAINT item_name_key UNIQUE (name); -- expect: data-contract
ALTER TABLE shop.item ALTER COLUMN kind SET STATISTICS 200;
COMMIT;
