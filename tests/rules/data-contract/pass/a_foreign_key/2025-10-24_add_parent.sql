BEGIN;
ALTER TABLE shop.item ADD CONSTRAINT item_self_fkey FOREIGN KEY (id) REFERENCES shop.item (id);
COMMIT;
