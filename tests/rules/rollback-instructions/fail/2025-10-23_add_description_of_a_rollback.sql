-- Description: Roll back the price of last week
BEGIN;
ALTER TABLE company.master ADD COLUMN price numeric;
COMMIT; -- expect: rollback-instructions
