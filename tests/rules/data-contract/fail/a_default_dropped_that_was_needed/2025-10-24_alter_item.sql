BEGIN;
ALTER TABLE shop.item ALTER COLUMN name DROP DEFAULT; -- expect: data-contract
INSERT INTO shop.item (name) VALUES ('old');
COMMIT;
