BEGIN;
ALTER TABLE shop.item ALTER COLUMN name TYPE varchar(50); -- expect: data-contract
ALTER TABLE shop.item ALTER COLUMN kind SET DEFAULT 'new';
COMMIT;
