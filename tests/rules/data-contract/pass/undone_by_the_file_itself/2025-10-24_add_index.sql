BEGIN;
SAVEPOINT before;
ALTER TABLE shop.item ADD COLUMN price numeric;
ROLLBACK TO before;
COMMIT;
