BEGIN;
ALTER TABLE shop.item ADD CONSTRAINT item_id_positive_check CHECK (id <> 0) NOT VALID; -- expect: data-contract
COMMIT;
