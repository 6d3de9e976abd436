BEGIN;
ALTER TABLE shop.item RENAME CONSTRAINT item_key TO item_pkey;
ALTER TABLE shop.item RENAME CONSTRAINT enough TO item_stock_check;
COMMIT;
