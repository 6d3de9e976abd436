BEGIN;
ALTER TABLE shop.item RENAME CONSTRAINT item_n_check TO n_short_check;
COMMIT;
