BEGIN;

ALTER TABLE company.master ALTER COLUMN domain DROP NOT NULL;
UPDATE company.master SET domain = NULL WHERE size_label = 'private';

COMMIT;

-- Rollback:
-- UPDATE company.master SET domain = 'unknown' WHERE domain IS NULL;
-- ALTER TABLE company.master ALTER COLUMN domain SET NOT NULL;
