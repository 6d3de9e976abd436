BEGIN;
ALTER TABLE shop.item ADD CONSTRAINT in_order_too CHECK (low <= high) NOT VALID;
ALTER TABLE shop.item VALIDATE CONSTRAINT in_order_too;
ALTER TABLE shop.item DROP CONSTRAINT in_order;
ALTER TABLE shop.item RENAME CONSTRAINT in_order_too TO in_order;
COMMIT;
