BEGIN;
CREATE OR REPLACE VIEW shop.new_item AS SELECT id, name FROM shop.item WHERE kind = 'new';
COMMIT;
