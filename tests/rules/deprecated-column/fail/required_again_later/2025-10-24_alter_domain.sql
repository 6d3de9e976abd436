BEGIN;
ALTER TABLE company.master ALTER COLUMN domain SET NOT NULL;
COMMENT ON COLUMN company.master.name IS 'Shown in lists';
COMMIT;
