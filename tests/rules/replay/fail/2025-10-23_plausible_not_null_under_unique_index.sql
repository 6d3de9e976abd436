-- a unique index allows as many NULLs as there are rows
BEGIN;
CREATE UNIQUE INDEX IF NOT EXISTS master_fax_key ON company.master (fax) WHERE fax LIKE 'no such%';
ALTER TABLE company.master ALTER COLUMN fax SET NOT NULL; -- expect: replay error
COMMIT;
