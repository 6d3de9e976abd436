-- the backfill looks for empty names, and there are NULLs
BEGIN;
UPDATE company.master SET name = domain WHERE name = '';
ALTER TABLE company.master -- expect: replay error
    ALTER COLUMN name SET NOT NULL;
COMMIT;
