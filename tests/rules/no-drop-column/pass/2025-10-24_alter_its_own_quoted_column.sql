BEGIN;
ALTER TABLE company.master ADD COLUMN "Old Name" text, ADD COLUMN b int;
ALTER TABLE company.master DROP COLUMN b, DROP COLUMN "Old Name";
COMMIT;
